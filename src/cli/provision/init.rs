//! `rounds provision init`: what must be known is found, asked and checked against AWS; then a root module is written.

mod found;
mod held;
mod questions;
mod sound;

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};

use super::args::InitArgs;
use super::root::{self, Answers, first};
use super::{drive, site};
use crate::cli::args::Cli;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{FAREWELL, runtime, stdout};
use crate::domain::{ChangePlace, ErrorClass, ProvisionOperation, SourceError};
use crate::format::{count, sanitise, shell_word};
use crate::stack;
use found::{Found, Offer};
use questions::{BEFORE_AWS, QUESTIONS, Question, given, missing, values};

/// The exit code of what a person stopped.
const STOPPED: u8 = 1;

/// Asks, checks, writes and answers with the exit code.
pub fn run(cli: &Cli, args: &InitArgs, environment: &Environment) -> Result<u8, Failure> {
    let runtime = runtime()?;
    let code = runtime.block_on(async {
        // From here on a signal ends the questions, and not what is being written.
        let stop = drive::stop_on_signals()?;
        let mut told = stop.subscribe();
        let turn = Turn { cli, environment, asks: !args.yes && io::stdin().is_terminal(), takes_all: args.yes };
        let (answers, text) = tokio::select! {
            answered = turn.answered(&args.answers) => answered?,
            _ = told.wait_for(|stop| *stop) => {
                if turn.asks {
                    stdout::complain("\n");
                }
                return Err(Failure { code: STOPPED, ..Failure::new("stopped; nothing was written") });
            }
        };
        turn.write(args, &answers, text).await
    });
    // A question that nobody answers any more may still wait for its line.
    runtime.shutdown_timeout(FAREWELL);
    code
}

struct Turn<'a> {
    cli: &'a Cli,
    environment: &'a Environment,
    /// Whether there is somebody to ask.
    asks: bool,
    /// Whether what may be left empty is taken too, where there is only one of it.
    takes_all: bool,
}

impl Turn<'_> {
    /// Every answer, each of them right, and what to tell of them.
    async fn answered(&self, texts: &[String]) -> Result<(Answers, String), Failure> {
        let (mut answers, mut wrong) = given(texts);
        let region = self.cli.context.region.clone().or_else(|| self.environment.get("AWS_REGION"));
        if let Some(region) = region.or_else(|| self.environment.get("AWS_DEFAULT_REGION")) {
            answers.entry("aws_region").or_insert_with(|| vec![region]);
        }
        let found = if self.asks {
            Box::pin(self.begin(&mut answers)).await?.map(Some)
        } else {
            Box::pin(self.look(&answers)).await
        };
        let (found, blind) = found.map_or_else(|error| (None, Some(error)), |found| (found, None));
        let mut told = String::new();
        if let Some(found) = &found {
            let _ = writeln!(told, "account {}, region {}", found.account, found.region);
        }
        if self.asks || blind.is_some() {
            // What was set is told before anything more is asked.
            check(found.as_ref(), &mut answers, &mut wrong).await;
            refuse(&wrong, &[], blind.as_ref())?;
        }
        for question in &QUESTIONS {
            let Some(found) = &found else { break };
            if self.asks {
                self.ask(question, Some(found), &mut answers).await?;
            } else if self.takes_all || !question.optional {
                take(question, found, &mut answers, &mut told);
            }
        }
        told.push_str(&check(found.as_ref(), &mut answers, &mut wrong).await);
        let missing: Vec<String> = missing(&answers).map(|one| unanswered(one, found.as_ref(), &answers)).collect();
        refuse(&wrong, &missing, None)?;
        if let Some(found) = &found {
            told.push_str(&left_open(found, &answers));
        }
        answers.retain(|_, values| !values.is_empty());
        Ok((answers, told))
    }

    /// Asks for what AWS is asked with, and looks.
    async fn begin(&self, answers: &mut Answers) -> Result<Result<Found, SourceError>, Failure> {
        let is_typed = !answers.contains_key("aws_region");
        for question in &QUESTIONS[..BEFORE_AWS] {
            self.ask(question, None, answers).await?;
        }
        loop {
            match Box::pin(Found::look(self.cli, self.environment, answers)).await {
                // A region that does not exist has no name in DNS; without credentials another would not help.
                Err(error) if is_typed && matches!(error.class, ErrorClass::Dns | ErrorClass::Connect) => {
                    stdout::complain(&not_taken(&[error.to_string()]));
                    answers.remove("aws_region");
                    for question in &QUESTIONS[..BEFORE_AWS] {
                        self.ask(question, None, answers).await?;
                    }
                }
                looked => return Ok(looked),
            }
        }
    }

    /// Looks, where there is a region to look in.
    async fn look(&self, answers: &Answers) -> Result<Option<Found>, SourceError> {
        match answers.get("aws_region") {
            Some(region) if !region.is_empty() && sound::wrong("aws_region", region).is_empty() => {
                Box::pin(Found::look(self.cli, self.environment, answers)).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Puts a question that has no answer yet until it has one that is right. An empty line takes what is offered.
    async fn ask(&self, question: &Question, found: Option<&Found>, answers: &mut Answers) -> Result<(), Failure> {
        if answers.contains_key(question.key) {
            return Ok(());
        }
        let offer = found.and_then(|found| found.offer(question.key, answers)).map(|offer| offer.values);
        let choices = found.map(|found| found.choices(question.key, answers)).unwrap_or_default();
        let offered = offer.as_ref().map(|offer| format!(" [{}]", offer.join(","))).unwrap_or_default();
        if choices.len() > 1 {
            stdout::complain(&lines("    ", &choices));
        }
        loop {
            stdout::complain(&format!("{}{}: ", question.text, sanitise(&offered)));
            let Some(line) = line().await else {
                stdout::complain("\n");
                return Err(Failure::new(format!("no answer to: {}; nothing was written", question.text)));
            };
            let typed = values(question.key, &line);
            let value = if line.trim().is_empty() { offer.clone().unwrap_or_default() } else { typed };
            if value.is_empty() && !question.optional {
                continue;
            }
            let mut wrong = sound::wrong(question.key, &value);
            let mut held = answers.clone();
            held.insert(question.key, value);
            if let (Some(found), true) = (found, wrong.is_empty()) {
                wrong = found.hold(question.key, &mut held).await.err().unwrap_or_default();
            }
            if wrong.is_empty() {
                *answers = held;
                return Ok(());
            }
            stdout::complain(&not_taken(&wrong));
        }
    }

    async fn write(&self, args: &InitArgs, answers: &Answers, mut told: String) -> Result<u8, Failure> {
        let written = stack::write(&args.dir, &root::files(answers), args.force)?;
        let place = ChangePlace {
            region: first(answers, "aws_region").map(str::to_owned),
            ..ChangePlace::of(first(answers, "environment").unwrap_or_default())
        };
        let files = count(written.written.len(), "file");
        let text = format!("wrote {files}");
        site::journal(self.cli, self.environment, place, &args.dir, ProvisionOperation::Init, text).await;
        let folder = args.dir.display();
        let _ = writeln!(told, "wrote {files} to {folder} ({} as they were)", written.unchanged);
        for path in &written.removed {
            let _ = writeln!(told, "removed {path}, which is not needed any more");
        }
        let _ = writeln!(told, "next: rounds provision plan --dir {}", shell_word(&folder.to_string()));
        if first(answers, "state_bucket").is_none() {
            told.push_str(
                "the state stays in that folder: name a bucket (--set state_bucket=NAME) before others work on it\n",
            );
        }
        stdout::print(&told)?;
        Ok(0)
    }
}

/// A line that somebody types; nothing at the end of the input.
async fn line() -> Option<String> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|length| (length > 0).then_some(line))
    });
    read.await.ok()?.ok()?
}

fn not_taken(wrong: &[String]) -> String {
    lines("  not taken: ", wrong)
}

/// Each text on a line of its own.
fn lines(lead: &str, texts: &[String]) -> String {
    texts.iter().fold(String::new(), |mut out, text| {
        let _ = writeln!(out, "{lead}{}", sanitise(text));
        out
    })
}

/// Answers what can be answered without asking, and says with what and why.
fn take(question: &Question, found: &Found, answers: &mut Answers, told: &mut String) {
    if answers.contains_key(question.key) {
        return;
    }
    if let Some(Offer { values, from }) = found.offer(question.key, answers) {
        let _ = writeln!(told, "  {} = {}, {from}", question.key, values.join(","));
        answers.insert(question.key, values);
    }
}

/// Holds all answers against what they may be and, where AWS could be asked, against what it has. What to tell of them.
async fn check(found: Option<&Found>, answers: &mut Answers, wrong: &mut Vec<String>) -> String {
    let mut told = String::new();
    for Question { key, .. } in &QUESTIONS {
        let Some(values) = answers.get(key) else { continue };
        let mut why = sound::wrong(key, values);
        if let (Some(found), true) = (found, why.is_empty()) {
            match found.hold(key, answers).await {
                Ok(right) => told.extend(right.map(|line| format!("  {line}\n"))),
                Err(reasons) => why = reasons,
            }
        }
        wrong.extend(why.into_iter().map(|why| format!("{key}: {why}")));
    }
    told
}

fn unanswered(question: &Question, found: Option<&Found>, answers: &Answers) -> String {
    let choices = found.map(|found| found.choices(question.key, answers)).unwrap_or_default();
    let text = format!("--set {}=...  {}\n{}", question.key, question.text, lines("    ", &choices));
    text.trim_end().to_owned()
}

/// What may stay open and does, with what there would be.
fn left_open(found: &Found, answers: &Answers) -> String {
    let mut told = String::new();
    for (key, thing, looked) in [
        ("route53_zone_id", "zone", found.zones.as_ref().err()),
        ("certificate_arn", "certificate", found.certificates.as_ref().err()),
        ("public_subnet_ids", "public subnets", None),
    ] {
        if answers.contains_key(key) {
            continue;
        }
        let choices = found.choices(key, answers);
        let else_made =
            if key == "public_subnet_ids" { "the load balancer is internal" } else { "the module makes one" };
        if let Some(error) = looked {
            let _ = writeln!(told, "  {thing}: {else_made}; whether there is one already is not known: {error}");
        } else if let Some(offer) = found.offer(key, answers) {
            let set = offer.values.join(",");
            let there = if offer.values.len() > 1 {
                "there are some already; to use them"
            } else {
                "there is one already; to use it"
            };
            let _ = writeln!(told, "  {thing}: {there}: --set {key}={set}");
        } else if choices.is_empty() || key == "public_subnet_ids" {
            let _ = writeln!(told, "  {thing}: none, {else_made}");
        } else {
            let _ = writeln!(told, "  {thing}: {else_made}; to use one there is: --set {key}=...");
            told.push_str(&lines("      ", &choices));
        }
    }
    told
}

/// # Errors
/// Where anything is wrong or missing, or AWS could not be asked: all of it.
fn refuse(wrong: &[String], missing: &[String], blind: Option<&SourceError>) -> Result<(), Failure> {
    let counted = [(wrong, "not right"), (missing, "missing")].into_iter().filter(|(list, _)| !list.is_empty());
    let mut heads: Vec<String> = counted.map(|(list, how)| format!("{} {how}", count(list.len(), "answer"))).collect();
    heads.extend(blind.map(|error| format!("nothing can be checked against AWS: {error}")));
    if heads.is_empty() {
        return Ok(());
    }
    let heads = heads.join(", ");
    let all = wrong.iter().chain(missing).flat_map(|text| text.lines());
    let all = all.fold(String::new(), |out, line| out + "\n  " + line);
    let hint = blind.and_then(|error| error.hint.clone());
    Err(Failure::new(format!("{heads}; nothing was written{all}"))
        .with_hint(hint.unwrap_or_else(|| "correct them with --set KEY=VALUE".to_owned())))
}

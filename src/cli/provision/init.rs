//! `rounds provision init`: what must be known is found, asked and checked against AWS; then a root module is written.

mod answers;
mod found;

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};

use super::args::InitArgs;
use super::root::{self, first};
use super::site;
use crate::cli::args::Cli;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{FAREWELL, runtime, stdout};
use crate::domain::{ChangePlace, ProvisionOperation};
use crate::format::{count, shell_word};
use crate::stack;
use answers::{QUESTIONS, ask, given, missing, of_themselves};
use found::Found;

/// Asks, checks, writes and answers with the exit code.
pub fn run(cli: &Cli, args: &InitArgs, environment: &Environment) -> Result<u8, Failure> {
    let mut answers = given(&args.answers)?;
    let region = cli.context.region.clone().or_else(|| environment.get("AWS_REGION"));
    if let Some(region) = region.or_else(|| environment.get("AWS_DEFAULT_REGION")) {
        answers.entry("aws_region").or_insert_with(|| vec![region]);
    }
    let asks = !args.yes && io::stdin().is_terminal();
    if asks {
        for key in ["environment", "aws_region", "domain_name"] {
            ask(&mut answers, key, None, &[])?;
        }
    }
    let runtime = runtime()?;
    let found = runtime.block_on(Found::look(cli, environment, &answers));
    if asks {
        for (key, ..) in QUESTIONS {
            let of_aws = found.as_ref().ok();
            let offered = of_aws.and_then(|found| found.offer(key, &answers));
            let choices = of_aws.map(|found| found.choices(key, &answers)).unwrap_or_default();
            ask(&mut answers, key, offered.as_deref(), &choices)?;
        }
    } else if let Ok(found) = &found {
        for (key, ..) in QUESTIONS.iter().filter(|(.., optional)| !optional) {
            if let Some(offered) = found.offer(key, &answers) {
                answers.entry(*key).or_insert(offered);
            }
        }
    }
    answers.retain(|_, values| !values.is_empty());
    missing(&answers)?;
    let mut wrong = of_themselves(&answers);
    let mut told = String::new();
    match &found {
        Ok(found) if wrong.is_empty() => {
            let named = runtime.block_on(found.named(&answers));
            found.check(&named, &mut answers, &mut wrong, &mut told);
        }
        Ok(_) => {}
        Err(error) => {
            let hint = error.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            wrong.push(format!("nothing can be checked against AWS: {error}{hint}"));
        }
    }
    runtime.shutdown_timeout(FAREWELL);
    if !wrong.is_empty() {
        let what = format!("{} not right; nothing was written\n  {}", count(wrong.len(), "answer"), wrong.join("\n  "));
        return Err(Failure::new(what).with_hint("correct them with --set KEY=VALUE"));
    }
    let written = stack::write(&args.dir, &root::files(&answers), args.force)?;
    let place = ChangePlace {
        region: first(&answers, "aws_region").map(str::to_owned),
        ..ChangePlace::of(first(&answers, "environment").unwrap_or_default())
    };
    let text = format!("wrote {}", count(written.written.len(), "file"));
    let step = site::journal(cli, environment, place, &args.dir, ProvisionOperation::Init, text);
    crate::cli::runtime()?.block_on(step);
    let folder = args.dir.display();
    let _ = writeln!(
        told,
        "wrote {} to {folder} ({} as they were)",
        count(written.written.len(), "file"),
        written.unchanged
    );
    for path in &written.removed {
        let _ = writeln!(told, "removed {path}, which is not needed any more");
    }
    let _ = writeln!(told, "next: rounds provision plan --dir {}", shell_word(&folder.to_string()));
    if first(&answers, "state_bucket").is_none() {
        told.push_str(
            "the state stays in that folder: name a bucket (--set state_bucket=NAME) before others work on it\n",
        );
    }
    stdout::print(&told)?;
    Ok(0)
}

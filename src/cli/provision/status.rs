//! `rounds provision status`: how each part of the stack is, asked of whoever knows.

use std::ffi::OsString;
use std::fmt::Write as _;

use serde::Serialize;
use tokio::sync::mpsc;

use super::args::StatusArgs;
use super::drive;
use super::plan;
use super::site::Site;
use crate::cli::args::{Cli, Output};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{FAREWELL, runtime, setup, stdout};
use crate::domain::{
    Action, Check, CheckKind, CheckResult, CheckState, Checkup, CheckupState, SourceKind, TerraformRun,
};
use crate::engine;
use crate::format::{pad_right, sanitise};
use crate::report::check::exit_code;
use crate::terraform::{self, Ending};

/// One part of the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Part {
    /// Its name.
    part: String,
    /// How it is.
    state: CheckState,
    /// In one line.
    summary: String,
    /// Who says so.
    source: String,
    /// What to do, where something is to be done.
    next_step: Option<String>,
}

/// Asks everybody, prints, and answers with the exit code of the worst.
pub fn run(cli: &Cli, args: &StatusArgs, environment: &Environment) -> Result<u8, Failure> {
    plan::form(cli)?;
    let opened = setup::station(cli, environment)?;
    for warning in &opened.warnings {
        stdout::complain(&crate::report::problem(warning, None, false));
    }
    let station = &opened.station;
    let asked = [CheckKind::Alb, CheckKind::Dns, CheckKind::Tls, CheckKind::Exporter, CheckKind::Storage];
    let asked = asked.map(Check::new);
    let runtime = runtime()?;
    let (answers, checkups, drift) = runtime.block_on(async {
        tokio::join!(
            engine::stack_checks(station, &asked, cli.once.timeout),
            engine::checkups(station, cli.once.timeout),
            drift(cli, args, environment),
        )
    });
    runtime.shutdown_timeout(FAREWELL);
    let mut parts: Vec<Part> = answers.iter().map(part_of).collect();
    if !answers.iter().any(|answer| answer.check.kind == CheckKind::Tasks) {
        let next = "name them in the context: stack_services (rounds provision output writes that)";
        parts.insert(0, unknown("services", "no service of the stack was seen", "ecs", next));
    }
    for source in [SourceKind::Prometheus, SourceKind::Grafana, SourceKind::Alertmanager] {
        parts.push(ready(source.name(), &checkups));
    }
    parts.push(unknown("backup", "the age of the last copy is not read", "aws backup", BACKUP));
    parts.push(drift);
    let worst = parts.iter().map(|part| part.state).max().unwrap_or(CheckState::Unknown);
    // What is wrong counts for more than what is not known, and what is not known is no pass.
    let code = exit_code(worst);
    stdout::print(&match cli.once.output {
        Output::Json => {
            let document = serde_json::json!({
                "schema": "rounds.provision.status/1", "context": station.setting.context.name,
                "state": worst, "parts": parts, "exit_code": code,
            });
            format!("{document:#}\n")
        }
        _ => text(&parts),
    })?;
    Ok(code)
}

/// How to see the last copy by hand.
const BACKUP: &str = "aws backup list-recovery-points-by-backup-vault --backup-vault-name VAULT --query \
                      'max_by(RecoveryPoints,&CreationDate).CreationDate' (VAULT: the output backup_vault_name)";

fn unknown(part: &str, summary: &str, source: &str, next: &str) -> Part {
    Part {
        part: part.to_owned(),
        state: CheckState::Unknown,
        summary: summary.to_owned(),
        source: source.to_owned(),
        next_step: Some(next.to_owned()),
    }
}

fn part_of(answer: &CheckResult) -> Part {
    let part = match answer.check.kind {
        CheckKind::Tasks => answer.check.told("service").unwrap_or("services").to_owned(),
        CheckKind::Alb => "load balancer".to_owned(),
        CheckKind::Tls => "certificate".to_owned(),
        kind => kind.name().to_owned(),
    };
    Part {
        part,
        state: answer.state,
        summary: answer.summary.clone(),
        source: format!("rounds check {}", answer.check.kind.name()),
        next_step: answer.next_step.clone(),
    }
}

/// The worst of what a source's own checkups say.
fn ready(source: &str, checkups: &[Checkup]) -> Part {
    let state = |checkup: &Checkup| match checkup.state {
        CheckupState::Pass => CheckState::Pass,
        CheckupState::Skip => CheckState::Unknown,
        CheckupState::Warn => CheckState::Warn,
        CheckupState::Fail => CheckState::Fail,
    };
    // What does not apply says nothing where something else was found out.
    let own = || checkups.iter().filter(|checkup| checkup.group == source);
    let worst =
        own().filter(|one| one.state != CheckupState::Skip).max_by_key(|one| state(one)).or_else(|| own().next());
    match worst {
        Some(worst) => Part {
            part: source.to_owned(),
            state: state(worst),
            summary: format!("{}: {}", worst.name, worst.detail),
            source: "rounds doctor".to_owned(),
            next_step: worst.next_step.clone(),
        },
        None => unknown(source, "the context does not have it", "configuration", "rounds provision output adds it"),
    }
}

/// Whether what is there is still what the module says. Takes no lock and changes nothing.
async fn drift(cli: &Cli, args: &StatusArgs, environment: &Environment) -> Part {
    let is_known = drifted(cli, args, environment).await;
    is_known.unwrap_or_else(|failure| {
        let next = failure.hint.unwrap_or_else(|| "rounds provision plan --dir DIR".to_owned());
        unknown("drift", failure.what.lines().next().unwrap_or_default(), "terraform plan", &next)
    })
}

async fn drifted(cli: &Cli, args: &StatusArgs, environment: &Environment) -> Result<Part, Failure> {
    let stop = drive::stop_on_signals()?;
    let site = Site::open(cli, &args.module(), environment).await?;
    let arguments = ["plan", "-json", "-input=false", "-detailed-exitcode", "-lock=false"].map(OsString::from);
    let (events, mut inbox) = mpsc::unbounded_channel();
    let told = stop.subscribe();
    let ending = terraform::follow(&site.tool, &site.folder, "status", &arguments, &events, told).await?;
    drop(events);
    let mut run = TerraformRun::default();
    while let Some(event) = inbox.recv().await {
        run.take(event, jiff::Timestamp::now());
    }
    let source = format!("{} plan", site.tool.name);
    let changes = run.planned.iter().filter(|change| change.action != Action::Read).count();
    let part = |state, summary: String, next: Option<&str>| Part {
        part: "drift".to_owned(),
        state,
        summary,
        source: source.clone(),
        next_step: next.map(str::to_owned),
    };
    Ok(match ending {
        Ending::Done => part(CheckState::Pass, "everything is as the module says".to_owned(), None),
        Ending::HasChanges => {
            let summary = format!("{changes} to change, {} changed outside of it", run.drift.len());
            part(CheckState::Warn, summary, Some("rounds provision plan says what"))
        }
        Ending::Failed(_) | Ending::Killed(_) => {
            let why = run.errors().next().map(|error| error.summary.clone()).or_else(|| run.remark.clone());
            let why = why.unwrap_or_else(|| "the plan failed and did not say why".to_owned());
            part(CheckState::Unknown, why, Some("rounds provision plan"))
        }
    })
}

fn text(parts: &[Part]) -> String {
    let width = parts.iter().map(|part| crate::format::width(&part.part)).max().unwrap_or_default();
    let mut out = String::new();
    for part in parts {
        let word = match part.state {
            CheckState::Pass => "ok",
            CheckState::Unknown => "unknown",
            CheckState::Warn => "warning",
            CheckState::Fail => "failed",
        };
        let (name, summary) = (pad_right(&sanitise(&part.part), width), sanitise(&part.summary));
        let _ = writeln!(out, "  {name}  {word:<8}  {summary}  ({})", part.source);
        if let Some(next) = part.next_step.as_ref().filter(|_| part.state != CheckState::Pass) {
            let _ = writeln!(out, "  {}            next: {}", " ".repeat(width), sanitise(next));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_apply_hides_nothing_and_is_no_pass() {
        let one = |name: &str, state| Checkup {
            group: "grafana".to_owned(),
            name: name.to_owned(),
            state,
            detail: String::new(),
            took: None,
            next_step: None,
        };
        let state = |checkups: &[Checkup]| ready("grafana", checkups).state;
        assert_eq!(state(&[one("a", CheckupState::Pass), one("b", CheckupState::Skip)]), CheckState::Pass);
        assert_eq!(state(&[one("a", CheckupState::Pass), one("b", CheckupState::Fail)]), CheckState::Fail);
        assert_eq!(state(&[one("b", CheckupState::Skip)]), CheckState::Unknown);
        assert_eq!(state(&[]), CheckState::Unknown);
    }
}

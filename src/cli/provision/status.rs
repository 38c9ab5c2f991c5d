//! `rounds provision status`: how each part of the stack is, asked of whoever knows.

use std::ffi::OsString;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::args::StatusArgs;
use super::site::Site;
use super::{backup, drive, plan};
use crate::cli::args::{Cli, Output};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{FAREWELL, runtime, setup, stdout};
use crate::domain::{
    Action, Check, CheckKind, CheckResult, CheckState, Checkup, CheckupState, SourceKind, TerraformRun,
};
use crate::engine;
use crate::report::check::exit_code;
use crate::report::stack_status::{self, Component, Document};
use crate::terraform::{self, Ending};

/// Asks everybody, prints, and answers with the exit code of the worst.
pub fn run(cli: &Cli, args: &StatusArgs, environment: &Environment) -> Result<u8, Failure> {
    plan::form(cli)?;
    let opened = setup::station(cli, environment)?;
    for warning in &opened.warnings {
        stdout::complain(&crate::report::problem(warning, None, false));
    }
    let aws = setup::aws(cli, environment)?;
    let station = &opened.station;
    let asked = [CheckKind::Alb, CheckKind::Dns, CheckKind::Tls, CheckKind::Exporter, CheckKind::Storage];
    let asked = asked.map(Check::new);
    let runtime = runtime()?;
    let (looked, module) = runtime.block_on(async {
        let stop = drive::stop_on_signals()?;
        let mut told = stop.subscribe();
        let looks = async {
            let answers = engine::stack_checks(station, &asked, cli.once.timeout);
            let looks = async { tokio::join!(answers, engine::checkups(station, cli.once.timeout)) };
            tokio::select! {
                looked = looks => Ok(looked),
                _ = told.wait_for(|stop| *stop) => Err(Failure::new("stopped: it is not known how the stack is")),
            }
        };
        // The module's program hears of a stop too, and is waited for.
        Ok::<_, Failure>(tokio::join!(looks, of_module(cli, args, environment, aws, stop.subscribe())))
    })?;
    runtime.shutdown_timeout(FAREWELL);
    let (answers, checkups) = looked?;
    let mut parts: Vec<Component> = answers.iter().map(part_of).collect();
    if !answers.iter().any(|answer| answer.check.kind == CheckKind::Tasks) {
        let next = "name them in the context: stack_services (rounds provision output writes that)";
        parts.insert(0, Component::unknown("services", "no service of the stack was seen", "ecs", next));
    }
    for source in [SourceKind::Prometheus, SourceKind::Grafana, SourceKind::Alertmanager] {
        parts.push(ready(source.name(), &checkups));
    }
    parts.extend(module);
    let worst = worst(&parts);
    let code = exit_code(worst);
    stdout::print(&match cli.once.output {
        Output::Json => Document {
            schema: stack_status::SCHEMA,
            at: Timestamp::now(),
            context: &station.setting.context.name,
            state: worst,
            parts: &parts,
            exit_code: code,
        }
        .json(),
        _ => stack_status::text(&parts),
    })?;
    Ok(code)
}

/// What is wrong counts for more than what is not known, and what is not known is no pass.
fn worst(parts: &[Component]) -> CheckState {
    parts.iter().map(|part| part.state).max().unwrap_or(CheckState::Unknown)
}

fn part_of(answer: &CheckResult) -> Component {
    let part = match answer.check.kind {
        CheckKind::Tasks => answer.check.told("service").unwrap_or("services").to_owned(),
        CheckKind::Alb => "load balancer".to_owned(),
        CheckKind::Tls => "certificate".to_owned(),
        kind => kind.name().to_owned(),
    };
    Component {
        part,
        state: answer.state,
        summary: answer.summary.clone(),
        source: format!("rounds check {}", answer.check.kind.name()),
        next_step: answer.next_step.clone(),
    }
}

/// The worst of what a source's own checkups say.
fn ready(source: &str, checkups: &[Checkup]) -> Component {
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
    let Some(worst) = worst else {
        let next = "rounds provision output adds it";
        return Component::unknown(source, "the context does not have it", "configuration", next);
    };
    Component {
        part: source.to_owned(),
        state: state(worst),
        summary: format!("{}: {}", worst.name, worst.detail),
        source: "rounds doctor".to_owned(),
        next_step: worst.next_step.clone(),
    }
}

/// What only the module knows: the age of the last backup, and drift.
async fn of_module(
    cli: &Cli,
    args: &StatusArgs,
    environment: &Environment,
    aws: Option<crate::config::Aws>,
    stop: watch::Receiver<bool>,
) -> Vec<Component> {
    if cli.context.demo.is_some() {
        // The simulated fleet was made by no module.
        return Vec::new();
    }
    let site = match Site::open(cli, &args.module(), environment).await {
        Ok(site) => site,
        Err(failure) => {
            let what = failure.what.lines().next().unwrap_or_default().to_owned();
            let next = failure.hint.unwrap_or_else(|| "name the root module: --dir DIR".to_owned());
            let unknown = |part| Component::unknown(part, &what, "terraform", &next);
            return vec![unknown("backup"), unknown("drift")];
        }
    };
    let outputs = outputs(&site).await;
    let (backup, drift) = tokio::join!(backup::look(outputs, aws, cli.once.timeout), drift(&site, stop));
    vec![backup, drift]
}

async fn outputs(site: &Site) -> Result<Value, String> {
    let arguments = ["output", "-json", "-no-color"].map(OsString::from);
    let answer = terraform::capture(&site.tool, &site.folder, &arguments).await.map_err(|error| error.what)?;
    serde_json::from_slice(&answer).map_err(|error| format!("{} output: {error}", site.tool.name))
}

/// Whether what is there is still what the module says. Takes no lock and changes nothing.
async fn drift(site: &Site, stop: watch::Receiver<bool>) -> Component {
    let source = format!("{} plan", site.tool.name);
    let arguments = ["plan", "-json", "-input=false", "-detailed-exitcode", "-lock=false"].map(OsString::from);
    let (events, mut inbox) = mpsc::unbounded_channel();
    let seen = async {
        let mut run = TerraformRun::default();
        while let Some(event) = inbox.recv().await {
            run.take(event, Timestamp::now());
        }
        run
    };
    let followed =
        async move { terraform::follow(&site.tool, &site.folder, "status", &arguments, &events, stop).await };
    let (ending, run) = tokio::join!(followed, seen);
    let part = |state, summary: String, next: Option<&str>| Component {
        part: "drift".to_owned(),
        state,
        summary,
        source: source.clone(),
        next_step: next.map(str::to_owned),
    };
    let changes = run.planned.iter().filter(|change| change.action != Action::Read).count();
    match ending {
        Err(error) => part(CheckState::Unknown, error.what, error.hint.as_deref()),
        Ok(Ending::Done) if changes == 0 => part(CheckState::Pass, "everything is as the module says".to_owned(), None),
        Ok(Ending::Done | Ending::HasChanges) => {
            let summary = format!("{changes} to change, {} changed outside of it", run.drift.len());
            part(CheckState::Warn, summary, Some("rounds provision plan says what"))
        }
        Ok(Ending::Failed(_) | Ending::Killed(_)) => {
            let why = run.errors().next().map(|error| error.summary.clone()).or_else(|| run.remark.clone());
            let why = why.unwrap_or_else(|| "the plan failed and did not say why".to_owned());
            part(CheckState::Unknown, why, Some("rounds provision plan"))
        }
    }
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

    #[test]
    fn what_is_not_known_is_no_pass_and_a_failure_counts_for_more() {
        let part = |state| Component { state, ..Component::unknown("x", "", "", "") };
        let (pass, unknown, fail) = (CheckState::Pass, CheckState::Unknown, CheckState::Fail);
        assert_eq!(worst(&[part(pass), part(unknown)]), unknown);
        assert_eq!(worst(&[part(unknown), part(fail), part(pass)]), fail);
        assert_eq!(worst(&[part(pass)]), pass);
    }
}

//! `rounds provision status`: how each part of the stack is, asked of whoever knows.

use jiff::Timestamp;
use tokio::sync::watch;

use super::args::StatusArgs;
use super::site::Site;
use super::{backup, drift, drive, plan};
use crate::cli::args::{Cli, Output};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{FAREWELL, runtime, setup, stdout};
use crate::config;
use crate::domain::{Check, CheckKind, CheckResult, CheckState, Checkup, CheckupState, SourceError, SourceKind};
use crate::engine::{self, Roll};
use crate::report::check::exit_code;
use crate::report::provision::status::{self, Component, Document};

/// Who says what ECS has.
const ECS: &str = "ecs";

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
    let within = cli.once.timeout;
    let (looked, module) = runtime.block_on(async {
        let stop = drive::stop_on_signals()?;
        let looks = async {
            let answers = engine::stack_checks(station, &asked, within);
            tokio::join!(answers, engine::checkups(station, within), engine::roll(station, within))
        };
        let looks = async {
            let looked = drive::until_stopped(&stop, looks).await;
            looked.ok_or_else(|| Failure::new("stopped: it is not known how the stack is"))
        };
        // The module's program hears of a stop too, and is waited for.
        Ok::<_, Failure>(tokio::join!(looks, of_module(cli, args, environment, aws, &stop)))
    })?;
    runtime.shutdown_timeout(FAREWELL);
    let (answers, checkups, roll) = looked?;
    let mut parts = absent(&station.setting.stack_services, roll.as_ref());
    parts.extend(answers.iter().map(part_of));
    if !parts.iter().any(|part| part.source == ECS) && !answers.iter().any(|one| one.check.kind == CheckKind::Tasks) {
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
            schema: status::SCHEMA,
            at: Timestamp::now(),
            context: Some(&station.setting.context.name),
            state: worst,
            parts: &parts,
            error: None,
            exit_code: code,
        }
        .json(),
        _ => status::text(&parts),
    })?;
    Ok(code)
}

/// Services of the stack that the context names itself and AWS does not have. The names they usually go by are no claim
/// that they are there.
fn absent(named: &[glob::Pattern], roll: Result<&Roll, &SourceError>) -> Vec<Component> {
    let usual = config::stack_services();
    let named = named.iter().filter(|name| !usual.iter().any(|usual| usual == name.as_str()));
    // Where ECS does not answer, the parts that ask it say so.
    let Ok(Roll { services, is_whole }) = roll else { return Vec::new() };
    let is_absent = |name: &&glob::Pattern| !services.iter().any(|one| name.matches(&one.name));
    let part = |name: &glob::Pattern| {
        let next = "bring it back: rounds provision plan says what is missing; or take it out of stack_services";
        if *is_whole {
            let summary = "missing in AWS: the context names it, and no cluster of the context has it".to_owned();
            Component { state: CheckState::Fail, summary, ..Component::unknown(name.as_str(), "", ECS, next) }
        } else {
            Component::unknown(name.as_str(), "not seen, and a part of ECS could not be read", ECS, "rounds doctor")
        }
    };
    named.filter(is_absent).map(part).collect()
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
    aws: Option<config::Aws>,
    stop: &watch::Sender<bool>,
) -> Vec<Component> {
    if cli.context.demo.is_some() {
        // The simulated fleet was made by no module.
        return Vec::new();
    }
    let within = cli.once.timeout;
    let module = args.module();
    let opened = tokio::time::timeout(within, Site::open(cli, &module, environment));
    let opened = drive::until_stopped(stop, opened).await;
    let late = |_| Err(Failure::new(drift::late(within)));
    let site = match opened.map_or_else(|| Err(Failure::new("told to stop")), |opened| opened.unwrap_or_else(late)) {
        Ok(site) => site,
        Err(failure) => {
            let what = failure.what.lines().next().unwrap_or_default().to_owned();
            let next = failure.hint.unwrap_or_else(|| "name the root module: --dir DIR".to_owned());
            let asked = ["backup", "drift"].into_iter().filter(|part| *part != "drift" || !args.no_drift);
            return asked.map(|part| Component::unknown(part, &what, "terraform", &next)).collect();
        }
    };
    let backup = async { backup::look(drift::outputs(&site, within, stop).await, aws, within).await };
    let drifted = async { if args.no_drift { None } else { Some(drift::look(&site, within, stop).await) } };
    let (backup, drifted) = tokio::join!(backup, drifted);
    std::iter::once(backup).chain(drifted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ServiceId;

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
    fn what_the_context_names_and_aws_does_not_have_is_missing() {
        let named = |names: &[&str]| names.iter().map(|name| glob::Pattern::new(name).unwrap()).collect::<Vec<_>>();
        let services = vec![ServiceId::new("stage", "stage-monitoring-grafana")];
        let has = |is_whole| Roll { services: services.clone(), is_whole };
        let told = |names: &[&str], roll: &Roll| {
            let parts = absent(&named(names), Ok(roll));
            parts.into_iter().map(|part| (part.part, part.state)).collect::<Vec<_>>()
        };
        let own = ["stage-monitoring-grafana", "stage-monitoring-prometheus"];
        let prometheus = "stage-monitoring-prometheus".to_owned();
        assert_eq!(told(&own, &has(true)), [(prometheus.clone(), CheckState::Fail)]);
        assert_eq!(told(&own, &has(false)), [(prometheus, CheckState::Unknown)], "it may be in what was not read");
        assert_eq!(told(&["stage-*", "prod-*"], &has(true)), [("prod-*".to_owned(), CheckState::Fail)]);
        let usual: Vec<String> = config::stack_services();
        assert_eq!(told(&usual.iter().map(String::as_str).collect::<Vec<_>>(), &has(true)), []);
        let dark = SourceError::new(crate::domain::ErrorClass::Timeout, "ecs:ListServices");
        assert!(absent(&named(&own), Err(&dark)).is_empty(), "the tasks of each are unknown already");
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

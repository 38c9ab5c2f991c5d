//! `rounds run`: goes through a runbook, and says which one is for what fires now.

mod changes;
mod paper;

use std::collections::BTreeMap;
use std::sync::Arc;

use changes::Changes;
use paper::Paper;

use super::args::{Cli, Output, RunArgs};
use super::do_::Carrier;
use super::environment::Environment;
use super::failure::Failure;
use super::setup::{self, Opened};
use super::{FAREWELL, once, runbook, runtime, stdout};
use crate::domain::{Alert, Runbook, Snapshot, SourceStatus};
use crate::engine::{self, runs};
use crate::report;
use crate::report::runbook::Options;
use crate::runbook::{Course, Library, best_alert, fit, service_named};

/// Goes through the runbook named, or says which there are for what fires.
pub fn run(cli: &Cli, args: &RunArgs, environment: &Environment) -> Result<u8, Failure> {
    if cli.once.output == Output::Nagios {
        return Err(Failure::new("a run is written as text, JSON or Markdown").with_hint("-o text, json or markdown"));
    }
    let library = runbook::library(cli, environment);
    let wanted = args.name.as_deref().map(|name| runbook::find(&library, name)).transpose()?;
    let given = given(cli, args, wanted.as_deref())?;
    // The service is what the runbook is told; what it looks at beside (the stack, the alerts) is the whole fleet.
    let opened = setup::station(&cli.about(Vec::new()), environment)?;
    for warning in &opened.warnings {
        stdout::complain(&report::problem(warning, None, false));
    }
    let runtime = runtime()?;
    let answer = runtime.block_on(async {
        let snapshot = Arc::new(engine::once(&opened.station, cli.once.timeout).await);
        match &wanted {
            Some(wanted) => go(cli, args, environment, &opened, wanted, &snapshot, &given).await,
            None => fitting(cli, &library, &snapshot),
        }
    });
    runtime.shutdown_timeout(FAREWELL);
    answer
}

/// What the runbook is told, by the names of its inputs.
fn given(cli: &Cli, args: &RunArgs, wanted: Option<&Runbook>) -> Result<BTreeMap<String, String>, Failure> {
    let mut given = BTreeMap::new();
    for pair in &args.set {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| Failure::new(format!("--set {pair} names no value")).with_hint("write --set NAME=VALUE"))?;
        given.insert(name.to_owned(), value.to_owned());
    }
    if let Some(service) = args.service.meant(cli)? {
        given.insert("service".to_owned(), service);
    }
    if let Some(since) = &args.since {
        given.insert("since".to_owned(), since.clone());
    }
    if let (None, Some(name)) = (wanted, given.keys().next()) {
        let hint = "rounds run NAME; without a name it lists the runbooks for what fires";
        return Err(Failure::new(format!("which runbook is to be told its {name}?")).with_hint(hint));
    }
    Ok(given)
}

async fn go(
    cli: &Cli,
    args: &RunArgs,
    environment: &Environment,
    opened: &Opened,
    wanted: &Arc<Runbook>,
    snapshot: &Arc<Snapshot>,
    given: &BTreeMap<String, String>,
) -> Result<u8, Failure> {
    let alert = alert(args, wanted, snapshot, given)?;
    let station = &opened.station;
    let mut course = Course::begin(wanted, snapshot, alert, given, station.clock.now()).map_err(|why| {
        Failure::new(why).with_hint(format!("rounds runbook show {} says what it takes", wanted.name))
    })?;
    let options = options(cli, environment, opened, snapshot);
    let mut paper = Paper { is_text: cli.once.output == Output::Text, options, printed: None, failed: None };
    runs::look(station, snapshot, &mut course, |run| paper.tell(run)).await;
    let changes = Changes {
        station,
        carrier: Carrier {
            how: &args.how,
            operator: station.operator.clone(),
            by: format!("rounds run {} --yes", wanted.name),
        },
        words: once::options(cli, environment, opened),
        within: cli.once.timeout,
    };
    changes.make(&mut course, &mut paper).await?;
    paper.finish(course.run())?;
    match cli.once.output {
        Output::Json => stdout::print(&report::runbook::json(course.run(), &paper.options.context))?,
        Output::Markdown => stdout::print(&report::runbook::markdown(course.run(), &paper.options))?,
        Output::Text | Output::Nagios => {}
    }
    Ok(course.run().exit_code())
}

fn options(cli: &Cli, environment: &Environment, opened: &Opened, snapshot: &Snapshot) -> Options {
    let general = once::options(cli, environment, opened);
    Options {
        context: snapshot.context.clone(),
        width: general.width,
        colour: general.colour,
        ascii: general.ascii,
        zone: general.zone,
    }
}

/// The alert it is run for: the one named, else the surest and worst of those that fire and that it is for.
fn alert<'s>(
    args: &RunArgs,
    wanted: &Runbook,
    snapshot: &'s Snapshot,
    given: &BTreeMap<String, String>,
) -> Result<Option<&'s Alert>, Failure> {
    let service = match given.get("service") {
        Some(service) => Some(service_named(snapshot, service).map_err(Failure::new)?),
        None => None,
    };
    let Some(name) = &args.alert else { return Ok(best_alert(wanted, snapshot, service.as_ref())) };
    let is_about = |alert: &&Alert| service.is_none() || alert.service == service;
    let found = snapshot.alerts.iter().filter(is_about).find(|alert| alert.name == *name);
    found.map(Some).ok_or_else(|| {
        Failure::new(format!("no alert {name} is there now")).with_hint("rounds --once lists what fires")
    })
}

/// Which runbooks are for what fires now. Where a source of alerts cannot be seen the list may lack some, and nobody can
/// say that nothing fires.
fn fitting(cli: &Cli, library: &Library, snapshot: &Snapshot) -> Result<u8, Failure> {
    let blind = |source: &SourceStatus| Some((source.kind.to_string(), source.blind_to_alerts()?));
    let mut unseen: Vec<(String, String)> = snapshot.sources.iter().filter_map(blind).collect();
    if unseen.is_empty() && !snapshot.sources.iter().any(SourceStatus::sees_alerts) {
        unseen.push(("alerts".to_owned(), "no source of alerts is configured".to_owned()));
    }
    let rows: Vec<(Arc<Runbook>, Vec<String>)> = library
        .all()
        .iter()
        .filter_map(|runbook| {
            let alerts: Vec<String> = snapshot
                .alerts
                .iter()
                .filter(|alert| alert.is_active() && fit(runbook, alert).is_some())
                .map(|alert| {
                    let service = alert.service.as_ref().map(|id| format!(" {}", id.name)).unwrap_or_default();
                    format!("{}{service}", alert.name)
                })
                .collect();
            (!alerts.is_empty()).then(|| (Arc::clone(runbook), alerts))
        })
        .collect();
    let text = match cli.once.output {
        Output::Json => report::runbook::fitting_json(&rows, &unseen),
        _ => report::runbook::fitting(&rows, &unseen, once::width(cli)),
    };
    stdout::print(&text)?;
    Ok(if unseen.is_empty() { 0 } else { super::failure::COULD_NOT_LOOK })
}

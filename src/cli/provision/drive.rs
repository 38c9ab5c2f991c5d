//! Running the program and telling how it goes: signals, the log, the live screen.

use std::ffi::OsString;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::site::Site;
use crate::cli::args::{Cli, Output};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{self, stdout};
use crate::cost::{self, PlanBill, WhatIf};
use crate::domain::{TerraformEvent, TerraformRun};
use crate::report;
use crate::shell::{self, RunScreen};
use crate::terraform::{self, Ending, Errand, Saved};

/// A log that is silent for longer says what it waits for.
const SILENCE: Duration = Duration::from_secs(30);

/// Said, once, when a run is told to stop.
const STOPPING: &str = "told to stop: what is under way is finished first, so that nothing is half done\n";

/// Whether a run is to stop. Ctrl-C and SIGTERM say so; SIGHUP (the terminal is gone) ends nothing.
pub fn stop_on_signals() -> Result<watch::Sender<bool>, Failure> {
    let listen = |kind| signal(kind).map_err(|why| Failure::new(format!("cannot listen to signals: {why}")));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hang_up = listen(SignalKind::hangup())?;
    let stop = watch::Sender::new(false);
    let told = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => { told.send_replace(true); }
                _ = terminate.recv() => { told.send_replace(true); }
                _ = hang_up.recv() => {}
            }
        }
    });
    Ok(stop)
}

/// Text for whoever looks on: with `-o json` standard output is the document's.
pub fn tell(cli: &Cli, text: &str) {
    if cli.once.output == Output::Json {
        stdout::complain(text);
    } else {
        // A reader that has gone must not end a run.
        let _ = stdout::print(text);
    }
}

/// How a run is shown.
pub enum Shown<'a> {
    /// Line by line.
    Log(&'a Cli),
    /// On the whole screen.
    Screen(Box<RunScreen>),
}

/// Runs the program to its end.
///
/// # Errors
/// Where it could not be started.
pub async fn run(
    site: &Site,
    name: &str,
    arguments: &[OsString],
    run: TerraformRun,
    shown: &Shown<'_>,
    stop: &watch::Sender<bool>,
) -> Result<(Ending, TerraformRun), Failure> {
    let (events, mut inbox) = mpsc::unbounded_channel();
    let told = stop.subscribe();
    let errand = Errand { name, arguments, grace: None };
    let followed = async move { terraform::follow(&site.tool, &site.folder, errand, &events, told).await };
    let seen = async {
        match shown {
            Shown::Log(cli) => log(cli, run, &mut inbox, stop.subscribe()).await,
            Shown::Screen(screen) => {
                let begun = run.clone();
                match shell::show_run(screen, run, &mut inbox, stop).await {
                    Ok(run) => run,
                    // No screen to be had: what happens is taken in all the same.
                    Err(_) => drain(begun, &mut inbox).await,
                }
            }
        }
    };
    let (ending, run) = tokio::join!(followed, seen);
    Ok((ending?, run))
}

async fn drain(mut run: TerraformRun, inbox: &mut mpsc::UnboundedReceiver<TerraformEvent>) -> TerraformRun {
    while let Some(event) = inbox.recv().await {
        run.take(event, Timestamp::now());
    }
    run
}

async fn log(
    cli: &Cli,
    mut run: TerraformRun,
    inbox: &mut mpsc::UnboundedReceiver<TerraformEvent>,
    mut stop: watch::Receiver<bool>,
) -> TerraformRun {
    let zone = TimeZone::try_system().unwrap_or(TimeZone::UTC);
    let clock = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string();
    let mut was_told = false;
    loop {
        let silence = tokio::time::sleep(SILENCE);
        tokio::select! {
            event = inbox.recv() => {
                let Some(event) = event else { return run };
                let now = Timestamp::now();
                run.take(event.clone(), now);
                if let Some(line) = report::terraform::line(&event, &run, &clock(now)) {
                    tell(cli, &line);
                }
            }
            Ok(_) = stop.wait_for(|stop| *stop), if !was_told => {
                was_told = true;
                tell(cli, STOPPING);
            }
            () = silence => {
                let now = Timestamp::now();
                if let Some(line) = report::terraform::under_way(&run, now, &clock(now)) {
                    tell(cli, &line);
                }
            }
        }
    }
}

/// `init`, where it was not run yet.
///
/// # Errors
/// Where it fails, with its words.
pub async fn prepare(cli: &Cli, site: &Site, stop: &watch::Sender<bool>) -> Result<(), Failure> {
    // One that failed half way leaves a folder that looks like one that succeeded.
    let failed = site.folder.keep.join("init-failed");
    if site.folder.data.exists() && !failed.exists() {
        return Ok(());
    }
    let mark = std::fs::create_dir_all(&site.folder.keep).and_then(|()| std::fs::write(&failed, ""));
    mark.map_err(|error| Failure::new(format!("cannot write {}: {error}", failed.display())))?;
    tell(cli, &format!("{} init: backend, providers and modules\n", site.tool.name));
    let (events, mut inbox) = mpsc::unbounded_channel();
    let arguments = ["init", "-input=false", "-no-color"].map(OsString::from);
    let told = stop.subscribe();
    let errand = Errand { name: "init", arguments: &arguments, grace: None };
    let ending = terraform::follow(&site.tool, &site.folder, errand, &events, told).await?;
    if ending == Ending::Done {
        // Where it stays, the next turn only does what is done already.
        let _ = std::fs::remove_file(&failed);
        return Ok(());
    }
    if *stop.borrow() {
        let failure = Failure::new(format!("stopped during {} init: nothing was changed", site.tool.name));
        return Err(Failure { code: 1, ..failure });
    }
    drop(events);
    let mut said = Vec::new();
    while let Some(event) = inbox.recv().await {
        if let TerraformEvent::Remark(line) = event {
            said.push(line);
        }
    }
    let why = if said.is_empty() { format!("{ending:?}") } else { said.join("\n  ") };
    let failure = Failure::new(format!("{} init failed: {why}", site.tool.name));
    Err(Failure { code: 2, ..failure }.with_hint(format!(
        "run it by hand: cd {} && {} init",
        site.folder.module.display(),
        site.tool.name
    )))
}

/// What comes of a task; nothing where it was told to stop before that.
pub async fn until_stopped<T>(stop: &watch::Sender<bool>, task: impl Future<Output = T>) -> Option<T> {
    let mut told = stop.subscribe();
    tokio::select! {
        done = task => Some(done),
        _ = told.wait_for(|stop| *stop) => None,
    }
}

/// A run that only holds what a saved plan says.
pub fn run_of(site: &Site, saved: &Saved) -> TerraformRun {
    let mut run = TerraformRun::of_plan(saved.planned.clone());
    run.drift.clone_from(&saved.drift);
    run.outputs_change = saved.has_changes && saved.planned.is_empty();
    run.program = Some((site.tool.name, site.tool.version.clone()));
    run
}

/// What a plan costs before and after, by the same prices as `rounds cost`; nothing where it holds nothing of AWS.
pub fn cost_of(cli: &Cli, environment: &Environment, saved: &Saved) -> Option<Result<PlanBill, String>> {
    let is_aws = |address: &str| address.split('.').any(|part| part.starts_with("aws_"));
    if !saved.planned.iter().any(|change| is_aws(&change.address)) {
        return None;
    }
    let Some(document) = &saved.document else {
        return Some(Err("the plan could not be read back".to_owned()));
    };
    let table = cli::cost::table(cli, environment, None).map_err(|refused| refused.brief());
    Some(table.and_then(|table| cost::of_plan(document, None, &WhatIf::default(), None, &table)))
}

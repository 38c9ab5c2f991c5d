//! Bringing a stack up: from nothing, or what is missing of it.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::history::{self, Firing};
use super::launch::{self, ALERTMANAGER, FLEET, GRAFANA, PROMETHEUS};
use super::part::{Launch, Part};
use super::programs::{self, Programs};
use super::state::{self, State};
use super::{DEFAULT_PORTS, Folder, StackError, Wish, ports, ready, silence, stop, written};
use crate::net::http::Deadline;
use crate::provision::{self, local};
use crate::sim::Scenario;

/// The plan's five.
const DEFAULT_SERVICES: usize = 5;
const DEFAULT_SEED: u64 = 1;

/// What `up` came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The parts that were started; none if all of them ran.
    pub started: Vec<&'static str>,
    /// How long it took.
    pub took: Duration,
    /// The scenario in force.
    pub scenario: Scenario,
    /// The addresses of what can be looked at: name and URL.
    pub places: Vec<(&'static str, String)>,
    /// Alerts that fire.
    pub firing: usize,
    /// What is not as people may think.
    pub notes: Vec<String>,
}

/// What the machine offers.
#[derive(Debug, Clone)]
pub struct Machine {
    /// This very program, which serves the fleet.
    pub rounds: PathBuf,
    /// Where programs are looked for.
    pub path: String,
    /// What time it is.
    pub now: Timestamp,
}

/// Brings the stack of a folder up, as wished if it is new. `say` is told what happens.
///
/// # Errors
/// Where a program is missing, a port is taken, a part does not get ready, or another stack than wished for is there.
pub async fn up(folder: &Folder, wish: &Wish, machine: &Machine, say: &dyn Fn(&str)) -> Result<Outcome, StackError> {
    let began = Deadline::after(Duration::ZERO);
    let programs = programs::find(&machine.path)?;
    let _hold = folder.hold()?;
    folder.prepare()?;
    let mut notes = Vec::new();
    let state = match State::read(folder)? {
        Some(state) if state.complete => {
            agrees(&state, wish, folder)?;
            state
        }
        left => {
            if left.is_some() {
                say("clearing away what an earlier `up` left half done");
                stop::clear(folder).await?;
                folder.prepare()?;
            }
            new(folder, wish, machine, &programs, &mut notes)?
        }
    };
    let (started, expected) = run(folder, &state, &programs, machine, say).await?;
    if !started.is_empty() {
        say("waiting for the first scrapes and evaluations");
    }
    let firing = ready::settle(&state, &expected).await;
    if !state.complete {
        State { complete: true, ..state.clone() }.write(folder)?;
    }
    let scenario = state.plan()?.scenario;
    notes.extend(backends_are_real(scenario));
    if programs.grafana.is_none() {
        notes.push(
            "no Grafana is installed: its metrics are a stand-in's, and there are no dashboards to look at".to_owned(),
        );
    }
    Ok(Outcome { started, took: began.elapsed(), scenario, places: places(&state), firing, notes })
}

/// What can be looked at, by name and URL.
pub(super) fn places(state: &State) -> Vec<(&'static str, String)> {
    let url = |port: u16| format!("http://127.0.0.1:{port}");
    let mut places = vec![(PROMETHEUS, url(state.ports.prometheus)), (ALERTMANAGER, url(state.ports.alertmanager))];
    if state.grafana {
        places.push((GRAFANA, url(state.ports.grafana)));
    }
    places.push((FLEET, url(state.ports.fleet)));
    places
}

fn backends_are_real(scenario: Scenario) -> Option<String> {
    let is_of_backends = matches!(
        scenario,
        Scenario::PrometheusDown
            | Scenario::GrafanaUnreachable
            | Scenario::Throttled
            | Scenario::SsoExpired
            | Scenario::VpnDown
    );
    is_of_backends.then(|| {
        format!("{scenario} is about a backend that does not answer; here the backends are real, and only the fleet's part of it shows")
    })
}

/// What is there is what is wished for, or nothing was said about it.
fn agrees(state: &State, wish: &Wish, folder: &Folder) -> Result<(), StackError> {
    let differs = [
        wish.scenario.filter(|wished| wished.name() != state.scenario).map(|_| format!("scenario {}", state.scenario)),
        wish.services.filter(|wished| *wished != state.services).map(|_| format!("--services {}", state.services)),
        wish.seed.filter(|wished| *wished != state.seed).map(|_| format!("--seed {}", state.seed)),
    ];
    let Some(own) = differs.into_iter().flatten().next() else { return Ok(()) };
    let hint = "end it with `rounds provision down --local --purge`, or name another folder with --dir";
    Err(StackError::new(format!("the stack in {} was made with {own}", folder.path().display())).with_hint(hint))
}

/// A new stack: its state, configuration and console context.
fn new(
    folder: &Folder,
    wish: &Wish,
    machine: &Machine,
    programs: &Programs,
    notes: &mut Vec<String>,
) -> Result<State, StackError> {
    let (ports, taken) = ports::choose(wish.port_base.unwrap_or(DEFAULT_PORTS))?;
    if !taken.is_empty() {
        let taken: Vec<String> = taken.iter().map(ToString::to_string).collect();
        notes.push(format!("others listen on {}: the ports after those were taken", taken.join(", ")));
    }
    let state = State {
        version: state::VERSION,
        scenario: wish.scenario.unwrap_or_default().name().to_owned(),
        services: wish.services.unwrap_or(DEFAULT_SERVICES),
        seed: wish.seed.unwrap_or(DEFAULT_SEED),
        history: wish.history.as_secs(),
        began: machine.now,
        ports,
        grafana: programs.grafana.is_some(),
        complete: false,
    };
    state.write(folder)?;
    configure(folder, &state)?;
    Ok(state)
}

fn configure(folder: &Folder, state: &State) -> Result<(), StackError> {
    let place = state.place(folder)?;
    let mut files = provision::render(&local::variables(&place)?, Some(local::NOTE))?;
    files.extend(local::ways_out(&place));
    written::write(&folder.config(), &files, true)?;
    let path = folder.console();
    std::fs::write(&path, console(state)).map_err(|why| StackError::file("write", &path, &why))
}

/// The console's configuration for this stack.
fn console(state: &State) -> String {
    let mut text = "# Written by `rounds provision up --local`.\ndefault_context = \"local\"\n\n".to_owned();
    text.push_str("[contexts.local]\nproduction = false\n");
    for (name, url) in places(state).iter().filter(|(name, _)| *name != FLEET) {
        text.extend(["\n[contexts.local.", name, "]\nurl = \"", url, "\"\n"]);
    }
    text
}

/// Starts what does not run.
async fn run(
    folder: &Folder,
    state: &State,
    programs: &Programs,
    machine: &Machine,
    say: &dyn Fn(&str),
) -> Result<(Vec<&'static str>, Firing), StackError> {
    let mut started = Vec::new();
    let mut expected = Firing::new();
    let mut begin = async |name: &'static str, port: u16, path: &str, launch: Launch<'_>| {
        let part = Part::of(folder, name);
        if part.pid().is_some() {
            return Ok(());
        }
        if !ports::is_free(port) {
            let what = format!("{name} cannot be started: another process listens on 127.0.0.1:{port}");
            return Err(StackError::new(what).with_hint(
                "end that process, or begin anew on other ports: rounds provision down --local --purge, then up",
            ));
        }
        say(&format!("starting {name} on http://127.0.0.1:{port}"));
        let mut child = part.start(launch)?;
        ready::answers(&part, &mut child, port, path).await?;
        started.push(name);
        Ok(())
    };
    let ports = state.ports;
    begin(FLEET, ports.fleet, "/ready", launch::fleet(folder, state, machine)).await?;
    begin(ALERTMANAGER, ports.alertmanager, "/-/ready", launch::alertmanager(folder, state, programs)).await?;
    if !state.complete {
        silence::make(state, machine.now).await?;
        say(&format!("writing {} of history", crate::format::duration(Duration::from_secs(state.history))));
        let variables = local::variables(&state.place(folder)?)?;
        let exporter = state.fleet()?.collecting(provision::collected(&variables)?);
        expected = history::write(folder, state, programs, exporter).await?;
    }
    let config = folder.config().join("prometheus/prometheus.yml");
    begin(PROMETHEUS, ports.prometheus, "/-/ready", launch::prometheus(folder, &config, ports.prometheus, programs))
        .await?;
    if let (true, Some(grafana)) = (state.grafana, &programs.grafana) {
        begin(GRAFANA, ports.grafana, "/api/health", launch::grafana(folder, state, grafana)).await?;
    }
    Ok((started, expected))
}

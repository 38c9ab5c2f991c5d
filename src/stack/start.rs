//! Bringing a stack up: from nothing, or what is missing of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::history::{self, Firing};
use super::part::{Launch, Part};
use super::programs::{self, Programs};
use super::state::{self, State};
use super::{DEFAULT_PORTS, Folder, StackError, Wish, http, ports, stop, written};
use crate::net::http::Deadline;
use crate::provision::{self, local};
use crate::sim::Scenario;

/// The parts' names.
pub(super) const PROMETHEUS: &str = "prometheus";
pub(super) const ALERTMANAGER: &str = "alertmanager";
pub(super) const GRAFANA: &str = "grafana";
pub(super) const FLEET: &str = "fleet";
pub(super) const REHEARSAL: &str = "rehearsal";
pub(super) const PROMTOOL: &str = "promtool";

/// The longest a part may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(40);
/// The longest that is waited for alerts that should fire.
const ALERTS_WITHIN: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(25);

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
    let firing = settle(&state, &expected, say).await;
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
    match wish.scenario {
        Some(scenario) if scenario.name() != state.scenario => {
            let what = format!("the stack in {} plays {}, not {scenario}", folder.path().display(), state.scenario);
            Err(StackError::new(what)
                .with_hint("end it with `rounds provision down --local --purge`, or name another folder with --dir"))
        }
        _ => Ok(()),
    }
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
        services: wish.services,
        seed: wish.seed,
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
    let variables = local::variables(&state.place(folder)?)?;
    let files = provision::render(&variables, Some(local::NOTE))?;
    written::write(&folder.config(), &files, true)?;
    // The ways out of Alertmanager end here.
    for way in ["slack-critical", "slack-warning"] {
        let url = format!("http://127.0.0.1:{}/told/{way}", state.ports.fleet);
        put(&folder.secrets().join(way), &url)?;
    }
    put(&folder.console(), &console(state))
}

fn put(path: &Path, text: &str) -> Result<(), StackError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let made = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(path, text));
    made.map_err(|why| StackError::file("write", path, &why))
}

/// The console's configuration for this stack.
fn console(state: &State) -> String {
    let mut text = "# Written by `rounds provision up --local`.\ndefault_context = \"local\"\n\n".to_owned();
    text.push_str("[contexts.local]\nproduction = false\n");
    for (name, url) in places(state).iter().filter(|(name, _)| *name != FLEET) {
        text.push_str(&format!("\n[contexts.local.{name}]\nurl = \"{url}\"\n"));
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
        ready(&part, &mut child, port, path).await?;
        started.push(name);
        Ok(())
    };
    let ports = state.ports;
    begin(FLEET, ports.fleet, "/ready", fleet(folder, state, machine)).await?;
    begin(ALERTMANAGER, ports.alertmanager, "/-/ready", alertmanager(folder, state, programs)).await?;
    if !state.complete {
        say(&format!("writing {} of history", crate::format::duration(Duration::from_secs(state.history))));
        let variables = local::variables(&state.place(folder)?)?;
        let exporter = state.fleet()?.collecting(provision::collected(&variables)?);
        expected = history::write(folder, state, programs, exporter).await?;
    }
    let config = folder.config().join("prometheus/prometheus.yml");
    let arguments = prometheus_arguments(&config, &folder.data(PROMETHEUS), ports.prometheus);
    let launch = Launch { program: &programs.prometheus, arguments, environment: Vec::new() };
    begin(PROMETHEUS, ports.prometheus, "/-/ready", launch).await?;
    if let (true, Some(grafana)) = (state.grafana, &programs.grafana) {
        begin(GRAFANA, ports.grafana, "/api/health", self::grafana(folder, state, grafana)).await?;
    }
    if !state.complete {
        State { complete: true, ..state.clone() }.write(folder)?;
    }
    Ok((started, expected))
}

pub(super) fn prometheus_arguments(config: &Path, data: &Path, port: u16) -> Vec<OsString> {
    let file = |flag: &str, path: &Path| {
        let mut argument = OsString::from(flag);
        argument.push(path);
        argument
    };
    vec![
        file("--config.file=", config),
        file("--storage.tsdb.path=", data),
        "--storage.tsdb.retention.time=15d".into(),
        format!("--web.listen-address=127.0.0.1:{port}").into(),
        "--web.enable-lifecycle".into(),
        // An alert that fires before Alertmanager is discovered is dropped, and sent again only after this.
        "--rules.alert.resend-delay=5s".into(),
        // An alert that held before a restart holds after it, however short its `for`.
        "--rules.alert.for-grace-period=0s".into(),
        "--log.level=warn".into(),
    ]
}

fn fleet<'l>(folder: &Folder, state: &State, machine: &'l Machine) -> Launch<'l> {
    let mut arguments: Vec<OsString> = ["provision", "fleet"].map(Into::into).into();
    let options = [
        ("--scenario", state.scenario.clone()),
        ("--services", state.services.to_string()),
        ("--seed", state.seed.to_string()),
        ("--history", format!("{}s", state.history)),
        ("--began", state.began.to_string()),
        ("--port", state.ports.fleet.to_string()),
        ("--exporter-port", state.ports.exporter.to_string()),
    ];
    for (name, value) in options {
        arguments.extend([name.into(), value.into()]);
    }
    if !state.grafana {
        arguments.extend(["--grafana-port".into(), state.ports.grafana.to_string().into()]);
    }
    arguments.extend(["--told".into(), folder.told().into()]);
    Launch { program: &machine.rounds, arguments, environment: Vec::new() }
}

fn alertmanager<'l>(folder: &Folder, state: &State, programs: &'l Programs) -> Launch<'l> {
    let arguments = vec![
        format!("--config.file={}", folder.config().join("alertmanager/alertmanager.yml").display()).into(),
        format!("--storage.path={}", folder.data(ALERTMANAGER).display()).into(),
        format!("--web.listen-address=127.0.0.1:{}", state.ports.alertmanager).into(),
        // One alone: no gossip, and no port for it.
        "--cluster.listen-address=".into(),
        "--log.level=warn".into(),
    ];
    Launch { program: &programs.alertmanager, arguments, environment: Vec::new() }
}

fn grafana<'l>(folder: &Folder, state: &State, grafana: &'l programs::Grafana) -> Launch<'l> {
    let mut arguments: Vec<OsString> = Vec::new();
    if grafana.program.file_name().is_some_and(|name| name == "grafana") {
        arguments.push("server".into());
    }
    arguments.extend(["--homepath".into(), grafana.home.clone().into_os_string()]);
    let data = folder.data(GRAFANA);
    let environment = vec![
        ("GF_PATHS_DATA", data.clone().into()),
        ("GF_PATHS_LOGS", data.join("log").into()),
        ("GF_PATHS_PLUGINS", data.join("plugins").into()),
        ("GF_PATHS_PROVISIONING", folder.config().join("grafana/provisioning").into()),
        ("GF_SERVER_HTTP_ADDR", "127.0.0.1".into()),
        ("GF_SERVER_HTTP_PORT", state.ports.grafana.to_string().into()),
        // On loopback whoever is here may look, and nobody may change anything: there is no account at all.
        ("GF_AUTH_ANONYMOUS_ENABLED", "true".into()),
        ("GF_AUTH_ANONYMOUS_ORG_ROLE", "Viewer".into()),
        ("GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION", "true".into()),
        ("GF_ANALYTICS_REPORTING_ENABLED", "false".into()),
        ("GF_ANALYTICS_CHECK_FOR_UPDATES", "false".into()),
        ("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "false".into()),
    ];
    Launch { program: &grafana.program, arguments, environment }
}

/// Waits until a part answers.
pub(super) async fn ready(part: &Part, child: &mut Child, port: u16, path: &str) -> Result<(), StackError> {
    let deadline = Deadline::after(READY_WITHIN);
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            let what = format!("{} ended at its start ({status}):{}", part.name, part.last_words());
            return Err(StackError::new(what).with_hint(format!("its log: {}", part.log().display())));
        }
        let seen = match http::get(port, path).await {
            Ok(answer) if answer.status == 200 => return Ok(()),
            Ok(answer) => format!("{path} answers {}", answer.status),
            Err(why) => why,
        };
        if deadline.remaining().is_zero() {
            let what = format!("{} is not ready after {} s: {seen}", part.name, READY_WITHIN.as_secs());
            return Err(StackError::new(what).with_hint(format!("its log: {}", part.log().display())));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until a child ends.
pub(super) async fn end(child: &mut Child) -> std::io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[derive(Debug, Deserialize)]
struct Alerts {
    alerts: Vec<Alert>,
}

#[derive(Debug, Deserialize)]
struct Alert {
    state: String,
    labels: std::collections::BTreeMap<String, String>,
}

/// Waits until the alerts fire that should; says how many do.
async fn settle(state: &State, expected: &Firing, say: &dyn Fn(&str)) -> usize {
    if !expected.is_empty() {
        say("waiting for the first evaluations");
    }
    let deadline = Deadline::after(ALERTS_WITHIN);
    loop {
        let alerts: Alerts =
            http::data(state.ports.prometheus, "/api/v1/alerts").await.unwrap_or(Alerts { alerts: Vec::new() });
        let firing: Firing = alerts
            .alerts
            .into_iter()
            .filter(|alert| alert.state == "firing")
            .map(|alert| {
                let label = |name: &str| alert.labels.get(name).cloned().unwrap_or_default();
                (label("alertname"), label("service"))
            })
            .filter(|(name, _)| name != "Watchdog")
            .collect();
        if firing.is_superset(expected) || deadline.remaining().is_zero() {
            return firing.len();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

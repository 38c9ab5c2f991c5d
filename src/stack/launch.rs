//! The parts of a stack, and how each is started.

use std::ffi::OsString;
use std::path::Path;

use super::Folder;
use super::part::Launch;
use super::programs::{self, Programs};
use super::start::Machine;
use super::state::State;
use crate::provision::local::RETENTION_SIZE;

/// The metrics.
pub(super) const PROMETHEUS: &str = "prometheus";
/// The alerts.
pub(super) const ALERTMANAGER: &str = "alertmanager";
/// The dashboards.
pub(super) const GRAFANA: &str = "grafana";
/// The simulated fleet, with the stand-ins.
pub(super) const FLEET: &str = "fleet";
/// Prometheus on the past alone.
pub(super) const REHEARSAL: &str = "rehearsal";
/// What writes the past.
pub(super) const PROMTOOL: &str = "promtool";

/// Prometheus on a configuration.
pub(super) fn prometheus<'l>(folder: &Folder, config: &Path, port: u16, programs: &'l Programs) -> Launch<'l> {
    let file = |flag: &str, path: &Path| {
        let mut argument = OsString::from(flag);
        argument.push(path);
        argument
    };
    let arguments = vec![
        file("--config.file=", config),
        file("--storage.tsdb.path=", &folder.data(PROMETHEUS)),
        "--storage.tsdb.retention.time=15d".into(),
        format!("--storage.tsdb.retention.size={RETENTION_SIZE}").into(),
        format!("--web.listen-address=127.0.0.1:{port}").into(),
        "--web.enable-lifecycle".into(),
        // An alert that fires before Alertmanager is discovered is dropped, and sent again only after this.
        "--rules.alert.resend-delay=5s".into(),
        // An alert that held before a restart holds after it, however short its `for`.
        "--rules.alert.for-grace-period=0s".into(),
        "--log.level=warn".into(),
    ];
    Launch { program: &programs.prometheus, arguments, environment: Vec::new() }
}

/// The simulated fleet, served by this program.
pub(super) fn fleet<'l>(folder: &Folder, state: &State, machine: &'l Machine) -> Launch<'l> {
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

/// Alertmanager.
pub(super) fn alertmanager<'l>(folder: &Folder, state: &State, programs: &'l Programs) -> Launch<'l> {
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

/// Grafana.
pub(super) fn grafana<'l>(folder: &Folder, state: &State, grafana: &'l programs::Grafana) -> Launch<'l> {
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

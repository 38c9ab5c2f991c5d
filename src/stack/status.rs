//! How a stack is doing: each process, and whether it answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::launch::{ALERTMANAGER, FLEET, GRAFANA, PROMETHEUS};
use super::part::Part;
use super::state::State;
use super::{Folder, StackError, http};
use crate::format::sanitise;

/// How a part is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It runs and answers.
    Ready,
    /// It runs and does not answer.
    NotReady,
    /// It was started and does not run any more.
    Crashed,
    /// It was stopped, or never started.
    Stopped,
    /// Something stands in for it, as it is not installed.
    StandIn,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Its name.
    pub name: &'static str,
    /// How it is doing.
    pub health: Health,
    /// Where it listens.
    pub url: String,
    /// Its process, if it runs.
    pub pid: Option<u32>,
    /// What more there is to know: why it is not ready, or how it is doing in numbers.
    pub detail: String,
    /// Where its log is.
    pub log: String,
}

/// The whole stack. `None` stands for what could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Of this form.
    pub version: u32,
    /// The stack's folder.
    pub folder: String,
    /// The scenario by name.
    pub scenario: String,
    /// When its world began.
    pub began: jiff::Timestamp,
    /// Whether it was ever brought up wholly.
    pub is_complete: bool,
    /// Whether every part is ready.
    pub is_up: bool,
    /// Its parts.
    pub components: Vec<Component>,
    /// Targets that are up, and all of them.
    pub targets: Option<(usize, usize)>,
    /// Rules that are loaded, and those of them that cannot be evaluated.
    pub rules: Option<(usize, usize)>,
    /// Alerts that fire: name and service.
    pub firing: Option<Vec<(String, String)>>,
}

/// Looks at the stack of a folder.
///
/// # Errors
/// Where there is none.
pub async fn status(folder: &Folder) -> Result<Status, StackError> {
    let Some(state) = State::read(folder)? else {
        return Err(StackError::new(format!("there is no stack in {}", folder.path().display()))
            .with_hint("rounds provision up --local makes one"));
    };
    let ports = state.ports;
    let mut components = Vec::new();
    for (name, port, path) in [
        (PROMETHEUS, ports.prometheus, "/-/ready"),
        (ALERTMANAGER, ports.alertmanager, "/-/ready"),
        (GRAFANA, ports.grafana, if state.grafana { "/api/health" } else { "/ready" }),
        (FLEET, ports.fleet, "/ready"),
    ] {
        components.push(component(folder, &state, name, port, path).await);
    }
    let prometheus = ports.prometheus;
    let is_ready = |component: &Component| matches!(component.health, Health::Ready | Health::StandIn);
    let asks = components.first().is_some_and(is_ready);
    Ok(Status {
        version: 1,
        folder: folder.path().display().to_string(),
        scenario: state.scenario.clone(),
        began: state.began,
        is_complete: state.complete,
        is_up: state.complete && components.iter().all(is_ready),
        components,
        targets: if asks { targets(prometheus).await } else { None },
        rules: if asks { rules(prometheus).await } else { None },
        firing: if asks { firing(prometheus).await } else { None },
    })
}

async fn component(folder: &Folder, state: &State, name: &'static str, port: u16, path: &str) -> Component {
    let stands_in = name == GRAFANA && !state.grafana;
    // The stand-in is served by the fleet's process.
    let part = Part::of(folder, if stands_in { FLEET } else { name });
    let pid = part.pid();
    let (health, detail) = match pid {
        None if part.is_recorded() => (Health::Crashed, "its process is gone".to_owned()),
        None => (Health::Stopped, String::new()),
        Some(_) => match http::get(port, path).await {
            Ok(answer) if answer.status == 200 && stands_in => (Health::StandIn, "not installed".to_owned()),
            Ok(answer) if answer.status == 200 => (Health::Ready, String::new()),
            Ok(answer) => (Health::NotReady, format!("{path} answers {}", answer.status)),
            Err(why) => (Health::NotReady, why),
        },
    };
    Component {
        name,
        health,
        url: format!("http://127.0.0.1:{port}"),
        pid,
        detail,
        log: part.log().display().to_string(),
    }
}

/// A part that was started and has ended by itself, if there is one.
pub fn dead_part(folder: &Folder) -> Option<String> {
    let parts = [PROMETHEUS, ALERTMANAGER, GRAFANA, FLEET].map(|name| Part::of(folder, name));
    let dead = parts.into_iter().find(|part| part.is_recorded() && part.pid().is_none())?;
    Some(format!("{} ended:{}", dead.name, dead.last_words()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    active_targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    health: String,
}

async fn targets(port: u16) -> Option<(usize, usize)> {
    let targets: Targets = http::data(port, "/api/v1/targets?state=active").await.ok()?;
    let up = targets.active_targets.iter().filter(|target| target.health == "up").count();
    Some((up, targets.active_targets.len()))
}

/// Whether the services' targets are discovered and every target was scraped at least once.
pub(super) async fn are_scraped(port: u16) -> bool {
    let targets: Result<Targets, _> = http::data(port, "/api/v1/targets?state=active").await;
    // Prometheus, Alertmanager, Grafana and the exporter are there before any service is discovered.
    let is_scraped = |target: &Target| target.health != "unknown";
    targets.is_ok_and(|targets| targets.active_targets.len() > 4 && targets.active_targets.iter().all(is_scraped))
}

async fn rules(port: u16) -> Option<(usize, usize)> {
    #[derive(Deserialize)]
    struct Groups {
        groups: Vec<Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        rules: Vec<Rule>,
    }
    #[derive(Deserialize)]
    struct Rule {
        health: String,
    }
    let groups: Groups = http::data(port, "/api/v1/rules").await.ok()?;
    let rules: Vec<Rule> = groups.groups.into_iter().flat_map(|group| group.rules).collect();
    Some((rules.len(), rules.iter().filter(|rule| rule.health == "err").count()))
}

async fn firing(port: u16) -> Option<Vec<(String, String)>> {
    #[derive(Deserialize)]
    struct Alerts {
        alerts: Vec<Alert>,
    }
    #[derive(Deserialize)]
    struct Alert {
        state: String,
        labels: BTreeMap<String, String>,
    }
    let alerts: Alerts = http::data(port, "/api/v1/alerts").await.ok()?;
    let label = |alert: &Alert, name: &str| sanitise(alert.labels.get(name).map_or("", String::as_str)).into_owned();
    let firing = alerts.alerts.iter().filter(|alert| alert.state == "firing");
    let mut firing: Vec<_> = firing.map(|alert| (label(alert, "alertname"), label(alert, "service"))).collect();
    firing.sort();
    Some(firing)
}

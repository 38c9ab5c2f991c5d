//! Grafana: its health, dashboards to link to, the alerts of its own rules, and [`proxy`], the way through it to its
//! data sources. A Viewer's token is enough; what it may not read is left out and said.

mod checkups;
mod client;
mod map;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use jiff::Timestamp;

use self::client::Api;
use super::alertmanager::map as alertmanager_map;
use super::foreign::{self, OwnerLabels};
use super::{Answer, Ask, Source, patience};
use crate::config;
use crate::domain::{Alert, Checkup, ErrorClass, GrafanaReading, Reading, Silence, SourceError, SourceKind, Unseen};
use crate::net::Meter;
use crate::net::http::{Backend, Clients, Deadline};

/// The context's Grafana. `labels` say whose an alert is. No I/O happens before the first read.
pub fn open(grafana: &config::Grafana, labels: OwnerLabels, clients: &Clients) -> Arc<dyn Source> {
    let backend = Backend::open(&grafana.http, clients, Meter::default());
    Arc::new(Grafana { api: Api { backend }, labels, wants_alerts: grafana.alerts })
}

struct Grafana {
    api: Api,
    labels: OwnerLabels,
    wants_alerts: bool,
}

/// The alerts and silences of Grafana's own rules, and what of them could not be read.
#[derive(Debug, Default)]
struct Managed {
    alerts: Option<Vec<Alert>>,
    silences: Vec<Silence>,
    unseen: Vec<Unseen>,
    problems: Vec<SourceError>,
}

impl Grafana {
    /// Everything together. Health asks for no credentials, so it alone cannot say that Grafana works for us: a token
    /// that is refused everywhere else is a failure of the whole.
    async fn round(&self, now: Timestamp, deadline: Deadline) -> Result<GrafanaReading, SourceError> {
        let (health, dashboards, managed) =
            tokio::join!(self.api.health(deadline), self.api.dashboards(deadline), self.managed(now, deadline));
        let health = health?;
        let mut reading = GrafanaReading {
            version: health.version.map(foreign::text).filter(|version| !version.is_empty()),
            database_ok: health.database.map(|state| state == "ok"),
            ..GrafanaReading::default()
        };
        let place = self.api.backend.place();
        match dashboards {
            Ok(found) => {
                reading.dashboards = found.into_iter().map(|found| map::dashboard(found, &place)).collect();
            }
            Err(error) if error.class == ErrorClass::Credentials && self.api.backend.authenticates() => {
                return Err(error);
            }
            Err(error) => reading.problems.push(part("dashboards", error)),
        }
        if reading.database_ok == Some(false) {
            let what = format!("{place}: grafana's database does not answer, by its own health check");
            reading.problems.push(SourceError::new(ErrorClass::Server, what));
        }
        reading.alerts = managed.alerts;
        reading.silences = managed.silences;
        reading.unseen = managed.unseen;
        reading.problems.extend(managed.problems);
        Ok(reading)
    }

    /// Rules know what is pending, why and since when; the alertmanager knows what is silenced. Either alone will do.
    async fn managed(&self, now: Timestamp, deadline: Deadline) -> Managed {
        let mut managed = Managed::default();
        if !self.wants_alerts {
            return managed;
        }
        let (rules, held, silences) =
            tokio::join!(self.api.rules(deadline), self.api.alerts(deadline), self.api.silences(deadline));
        match silences {
            Ok(silences) => {
                let silences = silences.into_iter();
                managed.silences =
                    silences.filter_map(|wire| alertmanager_map::silence(wire, SourceKind::Grafana, now)).collect();
            }
            Err(error) => managed.problems.push(part("silences", error)),
        }
        let held = held.map(|held| {
            let held = held.into_iter();
            held.filter_map(|wire| alertmanager_map::alert(wire, &self.labels, SourceKind::Grafana, now))
                .collect::<Vec<_>>()
        });
        let rules = rules.map(|answer| self.alerts_of(answer, &mut managed.problems));
        managed.alerts = match (rules, held) {
            (Ok(mut alerts), Ok(held)) => {
                map::suppress(&mut alerts, held);
                Some(alerts)
            }
            (Ok(alerts), Err(error)) => {
                managed.problems.push(part("suppressed alerts", error));
                Some(alerts)
            }
            (Err(error), Ok(held)) => {
                managed.problems.push(part("alert rules", error));
                Some(held)
            }
            (Err(error), Err(_)) => {
                // What a token may not read is not asked of it: `alerts = false` would say the same.
                if error.class != ErrorClass::Forbidden {
                    managed.unseen.push(Unseen::new("grafana alerts", &error));
                }
                managed.problems.push(part("alerts", error));
                None
            }
        };
        managed
    }

    fn alerts_of(&self, answer: wire::RulesAnswer, problems: &mut Vec<SourceError>) -> Vec<Alert> {
        let place = self.api.backend.place();
        let groups = answer.data.groups;
        let mut alerts = Vec::new();
        for rule in groups.into_iter().flat_map(|group| group.rules.unwrap_or_default()) {
            if rule.health == "error" && !rule.last_error.is_empty() {
                let why = crate::format::clip(&crate::format::sanitise(&rule.last_error), 200);
                let what =
                    format!("grafana's alert rule {} cannot be evaluated: {why}", foreign::text(rule.name.clone()));
                problems.push(SourceError::new(ErrorClass::Server, what));
            }
            alerts.extend(map::rule_alerts(rule, &self.labels, &place));
        }
        alerts
    }
}

/// What failed, by the name of the part; what the token may not read says what it would need.
fn part(name: &str, error: SourceError) -> SourceError {
    let hint = match (error.class, name) {
        (ErrorClass::Forbidden, "dashboards") => Some("the token needs the permission dashboards:read (Viewer has it)"),
        (ErrorClass::Forbidden, "alert rules") => {
            Some("the token needs the permission alert.rules:read (Viewer has it)")
        }
        (ErrorClass::Forbidden, _) => Some("the token needs the permission alert.instances:read (Viewer has it)"),
        (ErrorClass::Unsupported, _) => {
            Some("this grafana does not have it, or alerting is switched off: set alerts = false")
        }
        _ => None,
    };
    let hint = hint.map(str::to_owned).or(error.hint);
    SourceError { class: error.class, what: format!("{name}: {}", error.what), hint }
}

impl Source for Grafana {
    fn kind(&self) -> SourceKind {
        SourceKind::Grafana
    }

    fn place(&self) -> String {
        self.api.backend.place()
    }

    fn owes_alerts(&self) -> bool {
        self.wants_alerts
    }

    fn requests(&self) -> u64 {
        self.api.backend.requests()
    }

    fn read<'a>(&'a self, ask: &'a Ask) -> Answer<'a, Result<Reading, SourceError>> {
        Box::pin(async {
            let deadline = Deadline::after(patience(ask.within));
            self.round(ask.now, deadline).await.map(Reading::Grafana)
        })
    }

    fn checkups(&self, now: Timestamp) -> Answer<'_, Vec<Checkup>> {
        Box::pin(checkups::all(self, now))
    }
}

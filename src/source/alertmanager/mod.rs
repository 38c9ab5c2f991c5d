//! Alertmanager: the alerts that fire and who would hear of them, silences, and its own state.

mod checkups;
mod client;
pub(super) mod map;
#[cfg(test)]
mod tests;
pub(super) mod wire;

use std::sync::Arc;

use jiff::Timestamp;

use self::client::Api;
use super::foreign::{self, OwnerLabels};
use super::{Answer, Ask, Source, patience};
use crate::config;
use crate::domain::{AlertmanagerReading, Checkup, Reading, SourceError, SourceKind};
use crate::format::{age, count};
use crate::net::Meter;
use crate::net::door::DataSourceKind;
use crate::net::door::Door;
use crate::net::http::{Clients, Deadline};

/// The context's Alertmanager. `labels` say whose an alert is. No I/O happens before the first read.
pub fn open(
    alertmanager: &config::Alertmanager,
    grafana: Option<&config::Grafana>,
    labels: OwnerLabels,
    clients: &Clients,
) -> Arc<dyn Source> {
    let door = Door::open(&alertmanager.reach, grafana, DataSourceKind::Alertmanager, clients, Meter::default());
    Arc::new(Alertmanager { api: Api { door }, labels })
}

struct Alertmanager {
    api: Api,
    labels: OwnerLabels,
}

impl Alertmanager {
    /// Alerts, silences and status together. Without the alerts there is nothing to tell; the rest is a problem.
    async fn round(&self, now: Timestamp, deadline: Deadline) -> Result<AlertmanagerReading, SourceError> {
        self.api.door.prepare(deadline).await?;
        let (alerts, silences, status) =
            tokio::join!(self.api.alerts(deadline), self.api.silences(deadline), self.api.status(deadline));
        let mut reading = AlertmanagerReading::default();
        let alert = |wire| map::alert(wire, &self.labels, SourceKind::Alertmanager, now);
        reading.alerts = alerts?.into_iter().filter_map(alert).collect();
        match silences {
            Ok(silences) => {
                let silences =
                    silences.into_iter().filter_map(|wire| map::silence(wire, SourceKind::Alertmanager, now));
                reading.silences = silences.collect();
            }
            Err(error) => reading.problems.push(error),
        }
        match status {
            Ok(status) => take_status(status, now, &mut reading),
            Err(error) => reading.problems.push(error),
        }
        Ok(reading)
    }
}

fn take_status(status: wire::Status, now: Timestamp, reading: &mut AlertmanagerReading) {
    reading.version = status.version_info.map(|info| foreign::text(info.version)).filter(|text| !text.is_empty());
    if let Some(cluster) = status.cluster {
        let peers = cluster.peers.map_or(0, |peers| peers.len());
        let peers = if peers > 0 { format!(", {}", count(peers, "peer")) } else { String::new() };
        reading.facts.push(("cluster".to_owned(), format!("{}{peers}", foreign::text(cluster.status))));
    }
    // The API's `uptime` is the moment it started.
    if let Some(start) = foreign::time(&status.uptime) {
        reading.facts.push(("up for".to_owned(), age(start, now)));
    }
}

impl Source for Alertmanager {
    fn kind(&self) -> SourceKind {
        SourceKind::Alertmanager
    }

    fn place(&self) -> String {
        self.api.door.place()
    }

    fn requests(&self) -> u64 {
        self.api.door.requests()
    }

    fn read<'a>(&'a self, ask: &'a Ask) -> Answer<'a, Result<Reading, SourceError>> {
        Box::pin(async {
            let deadline = Deadline::after(patience(ask.within));
            self.round(ask.now, deadline).await.map(Reading::Alertmanager)
        })
    }

    fn checkups(&self, now: Timestamp) -> Answer<'_, Vec<Checkup>> {
        Box::pin(checkups::all(self, now))
    }
}

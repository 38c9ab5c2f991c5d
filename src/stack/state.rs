//! What a stack is: kept in its folder, so that it can be brought up again as it was.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Folder, StackError};
use crate::provision::local::Place;
use crate::sim::{Exporter, Plan, Scenario};

/// The ports tried first.
pub const DEFAULT_PORTS: u16 = 9_390;

/// What is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The incident under way; `None` for the stack's own, or the usual one for a new stack.
    pub scenario: Option<Scenario>,
    /// How many services there are.
    pub services: Option<usize>,
    /// Another seed gives another fleet.
    pub seed: Option<u64>,
    /// How much history a new stack has from the start.
    pub history: Duration,
    /// The first port to try; `None` for the usual one.
    pub port_base: Option<u16>,
}

/// Ports on loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// Of Prometheus.
    pub prometheus: u16,
    /// Of Alertmanager.
    pub alertmanager: u16,
    /// Of Grafana or its stand-in.
    pub grafana: u16,
    /// Of the stand-in for the `CloudWatch` exporter.
    pub exporter: u16,
    /// Of the simulated fleet.
    pub fleet: u16,
}

impl Ports {
    /// Five in a row.
    pub const fn from(base: u16) -> Self {
        Self { prometheus: base, alertmanager: base + 1, grafana: base + 2, exporter: base + 3, fleet: base + 4 }
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// Of this file's form.
    pub version: u32,
    /// The scenario by name.
    pub scenario: String,
    /// How many services there are.
    pub services: usize,
    /// The fleet's seed.
    pub seed: u64,
    /// Seconds of history before the beginning.
    pub history: u64,
    /// The moment that the world's first is laid on.
    pub began: Timestamp,
    /// Where everything listens.
    pub ports: Ports,
    /// Whether a Grafana runs, or something stands in for it.
    pub grafana: bool,
    /// Whether it has been up: until then it is started from nothing each time.
    pub complete: bool,
}

/// Of the file's form.
pub(super) const VERSION: u32 = 1;

impl State {
    /// The stack of a folder, where there is one.
    pub fn read(folder: &Folder) -> Result<Option<Self>, StackError> {
        let path = folder.state();
        let text = match std::fs::read_to_string(&path) {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|why| StackError::file("read", &path, &why))?,
        };
        let state: Result<Self, _> = serde_json::from_str(&text);
        match state {
            Ok(state) if state.version == VERSION => Ok(Some(state)),
            other => {
                let why = other.map_or_else(|why| why.to_string(), |state| format!("its version is {}", state.version));
                let hint = "`rounds provision down --local --purge` clears the folder";
                Err(StackError::new(format!("{} is not understood: {why}", path.display())).with_hint(hint))
            }
        }
    }

    /// Keeps it. Whoever reads meanwhile sees the old or the new one.
    pub fn write(&self, folder: &Folder) -> Result<(), StackError> {
        let path = folder.state();
        let new = path.with_extension("new");
        let text = serde_json::to_string_pretty(self).map_err(|why| StackError::new(why.to_string()))?;
        std::fs::write(&new, text + "\n")
            .and_then(|()| std::fs::rename(&new, &path))
            .map_err(|why| StackError::file("write", &path, &why))
    }

    /// The fleet's plan.
    pub fn plan(&self) -> Result<Plan, StackError> {
        let scenario = self.scenario.parse().map_err(|why| StackError::new(format!("{why}")))?;
        Ok(Plan { scenario, services: self.services, seed: self.seed })
    }

    /// The fleet itself, with everything that can be collected of it.
    pub fn fleet(&self) -> Result<Exporter, StackError> {
        Ok(Exporter::new(self.plan()?, self.began, Duration::from_secs(self.history)))
    }

    /// What the configuration is rendered for.
    pub fn place(&self, folder: &Folder) -> Result<Place, StackError> {
        let fleet = self.fleet()?;
        Ok(Place {
            prometheus: self.ports.prometheus,
            alertmanager: self.ports.alertmanager,
            grafana: self.ports.grafana,
            exporter: self.ports.exporter,
            fleet: self.ports.fleet,
            cluster: fleet.cluster().to_owned(),
            services: fleet.services().map(|(name, port)| (name.to_owned(), port)).collect(),
            dashboards: folder.config().join("grafana/dashboards").display().to_string(),
            secrets: folder.secrets().display().to_string(),
        })
    }
}

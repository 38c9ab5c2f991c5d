//! Storage: a shared file system for Prometheus and one for Grafana, and Prometheus' own database.

use std::time::Duration;

use crate::domain::estate::{Database, FileSystem, FileSystemLoad, MountTarget};
use crate::domain::{SourceError, SourceKind};

use super::super::clock::{DAY, stamp};
use super::super::fleet::REGION;
use super::Estate;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
const PROMETHEUS: &str = "fs-0prometheus";
const GRAFANA: &str = "fs-0grafana";

/// The file system a service mounts.
pub(super) fn mounted(service: &str) -> Option<&'static str> {
    match service {
        "prometheus" => Some(PROMETHEUS),
        "grafana" => Some(GRAFANA),
        _ => None,
    }
}

impl Estate<'_> {
    /// The file systems.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn file_systems(&self) -> Result<Vec<FileSystem>, SourceError> {
        self.aws()?;
        let system = |id: &str, name: &str, bytes: u64| FileSystem {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            state: "available".to_owned(),
            bytes: Some(bytes),
            throughput: "bursting".to_owned(),
            encrypted: true,
            lifecycle: vec!["to IA AFTER_30_DAYS".to_owned()],
        };
        Ok(vec![system(PROMETHEUS, "prometheus", 16_400_000_000), system(GRAFANA, "grafana", 212_000_000)])
    }

    /// Where a file system can be mounted.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn mount_targets(&self, _file_system: &str) -> Result<Vec<MountTarget>, SourceError> {
        self.aws()?;
        let target = |(number, zone)| MountTarget {
            zone: format!("{REGION}{zone}"),
            state: "available".to_owned(),
            address: format!("10.0.255.{number}"),
        };
        Ok([(11, 'a'), (12, 'b'), (13, 'c')].map(target).into())
    }

    /// What a file system is put to. While Prometheus cannot lock its volume, somebody else has it mounted too.
    ///
    /// # Errors
    /// While `CloudWatch` refuses.
    pub fn file_system_load(&self, id: &str) -> Result<FileSystemLoad, SourceError> {
        if let Some(error) = self.world.refusal(SourceKind::CloudWatch, self.now) {
            return Err(error);
        }
        let service = self.world.fleet.iter().find(|service| mounted(&service.id.name) == Some(id));
        let running =
            service.and_then(|service| self.scene(service)).map_or(0, |scene| scene.timeline.running(self.now));
        let is_held = id == PROMETHEUS && self.is_lock_held();
        let clients = f64::from(running) + if is_held { 2.0 } else { 0.0 };
        Ok(FileSystemLoad { credits: Some(2.1e12), io_percent: Some(6.4), clients: Some(clients) })
    }

    fn is_lock_held(&self) -> bool {
        self.world.outage(SourceKind::Prometheus, self.now).is_some_and(|outage| outage.down)
    }

    /// Prometheus' own database.
    ///
    /// # Errors
    /// While Prometheus does not answer.
    pub fn database(&self) -> Result<Database, SourceError> {
        if let Some(error) = self.world.refusal(SourceKind::Prometheus, self.now) {
            return Err(error);
        }
        let services = u64::try_from(self.world.fleet.len()).unwrap_or_default();
        Ok(Database {
            head_series: Some(100 * services + 740),
            bytes: Some(15.2 * GIB),
            bytes_limit: Some(20.0 * GIB),
            keeps: Some(Duration::from_hours(15 * 24)),
            oldest: Some(stamp(self.now - 15 * DAY)),
            disk: None,
            growth: Some(0.03 * GIB),
            corruptions: Some(0.0),
            failed_compactions: Some(0.0),
            failed_writes: Some(0.0),
        })
    }
}

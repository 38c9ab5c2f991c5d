//! What stands around the simulated services: load balancers, names, certificates, security groups, storage, roles.
//!
//! The facts are those that the real calls give, as functions of the world and the moment. What is planted in each
//! incident is in [`truth`]; checks must find it by these facts alone.

mod balancers;
mod groups;
mod metrics;
mod names;
mod roles;
mod storage;
mod truth;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::estate::{Connection, OwnAddress};
use crate::domain::{ErrorClass, ServiceId, SourceError, SourceKind};

use super::clock::{Second, second};
use super::fleet::{REGION, Service};
use super::incident::Scrape;
use super::life::Life;
use super::noise;
use super::scene::Scene;
use super::world::World;

pub use truth::{GrafanaTrouble, PlantedCause, planted_causes};

/// The host Grafana is reached by.
pub const GRAFANA_HOST: &str = "grafana.example.com";
/// The zone every public name is in.
const ZONE: &str = "example.com";
/// This machine, as the internet sees it: the office and its VPN.
const OWN: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

/// The surroundings at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Estate<'w> {
    world: &'w World,
    now: Second,
}

impl World {
    /// What stands around the services at a moment.
    pub fn estate(&self, now: Timestamp) -> Estate<'_> {
        Estate { world: self, now: second(now) }
    }
}

impl<'w> Estate<'w> {
    /// Whether AWS answers: not while the session has expired.
    fn aws(&self) -> Result<(), SourceError> {
        match self.world.refusal(SourceKind::Ecs, self.now) {
            Some(error) if error.class == ErrorClass::Credentials => Err(error),
            _ => Ok(()),
        }
    }

    fn service(&self, id: &ServiceId) -> Result<&'w Service, SourceError> {
        let is_meant = |service: &&Service| {
            service.id.name == id.name && (id.cluster.is_empty() || service.id.cluster == id.cluster)
        };
        self.world.fleet.iter().find(is_meant).ok_or_else(|| {
            SourceError::new(ErrorClass::Rejected, format!("ecs:DescribeServices in {REGION} ({id}): MISSING"))
        })
    }

    fn scene(&self, service: &'w Service) -> Option<Scene<'w>> {
        self.world.scene(&service.id, self.now)
    }

    /// What ails the way to Grafana now, if anything does.
    fn grafana_trouble(&self) -> Option<GrafanaTrouble> {
        let is_on = self.world.outage(SourceKind::Grafana, self.now).is_some();
        is_on.then(|| GrafanaTrouble::of(self.world.plan().seed))
    }

    /// Whether Prometheus has lost services: its discovery is refused, and packets to others are dropped.
    fn is_discovery_lost(&self) -> bool {
        self.world.fleet.iter().any(|service| is_lost(service, self.now))
    }

    /// What a name resolves to.
    ///
    /// # Errors
    /// Where it does not.
    pub fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, SourceError> {
        let unresolved = || SourceError::new(ErrorClass::Dns, format!("{name} does not resolve: no such host"));
        if let Ok(address) = name.parse() {
            return Ok(vec![address]);
        }
        if let Some(balancer) = self.balancer_named(name) {
            return Ok(addresses(&balancer));
        }
        if name.ends_with(".internal") {
            let vpn = [SourceKind::Prometheus, SourceKind::Alertmanager]
                .into_iter()
                .find_map(|kind| self.world.outage(kind, self.now));
            let is_down = vpn.is_some_and(|outage| outage.error.class == ErrorClass::Dns);
            let service =
                self.world.fleet.iter().find(|service| name.split('.').next() == Some(service.id.name.as_str()));
            let scene = service.filter(|_| !is_down).and_then(|service| self.scene(service));
            let address = scene.and_then(|scene| {
                let life = scene.timeline.lives.iter().find(|life| life.runs(self.now))?;
                life.address(scene.service).parse().ok()
            });
            return address.map(|address| vec![address]).ok_or_else(unresolved);
        }
        let target = self.leads_to(name).ok_or_else(unresolved)?;
        self.balancer_named(&target).map(|balancer| addresses(&balancer)).ok_or_else(unresolved)
    }

    /// How an attempt to connect from this machine ends.
    pub fn connect(&self, host: &str, port: u16) -> Connection {
        let to = match self.resolve(host) {
            Ok(addresses) => addresses.first().copied().unwrap_or(IpAddr::V4(OWN)),
            Err(error) => return Connection::Unresolved(error.what),
        };
        let took = Duration::from_millis(4 + noise::pick(noise::named(self.world.plan().seed, host), 14));
        if let Some((scene, life)) = self.task_at(&to.to_string()) {
            if port != scene.service.port {
                return Connection::Refused;
            }
            return match scene.scrape(&life, self.now) {
                Scrape::Fails(error) if error.contains("refused") => Connection::Refused,
                Scrape::Fails(error) if error.contains("deadline") => Connection::TimedOut(PATIENCE),
                Scrape::Fails(_) | Scrape::Answers | Scrape::Undiscovered => Connection::Made { to, took },
            };
        }
        let Some(balancer) = self.balancers_now().into_iter().find(|balancer| addresses(balancer).contains(&to)) else {
            return Connection::TimedOut(PATIENCE);
        };
        if !matches!(port, 80 | 443) {
            return Connection::TimedOut(PATIENCE);
        }
        if balancer.name == names::GRAFANA && self.grafana_trouble() == Some(GrafanaTrouble::NoRule) {
            return Connection::TimedOut(PATIENCE);
        }
        Connection::Made { to, took }
    }

    /// The task that has an address now, and its service's scene.
    fn task_at(&self, address: &str) -> Option<(Scene<'w>, Life)> {
        self.world.fleet.iter().find_map(|service| {
            let scene = self.scene(service)?;
            let is_there = |life: &&Life| life.runs(self.now) && life.address(service) == address;
            let life = scene.timeline.lives.iter().find(is_there)?.clone();
            Some((scene, life))
        })
    }

    /// This machine's address.
    pub fn own_address(&self) -> OwnAddress {
        OwnAddress { address: Some(OWN.into()), how: "the simulated office's".to_owned() }
    }
}

/// How long an attempt waits where nothing answers.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether Prometheus has lost sight of a service.
fn is_lost(service: &Service, at: Second) -> bool {
    service.incidents.iter().any(|incident| incident.hides(at))
}

/// The addresses of a load balancer: one a zone.
fn addresses(balancer: &crate::domain::estate::Balancer) -> Vec<IpAddr> {
    let hash = noise::named(7, &balancer.dns_name);
    (0..3_u64)
        .map(|zone| {
            let number = |shift: u64| u8::try_from(noise::pick(hash >> (8 * (zone + shift)), 254)).unwrap_or(0) + 1;
            Ipv4Addr::new(198, 51, 100, number(0)).into()
        })
        .collect()
}

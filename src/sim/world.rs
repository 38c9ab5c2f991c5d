//! The simulated world: a fleet, what happens to it, and what people did to it. It holds no clock and no values; whatever
//! is asked is reckoned for the moment asked about.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::domain::{FindingKind, ServiceId, SourceError, SourceKind};

use super::clock::Second;
use super::deed::{Deeds, Intervention};
use super::fleet::{self, Service};
use super::incident::Outage;
use super::scenario::Scenario;
use super::scene::Scene;
use super::stage::{self, Stage};

/// Which world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// What happens in it.
    pub scenario: Scenario,
    /// How many services there are beside the monitoring stack's own; 1 to 5,000.
    pub services: usize,
    /// Two worlds of the same plan are alike to the last digit.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { scenario: Scenario::default(), services: 5, seed: 1 }
    }
}

/// What a perfect doctor should find at the epoch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planted {
    /// In which service; nothing for a backend that fails.
    pub service: Option<ServiceId>,
    /// What.
    pub kind: FindingKind,
}

/// See the module.
#[derive(Debug)]
pub struct World {
    plan: Plan,
    pub(super) fleet: Vec<Service>,
    pub(super) stage: Stage,
    places: HashMap<ServiceId, usize>,
    pub(super) interventions: RwLock<Vec<Intervention>>,
    pub(super) deeds: RwLock<Deeds>,
}

impl World {
    /// The world of a plan.
    pub fn new(plan: Plan) -> Self {
        let mut fleet = fleet::muster(plan.services, plan.seed);
        let stage = stage::set(plan.scenario, plan.seed, &mut fleet);
        let places = fleet.iter().enumerate().map(|(place, service)| (service.id.clone(), place)).collect();
        Self { plan, fleet, stage, places, interventions: RwLock::default(), deeds: RwLock::default() }
    }

    /// The plan it was made from.
    pub const fn plan(&self) -> Plan {
        self.plan
    }

    /// The clusters services live in.
    pub fn clusters(&self) -> &'static [&'static str] {
        fleet::clusters(self.plan.services)
    }

    /// What a perfect doctor should find at [`super::EPOCH`], sorted.
    pub fn planted(&self) -> Vec<Planted> {
        let mut planted: Vec<Planted> = Vec::new();
        for service in &self.fleet {
            let kinds = service.incidents.iter().flat_map(|incident| incident.planted());
            planted.extend(kinds.map(|kind| Planted { service: Some(service.id.clone()), kind: *kind }));
        }
        let failing = self.stage.outages.iter().filter(|outage| !outage.partial && outage.is_on(0));
        planted.extend(failing.map(|_| Planted { service: None, kind: FindingKind::Source }));
        planted.sort();
        planted.dedup();
        planted
    }

    /// Why a backend refuses to answer, when it does.
    pub(super) fn refusal(&self, source: SourceKind, now: Second) -> Option<SourceError> {
        self.outage(source, now).filter(|outage| !outage.partial).map(|outage| outage.error.clone())
    }

    /// What goes wrong with a backend.
    pub(super) fn outage(&self, source: SourceKind, now: Second) -> Option<&Outage> {
        self.stage.outages.iter().find(|outage| outage.source == source && outage.is_on(now))
    }

    /// Every service as it is at a moment, in the fleet's order.
    pub(super) fn scenes(&self, now: Second) -> Vec<Scene<'_>> {
        let interventions = self.interventions.read().unwrap_or_else(PoisonError::into_inner);
        let mut by_service: HashMap<usize, Vec<Intervention>> = HashMap::new();
        for intervention in interventions.iter().filter(|intervention| intervention.at <= now) {
            by_service.entry(intervention.service).or_default().push(intervention.clone());
        }
        drop(interventions);
        let scene = |(place, service)| {
            let interventions = by_service.get(&place).map_or(&[][..], Vec::as_slice);
            Scene::new(service, &self.stage.outages, interventions, now)
        };
        self.fleet.iter().enumerate().map(scene).collect()
    }

    /// One service as it is at a moment.
    pub(super) fn scene(&self, id: &ServiceId, now: Second) -> Option<Scene<'_>> {
        // A service known from metrics only has no cluster.
        let place = match self.places.get(id) {
            Some(place) => *place,
            None if id.cluster.is_empty() => self.fleet.iter().position(|service| service.id.name == id.name)?,
            None => return None,
        };
        let interventions = self.interventions.read().unwrap_or_else(PoisonError::into_inner);
        let own: Vec<Intervention> =
            interventions.iter().filter(|deed| deed.service == place && deed.at <= now).cloned().collect();
        Some(Scene::new(self.fleet.get(place)?, &self.stage.outages, &own, now))
    }
}

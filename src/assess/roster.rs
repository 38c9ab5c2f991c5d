//! Which services there are, and whose a label's value is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::Round;
use crate::domain::{EcsService, Owner, ServiceId, SourceKind};

/// Every service shown. ECS decides; where it was never read or knows none (the wrong region looks like that),
/// whatever the metrics name.
pub struct Roster {
    ids: Vec<ServiceId>,
    ecs: Vec<Option<Arc<EcsService>>>,
    by_name: HashMap<String, Vec<usize>>,
    /// Owners in metrics that are no service of ECS, sorted.
    pub strangers: Vec<String>,
}

/// One service of the roster.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// Its place in the roster.
    pub position: usize,
    /// Cluster and name.
    pub id: &'a ServiceId,
    /// What ECS says, where it was read.
    pub ecs: Option<&'a Arc<EcsService>>,
}

impl Entry<'_> {
    /// Whether a label's owner is this service.
    pub fn is_owner(&self, owner: &Owner) -> bool {
        owner.is(self.id) || (self.id.cluster.is_empty() && owner.service == self.id.name)
    }
}

impl Roster {
    pub fn of(round: &Round<'_>) -> Self {
        let does_ecs_tell = !round.facts.services().is_empty();
        let mut known: BTreeMap<ServiceId, Option<Arc<EcsService>>> = BTreeMap::new();
        for service in round.facts.services() {
            known.insert(service.id.clone(), Some(Arc::clone(service)));
        }
        let mut strangers = BTreeSet::new();
        if does_ecs_tell {
            strangers = strangers_to(round.facts.services(), owners(round));
        } else {
            for owner in owners(round) {
                known.insert(ServiceId::new(owner.cluster.clone().unwrap_or_default(), &owner.service), None);
            }
        }
        known.retain(|id, _| round.setting.shows(id));
        let (ids, ecs): (Vec<_>, Vec<_>) = known.into_iter().unzip();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (position, id) in ids.iter().enumerate() {
            by_name.entry(id.name.clone()).or_default().push(position);
        }
        Self { ids, ecs, by_name, strangers: strangers.into_iter().collect() }
    }

    pub fn entry(&self, position: usize) -> Entry<'_> {
        Entry { position, id: &self.ids[position], ecs: self.ecs[position].as_ref() }
    }

    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.ids.len()).map(|position| self.entry(position))
    }

    /// Every service an owner may mean: one, or several where clusters share a name and no label tells them apart.
    pub fn owned_by<'a>(&'a self, owner: &'a Owner) -> impl Iterator<Item = usize> + 'a {
        let namesakes = self.by_name.get(&owner.service).into_iter().flatten().copied();
        namesakes.filter(move |&position| self.entry(position).is_owner(owner))
    }

    /// The place of a service.
    pub fn position(&self, id: &ServiceId) -> Option<usize> {
        self.ids.binary_search(id).ok()
    }

    /// The one service of that name, if there is exactly one.
    pub fn named(&self, name: &str) -> Option<&ServiceId> {
        match self.by_name.get(name).map(Vec::as_slice) {
            Some([position]) => Some(&self.ids[*position]),
            _ => None,
        }
    }
}

/// Owners that are no service of ECS.
fn strangers_to(services: &[Arc<EcsService>], owners: BTreeSet<&Owner>) -> BTreeSet<String> {
    let mut clusters_of: HashMap<&str, Vec<&ServiceId>> = HashMap::new();
    for service in services {
        clusters_of.entry(&service.id.name).or_default().push(&service.id);
    }
    let is_known =
        |owner: &&Owner| clusters_of.get(owner.service.as_str()).is_some_and(|ids| ids.iter().any(|id| owner.is(id)));
    owners.into_iter().filter(|owner| !is_known(owner)).map(|owner| owner.service.clone()).collect()
}

/// Everybody that signals and targets name.
fn owners<'a>(round: &Round<'a>) -> BTreeSet<&'a Owner> {
    let Some(prometheus) = round.facts.prometheus() else { return BTreeSet::new() };
    let signals = prometheus.signals.iter().map(|signal| &signal.owner);
    let targets = prometheus.targets.iter().flatten().filter_map(|target| target.owner.as_ref());
    signals.chain(targets).collect()
}

/// The word for ECS being out of sight, for cells that only ECS can fill.
pub fn why_no_ecs(round: &Round<'_>) -> Arc<str> {
    round.why_stale(SourceKind::Ecs).unwrap_or_else(|| match round.facts.ecs() {
        Some(_) => "ecs has no such service".into(),
        None => "ecs has not been read".into(),
    })
}

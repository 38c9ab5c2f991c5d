//! What one round keeps for the next ones, so that a large fleet does not cost everything again.

use std::collections::{HashMap, HashSet};

use aws_sdk_ecs::types;
use jiff::Timestamp;

use crate::domain::{EcsService, TaskDefinition};

/// A list of services no longer than one page is read in every round.
const SMALL_LIST: usize = 100;

/// A longer one is read again after so many rounds, and whenever the cluster's own count of services changes.
const ROUNDS_A_LIST: u32 = 5;

/// The most services of a cluster that are described again in one round: a hundred calls. More would use up what AWS
/// allows the whole account; the rest of a larger fleet has its turn in the next rounds.
const DESCRIBED_A_ROUND: usize = 1_000;

/// How long a service's last description may stand in for a new one, in seconds.
const STAND_IN_SECONDS: i64 = 120;

/// Events kept of a service for standing in: all hundred of 5,000 services would be 100 MiB.
const EVENTS_KEPT: usize = 20;

/// The services a cluster had when it was last asked.
#[derive(Debug, Clone)]
struct Listing {
    arns: Vec<String>,
    active: Option<i32>,
    rounds: u32,
}

/// A service as it was last described.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) service: EcsService,
    pub(super) at: Timestamp,
}

/// What is kept between rounds.
#[derive(Debug, Default)]
pub(super) struct Memory {
    listings: HashMap<String, Listing>,
    services: HashMap<String, Known>,
    stopped: HashMap<String, types::Task>,
    definitions: HashMap<String, TaskDefinition>,
}

impl Memory {
    /// A cluster's services if they need not be listed again yet. `active` is the cluster's own count.
    pub(super) fn listing(&mut self, cluster: &str, active: Option<i32>) -> Option<Vec<String>> {
        let listing = self.listings.get_mut(cluster)?;
        listing.rounds += 1;
        let fresh = listing.arns.len() > SMALL_LIST && listing.rounds < ROUNDS_A_LIST && listing.active == active;
        fresh.then(|| listing.arns.clone())
    }

    /// A cluster's services as last listed, however long ago.
    pub(super) fn last_listing(&self, cluster: &str) -> Option<Vec<String>> {
        self.listings.get(cluster).map(|listing| listing.arns.clone())
    }

    /// Takes in a fresh list of a cluster's services and lets go of those it no longer has.
    pub(super) fn listed(&mut self, cluster: &str, active: Option<i32>, arns: &[String]) {
        let listing = Listing { arns: arns.to_vec(), active, rounds: 0 };
        if let Some(before) = self.listings.insert(cluster.to_owned(), listing) {
            let still: HashSet<&String> = arns.iter().collect();
            for gone in before.arns.iter().filter(|arn| !still.contains(arn)) {
                self.services.remove(gone);
            }
        }
    }

    /// Makes the next round list a cluster's services again.
    pub(super) fn distrust_listing(&mut self, cluster: &str) {
        if let Some(listing) = self.listings.get_mut(cluster) {
            listing.rounds = ROUNDS_A_LIST;
        }
    }

    /// Parts the services to describe in this round from those whose last description will do. Those never seen come
    /// first, then those in motion, then the longest unseen.
    pub(super) fn plan(&self, mut arns: Vec<String>, now: Timestamp) -> (Vec<String>, Vec<Known>) {
        arns.sort_by_key(|arn| self.services.get(arn).map(|known| (is_settled(&known.service), known.at)));
        let mut due = Vec::new();
        let mut stand_ins = Vec::new();
        for arn in arns {
            match self.stand_in(&arn, now) {
                Some(known) if due.len() >= DESCRIBED_A_ROUND => stand_ins.push(known.clone()),
                _ => due.push(arn),
            }
        }
        (due, stand_ins)
    }

    /// Takes in a service's description.
    pub(super) fn described(&mut self, arn: &str, service: &EcsService, at: Timestamp) {
        let mut service = service.clone();
        service.events.truncate(EVENTS_KEPT);
        self.services.insert(arn.to_owned(), Known { service, at });
    }

    /// A service's last description, where it is recent enough to stand in.
    pub(super) fn stand_in(&self, arn: &str, now: Timestamp) -> Option<&Known> {
        let known = self.services.get(arn)?;
        let age = now.as_second() - known.at.as_second();
        (0..=STAND_IN_SECONDS).contains(&age).then_some(known)
    }

    /// Parts the tasks that must be described from those that stopped and were: they do not change any more.
    pub(super) fn known_stopped(&self, arns: Vec<String>) -> (Vec<String>, Vec<types::Task>) {
        let mut unknown = Vec::new();
        let mut known = Vec::new();
        for arn in arns {
            match self.stopped.get(&arn) {
                Some(task) => known.push(task.clone()),
                None => unknown.push(arn),
            }
        }
        (unknown, known)
    }

    /// Keeps a cluster's stopped tasks, and only those that AWS still lists.
    pub(super) fn stopped(&mut self, cluster_tasks: &str, tasks: &[types::Task]) {
        self.stopped.retain(|arn, _| !arn.contains(cluster_tasks));
        let stopped = tasks.iter().filter(|task| task.last_status() == Some("STOPPED"));
        self.stopped.extend(stopped.filter_map(|task| Some((task.task_arn()?.to_owned(), task.clone()))));
    }

    /// A task definition, which never changes.
    pub(super) fn definition(&self, name: &str) -> Option<&TaskDefinition> {
        self.definitions.get(name)
    }

    /// Keeps a task definition for good.
    pub(super) fn defined(&mut self, name: &str, definition: TaskDefinition) {
        self.definitions.insert(name.to_owned(), definition);
    }
}

fn is_settled(service: &EcsService) -> bool {
    service.deployments.len() <= 1 && service.running == service.desired && service.pending == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ServiceId;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|index| format!("s{index}")).collect()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn service(name: &str, desired: u32) -> EcsService {
        let wire = types::Service::builder().service_name(name).running_count(1).build();
        EcsService { desired, id: ServiceId::new("prod", name), ..crate::net::aws::ecs::map::service("prod", &wire) }
    }

    #[test]
    fn long_lists_are_kept_for_some_rounds_unless_the_count_changes() {
        let mut memory = Memory::default();
        assert_eq!(memory.listing("prod", Some(200)), None);
        memory.listed("prod", Some(200), &names(200));
        let kept = (0..6).filter(|_| memory.listing("prod", Some(200)).is_some()).count();
        assert_eq!(kept, 4);
        memory.listed("prod", Some(200), &names(200));
        assert_eq!(memory.listing("prod", Some(201)), None);
        memory.listed("prod", Some(3), &names(3));
        assert_eq!(memory.listing("prod", Some(3)), None);
        assert_eq!(memory.last_listing("prod"), Some(names(3)));
    }

    #[test]
    fn the_unseen_the_moving_and_the_oldest_come_first() {
        let mut memory = Memory::default();
        memory.described("old", &service("old", 1), at(100));
        memory.described("new", &service("new", 1), at(200));
        memory.described("moving", &service("moving", 2), at(200));
        let (due, stand_ins) = memory.plan(["new", "old", "moving", "unseen"].map(str::to_owned).into(), at(200));
        assert_eq!((due.join(" ").as_str(), stand_ins.len()), ("unseen moving old new", 0));
    }

    #[test]
    fn a_large_fleet_is_described_in_turns_and_never_from_too_long_ago() {
        let mut memory = Memory::default();
        let names = names(2_500);
        assert_eq!(memory.plan(names.clone(), at(100)).0.len(), 2_500);
        for name in &names {
            memory.described(name, &service(name, 1), at(100));
        }
        let mut seen = HashSet::new();
        for round in 1..=3 {
            let now = at(100 + 20 * round);
            let (due, stand_ins) = memory.plan(names.clone(), now);
            assert_eq!((due.len(), stand_ins.len()), (1_000, 1_500));
            for name in due {
                memory.described(&name, &service(&name, 1), now);
                seen.insert(name);
            }
        }
        assert_eq!(seen.len(), 2_500);
        assert_eq!(memory.plan(names, at(1_000)).0.len(), 2_500);
    }

    #[test]
    fn a_description_stands_in_for_a_while_and_not_after_its_service_is_gone() {
        let mut memory = Memory::default();
        memory.listed("prod", None, &names(2));
        memory.described("s1", &service("s1", 1), at(100));
        assert!(memory.stand_in("s1", at(220)).is_some());
        assert!(memory.stand_in("s1", at(221)).is_none());
        memory.listed("prod", None, &names(1));
        assert!(memory.stand_in("s1", at(100)).is_none());
    }
}

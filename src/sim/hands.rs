//! What people did to one service, as its incidents need to know it: which places have fresh tasks, how many tasks there
//! are, and which revision somebody put in place.

use super::beat::{BOOT, NOTICE};
use super::clock::{Second, real};
use super::deed::{Deed, Intervention};
use super::fleet::Service;
use super::rolling;

/// Seconds until a load balancer has a new task take its share.
const WARM: Second = 8;

/// See the module. All lists are in the order of time.
#[derive(Debug, Clone, Default)]
pub struct Hands {
    /// When the old task of a place was gone for good, and which place.
    fresh: Vec<(Second, u32)>,
    /// When how many tasks were wanted instead of how many.
    steps: Vec<(Second, u32, u32)>,
    /// Deployments begun by hand.
    releases: Vec<Release>,
    /// Tasks wanted before anybody did anything.
    tasks: u32,
}

/// A deployment begun by hand.
#[derive(Debug, Clone, Copy)]
struct Release {
    at: Second,
    revision: u32,
    /// When about the last task of the one before is gone.
    done: Second,
}

impl Hands {
    /// What `interventions`, oldest first, amount to for a service.
    pub fn new(service: &Service, interventions: &[Intervention]) -> Self {
        let mut hands = Self { tasks: service.tasks, ..Self::default() };
        let mut wanted = service.tasks;
        for (index, Intervention { at, deed, .. }) in interventions.iter().enumerate() {
            let at = *at;
            match deed {
                Deed::StopTask { slot, .. } => hands.fresh.push((at, *slot)),
                Deed::Scale { desired } => {
                    // A new place begins as a stopped task's does, one that is given up takes its troubles along.
                    hands.fresh.extend((wanted.min(*desired)..wanted.max(*desired)).map(|slot| (at, slot)));
                    hands.steps.push((at, wanted, *desired));
                    wanted = *desired;
                }
                Deed::Undo { revision, .. } => {
                    hands.releases.push(Release { at, revision: *revision, done: at + 2 * (BOOT + NOTICE) + 10 });
                }
                Deed::Deploy { revision } if rolling::spoiled(service, *revision, at).is_some() => {
                    hands.releases.push(Release { at, revision: *revision, done: Second::MAX });
                }
                Deed::Deploy { revision } => {
                    let superseded = interventions[index + 1..]
                        .iter()
                        .find(|later| matches!(later.deed, Deed::Deploy { .. } | Deed::Undo { .. }))
                        .map_or(Second::MAX, |later| later.at);
                    let rolling = rolling::roll(at, wanted, service.percents);
                    let steps = rolling.steps.iter().filter(|step| step.at < superseded);
                    hands.fresh.extend(steps.map(|step| (step.gone(), step.slot)));
                    let done = rolling.settled.unwrap_or(Second::MAX);
                    hands.releases.push(Release { at, revision: *revision, done });
                }
            }
        }
        hands.fresh.sort_unstable();
        hands
    }

    /// Restarts of places at moments, for tests of one incident.
    #[cfg(test)]
    pub fn of_restarts(restarts: &[(Second, u32)]) -> Self {
        Self { fresh: restarts.to_vec(), tasks: 1, ..Self::default() }
    }

    /// When the task of a place was last replaced by hand.
    pub fn last(&self, slot: u32, until: Second) -> Option<Second> {
        self.fresh.iter().rev().find(|(at, place)| *place == slot && *at <= until).map(|(at, _)| *at)
    }

    /// When the task of a place was replaced by hand, each time.
    pub fn each(&self, slot: u32, until: Second) -> impl Iterator<Item = Second> {
        self.fresh.iter().filter(move |(at, place)| *place == slot && *at <= until).map(|(at, _)| *at)
    }

    /// How many places there are at a moment, of `own` that an incident began with.
    pub fn places(&self, own: u32, at: Second) -> u32 {
        self.steps.iter().rev().find(|(from, ..)| *from <= at).map_or(own, |(_, _, to)| *to)
    }

    /// The most places there ever were, of `own` that an incident began with.
    pub fn most(&self, own: u32) -> u32 {
        self.steps.iter().map(|(_, _, to)| *to).fold(own, u32::max)
    }

    /// The load on one task, as a share of what it would be had nobody changed how many there are.
    pub fn share(&self, at: Second) -> f64 {
        let Some((_, first, _)) = self.steps.first() else { return 1.0 };
        let tasks =
            self.steps.iter().filter(|(from, ..)| *from <= at).fold(f64::from(*first), |tasks, (from, _, to)| {
                let to = f64::from(*to);
                let (after, takes) = if to > tasks { (NOTICE + BOOT + WARM, 25) } else { (0, 20) };
                tasks + (to - tasks) * (real(at - from - after) / real(takes)).clamp(0.0, 1.0)
            });
        f64::from(self.tasks) / tasks.max(0.2)
    }

    /// How much is left, 1 to 0, at `at`, of the trouble that came with a deployment at `since`: what somebody put in its
    /// place takes it away, task by task, unless that is bad as well.
    pub fn left(&self, since: Second, at: Second, is_bad: impl Fn(u32) -> bool) -> f64 {
        let newest = self.releases.iter().rev().find(|release| (since..=at).contains(&release.at));
        match newest.filter(|release| !is_bad(release.revision) && release.done != Second::MAX) {
            Some(Release { at: from, done, .. }) => {
                1.0 - (real(at - from) / real((done - from).max(1))).clamp(0.0, 1.0)
            }
            None => 1.0,
        }
    }
}

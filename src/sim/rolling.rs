//! How a rolling deployment replaces tasks within a service's minimum and maximum percent.

use super::beat::{BOOT, Beat};
use super::clock::Second;
use super::fleet::Service;
use super::life::Ending;

/// Seconds both tasks of a place run before the old one goes.
const DRAIN: Second = 18;
/// Seconds from the deployment to its first task.
const FIRST: Second = 12;
/// Seconds from a task's stop to STOPPED: where there is no room for both, the successor waits for it.
const CLEARED: Second = 30;
/// Seconds between two steps.
const PAUSE: Second = 10;
/// Failed tasks in a row until the circuit breaker has enough.
const ENOUGH: usize = 5;

/// One place whose task is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When it begins.
    pub at: Second,
    /// Which place.
    pub slot: u32,
    /// Whether the old task stops before the new one is started.
    pub stops_first: bool,
}

impl Step {
    /// When the old task is gone.
    pub const fn gone(&self) -> Second {
        if self.stops_first { self.at } else { self.at + BOOT + DRAIN }
    }

    const fn done(&self) -> Second {
        self.at + BOOT + if self.stops_first { CLEARED } else { DRAIN }
    }

    /// What it does to the tasks.
    pub const fn beat(&self) -> Beat {
        let Self { at, slot, stops_first } = *self;
        if stops_first {
            Beat::Swap { at, slot, wait: CLEARED, boot: BOOT }
        } else {
            Beat::Replace { at, slot, boot: BOOT, drain: DRAIN }
        }
    }
}

/// A whole rolling deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rolling {
    /// Place by place.
    pub steps: Vec<Step>,
    /// When it is complete; never, where the percents leave it no room to move.
    pub settled: Option<Second>,
}

/// Replaces the tasks of places 0 to `wanted`, beginning at `from`.
pub fn roll(from: Second, wanted: u32, percents: (u32, u32)) -> Rolling {
    over(from, &(0..wanted).collect::<Vec<_>>(), wanted, percents)
}

/// Replaces the tasks of some places of a service that wants `wanted`.
pub fn over(from: Second, slots: &[u32], wanted: u32, (minimum, maximum): (u32, u32)) -> Rolling {
    let most = u64::from(wanted) * u64::from(maximum) / 100;
    let extra = most.saturating_sub(u64::from(wanted));
    let spare = u64::from(wanted).saturating_sub((u64::from(wanted) * u64::from(minimum)).div_ceil(100));
    let stops_first = extra == 0;
    let Ok(batch) = usize::try_from(if stops_first { spare } else { extra }) else {
        return Rolling { steps: Vec::new(), settled: None };
    };
    if batch == 0 {
        return Rolling { steps: Vec::new(), settled: slots.is_empty().then_some(from + FIRST) };
    }
    let mut steps = Vec::with_capacity(slots.len());
    let mut at = from + FIRST;
    for places in slots.chunks(batch) {
        let batch: Vec<Step> = places.iter().map(|slot| Step { at, slot: *slot, stops_first }).collect();
        at = batch.iter().map(Step::done).max().unwrap_or(at) + PAUSE;
        steps.extend(batch);
    }
    Rolling { steps, settled: Some(at + PAUSE) }
}

/// What becomes of every task of a revision that cannot work.
#[derive(Debug, Clone)]
pub struct Spoil {
    /// Seconds until it runs; never, if it does not.
    pub boot: Option<Second>,
    /// Seconds until it fails its health check.
    pub sick: Option<Second>,
    /// Seconds until it ends.
    pub ends: Second,
    /// How it ends.
    pub how: Ending,
    /// When what spoils it is over by itself, if ever.
    pub until: Option<Second>,
    /// What the circuit breaker goes back to.
    pub good: u32,
}

/// What spoils a deployment of `revision` at a moment, if anything does.
pub fn spoiled(service: &Service, revision: u32, at: Second) -> Option<Spoil> {
    service.incidents.iter().find_map(|incident| incident.spoils(revision, at))
}

/// A deployment at `from` whose tasks are spoiled: attempt after attempt, until the circuit breaker has enough or what
/// spoils them is over.
pub fn attempts(from: Second, wanted: u32, percents: (u32, u32), spoil: &Spoil) -> Vec<Beat> {
    let mut beats = Vec::new();
    let mut at = from + FIRST;
    while beats.len() < ENOUGH && spoil.until.is_none_or(|until| at + spoil.ends < until) {
        let slot = u32::try_from(beats.len()).unwrap_or(0) % wanted.max(1);
        let sick = spoil.sick.map(|after| at + after);
        beats.push(Beat::Attempt { at, slot, boot: spoil.boot, sick, ends: at + spoil.ends, how: spoil.how.clone() });
        at += spoil.ends + FIRST;
    }
    if beats.len() == ENOUGH {
        beats.push(Beat::GiveUp { at });
        beats.push(Beat::Deploy { at: at + 2, revision: spoil.good, back: true });
        beats.push(Beat::Settle { at: at + 64 });
    } else {
        beats.extend(finish(&roll(at, wanted, percents)));
    }
    beats
}

/// The beats of a rolling deployment that has begun.
pub fn finish(rolling: &Rolling) -> Vec<Beat> {
    let settle = rolling.settled.map(|at| Beat::Settle { at });
    rolling.steps.iter().map(Step::beat).chain(settle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percents_decide_how_many_go_at_once_and_which_comes_first() {
        for (wanted, percents, batches, stops_first) in [
            (3, (100, 134), 3, false),
            (4, (100, 200), 1, false),
            (4, (100, 150), 2, false),
            (1, (0, 100), 1, true),
            (4, (50, 100), 2, true),
        ] {
            let rolling = roll(0, wanted, percents);
            let mut begins: Vec<Second> = rolling.steps.iter().map(|step| step.at).collect();
            begins.dedup();
            assert_eq!(begins.len(), batches, "{wanted} within {percents:?}");
            assert!(rolling.steps.iter().all(|step| step.stops_first == stops_first), "{wanted} within {percents:?}");
            assert!(rolling.settled > rolling.steps.iter().map(|step| Some(step.done())).max().flatten());
        }
    }

    #[test]
    fn where_there_is_no_room_to_move_nothing_moves() {
        assert_eq!(roll(0, 2, (100, 100)), Rolling { steps: Vec::new(), settled: None });
        assert_eq!(roll(0, 0, (100, 200)).settled, Some(FIRST), "no tasks, nothing to wait for");
    }
}

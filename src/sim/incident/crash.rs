//! Tasks that end by themselves again and again.

use crate::domain::{FindingKind, Signal};

use super::super::beat::Beat;
use super::super::clock::{Cycle, Second};
use super::super::life::{Ending, Life};
use super::{Hands, Incident, Scrape};

/// What the scheduler says of tasks that keep failing.
const UNABLE: &str = "is unable to consistently start tasks successfully. For more information, see the Troubleshooting \
                      section of the Amazon ECS Developer Guide.";

/// The tasks of some places run for a while, crash, and are started again, with the scheduler's growing reluctance.
#[derive(Debug)]
pub struct CrashLoop {
    /// From the first crash of a turn to that of the next; between `lasts` and the end of a turn all is well.
    pub cycle: Cycle,
    /// Seconds the trouble lasts in each turn.
    pub lasts: Second,
    /// The places concerned.
    pub slots: Vec<u32>,
    /// Seconds from the start of a task to its crash.
    pub runs: Second,
    /// Seconds the scheduler waits before it starts another.
    pub wait: Second,
    /// Seconds a start takes.
    pub boot: Second,
    /// How they end.
    pub how: Ending,
    /// Seconds before its end from which on a task fails its health check.
    pub sick: Option<Second>,
    /// What the scrape says of such a task.
    pub scrape: Scrape,
    /// What it amounts to at the epoch.
    pub planted: Vec<FindingKind>,
}

impl CrashLoop {
    fn is_on(&self, at: Second) -> bool {
        self.cycle.turn(at).is_some_and(|(_, phase)| phase < self.lasts)
    }
}

impl Incident for CrashLoop {
    fn beats(&self, until: Second, _hands: &Hands, beats: &mut Vec<Beat>) {
        let round = self.wait + self.boot + self.runs;
        for (_, from) in self.cycle.turns(until) {
            for (index, slot) in (0_i64..).zip(&self.slots) {
                let mut at = from + index * (round / 3);
                while at < from + self.lasts && at <= until + round {
                    if let Some(before) = self.sick {
                        beats.push(Beat::Sicken { at: at - before, slot: *slot });
                    }
                    beats.push(Beat::Lose { at, slot: *slot, how: self.how.clone(), wait: self.wait, boot: self.boot });
                    at += round;
                }
            }
            // Three failures in a row are what makes the scheduler complain.
            if self.lasts > 3 * round {
                beats.push(Beat::Remark { at: from + 3 * round, text: UNABLE });
            }
        }
    }

    fn bend(&self, signal: Signal, at: Second, value: f64, _hands: &Hands) -> f64 {
        // The tasks that are left carry the load of the others.
        if signal == Signal::Cpu && self.is_on(at) { value * 1.35 } else { value }
    }

    fn scrape(&self, life: &Life, at: Second, _hands: &Hands) -> Scrape {
        if self.is_on(at) && self.slots.contains(&life.slot) { self.scrape } else { Scrape::Answers }
    }

    fn planted(&self) -> &[FindingKind] {
        &self.planted
    }
}

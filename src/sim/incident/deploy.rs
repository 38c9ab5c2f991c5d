//! Deployments: those that go well, those that are given up, and those that hang.

use crate::domain::{FindingKind, Signal};

use super::super::beat::{BOOT, Beat};
use super::super::clock::{Cycle, Envelope, Second};
use super::super::life::{Ending, Life};
use super::super::noise;
use super::super::rolling::Spoil;
use super::{Hands, Incident, Scrape};

/// Seconds both tasks of a place run before the old one goes.
const DRAIN: Second = 18;

/// Adds a rollout that goes well, task by task, `pace` seconds apart; gives the second it is complete at.
pub fn roll(from: Second, revision: u32, slots: u32, pace: Second, beats: &mut Vec<Beat>) -> Second {
    beats.push(Beat::Deploy { at: from, revision, back: false });
    roll_on(from + 12, slots, pace, beats)
}

/// Adds the replacing of every task and the end of a rollout that has begun.
fn roll_on(from: Second, slots: u32, pace: Second, beats: &mut Vec<Beat>) -> Second {
    for slot in 0..slots {
        beats.push(Beat::Replace { at: from + pace * i64::from(slot), slot, boot: BOOT, drain: DRAIN });
    }
    let done = from + pace * i64::from(slots.saturating_sub(1)) + BOOT + DRAIN + 24;
    beats.push(Beat::Settle { at: done });
    done
}

/// Releases now and then, all of which go well.
#[derive(Debug)]
pub struct Releases {
    /// When.
    pub cycle: Cycle,
    /// The first revision released.
    pub revision: u32,
    /// How many tasks to replace.
    pub slots: u32,
    /// Seconds from one task to the next.
    pub pace: Second,
}

impl Incident for Releases {
    fn beats(&self, until: Second, _hands: &Hands, beats: &mut Vec<Beat>) {
        for (revision, (_, from)) in (self.revision..).zip(self.cycle.turns(until)) {
            roll(from, revision, self.slots, self.pace, beats);
        }
    }
}

/// A revision that fails its health check: attempt after attempt, until the circuit breaker goes back. Then somebody
/// tries the next one.
#[derive(Debug)]
pub struct BadDeploy {
    /// When each bad revision is deployed.
    pub cycle: Cycle,
    /// The good revision.
    pub good: u32,
    /// What it amounts to at the epoch.
    pub planted: Vec<FindingKind>,
    /// What chance gives it.
    pub seed: u64,
}

impl BadDeploy {
    /// Attempts until the circuit breaker has enough.
    const ATTEMPTS: i64 = 5;
    /// Seconds from one attempt to the next.
    const PACE: Second = 78;
    /// Seconds from the deployment to its being given up.
    const GIVEN_UP: Second = 10 + Self::ATTEMPTS * Self::PACE;

    fn errors(&self, at: Second, hands: &Hands) -> f64 {
        let Some((_, phase)) = self.cycle.turn(at) else { return 0.0 };
        let left = hands.left(at - phase, at, |revision| self.is_bad(revision, at));
        left * Envelope { cycle: self.cycle, rise: 75, hold: Self::GIVEN_UP - 75, fall: 90 }.level(at)
    }

    /// Whether a revision is one of those tried by `at`.
    fn is_bad(&self, revision: u32, at: Second) -> bool {
        let tried = self.cycle.turn(at).and_then(|(turn, _)| u32::try_from(turn + 1).ok()).unwrap_or(0);
        (self.good + 1..=self.good + tried).contains(&revision)
    }
}

impl Incident for BadDeploy {
    fn bend(&self, signal: Signal, at: Second, value: f64, hands: &Hands) -> f64 {
        let level = self.errors(at, hands);
        let grain = 1.0 + 0.03 * noise::wave(noise::fork(self.seed, signal as u64), at, 90);
        match signal {
            Signal::Errors => value + 6.3 * level * grain,
            Signal::LatencyP95 | Signal::LatencyP99 => value * (1.0 + 2.1 * level * grain),
            _ => value,
        }
    }

    fn beats(&self, until: Second, _hands: &Hands, beats: &mut Vec<Beat>) {
        for (revision, (_, from)) in (self.good + 1..).zip(self.cycle.turns(until)) {
            beats.push(Beat::Deploy { at: from, revision, back: false });
            for attempt in 0..Self::ATTEMPTS {
                let at = from + 10 + attempt * Self::PACE;
                beats.push(Beat::Attempt {
                    at,
                    slot: u32::try_from(attempt % 3).unwrap_or(0),
                    boot: Some(32),
                    sick: Some(at + 46),
                    ends: at + 66,
                    how: Ending::FailedBalancerCheck,
                });
            }
            let given_up = from + Self::GIVEN_UP;
            beats.push(Beat::GiveUp { at: given_up });
            beats.push(Beat::Deploy { at: given_up + 2, revision: self.good, back: true });
            beats.push(Beat::Settle { at: given_up + 64 });
        }
    }

    fn spoils(&self, revision: u32, at: Second) -> Option<Spoil> {
        self.is_bad(revision, at).then_some(Spoil {
            boot: Some(32),
            sick: Some(46),
            ends: 66,
            how: Ending::FailedBalancerCheck,
            until: None,
            good: self.good,
        })
    }

    fn scrape(&self, life: &Life, _at: Second, _hands: &Hands) -> Scrape {
        if life.sick.is_some() {
            Scrape::Fails("server returned HTTP status 503 Service Unavailable")
        } else {
            Scrape::Answers
        }
    }

    fn planted(&self) -> &[FindingKind] {
        &self.planted
    }
}

/// What ECS says of a registry that does not answer.
const NO_IMAGE: &str = "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref: \
                        dial tcp 10.0.96.14:443: i/o timeout";

/// A rollout whose first new task never gets its image; after a while the registry answers again and it goes through.
#[derive(Debug)]
pub struct StuckDeploy {
    /// When it is deployed.
    pub cycle: Cycle,
    /// Seconds until the registry answers again.
    pub lasts: Second,
    /// The revision in force before.
    pub before: u32,
    /// How many tasks to replace.
    pub slots: u32,
    /// What it amounts to at the epoch.
    pub planted: Vec<FindingKind>,
}

impl StuckDeploy {
    /// Seconds a task waits for its image before it fails.
    const PATIENCE: Second = 430;
}

impl Incident for StuckDeploy {
    fn beats(&self, until: Second, _hands: &Hands, beats: &mut Vec<Beat>) {
        for (revision, (_, from)) in (self.before + 1..).zip(self.cycle.turns(until)) {
            beats.push(Beat::Deploy { at: from, revision, back: false });
            let mut at = from + 10;
            while at + Self::PATIENCE < from + self.lasts {
                beats.push(Beat::Attempt {
                    at,
                    slot: 0,
                    boot: None,
                    sick: None,
                    ends: at + Self::PATIENCE,
                    how: Ending::NeverStarted(NO_IMAGE),
                });
                at += Self::PATIENCE + 14;
            }
            roll_on(at, self.slots, 70, beats);
        }
    }

    fn spoils(&self, revision: u32, at: Second) -> Option<Spoil> {
        let (turn, phase) = self.cycle.turn(at)?;
        let is_new = u32::try_from(turn).is_ok_and(|turn| revision == self.before + 1 + turn);
        (is_new && phase < self.lasts).then(|| Spoil {
            boot: None,
            sick: None,
            ends: Self::PATIENCE,
            how: Ending::NeverStarted(NO_IMAGE),
            until: Some(at - phase + self.lasts),
            good: self.before,
        })
    }

    fn planted(&self) -> &[FindingKind] {
        &self.planted
    }
}

//! The bad morning of one service: a release that leaks, errs and is slow to roll, and the hotfix that ends it.

use crate::domain::{FindingKind, Signal};

use super::super::beat::{BOOT, Beat, NOTICE};
use super::super::clock::{Cycle, Envelope, MINUTE, Second};
use super::super::life::Ending;
use super::super::noise;
use super::{Hands, Incident, deploy};

/// The script, in seconds from the release of a turn. The first turn's release is 14 minutes before the epoch.
mod script {
    use super::Second;

    /// The release reaches these places, one by one: the rollout is slow because its tasks keep dying.
    pub const REACHES: [(Second, u32); 3] = [(20, 0), (310, 1), (1_075, 2)];
    /// Tasks of the release killed for their memory.
    pub const KILLS: [(Second, u32); 3] = [(800, 0), (1_000, 1), (1_330, 2)];
    /// All places have the release.
    pub const ROLLED: Second = 1_240;
    /// The hotfix is released.
    pub const HOTFIX: Second = 1_440;
    /// Seconds from one place to the next.
    pub const HOTFIX_PACE: Second = 95;
    /// Errors are back to normal.
    pub const CALM: Second = 1_800;
}

/// See the module.
#[derive(Debug)]
pub struct BadMorning {
    /// When the bad release of each turn is deployed.
    pub cycle: Cycle,
    /// The revision in force before the first.
    pub before: u32,
    /// How many places there are.
    pub slots: u32,
    /// What it amounts to at the epoch.
    pub planted: Vec<FindingKind>,
    /// What chance gives it.
    pub seed: u64,
}

impl BadMorning {
    /// When the first turn begins, so that the first screen shows the fourteenth minute.
    pub const FIRST: Second = -14 * MINUTE;

    /// The bad revision of a turn.
    fn bad(&self, turn: i64) -> u32 {
        self.before + 1 + 2 * u32::try_from(turn).unwrap_or(0)
    }

    /// How much of the trouble is left when somebody rolls the release back.
    fn left(&self, at: Second, hands: &Hands) -> f64 {
        self.cycle
            .turn(at)
            .map_or(1.0, |(turn, phase)| hands.left(at - phase, at, |revision| revision == self.bad(turn)))
    }

    fn level(&self, at: Second, from: Second, to: Second, rise: Second) -> f64 {
        let cycle = Cycle::new(self.cycle.first + from, self.cycle.period);
        Envelope { cycle, rise, hold: (to - from - rise).max(0), fall: 2 * MINUTE }.level(at)
    }
}

impl Incident for BadMorning {
    fn bend(&self, signal: Signal, at: Second, value: f64, hands: &Hands) -> f64 {
        let left = self.left(at, hands);
        let trouble = left * self.level(at, 90, script::CALM - 120, 45);
        // While the second killed task is replaced, what is left errs more than before.
        let worse = left * self.level(at, script::KILLS[1].0 + 20, script::KILLS[1].0 + 200, 40);
        let grain = 1.0 + 0.02 * noise::wave(noise::fork(self.seed, signal as u64), at, 75);
        let toward = |height: f64| value + (height * grain - value) * trouble;
        match signal {
            Signal::Cpu => toward(93.0),
            Signal::Memory => toward(71.0),
            Signal::Errors => toward(4.1) + 3.2 * worse * grain,
            Signal::LatencyP50 => toward(0.62),
            Signal::LatencyP95 => toward(1.8) + 0.7 * worse,
            Signal::LatencyP99 => toward(3.4) + 1.2 * worse,
            Signal::Traffic => value,
        }
    }

    fn beats(&self, until: Second, hands: &Hands, beats: &mut Vec<Beat>) {
        for (turn, from) in self.cycle.turns(until) {
            let bad = self.bad(turn);
            beats.push(Beat::Deploy { at: from, revision: bad, back: false });
            for (after, slot) in script::REACHES.into_iter().filter(|(_, slot)| *slot < self.slots) {
                beats.push(Beat::Replace { at: from + after, slot, boot: BOOT, drain: 25 });
            }
            let leaks = |after: Second| self.left(from + after, hands) >= 1.0;
            let kills = script::KILLS.into_iter().filter(|(after, slot)| *slot < self.slots && leaks(*after));
            for (after, slot) in kills {
                beats.push(Beat::Lose { at: from + after, slot, how: Ending::OutOfMemory, wait: NOTICE, boot: 54 });
            }
            beats.push(Beat::Settle { at: from + script::ROLLED });
            deploy::roll(from + script::HOTFIX, bad + 1, self.slots, script::HOTFIX_PACE, beats);
        }
    }

    fn planted(&self) -> &[FindingKind] {
        &self.planted
    }
}

//! Memory that leaks until the kernel ends the task.

use crate::domain::{FindingKind, Signal};

use super::super::beat::{BOOT, Beat, NOTICE};
use super::super::clock::{Second, real};
use super::super::life::Ending;
use super::{Hands, Incident};

/// Seconds from a kill to the successor running.
const GAP: Second = NOTICE + BOOT;

/// Every task climbs from `floor` to its limit in `period`, is killed, and starts again.
#[derive(Debug)]
pub struct Leak {
    /// When the task of the first place is killed for the first time.
    pub first: Second,
    /// Seconds from one kill of a place to the next.
    pub period: Second,
    /// Seconds from the kill of one place to that of the next.
    pub stagger: Second,
    /// How many places there are; all leak alike.
    pub slots: u32,
    /// Memory of a fresh task in percent.
    pub floor: f64,
    /// What it amounts to at the epoch.
    pub planted: Vec<FindingKind>,
}

impl Leak {
    /// How far the task of a place is from its start (0) to its kill (1); nothing while the place is empty.
    fn progress(&self, slot: u32, at: Second, hands: &Hands) -> Option<f64> {
        let scripted = self.first + self.stagger * i64::from(slot);
        // A task stopped by hand starts afresh, and so does its leak.
        let (anchor, since) = match hands.last(slot, at) {
            Some(restart) => (restart, at - restart),
            None => (scripted, at - scripted),
        };
        // A place that somebody added has no past.
        if slot >= self.slots && anchor == scripted {
            return None;
        }
        // Before its first kill a place climbs as it would have after an earlier one; calm before that.
        if since < -self.period && anchor == scripted {
            return Some(0.0);
        }
        let phase = since.rem_euclid(self.period);
        (phase >= GAP).then(|| real(phase - GAP) / real(self.period - GAP))
    }

    fn kills(&self, slot: u32, until: Second, hands: &Hands) -> Vec<Second> {
        let scripted = self.first + self.stagger * i64::from(slot) - self.period;
        let mut anchors: Vec<Second> = (slot < self.slots).then_some(scripted).into_iter().collect();
        anchors.extend(hands.each(slot, until));
        let mut kills = Vec::new();
        for (index, anchor) in anchors.iter().enumerate() {
            let end = anchors.get(index + 1).map_or(until, |next| next - 1);
            let mut at = anchor + self.period;
            while at <= end {
                kills.push(at);
                at += self.period;
            }
        }
        kills
    }
}

impl Incident for Leak {
    fn bend(&self, signal: Signal, at: Second, value: f64, hands: &Hands) -> f64 {
        if signal != Signal::Memory {
            return value;
        }
        let (mut sum, mut live) = (0.0, 0_u32);
        for progress in (0..hands.places(self.slots, at)).filter_map(|slot| self.progress(slot, at, hands)) {
            sum += self.floor + (99.0 - self.floor) * progress.powf(0.85);
            live += 1;
        }
        // The calm value's noise stays visible in it.
        if live == 0 { value } else { sum / f64::from(live) + (value - value.round()) * 0.5 }
    }

    fn beats(&self, until: Second, hands: &Hands, beats: &mut Vec<Beat>) {
        for slot in 0..hands.most(self.slots) {
            let kills = self.kills(slot, until, hands).into_iter();
            beats.extend(kills.map(|at| Beat::Lose { at, slot, how: Ending::OutOfMemory, wait: NOTICE, boot: BOOT }));
        }
    }

    fn planted(&self) -> &[FindingKind] {
        &self.planted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leak() -> Leak {
        Leak { first: 0, period: 1_200, stagger: 300, slots: 2, floor: 40.0, planted: Vec::new() }
    }

    #[test]
    fn memory_climbs_until_the_kill_and_starts_again() {
        let hands = Hands::default();
        let memory = |at| leak().bend(Signal::Memory, at, 40.0, &hands);
        assert!(memory(-5) > memory(-600));
        assert!(memory(400) < memory(-5), "after both kills it is lower");
        assert_eq!(leak().kills(0, 2_400, &hands), [0, 1_200, 2_400]);
        assert_eq!(leak().kills(1, 2_400, &hands), [300, 1_500]);
    }

    #[test]
    fn a_restart_by_hand_puts_the_next_kill_off() {
        let hands = Hands::of_restarts(&[(900, 0)]);
        assert_eq!(leak().kills(0, 2_400, &hands), [0, 2_100]);
        assert!(leak().progress(0, 1_000, &hands) < leak().progress(0, 1_000, &Hands::default()));
    }
}

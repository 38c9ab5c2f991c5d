//! The simulated time: whole seconds around a fixed start, and things that come round again.

use jiff::Timestamp;

/// The simulated start: 2026-11-23T00:00:00Z, a Monday, nine in the morning in Seoul.
pub const EPOCH: Timestamp = Timestamp::constant(1_795_392_000, 0);

/// Seconds since [`EPOCH`]; negative before it.
pub type Second = i64;

/// One minute in seconds.
pub const MINUTE: Second = 60;
/// One hour in seconds.
pub const HOUR: Second = 3_600;
/// One day in seconds.
pub const DAY: Second = 86_400;

/// The whole second a moment lies in.
pub fn second(at: Timestamp) -> Second {
    at.as_second() - EPOCH.as_second()
}

/// The moment of a second.
pub fn stamp(at: Second) -> Timestamp {
    Timestamp::from_second(EPOCH.as_second().saturating_add(at)).unwrap_or(EPOCH)
}

/// The latest point of a grid of `step` seconds that is not after `at`.
pub const fn floor(at: Second, step: Second) -> Second {
    at - at.rem_euclid(step)
}

/// A length of time as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "the simulation spans years at most, far below 2^52 seconds")]
pub const fn real(length: Second) -> f64 {
    length as f64
}

/// Something that begins at `first` and comes round every `period` seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cycle {
    /// When it first begins.
    pub first: Second,
    /// How far its beginnings are apart.
    pub period: Second,
}

impl Cycle {
    /// A cycle whose first turn begins at `first`.
    pub const fn new(first: Second, period: Second) -> Self {
        Self { first, period }
    }

    /// Which turn `at` is in and how many seconds into it; nothing before the first.
    pub fn turn(self, at: Second) -> Option<(i64, Second)> {
        let since = at - self.first;
        (since >= 0).then(|| (since.div_euclid(self.period), since.rem_euclid(self.period)))
    }

    /// Every turn that began by `until`: its number and its beginning.
    pub fn turns(self, until: Second) -> impl Iterator<Item = (i64, Second)> {
        let last = self.turn(until).map_or(-1, |(turn, _)| turn);
        (0..=last).map(move |turn| (turn, self.first + turn * self.period))
    }
}

/// A trapezoid that comes round: rises, holds, falls, rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// When it rises.
    pub cycle: Cycle,
    /// Seconds from nothing to full.
    pub rise: Second,
    /// Seconds at full.
    pub hold: Second,
    /// Seconds from full to nothing.
    pub fall: Second,
}

impl Envelope {
    /// How far it is in effect, 0 to 1.
    pub fn level(&self, at: Second) -> f64 {
        let Some((_, phase)) = self.cycle.turn(at) else { return 0.0 };
        if phase < self.rise {
            return real(phase) / real(self.rise);
        }
        let past = phase - self.rise - self.hold;
        if past <= 0 {
            1.0
        } else if past < self.fall {
            1.0 - real(past) / real(self.fall)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_is_nine_on_a_monday_in_seoul() {
        let seoul = EPOCH.in_tz("Asia/Seoul").unwrap();
        assert_eq!(seoul.strftime("%Y-%m-%d %H:%M:%S %A").to_string(), "2026-11-23 09:00:00 Monday");
        assert_eq!(second(stamp(-90)), -90);
    }

    #[test]
    fn cycles_count_their_turns_from_the_first() {
        let cycle = Cycle::new(-10, 60);
        for (at, turn) in [(-11, None), (-10, Some((0, 0))), (49, Some((0, 59))), (50, Some((1, 0)))] {
            assert_eq!(cycle.turn(at), turn, "at {at}");
        }
        assert_eq!(cycle.turns(-11).count(), 0);
        assert_eq!(cycle.turns(55).collect::<Vec<_>>(), [(0, -10), (1, 50)]);
    }

    #[test]
    fn an_envelope_rises_holds_falls_and_rests() {
        let envelope = Envelope { cycle: Cycle::new(0, 100), rise: 10, hold: 20, fall: 40 };
        for (at, level) in [(-1, 0.0), (5, 0.5), (10, 1.0), (30, 1.0), (50, 0.5), (70, 0.0), (99, 0.0), (105, 0.5)] {
            assert!((envelope.level(at) - level).abs() < 1e-9, "at {at}: {}", envelope.level(at));
        }
    }
}

//! Time ranges that CloudWatch answers well: whole periods, none of them unfinished, few enough to draw.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The shortest period of a service's metrics.
pub(super) const PERIOD: Duration = Duration::from_mins(1);

/// The most points of a chart.
const MAX_POINTS: u64 = 300;

/// Periods to choose from, in seconds. All of them are kept for at least the fifteen days that 60 s are.
const PERIODS: [u64; 7] = [60, 120, 300, 600, 900, 1_800, 3_600];

/// A range of whole periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    /// The beginning of the first period.
    pub(super) start: Timestamp,
    /// The end of the last one.
    pub(super) end: Timestamp,
    /// Each period's length.
    pub(super) period: Duration,
    /// How many there are.
    pub(super) len: usize,
}

impl Grid {
    /// The last `length` before `now` without the period that is not over yet: its average would still move.
    pub(super) fn before(now: Timestamp, length: Duration) -> Self {
        let period = PERIODS.into_iter().find(|period| length.as_secs() / period <= MAX_POINTS).unwrap_or(3_600);
        let len = (length.as_secs() / period).max(1);
        let seconds = i64::try_from(period).unwrap_or(60);
        let end = Timestamp::from_second(now.as_second().div_euclid(seconds) * seconds).unwrap_or(now);
        let back = SignedDuration::from_secs(i64::try_from(len * period).unwrap_or(3_600));
        let start = end.checked_sub(back).unwrap_or(end);
        Self { start, end, period: Duration::from_secs(period), len: usize::try_from(len).unwrap_or(1) }
    }

    /// The beginning of the period a moment falls in.
    pub(super) fn period_of(&self, at: Timestamp) -> Timestamp {
        let into = (at.as_second() - self.start.as_second()).rem_euclid(i64::from(self.seconds()));
        Timestamp::from_second(at.as_second() - into).unwrap_or(at)
    }

    /// The period as CloudWatch takes it.
    pub(super) fn seconds(&self) -> i32 {
        i32::try_from(self.period.as_secs()).unwrap_or(60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Span;

    #[test]
    fn every_span_has_whole_periods_and_few_points() {
        let now = Timestamp::from_second(1_763_800_000 + 59).unwrap();
        for (span, period, len) in [
            (Span::Minutes15, 60, 15),
            (Span::Hour, 60, 60),
            (Span::Hours6, 120, 180),
            (Span::Day, 300, 288),
            (Span::Week, 3_600, 168),
        ] {
            let grid = Grid::before(now, span.length());
            assert_eq!((grid.period.as_secs(), grid.len), (period, len), "{}", span.word());
            assert_eq!(grid.end.as_second() % i64::from(grid.seconds()), 0);
            assert!(grid.end <= now && now.as_second() - grid.end.as_second() < i64::from(grid.seconds()));
            assert_eq!(grid.end.as_second() - grid.start.as_second(), i64::try_from(span.length().as_secs()).unwrap());
        }
    }
}

//! Which points in time a range query asks for.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{Series, Span};

/// The most points a series may have: Prometheus and Thanos refuse more.
const MAX_POINTS: u64 = 11_000;

/// The most points all series of one answer may have together; some 30 MB of JSON.
const MAX_SAMPLES: u64 = 500_000;

/// What a round looks back.
const ROUND_SPAN: u64 = 3_600;

/// The distance of a round's points while there are few series.
const ROUND_STEP: u64 = 60;

/// Points from `start` on, `step` apart. Every point is a multiple of the step, so that the same points come back
/// from round to round, whoever asks and whenever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Seconds since 1970.
    pub start: i64,
    /// Seconds, at least one.
    pub step: u64,
    /// How many points; at least two.
    pub points: u64,
}

impl Grid {
    /// The last hour for this many series: a minute apart, further where the answer would grow too large.
    pub fn round(now: Timestamp, series: usize) -> Self {
        let series = u64::try_from(series).unwrap_or(u64::MAX).max(1);
        let affordable = (MAX_SAMPLES / series).clamp(2, MAX_POINTS);
        let minutes = ROUND_SPAN.div_ceil(ROUND_STEP).div_ceil(affordable - 1).max(1);
        Self::covering(now, ROUND_SPAN, minutes * ROUND_STEP)
    }

    /// A chart's span in at most 300 points.
    pub fn chart(now: Timestamp, span: Span) -> Self {
        let step = match span {
            Span::Minutes15 | Span::Hour => 15,
            Span::Hours6 => 120,
            Span::Day => 300,
            Span::Week => 3_600,
        };
        Self::covering(now, span.length().as_secs(), step)
    }

    fn covering(now: Timestamp, span: u64, step: u64) -> Self {
        let step_signed = i64::try_from(step).unwrap_or(i64::MAX);
        let end = now.as_second().div_euclid(step_signed) * step_signed;
        let steps = (span / step).max(1);
        Self { start: end - i64::try_from(steps * step).unwrap_or(0), step, points: steps + 1 }
    }

    /// The last point, in seconds since 1970.
    pub fn end(&self) -> i64 {
        self.start + i64::try_from(self.step * (self.points - 1)).unwrap_or(0)
    }

    /// The distance of the points.
    pub const fn step(&self) -> Duration {
        Duration::from_secs(self.step)
    }

    /// A series of gaps on this grid.
    pub fn gaps(&self) -> Series {
        let start = Timestamp::from_second(self.start).unwrap_or_default();
        Series::empty(start, self.step(), usize::try_from(self.points).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn few_series_get_a_point_a_minute_and_many_get_fewer() {
        for (series, step, points) in
            [(0, 60, 61), (5, 60, 61), (8_000, 60, 61), (10_000, 120, 31), (100_000, 900, 5), (1_000_000, 3_600, 2)]
        {
            let grid = Grid::round(at(1_763_800_934), series);
            assert_eq!((grid.step, grid.points), (step, points), "{series} series");
        }
    }

    #[test]
    fn charts_have_at_most_three_hundred_points_over_all_of_their_span() {
        for span in Span::ALL {
            let grid = Grid::chart(at(1_763_800_934), span);
            assert!(grid.points <= 300, "{span:?}: {}", grid.points);
            assert_eq!(grid.step * (grid.points - 1), span.length().as_secs(), "{span:?}");
        }
    }

    proptest! {
        #[test]
        fn points_are_multiples_of_the_step_and_end_no_later_than_now(now in 0i64..4_000_000_000, series in 0usize..1_000_000) {
            let grid = Grid::round(at(now), series);
            let step = i64::try_from(grid.step).unwrap();
            prop_assert_eq!(grid.start.rem_euclid(step), 0);
            prop_assert!(grid.end() <= now && now - grid.end() < step);
            prop_assert!(grid.points * series as u64 <= MAX_SAMPLES || grid.points == 2);
        }
    }
}

//! Numbers over time on a regular grid, where a missing one is a gap and never a zero.

use std::time::Duration;

use jiff::Timestamp;

/// Samples at `start`, `start + step`, ...; a grid point that nobody measured is a gap.
#[derive(Debug, Clone)]
pub struct Series {
    start: Timestamp,
    step: Duration,
    /// NaN stands for a gap; never handed out as a number.
    points: Vec<f64>,
}

impl PartialEq for Series {
    /// Gaps equal gaps, which a comparison of the numbers that stand for them would deny.
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start && self.step == other.step && self.iter().eq(other.iter())
    }
}

impl Series {
    /// A series of gaps: `len` points from `start` on, `step` apart (at least one second).
    pub fn empty(start: Timestamp, step: Duration, len: usize) -> Self {
        Self { start, step: step.max(Duration::from_secs(1)), points: vec![f64::NAN; len] }
    }

    /// A series from values in order; `None` is a gap.
    pub fn from_values(start: Timestamp, step: Duration, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let points = values.into_iter().map(|value| value.filter(|v| v.is_finite()).unwrap_or(f64::NAN)).collect();
        Self { start, step: step.max(Duration::from_secs(1)), points }
    }

    /// Puts a sample on the nearest grid point. Samples off the grid's ends and values that are not finite are left out.
    pub fn put(&mut self, at: Timestamp, value: f64) {
        if let Some(index) = self.nearest(at).filter(|_| value.is_finite()) {
            self.points[index] = value;
        }
    }

    /// When the first grid point is.
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// The distance between grid points.
    pub const fn step(&self) -> Duration {
        self.step
    }

    /// How many grid points there are, gaps included.
    pub const fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is no grid point at all.
    pub const fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The value at a grid point; `None` for a gap or past the end.
    pub fn get(&self, index: usize) -> Option<f64> {
        self.points.get(index).copied().filter(|value| !value.is_nan())
    }

    /// The value at the grid point nearest to a time; `None` for a gap or off the grid's ends.
    pub fn at(&self, at: Timestamp) -> Option<f64> {
        self.get(self.nearest(at)?)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the offset is checked to be in range")]
    fn nearest(&self, at: Timestamp) -> Option<usize> {
        let offset = (at.as_millisecond() - self.start.as_millisecond()) as f64 / self.step.as_millis() as f64;
        let index = offset.round();
        (index >= 0.0 && (index as usize) < self.points.len()).then_some(index as usize)
    }

    /// When a grid point is.
    pub fn time(&self, index: usize) -> Timestamp {
        let millis = i64::try_from(self.step.as_millis() * index as u128).unwrap_or(i64::MAX);
        self.start.saturating_add(jiff::SignedDuration::from_millis(millis)).unwrap_or(self.start)
    }

    /// Every grid point in order, gaps as `None`.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Timestamp, Option<f64>)> + ExactSizeIterator + '_ {
        (0..self.points.len()).map(|index| (self.time(index), self.get(index)))
    }

    /// The latest sample that exists.
    pub fn last_known(&self) -> Option<(Timestamp, f64)> {
        self.iter().rev().find_map(|(at, value)| value.map(|value| (at, value)))
    }

    /// The largest sample, if any exists.
    pub fn max(&self) -> Option<f64> {
        self.points.iter().copied().filter(|value| !value.is_nan()).reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn samples_land_on_the_nearest_grid_point_and_the_rest_stays_a_gap() {
        let mut series = Series::empty(at(0), Duration::from_secs(60), 4);
        series.put(at(0), 1.0);
        series.put(at(118), 2.0);
        series.put(at(600), 9.0);
        series.put(at(180), f64::NAN);
        let values: Vec<_> = series.iter().map(|(_, value)| value).collect();
        assert_eq!(values, [Some(1.0), None, Some(2.0), None]);
        assert_eq!(series.last_known(), Some((at(120), 2.0)));
        assert_eq!([at(29), at(60), at(149), at(600)].map(|at| series.at(at)), [Some(1.0), None, Some(2.0), None]);
    }
}

//! How Prometheus' storage grows, from what it really takes in.

/// Bytes a sample takes on disk where nobody has measured it: Prometheus' own documentation says 1 to 2.
const BYTES_PER_SAMPLE: f64 = 1.7;

/// Share of a block that is index and tombstones, on top of the samples.
const INDEX: f64 = 0.15;

/// Seconds in a day.
const DAY: f64 = 86_400.0;

const GB: f64 = 1_073_741_824.0;

/// How storage grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// Samples a second that are taken in.
    pub samples_per_second: f64,
    /// Bytes one takes.
    pub bytes_per_sample: f64,
    /// Whether those bytes were measured, by what compaction wrote.
    pub is_measured: bool,
    /// GB a day, index included.
    pub gb_per_day: f64,
    /// GB once the retention is reached, with two hours of write-ahead log.
    pub gb_in_the_end: f64,
}

/// The growth of a Prometheus that takes in so many samples a second and keeps them for so many days.
pub fn growth(samples_per_second: f64, bytes_per_sample: Option<f64>, retention_days: f64) -> Growth {
    let bytes = bytes_per_sample.filter(|bytes| bytes.is_finite() && *bytes > 0.0);
    let per_sample = bytes.unwrap_or(BYTES_PER_SAMPLE);
    let gb_per_day = samples_per_second * per_sample * DAY * (1.0 + INDEX) / GB;
    // In the log a sample takes about ten times what it takes in a block, for two to three hours.
    let log = samples_per_second * per_sample * 10.0 * 3.0 * 3600.0 / GB;
    Growth {
        samples_per_second,
        bytes_per_sample: per_sample,
        is_measured: bytes.is_some(),
        gb_per_day,
        gb_in_the_end: gb_per_day * retention_days + log,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plans_33_samples_a_second_are_far_from_a_gigabyte_a_day() {
        let growth = growth(500.0 / 15.0, None, 15.0);
        assert!(growth.gb_per_day < 0.01 && growth.gb_in_the_end < 0.2, "{growth:?}");
        assert!(!growth.is_measured);
    }

    #[test]
    fn what_was_measured_goes_before_what_is_assumed() {
        let is = |measured, expected: f64| {
            let growth = growth(100.0, measured, 1.0);
            (growth.bytes_per_sample - expected).abs() < f64::EPSILON && growth.is_measured == (expected < 1.5)
        };
        assert!(is(Some(1.2), 1.2));
        for nonsense in [None, Some(f64::NAN), Some(0.0)] {
            assert!(is(nonsense, BYTES_PER_SAMPLE), "{nonsense:?}");
        }
    }
}

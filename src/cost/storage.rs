//! How Prometheus' storage grows, from what it really takes in.

use std::fmt;
use std::time::Duration;

use crate::domain::Ingest;
use crate::format;

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
    /// How long that was measured.
    pub over: Duration,
    /// How many servers take them in together.
    pub servers: u32,
    /// Bytes one takes.
    pub bytes_per_sample: f64,
    /// Whether those bytes were measured, by what compaction wrote.
    pub is_measured: bool,
    /// GB a day, index included.
    pub gb_per_day: f64,
    /// Days that samples are kept.
    pub retention_days: f64,
    /// GB once the retention is reached, with three hours of write-ahead log.
    pub gb_in_the_end: f64,
}

/// The growth of a Prometheus that takes in so much and keeps it for so many days.
pub fn growth(ingest: &Ingest, retention_days: f64) -> Growth {
    let bytes = ingest.bytes_per_sample.filter(|bytes| bytes.is_finite() && *bytes > 0.0);
    let per_sample = bytes.unwrap_or(BYTES_PER_SAMPLE);
    let gb_per_day = ingest.samples_per_second * per_sample * DAY * (1.0 + INDEX) / GB;
    // In the log a sample takes about ten times what it takes in a block, for two to three hours.
    let log = ingest.samples_per_second * per_sample * 10.0 * 3.0 * 3600.0 / GB;
    Growth {
        samples_per_second: ingest.samples_per_second,
        over: ingest.over,
        servers: ingest.servers,
        bytes_per_sample: per_sample,
        is_measured: bytes.is_some(),
        gb_per_day,
        retention_days,
        gb_in_the_end: gb_per_day * retention_days + log,
    }
}

impl Growth {
    /// What is taken in, and how that is known: `33.3 samples/s (measured over 1h)`.
    pub fn intake(&self) -> String {
        let rate = self.samples_per_second;
        let rate = if rate < 100.0 { format!("{rate:.1}") } else { format!("{rate:.0}") };
        let of = if self.servers > 1 { format!(" of {} servers together", self.servers) } else { String::new() };
        format!("{rate} samples/s{of} (measured over {})", format::duration(self.over))
    }
}

/// The way from a rate to a volume, in one line.
impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.is_measured { "measured" } else { "assumed" };
        let (day, end) = (gigabytes(self.gb_per_day), gigabytes(self.gb_in_the_end));
        write!(
            f,
            "{} x {:.2} bytes ({how}) x {:.2} (index) = {day} a day, {end} after {} days with the WAL",
            self.intake(),
            self.bytes_per_sample,
            1.0 + INDEX,
            super::desk::number(self.retention_days),
        )
    }
}

/// With a unit that needs no zeros before what it tells.
fn gigabytes(gb: f64) -> String {
    if gb < 1.0 { format!("{:.1} MB", gb * 1024.0) } else { format!("{gb:.1} GB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ingest(samples_per_second: f64, bytes_per_sample: Option<f64>) -> Ingest {
        Ingest { samples_per_second, over: Duration::from_mins(8), servers: 1, bytes_per_sample }
    }

    #[test]
    fn the_plans_33_samples_a_second_are_far_from_a_gigabyte_a_day() {
        let growth = growth(&ingest(500.0 / 15.0, None), 15.0);
        assert!(growth.gb_per_day < 0.01 && growth.gb_in_the_end < 0.2, "{growth:?}");
        assert!(!growth.is_measured);
        assert_eq!(
            growth.to_string(),
            "33.3 samples/s (measured over 8m) x 1.70 bytes (assumed) x 1.15 (index) = 5.4 MB a day, 86.4 MB after 15 \
             days with the WAL"
        );
        let two = Growth { servers: 2, samples_per_second: 395.4, ..growth };
        assert_eq!(two.intake(), "395 samples/s of 2 servers together (measured over 8m)");
    }

    #[test]
    fn what_was_measured_goes_before_what_is_assumed() {
        let is = |measured, expected: f64| {
            let growth = growth(&ingest(100.0, measured), 1.0);
            (growth.bytes_per_sample - expected).abs() < f64::EPSILON && growth.is_measured == (expected < 1.5)
        };
        assert!(is(Some(1.2), 1.2));
        for nonsense in [None, Some(f64::NAN), Some(0.0)] {
            assert!(is(nonsense, BYTES_PER_SAMPLE), "{nonsense:?}");
        }
    }
}

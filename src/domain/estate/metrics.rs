//! What Prometheus says of its own work.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::Labels;

/// What a `CloudWatch` exporter says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExporterHealth {
    /// Whose numbers these are (`instance`).
    pub instance: String,
    /// Whether its last scrape of `CloudWatch` failed (the CloudWatch exporter), or how many calls failed in the last ten
    /// minutes (YACE).
    pub errors: Option<f64>,
    /// How long its last scrape took, in seconds.
    pub took: Option<f64>,
}

/// How one way of service discovery is doing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DiscoveryHealth {
    /// Which (`ecs`, `dns`, `file`), or the scrape pool's name.
    pub name: String,
    /// Refreshes or lookups that failed in the last ten minutes.
    pub failures: Option<f64>,
    /// Why, where that is told.
    pub why: Option<String>,
}

/// A target that discovery found and relabelling dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DroppedTarget {
    /// Of which scrape pool, where the server says so.
    pub pool: Option<String>,
    /// Its address.
    pub address: String,
    /// What discovery knew of it.
    pub labels: Labels,
}

/// When a group of series had samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// What the series have in common.
    pub labels: Labels,
    /// The times of samples, oldest first, of any of the series.
    pub samples: Vec<Timestamp>,
    /// How far apart samples of one series are, of the slowest of them; none where there are too few to tell.
    pub rhythm: Option<Duration>,
}

/// The distance that most samples of one series have; none where there are too few to tell. Of the times of several series
/// together it would tell nothing: the more of them, the closer they are.
pub fn rhythm(samples: &[Timestamp]) -> Option<Duration> {
    let distance = |pair: &[Timestamp]| Duration::try_from(pair[1].duration_since(pair[0])).ok();
    let mut distances: Vec<Duration> = samples.windows(2).filter_map(distance).collect();
    if distances.len() < 3 {
        return None;
    }
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied().filter(|usual| !usual.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rhythm_is_that_of_most_samples() {
        let samples: Vec<Timestamp> =
            [0, 30, 60, 90, 600, 630].map(|second| Timestamp::from_second(second).unwrap()).to_vec();
        assert_eq!(rhythm(&samples), Some(Duration::from_secs(30)));
        assert_eq!(rhythm(&samples[..3]), None);
    }
}

//! Scrape targets.

use std::time::Duration;

use jiff::Timestamp;

use super::{Labels, Owner};

/// What Prometheus says of the last scrape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetHealth {
    /// The last scrape failed.
    Down,
    /// Not scraped yet.
    Unknown,
    /// The last scrape succeeded.
    Up,
}

impl TargetHealth {
    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Unknown => "unknown",
            Self::Up => "up",
        }
    }
}

/// One address that Prometheus scrapes.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The scrape pool, which is the job as configured.
    pub job: String,
    /// The `instance` label.
    pub instance: String,
    /// The URL scraped.
    pub url: String,
    /// The last scrape's outcome.
    pub health: TargetHealth,
    /// Why the last scrape failed; empty when it did not.
    pub last_error: String,
    /// When it was last scraped.
    pub last_scrape: Option<Timestamp>,
    /// How long that took.
    pub scrape_took: Option<Duration>,
    /// The configured distance between scrapes.
    pub interval: Option<Duration>,
    /// Labels after relabelling.
    pub labels: Labels,
    /// Whose it is, by the context's service label.
    pub owner: Option<Owner>,
}

impl Target {
    /// The host part of the address that is scraped, without the port.
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        if let Some(v6) = authority.strip_prefix('[') {
            return v6.split(']').next().unwrap_or(v6);
        }
        authority.rsplit_once(':').map_or(authority, |(host, _)| host)
    }
}

//! Scraping that fails while the services themselves run.

use crate::domain::FindingKind;

use super::super::clock::{Cycle, Second};
use super::super::life::Life;
use super::{Hands, Incident, Scrape};

/// Prometheus loses a service: its targets vanish or time out, and its series stop.
#[derive(Debug)]
pub struct LostTargets {
    /// When.
    pub cycle: Cycle,
    /// Seconds it lasts each time.
    pub lasts: Second,
    /// What the scrapes give instead of numbers.
    pub scrape: Scrape,
    /// What it amounts to at the epoch.
    pub planted: Vec<FindingKind>,
}

impl LostTargets {
    fn is_on(&self, at: Second) -> bool {
        self.cycle.turn(at).is_some_and(|(_, phase)| phase < self.lasts)
    }
}

impl Incident for LostTargets {
    fn scrape(&self, _life: &Life, at: Second, _hands: &Hands) -> Scrape {
        if self.is_on(at) { self.scrape } else { Scrape::Answers }
    }

    fn hides(&self, at: Second) -> bool {
        self.is_on(at)
    }

    fn planted(&self) -> &[FindingKind] {
        &self.planted
    }
}

/// An availability zone whose tasks nobody outside it can reach.
#[derive(Debug)]
pub struct DeadZone {
    /// When.
    pub cycle: Cycle,
    /// Seconds it lasts each time.
    pub lasts: Second,
    /// Which zone: `a`, `b` or `c`.
    pub zone: char,
    /// What it amounts to at the epoch.
    pub planted: Vec<FindingKind>,
}

impl Incident for DeadZone {
    fn scrape(&self, life: &Life, at: Second, _hands: &Hands) -> Scrape {
        if self.cuts_off(life, at) { Scrape::Fails("context deadline exceeded") } else { Scrape::Answers }
    }

    fn cuts_off(&self, life: &Life, at: Second) -> bool {
        self.cycle.turn(at).is_some_and(|(_, phase)| phase < self.lasts) && life.zone() == self.zone
    }

    fn planted(&self) -> &[FindingKind] {
        &self.planted
    }
}

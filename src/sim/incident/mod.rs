//! What can happen to a service: how its signals bend, what becomes of its tasks, whether it can be scraped.

mod crash;
mod deploy;
mod discovery;
mod load;
mod memory;
mod morning;
mod outage;

use std::fmt::Debug;

use crate::domain::{FindingKind, Signal};

use super::beat::Beat;
use super::clock::Second;
use super::life::Life;

pub use crash::CrashLoop;
pub use deploy::{BadDeploy, Releases, StuckDeploy};
pub use discovery::{DeadZone, LostTargets};
pub use load::{Bend, Swell};
pub use memory::Leak;
pub use morning::BadMorning;
pub use outage::Outage;

/// What the scrape of one task gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrape {
    /// Numbers.
    Answers,
    /// This error.
    Fails(&'static str),
    /// Nothing: discovery does not know the task.
    Undiscovered,
}

/// What people did to a service's tasks: when a task was stopped, and of which place, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Hands(pub Vec<(Second, u32)>);

impl Hands {
    /// When the task of a place was last stopped by hand.
    pub fn last(&self, slot: u32, until: Second) -> Option<Second> {
        self.0.iter().rev().find(|(at, place)| *place == slot && *at <= until).map(|(at, _)| *at)
    }
}

/// Something that happens to one service, once or again and again. Everything is a function of time.
pub trait Incident: Debug + Send + Sync {
    /// What a signal is, given what it would be without this incident.
    fn bend(&self, _signal: Signal, _at: Second, value: f64, _hands: &Hands) -> f64 {
        value
    }

    /// Adds what happens to tasks and deployments up to `until`, oldest first.
    fn beats(&self, _until: Second, _hands: &Hands, _beats: &mut Vec<Beat>) {}

    /// What the scrape of a running task gives.
    fn scrape(&self, _life: &Life, _at: Second) -> Scrape {
        Scrape::Answers
    }

    /// Whether Prometheus loses sight of the service's signals.
    fn hides(&self, _at: Second) -> bool {
        false
    }

    /// What a perfect doctor finds in the service at the epoch.
    fn planted(&self) -> &[FindingKind] {
        &[]
    }
}

//! What can happen to a service: how its signals bend, what becomes of its tasks, whether it can be scraped.

mod crash;
mod deploy;
mod discovery;
mod load;
mod memory;
mod morning;
mod outage;
mod wedge;

use std::fmt::Debug;

use crate::domain::{FindingKind, Signal};

use super::beat::Beat;
use super::clock::Second;
use super::hands::Hands;
use super::life::Life;
use super::rolling::Spoil;

pub use crash::CrashLoop;
pub use deploy::{BadDeploy, Releases, StuckDeploy};
pub use discovery::{DeadZone, LostTargets};
pub use load::{Bend, Swell};
pub use memory::Leak;
pub use morning::BadMorning;
pub use outage::Outage;
pub use wedge::Wedge;

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

/// Something that happens to one service, once or again and again. Everything is a function of time.
pub trait Incident: Debug + Send + Sync {
    /// What a signal is, given what it would be without this incident.
    fn bend(&self, _signal: Signal, _at: Second, value: f64, _hands: &Hands) -> f64 {
        value
    }

    /// Adds what happens to tasks and deployments up to `until`, oldest first.
    fn beats(&self, _until: Second, _hands: &Hands, _beats: &mut Vec<Beat>) {}

    /// What becomes of the tasks of a deployment of `revision` that somebody begins at a moment, if they cannot work.
    fn spoils(&self, _revision: u32, _at: Second) -> Option<Spoil> {
        None
    }

    /// What the scrape of a running task gives.
    fn scrape(&self, _life: &Life, _at: Second, _hands: &Hands) -> Scrape {
        Scrape::Answers
    }

    /// Whether nobody outside its zone reaches a running task: a load balancer sees it unhealthy.
    fn cuts_off(&self, _life: &Life, _at: Second) -> bool {
        false
    }

    /// Since when a running task takes requests and answers none, where it does.
    fn hangs(&self, _life: &Life, _at: Second, _hands: &Hands) -> Option<Second> {
        None
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

//! What can happen to a service's tasks and deployments, one beat at a time.

use super::clock::Second;
use super::life::Ending;

/// Seconds a usual start takes, from creation to RUNNING.
pub const BOOT: Second = 41;
/// Seconds after a task ended until the scheduler has made its successor.
pub const NOTICE: Second = 4;

/// One thing that happens to a service.
#[derive(Debug, Clone)]
pub enum Beat {
    /// A deployment of `revision` begins; with `back`, the circuit breaker's return to what ran before.
    Deploy {
        /// When.
        at: Second,
        /// To which revision.
        revision: u32,
        /// Whether it is a rollback.
        back: bool,
    },
    /// The newest deployment puts its own task in a place; the old one goes `drain` seconds after that one runs.
    Replace {
        /// When the new task is created.
        at: Second,
        /// Which place.
        slot: u32,
        /// Seconds until the new task runs.
        boot: Second,
        /// Seconds both run.
        drain: Second,
    },
    /// The newest deployment starts a task that never gets to replace another.
    Attempt {
        /// When it is created.
        at: Second,
        /// The place it would have had.
        slot: u32,
        /// Seconds until it runs; never, if it does not.
        boot: Option<Second>,
        /// From when on it fails its health check.
        sick: Option<Second>,
        /// When it ends.
        ends: Second,
        /// How it ends.
        how: Ending,
    },
    /// The running task of a place begins to fail its health check.
    Sicken {
        /// When.
        at: Second,
        /// Which place.
        slot: u32,
    },
    /// The running task of a place ends and is replaced.
    Lose {
        /// When.
        at: Second,
        /// Which place.
        slot: u32,
        /// How.
        how: Ending,
        /// Seconds until the successor is created.
        wait: Second,
        /// Seconds the successor takes to run.
        boot: Second,
    },
    /// The newest deployment is complete.
    Settle {
        /// When.
        at: Second,
    },
    /// The circuit breaker gives the newest deployment up.
    GiveUp {
        /// When.
        at: Second,
    },
    /// The scheduler has something to say.
    Remark {
        /// When.
        at: Second,
        /// What, after `(service NAME) `.
        text: &'static str,
    },
    /// The task of a place ends, whether it runs or not, and the newest deployment's own comes after it.
    Swap {
        /// When the old task ends.
        at: Second,
        /// Which place.
        slot: u32,
        /// Seconds until the new task is created.
        wait: Second,
        /// Seconds it takes to run.
        boot: Second,
    },
    /// Somebody stops a task.
    Stop {
        /// When.
        at: Second,
        /// Which task.
        task: u128,
        /// The reason given.
        reason: String,
    },
    /// Somebody begins a deployment; with `undoes`, it takes back the deployment under way.
    Release {
        /// When.
        at: Second,
        /// Of which revision.
        revision: u32,
        /// The number of the deployment undone.
        undoes: Option<u64>,
    },
    /// Somebody wants another number of tasks.
    Scale {
        /// When.
        at: Second,
        /// How many.
        desired: u32,
    },
}

impl Beat {
    /// When it happens.
    pub const fn at(&self) -> Second {
        match self {
            Self::Deploy { at, .. }
            | Self::Replace { at, .. }
            | Self::Attempt { at, .. }
            | Self::Sicken { at, .. }
            | Self::Lose { at, .. }
            | Self::Settle { at }
            | Self::GiveUp { at }
            | Self::Remark { at, .. }
            | Self::Swap { at, .. }
            | Self::Stop { at, .. }
            | Self::Release { at, .. }
            | Self::Scale { at, .. } => *at,
        }
    }
}

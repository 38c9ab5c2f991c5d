//! Backends that do not answer, and why.

use crate::domain::{SourceError, SourceKind};

use super::super::clock::{Cycle, Second};

/// A backend that refuses every request now and then.
#[derive(Debug)]
pub struct Outage {
    /// Which backend.
    pub source: SourceKind,
    /// When it begins each time.
    pub cycle: Cycle,
    /// Seconds it lasts each time.
    pub lasts: Second,
    /// What the operator is told.
    pub error: SourceError,
    /// Whether the backend itself is down, so that its own record of this time stays empty; otherwise only the way
    /// to it is blocked.
    pub down: bool,
    /// Whether only parts fail while the rest is answered.
    pub partial: bool,
}

impl Outage {
    /// Whether it is on at a moment.
    pub fn is_on(&self, at: Second) -> bool {
        self.cycle.turn(at).is_some_and(|(_, phase)| phase < self.lasts)
    }
}

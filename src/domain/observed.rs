//! A value together with what is known about knowing it.

use std::sync::Arc;

use jiff::Timestamp;

use super::SourceKind;

/// A value, where it was read and when it was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled<T> {
    /// The value itself.
    pub value: T,
    /// When it was measured (not when it was fetched).
    pub at: Timestamp,
    /// The backend it came from.
    pub source: SourceKind,
}

/// What a cell can say. There is no fifth case: an empty cell would have to be guessed at.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed<T> {
    /// Read from a source that works.
    Fresh(Sampled<T>),
    /// The last value of a source that no longer answers, and why.
    Stale(Sampled<T>, Arc<str>),
    /// Should exist and is not known, and why. Never shown as zero, never green.
    Unknown(Arc<str>),
    /// Does not exist for this service, and why (no task runs; it serves no requests).
    NotApplicable(Arc<str>),
}

impl<T> Observed<T> {
    /// The value, fresh or stale.
    pub const fn sampled(&self) -> Option<&Sampled<T>> {
        match self {
            Self::Fresh(sampled) | Self::Stale(sampled, _) => Some(sampled),
            Self::Unknown(_) | Self::NotApplicable(_) => None,
        }
    }

    /// The value, but only if the source that gave it still answers.
    pub const fn fresh(&self) -> Option<&Sampled<T>> {
        match self {
            Self::Fresh(sampled) => Some(sampled),
            _ => None,
        }
    }

    /// Why the value is stale, unknown or not applicable.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Fresh(_) => None,
            Self::Stale(_, why) | Self::Unknown(why) | Self::NotApplicable(why) => Some(why),
        }
    }
}

//! Counts requests, for the Sources screen and for tests that prove how few there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A counter of requests sent, shared by all clones.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// One more request leaves (a retry counts again).
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests since the program started.
    pub fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

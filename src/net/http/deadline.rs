//! How much of a round's time is left, on the clock that only runs forward.

use std::time::Duration;

use tokio::time::Instant;

/// A moment by which everything in a round must be done.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    began: Instant,
    within: Duration,
}

impl Deadline {
    /// `within` from now on.
    pub fn after(within: Duration) -> Self {
        Self { began: Instant::now(), within }
    }

    /// How long ago that was.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What is left; nothing once it has passed.
    pub fn remaining(&self) -> Duration {
        self.within.saturating_sub(self.elapsed())
    }
}

//! The one clock: the machine's, or a simulated one that starts at a fixed moment and may run faster.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Tells what time it is. Cheap to copy; all copies agree.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Kind);

#[derive(Debug, Clone, Copy)]
enum Kind {
    System,
    Simulated { start: Timestamp, began: Instant, speed: f64 },
}

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that shows `start` now and then runs `speed` times as fast as the machine's.
    pub fn simulated(start: Timestamp, speed: f64) -> Self {
        Self(Kind::Simulated { start, began: Instant::now(), speed })
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match self.0 {
            Kind::System => Timestamp::now(),
            Kind::Simulated { start, began, speed } => {
                let passed = SignedDuration::from_secs_f64(began.elapsed().as_secs_f64() * speed);
                start.saturating_add(passed).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// How much of this clock's time passes in `real` time.
    pub fn scaled(&self, real: Duration) -> Duration {
        match self.0 {
            Kind::System => real,
            Kind::Simulated { speed, .. } => real.mul_f64(speed.max(1.0)),
        }
    }
}

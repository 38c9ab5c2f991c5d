//! The one gate: whether changes may pass at all. Everything that alters the world asks here and nowhere else.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{GateState, Refusal};
use crate::format;

/// Whether changes may pass. Production starts disarmed; what is read-only stays so.
#[derive(Debug)]
pub struct Gate {
    production: bool,
    arm_for: Duration,
    position: Mutex<Position>,
}

#[derive(Debug, Default)]
struct Position {
    /// Who took changes away, if anybody did. For good.
    forbidden_by: Option<String>,
    /// Until when production is armed.
    armed_until: Option<Timestamp>,
    /// The latest moment that anybody came with while it was.
    seen: Option<Timestamp>,
}

/// How far a clock may go back before nobody knows how long it has been armed.
const SLACK: SignedDuration = SignedDuration::from_secs(2);

impl Position {
    /// Lets time pass. A clock that is set back must not lengthen what is armed: it ends that.
    fn pass(&mut self, now: Timestamp) {
        let is_set_back = self.seen.is_some_and(|seen| seen.duration_since(now) > SLACK);
        if is_set_back || self.armed_until.is_none_or(|until| now >= until) {
            (self.armed_until, self.seen) = (None, None);
        } else {
            self.seen = self.seen.max(Some(now));
        }
    }
}

impl Gate {
    /// A gate as a context has it. `arm_for` is how long [`Gate::arm`] lasts.
    pub fn new(production: bool, arm_for: Duration) -> Self {
        Self { production, arm_for, position: Mutex::default() }
    }

    /// Takes changes away for good; `by` says who (`--read-only`).
    pub fn forbid(&self, by: impl Into<String>) {
        self.position(|position| {
            position.forbidden_by.get_or_insert_with(|| by.into());
        });
    }

    /// How it stands at `now`.
    pub fn state(&self, now: Timestamp) -> GateState {
        self.position(|position| {
            position.pass(now);
            match (&position.forbidden_by, position.armed_until) {
                (Some(by), _) => GateState::ReadOnly { by: by.clone() },
                (None, _) if !self.production => GateState::Open,
                (None, Some(until)) => GateState::Armed { until },
                (None, None) => GateState::Disarmed,
            }
        })
    }

    /// Lets changes pass for a while, from `now` on. Arming again begins anew.
    ///
    /// # Errors
    /// Where it is read-only.
    pub fn arm(&self, now: Timestamp) -> Result<GateState, Refusal> {
        if let GateState::ReadOnly { by } = self.state(now) {
            return Err(read_only(&by));
        }
        self.position(|position| {
            (position.armed_until, position.seen) = (now.checked_add(self.arm_for).ok(), Some(now));
        });
        Ok(self.state(now))
    }

    /// Ends that at once.
    pub fn disarm(&self, now: Timestamp) -> GateState {
        self.position(|position| position.armed_until = None);
        self.state(now)
    }

    /// Lets a change pass at `now`, or says why not.
    ///
    /// # Errors
    /// The gate is closed.
    pub fn pass(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.state(now) {
            GateState::Open | GateState::Armed { .. } => Ok(()),
            GateState::ReadOnly { by } => Err(read_only(&by)),
            GateState::Disarmed => {
                let lasts = format::duration(self.arm_for);
                Err(Refusal::new("this is production, and it is not armed: nothing was changed")
                    .with_hint(format!("arm it first (it lasts {lasts}); without a screen: --yes --confirm NAME")))
            }
        }
    }

    fn position<T>(&self, with: impl FnOnce(&mut Position) -> T) -> T {
        with(&mut self.position.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn read_only(by: &str) -> Refusal {
    Refusal::new(format!("changes are taken away here ({by}): nothing was changed"))
        .with_hint(format!("whoever may change things takes {by} away and starts rounds again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn gate(production: bool) -> Gate {
        Gate::new(production, Duration::from_mins(10))
    }

    #[test]
    fn outside_production_it_is_open() {
        assert_eq!(gate(false).state(at(0)), GateState::Open);
        assert_eq!(gate(false).pass(at(0)), Ok(()));
    }

    #[test]
    fn production_is_armed_for_a_while_and_disarms_itself() {
        let gate = gate(true);
        assert!(gate.pass(at(0)).unwrap_err().what.contains("not armed"));
        assert_eq!(gate.arm(at(0)), Ok(GateState::Armed { until: at(600) }));
        assert_eq!(gate.pass(at(599)), Ok(()));
        assert_eq!(gate.state(at(600)), GateState::Disarmed);
        gate.arm(at(700)).unwrap();
        assert_eq!(gate.arm(at(900)), Ok(GateState::Armed { until: at(1_500) }), "arming again begins anew");
        assert_eq!(gate.disarm(at(901)), GateState::Disarmed);
        assert!(gate.pass(at(902)).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_disarms() {
        let gate = gate(true);
        gate.arm(at(1_000)).unwrap();
        assert_eq!(gate.state(at(1_500)), GateState::Armed { until: at(1_600) });
        assert_eq!(gate.state(at(1_499)), GateState::Armed { until: at(1_600) }, "clocks are adjusted all the time");
        assert_eq!(gate.state(at(1_100)), GateState::Disarmed);
        assert_eq!(gate.state(at(1_500)), GateState::Disarmed, "and it stays so");
        gate.arm(at(1_200)).unwrap();
        assert_eq!(gate.pass(at(1_300)), Ok(()));
    }

    #[test]
    fn what_is_read_only_cannot_be_armed_by_anything() {
        for production in [true, false] {
            let gate = gate(production);
            gate.arm(at(0)).unwrap();
            gate.forbid("--read-only");
            gate.forbid("ROUNDS_READ_ONLY");
            assert_eq!(gate.state(at(1)), GateState::ReadOnly { by: "--read-only".to_owned() });
            assert!(gate.arm(at(1)).unwrap_err().what.contains("--read-only"));
            assert!(gate.pass(at(1)).is_err());
        }
    }
}

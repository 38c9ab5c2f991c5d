//! Whether changes are possible, as the header says it.

use jiff::Timestamp;

use crate::domain::GateState;

/// The gate as it is shown.
#[derive(Debug, Clone, Default)]
pub struct GateView {
    /// The gate as the engine said it last; closed before it said anything.
    pub state: GateState,
    /// The word for it in the header; nothing where changes are simply possible.
    pub word: Option<String>,
    /// Whether the engine has said anything of it.
    is_told: bool,
    /// Whether it was armed when time was last told: its end is said once.
    was_armed: bool,
}

/// What became of the gate as time went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GateTurn {
    /// Nothing that shows.
    Same,
    /// The header says something else.
    Moved,
    /// The time it was armed for is over.
    RanOut,
}

impl GateView {
    /// Whether a change may pass, as far as the screen knows.
    pub fn lets_pass(&self, now: Timestamp) -> bool {
        self.state.lets_pass(now)
    }

    /// Whether changes are taken away altogether.
    pub const fn is_read_only(&self) -> bool {
        matches!(self.state, GateState::ReadOnly { .. })
    }

    pub(super) fn set(&mut self, state: GateState, now: Timestamp) {
        self.was_armed = matches!(&state, GateState::Armed { until } if now < *until);
        (self.state, self.is_told) = (state, true);
        self.word = word(&self.state, now);
    }

    /// Counts down. The word moves in minutes, in the last one in steps of ten seconds: an idle screen stays as it is.
    pub(super) fn advance(&mut self, now: Timestamp) -> GateTurn {
        if !self.is_told {
            return GateTurn::Same;
        }
        let word = word(&self.state, now);
        let is_armed = matches!(&self.state, GateState::Armed { until } if now < *until);
        if std::mem::replace(&mut self.was_armed, is_armed) && !is_armed {
            self.word = word;
            return GateTurn::RanOut;
        }
        if std::mem::replace(&mut self.word, word.clone()) == word { GateTurn::Same } else { GateTurn::Moved }
    }
}

fn word(state: &GateState, now: Timestamp) -> Option<String> {
    match state {
        GateState::Open => None,
        GateState::ReadOnly { .. } => Some("read-only".to_owned()),
        GateState::Armed { until } if now < *until => {
            let left = until.duration_since(now).as_secs().max(1);
            let left = if left > 60 { format!("{}m", (left + 59) / 60) } else { format!("{}s", (left + 9) / 10 * 10) };
            Some(format!("armed {left}"))
        }
        GateState::Armed { .. } | GateState::Disarmed => Some("disarmed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_countdown_moves_in_minutes_and_at_the_end_in_steps_of_ten_seconds() {
        let mut gate = GateView::default();
        gate.set(GateState::Armed { until: at(600) }, at(0));
        for (now, word, turn) in [
            (0, "armed 10m", GateTurn::Same),
            (59, "armed 10m", GateTurn::Same),
            (60, "armed 9m", GateTurn::Moved),
            (540, "armed 60s", GateTurn::Moved),
            (549, "armed 60s", GateTurn::Same),
            (550, "armed 50s", GateTurn::Moved),
            (599, "armed 10s", GateTurn::Moved),
            (600, "disarmed", GateTurn::RanOut),
            (700, "disarmed", GateTurn::Same),
        ] {
            assert_eq!((gate.advance(at(now)), gate.word.as_deref()), (turn, Some(word)), "at {now}");
            assert_eq!(gate.lets_pass(at(now)), now < 600);
        }
    }

    #[test]
    fn where_changes_are_simply_possible_nothing_is_said() {
        let mut gate = GateView::default();
        gate.set(GateState::Open, at(0));
        assert_eq!(gate.word, None);
        gate.set(GateState::ReadOnly { by: "--read-only".to_owned() }, at(0));
        assert_eq!((gate.word.as_deref(), gate.is_read_only()), (Some("read-only"), true));
    }
}

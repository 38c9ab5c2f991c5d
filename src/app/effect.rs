//! What the state machine asks the shell to do.

use std::sync::Arc;

use crate::domain::{Change, ChartAsk, Consent, Plan, PlanOptions, Snapshot};
use crate::runbook::Question;

/// Something only the world outside can do. The shell performs it and answers, if at all, with a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Leave the program.
    Quit,
    /// Read every source now.
    Refresh,
    /// Read the charts of one service; the answer is [`super::Msg::Chart`].
    LoadChart(ChartAsk),
    /// Put a text on the clipboard.
    Copy(String),
    /// Suspend to the shell that started us.
    Suspend,
    /// Draw the whole screen anew, whatever the terminal shows.
    Redraw,
    /// Look at another context; the answer is [`super::Msg::Context`].
    SwitchContext(String),
    /// Show another theme; the answer is [`super::Msg::Theme`], or a notice that says why not.
    SetTheme(String),
    /// Plan a change; looks only. The answer is [`super::Msg::Planned`] with the same `ask`.
    Plan {
        /// Tells this question from others.
        ask: u64,
        /// What is wanted.
        change: Change,
        /// With what.
        options: PlanOptions,
    },
    /// Carry out what a person has confirmed, in the context it was planned in; the answers are
    /// [`super::Msg::Progress`], or [`super::Msg::NotBegun`].
    CarryOut {
        /// What was confirmed.
        plan: Arc<Plan>,
        /// The yes to it.
        consent: Consent,
    },
    /// Let changes pass in production for a while; the answer is [`super::Msg::Gate`].
    Arm,
    /// Let them pass no longer; the answer is [`super::Msg::Gate`].
    Disarm,
    /// Ask a check for a step of a run; the answer is [`super::Msg::Answered`].
    Probe {
        /// The run's number.
        run: u64,
        /// The question.
        question: Question,
        /// What is known of everything.
        snapshot: Arc<Snapshot>,
    },
    /// Read the journal; the answer is [`super::Msg::Journal`].
    ReadJournal,
}

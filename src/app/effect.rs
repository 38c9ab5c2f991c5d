//! What the state machine asks the shell to do.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Change, ChartAsk, Consent, LogLine, LogScope, Plan, PlanOptions, ServiceId, Snapshot};
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
    /// Follow a log; the answers are [`super::Msg::Logs`] with this number. One that was followed before no longer is.
    FollowLogs {
        /// The number.
        asking: u64,
        /// Whose lines.
        scope: LogScope,
        /// From when on.
        from: Timestamp,
        /// Whether they are to be sent live, which costs money and was consented to.
        live: bool,
    },
    /// Follow no log any more.
    StopLogs,
    /// Read lines of a log from before a moment; the answer is a [`super::Msg::Logs`] with this number.
    OlderLogs {
        /// The number.
        asking: u64,
        /// Whose lines.
        scope: LogScope,
        /// The moment.
        before: Timestamp,
    },
    /// Send [`super::Msg::Sift`] with this number back, after the keys that wait.
    Sift(u64),
    /// Write lines to a file that does not exist yet; a notice says what became of it.
    SaveLogs {
        /// The file.
        path: String,
        /// The lines.
        lines: Arc<Vec<LogLine>>,
        /// The service they are of.
        service: String,
    },
    /// Open a page in a browser, or say why not and offer its address.
    OpenUrl(String),
    /// Give the terminal to a shell in a task, and take it back afterwards.
    OpenShell {
        /// The service.
        service: ServiceId,
        /// The task's id.
        task: String,
        /// The person's yes to it.
        consent: Consent,
    },
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
    /// Ask Prometheus how much it takes in; the answer is [`super::Msg::Ingest`].
    LoadIngest,
    /// Read the journal; the answer is [`super::Msg::Journal`].
    ReadJournal,
}

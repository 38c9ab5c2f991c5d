//! What can happen to the state machine.

use std::sync::Arc;

use crate::domain::journal::Story;
use crate::domain::{
    Chart, ChartAsk, CheckResult, GateState, Ingest, LogNews, ObjectionKind, Plan, Progress, Refusal, Snapshot,
    SourceError, Span,
};
use crate::keymap::Key;

use super::{Notice, Pane, Place, Surroundings};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted. It is text wherever it goes, never keys.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The mouse did something.
    Mouse(MouseInput),
    /// A second passed.
    Tick,
    /// More is known.
    Snapshot(Arc<Snapshot>),
    /// The charts asked for, or why there are none.
    Chart(Result<Arc<Chart>, (ChartAsk, SourceError)>),
    /// What is new of the log that was asked for under this number.
    Logs(u64, LogNews),
    /// Go on looking through the log that was asked for under this number.
    Sift(u64),
    /// Something to tell the operator.
    Notice(Notice),
    /// Whether a round of reading is under way.
    Refreshing(bool),
    /// Another context is looked at from now on; what was known of the one before is gone.
    Context(Box<Surroundings>),
    /// The theme shown from now on.
    Theme(String),
    /// The plan asked for, or why there is none.
    Planned {
        /// Which question this answers.
        ask: u64,
        /// The plan.
        answer: Result<Arc<Plan>, Refusal>,
    },
    /// How a change is going, in whichever context it was made.
    Progress(Box<Progress>),
    /// A confirmed change was refused before anything was changed.
    NotBegun {
        /// The plan's id.
        plan: String,
        /// Why.
        refusal: Refusal,
    },
    /// Whether changes can pass in the context looked at.
    Gate(GateState),
    /// What a check found, for a step of a run.
    Answered {
        /// The run's number.
        run: u64,
        /// The position of the step.
        step: usize,
        /// What was found.
        result: Box<CheckResult>,
    },
    /// How much Prometheus takes in; `None` where it does not scrape itself.
    Ingest(Result<Option<Ingest>, SourceError>),
    /// The journal, the newest first, or why it cannot be read.
    Journal(Result<Vec<Story>, String>),
}

/// What the mouse did, and to what: the shell looks the place up in the view's hit map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MouseInput {
    /// What it did.
    pub kind: MouseKind,
    /// What is drawn there.
    pub spot: Option<Spot>,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button was pressed.
    Click,
    /// The wheel was turned away from the person.
    WheelUp,
    /// The wheel was turned towards the person.
    WheelDown,
}

/// A part of the dialog before a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmSpot {
    /// No.
    No,
    /// Yes.
    Yes,
    /// An objection.
    Objection(ObjectionKind),
}

/// Something on the screen that the mouse can point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// A row of the screen's list, by what its thing is known by ([`super::Row::id`]): rows may have changed places since
    /// they were drawn.
    Row(u64),
    /// A heading of the screen's list, by its position among the columns.
    Column(usize),
    /// A row of one part of the service screen, by what its thing is known by.
    PaneRow(Pane, u64),
    /// A line of a log, by its place.
    LogLine(i64),
    /// A part of the service screen.
    Pane(Pane),
    /// A span of time of the charts.
    Span(Span),
    /// The way to another screen.
    Place(Place),
    /// A candidate of the palette, by its text.
    Candidate(String),
    /// A step of the run shown, by its position.
    Step(usize),
    /// A line of the menu of changes, by its position.
    Action(usize),
    /// A part of the dialog before a change.
    Confirm(ConfirmSpot),
    /// The line on the change that is under way.
    UnderWay,
}

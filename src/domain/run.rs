//! One run of a runbook: what its steps have come to so far, and what follows from it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Change, Check, CheckResult, CheckState, Looked, Outcome, StepState};

/// One run of a runbook, as far as it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The runbook's name.
    pub runbook: String,
    /// Its title.
    pub title: String,
    /// The alert it was begun from, as a person calls it (`HighErrorRate api-2`).
    pub alert: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// When the last of its checks answered; none while any is under way.
    pub ended: Option<Timestamp>,
    /// What it was told, in the runbook's order.
    pub inputs: Vec<ToldInput>,
    /// The steps, in the runbook's order.
    pub steps: Vec<RunStep>,
    /// What follows from them so far.
    pub conclusion: Conclusion,
}

impl Run {
    /// The changes that wait for a person, by the positions of their steps.
    pub fn queued(&self) -> impl Iterator<Item = usize> {
        (0..self.steps.len()).filter(|step| self.steps[*step].state == StepState::Queued)
    }

    /// The exit code: 0 nothing found, 1 a warning, 2 a cause found or a change that failed, 3 not found out.
    pub fn exit_code(&self) -> u8 {
        if self.steps.iter().any(|step| step.state == StepState::Failed) {
            return 2;
        }
        match self.conclusion.state {
            _ if self.conclusion.found => 2,
            CheckState::Pass => 0,
            CheckState::Warn => 1,
            CheckState::Fail => 2,
            CheckState::Unknown => 3,
        }
    }
}

/// An input and what it is in this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ToldInput {
    /// Its name.
    pub name: String,
    /// What it is; none where nothing leads to it.
    pub value: Option<String>,
    /// Where that comes from (`asked for`, `the alert`, `it has the highest CPU`), or why there is none.
    pub from: String,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunStep {
    /// The step's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it has come to.
    pub state: StepState,
    /// That in one line: the answer, or why there is none.
    pub said: String,
    /// What it does.
    pub deed: RunDeed,
}

impl RunStep {
    /// What stands before why a proposed change was not made.
    pub const NOT_DONE: &'static str = "not done: ";
}

/// What a step of a run does, as far as that is known.
#[derive(Debug, Clone, PartialEq)]
pub enum RunDeed {
    /// It looks at something.
    Check {
        /// The question, once all it needs is known.
        asked: Option<Check>,
        /// The answer.
        result: Option<Box<CheckResult>>,
    },
    /// It proposes a change.
    Change {
        /// The change, once all it needs is known.
        change: Option<Box<Change>>,
        /// How it ended, once it was made.
        outcome: Option<Outcome>,
    },
    /// It tells something.
    Note {
        /// Command lines to copy.
        commands: Vec<String>,
    },
}

/// What follows from what was found so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Conclusion {
    /// The worst of what was found.
    pub state: CheckState,
    /// Whether a cause was found that the runbook is for: one it has words for.
    pub found: bool,
    /// In one sentence.
    pub headline: String,
    /// What is the matter, the most telling first.
    pub causes: Vec<CauseFound>,
    /// What could not be found out, and why.
    pub unknown: Vec<Unlearnt>,
    /// The next step, where there is one.
    pub next_step: Option<String>,
}

/// One thing that is the matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CauseFound {
    /// Its stable name; none where the check that found it has no name for it.
    pub name: Option<String>,
    /// In words.
    pub words: String,
    /// How bad it is.
    pub state: CheckState,
    /// The steps that found it.
    pub steps: Vec<String>,
    /// What was seen.
    pub evidence: Vec<Looked>,
    /// What to do about it.
    pub next_step: Option<String>,
}

/// Something that could not be found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Unlearnt {
    /// The step.
    pub step: String,
    /// Why.
    pub why: String,
}

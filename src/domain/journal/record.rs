//! One line of the journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::{Change, ChangePlace, Consent, Outcome, Plan, ServiceId, StageProgress};

/// The version of the lines' form. Fields may be added to it; what is there keeps its meaning.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Record {
    /// The version of this form.
    pub v: u32,
    /// When, by the machine's clock.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The same moment by the clock of the simulated fleet. Where it is there, nothing of this happened to anything real.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub simulated_at: Option<Timestamp>,
    /// The plan's id: what belongs together has the same.
    pub id: String,
    /// The context.
    pub context: String,
    /// What kind of change (`restart`).
    pub change: String,
    /// Of which service, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceId>,
    /// Who.
    pub who: Who,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// A person at a machine, as far as the machine knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Who {
    /// The name of the OS user.
    pub user: String,
    /// Its number.
    pub uid: u32,
    /// Who became that user by `sudo`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sudo_user: Option<String>,
    /// The machine's name.
    pub host: String,
    /// Where the SSH session comes from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ssh_client: Option<String>,
    /// The process.
    pub pid: u32,
    /// Which start of the machine it is, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub boot: Option<String>,
    /// When in that start the process began, in the kernel's ticks: numbers of processes are used again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub began: Option<u64>,
}

impl Record {
    /// What is told of a shell, where it is about one.
    pub fn shell(&self) -> Option<String> {
        let Event::Shell { task, ended, refused, .. } = &self.event else { return None };
        let service = self.service.as_ref().map(ToString::to_string).unwrap_or_default();
        let short = task.get(..8).unwrap_or(task);
        Some(match (refused, ended) {
            (Some(why), _) => format!("a shell in task {short} of {service} was refused: {why}"),
            (None, None) => format!("a shell was opened in task {short} of {service}"),
            (None, Some(how)) => format!("the shell in task {short} of {service} was closed: {how}"),
        })
    }
}

impl Who {
    /// The name to act in: the person behind `sudo`, else the OS user.
    pub fn name(&self) -> &str {
        self.sudo_user.as_deref().unwrap_or(&self.user)
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A change is about to be made. On disk before the call leaves.
    Intent {
        /// What will happen, as it was shown.
        plan: Box<Plan>,
        /// The yes to it.
        consent: Consent,
    },
    /// The call came back, or did not.
    Call {
        /// How.
        result: CallResult,
        /// In a few words.
        text: String,
        /// The id of the deployment, silence or annotation that came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made: Option<String>,
    },
    /// The silence tied to the change began, ended or could not be made or ended.
    Silence {
        /// Its id, where it was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        silence: Option<String>,
        /// In a few words.
        text: String,
    },
    /// The note on the dashboards was written or could not be.
    Annotation {
        /// Whether it is there.
        written: bool,
        /// In a few words.
        text: String,
    },
    /// Nobody watches any more: how it ended.
    End {
        /// How.
        outcome: Outcome,
        /// What was seen of each stage.
        stages: Vec<StageProgress>,
    },
    /// A step on the way to a change, which itself changes nothing that runs: for the timeline.
    Step {
        /// What was asked for.
        asked: Change,
        /// What came of it, in a few words.
        text: String,
    },
    /// A change was refused here: nothing was changed.
    Refused {
        /// What was asked for.
        asked: Change,
        /// Why not.
        why: String,
    },
    /// A shell was opened in a task, closed, or refused.
    Shell {
        /// The task's id.
        task: String,
        /// How it ended; nothing where it begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<String>,
        /// Why it was not opened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
        /// The yes to it, where it begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        consent: Option<Consent>,
        /// Where the task is, where it begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Box<ChangePlace>>,
    },
    /// Somebody was told that the outcome is unknown.
    Noted,
}

/// How a call came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallResult {
    /// Accepted.
    Made,
    /// Refused, or never sent: nothing was changed.
    NotMade,
    /// It may have arrived.
    Unknown,
}

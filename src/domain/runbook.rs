//! Runbooks: what to look at, in which order, when something is wrong, and what could be changed about it.

use std::fmt;
use std::time::Duration;

use super::{CheckKind, CheckOption, Signal};

/// One runbook, checked: every reference in it leads somewhere and every step can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runbook {
    /// The name it is asked for by: its file's name without `.toml`.
    pub name: String,
    /// What it is about, in a few words.
    pub title: String,
    /// When to use it and what it does, in sentences; may be empty.
    pub about: String,
    /// Where it came from.
    pub origin: RunbookOrigin,
    /// Which alerts it is for.
    pub applies: Applies,
    /// What it can be told, in the order written.
    pub inputs: Vec<RunInput>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Its own words for causes that checks name, the most telling first.
    pub causes: Vec<CauseWords>,
}

impl Runbook {
    /// The position of a step by its id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    /// An input by its name.
    pub fn input(&self, name: &str) -> Option<&RunInput> {
        self.inputs.iter().find(|input| input.name == name)
    }
}

/// Where a runbook came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunbookOrigin {
    /// It is part of the program.
    Shipped,
    /// A file, by its path.
    File(String),
}

/// Which alerts a runbook is for. An alert that names the runbook itself always fits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applies {
    /// Globs for the alert's name; any of them.
    pub alerts: Vec<String>,
    /// Labels and the glob each must fit; all of them.
    pub labels: Vec<(String, String)>,
    /// Globs for the alert's `runbook_url`; any of them.
    pub runbook_urls: Vec<String>,
}

/// Something a runbook can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInput {
    /// Its name.
    pub name: String,
    /// What it means.
    pub about: String,
    /// What it must look like.
    pub kind: InputKind,
    /// What it is when nobody says, the first that leads anywhere.
    pub defaults: Vec<Template>,
}

/// What an input must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// A service of the fleet; its defaults are globs that exactly one service must fit.
    Service,
    /// A duration (`30m`).
    Duration,
    /// Any text.
    Text,
}

impl InputKind {
    /// Every kind by its name in a file.
    pub const NAMES: [(Self, &'static str); 3] =
        [(Self::Service, "service"), (Self::Duration, "duration"), (Self::Text, "text")];

    /// The name in a file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Duration => "duration",
            Self::Text => "text",
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What other steps call it.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// When it is taken: all of them must hold. None: always.
    pub when: Vec<Condition>,
    /// What it does.
    pub deed: Deed,
    /// Where it goes on after a pass.
    pub on_pass: Next,
    /// Where it goes on after a warning or a failure.
    pub on_fail: Next,
    /// Where it goes on when it could not be found out.
    pub on_unknown: Next,
    /// The longest a check may take.
    pub timeout: Option<Duration>,
    /// For how long a check is asked again while it fails or nothing can be found out: what was just mended needs its time
    /// to show. None: it is asked once.
    pub wait: Option<Duration>,
    /// Whether not being able to find it out leaves the run's answer as it is.
    pub optional: bool,
}

impl Step {
    /// Whether what comes next depends on what it finds.
    pub fn branches(&self) -> bool {
        [self.on_pass, self.on_fail, self.on_unknown].iter().any(|next| *next != Next::Continue)
    }

    /// Every text of it that may refer to something.
    pub fn templates(&self) -> Vec<&Template> {
        match &self.deed {
            Deed::Check { with, .. } | Deed::Change { with, .. } => with.iter().map(|(_, value)| value).collect(),
            Deed::Note { text, commands } => std::iter::once(text).chain(commands).collect(),
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Looks at something.
    Check {
        /// What is asked.
        kind: CheckKind,
        /// What it is told, by the option's name.
        with: Vec<(String, Template)>,
    },
    /// Proposes a change; nothing is done before a person has confirmed its plan.
    Change {
        /// Which.
        kind: ChangeKind,
        /// What it is told, by the option's name.
        with: Vec<(String, Template)>,
    },
    /// Tells people something.
    Note {
        /// What.
        text: Template,
        /// Command lines to copy.
        commands: Vec<Template>,
    },
}

/// Where a run goes on after a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Next {
    /// With the step after it.
    #[default]
    Continue,
    /// Nowhere.
    Stop,
    /// With the step at that position.
    Goto(usize),
}

/// Something that must hold of an earlier step: of any of several, all that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The positions of the steps; at least one.
    pub steps: Vec<usize>,
    /// It came to one of these; empty: to anything.
    pub states: Vec<StepState>,
    /// It named a cause that fits one of these globs; empty: whatever it named.
    pub causes: Vec<String>,
    /// It found this fact.
    pub has: Option<String>,
}

/// What a step has come to.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// Not taken yet.
    #[default]
    Waiting,
    /// A check that is being asked.
    Running,
    /// A check: it is as it should be.
    Pass,
    /// A check: something is wrong, and it may wait.
    Warn,
    /// A check: something is wrong.
    Fail,
    /// It could not be found out, or what it needs is not known.
    Unknown,
    /// A change that waits for a person to confirm it.
    Queued,
    /// A change that is being made or watched.
    Changing,
    /// A change that was made and verified.
    Done,
    /// A change that was refused, failed, or was not verified.
    Failed,
    /// A note.
    Note,
    /// Not taken, and not going to be.
    Skipped,
}

impl StepState {
    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Queued => "queued",
            Self::Changing => "changing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Note => "note",
            Self::Skipped => "skipped",
        }
    }

    /// What a condition can ask of a check.
    pub const OF_CHECKS: [Self; 5] = [Self::Pass, Self::Warn, Self::Fail, Self::Unknown, Self::Skipped];

    /// What a condition can ask of a change.
    pub const OF_CHANGES: [Self; 4] = [Self::Queued, Self::Done, Self::Failed, Self::Skipped];

    /// Whether it may still come to something else by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running | Self::Changing)
    }
}

/// The changes a runbook can propose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Stop one task; the scheduler puts another in its place.
    Restart,
    /// Replace every task.
    Redeploy,
    /// Run another number of tasks.
    Scale,
    /// Go back to what ran before.
    Rollback,
    /// Let a service's alerts notify nobody for a while.
    Silence,
    /// Leave a note on every dashboard.
    Annotate,
    /// Let Prometheus read its configuration and rules again.
    Reload,
}

const fn option(name: &'static str, doc: &'static str, required: bool) -> CheckOption {
    CheckOption { name, doc, required }
}

const SERVICE: CheckOption = option("service", "the service, as NAME or CLUSTER/NAME", true);

impl ChangeKind {
    /// Every kind: its name in a file, what it does, what it may be told.
    pub const ROWS: [(Self, &'static str, &'static str, &'static [CheckOption]); 7] = [
        (
            Self::Restart,
            "restart",
            "stop one task, so that another takes its place",
            &[SERVICE, option("task", "the task's id", true)],
        ),
        (Self::Redeploy, "redeploy", "replace every task by a new one of the same definition", &[SERVICE]),
        (
            Self::Scale,
            "scale",
            "run another number of tasks",
            &[SERVICE, option("desired", "the number, or +N for so many more than are wanted now", true)],
        ),
        (Self::Rollback, "rollback", "go back to what ran before", &[SERVICE]),
        (
            Self::Silence,
            "silence",
            "let alerts notify nobody for a while",
            &[
                option("service", "whose alerts", false),
                option("alert", "the alert's name", false),
                option("lasts", "for how long [default: 1h]", false),
                option("comment", "why, for whoever finds it", true),
            ],
        ),
        (
            Self::Annotate,
            "annotate",
            "leave a note on every dashboard",
            &[option("text", "the note", true), option("tags", "further tags, separated by commas", false)],
        ),
        (Self::Reload, "reload", "let Prometheus read its configuration and rules again", &[]),
    ];

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static [CheckOption]) {
        Self::ROWS.iter().find(|(kind, ..)| *kind == self).unwrap_or(&Self::ROWS[0])
    }

    /// The name in a file.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What it may be told.
    pub fn options(self) -> &'static [CheckOption] {
        self.row().3
    }

    /// A kind by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ROWS.iter().find(|(_, known, ..)| *known == name).map(|(kind, ..)| *kind)
    }
}

/// A text with references in it: `{service}`, `{alert.labels.instance}`, `{steps.tasks.task}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// The text and the references, in order.
    pub parts: Vec<TemplatePart>,
}

/// A stretch of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatePart {
    /// As it stands.
    Text(String),
    /// What stands for something else.
    Of(Reference),
    /// What stands for something else, or for nothing where it leads nowhere: `{service?}`.
    Maybe(Reference),
}

/// What a template can refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// An input of the runbook.
    Input(String),
    /// The name of the alert it was begun from.
    AlertName,
    /// The service that alert is about.
    AlertService,
    /// A label of that alert.
    AlertLabel(String),
    /// An annotation of that alert.
    AlertAnnotation(String),
    /// The context's name.
    ContextName,
    /// The context's region.
    ContextRegion,
    /// What an earlier step found.
    Step {
        /// The position of the step.
        step: usize,
        /// What of it.
        field: StepField,
    },
    /// A service of the fleet, for the default of an input.
    Fleet(FleetPick),
}

/// What a template can take from an earlier step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepField {
    /// What it came to.
    State,
    /// Its answer in one line.
    Summary,
    /// The first cause it named.
    Cause,
    /// A fact it found.
    Fact(String),
}

/// A way to pick a service when nobody named one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetPick {
    /// The one whose signal is highest.
    Highest(Signal),
    /// The one whose deployment is in trouble; else the newest deployment's.
    Deployment,
    /// The one in the worst state.
    Worst,
}

impl FleetPick {
    /// Every way by what stands behind `fleet.` in a reference.
    pub const NAMES: [(Self, &'static str); 6] = [
        (Self::Highest(Signal::Cpu), "highest-cpu"),
        (Self::Highest(Signal::Memory), "highest-memory"),
        (Self::Highest(Signal::Errors), "highest-errors"),
        (Self::Highest(Signal::LatencyP95), "highest-latency"),
        (Self::Deployment, "deployment"),
        (Self::Worst, "worst"),
    ];

    /// What stands behind `fleet.` in a reference.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(pick, _)| *pick == self).map_or("worst", |(_, name)| name)
    }

    /// Why it was this one, in a few words.
    pub fn why(self) -> String {
        match self {
            Self::Highest(signal) => format!("it has the highest {}", signal.word()),
            Self::Deployment => "its deployment is in trouble, or the newest".to_owned(),
            Self::Worst => "it is in the worst state".to_owned(),
        }
    }
}

impl Template {
    /// What it refers to, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter_map(|part| match part {
            TemplatePart::Of(reference) | TemplatePart::Maybe(reference) => Some(reference),
            TemplatePart::Text(_) => None,
        })
    }

    /// Whether it is one reference that may lead nowhere, and nothing else: an option of that value is then left out.
    pub fn may_be_left_out(&self) -> bool {
        matches!(self.parts.as_slice(), [TemplatePart::Maybe(_)])
    }

    /// The text, where it refers to nothing.
    pub fn literal(&self) -> Option<String> {
        self.references().next().is_none().then(|| {
            self.parts
                .iter()
                .map(|part| match part {
                    TemplatePart::Text(text) => text.as_str(),
                    TemplatePart::Of(_) | TemplatePart::Maybe(_) => "",
                })
                .collect()
        })
    }
}

impl fmt::Display for Reference {
    /// As a person says it: what is missing when it leads nowhere.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(name) => write!(f, "the {name}"),
            Self::AlertName => f.write_str("the alert"),
            Self::AlertService => f.write_str("the alert's service"),
            Self::AlertLabel(label) => write!(f, "the alert's label {label}"),
            Self::AlertAnnotation(name) => write!(f, "the alert's annotation {name}"),
            Self::ContextName => f.write_str("the context"),
            Self::ContextRegion => f.write_str("the region"),
            Self::Step { field, .. } => match field {
                StepField::State => f.write_str("what an earlier step came to"),
                StepField::Summary => f.write_str("what an earlier step said"),
                StepField::Cause => f.write_str("the cause an earlier step named"),
                StepField::Fact(name) => write!(f, "the {name} an earlier step found"),
            },
            Self::Fleet(_) => f.write_str("a service of the fleet"),
        }
    }
}

/// A runbook's own words for a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseWords {
    /// The cause, as checks name it.
    pub name: String,
    /// What it means.
    pub means: Template,
    /// What to do about it, where that is not what the check says.
    pub next: Option<Template>,
}

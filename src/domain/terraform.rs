//! A run of Terraform or OpenTofu, folded from what it reports: what it means to do, what it is doing, what went wrong.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Made.
    Create,
    /// Changed in place.
    Update,
    /// Destroyed and made anew, in either order.
    Replace,
    /// Destroyed.
    Delete,
    /// Taken into the state as it is.
    Import,
    /// Known under another address.
    Move,
    /// No longer managed, and left as it is.
    Forget,
    /// Only read.
    Read,
    /// Something this program does not know.
    Other,
}

impl Action {
    /// Reads the word of the machine-readable output.
    pub fn named(word: &str) -> Self {
        match word {
            "create" => Self::Create,
            "update" => Self::Update,
            "replace" => Self::Replace,
            "delete" => Self::Delete,
            "import" => Self::Import,
            "move" => Self::Move,
            "remove" | "forget" => Self::Forget,
            "read" | "noop" | "no-op" => Self::Read,
            _ => Self::Other,
        }
    }

    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "destroy",
            Self::Import => "import",
            Self::Move => "move",
            Self::Forget => "forget",
            Self::Read => "read",
            Self::Other => "other",
        }
    }

    /// The sign shown before an address, as Terraform itself writes it.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Update => "~",
            Self::Replace => "±",
            Self::Delete => "-",
            Self::Import | Self::Move | Self::Forget => ">",
            Self::Read | Self::Other => " ",
        }
    }

    /// Whether it changes something in the world.
    pub const fn alters(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Replace | Self::Delete | Self::Other)
    }
}

/// A resource that will be changed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedChange {
    /// Its address.
    pub address: String,
    /// What will be done.
    pub action: Action,
    /// Why (`replace_because_cannot_update`), where it is said.
    pub reason: Option<String>,
}

/// A resource that is being changed, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRun {
    /// Its address.
    pub address: String,
    /// What is done.
    pub action: Action,
    /// When that began.
    pub began: Timestamp,
    /// How it stands.
    pub state: ResourceState,
}

/// How a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceState {
    /// Under way.
    Running,
    /// Done, after this time.
    Done(Duration),
    /// It failed, after this time.
    Failed(Duration),
}

/// How serious a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// The run goes on.
    Warning,
    /// It failed.
    Error,
}

/// Something that Terraform has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How serious.
    pub gravity: Gravity,
    /// In one line.
    pub summary: String,
    /// More of it, as lines.
    pub detail: Vec<String>,
    /// The resource it is about.
    pub address: Option<String>,
    /// `file:line:column`.
    pub place: Option<String>,
}

/// Who holds the lock on the state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The lock's id, for `force-unlock`.
    pub id: String,
    /// What of.
    pub path: String,
    /// What they do (`apply`).
    pub operation: String,
    /// Who, as `user@host`.
    pub who: String,
    /// Since when.
    pub created: Option<Timestamp>,
}

impl Diagnostic {
    /// The lock that somebody else holds, where this says so.
    pub fn lock(&self) -> Option<Lock> {
        let summary = self.summary.to_ascii_lowercase();
        let is_held = ["acquiring the state lock", "locking state", "locking the state"]
            .iter()
            .any(|words| summary.contains(words) && !summary.contains("unlock"));
        let lock = self.lock_info();
        (is_held && !lock.id.is_empty()).then_some(lock)
    }

    /// The run's own lock, where this says that it was not let go of. Its id may not be told.
    pub fn unreleased(&self) -> Option<Lock> {
        let summary = self.summary.to_ascii_lowercase();
        ["releasing the state lock", "unlocking state", "unlocking the state"]
            .iter()
            .any(|words| summary.contains(words))
            .then(|| self.lock_info())
    }

    /// Whether this says that what was done is not in the state.
    pub fn is_unsaved_state(&self) -> bool {
        let summary = self.summary.to_ascii_lowercase();
        let starts = ["failed to save state", "failed to persist state", "failed to create local state file"];
        starts.iter().any(|start| summary.contains(start)) || self.leaves_a_state()
    }

    /// Whether this says that the state was left in [`LEFT_STATE`].
    pub fn leaves_a_state(&self) -> bool {
        self.detail.iter().any(|line| line.contains(LEFT_STATE))
    }

    /// What is told of a lock.
    fn lock_info(&self) -> Lock {
        let mut lock = Lock::default();
        for line in &self.detail {
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match key.trim() {
                "ID" => value.clone_into(&mut lock.id),
                "Path" => value.clone_into(&mut lock.path),
                "Operation" => lock.operation = value.trim_start_matches("OperationType").to_ascii_lowercase(),
                "Who" => value.clone_into(&mut lock.who),
                "Created" => lock.created = lock_time(value),
                _ => {}
            }
        }
        lock
    }
}

/// The file in which the program leaves a state that it could not save.
pub const LEFT_STATE: &str = "errored.tfstate";

/// Go's way of printing a time: `2026-11-22 09:02:14.123456789 +0000 UTC`.
fn lock_time(text: &str) -> Option<Timestamp> {
    let mut parts = text.split_whitespace();
    let (day, clock, offset) = (parts.next()?, parts.next()?, parts.next()?);
    format!("{day}T{clock}{offset}").parse().ok().or_else(|| {
        let (hours, minutes) = offset.split_at_checked(3)?;
        format!("{day}T{clock}{hours}:{minutes}").parse().ok()
    })
}

/// How many resources are made, changed and destroyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Made.
    pub add: u64,
    /// Changed.
    pub change: u64,
    /// Destroyed.
    pub remove: u64,
    /// Imported.
    pub import: u64,
}

/// One thing that Terraform reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TerraformEvent {
    /// Which program, and which version of its output.
    Version {
        /// `terraform` or `tofu`.
        program: &'static str,
        /// Its version.
        version: String,
        /// The version of the output; the part before the point counts.
        ui: String,
    },
    /// A resource differs from what the state says.
    Drift(PlannedChange),
    /// A resource will be changed.
    Planned(PlannedChange),
    /// How much in all; of the plan, or of what was done.
    Summary {
        /// How much.
        tally: Tally,
        /// Whether it was done rather than planned.
        is_done: bool,
    },
    /// A resource begins to be changed.
    Began {
        /// Its address.
        address: String,
        /// What is done.
        action: Action,
    },
    /// A resource is still being changed.
    Goes {
        /// Its address.
        address: String,
    },
    /// A resource is done.
    Done {
        /// Its address.
        address: String,
        /// What was done.
        action: Action,
        /// How long it took, as the program says.
        took: Option<Duration>,
    },
    /// A resource failed.
    Failed {
        /// Its address.
        address: String,
        /// What was tried.
        action: Action,
        /// How long it took, as the program says.
        took: Option<Duration>,
    },
    /// Something to say.
    Diagnostic(Diagnostic),
    /// A line without further meaning (`Refreshing state...`).
    Remark(String),
    /// A kind of message that this program does not know; it is counted and otherwise ignored.
    Unknown(String),
    /// A line that is no message at all.
    Garbled(String),
}

/// The most diagnostics that are kept: nobody reads more, and a run may have no end of warnings.
const MOST_DIAGNOSTICS: usize = 1000;

/// Everything that is known of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TerraformRun {
    /// Program and version, once it said so.
    pub program: Option<(&'static str, String)>,
    /// What differs from the state.
    pub drift: Vec<PlannedChange>,
    /// What will be changed.
    pub planned: Vec<PlannedChange>,
    /// Whether outputs are planned to change.
    pub outputs_change: bool,
    /// What is changed, in the order it began.
    pub resources: Vec<ResourceRun>,
    /// What it had to say.
    pub diagnostics: Vec<Diagnostic>,
    /// How much is planned.
    pub plan: Option<Tally>,
    /// How much was done.
    pub done: Option<Tally>,
    /// The last remark that says what was wrong.
    pub remark: Option<String>,
    /// Kinds of messages that were not known, with how many there were.
    pub unknown: BTreeMap<String, u64>,
    /// Lines that were no messages.
    pub garbled: u64,
    places: BTreeMap<String, usize>,
    seen: HashSet<(String, Action)>,
    /// How many of the resources that alter something are done.
    altered: usize,
}

impl TerraformRun {
    /// A run whose plan is known beforehand.
    pub fn of_plan(planned: Vec<PlannedChange>) -> Self {
        let seen = planned.iter().map(|change| (change.address.clone(), change.action)).collect();
        Self { planned, seen, ..Self::default() }
    }

    /// Takes in one event that was seen `now`.
    pub fn take(&mut self, event: TerraformEvent, now: Timestamp) {
        match event {
            TerraformEvent::Version { program, version, .. } => self.program = Some((program, version)),
            TerraformEvent::Drift(change) => self.drift.push(change),
            TerraformEvent::Planned(change) => {
                if self.seen.insert((change.address.clone(), change.action)) {
                    self.planned.push(change);
                }
            }
            TerraformEvent::Summary { tally, is_done: true } => self.done = Some(tally),
            TerraformEvent::Summary { tally, .. } => self.plan = Some(tally),
            TerraformEvent::Began { address, action } => self.begin(address, action, now),
            TerraformEvent::Goes { address } => {
                // Heartbeats of a beginning that was missed.
                if !self.places.contains_key(&address) {
                    self.begin(address, Action::Other, now);
                }
            }
            TerraformEvent::Done { address, action, took } => {
                self.end(&address, action, took, now, ResourceState::Done);
            }
            TerraformEvent::Failed { address, action, took } => {
                self.end(&address, action, took, now, ResourceState::Failed);
            }
            TerraformEvent::Diagnostic(diagnostic) => {
                let has_room = self.diagnostics.len() < MOST_DIAGNOSTICS || diagnostic.gravity == Gravity::Error;
                if has_room && !self.diagnostics.contains(&diagnostic) {
                    self.diagnostics.push(diagnostic);
                }
            }
            TerraformEvent::Remark(text) => self.remark = explanation(text).or_else(|| self.remark.take()),
            TerraformEvent::Unknown(kind) => *self.unknown.entry(kind).or_default() += 1,
            TerraformEvent::Garbled(_) => self.garbled += 1,
        }
    }

    fn begin(&mut self, address: String, action: Action, now: Timestamp) {
        self.places.insert(address.clone(), self.resources.len());
        self.resources.push(ResourceRun { address, action, began: now, state: ResourceState::Running });
    }

    fn end(
        &mut self,
        address: &str,
        action: Action,
        took: Option<Duration>,
        now: Timestamp,
        how: fn(Duration) -> ResourceState,
    ) {
        // A beginning that was missed: of all of it, or of the second half of a replacement.
        let known = self.places.get(address).and_then(|place| self.resources.get(*place));
        let is_known = |one: &ResourceRun| one.state == ResourceState::Running || one.action == action;
        if !known.is_some_and(is_known) {
            self.begin(address.to_owned(), action, now);
        }
        if let Some(resource) = self.places.get(address).and_then(|place| self.resources.get_mut(*place)) {
            let seen = now.duration_since(resource.began).unsigned_abs();
            let was_done = matches!(resource.state, ResourceState::Done(_));
            resource.state = how(took.unwrap_or(seen));
            let is_done = matches!(resource.state, ResourceState::Done(_));
            self.altered += usize::from(is_done && !was_done && resource.action.alters());
        }
    }

    /// How many resources are to be changed, and how many of them are done. The first is never less than the second.
    pub fn progress(&self) -> (usize, usize) {
        // A resource that is replaced is destroyed and made: two endings of one plan.
        let steps = |change: &PlannedChange| match change.action {
            Action::Replace => 2,
            action => usize::from(action.alters()),
        };
        (self.planned.iter().map(steps).sum::<usize>().max(self.altered), self.altered)
    }

    /// Resources under way, in the order they began.
    pub fn under_way(&self) -> impl Iterator<Item = &ResourceRun> {
        self.resources.iter().filter(|resource| resource.state == ResourceState::Running)
    }

    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.gravity == Gravity::Error)
    }

    /// The lock that stood in the way; none where something was begun all the same.
    pub fn lock(&self) -> Option<Lock> {
        let was_begun = !self.resources.is_empty() || self.done.is_some();
        self.diagnostics.iter().filter(|_| !was_begun).find_map(Diagnostic::lock)
    }

    /// What it said was wrong, in its own words: its first error, else the last line that explains.
    pub fn said(&self) -> Option<&str> {
        self.errors().next().map(|error| error.summary.as_str()).or(self.remark.as_deref())
    }
}

/// The parts of the stack a person thinks in, in the order they are shown.
pub const COMPONENTS: [&str; 12] = [
    "prometheus",
    "grafana",
    "alertmanager",
    "cloudwatch exporter",
    "loki",
    "load balancer",
    "dns and certificate",
    "storage",
    "backup",
    "network",
    "permissions",
    "rest",
];

/// Which part of the stack a resource belongs to: by its name, else by its type.
pub fn component(address: &str) -> &'static str {
    let mut parts = address.split('.').skip_while(|part| *part == "module");
    let mut kind = parts.next().unwrap_or_default();
    // module.NAME.TYPE.REST: what follows a module's name is a type again.
    while !kind.contains('_') {
        match parts.next() {
            Some("module") => {}
            Some(next) => kind = next,
            None => break,
        }
    }
    let name = address.split(kind).nth(1).unwrap_or_default();
    let named = [
        ("alertmanager", "alertmanager"),
        ("exporter", "cloudwatch exporter"),
        ("prometheus", "prometheus"),
        ("grafana", "grafana"),
        ("loki", "loki"),
    ];
    let typed = [
        ("aws_lb", "load balancer"),
        ("aws_efs", "storage"),
        ("aws_backup", "backup"),
        ("aws_route53", "dns and certificate"),
        ("aws_acm", "dns and certificate"),
        ("aws_service_discovery", "dns and certificate"),
        ("aws_security_group", "network"),
        ("aws_vpc", "network"),
        ("aws_iam", "permissions"),
    ];
    let by_type = typed.iter().find(|(start, _)| kind.starts_with(start)).map(|(_, component)| *component);
    // A rule between two groups names both; it is the network's.
    if by_type == Some("network") {
        return "network";
    }
    named.iter().find(|(word, _)| name.contains(word)).map(|(_, component)| *component).or(by_type).unwrap_or("rest")
}

/// What a line beside the report says of what was wrong. Any other may be what some program printed, secrets among it.
fn explanation(text: String) -> Option<String> {
    let lower = text.trim_start().to_ascii_lowercase();
    let is_crash = ["panic: ", "fatal error: ", "[signal sig"].iter().any(|word| lower.starts_with(word));
    // Those words are the runtime's own; what else panics may say anything.
    let is_plain = lower.starts_with("fatal error: ") || lower.starts_with("panic: runtime error: ");
    if is_crash || lower.contains("terraform crash !") {
        let words = if is_plain { text.trim() } else { "its words are not shown, they may hold what is secret" };
        return Some(format!("it crashed ({words})"));
    }
    ["error", "usage", "invalid", "unsupported", "no "].iter().any(|word| lower.starts_with(word)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn later(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn planned(address: &str, action: Action) -> TerraformEvent {
        TerraformEvent::Planned(PlannedChange { address: address.to_owned(), action, reason: None })
    }

    #[test]
    fn progress_counts_what_alters_and_never_passes_its_end() {
        let mut run = TerraformRun::default();
        run.take(planned("a.x", Action::Create), NOW);
        run.take(planned("a.y", Action::Replace), NOW);
        run.take(planned("a.z", Action::Read), NOW);
        assert_eq!(run.progress(), (3, 0));
        let done = |address: &str, action| TerraformEvent::Done { address: address.to_owned(), action, took: None };
        run.take(TerraformEvent::Began { address: "a.x".to_owned(), action: Action::Create }, NOW);
        run.take(done("a.x", Action::Create), later(7));
        assert_eq!(run.resources[0].state, ResourceState::Done(Duration::from_secs(7)));
        // What was never planned is still told.
        for surprise in ["b.1", "b.2", "b.3"] {
            run.take(done(surprise, Action::Create), later(8));
        }
        assert_eq!(run.progress(), (4, 4));
        assert_eq!(run.under_way().count(), 0);
    }

    #[test]
    fn a_replaced_resource_is_followed_through_both_halves() {
        let mut run = TerraformRun::default();
        for (action, begin, end) in [(Action::Delete, 0, 3), (Action::Create, 3, 10)] {
            run.take(TerraformEvent::Began { address: "a.x".to_owned(), action }, later(begin));
            run.take(TerraformEvent::Done { address: "a.x".to_owned(), action, took: None }, later(end));
        }
        let states: Vec<_> = run.resources.iter().map(|resource| (resource.action, resource.state)).collect();
        let took = |seconds| ResourceState::Done(Duration::from_secs(seconds));
        assert_eq!(states, [(Action::Delete, took(3)), (Action::Create, took(7))]);
    }

    #[test]
    fn a_lock_is_read_from_the_diagnostic_that_tells_of_it() {
        let detail = "Error message: resource temporarily unavailable\nLock Info:\n  ID:        3f9c-21aa\n  Path:      \
                      prod/terraform.tfstate\n  Operation: OperationTypeApply\n  Who:       kim@bastion\n  Version:   \
                      1.11.4\n  Created:   2026-11-22 08:58:01.123456789 +0000 UTC\n  Info:      ";
        let mut diagnostic = Diagnostic {
            gravity: Gravity::Error,
            summary: "Error acquiring the state lock".to_owned(),
            detail: detail.lines().map(str::to_owned).collect(),
            address: None,
            place: None,
        };
        let lock = diagnostic.lock().unwrap();
        assert_eq!(
            (lock.id.as_str(), lock.who.as_str(), lock.operation.as_str()),
            ("3f9c-21aa", "kim@bastion", "apply")
        );
        assert_eq!(lock.created.unwrap().to_string(), "2026-11-22T08:58:01.123456789Z");
        for (summary, is_held, is_unreleased) in [
            ("Error locking state", true, false),
            ("Error: nothing of the kind", false, false),
            ("Error releasing the state lock", false, true),
            ("Error unlocking state", false, true),
        ] {
            summary.clone_into(&mut diagnostic.summary);
            assert_eq!(
                (diagnostic.lock().is_some(), diagnostic.unreleased().is_some()),
                (is_held, is_unreleased),
                "{summary}"
            );
        }
    }

    #[test]
    fn what_explains_is_kept_and_what_a_crash_says_only_where_the_runtime_says_it() {
        for (line, expected) in [
            ("Error: no such thing", Some("Error: no such thing")),
            (
                "panic: runtime error: invalid memory address",
                Some("it crashed (panic: runtime error: invalid memory address)"),
            ),
            ("panic: hunter2", Some("it crashed (its words are not shown, they may hold what is secret)")),
            ("goroutine 1 [running]:", None),
            ("2026-11-23 [ERROR] body={hunter2}", None),
        ] {
            assert_eq!(explanation(line.to_owned()).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn every_resource_belongs_to_a_part_a_person_thinks_in() {
        for (address, expected) in [
            ("aws_ecs_service.prometheus", "prometheus"),
            ("module.monitoring.aws_ecs_service.this[\"grafana\"]", "grafana"),
            ("module.a.module.b.aws_efs_access_point.prometheus", "prometheus"),
            ("aws_efs_file_system.this", "storage"),
            ("aws_lb_listener.https", "load balancer"),
            ("aws_acm_certificate.this[0]", "dns and certificate"),
            ("aws_vpc_security_group_ingress_rule.prometheus_from_grafana", "network"),
            ("aws_iam_role.execution", "permissions"),
            ("aws_cloudwatch_log_group.cloudwatch_exporter", "cloudwatch exporter"),
            ("random_id.x", "rest"),
            ("", "rest"),
        ] {
            assert_eq!(component(address), expected, "{address}");
            assert!(COMPONENTS.contains(&component(address)));
        }
    }
}

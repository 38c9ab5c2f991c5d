//! What was planned and done with the stack, as one JSON document.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::Trouble;
use crate::cost::PlanBill;
use crate::domain::terraform::component;
use crate::domain::{
    Action, ChangePlace, Consent, Diagnostic, Gravity, Outcome, PlannedChange, ResourceRun, ResourceState,
    TerraformRun, amounts,
};

/// The form of the document. Fields may be added to it; what is there keeps its meaning.
pub const SCHEMA: &str = "rounds.provision/1";

/// A plan or a run. Holds no value of any resource: those may be secret.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// `plan`, `apply` or `destroy`.
    pub operation: &'a str,
    /// The root module.
    pub folder: &'a Path,
    /// Where, once that is known.
    pub place: Option<&'a ChangePlace>,
    /// Everything the program said.
    pub run: &'a TerraformRun,
    /// The cost before and after, or why it is not known.
    pub cost: Option<&'a Result<PlanBill, String>>,
    /// The yes to it.
    pub consent: Option<&'a Consent>,
    /// How it ended.
    pub outcome: Option<&'a Outcome>,
    /// Why it did not do what was asked.
    pub error: Option<Trouble<'a>>,
    /// The exit code.
    pub exit_code: u8,
}

impl<'a> Document<'a> {
    /// With nothing but what the program said.
    pub const fn of(operation: &'a str, folder: &'a Path, run: &'a TerraformRun) -> Self {
        Self {
            operation,
            folder,
            place: None,
            run,
            cost: None,
            consent: None,
            outcome: None,
            error: None,
            exit_code: 0,
        }
    }

    /// As JSON.
    pub fn json(&self, now: Timestamp) -> String {
        super::json(&self.wire(now))
    }

    fn wire(&self, now: Timestamp) -> Wire<'a> {
        let run = self.run;
        let count = |actions: &[Action]| run.planned.iter().filter(|change| actions.contains(&change.action)).count();
        let (steps, done) = run.progress();
        Wire {
            schema: SCHEMA,
            at: now,
            operation: self.operation,
            folder: self.folder.display().to_string(),
            environment: self.place.map(|place| place.context.as_str()),
            production: self.place.map(|place| place.production),
            region: self.place.and_then(|place| place.region.as_deref()),
            program: run.program.as_ref().map(|(name, version)| Program { name, version }),
            plan: Planned {
                create: count(&[Action::Create]),
                change: count(&[Action::Update, Action::Other]),
                replace: count(&[Action::Replace]),
                destroy: count(&[Action::Delete]),
                outputs_change: run.outputs_change,
                changes: run.planned.iter().map(ChangeLine::of).collect(),
                drift: run.drift.iter().map(ChangeLine::of).collect(),
                data_that_dies: crate::report::terraform::data_that_dies(&run.planned)
                    .into_iter()
                    .map(|(address, what)| Data { address, what })
                    .collect(),
            },
            cost: self.cost.map(Cost::of),
            consent: self.consent,
            progress: Steps { steps, done },
            resources: run.resources.iter().map(ResourceLine::of).collect(),
            diagnostics: run.diagnostics.iter().map(DiagnosticLine::of).collect(),
            lock: run.lock().map(|lock| LockLine {
                id: lock.id,
                path: lock.path,
                operation: lock.operation,
                who: lock.who,
                since: lock.created,
            }),
            unknown_messages: &run.unknown,
            garbled_lines: run.garbled,
            outcome: self.outcome,
            refused: self
                .error
                .filter(|_| self.outcome.is_none())
                .map(|Trouble { what: why, hint, .. }| Refused { why, hint }),
            error: self.error,
            exit_code: self.exit_code,
        }
    }
}

/// Its JSON Schema.
pub fn schema() -> serde_json::Value {
    super::schema::<Wire<'_>>()
}

/// A plan of the stack, or a run of it.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(title = "Provision", extend("$id" = "rounds/provision/1"))]
struct Wire<'a> {
    /// The version of this form: `rounds.provision/1`.
    schema: &'static str,
    /// When it was written.
    #[schemars(with = "String")]
    at: Timestamp,
    /// `plan`, `apply` or `destroy`.
    operation: &'a str,
    /// The folder of the root module.
    folder: String,
    /// The environment, once it is known.
    environment: Option<&'a str>,
    /// Whether that is production, once it is known.
    production: Option<bool>,
    /// The region, where the plan says it.
    region: Option<&'a str>,
    /// What was driven.
    program: Option<Program<'a>>,
    /// What would be done.
    plan: Planned<'a>,
    /// What it costs a month; nothing where the plan holds nothing of AWS.
    cost: Option<Cost<'a>>,
    /// The yes to it, where there was one.
    consent: Option<&'a Consent>,
    /// How far it came.
    progress: Steps,
    /// Resources that were begun, in that order.
    resources: Vec<ResourceLine<'a>>,
    /// What the program had to say.
    diagnostics: Vec<DiagnosticLine<'a>>,
    /// The lock that stood in the way.
    lock: Option<LockLine>,
    /// Kinds of messages that were not known, with how many there were.
    unknown_messages: &'a BTreeMap<String, u64>,
    /// Lines that were no messages.
    garbled_lines: u64,
    /// How it ended, where it was begun.
    outcome: Option<&'a Outcome>,
    /// Why it was not begun: nothing was changed.
    refused: Option<Refused<'a>>,
    /// Why it did not do what was asked, begun or not; nothing where it did.
    error: Option<Trouble<'a>>,
    /// The exit code: 0 planned or done, 1 stopped, 2 failed or not known how it ended, 3 could not begin: nothing was
    /// changed.
    exit_code: u8,
}

/// What was driven.
#[derive(Serialize, schemars::JsonSchema)]
struct Program<'a> {
    /// `terraform` or `tofu`.
    name: &'a str,
    /// Its version.
    version: &'a str,
}

/// What would be done.
#[derive(Serialize, schemars::JsonSchema)]
struct Planned<'a> {
    /// How many resources are made.
    create: usize,
    /// How many are changed in place.
    change: usize,
    /// How many are destroyed and made anew.
    replace: usize,
    /// How many are destroyed.
    destroy: usize,
    /// Whether outputs change and nothing else.
    outputs_change: bool,
    /// Each of them.
    changes: Vec<ChangeLine<'a>>,
    /// What was changed outside of it.
    drift: Vec<ChangeLine<'a>>,
    /// What of the data would be gone for good.
    data_that_dies: Vec<Data>,
}

/// A resource to be changed.
#[derive(Serialize, schemars::JsonSchema)]
struct ChangeLine<'a> {
    /// Its address.
    address: &'a str,
    /// The part of the stack it belongs to.
    component: &'static str,
    /// What is done.
    action: &'static str,
    /// Why, where it is said.
    reason: Option<&'a str>,
}

impl<'a> ChangeLine<'a> {
    fn of(change: &'a PlannedChange) -> Self {
        let (component, action) = (component(&change.address), change.action.word());
        Self { address: &change.address, component, action, reason: change.reason.as_deref() }
    }
}

/// Data that would be gone.
#[derive(Serialize, schemars::JsonSchema)]
struct Data {
    /// The resource.
    address: String,
    /// What it holds.
    what: &'static str,
}

/// The monthly cost.
#[derive(Serialize, schemars::JsonSchema)]
struct Cost<'a> {
    /// Before, as money; `LEAST-MOST` where it is known within limits.
    before: Option<String>,
    /// After, likewise.
    after: Option<String>,
    /// Kinds of resources without a price.
    unpriced: Vec<Unpriced<'a>>,
    /// Why it is not known.
    unknown: Option<&'a str>,
}

impl<'a> Cost<'a> {
    fn of(cost: &'a Result<PlanBill, String>) -> Self {
        match cost {
            Ok(bill) => Self {
                before: Some(amounts(bill.before.total())),
                after: Some(amounts(bill.after.total())),
                unpriced: bill.unpriced.iter().map(|(kind, count)| Unpriced { kind, count: *count }).collect(),
                unknown: None,
            },
            Err(why) => Self { before: None, after: None, unpriced: Vec::new(), unknown: Some(why) },
        }
    }
}

/// A kind of resource without a price.
#[derive(Serialize, schemars::JsonSchema)]
struct Unpriced<'a> {
    /// The kind.
    #[serde(rename = "type")]
    kind: &'a str,
    /// How many.
    count: usize,
}

/// How far it came.
#[derive(Serialize, schemars::JsonSchema)]
struct Steps {
    /// Steps in all; a replacement is two.
    steps: usize,
    /// Steps done.
    done: usize,
}

/// A resource that was begun.
#[derive(Serialize, schemars::JsonSchema)]
struct ResourceLine<'a> {
    /// Its address.
    address: &'a str,
    /// The part of the stack it belongs to.
    component: &'static str,
    /// What is done.
    action: &'static str,
    /// When that began.
    #[schemars(with = "String")]
    began: Timestamp,
    /// `running` (its end was not seen), `done` or `failed`.
    state: &'static str,
    /// How long it took.
    seconds: Option<f64>,
}

impl<'a> ResourceLine<'a> {
    fn of(one: &'a ResourceRun) -> Self {
        let (state, seconds) = match one.state {
            ResourceState::Running => ("running", None),
            ResourceState::Done(took) => ("done", Some(took.as_secs_f64())),
            ResourceState::Failed(took) => ("failed", Some(took.as_secs_f64())),
        };
        let (component, action) = (component(&one.address), one.action.word());
        Self { address: &one.address, component, action, began: one.began, state, seconds }
    }
}

/// What the program had to say.
#[derive(Serialize, schemars::JsonSchema)]
struct DiagnosticLine<'a> {
    /// `warning` or `error`.
    severity: &'static str,
    /// In one line.
    summary: &'a str,
    /// More of it.
    detail: &'a [String],
    /// The resource it is about.
    address: Option<&'a str>,
    /// `file:line:column`.
    place: Option<&'a str>,
}

impl<'a> DiagnosticLine<'a> {
    fn of(one: &'a Diagnostic) -> Self {
        let severity = match one.gravity {
            Gravity::Warning => "warning",
            Gravity::Error => "error",
        };
        let (address, place) = (one.address.as_deref(), one.place.as_deref());
        Self { severity, summary: &one.summary, detail: &one.detail, address, place }
    }
}

/// The lock that stood in the way.
#[derive(Serialize, schemars::JsonSchema)]
struct LockLine {
    /// Its id.
    id: String,
    /// What of.
    path: String,
    /// What they do (`apply`).
    operation: String,
    /// Who, as `user@host`.
    who: String,
    /// Since when, where it is said.
    #[schemars(with = "Option<String>")]
    since: Option<Timestamp>,
}

/// Why it was not begun.
#[derive(Serialize, schemars::JsonSchema)]
struct Refused<'a> {
    /// Why.
    why: &'a str,
    /// The next step.
    hint: Option<&'a str>,
}

//! The dialog before a change: what it would do, what speaks against it, and a person's yes. Nothing is done without it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{Change, Consent, GateState, ObjectionKind, Plan, PlanOptions, Refusal};

use super::Line;

/// The longest a silence tied to a change holds.
pub const TIED_SILENCE: Duration = Duration::from_mins(15);

/// The dialog. It belongs to the context it was opened in.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// Tells the answer to this question from one that was given up.
    pub(super) ask: u64,
    /// What was asked for.
    pub(super) change: Change,
    /// With what.
    pub options: PlanOptions,
    /// What the screen knows of the task it is about (`its target is down`).
    pub seen: Option<String>,
    /// How far it is.
    pub stage: ConfirmStage,
    /// The first line shown of a plan that is longer than the screen.
    pub top: usize,
}

/// How far the dialog is.
#[derive(Debug, Clone)]
pub enum ConfirmStage {
    /// The plan is being made.
    Planning,
    /// It was refused, or what was confirmed was.
    Refused(Refusal),
    /// It is there.
    Planned(Box<Planned>),
}

/// A plan that waits for a yes.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Objections accepted.
    pub accepted: Vec<ObjectionKind>,
    /// What is typed, where the plan asks for that.
    pub line: Line,
    /// Whether yes is chosen; no is what one begins with.
    pub yes: bool,
    /// Why the last yes was none.
    pub complaint: Option<String>,
    /// How old the facts are that it rests on, in steps of five seconds.
    pub age: Duration,
}

impl Planned {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self { plan, accepted: Vec::new(), line: Line::default(), yes: false, complaint: None, age: Duration::ZERO }
    }

    /// Accepts an objection, or takes that back. Says whether there is such a one.
    pub(super) fn accept(&mut self, kind: ObjectionKind) -> bool {
        if !kind.can_be_accepted() || !self.plan.objections.iter().any(|objection| objection.kind == kind) {
            return false;
        }
        if let Some(position) = self.accepted.iter().position(|accepted| *accepted == kind) {
            self.accepted.remove(position);
        } else {
            self.accepted.push(kind);
        }
        self.complaint = None;
        true
    }

    /// Whether something speaks against it that nobody can accept.
    pub fn is_hopeless(&self) -> bool {
        self.plan.objections.iter().any(|objection| !objection.kind.can_be_accepted())
    }

    /// How old the facts are, moved in steps. Says whether that changed.
    pub(super) fn advance(&mut self, now: Timestamp) -> bool {
        let passed = now.duration_since(self.plan.made_at).as_secs().max(0).unsigned_abs();
        let age = Duration::from_secs(passed - passed % 5);
        std::mem::replace(&mut self.age, age) != age
    }

    /// The yes, if it is one at `now`; else why not.
    pub(super) fn consent(&self, gate: &GateState, now: Timestamp) -> Result<Consent, String> {
        if !gate.lets_pass(now) {
            return Err(match gate {
                GateState::ReadOnly { by } => format!("read-only ({by}): nothing can be changed"),
                _ => "production is no longer armed: leave, arm it, and plan anew".to_owned(),
            });
        }
        if let Some(objection) = self.plan.unaccepted(&self.accepted).next() {
            return Err(match accept_key(objection.kind) {
                Some(key) => format!("accept with {key} what speaks against it, or leave it"),
                None => "it cannot be done".to_owned(),
            });
        }
        let typed = self.line.text();
        match &self.plan.typed {
            Some(wanted) if typed != wanted => {
                Err(if typed.is_empty() { format!("type {wanted}") } else { format!("\"{typed}\" is not {wanted}") })
            }
            Some(_) => Ok(self.given(Some(typed.to_owned()), "typed")),
            None => Ok(self.given(None, "key")),
        }
    }

    fn given(&self, typed: Option<String>, by: &str) -> Consent {
        Consent { typed, accepted: self.accepted.clone(), by: by.to_owned() }
    }
}

/// The key that accepts an objection: with ctrl, so that no name that is typed can do it.
pub const fn accept_key(kind: ObjectionKind) -> Option<&'static str> {
    match kind {
        ObjectionKind::Downtime => Some("ctrl-d"),
        ObjectionKind::Rolling => Some("ctrl-f"),
        ObjectionKind::Unknown | ObjectionKind::Pointless | ObjectionKind::Unsupported | ObjectionKind::ReadOnly => {
            None
        }
    }
}

//! The door for changes of the stack: the same gate, the same consent and the same journal as every other change, with
//! Terraform's saved plan in place of a call.

use jiff::Timestamp;

use crate::domain::journal::{CallResult, Event, Record, VERSION};
use crate::domain::{Change, ChangePlace, Consent, Outcome, Plan, PlanLine, ProvisionOperation, Refusal, Stage};
use crate::domain::{StageProgress, StageState};
use crate::exec::journal::JournalError;
use crate::exec::{Gate, Outfit, objections};

/// How long a production environment stays armed once its name was given: for this one run.
const ARMED: std::time::Duration = std::time::Duration::from_mins(10);

/// The door of one environment.
#[derive(Debug)]
pub struct StackDoor {
    outfit: Outfit,
    gate: Gate,
    place: ChangePlace,
}

impl StackDoor {
    /// The door of an environment.
    pub fn new(outfit: Outfit, place: ChangePlace) -> Self {
        let gate = Gate::new(place.production, ARMED);
        if let Some(by) = &outfit.forbidden_by {
            gate.forbid(by.clone());
        }
        Self { outfit, gate, place }
    }

    /// The plan as the journal keeps it. `typed` is what must be typed to confirm it.
    pub fn plan(
        &self,
        operation: ProvisionOperation,
        folder: &str,
        lines: Vec<PlanLine>,
        same_as: String,
        typed: Option<String>,
        now: Timestamp,
    ) -> Plan {
        let environment = self.place.context.clone();
        Plan {
            id: new_id(now),
            title: format!("{} the stack of {environment}", operation.word()),
            change: Change::Provision { operation, environment, folder: folder.to_owned() },
            place: self.place.clone(),
            made_at: now,
            lines,
            blast: None,
            objections: Vec::new(),
            same_as: Some(same_as),
            stages: vec![Stage::Call],
            typed,
            basis: String::new(),
            silence: None,
            patience: std::time::Duration::ZERO,
        }
    }

    /// Lets a confirmed plan pass and writes down that it is about to be done. Only after this anything may be changed.
    ///
    /// # Errors
    /// Read-only, not confirmed as it must be, or the journal cannot be written: nothing was changed.
    pub async fn pass(&self, plan: &Plan, consent: &Consent, now: Timestamp) -> Result<(), Refusal> {
        if let Some(wanted) = &plan.typed {
            if consent.typed.as_ref() != Some(wanted) {
                let refusal = Refusal::new(format!("the name must be given: {wanted}; nothing was changed"));
                return Err(refusal.with_hint(format!("type it at the prompt, or --yes --confirm {wanted}")));
            }
            self.gate.arm(now)?;
        }
        self.gate.pass(now)?;
        objections(plan, &consent.accepted)?;
        let intent = Event::Intent { plan: Box::new(plan.clone()), consent: consent.clone() };
        self.write(plan, intent, now)
            .await
            .map_err(|error| Refusal::new(format!("{}: nothing was changed", error.what)).with_hint(error.hint))
    }

    /// Writes down that a plan was not even begun, and why.
    pub async fn decline(&self, plan: &Plan, why: &str, now: Timestamp) {
        let event = Event::Refused { asked: plan.change.clone(), why: why.to_owned() };
        // It was not done, written down or not.
        let _ = self.write(plan, event, now).await;
    }

    /// Writes down a step that changes nothing that runs, and what came of it. What to tell where that cannot be done:
    /// such a step is not held up for it.
    pub async fn step(
        &self,
        operation: ProvisionOperation,
        folder: &str,
        text: String,
        now: Timestamp,
    ) -> Option<String> {
        let asked = Change::Provision { operation, environment: self.place.context.clone(), folder: folder.to_owned() };
        let record = self.record(new_id(now), asked.word(), Event::Step { asked: asked.clone(), text }, now);
        self.outfit.journal.append(&record).await.err().map(|error| error.what)
    }

    /// Writes down how it ended. What to tell of that, if anything.
    pub async fn close(&self, plan: &Plan, outcome: &Outcome, text: &str, now: Timestamp) -> Option<String> {
        let result = match outcome {
            Outcome::NotMade { .. } => CallResult::NotMade,
            Outcome::Unknown { .. } => CallResult::Unknown,
            _ => CallResult::Made,
        };
        let state = if matches!(outcome, Outcome::Verified) { StageState::Done } else { StageState::Failed };
        let stage = StageProgress { stage: Stage::Call, state, text: text.to_owned(), after: None };
        let call = Event::Call { result, text: text.to_owned(), made: None };
        let ends = [call, Event::End { outcome: outcome.clone(), stages: vec![stage] }];
        let mut failed = None;
        for event in ends {
            failed = failed.or(self.write(plan, event, now).await.err().map(|error| error.what));
        }
        failed
    }

    async fn write(&self, plan: &Plan, event: Event, now: Timestamp) -> Result<(), JournalError> {
        self.outfit.journal.append(&self.record(plan.id.clone(), plan.change.word(), event, now)).await
    }

    fn record(&self, id: String, change: &str, event: Event, now: Timestamp) -> Record {
        Record {
            v: VERSION,
            at: now,
            simulated_at: None,
            id,
            context: self.place.context.clone(),
            change: change.to_owned(),
            service: None,
            who: self.outfit.who.clone(),
            event,
        }
    }
}

fn new_id(now: Timestamp) -> String {
    format!("{}-{:06x}", now.strftime("%Y%m%dT%H%M%S.%3fZ"), fastrand::u32(..1 << 24))
}

//! What was planned and done with the stack, as one JSON document, and what is left of it, for people.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::ink::{Ink, Tone};
use crate::cost::PlanBill;
use crate::domain::terraform::component;
use crate::domain::{Action, ChangePlace, Consent, Gravity, Outcome, PlannedChange, ResourceState, TerraformRun};

/// The form of the document. Fields may be added to it; what is there keeps its meaning.
pub const SCHEMA: &str = "rounds.provision/1";

/// Addresses listed of one kind before the rest is only counted.
const LISTED: usize = 20;

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
    /// Why it was not begun, and the next step.
    pub refused: Option<(&'a str, Option<&'a str>)>,
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
            refused: None,
            exit_code: 0,
        }
    }

    /// As JSON.
    pub fn json(&self, now: Timestamp) -> String {
        let run = self.run;
        let resources: Vec<Value> = run
            .resources
            .iter()
            .map(|one| {
                let (state, seconds) = match one.state {
                    ResourceState::Running => ("running", None),
                    ResourceState::Done(took) => ("done", Some(took.as_secs_f64())),
                    ResourceState::Failed(took) => ("failed", Some(took.as_secs_f64())),
                };
                json!({ "address": one.address, "component": component(&one.address), "action": one.action.word(),
                "began": one.began, "state": state, "seconds": seconds })
            })
            .collect();
        let diagnostics: Vec<Value> = run.diagnostics.iter().map(|one| {
            let severity = match one.gravity {
                Gravity::Warning => "warning",
                Gravity::Error => "error",
            };
            json!({ "severity": severity, "summary": one.summary, "detail": one.detail, "address": one.address, "place": one.place })
        }).collect();
        let lock = run.lock().map(|lock| {
            json!({ "id": lock.id, "path": lock.path, "operation": lock.operation, "who": lock.who, "since": lock.created })
        });
        let data: Vec<Value> = super::terraform::data_that_dies(&run.planned)
            .into_iter()
            .map(|(address, what)| json!({ "address": address, "what": what }))
            .collect();
        let (all, done) = run.progress();
        let document = json!({
            "schema": SCHEMA,
            "at": now,
            "operation": self.operation,
            "folder": self.folder.display().to_string(),
            "environment": self.place.map(|place| &place.context),
            "production": self.place.map(|place| place.production),
            "region": self.place.and_then(|place| place.region.as_ref()),
            "program": run.program.as_ref().map(|(name, version)| json!({ "name": name, "version": version })),
            "plan": {
                "create": count(&run.planned, &[Action::Create]),
                "change": count(&run.planned, &[Action::Update, Action::Other]),
                "replace": count(&run.planned, &[Action::Replace]),
                "destroy": count(&run.planned, &[Action::Delete]),
                "changes": changes(&run.planned),
                "drift": changes(&run.drift),
                "data_that_dies": data,
            },
            "cost": self.cost.map(cost),
            "consent": self.consent,
            "progress": { "steps": all, "done": done },
            "resources": resources,
            "diagnostics": diagnostics,
            "lock": lock,
            "unknown_messages": run.unknown,
            "garbled_lines": run.garbled,
            "outcome": self.outcome,
            "refused": self.refused.map(|(why, hint)| json!({ "why": why, "hint": hint })),
            "exit_code": self.exit_code,
        });
        format!("{document:#}\n")
    }
}

fn count(planned: &[PlannedChange], actions: &[Action]) -> usize {
    planned.iter().filter(|change| actions.contains(&change.action)).count()
}

fn changes(planned: &[PlannedChange]) -> Vec<Value> {
    let one = |change: &PlannedChange| {
        json!({ "address": change.address, "component": component(&change.address), "action": change.action.word(),
            "reason": change.reason })
    };
    planned.iter().map(one).collect()
}

fn cost(cost: &Result<PlanBill, String>) -> Value {
    match cost {
        Ok(bill) => {
            let (before, after) = (bill.before.total().1, bill.after.total().1);
            let unpriced: Vec<Value> =
                bill.unpriced.iter().map(|(kind, number)| json!({ "type": kind, "count": number })).collect();
            json!({ "before": before.to_string(), "after": after.to_string(), "unpriced": unpriced, "unknown": null })
        }
        Err(why) => json!({ "before": null, "after": null, "unpriced": [], "unknown": why }),
    }
}

/// What of a plan was done and what was not, told apart by the addresses themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Done, all of it.
    pub done: Vec<String>,
    /// Failed.
    pub failed: Vec<String>,
    /// Begun, and no end was seen.
    pub unfinished: Vec<String>,
    /// Not begun.
    pub left: Vec<String>,
}

impl Account {
    /// Of a run that has ended.
    pub fn of(run: &TerraformRun) -> Self {
        let mut account = Self::default();
        for change in run.planned.iter().filter(|change| change.action.alters()) {
            let steps: Vec<_> = run.resources.iter().filter(|one| one.address == change.address).collect();
            let is = |wanted: fn(ResourceState) -> bool| steps.iter().any(|one| wanted(one.state));
            let ended = steps.iter().filter(|one| matches!(one.state, ResourceState::Done(_))).count();
            let wanted = if change.action == Action::Replace { 2 } else { 1 };
            let list = if is(|state| matches!(state, ResourceState::Failed(_))) {
                &mut account.failed
            } else if is(|state| state == ResourceState::Running) {
                &mut account.unfinished
            } else if ended >= wanted {
                &mut account.done
            } else if ended > 0 {
                &mut account.unfinished
            } else {
                &mut account.left
            };
            list.push(change.address.clone());
        }
        account
    }

    /// How many of each, in one line.
    pub fn summary(&self) -> String {
        let counts = [("failed", &self.failed), ("unfinished", &self.unfinished), ("not begun", &self.left)];
        let rest =
            counts.iter().filter(|(_, list)| !list.is_empty()).map(|(word, list)| format!("{} {word}", list.len()));
        std::iter::once(format!("{} done", self.done.len())).chain(rest).collect::<Vec<_>>().join(", ")
    }

    /// Every address, under what became of it.
    pub fn text(&self, colour: bool) -> String {
        let ink = Ink { colour };
        let mut out = String::new();
        let lists = [
            ("done", &self.done, Tone::Dim),
            ("failed", &self.failed, Tone::Critical),
            ("unfinished", &self.unfinished, Tone::Warning),
            ("not begun", &self.left, Tone::Plain),
        ];
        for (word, list, tone) in lists {
            for address in list.iter().take(LISTED) {
                let _ = writeln!(out, "  {}  {address}", ink.paint(tone, &crate::format::pad_right(word, 10)));
            }
            if list.len() > LISTED {
                let _ = writeln!(out, "  {}  and {} more", crate::format::pad_right(word, 10), list.len() - LISTED);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TerraformEvent;

    #[test]
    fn a_replacement_is_done_only_when_both_halves_are() {
        let change = |address: &str, action| PlannedChange { address: address.to_owned(), action, reason: None };
        let mut run = TerraformRun::of_plan(vec![
            change("a.half", Action::Replace),
            change("a.whole", Action::Create),
            change("a.broken", Action::Update),
            change("a.never", Action::Create),
            change("a.killed", Action::Create),
        ]);
        let now = Timestamp::UNIX_EPOCH;
        let done = |address: &str, action| TerraformEvent::Done { address: address.to_owned(), action, took: None };
        run.take(done("a.half", Action::Delete), now);
        run.take(done("a.whole", Action::Create), now);
        run.take(TerraformEvent::Failed { address: "a.broken".into(), action: Action::Update, took: None }, now);
        run.take(TerraformEvent::Began { address: "a.killed".into(), action: Action::Create }, now);
        let account = Account::of(&run);
        assert_eq!(account.summary(), "1 done, 1 failed, 2 unfinished, 1 not begun");
        assert_eq!(account.unfinished, ["a.half", "a.killed"]);
        assert!(account.text(false).contains("not begun   a.never"));
    }
}

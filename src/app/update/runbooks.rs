//! Runbooks: from what the cursor is on to a run, from a run to a plan.

use jiff::Timestamp;

use crate::domain::{CheckResult, Outcome, Progress, RunDeed};

use super::super::action::Subject as UnderCursor;
use super::super::browser::Browse as _;
use super::super::{Effect, Model, Notice, Offer, Place, RunSubject};
use super::{Lost, changes, go, tell};

/// Shows the runbooks for what the cursor is on.
pub(super) fn offer(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(snapshot) = model.snapshot.clone() else {
        tell(model, Notice::info("nothing is known yet that a runbook could look at"), now);
        return Vec::new();
    };
    // From the runbooks' own screens one asks for all of them.
    let under = UnderCursor::under_cursor(model, &snapshot);
    let subject = RunSubject { alert: under.alert.cloned(), service: under.service.map(|service| service.id.clone()) };
    show(model, subject, now)
}

/// Shows the runbooks for something.
pub(super) fn show(model: &mut Model, subject: RunSubject, now: Timestamp) -> Vec<Effect> {
    model.runbooks.subject = subject;
    model.runbooks.list.release();
    model.runbooks.list.set_filter("");
    let effects = go(model, Place::Runbooks, now);
    model.rebuild(&Place::Runbooks, Lost::Top);
    effects
}

/// Opens the line the cursor is on: begins a run, or goes where it leads.
pub(super) fn open_offer(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    match model.runbooks.list.selected().map(|row| row.item.clone()) {
        Some(Offer::Runbook(position, _)) => {
            let Some(snapshot) = model.snapshot.clone() else { return Vec::new() };
            match model.runbooks.begin(position, &snapshot, now) {
                Ok(run) => {
                    let mut effects = go(model, Place::Run(run), now);
                    effects.extend(go_on(model, run, now));
                    effects
                }
                Err(why) => {
                    tell(model, Notice::warning(why), now);
                    Vec::new()
                }
            }
        }
        Some(Offer::Service(id)) => go(model, Place::Service(id), now),
        Some(Offer::Run(run)) => go(model, Place::Run(run), now),
        None => Vec::new(),
    }
}

/// Goes through the same runbook for the same once more.
pub(super) fn again(model: &mut Model, run: u64, now: Timestamp) -> Vec<Effect> {
    let Some(snapshot) = model.snapshot.clone() else { return Vec::new() };
    if model.runbooks.run(run).is_some_and(|entry| entry.course.run().ended.is_none()) {
        tell(model, Notice::info("it is still looking"), now);
        return Vec::new();
    }
    match model.runbooks.again(run, &snapshot, now) {
        Ok(run) => {
            model.trail.instead(Place::Run(run));
            go_on(model, run, now)
        }
        Err(why) => {
            tell(model, Notice::warning(why), now);
            Vec::new()
        }
    }
}

/// Opens the step the cursor is on: the plan of a change that waits.
pub(super) fn open_step(model: &mut Model, run: u64, now: Timestamp) -> Vec<Effect> {
    let Some(entry) = model.runbooks.run(run) else { return Vec::new() };
    let step = entry.chosen();
    if let Some(change) = entry.course.queued(step).cloned() {
        return changes::propose(model, change, now);
    }
    let text = match entry.course.run().steps.get(step).map(|step| &step.deed) {
        Some(RunDeed::Note { .. }) => "a note: copy takes its command",
        Some(RunDeed::Check { .. }) => "a check: copy takes it as a command line",
        Some(RunDeed::Change { .. }) | None => "there is nothing to confirm here",
    };
    tell(model, Notice::info(text), now);
    Vec::new()
}

/// Takes a run as far as it goes: asks what is to be asked now.
fn go_on(model: &mut Model, run: u64, now: Timestamp) -> Vec<Effect> {
    let Some(snapshot) = model.snapshot.clone() else { return Vec::new() };
    let size = model.size;
    let Some(entry) = model.runbooks.run_mut(run) else { return Vec::new() };
    let was_open = entry.course.run().ended.is_none();
    let questions = entry.course.go_on(now);
    entry.settle(size);
    let has_ended = was_open && entry.course.run().ended.is_some();
    let said = format!("{}: {}", entry.course.run().runbook, entry.headline());
    if has_ended && *model.trail.here() != Place::Run(run) {
        tell(model, Notice::info(said), now);
    }
    model.rebuild(&Place::Runbooks, Lost::Stay);
    model.touch();
    let ask = |question| Effect::Probe { run, question, snapshot: std::sync::Arc::clone(&snapshot) };
    questions.into_iter().map(ask).collect()
}

/// A check answered.
pub(super) fn answered(model: &mut Model, run: u64, step: usize, result: CheckResult, now: Timestamp) -> Vec<Effect> {
    match model.runbooks.run_mut(run) {
        Some(entry) => entry.course.answer(step, result),
        // Of a run that is no longer kept.
        None => return Vec::new(),
    }
    go_on(model, run, now)
}

/// A change is going on: where a run proposed it, the run goes on with its end.
pub(super) fn progressed(model: &mut Model, progress: &Progress, now: Timestamp) -> Vec<Effect> {
    progress.outcome.clone().map(|outcome| ended(model, &progress.plan, Ok(outcome), now)).unwrap_or_default()
}

/// How a change ended, or why it was not begun.
pub(super) fn ended(model: &mut Model, plan: &str, outcome: Result<Outcome, String>, now: Timestamp) -> Vec<Effect> {
    let Some((entry, step)) = model.runbooks.of_plan(plan) else { return Vec::new() };
    entry.change_ended(step, outcome, now);
    let run = entry.id;
    go_on(model, run, now)
}

//! One run of a runbook as the screen keeps it: where the cursor is, and what of it is no longer how things are.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Alert, CauseFound, Outcome, Run, RunDeed, Runbook, Snapshot, StepState};
use crate::runbook::Course;

use super::Motion;
use super::run_lines::{run_lines, steps_area};

/// What a run is for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Errand {
    /// The alert.
    pub(super) alert: Option<Alert>,
    /// What it was told by the names of its inputs.
    pub(super) given: BTreeMap<String, String>,
}

/// One run and where the cursor is in it.
#[derive(Debug, Clone)]
pub struct RunEntry {
    /// Its number.
    pub id: u64,
    /// How far it has come.
    pub course: Course,
    /// The first line visible.
    pub top: usize,
    pub(super) errand: Errand,
    /// The step the cursor is on.
    chosen: usize,
    /// Whether the operator put it there.
    is_held: bool,
    /// Plans that were confirmed, each with the step it is of.
    plans: Vec<(String, usize)>,
    /// When a change of its own came to its end, and the steps that had looked before: what they found was so then.
    changed: Option<(Timestamp, Vec<String>)>,
}

impl RunEntry {
    pub(super) fn begin(
        id: u64,
        runbook: &Arc<Runbook>,
        snapshot: &Arc<Snapshot>,
        errand: Errand,
        now: Timestamp,
    ) -> Result<Self, String> {
        let course = Course::begin(runbook, snapshot, errand.alert.as_ref(), &errand.given, now)?;
        Ok(Self { id, course, top: 0, errand, chosen: 0, is_held: false, plans: Vec::new(), changed: None })
    }

    /// What it is for, in a few words.
    pub fn subject(&self) -> String {
        let run = self.course.run();
        let service = || run.inputs.iter().find(|input| input.name == "service")?.value.clone();
        run.alert.clone().or_else(service).unwrap_or_default()
    }

    /// The step the cursor is on.
    pub const fn chosen(&self) -> usize {
        self.chosen
    }

    /// When a change that it proposed had been made.
    pub fn changed(&self) -> Option<Timestamp> {
        self.changed.as_ref().map(|(at, _)| *at)
    }

    /// Whether a step looked before that.
    pub fn is_from_before(&self, step: &str) -> bool {
        self.changed.as_ref().is_some_and(|(_, steps)| steps.iter().any(|before| before == step))
    }

    /// Whether nobody has looked for a cause since.
    pub fn was_found_before(&self, cause: &CauseFound) -> bool {
        cause.steps.iter().all(|step| self.is_from_before(step))
    }

    /// The run in one line: what a change of its own came to, else what was found.
    pub fn headline(&self) -> String {
        let run = self.course.run();
        let change = run.steps.iter().rev().find(|step| matches!(step.state, StepState::Done | StepState::Failed));
        change.map_or_else(|| run.conclusion.headline.clone(), |step| format!("{}: {}", step.title, step.said))
    }

    /// Whether another run for the same makes it superfluous: it has come to its end, and changed nothing.
    pub(super) fn is_spent(&self) -> bool {
        self.plans.is_empty() && self.course.run().ended.is_some()
    }

    /// A change was confirmed: the step that proposed it waits for its end.
    pub(super) fn confirmed(&mut self, step: usize, plan: &str) {
        self.course.confirmed(step);
        self.plans.push((plan.to_owned(), step));
    }

    /// The step that a plan is of.
    pub(super) fn step_of(&self, plan: &str) -> Option<usize> {
        self.plans.iter().find(|(id, _)| id == plan).map(|(_, step)| *step)
    }

    /// How the change of a step ended, or why it was not begun.
    pub(super) fn change_ended(&mut self, step: usize, outcome: Result<Outcome, String>, now: Timestamp) {
        if matches!(outcome, Ok(ref outcome) if !matches!(outcome, Outcome::NotMade { .. })) {
            let has_looked = |deed: &RunDeed| matches!(deed, RunDeed::Check { result: Some(_), .. });
            let steps = self.course.run().steps.iter().filter(|step| has_looked(&step.deed));
            self.changed = Some((now, steps.map(|step| step.id.clone()).collect()));
        }
        self.course.changed(step, outcome);
    }

    /// The step the cursor goes to by itself: what a person must decide, else what is wrong, the worst first.
    fn telling(run: &Run) -> usize {
        use StepState::{Changing, Done, Fail, Failed, Queued, Unknown, Warn};
        // What comes in while it looks moves nothing; a change that is made stays where it is.
        if run.ended.is_none() && !run.steps.iter().any(|step| matches!(step.state, Changing | Done | Failed)) {
            return 0;
        }
        let first = |state| run.steps.iter().position(|step| step.state == state);
        [Queued, Changing, Failed, Done, Fail, Warn, Unknown].into_iter().find_map(first).unwrap_or_default()
    }

    /// Keeps the cursor on a step that is shown, and that step visible.
    pub(super) fn settle(&mut self, size: (u16, u16)) {
        let run = self.course.run();
        let is_shown = |position: usize| run.steps.get(position).is_some_and(|step| step.state != StepState::Skipped);
        if !self.is_held || !is_shown(self.chosen) {
            self.chosen = Self::telling(run);
        }
        let area = steps_area(size, self);
        let page = usize::from(area.height).max(1);
        let lines = run_lines(self, area.width);
        let own = |line: &super::RunLine| line.step == Some(self.chosen);
        let first = lines.iter().position(own).unwrap_or_default();
        let last = lines.iter().rposition(own).unwrap_or_default();
        self.top = self.top.min(lines.len().saturating_sub(page));
        if last >= self.top + page {
            self.top = last + 1 - page;
        }
        // Of a step that is longer than the page, its beginning.
        self.top = self.top.min(first);
    }

    /// Moves the cursor. Says whether anything changed.
    pub(super) fn go(&mut self, motion: Motion, size: (u16, u16)) -> bool {
        const PAGE: usize = 5;
        let steps = &self.course.run().steps;
        let shown: Vec<usize> =
            (0..steps.len()).filter(|position| steps[*position].state != StepState::Skipped).collect();
        let at = shown.iter().position(|position| *position == self.chosen).unwrap_or_default();
        let to = motion.from(at, shown.len().saturating_sub(1), PAGE);
        shown.get(to).copied().is_some_and(|step| self.put(step, size))
    }

    /// Puts the cursor on a step. Says whether anything changed.
    pub(super) fn put(&mut self, step: usize, size: (u16, u16)) -> bool {
        let before = (self.chosen, self.top);
        (self.chosen, self.is_held) = (step, true);
        self.settle(size);
        before != (self.chosen, self.top)
    }
}

//! The course of one run through a runbook's steps. Pure: it says what to ask next and takes in what was found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use glob::Pattern;
use jiff::Timestamp;

use crate::domain::{
    Alert, Change, Check, CheckResult, CheckState, Conclusion, Condition, Deed, Next, Outcome, Run, RunDeed, RunStep,
    Runbook, Snapshot, Step, StepState, Template,
};

use super::conclude::conclude;
use super::proposal::proposal;
use super::resolve::{self, Sense};
use super::step::used;

/// The most questions under way at once: enough to be quick, few enough to be no burden to what is ill already.
const AT_ONCE: usize = 4;

/// The longest a check may take where its step does not say.
const PATIENCE: Duration = Duration::from_secs(20);

/// Something to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The position of the step that asks.
    pub step: usize,
    /// What.
    pub check: Check,
    /// The longest that may take.
    pub timeout: Duration,
    /// For how long it is asked again while it fails or nothing can be found out.
    pub wait: Duration,
}

/// One run of a runbook, under way or at rest.
#[derive(Debug, Clone)]
pub struct Course {
    runbook: Arc<Runbook>,
    snapshot: Arc<Snapshot>,
    alert: Option<Alert>,
    run: Run,
}

impl Course {
    /// Begins a run. `alert` is the one it is run for, `given` what it was told by the names of its inputs.
    ///
    /// # Errors
    /// What was given and cannot be, in one line.
    pub fn begin(
        runbook: &Arc<Runbook>,
        snapshot: &Arc<Snapshot>,
        alert: Option<&Alert>,
        given: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Self, String> {
        let inputs = resolve::inputs(runbook, snapshot, alert, given)?;
        let steps = runbook.steps.iter().map(not_taken).collect();
        let called = alert.map(|alert| {
            let service = alert.service.as_ref().map(|id| format!(" {}", resolve::called(snapshot, id)));
            format!("{}{}", alert.name, service.unwrap_or_default())
        });
        let run = Run {
            runbook: runbook.name.clone(),
            title: runbook.title.clone(),
            alert: called,
            began: now,
            ended: None,
            inputs,
            steps,
            conclusion: Conclusion {
                state: CheckState::Unknown,
                found: false,
                headline: String::new(),
                causes: Vec::new(),
                unknown: Vec::new(),
                next_step: None,
            },
        };
        let mut course =
            Self { runbook: Arc::clone(runbook), snapshot: Arc::clone(snapshot), alert: alert.cloned(), run };
        course.conclude();
        Ok(course)
    }

    /// The run as far as it has come.
    pub const fn run(&self) -> &Run {
        &self.run
    }

    /// The runbook.
    pub const fn runbook(&self) -> &Arc<Runbook> {
        &self.runbook
    }

    /// The change that a step proposes, while it waits for a person.
    pub fn queued(&self, step: usize) -> Option<&Change> {
        let step = self.run.steps.get(step).filter(|step| step.state == StepState::Queued)?;
        match &step.deed {
            RunDeed::Change { change, .. } => change.as_deref(),
            RunDeed::Check { .. } | RunDeed::Note { .. } => None,
        }
    }

    /// Goes on as far as it can be gone: what is to be asked now. Those steps count as running from here on.
    pub fn go_on(&mut self, now: Timestamp) -> Vec<Question> {
        let mut questions = Vec::new();
        while self.walk(&mut questions) {}
        let is_open = self.run.steps.iter().any(|step| matches!(step.state, StepState::Running | StepState::Changing));
        self.run.ended = (!is_open).then(|| self.run.ended.unwrap_or(now));
        self.conclude();
        questions
    }

    /// Takes in what a check found.
    pub fn answer(&mut self, step: usize, result: CheckResult) {
        let Some(step) = self.run.steps.get_mut(step).filter(|step| step.state == StepState::Running) else { return };
        step.state = match result.state {
            CheckState::Pass => StepState::Pass,
            CheckState::Warn => StepState::Warn,
            CheckState::Fail => StepState::Fail,
            CheckState::Unknown => StepState::Unknown,
        };
        step.said.clone_from(&result.summary);
        if let RunDeed::Check { result: known, .. } = &mut step.deed {
            *known = Some(Box::new(result));
        }
        self.run.ended = None;
    }

    /// A person has confirmed the change that a step proposes.
    pub fn confirmed(&mut self, step: usize) {
        if let Some(step) = self.run.steps.get_mut(step).filter(|step| step.state == StepState::Queued) {
            step.state = StepState::Changing;
            "confirmed: it is made and watched".clone_into(&mut step.said);
            self.run.ended = None;
        }
        self.conclude();
    }

    /// How the change that a step proposes ended. One that was not even begun stays queued, and says why.
    pub fn changed(&mut self, step: usize, outcome: Result<Outcome, String>) {
        let is_change = |step: &&mut RunStep| matches!(step.state, StepState::Queued | StepState::Changing);
        let Some(step) = self.run.steps.get_mut(step).filter(is_change) else { return };
        match outcome {
            Err(why) => {
                step.state = StepState::Queued;
                step.said = format!("{}{why}", RunStep::NOT_DONE);
            }
            Ok(ended) => {
                let (state, said) = match &ended {
                    Outcome::Verified => (StepState::Done, "done and verified".to_owned()),
                    Outcome::Failed { why } => (StepState::Failed, format!("made, and then failed: {why}")),
                    Outcome::Unverified { unseen } => (StepState::Failed, format!("made, not verified: {unseen}")),
                    Outcome::GaveUp { waiting_for } => {
                        (StepState::Failed, format!("made, not verified in time: still waited for {waiting_for}"))
                    }
                    Outcome::NotMade { why } => (StepState::Failed, format!("not made: {why}")),
                    Outcome::Unknown { why } => (StepState::Failed, format!("not known whether it was made: {why}")),
                    Outcome::Unwatched { waiting_for } => {
                        (StepState::Failed, format!("made, and not watched to its end: {waiting_for}"))
                    }
                };
                (step.state, step.said) = (state, said);
                if let RunDeed::Change { outcome, .. } = &mut step.deed {
                    *outcome = Some(ended);
                }
            }
        }
        self.run.ended = None;
        self.conclude();
    }

    fn conclude(&mut self) {
        self.run.conclusion = conclude(&self.runbook, &self.sense(false), &self.run);
    }

    fn sense(&self, quoted: bool) -> Sense<'_> {
        Sense {
            snapshot: &self.snapshot,
            alert: self.alert.as_ref(),
            inputs: &self.run.inputs,
            steps: &self.run.steps,
            quoted,
        }
    }

    /// Follows the way through the steps as far as it is known, and takes those that can be. Says whether it must be
    /// followed once more: what a step came to may have let another one go.
    fn walk(&mut self, questions: &mut Vec<Question>) -> bool {
        let runbook = Arc::clone(&self.runbook);
        let mut visited = vec![false; runbook.steps.len()];
        let mut at = Some(0);
        let mut taken = false;
        let mut stopped_at = None;
        while let Some(position) = at.filter(|position| *position < runbook.steps.len()) {
            visited[position] = true;
            let step = &runbook.steps[position];
            if self.run.steps[position].state == StepState::Waiting && self.is_ready(step) {
                taken |= self.take(position, step, questions);
            }
            let state = self.run.steps[position].state;
            let next = match state {
                // What comes next depends on it.
                StepState::Waiting | StepState::Running if step.branches() => return taken,
                StepState::Pass => step.on_pass,
                StepState::Warn | StepState::Fail => step.on_fail,
                StepState::Unknown if matches!(step.deed, Deed::Check { .. }) => step.on_unknown,
                _ => Next::Continue,
            };
            at = match next {
                Next::Continue => Some(position + 1),
                Next::Goto(to) => Some(to),
                Next::Stop => {
                    stopped_at = Some(position);
                    None
                }
            };
        }
        // The way is known to its end: what does not lie on it is not taken.
        let why = match stopped_at {
            Some(position) => format!("stopped after {}", runbook.steps[position].id),
            None => "passed over".to_owned(),
        };
        for (step, _) in self
            .run
            .steps
            .iter_mut()
            .zip(visited)
            .filter(|(step, visited)| !visited && step.state == StepState::Waiting)
        {
            step.state = StepState::Skipped;
            step.said.clone_from(&why);
            taken = true;
        }
        taken
    }

    /// Whether everything a step depends on has come to something. A change that waits for a person is waited for,
    /// unless the step asks for just that.
    fn is_ready(&self, step: &Step) -> bool {
        let state = |position: usize| self.run.steps[position].state;
        let ends = |state: &StepState| matches!(state, StepState::Done | StepState::Failed);
        let decided = |condition: &Condition, step: usize| match state(step) {
            // It may be confirmed yet; that matters where it is asked how it ended.
            StepState::Queued => !condition.states.is_empty() && !condition.states.iter().any(ends),
            state => !state.is_open(),
        };
        let asked = step
            .when
            .iter()
            .all(|condition| self.holds(condition) || condition.steps.iter().all(|step| decided(condition, *step)));
        let referred = step.templates().into_iter().flat_map(used).all(|position| !state(position).is_open());
        asked && referred
    }

    /// Takes a step that is ready. Says whether it came to something at once.
    fn take(&mut self, position: usize, step: &Step, questions: &mut Vec<Question>) -> bool {
        if let Some(condition) = step.when.iter().find(|condition| !self.holds(condition)) {
            let why = self.why_not(condition);
            self.settle(position, StepState::Skipped, why);
            return true;
        }
        match &step.deed {
            Deed::Check { kind, with } => {
                let running = self.run.steps.iter().filter(|step| step.state == StepState::Running).count();
                if running >= AT_ONCE {
                    return false;
                }
                match self.told(with) {
                    Ok(with) => {
                        let check = Check { kind: *kind, with };
                        self.run.steps[position].deed = RunDeed::Check { asked: Some(check.clone()), result: None };
                        self.settle(position, StepState::Running, String::new());
                        let timeout = step.timeout.unwrap_or(PATIENCE);
                        let wait = step.wait.unwrap_or_default();
                        questions.push(Question { step: position, check, timeout, wait });
                        false
                    }
                    Err(why) => {
                        self.settle(position, StepState::Unknown, why);
                        true
                    }
                }
            }
            Deed::Change { kind, with } => {
                let change = self.told(with).and_then(|with| proposal(*kind, &with, &self.snapshot));
                match change {
                    Ok(change) => {
                        self.run.steps[position].deed =
                            RunDeed::Change { change: Some(Box::new(change)), outcome: None };
                        self.settle(position, StepState::Queued, "waits to be confirmed".to_owned());
                    }
                    Err(why) => self.settle(position, StepState::Skipped, format!("cannot be proposed: {why}")),
                }
                true
            }
            Deed::Note { text, commands } => {
                let said = self.sense(false).text(text).unwrap_or_else(|why| why);
                let quoted = self.sense(true);
                let commands = commands.iter().filter_map(|command| quoted.text(command).ok()).collect();
                self.run.steps[position].deed = RunDeed::Note { commands };
                self.settle(position, StepState::Note, said);
                true
            }
        }
    }

    fn settle(&mut self, position: usize, state: StepState, said: String) {
        let step = &mut self.run.steps[position];
        (step.state, step.said) = (state, said);
    }

    /// What a check or change is told, with everything put in that it refers to.
    fn told(&self, with: &[(String, Template)]) -> Result<BTreeMap<String, String>, String> {
        let sense = self.sense(false);
        let mut told = BTreeMap::new();
        for (option, template) in with {
            let value = sense.text(template)?;
            if !(value.is_empty() && template.may_be_left_out()) {
                told.insert(option.clone(), value);
            }
        }
        Ok(told)
    }

    fn holds(&self, condition: &Condition) -> bool {
        condition.steps.iter().any(|step| holds_of(condition, &self.run.steps[*step]))
    }

    /// Why a condition does not hold, for whoever wonders why a step was not taken.
    fn why_not(&self, condition: &Condition) -> String {
        let of = |step: &RunStep| {
            if !condition.states.is_empty() && !condition.states.contains(&step.state) {
                return format!("{} {}", step.id, past(step.state));
            }
            match &condition.has {
                Some(fact) => format!("{} found no {fact}", step.id),
                None => format!("{} found no such cause", step.id),
            }
        };
        condition.steps.iter().map(|step| of(&self.run.steps[*step])).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a condition holds of one step.
fn holds_of(condition: &Condition, step: &RunStep) -> bool {
    let result = match &step.deed {
        RunDeed::Check { result, .. } => result.as_deref(),
        RunDeed::Change { .. } | RunDeed::Note { .. } => None,
    };
    let named = |glob: &String| {
        let causes = result.map(|result| result.causes.as_slice()).unwrap_or_default();
        Pattern::new(glob).is_ok_and(|glob| causes.iter().any(|cause| glob.matches(cause)))
    };
    (condition.states.is_empty() || condition.states.contains(&step.state))
        && (condition.causes.is_empty() || condition.causes.iter().any(named))
        && condition.has.as_ref().is_none_or(|fact| result.is_some_and(|result| result.facts.contains_key(fact)))
}

/// What a step came to, as the rest of a sentence that begins with its name.
const fn past(state: StepState) -> &'static str {
    match state {
        StepState::Waiting | StepState::Running | StepState::Changing => "is not done",
        StepState::Pass => "passed",
        StepState::Warn => "warned",
        StepState::Fail => "failed",
        StepState::Unknown => "could not be found out",
        StepState::Queued => "is proposed",
        StepState::Done => "was done",
        StepState::Failed => "failed to be done",
        StepState::Note => "was told",
        StepState::Skipped => "was not taken",
    }
}

fn not_taken(step: &Step) -> RunStep {
    let deed = match step.deed {
        Deed::Check { .. } => RunDeed::Check { asked: None, result: None },
        Deed::Change { .. } => RunDeed::Change { change: None, outcome: None },
        Deed::Note { .. } => RunDeed::Note { commands: Vec::new() },
    };
    RunStep { id: step.id.clone(), title: step.title.clone(), state: StepState::Waiting, said: String::new(), deed }
}

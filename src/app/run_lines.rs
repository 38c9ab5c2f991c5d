//! A run as lines: what scrolling and drawing must agree on.

use crate::domain::{CheckState, Looked, Run, RunDeed, RunStep, StepState};
use crate::format;

use super::geometry::{self, Area};

/// The cells before what is said: a symbol, a word, and the space after them.
pub const SAID: u16 = 13;

/// The most evidence shown of a step, and of the one the cursor is on.
const FEW: usize = 3;
const MANY: usize = 16;

/// The most lines of the conclusion.
const MOST_CONCLUSION: usize = 8;

/// One line of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLine {
    /// The step it belongs to; none below the last.
    pub step: Option<usize>,
    /// What it is.
    pub kind: RunLineKind,
    /// The text.
    pub text: String,
}

/// What a line of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunLineKind {
    /// A step's title, with its state before it.
    Title(StepState),
    /// What it said.
    Said(StepState),
    /// Something it looked at.
    Seen(CheckState),
    /// A command line to copy.
    Command,
    /// The steps that were not taken.
    Rest,
}

/// One line of a conclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConclusionLine {
    /// The word before it; empty for a line that goes on.
    pub label: &'static str,
    /// The text.
    pub text: String,
    /// How bad what it says is; none: it is a hint.
    pub state: Option<CheckState>,
}

/// Every line of the steps, in `width` cells; `chosen` is the step the cursor is on.
pub fn run_lines(run: &Run, width: u16, chosen: usize) -> Vec<RunLine> {
    let room = usize::from(width.saturating_sub(SAID + 1));
    let mut lines = Vec::new();
    for (position, step) in run.steps.iter().enumerate().filter(|(_, step)| step.state != StepState::Skipped) {
        add(&mut lines, step, position, room, position == chosen);
    }
    let skipped: Vec<String> = run
        .steps
        .iter()
        .filter(|step| step.state == StepState::Skipped)
        .map(|step| format!("{} ({})", step.id, step.said))
        .collect();
    if !skipped.is_empty() {
        let text = format!("not taken: {}", skipped.join(", "));
        let rest = format::paragraph(&text, room).into_iter();
        lines.extend(rest.map(|text| RunLine { step: None, kind: RunLineKind::Rest, text }));
    }
    lines
}

fn add(lines: &mut Vec<RunLine>, step: &RunStep, position: usize, room: usize, is_chosen: bool) {
    let mut push = |kind, text: String| lines.push(RunLine { step: Some(position), kind, text });
    push(RunLineKind::Title(step.state), step.title.clone());
    for text in format::paragraph(&step.said, room) {
        push(RunLineKind::Said(step.state), text);
    }
    match &step.deed {
        RunDeed::Check { asked, result } => {
            let Some(result) = result else { return };
            let told: Vec<&Looked> = result
                .looked
                .iter()
                .filter(|looked| looked.text != result.summary && (is_chosen || looked.state != CheckState::Pass))
                .collect();
            let most = if is_chosen { MANY } else { FEW };
            for looked in told.iter().take(most) {
                let room = room.saturating_sub(2);
                // In full where somebody reads it, a line where it is passed over.
                let texts = if is_chosen {
                    format::paragraph(&looked.text, room)
                } else {
                    vec![format::clip(&looked.text, room)]
                };
                for (number, text) in texts.into_iter().enumerate() {
                    let lead = if number == 0 { "- " } else { "  " };
                    push(RunLineKind::Seen(looked.state), format!("{lead}{text}"));
                }
            }
            if told.len() > most {
                push(RunLineKind::Seen(CheckState::Pass), format!("  and {} more", told.len() - most));
            }
            if let Some(asked) = asked.as_ref().filter(|_| is_chosen) {
                push(RunLineKind::Command, format!("rounds {asked}"));
            }
        }
        RunDeed::Note { commands } => {
            for command in commands {
                push(RunLineKind::Command, command.clone());
            }
        }
        RunDeed::Change { .. } => {}
    }
}

/// What follows from the run, in `width` cells: always a line, never many.
pub fn conclusion_lines(run: &Run, width: u16) -> Vec<ConclusionLine> {
    let conclusion = &run.conclusion;
    let room = usize::from(width.saturating_sub(SAID + 1));
    let mut lines: Vec<ConclusionLine> = Vec::new();
    let mut say = |label: &'static str, text: &str, state: Option<CheckState>, most: usize| {
        for (number, text) in format::paragraph(text, room).into_iter().take(most).enumerate() {
            lines.push(ConclusionLine { label: if number == 0 { label } else { "" }, text, state });
        }
    };
    if conclusion.causes.is_empty() {
        let (label, state) = match (run.ended, conclusion.state) {
            (None, _) => ("looking", None),
            (Some(_), CheckState::Pass) => ("all well", Some(CheckState::Pass)),
            (Some(_), state) => ("unknown", Some(state)),
        };
        say(label, &conclusion.headline, state, 2);
    }
    for (number, cause) in conclusion.causes.iter().take(3).enumerate() {
        if number == 0 {
            say("found", &cause.words, Some(cause.state), 2);
        } else {
            say("also", &format::clip(&cause.words, room), Some(cause.state), 1);
        }
    }
    if conclusion.causes.len() > 3 {
        say("", &format!("and {} more", conclusion.causes.len() - 3), None, 1);
    }
    if !conclusion.causes.is_empty() && !conclusion.unknown.is_empty() {
        let steps: Vec<&str> = conclusion.unknown.iter().map(|unlearnt| unlearnt.step.as_str()).collect();
        say("unknown", &steps.join(", "), Some(CheckState::Unknown), 1);
    }
    for step in run.steps.iter().filter(|step| matches!(step.deed, RunDeed::Change { .. })) {
        match step.state {
            StepState::Changing => say("changing", &step.title, None, 1),
            StepState::Done => say("done", &format!("{}: {}", step.title, step.said), Some(CheckState::Pass), 1),
            StepState::Failed => say("failed", &format!("{}: {}", step.title, step.said), Some(CheckState::Fail), 2),
            _ => {}
        }
    }
    // What to do next was said before it was done, or begun.
    let is_done = run.steps.iter().any(|step| matches!(step.state, StepState::Done | StepState::Changing));
    if let Some(next) = conclusion.next_step.as_ref().filter(|_| !is_done) {
        say("next", next, None, 2);
    }
    lines.truncate(MOST_CONCLUSION);
    lines
}

/// Where the steps of a run are drawn: below the conclusion and a rule.
pub fn steps_area(size: (u16, u16), run: &Run) -> Area {
    let body = geometry::body(size);
    let above = u16::try_from(conclusion_lines(run, body.width).len() + 1).unwrap_or(body.height).min(body.height);
    Area { y: body.y + above, height: body.height - above, ..body }
}

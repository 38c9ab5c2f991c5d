//! A run as lines: what scrolling and drawing must agree on.

use crate::domain::{CheckState, Looked, RunDeed, RunStep, StepState};
use crate::format;

use super::RunEntry;
use super::geometry::{self, Area};

/// The cells before what is said: a symbol, a word, and the space after them.
pub const SAID: u16 = 13;

/// The most evidence shown of a step, and of the one the cursor is on.
const FEW: usize = 3;
const MANY: usize = 16;

/// The most causes of the conclusion.
const MOST_CAUSES: usize = 3;

/// What is to be done when only what was found before a change is known.
pub const LOOK_AGAIN: &str = "look again: is it gone?";

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
    /// A command line to copy; `$ ` stands before its beginning.
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
    /// Whether it was so before a change was made, and nobody has looked since.
    pub is_past: bool,
}

/// Every line of the steps, in `width` cells.
pub fn run_lines(entry: &RunEntry, width: u16) -> Vec<RunLine> {
    let (run, chosen) = (entry.course.run(), entry.chosen());
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
        let rest = broken(&text, room).into_iter();
        lines.extend(rest.map(|text| RunLine { step: None, kind: RunLineKind::Rest, text }));
    }
    lines
}

fn add(lines: &mut Vec<RunLine>, step: &RunStep, position: usize, room: usize, is_chosen: bool) {
    let mut push = |kind, text: String| lines.push(RunLine { step: Some(position), kind, text });
    push(RunLineKind::Title(step.state), step.title.clone());
    for text in broken(&step.said, room) {
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
                let texts = if is_chosen { broken(&looked.text, room) } else { vec![format::clip(&looked.text, room)] };
                for (number, text) in texts.into_iter().enumerate() {
                    let lead = if number == 0 { "- " } else { "  " };
                    push(RunLineKind::Seen(looked.state), format!("{lead}{text}"));
                }
            }
            if told.len() > most {
                push(RunLineKind::Seen(CheckState::Pass), format!("  and {} more", told.len() - most));
            }
            if let Some(asked) = asked.as_ref().filter(|_| is_chosen) {
                command(&mut push, &format!("rounds {asked}"), room, true);
            }
        }
        RunDeed::Note { commands } => {
            for line in commands {
                command(&mut push, line, room, is_chosen);
            }
        }
        RunDeed::Change { .. } => {}
    }
}

/// A command line: in full where somebody reads it.
fn command(push: &mut impl FnMut(RunLineKind, String), text: &str, room: usize, in_full: bool) {
    let room = room.saturating_sub(2);
    let rows = if in_full { broken(text, room) } else { vec![format::clip(text, room)] };
    for (number, row) in rows.into_iter().enumerate() {
        push(RunLineKind::Command, format!("{}{row}", if number == 0 { "$ " } else { "  " }));
    }
}

/// A text in lines of at most so many cells: none of it is lost, whatever it is.
fn broken(text: &str, room: usize) -> Vec<String> {
    format::wrap(&format::sanitise(text), room)
}

/// What follows from the run, in `width` cells: always a line, never many.
pub fn conclusion_lines(entry: &RunEntry, width: u16) -> Vec<ConclusionLine> {
    let run = entry.course.run();
    let conclusion = &run.conclusion;
    let mut told = Told { lines: Vec::new(), room: usize::from(width.saturating_sub(SAID + 1)) };
    // A change that was made comes first: it is what counts now.
    for step in run.steps.iter().filter(|step| matches!(step.deed, RunDeed::Change { .. })) {
        match step.state {
            StepState::Changing => told.say("changing", &step.title, None, 1),
            StepState::Done => {
                told.say("done", &format!("{}: {}", step.title, step.said), Some(CheckState::Pass), 2);
            }
            StepState::Failed => {
                told.say("failed", &format!("{}: {}", step.title, step.said), Some(CheckState::Fail), 2);
            }
            _ => {}
        }
    }
    if conclusion.causes.is_empty() {
        let (label, state) = match (run.ended, conclusion.state) {
            (None, _) => ("looking", None),
            (Some(_), CheckState::Pass) => ("all well", Some(CheckState::Pass)),
            (Some(_), state) => ("unknown", Some(state)),
        };
        told.say(label, &conclusion.headline, state, 2);
    }
    let (past, present): (Vec<_>, Vec<_>) = conclusion.causes.iter().partition(|cause| entry.was_found_before(cause));
    for (number, cause) in present.iter().chain(&past).take(MOST_CAUSES).enumerate() {
        match (number, number >= present.len()) {
            (_, true) => told.say_past("before", &cause.words, cause.state),
            (0, false) => told.say("found", &cause.words, Some(cause.state), 2),
            (_, false) => told.say("also", &format::clip(&cause.words, told.room), Some(cause.state), 1),
        }
    }
    if conclusion.causes.len() > MOST_CAUSES {
        told.say("", &format!("and {} more", conclusion.causes.len() - MOST_CAUSES), None, 1);
    }
    let unknown = conclusion.unknown.iter().map(|unlearnt| unlearnt.step.as_str());
    let unknown: Vec<&str> = unknown.filter(|step| !entry.is_from_before(step)).collect();
    if !conclusion.causes.is_empty() && !unknown.is_empty() {
        told.say("unknown", &unknown.join(", "), Some(CheckState::Unknown), 1);
    }
    // What to do next was said before it was done, or begun.
    let is_done = run.steps.iter().any(|step| matches!(step.state, StepState::Done | StepState::Changing));
    if let Some(next) = conclusion.next_step.as_ref().filter(|_| !is_done) {
        told.say("next", next, None, 2);
    } else if !past.is_empty() && run.ended.is_some() {
        told.say("next", LOOK_AGAIN, None, 1);
    }
    told.lines.truncate(MOST_CONCLUSION);
    told.lines
}

/// A conclusion as it is being told.
struct Told {
    lines: Vec<ConclusionLine>,
    room: usize,
}

impl Told {
    fn say(&mut self, label: &'static str, text: &str, state: Option<CheckState>, most: usize) {
        for (number, text) in broken(text, self.room).into_iter().take(most).enumerate() {
            let label = if number == 0 { label } else { "" };
            self.lines.push(ConclusionLine { label, text, state, is_past: false });
        }
    }

    /// What was so before, in one line: it is passed over.
    fn say_past(&mut self, label: &'static str, text: &str, state: CheckState) {
        let text = format::clip(&format::sanitise(text), self.room);
        self.lines.push(ConclusionLine { label, text, state: Some(state), is_past: true });
    }
}

/// Where the steps of a run are drawn: below the conclusion and a rule.
pub fn steps_area(size: (u16, u16), entry: &RunEntry) -> Area {
    let body = geometry::body(size);
    let above = u16::try_from(conclusion_lines(entry, body.width).len() + 1).unwrap_or(body.height).min(body.height);
    Area { y: body.y + above, height: body.height - above, ..body }
}

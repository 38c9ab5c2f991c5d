//! A run as text for a person: a head, a line or two a step as each comes to something, and what follows from it.

use std::fmt::Write as _;

use crate::domain::{CheckState, Looked, Run, RunDeed, RunStep, StepState};
use crate::format;
use crate::report::ink::{Ink, Tone, letters};

use super::Options;
use super::words::{looked_tone, mark, proposal, proposed, tone};

/// The column that everything said begins in.
const SAID: usize = 12;

/// The most lines of evidence shown of one step; the others are counted.
const MOST: usize = 4;

/// What is run, for what, with which inputs.
pub fn head(run: &Run, options: &Options) -> String {
    let ink = Ink { colour: options.colour };
    let mut out = String::new();
    let place = format!("{}, {}", options.context.name, format::clock(run.began, &options.zone));
    let room = options.width.saturating_sub(format::width(&place) + 2);
    let title =
        format::pad_right(&format::clip(&format::sanitise(&format!("{}: {}", run.runbook, run.title)), room), room);
    let _ = writeln!(out, "{}  {}", ink.paint(Tone::Strong, &title), ink.paint(Tone::Dim, &place));
    if let Some(alert) = &run.alert {
        said(&mut out, "alert", alert, Tone::Plain, options);
    }
    for input in &run.inputs {
        let text = match &input.value {
            Some(value) if input.from == "as ever" => value.clone(),
            Some(value) => format!("{value} ({})", input.from),
            None => format!("? {}", input.from),
        };
        // What nobody named and nothing needs is not worth a line.
        if input.value.is_some() || needed(run, &input.from) {
            said(&mut out, &input.name, &text, Tone::Dim, options);
        }
    }
    out.push('\n');
    letters(out, options.ascii)
}

/// Whether some step could not be taken for want of an input.
fn needed(run: &Run, why: &str) -> bool {
    run.steps.iter().any(|step| step.state == StepState::Unknown && step.said == why)
}

/// One step that has come to something; nothing for those that were not taken.
pub fn step(run: &Run, position: usize, options: &Options) -> String {
    let Some(step) = run.steps.get(position) else { return String::new() };
    if matches!(step.state, StepState::Skipped | StepState::Waiting | StepState::Running) {
        return String::new();
    }
    let ink = Ink { colour: options.colour };
    let mut out = String::new();
    let badge = format!("{} {}", mark(step.state), format::pad_right(step.state.word(), SAID - 4));
    let is_calm = matches!(step.state, StepState::Pass);
    let title = ink.paint(if is_calm { Tone::Dim } else { Tone::Strong }, &format::sanitise(&step.title)).into_owned();
    let _ = writeln!(out, " {}  {title}", ink.paint(tone(step.state), &badge));
    let text = proposal(step);
    indented(&mut out, &text, if is_calm { Tone::Dim } else { Tone::Plain }, options);
    evidence(&mut out, step, options);
    if let RunDeed::Note { commands } = &step.deed {
        for command in commands {
            let _ = writeln!(out, "{:SAID$}$ {}", "", format::sanitise(command));
        }
    }
    letters(out, options.ascii)
}

fn evidence(out: &mut String, step: &RunStep, options: &Options) {
    let RunDeed::Check { result: Some(result), .. } = &step.deed else { return };
    let ink = Ink { colour: options.colour };
    let told: Vec<&Looked> = result
        .looked
        .iter()
        .filter(|looked| looked.state != CheckState::Pass && looked.text != result.summary)
        .collect();
    for looked in told.iter().take(MOST) {
        let lines = format::paragraph(&looked.text, options.width.saturating_sub(SAID + 2));
        for (number, line) in lines.iter().enumerate() {
            let lead = if number == 0 { "- " } else { "  " };
            let _ = writeln!(out, "{:SAID$}{lead}{}", "", ink.paint(looked_tone(looked.state), line));
        }
    }
    if told.len() > MOST {
        let _ = writeln!(out, "{:SAID$}{}", "", ink.paint(Tone::Dim, &format!("  and {} more", told.len() - MOST)));
    }
}

/// What follows from the run.
pub fn end(run: &Run, options: &Options) -> String {
    let mut out = String::new();
    // Where all is well, nobody asks what was not done about it.
    let is_well = run.conclusion.state == CheckState::Pass;
    let skipped: Vec<String> = run
        .steps
        .iter()
        .filter(|step| step.state == StepState::Skipped && !is_well)
        .map(|step| format!("{} ({})", step.id, step.said))
        .collect();
    if !skipped.is_empty() {
        said(&mut out, "not taken", &skipped.join(", "), Tone::Dim, options);
    }
    let waiting: Vec<&str> =
        run.steps.iter().filter(|step| step.state == StepState::Waiting).map(|step| step.id.as_str()).collect();
    if !waiting.is_empty() {
        said(&mut out, "afterwards", &format!("once that is done: {}", waiting.join(", ")), Tone::Dim, options);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let conclusion = &run.conclusion;
    if conclusion.causes.is_empty() {
        let (label, tone) = match conclusion.state {
            CheckState::Pass => ("all well", Tone::Strong),
            _ => ("unknown", Tone::Unknown),
        };
        said(&mut out, label, &conclusion.headline, tone, options);
    }
    for (number, cause) in conclusion.causes.iter().take(MOST).enumerate() {
        let label = if number == 0 { "found" } else { "also" };
        let name = cause.name.as_ref().map(|name| format!("  [{name}]")).unwrap_or_default();
        let tone = if number == 0 { looked_tone(cause.state) } else { Tone::Plain };
        said(&mut out, label, &format!("{}{name}", cause.words), tone, options);
    }
    let rest: Vec<&str> =
        conclusion.causes.iter().skip(MOST).map(|cause| cause.name.as_deref().unwrap_or(&cause.words)).collect();
    if !rest.is_empty() {
        said(&mut out, "and", &rest.join(", "), Tone::Dim, options);
    }
    for unlearnt in &conclusion.unknown {
        said(&mut out, "unknown", &format!("{}: {}", unlearnt.step, unlearnt.why), Tone::Unknown, options);
    }
    let mut is_done = false;
    for step in run.steps.iter().filter(|step| matches!(step.state, StepState::Done | StepState::Failed)) {
        is_done |= step.state == StepState::Done;
        let label = if step.state == StepState::Done { "done" } else { "failed" };
        said(&mut out, label, &proposal(step), tone(step.state), options);
    }
    // What to do next was said before it was done.
    if let Some(next) = conclusion.next_step.as_ref().filter(|_| !is_done) {
        said(&mut out, "next", next, Tone::Plain, options);
    }
    for step in run.queued().filter_map(|step| run.steps.get(step)) {
        said(&mut out, "proposed", &proposed(step, &options.context), Tone::Strong, options);
    }
    letters(out, options.ascii)
}

fn indented(out: &mut String, text: &str, tone: Tone, options: &Options) {
    let ink = Ink { colour: options.colour };
    for line in format::paragraph(text, options.width.saturating_sub(SAID)) {
        let _ = writeln!(out, "{:SAID$}{}", "", ink.paint(tone, &line));
    }
}

fn said(out: &mut String, label: &str, text: &str, tone: Tone, options: &Options) {
    let ink = Ink { colour: options.colour };
    let column = SAID.max(format::width(label) + 2) - 1;
    for (number, line) in format::paragraph(text, options.width.saturating_sub(column + 1)).iter().enumerate() {
        let label = format::pad_right(if number == 0 { label } else { "" }, column);
        let _ = writeln!(out, " {}{}", ink.paint(Tone::Dim, &label), ink.paint(tone, line));
    }
}

//! A run as Markdown, for a ticket.

use std::fmt::Write as _;

use crate::domain::{CheckState, Run, RunDeed, StepState};
use crate::format;

use super::Options;
use super::words::{proposal, state_word};

/// The most evidence written of one step.
const MOST: usize = 12;

/// The run: what was found first, then every step with its evidence.
pub fn markdown(run: &Run, options: &Options) -> String {
    let mut out = format!("# {}: {}\n\n", run.runbook, escape(&run.title));
    let conclusion = &run.conclusion;
    let verdict = match conclusion.state {
        CheckState::Pass => "nothing found",
        CheckState::Unknown => "not found out",
        CheckState::Warn => "found, may wait",
        CheckState::Fail => "found",
    };
    let _ = writeln!(out, "**{verdict}**: {}\n", escape(&conclusion.headline));
    facts(&mut out, run, options);
    if !conclusion.causes.is_empty() {
        out.push_str("## What is the matter\n\n");
        for cause in &conclusion.causes {
            let name = cause.name.as_ref().map(|name| format!(" (`{name}`)")).unwrap_or_default();
            let steps = cause.steps.join(", ");
            let _ = writeln!(out, "- **{}**{name}, by {steps}", escape(&cause.words));
            if let Some(next) = &cause.next_step {
                let _ = writeln!(out, "  - next: {}", escape(next));
            }
        }
        out.push('\n');
    }
    if !conclusion.unknown.is_empty() {
        out.push_str("## Not found out\n\n");
        for unlearnt in &conclusion.unknown {
            let _ = writeln!(out, "- {}: {}", unlearnt.step, escape(&unlearnt.why));
        }
        out.push('\n');
    }
    out.push_str("## Steps\n\n");
    for step in run.steps.iter().filter(|step| step.state != StepState::Skipped) {
        let _ = writeln!(out, "- **{}** {}: {}", step.state.word(), escape(&step.title), escape(&proposal(step)));
        match &step.deed {
            RunDeed::Check { asked, result: Some(result) } => {
                for looked in result.looked.iter().filter(|looked| looked.state != CheckState::Pass).take(MOST) {
                    let word = state_word(looked.state);
                    let _ = writeln!(out, "  - {word}: {} ({})", escape(&looked.text), escape(&looked.from));
                }
                if let Some(asked) = asked {
                    let _ = writeln!(out, "  - again: {}", code(&format!("rounds {asked}")));
                }
            }
            RunDeed::Note { commands } => {
                for command in commands {
                    let _ = writeln!(out, "  - {}", code(command));
                }
            }
            RunDeed::Check { .. } | RunDeed::Change { .. } => {}
        }
    }
    let skipped: Vec<String> = run
        .steps
        .iter()
        .filter(|step| step.state == StepState::Skipped)
        .map(|step| format!("{} ({})", step.id, escape(&step.said)))
        .collect();
    if !skipped.is_empty() {
        let _ = writeln!(out, "\nNot taken: {}.", skipped.join(", "));
    }
    out
}

fn facts(out: &mut String, run: &Run, options: &Options) {
    let context = &options.context;
    let mut place = context.name.clone();
    for part in [context.region.as_ref(), context.account.as_ref()].into_iter().flatten() {
        place.push(' ');
        place.push_str(part);
    }
    let began = run.began.to_zoned(options.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
    let took = run.ended.map(|ended| format!(", {}", format::duration(ended.duration_since(run.began).unsigned_abs())));
    let _ = writeln!(out, "| | |\n| --- | --- |\n| where | {} |", escape(&place));
    let _ = writeln!(out, "| when | {began}{} |", took.unwrap_or_default());
    if let Some(alert) = &run.alert {
        let _ = writeln!(out, "| alert | {} |", escape(alert));
    }
    for input in &run.inputs {
        if let Some(value) = &input.value {
            let _ = writeln!(out, "| {} | {} ({}) |", input.name, escape(value), escape(&input.from));
        }
    }
    out.push('\n');
}

/// Foreign text as text: nothing in it formats, links, or ends a cell of a table.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in format::sanitise(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            '@' => safe.push('＠'),
            c => safe.push(c),
        }
    }
    safe
}

/// A text as code, whatever backticks it has.
pub(super) fn code(text: &str) -> String {
    let text = format::sanitise(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

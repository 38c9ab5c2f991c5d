//! What runbooks there are, and what one of them would do.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::{
    Condition, Deed, Next, Reference, Runbook, RunbookOrigin, Step, StepField, Template, TemplatePart,
};
use crate::format;

use super::markdown::code;

/// One line a runbook.
pub fn list(runbooks: &[Arc<Runbook>], width: usize) -> String {
    let widest = runbooks.iter().map(|runbook| format::width(&runbook.name)).max().unwrap_or_default();
    let mut out = String::new();
    for runbook in runbooks {
        let from = match &runbook.origin {
            RunbookOrigin::Shipped => String::new(),
            RunbookOrigin::File(path) => format!("  ({path})"),
        };
        let line = format!("{}  {}{from}", format::pad_right(&runbook.name, widest), runbook.title);
        let _ = writeln!(out, "{}", format::clip(&format::sanitise(&line), width));
    }
    out
}

/// The same as JSON.
pub fn list_json(runbooks: &[Arc<Runbook>]) -> String {
    let rows: Vec<serde_json::Value> = runbooks.iter().map(|runbook| row(runbook)).collect();
    let report = serde_json::json!({ "schema": "rounds.runbooks/1", "runbooks": rows });
    // Strings only: nothing that JSON cannot say.
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

/// One runbook as an object: its name, its title, where it is from.
pub(super) fn row(runbook: &Runbook) -> serde_json::Value {
    let file = match &runbook.origin {
        RunbookOrigin::Shipped => None,
        RunbookOrigin::File(path) => Some(format::sanitise(path).into_owned()),
    };
    serde_json::json!({
        "name": format::sanitise(&runbook.name), "title": format::sanitise(&runbook.title), "file": file,
    })
}

/// The runbook as text.
pub fn show(runbook: &Runbook, width: usize) -> String {
    let mut out = format!("{}: {}\n", runbook.name, runbook.title);
    if !runbook.about.is_empty() {
        out.push('\n');
        for line in format::paragraph(&runbook.about, width) {
            let _ = writeln!(out, "{line}");
        }
    }
    out.push('\n');
    let applies = &runbook.applies;
    let mut said = |label: &str, text: String| {
        for (number, line) in format::paragraph(&text, width.saturating_sub(12)).iter().enumerate() {
            let _ = writeln!(out, "{}{line}", format::pad_right(if number == 0 { label } else { "" }, 12));
        }
    };
    if !applies.alerts.is_empty() {
        said("for alerts", applies.alerts.join(", "));
    }
    let labels: Vec<String> = applies.labels.iter().map(|(label, glob)| format!("{label}={glob}")).collect();
    if !labels.is_empty() {
        said("labelled", labels.join(", "));
    }
    for input in &runbook.inputs {
        let defaults: Vec<String> = input.defaults.iter().map(|default| template(default, runbook)).collect();
        let defaults =
            if defaults.is_empty() { String::new() } else { format!(" [default: {}]", defaults.join(", else ")) };
        said("told", format!("{} ({}): {}{defaults}", input.name, input.kind.name(), input.about));
    }
    out.push('\n');
    for (number, step) in runbook.steps.iter().enumerate() {
        let _ = writeln!(out, "{:>2}. {}  ({})", number + 1, format::sanitise(&step.title), step.id);
        let mut lines = vec![deed(step, runbook)];
        lines.extend(step.when.iter().map(|condition| format!("when {}", condition_text(condition, runbook))));
        lines.extend(ways(step, runbook));
        for text in lines {
            for (number, line) in format::paragraph(&text, width.saturating_sub(6)).iter().enumerate() {
                let lead = if number == 0 { 4 } else { 6 };
                let _ = writeln!(out, "{:lead$}{line}", "");
            }
        }
        if let Deed::Note { commands, .. } = &step.deed {
            for command in commands {
                let _ = writeln!(out, "      $ {}", format::sanitise(&template(command, runbook)));
            }
        }
    }
    out
}

/// The runbook as a part of a page, under a heading of its own.
pub fn markdown(runbook: &Runbook, level: usize) -> String {
    let mut out = format!("{} {}\n\n", "#".repeat(level), runbook.name);
    let title = runbook.title.as_str();
    let mut letters = title.chars();
    let title: String = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    let _ =
        writeln!(out, "{}. {}\n", own(&title), own(&runbook.about.split_whitespace().collect::<Vec<_>>().join(" ")));
    if !runbook.applies.alerts.is_empty() {
        let alerts: Vec<String> = runbook.applies.alerts.iter().map(|alert| code(alert)).collect();
        let labels: Vec<String> =
            runbook.applies.labels.iter().map(|(label, glob)| code(&format!("{label}={glob}"))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!(" with {}", labels.join(", ")) };
        let _ = writeln!(out, "For {}{labels}.\n", alerts.join(", "));
    }
    out.push_str("| step | what it does | when |\n| --- | --- | --- |\n");
    for step in &runbook.steps {
        let when: Vec<String> = step.when.iter().map(|condition| condition_text(condition, runbook)).collect();
        let ways = ways(step, runbook).join("; ");
        let ways = if ways.is_empty() { ways } else { format!("; {ways}") };
        let what = match &step.deed {
            Deed::Note { text, .. } => own(&template(text, runbook)),
            _ => code(&deed(step, runbook)).replace('|', "\\|"),
        };
        let _ = writeln!(out, "| {} | {what} | {}{ways} |", own(&step.title), own(&when.join("; ")));
    }
    if !runbook.causes.is_empty() {
        out.push_str("\n| cause | in words | next |\n| --- | --- | --- |\n");
        for cause in &runbook.causes {
            let next = cause.next.as_ref().map(|next| own(&template(next, runbook))).unwrap_or_default();
            let _ = writeln!(out, "| {} | {} | {next} |", code(&cause.name), own(&template(&cause.means, runbook)));
        }
    }
    out
}

/// A runbook's own words in a table: they may be Markdown, and end no cell.
fn own(text: &str) -> String {
    format::sanitise(text).replace('|', "\\|")
}

/// All of them, one after the other, for the page that is generated.
pub fn reference(runbooks: &[Arc<Runbook>]) -> String {
    runbooks.iter().map(|runbook| markdown(runbook, 3)).collect::<Vec<_>>().join("\n")
}

fn deed(step: &Step, runbook: &Runbook) -> String {
    let with = |with: &[(String, Template)]| {
        with.iter().fold(String::new(), |mut text, (option, value)| {
            let _ = write!(text, " --{option} {}", template(value, runbook));
            text
        })
    };
    match &step.deed {
        Deed::Check { kind, with: told } => format!("check {}{}", kind.name(), with(told)),
        Deed::Change { kind, with: told } => format!("change {}{}", kind.name(), with(told)),
        Deed::Note { text, .. } => template(text, runbook),
    }
}

fn ways(step: &Step, runbook: &Runbook) -> Vec<String> {
    let waits = step.wait.map(|length| format!("asked again for up to {} while it fails", format::duration(length)));
    let nexts = [("pass", step.on_pass), ("fail", step.on_fail), ("unknown", step.on_unknown)];
    waits
        .into_iter()
        .chain(nexts.into_iter().filter_map(|(word, next)| match next {
            Next::Continue => None,
            Next::Stop => Some(format!("on {word} stop")),
            Next::Goto(to) => Some(format!("on {word} go to {}", id(runbook, to))),
        }))
        .collect()
}

fn id(runbook: &Runbook, step: usize) -> &str {
    runbook.steps.get(step).map(|step| step.id.as_str()).unwrap_or_default()
}

fn condition_text(condition: &Condition, runbook: &Runbook) -> String {
    let steps: Vec<&str> = condition.steps.iter().map(|step| id(runbook, *step)).collect();
    let states: Vec<&str> = condition.states.iter().map(|state| state.word()).collect();
    let mut parts = Vec::new();
    if !states.is_empty() {
        parts.push(format!("is {}", states.join(" or ")));
    }
    if !condition.causes.is_empty() {
        parts.push(format!("names {}", condition.causes.join(" or ")));
    }
    if let Some(fact) = &condition.has {
        parts.push(format!("found a {fact}"));
    }
    format!("{} {}", steps.join(" or "), parts.join(" and "))
}

/// A template as it is written in the file.
fn template(template: &Template, runbook: &Runbook) -> String {
    let reference = |reference: &Reference| match reference {
        Reference::Input(name) => name.clone(),
        Reference::AlertName => "alert.name".to_owned(),
        Reference::AlertService => "alert.service".to_owned(),
        Reference::AlertLabel(label) => format!("alert.labels.{label}"),
        Reference::AlertAnnotation(name) => format!("alert.annotations.{name}"),
        Reference::ContextName => "context.name".to_owned(),
        Reference::ContextRegion => "context.region".to_owned(),
        Reference::Step { step, field } => {
            let field = match field {
                StepField::State => "state",
                StepField::Summary => "summary",
                StepField::Cause => "cause",
                StepField::Fact(name) => name,
            };
            format!("steps.{}.{field}", id(runbook, *step))
        }
        Reference::Fleet(pick) => format!("fleet.{}", pick.name()),
    };
    template
        .parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text(text) => text.replace('{', "{{").replace('}', "}}"),
            TemplatePart::Of(to) => format!("{{{}}}", reference(to)),
            TemplatePart::Maybe(to) => format!("{{{}?}}", reference(to)),
        })
        .collect()
}

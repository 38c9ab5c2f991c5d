//! A change as text and as JSON: its plan, how it goes, how it ended.

use std::fmt::Write as _;

use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::ink::{Ink, Tone, letters};
use super::once::Options;
use crate::domain::{Consent, Outcome, Plan, PlanLine, Progress, Refusal, StageProgress, StageState};
use crate::format::{self, sanitise};

/// The version of the JSON document. Fields may be added to it; what is there keeps its meaning.
pub const SCHEMA: u32 = 1;

/// How a change went, or why it was not begun.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(title = "Change", extend("$id" = "rounds/change/1"))]
pub struct Document<'a> {
    /// The version of this form.
    pub schema: u32,
    /// What would happen; nothing where it could not be planned.
    pub plan: Option<&'a Plan>,
    /// Whether it was only asked what would happen.
    pub dry_run: bool,
    /// The yes to it, where there was one.
    pub consent: Option<&'a Consent>,
    /// How it went, where it was begun.
    pub progress: Option<&'a Progress>,
    /// How it ended, where it was begun.
    pub outcome: Option<&'a Outcome>,
    /// Why it was not begun: nothing was changed.
    pub refused: Option<Refused<'a>>,
    /// The exit code: 0 done and verified, 1 done and not verified, 2 failed, 3 refused.
    pub exit_code: u8,
}

/// Why a change was not begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Refused<'a> {
    /// Why.
    pub why: &'a str,
    /// The next step.
    pub hint: Option<&'a str>,
}

impl<'a> Refused<'a> {
    /// Of a refusal.
    pub fn of(refusal: &'a Refusal) -> Self {
        Self { why: &refusal.what, hint: refusal.hint.as_deref() }
    }
}

/// The document as JSON.
pub fn json(document: &Document<'_>) -> String {
    // Everything in it can be written: no map has other keys than text.
    serde_json::to_string_pretty(document).map(|text| text + "\n").unwrap_or_default()
}

/// Its JSON Schema.
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document<'_>>().to_value()
}

/// The plan as a block: the headline with its place, then a line for each thing to know before a yes.
pub fn plan(plan: &Plan, options: &Options) -> String {
    let ink = Ink { colour: options.colour };
    let title = clean(&plan.title);
    let mut place = clean(&plan.place.context);
    if let Some(region) = &plan.place.region {
        place = format!("{place}  {}", clean(region));
    }
    let gap = options.width.saturating_sub(format::width(&title) + format::width(&place)).max(2);
    let tone = if plan.place.production { Tone::Warning } else { Tone::Plain };
    let mut out = String::new();
    let _ = writeln!(out, "{}{}{}", ink.paint(Tone::Strong, &title), " ".repeat(gap), ink.paint(tone, &place));
    let widest = lines(plan).iter().map(|(label, _, _)| format::width(label)).max().unwrap_or_default();
    for (label, text, tone) in lines(plan) {
        let label = format::pad_right(&label, widest);
        let _ = writeln!(out, "  {}  {}", ink.paint(Tone::Dim, &label), ink.paint(tone, &text));
    }
    letters(out, options.ascii)
}

fn lines(plan: &Plan) -> Vec<(String, String, Tone)> {
    let (mut before, mut after): (Vec<&PlanLine>, Vec<&PlanLine>) = (Vec::new(), Vec::new());
    for line in &plan.lines {
        if line.label == "then" { after.push(line) } else { before.push(line) }
    }
    let told = |line: &PlanLine| (clean(&line.label), clean(&line.text), Tone::Plain);
    let mut all: Vec<_> = before.into_iter().map(told).collect();
    if plan.objections.is_empty() {
        all.push(("refused?".to_owned(), "no".to_owned(), Tone::Plain));
    }
    for objection in &plan.objections {
        let how = objection.kind.flag().map_or_else(String::new, |flag| format!(" ({flag} accepts that)"));
        all.push(("refused?".to_owned(), format!("yes: {}{how}", clean(&objection.text)), Tone::Critical));
    }
    all.extend(plan.same_as.as_ref().map(|line| ("same as".to_owned(), clean(line), Tone::Plain)));
    all.extend(after.into_iter().map(told));
    all
}

/// What is new since the progress told before: a line for each stage that is somewhere else now, or waits for something
/// else.
pub fn news(before: Option<&Progress>, now: &Progress, options: &Options) -> String {
    let ink = Ink { colour: options.colour };
    let mut out = String::new();
    for stage in &now.stages {
        let known = before.and_then(|before| before.stages.iter().find(|one| one.stage == stage.stage));
        let is_new = known.is_none_or(|known| (known.state, &known.text) != (stage.state, &stage.text));
        if is_new && stage.state != StageState::Waiting {
            let elapsed = format::pad_left(&format::age(now.began, now.at), 5);
            let (word, tone) = word(stage);
            let text = if stage.text.is_empty() { String::new() } else { format!(" {}", clean(&stage.text)) };
            let name = format::pad_right(stage.stage.word(), 12);
            let _ = writeln!(
                out,
                "  {}  {name}  {}{text}",
                ink.paint(Tone::Dim, &elapsed),
                ink.paint(tone, &format::pad_right(word, 7))
            );
        }
    }
    letters(out, options.ascii)
}

/// What happened beside the change, and the verdict.
pub fn verdict(progress: &Progress, options: &Options) -> String {
    let ink = Ink { colour: options.colour };
    let mut out = String::new();
    for remark in &progress.remarks {
        let _ = writeln!(out, "  {}", clean(remark));
    }
    if let Some(outcome) = &progress.outcome {
        let tone = match outcome {
            Outcome::Verified => Tone::Strong,
            Outcome::Unverified { .. } | Outcome::GaveUp { .. } | Outcome::Unwatched { .. } => Tone::Warning,
            Outcome::Failed { .. } | Outcome::NotMade { .. } | Outcome::Unknown { .. } => Tone::Critical,
        };
        let took = format::age(progress.began, progress.at);
        let text = clean(&outcome.to_string());
        let text = if *outcome == Outcome::Verified { format!("{text} after {took}") } else { text };
        let _ = writeln!(out, "{}", ink.paint(tone, &text));
    }
    letters(out, options.ascii)
}

/// The exit code of an outcome: 0 done and verified, 1 done and not verified, 2 failed.
pub const fn exit_code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Verified => 0,
        Outcome::Unverified { .. } | Outcome::GaveUp { .. } | Outcome::Unwatched { .. } => 1,
        Outcome::Failed { .. } | Outcome::NotMade { .. } | Outcome::Unknown { .. } => 2,
    }
}

const fn word(stage: &StageProgress) -> (&'static str, Tone) {
    match stage.state {
        StageState::Waiting => ("waits", Tone::Dim),
        StageState::Watching => ("waiting", Tone::Plain),
        StageState::Done => ("done", Tone::Strong),
        StageState::Failed => ("failed", Tone::Critical),
        StageState::Skipped => ("skipped", Tone::Dim),
    }
}

fn clean(text: &str) -> String {
    sanitise(text).into_owned()
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

//! A run as JSON: stable names, a version, nothing that must be guessed.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{
    CauseFound, Change, CheckState, ContextInfo, Looked, Outcome, Run, RunDeed, StepState, ToldInput, Unlearnt,
};
use crate::format::sanitise;

/// The schema's name and version. A field that is added does not change it; one that goes or means something else does.
pub const SCHEMA: &str = "rounds.run/1";

/// One run of a runbook.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "rounds run -o json")]
struct Report {
    /// Always `rounds.run/1`.
    schema: &'static str,
    /// The runbook's name.
    runbook: String,
    /// Its title.
    title: String,
    /// Where it was run.
    context: Place,
    /// The alert it was run for, where one fires that it is for.
    alert: Option<String>,
    /// When it began, UTC.
    began: String,
    /// When its last check had answered, UTC.
    ended: Option<String>,
    /// What it was told.
    inputs: Vec<ToldInput>,
    /// The worst of what was found.
    state: CheckState,
    /// The exit code: 0 nothing found, 1 a warning, 2 a cause found or a change that failed, 3 not found out.
    exit_code: u8,
    /// What follows, in one sentence.
    conclusion: String,
    /// What is the matter, the most telling first.
    causes: Vec<CauseFound>,
    /// What could not be found out.
    unknown: Vec<Unlearnt>,
    /// The next step, where there is one.
    next_step: Option<String>,
    /// Every step of the runbook, in its order.
    steps: Vec<Step>,
}

/// Where it was run.
#[derive(Debug, Serialize, JsonSchema)]
struct Place {
    /// The context's name.
    name: String,
    /// Whether it is the simulated fleet.
    demo: bool,
    /// Whether it is production.
    production: bool,
    /// The AWS region.
    region: Option<String>,
    /// The AWS account.
    account: Option<String>,
}

/// One step.
#[derive(Debug, Serialize, JsonSchema)]
struct Step {
    /// Its id.
    id: String,
    /// Its title.
    title: String,
    /// `check`, `change` or `note`.
    kind: &'static str,
    /// What it came to.
    state: StepState,
    /// That in one line, or why it was not taken.
    said: String,
    /// A check as it is typed (`check tasks --service api-2`).
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// Everything a check looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked: Option<Vec<Looked>>,
    /// The causes a check named.
    #[serde(skip_serializing_if = "Option::is_none")]
    causes: Option<Vec<String>>,
    /// The facts a check found.
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<std::collections::BTreeMap<String, String>>,
    /// How long a check took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
    /// The change proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
    /// How it ended, once it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// Command lines to copy, of a note.
    #[serde(skip_serializing_if = "Option::is_none")]
    commands: Option<Vec<String>>,
}

/// The run as JSON, pretty-printed, with a line end.
pub fn json(run: &Run, context: &ContextInfo) -> String {
    let utc = |at: Timestamp| at.to_string();
    let report = Report {
        schema: SCHEMA,
        runbook: run.runbook.clone(),
        title: clean(&run.title),
        context: Place {
            name: context.name.clone(),
            demo: context.demo,
            production: context.production,
            region: context.region.clone(),
            account: context.account.clone(),
        },
        alert: run.alert.as_deref().map(clean),
        began: utc(run.began),
        ended: run.ended.map(utc),
        inputs: run.inputs.clone(),
        state: run.conclusion.state,
        exit_code: run.exit_code(),
        conclusion: clean(&run.conclusion.headline),
        causes: run.conclusion.causes.clone(),
        unknown: run.conclusion.unknown.clone(),
        next_step: run.conclusion.next_step.as_deref().map(clean),
        steps: run.steps.iter().map(step).collect(),
    };
    // Strings, integers and flags only: nothing that JSON cannot say.
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

fn clean(text: &str) -> String {
    sanitise(text).into_owned()
}

fn step(step: &crate::domain::RunStep) -> Step {
    let mut written = Step {
        id: step.id.clone(),
        title: clean(&step.title),
        kind: match step.deed {
            RunDeed::Check { .. } => "check",
            RunDeed::Change { .. } => "change",
            RunDeed::Note { .. } => "note",
        },
        state: step.state,
        said: clean(&step.said),
        asked: None,
        looked: None,
        causes: None,
        facts: None,
        took_ms: None,
        change: None,
        outcome: None,
        commands: None,
    };
    match &step.deed {
        RunDeed::Check { asked, result } => {
            written.asked = asked.as_ref().map(ToString::to_string);
            if let Some(result) = result {
                let harmless = |looked: &Looked| Looked {
                    state: looked.state,
                    text: clean(&looked.text),
                    from: clean(&looked.from),
                };
                written.looked = Some(result.looked.iter().map(harmless).collect());
                written.causes = Some(result.causes.clone());
                written.facts = Some(result.facts.clone());
                written.took_ms = Some(u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX));
            }
        }
        RunDeed::Change { change, outcome } => {
            written.change = change.as_deref().cloned();
            written.outcome.clone_from(outcome);
        }
        RunDeed::Note { commands } => written.commands = Some(commands.clone()),
    }
    written
}

/// The JSON Schema of [`json`].
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}

//! How steps and changes are said.

use crate::domain::{Change, CheckState, ContextInfo, RunDeed, RunStep, StepState};
use crate::report::ink::Tone;

/// The symbol of a step's state: never the only sign of it, the word stands beside it.
pub(super) const fn mark(state: StepState) -> &'static str {
    match state {
        StepState::Pass | StepState::Done => "✔",
        StepState::Warn => "▲",
        StepState::Fail | StepState::Failed => "✖",
        StepState::Unknown => "?",
        StepState::Queued | StepState::Changing => "*",
        StepState::Note => "i",
        StepState::Waiting | StepState::Running | StepState::Skipped => "·",
    }
}

pub(super) const fn tone(state: StepState) -> Tone {
    match state {
        StepState::Warn => Tone::Warning,
        StepState::Fail | StepState::Failed => Tone::Critical,
        StepState::Unknown => Tone::Unknown,
        StepState::Queued | StepState::Changing | StepState::Done => Tone::Strong,
        StepState::Note => Tone::Plain,
        StepState::Pass | StepState::Waiting | StepState::Running | StepState::Skipped => Tone::Dim,
    }
}

/// What a check's state does to the eye.
pub(super) const fn looked_tone(state: CheckState) -> Tone {
    match state {
        CheckState::Pass => Tone::Dim,
        CheckState::Unknown => Tone::Unknown,
        CheckState::Warn => Tone::Warning,
        CheckState::Fail => Tone::Critical,
    }
}

/// The word of a check's state.
pub(super) const fn state_word(state: CheckState) -> &'static str {
    match state {
        CheckState::Pass => "pass",
        CheckState::Unknown => "unknown",
        CheckState::Warn => "warn",
        CheckState::Fail => "fail",
    }
}

/// A change in a few words (`restart task 3f9c21aa of api-2`).
pub(super) fn change_text(change: &Change) -> String {
    match change {
        Change::RestartTask { service, task } => {
            format!("restart task {} of {}", task.get(..8).unwrap_or(task), service.name)
        }
        Change::Redeploy { service } => format!("redeploy {}", service.name),
        Change::Scale { service, desired } => format!("scale {} to {desired}", service.name),
        Change::RollBack { service } => format!("roll back {}", service.name),
        Change::Silence(ask) => {
            let matchers: Vec<String> = ask.matchers.iter().map(ToString::to_string).collect();
            format!("silence {} for {}", matchers.join(", "), crate::format::duration(ask.lasts))
        }
        Change::ExpireSilence { id, .. } => format!("end silence {id}"),
        Change::Annotate { text, .. } => format!("annotate: {text}"),
        Change::ReloadPrometheus => "reload Prometheus".to_owned(),
        Change::Provision { operation, environment, .. } => format!("{} the stack of {environment}", operation.word()),
    }
}

/// What a change step proposes, and how to have it: what stood against it, where that was tried.
pub(super) fn proposed(step: &RunStep, context: &ContextInfo) -> String {
    match &step.deed {
        RunDeed::Change { change: Some(change), .. } if step.said.starts_with(RunStep::NOT_DONE) => {
            format!("{}, {}", change_text(change), step.said)
        }
        RunDeed::Change { change: Some(change), .. } if context.production => {
            let name = change.service().map_or(context.name.as_str(), |service| service.name.as_str());
            let name = crate::format::shell_word(name);
            format!("{}: --dry-run shows its plan, --yes --confirm {name} makes it", change_text(change))
        }
        RunDeed::Change { change: Some(change), .. } => {
            format!("{}: --dry-run shows its plan, --yes makes it", change_text(change))
        }
        _ => step.said.clone(),
    }
}

/// What a change step proposes, and what has become of it.
pub(super) fn proposal(step: &RunStep) -> String {
    match &step.deed {
        RunDeed::Change { change: Some(change), .. } => format!("{}: {}", change_text(change), step.said),
        _ => step.said.clone(),
    }
}

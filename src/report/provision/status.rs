//! How each part of the stack on AWS is, as text and as JSON.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::Trouble;
use crate::domain::CheckState;
use crate::format::{pad_right, sanitise, width};

/// The form of the document. Fields may be added to it; what is there keeps its meaning.
pub const SCHEMA: &str = "rounds.provision.status/1";

/// One part of the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Component {
    /// Its name.
    pub part: String,
    /// How it is.
    pub state: CheckState,
    /// In one line.
    pub summary: String,
    /// Who says so.
    pub source: String,
    /// What to do, where something is to be done.
    pub next_step: Option<String>,
}

impl Component {
    /// A part of which it is not known how it is, and how to find out.
    pub fn unknown(part: &str, summary: &str, source: &str, next: &str) -> Self {
        Self {
            part: part.to_owned(),
            state: CheckState::Unknown,
            summary: summary.to_owned(),
            source: source.to_owned(),
            next_step: Some(next.to_owned()),
        }
    }
}

/// Every part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(title = "Provision status", extend("$id" = "rounds/provision-status/1"))]
pub struct Document<'a> {
    /// The version of this form: `rounds.provision.status/1`.
    pub schema: &'static str,
    /// When it was written.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The console's context that was looked at, where there is one.
    pub context: Option<&'a str>,
    /// The worst of all parts; what is not known is no pass.
    pub state: CheckState,
    /// Each part; none where nothing could be looked at.
    pub parts: &'a [Component],
    /// Why nothing could be looked at; nothing where it could.
    pub error: Option<Trouble<'a>>,
    /// The exit code: 0 all well, 1 a warning, 2 something failed, 3 something is not known.
    pub exit_code: u8,
}

impl Document<'_> {
    /// As JSON.
    pub fn json(&self) -> String {
        super::json(self)
    }
}

/// Its JSON Schema.
pub fn schema() -> serde_json::Value {
    super::schema::<Document<'_>>()
}

/// A line for each part, and the next step where one is to be taken.
pub fn text(parts: &[Component]) -> String {
    let widest = parts.iter().map(|part| width(&part.part)).max().unwrap_or_default();
    let mut out = String::new();
    for part in parts {
        let word = match part.state {
            CheckState::Pass => "ok",
            CheckState::Unknown => "unknown",
            CheckState::Warn => "warning",
            CheckState::Fail => "failed",
        };
        let (name, summary) = (pad_right(&sanitise(&part.part), widest), sanitise(&part.summary));
        let _ = writeln!(out, "  {name}  {word:<8}  {summary}  ({})", part.source);
        if let Some(next) = part.next_step.as_ref().filter(|_| part.state != CheckState::Pass) {
            let _ = writeln!(out, "  {}            next: {}", " ".repeat(widest), sanitise(next));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_step_is_told_where_there_is_something_to_do() {
        let part = |state| Component { state, ..Component::unknown("drift", "two changed", "terraform plan", "plan") };
        assert_eq!(text(&[part(CheckState::Pass)]), "  drift  ok        two changed  (terraform plan)\n");
        let told = text(&[part(CheckState::Unknown)]);
        assert!(told.starts_with("  drift  unknown   two changed") && told.ends_with("next: plan\n"), "{told}");
    }
}

//! Runbooks on paper: a run as it goes and when it has ended, and what a runbook would do.

mod describe;
mod fitting;
mod json;
mod markdown;
mod text;
mod words;

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;

use crate::domain::ContextInfo;

pub use describe::{list, list_json, markdown as show_markdown, reference, show};
pub use fitting::{json as fitting_json, text as fitting};
pub use json::{SCHEMA, json, schema};
pub use markdown::markdown;
pub use text::{end, head, step};

/// How a run is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it was run.
    pub context: ContextInfo,
    /// Cells a line of text may take.
    pub width: usize,
    /// Whether to emphasise with the terminal's sixteen colours (text only).
    pub colour: bool,
    /// Whether only ASCII may be written (text only).
    pub ascii: bool,
    /// The zone of clock times for people. JSON is always UTC.
    pub zone: TimeZone,
}

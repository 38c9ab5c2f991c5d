//! `--once`: a snapshot as text, JSON, Markdown, or the output of a monitoring plugin.

#[cfg(test)]
mod docs;
mod json;
mod markdown;
mod nagios;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod words;

use jiff::tz::TimeZone;

use crate::domain::Policy;

pub use json::{SCHEMA, json, schema};
pub use markdown::markdown;
pub use nagios::nagios;
pub use text::text;

/// The narrowest text a table is laid out for; a narrower terminal wraps its lines.
const MIN_WIDTH: usize = 40;

/// How a report is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// Leave out what is ok. The counts still count everything.
    pub problems_only: bool,
    /// Cells a line of text may take.
    pub width: usize,
    /// Whether to emphasise with the terminal's sixteen colours (text only).
    pub colour: bool,
    /// Whether only ASCII may be written (all but JSON).
    pub ascii: bool,
    /// The zone of clock times for people. JSON is always UTC.
    pub zone: TimeZone,
    /// The thresholds written beside values in performance data (Nagios only).
    pub policy: Policy,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            problems_only: false,
            width: 80,
            colour: false,
            ascii: false,
            zone: TimeZone::UTC,
            policy: Policy::default(),
        }
    }
}

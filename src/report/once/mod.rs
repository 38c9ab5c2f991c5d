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

use std::str::FromStr;

use jiff::tz::TimeZone;

use crate::domain::{Policy, Snapshot};

pub use json::{SCHEMA, json, schema};
pub(super) use markdown::escape;
pub use markdown::markdown;
pub use nagios::nagios;
pub use text::text;

/// The narrowest text a table is laid out for; a narrower terminal wraps its lines.
const MIN_WIDTH: usize = 40;

/// What a report is written for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// A person at a terminal.
    #[default]
    Text,
    /// Other programs.
    Json,
    /// A chat or a ticket.
    Markdown,
    /// A monitoring system that runs plugins.
    Nagios,
}

impl Format {
    /// Every format with its name and what it is, for a command line's help.
    pub const TABLE: [(Self, &'static str, &'static str); 4] = [
        (Self::Text, "text", "aligned text for a person"),
        (Self::Json, "json", "one JSON object with a versioned schema"),
        (Self::Markdown, "markdown", "tables and lists for a chat or a ticket"),
        (Self::Nagios, "nagios", "a status line, details and performance data"),
    ];

    /// The snapshot in this format.
    pub fn write(self, snapshot: &Snapshot, options: &Options) -> String {
        match self {
            Self::Text => text(snapshot, options),
            Self::Json => json(snapshot, options),
            Self::Markdown => markdown(snapshot, options),
            Self::Nagios => nagios(snapshot, options),
        }
    }
}

impl FromStr for Format {
    type Err = String;

    /// # Errors
    /// A sentence that names the formats there are.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::TABLE
            .iter()
            .find(|(_, name, _)| *name == text)
            .map(|(format, ..)| *format)
            .ok_or_else(|| format!("expected one of {}", Self::TABLE.map(|(_, name, _)| name).join(", ")))
    }
}

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

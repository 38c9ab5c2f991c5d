//! Log lines as text for a person and as JSON for other programs.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::ink::{Ink, Tone, letters};
use crate::domain::{LogKind, LogLevel, LogLine};
use crate::format::{self, LogPart};

/// Name and version of the JSON; within a version fields are only added.
pub const SCHEMA: &str = "rounds.logs/1";

/// The colours of tasks: six of the sixteen that are told apart by most eyes. The id beside them says the same.
const TASK_COLOURS: [&str; 6] = ["36", "35", "34", "32", "33", "96"];

/// How lines are written.
#[derive(Debug, Clone)]
pub struct Options {
    /// The zone of times in text; JSON has UTC.
    pub zone: TimeZone,
    /// Whether colour is written.
    pub colour: bool,
    /// Whether only ASCII is written.
    pub ascii: bool,
    /// The service: its own name need not be said with every line.
    pub service: String,
}

/// One entry as text, with its line end.
pub fn text(line: &LogLine, options: &Options) -> String {
    let ink = Ink { colour: options.colour };
    let task = if options.colour { Some(line.origin.short()) } else { None };
    let paint = |part: LogPart, text: &str| painted(ink, part, text, task);
    letters(format::log_entry(line, &options.zone, &options.service, &paint), options.ascii)
}

fn painted(ink: Ink, part: LogPart, text: &str, task: Option<&str>) -> String {
    match (part, task) {
        (LogPart::Task, Some(task)) => {
            let colour = TASK_COLOURS[colour_of(task, TASK_COLOURS.len())];
            format!("\x1b[{colour}m{text}\x1b[0m")
        }
        (LogPart::Task, None) => text.to_owned(),
        (LogPart::Time, _) => ink.paint(Tone::Dim, text).into_owned(),
        (LogPart::Said(level), _) => ink.paint(level_tone(level), text).into_owned(),
        (LogPart::Hidden, _) => ink.paint(Tone::Unknown, text).into_owned(),
        (LogPart::Gap, _) => ink.paint(Tone::Warning, text).into_owned(),
    }
}

/// Which of so many colours a task has: the same one everywhere.
fn colour_of(task: &str, colours: usize) -> usize {
    let sum = task.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    sum % colours
}

const fn level_tone(level: Option<LogLevel>) -> Tone {
    match level {
        Some(LogLevel::Fatal | LogLevel::Error) => Tone::Critical,
        Some(LogLevel::Warn) => Tone::Warning,
        Some(LogLevel::Trace | LogLevel::Debug) => Tone::Dim,
        Some(LogLevel::Info) | None => Tone::Plain,
    }
}

/// An entry as other programs read it.
#[derive(Serialize)]
struct Wire<'a> {
    schema: &'static str,
    kind: &'static str,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    stream: &'a str,
    level: Option<LogLevel>,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    hidden_characters: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One entry as one line of JSON. Its text is the harmless one.
pub fn json(line: &LogLine) -> String {
    let wire = Wire {
        schema: SCHEMA,
        kind: if line.kind == LogKind::Gap { "gap" } else { "line" },
        at: line.at,
        task: line.origin.task.as_deref(),
        container: line.origin.container.as_deref(),
        stream: &line.origin.stream,
        level: line.level,
        text: &line.text,
        message: format::shape(&line.text).and_then(|shape| shape.message),
        hidden_characters: line.hidden,
    };
    // Strings, numbers and times: that cannot fail.
    serde_json::to_string(&wire).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::LogOrigin;

    fn said(text: &str, level: Option<LogLevel>) -> LogLine {
        let clean = format::log_text(text);
        let origin = LogOrigin {
            task: Some("0123456789abcdef0123456789abcdef".into()),
            container: Some("web".into()),
            stream: "ecs/web/0123".into(),
        };
        LogLine {
            level,
            origin: Arc::new(origin),
            kind: LogKind::Said,
            hidden: clean.hidden,
            ..LogLine::gap("2026-11-22T09:02:14.123Z".parse().unwrap(), clean.text)
        }
    }

    fn options(colour: bool) -> Options {
        Options { zone: TimeZone::UTC, colour, ascii: false, service: "web".into() }
    }

    #[test]
    fn an_entry_is_one_and_its_further_lines_hang_below_it() {
        let forged = said("boom\n2026-11-22 09:02:15.000  01234567  INFO   all is well", Some(LogLevel::Error));
        assert_eq!(
            text(&forged, &options(false)),
            "2026-11-22 09:02:14.123  01234567  ERROR  boom\n                                   \
             | 2026-11-22 09:02:15.000  01234567  INFO   all is well\n"
        );
        let json_line = said(r#"{"level":"warn","msg":"slow","ms":812}"#, Some(LogLevel::Warn));
        assert!(text(&json_line, &options(false)).ends_with("WARN   slow  ms=812\n"));
        let gap = LogLine::gap(forged.at, "no answer");
        assert_eq!(text(&gap, &options(false)), "2026-11-22 09:02:14.123  -- no answer --\n");
        let long = said(&"x".repeat(9_000), None);
        assert!(text(&long, &options(false)).ends_with("x [808 characters hidden: too long]\n"));
        let sidecar = LogLine {
            origin: Arc::new(LogOrigin { container: Some("envoy".into()), ..LogOrigin::default() }),
            ..forged
        };
        assert!(text(&sidecar, &options(false)).contains("ERROR  envoy: boom"));
    }

    #[test]
    fn only_our_own_colours_are_written() {
        let hostile = said("a\x1b[2Jb\u{9b}2J\x1b]52;c;x\x07\rc", None);
        let text = text(&hostile, &options(true));
        let foreign = text.replace("\x1b[2m", "").replace("\x1b[0m", "");
        let foreign = TASK_COLOURS.iter().fold(foreign, |text, colour| text.replace(&format!("\x1b[{colour}m"), ""));
        assert!(!foreign.chars().any(|c| c.is_control() && c != '\n'), "{foreign:?}");
    }

    #[test]
    fn json_is_one_line_that_says_what_is_hidden() {
        let line = said("a\nb\x1b[2J", Some(LogLevel::Info));
        let json = json(&line);
        assert_eq!(json.lines().count(), 1);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["text"], "a\nb\\u{1b}[2J");
        assert_eq!(
            (&value["schema"], &value["kind"], &value["level"]),
            (&SCHEMA.into(), &"line".into(), &"info".into())
        );
        assert_eq!(value["hidden_characters"], serde_json::Value::Null);
    }
}

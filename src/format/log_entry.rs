//! One log entry as text: the layout that printing, saving and copying share.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::{count, pad_right, sanitise, shape};
use crate::domain::{LogKind, LogLevel, LogLine};

/// Cells of the time.
const TIME: usize = 23;

/// Cells of the task.
const TASK: usize = 8;

/// Cells of the level.
const LEVEL: usize = 5;

/// A part of an entry, for who paints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPart {
    /// When.
    Time,
    /// Who.
    Task,
    /// How loudly, and what.
    Said(Option<LogLevel>),
    /// How much is hidden.
    Hidden,
    /// A mark that lines may be missing.
    Gap,
}

/// One entry with its line end: time, task, level, text. Further lines of it stand below, behind a bar, so that they
/// cannot be taken for entries of their own. A line that is JSON is written as its message and fields.
///
/// `service` is whose entry it is: a container of that name need not be named.
pub fn log_entry(line: &LogLine, zone: &TimeZone, service: &str, paint: &dyn Fn(LogPart, &str) -> String) -> String {
    let time = line.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string();
    if line.kind == LogKind::Gap {
        return format!("{}\n", paint(LogPart::Gap, &format!("{time}  -- {} --", sanitise(&line.text))));
    }
    let shape = shape(&line.text);
    let body = shape.map_or_else(|| Cow::Borrowed(&*line.text), |shape| Cow::Owned(shape.line()));
    let level = line.level.map_or("", LogLevel::word).to_ascii_uppercase();
    let said = LogPart::Said(line.level);
    let mut lines = body.split('\n');
    let mut out = String::with_capacity(body.len() + 48);
    // Writing to a `String` cannot fail.
    let _ = write!(out, "{}  ", paint(LogPart::Time, &time));
    let _ = write!(out, "{}  ", paint(LogPart::Task, &pad_right(line.origin.short(), TASK)));
    let _ = write!(out, "{}  ", paint(said, &format!("{level:LEVEL$}")));
    if let Some(container) = line.origin.container.as_ref().filter(|name| **name != service) {
        let _ = write!(out, "{container}: ");
    }
    out.push_str(&paint(said, lines.next().unwrap_or_default()));
    for further in lines {
        let _ = write!(out, "\n{:indent$}| {}", "", paint(said, further), indent = TIME + 2 + TASK + 2);
    }
    if line.hidden > 0 {
        let words = format!(" [{} hidden: too long]", count(line.hidden as usize, "character"));
        out.push_str(&paint(LogPart::Hidden, &words));
    }
    out.push('\n');
    out
}

//! How lines become rows of the screen: what both scrolling and drawing must agree on.

use unicode_segmentation::UnicodeSegmentation as _;

use super::LogScreen;
use super::store::Spot;
use crate::app::geometry::{self, Area};
use crate::domain::{LogKind, LogLine};
use crate::format;

/// The sign for a line's end inside of an entry.
const BREAK: &str = " \u{23CE} ";

/// Cells of the task and of the level, each with the space after it.
const TASK: u16 = 9;
const LEVEL: u16 = 6;

/// The columns before the text: when, who, how loudly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogColumns {
    /// Cells of the time; none where it is not shown.
    pub time: u16,
    /// Cells of the task.
    pub task: u16,
    /// Cells of the level.
    pub level: u16,
    /// Where the text begins.
    pub text: u16,
    /// Cells of the text.
    pub room: u16,
}

/// The columns on a screen of this width.
pub fn columns(screen: &LogScreen, width: u16) -> LogColumns {
    let time = match (screen.times, width) {
        (false, _) => 0,
        (true, 0..72) => 9,
        (true, _) => 13,
    };
    let task = if width < 56 { 0 } else { TASK };
    let text = 2 + time + task + LEVEL;
    LogColumns { time, task, level: LEVEL, text, room: width.saturating_sub(text + 1).max(1) }
}

/// One entry on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// The line's place in the store.
    pub spot: Spot,
    /// Its first row on the screen.
    pub y: u16,
    /// Its text, row by row.
    pub rows: Vec<String>,
}

/// What is shown of a line: the message and fields of one that is JSON, the text of any other.
pub fn said(line: &LogLine) -> String {
    let text = match format::shape(&line.text) {
        Some(shape) if line.kind == LogKind::Said => shape.line(),
        _ => line.text.to_string(),
    };
    match line.hidden {
        0 => text,
        hidden => format!("{text} [{} hidden: too long]", format::count(hidden as usize, "character")),
    }
}

/// A line's rows: one, or as many as it takes.
fn rows_of(line: &LogLine, room: u16, wrap: bool) -> Vec<String> {
    let text = said(line);
    if !wrap {
        return vec![text.replace('\n', BREAK)];
    }
    let mut rows = Vec::new();
    for part in text.split('\n') {
        let (mut row, mut width) = (String::new(), 0);
        for grapheme in part.graphemes(true) {
            let size = format::width(grapheme);
            if width + size > usize::from(room) && !row.is_empty() {
                rows.push(std::mem::take(&mut row));
                width = 0;
            }
            row.push_str(grapheme);
            width += size;
        }
        rows.push(row);
    }
    rows
}

/// How many rows a line takes, up to a screenful.
pub(super) fn height(line: &LogLine, room: u16, wrap: bool, page: usize) -> usize {
    if !wrap {
        return 1;
    }
    // Most lines are short: counting bytes settles it without taking them apart.
    if line.text.len() <= usize::from(room)
        && line.hidden == 0
        && !line.text.contains('\n')
        && !line.text.starts_with('{')
    {
        return 1;
    }
    rows_of(line, room, wrap).len().min(page.max(1))
}

/// Where the lines are, and where the one under the cursor is told in full.
pub fn areas(size: (u16, u16), detail: bool) -> (Area, Area) {
    let body = geometry::body(size);
    let below = if detail && body.height >= 8 { (body.height / 2).max(4) } else { 0 };
    let list = Area { height: body.height - below, ..body };
    let detail = Area { y: body.y + list.height + 1, height: below.saturating_sub(1), ..body };
    (list, detail)
}

/// The entries visible, from the top on.
pub fn rows(screen: &LogScreen, size: (u16, u16)) -> Vec<LogRow> {
    let (area, _) = areas(size, screen.detail);
    let columns = columns(screen, size.0);
    let mut rows = Vec::new();
    let (mut y, end) = (area.y, area.y + area.height);
    let first = screen.sieve.row(screen.top, &screen.store);
    for row in first.. {
        let Some(spot) = screen.sieve.spot(row, &screen.store).filter(|_| y < end) else { break };
        let Some(line) = screen.store.get(spot) else { break };
        let mut texts = rows_of(line, columns.room, screen.wrap);
        let fits = usize::from(end - y);
        if texts.len() > fits {
            let more = texts.len() - fits;
            texts.truncate(fits);
            if let Some(last) = texts.last_mut().filter(|_| row == first) {
                *last = format::clip(
                    &format!("… {} more: enter shows all", format::count(more + 1, "row")),
                    usize::from(columns.room),
                );
            }
        }
        let taken = u16::try_from(texts.len()).unwrap_or(u16::MAX);
        rows.push(LogRow { spot, y, rows: texts });
        y = y.saturating_add(taken);
    }
    rows
}

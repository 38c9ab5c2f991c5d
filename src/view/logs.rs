//! The log screen: lines by time, each with its task and level, and the one under the cursor in full.

use crate::app::geometry::Area;
use crate::app::{Line, LogQuestion, LogScreen, Model, Older, Query, Spot, log_columns};
use crate::command::Command;
use crate::domain::{LogKind, LogLevel, LogLine, LogState};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, cells, piece, wrapped};
use super::overlay::input;
use super::waiting::say;

/// The looks of tasks.
const TASKS: [Role; 6] = [Role::Task1, Role::Task2, Role::Task3, Role::Task4, Role::Task5, Role::Task6];

/// Between the rows of one entry.
const HANG: u16 = 2;

/// The second line: whose log, how it is doing, what narrows it.
pub(super) fn title(canvas: &mut Canvas<'_>, room: u16) {
    let Some(screen) = canvas.model.logs.as_deref() else { return };
    let place = &screen.place;
    let mut pieces = vec![piece(format!("log {}", place.service), Role::Title)];
    if let Some(task) = &place.task {
        pieces.push(piece(format!("  task {}", format::clip(task, 8).trim_end_matches('…')), Role::Title));
    }
    pieces.push(piece("  ", Role::Dim));
    pieces.extend(state(canvas, screen));
    pieces.extend(narrowed(canvas.model, screen));
    canvas.pieces(1, 1, room, &pieces);
}

/// How the log is doing, and whether the newest line is in sight.
fn state(canvas: &Canvas<'_>, screen: &LogScreen) -> Vec<Piece<'static>> {
    let model = canvas.model;
    let follows = match (screen.follows, screen.unseen) {
        (true, _) => piece("following", Role::Strong),
        (false, 0) => piece("paused", Role::Warning),
        (false, unseen) => piece(format!("paused, {} below", format::count(unseen, "new line")), Role::Warning),
    };
    let how = match &screen.state {
        LogState::Loading => piece("reading the last hour", Role::Dim),
        LogState::Polling { every } => piece(format!("every {every}s"), Role::Dim),
        LogState::Live { cost, sampled: false, .. } => piece(format!("LIVE ({})", brief(cost)), Role::Warning),
        LogState::Live { cost, .. } => piece(format!("LIVE, lines left out ({})", brief(cost)), Role::Critical),
        LogState::Failing { again, .. } => {
            piece(format!("no answer, again at {}", format::clock(*again, &model.zone)), Role::Critical)
        }
        LogState::Ended { .. } => piece("cannot be read", Role::Critical),
    };
    let mut pieces = vec![follows, piece("  ", Role::Dim), how];
    // What narrows the log says itself since when it was looked through.
    if screen.store.let_go > 0 && !screen.is_narrowed() {
        let text = format!(
            "  the oldest {} let go",
            format::count(usize::try_from(screen.store.let_go).unwrap_or(usize::MAX), "line")
        );
        pieces.push(piece(text, Role::Dim));
    }
    pieces
}

fn brief(cost: &str) -> String {
    cost.split(',').next().unwrap_or(cost).to_owned()
}

/// What narrows the log, so that nobody takes what is shown for all there is.
fn narrowed(model: &Model, screen: &LogScreen) -> Vec<Piece<'static>> {
    let choice = screen.sieve.choice();
    let mut pieces = Vec::new();
    let mut add = |word: &'static str, text: String| {
        pieces.push(piece(format!("  {word} "), Role::Dim));
        pieces.push(piece(text, Role::Match));
    };
    if let Some(pattern) = &screen.pattern {
        add("pattern", pattern.clone());
    }
    if let Some(level) = choice.level {
        add("from", level.word().to_owned());
    }
    if let Some(task) = &choice.task {
        add("only", task.get(..8).unwrap_or(task).to_owned());
    }
    if !screen.typed.is_empty() {
        add(if choice.around { "marked" } else { "filter" }, screen.typed.clone());
    }
    if let Query::Broken(why) = &choice.query {
        pieces.push(piece(format!("  {why}"), Role::Warning));
    }
    if screen.is_narrowed() || screen.is_sifting() {
        let more = if screen.is_sifting() { ", looking" } else { "" };
        let from =
            screen.complete_from().map(|at| format!(" since {}", format::clock(at, &model.zone))).unwrap_or_default();
        pieces.push(piece(format!("  {} of {}{from}{more}", screen.shown(), screen.store.len()), Role::Dim));
    }
    pieces
}

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let model = canvas.model;
    let Some(screen) = model.logs.as_deref() else { return };
    let (list, detail) = screen.areas(model.size);
    if screen.shown() == 0 {
        nothing(canvas, screen, list);
    }
    let columns = log_columns(screen, model.size.0);
    for row in screen.rows(model.size) {
        let Some(line) = screen.store.get(row.spot) else { continue };
        let height = cells(row.rows.len());
        let area = Area { x: 0, y: row.y, width: list.width, height };
        if line.kind == LogKind::Gap {
            gap(canvas, line, &row.rows, area);
        } else {
            head(canvas, screen, line, row.y);
            for (y, text) in (row.y..).zip(&row.rows) {
                let hang = if y > row.y { HANG.min(columns.room / 4) } else { 0 };
                if hang > 0 {
                    canvas.text(columns.text - 2, y, 1, canvas.glyphs.bar, Role::Rule);
                }
                said(canvas, screen, line, text, (columns.text, y), columns.room);
            }
        }
        if row.spot == screen.cursor() {
            super::table::cursor_row(canvas, area);
        }
        canvas.spot(area, Spot::LogLine(row.spot));
    }
    if detail.height > 0 {
        canvas.rule(0, detail.y - 1, detail.width);
        whole_line(canvas, screen, detail);
    }
    if screen.older == Older::Loading && screen.cursor() == screen.store.first() {
        let text = " reading older lines ";
        canvas.text(list.width.saturating_sub(cells(text.len()) + 1), list.y, cells(text.len()), text, Role::Notice);
    }
}

/// When, who, how loudly.
fn head(canvas: &mut Canvas<'_>, screen: &LogScreen, line: &LogLine, y: u16) {
    let model = canvas.model;
    let columns = log_columns(screen, model.size.0);
    let mut x = 2;
    if columns.time > 0 {
        let form = if columns.time > 9 { "%H:%M:%S%.3f" } else { "%H:%M:%S" };
        let time = line.at.to_zoned(model.zone.clone()).strftime(form).to_string();
        canvas.text(x, y, columns.time - 1, &time, Role::Dim);
        x += columns.time;
    }
    if columns.task > 0 {
        let short = line.origin.short();
        canvas.text(x, y, columns.task - 1, short, task_role(short));
        x += columns.task;
    }
    let level = line.level.map_or("", LogLevel::word).to_ascii_uppercase();
    canvas.text(x, y, columns.level - 1, &level, level_role(line.level));
}

/// The look of a task: by its id, so that it is the same everywhere.
fn task_role(task: &str) -> Role {
    let sum = task.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    TASKS[sum % TASKS.len()]
}

const fn level_role(level: Option<LogLevel>) -> Role {
    match level {
        Some(LogLevel::Fatal | LogLevel::Error) => Role::Critical,
        Some(LogLevel::Warn) => Role::Warning,
        Some(LogLevel::Trace | LogLevel::Debug) => Role::Dim,
        Some(LogLevel::Info) | None => Role::Text,
    }
}

/// A row of a line's text, with what the query found in it.
fn said(canvas: &mut Canvas<'_>, screen: &LogScreen, line: &LogLine, text: &str, at: (u16, u16), room: u16) {
    let role = match line.level {
        Some(LogLevel::Trace | LogLevel::Debug) => Role::Dim,
        Some(LogLevel::Fatal | LogLevel::Error) => Role::Critical,
        _ => Role::Text,
    };
    let spans = screen.sieve.choice().query.spans(text);
    let mut pieces = Vec::new();
    let mut done = 0;
    for (from, to) in spans {
        pieces.push(piece(&text[done..from], role));
        pieces.push(piece(&text[from..to], Role::Match));
        done = to;
    }
    pieces.push(piece(&text[done..], role));
    canvas.pieces(at.0, at.1, room, &pieces);
}

/// Where lines may be missing.
fn gap(canvas: &mut Canvas<'_>, line: &LogLine, rows: &[String], area: Area) {
    let model = canvas.model;
    let time = format::clock(line.at, &model.zone);
    for (y, text) in (area.y..).zip(rows) {
        let text = if y == area.y { format!("-- {time} {text} --") } else { text.clone() };
        canvas.text(2, y, area.width.saturating_sub(3), &text, Role::Warning);
    }
}

/// The line under the cursor: who said it and when, and all of it, JSON indented.
fn whole_line(canvas: &mut Canvas<'_>, screen: &LogScreen, area: Area) {
    let Some(line) = screen.selected() else { return };
    let model = canvas.model;
    let time = line.at.to_zoned(model.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f %Z").to_string();
    let mut head = vec![piece(time, Role::Strong)];
    if let Some(task) = &line.origin.task {
        head.push(piece(format!("  task {task}"), task_role(line.origin.short())));
    }
    if let Some(container) = &line.origin.container {
        head.push(piece(format!("  {container}"), Role::Text));
    }
    if line.hidden > 0 {
        let text = format!("  {} hidden: too long", format::count(line.hidden as usize, "character"));
        head.push(piece(text, Role::Warning));
    }
    head.push(piece(format!("  {}", line.origin.stream), Role::Dim));
    canvas.pieces(1, area.y, area.width.saturating_sub(2), &head);
    let room = area.width.saturating_sub(4);
    let lines = screen.detail_lines();
    let rows = lines.iter().flat_map(|line| {
        // What is indented stays so where it goes on in the next row.
        let indent = line.len() - line.trim_start().len();
        let wrapped = wrapped(line.trim_start(), room.saturating_sub(cells(indent)).max(8), 400);
        wrapped.into_iter().map(move |row| format!("{:indent$}{row}", ""))
    });
    let end = area.y + area.height;
    for (y, row) in (area.y + 1..end).zip(rows.skip(screen.detail_top)) {
        canvas.text(3, y, room, &row, Role::Text);
    }
}

/// Why there is no line.
fn nothing(canvas: &mut Canvas<'_>, screen: &LogScreen, area: Area) {
    let mut lines = Vec::new();
    match &screen.state {
        LogState::Ended { what, hint } => {
            lines.push((what.clone(), Role::Critical));
            lines.extend(hint.clone().map(|hint| (hint, Role::Strong)));
        }
        LogState::Failing { what, .. } => lines.push((what.clone(), Role::Critical)),
        LogState::Loading => lines.push(("Reading the last hour.".to_owned(), Role::Text)),
        _ if screen.is_sifting() => lines.push(("Looking through the lines.".to_owned(), Role::Text)),
        _ if !screen.store.is_empty() => {
            lines.extend(no_fit(canvas.model, screen).map(|text| (text, Role::Text)));
        }
        _ => {
            let text = match &screen.pattern {
                Some(pattern) => format!("Nothing that was said in the last hour fits the pattern {pattern}."),
                None => "Nothing was said in the last hour.".to_owned(),
            };
            lines.push((text, Role::Text));
            lines.push(("Going up looks further back.".to_owned(), Role::Dim));
        }
    }
    lines.extend(screen.notes.iter().map(|note| (note.clone(), Role::Dim)));
    say(canvas, area, &lines);
}

/// That no line in memory fits: which these are, and how to look through others.
fn no_fit(model: &Model, screen: &LogScreen) -> [String; 2] {
    let count = format::count(screen.store.len(), "line");
    let from =
        screen.complete_from().map(|at| format!(" since {}", format::clock(at, &model.zone))).unwrap_or_default();
    let key = |command| model.keys(command).into_iter().next().unwrap_or_default();
    let more = if screen.store.is_full() {
        let pattern = key(Command::LogPattern);
        format!(
            "Older ones were not looked through: no more fit in memory. {pattern} lets the backend look for a pattern."
        )
    } else {
        "Older ones were not looked through. Going up reads them.".to_owned()
    };
    [format!("None of {count}{from} fits."), more]
}

/// The line an answer about the log is typed into.
pub(super) fn ask(canvas: &mut Canvas<'_>, question: LogQuestion, line: &Line) {
    let Area { width, height, .. } = canvas.area();
    let (prompt, hint) = match question {
        LogQuestion::Query => ("/", "~ a regular expression  ! not  enter keeps  esc clears"),
        LogQuestion::Pattern => ("pattern: ", "in the backend's own language  enter reads anew"),
        LogQuestion::Moment => ("time: ", "14:30  15m  2026-11-22 14:30"),
        LogQuestion::File => ("save to: ", "enter writes  esc does not"),
    };
    let after = input(canvas, height - 1, prompt, line);
    let room = cells(hint.len());
    if after + room + 2 < width {
        canvas.text(width - room - 1, height - 1, room, hint, Role::Footer);
    }
}

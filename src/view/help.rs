//! What can be done here, and what was said so far.

use jiff::Timestamp;

use crate::app::{HELP_KEYS, HelpLine, Legend, Level, geometry, help_lines};
use crate::domain::Verdict;
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, cells, drawing, piece, wrapped};
use super::waiting::say;
use super::words::verdict_role;

pub(super) fn help(canvas: &mut Canvas<'_>) {
    let model = canvas.model;
    let body = geometry::body(model.size);
    let (columns, height) = geometry::help(model.size);
    let lines = help_lines(model);
    let per_column = lines.len().div_ceil(columns).max(1);
    let width = body.width / cells(columns);
    for (column, part) in (0u16..).zip(lines.chunks(per_column)) {
        let x = body.x + column * width + 1;
        let room = width.saturating_sub(2);
        for (y, line) in (body.y..).zip(part.iter().skip(model.text_top).take(height)) {
            help_line(canvas, x, y, room, line);
        }
    }
}

fn help_line(canvas: &mut Canvas<'_>, x: u16, y: u16, room: u16, line: &HelpLine) {
    match line {
        HelpLine::Blank => {}
        HelpLine::Heading(text) => {
            canvas.text(x, y, room, &text.to_uppercase(), Role::Title);
        }
        HelpLine::Text(text) => {
            canvas.text(x, y, room, text, Role::Text);
        }
        HelpLine::Command { keys, name, doc } => {
            let (keys, role) =
                if keys.is_empty() { (format!(":{name}"), Role::Dim) } else { (keys.clone(), Role::Key) };
            let end = canvas.text(x, y, room, &keys, role);
            let from = (x + cells(HELP_KEYS)).max(end + 1);
            canvas.text(from, y, (x + room).saturating_sub(from), doc, Role::Text);
        }
        HelpLine::Further(doc) => {
            canvas.text(x + cells(HELP_KEYS), y, room.saturating_sub(cells(HELP_KEYS)), doc, Role::Text);
        }
        HelpLine::Legend(legend) => {
            canvas.pieces(x, y, room, &legend_pieces(canvas, *legend));
        }
    }
}

fn legend_pieces(canvas: &Canvas<'_>, legend: Legend) -> Vec<Piece<'static>> {
    let glyphs = canvas.glyphs;
    match legend {
        Legend::Verdicts => Verdict::WORST_FIRST
            .iter()
            .map(|verdict| piece(format!("{} {verdict}   ", glyphs.verdict(*verdict)), verdict_role(*verdict)))
            .collect(),
        Legend::Suppressed => vec![
            piece(glyphs.suppressed, Role::Suppressed),
            piece(" an alert that notifies nobody   ", Role::Text),
            piece(glyphs.pending, Role::Text),
            piece(" one that does not fire yet", Role::Text),
        ],
        Legend::Stale => vec![piece("71% 4m", Role::Stale), piece("  the last value known, and its age", Role::Text)],
        Legend::Unknown => vec![piece("?", Role::Unknown), piece("  should be known and is not", Role::Text)],
        Legend::NotApplicable => {
            vec![piece(glyphs.not_applicable, Role::Dim), piece("  does not exist here", Role::Text)]
        }
        Legend::Sparkline => {
            let levels = glyphs.levels;
            vec![
                drawing(format!("{}{}", levels[0], levels[levels.len() / 2]), Role::Spark),
                drawing(levels[levels.len() - 2], Role::Warning),
                drawing(levels[levels.len() - 1], Role::Critical),
                drawing(" ", Role::Spark),
                drawing(levels[0], Role::Spark),
                piece("  the last hour; coloured past a threshold, blank where not measured", Role::Text),
            ]
        }
    }
}

/// Everything said since the start.
pub(super) fn messages(canvas: &mut Canvas<'_>) {
    const TIME: u16 = 10;
    let model = canvas.model;
    let body = geometry::body(model.size);
    if model.notices.said().len() == 0 {
        say(canvas, body, &[("Nothing was said so far.".to_owned(), Role::Text)]);
        return;
    }
    let (mut y, end) = (body.y, body.y + body.height);
    for (at, notice) in model.notices.said().skip(model.text_top) {
        let role = match notice.level {
            Level::Info => Role::Text,
            Level::Warning => Role::Warning,
            Level::Error => Role::NoticeError,
        };
        let when = if *at == Timestamp::UNIX_EPOCH { "at start".to_owned() } else { format::clock(*at, &model.zone) };
        for (index, line) in wrapped(&notice.text, body.width.saturating_sub(TIME + 2), 20).into_iter().enumerate() {
            if y >= end {
                return;
            }
            if index == 0 {
                canvas.text(1, y, TIME - 1, &when, Role::Dim);
            }
            canvas.text(1 + TIME, y, body.width.saturating_sub(TIME + 2), &line, role);
            y += 1;
        }
    }
}

//! What lies over the foot of the screen while something is typed: the input line, candidates, the keys that go on.

use crate::app::geometry::Area;
use crate::app::{Candidate, Line, Overlay, Palette, Spot};
use crate::format;
use crate::keymap::Lookup;
use crate::theme::Role;

use super::canvas::{Canvas, cells, highlighted, piece};

/// The most candidates visible at once.
const VISIBLE: usize = 10;

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    match &canvas.model.overlay {
        Some(Overlay::Filter(line)) => filter(canvas, line),
        Some(Overlay::Palette(palette)) => palette_box(canvas, palette),
        Some(Overlay::LogAsk(question, line)) => super::logs::ask(canvas, *question, line),
        Some(Overlay::Menu(menu)) => super::choose::menu(canvas, menu),
        Some(Overlay::Asking(asking)) => super::choose::asking(canvas, asking),
        Some(Overlay::Confirm(confirm)) => super::confirm::draw(canvas, confirm),
        None => which_key(canvas),
    }
}

/// The line typed into, in place of the footer. The cursor is drawn as a cell, so that the terminal's own may stay hidden.
pub(super) fn input(canvas: &mut Canvas<'_>, y: u16, prompt: &str, line: &Line) -> u16 {
    let width = canvas.area().width;
    canvas.clear(Area { x: 0, y, width, height: 1 });
    let x = canvas.text(1, y, width.saturating_sub(2), prompt, Role::Key);
    let room = width.saturating_sub(x + 2);
    // What is before the cursor stays in sight: the beginning leaves when the text is longer than the line.
    let before = line.before();
    let mut hidden = 0;
    while format::width(&before[hidden..]) > usize::from(room) {
        hidden += before[hidden..].chars().next().map_or(1, char::len_utf8);
    }
    let at = canvas.text(x, y, room, &before[hidden..], Role::Input);
    let after = canvas.text(at, y, (x + room).saturating_sub(at), &line.text()[before.len()..], Role::Input);
    if at == after {
        canvas.text(at, y, 1, "_", Role::Input);
    } else {
        canvas.tint(Area { x: at, y, width: 1, height: 1 }, Role::Cursor);
    }
    after + 2
}

fn filter(canvas: &mut Canvas<'_>, line: &Line) {
    let Area { width, height, .. } = canvas.area();
    let after = input(canvas, height - 1, "/", line);
    let hint = "enter keeps  esc clears";
    let room = cells(hint.len());
    if after + room + 2 < width {
        canvas.text(width - room - 1, height - 1, room, hint, Role::Footer);
    }
}

fn palette_box(canvas: &mut Canvas<'_>, palette: &Palette) {
    let Area { width, height, .. } = canvas.area();
    let shown = VISIBLE.min(usize::from(height.saturating_sub(4)));
    let count = palette.candidates.len();
    let rows = count.min(shown);
    let top = palette.chosen.saturating_sub(rows.saturating_sub(1)).min(count.saturating_sub(rows));
    let lines = cells(rows.max(1));
    let first = height.saturating_sub(lines + 2);
    canvas.clear(Area { x: 0, y: first, width, height: lines + 2 });
    canvas.rule(0, first, width);
    if count == 0 {
        canvas.text(3, first + 1, width.saturating_sub(4), "nothing matches", Role::Dim);
    }
    let longest = palette.candidates.iter().map(|candidate| format::width(&candidate.text)).max().unwrap_or_default();
    let column = cells(longest).clamp(14, width / 2);
    for (y, (index, candidate)) in (first + 1..).zip(palette.candidates.iter().enumerate().skip(top).take(rows)) {
        candidate_row(canvas, y, column, candidate);
        let row = Area { x: 0, y, width, height: 1 };
        if index == palette.chosen {
            super::table::cursor_row(canvas, row);
        }
        canvas.spot(row, Spot::Candidate(candidate.text.clone()));
    }
    if count > rows {
        let text = format!(" {} of {count} ", palette.chosen + 1);
        let size = cells(text.len());
        canvas.text(width.saturating_sub(size + 1), first, size, &text, Role::Dim);
    }
    input(canvas, height - 1, ":", &palette.line);
}

fn candidate_row(canvas: &mut Canvas<'_>, y: u16, column: u16, candidate: &Candidate) {
    let width = canvas.area().width;
    let pieces = highlighted(&candidate.text, &candidate.matched, 0, Role::Text);
    canvas.pieces(3, y, column, &pieces);
    let key = cells(format::width(&candidate.key));
    let room = width.saturating_sub(column + 6);
    canvas.pieces_right(5 + column, y, room, &[piece(candidate.key.as_str(), Role::Key)]);
    canvas.text(5 + column, y, room.saturating_sub(key + 2), &candidate.doc, Role::Dim);
}

/// The keys that go on from those pressed, and where each leads.
fn which_key(canvas: &mut Canvas<'_>) {
    let model = canvas.model;
    if model.pending.is_empty() {
        return;
    }
    let Lookup::Pending(rows) = model.keymap.lookup(model.trail.here().scopes(), &model.pending) else { return };
    let Area { width, height, .. } = canvas.area();
    let columns = usize::from((width / 40).max(1));
    let lines = cells(rows.len().div_ceil(columns)).min(height.saturating_sub(3));
    let first = height.saturating_sub(lines + 2);
    canvas.clear(Area { x: 0, y: first, width, height: lines + 2 });
    canvas.rule(0, first, width);
    let cell = width / cells(columns);
    let shown = usize::from(lines) * columns;
    for (index, (key, hint)) in rows.iter().take(shown).enumerate() {
        let x = 1 + cells(index / usize::from(lines.max(1))) * cell;
        let y = first + 1 + cells(index % usize::from(lines.max(1)));
        let pieces = [piece(format!("{:<6}", key.to_string()), Role::Key), piece(hint.text(), Role::Text)];
        canvas.pieces(x, y, cell.saturating_sub(2), &pieces);
    }
    let pressed: Vec<String> = model.pending.iter().map(ToString::to_string).collect();
    let pieces = [piece(pressed.join(" "), Role::Key), piece("  esc forgets it", Role::Footer)];
    canvas.pieces(1, height - 1, width.saturating_sub(2), &pieces);
}

//! The menu of changes, and the questions that come before some plans.

use crate::app::geometry::Area;
use crate::app::{Asking, LENGTHS, Menu, Question, Spot};
use crate::domain::GateState;
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, cells, piece, wrapped};
use super::overlay::input;
use super::table;

/// Empties the foot of the screen below a rule and gives its first line.
pub(super) fn foot(canvas: &mut Canvas<'_>, lines: usize) -> u16 {
    let Area { width, height, .. } = canvas.area();
    let lines = cells(lines).min(height.saturating_sub(2));
    let first = height - lines;
    canvas.clear(Area { x: 0, y: first - 1, width, height: lines + 1 });
    canvas.rule(0, first - 1, width);
    first
}

pub(super) fn menu(canvas: &mut Canvas<'_>, menu: &Menu) {
    let model = canvas.model;
    let Area { width, height, .. } = canvas.area();
    let rows = menu.actions.len().clamp(1, usize::from(height.saturating_sub(5)));
    let first = foot(canvas, rows + 2);
    let closed = closed(canvas);
    let room = width.saturating_sub(2);
    let mut title = vec![piece(format!("Change {}", menu.title), Role::Title)];
    if menu.title.ends_with('?') {
        title = vec![piece(capital(&menu.title), Role::Title)];
    }
    if let Some(why) = &closed {
        title.push(piece(format!("   {why}"), Role::Warning));
    }
    canvas.pieces(1, first, room, &title);
    let top = menu.chosen.saturating_sub(rows.saturating_sub(1));
    for (y, (index, action)) in (first + 1..).zip(menu.actions.iter().enumerate().skip(top).take(rows)) {
        let is_off = closed.is_some() || action.refused.is_some();
        let why = action.refused.as_deref().map(|why| format!("   {why}")).unwrap_or_default();
        let pieces = [
            piece(action.key.to_string(), if is_off { Role::Dim } else { Role::Key }),
            piece("  ", Role::Dim),
            piece(action.label.as_str(), if is_off { Role::Dim } else { Role::Text }),
            piece(why, Role::Dim),
        ];
        canvas.pieces(3, y, width.saturating_sub(4), &pieces);
        let row = Area { x: 0, y, width, height: 1 };
        if index == menu.chosen {
            table::cursor_row(canvas, row);
        }
        canvas.spot(row, Spot::Action(index));
    }
    if menu.actions.is_empty() {
        canvas.text(3, first + 1, width.saturating_sub(4), "there is nothing to choose from", Role::Dim);
    }
    let mut hint = vec![
        piece("enter", Role::Key),
        piece(" shows the plan, nothing is done yet   ", Role::Footer),
        piece("esc", Role::Key),
        piece(" leaves", Role::Footer),
    ];
    if closed.is_some() && !model.gate.is_read_only() {
        hint.splice(0..0, [piece("A", Role::Key), piece(" arms   ", Role::Footer)]);
    }
    canvas.pieces(1, height - 1, room, &hint);
}

/// Why the gate lets nothing pass, where it does not.
fn closed(canvas: &Canvas<'_>) -> Option<String> {
    let gate = &canvas.model.gate;
    match &gate.state {
        GateState::ReadOnly { by } => Some(format!("read-only ({by})")),
        _ if gate.word.as_deref() == Some("disarmed") => Some("production is disarmed".to_owned()),
        _ => None,
    }
}

/// A text with a capital letter at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

pub(super) fn asking(canvas: &mut Canvas<'_>, asking: &Asking) {
    let Area { width, height, .. } = canvas.area();
    let room = width.saturating_sub(2);
    let mut above: Vec<Vec<super::canvas::Piece<'static>>> = Vec::new();
    let (title, prompt, hint) = match &asking.question {
        Question::Scale { service, now } => {
            (format!("How many tasks of {}? {} now.", service.name, now), "tasks ", "enter shows the plan")
        }
        Question::Silence { matchers, length, .. } => {
            let fits: Vec<String> = matchers.iter().map(ToString::to_string).collect();
            for (index, line) in wrapped(&fits.join("  "), room.saturating_sub(9), 4).into_iter().enumerate() {
                let label = if index == 0 { "alerts   " } else { "         " };
                above.push(vec![piece(label, Role::Dim), piece(line, Role::Text)]);
            }
            let mut lengths = vec![piece("for      ", Role::Dim)];
            for (index, (name, _)) in LENGTHS.iter().enumerate() {
                let (text, role) = if index == *length {
                    (format!("[{name}]"), Role::Strong)
                } else {
                    (format!(" {name} "), Role::Dim)
                };
                lengths.extend([piece(text, role), piece(" ", Role::Dim)]);
            }
            above.push(lengths);
            let title = "Silence: these alerts notify nobody for a while.".to_owned();
            (title, "because ", "tab how long  enter shows the plan")
        }
        Question::Note => ("A note on every dashboard.".to_owned(), "note ", "enter shows the plan"),
        Question::Shell { service, task } => {
            let short = task.get(..8).unwrap_or(task);
            let title = format!("A shell in task {short} of {}, in production. It can change anything.", service.name);
            above.push(vec![
                piece("type  ", Role::Dim),
                piece(service.name.clone(), Role::Strong),
                piece("  to open it", Role::Dim),
            ]);
            (title, "name ", "enter opens it  esc leaves")
        }
    };
    let complaint = asking.complaint.clone().unwrap_or_default();
    let first = foot(canvas, above.len() + 3);
    canvas.text(1, first, room, &title, Role::Title);
    for (y, pieces) in (first + 1..height).zip(&above) {
        canvas.pieces(3, y, room.saturating_sub(2), pieces);
    }
    if height >= 2 {
        canvas.text(3, height - 2, room.saturating_sub(2), &complaint, Role::Warning);
    }
    let after = input(canvas, height - 1, prompt, &asking.line);
    let size = cells(format::width(hint));
    if after + size + 3 < width {
        canvas.text(width - size - 1, height - 1, size, hint, Role::Footer);
    }
}

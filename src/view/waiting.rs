//! What is said while there is nothing to show, and why there is nothing.

use crate::app::geometry::{self, Area};
use crate::app::{Browser, Column};
use crate::command::Command;
use crate::domain::{Snapshot, SourceKind, SourceState, SourceStatus};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, piece, wrapped};
use super::words::{source_state, verdict_role};

/// Before anything is known: who is being asked.
pub(super) fn first(canvas: &mut Canvas<'_>) {
    let body = geometry::body(canvas.model.size);
    let model = canvas.model;
    let mut y = body.y + 1;
    let end = body.y + body.height;
    let what = if model.surroundings.sources.is_empty() {
        "Waiting for the first answer."
    } else {
        "Asking for the first time:"
    };
    canvas.text(3, y, body.width.saturating_sub(4), what, Role::Text);
    y += 2;
    for (kind, place) in &model.surroundings.sources {
        if y >= end {
            break;
        }
        let pieces = [
            piece(format!("{} ", canvas.glyphs.pending), Role::Dim),
            piece(format::pad_right(kind.name(), 14), Role::Text),
            piece(place.as_str(), Role::Dim),
        ];
        canvas.pieces(3, y, body.width.saturating_sub(4), &pieces);
        y += 1;
    }
    if y + 1 < end {
        canvas.text(3, y + 1, body.width.saturating_sub(4), "Each fills in as it answers.", Role::Dim);
    }
}

/// No row on the overview: why.
pub(super) fn empty_overview(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) {
    let list = &canvas.model.overview.list;
    if !list.filter().is_empty() {
        let text = format!("No service matches \"{}\".", list.filter());
        say(canvas, area, &[(text, Role::Text), clear_hint(canvas, list)]);
    } else if list.problems_only() && !snapshot.services.is_empty() {
        let count = format::count(snapshot.services.len(), "service");
        say(
            canvas,
            area,
            &[(format!("No problems: {count} looked at, all ok."), Role::Text), clear_hint(canvas, list)],
        );
    } else {
        no_services(canvas, snapshot, area);
    }
}

/// The way out of a list that a filter has emptied, or that only problems are shown of.
pub(super) fn clear_hint<T, C: Column>(canvas: &Canvas<'_>, list: &Browser<T, C>) -> (String, Role) {
    let key = canvas.model.keys(Command::Back).into_iter().next().filter(|_| list.is_narrowed());
    (key.map(|key| format!("{key} shows everything again.")).unwrap_or_default(), Role::Dim)
}

fn no_services(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) {
    let asking = snapshot.sources.iter().any(|source| matches!(source.state, SourceState::Waiting));
    let ecs = snapshot.source(SourceKind::Ecs);
    let what = match ecs.map(|ecs| &ecs.state) {
        _ if asking => "No services yet; some sources have not answered:".to_owned(),
        Some(SourceState::Failing { .. }) => "No services known: ECS cannot be read.".to_owned(),
        Some(_) => format!("ECS lists no services ({}).", ecs.map(|ecs| ecs.place.as_str()).unwrap_or_default()),
        None => "No services known: ECS is not configured, and no metrics name one.".to_owned(),
    };
    canvas.text(3, area.y + 1, area.width.saturating_sub(4), &what, Role::Text);
    let mut y = area.y + 3;
    let end = area.y + area.height;
    for source in &snapshot.sources {
        y = source_lines(canvas, source, y, end, area.width);
    }
    for note in &snapshot.notes {
        for line in wrapped(note, area.width.saturating_sub(6), 3) {
            if y + 1 < end {
                canvas.text(3, y + 1, area.width.saturating_sub(4), &line, Role::Dim);
                y += 1;
            }
        }
    }
}

fn source_lines(canvas: &mut Canvas<'_>, source: &SourceStatus, from: u16, end: u16, width: u16) -> u16 {
    let mut y = from;
    if y >= end {
        return y;
    }
    let (state, verdict) = source_state(canvas.model, source);
    let symbol = if matches!(source.state, SourceState::Waiting | SourceState::Standby) {
        canvas.glyphs.pending
    } else {
        canvas.glyphs.verdict(verdict)
    };
    let pieces = [
        piece(format!("{symbol} "), verdict_role(verdict)),
        piece(format::pad_right(source.kind.name(), 14), Role::Text),
        piece(format::pad_right(&state, 13), verdict_role(verdict)),
        piece(source.place.as_str(), Role::Dim),
    ];
    canvas.pieces(3, y, width.saturating_sub(4), &pieces);
    y += 1;
    if let SourceState::Failing { error, .. } = &source.state {
        let hint = error.hint.iter().map(|hint| (hint.as_str(), Role::Text));
        for (text, role) in std::iter::once((error.what.as_str(), Role::Dim)).chain(hint) {
            for line in wrapped(text, width.saturating_sub(8), 2) {
                if y < end {
                    canvas.text(5, y, width.saturating_sub(6), &line, role);
                    y += 1;
                }
            }
        }
    }
    y
}

/// A few sentences where rows would be.
pub(super) fn say(canvas: &mut Canvas<'_>, area: Area, sentences: &[(String, Role)]) {
    let room = area.width.saturating_sub(5);
    let lines = sentences.iter().flat_map(|(text, role)| wrapped(text, room, 4).into_iter().map(|line| (line, *role)));
    for (y, (line, role)) in (area.y + 1..area.y + area.height).zip(lines) {
        canvas.text(area.x + 3, y, room, &line, role);
    }
}

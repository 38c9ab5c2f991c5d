//! What happened in the last day, below the overview's table: counted, and one by one as far as there is room.

use jiff::ToSpan as _;

use crate::app::geometry::Area;
use crate::domain::{AlertSight, OccurrenceKind, Snapshot};
use crate::format;
use crate::theme::Role;

use super::canvas::Canvas;
use super::detail::{LABEL, label};
use super::words::{age, clock};

pub(super) fn draw(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) {
    let model = canvas.model;
    let from = snapshot.at - 24.hours();
    label(canvas, area.y, "SINCE");
    let end = area.width.saturating_sub(1);
    let mut x = canvas.text(LABEL, area.y, end.saturating_sub(LABEL), &clock(model, from), Role::Dim) + 3;
    for (text, role) in summary(snapshot) {
        x = canvas.text(x, area.y, end.saturating_sub(x), &text, role) + 2;
    }
    let lines = usize::from(area.height.saturating_sub(1));
    for (y, change) in (area.y + 1..).zip(snapshot.changes.iter().take(lines)) {
        let who = change.service.as_ref().map(|id| model.overview.name(id)).unwrap_or_default();
        canvas.text(LABEL, y, 5, &format::pad_left(&age(model, change.at), 4), Role::Dim);
        canvas.text(LABEL + 6, y, 16, &format::clip_middle(&who, 16), Role::Dim);
        canvas.text(LABEL + 24, y, end.saturating_sub(LABEL + 24), &change.text, Role::Dim);
    }
}

/// How often what happened, and what of it nobody can see now: only where all can be seen did nothing change.
fn summary(snapshot: &Snapshot) -> Vec<(String, Role)> {
    let count = |kind| snapshot.changes.iter().filter(|change| change.kind == kind).count();
    let from = snapshot.at - 24.hours();
    // Equal ones are one line of the list; here each counts.
    let fired = snapshot.alerts.iter().filter(|alert| alert.is_news() && alert.since.is_some_and(|at| at >= from));
    let or_more = if snapshot.changes.len() >= Snapshot::MOST_CHANGES { "+" } else { "" };
    let parts = [
        (count(OccurrenceKind::Deployed), or_more, "deploy", "deploys"),
        (count(OccurrenceKind::TaskStopped), or_more, "task stop", "task stops"),
        (fired.count(), "", "new alert", "new alerts"),
        (count(OccurrenceKind::AlertResolved), or_more, "resolved", "resolved"),
    ];
    let mut told: Vec<(String, Role)> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, or_more, one, many)| {
            (format!("{count}{or_more} {}", if count == 1 { one } else { many }), Role::Text)
        })
        .collect();
    let unseen = unseen(snapshot);
    if !unseen.is_empty() {
        told.push((format!("not known now: {}", unseen.join(", ")), Role::Unknown));
    } else if told.is_empty() {
        told.push(("nothing changed".to_owned(), Role::Dim));
    }
    told
}

/// The kinds of changes that may have happened unseen.
fn unseen(snapshot: &Snapshot) -> Vec<&'static str> {
    let mut unseen = Vec::new();
    if !snapshot.sees_ecs() {
        unseen.extend(["deploys", "task stops"]);
    }
    match snapshot.alert_sight() {
        AlertSight::Whole => {}
        AlertSight::Part(_) => unseen.push("some alerts"),
        AlertSight::Lost(_) | AlertSight::Never => unseen.push("alerts"),
    }
    unseen
}

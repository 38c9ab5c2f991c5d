//! What fires, below the overview's table: equal alerts told once, with how many there are.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::app::geometry::Area;
use crate::domain::{Alert, Snapshot};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, cells, piece, pieces_width};
use super::detail::{LABEL, label};
use super::words::{age, alert_mark, alert_service, last_seen, no_alerts, suppression_text};

/// Alerts that one line tells of: of one name, about one service, equally bad.
pub(super) struct Group<'s> {
    first: &'s Alert,
    count: usize,
    /// Since when the oldest of them is there.
    since: Option<Timestamp>,
}

impl Group<'_> {
    fn name(&self) -> String {
        if self.count > 1 { format!("{} x{}", self.first.name, self.count) } else { self.first.name.clone() }
    }
}

/// The alerts that are told here, in their order: what fires for information only is on the screen of all alerts.
pub(super) fn groups(snapshot: &Snapshot) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places = HashMap::new();
    for alert in snapshot.alerts.iter().filter(|alert| !alert.is_active() || alert.is_problem()) {
        let suppression = alert.suppression.as_ref().map(|by| (by.word(), by.ids()));
        let same =
            (&alert.name, alert_service(alert), alert.severity, alert.state, suppression, snapshot.is_stale(alert));
        let place = *places.entry(same).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => {
                group.count += 1;
                group.since = group.since.into_iter().chain(alert.since).min();
            }
            None => groups.push(Group { first: alert, count: 1, since: alert.since }),
        }
    }
    groups
}

fn count(groups: &[Group<'_>]) -> usize {
    groups.iter().map(|group| group.count).sum()
}

/// That there is none, or that nobody knows. Returns the line after.
fn none(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) -> u16 {
    let (text, role) = no_alerts(canvas.model, snapshot);
    canvas.text(LABEL, area.y, area.width.saturating_sub(LABEL + 1), &text, role);
    area.y + 1
}

/// One below the other. Returns the line after.
pub(super) fn listed(canvas: &mut Canvas<'_>, snapshot: &Snapshot, groups: &[Group<'_>], area: Area) -> u16 {
    label(canvas, area.y, "ALERTS");
    if groups.is_empty() {
        return none(canvas, snapshot, area);
    }
    let model = canvas.model;
    let room = area.width.saturating_sub(LABEL + 1);
    let lines = usize::from(area.height.saturating_sub(1)).max(1);
    let (shown, rest) = groups.split_at(if groups.len() > lines { lines - 1 } else { groups.len() });
    let widest = |text: fn(&Group<'_>) -> usize| shown.iter().map(text).max().unwrap_or_default();
    let names = widest(|group| format::width(&group.name())).min(36);
    let services = widest(|group| format::width(alert_service(group.first))).min(24);
    let mut y = area.y;
    for group in shown {
        let alert = group.first;
        let (mark, role) = alert_mark(snapshot, alert, canvas.glyphs);
        let calm = if matches!(role, Role::Suppressed | Role::Dim | Role::Stale) { role } else { Role::Text };
        let since = group.since.map(|at| age(model, at)).unwrap_or_default();
        let why = match &alert.suppression {
            Some(suppression) => suppression_text(model, snapshot, suppression),
            None => alert.summary().unwrap_or_default().to_owned(),
        };
        let seen = last_seen(model, snapshot, alert).map(|seen| format!("{seen}  ")).unwrap_or_default();
        let pieces = [
            piece(format!("{mark} "), role),
            piece(format!("{}  ", format::pad_right(&group.name(), names)), calm),
            piece(format!("{}  ", format::pad_right(alert_service(alert), services)), calm),
            piece(format!("{}  ", format::pad_left(&since, 4)), Role::Dim),
            piece(seen, Role::Stale),
            piece(why, Role::Dim),
        ];
        canvas.pieces(LABEL, y, room, &pieces);
        y += 1;
    }
    if !rest.is_empty() {
        canvas.text(LABEL, y, room, &format!("and {} more", count(rest)), Role::Dim);
        y += 1;
    }
    y
}

/// Side by side. Returns the line after.
pub(super) fn side_by_side(canvas: &mut Canvas<'_>, snapshot: &Snapshot, groups: &[Group<'_>], area: Area) -> u16 {
    label(canvas, area.y, "ALERTS");
    if groups.is_empty() {
        return none(canvas, snapshot, area);
    }
    let model = canvas.model;
    let room = area.width.saturating_sub(LABEL + 1);
    let (mut x, mut y) = (LABEL, area.y);
    let last = area.y + area.height.saturating_sub(1);
    for (index, group) in groups.iter().enumerate() {
        let alert = group.first;
        let (mark, role) = alert_mark(snapshot, alert, canvas.glyphs);
        let mut text = format!("{} {}", group.name(), alert_service(alert)).trim_end().to_owned();
        match (&alert.suppression, group.since) {
            (Some(suppression), _) => text = format!("{text}, {}", suppression_text(model, snapshot, suppression)),
            (None, Some(since)) => text = format!("{text} {}", age(model, since)),
            (None, None) => {}
        }
        if let Some(seen) = last_seen(model, snapshot, alert) {
            text = format!("{text}, {seen}");
        }
        let text_role = if matches!(role, Role::Suppressed | Role::Dim | Role::Stale) { role } else { Role::Text };
        let pieces = [piece(format!("{mark} "), role), piece(text, text_role)];
        let width = pieces_width(&pieces);
        if x > LABEL && x + width > LABEL + room {
            (x, y) = (LABEL, y + 1);
        }
        let crowded = y == last && groups.len() - index > 1 && x + width + 16 > LABEL + room;
        if y > last || crowded {
            let y = y.min(last);
            let text = format!("and {} more", count(&groups[index..]));
            let at = if y < last || crowded { x } else { (LABEL + room).saturating_sub(cells(text.len())) };
            canvas.text(at, y, (LABEL + room).saturating_sub(at), &text, Role::Dim);
            return last + 1;
        }
        x = canvas.pieces(x, y, (LABEL + room).saturating_sub(x), &pieces) + 4;
    }
    y + 1
}

//! Below the overview's table: why the service under the cursor is as it is, what fires, what changed.

use jiff::ToSpan as _;

use crate::app::geometry::Area;
use crate::app::{Overview, OverviewItem};
use crate::domain::{Alert, Deployment, OccurrenceKind, Rollout, ServiceHealth, Snapshot, SourceState, Verdict};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, cells, piece, pieces_width};
use super::overview::selected;
use super::words::{
    age, alert_mark, alert_service, clock, evidence_text, finding_text, last_good, last_seen, suppression_text,
    verdict_role,
};

/// The column that everything said begins in; what it is about stands before it.
const LABEL: u16 = 11;

/// From this height on alerts stand one below the other.
const TALL: u16 = 16;

pub(super) fn draw(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area, with_service: bool) {
    let mut y = area.y;
    let end = area.y + area.height;
    let since = u16::from(area.height >= 4);
    let listed = area.height >= TALL;
    let alerts = match area.height {
        TALL.. => cells(told(snapshot).count()).clamp(1, area.height / 3) + 1,
        9.. => 3,
        4.. => 2,
        _ => 0,
    };
    if with_service {
        let room = area.height.saturating_sub(since + alerts);
        y = service(canvas, snapshot, Area { height: room, ..area });
    }
    y = general(canvas, snapshot, Area { y, height: (end - y).saturating_sub(since + alerts), ..area });
    if alerts > 0 && y < end {
        let area = Area { y, height: alerts.min(end - y), ..area };
        y = if listed { firing_listed(canvas, snapshot, area) + 1 } else { firing(canvas, snapshot, area) };
    }
    if since > 0 && y < end {
        changes(canvas, snapshot, Area { y, height: end - y, ..area });
    }
}

fn label(canvas: &mut Canvas<'_>, y: u16, text: &str) {
    canvas.text(1, y, LABEL - 2, text, Role::Title);
}

/// The service under the cursor, its findings with where they are known from. Returns the line after.
fn service(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) -> u16 {
    let Some(service) = selected(canvas, snapshot) else {
        let stack = canvas.model.overview.list.selected().is_some_and(|row| row.item == OverviewItem::Stack);
        if stack && area.height > 0 {
            let names: Vec<&str> = Overview::stack(snapshot).map(|service| service.id.name.as_str()).collect();
            let text = format!("{} all ok; open it to see each", names.join(", "));
            canvas.text(1, area.y, LABEL, canvas.glyphs.verdict(Verdict::Ok), Role::Ok);
            canvas.text(3, area.y, LABEL, "stack", Role::Strong);
            canvas.text(LABEL, area.y, area.width.saturating_sub(LABEL + 1), &text, Role::Dim);
            return area.y + 1;
        }
        return area.y;
    };
    let end = area.y + area.height;
    let mut lines: Vec<(Vec<Piece<'_>>, Vec<Piece<'_>>)> = Vec::new();
    for finding in &service.findings {
        lines.push((
            vec![piece(finding_text(canvas.model, finding), verdict_role(finding.verdict))],
            vec![piece(evidence_text(canvas.model, finding), Role::Dim)],
        ));
    }
    if service.findings.is_empty() {
        lines.push((vec![piece("nothing is wrong", Role::Dim)], Vec::new()));
    }
    if let Some(deployment) = service.deployment() {
        lines.push((vec![piece(deployment_text(canvas, deployment), Role::Dim)], Vec::new()));
    }
    let mut y = area.y;
    let count = lines.len();
    for (index, (text, evidence)) in lines.into_iter().enumerate() {
        if y >= end {
            break;
        }
        let mut x = LABEL;
        if index == 0 {
            x = x.max(head(canvas, service, y, area.width));
        }
        let room = area.width.saturating_sub(x + 1);
        if y + 1 == end && index + 1 < count && index + 1 < service.findings.len() {
            let more = service.findings.len() - index;
            canvas.text(x, y, room, &format!("and {more} more findings"), Role::Dim);
            return y + 1;
        }
        let right = pieces_width(&evidence);
        let left = pieces_width(&text);
        if left + right + 3 <= room {
            let text_end = canvas.pieces(x, y, room, &text);
            canvas.pieces(text_end + 3, y, right, &evidence);
        } else {
            canvas.pieces(x, y, room, &text);
        }
        y += 1;
    }
    y
}

/// Symbol and name; returns the column after them.
fn head(canvas: &mut Canvas<'_>, service: &ServiceHealth, y: u16, width: u16) -> u16 {
    let role = verdict_role(service.verdict);
    canvas.text(1, y, 1, canvas.glyphs.verdict(service.verdict), role);
    let name = canvas.model.overview.name(&service.id);
    let room = (width / 3).max(8);
    let x = canvas.text(3, y, room, &format::clip_middle(&name, room.into()), Role::Strong);
    x + 2
}

fn deployment_text(canvas: &Canvas<'_>, deployment: &Deployment) -> String {
    let since = deployment.created_at.map(|at| format!(", {}", age(canvas.model, at))).unwrap_or_default();
    match deployment.rollout {
        Rollout::InProgress => format!("deployment {} rolling{since}", deployment.definition),
        rollout => format!("deployment {} {}{since}", deployment.definition, rollout.word()),
    }
}

/// Findings that belong to no service. Returns the line after.
fn general(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) -> u16 {
    let mut y = area.y;
    for (index, finding) in snapshot.findings.iter().enumerate() {
        if y >= area.y + area.height {
            break;
        }
        if index == 0 {
            label(canvas, y, "ALSO");
        }
        let room = area.width.saturating_sub(LABEL + 1);
        let pieces = [
            piece(format!("{} ", canvas.glyphs.verdict(finding.verdict)), verdict_role(finding.verdict)),
            piece(finding_text(canvas.model, finding), verdict_role(finding.verdict)),
        ];
        canvas.pieces(LABEL, y, room, &pieces);
        y += 1;
    }
    y
}

/// Whether any source that knows of alerts has ever answered.
pub(super) fn alerts_known(snapshot: &Snapshot) -> bool {
    snapshot.sources.iter().any(|source| {
        source.tells_alerts && last_good(source).is_some() && !matches!(source.state, SourceState::Waiting)
    })
}

/// The alerts that are told here: what fires for information only is on the screen of all alerts.
fn told(snapshot: &Snapshot) -> impl Iterator<Item = &Alert> {
    snapshot.alerts.iter().filter(|alert| !alert.is_active() || alert.is_problem())
}

/// What fires, one below the other. Returns the line after.
fn firing_listed(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) -> u16 {
    let count = told(snapshot).count();
    if count == 0 {
        return firing(canvas, snapshot, area);
    }
    label(canvas, area.y, "ALERTS");
    let model = canvas.model;
    let room = area.width.saturating_sub(LABEL + 1);
    let lines = usize::from(area.height.saturating_sub(1)).max(1);
    let shown = if count > lines { lines - 1 } else { lines };
    let widest = |text: fn(&Alert) -> &str| {
        told(snapshot).take(shown).map(|alert| format::width(text(alert))).max().unwrap_or_default()
    };
    let (names, services) = (widest(|alert| &alert.name).min(32), widest(alert_service).min(24));
    let mut y = area.y;
    for alert in told(snapshot).take(shown) {
        let (mark, role) = alert_mark(snapshot, alert, canvas.glyphs);
        let calm = if matches!(role, Role::Suppressed | Role::Dim | Role::Stale) { role } else { Role::Text };
        let since = alert.since.map(|at| age(model, at)).unwrap_or_default();
        let why = match &alert.suppression {
            Some(suppression) => suppression_text(model, snapshot, suppression),
            None => alert.summary().unwrap_or_default().to_owned(),
        };
        let seen = last_seen(model, snapshot, alert).map(|seen| format!("{seen}  ")).unwrap_or_default();
        let pieces = [
            piece(format!("{mark} "), role),
            piece(format!("{}  ", format::pad_right(&alert.name, names)), calm),
            piece(format!("{}  ", format::pad_right(alert_service(alert), services)), calm),
            piece(format!("{}  ", format::pad_left(&since, 4)), Role::Dim),
            piece(seen, Role::Stale),
            piece(why, Role::Dim),
        ];
        canvas.pieces(LABEL, y, room, &pieces);
        y += 1;
    }
    if shown < count {
        canvas.text(LABEL, y, room, &format!("and {} more", count - shown), Role::Dim);
        y += 1;
    }
    y
}

/// What fires, side by side. Returns the line after.
fn firing(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) -> u16 {
    label(canvas, area.y, "ALERTS");
    let room = area.width.saturating_sub(LABEL + 1);
    let count = told(snapshot).count();
    if count == 0 {
        let (text, role) = if alerts_known(snapshot) {
            ("none", Role::Dim)
        } else {
            ("unknown: no source of alerts has answered", Role::Unknown)
        };
        canvas.text(LABEL, area.y, room, text, role);
        return area.y + 1;
    }
    let model = canvas.model;
    let (mut x, mut y) = (LABEL, area.y);
    let last = area.y + area.height.saturating_sub(1);
    for (index, alert) in told(snapshot).enumerate() {
        let (mark, role) = alert_mark(snapshot, alert, canvas.glyphs);
        let mut text = format!("{} {}", alert.name, alert_service(alert)).trim_end().to_owned();
        match (&alert.suppression, alert.since) {
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
        let more = count - index;
        let crowded = y == last && more > 1 && x + width + 16 > LABEL + room;
        if y > last || crowded {
            let y = y.min(last);
            let text = format!("and {more} more");
            let at = if y < last || crowded { x } else { (LABEL + room).saturating_sub(cells(text.len())) };
            canvas.text(at, y, (LABEL + room).saturating_sub(at), &text, Role::Dim);
            return last + 1;
        }
        x = canvas.pieces(x, y, (LABEL + room).saturating_sub(x), &pieces) + 4;
    }
    y + 1
}

/// What happened in the last day: counted, and one by one as far as there is room.
fn changes(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) {
    let model = canvas.model;
    let from = snapshot.at - 24.hours();
    label(canvas, area.y, "SINCE");
    let room = area.width.saturating_sub(LABEL + 1);
    let mut x = canvas.text(LABEL, area.y, room, &clock(model, from), Role::Dim) + 3;
    let count = |kind| snapshot.changes.iter().filter(|change| change.kind == kind).count();
    let parts = [
        (count(OccurrenceKind::Deployed), "deploy", "deploys"),
        (count(OccurrenceKind::TaskStopped), "task stop", "task stops"),
        (count(OccurrenceKind::AlertFired), "new alert", "new alerts"),
        (count(OccurrenceKind::AlertResolved), "resolved", "resolved"),
    ];
    if snapshot.changes.is_empty() {
        let is_seen = snapshot.sources.iter().any(|source| matches!(source.state, SourceState::Fresh { .. }));
        let said = if is_seen { "nothing changed" } else { "unknown: no source has answered" };
        canvas.text(x, area.y, (LABEL + room).saturating_sub(x), said, Role::Dim);
    }
    for (count, one, many) in parts.into_iter().filter(|(count, ..)| *count > 0) {
        let text = format!("{count} {}", if count == 1 { one } else { many });
        x = canvas.text(x, area.y, (LABEL + room).saturating_sub(x), &text, Role::Text) + 2;
    }
    let lines = usize::from(area.height.saturating_sub(1));
    for (y, change) in (area.y + 1..).zip(snapshot.changes.iter().take(lines)) {
        let who = change.service.as_ref().map(|id| model.overview.name(id)).unwrap_or_default();
        canvas.text(LABEL, y, 5, &format::pad_left(&age(model, change.at), 4), Role::Dim);
        canvas.text(LABEL + 6, y, 16, &format::clip_middle(&who, 16), Role::Dim);
        canvas.text(LABEL + 24, y, room.saturating_sub(24), &change.text, Role::Dim);
    }
}

//! The parts of the service screen that are lists.

use crate::app::geometry::{self, Area};
use crate::app::{Model, Pane, ServiceScreen, Spot, service_alerts, service_targets};
use crate::domain::{
    Alert, Deployment, EcsService, Finding, Rollout, ServiceEvent, ServiceHealth, Snapshot, SourceKind, SourceState,
    SourceStatus, Target, TargetHealth, Task, TaskHealth, TaskState,
};
use crate::format;
use crate::theme::Role;

use super::super::canvas::{Canvas, Piece, cells, piece, wrapped};
use super::super::table;
use super::super::words::{
    age, ago, alert_mark, clock, evidence_text, finding_text, last_seen, no_alerts, suppression_text, task_role,
    verdict_role,
};
use super::visible;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    snapshot: &Snapshot,
    service: &ServiceHealth,
    screen: &ServiceScreen,
    pane: Pane,
    area: Area,
) {
    if screen.rows(pane) == 0 {
        let (text, role) = nothing(canvas.model, snapshot, service, pane);
        canvas.text(area.x + 1, area.y, area.width.saturating_sub(2), &text, role);
        return;
    }
    let ecs = service.ecs.as_deref();
    let alerts = service_alerts(snapshot, service);
    let targets = service_targets(snapshot, service);
    let names = alerts.iter().map(|alert| format::width(&alert.name)).max().unwrap_or_default().min(28);
    for (row, y) in visible(screen, pane, area) {
        let line = Area { x: area.x, y, width: area.width, height: geometry::lines_per_row(pane) };
        match pane {
            Pane::Findings => finding(canvas, &service.findings[row], line),
            Pane::Charts => {}
            Pane::Tasks => with(ecs, row, |ecs| &ecs.tasks, |it| task(canvas, it, line)),
            Pane::Deployments => with(ecs, row, |ecs| &ecs.deployments, |it| deployment(canvas, it, line)),
            Pane::Events => with(ecs, row, |ecs| &ecs.events, |it| event(canvas, it, line)),
            Pane::Alerts => alert(canvas, snapshot, alerts[row], names, line),
            Pane::Targets => target(canvas, targets[row], line),
        }
        if pane == screen.pane && row == screen.cursor(pane).at() {
            table::cursor_row(canvas, Area { height: 1, ..line });
        }
        if let Some(id) = screen.row_id(pane, row) {
            canvas.spot(line, Spot::PaneRow(pane, id));
        }
    }
    let foot = geometry::pane_foot(pane, Area { height: area.height + 1, ..area });
    let row = screen.cursor(pane).at();
    if pane == Pane::Findings && foot == 0 {
        in_full(canvas, service.findings.get(row), screen.rows(pane), area);
    }
    if foot > 0 {
        let text = match pane {
            Pane::Tasks => ecs.and_then(|ecs| ecs.tasks.get(row)).map(task_in_full),
            Pane::Events => ecs.and_then(|ecs| ecs.events.get(row)).map(|event| event.message.clone()),
            Pane::Alerts => alerts.get(row).and_then(|alert| alert.summary()).map(str::to_owned),
            Pane::Targets => targets.get(row).map(|target| format!("{} {}", target.url, target.last_error)),
            Pane::Findings => service
                .findings
                .get(row)
                .map(|finding| format!("{}  {}", finding_text(canvas.model, finding), finding.evidence.query)),
            Pane::Charts | Pane::Deployments => None,
        };
        let room = area.width.saturating_sub(5);
        let lines = wrapped(&text.unwrap_or_default(), room, foot.into());
        for (y, line) in (area.y + area.height - foot..).zip(lines) {
            canvas.text(area.x + 3, y, room, &line, Role::Dim);
        }
    }
}

/// The finding under the cursor, below all of them, where its line has cut it and room is left.
fn in_full(canvas: &mut Canvas<'_>, finding: Option<&Finding>, rows: usize, area: Area) {
    let Some(text) = finding.map(|finding| finding_text(canvas.model, finding)) else { return };
    let taken = cells(rows).saturating_mul(geometry::lines_per_row(Pane::Findings));
    let free = area.height.saturating_sub(taken);
    if free == 0 || format::width(&text) + 4 <= usize::from(area.width) {
        return;
    }
    let room = area.width.saturating_sub(5);
    let lines = wrapped(&text, room, free.into());
    for (y, line) in (area.y + area.height - cells(lines.len())..).zip(lines) {
        canvas.text(area.x + 3, y, room, &line, Role::Text);
    }
}

fn with<T>(ecs: Option<&EcsService>, row: usize, list: impl Fn(&EcsService) -> &Vec<T>, mut draw: impl FnMut(&T)) {
    if let Some(thing) = ecs.and_then(|ecs| list(ecs).get(row)) {
        draw(thing);
    }
}

/// Why a part is empty. What its source said before it stopped answering is told as that.
fn nothing(model: &Model, snapshot: &Snapshot, service: &ServiceHealth, pane: Pane) -> (String, Role) {
    let unread = service.ecs.is_none();
    let (text, told_by) = match pane {
        Pane::Tasks if service.ecs.as_ref().is_some_and(|ecs| !ecs.tasks_known) => {
            return ("the list of tasks could not be read".to_owned(), Role::Unknown);
        }
        Pane::Tasks | Pane::Deployments | Pane::Events if unread => {
            return ("unknown: ECS has not been read".to_owned(), Role::Unknown);
        }
        Pane::Targets if !snapshot.targets_known => {
            return ("unknown: targets could not be read".to_owned(), Role::Unknown);
        }
        Pane::Alerts => {
            let (text, role) = no_alerts(model, snapshot);
            return (if role == Role::Dim { "no alerts about it".to_owned() } else { text }, role);
        }
        Pane::Findings => return ("nothing is wrong".to_owned(), Role::Dim),
        Pane::Charts => return (String::new(), Role::Dim),
        Pane::Tasks => ("no task runs, and none stopped that is remembered", SourceKind::Ecs),
        Pane::Deployments => ("no deployment", SourceKind::Ecs),
        Pane::Events => ("no events", SourceKind::Ecs),
        Pane::Targets => ("nothing scrapes it", SourceKind::Prometheus),
    };
    let source = snapshot.source(told_by).filter(|source| !matches!(source.state, SourceState::Fresh { .. }));
    match source.and_then(SourceStatus::last_good) {
        Some(at) => (format!("{text}, as of {}: {told_by} does not answer now", ago(model, at)), Role::Unknown),
        None => (text.to_owned(), Role::Dim),
    }
}

fn finding(canvas: &mut Canvas<'_>, finding: &Finding, area: Area) {
    let model = canvas.model;
    let role = verdict_role(finding.verdict);
    let room = area.width.saturating_sub(2);
    let first = [
        piece(format!("{} ", canvas.glyphs.verdict(finding.verdict)), role),
        piece(finding_text(model, finding), role),
    ];
    canvas.pieces(area.x + 1, area.y, room, &first);
    if area.height > 1 {
        let mut second = vec![piece(format!("{}  ", evidence_text(model, finding)), Role::Dim)];
        if let Some((value, unit)) = finding.evidence.value {
            second.push(piece(format::measure(value, unit), Role::Text));
            if let Some((sign, threshold)) = finding.evidence.threshold {
                second.push(piece(format!(" {sign} {}", format::measure(threshold, unit)), Role::Text));
            }
            second.push(piece("  ", Role::Dim));
        }
        if let Some(since) = finding.since {
            second.push(piece(format!("since {}  ", clock(model, since.at)), Role::Dim));
        }
        second.push(piece(finding.evidence.query.as_str(), Role::Dim));
        canvas.pieces(area.x + 3, area.y + 1, room.saturating_sub(2), &second);
    }
}

fn task(canvas: &mut Canvas<'_>, task: &Task, area: Area) {
    let model = canvas.model;
    let state_role = task_role(task);
    let when = match task.state {
        TaskState::Running => task.started_at,
        TaskState::Stopped => task.stopped_at,
        TaskState::Pending | TaskState::Stopping => task.created_at,
    };
    let (health, health_role) = match (task.state, task.health) {
        (TaskState::Stopped, _) => (String::new(), Role::Dim),
        (_, TaskHealth::Healthy) => ("healthy".to_owned(), Role::Dim),
        (_, TaskHealth::Unhealthy) => ("unhealthy".to_owned(), Role::Warning),
        (_, TaskHealth::Unknown) => ("no check".to_owned(), Role::Dim),
    };
    let mut pieces = vec![
        piece(format!("{}  ", format::pad_right(task.short_id(), 8)), Role::Text),
        piece(format!("{} ", format::pad_right(task.state.word(), 9)), state_role),
        piece(format!("{}  ", format::pad_left(&when.map(|at| age(model, at)).unwrap_or_default(), 4)), Role::Dim),
    ];
    if task.state == TaskState::Stopped {
        pieces.push(piece(task.stop_summary().unwrap_or_else(|| "ECS gives no reason".to_owned()), state_role));
        pieces.push(piece(format!("  {}", task.definition), Role::Dim));
    } else {
        let unknown = canvas.glyphs.not_applicable;
        let zone = task.zone.as_deref().unwrap_or(unknown);
        let address = task.address.as_deref().unwrap_or(unknown);
        pieces.push(piece(format!("{}  ", format::pad_right(&health, 9)), health_role));
        pieces.push(piece(format!("{}  ", format::pad_right(zone, 16)), Role::Dim));
        pieces.push(piece(format!("{}  ", format::pad_right(address, 15)), Role::Dim));
        pieces.push(piece(task.definition.as_str(), Role::Dim));
    }
    canvas.pieces(area.x + 1, area.y, area.width.saturating_sub(2), &pieces);
}

/// All of a task that its row has no room for.
fn task_in_full(task: &Task) -> String {
    let mut parts = vec![task.id.clone(), task.last_status.clone()];
    if task.state == TaskState::Stopping && task.last_status == "RUNNING" {
        parts.push("told to stop".to_owned());
    }
    parts.extend(task.stopped_reason.clone());
    for exit in &task.exits {
        let code = exit.code.map(|code| format!(" exited {code}")).unwrap_or_default();
        let reason = exit.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        parts.push(format!("{}{code}{reason}", exit.name));
    }
    parts.join("  ")
}

fn deployment(canvas: &mut Canvas<'_>, deployment: &Deployment, area: Area) {
    let model = canvas.model;
    let role = match deployment.rollout {
        Rollout::Failed => Role::Critical,
        Rollout::InProgress => Role::Text,
        Rollout::Completed | Rollout::Unknown => Role::Dim,
    };
    let when = deployment.created_at.map(|at| age(model, at)).unwrap_or_default();
    let mut pieces = vec![
        piece(format!("{} ", format::pad_left(&when, 4)), Role::Dim),
        piece(format!("{}  ", format::pad_right(&deployment.definition, 14)), Role::Text),
        piece(format!("{}  ", format::pad_right(deployment.rollout.word(), 7)), role),
        piece(format!("{}/{} running", deployment.running, deployment.desired), Role::Dim),
    ];
    if deployment.pending > 0 {
        pieces.push(piece(format!("  {} starting", deployment.pending), Role::Text));
    }
    if deployment.failed_tasks > 0 {
        pieces.push(piece(format!("  {} failed", deployment.failed_tasks), Role::Warning));
    }
    if let Some(reason) = &deployment.reason {
        pieces.push(piece(format!("  {reason}"), Role::Dim));
    }
    canvas.pieces(area.x + 1, area.y, area.width.saturating_sub(2), &pieces);
}

fn event(canvas: &mut Canvas<'_>, event: &ServiceEvent, area: Area) {
    let when = event.at.map(|at| age(canvas.model, at)).unwrap_or_default();
    // ECS begins every message with the service's own name, which stands in the title already.
    let message = event
        .message
        .strip_prefix("(service ")
        .and_then(|rest| rest.split_once(") "))
        .map_or(event.message.as_str(), |(_, rest)| rest);
    let role = if message.contains("unable") || message.contains("unhealthy") || message.contains("failed") {
        Role::Text
    } else {
        Role::Dim
    };
    let pieces = [piece(format!("{}  ", format::pad_left(&when, 4)), Role::Dim), piece(message, role)];
    canvas.pieces(area.x + 1, area.y, area.width.saturating_sub(2), &pieces);
}

fn alert(canvas: &mut Canvas<'_>, snapshot: &Snapshot, alert: &Alert, names: usize, area: Area) {
    let (mark, role) = alert_mark(snapshot, alert, canvas.glyphs);
    let model = canvas.model;
    let when = alert.since.map(|at| age(model, at)).unwrap_or_default();
    let seen = last_seen(model, snapshot, alert);
    let state = match &alert.suppression {
        Some(suppression) => suppression_text(model, snapshot, suppression),
        None => String::new(),
    };
    let mut pieces: Vec<Piece<'_>> = vec![
        piece(format!("{mark} "), role),
        piece(format!("{}  ", format::pad_left(&when, 4)), Role::Dim),
        piece(format::pad_right(&alert.name, names), if seen.is_some() { Role::Stale } else { Role::Text }),
    ];
    let seen = seen.unwrap_or_default();
    for (text, role) in [
        (seen.as_str(), Role::Stale),
        (state.as_str(), Role::Suppressed),
        (alert.summary().unwrap_or_default(), Role::Dim),
    ] {
        if !text.is_empty() {
            pieces.push(piece(format!("  {text}"), role));
        }
    }
    canvas.pieces(area.x + 1, area.y, area.width.saturating_sub(2), &pieces);
}

fn target(canvas: &mut Canvas<'_>, target: &Target, area: Area) {
    let model = canvas.model;
    let (word, role) = match target.health {
        TargetHealth::Down => ("down", Role::Critical),
        TargetHealth::Unknown => ("unknown", Role::Unknown),
        TargetHealth::Up => ("up", Role::Dim),
    };
    let scraped =
        target.last_scrape.map_or_else(|| "never scraped".to_owned(), |at| format!("scraped {}", ago(model, at)));
    let pieces = [
        piece(format!("{} ", format::pad_right(word, 7)), role),
        piece(format!("{}  ", target.instance), Role::Text),
        piece(format!("{}  {scraped}", target.job), Role::Dim),
        piece(format!("  {}", target.last_error), role),
    ];
    canvas.pieces(area.x + 1, area.y, area.width.saturating_sub(2), &pieces);
}

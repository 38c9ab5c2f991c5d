//! The service screen: findings with their evidence, charts, tasks, deployments, events, alerts, targets.

mod charts;
mod panes;

use crate::app::geometry::{self, Area};
use crate::app::{Pane, ServiceScreen, Spot};
use crate::domain::{Observed, ServiceHealth, ServiceId, Snapshot, TaskState};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, cells, piece};
use super::waiting::say;
use super::words::{age, verdict_role};

/// The line about the screen: who, how, how many, which definition.
pub(super) fn title(canvas: &mut Canvas<'_>, snapshot: &Snapshot, id: &ServiceId, room: u16) {
    let Some(service) = snapshot.service(id) else {
        canvas.text(1, 1, room, &id.to_string(), Role::Title);
        return;
    };
    let role = verdict_role(service.verdict);
    let mut pieces = vec![
        piece(format!("{} ", canvas.glyphs.verdict(service.verdict)), role),
        piece(id.to_string(), Role::Title),
        piece(format!("  {}", service.verdict), role),
    ];
    pieces.extend(counts(service));
    if let Some(deployment) = service.deployment() {
        let since = deployment.created_at.map(|at| format!(" {}", age(canvas.model, at))).unwrap_or_default();
        pieces.push(piece(format!("   {} {}{since}", deployment.definition, deployment.rollout.word()), Role::Text));
    }
    if let Some(ecs) = service.ecs.as_deref() {
        pieces.push(piece(format!("   {}", ecs.launch), Role::Dim));
    }
    if let Some(definition) = service.definition.as_deref() {
        if let (Some(cpu), Some(memory)) = (&definition.cpu, &definition.memory) {
            pieces.push(piece(format!("  {cpu} cpu, {memory} MiB"), Role::Dim));
        }
        for (_, image) in &definition.images {
            pieces.push(piece(format!("  {image}"), Role::Dim));
        }
    }
    canvas.pieces(1, 1, room, &pieces);
}

fn counts(service: &ServiceHealth) -> Vec<Piece<'static>> {
    let role = if matches!(service.tasks, Observed::Stale(..)) { Role::Stale } else { Role::Text };
    match service.tasks.sampled() {
        Some(tasks) => vec![piece(format!("   {}/{} tasks", tasks.value.running, tasks.value.desired), role)],
        None => vec![piece("   tasks ?", Role::Unknown)],
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, snapshot: &Snapshot, id: &ServiceId) {
    let model = canvas.model;
    let Some(screen) = &model.service else { return };
    let Some(service) = snapshot.service(id) else {
        let text = format!("{id} is not among the services any more.");
        let why = "It was deleted, renamed, or the source that knew it has nothing left.".to_owned();
        say(canvas, geometry::body(model.size), &[(text, Role::Text), (why, Role::Dim)]);
        return;
    };
    let areas = geometry::service(model.size, screen.pane);
    if areas.len() < Pane::ALL.len() {
        tabs(canvas, screen);
    }
    for (pane, area) in areas {
        let rows = heading(canvas, service, screen, pane, area);
        canvas.spot(area, Spot::Pane(pane));
        if pane == Pane::Charts {
            charts::draw(canvas, service, screen, rows);
        } else {
            panes::draw(canvas, snapshot, service, screen, pane, rows);
        }
    }
}

/// The parts, side by side in place of the rule; the one that keys act on in brackets.
fn tabs(canvas: &mut Canvas<'_>, screen: &ServiceScreen) {
    let width = canvas.model.size.0;
    canvas.clear(Area { x: 0, y: 2, width, height: 1 });
    let counted = |pane: Pane| match screen.rows(pane) {
        0 => pane.word().to_owned(),
        rows => format!("{} {rows}", pane.word()),
    };
    let bare = |pane: Pane| pane.word().to_owned();
    let size = |words: &[String], gap: usize| words.iter().map(|word| word.len() + 2 + gap).sum::<usize>();
    let counted: Vec<String> = Pane::ALL.into_iter().map(counted).collect();
    let bare: Vec<String> = Pane::ALL.into_iter().map(bare).collect();
    let room = usize::from(width);
    let (words, gap) = if size(&counted, 1) <= room {
        (counted, 1)
    } else if size(&counted, 0) <= room {
        (counted, 0)
    } else if size(&bare, 0) <= room {
        (bare, 0)
    } else {
        let at = screen.pane as usize;
        canvas.text(0, 2, width, &format!("[{}] {} of {}", counted[at], at + 1, Pane::ALL.len()), Role::Title);
        return;
    };
    let mut x = 0;
    for (pane, word) in Pane::ALL.into_iter().zip(words) {
        let (shown, role) =
            if pane == screen.pane { (format!("[{word}]"), Role::Title) } else { (format!(" {word} "), Role::Dim) };
        let end = canvas.text(x, 2, width.saturating_sub(x), &shown, role);
        canvas.spot(Area { x, y: 2, width: end - x, height: 1 }, Spot::Pane(pane));
        x = end + gap;
    }
}

/// The title of a part and the rule behind it. Returns the room below.
fn heading(canvas: &mut Canvas<'_>, service: &ServiceHealth, screen: &ServiceScreen, pane: Pane, area: Area) -> Area {
    let role = if pane == screen.pane { Role::Title } else { Role::Dim };
    let mut x = canvas.text(area.x + 1, area.y, area.width, &pane.word().to_uppercase(), role) + 1;
    let end = area.x + area.width;
    let fact = fact(service, screen, pane);
    if !fact.is_empty() {
        x = canvas.text(x + 1, area.y, end.saturating_sub(x + 1), &fact, Role::Dim) + 1;
    }
    if pane == Pane::Charts {
        x = charts::spans(canvas, screen, x + 1, area.y, end) + 1;
    }
    canvas.rule(x, area.y, end.saturating_sub(x));
    Area { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}

/// What a part's title says of it.
fn fact(service: &ServiceHealth, screen: &ServiceScreen, pane: Pane) -> String {
    let ecs = service.ecs.as_deref();
    match pane {
        Pane::Findings | Pane::Charts => String::new(),
        Pane::Tasks => {
            let count = |state| ecs.map_or(0, |ecs| ecs.tasks.iter().filter(|task| task.state == state).count());
            [TaskState::Running, TaskState::Pending, TaskState::Stopping, TaskState::Stopped]
                .into_iter()
                .filter(|state| count(*state) > 0)
                .map(|state| format!("{} {}", count(state), state.word()))
                .collect::<Vec<_>>()
                .join(", ")
        }
        Pane::Deployments | Pane::Events | Pane::Alerts | Pane::Targets => match screen.rows(pane) {
            0 => String::new(),
            rows => {
                let noun = pane.word().trim_end_matches('s');
                format::count(rows, noun)
            }
        },
    }
}

/// The rows of a part that are visible: position and first line.
fn visible(screen: &ServiceScreen, pane: Pane, area: Area) -> Vec<(usize, u16)> {
    let per_row = geometry::lines_per_row(pane);
    let foot = geometry::pane_foot(pane, Area { height: area.height + 1, ..area });
    let count = usize::from(area.height.saturating_sub(foot) / per_row);
    let top = screen.cursor(pane).top();
    (top..screen.rows(pane)).take(count).map(|row| (row, area.y + cells(row - top) * per_row)).collect()
}

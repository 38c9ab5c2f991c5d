//! The panel beside a wide overview: the service under the cursor in full.

use crate::app::Model;
use crate::app::geometry::Area;
use crate::domain::{Finding, ServiceHealth, Signal, Snapshot, Task, TaskState};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, piece, wrapped};
use super::chart::{self, Curve, Plot};
use super::overview::selected;
use super::words::{age, evidence_text, finding_text, task_role, value_cell, verdict_role};

/// Lines written one below the other until the panel is full.
struct Column<'c, 'a> {
    canvas: &'c mut Canvas<'a>,
    area: Area,
    y: u16,
}

impl Column<'_, '_> {
    fn line(&mut self, indent: u16, pieces: &[Piece<'_>]) {
        if self.y < self.area.y + self.area.height {
            self.canvas.pieces(self.area.x + indent, self.y, self.area.width.saturating_sub(indent), pieces);
            self.y += 1;
        }
    }

    fn paragraph(&mut self, indent: u16, text: &str, role: Role, most: usize) {
        for line in wrapped(text, self.area.width.saturating_sub(indent), most) {
            self.line(indent, &[piece(line, role)]);
        }
    }

    fn heading(&mut self, text: &str) {
        self.y += 1;
        self.line(0, &[piece(text.to_owned(), Role::Title)]);
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) {
    canvas.bar(area.x, area.y, area.height);
    let inner = Area { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
    let model = canvas.model;
    let Some(service) = selected(canvas, snapshot) else { return };
    let glyphs = *canvas.glyphs;
    let mut column = Column { canvas, area: inner, y: inner.y };
    let role = verdict_role(service.verdict);
    column.line(
        0,
        &[
            piece(format!("{} ", glyphs.verdict(service.verdict)), role),
            piece(service.id.to_string(), Role::Strong),
            piece(format!("  {}", service.verdict), role),
        ],
    );
    if service.findings.is_empty() {
        column.paragraph(2, "nothing is wrong", Role::Dim, 1);
    }
    for finding in &service.findings {
        column.y += 1;
        finding_lines(&mut column, model, finding);
    }
    running(&mut column, model, service);
    tasks(&mut column, model, service);
    let below = Area { y: column.y + 1, height: (area.y + area.height).saturating_sub(column.y + 1), ..inner };
    charts(column.canvas, service, below);
}

/// The last hour of every signal that has one, as far as there is room.
fn charts(canvas: &mut Canvas<'_>, service: &ServiceHealth, area: Area) {
    const LINES: u16 = 7;
    let drawn = Signal::ROUND.into_iter().filter_map(|signal| {
        let health = service.signal(signal);
        Some((signal, health, health.series.as_deref()?))
    });
    for (index, (signal, health, series)) in (0u16..).zip(drawn) {
        let place = Area { y: area.y + index * LINES, height: LINES - 1, ..area };
        if place.y + place.height > area.y + area.height {
            return;
        }
        let name = piece(format!("{}  ", signal.word().to_uppercase()), Role::Title);
        let plot = Plot {
            title: vec![name, value_cell(health, signal.unit(), Role::Text, canvas.glyphs)],
            curves: vec![Curve { series, role: Role::Spark }],
            unit: signal.unit(),
            limit: canvas.model.surroundings.policy.limit(signal),
            nothing: "nothing measured in this hour".to_owned(),
        };
        chart::draw(canvas, &plot, place, signal.is_universal());
    }
}

fn finding_lines(column: &mut Column<'_, '_>, model: &Model, finding: &Finding) {
    column.paragraph(2, &finding_text(model, finding), verdict_role(finding.verdict), 3);
    column.paragraph(2, &evidence_text(model, finding), Role::Dim, 1);
    column.paragraph(2, &finding.evidence.query, Role::Dim, 3);
}

fn running(column: &mut Column<'_, '_>, model: &Model, service: &ServiceHealth) {
    let Some(deployment) = service.deployment() else { return };
    column.heading("DEPLOYMENT");
    let since = deployment.created_at.map(|at| format!(", {} ago", age(model, at))).unwrap_or_default();
    let text = format!(
        "{} {}{since}; {} of {} running, {} starting, {} failed",
        deployment.definition,
        deployment.rollout.word(),
        deployment.running,
        deployment.desired,
        deployment.pending,
        deployment.failed_tasks,
    );
    column.paragraph(2, &text, Role::Text, 2);
    if let Some(reason) = &deployment.reason {
        column.paragraph(2, reason, Role::Dim, 2);
    }
    if let Some(definition) = &service.definition {
        for (_, image) in &definition.images {
            column.paragraph(2, image, Role::Dim, 2);
        }
    }
}

fn tasks(column: &mut Column<'_, '_>, model: &Model, service: &ServiceHealth) {
    let Some(ecs) = service.ecs.as_deref() else { return };
    column.heading("TASKS");
    if !ecs.tasks_known {
        column.paragraph(2, "the list of tasks could not be read", Role::Unknown, 1);
    }
    for task in &ecs.tasks {
        column.line(2, &task_line(model, task));
    }
}

fn task_line(model: &Model, task: &Task) -> Vec<Piece<'static>> {
    let role = task_role(task);
    let when = task.stopped_at.or(task.started_at).or(task.created_at);
    let mut pieces = vec![
        piece(format!("{}  ", task.short_id()), Role::Dim),
        piece(format::pad_right(task.state.word(), 9), role),
        piece(format::pad_left(&when.map(|at| age(model, at)).unwrap_or_default(), 4), Role::Dim),
    ];
    if let Some(why) = task.stop_summary().filter(|_| task.state == TaskState::Stopped) {
        pieces.push(piece(format!("  {why}"), role));
    }
    pieces
}

//! The overview: every service in one row, the worst first.

use std::borrow::Cow;

use crate::app::geometry::{self, Area};
use crate::app::{Column as _, Model, Overview, OverviewItem, Row, ServiceColumn, Spot};
use crate::domain::{Observed, Rollout, ServiceHealth, Signal, Snapshot, TaskCounts, Verdict};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, cells, highlighted, piece, pieces_width};
use super::spark::sparkline;
use super::table::{self, Col, left, right};
use super::words::{age, finding_text, stale_age, value_cell, verdict_role};

/// The width from which the definition in force and the first reason stand in the row.
const WITH_WHY: u16 = 110;

/// Room for the age of a stale value: ` 12m`.
const AGE: u16 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Mark,
    Name,
    Word,
    Tasks,
    Spark(Signal),
    Value(Signal),
    Deploy,
    Changed,
    Why,
}

pub(super) fn draw(canvas: &mut Canvas<'_>, snapshot: &Snapshot) {
    let model = canvas.model;
    let list = &model.overview.list;
    let layout = geometry::overview(model.size, list.rows().len());
    if list.rows().is_empty() {
        super::waiting::empty_overview(canvas, snapshot, layout.table);
    } else {
        rows(canvas, snapshot, layout.table);
    }
    if layout.detail.height > 0 {
        canvas.rule(0, layout.detail.y - 1, layout.detail.width);
        super::detail::draw(canvas, snapshot, layout.detail, layout.side.width == 0);
    }
    if layout.side.width > 0 {
        super::side::draw(canvas, snapshot, layout.side);
    }
}

/// The service under the cursor; the stack's row stands for its first.
pub(super) fn selected<'s>(canvas: &Canvas<'_>, snapshot: &'s Snapshot) -> Option<&'s ServiceHealth> {
    match canvas.model.overview.list.selected()?.item {
        OverviewItem::Service(index) => snapshot.services.get(index),
        OverviewItem::Stack => None,
    }
}

fn columns(overview: &Overview, snapshot: &Snapshot, width: u16) -> Vec<Col<Key>> {
    let longest = snapshot.services.iter().map(|service| format::width(&overview.name(&service.id))).max();
    let name = cells(longest.unwrap_or_default()).clamp(8, 40);
    let deploys = snapshot.services.iter().map(|service| pieces_width(&deploy_cell(service, Role::Text))).max();
    let deploy = deploys.unwrap_or_default().clamp(8, 24);
    let value = |signal: Signal, width: u16, head, rank, sort| {
        let width = width + if overview.is_stale(signal) { AGE } else { 0 };
        right(Key::Value(signal), head, width, rank).sorted_as(sort)
    };
    // Both sparklines are as wide, or their slopes could not be compared.
    let cells_each = if width >= 132 { 10 } else { 7 };
    let spark = |signal, head, rank, sort| left(Key::Spark(signal), head, cells_each, cells_each, rank).sorted_as(sort);
    let mut cols = vec![left(Key::Mark, "", 1, 1, 0)];
    // A name cut short is worth less than the reason beside it whole: both have the room.
    let least_name = if width >= WITH_WHY { name.min(16) } else { 8 };
    cols.push(left(Key::Name, "SERVICE", least_name, name, 0).sorted_as(1));
    if width >= 100 {
        cols.push(left(Key::Word, "VERDICT", 8, 8, 6).sorted_as(0));
    }
    cols.push(right(Key::Tasks, "TASKS", 5, 0).sorted_as(2));
    cols.push(spark(Signal::Cpu, "CPU", 2, 3));
    cols.push(value(Signal::Cpu, 4, "", 1, 3));
    cols.push(spark(Signal::Memory, "MEMORY", 3, 4));
    cols.push(value(Signal::Memory, 4, "", 1, 4));
    cols.push(value(Signal::Traffic, 5, "REQ/S", 4, 5));
    cols.push(value(Signal::Errors, 5, "ERR", 5, 6));
    cols.push(value(Signal::LatencyP95, 5, "P95", 7, 7));
    if width >= WITH_WHY {
        cols.push(left(Key::Deploy, "DEPLOY", deploy, deploy, 11));
    }
    cols.push(right(Key::Changed, "CHANGED", 7, 10).sorted_as(8));
    if width >= WITH_WHY {
        let least_why = match width {
            0..120 => 18,
            120..130 => 22,
            _ => 26,
        };
        cols.push(left(Key::Why, "WHY", least_why, 120, 8));
    } else if width < 64 {
        // Too narrow for sparklines and a reason both: the reason says more.
        cols.retain(|col| !matches!(col.key, Key::Spark(_)));
        for col in &mut cols {
            match col.key {
                Key::Value(Signal::Cpu) => (col.head, col.rank) = ("CPU", 2),
                Key::Value(Signal::Memory) => (col.head, col.rank) = ("MEM", 3),
                _ => {}
            }
        }
        cols.push(left(Key::Why, "WHY", 18, 60, 1));
    }
    cols
}

fn rows(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) {
    let model = canvas.model;
    let overview = &model.overview;
    let list = &overview.list;
    let inner = Area { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let end = inner.x + inner.width;
    let cols = table::fit(columns(overview, snapshot, area.width), inner);
    let cols = tightened(cols);
    let (column, reversed) = list.sort();
    let sort = ServiceColumn::ALL.iter().position(|other| *other == column);
    table::heads(canvas, area.y, &cols, sort.map(|column| (column, reversed)), end);
    let body = Area { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    for (index, y) in table::visible(list.cursor(), list.rows().len(), body) {
        let row = &list.rows()[index];
        match row.item {
            OverviewItem::Service(position) => {
                if let Some(service) = snapshot.services.get(position) {
                    service_row(canvas, y, &cols, end, service, row);
                }
            }
            OverviewItem::Stack => stack_row(canvas, y, &cols, end, snapshot),
        }
        let line = Area { y, height: 1, ..area };
        if index == list.cursor().at() {
            table::cursor_row(canvas, line);
        }
        canvas.spot(line, Spot::Row(row.id));
    }
}

/// A symbol belongs to its name, a sparkline to its value: between those one cell is enough, and what is saved goes to
/// the last column.
fn tightened(mut cols: Vec<(Col<Key>, u16, u16)>) -> Vec<(Col<Key>, u16, u16)> {
    let mut saved = 0;
    for index in 0..cols.len() {
        let joined = index > 0
            && match (cols[index - 1].0.key, cols[index].0.key) {
                (Key::Mark, _) => true,
                (Key::Spark(one), Key::Value(other)) => one == other,
                _ => false,
            };
        saved += u16::from(joined);
        cols[index].1 -= saved;
    }
    match cols.iter().position(|(col, ..)| col.key == Key::Why) {
        Some(why) => cols[why].2 += saved,
        None => {
            // The name's column takes it, and all after it move back.
            if let Some(name) = cols.iter().position(|(col, ..)| col.key == Key::Name) {
                cols[name].2 += saved;
                for (_, x, _) in &mut cols[name + 1..] {
                    *x += saved;
                }
            }
        }
    }
    cols
}

fn service_row(
    canvas: &mut Canvas<'_>,
    y: u16,
    cols: &[(Col<Key>, u16, u16)],
    end: u16,
    service: &ServiceHealth,
    row: &Row<OverviewItem>,
) {
    let model = canvas.model;
    let glyphs = *canvas.glyphs;
    let healthy = service.verdict == Verdict::Ok;
    let calm = if healthy { Role::Dim } else { Role::Text };
    table::cells(canvas, y, cols, end, |key, width| match key {
        Key::Mark => vec![piece(glyphs.verdict(service.verdict), verdict_role(service.verdict))],
        Key::Name => {
            let name = model.overview.name(&service.id);
            let role = if healthy { Role::Dim } else { Role::Strong };
            name_cell(name, &row.matched, width, role)
        }
        Key::Word => vec![piece(service.verdict.word(), verdict_role(service.verdict))],
        Key::Tasks => vec![tasks_cell(&service.tasks, calm, glyphs.not_applicable)],
        Key::Spark(signal) => {
            let health = service.signal(signal);
            let limit = model.surroundings.policy.limit(signal);
            match (&health.series, &health.now) {
                (Some(series), now) => {
                    let mut pieces = sparkline(series, width.into(), 100.0, limit, &glyphs);
                    if matches!(now, Observed::Stale(..)) {
                        for piece in &mut pieces {
                            piece.role = Role::Stale;
                        }
                    }
                    pieces
                }
                (None, _) => Vec::new(),
            }
        }
        Key::Value(signal) => {
            let health = service.signal(signal);
            let mut pieces = vec![value_cell(health, signal.unit(), calm, &glyphs)];
            if model.overview.is_stale(signal) {
                let age = stale_age(model, &health.now).map(|age| format!(" {age}")).unwrap_or_default();
                pieces.push(piece(format::pad_right(&age, AGE.into()), Role::Stale));
            }
            pieces
        }
        Key::Deploy => deploy_cell(service, calm),
        Key::Changed => match service.changed_at {
            Some(at) => vec![piece(age(model, at), calm)],
            None if service.ecs.is_some() => vec![piece(glyphs.not_applicable, Role::Dim)],
            None => vec![piece("?", Role::Unknown)],
        },
        Key::Why => why_cell(model, service, width),
    });
}

fn name_cell<'a>(name: Cow<'a, str>, matched: &[u32], width: u16, role: Role) -> Vec<Piece<'a>> {
    if format::width(&name) > usize::from(width) {
        return vec![piece(format::clip_middle(&name, width.into()), role)];
    }
    match name {
        Cow::Borrowed(name) => highlighted(name, matched, 0, role),
        Cow::Owned(name) => highlighted(&name, matched, 0, role)
            .into_iter()
            .map(|part| piece(part.text.into_owned(), part.role))
            .collect(),
    }
}

/// Tasks running of those wanted, marked where some are missing.
pub(super) fn tasks_cell(tasks: &Observed<TaskCounts>, calm: Role, not_applicable: &'static str) -> Piece<'static> {
    match tasks {
        Observed::Fresh(sampled) => {
            let TaskCounts { running, desired, .. } = sampled.value;
            let role = match (running, desired) {
                (0, 1..) => Role::Critical,
                (running, desired) if running < desired => Role::Warning,
                _ => calm,
            };
            piece(format!("{running}/{desired}"), role)
        }
        Observed::Stale(sampled, _) => {
            piece(format!("{}/{}", sampled.value.running, sampled.value.desired), Role::Stale)
        }
        Observed::Unknown(_) => piece("?", Role::Unknown),
        Observed::NotApplicable(_) => piece(not_applicable, Role::Dim),
    }
}

/// The definition in force, and how its rollout goes while it is not done.
fn deploy_cell(service: &ServiceHealth, calm: Role) -> Vec<Piece<'static>> {
    let Some(deployment) = service.deployment() else { return vec![piece("?", Role::Unknown)] };
    let mut pieces = vec![piece(deployment.definition.clone(), calm)];
    match deployment.rollout {
        Rollout::Completed | Rollout::Unknown => {}
        Rollout::InProgress => pieces.push(piece(" rolling", Role::Text)),
        Rollout::Failed => pieces.push(piece(" failed", Role::Critical)),
    }
    pieces
}

fn why_cell(model: &Model, service: &ServiceHealth, width: u16) -> Vec<Piece<'static>> {
    let Some(first) = service.findings.first() else { return Vec::new() };
    let more = match service.findings.len() {
        0 | 1 => String::new(),
        count => format!(" (+{})", count - 1),
    };
    let room = usize::from(width).saturating_sub(more.len());
    let text = format::clip(&finding_text(model, first), room);
    vec![piece(text, verdict_role(first.verdict)), piece(more, Role::Dim)]
}

/// The stack's healthy services in one row: how many of their tasks run, and who they are.
fn stack_row(canvas: &mut Canvas<'_>, y: u16, cols: &[(Col<Key>, u16, u16)], end: u16, snapshot: &Snapshot) {
    let (mut running, mut desired, mut names) = (0, 0, Vec::new());
    for service in Overview::stack(snapshot) {
        if let Some(tasks) = service.tasks.sampled() {
            running += tasks.value.running;
            desired += tasks.value.desired;
        }
        names.push(service.id.name.as_str());
    }
    let glyphs = *canvas.glyphs;
    table::cells(canvas, y, cols, end, |key, _| match key {
        Key::Mark => vec![piece(glyphs.verdict(Verdict::Ok), Role::Ok)],
        Key::Name => vec![piece("stack", Role::Dim)],
        Key::Word => vec![piece("ok", Role::Ok)],
        Key::Tasks => vec![piece(format!("{running}/{desired}"), Role::Dim)],
        _ => Vec::new(),
    });
    if let Some((_, x, width)) = cols.iter().find(|(col, ..)| col.key == Key::Tasks) {
        let from = x + width + 2;
        canvas.text(from, y, end.saturating_sub(from), &names.join(" "), Role::Dim);
    }
}

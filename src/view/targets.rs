//! The targets screen: what is scraped, the broken ones first.

use crate::app::geometry::{self, Area};
use crate::app::{Column as _, Model, Row, Spot, TargetColumn};
use crate::domain::{Snapshot, SourceKind, SourceState, Target, TargetHealth, Verdict};
use crate::format;
use crate::theme::Role;

use super::Glyphs;
use super::canvas::{Canvas, Piece, cells, clipped, piece};
use super::facts::Facts;
use super::table::{self, left, right};
use super::waiting::{clear_hint, say};
use super::words::{age, ago};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Health,
    Job,
    Instance,
    Service,
    Scraped,
    Took,
    Error,
}

pub(super) fn draw(canvas: &mut Canvas<'_>, snapshot: &Snapshot) {
    let model = canvas.model;
    let glyphs = canvas.glyphs;
    let list = &model.targets.list;
    let layout = geometry::listing(model.size, list.rows().len(), model.enlarged);
    if list.rows().is_empty() {
        empty(canvas, snapshot, layout.table);
        return;
    }
    let longest = snapshot.targets.iter().map(|target| format::width(&target.instance)).max().unwrap_or_default();
    let instance = cells(longest).clamp(12, 40);
    let owned = |target: &Target| target.owner.as_ref().map_or(0, |owner| format::width(&owner.service));
    let service = cells(snapshot.targets.iter().map(owned).max().unwrap_or_default()).clamp(8, 24);
    let job =
        cells(snapshot.targets.iter().map(|target| format::width(&target.job)).max().unwrap_or_default()).clamp(8, 24);
    let cols = vec![
        left(Key::Health, "HEALTH", 9, 9, 0).sorted_as(0),
        left(Key::Job, "JOB", job.min(12), job, 3).sorted_as(1),
        left(Key::Instance, "INSTANCE", instance.min(22), instance, 0).sorted_as(2),
        left(Key::Service, "SERVICE", 8, service, 2).sorted_as(3),
        right(Key::Scraped, "SCRAPED", 7, 1).sorted_as(4),
        right(Key::Took, "TOOK", 6, 5).sorted_as(5),
        left(Key::Error, "ERROR", 14, 200, 6),
    ];
    let area = layout.table;
    let inner = Area { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let end = inner.x + inner.width;
    let cols = table::fit(cols, inner);
    let (column, reversed) = list.sort();
    let sort = TargetColumn::ALL.iter().position(|other| *other == column);
    table::heads(canvas, area.y, &cols, sort.map(|column| (column, reversed)), end);
    let body = Area { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    for (index, y) in table::visible(list.cursor(), list.rows().len(), body) {
        let row = &list.rows()[index];
        if let Some(target) = snapshot.targets.get(row.item) {
            table::cells(canvas, y, &cols, end, |key, width| cell(model, glyphs, target, row, key, width));
        }
        let line = Area { y, height: 1, ..area };
        if index == list.cursor().at() {
            table::cursor_row(canvas, line);
        }
        canvas.spot(line, Spot::Row(row.id));
    }
    if layout.detail.height > 0 {
        canvas.rule(0, layout.detail.y - 1, layout.detail.width);
        if let Some(target) = list.selected().and_then(|row| snapshot.targets.get(row.item)) {
            detail(canvas, target, layout.detail);
        }
    }
}

fn cell<'s>(
    model: &Model,
    glyphs: &Glyphs,
    target: &'s Target,
    row: &Row<usize>,
    key: Key,
    width: u16,
) -> Vec<Piece<'s>> {
    let (mark, role) = mark(target.health, glyphs);
    let calm = if target.health == TargetHealth::Up { Role::Dim } else { Role::Text };
    let before_instance = target.job.chars().count() + 1;
    let before_service = before_instance + target.instance.chars().count() + 1;
    let unknown = || vec![piece("?", Role::Unknown)];
    match key {
        Key::Health => vec![piece(format!("{mark} {}", target.health.word()), role)],
        Key::Job => clipped(&target.job, &row.matched, 0, width, calm),
        Key::Instance => {
            let strong = if target.health == TargetHealth::Up { Role::Dim } else { Role::Strong };
            clipped(&target.instance, &row.matched, before_instance, width, strong)
        }
        Key::Service => match &target.owner {
            Some(owner) => clipped(&owner.service, &row.matched, before_service, width, calm),
            None => vec![piece(glyphs.not_applicable.to_owned(), Role::Dim)],
        },
        Key::Scraped => target.last_scrape.map_or_else(unknown, |at| vec![piece(age(model, at), calm)]),
        Key::Took => match target.scrape_took {
            Some(took) => vec![piece(format::seconds(took.as_secs_f64()), calm)],
            None => unknown(),
        },
        Key::Error => vec![piece(target.last_error.as_str(), role)],
    }
}

const fn mark(health: TargetHealth, glyphs: &Glyphs) -> (&'static str, Role) {
    match health {
        TargetHealth::Down => (glyphs.verdict(Verdict::Critical), Role::Critical),
        TargetHealth::Unknown => (glyphs.verdict(Verdict::Unknown), Role::Unknown),
        TargetHealth::Up => (glyphs.verdict(Verdict::Ok), Role::Ok),
    }
}

fn empty(canvas: &mut Canvas<'_>, snapshot: &Snapshot, area: Area) {
    let list = &canvas.model.targets.list;
    let filter = list.filter();
    let mut why = String::new();
    let text = if !filter.is_empty() {
        format!("No target matches \"{filter}\".")
    } else if !snapshot.targets_known {
        match snapshot.source(SourceKind::Prometheus) {
            None => "prometheus is not configured for this context".clone_into(&mut why),
            Some(source) => {
                if let SourceState::Failing { error, .. } = &source.state {
                    why.clone_from(&error.what);
                } else if let Some(problem) = source.problems.first() {
                    why.clone_from(&problem.what);
                }
            }
        }
        "Targets are unknown: they could not be read.".to_owned()
    } else if list.problems_only() && !snapshot.targets.is_empty() {
        format!("Every one of {} is up.", format::count(snapshot.targets.len(), "target"))
    } else {
        if let Some(SourceState::Failing { error, .. }) = snapshot.source(SourceKind::Prometheus).map(|it| &it.state) {
            why = format!("that is what it said last; it cannot be read now: {}", error.reason_first());
        }
        "Prometheus has no active targets.".to_owned()
    };
    say(canvas, area, &[(text, Role::Text), (why, Role::Dim), clear_hint(canvas, list)]);
}

fn detail(canvas: &mut Canvas<'_>, target: &Target, area: Area) {
    let model = canvas.model;
    let (_, role) = mark(target.health, canvas.glyphs);
    let mut facts = Facts::default();
    facts.fact("health", target.health.word(), role, 1);
    facts.fact("error", &target.last_error, role, 4);
    facts.fact("url", &target.url, Role::Text, 2);
    let scraped = target.last_scrape.map_or_else(|| "never".to_owned(), |at| ago(model, at));
    let interval = target.interval.map(|every| format!(", every {}", format::duration(every))).unwrap_or_default();
    facts.fact("scraped", &format!("{scraped}{interval}"), Role::Text, 1);
    let labels: Vec<String> = target.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    facts.fact("labels", &labels.join("  "), Role::Dim, 4);
    facts.draw(canvas, area);
}

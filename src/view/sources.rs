//! The sources screen: where the data comes from and how that is going.

use crate::app::geometry::{self, Area};
use crate::app::{Model, Row, Spot};
use crate::domain::{Snapshot, SourceError, SourceState, SourceStatus};
use crate::format;
use crate::theme::Role;

use super::Glyphs;
use super::canvas::{Canvas, Piece, clipped, piece};
use super::facts::Facts;
use super::table::{self, left, right};
use super::waiting::{clear_hint, say};
use super::words::{ago, source_state, verdict_role};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Source,
    State,
    Version,
    Latency,
    Requests,
    LastRound,
    Answered,
    Place,
}

pub(super) fn draw(canvas: &mut Canvas<'_>, snapshot: &Snapshot) {
    let (model, glyphs) = (canvas.model, canvas.glyphs);
    let list = &model.sources.list;
    let layout = geometry::listing(model.size, list.rows().len(), model.enlarged);
    let area = layout.table;
    if list.rows().is_empty() {
        let text = match (list.filter(), list.problems_only()) {
            ("", true) => "Every source answers.".to_owned(),
            ("", false) => "No source is configured.".to_owned(),
            (filter, _) => format!("No source matches \"{filter}\"."),
        };
        say(canvas, area, &[(text, Role::Text), clear_hint(canvas, list)]);
        return;
    }
    let cols = vec![
        left(Key::Source, "SOURCE", 12, 12, 0).sorted_as(0),
        left(Key::State, "STATE", 13, 15, 0),
        left(Key::Version, "VERSION", 8, 14, 5),
        right(Key::Latency, "TOOK", 6, 2),
        right(Key::Requests, "REQUESTS", 8, 3),
        right(Key::LastRound, "A ROUND", 7, 4),
        left(Key::Answered, "ANSWERED", 8, 10, 6),
        left(Key::Place, "WHERE", 16, 200, 7),
    ];
    let inner = Area { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let end = inner.x + inner.width;
    let cols = table::fit(cols, inner);
    table::heads(canvas, area.y, &cols, None, end);
    let body = Area { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    for (index, y) in table::visible(list.cursor(), list.rows().len(), body) {
        let row = &list.rows()[index];
        if let Some(source) = snapshot.sources.get(row.item) {
            table::cells(canvas, y, &cols, end, |key, width| cell(model, glyphs, source, row, key, width));
        }
        let line = Area { y, height: 1, ..area };
        if index == list.cursor().at() {
            table::cursor_row(canvas, line);
        }
        canvas.spot(line, Spot::Row(row.id));
    }
    if layout.detail.height > 0 {
        canvas.rule(0, layout.detail.y - 1, layout.detail.width);
        let selected = list.selected().and_then(|row| snapshot.sources.get(row.item));
        detail(canvas, snapshot, selected, layout.detail);
    }
}

fn cell<'s>(
    model: &Model,
    glyphs: &Glyphs,
    source: &'s SourceStatus,
    row: &Row<usize>,
    key: Key,
    width: u16,
) -> Vec<Piece<'s>> {
    let unknown = || vec![piece(glyphs.not_applicable.to_owned(), Role::Dim)];
    match key {
        Key::Source => clipped(source.kind.name(), &row.matched, 0, width, Role::Text),
        Key::State => {
            let (state, verdict) = source_state(model, source);
            let symbol = match source.state {
                SourceState::Waiting | SourceState::Standby => glyphs.pending,
                _ => glyphs.verdict(verdict),
            };
            vec![piece(format!("{symbol} {state}"), verdict_role(verdict))]
        }
        Key::Version => source.version.as_deref().map_or_else(unknown, |version| vec![piece(version, Role::Dim)]),
        Key::Latency => {
            source.latency.map_or_else(unknown, |took| vec![piece(format::seconds(took.as_secs_f64()), Role::Text)])
        }
        Key::Requests => vec![piece(source.requests.to_string(), Role::Text)],
        Key::LastRound => vec![piece(source.requests_last_round.to_string(), Role::Text)],
        Key::Answered => source.last_good().map_or_else(unknown, |at| vec![piece(ago(model, at), Role::Dim)]),
        Key::Place => vec![piece(source.place.as_str(), Role::Dim)],
    }
}

fn detail(canvas: &mut Canvas<'_>, snapshot: &Snapshot, source: Option<&SourceStatus>, area: Area) {
    let model = canvas.model;
    let mut facts = Facts::default();
    if let Some(source) = source {
        facts.fact(source.kind.name(), &source.place, Role::Text, 2);
        match &source.state {
            SourceState::Failing { error, since, .. } => {
                error_facts(&mut facts, "failing", error, Role::Critical);
                facts.fact("since", &ago(model, *since), Role::Text, 1);
            }
            SourceState::Stale { at } => {
                facts.fact(
                    "stale",
                    &format!("the last attempt hangs; the last answer came {}", ago(model, *at)),
                    Role::Warning,
                    2,
                );
            }
            SourceState::Waiting => facts.fact("asking", "no answer yet", Role::Text, 1),
            SourceState::Standby => facts.fact("standby", "not needed now", Role::Dim, 1),
            SourceState::Fresh { .. } => {}
        }
        for problem in &source.problems {
            error_facts(&mut facts, "not read", problem, Role::Warning);
        }
        for (name, text) in &source.facts {
            facts.fact(name, text, Role::Text, 2);
        }
    }
    for (index, note) in snapshot.notes.iter().enumerate() {
        facts.fact(if index == 0 { "note" } else { "" }, note, Role::Text, 3);
    }
    if !snapshot.strangers.is_empty() {
        let text = format!("{}: in metrics, and no service is called that", snapshot.strangers.join(", "));
        facts.fact("strangers", &text, Role::Dim, 4);
    }
    let context = model.context();
    let is_said = source.is_some_and(|source| source.facts.iter().any(|(name, _)| name == "caller"));
    if let Some(arn) = context.caller_arn.as_ref().filter(|_| !is_said) {
        facts.fact("aws knows us", arn, Role::Dim, 1);
    }
    facts.draw(canvas, area);
}

fn error_facts(facts: &mut Facts<'_>, name: &str, error: &SourceError, role: Role) {
    facts.fact(name, &error.what, role, 3);
    if let Some(hint) = &error.hint {
        facts.fact("next step", hint, Role::Strong, 2);
    }
}

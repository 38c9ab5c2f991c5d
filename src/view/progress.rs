//! The changes screen: what is under way and how far, what has ended and how, and the journal of earlier changes.

use jiff::Timestamp;

use crate::app::geometry::{self, Area};
use crate::app::{ChangeItem, Followed, JournalEntry, Model, Mood, Row, Spot, elapsed};
use crate::domain::{Outcome, StageState, Verdict};
use crate::format;
use crate::theme::Role;

use super::Glyphs;
use super::canvas::{Canvas, Piece, clipped, piece};
use super::facts::Facts;
use super::table::{self, left, right};
use super::waiting::say;
use super::words::clock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Change,
    State,
    Took,
    Context,
    Who,
    At,
}

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let (model, glyphs) = (canvas.model, canvas.glyphs);
    let list = &model.changes.list;
    let layout = geometry::listing(model.size, list.rows().len());
    let area = layout.table;
    if list.rows().is_empty() {
        nothing(canvas, area);
        return;
    }
    let cols = vec![
        left(Key::At, "WHEN", 6, 6, 0).sorted_as(0),
        left(Key::Change, "CHANGE", 30, 44, 0),
        right(Key::Took, "TOOK", 7, 3),
        left(Key::Context, "WHERE", 8, 14, 4),
        left(Key::Who, "WHO", 10, 18, 5),
        left(Key::State, "STATE", 28, 200, 0),
    ];
    let inner = Area { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let end = inner.x + inner.width;
    let cols = table::fit(cols, inner);
    table::heads(canvas, area.y, &cols, None, end);
    let body = Area { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    for (index, y) in table::visible(list.cursor(), list.rows().len(), body) {
        let row = &list.rows()[index];
        table::cells(canvas, y, &cols, end, |key, width| cell(model, glyphs, row, key, width));
        let line = Area { y, height: 1, ..area };
        if index == list.cursor().at() {
            table::cursor_row(canvas, line);
        }
        canvas.spot(line, Spot::Row(row.id));
    }
    if layout.detail.height == 0 {
        return;
    }
    canvas.rule(0, layout.detail.y - 1, layout.detail.width);
    match list.selected().map(|row| row.item) {
        Some(ChangeItem::Followed(index)) => {
            if let Some(followed) = model.changes.followed().get(index) {
                stages(canvas, followed, layout.detail);
            }
        }
        Some(ChangeItem::Past(index)) => {
            if let Some(entry) = model.changes.journal().get(index) {
                past(canvas, entry, layout.detail);
            }
        }
        None => {}
    }
}

/// No row: why.
fn nothing(canvas: &mut Canvas<'_>, area: Area) {
    let changes = &canvas.model.changes;
    let text = match (changes.list.filter(), changes.list.problems_only(), &changes.journal_error) {
        (.., Some(why)) => why.clone(),
        ("", true, None) if !changes.journal().is_empty() => "Every change went as it should.".to_owned(),
        ("", _, None) => "Nothing was changed so far, by anybody whose journal is read here.".to_owned(),
        (filter, ..) => format!("No change matches \"{filter}\"."),
    };
    say(canvas, area, &[(text, Role::Text)]);
}

/// How an ending looks: a symbol and the role of its word.
fn mark(mood: Mood, glyphs: &Glyphs) -> (&'static str, Role) {
    match mood {
        Mood::Good => (glyphs.verdict(Verdict::Ok), Role::Ok),
        Mood::Neutral => (glyphs.not_applicable, Role::Dim),
        Mood::Open => (glyphs.pending, Role::Strong),
        Mood::Bad => (glyphs.verdict(Verdict::Critical), Role::Critical),
        Mood::Unknown => (glyphs.verdict(Verdict::Warning), Role::Warning),
    }
}

fn mood(followed: &Followed) -> Mood {
    match (&followed.refused, followed.outcome()) {
        (Some(_), _) => Mood::Neutral,
        (None, Some(outcome)) => Mood::of(outcome),
        (None, None) => Mood::Open,
    }
}

fn cell<'s>(model: &'s Model, glyphs: &Glyphs, row: &'s Row<ChangeItem>, key: Key, width: u16) -> Vec<Piece<'s>> {
    let changes = &model.changes;
    let (title, context, who, at, mood, state, took) = match row.item {
        ChangeItem::Followed(index) => {
            let Some(followed) = changes.followed().get(index) else { return Vec::new() };
            let took = Some(elapsed(followed.took().unsigned_abs()));
            let plan = &followed.plan;
            (&plan.title, &plan.place.context, "", followed.sent, mood(followed), followed.state(), took)
        }
        ChangeItem::Past(index) => {
            let Some(entry) = changes.journal().get(index) else { return Vec::new() };
            let took = entry.took.map(elapsed);
            (&entry.title, &entry.context, entry.who.as_str(), entry.at, entry.mood, entry.ending.clone(), took)
        }
    };
    let dim = matches!(row.item, ChangeItem::Past(_));
    match key {
        Key::Change => clipped(title, &row.matched, 0, width, if dim { Role::Dim } else { Role::Text }),
        Key::State => {
            let (symbol, role) = mark(mood, glyphs);
            let calm = dim && matches!(mood, Mood::Good | Mood::Neutral);
            vec![piece(format!("{symbol} {state}"), if calm { Role::Dim } else { role })]
        }
        Key::Took => vec![piece(took.unwrap_or_else(|| glyphs.not_applicable.to_owned()), Role::Dim)],
        Key::Context => vec![piece(context.as_str(), Role::Dim)],
        Key::Who if who.is_empty() => vec![piece("you, now", Role::Dim)],
        Key::Who => vec![piece(who, Role::Dim)],
        Key::At => vec![piece(brief_clock(model, at), Role::Dim)],
    }
}

/// The time of today, the date of any other day.
fn brief_clock(model: &Model, at: Timestamp) -> String {
    let (then, now) = (at.to_zoned(model.zone.clone()), model.shown_now.to_zoned(model.zone.clone()));
    then.strftime(if then.date() == now.date() { "%H:%M" } else { "%b %-d" }).to_string()
}

/// A change of this sitting, stage by stage.
fn stages(canvas: &mut Canvas<'_>, followed: &Followed, area: Area) {
    const STAGE: usize = 14;
    let glyphs = canvas.glyphs;
    let (symbol, role) = mark(mood(followed), glyphs);
    let room = area.width.saturating_sub(2);
    let took = elapsed(followed.took().unsigned_abs());
    let head = match (&followed.refused, followed.outcome()) {
        (Some(_), _) => "REFUSED: nothing was changed".to_owned(),
        (None, Some(outcome)) => {
            let (word, meaning) = verdict(outcome);
            format!("{word} after {took}{meaning}")
        }
        (None, None) => {
            format!("UNDER WAY for {took}, watched for {} at most", format::duration(followed.plan.patience))
        }
    };
    let end = area.y + area.height;
    let mut y = area.y;
    canvas.pieces(1, y, room, &[piece(format!("{symbol} "), role), piece(head, role)]);
    y += 1;
    for stage in followed.stages() {
        if y >= end {
            return;
        }
        let (symbol, word, role) = match stage.state {
            StageState::Waiting => (glyphs.pending, "to come", Role::Dim),
            StageState::Watching => (glyphs.cursor, "watching", Role::Strong),
            StageState::Done => (glyphs.verdict(Verdict::Ok), "done", Role::Ok),
            StageState::Failed => (glyphs.verdict(Verdict::Critical), "failed", Role::Critical),
            StageState::Skipped => (glyphs.not_applicable, "left out", Role::Dim),
        };
        let after = stage.after.filter(|after| after.as_secs() > 0);
        let after = after.map(|after| format!("after {}  ", elapsed(after))).unwrap_or_default();
        let text = if stage.state == StageState::Waiting { Role::Dim } else { Role::Text };
        let pieces = [
            piece(format!("{symbol} "), role),
            piece(format::pad_right(stage.stage.word(), STAGE), text),
            piece(format::pad_right(word, 10), role),
            piece(after, Role::Dim),
            piece(stage.text, text),
        ];
        canvas.pieces(3, y, room.saturating_sub(2), &pieces);
        y += 1;
    }
    let mut facts = Facts::new(canvas, Area { y, height: end.saturating_sub(y), ..area });
    if let Some(refusal) = &followed.refused {
        facts.fact("why", &refusal.what, Role::Text, 3);
        if let Some(hint) = &refusal.hint {
            facts.fact("next", hint, Role::Text, 2);
        }
    }
    match followed.outcome() {
        Some(Outcome::Failed { why } | Outcome::NotMade { why } | Outcome::Unknown { why }) => {
            facts.fact("why", why, Role::Text, 4);
        }
        Some(Outcome::Unverified { unseen }) => facts.fact("not seen", unseen, Role::Text, 4),
        Some(Outcome::GaveUp { waiting_for } | Outcome::Unwatched { waiting_for }) => {
            facts.fact("waits for", waiting_for, Role::Text, 4);
        }
        Some(Outcome::Verified) | None => {}
    }
    for remark in followed.progress.iter().flat_map(|progress| &progress.remarks) {
        facts.fact("beside", remark, Role::Dim, 2);
    }
    if let Some(same_as) = &followed.plan.same_as {
        facts.fact("same as", same_as, Role::Dim, 3);
    }
    facts.fact("id", &followed.plan.id, Role::Dim, 1);
}

/// The verdict in one word a tired person cannot misread, and what it means.
const fn verdict(outcome: &Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Verified => ("VERIFIED", ""),
        Outcome::Failed { .. } => ("FAILED", ""),
        Outcome::Unverified { .. } => ("NOT VERIFIED", ": it was made, and not all of it could be seen"),
        Outcome::GaveUp { .. } => ("GAVE UP", ": it was made, and not everything came to pass"),
        Outcome::NotMade { .. } => ("NOT MADE", ": nothing was changed"),
        Outcome::Unknown { .. } => ("UNKNOWN", ": it may have been made; look before doing it again"),
        Outcome::Unwatched { .. } => ("NOT SEEN TO ITS END", ": it was made"),
    }
}

/// An entry of the journal.
fn past(canvas: &mut Canvas<'_>, entry: &JournalEntry, area: Area) {
    let (symbol, role) = mark(entry.mood, canvas.glyphs);
    let when = clock(canvas.model, entry.at);
    let mut facts = Facts::new(canvas, area);
    facts.fact("change", &entry.title, Role::Title, 2);
    facts.fact("ended", &format!("{symbol} {}", entry.ending), role, 4);
    facts.fact("when", &when, Role::Text, 1);
    facts.fact("by", &entry.who, Role::Text, 1);
    facts.fact("in", &entry.context, Role::Text, 1);
    for (name, text) in &entry.facts {
        facts.fact(name, text, Role::Text, 3);
    }
    facts.fact("id", &entry.id, Role::Dim, 1);
}

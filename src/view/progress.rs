//! The changes screen: what is under way and how far, what has ended and how, and the journal of earlier changes.

use jiff::Timestamp;

use crate::app::geometry::{self, Area};
use crate::app::{ChangeItem, Followed, JournalEntry, Model, Mood, Row, Spot, elapsed};
use crate::command::Command;
use crate::domain::{Outcome, StageProgress, StageState, Verdict};
use crate::format;
use crate::theme::Role;

use super::Glyphs;
use super::canvas::{Canvas, Piece, cells, clipped, piece};
use super::facts::Facts;
use super::table::{self, left, right};
use super::waiting::{clear_hint, say};
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

/// Below this width the headline of a change is cut before its state is.
const NARROW: u16 = 76;

/// Below this width both are cut.
const CRAMPED: u16 = 60;

/// Who made a change of this sitting.
const YOU: &str = "you, now";

pub(super) fn draw(canvas: &mut Canvas<'_>) {
    let (model, glyphs) = (canvas.model, canvas.glyphs);
    let list = &model.changes.list;
    let layout = geometry::listing(model.size, list.rows().len(), model.enlarged);
    let area = layout.table;
    if list.rows().is_empty() {
        nothing(canvas, area);
        return;
    }
    let widths = model.changes.widths();
    let title = cells(widths.title).clamp(12, 44);
    let (context, who) = (cells(widths.context).clamp(5, 16), cells(widths.who.max(YOU.len())).min(20));
    // How a change ended is seen at any width: what it was is cut before that.
    let (least_title, least_state) = match area.width {
        0..CRAMPED => (12, 16),
        CRAMPED..NARROW => (20, 28),
        _ => (32, 28),
    };
    let cols = vec![
        left(Key::At, "WHEN", 6, 6, 1).sorted_as(0),
        left(Key::Change, "CHANGE", title.min(least_title), title, 0),
        right(Key::Took, "TOOK", 7, 3),
        left(Key::Context, "WHERE", context, context, 4),
        left(Key::Who, "WHO", who, who, 5),
        left(Key::State, "STATE", least_state, 200, 0),
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

/// No row: why, and how there would be one.
fn nothing(canvas: &mut Canvas<'_>, area: Area) {
    let model = canvas.model;
    let changes = &model.changes;
    let (text, next) = match (changes.list.filter(), changes.list.problems_only(), &changes.journal_error) {
        (.., Some(why)) => (why.clone(), String::new()),
        ("", true, None) if !changes.journal().is_empty() => {
            ("Every change went as it should.".to_owned(), String::new())
        }
        ("", _, None) => {
            let key = model.keys(Command::Actions).into_iter().next().unwrap_or_default();
            (
                "Nothing was changed so far, by anybody whose journal is read here.".to_owned(),
                format!("{key} on a service, an alert or a target shows what can be changed about it."),
            )
        }
        (filter, ..) => (format!("No change matches \"{filter}\"."), String::new()),
    };
    say(canvas, area, &[(text, Role::Text), (next, Role::Dim), clear_hint(canvas, &changes.list)]);
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
        Key::Who if who.is_empty() => vec![piece(YOU, Role::Dim)],
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
    let glyphs = canvas.glyphs;
    let (symbol, role) = mark(mood(followed), glyphs);
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
    let mut facts = Facts::default();
    facts.line(vec![piece(format!("{symbol} "), role)], &head, role);
    for stage in followed.stages() {
        stage_line(&mut facts, glyphs, &stage);
    }
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
    facts.fact("change", &followed.plan.title, Role::Dim, 2);
    facts.fact("in", &followed.plan.place.context, Role::Dim, 1);
    if let Some(same_as) = &followed.plan.same_as {
        facts.fact("same as", same_as, Role::Dim, 3);
    }
    facts.fact("id", &followed.plan.id, Role::Dim, 1);
    facts.draw(canvas, area);
}

/// One stage: its state, and what was seen of it, however long that is.
fn stage_line(facts: &mut Facts<'_>, glyphs: &Glyphs, stage: &StageProgress) {
    const STAGE: usize = 14;
    let (symbol, word, role) = match stage.state {
        StageState::Waiting => (glyphs.pending, "to come", Role::Dim),
        StageState::Watching => (glyphs.cursor, "watching", Role::Strong),
        StageState::Done => (glyphs.verdict(Verdict::Ok), "done", Role::Ok),
        StageState::Failed => (glyphs.verdict(Verdict::Critical), "failed", Role::Critical),
        StageState::Skipped => (glyphs.not_applicable, "left out", Role::Dim),
    };
    let text_role = if stage.state == StageState::Waiting { Role::Dim } else { Role::Text };
    let lead = vec![
        piece(format!("  {symbol} "), role),
        piece(format::pad_right(stage.stage.word(), STAGE), text_role),
        piece(format::pad_right(word, 10), role),
    ];
    let after = stage.after.filter(|after| after.as_secs() > 0).map(elapsed);
    let text = match after {
        Some(after) if stage.text.is_empty() => format!("after {after}"),
        Some(after) => format!("after {after}: {}", stage.text),
        None => stage.text.clone(),
    };
    facts.line(lead, &text, text_role);
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
    let mut facts = Facts::default();
    facts.fact("change", &entry.title, Role::Title, 2);
    facts.fact("ended", &format!("{symbol} {}", entry.ending), role, 4);
    facts.fact("when", &when, Role::Text, 1);
    facts.fact("by", &entry.who, Role::Text, 1);
    facts.fact("in", &entry.context, Role::Text, 1);
    for (name, text) in &entry.facts {
        facts.fact(name, text, Role::Text, 3);
    }
    facts.fact("id", &entry.id, Role::Dim, 1);
    facts.draw(canvas, area);
}

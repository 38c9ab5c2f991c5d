//! The lines around every screen: header, a line about the screen, rules, footer, notices.

use crate::app::geometry::{self, Area};
use crate::app::{Browser, Column, Level, Model, Place, footer_hints};
use crate::command::Command;
use crate::domain::{Alert, AlertSight, AlertState, Snapshot, SourceState, SourceStatus, TargetHealth, Verdict};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, piece, pieces_width, wrapped};
use super::words::{account_text, ago, named, newest_answer, source_state, verdict_role};

/// The width from which the ways to the other screens stand in the header.
const TABS_FROM: u16 = 124;

/// Below this width the header has no room for times: which context it is says more.
const BRIEF_BELOW: u16 = 60;

/// The lines above the body.
pub(super) fn top(canvas: &mut Canvas<'_>) {
    let width = canvas.area().width;
    header(canvas, width);
    about(canvas, width);
    canvas.rule(0, 2, width);
}

/// Where one is, and how fresh what one sees is.
fn header(canvas: &mut Canvas<'_>, width: u16) {
    let model = canvas.model;
    let context = model.context();
    let role = if context.production { Role::HeaderProduction } else { Role::Header };
    canvas.tint(Area { x: 0, y: 0, width, height: 1 }, role);
    let right = freshness(model, role, width < BRIEF_BELOW);
    let room = width.saturating_sub(pieces_width(&right) + 3);
    let mut x = canvas.text(1, 0, room, "rounds", role) + 2;
    if context.demo {
        x = canvas.text(x, 0, room.saturating_sub(x), " DEMO ", Role::Demo) + 2;
    }
    if !(context.demo && context.name == "demo") {
        x = canvas.text(x, 0, room.saturating_sub(x), &context.name, role) + 2;
    }
    if context.production && !context.name.to_ascii_lowercase().contains("prod") {
        x = canvas.text(x - 1, 0, room.saturating_sub(x), "PRODUCTION", role) + 2;
    }
    if let Some(word) = &model.gate.word {
        let mark = if word.starts_with("armed") { Role::Demo } else { role };
        let text = if word.starts_with("armed") { format!(" {word} ") } else { word.clone() };
        x = canvas.text(x, 0, room.saturating_sub(x), &text, mark) + 2;
    }
    let account = context.account.as_deref().map(account_text);
    for part in [context.region.clone(), account].into_iter().flatten() {
        if x + super::canvas::cells(format::width(&part)) <= room {
            x = canvas.text(x, 0, room.saturating_sub(x), &part, role) + 2;
        }
    }
    canvas.pieces_right(0, 0, width - 1, &right);
    if width >= TABS_FROM {
        tabs(canvas, x + 2, room, role);
    }
}

/// When what is shown was read, and whether it still arrives.
fn freshness(model: &Model, role: Role, brief: bool) -> Vec<Piece<'static>> {
    let Some(snapshot) = model.snapshot.as_deref() else { return vec![piece("waiting", role)] };
    let Some(newest) = newest_answer(snapshot) else { return vec![piece("no answer yet", role)] };
    let asked = snapshot.sources.iter().filter(|source| !matches!(source.state, SourceState::Standby)).count();
    let fresh = snapshot.sources.iter().filter(|source| matches!(source.state, SourceState::Fresh { .. })).count();
    let live = if fresh < asked {
        format!("{fresh} of {asked} live")
    } else if snapshot.sources.iter().any(|source| !source.problems.is_empty()) {
        "live in part".to_owned()
    } else {
        "live".to_owned()
    };
    let state = match (model.refreshing, fresh) {
        (true, _) => "refreshing".to_owned(),
        (_, 0) => format!("stale, {}", ago(model, newest)),
        _ if brief => live,
        _ => format!("{live}, {}", ago(model, newest)),
    };
    if brief {
        return vec![piece(state, role)];
    }
    vec![piece(format!("{}  ", format::clock(newest, &model.zone)), role), piece(state, role)]
}

fn tabs(canvas: &mut Canvas<'_>, from: u16, room: u16, role: Role) {
    let mut x = from;
    for place in [Place::Overview, Place::Alerts, Place::Targets, Place::Sources, Place::Changes] {
        let here = *canvas.model.place() == place;
        let text = if here { format!("[{}]", place.word()) } else { format!(" {} ", place.word()) };
        let end = canvas.text(x, 0, room.saturating_sub(x), &text, role);
        canvas.spot(Area { x, y: 0, width: end - x, height: 1 }, crate::app::Spot::Place(place));
        x = end + 1;
    }
}

/// The second line: the sources on the overview, elsewhere what the screen is about.
fn about(canvas: &mut Canvas<'_>, width: u16) {
    let room = width.saturating_sub(2);
    let model = canvas.model;
    if matches!(model.trail.here(), Place::Logs(_)) {
        super::logs::title(canvas, room);
        return;
    }
    if *model.trail.here() == Place::Changes {
        let list = &model.changes.list;
        let under_way = model.changes.under_way().count();
        let facts = counted(&[(under_way, "under way", Role::Strong)]);
        list_title(canvas, "changes", &facts, list, room);
        return;
    }
    let Some(snapshot) = model.snapshot.as_deref() else { return };
    match model.trail.here() {
        Place::Overview => pips(canvas, snapshot, room),
        Place::Service(id) => super::service::title(canvas, snapshot, id, room),
        Place::Alerts => {
            let list = &model.alerts.list;
            let pieces = alerts_title(model, snapshot, list.problems_only());
            let x = list_title(canvas, "alerts", &pieces, list, room);
            let hidden = super::alerts::hidden(snapshot, list.problems_only());
            canvas.text(x + 2, 1, room.saturating_sub(x + 2), &hidden, Role::Dim);
        }
        Place::Targets => {
            let list = &model.targets.list;
            let pieces = targets_title(snapshot);
            list_title(canvas, "targets", &pieces, list, room);
        }
        Place::Sources => {
            let list = &model.sources.list;
            list_title(canvas, "sources", &[], list, room);
        }
        Place::Runbooks => super::runbooks::title(canvas, room, None),
        Place::Run(id) => super::runbooks::title(canvas, room, Some(*id)),
        Place::Cost => super::cost::title(canvas, room),
        Place::Help => {
            canvas.text(1, 1, room, "help", Role::Title);
        }
        // Said above, where nothing need be known of the services.
        // These two have told their own above.
        Place::Logs(_) | Place::Changes => {}
        Place::Messages => {
            canvas.text(1, 1, room, "messages, newest first", Role::Title);
        }
    }
}

/// One word a source, more where it is not well; those that are well leave first when there is no room for all.
fn pips(canvas: &mut Canvas<'_>, snapshot: &Snapshot, room: u16) {
    let list = &canvas.model.overview.list;
    let narrowed = narrowed(list.filter(), list.problems_only(), list.rows().len());
    let mut x = 1;
    if !narrowed.is_empty() {
        x = canvas.pieces(x, 1, room, &narrowed) + 3;
    }
    let room = (room + 1).saturating_sub(x);
    let calm: [fn(&SourceStatus, &str) -> Option<String>; 3] = [
        |source, state| Some(format!("{} {state}", source.kind)),
        |source, _| (!is_on_standby(source)).then(|| source.kind.to_string()),
        |_, _| None,
    ];
    let mut pieces = Vec::new();
    for calm in calm {
        pieces = pips_with(canvas, snapshot, calm);
        if pieces_width(&pieces) <= room {
            break;
        }
    }
    canvas.pieces(x, 1, room, &pieces);
}

const fn is_on_standby(source: &SourceStatus) -> bool {
    matches!(source.state, SourceState::Standby)
}

fn pips_with(
    canvas: &Canvas<'_>,
    snapshot: &Snapshot,
    calm: fn(&SourceStatus, &str) -> Option<String>,
) -> Vec<Piece<'static>> {
    let mut pieces = Vec::new();
    let mut untold = 0;
    for source in &snapshot.sources {
        let (state, verdict) = source_state(canvas.model, source);
        if verdict == Verdict::Ok {
            match calm(source, &state) {
                Some(text) => pieces.push(piece(text, Role::Dim)),
                None => untold += usize::from(!is_on_standby(source)),
            }
        } else {
            let symbol = if matches!(source.state, SourceState::Waiting) {
                canvas.glyphs.pending
            } else {
                canvas.glyphs.verdict(verdict)
            };
            pieces.push(piece(format!("{symbol} {} {state}", source.kind), verdict_role(verdict)));
        }
    }
    if untold > 0 {
        pieces.push(piece(format!("{untold} ok"), Role::Dim));
    }
    let mut spaced = Vec::new();
    for (index, pip) in pieces.into_iter().enumerate() {
        if index > 0 {
            spaced.push(piece("  ", Role::Dim));
        }
        spaced.push(pip);
    }
    spaced
}

/// What narrows a list, so that nobody takes what is shown for all there is.
fn narrowed(filter: &str, problems_only: bool, rows: usize) -> Vec<Piece<'static>> {
    let mut pieces = Vec::new();
    if problems_only {
        pieces.push(piece("problems only", Role::Strong));
    }
    if !filter.is_empty() {
        if problems_only {
            pieces.push(piece("  ", Role::Dim));
        }
        pieces.push(piece("filter ", Role::Dim));
        pieces.push(piece(filter.to_owned(), Role::Match));
    }
    if !pieces.is_empty() {
        pieces.push(piece(format!("  {rows} shown"), Role::Dim));
    }
    pieces
}

fn list_title<T, C: Column>(
    canvas: &mut Canvas<'_>,
    name: &str,
    facts: &[Piece<'_>],
    list: &Browser<T, C>,
    room: u16,
) -> u16 {
    let x = canvas.text(1, 1, room, name, Role::Title) + 2;
    let x = canvas.pieces(x, 1, room.saturating_sub(x), facts) + if facts.is_empty() { 0 } else { 3 };
    let narrowed = narrowed(list.filter(), list.problems_only(), list.rows().len());
    canvas.pieces(x, 1, room.saturating_sub(x), &narrowed)
}

/// How many there are of what kind; first of all, what of them nobody can see now.
fn alerts_title(model: &Model, snapshot: &Snapshot, problems_only: bool) -> Vec<Piece<'static>> {
    let caveat = match snapshot.alert_sight() {
        AlertSight::Whole => None,
        AlertSight::Part(blind) => Some(format!("not known now: those of {}  ", named(&blind))),
        AlertSight::Lost(at) => Some(format!("not known now, last read {}  ", ago(model, at))),
        AlertSight::Never => Some("not known now  ".to_owned()),
    };
    let (stale, seen): (Vec<&Alert>, Vec<&Alert>) = snapshot.alerts.iter().partition(|alert| snapshot.is_stale(alert));
    let count = |want: fn(&Alert) -> bool| seen.iter().filter(|alert| want(alert)).count();
    let stale = stale.len();
    let parts = [
        (count(Alert::is_problem), "firing", Role::Strong),
        (count(|alert| alert.is_active() && !alert.is_problem()), "for information", Role::Dim),
        (count(|alert| alert.state == AlertState::Pending && alert.suppression.is_none()), "pending", Role::Text),
        (count(|alert| alert.suppression.is_some()), "suppressed", Role::Suppressed),
        (stale, "not seen now", Role::Stale),
        (snapshot.silences.len(), if snapshot.silences.len() == 1 { "silence" } else { "silences" }, Role::Dim),
    ];
    // Of what is not shown nothing is counted.
    let counted = counted(if problems_only { &parts[..1] } else { &parts });
    caveat.map(|text| piece(text, Role::Unknown)).into_iter().chain(counted).collect()
}

fn targets_title(snapshot: &Snapshot) -> Vec<Piece<'static>> {
    let count = |health| snapshot.targets.iter().filter(|target| target.health == health).count();
    counted(&[
        (count(TargetHealth::Down), "down", Role::Critical),
        (count(TargetHealth::Unknown), "unknown", Role::Unknown),
        (count(TargetHealth::Up), "up", Role::Dim),
    ])
}

fn counted(parts: &[(usize, &str, Role)]) -> Vec<Piece<'static>> {
    parts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, word, role)| piece(format!("{count} {word}  "), *role))
        .collect()
}

/// The lines below the body.
pub(super) fn bottom(canvas: &mut Canvas<'_>) {
    let Area { width, height, .. } = canvas.area();
    canvas.rule(0, height - geometry::BOTTOM, width);
    under_way(canvas, width, height - geometry::BOTTOM);
    if canvas.model.notices.shown().is_some() {
        notice(canvas, width, height);
    } else {
        footer(canvas, width, height - 1);
    }
}

/// What is under way, in the rule above the footer: seen on every screen, in the way of nothing.
fn under_way(canvas: &mut Canvas<'_>, width: u16, y: u16) {
    let model = canvas.model;
    let Some(line) = model.changes.line(&model.surroundings.context.name) else { return };
    let key = model.keys(Command::Changes).into_iter().next().unwrap_or_default();
    let text = format!(" {} {line} ", canvas.glyphs.pending);
    let room = width.saturating_sub(super::canvas::cells(key.len()) + 6);
    let x = canvas.text(2, y, room, &text, Role::Strong);
    canvas.pieces(
        x,
        y,
        width.saturating_sub(x),
        &[piece(" ", Role::Rule), piece(key, Role::Key), piece(" ", Role::Rule)],
    );
    canvas.spot(Area { x: 0, y, width, height: 1 }, crate::app::Spot::UnderWay);
}

fn footer(canvas: &mut Canvas<'_>, width: u16, y: u16) {
    let hints = footer_hints(canvas.model);
    let size = |(key, word): &(String, &str)| super::canvas::cells(format::width(key) + 1 + word.len());
    // The last ones (command, help, quit) stay; of those before, the first have the room.
    let kept_last = hints.len().saturating_sub(3);
    let (first, last) = hints.split_at(kept_last);
    let last_width: u16 = last.iter().map(|hint| size(hint) + 2).sum();
    let mut x = 1;
    let mut fits: Vec<&(String, &str)> = Vec::new();
    let mut used = 1 + last_width;
    for hint in first {
        if used + size(hint) + 2 <= width {
            used += size(hint) + 2;
            fits.push(hint);
        }
    }
    for (key, word) in fits.into_iter().chain(last) {
        x = canvas.text(x, y, width.saturating_sub(x), key, Role::Key) + 1;
        x = canvas.text(x, y, width.saturating_sub(x), word, Role::Footer) + 2;
    }
}

/// The notice shown, over the footer and as many lines above it as it needs.
fn notice(canvas: &mut Canvas<'_>, width: u16, height: u16) {
    let Some((notice, more)) = canvas.model.notices.shown() else { return };
    let role = match notice.level {
        Level::Info => Role::Notice,
        Level::Warning => Role::Warning,
        Level::Error => Role::NoticeError,
    };
    let mark = match notice.level {
        Level::Info => "",
        Level::Warning => canvas.glyphs.verdict(Verdict::Warning),
        Level::Error => canvas.glyphs.verdict(Verdict::Critical),
    };
    let mark = if mark.is_empty() { String::new() } else { format!("{mark} ") };
    let more = if more > 0 { format!("  (+{more})") } else { String::new() };
    let text = format!("{mark}{}{more}", notice.text);
    let mut lines = wrapped(&text, width.saturating_sub(2), 4);
    if !more.is_empty() && !lines.last().is_some_and(|line| line.ends_with(more.trim())) {
        // The text was cut; that others wait must be seen all the same.
        if let Some(last) = lines.last_mut() {
            *last = format!(
                "{}{more}",
                format::clip(last, usize::from(width.saturating_sub(2)).saturating_sub(more.len()))
            );
        }
    }
    let count = super::canvas::cells(lines.len());
    let first = height.saturating_sub(count);
    canvas.clear(Area { x: 0, y: first, width, height: count });
    for (y, line) in (first..).zip(&lines) {
        canvas.text(1, y, width.saturating_sub(2), line, role);
    }
}

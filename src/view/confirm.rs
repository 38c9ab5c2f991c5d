//! The dialog before a change: where, what is, what will be, what speaks against it, and the question.

use crate::app::geometry::Area;
use crate::app::{Confirm, ConfirmSpot, ConfirmStage, Planned, Spot, TIED_SILENCE, accept_key};
use crate::domain::{Objection, Refusal, Verdict};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, cells, piece, pieces_width, wrapped};
use super::choose::{capital, foot};
use super::overlay::input;
use super::words::account_text;

/// Cells for the word before each line.
const LABEL: u16 = 11;

/// One line of the dialog.
struct Told {
    pieces: Vec<Piece<'static>>,
    spot: Option<ConfirmSpot>,
}

impl Told {
    fn new(pieces: Vec<Piece<'static>>) -> Self {
        Self { pieces, spot: None }
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, confirm: &Confirm) {
    match &confirm.stage {
        ConfirmStage::Planning => planning(canvas),
        ConfirmStage::Refused(refusal) => refused(canvas, refusal),
        ConfirmStage::Planned(planned) => plan(canvas, confirm, planned),
    }
}

fn planning(canvas: &mut Canvas<'_>) {
    let Area { width, height, .. } = canvas.area();
    let first = foot(canvas, 3);
    let text = format!("{} Looking at what it would do. Nothing is done yet.", canvas.glyphs.pending);
    canvas.text(1, first, width.saturating_sub(2), &text, Role::Text);
    canvas.pieces(1, height - 1, width.saturating_sub(2), &[piece("esc", Role::Key), piece(" leaves", Role::Footer)]);
}

fn refused(canvas: &mut Canvas<'_>, refusal: &Refusal) {
    let Area { width, height, .. } = canvas.area();
    let room = width.saturating_sub(2);
    let what = wrapped(&refusal.what, room, 4);
    let hint = refusal.hint.as_deref().map(|hint| wrapped(hint, room, 3)).unwrap_or_default();
    let first = foot(canvas, what.len() + hint.len() + 3);
    canvas.text(1, first, room, "Refused. Nothing was changed.", Role::Warning);
    let lines = what.into_iter().map(|line| (line, Role::Text)).chain(hint.into_iter().map(|line| (line, Role::Dim)));
    for (y, (line, role)) in (first + 1..height).zip(lines) {
        canvas.text(1, y, room, &line, role);
    }
    let keys = [
        piece("r", Role::Key),
        piece(" plan it anew with the facts as they are now   ", Role::Footer),
        piece("esc", Role::Key),
        piece(" leaves", Role::Footer),
    ];
    canvas.pieces(1, height - 1, room, &keys);
}

fn plan(canvas: &mut Canvas<'_>, confirm: &Confirm, planned: &Planned) {
    let Area { width, height, .. } = canvas.area();
    let room = width.saturating_sub(2);
    let body = body(confirm, planned, room);
    let against = against(canvas, planned, room);
    // The title, what speaks against it and the question are always seen; what is between them can be scrolled.
    let fixed = 3 + against.len();
    let most = usize::from(height.saturating_sub(3)).saturating_sub(fixed).max(1);
    let shown = body.len().min(most);
    let top = confirm.top.min(body.len() - shown);
    let goes_on = shown < body.len();
    let first = foot(canvas, shown + fixed);
    title(canvas, planned, first, room);
    let lines = body.into_iter().skip(top).take(shown).chain(against);
    for (y, told) in (first + 1..).zip(lines) {
        canvas.pieces(1, y, room, &told.pieces);
        if let Some(spot) = told.spot {
            canvas.spot(Area { x: 0, y, width, height: 1 }, Spot::Confirm(spot));
        }
    }
    complaint(canvas, planned, goes_on, height - 2, room);
    question(canvas, planned, height - 1, room);
}

/// What it is, and where: production in the header's colour.
fn title(canvas: &mut Canvas<'_>, planned: &Planned, y: u16, room: u16) {
    let place = &planned.plan.place;
    let role = if place.production { Role::HeaderProduction } else { Role::Header };
    let mut parts = vec![if place.demo && place.context == "demo" { "DEMO".to_owned() } else { place.context.clone() }];
    if place.production && !place.context.to_ascii_lowercase().contains("prod") {
        parts.push("PRODUCTION".to_owned());
    }
    parts.extend(place.region.clone());
    parts.extend(place.account.as_deref().map(account_text));
    let mut text = format!(" {} ", parts.join("  "));
    let title = capital(&planned.plan.title);
    // The context is said in any case; region and account leave where there is no room.
    while parts.len() > 1 && format::width(&title) + format::width(&text) + 2 > usize::from(room) {
        parts.pop();
        text = format!(" {} ", parts.join("  "));
    }
    let size = cells(format::width(&text)).min(room);
    canvas.text(1, y, room.saturating_sub(size + 1), &title, Role::Title);
    canvas.text(1 + room - size, y, size, &text, role);
}

/// A label and a text in as many lines as it needs.
fn labelled(label: &str, text: &str, role: Role, room: u16, most: usize) -> Vec<Told> {
    let lines = wrapped(text, room.saturating_sub(LABEL), most);
    let line = |(index, line): (usize, String)| {
        let label = if index == 0 { label } else { "" };
        Told::new(vec![piece(format::pad_right(label, usize::from(LABEL)), Role::Dim), piece(line, role)])
    };
    lines.into_iter().enumerate().map(line).collect()
}

fn body(confirm: &Confirm, planned: &Planned, room: u16) -> Vec<Told> {
    let plan = &planned.plan;
    let mut told = Vec::new();
    if let Some(seen) = &confirm.seen {
        told.extend(labelled("the task", seen, Role::Text, room, 2));
    }
    for line in &plan.lines {
        told.extend(labelled(&line.label, &line.text, Role::Text, room, 4));
    }
    if let Some(same_as) = &plan.same_as {
        told.extend(labelled("same as", same_as, Role::Dim, room, 4));
    }
    let age = if planned.age.as_secs() < 5 {
        "read just now".to_owned()
    } else {
        format!("read {} ago; looked at once more before anything is done", format::duration(planned.age))
    };
    told.extend(labelled("facts", &age, if planned.age.as_secs() >= 60 { Role::Stale } else { Role::Dim }, room, 2));
    if plan.change.service().is_some() {
        let text = match &confirm.options.silence {
            Some(length) => format!(
                "its alerts notify nobody until it is verified, {} at most (ctrl-s: without)",
                format::duration(*length)
            ),
            None => format!("none (ctrl-s: silence its alerts meanwhile, {} at most)", format::duration(TIED_SILENCE)),
        };
        told.extend(labelled("silence", &text, Role::Dim, room, 2));
    }
    told
}

/// What speaks against it, and the key that accepts each.
fn against(canvas: &Canvas<'_>, planned: &Planned, room: u16) -> Vec<Told> {
    let mut told = Vec::new();
    for objection in &planned.plan.objections {
        told.extend(one_against(canvas, planned, objection, room));
    }
    told
}

fn one_against(canvas: &Canvas<'_>, planned: &Planned, objection: &Objection, room: u16) -> Vec<Told> {
    let is_accepted = planned.accepted.contains(&objection.kind);
    let (mark, role, text) = match accept_key(objection.kind) {
        Some(_) if is_accepted => ("[x] ", Role::Warning, format!("{} Accepted.", ended(&objection.text))),
        Some(key) => ("[ ] ", Role::Warning, format!("{} {key} accepts it.", ended(&objection.text))),
        None => ("", Role::Critical, ended(&objection.text)),
    };
    let verdict = if accept_key(objection.kind).is_some() { Verdict::Warning } else { Verdict::Critical };
    let symbol = canvas.glyphs.verdict(verdict);
    let head = format!("{symbol} against  {mark}");
    let indent = format::width(&head);
    let lines = wrapped(&text, room.saturating_sub(cells(indent)), 4);
    let spot = accept_key(objection.kind).map(|_| ConfirmSpot::Objection(objection.kind));
    lines
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let head = if index == 0 { head.clone() } else { " ".repeat(indent) };
            Told { pieces: vec![piece(head, role), piece(line, role)], spot }
        })
        .collect()
}

/// A sentence with its full stop.
fn ended(text: &str) -> String {
    let text = capital(text);
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

fn complaint(canvas: &mut Canvas<'_>, planned: &Planned, goes_on: bool, y: u16, room: u16) {
    if let Some(why) = &planned.complaint {
        let mark = canvas.glyphs.verdict(Verdict::Warning);
        canvas.text(1, y, room, &format!("{mark} {why}"), Role::Warning);
    } else if goes_on {
        canvas.pieces(1, y, room, &[piece("up down", Role::Key), piece(" shows the rest", Role::Footer)]);
    }
}

fn question(canvas: &mut Canvas<'_>, planned: &Planned, y: u16, room: u16) {
    if planned.is_hopeless() {
        let keys = [
            piece("It cannot be done.  ", Role::Critical),
            piece("ctrl-r", Role::Key),
            piece(" plan anew  ", Role::Footer),
            piece("esc", Role::Key),
            piece(" leaves", Role::Footer),
        ];
        canvas.pieces(1, y, room, &keys);
        return;
    }
    if let Some(wanted) = &planned.plan.typed {
        let prompt = if planned.plan.place.production {
            format!("This is production. Type {wanted} and enter to go on, esc to leave: ")
        } else {
            format!("Type {wanted} and enter to go on, esc to leave: ")
        };
        let prompt = if format::width(&prompt) + wanted.len() + 4 > usize::from(room) {
            format!("Type {wanted}: ")
        } else {
            prompt
        };
        input(canvas, y, &prompt, &planned.line);
        return;
    }
    let ask = [piece("Do it?  ", Role::Strong)];
    let x = canvas.pieces(1, y, room, &ask);
    let (no, yes) = if planned.yes { (Role::Dim, Role::Cursor) } else { (Role::Cursor, Role::Dim) };
    let after_no = canvas.text(x, y, room, if planned.yes { " no " } else { "[no]" }, no);
    canvas.spot(Area { x, y, width: after_no - x, height: 1 }, Spot::Confirm(ConfirmSpot::No));
    let after_yes = canvas.text(after_no + 1, y, room, if planned.yes { "[yes]" } else { " yes " }, yes);
    let width = after_yes.saturating_sub(after_no + 1);
    canvas.spot(Area { x: after_no + 1, y, width, height: 1 }, Spot::Confirm(ConfirmSpot::Yes));
    let keys = [
        piece("y", Role::Key),
        piece(" goes on  ", Role::Footer),
        piece("n", Role::Key),
        piece(", ", Role::Footer),
        piece("esc", Role::Key),
        piece(" or ", Role::Footer),
        piece("enter", Role::Key),
        piece(if planned.yes { " on no leave" } else { " leaves" }, Role::Footer),
    ];
    if after_yes + 3 + pieces_width(&keys) <= room {
        canvas.pieces(after_yes + 3, y, room.saturating_sub(after_yes + 3), &keys);
    } else {
        canvas.pieces(after_yes + 2, y, room.saturating_sub(after_yes + 1), &keys[..2]);
    }
}

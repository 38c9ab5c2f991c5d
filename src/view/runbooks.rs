//! The runbooks for what the cursor was on, and a run of one.

use crate::app::geometry::{self, Area};
use crate::app::{
    ConclusionLine, LOOK_AGAIN, Model, Offer, Row, RunEntry, RunLineKind, Runbooks, SAID, Spot, conclusion_lines,
    run_lines, steps_area,
};
use crate::command::Command;
use crate::domain::{CheckState, Run, StepState, Verdict};
use crate::format;
use crate::theme::Role;

use super::Glyphs;
use super::canvas::{Canvas, Piece, cells, clipped, piece};
use super::facts::Facts;
use super::table::{self, left};
use super::waiting::{clear_hint, say};
use super::words::{ago, verdict_role};

/// Cells a run stands further in than its runbook.
const INDENT: &str = "  ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    What,
    Name,
    Title,
}

/// The runbooks, those that fit first.
pub(super) fn offers(canvas: &mut Canvas<'_>) {
    let (model, glyphs) = (canvas.model, canvas.glyphs);
    let list = &model.runbooks.list;
    let layout = geometry::listing(model.size, list.rows().len(), model.enlarged);
    if list.rows().is_empty() {
        let text = format!("No runbook matches \"{}\".", list.filter());
        say(canvas, layout.table, &[(text, Role::Text), clear_hint(canvas, list)]);
        return;
    }
    let area = layout.table;
    let inner = Area { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let end = inner.x + inner.width;
    let cols = vec![
        left(Key::What, "", 9, 9, 0),
        left(Key::Name, "RUNBOOK", 12, 24, 0),
        left(Key::Title, "WHAT IT IS ABOUT", 14, 200, 1),
    ];
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
    if layout.detail.height > 0 {
        canvas.rule(0, layout.detail.y - 1, layout.detail.width);
        detail(canvas, layout.detail);
    }
}

fn cell<'s>(model: &'s Model, glyphs: &Glyphs, row: &Row<Offer>, key: Key, width: u16) -> Vec<Piece<'s>> {
    match &row.item {
        Offer::Runbook(position, fit) => {
            let Some(runbook) = model.runbooks.runbook(*position) else { return Vec::new() };
            let (name, title) = if fit.is_some() { (Role::Strong, Role::Text) } else { (Role::Dim, Role::Dim) };
            match key {
                Key::What => vec![piece(if fit.is_some() { "for this" } else { "" }, Role::Text)],
                Key::Name => clipped(&runbook.name, &row.matched, 0, width, name),
                Key::Title => vec![piece(runbook.title.as_str(), title)],
            }
        }
        Offer::Service(id) => match key {
            Key::What => vec![piece("go to", Role::Dim)],
            Key::Name => vec![piece(format::clip_middle(&id.name, width.into()), Role::Text)],
            Key::Title => vec![piece("the service itself", Role::Dim)],
        },
        Offer::Run(id) => {
            let Some(entry) = model.runbooks.run(*id) else { return Vec::new() };
            match key {
                Key::What => vec![piece(ago(model, entry.course.run().began), Role::Dim)],
                Key::Name => {
                    // Below its runbook, whose name need not be said again.
                    let room = usize::from(width.saturating_sub(cells(INDENT.len())));
                    vec![piece(INDENT, Role::Dim), piece(format::clip(&entry.subject(), room), Role::Dim)]
                }
                Key::Title => {
                    let (mark, role) = outcome(entry, glyphs);
                    vec![piece(format!("{mark} "), role), piece(entry.headline(), Role::Text)]
                }
            }
        }
    }
}

/// How a run looks in one symbol: what its change came to, else what was found.
fn outcome(entry: &RunEntry, glyphs: &Glyphs) -> (&'static str, Role) {
    let run = entry.course.run();
    let changed = run.steps.iter().rev().map(|step| step.state);
    match changed.into_iter().find(|state| matches!(state, StepState::Done | StepState::Failed)) {
        Some(state) => step_state(state, glyphs),
        None => state(run.conclusion.state, run.ended.is_some(), glyphs),
    }
}

/// What the runbook under the cursor would do, or what a run found.
fn detail(canvas: &mut Canvas<'_>, area: Area) {
    let model = canvas.model;
    let Some(row) = model.runbooks.list.selected() else { return };
    let mut facts = Facts::default();
    match &row.item {
        Offer::Runbook(position, _) => {
            let Some(runbook) = model.runbooks.runbook(*position) else { return };
            facts.fact("about", &format!("{}. {}", runbook.title, runbook.about.replace('\n', " ")), Role::Text, 5);
            let steps: Vec<&str> = runbook.steps.iter().map(|step| step.title.as_str()).collect();
            facts.fact("steps", &steps.join(" / "), Role::Dim, 5);
            facts.fact("for alerts", &runbook.applies.alerts.join("  "), Role::Dim, 2);
            if let Some(file) = Runbooks::file(runbook) {
                facts.fact("file", file, Role::Dim, 1);
            }
        }
        Offer::Service(id) => facts.fact("service", &id.to_string(), Role::Text, 1),
        Offer::Run(id) => {
            let Some(entry) = model.runbooks.run(*id) else { return };
            for line in conclusion_lines(entry, area.width) {
                facts.fact(line.label, &line.text, line_role(&line), 1);
            }
        }
    }
    facts.draw(canvas, area);
}

/// How a line of a conclusion is drawn: what was so before recedes.
const fn line_role(line: &ConclusionLine) -> Role {
    match line.state {
        _ if line.is_past => Role::Dim,
        None | Some(CheckState::Pass) => Role::Text,
        Some(state) => looked_role(state),
    }
}

/// One run: what follows from it at the top, its steps below.
pub(super) fn run(canvas: &mut Canvas<'_>, id: u64) {
    let model = canvas.model;
    let body = geometry::body(model.size);
    let Some(entry) = model.runbooks.run(id) else {
        say(canvas, body, &[("This run is no longer kept.".to_owned(), Role::Text)]);
        return;
    };
    let area = steps_area(model.size, entry);
    for (y, line) in (body.y..area.y.saturating_sub(1)).zip(conclusion_lines(entry, body.width)) {
        let (mark, role) = match line.state {
            Some(state) if !line.label.is_empty() && !line.is_past => self::state(state, true, canvas.glyphs),
            _ => ("", Role::Text),
        };
        canvas.text(1, y, 2, mark, role);
        canvas.text(3, y, SAID - 3, line.label, if line.is_past { Role::Dim } else { Role::Title });
        let end = canvas.text(SAID, y, body.width.saturating_sub(SAID + 1), &line.text, line_role(&line));
        if line.text == LOOK_AGAIN
            && let Some(key) = model.keys(Command::Refresh).into_iter().next()
        {
            canvas.text(end + 1, y, body.width.saturating_sub(end + 1), &key, Role::Key);
        }
    }
    canvas.rule(0, area.y.saturating_sub(1), body.width);
    steps(canvas, entry, area);
}

fn steps(canvas: &mut Canvas<'_>, entry: &RunEntry, area: Area) {
    let room = area.width.saturating_sub(SAID + 1);
    let lines = run_lines(entry, area.width);
    let below = lines.len().saturating_sub(entry.top + usize::from(area.height));
    for (y, line) in (area.y..area.y + area.height).zip(lines.iter().skip(entry.top)) {
        let is_chosen = line.step == Some(entry.chosen());
        let is_past = is_past(entry, line.step);
        // What was so before recedes, whatever it was.
        let toned = |role| if is_past { Role::Dim } else { role };
        match line.kind {
            RunLineKind::Title(state) => {
                let (mark, role) = step_state(state, canvas.glyphs);
                let title = match state {
                    StepState::Pass | StepState::Waiting | StepState::Running => Role::Text,
                    _ => Role::Strong,
                };
                canvas.text(1, y, 1, mark, toned(role));
                canvas.text(3, y, SAID - 4, state.word(), toned(role));
                let before = if is_past { "  before the change" } else { "" };
                canvas.pieces(SAID, y, room, &[piece(line.text.as_str(), toned(title)), piece(before, Role::Dim)]);
                if is_chosen {
                    table::cursor_row(canvas, Area { y, height: 1, ..area });
                }
            }
            RunLineKind::Said(state) => {
                let role = match state {
                    StepState::Pass | StepState::Waiting | StepState::Running => Role::Dim,
                    StepState::Queued => Role::Key,
                    _ => Role::Text,
                };
                canvas.text(SAID, y, room, &said(canvas, entry, line.step, &line.text), toned(role));
            }
            RunLineKind::Seen(state) => {
                canvas.text(SAID, y, room, &line.text, toned(looked_role(state)));
            }
            RunLineKind::Command => {
                let (lead, command) = line.text.split_at_checked(2).unwrap_or(("", &line.text));
                canvas.pieces(SAID, y, room, &[piece(lead, Role::Dim), piece(command, Role::Key)]);
            }
            RunLineKind::Rest => {
                canvas.text(SAID, y, room, &line.text, Role::Dim);
            }
        }
        if let Some(step) = line.step {
            canvas.spot(Area { y, height: 1, ..area }, Spot::Step(step));
        }
    }
    if below > 0 && area.height > 1 {
        let text = format!(" {below} more below ");
        let width = cells(format::width(&text));
        canvas.text(area.width.saturating_sub(width + 1), area.y.saturating_sub(1), width, &text, Role::Dim);
    }
}

/// Whether a line is of a step that looked before the run's own change was made.
fn is_past(entry: &RunEntry, step: Option<usize>) -> bool {
    step.and_then(|step| entry.course.run().steps.get(step)).is_some_and(|step| entry.is_from_before(&step.id))
}

/// What a step said; a change that waits says which key shows its plan.
fn said(canvas: &Canvas<'_>, entry: &RunEntry, step: Option<usize>, text: &str) -> String {
    let queued = step.is_some_and(|step| step == entry.chosen() && entry.course.queued(step).is_some());
    if !queued || !text.starts_with("waits") {
        return text.to_owned();
    }
    let key = canvas.model.keys(Command::Open).into_iter().next();
    key.map_or_else(|| text.to_owned(), |key| format!("{text}: {key} shows its plan"))
}

fn step_state(state: StepState, glyphs: &Glyphs) -> (&'static str, Role) {
    match state {
        StepState::Pass => (glyphs.verdict(Verdict::Ok), Role::Ok),
        StepState::Done => (glyphs.verdict(Verdict::Ok), Role::Text),
        StepState::Warn => (glyphs.verdict(Verdict::Warning), Role::Warning),
        StepState::Fail | StepState::Failed => (glyphs.verdict(Verdict::Critical), Role::Critical),
        StepState::Unknown => (glyphs.verdict(Verdict::Unknown), Role::Unknown),
        StepState::Queued | StepState::Changing => ("*", Role::Key),
        StepState::Note => ("i", Role::Text),
        StepState::Running => (glyphs.pending, Role::Text),
        StepState::Waiting | StepState::Skipped => (glyphs.not_applicable, Role::Dim),
    }
}

fn state(state: CheckState, has_ended: bool, glyphs: &Glyphs) -> (&'static str, Role) {
    let verdict = match state {
        _ if !has_ended => return (glyphs.pending, Role::Text),
        CheckState::Pass => Verdict::Ok,
        CheckState::Unknown => Verdict::Unknown,
        CheckState::Warn => Verdict::Warning,
        CheckState::Fail => Verdict::Critical,
    };
    (glyphs.verdict(verdict), verdict_role(verdict))
}

const fn looked_role(state: CheckState) -> Role {
    match state {
        CheckState::Pass => Role::Dim,
        CheckState::Unknown => Role::Unknown,
        CheckState::Warn => Role::Warning,
        CheckState::Fail => Role::Critical,
    }
}

/// What the line below the header says of the runbooks' screens.
pub(super) fn title(canvas: &mut Canvas<'_>, room: u16, id: Option<u64>) {
    let model = canvas.model;
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let entry = id.and_then(|id| model.runbooks.run(id));
    if let Some((entry, run)) = entry.map(|entry| (entry, entry.course.run())) {
        pieces.push(piece(format!("{}  ", run.runbook), Role::Title));
        if let Some(alert) = &run.alert {
            pieces.push(piece(format!("for {alert}  "), Role::Text));
        }
        pieces.extend(when(model, entry, run));
        let told = run.inputs.iter().filter_map(|input| Some((input, input.value.as_ref()?)));
        let told: Vec<String> = told.map(|(input, value)| format!("{} {value}", input.name)).collect();
        pieces.push(piece(format!("  {}", told.join(", ")), Role::Dim));
    } else {
        pieces.push(piece("runbooks  ", Role::Title));
        if let Some(subject) = model.runbooks.subject.text() {
            pieces.push(piece(format!("for {subject}  "), Role::Text));
        }
        let filter = model.runbooks.list.filter();
        if !filter.is_empty() {
            pieces.push(piece("filter ", Role::Dim));
            pieces.push(piece(filter.to_owned(), Role::Match));
        }
    }
    canvas.pieces(1, 1, room, &pieces);
}

/// When it looked; and when a change of its own was made, which is what counts since.
fn when(model: &Model, entry: &RunEntry, run: &Run) -> Vec<Piece<'static>> {
    let is_verified = run.steps.iter().any(|step| step.state == StepState::Done);
    match entry.changed() {
        _ if run.ended.is_none() => vec![piece("running", Role::Dim)],
        None => vec![piece(ago(model, run.began), Role::Dim)],
        Some(at) => {
            let word = if is_verified { "verified" } else { "change not verified" };
            vec![
                piece(format!("{word} {}", ago(model, at)), if is_verified { Role::Ok } else { Role::Warning }),
                piece(format!(", looked {}", ago(model, run.began)), Role::Dim),
            ]
        }
    }
}

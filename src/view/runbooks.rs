//! The runbooks for what the cursor was on, and a run of one.

use crate::app::geometry::{self, Area};
use crate::app::{Offer, RunEntry, RunLineKind, Runbooks, SAID, Spot, conclusion_lines, run_lines, steps_area};
use crate::domain::{CheckState, Snapshot, StepState, Verdict};
use crate::format;
use crate::theme::Role;

use super::Glyphs;
use super::canvas::{Canvas, Piece, cells, clipped, piece};
use super::facts::Facts;
use super::table::{self, left};
use super::waiting::say;
use super::words::{ago, verdict_role};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    What,
    Name,
    Title,
}

/// The runbooks, those that fit first.
pub(super) fn offers(canvas: &mut Canvas<'_>, snapshot: &Snapshot) {
    let model = canvas.model;
    let list = &model.runbooks.list;
    let layout = geometry::listing(model.size, list.rows().len());
    if list.rows().is_empty() {
        let text = format!("No runbook matches \"{}\".", list.filter());
        say(canvas, layout.table, &[(text, Role::Text)]);
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
        let canvas_ref = &*canvas;
        let parts = [Key::What, Key::Name, Key::Title].map(|key| (key, cell(canvas_ref, &row.item, &row.matched, key)));
        table::cells(canvas, y, &cols, end, |key, width| {
            let found = parts.iter().find(|(known, _)| *known == key);
            match (key, found) {
                (Key::Name, Some((_, pieces))) if pieces.len() == 1 => {
                    clipped(&pieces[0].text, &row.matched, 0, width, pieces[0].role)
                        .into_iter()
                        .map(|part| piece(part.text.into_owned(), part.role))
                        .collect()
                }
                (_, Some((_, pieces))) => pieces.clone(),
                (_, None) => Vec::new(),
            }
        });
        let line = Area { y, height: 1, ..area };
        if index == list.cursor().at() {
            table::cursor_row(canvas, line);
        }
        canvas.spot(line, Spot::Row(row.id));
    }
    if layout.detail.height > 0 {
        canvas.rule(0, layout.detail.y - 1, layout.detail.width);
        detail(canvas, snapshot, layout.detail);
    }
}

fn cell(canvas: &Canvas<'_>, offer: &Offer, _matched: &[u32], key: Key) -> Vec<Piece<'static>> {
    let model = canvas.model;
    let glyphs = canvas.glyphs;
    match offer {
        Offer::Runbook(position, fit) => {
            let Some(runbook) = model.runbooks.runbook(*position) else { return Vec::new() };
            let role = if fit.is_some() { Role::Strong } else { Role::Dim };
            match key {
                Key::What => vec![piece(if fit.is_some() { "for this" } else { "" }, Role::Text)],
                Key::Name => vec![piece(runbook.name.clone(), role)],
                Key::Title => vec![piece(runbook.title.clone(), if fit.is_some() { Role::Text } else { Role::Dim })],
            }
        }
        Offer::Service(id) => match key {
            Key::What => vec![piece("go to", Role::Dim)],
            Key::Name => vec![piece(id.name.clone(), Role::Text)],
            Key::Title => vec![piece("the service itself", Role::Dim)],
        },
        Offer::Run(id) => {
            let Some(entry) = model.runbooks.run(*id) else { return Vec::new() };
            let run = entry.course.run();
            match key {
                Key::What => vec![piece(ago(model, run.began), Role::Dim)],
                Key::Name => vec![piece(run.runbook.clone(), Role::Text)],
                Key::Title => {
                    let (mark, role) = state(run.conclusion.state, run.ended.is_some(), glyphs);
                    vec![piece(format!("{mark} "), role), piece(run.conclusion.headline.clone(), Role::Text)]
                }
            }
        }
    }
}

/// What the runbook under the cursor would do.
fn detail(canvas: &mut Canvas<'_>, _snapshot: &Snapshot, area: Area) {
    let model = canvas.model;
    let Some(row) = model.runbooks.list.selected() else { return };
    let mut facts = Facts::new(canvas, area);
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
            for line in conclusion_lines(entry.course.run(), area.width) {
                facts.fact(line.label, &line.text, line.state.map_or(Role::Text, looked_role), 1);
            }
        }
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
    let run = entry.course.run();
    let area = steps_area(model.size, run);
    for (y, line) in (body.y..area.y.saturating_sub(1)).zip(conclusion_lines(run, body.width)) {
        let role = line.state.map_or(Role::Text, looked_role);
        let mark = match line.state {
            Some(state) if !line.label.is_empty() => self::state(state, true, canvas.glyphs).0,
            _ => "",
        };
        canvas.text(1, y, 2, mark, role);
        canvas.text(3, y, SAID - 3, line.label, Role::Title);
        let role = if line.state == Some(CheckState::Pass) { Role::Text } else { role };
        canvas.text(SAID, y, body.width.saturating_sub(SAID + 1), &line.text, role);
    }
    canvas.rule(0, area.y.saturating_sub(1), body.width);
    steps(canvas, entry, area);
}

fn steps(canvas: &mut Canvas<'_>, entry: &RunEntry, area: Area) {
    let run = entry.course.run();
    let room = area.width.saturating_sub(SAID + 1);
    let lines = run_lines(run, area.width, entry.chosen());
    let below = lines.len().saturating_sub(entry.top + usize::from(area.height));
    for (y, line) in (area.y..area.y + area.height).zip(lines.iter().skip(entry.top)) {
        let is_chosen = line.step == Some(entry.chosen());
        match line.kind {
            RunLineKind::Title(state) => {
                let (mark, role) = step_state(state, canvas.glyphs);
                let title = match state {
                    StepState::Pass | StepState::Waiting | StepState::Running => Role::Text,
                    _ => Role::Strong,
                };
                canvas.text(1, y, 1, mark, role);
                canvas.text(3, y, SAID - 4, state.word(), role);
                canvas.text(SAID, y, room, &line.text, title);
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
                canvas.text(SAID, y, room, &said(canvas, entry, line.step, &line.text), role);
            }
            RunLineKind::Seen(state) => {
                canvas.text(SAID, y, room, &line.text, looked_role(state));
            }
            RunLineKind::Command => {
                canvas.pieces(SAID, y, room, &[piece("$ ", Role::Dim), piece(line.text.as_str(), Role::Key)]);
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

/// What a step said; a change that waits says which key shows its plan.
fn said(canvas: &Canvas<'_>, entry: &RunEntry, step: Option<usize>, text: &str) -> String {
    let queued = step.is_some_and(|step| step == entry.chosen() && entry.course.queued(step).is_some());
    if !queued || !text.starts_with("waits") {
        return text.to_owned();
    }
    let key = canvas.model.keys(crate::command::Command::Open).into_iter().next();
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
    if let Some(run) = entry.map(|entry| entry.course.run()) {
        pieces.push(piece(format!("{}  ", run.runbook), Role::Title));
        if let Some(alert) = &run.alert {
            pieces.push(piece(format!("for {alert}  "), Role::Text));
        }
        let told = run.inputs.iter().filter_map(|input| Some((input, input.value.as_ref()?)));
        let told: Vec<String> = told.map(|(input, value)| format!("{} {value}", input.name)).collect();
        pieces.push(piece(format!("{}  ", told.join(", ")), Role::Dim));
        let when = if run.ended.is_some() { ago(model, run.began) } else { "running".to_owned() };
        pieces.push(piece(when, Role::Dim));
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

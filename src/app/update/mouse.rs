//! The mouse: a click selects, a second click on the same row opens, the wheel scrolls.

use jiff::Timestamp;

use super::super::{Effect, Model, MouseInput, MouseKind, Overlay, Pane, Place, Spot};
use super::{Motion, changes, go, keys, logs, open, scroll_text, set_span, sort};

pub(super) fn act(model: &mut Model, input: MouseInput, now: Timestamp) -> Vec<Effect> {
    match (input.kind, model.overlay.take()) {
        (MouseKind::Click, Some(Overlay::Palette(mut palette))) => {
            // A click beside the candidates leaves the palette.
            model.touch();
            let Some(Spot::Candidate(text)) = input.spot else { return Vec::new() };
            let Some(chosen) = palette.candidates.iter().position(|candidate| candidate.text == text) else {
                return Vec::new();
            };
            palette.chosen = chosen;
            keys::take(model, palette, now)
        }
        (MouseKind::Click, Some(Overlay::Menu(menu))) => changes::clicked_menu(model, menu, input.spot.as_ref(), now),
        (MouseKind::Click, Some(Overlay::Asking(asking))) => {
            model.overlay = Some(Overlay::Asking(asking));
            Vec::new()
        }
        (MouseKind::Click, Some(Overlay::Confirm(confirm))) => {
            changes::clicked_confirm(model, confirm, input.spot.as_ref(), now)
        }
        (MouseKind::Click, overlay) => {
            // A filter being typed is kept as it is.
            if overlay.is_some() {
                model.touch();
            }
            click(model, input.spot, now)
        }
        (kind, overlay) => {
            model.overlay = overlay;
            if matches!(model.trail.here(), Place::Logs(_)) {
                return logs::wheel(model, kind == MouseKind::WheelDown);
            }
            wheel(model, kind == MouseKind::WheelDown, input.spot.as_ref());
            Vec::new()
        }
    }
}

fn click(model: &mut Model, spot: Option<Spot>, now: Timestamp) -> Vec<Effect> {
    match spot {
        Some(Spot::Row(id)) => {
            let rows_visible = model.list_page();
            let Some(list) = model.list() else { return Vec::new() };
            let Some(row) = list.position(id) else { return Vec::new() };
            if list.is_at(row) {
                return open(model, now);
            }
            if list.put(row, rows_visible) {
                model.touch();
            }
        }
        Some(Spot::PaneRow(pane, id)) => {
            select_pane(model, pane);
            let visible = model.pane_page(pane);
            let Some(screen) = &mut model.service else { return Vec::new() };
            let (cursor, ids) = screen.cursor_and_ids(pane);
            let Some(row) = ids.iter().position(|known| *known == id) else { return Vec::new() };
            if cursor.is_held() && cursor.at() == row {
                return open(model, now);
            }
            if cursor.put(row, ids, visible) {
                model.touch();
            }
        }
        Some(Spot::Pane(pane)) => select_pane(model, pane),
        Some(Spot::Step(step)) => {
            let Place::Run(run) = *model.trail.here() else { return Vec::new() };
            let size = model.size;
            let Some(entry) = model.runbooks.run_mut(run) else { return Vec::new() };
            if entry.chosen() == step {
                return open(model, now);
            }
            if entry.put(step, size) {
                model.touch();
            }
        }
        Some(Spot::Column(column)) => sort(model, |list| list.sort_by(column)),
        Some(Spot::Span(span)) => return set_span(model, span, now),
        Some(Spot::Place(place)) => return go(model, place, now),
        Some(Spot::LogLine(spot)) => logs::click(model, spot),
        Some(Spot::UnderWay) => return go(model, Place::Changes, now),
        Some(Spot::Candidate(_) | Spot::Action(_) | Spot::Confirm(_)) | None => {}
    }
    Vec::new()
}

fn select_pane(model: &mut Model, pane: Pane) {
    if let Some(screen) = &mut model.service
        && screen.pane != pane
    {
        screen.pane = pane;
        model.fit_all();
        model.touch();
    }
}

fn wheel(model: &mut Model, down: bool, spot: Option<&Spot>) {
    let rows_visible = model.list_page();
    let moved = match model.trail.here() {
        Place::Help | Place::Messages => scroll_text(model, if down { Motion::Down } else { Motion::Up }),
        Place::Service(_) => {
            let pointed = match spot {
                Some(Spot::PaneRow(pane, _) | Spot::Pane(pane)) => Some(*pane),
                _ => model.service.as_ref().map(|screen| screen.pane),
            };
            pointed.is_some_and(|pane| {
                let visible = model.pane_page(pane);
                model.service.as_mut().is_some_and(|screen| {
                    let (cursor, ids) = screen.cursor_and_ids(pane);
                    cursor.wheel(down, ids, visible)
                })
            })
        }
        Place::Run(run) => {
            let (run, size) = (*run, model.size);
            let motion = if down { Motion::Down } else { Motion::Up };
            model.runbooks.run_mut(run).is_some_and(|entry| entry.go(motion, size))
        }
        _ => model.list().is_some_and(|list| list.wheel(down, rows_visible)),
    };
    if moved {
        model.touch();
    }
}

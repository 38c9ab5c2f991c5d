//! One message in, a changed model and effects out.

mod changes;
mod cost;
mod keys;
mod logs;
mod mouse;
mod runbooks;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::command::Command;
use crate::domain::{ServiceId, Snapshot, Span};

use super::browser::Browse;
use super::copy::copied;
use super::cursor::Lost;
use super::{
    AlertItem, Effect, Model, Motion, Msg, Notice, Overlay, OverviewItem, Palette, Pane, Place, ServiceScreen,
    Surroundings, service_alerts,
};

/// Takes in one message. `now` is the only clock there is.
pub fn update(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => return keys::press(model, key, now),
        Msg::Paste(text) => return keys::paste(model, &text),
        Msg::Mouse(input) => return mouse::act(model, input, now),
        Msg::Resize(columns, rows) => {
            if model.size != (columns, rows) {
                model.size = (columns, rows);
                model.fit_all();
                model.touch();
            }
        }
        Msg::Tick => {
            let expired = model.notices.tick(now);
            let turned = changes::tick(model, now);
            if advance(model, now) || expired || turned {
                model.touch();
            }
        }
        Msg::Snapshot(snapshot) => return take_snapshot(model, snapshot, now),
        Msg::Chart(answer) => {
            if model.service.as_mut().is_some_and(|screen| screen.take(answer)) {
                model.touch();
            }
        }
        Msg::Logs(asking, news) => return logs::take(model, asking, news),
        Msg::Sift(asking) => return logs::sift(model, asking),
        Msg::Notice(notice) => tell(model, notice, now),
        Msg::Planned { ask, answer } => changes::planned(model, ask, answer, now),
        Msg::Progress(progress) => {
            let mut effects = runbooks::progressed(model, &progress, now);
            effects.extend(changes::progress(model, *progress, now));
            return effects;
        }
        Msg::NotBegun { plan, refusal } => {
            let effects = runbooks::ended(model, &plan, Err(refusal.what.clone()), now);
            changes::not_begun(model, &plan, refusal, now);
            return effects;
        }
        Msg::Answered { run, step, result } => return runbooks::answered(model, run, step, *result, now),
        Msg::Gate(state) => changes::gate(model, state, now),
        Msg::Ingest(answer) => cost::take(model, answer),
        Msg::Journal(journal) => changes::remember(model, journal),
        Msg::Refreshing(is) => {
            if !is && std::mem::take(&mut model.refreshing) {
                model.touch();
            }
        }
        Msg::Context(surroundings) => switch(model, *surroundings),
        Msg::Theme(name) => {
            if model.theme_name != name {
                model.theme_name = name;
                model.touch();
            }
        }
    }
    Vec::new()
}

fn tell(model: &mut Model, notice: Notice, now: Timestamp) {
    model.notices.push(notice, now);
    model.touch();
}

/// Moves the moment ages are counted to, in steps of five seconds and from a minute on of a minute, counted from the
/// snapshot: an age on the screen is never more than a step behind, and between two steps nothing is drawn.
fn advance(model: &mut Model, now: Timestamp) -> bool {
    let Some(snapshot) = &model.snapshot else { return false };
    let passed = now.duration_since(snapshot.at).as_secs().max(0);
    let step = if passed < 60 { 5 } else { 60 };
    let shown = snapshot.at.saturating_add(SignedDuration::from_secs(passed - passed % step)).unwrap_or(snapshot.at);
    std::mem::replace(&mut model.shown_now, shown) != shown
}

fn take_snapshot(model: &mut Model, snapshot: Arc<Snapshot>, now: Timestamp) -> Vec<Effect> {
    if snapshot.context.name != model.surroundings.context.name {
        // Left over from the context looked at before: showing it under this one's name would be a lie.
        return Vec::new();
    }
    model.snapshot = Some(snapshot);
    advance(model, now);
    model.rebuild_all();
    model.touch();
    let here = matches!(model.trail.here(), Place::Service(_));
    let due = model.service.as_mut().filter(|_| here).and_then(|screen| screen.is_due(now).then(|| screen.ask()));
    due.map(Effect::LoadChart).into_iter().collect()
}

fn switch(model: &mut Model, surroundings: Surroundings) {
    model.surroundings = surroundings;
    model.snapshot = None;
    model.service = None;
    model.logs = None;
    model.trail = super::Trail::default();
    model.overview = super::Overview::default();
    model.alerts = super::Alerts::default();
    model.targets = super::Targets::default();
    model.sources = super::Sources::default();
    // A dialog belongs to the context it was opened in. What is under way goes on being followed.
    model.overlay = None;
    model.gate = super::GateView::default();
    model.runbooks = model.runbooks.cleared();
    model.cost = model.cost.cleared();
    model.pending.clear();
    model.refreshing = false;
    model.touch();
}

/// Goes to a screen; a service's asks for its charts.
fn go(model: &mut Model, place: Place, now: Timestamp) -> Vec<Effect> {
    model.trail.go(place);
    arrive(model, now)
}

/// Makes the screen shown ready.
fn arrive(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    model.touch();
    model.text_top = 0;
    if std::mem::take(&mut model.enlarged) {
        model.fit_all();
    }
    let mut effects = logs::arrive(model, now);
    if let Place::Run(run) = *model.trail.here() {
        let size = model.size;
        if let Some(entry) = model.runbooks.run_mut(run) {
            entry.settle(size);
        }
        return effects;
    }
    if *model.trail.here() == Place::Changes {
        effects.push(Effect::ReadJournal);
    }
    if *model.trail.here() == Place::Cost {
        effects.extend(cost::arrive(model));
    }
    effects.extend(arrive_at_service(model, now));
    effects
}

fn arrive_at_service(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Place::Service(id) = model.trail.here().clone() else { return Vec::new() };
    match &mut model.service {
        Some(screen) if screen.id == id => {
            if !screen.is_due(now) {
                return Vec::new();
            }
        }
        other => *other = Some(ServiceScreen::new(id, model.span, now)),
    }
    model.rebuild_all();
    model.service.as_ref().map(|screen| Effect::LoadChart(screen.ask())).into_iter().collect()
}

/// Does what a command asks for.
fn run(model: &mut Model, command: Command, now: Timestamp) -> Vec<Effect> {
    if let Some(effects) = logs::run(model, command, now) {
        return effects;
    }
    match command {
        Command::Quit => return changes::quit(model, now),
        Command::Suspend => return vec![Effect::Suspend],
        Command::Redraw => {
            model.touch();
            return vec![Effect::Redraw];
        }
        Command::Refresh => {
            if let Place::Run(run) = *model.trail.here() {
                return runbooks::again(model, run, now);
            }
            model.refreshing = true;
            model.touch();
            let asks_more = *model.trail.here() == Place::Cost;
            return [Effect::Refresh].into_iter().chain(asks_more.then_some(Effect::LoadIngest)).collect();
        }
        Command::Copy => return copy(model, now),
        Command::Back => return back(model, now),
        Command::Open => return open(model, now),
        Command::Help if *model.trail.here() == Place::Help => return back(model, now),
        Command::Help => return go(model, Place::Help, now),
        Command::Messages => return go(model, Place::Messages, now),
        Command::Overview => return go(model, Place::Overview, now),
        Command::Alerts => return go(model, Place::Alerts, now),
        Command::Targets => return go(model, Place::Targets, now),
        Command::Sources => return go(model, Place::Sources, now),
        Command::Logs => return logs::open(model, now),
        Command::Shell => return logs::open_shell(model, now),
        Command::OpenUrl => return logs::open_url(model, now),
        // They are the log screen's own, and were dealt with where it is shown.
        Command::LogFollow
        | Command::LogWrap
        | Command::LogTimes
        | Command::LogLevel
        | Command::LogAround
        | Command::NextMatch
        | Command::PreviousMatch
        | Command::LogPattern
        | Command::LogTask
        | Command::LogMoment
        | Command::LogSave
        | Command::LogLive
        | Command::DetailDown
        | Command::DetailUp => {}
        Command::Changes => return go(model, Place::Changes, now),
        Command::Runbooks => return runbooks::offer(model, now),
        Command::Cost => return go(model, Place::Cost, now),
        Command::CostServices
        | Command::CostRetention
        | Command::CostSize
        | Command::CostArchitecture
        | Command::CostRegion => cost::run(model, command),
        Command::Palette => open_palette(model, ""),
        Command::Contexts => open_palette(model, "context "),
        Command::Themes => open_palette(model, "theme "),
        Command::Filter => {
            if let Some(list) = model.list() {
                let line = super::Line::new(list.typed());
                model.overlay = Some(Overlay::Filter(line));
                model.touch();
            }
        }
        Command::Problems => {
            if let Some(list) = model.list() {
                let only = !list.shows_problems_only();
                list.set_problems_only(only);
                model.rebuild_here(Lost::Top);
                model.touch();
            }
        }
        Command::Enlarge => enlarge(model),
        Command::Up => motion(model, Motion::Up),
        Command::Down => motion(model, Motion::Down),
        Command::PageUp => motion(model, Motion::PageUp),
        Command::PageDown => motion(model, Motion::PageDown),
        Command::HalfPageUp => motion(model, Motion::HalfPageUp),
        Command::HalfPageDown => motion(model, Motion::HalfPageDown),
        Command::Top => motion(model, Motion::Top),
        Command::Bottom => motion(model, Motion::Bottom),
        Command::SortNext => sort(model, |list| list.sort_step(true)),
        Command::SortPrevious => sort(model, |list| list.sort_step(false)),
        Command::SortReverse => sort(model, |list| list.sort_reverse()),
        Command::NextPane => step_pane(model, true),
        Command::PreviousPane => step_pane(model, false),
        Command::SpanLonger => return step_span(model, true, now),
        Command::SpanShorter => return step_span(model, false, now),
        Command::Actions
        | Command::Restart
        | Command::Redeploy
        | Command::Scale
        | Command::RollBack
        | Command::Silence
        | Command::Annotate
        | Command::ReloadPrometheus
        | Command::Arm => return changes::run(model, command, now),
    }
    Vec::new()
}

/// Gives what is told of the row under the cursor the room of the list, or takes it back.
fn enlarge(model: &mut Model) {
    if model.trail.here().has_details() {
        model.enlarged = !model.enlarged;
        model.fit_all();
        model.touch();
    }
}

fn open_palette(model: &mut Model, typed: &str) {
    model.overlay = Some(Overlay::Palette(Palette::new(typed, model)));
    model.touch();
}

fn sort(model: &mut Model, change: impl FnOnce(&mut dyn super::browser::Browse)) {
    if let Some(list) = model.list() {
        change(list);
        model.rebuild_here(Lost::Stay);
        model.touch();
    }
}

fn motion(model: &mut Model, motion: Motion) {
    let rows_visible = model.list_page();
    let moved = match model.trail.here() {
        Place::Help | Place::Messages => scroll_text(model, motion),
        Place::Service(_) => match model.service.as_ref().map(|screen| screen.pane) {
            Some(pane) => {
                let visible = model.pane_page(pane);
                model.service.as_mut().is_some_and(|screen| {
                    let (cursor, ids) = screen.cursor_and_ids(pane);
                    cursor.go(motion, ids, visible)
                })
            }
            None => false,
        },
        Place::Run(run) => {
            let (run, size) = (*run, model.size);
            model.runbooks.run_mut(run).is_some_and(|entry| entry.go(motion, size))
        }
        _ => model.list().is_some_and(|list| list.go(motion, rows_visible)),
    };
    if moved {
        model.touch();
    }
}

fn scroll_text(model: &mut Model, motion: Motion) -> bool {
    let last = model.text_last_top();
    let page = model.page(&Place::Help, 0);
    let top = motion.from(model.text_top, last, page);
    std::mem::replace(&mut model.text_top, top) != top
}

fn step_pane(model: &mut Model, forward: bool) {
    if let Some(screen) = &mut model.service {
        screen.step_pane(forward);
        model.fit_all();
        model.touch();
    }
}

fn step_span(model: &mut Model, longer: bool, now: Timestamp) -> Vec<Effect> {
    let at = Span::ALL.iter().position(|span| *span == model.span).unwrap_or_default();
    let to = if longer { at + 1 } else { at.wrapping_sub(1) };
    Span::ALL.get(to).map(|span| set_span(model, *span, now)).unwrap_or_default()
}

fn set_span(model: &mut Model, span: Span, now: Timestamp) -> Vec<Effect> {
    model.span = span;
    let ask = model.service.as_mut().and_then(|screen| screen.set_span(span, now).then(|| screen.ask()));
    if ask.is_some() {
        model.touch();
    }
    ask.map(Effect::LoadChart).into_iter().collect()
}

fn copy(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(text) = copied(model) else {
        tell(model, Notice::info("nothing to copy here"), now);
        return Vec::new();
    };
    // The shell says it: only there is it known what was done with the text.
    vec![Effect::Copy(text)]
}

/// One screen back; on the first one, everything shown again and the cursor let go.
fn back(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if model.enlarged {
        enlarge(model);
        return Vec::new();
    }
    if cost::clear(model) {
        return Vec::new();
    }
    // What is narrowed is widened before it is left.
    if *model.trail.here() != Place::Overview && model.list().is_some_and(Browse::widen) {
        model.rebuild_here(Lost::Stay);
        model.touch();
        return Vec::new();
    }
    if model.trail.back() {
        return arrive(model, now);
    }
    model.overview.stack_open = false;
    model.overview.list.set_filter("");
    model.overview.list.set_problems_only(false);
    model.overview.list.release();
    model.rebuild_here(Lost::Top);
    model.touch();
    Vec::new()
}

/// Opens what the cursor is on.
fn open(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if matches!(model.trail.here(), Place::Sources | Place::Changes | Place::Cost) {
        // A row there leads nowhere: what is known of it is told here.
        enlarge(model);
        return Vec::new();
    }
    let Some(snapshot) = model.snapshot.clone() else { return Vec::new() };
    let target = match model.trail.here() {
        Place::Overview => match model.overview.list.selected().map(|row| row.item) {
            Some(OverviewItem::Service(index)) => snapshot.services.get(index).map(|service| service.id.clone()),
            Some(OverviewItem::Stack) => {
                model.overview.stack_open = true;
                model.rebuild_here(Lost::Stay);
                model.touch();
                return Vec::new();
            }
            None => return Vec::new(),
        },
        Place::Alerts => match model.alerts.list.selected().map(|row| row.item) {
            Some(AlertItem::Alert(index)) => {
                let Some(alert) = snapshot.alerts.get(index) else { return Vec::new() };
                if model.runbooks.has_one_for(alert) {
                    let subject = super::RunSubject { alert: Some(alert.clone()), service: alert.service.clone() };
                    return runbooks::show(model, subject, now);
                }
                alert.service.clone()
            }
            Some(AlertItem::Silence(_)) | None => return Vec::new(),
        },
        Place::Targets => model
            .targets
            .list
            .selected()
            .and_then(|row| snapshot.targets.get(row.item)?.owner.as_ref())
            .and_then(|owner| snapshot.services.iter().find(|service| owner.is(&service.id)))
            .map(|service| service.id.clone()),
        Place::Service(id) => return open_part(model, &snapshot, &id.clone(), now),
        Place::Runbooks => return runbooks::open_offer(model, now),
        Place::Run(run) => return runbooks::open_step(model, *run, now),
        Place::Logs(_) | Place::Sources | Place::Changes | Place::Cost | Place::Help | Place::Messages => {
            return Vec::new();
        }
    };
    if target.is_none() {
        tell(model, Notice::info("it belongs to no service known here"), now);
    }
    target.map(|id| go(model, Place::Service(id), now)).unwrap_or_default()
}

/// From a part of the service screen to the screen that says more: its alert among all alerts, its target among all targets.
fn open_part(model: &mut Model, snapshot: &Snapshot, id: &ServiceId, now: Timestamp) -> Vec<Effect> {
    let Some((service, screen)) = snapshot.service(id).zip(model.service.as_ref()) else { return Vec::new() };
    let row = screen.cursor(screen.pane).at();
    let (place, wanted) = match screen.pane {
        Pane::Alerts => {
            let Some(alert) = service_alerts(snapshot, service).get(row).copied() else { return Vec::new() };
            (Place::Alerts, super::Alerts::id(alert))
        }
        Pane::Targets => {
            let Some(target) = super::service_targets(snapshot, service).get(row).copied() else { return Vec::new() };
            (Place::Targets, super::Targets::id(target))
        }
        _ => return Vec::new(),
    };
    let effects = go(model, place, now);
    let position = match model.trail.here() {
        Place::Alerts => model.alerts.list.rows().iter().position(|row| row.id == wanted),
        _ => model.targets.list.rows().iter().position(|row| row.id == wanted),
    };
    let rows_visible = model.list_page();
    if let (Some(position), Some(list)) = (position, model.list()) {
        list.put(position, rows_visible);
    }
    effects
}

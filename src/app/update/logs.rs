//! What keys and messages do to the log screen.

use jiff::{SignedDuration, Timestamp};

use super::super::links::links;
use super::super::{
    AlertItem, Asking, Effect, Line, LogPlace, LogQuestion, LogScreen, Model, Motion, Notice, Older, Overlay,
    OverviewItem, Pane, Place,
};
use super::changes::refusal_of;
use super::{go, open_palette, tell};
use crate::command::Command;
use crate::domain::{Consent, LogNews, LogState, ServiceId, TaskState};
use crate::format;
use crate::keymap::Key;

/// How far back a log is read at first.
const SPAN: SignedDuration = SignedDuration::from_hours(1);

/// Goes to the log of what the cursor is on.
pub(super) fn open(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if let Some((service, task)) = under_cursor(model) {
        return go(model, Place::Logs(LogPlace { service, task }), now);
    }
    tell(model, Notice::info("no service here whose log could be shown"), now);
    Vec::new()
}

/// The service the cursor is on, and the task, where it is on one.
fn under_cursor(model: &Model) -> Option<(ServiceId, Option<String>)> {
    let snapshot = model.snapshot.as_deref()?;
    match model.trail.here() {
        Place::Overview => match model.overview.list.selected()?.item {
            OverviewItem::Service(index) => Some((snapshot.services.get(index)?.id.clone(), None)),
            OverviewItem::Stack => None,
        },
        Place::Alerts => match model.alerts.list.selected()?.item {
            AlertItem::Alert(index) => Some((snapshot.alerts.get(index)?.service.clone()?, None)),
            AlertItem::Silence(_) => None,
        },
        Place::Targets => {
            let owner = snapshot.targets.get(model.targets.list.selected()?.item)?.owner.as_ref()?;
            Some((snapshot.services.iter().find(|service| owner.is(&service.id))?.id.clone(), None))
        }
        Place::Service(id) => {
            let screen = model.service.as_ref()?;
            let tasks = snapshot.service(id)?.ecs.as_deref().map(|ecs| ecs.tasks.as_slice()).unwrap_or_default();
            let is_on_task = screen.pane == Pane::Tasks;
            let task = if is_on_task { tasks.get(screen.cursor(Pane::Tasks).at()) } else { None };
            Some((id.clone(), task.map(|task| task.id.clone())))
        }
        Place::Logs(place) => {
            let said_by = model.logs.as_ref().and_then(|screen| screen.selected()?.origin.task.clone());
            Some((place.service.clone(), place.task.clone().or(said_by)))
        }
        Place::Sources
        | Place::Changes
        | Place::Runbooks
        | Place::Run(_)
        | Place::Cost
        | Place::Messages
        | Place::Help => None,
    }
}

/// Makes the log screen ready, or lets go of it where it is no longer on the way.
pub(super) fn arrive(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let wanted = model.trail.all().find_map(|place| match place {
        Place::Logs(place) => Some(place.clone()),
        _ => None,
    });
    match (wanted, &model.logs) {
        (None, None) => Vec::new(),
        (None, Some(_)) => {
            model.logs = None;
            vec![Effect::StopLogs]
        }
        (Some(place), Some(screen)) if screen.place == place => Vec::new(),
        (Some(place), _) => {
            model.logs = Some(Box::new(LogScreen::new(place, model.surroundings.log_lines, 0, now)));
            ask(model, now)
        }
    }
}

/// Asks for the log anew.
fn ask(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    model.logs_asked += 1;
    let (asking, most, size) = (model.logs_asked, model.surroundings.log_lines, model.size);
    let Some(screen) = &mut model.logs else { return Vec::new() };
    let from = now.saturating_sub(SPAN).unwrap_or(Timestamp::MIN);
    screen.ask_anew(most, asking, from);
    screen.settle(size);
    let (scope, live) = (screen.place.scope(screen.pattern.clone()), screen.live);
    model.touch();
    vec![Effect::FollowLogs { asking, scope, from, live }]
}

/// News of a log.
pub(super) fn take(model: &mut Model, asking: u64, news: LogNews) -> Vec<Effect> {
    let size = model.size;
    let Some(screen) = model.logs.as_mut().filter(|screen| screen.asking == asking) else { return Vec::new() };
    let refused_live = matches!(&news, LogNews::State(LogState::Polling { .. }));
    if screen.take(news, size) {
        if refused_live && screen.is_live_refused() {
            screen.live = false;
        }
        if matches!(model.trail.here(), Place::Logs(_)) {
            model.touch();
        }
    }
    Vec::new()
}

/// Goes on looking through a log.
pub(super) fn sift(model: &mut Model, asking: u64) -> Vec<Effect> {
    let size = model.size;
    let Some(screen) = model.logs.as_mut().filter(|screen| screen.asking == asking) else { return Vec::new() };
    screen.sift(size);
    let effects = sifting(screen);
    model.touch();
    effects
}

fn sifting(screen: &LogScreen) -> Vec<Effect> {
    if screen.is_sifting() { vec![Effect::Sift(screen.asking)] } else { Vec::new() }
}

/// Does what a command of the log screen asks for; `None` for commands that are not its own.
pub(super) fn run(model: &mut Model, command: Command, now: Timestamp) -> Option<Vec<Effect>> {
    if !matches!(model.trail.here(), Place::Logs(_)) {
        return None;
    }
    let size = model.size;
    let cost = model.surroundings.live_cost;
    let screen = model.logs.as_mut()?;
    if command != Command::LogLive {
        screen.live_asked = false;
    }
    let motion = match command {
        Command::Up => Some(Motion::Up),
        Command::Down => Some(Motion::Down),
        Command::PageUp => Some(Motion::PageUp),
        Command::PageDown => Some(Motion::PageDown),
        Command::HalfPageUp => Some(Motion::HalfPageUp),
        Command::HalfPageDown => Some(Motion::HalfPageDown),
        Command::Top => Some(Motion::Top),
        Command::Bottom => Some(Motion::Bottom),
        _ => None,
    };
    let mut effects = Vec::new();
    match command {
        _ if let Some(motion) = motion => {
            let wants_older = screen.go(motion, size);
            effects = if wants_older { older(screen) } else { Vec::new() };
        }
        Command::Open => {
            screen.detail = !screen.detail;
            screen.detail_top = 0;
            screen.settle(size);
        }
        Command::Back if screen.detail => {
            screen.detail = false;
            screen.settle(size);
        }
        Command::Back if screen.is_narrowed() => {
            screen.typed.clear();
            screen.choose(|choice| *choice = super::super::Choice::default(), size);
        }
        Command::Filter => {
            let line = Line::new(&screen.typed);
            model.overlay = Some(Overlay::LogAsk(LogQuestion::Query, line));
        }
        Command::LogPattern => {
            let line = Line::new(screen.pattern.as_deref().unwrap_or_default());
            model.overlay = Some(Overlay::LogAsk(LogQuestion::Pattern, line));
        }
        Command::LogMoment => model.overlay = Some(Overlay::LogAsk(LogQuestion::Moment, Line::default())),
        Command::LogSave => {
            let stamp = now.to_zoned(model.zone.clone()).strftime("%Y%m%d-%H%M%S").to_string();
            let line = Line::new(&format!("{}-{stamp}.log", screen.place.service.name));
            model.overlay = Some(Overlay::LogAsk(LogQuestion::File, line));
        }
        Command::LogFollow => {
            let follows = !screen.follows;
            screen.set_follow(follows, size);
        }
        Command::LogWrap => {
            screen.wrap = !screen.wrap;
            screen.settle(size);
        }
        Command::LogTimes => {
            screen.times = !screen.times;
            screen.settle(size);
        }
        Command::LogLevel => {
            screen.next_level(size);
            effects = sifting(screen);
        }
        Command::LogAround => {
            // One wants to see what is around the match that one is on.
            screen.follows &= screen.typed.is_empty();
            screen.choose(|choice| choice.around = !choice.around, size);
            effects = sifting(screen);
        }
        Command::LogTask => {
            let own = screen.selected().and_then(|line| line.origin.task.clone());
            screen.choose(|choice| choice.task = if choice.task.is_some() { None } else { own }, size);
            effects = sifting(screen);
        }
        Command::NextMatch | Command::PreviousMatch => {
            let forward = command == Command::NextMatch;
            if !screen.next_match(forward, size) {
                let way = if forward { "below" } else { "above" };
                tell(model, Notice::info(format!("no further match {way}")), now);
            }
        }
        Command::DetailDown | Command::DetailUp => {
            screen.scroll_detail(command == Command::DetailDown, size);
        }
        Command::LogLive => return Some(live(model, cost, now)),
        _ => return None,
    }
    model.touch();
    Some(effects)
}

/// Lines from before the first one are wanted.
fn older(screen: &mut LogScreen) -> Vec<Effect> {
    if screen.store.is_full() {
        screen.older = Older::NoRoom;
        return Vec::new();
    }
    let Some(before) = screen.reach.filter(|_| matches!(screen.older, Older::Unasked | Older::Failed(_))) else {
        return Vec::new();
    };
    screen.older = Older::Loading;
    vec![Effect::OlderLogs { asking: screen.asking, scope: screen.place.scope(screen.pattern.clone()), before }]
}

/// Live costs money: what it costs is said first, and the second time is consent.
fn live(model: &mut Model, cost: Option<&'static str>, now: Timestamp) -> Vec<Effect> {
    let Some(screen) = &mut model.logs else { return Vec::new() };
    let Some(cost) = cost else {
        tell(model, Notice::info("there is no live tail here; new lines are asked for every two seconds"), now);
        return Vec::new();
    };
    if screen.live {
        screen.live = false;
        return ask(model, now);
    }
    if !std::mem::replace(&mut screen.live_asked, true) {
        let text = format!("live tail costs {cost}, for as long as it runs; again to begin");
        tell(model, Notice::warning(text), now);
        return Vec::new();
    }
    screen.live_asked = false;
    screen.live = true;
    ask(model, now)
}

/// A key while an answer about the log is typed.
pub(super) fn type_answer(
    model: &mut Model,
    question: LogQuestion,
    mut line: Line,
    key: Key,
    now: Timestamp,
) -> Vec<Effect> {
    use crate::keymap::Code;
    model.touch();
    if super::keys::leaves(key) || (line.text().is_empty() && key.code == Code::Backspace) {
        return look_for(model, question, "");
    }
    if key.code == Code::Enter {
        return answer(model, question, line.text().trim(), now);
    }
    line.key(key);
    typed(model, question, line)
}

/// Text is typed or pasted.
pub(super) fn typed(model: &mut Model, question: LogQuestion, line: Line) -> Vec<Effect> {
    model.touch();
    let effects = look_for(model, question, line.text().trim());
    model.overlay = Some(Overlay::LogAsk(question, line));
    effects
}

/// A query is looked for while it is typed; other answers wait until they are whole.
fn look_for(model: &mut Model, question: LogQuestion, typed: &str) -> Vec<Effect> {
    let size = model.size;
    let screen = model.logs.as_mut().filter(|_| question == LogQuestion::Query);
    screen.map(|screen| if screen.look_for(typed, size) { sifting(screen) } else { Vec::new() }).unwrap_or_default()
}

fn answer(model: &mut Model, question: LogQuestion, text: &str, now: Timestamp) -> Vec<Effect> {
    let size = model.size;
    let zone = model.zone.clone();
    let Some(screen) = &mut model.logs else { return Vec::new() };
    match question {
        // What is typed was looked for all along.
        LogQuestion::Query => {}
        LogQuestion::Moment | LogQuestion::File if text.is_empty() => {}
        LogQuestion::Pattern => {
            let pattern = Some(text.to_owned()).filter(|text| !text.is_empty());
            if screen.pattern != pattern {
                screen.pattern = pattern;
                return ask(model, now);
            }
        }
        LogQuestion::Moment => match format::parse_moment(text, now, &zone) {
            Ok(moment) => {
                if screen.go_to(moment, size)
                    && screen.store.get(screen.store.first()).is_some_and(|line| line.at > moment)
                {
                    let effects = older(screen);
                    tell(
                        model,
                        Notice::info("that is before the lines in memory; older ones are read by going up"),
                        now,
                    );
                    return effects;
                }
            }
            Err(why) => tell(model, Notice::warning(format!("{text}: {why}")), now),
        },
        LogQuestion::File => {
            let service = screen.place.service.name.clone();
            return vec![Effect::SaveLogs { path: text.to_owned(), lines: screen.export(), service }];
        }
    }
    Vec::new()
}

/// Opens the page of what the cursor is on; where there are several, offers them.
pub(super) fn open_url(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let links = links(model);
    match links.as_slice() {
        [] => {
            tell(model, Notice::info("nothing here has a page to open"), now);
            Vec::new()
        }
        [(_, url)] => vec![Effect::OpenUrl(url.clone())],
        _ => {
            open_palette(model, "page ");
            Vec::new()
        }
    }
}

/// Opens a shell in the task the cursor is on; in a service's only running task where it is on no task.
pub(super) fn open_shell(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some((service, task)) = under_cursor(model) else {
        tell(model, Notice::info("no task here to open a shell in"), now);
        return Vec::new();
    };
    let running: Vec<String> = model
        .snapshot
        .as_deref()
        .and_then(|snapshot| snapshot.service(&service)?.ecs.as_deref())
        .map(|ecs| {
            ecs.tasks.iter().filter(|task| task.state == TaskState::Running).map(|task| task.id.clone()).collect()
        })
        .unwrap_or_default();
    let why = match (&task, running.as_slice()) {
        (Some(task), _) if running.contains(task) => {
            return ask_shell(model, service, task.clone(), now);
        }
        (Some(task), _) => format!("task {} does not run", task.get(..8).unwrap_or(task)),
        (None, [only]) => return ask_shell(model, service, only.clone(), now),
        (None, []) => format!("no task of {} is known to run", service.name),
        (None, many) => format!("{} has {} tasks: choose one on its screen", service.name, many.len()),
    };
    tell(model, Notice::info(why), now);
    Vec::new()
}

/// Opens a shell, which can change anything: in production the gate must be open and the service's name typed.
fn ask_shell(model: &mut Model, service: ServiceId, task: String, now: Timestamp) -> Vec<Effect> {
    if !model.gate.lets_pass(now) {
        let why = refusal_of(model, now);
        tell(model, Notice::warning(why), now);
        return Vec::new();
    }
    if !model.surroundings.context.production {
        let consent = Consent { by: "key".to_owned(), ..Consent::default() };
        return vec![Effect::OpenShell { service, task, consent }];
    }
    model.overlay = Some(Overlay::Asking(Asking::shell(service, task)));
    model.touch();
    Vec::new()
}

/// Turns the wheel, or points at a line.
pub(super) fn wheel(model: &mut Model, down: bool) -> Vec<Effect> {
    let size = model.size;
    let Some(screen) = &mut model.logs else { return Vec::new() };
    let effects = if screen.wheel(down, size) { older(screen) } else { Vec::new() };
    model.touch();
    effects
}

/// A line was clicked: the cursor goes there; a second click tells it in full.
pub(super) fn click(model: &mut Model, spot: i64) {
    let size = model.size;
    let Some(screen) = &mut model.logs else { return };
    if !screen.point(spot, size) {
        screen.detail = !screen.detail;
        screen.settle(size);
    }
    model.touch();
}

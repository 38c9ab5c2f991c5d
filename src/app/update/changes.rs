//! Changes: from a key to a plan, from a plan to a yes, from a yes to its end. Only [`agree`] hands one on, and only what
//! a person has seen and confirmed in this context.

use std::sync::Arc;

use jiff::Timestamp;

use crate::command::Command;
use crate::domain::journal::Story;
use crate::domain::{Change, GateState, ObjectionKind, Plan, PlanOptions, Progress, Refusal};
use crate::keymap::{Code, Key};

use super::super::action::{self, Subject};
use super::super::ask::Answered;
use super::super::browser::Browse as _;
use super::super::gate::GateTurn;
use super::super::{
    Asking, Changes, Confirm, ConfirmSpot, ConfirmStage, Effect, Intent, JournalEntry, Menu, Model, Mood, Motion,
    Notice, Overlay, Place, Planned, Question, Spot, TIED_SILENCE, elapsed,
};
use super::keys::{leaves, moves};
use super::{Lost, go, tell};

/// A command that leads to a change. It opens a dialog, and does nothing else.
pub(super) fn run(model: &mut Model, command: Command, now: Timestamp) -> Vec<Effect> {
    if command == Command::Arm {
        return arm(model, now);
    }
    if model.gate.is_read_only() {
        tell(model, Notice::warning(refusal_of(model, now)), now);
        return Vec::new();
    }
    let Some(snapshot) = model.snapshot.clone() else {
        tell(model, Notice::info("nothing is known yet that could be changed"), now);
        return Vec::new();
    };
    if command == Command::Actions {
        let menu = action::menu(model, &snapshot);
        model.overlay = Some(Overlay::Menu(menu));
        model.touch();
        return Vec::new();
    }
    let subject = Subject::under_cursor(model, &snapshot);
    let of_service = |intent: fn(&crate::domain::ServiceHealth) -> Result<Intent, String>| {
        subject.service.ok_or_else(|| "put the cursor on a service first".to_owned()).and_then(intent)
    };
    let intent = match command {
        Command::Restart => action::restart(&snapshot, subject),
        Command::Redeploy => of_service(|service| Ok(Intent::Plan(Change::Redeploy { service: service.id.clone() }))),
        Command::RollBack => of_service(|service| Ok(Intent::Plan(Change::RollBack { service: service.id.clone() }))),
        Command::Scale => of_service(|service| {
            let ecs =
                service.ecs.as_deref().ok_or_else(|| format!("the tasks of {} are not known", service.id.name))?;
            Ok(Intent::AskScale(service.id.clone(), ecs.desired))
        }),
        Command::Silence => match (subject.alert, subject.service) {
            (Some(alert), _) => action::silence_alert(&snapshot, alert),
            (None, Some(service)) => action::silence_service(&snapshot, service),
            (None, None) => Err("put the cursor on an alert or a service first".to_owned()),
        },
        Command::Annotate => Ok(Intent::AskNote),
        _ => Ok(Intent::Plan(Change::ReloadPrometheus)),
    };
    match intent {
        Ok(intent) => lead(model, intent, now),
        Err(why) => {
            tell(model, Notice::info(why), now);
            Vec::new()
        }
    }
}

/// Arms, or disarms where it is armed.
fn arm(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    match &model.gate.state {
        GateState::Armed { until } if now < *until => vec![Effect::Disarm],
        GateState::Armed { .. } | GateState::Disarmed => vec![Effect::Arm],
        GateState::Open => {
            tell(model, Notice::info("this is not production: there is nothing to arm"), now);
            Vec::new()
        }
        GateState::ReadOnly { .. } => {
            tell(model, Notice::warning(refusal_of(model, now)), now);
            Vec::new()
        }
    }
}

/// Why nothing can be changed now, and the next step.
pub(super) fn refusal_of(model: &Model, now: Timestamp) -> String {
    match &model.gate.state {
        GateState::ReadOnly { by } => format!("read-only: changes are taken away by {by}"),
        state if state.lets_pass(now) => String::new(),
        _ => {
            let key = model.keys(Command::Arm).into_iter().next();
            let how = key.map(|key| format!(": {key} arms it for a while")).unwrap_or_default();
            format!("this is production, and it is disarmed{how}")
        }
    }
}

/// Goes where an intent leads: to a question, a choice or a plan.
fn lead(model: &mut Model, intent: Intent, now: Timestamp) -> Vec<Effect> {
    if !model.gate.lets_pass(now) {
        let why = refusal_of(model, now);
        tell(model, Notice::warning(why), now);
        return Vec::new();
    }
    model.touch();
    if let Some(asking) = Asking::of(&intent) {
        model.overlay = Some(Overlay::Asking(asking));
        return Vec::new();
    }
    match intent {
        Intent::Plan(change) => plan(model, change, PlanOptions::default()),
        Intent::ChooseTask(id) => {
            let snapshot = model.snapshot.clone();
            let service = snapshot.as_ref().and_then(|snapshot| Some((snapshot, snapshot.service(&id)?)));
            model.overlay = service.map(|(snapshot, service)| Overlay::Menu(action::task_menu(snapshot, service)));
            Vec::new()
        }
        Intent::AskScale(..) | Intent::AskSilence(..) | Intent::AskNote => Vec::new(),
    }
}

/// Opens the dialog for a change that a runbook proposes.
pub(super) fn propose(model: &mut Model, change: Change, now: Timestamp) -> Vec<Effect> {
    lead(model, Intent::Plan(change), now)
}

/// Opens the dialog and asks for its plan.
fn plan(model: &mut Model, change: Change, options: PlanOptions) -> Vec<Effect> {
    model.asks += 1;
    let ask = model.asks;
    let (kept, with) = (change.clone(), options.clone());
    let seen = model.snapshot.as_ref().and_then(|snapshot| action::seen(snapshot, &change));
    let confirm = Confirm { ask, change: kept, options: with, seen, stage: ConfirmStage::Planning, top: 0 };
    model.overlay = Some(Overlay::Confirm(Box::new(confirm)));
    model.touch();
    vec![Effect::Plan { ask, change, options }]
}

/// A key in the menu.
pub(super) fn choose(model: &mut Model, mut menu: Menu, key: Key, now: Timestamp) -> Vec<Effect> {
    model.touch();
    if leaves(key) || key == Key::char('q') {
        return Vec::new();
    }
    let count = menu.actions.len();
    if let Some(to) = moves(key) {
        let step = if matches!(to, Motion::Down | Motion::PageDown) { 1 } else { count.saturating_sub(1) };
        menu.chosen = (menu.chosen + step) % count.max(1);
    } else if key.code == Code::Enter {
        return take(model, menu, now);
    } else if let (Code::Char(pressed), false, false) = (key.code, key.ctrl, key.alt) {
        if let Some(chosen) = menu.actions.iter().position(|action| action.key == pressed) {
            menu.chosen = chosen;
            return take(model, menu, now);
        }
        if pressed == 'A' {
            model.overlay = Some(Overlay::Menu(menu));
            return arm(model, now);
        }
    }
    model.overlay = Some(Overlay::Menu(menu));
    Vec::new()
}

/// Takes the chosen line of the menu; one that cannot be chosen says why.
fn take(model: &mut Model, menu: Menu, now: Timestamp) -> Vec<Effect> {
    let Some(action) = menu.actions.get(menu.chosen).cloned() else { return Vec::new() };
    let closed = action::closed(&model.gate.state, model.gate.lets_pass(now)).map(|_| refusal_of(model, now));
    if let Some(why) = closed.or(action.refused) {
        model.overlay = Some(Overlay::Menu(menu));
        tell(model, Notice::info(why), now);
        return Vec::new();
    }
    lead(model, action.intent, now)
}

pub(super) fn clicked_menu(model: &mut Model, mut menu: Menu, spot: Option<&Spot>, now: Timestamp) -> Vec<Effect> {
    model.touch();
    let Some(Spot::Action(index)) = spot else { return Vec::new() };
    menu.chosen = *index;
    take(model, menu, now)
}

/// A key while something is asked.
pub(super) fn answer(model: &mut Model, mut asking: Asking, key: Key) -> Vec<Effect> {
    model.touch();
    if leaves(key) {
        return Vec::new();
    }
    match key.code {
        Code::Enter => match asking.answer() {
            Ok(Answered::Change(change)) => return plan(model, change, PlanOptions::default()),
            Ok(Answered::Shell(service, task, consent)) => {
                return vec![Effect::OpenShell { service, task, consent }];
            }
            Err(why) => asking.complaint = Some(why),
        },
        Code::Tab | Code::Down => asking.step(true),
        Code::BackTab | Code::Up => asking.step(false),
        Code::Char(c) if !key.ctrl && matches!(asking.question, Question::Scale { .. }) && !c.is_ascii_digit() => {}
        _ => {
            if asking.key(key) {
                asking.complaint = None;
            }
        }
    }
    model.overlay = Some(Overlay::Asking(asking));
    Vec::new()
}

/// Text was pasted into a dialog: it is text there, or nothing.
pub(super) fn pasted(mut overlay: Overlay, text: &str) -> Overlay {
    match &mut overlay {
        Overlay::Asking(asking) => asking.insert(text),
        Overlay::Confirm(confirm) => {
            if let ConfirmStage::Planned(planned) = &mut confirm.stage
                && planned.plan.typed.is_some()
            {
                planned.line.insert(text);
                planned.complaint = None;
            }
        }
        Overlay::Filter(_) | Overlay::Palette(_) | Overlay::Menu(_) | Overlay::LogAsk(..) => {}
    }
    overlay
}

/// A key in the dialog before a change.
pub(super) fn confirm(model: &mut Model, mut confirm: Box<Confirm>, key: Key, now: Timestamp) -> Vec<Effect> {
    const fn ctrl(c: char) -> Key {
        Key { code: Code::Char(c), ctrl: true, alt: false }
    }
    model.touch();
    if leaves(key) {
        return Vec::new();
    }
    let is_planned_anew =
        key == ctrl('r') || matches!(confirm.stage, ConfirmStage::Refused(_)) && key == Key::char('r');
    if is_planned_anew && !matches!(confirm.stage, ConfirmStage::Planning) {
        return plan(model, confirm.change, confirm.options);
    }
    if let Some(to) = moves(key) {
        confirm.top = match to {
            Motion::Down => confirm.top + 1,
            Motion::PageDown => confirm.top + 5,
            Motion::PageUp => confirm.top.saturating_sub(5),
            _ => confirm.top.saturating_sub(1),
        };
        model.overlay = Some(Overlay::Confirm(confirm));
        return Vec::new();
    }
    let ConfirmStage::Planned(planned) = &mut confirm.stage else {
        // Nothing can be confirmed before it is there; enter and n leave what was refused.
        let is_refused = matches!(confirm.stage, ConfirmStage::Refused(_));
        let is_left = key == Key::char('n') || is_refused && matches!(key.code, Code::Enter | Code::Char('q'));
        model.overlay = (!is_left).then_some(Overlay::Confirm(confirm));
        return Vec::new();
    };
    if key == ctrl('s') && confirm.change.service().is_some() {
        let mut options = confirm.options;
        options.silence = if options.silence.is_some() { None } else { Some(TIED_SILENCE) };
        return plan(model, confirm.change, options);
    }
    let accepted = match key {
        key if key == ctrl('d') => Some(ObjectionKind::Downtime),
        key if key == ctrl('f') => Some(ObjectionKind::Rolling),
        _ => None,
    };
    let is_typed = planned.plan.typed.is_some();
    match key.code {
        _ if accepted.is_some_and(|kind| planned.accept(kind)) => {}
        Code::Enter if is_typed || planned.yes => return agree(model, confirm, now),
        Code::Enter => return Vec::new(),
        Code::Char('y' | 'Y') if !is_typed && !key.ctrl && !key.alt => return agree(model, confirm, now),
        Code::Char('n' | 'N' | 'q') if !is_typed && !key.ctrl && !key.alt => return Vec::new(),
        Code::Tab | Code::BackTab | Code::Left | Code::Right if !is_typed => planned.yes = !planned.yes,
        _ if is_typed && planned.line.key(key) => planned.complaint = None,
        _ => {}
    }
    model.overlay = Some(Overlay::Confirm(confirm));
    Vec::new()
}

/// A yes: hands the change on once and closes the dialog, or says why it is none.
fn agree(model: &mut Model, mut confirm: Box<Confirm>, now: Timestamp) -> Vec<Effect> {
    model.touch();
    let ConfirmStage::Planned(planned) = &mut confirm.stage else { return Vec::new() };
    match planned.consent(&model.gate.state, now) {
        Ok(mut consent) => {
            let plan = Arc::clone(&planned.plan);
            model.changes.begin(Arc::clone(&plan), now);
            if let Some(run) = model.runbooks.agreed(&confirm.change, &plan.id) {
                // The journal tells what led to it.
                consent.by = format!("{}, as runbook {run} proposes", consent.by);
            }
            let mut effects = go(model, Place::Changes, now);
            show(model, &plan.id);
            effects.push(Effect::CarryOut { plan, consent });
            effects
        }
        Err(why) => {
            planned.complaint = Some(why);
            model.overlay = Some(Overlay::Confirm(confirm));
            Vec::new()
        }
    }
}

/// Puts the cursor of the changes screen on one of them.
fn show(model: &mut Model, plan: &str) {
    model.rebuild(&Place::Changes, Lost::Top);
    let visible = model.page(&Place::Changes, model.changes.list.rows().len());
    let id = Changes::row_id(plan);
    if let Some(row) = model.changes.list.position(id) {
        model.changes.list.put(row, visible);
    }
}

pub(super) fn clicked_confirm(
    model: &mut Model,
    mut confirm: Box<Confirm>,
    spot: Option<&Spot>,
    now: Timestamp,
) -> Vec<Effect> {
    match (spot, &mut confirm.stage) {
        (Some(Spot::Confirm(ConfirmSpot::No)), _) => {
            model.touch();
            return Vec::new();
        }
        (Some(Spot::Confirm(ConfirmSpot::Yes)), ConfirmStage::Planned(planned)) if planned.plan.typed.is_none() => {
            return agree(model, confirm, now);
        }
        (Some(Spot::Confirm(ConfirmSpot::Objection(kind))), ConfirmStage::Planned(planned)) => {
            planned.accept(*kind);
            model.touch();
        }
        // A click beside it is no answer.
        _ => {}
    }
    model.overlay = Some(Overlay::Confirm(confirm));
    Vec::new()
}

/// The plan is there, or why there is none. The answer to a question that was given up is nobody's.
pub(super) fn planned(model: &mut Model, ask: u64, answer: Result<Arc<Plan>, Refusal>, now: Timestamp) {
    let here = model.surroundings.context.name.clone();
    let Some(Overlay::Confirm(confirm)) = &mut model.overlay else { return };
    if confirm.ask != ask || !matches!(confirm.stage, ConfirmStage::Planning) {
        return;
    }
    confirm.stage = match answer {
        Ok(plan) if plan.place.context != here => ConfirmStage::Refused(Refusal::new(format!(
            "it was planned for {}, which is not looked at",
            plan.place.context
        ))),
        Ok(plan) => {
            confirm.change = plan.change.clone();
            let mut planned = Planned::new(plan);
            planned.advance(now);
            ConfirmStage::Planned(Box::new(planned))
        }
        Err(refusal) => ConfirmStage::Refused(refusal),
    };
    model.touch();
}

/// Leaves; where a change is still watched, only when asked twice.
pub(super) fn quit(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(title) = model.changes.under_way().next().map(|followed| followed.plan.title.clone()) else {
        return vec![Effect::Quit];
    };
    if std::mem::replace(&mut model.is_leaving, true) {
        return vec![Effect::Quit];
    }
    tell(model, Notice::warning(format!("{title} is under way: once more leaves, and nobody sees how it ends")), now);
    Vec::new()
}

/// News of a change, wherever it was made.
pub(super) fn progress(model: &mut Model, progress: Progress, now: Timestamp) -> Vec<Effect> {
    let here = model.surroundings.context.name.clone();
    let ended = model.changes.take(progress).and_then(|followed| {
        let outcome = followed.outcome()?;
        let place = &followed.plan.place.context;
        let place = if *place == here { String::new() } else { format!(" in {place}") };
        let took = elapsed(followed.took().unsigned_abs());
        let text = format!("{}{place}: {outcome} ({took})", followed.plan.title);
        Some(match Mood::of(outcome) {
            Mood::Good => Notice::info(text),
            Mood::Neutral | Mood::Open => Notice::warning(text),
            Mood::Bad | Mood::Unknown => Notice::error(text),
        })
    });
    model.rebuild(&Place::Changes, Lost::Stay);
    model.touch();
    let Some(notice) = ended else { return Vec::new() };
    tell(model, notice, now);
    // The journal has its end by now.
    if *model.trail.here() == Place::Changes { vec![Effect::ReadJournal] } else { Vec::new() }
}

/// A confirmed change was refused before anything was changed: the facts are others, the gate closed. A new plan is
/// offered, where that is not in the way of something else.
pub(super) fn not_begun(model: &mut Model, plan: &str, refusal: Refusal, now: Timestamp) {
    let Some(followed) = model.changes.refuse(plan, refusal.clone()) else { return };
    let (title, change, place) =
        (followed.plan.title.clone(), followed.plan.change.clone(), followed.plan.place.context.clone());
    let silence = followed.plan.silence.as_ref().map(|silence| silence.lasts);
    let options = PlanOptions { silence, ..PlanOptions::default() };
    model.rebuild(&Place::Changes, Lost::Stay);
    model.touch();
    if model.overlay.is_none() && place == model.surroundings.context.name {
        let stage = ConfirmStage::Refused(refusal);
        model.overlay =
            Some(Overlay::Confirm(Box::new(Confirm { ask: 0, change, options, seen: None, stage, top: 0 })));
    } else {
        tell(model, Notice::error(format!("{title}: not done: {}", refusal.what)), now);
    }
}

/// What the gate of the context looked at says.
pub(super) fn gate(model: &mut Model, state: GateState, now: Timestamp) {
    model.gate.set(state, now);
    if model.gate.is_read_only()
        && matches!(model.overlay, Some(Overlay::Menu(_) | Overlay::Asking(_) | Overlay::Confirm(_)))
    {
        model.overlay = None;
    }
    model.touch();
}

pub(super) fn remember(model: &mut Model, journal: Result<Vec<Story>, String>) {
    model.changes.remember(journal.map(|stories| stories.iter().map(JournalEntry::of).collect()));
    model.rebuild(&Place::Changes, Lost::Stay);
    model.touch();
}

/// A second passed. Says whether anything that shows has changed.
pub(super) fn tick(model: &mut Model, now: Timestamp) -> bool {
    let turn = model.gate.advance(now);
    if turn == GateTurn::RanOut {
        tell(model, Notice::info("the time is over: production is disarmed again"), now);
    }
    let is_under_way = model.changes.advance(&model.surroundings.context.name, now);
    let is_older = match &mut model.overlay {
        Some(Overlay::Confirm(confirm)) => match &mut confirm.stage {
            ConfirmStage::Planned(planned) => planned.advance(now),
            _ => false,
        },
        _ => false,
    };
    turn != GateTurn::Same || is_under_way || is_older
}

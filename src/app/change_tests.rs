//! From a key to a change and never by accident: what does nothing, what asks, and what a yes is.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::domain::{
    Change, ContextInfo, EcsService, GateState, ObjectionKind, Observed, Outcome, Plan, PlanOptions, Refusal, Sampled,
    ServiceHealth, ServiceId, SignalHealth, Silence, Snapshot, SourceKind, SourceState, SourceStatus, Task, TaskCounts,
    TaskHealth, TaskState, Verdict,
};
use crate::keymap::{Code, Key, Keymap};

use super::change_sample::{progress, restart, with};
use super::{
    Changes, ConfirmSpot, ConfirmStage, Effect, Model, MouseInput, MouseKind, Msg, Overlay, Place, Setup, Spot,
    Surroundings, help_lines, update,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id(name: &str) -> ServiceId {
    ServiceId::new("prod", name)
}

fn task(name: &str, health: TaskHealth, state: TaskState) -> Task {
    Task {
        id: name.repeat(8),
        state,
        last_status: "RUNNING".to_owned(),
        health,
        definition: "api:1".to_owned(),
        address: None,
        zone: None,
        created_at: None,
        started_at: None,
        stopped_at: None,
        stop_code: None,
        stopped_reason: None,
        exits: Vec::new(),
    }
}

fn service(name: &str, tasks: Vec<Task>) -> ServiceHealth {
    let nothing =
        || SignalHealth { now: Observed::Unknown("no data".into()), series: None, level: Verdict::Ok, query: None };
    let count = u32::try_from(tasks.len()).unwrap();
    let ecs = EcsService {
        id: id(name),
        status: "ACTIVE".to_owned(),
        desired: count,
        running: count,
        pending: 0,
        launch: "FARGATE".to_owned(),
        definition: "api:1".to_owned(),
        percents: None,
        created_at: None,
        deployments: Vec::new(),
        events: Vec::new(),
        tasks,
        tasks_known: true,
    };
    ServiceHealth {
        id: id(name),
        verdict: Verdict::Warning,
        findings: Vec::new(),
        tasks: Observed::Fresh(Sampled {
            value: TaskCounts { running: count, desired: count, pending: 0 },
            at: at(0),
            source: SourceKind::Ecs,
        }),
        signals: std::array::from_fn(|_| nothing()),
        is_stack: false,
        changed_at: None,
        ecs: Some(Arc::new(ecs)),
        definition: None,
        alerts: Vec::new(),
        targets: Vec::new(),
    }
}

fn snapshot(context: &str) -> Snapshot {
    let (fine, sick) = (TaskHealth::Healthy, TaskHealth::Unhealthy);
    let run = TaskState::Running;
    let source = |kind| SourceStatus {
        kind,
        place: String::new(),
        state: SourceState::Fresh { at: at(0) },
        version: None,
        latency: None,
        requests: 1,
        requests_last_round: 1,
        problems: Vec::new(),
        facts: Vec::new(),
        owes_alerts: kind.has_alerts(),
        tells_alerts: true,
    };
    Snapshot {
        context: info(context, false),
        at: at(0),
        verdict: Verdict::Warning,
        services: vec![
            service("one-sick", vec![task("a", fine, run), task("b", sick, run)]),
            service("all-fine", vec![task("c", fine, run), task("d", fine, run)]),
            service("single", vec![task("e", fine, run)]),
            service("gone", vec![task("f", fine, TaskState::Stopped)]),
        ],
        findings: Vec::new(),
        alerts: Vec::new(),
        silences: vec![Silence {
            id: "s-1".to_owned(),
            matchers: Vec::new(),
            starts_at: None,
            ends_at: None,
            created_by: "kim".to_owned(),
            comment: String::new(),
            source: SourceKind::Alertmanager,
        }],
        targets: Vec::new(),
        targets_known: true,
        sources: [SourceKind::Ecs, SourceKind::Prometheus, SourceKind::Alertmanager, SourceKind::Grafana]
            .map(source)
            .into(),
        dashboards: Vec::new(),
        changes: Vec::new(),
        strangers: Vec::new(),
        notes: Vec::new(),
    }
}

fn info(name: &str, production: bool) -> ContextInfo {
    ContextInfo { name: name.to_owned(), production, ..ContextInfo::default() }
}

fn model_with(gate: GateState) -> Model {
    let mut model = Model::new(Setup {
        surroundings: Surroundings { context: info("stage", false), ..Surroundings::default() },
        keymap: Keymap::default(),
        theme_name: "dark".to_owned(),
        theme_names: vec!["dark".to_owned()],
        context_names: vec!["stage".to_owned(), "prod".to_owned()],
        zone: TimeZone::UTC,
        size: (100, 30),
        notices: Vec::new(),
    });
    update(&mut model, Msg::Gate(gate), at(0));
    update(&mut model, Msg::Snapshot(Arc::new(snapshot("stage"))), at(0));
    model
}

fn model() -> Model {
    model_with(GateState::Open)
}

fn key(name: &str) -> Key {
    let code = match name {
        "enter" => Code::Enter,
        "esc" => Code::Esc,
        "tab" => Code::Tab,
        "down" => Code::Down,
        "left" => Code::Left,
        "backspace" => Code::Backspace,
        "space" => Code::Char(' '),
        name if name.starts_with("ctrl-") => {
            return Key { code: Code::Char(name.chars().last().unwrap()), ctrl: true, alt: false };
        }
        name => Code::Char(name.chars().next().unwrap()),
    };
    Key::plain(code)
}

fn press_at(model: &mut Model, keys: &str, second: i64) -> Vec<Effect> {
    keys.split_whitespace().flat_map(|name| update(model, Msg::Key(key(name)), at(second))).collect()
}

fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    press_at(model, keys, 0)
}

fn is_yes(effect: &Effect) -> bool {
    matches!(effect, Effect::CarryOut { .. })
}

fn planned(effects: &[Effect]) -> (u64, &Change) {
    match effects {
        [Effect::Plan { ask, change, .. }] => (*ask, change),
        other => panic!("no plan was asked for: {other:?}"),
    }
}

/// Asks for a plan and gets this one.
fn dialog(model: &mut Model, plan: &Arc<Plan>) {
    let effects = press(model, "R");
    let (ask, _) = planned(&effects);
    update(model, Msg::Planned { ask, answer: Ok(Arc::clone(plan)) }, at(0));
}

fn plain() -> Arc<Plan> {
    with(restart("stage", false, &id("one-sick"), at(0)), &[])
}

fn production() -> Arc<Plan> {
    with(restart("stage", true, &id("one-sick"), at(0)), &[])
}

fn said(model: &Model) -> String {
    model.notices.said().next().map(|(_, notice)| notice.text.clone()).unwrap_or_default()
}

fn complaint(model: &Model) -> String {
    match &model.overlay {
        Some(Overlay::Confirm(confirm)) => match &confirm.stage {
            ConfirmStage::Planned(planned) => planned.complaint.clone().unwrap_or_default(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn restarting_takes_the_one_in_trouble_or_asks_which() {
    let restarted = |service: &str, task: &str| Change::RestartTask { service: id(service), task: task.repeat(8) };
    for (keys, change) in [
        ("R", restarted("one-sick", "b")),
        ("j R 1", restarted("all-fine", "c")),
        ("j R 2", restarted("all-fine", "d")),
        ("j R down enter", restarted("all-fine", "d")),
        ("j j R", restarted("single", "e")),
        ("enter tab tab R", restarted("one-sick", "a")),
        ("x r", restarted("one-sick", "b")),
        ("x enter", restarted("one-sick", "b")),
        (": r e s t a r t enter", restarted("one-sick", "b")),
        ("x d", Change::Redeploy { service: id("one-sick") }),
        ("x b", Change::RollBack { service: id("one-sick") }),
        ("x p", Change::ReloadPrometheus),
        ("x s backspace 5 enter", Change::Scale { service: id("one-sick"), desired: 5 }),
        ("x n h i enter", Change::Annotate { text: "hi".to_owned(), tags: Vec::new() }),
        ("a x e", Change::ExpireSilence { id: "s-1".to_owned(), source: SourceKind::Alertmanager }),
    ] {
        let mut model = model();
        let effects: Vec<Effect> =
            press(&mut model, keys).into_iter().filter(|effect| !matches!(effect, Effect::LoadChart(_))).collect();
        assert_eq!(planned(&effects).1, &change, "{keys}");
        assert!(matches!(model.overlay, Some(Overlay::Confirm(_))), "{keys}: and the dialog waits for it");
    }
    let mut model = model();
    assert_eq!(press(&mut model, "G R"), [], "what does not run cannot be restarted");
    assert!(said(&model).contains("no task of gone runs"), "{}", said(&model));
}

#[test]
fn a_silence_needs_a_reason_and_names_what_it_fits() {
    let mut model = model();
    assert_eq!(press(&mut model, "x m enter"), []);
    let effects = press(&mut model, "tab k n o w n enter");
    let (_, Change::Silence(ask)) = planned(&effects) else { panic!("{effects:?}") };
    assert_eq!((ask.comment.as_str(), ask.lasts.as_secs()), ("known", 3_600));
    assert_eq!(ask.matchers.iter().map(ToString::to_string).collect::<Vec<_>>(), ["service=\"one-sick\""]);
}

#[test]
fn what_is_typed_into_filter_palette_and_questions_never_acts() {
    for keys in ["/ R y", "/ x r y enter", ": R y y", "x n y R x y", ": x r e s t y", "/ R y enter y y"] {
        let mut model = model();
        let effects = press(&mut model, keys);
        assert!(
            !effects.iter().any(|effect| matches!(effect, Effect::CarryOut { .. } | Effect::Plan { .. })),
            "{keys}"
        );
    }
    for open in ["/", ":", "", "x", "x n"] {
        let mut model = model();
        press(&mut model, open);
        let effects = update(&mut model, Msg::Paste("R\ny\r\ny\x1b[A".to_owned()), at(0));
        assert_eq!(effects, [], "pasted after {open}");
    }
}

#[test]
fn no_is_what_one_begins_with() {
    for keys in ["enter", "n", "esc", "q", "ctrl-c", "tab tab enter", "left left enter"] {
        let mut model = model();
        dialog(&mut model, &plain());
        assert_eq!(press(&mut model, keys), [], "{keys}");
        assert!(model.overlay.is_none(), "{keys} leaves");
    }
    for keys in ["y", "Y", "tab enter", "left enter"] {
        let mut model = model();
        dialog(&mut model, &plain());
        let effects = press(&mut model, keys);
        assert_eq!(effects.iter().filter(|effect| is_yes(effect)).count(), 1, "{keys}");
        assert_eq!(*model.place(), Place::Changes, "and is followed");
    }
}

#[test]
fn a_yes_counts_once() {
    for keys in ["y y y enter enter", "tab enter enter enter y"] {
        let mut model = model();
        dialog(&mut model, &plain());
        assert_eq!(press(&mut model, keys).iter().filter(|effect| is_yes(effect)).count(), 1, "{keys}");
    }
}

#[test]
fn nothing_can_be_confirmed_before_it_is_planned() {
    let mut model = model();
    let effects = press(&mut model, "R");
    let (ask, _) = planned(&effects);
    assert!(press(&mut model, "y enter y tab enter").is_empty());
    assert!(model.overlay.is_some(), "it still waits");
    update(&mut model, Msg::Planned { ask: ask + 1, answer: Ok(plain()) }, at(0));
    assert!(press(&mut model, "y").is_empty(), "another question's answer is none");
    press(&mut model, "esc");
    update(&mut model, Msg::Planned { ask, answer: Ok(plain()) }, at(0));
    assert!(model.overlay.is_none(), "a dialog that was left does not come back");
}

#[test]
fn in_production_the_name_is_typed_exactly() {
    let armed = GateState::Armed { until: at(600) };
    for (keys, goes) in [
        ("y", false),
        ("y enter", false),
        ("enter", false),
        ("o n e - s i c enter", false),
        ("O n e - s i c k enter", false),
        ("o n e - s i c k space enter", false),
        ("tab enter", false),
        ("o n e - s i c k", false),
        ("o n e - s i c k enter", true),
        ("x backspace o n e - s i c k enter", true),
    ] {
        let mut model = model_with(armed.clone());
        dialog(&mut model, &production());
        let effects = press(&mut model, keys);
        assert_eq!(effects.iter().any(is_yes), goes, "{keys}");
        if let Some(Effect::CarryOut { consent, .. }) = effects.iter().find(|effect| is_yes(effect)) {
            assert_eq!((consent.typed.as_deref(), consent.by.as_str()), (Some("one-sick"), "typed"));
        }
    }
}

#[test]
fn a_pasted_name_is_text_even_with_the_line_end_behind_it() {
    let mut model = model_with(GateState::Armed { until: at(600) });
    dialog(&mut model, &production());
    assert_eq!(update(&mut model, Msg::Paste("one-sick\n".to_owned()), at(0)), [], "a pasted line end is no enter");
    assert_eq!(press(&mut model, "enter"), [], "and the space it became is not the name");
    press(&mut model, "backspace");
    assert!(press(&mut model, "enter").iter().any(is_yes));
}

#[test]
fn what_speaks_against_it_is_accepted_one_by_one_and_never_by_typing_a_name() {
    let objections = [
        (ObjectionKind::Downtime, "no healthy task would be left"),
        (ObjectionKind::Rolling, "a deployment is rolling"),
    ];
    for (keys, accepted) in [
        ("y", None),
        ("ctrl-d y", None),
        ("ctrl-f y", None),
        ("ctrl-d ctrl-f y", Some(2)),
        ("ctrl-d ctrl-d ctrl-f y", None),
        ("d f y", None),
    ] {
        let mut model = model();
        dialog(&mut model, &with(restart("stage", false, &id("one-sick"), at(0)), &objections));
        let effects = press(&mut model, keys);
        let given = effects.iter().find_map(|effect| match effect {
            Effect::CarryOut { consent, .. } => Some(consent.accepted.len()),
            _ => None,
        });
        assert_eq!(given, accepted, "{keys}");
        if accepted.is_none() {
            assert!(complaint(&model).contains("accept with ctrl-"), "{keys}: {}", complaint(&model));
        }
    }
    let mut model = model();
    dialog(
        &mut model,
        &with(restart("stage", false, &id("one-sick"), at(0)), &[(ObjectionKind::Unknown, "who knows")]),
    );
    assert_eq!(press(&mut model, "ctrl-d ctrl-f y tab enter"), [], "what nobody can accept");
}

#[test]
fn another_context_closes_the_dialog_and_what_runs_goes_on_being_followed() {
    let other = || Msg::Context(Box::new(Surroundings { context: info("prod", true), ..Surroundings::default() }));
    let mut model = model();
    dialog(&mut model, &plain());
    update(&mut model, other(), at(0));
    assert!(model.overlay.is_none());
    assert_eq!(press(&mut model, "y enter"), [], "nothing is carried over");

    let mut model = self::model();
    let effects = press(&mut model, "R");
    let (ask, _) = planned(&effects);
    update(&mut model, other(), at(0));
    update(&mut model, Msg::Planned { ask, answer: Ok(plain()) }, at(0));
    assert!(model.overlay.is_none(), "a plan that comes late is nobody's");

    let mut model = self::model();
    let plan = plain();
    dialog(&mut model, &plan);
    press(&mut model, "y");
    update(&mut model, other(), at(1));
    assert!(model.changes.line("prod").unwrap().starts_with("[stage] restart task 3f9c21aa"));
    update(&mut model, Msg::Progress(Box::new(progress(&plan, 5, at(60), Some(Outcome::Verified)))), at(2));
    assert_eq!(model.changes.line("prod"), None);
    assert!(said(&model).contains("in stage: verified (1m 00s)"), "{}", said(&model));
}

#[test]
fn a_plan_for_another_place_is_not_offered() {
    let mut model = model();
    let effects = press(&mut model, "R");
    let (ask, _) = planned(&effects);
    let elsewhere = with(restart("prod", false, &id("one-sick"), at(0)), &[]);
    update(&mut model, Msg::Planned { ask, answer: Ok(elsewhere) }, at(0));
    assert_eq!(press(&mut model, "y"), []);
}

#[test]
fn read_only_takes_every_change_away() {
    let mut model = model_with(GateState::ReadOnly { by: "--read-only".to_owned() });
    assert_eq!(press(&mut model, "R x A"), []);
    assert!(model.overlay.is_none() && said(&model).contains("--read-only"), "{}", said(&model));
    assert_eq!(model.gate.word.as_deref(), Some("read-only"));
    let help = format!("{:?}", help_lines(&model));
    press(&mut model, ":");
    let Some(Overlay::Palette(palette)) = &model.overlay else { panic!("no palette") };
    for name in
        ["restart", "redeploy", "scale", "roll-back", "silence", "annotate", "reload-prometheus", "arm", "actions"]
    {
        assert!(!help.contains(&format!("\"{name}\"")), "{name} in help");
        assert!(palette.candidates.iter().all(|candidate| candidate.text != name), "{name} in the palette");
    }
    assert!(palette.candidates.iter().any(|candidate| candidate.text == "changes"), "looking is allowed");
}

#[test]
fn what_turns_read_only_closes_its_dialogs() {
    let mut model = model();
    dialog(&mut model, &plain());
    update(&mut model, Msg::Gate(GateState::ReadOnly { by: "x".to_owned() }), at(0));
    assert!(model.overlay.is_none() && !press(&mut model, "y enter").iter().any(is_yes));
}

#[test]
fn disarmed_production_greys_the_menu_and_arms_by_key() {
    let mut model = model_with(GateState::Disarmed);
    assert_eq!(press(&mut model, "R"), []);
    assert!(said(&model).contains("A arms it"), "{}", said(&model));
    assert_eq!(press(&mut model, "x r"), []);
    assert!(matches!(model.overlay, Some(Overlay::Menu(_))), "the menu stays and says why");
    assert_eq!(press(&mut model, "A"), [Effect::Arm]);
    update(&mut model, Msg::Gate(GateState::Armed { until: at(600) }), at(0));
    assert_eq!(planned(&press(&mut model, "r")).0, 1);
    press(&mut model, "esc");
    assert_eq!(press(&mut model, "A"), [Effect::Disarm]);
}

#[test]
fn what_it_was_armed_for_may_be_over_at_the_moment_of_the_key() {
    for (second, goes) in [(599, true), (600, false)] {
        let mut model = model_with(GateState::Armed { until: at(600) });
        dialog(&mut model, &plain());
        assert_eq!(press_at(&mut model, "y", second).iter().any(is_yes), goes, "at {second}");
    }
    let mut model = model_with(GateState::Armed { until: at(600) });
    update(&mut model, Msg::Tick, at(601));
    assert_eq!(model.gate.word.as_deref(), Some("disarmed"));
    assert!(said(&model).contains("disarmed again"));
}

#[test]
fn changed_facts_refuse_it_and_a_new_plan_is_offered() {
    let mut model = model();
    let plan = plain();
    dialog(&mut model, &plan);
    press(&mut model, "y");
    let refusal = Refusal::new("the facts have changed: 2 of 3 run now");
    update(&mut model, Msg::NotBegun { plan: plan.id.clone(), refusal: refusal.clone() }, at(1));
    assert!(model.changes.followed()[0].is_over() && model.changes.line("stage").is_none());
    let effects = press(&mut model, "y enter");
    assert!(!effects.iter().any(is_yes), "a refusal is left by enter, and no yes is taken for it");

    let mut model = self::model();
    dialog(&mut model, &plan);
    press(&mut model, "y");
    update(&mut model, Msg::NotBegun { plan: plan.id.clone(), refusal: refusal.clone() }, at(1));
    let effects = press(&mut model, "r");
    assert_eq!(planned(&effects).1, &plan.change);

    let mut model = self::model();
    dialog(&mut model, &plan);
    press(&mut model, "y esc /");
    update(&mut model, Msg::NotBegun { plan: plan.id.clone(), refusal }, at(1));
    assert!(matches!(model.overlay, Some(Overlay::Filter(_))), "it does not push in where something is typed");
    assert!(said(&model).contains("not done: the facts have changed"), "{}", said(&model));
}

#[test]
fn a_tied_silence_is_planned_anew() {
    let mut model = model();
    dialog(&mut model, &plain());
    let effects = press(&mut model, "ctrl-s");
    let [Effect::Plan { options: PlanOptions { silence: Some(length), .. }, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(length.as_secs(), 900);
}

#[test]
fn several_changes_are_followed_at_once_and_each_tells_its_end() {
    let mut model = model();
    let first = plain();
    let second = Arc::new(Plan { id: "other".to_owned(), title: "redeploy single".to_owned(), ..(*first).clone() });
    for plan in [&first, &second] {
        press(&mut model, "1");
        dialog(&mut model, plan);
        press(&mut model, "y");
    }
    assert!(model.changes.line("stage").unwrap().ends_with("(+1)"));
    update(&mut model, Msg::Progress(Box::new(progress(&first, 1, at(20), None))), at(20));
    update(&mut model, Msg::Tick, at(30));
    assert_eq!(model.changes.followed()[1].took(), SignedDuration::from_secs(30), "its time goes on between news");
    let failed = Outcome::Failed { why: "the new task died".to_owned() };
    update(&mut model, Msg::Progress(Box::new(progress(&first, 1, at(40), Some(failed)))), at(40));
    assert!(said(&model).contains("failed: the new task died"), "{}", said(&model));
    update(&mut model, Msg::Progress(Box::new(progress(&first, 2, at(50), None))), at(50));
    assert!(model.changes.followed()[1].is_over(), "late news change no end");
    assert!(model.changes.line("stage").unwrap().starts_with("redeploy single"));
    assert_eq!(model.changes.list.rows().len(), 2);
    press(&mut model, "1 J");
    assert_eq!(*model.place(), Place::Changes);
}

#[test]
fn leaving_while_a_change_is_watched_is_asked_twice() {
    let mut model = model();
    let plan = plain();
    dialog(&mut model, &plan);
    press(&mut model, "y");
    assert_eq!(press(&mut model, "q"), []);
    assert!(said(&model).contains("under way"), "{}", said(&model));
    assert_eq!(press(&mut model, "j q"), [], "twice in a row");
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
    update(&mut model, Msg::Progress(Box::new(progress(&plan, 5, at(60), Some(Outcome::Verified)))), at(60));
    press(&mut model, "j");
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn the_mouse_answers_only_where_an_answer_is() {
    let click = |spot| Msg::Mouse(MouseInput { kind: MouseKind::Click, spot });
    for (spot, is_left, goes) in [
        (None, false, false),
        (Some(Spot::Row(Changes::row_id("x"))), false, false),
        (Some(Spot::Confirm(ConfirmSpot::No)), true, false),
        (Some(Spot::Confirm(ConfirmSpot::Yes)), true, true),
    ] {
        let mut model = model();
        dialog(&mut model, &plain());
        let effects = update(&mut model, click(spot.clone()), at(0));
        assert_eq!((model.overlay.is_none(), effects.iter().any(is_yes)), (is_left, goes), "{spot:?}");
    }
    let mut model = model_with(GateState::Armed { until: at(600) });
    dialog(&mut model, &production());
    let effects = update(&mut model, click(Some(Spot::Confirm(ConfirmSpot::Yes))), at(0));
    assert_eq!(effects, [], "in production a name is typed");
    let mut model = self::model();
    press(&mut model, "x");
    assert_eq!(
        planned(&update(&mut model, click(Some(Spot::Action(1))), at(0))).1,
        &Change::Redeploy { service: id("one-sick") }
    );
}

proptest! {
    #[test]
    fn no_keys_do_anything_without_a_plan_on_the_screen(keys in prop::collection::vec(0_usize..16, 0..40)) {
        const KEYS: [&str; 16] =
            ["R", "x", "y", "enter", "esc", "tab", "down", "r", "d", "A", ":", "/", "J", "1", "ctrl-r", "space"];
        let mut model = model();
        for key in keys {
            let before = model.overlay.clone();
            for effect in press(&mut model, KEYS[key]) {
                prop_assert!(!is_yes(&effect), "{} after {before:?}", KEYS[key]);
            }
        }
    }
}

#[test]
fn a_shell_opens_in_the_task_under_the_cursor_also_before_it_was_moved() {
    for (keys, task) in [("enter tab tab e", "a"), ("enter tab tab down e", "b"), ("j j e", "e")] {
        let mut model = model();
        let effects = press(&mut model, keys);
        let opened = effects.iter().find_map(|effect| match effect {
            Effect::OpenShell { task, .. } => Some(task.as_str()),
            _ => None,
        });
        assert_eq!(opened, Some(task.repeat(8).as_str()), "{keys}: {}", said(&model));
    }
    let mut model = model();
    press(&mut model, "enter e");
    assert!(said(&model).contains("choose one"), "on no task, none is taken: {}", said(&model));
}

#[test]
fn the_first_digit_typed_takes_the_place_of_the_count_on_offer() {
    let typed = |model: &Model| {
        let Some(Overlay::Asking(asking)) = &model.overlay else { panic!("nothing is asked") };
        asking.line.text().to_owned()
    };
    for (keys, text) in [("0", "0"), ("1 0", "10"), ("backspace 7", "7"), ("left 7", "7")] {
        let mut model = model();
        press(&mut model, "x s");
        let offered = typed(&model);
        assert!(offered.parse::<u32>().is_ok(), "{offered}");
        press(&mut model, keys);
        let expected = if keys.starts_with("left") { format!("{text}{offered}") } else { text.to_owned() };
        assert_eq!(typed(&model), expected, "{keys}");
    }
    let mut model = model();
    press(&mut model, "x s");
    update(&mut model, Msg::Paste("12 tasks".to_owned()), at(0));
    assert_eq!(typed(&model), "12");
}

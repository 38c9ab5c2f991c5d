//! The dialogs of a change and what follows them, as a person sees them.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::app::change_sample::{progress, restart, with};
use crate::app::{Effect, Model, Msg, Surroundings, update};
use crate::domain::{ContextInfo, GateState, ObjectionKind, Outcome, Plan, PlanLine, Refusal, ServiceId};
use crate::keymap::{Code, Key};
use crate::theme::{self, Theme};

use super::Glyphs;
use super::sample::{bad_morning, model, now};
use super::tests::{SIZES, picture, press, shown, text_of};

fn api() -> ServiceId {
    ServiceId::new("prod", "api-2")
}

/// The bad morning with this gate.
fn morning(size: (u16, u16), gate: GateState) -> Model {
    let mut model = model(size);
    update(&mut model, Msg::Gate(gate), now());
    update(&mut model, Msg::Snapshot(Arc::new(bad_morning())), now());
    model
}

fn armed() -> GateState {
    GateState::Armed { until: now() + SignedDuration::from_mins(9) }
}

/// Asks for a change of the service under the cursor and answers with a plan.
fn planned(model: &mut Model, answer: Result<Arc<Plan>, Refusal>) {
    let effects = press(model, "x d");
    let ask = effects.iter().find_map(|effect| match effect {
        Effect::Plan { ask, .. } => Some(*ask),
        _ => None,
    });
    update(model, Msg::Planned { ask: ask.unwrap(), answer }, now());
}

fn ctrl(model: &mut Model, c: char) -> Vec<Effect> {
    update(model, Msg::Key(Key { code: Code::Char(c), ctrl: true, alt: false }), now())
}

fn production_plan() -> Arc<Plan> {
    let objections = [
        (ObjectionKind::Rolling, "a deployment is rolling: api:118 since 14m; wait for it, or force"),
        (ObjectionKind::Downtime, "it would take the last healthy task: nobody answers until the replacement does"),
    ];
    with(restart("prod", true, &api(), now()), &objections)
}

#[test]
fn the_menu_of_changes() {
    for size in SIZES {
        let mut model = morning(size, armed());
        press(&mut model, "x");
        insta::assert_snapshot!(format!("change_menu_{}x{}", size.0, size.1), shown(&model));
    }
    let mut model = morning((80, 24), GateState::Disarmed);
    press(&mut model, "x");
    insta::assert_snapshot!("change_menu_disarmed", shown(&model));
}

#[test]
fn the_questions_before_a_plan() {
    let mut model = morning((80, 24), armed());
    press(&mut model, "x s 7 enter");
    insta::assert_snapshot!("ask_scale", shown(&model));
    press(&mut model, "esc a x m tab k n o w n");
    insta::assert_snapshot!("ask_silence", shown(&model));
}

#[test]
fn a_change_before_it_happens() {
    for size in SIZES {
        let mut model = morning(size, armed());
        planned(&mut model, Ok(production_plan()));
        press(&mut model, "a p i");
        insta::assert_snapshot!(format!("confirm_production_{}x{}", size.0, size.1), shown(&model));
    }
    let mut model = morning((80, 24), armed());
    planned(&mut model, Ok(production_plan()));
    ctrl(&mut model, 'd');
    press(&mut model, "a p i enter");
    insta::assert_snapshot!("confirm_complaint", shown(&model));
}

#[test]
fn a_change_outside_production() {
    let mut model = morning((80, 24), GateState::Open);
    let mut plan = restart("prod", false, &api(), now());
    plan.typed = None;
    planned(&mut model, Ok(Arc::new(plan.clone())));
    insta::assert_snapshot!("confirm_stage", shown(&model));
    press(&mut model, "tab");
    update(&mut model, Msg::Tick, now() + SignedDuration::from_secs(95));
    insta::assert_snapshot!("confirm_old_facts", shown(&model));
    press(&mut model, "esc");
    planned(&mut model, Ok(with(plan.clone(), &[(ObjectionKind::Unsupported, "CODE_DEPLOY decides its deployments")])));
    insta::assert_snapshot!("confirm_hopeless", shown(&model));
    press(&mut model, "esc");
    let line = |index: i32| PlanLine { label: "now".to_owned(), text: format!("line {index} of a long plan") };
    plan.lines = (0..30).map(line).collect();
    planned(&mut model, Ok(Arc::new(plan)));
    press(&mut model, "down down");
    insta::assert_snapshot!("confirm_long", shown(&model));
}

#[test]
fn while_it_is_planned_and_when_it_is_refused() {
    let mut model = morning((80, 24), GateState::Open);
    press(&mut model, "x d");
    insta::assert_snapshot!("confirm_planning", shown(&model));
    press(&mut model, "esc");
    let refusal = Refusal::new("the facts have changed since the plan was made: 2 of 3 tasks run now, 3 then")
        .with_hint("plan it anew and look at what it would do now");
    planned(&mut model, Err(refusal));
    insta::assert_snapshot!("confirm_refused", shown(&model));
}

/// A change that was confirmed, the first stages done.
fn under_way(size: (u16, u16), done: usize, outcome: Option<Outcome>) -> Model {
    let mut model = morning(size, GateState::Open);
    let plan = Arc::new(Plan { typed: None, ..restart("prod", false, &api(), now()) });
    planned(&mut model, Ok(Arc::clone(&plan)));
    press(&mut model, "y");
    let at = now() + SignedDuration::from_secs(48);
    update(&mut model, Msg::Progress(Box::new(progress(&plan, done, at, outcome))), at);
    update(&mut model, Msg::Tick, at);
    model
}

#[test]
fn a_change_under_way_and_its_end() {
    for size in SIZES {
        insta::assert_snapshot!(format!("progress_{}x{}", size.0, size.1), shown(&under_way(size, 2, None)));
    }
    insta::assert_snapshot!("progress_60x20", shown(&under_way((60, 20), 2, None)));
    let mut model = under_way((80, 24), 2, None);
    press(&mut model, "1");
    insta::assert_snapshot!("progress_line_elsewhere", shown(&model));
    for (name, done, outcome) in [
        ("progress_verified", 5, Outcome::Verified),
        ("progress_failed", 1, Outcome::Failed { why: "task 81bc02aa stopped: OutOfMemory".to_owned() }),
        ("progress_gave_up", 3, Outcome::GaveUp { waiting_for: "scrape: 10.0.12.7:8080 not scraped yet".to_owned() }),
        (
            "progress_unverified",
            5,
            Outcome::Unverified { unseen: "scrape: the targets cannot be read: connection refused".to_owned() },
        ),
        (
            "progress_unknown",
            0,
            Outcome::Unknown { why: "the connection broke while the call was under way".to_owned() },
        ),
    ] {
        insta::assert_snapshot!(name, shown(&under_way((80, 24), done, Some(outcome))));
    }
}

#[test]
fn a_change_of_another_context_says_so() {
    let mut model = under_way((80, 24), 2, None);
    let stage = ContextInfo { name: "stage".to_owned(), ..ContextInfo::default() };
    update(&mut model, Msg::Context(Box::new(Surroundings { context: stage, ..Surroundings::default() })), now());
    let text = shown(&model);
    assert!(text.contains("[prod] restart task 3f9c21aa"), "{text}");
}

#[test]
fn the_header_says_how_the_gate_stands() {
    for (gate, word) in [
        (GateState::Disarmed, "disarmed"),
        (armed(), "armed 9m"),
        (GateState::ReadOnly { by: "--read-only".to_owned() }, "read-only"),
    ] {
        for size in [(40, 12), (80, 24), (200, 60)] {
            let text = shown(&morning(size, gate.clone()));
            let header = text.lines().next().unwrap();
            assert!(header.contains(word), "{size:?}: {header}");
        }
    }
    let open = shown(&morning((80, 24), GateState::Open));
    assert!(!open.lines().next().unwrap().contains("armed"), "{open}");
}

#[test]
fn every_theme_and_ascii_draw_every_dialog() {
    let dialogs: [fn((u16, u16)) -> Model; 5] = [
        |size| {
            let mut model = morning(size, GateState::Disarmed);
            press(&mut model, "x");
            model
        },
        |size| {
            let mut model = morning(size, armed());
            planned(&mut model, Ok(production_plan()));
            model
        },
        |size| {
            let mut model = morning(size, armed());
            press(&mut model, "x m");
            model
        },
        |size| under_way(size, 2, None),
        |size| under_way(size, 5, Some(Outcome::Verified)),
    ];
    for theme in theme::names(None) {
        let theme = theme::load(&theme, None).unwrap();
        for dialog in dialogs {
            for size in [(40, 10), (43, 13), (80, 24), (120, 40), (200, 60)] {
                picture(&dialog(size), &theme, &Glyphs::utf8());
            }
        }
    }
    for dialog in dialogs {
        let text = text_of(&picture(&dialog((80, 24)), &Theme::default(), &Glyphs::ascii()).0);
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn how_a_change_goes_is_seen_on_the_smallest_terminal() {
    for (done, outcome, word) in [
        (2, None, "target group"),
        (5, Some(Outcome::Verified), "verified"),
        (0, Some(Outcome::Failed { why: "OutOfMemory".to_owned() }), "failed"),
    ] {
        let screen = shown(&under_way((40, 12), done, outcome));
        assert!(screen.lines().nth(4).unwrap().contains(word), "{word}: {screen}");
    }
    insta::assert_snapshot!("progress_40x12", shown(&under_way((40, 12), 5, Some(Outcome::Verified))));
}

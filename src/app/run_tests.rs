//! From an alert to its runbook, from a runbook to a plan, and back again.

use crate::domain::{Change, Outcome, StepState};
use crate::sim::Scenario;

use super::run_sample::Scene;
use super::{Effect, Msg, Notice, Offer, Place, RunEntry};

fn offers(scene: &Scene) -> Vec<String> {
    let runbooks = &scene.model.runbooks;
    let name = |offer: &Offer| match offer {
        Offer::Runbook(position, fit) => {
            format!("{}{}", if fit.is_some() { "*" } else { "" }, runbooks.runbook(*position).unwrap().name)
        }
        Offer::Service(id) => format!("to {}", id.name),
        Offer::Run(id) => format!("ran {}", runbooks.run(*id).unwrap().course.run().runbook),
    };
    runbooks.list.rows().iter().map(|row| name(&row.item)).collect()
}

fn entry(scene: &Scene) -> &RunEntry {
    scene.model.runbooks.runs().next().unwrap()
}

fn state(scene: &Scene, id: &str) -> StepState {
    entry(scene).course.run().steps.iter().find(|step| step.id == id).unwrap().state
}

/// The error-rate runbook gone through for its alert, as far as it goes.
fn gone_through() -> Scene {
    let mut scene = Scene::new(Scenario::WedgedTask, (80, 24));
    let effects = scene.press("a enter enter");
    assert!(matches!(effects[..], [Effect::Probe { .. }, ..]), "read-only steps run at once: {effects:?}");
    scene.answer(effects);
    scene
}

#[test]
fn an_alert_offers_its_runbooks_and_the_way_to_its_service() {
    let mut scene = Scene::new(Scenario::WedgedTask, (80, 24));
    scene.press("a enter");
    assert_eq!(*scene.model.place(), Place::Runbooks);
    assert_eq!(offers(&scene)[..2], ["*error-rate", "to api-2"]);
    assert_eq!(offers(&scene).len(), 9);
    scene.press("down enter");
    assert!(matches!(scene.model.place(), Place::Service(id) if id.name == "api-2"));
    scene.press("esc");
    assert_eq!(*scene.model.place(), Place::Runbooks);
    scene.press("esc");
    assert_eq!(*scene.model.place(), Place::Alerts);
}

#[test]
fn the_runbooks_are_those_for_what_the_cursor_is_on() {
    for (scenario, keys, first) in [
        (Scenario::HotCpu, "b", vec!["*high-cpu", "prometheus-down"]),
        (Scenario::HotCpu, "enter b", vec!["*high-cpu", "prometheus-down"]),
        (Scenario::HotCpu, "a b", vec!["*high-cpu", "to api-2"]),
        (Scenario::Healthy, "b", vec!["prometheus-down"]),
        (Scenario::GrafanaUnreachable, "4 b", vec!["*grafana-unreachable"]),
        (Scenario::Healthy, "4 b", vec!["prometheus-down", "grafana-unreachable"]),
    ] {
        let mut scene = Scene::new(scenario, (80, 24));
        scene.press(keys);
        assert_eq!(*scene.model.place(), Place::Runbooks, "{scenario} {keys}");
        let offered = offers(&scene);
        let shown: Vec<&str> = offered.iter().map(String::as_str).collect();
        assert_eq!(shown[..first.len()], first, "{scenario} {keys}: {shown:?}");
    }
}

#[test]
fn the_cursor_goes_to_the_change_that_waits_and_enter_asks_for_its_plan() {
    let mut scene = gone_through();
    assert_eq!(state(&scene, "restart"), StepState::Queued);
    let chosen = entry(&scene).chosen();
    assert_eq!(entry(&scene).course.run().steps[chosen].id, "restart");
    let effects = scene.press("enter");
    let [Effect::Plan { change: Change::RestartTask { service, .. }, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(service.name, "api-2");
    // Nothing is done by asking for a plan, nor by leaving it.
    scene.press("esc");
    assert_eq!(state(&scene, "restart"), StepState::Queued);
    assert!(scene.press("up enter").is_empty(), "a check is nothing to confirm");
}

#[test]
fn a_confirmed_change_is_followed_and_the_run_goes_on_with_its_end() {
    let mut scene = gone_through();
    let plan = scene.confirm();
    assert_eq!(state(&scene, "restart"), StepState::Changing);
    assert!(scene.tell(Scene::progress(&plan, None)).is_empty());
    let effects = scene.tell(Scene::progress(&plan, Some(Outcome::Verified)));
    assert_eq!(state(&scene, "restart"), StepState::Done);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Probe { .. })), "what comes after is asked now");
    scene.answer(effects);
    assert!(!state(&scene, "errors-after").is_open());
    // Back from the changes one finds the run as it is.
    scene.press("esc");
    assert!(matches!(scene.model.place(), Place::Run(_)));
}

#[test]
fn what_was_found_before_a_change_is_known_to_be_from_before_it() {
    let mut scene = gone_through();
    assert!(!entry(&scene).is_from_before("errors"), "nothing was changed yet");
    let plan = scene.confirm();
    let effects = scene.verified(&plan);
    scene.answer(effects);
    let run = entry(&scene);
    let causes = &run.course.run().conclusion.causes;
    assert!(run.changed().is_some() && !run.is_from_before("errors-after"));
    assert!(causes.iter().any(|cause| run.was_found_before(cause)), "{causes:?}");
    assert!(run.headline().ends_with("done and verified"), "{}", run.headline());
    // Looking again is a run of its own; the one that changed something is kept.
    scene.press("esc");
    let first = run_shown(&scene);
    let effects = scene.press("r");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Probe { .. })), "{effects:?}");
    scene.answer(effects);
    assert!(run_shown(&scene) != first && entry(&scene).changed().is_none());
    assert_eq!(scene.model.runbooks.runs().count(), 2);
    scene.press("esc");
    assert_eq!(*scene.model.place(), Place::Runbooks, "not back into the run that it replaced");
}

/// The run on the screen.
fn run_shown(scene: &Scene) -> u64 {
    match scene.model.place() {
        Place::Run(id) => *id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_stands_once_below_its_runbook() {
    let mut scene = gone_through();
    scene.press("esc");
    let ran = |scene: &Scene| offers(scene).iter().filter(|offer| *offer == "ran error-rate").count();
    assert_eq!(offers(&scene)[..3], ["*error-rate", "ran error-rate", "to api-2"]);
    let effects = scene.press("g enter");
    assert_eq!(scene.press("r").len(), 0, "it is still looking");
    scene.answer(effects);
    scene.press("esc");
    assert_eq!(ran(&scene), 1, "the same once more takes the place of the one before");
}

#[test]
fn a_change_that_is_refused_stays_proposed_and_one_that_fails_says_so() {
    let mut refused = gone_through();
    let plan = refused.confirm();
    refused
        .tell(Msg::NotBegun { plan: plan.id.clone(), refusal: crate::domain::Refusal::new("the facts have changed") });
    assert_eq!(state(&refused, "restart"), StepState::Queued);
    let mut failed = gone_through();
    let plan = failed.confirm();
    failed.tell(Scene::progress(&plan, Some(Outcome::Failed { why: "it did not start".to_owned() })));
    assert_eq!(state(&failed, "restart"), StepState::Failed);
}

#[test]
fn results_stay_while_one_is_elsewhere_and_late_ones_come_in() {
    let mut scene = Scene::new(Scenario::WedgedTask, (80, 24));
    let effects = scene.press("a enter enter");
    scene.press("1");
    scene.answer(effects);
    let said = scene.model.notices.said().next().map(|(_, notice)| notice.clone()).unwrap();
    assert_eq!(said.level, Notice::info("").level);
    assert!(said.text.starts_with("error-rate: one task of api-2"), "{}", said.text);
    scene.press("b");
    assert!(offers(&scene).contains(&"ran error-rate".to_owned()), "{:?}", offers(&scene));
    let ran = offers(&scene).iter().position(|offer| offer == "ran error-rate").unwrap();
    scene.press(&"down ".repeat(ran));
    assert!(scene.press("enter").is_empty(), "nothing is asked again");
    assert!(matches!(scene.model.place(), Place::Run(_)));
    assert_eq!(state(&scene, "restart"), StepState::Queued);
}

#[test]
fn another_context_begins_with_no_runs_and_takes_no_late_answer() {
    let mut scene = Scene::new(Scenario::WedgedTask, (80, 24));
    let effects = scene.press("a enter enter");
    let surroundings = scene.model.surroundings.clone();
    scene.tell(Msg::Context(Box::new(surroundings)));
    assert_eq!(scene.model.runbooks.runs().count(), 0);
    scene.answer(effects);
    assert_eq!(scene.model.runbooks.runs().count(), 0);
}

#[test]
fn the_cursor_walks_over_every_step_that_was_taken_and_stays_visible() {
    let mut scene = gone_through();
    for _ in 0..20 {
        scene.press("up");
    }
    let run = entry(&scene);
    assert_eq!((run.chosen(), run.top), (0, 0));
    let mut seen = vec![0];
    for _ in 0..20 {
        scene.press("down");
        seen.push(entry(&scene).chosen());
    }
    seen.dedup();
    let taken: Vec<usize> = entry(&scene)
        .course
        .run()
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.state != StepState::Skipped)
        .map(|(position, _)| position)
        .collect();
    assert_eq!(seen, taken);
}

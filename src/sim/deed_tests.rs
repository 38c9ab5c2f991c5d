//! What each deed changes, and what it leaves alone.

use std::time::Duration;

use crate::domain::{
    AlertState, EcsService, Matcher, Rollout, ServiceId, Signal, SilenceAsk, SourceKind, Suppression, TargetHealth,
    TaskState,
};

use super::clock::{HOUR, MINUTE, Second, stamp};
use super::{DeedError, EPOCH, Plan, Scenario, World};

fn world(scenario: Scenario) -> World {
    World::new(Plan { scenario, ..Plan::default() })
}

fn id(name: &str) -> ServiceId {
    ServiceId::new("prod", name)
}

fn service(world: &World, name: &str, now: Second) -> EcsService {
    let services = world.ecs(stamp(now)).unwrap().services;
    services.into_iter().find(|service| service.id.name == name).unwrap()
}

fn value(world: &World, name: &str, signal: Signal, now: Second) -> f64 {
    let scene = world.scene(&id(name), now).unwrap();
    scene.measured(SourceKind::Prometheus, signal, now).unwrap()
}

/// The states of the alerts of that name over a service.
fn alerts(world: &World, name: &str, alert: &str, now: Second) -> Vec<AlertState> {
    let raised = world.prometheus(stamp(now)).unwrap().alerts.unwrap();
    let own = raised.iter().filter(|raised| raised.name == alert && raised.labels["service"] == name);
    own.map(|alert| alert.state).collect()
}

/// The health of a service's targets.
fn targets(world: &World, name: &str, now: Second) -> Vec<TargetHealth> {
    let targets = world.prometheus(stamp(now)).unwrap().targets.unwrap();
    targets.iter().filter(|target| target.owner.as_ref().unwrap().service == name).map(|target| target.health).collect()
}

/// The task behind the target that is down.
fn wedged(world: &World, now: Second) -> String {
    let targets = world.prometheus(stamp(now)).unwrap().targets.unwrap();
    let down = targets.iter().find(|target| target.health == TargetHealth::Down).unwrap();
    let api = service(world, "api-2", now);
    api.tasks.iter().find(|task| task.address.as_deref() == Some(down.host())).unwrap().id.clone()
}

fn rejected(outcome: Result<impl std::fmt::Debug, DeedError>) -> String {
    match outcome {
        Err(DeedError::Rejected { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wedged_task_is_cured_by_restarting_it_and_by_nothing_else() {
    let world = world(Scenario::WedgedTask);
    let all_there = |now| (service(&world, "api-2", now).running, value(&world, "api-2", Signal::Errors, now) > 5.0);
    assert_eq!(all_there(0), (3, true), "ECS sees nothing of it");
    assert_eq!(alerts(&world, "api-2", "HighErrorRate", 0), [AlertState::Firing; 2]);
    assert!(value(&world, "api-2", Signal::Errors, 6 * HOUR) > 5.0, "it does not go away");
    let victim = wedged(&world, 0);

    let other = service(&world, "api-2", 0).tasks.into_iter().find(|task| task.id != victim).unwrap();
    world.stop_task(&other.id, "the wrong one", EPOCH).unwrap();
    assert!(value(&world, "api-2", Signal::Errors, 5 * MINUTE) > 5.0, "another task is not the cure");

    let at = 10 * MINUTE;
    world.stop_task(&victim, "rounds: kim", stamp(at)).unwrap();
    assert_eq!(service(&world, "api-2", at).running, 2);
    assert_eq!(targets(&world, "api-2", at + 2), [TargetHealth::Up; 2]);
    assert!(targets(&world, "api-2", at + 45).contains(&TargetHealth::Unknown), "not yet scraped");
    assert_eq!(targets(&world, "api-2", at + 75), [TargetHealth::Up; 3]);
    assert!(alerts(&world, "api-2", "HighErrorRate", at + 30).contains(&AlertState::Firing), "not at once");
    assert_eq!(alerts(&world, "api-2", "HighErrorRate", at + 200), []);
    assert!(value(&world, "api-2", Signal::Errors, at + 200) < 1.0);
    assert_eq!(alerts(&world, "api-2", "ServiceDown", at + 60), []);
    assert_eq!(service(&world, "api-2", at + 60).running, 3);
}

#[test]
fn a_redeployment_replaces_every_task_and_never_has_fewer() {
    let world = world(Scenario::WedgedTask);
    let before = service(&world, "api-2", 0);
    world.redeploy(&id("api-2"), EPOCH).unwrap();
    for now in (1..5 * MINUTE).step_by(7) {
        let api = service(&world, "api-2", now);
        assert!((3..=4).contains(&api.running), "{} at {now}", api.running);
    }
    let rolling = service(&world, "api-2", 30);
    assert_eq!((rolling.deployments.len(), rolling.deployments[0].rollout), (2, Rollout::InProgress));
    let after = service(&world, "api-2", 5 * MINUTE);
    assert_eq!((&after.definition, after.deployments[0].rollout), (&before.definition, Rollout::Completed));
    let ids = |service: &EcsService| -> Vec<String> {
        let running = service.tasks.iter().filter(|task| task.state == TaskState::Running);
        running.map(|task| task.id.clone()).collect()
    };
    let old = ids(&before);
    assert!(ids(&service(&world, "api-2", 5 * MINUTE)).iter().all(|task| !old.contains(task)));
    assert!(value(&world, "api-2", Signal::Errors, 7 * MINUTE) < 1.0, "the wedged one went with the others");
}

#[test]
fn a_store_with_one_writer_is_gone_while_it_is_redeployed() {
    let world = world(Scenario::Healthy);
    let at = 5 * MINUTE;
    for name in ["prometheus", "grafana"] {
        assert_eq!(service(&world, name, at).percents, Some((0, 100)));
        world.redeploy(&id(name), stamp(at)).unwrap();
        let running: Vec<u32> = [10, 20, 60, 100].map(|after| service(&world, name, at + after).running).into();
        assert_eq!(running, [1, 0, 0, 1], "{name}");
        assert_eq!(service(&world, name, at + 3 * MINUTE).deployments.len(), 1);
    }
    let held = (0..2 * MINUTE).step_by(5).all(|after| service(&world, "prometheus", at + after).running <= 1);
    assert!(held, "never two of them");
}

#[test]
fn more_tasks_take_the_heat_out_of_a_service() {
    let (world, untouched) = (world(Scenario::HotCpu), world(Scenario::HotCpu));
    assert!(value(&world, "api-2", Signal::Cpu, 0) > 88.0);
    world.scale(&id("api-2"), 6, EPOCH).unwrap();
    let counts = |now| {
        let api = service(&world, "api-2", now);
        (api.desired, api.running, api.pending)
    };
    assert_eq!([0, 10, 60].map(counts), [(6, 3, 0), (6, 3, 3), (6, 6, 0)]);
    assert_eq!(service(&world, "api-2", 60).deployments.len(), 1, "no deployment begins");
    let now = 3 * MINUTE;
    assert!(value(&world, "api-2", Signal::Cpu, now) < 50.0);
    assert!(
        value(&world, "api-2", Signal::LatencyP95, now) * 2.0 < value(&untouched, "api-2", Signal::LatencyP95, now)
    );
    let traffic = [&world, &untouched].map(|world| value(world, "api-2", Signal::Traffic, now));
    assert!((traffic[0] - traffic[1]).abs() < f64::EPSILON, "the requests are what they were: {traffic:?}");
    assert_eq!(targets(&world, "api-2", now).len(), 6);

    world.scale(&id("api-2"), 2, stamp(now)).unwrap();
    assert_eq!(counts(now), (2, 2, 0));
    assert!(value(&world, "api-2", Signal::Cpu, now + MINUTE) > 95.0, "fewer tasks have more to do each");
    world.scale(&id("api-2"), 0, stamp(now + MINUTE)).unwrap();
    let scene = world.scene(&id("api-2"), now + 2 * MINUTE).unwrap();
    assert_eq!(scene.measured(SourceKind::Prometheus, Signal::Cpu, now + 2 * MINUTE), None, "nobody is there to say");
    world.scale(&id("api-2"), 3, stamp(now + 2 * MINUTE)).unwrap();
    assert_eq!(counts(now + 3 * MINUTE), (3, 3, 0));
}

#[test]
fn a_deployment_under_way_is_undone_and_its_errors_end() {
    let (world, untouched) = (world(Scenario::BadDeploy), self::world(Scenario::BadDeploy));
    world.roll_back(&id("api-2"), EPOCH).unwrap();
    let after = service(&world, "api-2", 10);
    assert_eq!((after.definition.as_str(), after.deployments[0].is_rollback()), ("api-2:117", true));
    assert_eq!(after.deployments[1].rollout, Rollout::Failed);
    let reason = after.deployments[1].reason.as_deref().unwrap();
    assert!(!reason.contains("circuit breaker"), "{reason}");
    let done = service(&world, "api-2", 90);
    assert_eq!((done.deployments.len(), done.deployments[0].rollout, done.running), (1, Rollout::Completed, 3));
    assert!(value(&untouched, "api-2", Signal::Errors, 110) > 4.0);
    assert!(value(&world, "api-2", Signal::Errors, 110) < 1.0);
    // The developers try the next one at their own time.
    assert_eq!(service(&world, "api-2", 22 * MINUTE).deployments[0].definition, "api-2:119");
}

#[test]
fn a_leaking_release_is_rolled_back_to_what_ran_before() {
    let world = world(Scenario::MixedBadDay);
    world.roll_back(&id("api-2"), EPOCH).unwrap();
    let now = 5 * MINUTE;
    let after = service(&world, "api-2", now);
    assert_eq!((after.definition.as_str(), after.running, after.deployments.len()), ("api-2:117", 3, 1));
    for signal in [Signal::Errors, Signal::Cpu] {
        let (before, after) = (value(&world, "api-2", signal, 0), value(&world, "api-2", signal, now));
        assert!(after < before / 2.0, "{signal:?}: {before} to {after}");
    }
    let killed = |now| service(&world, "api-2", now).tasks.iter().filter(|task| task.was_out_of_memory()).count();
    assert_eq!(killed(9 * MINUTE), killed(0), "nothing leaks any more");
}

#[test]
fn without_a_deployment_under_way_the_definition_before_is_deployed() {
    let world = world(Scenario::HotCpu);
    world.roll_back(&id("api-2"), EPOCH).unwrap();
    let rolling = service(&world, "api-2", 60);
    assert_eq!((rolling.definition.as_str(), rolling.deployments[0].is_rollback()), ("api-2:116", false));
    assert!(value(&world, "api-2", Signal::Cpu, 5 * MINUTE) > 85.0, "the release was not what made it hot");
}

#[test]
fn what_cannot_work_fails_again_when_it_is_deployed_again() {
    let world = world(Scenario::BadDeploy);
    world.redeploy(&id("api-2"), EPOCH).unwrap();
    let attempts = service(&world, "api-2", 3 * MINUTE);
    assert_eq!(attempts.running, 3, "the good ones stay");
    assert!(attempts.deployments[0].failed_tasks >= 2 && attempts.deployments[0].definition == "api-2:118");
    assert_eq!(service(&world, "api-2", 10 * MINUTE).definition, "api-2:117", "until the circuit breaker has enough");
}

#[test]
fn a_silence_keeps_what_it_fits_quiet_until_its_end() {
    let world = world(Scenario::WedgedTask);
    let matcher = |name: &str, value: &str, is_regex| Matcher {
        name: name.to_owned(),
        value: value.to_owned(),
        is_regex,
        is_negated: false,
    };
    let ask = |matchers: Vec<Matcher>, source| SilenceAsk {
        matchers,
        lasts: Duration::from_secs(1_800),
        comment: "known".to_owned(),
        source,
    };
    let own = vec![matcher("service", "api-2", false), matcher("alertname", "High.*", true)];
    let made = world.silence(&ask(own.clone(), SourceKind::Alertmanager), "kim", stamp(60)).unwrap();
    let silenced = |now| {
        let reading = world.alertmanager(stamp(now)).unwrap();
        let by = |suppression: &Option<Suppression>| matches!(suppression, Some(Suppression::Silenced(ids)) if ids.contains(&made));
        let mut names: Vec<String> =
            reading.alerts.iter().filter(|alert| by(&alert.suppression)).map(|alert| alert.name.clone()).collect();
        names.dedup();
        names
    };
    assert_eq!(silenced(59), [""; 0]);
    assert_eq!(silenced(60), ["HighErrorRate", "HighLatency"]);
    assert_eq!(silenced(60 + 1_799).len(), 2);
    assert_eq!(silenced(60 + 1_800), [""; 0], "it ends by itself");

    let grafana = world.silence(&ask(own, SourceKind::Grafana), "kim", stamp(60)).unwrap();
    assert_eq!(world.grafana(stamp(61)).unwrap().silences[0].id, grafana);
    world.expire_silence(SourceKind::Alertmanager, &made, stamp(300)).unwrap();
    assert_eq!((silenced(299).len(), silenced(300).len()), (2, 0));
    assert!(rejected(world.expire_silence(SourceKind::Alertmanager, &made, stamp(301))).contains("already expired"));
    assert!(rejected(world.expire_silence(SourceKind::Alertmanager, &grafana, stamp(301))).contains("not found"));

    let no_condition = ask(Vec::new(), SourceKind::Alertmanager);
    assert!(rejected(world.silence(&no_condition, "kim", EPOCH)).contains("at least one matcher"));
    let anything = ask(vec![matcher("service", ".*", true)], SourceKind::Alertmanager);
    assert!(rejected(world.silence(&anything, "kim", EPOCH)).contains("must not match the empty string"));
    let broken = ask(vec![matcher("service", "(", true)], SourceKind::Alertmanager);
    assert!(rejected(world.silence(&broken, "kim", EPOCH)).contains("regular expression"));
    assert!(rejected(world.silence(&ask(Vec::new(), SourceKind::Ecs), "kim", EPOCH)).contains("no silences"));
}

#[test]
fn a_silence_of_the_scenario_can_be_ended() {
    let world = world(Scenario::MixedBadDay);
    let silences = |now| world.alertmanager(stamp(now)).unwrap().silences;
    let id = silences(0)[0].id.clone();
    world.expire_silence(SourceKind::Alertmanager, &id, stamp(30)).unwrap();
    assert_eq!((silences(29).len(), silences(30).len()), (1, 0));
}

#[test]
fn a_note_and_a_reload_can_be_read_back() {
    let world = world(Scenario::Healthy);
    let tags = ["rounds".to_owned(), "restart".to_owned()];
    let number = world.annotate("restarted api-2", &tags, stamp(60)).unwrap();
    assert_eq!(world.annotations(stamp(59)).unwrap(), []);
    let note = world.annotations(stamp(60)).unwrap().remove(0);
    assert_eq!((note.id, note.at, note.tags.len()), (number, stamp(60), 2));
    assert!(rejected(world.annotate(" ", &tags, EPOCH)).contains("empty"));

    let started = world.last_reload(EPOCH).unwrap();
    assert!(started < Some(EPOCH));
    world.reload(stamp(90)).unwrap();
    assert_eq!([89, 90].map(|now| world.last_reload(stamp(now)).unwrap()), [started, Some(stamp(90))]);
}

#[test]
fn a_backend_that_does_not_answer_does_nothing() {
    let refused = |outcome: Result<(), DeedError>| matches!(outcome, Err(DeedError::Refused(_)));
    let (gone, down) = (world(Scenario::SsoExpired), world(Scenario::PrometheusDown));
    assert!(refused(gone.redeploy(&id("web"), EPOCH)) && refused(gone.scale(&id("web"), 4, EPOCH)));
    assert!(refused(gone.roll_back(&id("web"), EPOCH)) && refused(gone.stop_task("x", "", EPOCH)));
    assert!(refused(down.reload(EPOCH)) && down.redeploy(&id("prometheus"), EPOCH).is_ok());
    assert!(refused(world(Scenario::GrafanaUnreachable).annotate("x", &[], EPOCH).map(|_| ())));
    let ask = SilenceAsk {
        matchers: Vec::new(),
        lasts: Duration::from_secs(60),
        comment: String::new(),
        source: SourceKind::Alertmanager,
    };
    assert!(refused(world(Scenario::VpnDown).silence(&ask, "kim", EPOCH).map(|_| ())));
    assert!(rejected(down.scale(&id("web"), 5_001, EPOCH)).contains("5000"));
    assert_eq!(rejected(down.redeploy(&id("nobody"), EPOCH)), "Service not found.");
}

//! What is seen after a change, as tables: what it waits for, and each verdict.

use std::collections::BTreeMap;

use super::*;
use crate::domain::estate::BalancerTarget;
use crate::domain::task::ContainerExit;
use crate::domain::{
    Alert, Change, ChangePlace, EcsService, Owner, Plan, ServiceId, Severity, SourceKind, StopCode, Target,
};
use crate::exec::{Moment, Receipt, Scaling};

const BEGAN: i64 = 1_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn task(id: &str, state: TaskState, health: TaskHealth, started: i64) -> Task {
    Task {
        id: id.to_owned(),
        state,
        last_status: state.word().to_uppercase(),
        health,
        definition: "api:118".to_owned(),
        address: Some(format!("10.0.0.{}", id.len())),
        zone: None,
        created_at: None,
        started_at: Some(at(started)),
        stopped_at: None,
        stop_code: None,
        stopped_reason: None,
        exits: Vec::new(),
    }
}

fn crashed(id: &str) -> Task {
    Task {
        stop_code: Some(StopCode::EssentialContainerExited),
        exits: vec![ContainerExit { name: "api".to_owned(), code: Some(3), reason: None }],
        ..task(id, TaskState::Stopped, TaskHealth::Unknown, 1_010)
    }
}

fn deployment(id: &str, status: DeploymentStatus, rollout: Rollout) -> Deployment {
    Deployment {
        id: id.to_owned(),
        status,
        rollout,
        reason: Some("circuit breaker: rolling back".to_owned()).filter(|_| id == "back"),
        definition: "api:118".to_owned(),
        desired: 2,
        running: 2,
        pending: 0,
        failed_tasks: 0,
        created_at: None,
        updated_at: None,
    }
}

fn service(tasks: Vec<Task>, deployments: Vec<Deployment>) -> EcsService {
    let running = tasks.iter().filter(|task| task.state == TaskState::Running).count();
    EcsService {
        id: ServiceId::new("prod", "api"),
        status: "ACTIVE".to_owned(),
        desired: 2,
        running: u32::try_from(running).unwrap(),
        pending: 0,
        launch: String::new(),
        definition: "api:118".to_owned(),
        percents: None,
        created_at: None,
        deployments,
        events: Vec::new(),
        tasks,
        tasks_known: true,
    }
}

fn running(id: &str) -> Task {
    task(id, TaskState::Running, TaskHealth::Healthy, 1_010)
}

fn first() -> Vec<Deployment> {
    vec![deployment("one", DeploymentStatus::Primary, Rollout::Completed)]
}

fn made(deed: Deed, id: Option<&str>) -> Made {
    let facts = ServiceFacts {
        service: service(vec![running("old-a"), running("old-bb")], first()),
        controller: "ECS".to_owned(),
        is_daemon: false,
        is_checked: Some(false),
        target_groups: Vec::new(),
        targets: None,
        unscraped: Vec::new(),
        protected: Vec::new(),
        scaling: Scaling::None,
        rolling: None,
        previous: None,
    };
    Made {
        plan: Plan {
            id: String::new(),
            change: Change::ReloadPrometheus,
            place: ChangePlace {
                context: String::new(),
                production: false,
                demo: false,
                region: None,
                account: None,
                caller_arn: None,
            },
            made_at: at(0),
            title: String::new(),
            lines: Vec::new(),
            blast: None,
            objections: Vec::new(),
            same_as: None,
            stages: Vec::new(),
            typed: None,
            basis: String::new(),
            silence: None,
            patience: Duration::from_mins(5),
        },
        deed,
        before: Subject::Service(Box::new(facts)),
        began: Moment { now: at(BEGAN), stamp: at(BEGAN) },
        result: Ok(Receipt { said: String::new(), id: id.map(str::to_owned) }),
        silence: None,
        remarks: Vec::new(),
    }
}

fn stop() -> Deed {
    Deed::StopTask { service: ServiceId::new("prod", "api"), task: "old-a".to_owned(), reason: String::new() }
}

fn before(hosts: &[&str], firing: &[&str]) -> Before {
    let set = |names: &[&str]| Ok(names.iter().map(|&name| name.to_owned()).collect());
    Before { hosts: set(hosts), firing: set(firing) }
}

fn look(made: &Made, tasks: Vec<Task>, deployments: Vec<Deployment>, second: i64) -> Now {
    let seen = ServiceSeen { service: service(tasks, deployments), targets: Ok(Vec::new()), undone: None };
    Goal::new(made, &before(&[], &[])).tasks(&seen, at(second))
}

#[test]
fn a_restart_waits_for_the_old_task_to_go_and_a_new_one_to_be_healthy() {
    use StageState::{Done, Failed, Watching};
    let stopped = |id| task(id, TaskState::Stopped, TaskHealth::Unknown, 0);
    let new = |state, health, started| task("new-c", state, health, started);
    for (tasks, second, state, words) in [
        (
            // It was told to stop, whatever ECS last saw of it.
            vec![
                Task {
                    last_status: "RUNNING".to_owned(),
                    ..task("old-a", TaskState::Stopping, TaskHealth::Unknown, 0)
                },
                running("old-bb"),
            ],
            1_005,
            Watching,
            "task old-a stopping; no replacement yet",
        ),
        (
            vec![stopped("old-a"), running("old-bb"), new(TaskState::Pending, TaskHealth::Unknown, 0)],
            1_010,
            Watching,
            "new task new-c pending",
        ),
        (
            vec![stopped("old-a"), running("old-bb"), new(TaskState::Running, TaskHealth::Unknown, 1_020)],
            1_059,
            Watching,
            "not known to be healthy yet",
        ),
        (
            vec![stopped("old-a"), running("old-bb"), new(TaskState::Running, TaskHealth::Unknown, 1_020)],
            1_060,
            Done,
            "new task new-c runs; 2 of 2 running",
        ),
        (
            vec![running("old-bb"), new(TaskState::Running, TaskHealth::Healthy, 1_020)],
            1_021,
            Done,
            "new task new-c runs",
        ),
        (vec![running("old-bb"), new(TaskState::Running, TaskHealth::Unhealthy, 1_020)], 1_200, Watching, "unhealthy"),
        (
            vec![stopped("old-a"), running("old-bb"), crashed("new-c")],
            1_030,
            Failed,
            "its replacement new-c stopped again: api exited 3",
        ),
    ] {
        let now = look(&made(stop(), None), tasks, first(), second);
        assert_eq!(now.state, state, "{words}: {now:?}");
        assert!(now.text.contains(words), "{words}: {now:?}");
    }
}

#[test]
fn a_redeployment_waits_until_its_own_deployment_is_done() {
    use StageState::{Done, Failed, Watching};
    let service_id = || ServiceId::new("prod", "api");
    let new = || vec![running("new-c"), running("new-dd")];
    let primary = |id, rollout| vec![deployment(id, DeploymentStatus::Primary, rollout)];
    for (tasks, deployments, state, words) in [
        (vec![running("old-a"), running("old-bb")], first(), Watching, "the newest deployment is still one"),
        (new(), primary("two", Rollout::InProgress), Watching, "still rolling"),
        ([new(), vec![running("old-a")]].concat(), primary("two", Rollout::Completed), Watching, "1 old task not gone"),
        (new(), primary("two", Rollout::Completed), Done, "2 new tasks run"),
        (new(), primary("two", Rollout::Failed), Failed, "deployment api:118 failed"),
        (new(), primary("back", Rollout::InProgress), Failed, "rolled back"),
        (new(), primary("three", Rollout::InProgress), Failed, "another deployment took its place: three"),
        (vec![running("old-a"), crashed("new-c")], primary("two", Rollout::InProgress), Watching, "1 of 2"),
        (vec![crashed("new-c"), crashed("new-dd")], primary("two", Rollout::InProgress), Failed, "stopped again"),
    ] {
        let now = look(&made(Deed::Redeploy { service: service_id() }, Some("two")), tasks, deployments, 1_100);
        assert_eq!(now.state, state, "{words}: {now:?}");
        assert!(state == Watching && words == "1 of 2" || now.text.contains(words), "{words}: {now:?}");
    }
}

#[test]
fn going_back_takes_over_what_still_runs_of_before() {
    let service = ServiceId::new("prod", "api");
    let made = made(Deed::Deploy { service, definition: "api:117".to_owned() }, Some("two"));
    let of = |id: &str, definition: &str| Task { definition: definition.to_owned(), ..running(id) };
    let back = || {
        vec![Deployment {
            definition: "api:117".to_owned(),
            ..deployment("two", DeploymentStatus::Primary, Rollout::Completed)
        }]
    };
    let now = look(&made, vec![of("old-a", "api:117"), of("old-bb", "api:118")], back(), 1_100);
    assert_eq!((now.state, now.text.as_str()), (StageState::Watching, "1 old task not gone"));
    let now = look(&made, vec![of("old-a", "api:117"), of("new-c", "api:117")], back(), 1_100);
    assert_eq!(now.state, StageState::Done, "{now:?}");
}

#[test]
fn scaling_waits_for_the_count() {
    for (desired, tasks, state) in [
        (2, vec![running("old-a"), running("old-bb")], StageState::Done),
        (3, vec![running("old-a"), running("old-bb")], StageState::Watching),
        (1, vec![running("old-a")], StageState::Done),
    ] {
        let made = made(Deed::Scale { service: ServiceId::new("prod", "api"), desired }, None);
        let mut service = service(tasks, first());
        service.desired = desired;
        let seen = ServiceSeen { service, targets: Ok(Vec::new()), undone: None };
        assert_eq!(Goal::new(&made, &before(&[], &[])).tasks(&seen, at(1_100)).state, state, "to {desired}");
    }
}

fn group(name: &str, targets: Vec<BalancerTarget>) -> GroupTargets {
    GroupTargets { group: format!("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/{name}/73e2"), targets }
}

#[test]
fn every_target_group_is_asked_about_the_new_tasks() {
    let target = |id: &str, state: &str| BalancerTarget {
        id: id.to_owned(),
        port: Some(80),
        zone: None,
        state: state.to_owned(),
        reason: (state != "healthy").then(|| "Target.Timeout".to_owned()),
        description: None,
    };
    let one = |targets| Ok(vec![group("web", targets)]);
    let two = |web, admin| Ok(vec![group("web", web), group("admin", admin)]);
    let (new, old) = ("10.0.0.7", "10.0.0.6");
    let healthy = || vec![target(new, "healthy")];
    for (targets, state, words) in [
        (one(vec![target(new, "healthy"), target(old, "unhealthy")]), StageState::Done, "1 target healthy"),
        (one(vec![target(new, "initial")]), StageState::Watching, "10.0.0.7 initial: Target.Timeout"),
        (one(vec![target("i-0123", "healthy"), target("i-4567", "unhealthy")]), StageState::Done, "1 of 1 healthy"),
        (two(healthy(), healthy()), StageState::Done, "1 target healthy in each of 2 target groups"),
        (two(healthy(), vec![]), StageState::Watching, "admin: 10.0.0.7 is not registered yet"),
        (two(vec![target(new, "draining")], healthy()), StageState::Watching, "web: 10.0.0.7 draining"),
        (Err("denied".to_owned()), StageState::Skipped, "cannot be read: denied"),
    ] {
        let service = service(vec![running("old-bb"), running("newtask")], first());
        let seen = ServiceSeen { service, targets, undone: None };
        let made = made(stop(), None);
        let now = Goal::new(&made, &before(&[], &[])).target_group(&seen);
        assert_eq!((now.state, now.text.contains(words)), (state, true), "{now:?}");
        assert_eq!(now.is_unseen, state == StageState::Skipped, "{now:?}");
    }
    let mut made = made(stop(), None);
    if let Subject::Service(facts) = &mut made.before {
        facts.targets = Some(Vec::new());
    }
    let seen =
        ServiceSeen { service: service(Vec::new(), first()), targets: Err("throttled".to_owned()), undone: None };
    let now = Goal::new(&made, &before(&[], &[])).target_group(&seen);
    assert_eq!(now.state, StageState::Watching, "it could be read before: {now:?}");
}

fn scraped(host: &str, health: TargetHealth) -> Target {
    Target {
        job: "ecs".to_owned(),
        instance: String::new(),
        url: format!("http://{host}:8080/metrics"),
        health,
        last_error: "refused".to_owned(),
        last_scrape: None,
        scrape_took: None,
        interval: None,
        labels: BTreeMap::new(),
        owner: None,
    }
}

fn dark(why: &str) -> Unseen {
    Unseen::Dark(why.to_owned())
}

#[test]
fn scraping_is_watched_where_targets_are_task_addresses() {
    let made = made(stop(), None);
    let elsewhere = before(&["192.0.2.1"], &[]);
    assert_eq!(
        Goal::new(&made, &elsewhere).out_of_sight(Stage::Scrape).map(|now| now.state),
        Some(StageState::Skipped)
    );
    let by_address = before(&["10.0.0.5"], &[]);
    let goal = Goal::new(&made, &by_address);
    assert_eq!(goal.out_of_sight(Stage::Scrape), None);
    let seen =
        ServiceSeen { service: service(vec![running("newtask")], first()), targets: Ok(Vec::new()), undone: None };
    for (targets, state, words) in [
        (Ok(vec![]), StageState::Watching, "10.0.0.7 is not discovered yet"),
        (Ok(vec![scraped("10.0.0.7", TargetHealth::Down)]), StageState::Watching, "10.0.0.7 down: refused"),
        (Ok(vec![scraped("10.0.0.7", TargetHealth::Up)]), StageState::Done, "1 target up"),
        (Err(dark("no answer")), StageState::Watching, "no answer"),
    ] {
        let now = goal.scrape(&seen, &View { targets, alerts: Ok(Vec::new()) }, at(1_020));
        assert_eq!((now.state, now.text.contains(words)), (state, true), "{now:?}");
    }
}

#[test]
fn a_prometheus_that_is_dead_from_the_start_leaves_things_unseen() {
    use StageState::{Done, Skipped, Watching};
    let made = made(stop(), None);
    let blind = Before { hosts: Err(dark("refused")), firing: Err(dark("refused")) };
    let goal = Goal::new(&made, &blind);
    assert_eq!((goal.out_of_sight(Stage::Scrape), goal.out_of_sight(Stage::Alerts)), (None, None));
    let seen =
        ServiceSeen { service: service(vec![running("newtask")], first()), targets: Ok(Vec::new()), undone: None };
    for (targets, second, state, is_unseen, words) in [
        (Err(dark("refused")), 1_020, Skipped, true, "the targets cannot be read: refused"),
        (Ok(vec![scraped("10.0.0.7", TargetHealth::Up)]), 1_020, Done, false, "1 target up"),
        (Ok(vec![scraped("10.0.0.7", TargetHealth::Down)]), 1_020, Watching, false, "10.0.0.7 down"),
        (Ok(vec![scraped("192.0.2.1", TargetHealth::Up)]), 1_020, Watching, false, "no target of its tasks is"),
        (Ok(vec![scraped("192.0.2.1", TargetHealth::Up)]), 1_200, Skipped, false, "by their addresses"),
    ] {
        let now = goal.scrape(&seen, &View { targets, alerts: Ok(Vec::new()) }, at(second));
        assert_eq!((now.state, now.is_unseen, now.text.contains(words)), (state, is_unseen, true), "{now:?}");
    }
    let view = |alerts| View { targets: Ok(Vec::new()), alerts };
    let now = goal.alerts(&view(Err(dark("refused"))));
    assert_eq!((now.state, now.is_unseen), (Skipped, true), "{now:?}");
    let now = goal.alerts(&view(Ok(vec![alert("HighErrorRate", AlertState::Firing)])));
    assert_eq!((now.state, now.text.as_str()), (Watching, "HighErrorRate fires"));
    assert_eq!(goal.alerts(&view(Ok(Vec::new()))).state, Done);

    let never = Before { hosts: Err(Unseen::Never("no list".to_owned())), ..blind.clone() };
    let skipped = Goal::new(&made, &never).out_of_sight(Stage::Scrape).unwrap();
    assert!(!skipped.is_unseen && skipped.state == Skipped, "what nothing here shows does not apply: {skipped:?}");
}

#[test]
fn prometheus_itself_has_to_come_back() {
    use StageState::{Done, Watching};
    let mut made = made(stop(), None);
    if let Subject::Service(facts) = &mut made.before {
        facts.service.id = ServiceId::new("monitoring", "Prometheus");
    }
    let seen =
        ServiceSeen { service: service(vec![running("newtask")], first()), targets: Ok(Vec::new()), undone: None };
    let alive = before(&["localhost"], &[]);
    let blind = Before { hosts: Err(dark("refused")), firing: Err(dark("refused")) };
    for before in [&alive, &blind] {
        let goal = Goal::new(&made, before);
        assert_eq!(goal.out_of_sight(Stage::Scrape), None, "{before:?}");
        for (targets, state, words) in [
            (Err(dark("refused")), Watching, "cannot be read: refused"),
            (Ok(vec![]), Watching, "has scraped nothing yet"),
            (Ok(vec![scraped("localhost", TargetHealth::Unknown)]), Watching, "has scraped nothing yet"),
            (Ok(vec![scraped("localhost", TargetHealth::Up)]), Done, "prometheus answers and scrapes"),
        ] {
            let now = goal.scrape(&seen, &View { targets, alerts: Ok(Vec::new()) }, at(1_020));
            assert_eq!((now.state, now.is_unseen, now.text.contains(words)), (state, false, true), "{now:?}");
        }
    }
}

fn alert(name: &str, state: AlertState) -> Alert {
    Alert {
        name: name.to_owned(),
        severity: Severity::Critical,
        state,
        suppression: None,
        since: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        value: None,
        query: None,
        url: None,
        seen_in: vec![SourceKind::Prometheus],
        owner: Some(Owner::named("api")),
        service: None,
    }
}

#[test]
fn alerts_are_resolved_when_they_neither_fire_nor_are_about_to() {
    let made = made(stop(), None);
    let fired = before(&[], &["HighErrorRate"]);
    let goal = Goal::new(&made, &fired);
    assert_eq!(goal.out_of_sight(Stage::Alerts), None);
    for (alerts, state, words) in [
        (vec![alert("HighErrorRate", AlertState::Firing)], StageState::Watching, "HighErrorRate fires"),
        (vec![alert("HighErrorRate", AlertState::Pending)], StageState::Watching, "about to fire again"),
        (vec![alert("SomethingElse", AlertState::Firing)], StageState::Done, "HighErrorRate resolved"),
    ] {
        let now = goal.alerts(&View { targets: Ok(Vec::new()), alerts: Ok(alerts) });
        assert_eq!((now.state, now.text.contains(words)), (state, true), "{now:?}");
    }
    let quiet = before(&[], &[]);
    assert_eq!(Goal::new(&made, &quiet).out_of_sight(Stage::Alerts).map(|now| now.state), Some(StageState::Skipped));
}

#[test]
fn a_foreign_change_of_the_count_is_never_passed_over() {
    let scaled = |tasks: Vec<Task>, desired: u32| {
        let seen = EcsService { desired, ..service(tasks, first()) };
        let seen = ServiceSeen { service: seen, targets: Ok(Vec::new()), undone: None };
        Goal::new(&made(stop(), None), &before(&[], &[])).tasks(&seen, at(1_100))
    };
    let told = "somebody else changed the desired count from 2 to 1 meanwhile";
    let alone = scaled(vec![running("old-bb")], 1);
    assert_eq!((alone.state, alone.is_in_vain), (StageState::Watching, true), "{alone:?}");
    assert!(alone.text.contains("no replacement started") && alone.text.contains(told), "{alone:?}");
    let replaced = scaled(vec![task("new-c", TaskState::Running, TaskHealth::Healthy, 1_020)], 1);
    assert_eq!((replaced.state, replaced.is_in_vain), (StageState::Done, false), "{replaced:?}");
    assert!(replaced.text.contains(told), "{replaced:?}");
    let as_planned = scaled(vec![running("old-bb"), running("new-c")], 2);
    assert!(as_planned.state == StageState::Done && !as_planned.text.contains("somebody"), "{as_planned:?}");
}

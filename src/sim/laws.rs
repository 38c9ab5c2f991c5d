//! What must hold in every simulated world at every moment, and what each scenario promises.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::alerts::RULES;
use super::clock::{DAY, HOUR, MINUTE, Second, second, stamp};
use super::{DeedError, EPOCH, Plan, Scenario, World};
use crate::domain::{
    Alert, AlertState, ChartAsk, EcsReading, EcsService, FindingKind, Policy, PrometheusReading, Rollout, ServiceId,
    Severity, Signal, SourceKind, Span, Suppression, TargetHealth, Task, TaskHealth, TaskState,
};

fn world(scenario: Scenario) -> World {
    World::new(Plan { scenario, ..Plan::default() })
}

fn plans() -> impl Strategy<Value = Plan> {
    (0..Scenario::ALL.len(), 1_usize..60, any::<u64>()).prop_map(|(scenario, services, seed)| Plan {
        scenario: Scenario::ALL[scenario],
        services,
        seed,
    })
}

fn moments() -> impl Strategy<Value = Second> {
    prop_oneof![-DAY..30 * HOUR, -30 * MINUTE..HOUR]
}

fn service<'a>(reading: &'a EcsReading, name: &str) -> &'a EcsService {
    reading.services.iter().find(|service| service.id.name == name).unwrap()
}

fn moments_of(task: &Task) -> [Option<Timestamp>; 3] {
    [task.created_at, task.started_at, task.stopped_at]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn counts_are_those_of_the_tasks_listed(plan in plans(), now in moments()) {
        let Ok(reading) = World::new(plan).ecs(stamp(now)) else { return Ok(()) };
        for service in reading.services.iter().filter(|service| service.tasks_known) {
            let count = |state| service.tasks.iter().filter(|task| task.state == state).count();
            prop_assert_eq!(service.running as usize, count(TaskState::Running), "{}", service.id);
            prop_assert_eq!(service.pending as usize, count(TaskState::Pending), "{}", service.id);
            let by_deployment: u32 = service.deployments.iter().map(|deployment| deployment.running).sum();
            prop_assert_eq!(service.running, by_deployment, "{}", service.id);
        }
    }

    #[test]
    fn ids_are_unique_and_nothing_lies_in_the_future(plan in plans(), now in moments()) {
        let Ok(reading) = World::new(plan).ecs(stamp(now)) else { return Ok(()) };
        let mut ids = HashSet::new();
        for service in &reading.services {
            let own = service.tasks.iter().map(|task| task.id.as_str());
            let deployments = service.deployments.iter().map(|deployment| deployment.id.as_str());
            let events = service.events.iter().map(|event| event.id.as_str());
            for id in own.chain(deployments).chain(events) {
                prop_assert!(ids.insert(id.to_owned()), "{} twice in {}", id, service.id);
            }
            let tasks = service.tasks.iter().flat_map(moments_of).flatten();
            let deployments = service.deployments.iter().flat_map(|d| [d.created_at, d.updated_at]).flatten();
            let events = service.events.iter().filter_map(|event| event.at);
            for at in tasks.chain(deployments).chain(events) {
                prop_assert!(at <= stamp(now), "{} in {} at {}", at, service.id, stamp(now));
            }
            for task in &service.tasks {
                prop_assert!(task.id.len() == 32 && task.created_at.is_some());
                prop_assert!(moments_of(task).into_iter().flatten().is_sorted(), "{:?}", task);
            }
            prop_assert!(service.events.is_sorted_by_key(|event| std::cmp::Reverse(event.at)));
        }
    }

    #[test]
    fn every_target_is_a_running_task(plan in plans(), now in moments()) {
        let world = World::new(plan);
        let (Ok(ecs), Ok(metrics)) = (world.ecs(stamp(now)), world.prometheus(stamp(now))) else { return Ok(()) };
        let addresses: HashSet<&str> = ecs
            .services
            .iter()
            .filter(|service| service.tasks_known)
            .flat_map(|service| &service.tasks)
            .filter(|task| task.state == TaskState::Running)
            .filter_map(|task| task.address.as_deref())
            .collect();
        let unknown: HashSet<&str> =
            ecs.services.iter().filter(|service| !service.tasks_known).map(|service| service.id.name.as_str()).collect();
        for target in metrics.targets.iter().flatten() {
            let owner = target.owner.as_ref().unwrap();
            prop_assert!(addresses.contains(target.host()) || unknown.contains(owner.service.as_str()), "{:?}", target);
            prop_assert!(target.last_scrape.is_none_or(|at| at <= stamp(now)));
            prop_assert_eq!(target.health == TargetHealth::Down, !target.last_error.is_empty());
        }
    }

    #[test]
    fn values_are_in_range_and_up_to_date(plan in plans(), now in moments()) {
        let Ok(reading) = World::new(plan).prometheus(stamp(now)) else { return Ok(()) };
        for signal in &reading.signals {
            let series = signal.series.as_ref().unwrap();
            prop_assert_eq!(series.len(), 61);
            prop_assert!(series.time(60) <= stamp(now));
            for value in series.iter().filter_map(|(_, value)| value).chain(signal.now.iter().map(|now| now.value)) {
                let most = match signal.signal {
                    Signal::Cpu | Signal::Memory | Signal::Errors => 100.0,
                    Signal::Traffic => 100_000.0,
                    _ => 60.0,
                };
                prop_assert!((0.0..=most).contains(&value), "{:?} of {:?} is {}", signal.signal, signal.owner, value);
            }
            prop_assert!(signal.now.iter().all(|sample| sample.at <= stamp(now) && stamp(now - 15) < sample.at));
        }
    }

    #[test]
    fn nothing_fires_before_its_time(plan in plans(), now in moments()) {
        let world = World::new(plan);
        let Ok(reading) = world.prometheus(stamp(now)) else { return Ok(()) };
        for alert in reading.alerts.iter().flatten() {
            let since = alert.since.unwrap();
            prop_assert!(since <= stamp(now), "{:?}", alert);
            let rule = RULES.iter().find(|rule| rule.name == alert.name && rule.severity == alert.severity);
            let (Some(rule), Some(owner)) = (rule, &alert.owner) else { continue };
            let held_from = match alert.state {
                AlertState::Pending => since,
                AlertState::Firing => since - SignedDuration::from_secs(rule.hold),
            };
            let scene = world.scene(&ServiceId::new("", owner.service.clone()), now).unwrap();
            for at in (second(held_from)..=second(since)).step_by(30) {
                let value = scene.measured(SourceKind::Prometheus, rule.signal, at);
                prop_assert!(value.is_some_and(|value| value >= rule.threshold), "{} at {}: {:?}", alert.name, at, value);
            }
        }
    }

    #[test]
    fn alertmanager_holds_what_fires_and_says_why_it_is_silent(plan in plans(), now in moments()) {
        let world = World::new(plan);
        let (Ok(held), Ok(metrics)) = (world.alertmanager(stamp(now)), world.prometheus(stamp(now))) else { return Ok(()) };
        let raised = metrics.alerts.unwrap();
        let firing = raised.iter().filter(|alert| alert.state == AlertState::Firing).count();
        prop_assert_eq!(held.alerts.len(), firing);
        for alert in &held.alerts {
            prop_assert!(alert.labels.contains_key("replica") && alert.state == AlertState::Firing);
            if let Some(Suppression::Silenced(ids)) = &alert.suppression {
                prop_assert!(ids.iter().all(|id| held.silences.iter().any(|silence| silence.id == *id)));
            }
        }
        for silence in &held.silences {
            prop_assert!(silence.starts_at <= Some(stamp(now)) && silence.ends_at > Some(stamp(now)));
        }
    }

    #[test]
    fn the_same_question_has_the_same_answer(plan in plans(), now in moments()) {
        let (one, two) = (World::new(plan), World::new(plan));
        let now = stamp(now);
        prop_assert_eq!(one.ecs(now), two.ecs(now));
        // As text, because a gap is not equal to a gap.
        prop_assert_eq!(format!("{:?}", one.prometheus(now)), format!("{:?}", two.prometheus(now)));
        prop_assert_eq!(one.alertmanager(now), two.alertmanager(now));
        prop_assert_eq!(one.grafana(now), two.grafana(now));
        let wanted = [ServiceId::new("prod", "api-2")];
        prop_assert_eq!(format!("{:?}", one.cloudwatch(&wanted, now)), format!("{:?}", two.cloudwatch(&wanted, now)));
    }

    #[test]
    fn time_that_goes_on_never_rewrites_what_was(plan in plans(), now in moments(), later in 1_i64..HOUR) {
        let world = World::new(plan);
        if let (Ok(before), Ok(after)) = (world.prometheus(stamp(now)), world.prometheus(stamp(now + later))) {
            prop_assert_eq!(contradiction(&before, &after), None);
        }
        if let (Ok(before), Ok(after)) = (world.ecs(stamp(now)), world.ecs(stamp(now + later))) {
            let after: BTreeMap<&str, &Task> =
                after.services.iter().flat_map(|service| &service.tasks).map(|task| (task.id.as_str(), task)).collect();
            for task in before.services.iter().flat_map(|service| &service.tasks) {
                let Some(same) = after.get(task.id.as_str()) else { continue };
                prop_assert_eq!(&task.definition, &same.definition);
                for (then, now) in moments_of(task).into_iter().zip(moments_of(same)) {
                    prop_assert!(then.is_none() || then == now, "{:?} became {:?}", task, same);
                }
            }
        }
    }

    #[test]
    fn a_restart_changes_nothing_before_it(plan in plans(), now in 0..2 * HOUR, which in any::<prop::sample::Index>()) {
        let (world, untouched) = (World::new(plan), World::new(plan));
        let Ok(reading) = world.ecs(stamp(now)) else { return Ok(()) };
        let running: Vec<&Task> = reading.services.iter().flat_map(|service| &service.tasks)
            .filter(|task| task.state == TaskState::Running).collect();
        let victim = &running[which.index(running.len())].id;
        world.stop_task(victim, "test", stamp(now)).unwrap();
        prop_assert_eq!(world.ecs(stamp(now - 1)), untouched.ecs(stamp(now - 1)));
        if let (Ok(before), Ok(after)) = (untouched.prometheus(stamp(now - 1)), world.prometheus(stamp(now + 600))) {
            prop_assert_eq!(contradiction(&before, &after), None);
        }
        let Ok(after) = world.ecs(stamp(now + 20)) else { return Ok(()) };
        let stopped = after.services.iter().flat_map(|service| &service.tasks).find(|task| task.id == *victim);
        prop_assert!(stopped.is_none_or(|task| task.state != TaskState::Running));
    }
}

/// Something a person might do, and to whom.
#[derive(Debug, Clone)]
enum Try {
    Redeploy,
    RollBack,
    Scale(u32),
    Stop(prop::sample::Index),
}

fn tries() -> impl Strategy<Value = Try> {
    prop_oneof![
        Just(Try::Redeploy),
        Just(Try::RollBack),
        (0_u32..7).prop_map(Try::Scale),
        any::<prop::sample::Index>().prop_map(Try::Stop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_people_do_the_books_are_kept(
        plan in plans(),
        begin in 0..2 * HOUR,
        deeds in prop::collection::vec((0_i64..400, any::<prop::sample::Index>(), tries()), 1..8),
        after in 0..HOUR,
    ) {
        let (world, untouched) = (World::new(plan), World::new(plan));
        let mut now = begin;
        for (wait, which, deed) in deeds {
            now += wait;
            let Ok(reading) = world.ecs(stamp(now)) else { continue };
            let id = &reading.services[which.index(reading.services.len())].id;
            // What is refused changes nothing, which is checked with the rest.
            let _ = match deed {
                Try::Redeploy => world.redeploy(id, stamp(now)),
                Try::RollBack => world.roll_back(id, stamp(now)),
                Try::Scale(desired) => world.scale(id, desired, stamp(now)),
                Try::Stop(which) => {
                    let tasks: Vec<&Task> = reading.services.iter().flat_map(|service| &service.tasks).collect();
                    world.stop_task(&tasks[which.index(tasks.len())].id, "test", stamp(now))
                }
            };
        }
        prop_assert_eq!(world.ecs(stamp(begin - 1)), untouched.ecs(stamp(begin - 1)));
        if let (Ok(before), Ok(later)) = (untouched.prometheus(stamp(begin - 1)), world.prometheus(stamp(now + after))) {
            prop_assert_eq!(contradiction(&before, &later), None);
        }
        let Ok(reading) = world.ecs(stamp(now + after)) else { return Ok(()) };
        let mut addresses = HashSet::new();
        for service in reading.services.iter().filter(|service| service.tasks_known) {
            let count = |state| service.tasks.iter().filter(|task| task.state == state).count();
            prop_assert_eq!(service.running as usize, count(TaskState::Running), "{}", service.id);
            prop_assert_eq!(service.pending as usize, count(TaskState::Pending), "{}", service.id);
            let by_deployment: u32 = service.deployments.iter().map(|deployment| deployment.running).sum();
            prop_assert_eq!(service.running, by_deployment, "{}", service.id);
            for task in &service.tasks {
                prop_assert!(moments_of(task).into_iter().flatten().is_sorted(), "{:?}", task);
                let address = task.address.as_deref().filter(|_| task.state == TaskState::Running);
                prop_assert!(address.is_none_or(|address| addresses.insert(address.to_owned())), "{:?}", task);
            }
        }
    }
}

/// The first point of an hour's series that a later reading has otherwise.
fn contradiction(before: &PrometheusReading, after: &PrometheusReading) -> Option<String> {
    for old in &before.signals {
        let Some(new) = after.signals.iter().find(|new| new.owner == old.owner && new.signal == old.signal) else {
            continue;
        };
        let (old_series, new_series) = (old.series.as_ref()?, new.series.as_ref()?);
        let later: BTreeMap<Timestamp, Option<f64>> = new_series.iter().collect();
        for (at, value) in old_series.iter() {
            if later.get(&at).is_some_and(|other| *other != value) {
                return Some(format!("{:?} of {:?} at {at}: {value:?} became {:?}", old.signal, old.owner, later[&at]));
            }
        }
    }
    None
}

/// Name and service of every alert that fires.
fn firing(alerts: &[Alert]) -> Vec<(&str, &str)> {
    let firing = alerts.iter().filter(|alert| alert.state == AlertState::Firing);
    firing.map(|alert| (alert.name.as_str(), alert.labels.get("service").map_or("", String::as_str))).collect()
}

#[test]
fn a_healthy_day_gives_no_doctor_anything_to_find() {
    let world = World::new(Plan { scenario: Scenario::Healthy, services: 12, seed: 3 });
    let policy = Policy::default();
    let mut releases = HashSet::new();
    for now in (0..26 * HOUR).step_by(77) {
        let metrics = world.prometheus(stamp(now)).unwrap();
        for signal in &metrics.signals {
            let value = signal.now.as_ref().unwrap().value;
            if let Some(limit) = policy.limit(signal.signal) {
                assert!(value < limit.warning * 0.9, "{:?} of {:?} is {value} at {now}", signal.signal, signal.owner);
            }
        }
        assert_eq!(firing(metrics.alerts.as_ref().unwrap()), [("Watchdog", "")], "at {now}");
        assert_eq!(metrics.alerts.as_ref().unwrap().len(), 1, "nothing is even pending");
        let targets = metrics.targets.unwrap();
        assert!(targets.iter().all(|target| target.health != TargetHealth::Down), "at {now}");
        let ecs = world.ecs(stamp(now)).unwrap();
        assert_eq!(targets.len(), ecs.services.iter().map(|service| service.running as usize).sum::<usize>());
        for service in &ecs.services {
            assert!(service.running >= service.desired, "{} at {now}", service.id);
            assert!(service.tasks.iter().all(|task| !task.crashed() && task.health != TaskHealth::Unhealthy));
            for deployment in &service.deployments {
                assert!(deployment.rollout != Rollout::Failed && !deployment.is_rollback());
                let age = stamp(now).duration_since(deployment.created_at.unwrap());
                assert!(deployment.rollout != Rollout::InProgress || age < SignedDuration::from_mins(10));
                if deployment.rollout == Rollout::InProgress {
                    releases.insert(deployment.id.clone());
                }
            }
        }
    }
    assert!(releases.len() >= 3, "and yet it lives: {releases:?}");
    assert_eq!(world.planted(), []);
}

#[test]
fn last_nights_alert_has_resolved_by_the_morning() {
    let world = world(Scenario::Healthy);
    let at = |now| world.prometheus(stamp(now)).unwrap().alerts.unwrap();
    assert!(firing(&at(-5 * HOUR - 43 * MINUTE)).contains(&("HighCPUUsage", "worker")));
    assert!(!firing(&at(0)).contains(&("HighCPUUsage", "worker")));
}

/// Everything about the world that is not a number; a backend that refuses is one line of it.
fn state(world: &World, now: Second) -> Vec<String> {
    let mut lines = Vec::new();
    match world.ecs(stamp(now)) {
        Ok(ecs) => {
            for service in &ecs.services {
                lines.extend(service.tasks.iter().map(|task| format!("{} {}", task.id, task.last_status)));
                lines.extend(service.deployments.iter().map(|rollout| format!("{} {:?}", rollout.id, rollout.rollout)));
            }
        }
        Err(error) => lines.push(error.to_string()),
    }
    match world.prometheus(stamp(now)) {
        Ok(metrics) => {
            let alerts = metrics.alerts.unwrap();
            lines.extend(alerts.iter().map(|alert| format!("{} {:?} {:?}", alert.name, alert.owner, alert.state)));
            lines.extend(metrics.targets.iter().flatten().map(|target| format!("{} {:?}", target.url, target.health)));
        }
        Err(error) => lines.push(error.to_string()),
    }
    lines
}

#[test]
fn every_scenario_goes_on_for_hours() {
    for scenario in Scenario::ALL {
        let world = world(scenario);
        for hours in [0, 8] {
            let states = (hours * HOUR..(hours + 2) * HOUR).step_by(40).map(|now| state(&world, now));
            let different: HashSet<Vec<String>> = states.collect();
            assert!(different.len() >= 6, "{scenario} from hour {hours}: {} states", different.len());
        }
    }
}

#[test]
fn on_a_bad_day_something_happens_every_minute() {
    let world = world(Scenario::MixedBadDay);
    let (mut before, mut quiet_since) = (state(&world, 0), 0);
    for now in (0..=15 * MINUTE).step_by(5) {
        let after = state(&world, now);
        if after != before {
            (before, quiet_since) = (after, now);
        }
        assert!(now - quiet_since <= 60, "nothing happened from {quiet_since} to {now}");
    }
}

#[test]
fn on_a_bad_day_an_alert_is_pending_then_fires_then_resolves() {
    let world = world(Scenario::MixedBadDay);
    let mut states = vec![None];
    for now in (0..6 * MINUTE).step_by(10) {
        let alerts = world.prometheus(stamp(now)).unwrap().alerts.unwrap();
        let latency = alerts.iter().find(|alert| {
            alert.name == "HighLatency" && alert.labels.get("service").is_some_and(|service| service == "web")
        });
        let state = latency.map(|alert| alert.state);
        if states.last() != Some(&state) {
            states.push(state);
        }
    }
    assert_eq!(states, [None, Some(AlertState::Pending), Some(AlertState::Firing), None]);
}

#[test]
fn the_bad_day_begins_as_sketched() {
    let world = world(Scenario::MixedBadDay);
    let ecs = world.ecs(EPOCH).unwrap();
    let api = service(&ecs, "api-2");
    assert_eq!((api.running, api.desired, api.pending), (2, 3, 1));
    assert_eq!(api.definition, "api-2:118");
    assert_eq!(api.deployments[0].rollout, Rollout::InProgress);
    assert!(api.tasks.iter().any(Task::was_out_of_memory));
    let metrics = world.prometheus(EPOCH).unwrap();
    let now = |name: &str, signal| {
        let found = metrics.signals.iter().find(|reading| reading.owner.service == name && reading.signal == signal);
        found.and_then(|reading| reading.now.as_ref()).map(|sample| sample.value.round())
    };
    assert_eq!(now("api-2", Signal::Cpu), Some(93.0));
    assert_eq!(now("api-2", Signal::Errors), Some(4.0));
    assert_eq!(now("worker", Signal::Memory), Some(88.0));
    assert_eq!(now("worker", Signal::Errors), None, "worker serves no requests");
    let alertmanager = world.alertmanager(EPOCH).unwrap();
    let silenced: Vec<&Alert> = alertmanager
        .alerts
        .iter()
        .filter(|alert| matches!(alert.suppression, Some(Suppression::Silenced(_))))
        .collect();
    assert_eq!(silenced.len(), 1);
    assert_eq!(silenced[0].labels["service"], "web");
    assert_eq!(alertmanager.silences[0].created_by, "kim");
    assert_eq!(alertmanager.silences[0].ends_at, Some(stamp(40 * MINUTE)));
    let managed = world.grafana(EPOCH).unwrap().alerts.unwrap();
    assert!(managed.iter().any(|alert| alert.severity == Severity::Critical && alert.labels["service"] == "api-2"));
}

#[test]
fn every_bad_scenario_shows_what_it_plants_on_the_first_screen() {
    for scenario in Scenario::ALL {
        for services in [5, 400] {
            let world = World::new(Plan { scenario, services, seed: 11 });
            for planted in world.planted() {
                assert!(shows(&world, planted.service.as_ref(), planted.kind), "{scenario}, {services}: {planted:?}");
            }
            let is_calm = matches!(scenario, Scenario::Healthy | Scenario::ReleaseDay | Scenario::Flapping);
            assert!(is_calm || !world.planted().is_empty(), "{scenario}");
        }
    }
}

/// Whether what is planted can be seen at the epoch by whoever looks for it.
fn shows(world: &World, id: Option<&ServiceId>, kind: FindingKind) -> bool {
    let Some(id) = id else {
        return SourceKind::ALL.iter().any(|source| world.refusal(*source, 0).is_some());
    };
    let now = EPOCH;
    let scene = world.scene(id, 0).unwrap();
    let policy = Policy::default();
    let past = |signal: Signal| {
        let limit = policy.limit(signal).unwrap();
        (-60..=0).step_by(15).all(|at| {
            scene.measured(SourceKind::Prometheus, signal, at).is_some_and(|value| limit.is_past(value, limit.warning))
        })
    };
    let Ok(ecs) = world.ecs(now) else { return false };
    let service = ecs.services.iter().find(|service| service.id == *id).unwrap();
    let recent =
        |task: &&Task| task.stopped_at.is_some_and(|at| now.duration_since(at) < SignedDuration::from_mins(30));
    let since = |at: Option<Timestamp>| now.duration_since(at.unwrap());
    let targets = |is: fn(TargetHealth) -> bool| {
        let Ok(metrics) = world.prometheus(now) else { return 0 };
        let own = |target: &&crate::domain::Target| target.owner.as_ref().is_some_and(|owner| owner.is(id));
        metrics.targets.iter().flatten().filter(own).filter(|target| is(target.health)).count()
    };
    match kind {
        FindingKind::Cpu => past(Signal::Cpu),
        FindingKind::Memory => past(Signal::Memory),
        FindingKind::Errors => past(Signal::Errors),
        FindingKind::TasksMissing => service.running < service.desired,
        FindingKind::OutOfMemory => service.tasks.iter().filter(recent).any(Task::was_out_of_memory),
        FindingKind::CrashLoop => {
            service.tasks.iter().filter(recent).filter(|task| task.crashed()).count() >= policy.crash_count
        }
        FindingKind::TaskUnhealthy => service.tasks.iter().any(|task| task.health == TaskHealth::Unhealthy),
        FindingKind::TaskPending => service
            .tasks
            .iter()
            .any(|task| task.state == TaskState::Pending && since(task.created_at) > SignedDuration::from_mins(5)),
        FindingKind::DeploymentStuck => {
            let newest = &service.deployments[0];
            newest.rollout == Rollout::InProgress && since(newest.created_at) > SignedDuration::from_mins(15)
        }
        FindingKind::TargetDown => targets(|health| health == TargetHealth::Down) > 0,
        FindingKind::TargetMissing => targets(|_| true) < service.running as usize,
        FindingKind::MetricsStopped => {
            let metrics = world.prometheus(now).unwrap();
            metrics.signals.iter().any(|signal| signal.owner.is(id) && signal.now.is_none())
        }
        other => panic!("no rule to see {other:?} by"),
    }
}

#[test]
fn a_leak_ends_in_a_kill_and_begins_again() {
    let world = world(Scenario::MemoryLeak);
    let memory = |now| {
        let scene = world.scene(&ServiceId::new("prod", "api-2"), now).unwrap();
        scene.measured(SourceKind::Prometheus, Signal::Memory, now).unwrap()
    };
    assert!(memory(0) > 90.0, "{}", memory(0));
    assert!(memory(5 * MINUTE) < 70.0, "{}", memory(5 * MINUTE));
    let kills = |now| {
        let ecs = world.ecs(stamp(now)).unwrap();
        service(&ecs, "api-2").tasks.iter().filter(|task| task.was_out_of_memory()).count()
    };
    assert!(kills(5 * MINUTE) > kills(0));
}

#[test]
fn a_restart_frees_memory_and_is_told_of() {
    let world = world(Scenario::MemoryLeak);
    let at = stamp(15 * MINUTE);
    let ecs = world.ecs(at).unwrap();
    let victim = service(&ecs, "api-2").tasks.iter().find(|task| task.state == TaskState::Running).unwrap().id.clone();
    world.stop_task(&victim, "rounds: kim", at).unwrap();
    for (task, why) in [(victim.as_str(), "already been stopped"), ("ffff", "was not found")] {
        let refused = world.stop_task(task, "again", at);
        assert!(matches!(&refused, Err(DeedError::Rejected { message, .. }) if message.contains(why)), "{refused:?}");
    }
    let counts = |later| {
        let ecs = world.ecs(stamp(15 * MINUTE + later)).unwrap();
        (service(&ecs, "api-2").running, service(&ecs, "api-2").pending)
    };
    assert_eq!([0, 20, 50].map(counts), [(2, 0), (2, 1), (3, 0)]);
    let after = world.ecs(stamp(16 * MINUTE)).unwrap();
    let api = service(&after, "api-2");
    let stopped = api.tasks.iter().find(|task| task.id == victim).unwrap();
    assert_eq!((stopped.state, stopped.stopped_reason.as_deref()), (TaskState::Stopped, Some("rounds: kim")));
    assert!(api.events.iter().any(|event| event.message.contains(&victim) && event.message.contains("has stopped")));
    let memory = |world: &World| {
        let scene = world.scene(&ServiceId::new("prod", "api-2"), 20 * MINUTE).unwrap();
        scene.measured(SourceKind::Prometheus, Signal::Memory, 20 * MINUTE).unwrap()
    };
    assert!(memory(&world) + 5.0 < memory(&self::world(Scenario::MemoryLeak)));
}

#[test]
fn a_bad_deploy_is_given_up_and_rolled_back() {
    let world = world(Scenario::BadDeploy);
    let newest = |now| world.ecs(stamp(now)).map(|ecs| service(&ecs, "api-2").deployments.clone()).unwrap();
    assert_eq!((newest(0)[0].rollout, newest(0)[0].failed_tasks), (Rollout::InProgress, 3));
    let rolling_back = newest(140);
    assert!(rolling_back[0].is_rollback() && rolling_back[0].definition == "api-2:117", "{rolling_back:?}");
    assert_eq!((rolling_back[1].rollout, rolling_back[1].failed_tasks), (Rollout::Failed, 5));
    let done = newest(6 * MINUTE);
    assert_eq!((done.len(), done[0].rollout, done[0].running), (1, Rollout::Completed, 3));
}

#[test]
fn while_prometheus_is_down_cloudwatch_serves_and_alertmanager_forgets() {
    let world = world(Scenario::PrometheusDown);
    assert!(world.prometheus(EPOCH).is_err());
    let wanted: Vec<ServiceId> = world.ecs(EPOCH).unwrap().services.into_iter().map(|service| service.id).collect();
    let reading = world.cloudwatch(&wanted, EPOCH).unwrap();
    let served: HashSet<&str> = reading.signals.iter().map(|signal| signal.owner.service.as_str()).collect();
    assert!(["api-1", "api-2", "worker", "web", "atlantis", "grafana"].iter().all(|name| served.contains(name)));
    assert!(world.alertmanager(EPOCH).unwrap().alerts.is_empty(), "not even Watchdog");
    assert!(world.grafana(EPOCH).unwrap().alerts.unwrap().iter().any(|alert| alert.name == "DatasourceError"));
    let up = stamp(30 * MINUTE);
    let gaps =
        world.prometheus(up).unwrap().signals[0].series.as_ref().unwrap().iter().filter(|(_, v)| v.is_none()).count();
    assert!((20..=40).contains(&gaps), "its own record has a gap of {gaps} minutes");
}

#[test]
fn grafanas_absence_alerts_although_its_tasks_come_and_go() {
    let world = world(Scenario::GrafanaUnreachable);
    assert!(world.grafana(EPOCH).is_err());
    let alerts = world.prometheus(EPOCH).unwrap().alerts.unwrap();
    assert!(firing(&alerts).contains(&("MonitoringStackDown", "grafana")), "{:?}", firing(&alerts));
}

#[test]
fn charts_reach_back_a_day_and_a_week() {
    let world = world(Scenario::MixedBadDay);
    for span in Span::ALL {
        let ask = ChartAsk { service: ServiceId::new("prod", "api-2"), span };
        let chart = world.chart(SourceKind::Prometheus, &ask, EPOCH).unwrap();
        assert_eq!(chart.lines.len(), Signal::ALL.len());
        for (signal, _, series) in &chart.lines {
            assert!((60..=400).contains(&series.len()));
            assert!(series.iter().all(|(at, value)| value.is_some() && at <= EPOCH), "{signal:?} over {span:?}");
        }
    }
    let ask = ChartAsk { service: ServiceId::new("prod", "worker"), span: Span::Hour };
    assert_eq!(world.chart(SourceKind::Prometheus, &ask, EPOCH).unwrap().lines.len(), 2);
    assert!(world.chart(SourceKind::Grafana, &ask, EPOCH).is_err());
}

#[test]
fn a_large_fleet_has_a_small_share_in_trouble() {
    let world = World::new(Plan { scenario: Scenario::MixedBadDay, services: 2_000, seed: 5 });
    let troubled: HashSet<ServiceId> = world.planted().into_iter().filter_map(|planted| planted.service).collect();
    assert!((10..=60).contains(&troubled.len()), "{}", troubled.len());
    assert_eq!(world.ecs(EPOCH).unwrap().clusters.len(), 4);
}

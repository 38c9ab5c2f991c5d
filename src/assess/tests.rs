//! The judgement as a whole: readings in, verdicts out.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::{
    AlertSight, AlertState, AlertmanagerReading, CloudWatchReading, Deployment, DeploymentStatus, EcsReading,
    EcsService, ErrorClass, FindingKind, Labels, Limit, Observed, Owner, PrometheusReading, Reading, Rollout, Sampled,
    Series, Severity, Signal, SignalReading, SourceError, StopCode, Suppression, TargetHealth, Task, TaskHealth,
    TaskState, Unseen,
};

fn now() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

/// A small world that is well; each test breaks one thing.
struct World {
    ecs: Option<EcsReading>,
    prometheus: Option<PrometheusReading>,
    alertmanager: Option<AlertmanagerReading>,
    cloudwatch: Option<CloudWatchReading>,
    sources: Vec<SourceStatus>,
    setting: Setting,
}

impl World {
    fn well() -> Self {
        let mut prometheus = PrometheusReading { targets: Some(vec![target("api", "10.0.0.1")]), ..Default::default() };
        for (signal, value) in [
            (Signal::Cpu, 30.0),
            (Signal::Memory, 40.0),
            (Signal::Traffic, 100.0),
            (Signal::Errors, 0.1),
            (Signal::LatencyP95, 0.1),
        ] {
            prometheus.signals.push(reading("api", signal, &[Some(value); 60], Some(value), SourceKind::Prometheus));
        }
        let kinds = [SourceKind::Ecs, SourceKind::Prometheus, SourceKind::Alertmanager, SourceKind::CloudWatch];
        Self {
            ecs: Some(EcsReading { region: "eu-west-1".into(), services: vec![service("api")], ..Default::default() }),
            prometheus: Some(prometheus),
            alertmanager: Some(AlertmanagerReading::default()),
            cloudwatch: None,
            sources: kinds.map(|kind| status(kind, SourceState::Fresh { at: now() })).to_vec(),
            setting: Setting::default(),
        }
    }

    fn service(&mut self) -> &mut EcsService {
        &mut self.ecs.as_mut().unwrap().services[0]
    }

    fn metrics(&mut self) -> &mut PrometheusReading {
        self.prometheus.as_mut().unwrap()
    }

    fn set(&mut self, signal: Signal, past: &[Option<f64>; 60], value: Option<f64>) {
        self.metrics().signals.retain(|reading| reading.signal != signal);
        self.metrics().signals.push(reading("api", signal, past, value, SourceKind::Prometheus));
    }

    fn state(&mut self, kind: SourceKind, state: SourceState) {
        self.sources.iter_mut().find(|source| source.kind == kind).unwrap().state = state;
    }

    fn fail(&mut self, kind: SourceKind) {
        let error = SourceError::new(ErrorClass::Connect, "connection refused");
        self.state(kind, SourceState::Failing { last_good: None, since: ago(4), error });
    }

    fn look(&self) -> Snapshot {
        self.look_with(&mut Facts::default())
    }

    fn look_with(&self, facts: &mut Facts) -> Snapshot {
        self.tell(facts);
        assess(facts, &self.sources, &self.setting, now())
    }

    fn tell(&self, facts: &mut Facts) {
        let readings = [
            self.ecs.clone().map(Reading::Ecs),
            self.prometheus.clone().map(Reading::Prometheus),
            self.alertmanager.clone().map(Reading::Alertmanager),
            self.cloudwatch.clone().map(Reading::CloudWatch),
        ];
        for reading in readings.into_iter().flatten() {
            facts.take(reading, now());
        }
    }

    /// The api service's verdict and the kinds of its findings.
    fn api(&self) -> (Verdict, Vec<FindingKind>) {
        let snapshot = self.look();
        let api = snapshot.services.iter().find(|service| service.id.name == "api").unwrap();
        (api.verdict, api.findings.iter().map(|finding| finding.kind).collect())
    }
}

fn status(kind: SourceKind, state: SourceState) -> SourceStatus {
    SourceStatus {
        kind,
        place: format!("http://{kind}"),
        state,
        version: None,
        latency: None,
        requests: 0,
        requests_last_round: 0,
        problems: Vec::new(),
        facts: Vec::new(),
        owes_alerts: kind.has_alerts(),
        tells_alerts: kind.has_alerts(),
    }
}

fn reading(
    name: &str,
    signal: Signal,
    past: &[Option<f64>; 60],
    value: Option<f64>,
    source: SourceKind,
) -> SignalReading {
    SignalReading {
        owner: Owner::named(name),
        signal,
        now: value.map(|value| Sampled { value, at: now(), source }),
        series: Some(Arc::new(Series::from_values(ago(60), Duration::from_secs(60), *past))),
        query: "a query".into(),
    }
}

fn service(name: &str) -> EcsService {
    EcsService {
        id: ServiceId::new("prod", name),
        status: "ACTIVE".into(),
        desired: 1,
        running: 1,
        pending: 0,
        launch: "FARGATE".into(),
        definition: format!("{name}:7"),
        percents: None,
        created_at: Some(ago(9_000)),
        deployments: vec![deployment(Rollout::Completed, 3_000)],
        events: Vec::new(),
        tasks: vec![task("0001", TaskState::Running)],
        tasks_known: true,
    }
}

fn deployment(rollout: Rollout, minutes_ago: i64) -> Deployment {
    Deployment {
        id: "ecs-svc/1".into(),
        status: DeploymentStatus::Primary,
        rollout,
        reason: None,
        definition: "api:7".into(),
        desired: 1,
        running: 1,
        pending: 0,
        failed_tasks: 0,
        created_at: Some(ago(minutes_ago)),
        updated_at: Some(ago(minutes_ago)),
    }
}

fn task(id: &str, state: TaskState) -> Task {
    Task {
        id: id.into(),
        state,
        last_status: state.word().to_uppercase(),
        health: TaskHealth::Unknown,
        definition: "api:7".into(),
        address: Some("10.0.0.1".into()),
        zone: None,
        created_at: Some(ago(3_000)),
        started_at: Some(ago(2_999)),
        stopped_at: None,
        stop_code: None,
        stopped_reason: None,
        exits: Vec::new(),
    }
}

fn stopped(id: &str, minutes_ago: i64, code: StopCode, reason: &str) -> Task {
    Task {
        stopped_at: Some(ago(minutes_ago)),
        stop_code: Some(code),
        stopped_reason: Some(reason.into()),
        ..task(id, TaskState::Stopped)
    }
}

fn target(owner: &str, host: &str) -> Target {
    Target {
        job: "ecs-services".into(),
        instance: format!("{host}:8080"),
        url: format!("http://{host}:8080/metrics"),
        health: TargetHealth::Up,
        last_error: String::new(),
        last_scrape: Some(now()),
        scrape_took: None,
        interval: None,
        labels: Labels::new(),
        owner: Some(Owner::named(owner)),
    }
}

fn alert(name: &str, labels: &[(&str, &str)], source: SourceKind) -> Alert {
    let mut all: Labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    all.insert("alertname".into(), name.into());
    Alert {
        name: name.into(),
        severity: Severity::of(&all),
        state: AlertState::Firing,
        suppression: None,
        since: Some(ago(10)),
        owner: all.get("service").map(|service| Owner::named(service.clone())),
        labels: all,
        annotations: Labels::new(),
        value: None,
        query: None,
        url: None,
        seen_in: vec![source],
        service: None,
    }
}

#[test]
fn a_world_that_is_well_is_ok_and_says_nothing() {
    let snapshot = World::well().look();
    assert_eq!(snapshot.verdict, Verdict::Ok, "{:#?} {:#?}", snapshot.findings, snapshot.services[0].findings);
    assert!(snapshot.findings.is_empty() && snapshot.services[0].findings.is_empty());
}

/// Of two requests at night one is half of them.
#[test]
fn errors_and_latency_of_a_few_requests_are_not_judged() {
    const BAD: [Option<f64>; 60] = [Some(50.0); 60];
    let judged = |requests: [Option<f64>; 60], now: Option<f64>, least: Option<f64>| {
        let mut world = World::well();
        world.setting.policy.min_request_rate = least.unwrap_or(world.setting.policy.min_request_rate);
        world.setting.policy.latency = Some(Limit { warning: 1.0, critical: 2.0, inclusive: false });
        world.set(Signal::Errors, &BAD, Some(50.0));
        world.set(Signal::LatencyP95, &BAD, Some(50.0));
        match now {
            Some(now) => world.set(Signal::Traffic, &requests, Some(now)),
            None => world.metrics().signals.retain(|reading| reading.signal != Signal::Traffic),
        }
        let snapshot = world.look();
        let api = &snapshot.services[0];
        let levels = [Signal::Errors, Signal::LatencyP95].map(|signal| api.signal(signal).level);
        assert_eq!(api.signal(Signal::Errors).now.sampled().map(|sampled| sampled.value), Some(50.0), "it is shown");
        (api.findings.iter().map(|finding| finding.kind).collect::<Vec<_>>(), levels)
    };
    let bad = (vec![FindingKind::Errors, FindingKind::Latency], [Verdict::Critical; 2]);
    let well = (vec![], [Verdict::Ok; 2]);
    let busy = [Some(100.0); 60];
    assert_eq!(judged([Some(0.09); 60], Some(0.09), None), well);
    assert_eq!(judged([Some(0.1); 60], Some(0.1), None), bad, "the floor itself is judged");
    assert_eq!(judged([Some(0.09); 60], Some(0.09), Some(0.0)), bad, "without a floor");
    assert_eq!(judged(busy, Some(0.5), Some(1.0)), well);
    assert_eq!(judged(busy, None, None), bad, "nobody counts its requests");
    // Just now there are requests enough: it has not held for long enough.
    assert_eq!(judged([Some(0.01); 60], Some(9.0), None), (vec![], [Verdict::Critical; 2]));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one row a finding")]
fn each_thing_that_breaks_is_found_and_named() {
    use FindingKind as K;
    use Verdict::{Critical, Unknown, Warning};
    type Break = fn(&mut World);
    let cases: [(&str, Break, Verdict, &[K]); 19] = [
        ("cpu warning", |w| w.set(Signal::Cpu, &[Some(90.0); 60], Some(90.0)), Warning, &[K::Cpu]),
        ("cpu critical", |w| w.set(Signal::Cpu, &[Some(97.0); 60], Some(97.0)), Critical, &[K::Cpu]),
        ("memory", |w| w.set(Signal::Memory, &[Some(88.0); 60], Some(88.0)), Warning, &[K::Memory]),
        ("errors at the threshold", |w| w.set(Signal::Errors, &[Some(1.0); 60], Some(1.0)), Warning, &[K::Errors]),
        ("metrics stopped", |w| w.set(Signal::Traffic, &[Some(9.0); 60], None), Unknown, &[K::MetricsStopped]),
        ("cpu never seen", |w| w.metrics().signals.retain(|r| r.signal != Signal::Cpu), Unknown, &[K::NoData]),
        ("a task missing", |w| w.service().desired = 2, Warning, &[K::TasksMissing]),
        (
            "all tasks missing",
            |w| {
                w.service().running = 0;
                w.service().tasks.clear();
            },
            Critical,
            &[K::TasksMissing],
        ),
        (
            "deployment failed",
            |w| w.service().deployments[0].rollout = Rollout::Failed,
            Critical,
            &[K::DeploymentFailed],
        ),
        (
            "deployment stuck",
            |w| {
                let former = Deployment { status: DeploymentStatus::Active, ..deployment(Rollout::Completed, 900) };
                w.service().deployments = vec![deployment(Rollout::InProgress, 40), former];
            },
            Warning,
            &[K::DeploymentStuck],
        ),
        (
            "rolled back",
            |w| {
                w.service().deployments[0] = deployment(Rollout::Completed, 40);
                w.service().deployments[0].reason = Some("ECS deployment rolled back to ecs-svc/0".into());
            },
            Warning,
            &[K::RolledBack],
        ),
        (
            "out of memory",
            |w| {
                let task = stopped("dead", 5, StopCode::EssentialContainerExited, "OutOfMemoryError: container killed");
                w.service().tasks.push(task);
            },
            Warning,
            &[K::OutOfMemory],
        ),
        (
            "crash loop",
            |w| {
                for (id, minute) in [("a", 1), ("b", 5), ("c", 9)] {
                    w.service().tasks.push(stopped(
                        id,
                        minute,
                        StopCode::EssentialContainerExited,
                        "Essential container exited",
                    ));
                }
            },
            Critical,
            &[K::CrashLoop],
        ),
        (
            "task pending",
            |w| {
                w.service().tasks.push(Task { created_at: Some(ago(9)), ..task("new", TaskState::Pending) });
            },
            Warning,
            &[K::TaskPending],
        ),
        ("task unhealthy", |w| w.service().tasks[0].health = TaskHealth::Unhealthy, Critical, &[K::TaskUnhealthy]),
        (
            "target down",
            |w| w.metrics().targets.as_mut().unwrap()[0].health = TargetHealth::Down,
            Critical,
            &[K::TargetDown],
        ),
        (
            "task not scraped",
            |w| {
                let second =
                    Task { id: "0002".into(), address: Some("10.0.0.2".into()), ..task("0002", TaskState::Running) };
                w.service().tasks.push(second);
            },
            Warning,
            &[K::TargetMissing],
        ),
        (
            "alert",
            |w| {
                let labels = [("service", "api"), ("severity", "critical")];
                w.alertmanager.as_mut().unwrap().alerts.push(alert("Down", &labels, SourceKind::Alertmanager));
            },
            Critical,
            &[K::Alert],
        ),
        ("draining", |w| w.service().status = "DRAINING".into(), Warning, &[K::ServiceGone]),
    ];
    for (name, harm, verdict, kinds) in cases {
        let mut world = World::well();
        harm(&mut world);
        assert_eq!(world.api(), (verdict, kinds.to_vec()), "{name}");
    }
}

#[test]
fn what_is_no_trouble_is_not_called_trouble() {
    type Calm = fn(&mut World);
    let cases: [(&str, Calm); 8] = [
        ("a short spike", |w| w.set(Signal::Cpu, &[Some(30.0); 60], Some(99.0))),
        ("scaled to zero", |w| {
            let service = w.service();
            (service.desired, service.running) = (0, 0);
            service.tasks.clear();
            w.metrics().signals.clear();
        }),
        ("a service without requests", |w| w.metrics().signals.retain(|r| r.signal.is_universal())),
        ("a silenced alert", |w| {
            let mut alert = alert("Down", &[("service", "api"), ("severity", "critical")], SourceKind::Alertmanager);
            alert.suppression = Some(Suppression::Silenced(vec!["id".into()]));
            w.alertmanager.as_mut().unwrap().alerts.push(alert);
        }),
        ("a pending alert", |w| {
            let mut alert = alert("Down", &[("service", "api"), ("severity", "critical")], SourceKind::Prometheus);
            alert.state = AlertState::Pending;
            w.metrics().alerts = Some(vec![alert]);
        }),
        ("the watchdog", |w| {
            w.alertmanager.as_mut().unwrap().alerts.push(alert("Watchdog", &[], SourceKind::Alertmanager));
        }),
        ("a rollout that ECS never calls done though every task runs", |w| {
            w.service().deployments[0] = deployment(Rollout::InProgress, 50);
        }),
        ("a rollout under way", |w| w.service().deployments[0] = deployment(Rollout::InProgress, 3)),
    ];
    for (name, calm) in cases {
        let mut world = World::well();
        calm(&mut world);
        let snapshot = world.look();
        assert_eq!(snapshot.verdict, Verdict::Ok, "{name}: {:?}", snapshot.services[0].findings);
    }
}

#[test]
fn a_dead_prometheus_leaves_the_rest_standing_and_nothing_green() {
    let mut world = World::well();
    world.prometheus = None;
    world.fail(SourceKind::Prometheus);
    let snapshot = world.look();
    let api = &snapshot.services[0];
    assert_eq!((snapshot.verdict, api.verdict), (Verdict::Unknown, Verdict::Unknown));
    assert!(matches!(api.tasks, Observed::Fresh(_)), "ECS still answers");
    assert!(matches!(api.signal(Signal::Errors).now, Observed::Unknown(_)));
    let lacking = {
        let mut facts = Facts::default();
        world.tell(&mut facts);
        lacking(&facts, &world.sources, &world.setting, now())
    };
    assert_eq!(lacking, [ServiceId::new("prod", "api")], "CloudWatch is needed");

    let signals = [(Signal::Cpu, 97.0), (Signal::Memory, 20.0)];
    let signals = signals.map(|(signal, v)| reading("api", signal, &[Some(v); 60], Some(v), SourceKind::CloudWatch));
    world.cloudwatch = Some(CloudWatchReading { signals: signals.to_vec(), ..Default::default() });
    let snapshot = world.look();
    let cpu = &snapshot.services[0].signal(Signal::Cpu).now;
    assert_eq!(cpu.fresh().map(|sampled| sampled.source), Some(SourceKind::CloudWatch));
    assert_eq!(snapshot.verdict, Verdict::Critical, "the fallback is judged like the original");
}

#[test]
fn a_source_that_fails_later_leaves_its_values_stale() {
    let mut world = World::well();
    let mut facts = Facts::default();
    world.tell(&mut facts);
    world.fail(SourceKind::Prometheus);
    let snapshot = assess(&facts, &world.sources, &world.setting, now());
    assert!(matches!(snapshot.services[0].signal(Signal::Cpu).now, Observed::Stale(..)));
    assert_eq!(snapshot.verdict, Verdict::Unknown);
}

#[test]
fn a_query_that_fails_later_leaves_its_values_stale_and_the_others_fresh() {
    let mut world = World::well();
    let mut facts = Facts::default();
    world.tell(&mut facts);
    let whole = world.prometheus.clone();
    world.metrics().signals.retain(|reading| reading.signal != Signal::Cpu);
    world.metrics().failed_signals = vec![(Signal::Cpu, "no such function (POST http://p)".into())];
    for round in 0..3 {
        let snapshot = world.look_with(&mut facts);
        let api = &snapshot.services[0];
        let Observed::Stale(cpu, why) = &api.signal(Signal::Cpu).now else { panic!("{round}: {api:?}") };
        assert_eq!((cpu.value, &**why), (30.0, "its query failed: no such function (POST http://p)"));
        assert!(api.signal(Signal::Cpu).series.is_some(), "its past stays to be seen");
        assert!(api.signal(Signal::Memory).now.fresh().is_some());
        assert_eq!(api.findings[0].text, "CPU unknown: its query failed: no such function (POST http://p)");
        assert_eq!(api.verdict, Verdict::Unknown);
    }
    let asked = lacking(&facts, &world.sources, &world.setting, now());
    assert_eq!(asked, [ServiceId::new("prod", "api")], "CloudWatch is asked for it");
    world.prometheus = whole;
    assert!(world.look_with(&mut facts).services[0].signal(Signal::Cpu).now.fresh().is_some());
}

#[test]
fn an_empty_list_of_alerts_means_none_only_where_everybody_tells() {
    use SourceKind::{Alertmanager, Prometheus};
    let sight = |failing: &[SourceKind], last_good| {
        let mut world = World::well();
        for kind in failing {
            let error = SourceError::new(ErrorClass::Connect, "connection refused");
            world.state(*kind, SourceState::Failing { last_good, since: ago(4), error });
        }
        world.look().alert_sight()
    };
    assert_eq!(sight(&[], None), AlertSight::Whole);
    assert_eq!(sight(&[SourceKind::Ecs], None), AlertSight::Whole, "ECS tells of none");
    assert_eq!(sight(&[Alertmanager], Some(ago(5))), AlertSight::Part(vec![Alertmanager]));
    assert_eq!(sight(&[Alertmanager, Prometheus], Some(ago(5))), AlertSight::Lost(ago(5)));
    assert_eq!(sight(&[Alertmanager, Prometheus], None), AlertSight::Never);
}

#[test]
fn without_ecs_the_metrics_say_which_services_there_are() {
    let mut world = World::well();
    world.ecs = None;
    world.fail(SourceKind::Ecs);
    let snapshot = world.look();
    assert_eq!(snapshot.services.len(), 1);
    assert!(matches!(snapshot.services[0].tasks, Observed::Unknown(_)));
    assert!(snapshot.services[0].signal(Signal::Cpu).now.fresh().is_some());
    assert_eq!(snapshot.verdict, Verdict::Unknown);
}

#[test]
fn seeing_no_service_at_all_is_not_health() {
    let mut world = World::well();
    world.ecs.as_mut().unwrap().services.clear();
    assert_eq!(world.look().verdict, Verdict::Unknown);
    let mut world = World::well();
    world.setting.services = vec![glob::Pattern::new("nosuch*").unwrap()];
    let snapshot = world.look();
    assert_eq!(snapshot.verdict, Verdict::Unknown);
    assert_eq!(snapshot.findings[0].text, "no service matches nosuch*");
}

#[test]
fn an_ecs_without_services_is_named_and_hides_nothing_that_metrics_know() {
    let mut world = World::well();
    world.ecs.as_mut().unwrap().services.clear();
    let snapshot = world.look();
    assert_eq!(snapshot.findings[0].text, "no ECS cluster found in eu-west-1");
    let api = &snapshot.services[0];
    assert!(api.signal(Signal::Cpu).now.fresh().is_some(), "{api:?}");
    assert_eq!(
        (api.verdict, api.findings[0].text.as_str()),
        (Verdict::Unknown, "tasks unknown: ecs has no such service")
    );
}

#[test]
fn what_could_not_be_looked_at_is_unknown_though_nothing_is_seen_to_be_wrong() {
    let error = SourceError::new(ErrorClass::Server, "GET http://p/api: 500");
    for (kind, what) in [(SourceKind::Prometheus, "scrape targets"), (SourceKind::Ecs, "services")] {
        let mut world = World::well();
        let unseen = vec![Unseen::new(what, &error)];
        match kind {
            SourceKind::Ecs => world.ecs.as_mut().unwrap().unseen = unseen,
            _ => world.metrics().unseen = unseen,
        }
        let snapshot = world.look();
        assert_eq!((snapshot.verdict, snapshot.services[0].verdict), (Verdict::Unknown, Verdict::Ok), "{what}");
        let texts: Vec<_> = snapshot.findings.iter().map(|finding| finding.text.as_str()).collect();
        assert_eq!(texts, [format!("{what} unknown: 500 (GET http://p/api)")]);
        // Where the whole source fails, that alone is said.
        world.fail(kind);
        let texts: Vec<_> = world.look().findings.into_iter().map(|finding| finding.text).collect();
        assert_eq!(texts, [format!("{kind} cannot be read: connection refused")]);
    }
}

#[test]
fn a_description_from_an_earlier_round_is_as_old_as_it_is() {
    let mut world = World::well();
    world.service().running = 1;
    world.service().desired = 2;
    let id = world.service().id.clone();
    world.ecs.as_mut().unwrap().described_before.insert(id, ago(1));
    let snapshot = world.look();
    let api = &snapshot.services[0];
    assert_eq!(api.tasks.fresh().unwrap().at, ago(1));
    assert_eq!((api.findings[0].kind, api.findings[0].evidence.at), (FindingKind::TasksMissing, ago(1)));
}

#[test]
fn a_service_with_requests_and_no_histogram_is_not_called_idle() {
    for (traffic, why) in [(100.0, "no latency metrics"), (0.0, "no requests lately")] {
        let mut world = World::well();
        world.set(Signal::Traffic, &[Some(traffic); 60], Some(traffic));
        world.metrics().signals.retain(|reading| reading.signal != Signal::LatencyP95);
        let snapshot = world.look();
        let latency = &snapshot.services[0].signal(Signal::LatencyP95).now;
        assert_eq!(*latency, Observed::NotApplicable(why.into()));
    }
}

#[test]
fn an_alert_seen_in_two_places_is_one_alert() {
    let mut world = World::well();
    let labels = [("service", "api"), ("severity", "warning")];
    let mut raw = alert("Hot", &labels, SourceKind::Prometheus);
    raw.query = Some("cpu > 80".into());
    world.metrics().alerts = Some(vec![raw]);
    let outer = [("service", "api"), ("severity", "warning"), ("cluster", "eu"), ("replica", "a")];
    let twin = [("service", "api"), ("severity", "warning"), ("cluster", "eu"), ("replica", "b")];
    let alertmanager = world.alertmanager.as_mut().unwrap();
    alertmanager.alerts.push(alert("Hot", &outer, SourceKind::Alertmanager));
    alertmanager.alerts.push(alert("Hot", &twin, SourceKind::Alertmanager));
    let snapshot = world.look();
    let [only] = snapshot.alerts.as_slice() else { panic!("{:#?}", snapshot.alerts) };
    assert_eq!(only.seen_in, [SourceKind::Alertmanager, SourceKind::Prometheus]);
    assert_eq!(only.query.as_deref(), Some("cpu > 80"));
    assert_eq!(only.service, Some(ServiceId::new("prod", "api")));
}

#[test]
fn alerts_of_one_name_are_one_finding() {
    let mut world = World::well();
    for instance in ["a", "b", "c"] {
        let labels = [("service", "api"), ("severity", "warning"), ("instance", instance)];
        world.alertmanager.as_mut().unwrap().alerts.push(alert("Down", &labels, SourceKind::Alertmanager));
    }
    let snapshot = world.look();
    assert_eq!(snapshot.alerts.len(), 3);
    let texts: Vec<&str> = snapshot.services[0].findings.iter().map(|finding| finding.text.as_str()).collect();
    assert_eq!(texts, ["alert Down x3"]);
}

#[test]
fn an_alert_of_nobody_counts_for_the_whole() {
    let mut world = World::well();
    let disk = alert("DiskFull", &[("severity", "critical")], SourceKind::Alertmanager);
    world.alertmanager.as_mut().unwrap().alerts.push(disk);
    let snapshot = world.look();
    assert_eq!((snapshot.verdict, snapshot.services[0].verdict), (Verdict::Critical, Verdict::Ok));
}

#[test]
fn stopped_tasks_outlive_the_memory_of_ecs() {
    let mut world = World::well();
    let mut facts = Facts::default();
    world.service().tasks.push(stopped("dead", 5, StopCode::EssentialContainerExited, "OutOfMemoryError"));
    world.look_with(&mut facts);
    world.service().tasks.pop();
    let snapshot = world.look_with(&mut facts);
    let tasks = &snapshot.services[0].ecs.as_ref().unwrap().tasks;
    assert!(tasks.iter().any(|task| task.id == "dead"));
    assert_eq!(snapshot.services[0].findings[0].kind, FindingKind::OutOfMemory);
}

#[test]
fn a_target_that_only_just_went_down_gets_its_grace() {
    let mut world = World::well();
    let mut facts = Facts::default();
    world.look_with(&mut facts);
    world.metrics().targets.as_mut().unwrap()[0].health = TargetHealth::Down;
    world.tell(&mut facts);
    let judged = |minutes| {
        let later = now() + SignedDuration::from_mins(minutes);
        let snapshot = assess(&facts, &world.sources, &world.setting, later);
        snapshot.services[0].findings.iter().any(|finding| finding.kind == FindingKind::TargetDown)
    };
    assert!(!judged(1) && judged(2));
}

#[test]
fn two_clusters_with_a_service_of_one_name_are_told_apart_by_the_cluster_label() {
    let mut world = World::well();
    let mut other = service("api");
    other.id.cluster = "stage".into();
    world.ecs.as_mut().unwrap().services.push(other);
    world.metrics().signals.clear();
    for (cluster, cpu) in [("prod", 97.0), ("stage", 20.0)] {
        for (signal, value) in [(Signal::Cpu, cpu), (Signal::Memory, 20.0)] {
            let mut reading = reading("api", signal, &[Some(value); 60], Some(value), SourceKind::Prometheus);
            reading.owner.cluster = Some(cluster.into());
            world.metrics().signals.push(reading);
        }
    }
    let snapshot = world.look();
    let verdicts: Vec<_> = snapshot.services.iter().map(|s| (s.id.cluster.as_str(), s.verdict)).collect();
    assert_eq!(verdicts, [("prod", Verdict::Critical), ("stage", Verdict::Ok)]);
}

#[test]
fn an_alert_that_may_mean_either_of_two_services_is_said_of_none() {
    let mut world = World::well();
    let mut other = service("api");
    other.id.cluster = "stage".into();
    world.ecs.as_mut().unwrap().services.push(other);
    let labels = [("service", "api"), ("severity", "critical")];
    world.alertmanager.as_mut().unwrap().alerts.push(alert("Down", &labels, SourceKind::Alertmanager));
    let snapshot = world.look();
    assert!(snapshot.services.iter().all(|service| service.verdict == Verdict::Ok), "{:?}", snapshot.services);
    assert_eq!((snapshot.verdict, snapshot.findings[0].text.as_str()), (Verdict::Critical, "alert Down of api"));
    // Where only one of them is looked at, it is that one's.
    world.setting.services = vec![glob::Pattern::new("stage/*").unwrap()];
    assert_eq!(world.look().services[0].verdict, Verdict::Critical);
}

#[test]
fn an_alert_that_goes_away_is_remembered_as_resolved() {
    let mut world = World::well();
    let mut facts = Facts::default();
    let labels = [("service", "api"), ("severity", "warning")];
    world.alertmanager.as_mut().unwrap().alerts.push(alert("Hot", &labels, SourceKind::Alertmanager));
    world.look_with(&mut facts);
    world.alertmanager.as_mut().unwrap().alerts.clear();
    let snapshot = world.look_with(&mut facts);
    let resolved: Vec<_> =
        snapshot.changes.iter().filter(|change| change.kind == crate::domain::OccurrenceKind::AlertResolved).collect();
    assert_eq!(resolved.len(), 1);
    assert_eq!(resolved[0].service, Some(ServiceId::new("prod", "api")));
}

#[test]
fn an_alert_that_another_one_inhibits_is_no_second_piece_of_news() {
    let mut world = World::well();
    for (severity, suppression) in
        [("critical", None), ("warning", Some(Suppression::Inhibited(vec!["f1".into()]))), ("info", None)]
    {
        let labels = [("service", "api"), ("severity", severity)];
        let alert = Alert { suppression, ..alert("Hot", &labels, SourceKind::Alertmanager) };
        world.alertmanager.as_mut().unwrap().alerts.push(alert);
    }
    let snapshot = world.look();
    let fired: Vec<_> =
        snapshot.changes.iter().filter(|it| it.kind == crate::domain::OccurrenceKind::AlertFired).collect();
    assert_eq!(fired.len(), 1, "{fired:?}");
}

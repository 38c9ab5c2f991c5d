//! A bad morning to draw: five services and the stack, one critical, one warning, one source stale.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::app::{Model, Setup, Surroundings};
use crate::domain::task::ContainerExit;
use crate::domain::*;
use crate::keymap::Keymap;

/// 09:02:14 in Seoul.
pub(super) fn now() -> Timestamp {
    "2026-11-22T00:02:14Z".parse().unwrap()
}

pub(super) fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

pub(super) fn context() -> ContextInfo {
    ContextInfo {
        name: "prod".to_owned(),
        production: true,
        demo: false,
        region: Some("ap-northeast-2".to_owned()),
        account: Some("482109170001".to_owned()),
        caller_arn: Some("arn:aws:sts::482109170001:assumed-role/viewer/kim".to_owned()),
    }
}

pub(super) fn surroundings() -> Surroundings {
    Surroundings {
        context: context(),
        policy: Policy::default(),
        sources: vec![
            (SourceKind::Ecs, "ap-northeast-2, cluster prod".to_owned()),
            (SourceKind::Prometheus, "https://grafana.example.com through data source prom".to_owned()),
            (SourceKind::Alertmanager, "http://alertmanager.internal:9093".to_owned()),
        ],
        log_lines: 200_000,
        live_cost: Some("$0.01 a minute"),
    }
}

pub(super) fn setup(size: (u16, u16)) -> Setup {
    Setup {
        surroundings: surroundings(),
        keymap: Keymap::default(),
        theme_name: "dark".to_owned(),
        theme_names: ["dark", "light", "high-contrast", "color-blind", "mono"].map(str::to_owned).to_vec(),
        context_names: ["prod", "stage"].map(str::to_owned).to_vec(),
        zone: TimeZone::fixed(jiff::tz::offset(9)),
        size,
        notices: Vec::new(),
    }
}

pub(super) fn model(size: (u16, u16)) -> Model {
    Model::new(setup(size))
}

/// An hour in minutes, made by stretching a few numbers.
pub(super) fn series(values: &[f64]) -> Series {
    let points = (0..60).map(|minute| Some(values[minute * values.len() / 60]));
    Series::from_values(ago(59 * MINUTE), Duration::from_mins(1), points)
}

fn measured(value: f64, level: Verdict, past: &[f64]) -> SignalHealth {
    SignalHealth {
        now: Observed::Fresh(Sampled { value, at: ago(3), source: SourceKind::Prometheus }),
        series: (!past.is_empty()).then(|| Arc::new(series(past))),
        level,
        query: Some("avg by (service) (ecs_cpu_utilization)".into()),
    }
}

fn absent() -> SignalHealth {
    SignalHealth {
        now: Observed::NotApplicable("it serves no requests".into()),
        series: None,
        level: Verdict::Ok,
        query: None,
    }
}

fn unknown(why: &str) -> SignalHealth {
    SignalHealth { now: Observed::Unknown(why.into()), series: None, level: Verdict::Unknown, query: None }
}

fn finding(verdict: Verdict, kind: FindingKind, text: &str, since: i64, source: SourceKind, query: &str) -> Finding {
    Finding {
        verdict,
        kind,
        text: text.to_owned(),
        since: Some(Since { at: ago(since), or_earlier: false }),
        evidence: Evidence { source, query: query.to_owned(), value: None, threshold: None, at: ago(3) },
    }
}

fn task(id: &str, state: TaskState, age: i64, definition: &str) -> Task {
    let stopped = state == TaskState::Stopped;
    Task {
        id: format!("{id}aa11bb22cc33dd44ee55ff66"),
        state,
        last_status: state.word().to_uppercase(),
        health: if state == TaskState::Running { TaskHealth::Healthy } else { TaskHealth::Unknown },
        definition: definition.to_owned(),
        address: (!stopped).then(|| "10.0.12.34".to_owned()),
        zone: Some("ap-northeast-2a".to_owned()),
        created_at: Some(ago(age + 30)),
        started_at: (state != TaskState::Pending).then(|| ago(age)),
        stopped_at: stopped.then(|| ago(age)),
        stop_code: stopped.then_some(StopCode::EssentialContainerExited),
        stopped_reason: stopped.then(|| "Essential container in task exited".to_owned()),
        exits: if stopped {
            vec![ContainerExit {
                name: "app".to_owned(),
                code: Some(137),
                reason: Some("OutOfMemoryError: Container killed due to memory usage".to_owned()),
            }]
        } else {
            Vec::new()
        },
    }
}

fn ecs(id: &ServiceId, running: u32, desired: u32, definition: &str, rollout: Rollout, age: i64) -> EcsService {
    let deployment = |definition: &str, status, rollout, running, age| Deployment {
        id: format!("ecs-svc/{definition}"),
        status,
        rollout,
        reason: Some(format!("ECS deployment ecs-svc/{definition} {}.", rollout_words(rollout))),
        definition: definition.to_owned(),
        desired,
        running,
        pending: desired - running,
        failed_tasks: 0,
        created_at: Some(ago(age)),
        updated_at: Some(ago(age / 2)),
    };
    let mut tasks: Vec<Task> =
        (0..running).map(|number| task(&format!("3f9c{number}e7a"), TaskState::Running, age, definition)).collect();
    let mut events = vec![ServiceEvent {
        id: "e1".to_owned(),
        at: Some(ago(age)),
        message: format!("(service {}) has reached a steady state.", id.name),
    }];
    let mut deployments = vec![deployment(definition, DeploymentStatus::Primary, rollout, running, age)];
    if running < desired {
        tasks.push(task("9b1d00c4", TaskState::Pending, 40, definition));
        tasks.push(task("77e0ab12", TaskState::Stopped, 70, definition));
        events.insert(
            0,
            ServiceEvent {
                id: "e2".to_owned(),
                at: Some(ago(40)),
                message: format!("(service {}) has started 1 tasks: (task 9b1d00c4aa11bb22cc33dd44ee55ff66).", id.name),
            },
        );
        deployments.push(deployment("api:117", DeploymentStatus::Active, Rollout::Completed, 1, 2 * DAY));
    }
    EcsService {
        id: id.clone(),
        status: "ACTIVE".to_owned(),
        desired,
        running,
        pending: desired - running,
        launch: "FARGATE".to_owned(),
        definition: definition.to_owned(),
        percents: Some((100, 200)),
        created_at: Some(ago(200 * DAY)),
        deployments,
        events,
        tasks,
        tasks_known: true,
    }
}

const fn rollout_words(rollout: Rollout) -> &'static str {
    match rollout {
        Rollout::InProgress => "in progress",
        Rollout::Completed => "completed",
        Rollout::Failed => "failed: tasks failed to start",
        Rollout::Unknown => "unknown",
    }
}

pub(super) struct Given<'g> {
    name: &'g str,
    tasks: (u32, u32),
    definition: &'g str,
    age: i64,
    cpu: SignalHealth,
    memory: SignalHealth,
    /// Requests a second, errors in percent, p95 in seconds; none where it serves none.
    web: Option<(f64, (f64, Verdict), f64)>,
    findings: Vec<Finding>,
}

fn health(given: Given<'_>) -> ServiceHealth {
    let id = ServiceId::new("prod", given.name);
    let (running, desired) = given.tasks;
    let rollout = if running < desired { Rollout::InProgress } else { Rollout::Completed };
    let (traffic, errors, latency) = given.web.map_or_else(
        || (absent(), absent(), absent()),
        |(rate, (errors, level), p95)| {
            (measured(rate, Verdict::Ok, &[]), measured(errors, level, &[]), measured(p95, Verdict::Ok, &[]))
        },
    );
    ServiceHealth {
        verdict: Verdict::worst(given.findings.iter().map(|finding| finding.verdict)),
        tasks: Observed::Fresh(Sampled {
            value: TaskCounts { running, desired, pending: desired - running },
            at: ago(5),
            source: SourceKind::Ecs,
        }),
        signals: [
            given.cpu,
            given.memory,
            traffic,
            errors,
            unknown("read for charts only"),
            latency,
            unknown("read for charts only"),
        ],
        is_stack: false,
        changed_at: Some(ago(given.age)),
        ecs: Some(Arc::new(ecs(&id, running, desired, given.definition, rollout, given.age))),
        definition: Some(Arc::new(TaskDefinition {
            name: given.definition.to_owned(),
            images: vec![("app".to_owned(), format!("482109170001.dkr.ecr/{}:1.42.0", given.name))],
            cpu: Some("512".to_owned()),
            memory: Some("1024".to_owned()),
            architecture: None,
        })),
        findings: given.findings,
        alerts: Vec::new(),
        targets: Vec::new(),
        id,
    }
}

fn services() -> Vec<ServiceHealth> {
    use Verdict::{Critical, Ok, Warning};
    let prometheus = SourceKind::Prometheus;
    let api_2 = {
        let mut errors = finding(
            Warning,
            FindingKind::Errors,
            "error rate 4.1% >= 1%",
            12 * MINUTE,
            prometheus,
            "100 * sum by (service) (rate(http_requests_total{status=~\"5..\"}[5m])) / sum by (service) (rate(http_requests_total[5m]))",
        );
        errors.verdict = Critical;
        errors.evidence.value = Some((4.1, Unit::Percent));
        errors.evidence.threshold = Some((">=", 1.0));
        let missing = finding(
            Critical,
            FindingKind::TasksMissing,
            "1 of 3 tasks missing: OutOfMemory 09:01, replacement pending 40s",
            70,
            SourceKind::Ecs,
            "DescribeServices prod/api-2",
        );
        let memory = finding(
            Warning,
            FindingKind::Cpu,
            "CPU 93% > 80%",
            6 * MINUTE,
            prometheus,
            "avg by (service) (ecs_cpu_utilization)",
        );
        Given {
            name: "api-2",
            tasks: (2, 3),
            definition: "api:118",
            age: 14 * MINUTE,
            cpu: measured(93.0, Warning, &[22.0, 30.0, 55.0, 85.0, 96.0, 97.0, 93.0]),
            memory: measured(71.0, Ok, &[58.0, 58.0, 60.0, 66.0, 70.0, 71.0, 71.0]),
            web: Some((412.0, (4.1, Warning), 1.8)),
            findings: vec![errors, missing, memory],
        }
    };
    let worker = Given {
        name: "worker",
        tasks: (4, 4),
        definition: "worker:57",
        age: 2 * DAY,
        cpu: measured(22.0, Ok, &[9.0, 20.0, 10.0, 21.0, 30.0, 21.0, 22.0]),
        memory: measured(88.0, Warning, &[70.0, 79.0, 80.0, 86.0, 88.0, 89.0, 88.0]),
        web: None,
        findings: vec![finding(
            Warning,
            FindingKind::Memory,
            "memory 88% > 85%",
            3 * HOUR,
            prometheus,
            "avg by (service) (ecs_memory_utilization)",
        )],
    };
    let calm = |name, tasks, definition, age, cpu: f64, memory: f64, web: (f64, f64, f64)| Given {
        name,
        tasks,
        definition,
        age,
        cpu: measured(cpu, Ok, &[cpu, cpu * 0.9, cpu * 1.2, cpu, cpu * 0.8, cpu, cpu]),
        memory: measured(memory, Ok, &[memory]),
        web: Some((web.0, (web.1, Ok), web.2)),
        findings: Vec::new(),
    };
    let mut services: Vec<ServiceHealth> = [
        api_2,
        worker,
        calm("api-1", (3, 3), "api:117", 2 * DAY, 31.0, 44.0, (388.0, 0.0, 0.120)),
        calm("atlantis", (1, 1), "atlantis:12", 9 * DAY, 3.0, 41.0, (1.0, 0.0, 0.080)),
        calm("web", (2, 2), "web:301", 2 * DAY, 18.0, 52.0, (902.0, 0.1, 0.095)),
    ]
    .into_iter()
    .map(health)
    .collect();
    services.extend(["alertmanager", "exporter", "grafana", "prometheus"].map(|name| {
        let given = calm(name, (1, 1), "stack:4", 30 * DAY, 4.0, 30.0, (2.0, 0.0, 0.010));
        ServiceHealth { is_stack: true, ..health(given) }
    }));
    services[0].alerts = vec![0];
    services[0].targets = vec![0, 1];
    services
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn alert(name: &str, service: &str, severity: Severity, since: i64) -> Alert {
    Alert {
        name: name.to_owned(),
        severity,
        state: AlertState::Firing,
        suppression: None,
        since: Some(ago(since)),
        labels: labels(&[("alertname", name), ("service", service), ("severity", severity.word()), ("env", "prod")]),
        annotations: labels(&[("summary", &format!("{service} is past its threshold"))]),
        value: Some("4.1".to_owned()),
        query: Some(format!("job:errors:rate5m{{service=\"{service}\"}} > 1")),
        url: Some("https://prometheus.example.com/graph?g0.expr=errors".to_owned()),
        seen_in: vec![SourceKind::Prometheus, SourceKind::Alertmanager],
        owner: Some(Owner::named(service)),
        service: Some(ServiceId::new("prod", service)),
    }
}

fn target(job: &str, instance: &str, service: &str, health: TargetHealth) -> Target {
    let down = health == TargetHealth::Down;
    Target {
        job: job.to_owned(),
        instance: instance.to_owned(),
        url: format!("http://{instance}/metrics"),
        health,
        last_error: if down {
            "Get \"http://10.0.12.35:9100/metrics\": connection refused".to_owned()
        } else {
            String::new()
        },
        last_scrape: Some(ago(8)),
        scrape_took: Some(Duration::from_millis(12)),
        interval: Some(Duration::from_secs(15)),
        labels: labels(&[("job", job), ("instance", instance), ("service", service)]),
        owner: Some(Owner::named(service)),
    }
}

fn source(kind: SourceKind, place: &str, state: SourceState) -> SourceStatus {
    SourceStatus {
        kind,
        place: place.to_owned(),
        state,
        version: matches!(kind, SourceKind::Prometheus).then(|| "2.42.0".to_owned()),
        latency: Some(Duration::from_millis(84)),
        requests: 1_204,
        requests_last_round: 6,
        problems: Vec::new(),
        facts: vec![("head series".to_owned(), "512".to_owned())],
        owes_alerts: kind.has_alerts(),
        tells_alerts: kind.has_alerts(),
    }
}

fn change(seconds: i64, kind: OccurrenceKind, service: &str, text: &str) -> Occurrence {
    Occurrence { at: ago(seconds), kind, service: Some(ServiceId::new("prod", service)), text: text.to_owned() }
}

/// The morning itself.
pub(super) fn bad_morning() -> Snapshot {
    let fresh = || SourceState::Fresh { at: ago(3) };
    let silence = Silence {
        id: "s1".to_owned(),
        matchers: vec!["alertname=\"HighCPU\"".to_owned(), "service=\"web\"".to_owned()],
        starts_at: Some(ago(20 * MINUTE)),
        ends_at: Some(ago(-40 * MINUTE)),
        created_by: "kim".to_owned(),
        comment: "load test".to_owned(),
        source: SourceKind::Alertmanager,
    };
    let silenced = Alert {
        suppression: Some(Suppression::Silenced(vec!["s1".to_owned()])),
        ..alert("HighCPU", "web", Severity::Warning, 20 * MINUTE)
    };
    Snapshot {
        context: context(),
        at: now(),
        verdict: Verdict::Critical,
        services: services(),
        findings: Vec::new(),
        alerts: vec![
            alert("HighErrorRate", "api-2", Severity::Critical, 12 * MINUTE),
            alert("HighMemory", "worker", Severity::Warning, 3 * HOUR),
            Alert { state: AlertState::Pending, ..alert("HighLatency", "api-2", Severity::Warning, 2 * MINUTE) },
            silenced,
        ],
        silences: vec![silence],
        targets: vec![
            target("ecs-services", "10.0.12.35:9100", "api-2", TargetHealth::Down),
            target("ecs-services", "10.0.12.34:9100", "api-2", TargetHealth::Up),
            target("ecs-services", "10.0.13.11:9100", "worker", TargetHealth::Up),
            target("cloudwatch", "exporter:9106", "exporter", TargetHealth::Up),
        ],
        targets_known: true,
        sources: vec![
            source(SourceKind::Ecs, "ap-northeast-2, cluster prod", fresh()),
            source(SourceKind::Prometheus, "https://grafana.example.com through data source prom", fresh()),
            source(SourceKind::Alertmanager, "http://alertmanager.internal:9093", fresh()),
            source(SourceKind::Grafana, "https://grafana.example.com", fresh()),
            source(SourceKind::CloudWatch, "ap-northeast-2", SourceState::Stale { at: ago(4 * MINUTE) }),
        ],
        dashboards: Vec::new(),
        changes: vec![
            change(70, OccurrenceKind::TaskStopped, "api-2", "task 77e0ab12 stopped: OutOfMemory"),
            change(12 * MINUTE, OccurrenceKind::AlertFired, "api-2", "HighErrorRate fires"),
            change(14 * MINUTE, OccurrenceKind::Deployed, "api-2", "deployment api:118"),
            change(3 * HOUR, OccurrenceKind::AlertFired, "worker", "HighMemory fires"),
            change(5 * HOUR, OccurrenceKind::AlertResolved, "web", "HighCPU resolved"),
            change(20 * HOUR, OccurrenceKind::Deployed, "web", "deployment web:301"),
        ],
        strangers: vec!["legacy-cron".to_owned()],
        notes: Vec::new(),
    }
}

/// An hour of every signal of `api-2`, with a gap and a climb.
pub(super) fn chart(span: Span) -> Chart {
    let line = |values: &[f64]| {
        let mut points: Vec<Option<f64>> = (0..120).map(|index| Some(values[index * values.len() / 120])).collect();
        points[40..46].fill(None);
        Series::from_values(ago(59 * MINUTE), Duration::from_secs(30), points)
    };
    let prometheus = SourceKind::Prometheus;
    Chart {
        ask: ChartAsk { service: ServiceId::new("prod", "api-2"), span },
        lines: vec![
            (Signal::Cpu, prometheus, line(&[22.0, 25.0, 31.0, 29.0, 40.0, 55.0, 62.0, 85.0, 96.0, 97.0, 93.0, 93.0])),
            (Signal::Memory, prometheus, line(&[58.0, 58.0, 60.0, 66.0, 70.0, 71.0])),
            (Signal::Traffic, prometheus, line(&[300.0, 320.0, 350.0, 410.0, 400.0, 412.0])),
            (Signal::Errors, prometheus, line(&[0.1, 0.0, 0.1, 0.2, 3.0, 4.4, 4.1])),
            (Signal::LatencyP50, prometheus, line(&[0.03, 0.03, 0.04, 0.2])),
            (Signal::LatencyP95, prometheus, line(&[0.09, 0.1, 0.4, 1.8])),
            (Signal::LatencyP99, prometheus, line(&[0.2, 0.2, 0.9, 2.6])),
        ],
        problems: Vec::new(),
    }
}

/// Many services with made-up values, for tests of size and of chance.
pub(super) fn many(count: usize) -> Snapshot {
    let mut snapshot = bad_morning();
    let given = services();
    let mut services: Vec<ServiceHealth> = (0..count)
        .map(|number| {
            let mut service = given[number % given.len()].clone();
            service.id = ServiceId::new("prod", format!("service-{number:04}"));
            service.alerts.clear();
            service.targets.clear();
            service
        })
        .collect();
    services.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.id.cmp(&b.id)));
    snapshot.services = services;
    snapshot
}

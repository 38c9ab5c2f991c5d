//! Snapshots to write reports of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    Alert, AlertState, ContextInfo, Deployment, DeploymentStatus, EcsService, ErrorClass, Evidence, Finding,
    FindingKind, Labels, Observed, Occurrence, OccurrenceKind, Owner, Rollout, Sampled, ServiceHealth, ServiceId,
    Severity, Signal, SignalHealth, Silence, Since, Snapshot, SourceError, SourceKind, SourceState, SourceStatus,
    Suppression, Target, TargetHealth, TaskCounts, TaskDefinition, Unit, Verdict,
};

/// The moment every sample is of: 09:02:14 in Seoul.
pub fn now() -> Timestamp {
    "2026-11-22T00:02:14Z".parse().unwrap()
}

pub fn ago(seconds: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_secs(seconds)).unwrap()
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

pub fn fresh(value: f64) -> Observed<f64> {
    Observed::Fresh(Sampled { value, at: ago(3), source: SourceKind::Prometheus })
}

fn does_not_apply(why: &str) -> Observed<f64> {
    Observed::NotApplicable(Arc::from(why))
}

/// A service with the five signals of a round; `None` does not apply.
pub fn service(name: &str, tasks: (u32, u32), signals: [Option<f64>; 5], changed: i64) -> ServiceHealth {
    let mut health: [SignalHealth; 7] = std::array::from_fn(|_| SignalHealth {
        now: does_not_apply("it serves no requests"),
        series: None,
        level: Verdict::Ok,
        query: None,
    });
    for (signal, value) in Signal::ROUND.into_iter().zip(signals) {
        if let Some(value) = value {
            let slot = &mut health[signal as usize];
            slot.now = fresh(value);
            slot.query = Some(Arc::from(format!("sum by (service) ({})", signal.key())));
        }
    }
    let (running, desired) = tasks;
    ServiceHealth {
        id: ServiceId::new("prod", name),
        verdict: Verdict::Ok,
        findings: Vec::new(),
        tasks: Observed::Fresh(Sampled {
            value: TaskCounts { running, desired, pending: desired.saturating_sub(running) },
            at: ago(8),
            source: SourceKind::Ecs,
        }),
        signals: health,
        is_stack: name == "prometheus",
        changed_at: Some(ago(changed)),
        ecs: Some(Arc::new(ecs(name, tasks, changed))),
        definition: Some(Arc::new(TaskDefinition {
            name: format!("{name}:118"),
            images: vec![("app".to_owned(), format!("registry.example/{name}:1.4.2"))],
            cpu: Some("512".to_owned()),
            memory: Some("1024".to_owned()),
            architecture: None,
        })),
        alerts: Vec::new(),
        targets: Vec::new(),
    }
}

fn ecs(name: &str, (running, desired): (u32, u32), changed: i64) -> EcsService {
    let rolling = running < desired;
    EcsService {
        id: ServiceId::new("prod", name),
        status: "ACTIVE".to_owned(),
        desired,
        running,
        pending: desired - running,
        launch: "FARGATE".to_owned(),
        definition: format!("{name}:118"),
        percents: Some((100, 200)),
        created_at: Some(ago(90 * DAY)),
        deployments: vec![Deployment {
            id: "ecs-svc/118".to_owned(),
            status: DeploymentStatus::Primary,
            rollout: if rolling { Rollout::InProgress } else { Rollout::Completed },
            reason: Some("ECS deployment ecs-svc/118 in progress.".to_owned()).filter(|_| rolling),
            definition: format!("{name}:118"),
            desired,
            running,
            pending: desired - running,
            failed_tasks: 0,
            created_at: Some(ago(changed)),
            updated_at: Some(ago(changed / 2)),
        }],
        events: Vec::new(),
        tasks: Vec::new(),
        tasks_known: true,
    }
}

pub fn finding(verdict: Verdict, kind: FindingKind, text: &str, since: i64) -> Finding {
    let (source, query, value, threshold) = match kind {
        FindingKind::Errors => (
            SourceKind::Prometheus,
            r#"100 * sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))"#,
            Some((4.1, Unit::Percent)),
            Some((">=", 1.0)),
        ),
        FindingKind::Memory => {
            (SourceKind::Prometheus, "ecs_memory_utilization", Some((88.2, Unit::Percent)), Some((">", 85.0)))
        }
        FindingKind::Alert => (SourceKind::Alertmanager, "GET /api/v2/alerts", None, None),
        _ => (SourceKind::Ecs, "ecs:DescribeServices", None, None),
    };
    Finding {
        verdict,
        kind,
        text: text.to_owned(),
        since: Some(Since { at: ago(since), or_earlier: kind == FindingKind::Memory }),
        evidence: Evidence { source, query: query.to_owned(), value, threshold, at: ago(3) },
    }
}

fn source(kind: SourceKind, place: &str, state: SourceState) -> SourceStatus {
    SourceStatus {
        kind,
        place: place.to_owned(),
        state,
        version: (kind == SourceKind::Prometheus).then(|| "2.42.0".to_owned()),
        latency: Some(Duration::from_millis(38)),
        requests: 12,
        requests_last_round: 6,
        problems: Vec::new(),
        facts: vec![("head series".to_owned(), "5120".to_owned())],
        owes_alerts: kind.has_alerts(),
        tells_alerts: true,
    }
}

fn sources() -> Vec<SourceStatus> {
    let fresh = || SourceState::Fresh { at: ago(3) };
    vec![
        source(SourceKind::Ecs, "ap-northeast-2, cluster prod", fresh()),
        source(SourceKind::Prometheus, "http://prometheus.internal:9090", fresh()),
        source(SourceKind::Alertmanager, "http://alertmanager.internal:9093", fresh()),
        source(SourceKind::Grafana, "https://grafana.example.com", fresh()),
        source(SourceKind::CloudWatch, "ap-northeast-2", SourceState::Standby),
    ]
}

fn alert(name: &str, service: &str, severity: Severity, since: i64, summary: &str) -> Alert {
    Alert {
        name: name.to_owned(),
        severity,
        state: AlertState::Firing,
        suppression: None,
        since: Some(ago(since)),
        labels: Labels::from([
            ("alertname".to_owned(), name.to_owned()),
            ("service".to_owned(), service.to_owned()),
            ("severity".to_owned(), severity.word().to_owned()),
        ]),
        annotations: BTreeMap::from([("summary".to_owned(), summary.to_owned())]),
        value: Some("4.13".to_owned()),
        query: Some("job:errors:ratio > 0.01".to_owned()),
        url: Some("http://prometheus.internal:9090/graph".to_owned()),
        seen_in: vec![SourceKind::Prometheus, SourceKind::Alertmanager],
        owner: Some(Owner::named(service)),
        service: Some(ServiceId::new("prod", service)),
    }
}

fn target(instance: &str, health: TargetHealth) -> Target {
    Target {
        job: "ecs-services".to_owned(),
        instance: instance.to_owned(),
        url: format!("http://{instance}/metrics"),
        health,
        last_error: if health == TargetHealth::Down { "connection refused".to_owned() } else { String::new() },
        last_scrape: Some(ago(9)),
        scrape_took: Some(Duration::from_millis(4)),
        interval: Some(Duration::from_secs(15)),
        labels: Labels::new(),
        owner: Some(Owner::named("api-2")),
    }
}

/// Five services and one of the stack's own, all well.
pub fn all_ok() -> Snapshot {
    Snapshot {
        context: ContextInfo {
            name: "prod".to_owned(),
            production: true,
            demo: false,
            region: Some("ap-northeast-2".to_owned()),
            account: Some("000048210917".to_owned()),
            caller_arn: None,
        },
        at: now(),
        verdict: Verdict::Ok,
        services: vec![
            service("api-1", (3, 3), [Some(31.2), Some(44.0), Some(388.4), Some(0.0), Some(0.12)], 2 * DAY),
            service("api-2", (3, 3), [Some(33.0), Some(52.4), Some(412.0), Some(0.02), Some(0.131)], 3 * DAY),
            service("atlantis", (1, 1), [Some(3.1), Some(41.0), Some(1.2), Some(0.0), Some(0.08)], 9 * DAY),
            service("prometheus", (1, 1), [Some(12.0), Some(61.0), None, None, None], 20 * DAY),
            service("web", (2, 2), [Some(18.0), Some(52.0), Some(902.0), Some(0.1), Some(0.095)], 2 * DAY),
            service("worker", (4, 4), [Some(22.0), Some(71.0), None, None, None], 2 * DAY),
        ],
        findings: Vec::new(),
        alerts: Vec::new(),
        silences: Vec::new(),
        targets: vec![target("10.0.1.12:8080", TargetHealth::Up)],
        targets_known: true,
        sources: sources(),
        dashboards: Vec::new(),
        changes: Vec::new(),
        strangers: Vec::new(),
        notes: Vec::new(),
    }
}

fn named<'a>(snapshot: &'a mut Snapshot, name: &str) -> &'a mut ServiceHealth {
    snapshot.services.iter_mut().find(|service| service.id.name == name).unwrap()
}

fn worst_first(snapshot: &mut Snapshot) {
    snapshot.services.sort_by(|one, other| other.verdict.cmp(&one.verdict).then_with(|| one.id.cmp(&other.id)));
}

/// One service critical, one with a warning; one alert silenced, one target down, ECS half read.
pub fn bad_morning() -> Snapshot {
    let mut snapshot = all_ok();
    let changed = service("api-2", (2, 3), [Some(93.1), Some(71.0), Some(412.3), Some(4.1), Some(1.84)], 14 * MINUTE);
    let hot = named(&mut snapshot, "api-2");
    *hot = changed;
    hot.verdict = Verdict::Critical;
    hot.signals[Signal::Cpu as usize].level = Verdict::Warning;
    hot.signals[Signal::Errors as usize].level = Verdict::Critical;
    hot.findings = vec![
        finding(Verdict::Critical, FindingKind::Errors, "error rate 4.1% >= 1%", 12 * MINUTE),
        finding(Verdict::Critical, FindingKind::OutOfMemory, "task 3f9c21aa killed: out of memory", 74),
        finding(Verdict::Warning, FindingKind::TasksMissing, "1 of 3 tasks missing, replacement pending", 40),
    ];
    let full = named(&mut snapshot, "worker");
    full.verdict = Verdict::Warning;
    full.signals[Signal::Memory as usize].now = fresh(88.2);
    full.signals[Signal::Memory as usize].level = Verdict::Warning;
    full.findings = vec![finding(Verdict::Warning, FindingKind::Memory, "memory 88% > 85%", 3 * HOUR)];
    worst_first(&mut snapshot);
    snapshot.verdict = Verdict::Critical;
    let mut silenced = alert("HighCPU", "web", Severity::Warning, 2 * HOUR, "CPU over 80 % for 5 minutes");
    silenced.suppression = Some(Suppression::Silenced(vec!["5f2c".to_owned()]));
    let mut pending = alert("HighLatency", "api-2", Severity::Warning, 2 * MINUTE, "p95 over 1 s");
    pending.state = AlertState::Pending;
    snapshot.alerts = vec![
        alert("HighErrorRate", "api-2", Severity::Critical, 12 * MINUTE, "more than 1 % of requests fail"),
        alert("HighMemory", "worker", Severity::Warning, 3 * HOUR, "memory over 85 % for 5 minutes"),
        pending,
        silenced,
    ];
    snapshot.silences = vec![Silence {
        id: "5f2c".to_owned(),
        matchers: vec![r#"service="web""#.to_owned()],
        starts_at: Some(ago(20 * MINUTE)),
        ends_at: Some(ago(-40 * MINUTE)),
        created_by: "kim".to_owned(),
        comment: "load test".to_owned(),
        source: SourceKind::Alertmanager,
    }];
    snapshot.targets.insert(0, target("10.0.1.13:8080", TargetHealth::Down));
    snapshot.findings = vec![finding(
        Verdict::Warning,
        FindingKind::TargetDown,
        "target 10.0.1.13:8080 of ecs-services is down: connection refused",
        4 * MINUTE,
    )];
    snapshot.changes = vec![Occurrence {
        at: ago(14 * MINUTE),
        kind: OccurrenceKind::Deployed,
        service: Some(ServiceId::new("prod", "api-2")),
        text: "deployment api:118".to_owned(),
    }];
    snapshot.sources[0].problems = vec![
        SourceError::new(ErrorClass::Forbidden, "ecs:DescribeTaskDefinition: AccessDenied")
            .with_hint("allow ecs:DescribeTaskDefinition to the role rounds-viewer"),
    ];
    snapshot.strangers = vec!["batch-legacy".to_owned()];
    snapshot
}

/// Prometheus refuses for four minutes: its last values, and CPU and memory of some services from the fallback.
pub fn prometheus_down() -> Snapshot {
    let mut snapshot = all_ok();
    let why: Arc<str> = Arc::from("prometheus does not answer");
    for (index, service) in snapshot.services.iter_mut().enumerate() {
        service.verdict = Verdict::Unknown;
        for signal in Signal::ROUND {
            let slot = &mut service.signals[signal as usize];
            let Some(sampled) = slot.now.fresh().cloned() else { continue };
            slot.now = match signal {
                Signal::Cpu | Signal::Memory if index % 2 == 0 => {
                    Observed::Fresh(Sampled { at: ago(70), source: SourceKind::CloudWatch, ..sampled })
                }
                Signal::LatencyP95 => Observed::Unknown(Arc::clone(&why)),
                _ => Observed::Stale(Sampled { at: ago(4 * MINUTE), ..sampled }, Arc::clone(&why)),
            };
        }
        let mut unread =
            finding(Verdict::Unknown, FindingKind::NoData, "requests, errors and latency are not known", 240);
        unread.evidence.source = SourceKind::Prometheus;
        unread.evidence.query = "POST /api/v1/query".to_owned();
        service.findings = vec![unread];
    }
    snapshot.verdict = Verdict::Critical;
    let mut down =
        finding(Verdict::Critical, FindingKind::Source, "prometheus does not answer: connection refused", 240);
    down.evidence.source = SourceKind::Prometheus;
    snapshot.findings = vec![down];
    snapshot.targets = Vec::new();
    snapshot.targets_known = false;
    snapshot.sources[1].state = SourceState::Failing {
        last_good: Some(ago(4 * MINUTE)),
        since: ago(4 * MINUTE - 15),
        error: SourceError::new(
            ErrorClass::Connect,
            "POST http://prometheus.internal:9090/api/v1/query: connection refused",
        )
        .with_hint("check that the task of prometheus runs, and its security group"),
    };
    snapshot.sources[4].state = SourceState::Fresh { at: ago(5) };
    snapshot
}

/// No backend answers and nothing is remembered.
pub fn nothing_reachable() -> Snapshot {
    let mut snapshot = no_services();
    snapshot.verdict = Verdict::Unknown;
    snapshot.notes = Vec::new();
    for source in &mut snapshot.sources {
        source.version = None;
        source.latency = None;
        source.facts = Vec::new();
        source.state = match source.kind {
            SourceKind::CloudWatch => SourceState::Standby,
            SourceKind::Grafana => SourceState::Waiting,
            kind => SourceState::Failing {
                last_good: None,
                since: ago(1),
                error: SourceError::new(ErrorClass::Timeout, format!("{kind}: no answer within 10s"))
                    .with_hint("check the network: is the VPN up?"),
            },
        };
    }
    snapshot.targets = Vec::new();
    snapshot.targets_known = false;
    snapshot
}

/// Everything answers and there is no service.
pub fn no_services() -> Snapshot {
    let mut snapshot = all_ok();
    snapshot.services = Vec::new();
    snapshot.targets = Vec::new();
    snapshot.notes = vec!["no services in cluster prod of ap-northeast-2".to_owned()];
    snapshot
}

/// Names that are long, wide, and repeated in two clusters, in a demo.
pub fn long_names() -> Snapshot {
    let mut snapshot = bad_morning();
    snapshot.context.demo = true;
    snapshot.context.name = "스테이징-환경".to_owned();
    let names = [
        "payments-reconciliation-worker-blue",
        "결제-정산-서비스-운영-2026",
        "web",
        "web",
        "決済サービス",
        "api|2 `x` @all",
    ];
    for (service, name) in snapshot.services.iter_mut().zip(names) {
        name.clone_into(&mut service.id.name);
    }
    "batch".clone_into(&mut snapshot.services[2].id.cluster);
    "HighErrorRateOnPaymentsReconciliationWorkerBlue".clone_into(&mut snapshot.alerts[0].name);
    snapshot.alerts[0].service = Some(snapshot.services[0].id.clone());
    snapshot.alerts[1].service = Some(snapshot.services[1].id.clone());
    "메모리 사용률이 85 %를 넘었습니다. 작업자를 확인하십시오"
        .clone_into(snapshot.alerts[1].annotations.get_mut("summary").unwrap());
    snapshot.silences[0].created_by = "kim.long-name@platform.example.com".to_owned();
    snapshot.services[1].findings[0].text = "메모리 88% > 85%, 작업 4개 중 3개".to_owned();
    snapshot
}

/// Puts the same text wherever a backend could have put its own.
pub fn poisoned(mut snapshot: Snapshot, text: &str) -> Snapshot {
    let foreign = || text.to_owned();
    let poison_finding = |finding: &mut Finding| {
        finding.text = foreign();
        finding.evidence.query = foreign();
    };
    snapshot.context.name = foreign();
    snapshot.context.region = Some(foreign());
    for service in &mut snapshot.services {
        service.id = ServiceId::new(foreign(), foreign());
        service.findings.iter_mut().for_each(poison_finding);
        service.definition = Some(Arc::new(TaskDefinition {
            name: foreign(),
            images: vec![(foreign(), foreign())],
            cpu: None,
            memory: None,
            architecture: Some(foreign()),
        }));
        if let Some(ecs) = &mut service.ecs {
            for deployment in &mut Arc::make_mut(ecs).deployments {
                deployment.id = foreign();
                deployment.definition = foreign();
                deployment.reason = Some(foreign());
            }
        }
        for signal in &mut service.signals {
            signal.query = Some(Arc::from(text));
            signal.now = match &signal.now {
                Observed::Fresh(sampled) => Observed::Stale(sampled.clone(), Arc::from(text)),
                _ => Observed::Unknown(Arc::from(text)),
            };
        }
    }
    snapshot.findings.iter_mut().for_each(poison_finding);
    for alert in &mut snapshot.alerts {
        alert.name = foreign();
        alert.labels = Labels::from([(foreign(), foreign())]);
        alert.annotations = Labels::from([("summary".to_owned(), foreign())]);
        alert.service = None;
        alert.owner = Some(Owner::named(text));
        alert.value = Some(foreign());
        alert.query = Some(foreign());
        alert.url = Some(foreign());
        if alert.suppression.is_some() {
            alert.suppression = Some(Suppression::Muted(vec![foreign()]));
        }
    }
    for silence in &mut snapshot.silences {
        silence.matchers = vec![foreign()];
        silence.created_by = foreign();
        silence.comment = foreign();
    }
    for target in &mut snapshot.targets {
        target.job = foreign();
        target.instance = foreign();
        target.url = foreign();
        target.last_error = foreign();
    }
    for source in &mut snapshot.sources {
        source.place = foreign();
        source.version = Some(foreign());
        source.facts = vec![(foreign(), foreign())];
        source.problems = vec![SourceError::new(ErrorClass::Garbage, text).with_hint(text)];
    }
    snapshot.changes.iter_mut().for_each(|change| change.text = foreign());
    snapshot.strangers = vec![foreign()];
    snapshot.notes = vec![foreign()];
    snapshot
}

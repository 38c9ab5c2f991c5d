//! Which incidents each scenario has, and whom they befall.

use crate::domain::{ErrorClass, FindingKind, Severity, Signal, SourceError, SourceKind};

use super::alerts::{Quiet, Standing};
use super::clock::{Cycle, DAY, Envelope, HOUR, MINUTE, Second};
use super::fleet::Service;
use super::incident::{
    BadDeploy, BadMorning, Bend, CrashLoop, DeadZone, Incident, Leak, LostTargets, Outage, Releases, Scrape,
    StuckDeploy, Swell,
};
use super::life::Ending;
use super::noise;
use super::scenario::Scenario;

/// Longer than anybody watches: for what does not come round again.
const ONCE: Second = 400 * DAY;

/// What happens beside the services.
#[derive(Debug, Default)]
pub struct Stage {
    /// Backends that do not answer.
    pub outages: Vec<Outage>,
    /// Alerts that come from no signal.
    pub standing: Vec<Standing>,
    /// Silences.
    pub quiets: Vec<Quiet>,
}

/// Sets the scene: gives every service its incidents, and says what happens beside them.
pub fn set(scenario: Scenario, seed: u64, fleet: &mut [Service]) -> Stage {
    let mut stage = Stage::default();
    for service in fleet.iter_mut() {
        let mut incidents = befalls(scenario, service, &mut stage);
        if incidents.is_empty() {
            incidents = misfortune(scenario, seed, service);
        }
        if incidents.is_empty() && scenario != Scenario::ReleaseDay {
            incidents = routine(service);
        }
        service.incidents = incidents;
    }
    if scenario == Scenario::MixedBadDay && fleet.iter().any(|service| service.id.name == "web") {
        stage.standing.push(Standing {
            name: "CertificateExpiresSoon",
            service: "web",
            severity: Severity::Warning,
            since: -26 * HOUR,
            expr: "(probe_ssl_earliest_cert_expiry - time()) / 86400 < 14",
            value: 12.9,
            summary: "the certificate of web expires in 12 days",
        });
        stage.quiets.push(Quiet {
            cycle: Cycle::new(-20 * MINUTE, 80 * MINUTE),
            lasts: HOUR,
            alert: "CertificateExpiresSoon",
            service: "web",
            by: "kim",
            comment: "renewal is under way, DNS validation pending",
        });
    }
    stage
}

fn boxed(incident: impl Incident + 'static) -> Box<dyn Incident> {
    Box::new(incident)
}

/// What happens to a service by name.
fn befalls(scenario: Scenario, service: &Service, stage: &mut Stage) -> Vec<Box<dyn Incident>> {
    use Scenario as S;
    match (scenario, service.id.name.as_str()) {
        (S::MixedBadDay, name) => bad_morning(name, service),
        (S::HotCpu, "api-2") => vec![boxed(hot(service, -25 * MINUTE, 75 * MINUTE))],
        (S::MemoryLeak, "api-2") => {
            vec![boxed(leak(service, 50 - 24 * MINUTE, 24 * MINUTE, &[FindingKind::Memory, FindingKind::OutOfMemory]))]
        }
        (S::BadDeploy, "api-2") => vec![boxed(BadDeploy {
            cycle: Cycle::new(-298, 26 * MINUTE),
            good: service.revision,
            planted: vec![FindingKind::Errors, FindingKind::TaskUnhealthy],
            seed: service.seed,
        })],
        (S::StuckDeploy, "web") => vec![boxed(StuckDeploy {
            cycle: Cycle::new(-22 * MINUTE, 70 * MINUTE),
            lasts: 31 * MINUTE,
            before: service.revision,
            slots: service.tasks,
            planted: vec![FindingKind::DeploymentStuck, FindingKind::TaskPending],
        })],
        (S::CrashLoop, "worker") => vec![boxed(crash_loop(vec![1, 3]))],
        (S::PrometheusDown, "prometheus") => {
            stage.outages.push(prometheus_down());
            vec![boxed(prometheus_crashes())]
        }
        (S::GrafanaUnreachable, "grafana") => {
            stage.outages.push(grafana_down());
            vec![boxed(grafana_crashes())]
        }
        (S::MetricsStopped, "api-1" | "api-2" | "web" | "worker") => metrics_stop(service),
        (S::AlertStorm, _) if !service.stack && service.tasks >= 3 => dead_zone(service),
        (S::Flapping, "api-2") => vec![boxed(flapping(service))],
        (S::ReleaseDay, name) => release_day(name, service),
        (S::Throttled, "api-2") => {
            stage.outages.extend(throttling());
            routine(service)
        }
        (S::SsoExpired, "api-2") => {
            stage.outages.extend([SourceKind::Ecs, SourceKind::CloudWatch].map(expired));
            routine(service)
        }
        (S::VpnDown, "api-2") => {
            stage.outages.extend([SourceKind::Prometheus, SourceKind::Alertmanager].map(unresolved));
            routine(service)
        }
        _ => Vec::new(),
    }
}

/// The small share of a large fleet that is in trouble whenever the scenario has trouble with services.
fn misfortune(scenario: Scenario, seed: u64, service: &Service) -> Vec<Box<dyn Incident>> {
    let is_further =
        !service.stack && !matches!(service.id.name.as_str(), "api-1" | "api-2" | "worker" | "web" | "atlantis");
    // Where the backends are the trouble, they are all of it: what cannot be seen need not be found.
    let is_about_services = matches!(
        scenario,
        Scenario::MixedBadDay
            | Scenario::HotCpu
            | Scenario::MemoryLeak
            | Scenario::BadDeploy
            | Scenario::StuckDeploy
            | Scenario::CrashLoop
            | Scenario::AlertStorm
            | Scenario::Flapping
    );
    let chance = noise::fork(noise::fork(seed, 0xbad), service.seed);
    if !is_further || !is_about_services || noise::pick(chance, 1_000) >= 15 {
        return Vec::new();
    }
    let ago = -noise::pick(chance >> 16, 1_500).cast_signed() - 10 * MINUTE;
    vec![match (chance >> 32) & 3 {
        0 if service.http => boxed(failing(service, ago)),
        1 => boxed(leak(service, ago / 2, 40 * MINUTE, &[FindingKind::OutOfMemory])),
        2 => boxed(CrashLoop { how: Ending::FailedContainerCheck, sick: Some(14), ..crash_loop(vec![0]) }),
        _ => boxed(hot(service, ago, 75 * MINUTE)),
    }]
}

/// What happens to a service on any day: releases that go well.
fn routine(service: &Service) -> Vec<Box<dyn Incident>> {
    match service.id.name.as_str() {
        // Yesterday afternoon, and again ninety seconds into the simulation.
        "web" => vec![boxed(releases(service, -19 * HOUR, 19 * HOUR + 90))],
        "api-1" => vec![boxed(releases(service, 16 * MINUTE, 71 * MINUTE))],
        "worker" => vec![boxed(releases(service, -15 * HOUR, 15 * HOUR + 41 * MINUTE)), boxed(night_batch(service))],
        _ => Vec::new(),
    }
}

fn releases(service: &Service, first: Second, period: Second) -> Releases {
    Releases { cycle: Cycle::new(first, period), revision: service.revision + 1, slots: service.tasks, pace: 64 }
}

/// A batch job that ran hot last night; its alert has long been resolved.
fn night_batch(service: &Service) -> Swell {
    let cycle = Cycle::new(-5 * HOUR - 50 * MINUTE, ONCE);
    swell(service, Envelope { cycle, rise: 40, hold: 9 * MINUTE, fall: 60 }, &[(Signal::Cpu, Bend::To(88.0))], &[])
}

fn swell(service: &Service, envelope: Envelope, bends: &[(Signal, Bend)], planted: &[FindingKind]) -> Swell {
    Swell { envelope, bends: bends.to_vec(), planted: planted.to_vec(), seed: service.seed }
}

fn hot(service: &Service, first: Second, period: Second) -> Swell {
    let envelope = Envelope { cycle: Cycle::new(first, period), rise: 5 * MINUTE, hold: 45 * MINUTE, fall: 4 * MINUTE };
    let bends = [
        (Signal::Cpu, Bend::To(92.5)),
        (Signal::Traffic, Bend::Times(2.1)),
        (Signal::LatencyP95, Bend::Times(4.5)),
        (Signal::Errors, Bend::Times(3.0)),
    ];
    swell(service, envelope, &bends, &[FindingKind::Cpu])
}

fn failing(service: &Service, first: Second) -> Swell {
    let envelope = Envelope { cycle: Cycle::new(first, 80 * MINUTE), rise: 90, hold: 50 * MINUTE, fall: 2 * MINUTE };
    let bends = [(Signal::Errors, Bend::To(3.4)), (Signal::LatencyP95, Bend::Times(3.0))];
    swell(service, envelope, &bends, &[FindingKind::Errors])
}

fn leak(service: &Service, first: Second, period: Second, planted: &[FindingKind]) -> Leak {
    let floor = service.levels.memory.min(50.0);
    Leak { first, period, stagger: 75, slots: service.tasks, floor, planted: planted.to_vec() }
}

fn crash_loop(slots: Vec<u32>) -> CrashLoop {
    CrashLoop {
        cycle: Cycle::new(-16 * MINUTE, 90 * MINUTE),
        lasts: 60 * MINUTE,
        slots,
        runs: 22,
        wait: 24,
        boot: 38,
        how: Ending::Exited(1, Some("panic: config key QUEUE_URL is not set")),
        sick: None,
        scrape: Scrape::Answers,
        planted: vec![FindingKind::CrashLoop],
    }
}

fn prometheus_crashes() -> CrashLoop {
    CrashLoop {
        cycle: Cycle::new(-12 * MINUTE, 60 * MINUTE),
        lasts: 31 * MINUTE,
        slots: vec![0],
        runs: 6,
        wait: 20,
        boot: 40,
        how: Ending::Exited(2, Some("opening storage failed: lock DB directory: resource temporarily unavailable")),
        sick: None,
        scrape: Scrape::Fails("connection refused"),
        planted: vec![FindingKind::CrashLoop],
    }
}

fn prometheus_down() -> Outage {
    let what = "POST http://prometheus.internal:9090/api/v1/query: connection refused";
    Outage {
        source: SourceKind::Prometheus,
        cycle: Cycle::new(-12 * MINUTE, 60 * MINUTE),
        lasts: 32 * MINUTE,
        error: SourceError::new(ErrorClass::Connect, what).with_hint("look at the tasks of service prometheus"),
        down: true,
        partial: false,
    }
}

fn grafana_crashes() -> CrashLoop {
    CrashLoop {
        cycle: Cycle::new(-9 * MINUTE, 55 * MINUTE),
        lasts: 30 * MINUTE,
        slots: vec![0],
        runs: 95,
        wait: 5,
        boot: 40,
        how: Ending::FailedBalancerCheck,
        sick: Some(70),
        scrape: Scrape::Fails("connection refused"),
        planted: vec![FindingKind::CrashLoop],
    }
}

fn grafana_down() -> Outage {
    let what =
        "GET https://grafana.example.com/api/health: 503 Service Temporarily Unavailable (from the load balancer)";
    Outage {
        source: SourceKind::Grafana,
        cycle: Cycle::new(-9 * MINUTE, 55 * MINUTE),
        lasts: 31 * MINUTE,
        error: SourceError::new(ErrorClass::Server, what)
            .with_hint("no healthy target: look at the tasks of service grafana"),
        down: true,
        partial: false,
    }
}

fn metrics_stop(service: &Service) -> Vec<Box<dyn Incident>> {
    let (scrape, found) = if service.http && service.id.name != "web" {
        (Scrape::Undiscovered, FindingKind::TargetMissing)
    } else {
        (Scrape::Fails("context deadline exceeded"), FindingKind::TargetDown)
    };
    let planted = if service.http { vec![found, FindingKind::MetricsStopped] } else { vec![found] };
    let cycle = Cycle::new(-18 * MINUTE, 75 * MINUTE);
    vec![boxed(LostTargets { cycle, lasts: 40 * MINUTE, scrape, planted })]
}

fn dead_zone(service: &Service) -> Vec<Box<dyn Incident>> {
    let cycle = Cycle::new(-8 * MINUTE, 70 * MINUTE);
    let mut incidents =
        vec![boxed(DeadZone { cycle, lasts: 34 * MINUTE, zone: 'c', planted: vec![FindingKind::TargetDown] })];
    if service.http {
        let share = 100.0 / f64::from(service.tasks);
        let bends = [
            (Signal::Errors, Bend::To(share * 0.22)),
            (Signal::LatencyP95, Bend::To(2.4)),
            (Signal::Cpu, Bend::Times(1.3)),
        ];
        let envelope = Envelope { cycle, rise: 45, hold: 33 * MINUTE, fall: 90 };
        incidents.push(boxed(swell(service, envelope, &bends, &[FindingKind::Errors])));
    }
    incidents
}

fn flapping(service: &Service) -> Swell {
    let envelope = Envelope { cycle: Cycle::new(-31 * MINUTE, 210), rise: 50, hold: 70, fall: 50 };
    swell(service, envelope, &[(Signal::Errors, Bend::To(1.15))], &[])
}

fn release_day(name: &str, service: &Service) -> Vec<Box<dyn Incident>> {
    let first = match name {
        "api-1" => -58 * MINUTE,
        "api-2" => -3 * MINUTE,
        "web" => -31 * MINUTE,
        "worker" => -70,
        "atlantis" => -16 * MINUTE,
        _ => return Vec::new(),
    };
    vec![boxed(releases(service, first, 33 * MINUTE))]
}

fn throttling() -> [Outage; 3] {
    let outage = |source, first, lasts, call: &str, partial| Outage {
        source,
        cycle: Cycle::new(first, 100),
        lasts,
        error: SourceError::new(ErrorClass::Throttled, format!("{call}: ThrottlingException: Rate exceeded"))
            .with_hint("others use the same account's quota; asking less often"),
        down: false,
        partial,
    };
    [
        outage(SourceKind::Ecs, -600, 32, "DescribeServices", false),
        outage(SourceKind::Ecs, -568, 45, "DescribeTasks", true),
        outage(SourceKind::CloudWatch, -600, 70, "GetMetricData", false),
    ]
}

fn expired(source: SourceKind) -> Outage {
    let call = if source == SourceKind::Ecs { "ListClusters" } else { "GetMetricData" };
    let what = format!("{call}: ExpiredTokenException: the SSO session of profile prod has expired");
    Outage {
        source,
        cycle: Cycle::new(-31 * MINUTE, 90 * MINUTE),
        lasts: 36 * MINUTE,
        error: SourceError::new(ErrorClass::Credentials, what).with_hint("run: aws sso login --profile prod"),
        down: false,
        partial: false,
    }
}

fn unresolved(source: SourceKind) -> Outage {
    let what = match source {
        SourceKind::Prometheus => {
            "POST http://prometheus.internal:9090/api/v1/query: prometheus.internal does not resolve"
        }
        _ => "GET http://alertmanager.internal:9093/api/v2/alerts: alertmanager.internal does not resolve",
    };
    Outage {
        source,
        cycle: Cycle::new(-4 * MINUTE, 45 * MINUTE),
        lasts: 10 * MINUTE,
        error: SourceError::new(ErrorClass::Dns, what).with_hint("is the VPN up?"),
        down: false,
        partial: false,
    }
}

/// The mixed bad day: one main actor and a cast that never rests.
fn bad_morning(name: &str, service: &Service) -> Vec<Box<dyn Incident>> {
    match name {
        "api-2" => vec![boxed(BadMorning {
            cycle: Cycle::new(BadMorning::FIRST, HOUR),
            before: service.revision,
            slots: service.tasks,
            planted: vec![FindingKind::Errors, FindingKind::Cpu, FindingKind::TasksMissing, FindingKind::OutOfMemory],
            seed: service.seed,
        })],
        "worker" => {
            let cycle = Cycle::new(-3 * HOUR - 10 * MINUTE, 9 * HOUR);
            let envelope = Envelope { cycle, rise: 10 * MINUTE, hold: 7 * HOUR, fall: 20 * MINUTE };
            let mut incidents = routine(service);
            incidents.push(boxed(swell(
                service,
                envelope,
                &[(Signal::Memory, Bend::To(88.0))],
                &[FindingKind::Memory],
            )));
            // Now and then a message that one task cannot digest.
            incidents.push(boxed(CrashLoop {
                cycle: Cycle::new(70, 17 * MINUTE),
                lasts: 1,
                how: Ending::Exited(1, Some("unhandled message: order 81-2204 has no currency")),
                planted: Vec::new(),
                ..crash_loop(vec![3])
            }));
            incidents
        }
        "web" => {
            let envelope = Envelope { cycle: Cycle::new(25, 7 * MINUTE), rise: 20, hold: 170, fall: 30 };
            vec![
                boxed(releases(service, -19 * HOUR, 19 * HOUR + 31 * MINUTE)),
                boxed(swell(service, envelope, &[(Signal::LatencyP95, Bend::To(1.4))], &[])),
            ]
        }
        "api-1" => {
            let envelope = Envelope { cycle: Cycle::new(95, 11 * MINUTE), rise: 15, hold: 170, fall: 20 };
            vec![
                boxed(swell(
                    service,
                    envelope,
                    &[(Signal::Cpu, Bend::To(84.0)), (Signal::Traffic, Bend::Times(1.9))],
                    &[],
                )),
                boxed(releases(service, 300, 43 * MINUTE)),
            ]
        }
        "atlantis" => {
            // Somebody plans and applies.
            let envelope = Envelope { cycle: Cycle::new(-40, 6 * MINUTE), rise: 10, hold: 75, fall: 15 };
            vec![boxed(swell(
                service,
                envelope,
                &[(Signal::Cpu, Bend::To(58.0)), (Signal::Traffic, Bend::Times(6.0))],
                &[],
            ))]
        }
        _ => Vec::new(),
    }
}

//! Which incidents each scenario has, and whom they befall.

mod backends;
mod bad_day;
mod routine;

use crate::domain::{FindingKind, Signal, SourceKind};

use super::alerts::{Quiet, Standing};
use super::clock::{Cycle, Envelope, MINUTE, Second};
use super::estate::GrafanaTrouble;
use super::fleet::Service;
use super::incident::{
    BadDeploy, Bend, CrashLoop, DeadZone, Incident, Leak, LostTargets, Outage, Scrape, StuckDeploy, Swell, Wedge,
};
use super::life::Ending;
use super::noise;
use super::scenario::Scenario;

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
        let mut incidents = befalls(scenario, seed, service, &mut stage);
        if incidents.is_empty() {
            incidents = misfortune(scenario, seed, service);
        }
        if incidents.is_empty() && scenario != Scenario::ReleaseDay {
            incidents = routine::routine(service);
        }
        service.incidents = incidents;
    }
    if scenario == Scenario::MixedBadDay && fleet.iter().any(|service| service.id.name == "web") {
        stage.standing.push(bad_day::certificate());
        stage.quiets.push(bad_day::silence());
    }
    stage
}

fn boxed(incident: impl Incident + 'static) -> Box<dyn Incident> {
    Box::new(incident)
}

/// What happens to a service by name.
fn befalls(scenario: Scenario, seed: u64, service: &Service, stage: &mut Stage) -> Vec<Box<dyn Incident>> {
    use Scenario as S;
    match (scenario, service.id.name.as_str()) {
        (S::MixedBadDay, name) => bad_day::incidents(name, service),
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
            stage.outages.push(backends::prometheus_down());
            vec![boxed(backends::prometheus_crashes())]
        }
        (S::GrafanaUnreachable, "grafana") => {
            let trouble = GrafanaTrouble::of(seed);
            stage.outages.push(backends::grafana_down(trouble));
            if trouble == GrafanaTrouble::Unhealthy { vec![boxed(backends::grafana_crashes())] } else { Vec::new() }
        }
        (S::MetricsStopped, "api-1" | "api-2" | "web" | "worker") => metrics_stop(service),
        (S::AlertStorm, _) if !service.stack && service.tasks >= 3 => dead_zone(service),
        (S::WedgedTask, "api-2") => vec![boxed(Wedge {
            from: -9 * MINUTE,
            slot: 1,
            errors: 7.4,
            p95: 2.6,
            planted: vec![FindingKind::Errors, FindingKind::TargetDown],
            seed: service.seed,
        })],
        (S::Flapping, "api-2") => vec![boxed(flapping(service))],
        (S::ReleaseDay, name) => routine::release_day(name, service),
        (S::Throttled, "api-2") => {
            stage.outages.extend(backends::throttling());
            routine::routine(service)
        }
        (S::SsoExpired, "api-2") => {
            stage.outages.extend([SourceKind::Ecs, SourceKind::CloudWatch].map(backends::expired));
            routine::routine(service)
        }
        (S::VpnDown, "api-2") => {
            stage.outages.extend([SourceKind::Prometheus, SourceKind::Alertmanager].map(backends::unresolved));
            routine::routine(service)
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

/// Signals of a service that bend together.
fn swell(service: &Service, envelope: Envelope, bends: &[(Signal, Bend)], planted: &[FindingKind]) -> Swell {
    Swell { envelope, bends: bends.to_vec(), planted: planted.to_vec(), seed: service.seed }
}

/// Twice the usual traffic.
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

/// Requests that fail.
fn failing(service: &Service, first: Second) -> Swell {
    let envelope = Envelope { cycle: Cycle::new(first, 80 * MINUTE), rise: 90, hold: 50 * MINUTE, fall: 2 * MINUTE };
    let bends = [(Signal::Errors, Bend::To(3.4)), (Signal::LatencyP95, Bend::Times(3.0))];
    swell(service, envelope, &bends, &[FindingKind::Errors])
}

/// Memory that leaks.
fn leak(service: &Service, first: Second, period: Second, planted: &[FindingKind]) -> Leak {
    let floor = service.levels.memory.min(50.0);
    Leak { first, period, stagger: 75, slots: service.tasks, floor, planted: planted.to_vec() }
}

/// Tasks that exit soon after they start.
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

/// A service that Prometheus loses: discovery forgets some, scrapes of others time out.
fn metrics_stop(service: &Service) -> Vec<Box<dyn Incident>> {
    let (scrape, found) = if service.http && service.id.name != "web" {
        (Scrape::Undiscovered, FindingKind::TargetMissing)
    } else {
        (Scrape::Fails("context deadline exceeded"), FindingKind::TargetDown)
    };
    let planted = if service.http { vec![found, FindingKind::MetricsStopped] } else { vec![found] };
    let cycle = Cycle::new(-18 * MINUTE, 75 * MINUTE);
    let mut incidents = routine::routine(service);
    incidents.push(boxed(LostTargets { cycle, lasts: 40 * MINUTE, scrape, planted }));
    incidents
}

/// A service with tasks in a zone that cannot be reached.
fn dead_zone(service: &Service) -> Vec<Box<dyn Incident>> {
    let cycle = Cycle::new(-8 * MINUTE, 70 * MINUTE);
    let mut incidents = routine::routine(service);
    incidents.push(boxed(DeadZone { cycle, lasts: 34 * MINUTE, zone: 'c', planted: vec![FindingKind::TargetDown] }));
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

/// An error rate that swings around its threshold.
fn flapping(service: &Service) -> Swell {
    let envelope = Envelope { cycle: Cycle::new(-31 * MINUTE, 210), rise: 50, hold: 70, fall: 50 };
    swell(service, envelope, &[(Signal::Errors, Bend::To(1.15))], &[])
}

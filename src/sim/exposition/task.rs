//! The page of one task: what a small web service or worker exposes with the usual client library.

use super::super::clock::Second;
use super::super::life::Life;
use super::super::noise;
use super::super::scene::Scene;
use super::ledger::{BOUNDS, Sums};
use super::page::{Family, Kind, counter, gauge};
use crate::domain::Signal;

/// What is asked of a service: method, route, its share of the requests and of the failures.
const ROUTES: [(&str, &str, f64, f64); 3] =
    [("GET", "/items", 0.58, 0.30), ("GET", "/items/{id}", 0.29, 0.15), ("POST", "/orders", 0.13, 0.55)];

/// Status codes of requests answered well, with their shares.
const OK: [(&str, f64); 2] = [("200", 0.994), ("404", 0.006)];
/// Status codes of failed requests, with their shares.
const FAILED: [(&str, f64); 2] = [("500", 0.7), ("503", 0.3)];

/// The metrics of a task that started at `started` (seconds since 1970) and has done `sums`.
pub fn families(scene: &Scene<'_>, life: &Life, at: Second, sums: &Sums, started: i64) -> Vec<Family> {
    let mut families = process(scene, life, at, sums, started);
    if scene.service.http {
        families.extend([requests(sums), durations(sums), in_flight(scene, at)]);
    }
    families
}

fn process(scene: &Scene<'_>, life: &Life, at: Second, sums: &Sums, started: i64) -> Vec<Family> {
    let service = scene.service;
    let memory = service.size.1.parse::<f64>().unwrap_or(0.0) * 1_048_576.0;
    let share = scene.moment(at).map_or(0.0, |moment| scene.value(Signal::Memory, at, &moment)) / 100.0;
    let chance = noise::fork(service.seed, u64::from(life.slot) ^ 0xfd);
    let revision = scene.timeline.rollouts.get(life.rollout).map_or(service.revision, |rollout| rollout.revision);
    let labels = vec![("version", service.tag(revision)), ("revision", revision.to_string())];
    vec![
        Family::new("app_build_info", Kind::Gauge, "The release that runs; always 1.").with(labels, 1.0),
        counter("process_cpu_seconds_total", "CPU time spent, in seconds.", sums.cpu),
        gauge("process_resident_memory_bytes", "Memory in use.", (share * memory).floor()),
        gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", started as f64),
        gauge("process_open_fds", "Open files.", (20 + noise::pick(chance, 30)) as f64),
        gauge("process_max_fds", "The most files that may be open.", 65_536.0),
    ]
}

fn requests(sums: &Sums) -> Family {
    let mut family = Family::new("http_requests_total", Kind::Counter, "Requests answered, by status code.");
    for (method, route, all, failures) in ROUTES {
        let labels =
            |code: &str| vec![("code", code.to_owned()), ("method", method.to_owned()), ("handler", route.to_owned())];
        for (code, share) in OK {
            family.add("", labels(code), (sums.ok * all * share).floor());
        }
        for (code, share) in FAILED {
            family.add("", labels(code), (sums.failed * failures * share).floor());
        }
    }
    family
}

fn durations(sums: &Sums) -> Family {
    let help = "How long requests took, in seconds.";
    let mut family = Family::new("http_request_duration_seconds", Kind::Histogram, help);
    for (bound, count) in BOUNDS.iter().zip(sums.within) {
        family.add("_bucket", vec![("le", bound.to_string())], count.floor());
    }
    let all = (sums.ok + sums.failed).floor();
    family.add("_bucket", vec![("le", "+Inf".to_owned())], all);
    family.add("_sum", Vec::new(), sums.latency);
    family.add("_count", Vec::new(), all);
    family
}

fn in_flight(scene: &Scene<'_>, at: Second) -> Family {
    let tasks = f64::from(scene.timeline.running(at).max(1));
    let now = scene.moment(at).map_or(0.0, |moment| {
        scene.value(Signal::Traffic, at, &moment) / tasks * scene.value(Signal::LatencyP50, at, &moment)
    });
    gauge("http_requests_in_flight", "Requests being answered.", now.round())
}

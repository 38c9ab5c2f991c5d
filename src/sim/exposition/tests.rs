//! The exporter's pages hang together: with the world, with one another and over time.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::Scenario;
use super::*;

const BEGAN: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn exporter(scenario: Scenario) -> Exporter {
    Exporter::new(Plan { scenario, ..Plan::default() }, BEGAN, Duration::from_hours(1))
}

fn after(seconds: i64) -> Timestamp {
    BEGAN + SignedDuration::from_secs(seconds)
}

/// Series and value of each line.
fn series(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

fn metrics(exporter: &Exporter, path: &str, now: Timestamp) -> BTreeMap<String, f64> {
    match exporter.page(path, now) {
        Page::Metrics(text) => series(&text),
        other => panic!("{path}: {other:?}"),
    }
}

/// The sum of a metric over the tasks of a service that answer.
fn total(exporter: &Exporter, service: &str, now: Timestamp, wanted: impl Fn(&str) -> bool) -> f64 {
    let targets = exporter.targets(service, now).unwrap();
    let pages = targets.iter().map(|target| metrics(exporter, &target.path, now));
    pages.flatten().filter(|(name, _)| wanted(name)).map(|(_, value)| value).sum()
}

#[test]
fn counters_grow_as_the_world_says() {
    let exporter = exporter(Scenario::Healthy);
    let (from, to) = (after(30), after(330));
    let requests = |now| total(&exporter, "api-1", now, |name| name.starts_with("http_requests_total"));
    let rate = (requests(to) - requests(from)) / 300.0;
    let scenes = exporter.world.scenes(200);
    let scene = scenes.iter().find(|scene| scene.service.id.name == "api-1").unwrap();
    let truth = scene.measured(crate::domain::SourceKind::Prometheus, crate::domain::Signal::Traffic, 200).unwrap();
    assert!((rate / truth - 1.0).abs() < 0.1, "{rate} requests a second, the world has {truth}");
}

#[test]
fn counters_never_fall_while_a_task_lives_whoever_asks() {
    let exporter = exporter(Scenario::MixedBadDay);
    let again = self::exporter(Scenario::MixedBadDay);
    let mut seen: BTreeMap<String, f64> = BTreeMap::new();
    for seconds in (0..900).step_by(7) {
        let now = after(seconds);
        for (service, _) in exporter.services() {
            for target in exporter.targets(service, now).unwrap() {
                let Page::Metrics(text) = exporter.page(&target.path, now) else { continue };
                for (name, value) in series(&text) {
                    if name.contains("_total") || name.contains("_bucket") || name.contains("_count") {
                        let before = seen.insert(format!("{} {name}", target.path), value);
                        assert!(before.is_none_or(|before| before <= value), "{name} fell from {before:?} to {value}");
                    }
                }
            }
        }
    }
    // Another exporter that was not asked before gives the same page.
    for target in exporter.targets("api-2", after(890)).unwrap() {
        let (here, there) = (exporter.page(&target.path, after(890)), again.page(&target.path, after(890)));
        match (here, there) {
            (Page::Metrics(here), Page::Metrics(there)) => {
                for ((name, here), (_, there)) in series(&here).into_iter().zip(series(&there)) {
                    assert!((here - there).abs() <= 1.0 + 1e-9 * here.abs(), "{name}: {here} and {there}");
                }
            }
            (here, there) => assert_eq!(here, there),
        }
    }
}

#[test]
fn a_histogram_is_cumulative_and_whole() {
    let exporter = exporter(Scenario::MixedBadDay);
    let target = exporter.targets("web", BEGAN).unwrap().remove(0);
    let Page::Metrics(text) = exporter.page(&target.path, BEGAN) else { panic!("web does not answer") };
    let buckets: Vec<f64> = text
        .lines()
        .filter(|line| line.starts_with("http_request_duration_seconds_bucket"))
        .map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
        .collect();
    assert_eq!(buckets.len(), ledger::BOUNDS.len() + 1);
    assert!(buckets.windows(2).all(|pair| pair[0] <= pair[1]), "{buckets:?}");
    let count = metrics(&exporter, &target.path, BEGAN)["http_request_duration_seconds_count"];
    assert!(count > 0.0 && (count - buckets.last().unwrap()).abs() < f64::EPSILON);
}

#[test]
fn the_history_ends_where_the_pages_begin() {
    let exporter = exporter(Scenario::Healthy);
    let sighting = Sighting { env: "local".to_owned(), exporter: "127.0.0.1:1".to_owned() };
    let pieces: Vec<String> = exporter.history(&sighting, Duration::from_mins(1)).collect();
    assert_eq!(pieces.len(), 62);
    assert_eq!(pieces.last().unwrap(), "# EOF\n");
    let last = &pieces[60];
    let target = exporter.targets("api-1", BEGAN).unwrap().remove(0);
    let page = metrics(&exporter, &target.path, BEGAN);
    let of_task: BTreeMap<String, f64> = last
        .lines()
        .filter(|line| line.contains(&format!("instance=\"{}\"", target.instance)))
        .map(|line| line.rsplit_once(' ').unwrap().0.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect();
    // Every series of the page, and `up`.
    assert_eq!(of_task.len(), page.len() + 1, "{of_task:#?}");
    let cpu = of_task.iter().find(|(name, _)| name.starts_with("process_cpu_seconds_total")).unwrap().1;
    assert!((cpu - page["process_cpu_seconds_total"]).abs() < 1e-6);
    assert!(last.lines().all(|line| line.ends_with(" 1800000000")), "{last}");
}

#[test]
fn every_scenario_has_pages_and_discovery() {
    for scenario in Scenario::ALL {
        let exporter = exporter(scenario);
        for (service, _) in exporter.services() {
            for target in exporter.targets(service, BEGAN).unwrap() {
                assert_ne!(exporter.page(&target.path, BEGAN), Page::Missing, "{scenario} {}", target.path);
            }
        }
        let page = metrics(&exporter, "/cloudwatch/metrics", BEGAN);
        let series = "aws_ecs_cpuutilization_average{job=\"aws_ecs\",instance=\"\",cluster_name=\"prod\",service_name=\"api-1\"}";
        assert!(page.contains_key(series), "{scenario}: {page:#?}");
    }
    let lost = exporter(Scenario::MetricsStopped);
    assert!(lost.targets("api-1", BEGAN).unwrap().is_empty());
    let hangs = lost.targets("web", BEGAN).unwrap().iter().any(|target| lost.page(&target.path, BEGAN) == Page::Hangs);
    assert!(hangs);
    assert_eq!(lost.targets("no-such", BEGAN), None);
    assert_eq!(lost.page("/tasks/web/nobody/metrics", BEGAN), Page::Refused);
    assert_eq!(lost.page("/", BEGAN), Page::Missing);
}

#[test]
fn what_stands_in_for_grafana_says_so() {
    let Page::Metrics(text) = exporter(Scenario::Healthy).page("/grafana/metrics", BEGAN) else { panic!("no page") };
    assert!(text.starts_with("# Simulated by rounds") && text.contains("version=\"simulated\""), "{text}");
}

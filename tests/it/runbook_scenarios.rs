//! Every shipped runbook in the simulated incident it is meant for: it finds what was planted, whichever fleet and moment;
//! in a healthy fleet it finds nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rounds::domain::{CheckState, Run, RunDeed, StepState};
use rounds::engine::{self, Clock, Station, runs};
use rounds::runbook::{Course, Library, best_alert};
use rounds::sim::{EPOCH, Plan, Scenario, World};

/// Runbook, scenario, the causes of which the conclusion must name at least one, and the change it must propose, if any.
const CASES: [(&str, Scenario, &[&str], &[&str]); 11] = [
    ("prometheus-down", Scenario::PrometheusDown, &["lock-held"], &["restart", "redeploy"]),
    (
        "grafana-unreachable",
        Scenario::GrafanaUnreachable,
        &["health-check-failed", "no-healthy-target"],
        &["restart", "redeploy"],
    ),
    ("metrics-stopped", Scenario::MetricsStopped, &["tasks-unscraped", "discovery-failing", "denied"], &["reload"]),
    ("high-cpu", Scenario::HotCpu, &["more-traffic", "past-threshold"], &["more-tasks"]),
    ("high-memory", Scenario::MemoryLeak, &["out-of-memory", "climbing"], &["restart", "redeploy"]),
    ("bad-deploy", Scenario::BadDeploy, &["rollout-failing", "rolled-back", "health-check-failed"], &[]),
    ("bad-deploy", Scenario::StuckDeploy, &["image-pull", "rollout-stuck", "task-stuck"], &[]),
    ("error-rate", Scenario::WedgedTask, &["odd-task", "task-unhealthy"], &["restart"]),
    ("error-rate", Scenario::Flapping, &["past-threshold"], &[]),
    ("error-rate", Scenario::BadDeploy, &["rollout-failing", "rolled-back", "changed-before"], &[]),
    ("alert-storm", Scenario::AlertStorm, &["one-zone"], &[]),
];

const SEEDS: [u64; 3] = [1, 7, 42];

/// Seconds after the beginning of the simulation; every incident is under way in all of them.
const MOMENTS: [i64; 3] = [0, 60, 200];

/// The same for an error rate that swings: high, falling, low.
const SWINGS: [i64; 3] = [100, 170, 210];

fn go_through(name: &str, scenario: Scenario, seed: u64, after: i64) -> Run {
    let library = Library::load(None);
    let runbook = Arc::clone(library.named(name).unwrap());
    let world = Arc::new(World::new(Plan { scenario, services: 5, seed }));
    let mut station = Station::simulated(&world, 0.0, &[]).unwrap();
    let now: Timestamp = EPOCH + SignedDuration::from_secs(after);
    station.clock = Clock::simulated(now, 0.0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let snapshot = Arc::new(engine::once(&station, Duration::from_secs(10)).await);
        let alert = best_alert(&runbook, &snapshot, None);
        let mut course = Course::begin(&runbook, &snapshot, alert, &BTreeMap::new(), now).unwrap();
        runs::look(&station, &snapshot, &mut course, |_| {}).await;
        course.run().clone()
    })
}

fn story(run: &Run) -> String {
    let steps: Vec<String> =
        run.steps.iter().map(|step| format!("  {} {}: {}", step.state.word(), step.id, step.said)).collect();
    let causes: Vec<_> = run.conclusion.causes.iter().map(|cause| (&cause.name, &cause.steps)).collect();
    format!("{:?} {:?}\n{}\n{causes:?}", run.alert, run.inputs, steps.join("\n"))
}

#[test]
fn each_finds_what_was_planted() {
    for (name, scenario, causes, proposals) in CASES {
        for seed in SEEDS {
            for after in if scenario == Scenario::Flapping { SWINGS } else { MOMENTS } {
                let run = go_through(name, scenario, seed, after);
                let at = format!("{name} in {scenario}, seed {seed}, after {after}s:\n{}", story(&run));
                let named: Vec<&str> = run.conclusion.causes.iter().filter_map(|cause| cause.name.as_deref()).collect();
                assert!(named.iter().any(|cause| causes.contains(cause)), "{at}");
                assert!([1, 2].contains(&run.exit_code()), "{at}");
                assert!(run.conclusion.next_step.is_some(), "{at}");
                assert!(run.conclusion.causes.iter().all(|cause| !cause.evidence.is_empty()), "{at}");
                let queued: Vec<&str> = run.queued().map(|step| run.steps[step].id.as_str()).collect();
                if !proposals.is_empty() {
                    assert!(queued.iter().any(|step| proposals.contains(step)), "{queued:?} {at}");
                }
            }
        }
    }
}

#[test]
fn in_a_healthy_fleet_none_finds_anything_and_proposes_nothing() {
    for name in rounds::runbook::shipped_names() {
        for seed in SEEDS {
            for after in MOMENTS {
                let run = go_through(name, Scenario::Healthy, seed, after);
                let at = format!("{name}, seed {seed}, after {after}s:\n{}", story(&run));
                assert_eq!(run.conclusion.state, CheckState::Pass, "{at}");
                assert_eq!(run.exit_code(), 0, "{at}");
                assert_eq!(run.queued().count(), 0, "{at}");
                let checks = run.steps.iter().filter(|step| matches!(step.deed, RunDeed::Check { .. }));
                for step in checks {
                    assert!(matches!(step.state, StepState::Pass | StepState::Skipped), "{at}");
                }
            }
        }
    }
}

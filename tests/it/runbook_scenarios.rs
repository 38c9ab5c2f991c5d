//! Every shipped runbook in the simulated incident it is meant for: it finds what was planted, whichever fleet and moment;
//! in a healthy fleet it finds nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rounds::domain::{CheckKind, CheckState, Deed, Run, RunDeed, StepState};
use rounds::engine::{self, Clock, Station, runs};
use rounds::runbook::{Course, Library, best_alert};
use rounds::sim::estate::planted_causes;
use rounds::sim::{EPOCH, Plan, Scenario, World};

/// Runbook, scenario, and the changes of which it must propose one, if any.
const CASES: [(&str, Scenario, &[&str]); 11] = [
    ("prometheus-down", Scenario::PrometheusDown, &["restart", "redeploy"]),
    ("grafana-unreachable", Scenario::GrafanaUnreachable, &[]),
    ("metrics-stopped", Scenario::MetricsStopped, &["reload"]),
    ("high-cpu", Scenario::HotCpu, &["more-tasks"]),
    ("high-memory", Scenario::MemoryLeak, &["restart", "redeploy"]),
    ("bad-deploy", Scenario::BadDeploy, &[]),
    ("bad-deploy", Scenario::StuckDeploy, &[]),
    ("error-rate", Scenario::WedgedTask, &["restart"]),
    ("error-rate", Scenario::Flapping, &[]),
    ("error-rate", Scenario::BadDeploy, &[]),
    ("alert-storm", Scenario::AlertStorm, &[]),
];

/// Causes that show the same trouble while a task is being replaced.
const SIGNS: [(&str, &str); 1] = [("target-unhealthy", "health-check-failed")];

/// Another seed is another fleet, and of some incidents another reason.
const SEEDS: [u64; 4] = [1, 7, 42, 8];

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
    for (name, scenario, proposals) in CASES {
        for seed in SEEDS {
            for after in if scenario == Scenario::Flapping { SWINGS } else { MOMENTS } {
                let run = go_through(name, scenario, seed, after);
                let at = format!("{name} in {scenario}, seed {seed}, after {after}s:\n{}", story(&run));
                let named: Vec<&str> = run.conclusion.causes.iter().filter_map(|cause| cause.name.as_deref()).collect();
                let planted: Vec<&str> = planted_causes(scenario, seed)
                    .into_iter()
                    .filter(|planted| asks(name, planted.kind))
                    .map(|planted| planted.cause)
                    .collect();
                assert!(!planted.is_empty(), "nothing is planted in {scenario}");
                // What is planted is told for the beginning; later the same trouble may show by another of its signs.
                let found = planted.iter().filter(|cause| named.contains(cause)).count();
                if after == MOMENTS[0] {
                    assert_eq!(found, planted.len(), "{planted:?} is not all found by {at}");
                } else {
                    let by_another_sign =
                        SIGNS.iter().any(|(one, other)| planted.contains(one) && named.contains(other));
                    assert!(found > 0 || by_another_sign, "none of {planted:?} is found by {at}");
                }
                assert_eq!(run.exit_code(), 2, "{at}");
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

/// Whether a runbook has a check of a kind.
fn asks(name: &str, wanted: CheckKind) -> bool {
    let library = Library::load(None);
    let steps = &library.named(name).unwrap().steps;
    steps.iter().any(|step| matches!(step.deed, Deed::Check { kind, .. } if kind == wanted))
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

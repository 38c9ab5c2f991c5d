//! Checks of the simulated fleet: what is planted is found, and nothing where nothing is.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::domain::{CheckKind, CheckState, ErrorClass, HopKind, SourceError, SourceKind, SourceState};
use crate::engine::{self, Station};
use crate::sim::estate::{GrafanaTrouble, planted_causes};
use crate::sim::{EPOCH, Plan, Scenario};

struct Fleet {
    prober: Arc<dyn Prober>,
    snapshot: Snapshot,
}

impl Fleet {
    async fn of(scenario: Scenario, seed: u64) -> Self {
        let world = Arc::new(World::new(Plan { scenario, seed, ..Plan::default() }));
        let station = Station::simulated(&world, 0.0, &[]).unwrap();
        let snapshot = engine::once(&station, Duration::from_secs(10)).await;
        Self { prober: Arc::clone(&station.prober), snapshot }
    }

    async fn ask(&self, check: Check) -> CheckResult {
        self.prober.ask(&check, &self.snapshot, EPOCH).await
    }

    async fn trace(&self, service: &str) -> Trace {
        self.prober.trace(&ServiceId::new("prod", service), &self.snapshot, EPOCH).await
    }
}

/// Every question that can be asked of a fleet without being told an address.
fn questions(fleet: &Fleet) -> Vec<Check> {
    let mut all = Vec::new();
    for row in CheckKind::ROWS {
        let needs_service = row.options.iter().any(|option| option.name == "service" && option.required);
        if !needs_service {
            all.push(Check::new(row.kind));
            continue;
        }
        for service in &fleet.snapshot.services {
            let check = Check::new(row.kind).with("service", service.id.to_string());
            if row.kind == CheckKind::Signal {
                let signals = ["cpu", "memory", "traffic", "errors", "latency-p95"];
                all.extend(signals.map(|signal| check.clone().with("signal", signal)));
            } else {
                all.push(check);
            }
        }
    }
    all
}

#[tokio::test]
async fn a_healthy_fleet_has_nothing_to_find() {
    let fleet = Fleet::of(Scenario::Healthy, 1).await;
    for check in questions(&fleet) {
        let result = fleet.ask(check.clone()).await;
        if check.kind == CheckKind::Iam && result.state == CheckState::Unknown {
            assert!(result.summary.contains("what it needs is not known: name it with --actions"), "{result:#?}");
            continue;
        }
        assert_eq!(result.state, CheckState::Pass, "{check}: {result:#?}");
        assert!(result.causes.is_empty() && result.next_step.is_none(), "{check}: {result:#?}");
    }
    for service in &fleet.snapshot.services {
        let trace = fleet.trace(&service.id.name).await;
        assert_eq!((trace.state(), trace.broken), (CheckState::Pass, None), "{trace:#?}");
    }
}

#[tokio::test]
async fn a_fleet_of_which_no_task_is_scraped_does_not_pass() {
    let mut fleet = Fleet::of(Scenario::Healthy, 1).await;
    let own: Vec<usize> = fleet
        .snapshot
        .services
        .iter()
        .filter(|service| !service.is_stack)
        .flat_map(|service| service.targets.clone())
        .collect();
    let mut position = 0;
    fleet.snapshot.targets.retain(|_| {
        position += 1;
        !own.contains(&(position - 1))
    });
    for service in &mut fleet.snapshot.services {
        service.targets.clear();
    }
    let result = fleet.ask(Check::new(CheckKind::Discovery)).await;
    assert_eq!(result.state, CheckState::Fail, "{result:#?}");
    assert!(result.causes.iter().any(|cause| cause == "no-job"), "{result:#?}");
    assert!(result.summary.starts_with("none of "), "{result:#?}");
}

#[tokio::test]
async fn alerts_of_a_source_that_has_none_to_tell_are_not_known() {
    let mut fleet = Fleet::of(Scenario::Healthy, 1).await;
    for source in &mut fleet.snapshot.sources {
        source.tells_alerts = false;
    }
    let result = fleet.ask(Check::new(CheckKind::Alerts)).await;
    assert_eq!(result.state, CheckState::Unknown, "{result:#?}");
}

#[tokio::test]
async fn what_fails_of_a_source_that_is_not_asked_for_alerts_leaves_them_known() {
    let mut fleet = Fleet::of(Scenario::Healthy, 1).await;
    let error = SourceError::new(ErrorClass::Unsupported, "dashboards: GET /api/search: 404");
    for source in fleet.snapshot.sources.iter_mut().filter(|source| source.kind == SourceKind::Grafana) {
        (source.owes_alerts, source.tells_alerts) = (false, false);
        source.problems = vec![error.clone()];
    }
    assert_eq!(fleet.ask(Check::new(CheckKind::Alerts)).await.state, CheckState::Pass);
    for source in fleet.snapshot.sources.iter_mut().filter(|source| source.kind == SourceKind::Grafana) {
        source.state = SourceState::Failing { last_good: None, since: EPOCH, error: error.clone() };
    }
    assert_eq!(fleet.ask(Check::new(CheckKind::Alerts)).await.state, CheckState::Pass);
    for source in fleet.snapshot.sources.iter_mut().filter(|source| source.kind == SourceKind::Grafana) {
        source.owes_alerts = true;
    }
    let result = fleet.ask(Check::new(CheckKind::Alerts)).await;
    assert_eq!(result.state, CheckState::Unknown, "{result:#?}");
}

#[tokio::test]
async fn what_is_planted_is_found() {
    let mut sought = 0;
    for scenario in Scenario::ALL {
        for seed in 1..=4 {
            let planted = planted_causes(scenario, seed);
            if planted.is_empty() {
                continue;
            }
            let fleet = Fleet::of(scenario, seed).await;
            for planted in planted {
                let mut check = Check::new(planted.kind);
                if let Some(service) = planted.service {
                    check = check.with("service", service);
                }
                if planted.kind == CheckKind::Signal {
                    let signal = match scenario {
                        Scenario::MemoryLeak => "memory",
                        Scenario::WedgedTask | Scenario::Flapping => "errors",
                        _ => "cpu",
                    };
                    check = check.with("signal", signal);
                }
                let result = fleet.ask(check.clone()).await;
                let is_found = result.causes.iter().any(|cause| cause == planted.cause);
                assert!(is_found, "{scenario} {seed}: {check} does not find {}: {result:#?}", planted.cause);
                assert!(result.state >= CheckState::Warn && result.next_step.is_some(), "{scenario}: {result:#?}");
                sought += 1;
            }
        }
    }
    assert!(sought >= 80, "only {sought} were sought");
}

#[tokio::test]
async fn every_cause_that_is_found_is_one_of_its_kind() {
    for scenario in Scenario::ALL {
        let fleet = Fleet::of(scenario, 1).await;
        for check in questions(&fleet) {
            let result = fleet.ask(check.clone()).await;
            for cause in &result.causes {
                let known = check.kind.row().causes.iter().any(|row| row.name == cause);
                assert!(known, "{scenario}: {check} finds {cause}, which its row does not list");
            }
            for name in result.facts.keys() {
                assert!(check.kind.facts().iter().any(|(known, _)| known == name), "{check} has a fact {name}");
            }
            assert!(!result.summary.is_empty() && !result.looked.is_empty(), "{check}: {result:#?}");
            let worst = result.looked.iter().map(|looked| looked.state).max();
            assert_eq!(worst, Some(result.state), "{check}: {result:#?}");
        }
    }
}

#[tokio::test]
async fn the_way_to_grafana_is_broken_where_that_was_planted() {
    for (seed, hop) in [(1, HopKind::TargetGroup), (2, HopKind::Listener), (3, HopKind::Listener), (4, HopKind::Dns)] {
        let fleet = Fleet::of(Scenario::GrafanaUnreachable, seed).await;
        let trace = fleet.trace("grafana").await;
        let broken = trace.broken.map(|position| trace.hops[position].kind);
        assert_eq!(broken, Some(hop), "{:?}: {trace:#?}", GrafanaTrouble::of(seed));
        let cause = planted_causes(Scenario::GrafanaUnreachable, seed)[0].cause;
        assert!(trace.causes.iter().any(|found| found == cause), "{cause}: {trace:#?}");
    }
}

#[tokio::test]
async fn a_question_without_what_it_needs_says_so() {
    let fleet = Fleet::of(Scenario::Healthy, 1).await;
    for (check, expected) in [
        (Check::new(CheckKind::Tasks), "--service is missing"),
        (Check::new(CheckKind::Tasks).with("service", "nobody"), "there is no service nobody"),
        (Check::new(CheckKind::Signal).with("service", "web").with("signal", "joy"), "there is no signal joy"),
        (Check::new(CheckKind::Tcp).with("host", "x").with("port", "0"), "0 is no port"),
        (Check::new(CheckKind::SecurityGroup).with("from", "office"), "`office` is neither"),
        (Check::new(CheckKind::Logs).with("service", "web").with("since", "long"), "since: "),
    ] {
        let result = fleet.ask(check.clone()).await;
        assert_eq!(result.state, CheckState::Unknown, "{check}");
        assert!(result.summary.contains(expected), "{check}: {}", result.summary);
    }
}

#[tokio::test]
async fn an_address_from_elsewhere_is_not_let_in_and_the_rule_is_named() {
    let fleet = Fleet::of(Scenario::Healthy, 1).await;
    let check = Check::new(CheckKind::SecurityGroup).with("from", "192.0.2.44");
    let result = fleet.ask(check).await;
    assert_eq!((result.state, result.causes.join(" ")), (CheckState::Fail, "no-ingress-rule".to_owned()));
    assert!(result.summary.contains("203.0.113.0/24 (office and VPN)"), "{}", result.summary);
    let step = result.next_step.unwrap();
    assert!(step.contains("--group-id sg-alb-grafana") && step.ends_with("--cidr 192.0.2.44/32"), "{step}");
}

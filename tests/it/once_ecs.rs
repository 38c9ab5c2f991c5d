//! What moto cannot show: pages, rollouts, stopped tasks, failures and refusals of ECS, end to end.

use serde_json::Value;

use crate::support::fake_ecs::{FakeEcs, Fleet, Rollout, Service, Stopped};
use crate::support::rounds::{Outcome, Rounds};

/// A fleet of one cluster.
fn fleet(services: Vec<Service>) -> FakeEcs {
    FakeEcs::start(Fleet { cluster: "prod".to_owned(), services })
}

/// A look without any configuration.
fn look(fake: &FakeEcs) -> Outcome {
    Rounds::new(["--once", "-o", "json"]).aws(&fake.url()).run()
}

fn stopped(exit_code: Option<i32>, container_reason: Option<&'static str>) -> Stopped {
    let reason = "Essential container in task exited";
    Stopped { code: "EssentialContainerExited", reason, exit_code, container_reason }
}

fn named<'d>(document: &'d Value, name: &str) -> &'d Value {
    let services = document["services"].as_array().unwrap();
    services.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no service {name}: {document:#}"))
}

/// The text of a service's finding of a kind.
#[track_caller]
fn finding<'d>(document: &'d Value, service: &str, kind: &str) -> &'d Value {
    let service = named(document, service);
    let findings = service["findings"].as_array().unwrap();
    findings.iter().find(|one| one["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {service:#}"))
}

#[track_caller]
fn expect_finding(document: &Value, service: &str, kind: &str, verdict: &str, text: &[&str]) {
    let found = finding(document, service, kind);
    assert_eq!(found["verdict"], verdict, "{found:#}");
    for part in text {
        assert!(found["text"].as_str().unwrap().contains(part), "{part:?} is not in {found:#}");
    }
}

fn source<'d>(document: &'d Value, name: &str) -> &'d Value {
    document["sources"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()
}

#[test]
fn every_page_of_a_fleet_is_read() {
    let fake = fleet((0..250).map(|n| Service::new(format!("svc-{n:03}"), 2)).collect());
    let outcome = look(&fake);
    let document = outcome.json();
    assert_eq!(document["summary"]["services"]["total"], 250);
    assert_eq!(document["summary"]["services"]["ok"], 250, "{:#}", document["summary"]);
    for service in document["services"].as_array().unwrap() {
        assert_eq!((&service["tasks"]["running"], &service["tasks"]["desired"]), (&2.into(), &2.into()), "{service:#}");
        assert_eq!(service["signals"]["cpu"]["source"], "cloudwatch", "{service:#}");
    }
    assert_eq!(fake.count("ListServices"), 3, "a hundred a page");
    assert_eq!(fake.count("DescribeServices"), 25, "ten a call");
    assert_eq!(fake.count("DescribeTasks"), 5, "a hundred a call");
    assert_eq!(fake.count("GetMetricData"), 1, "CPU and memory of 250 services in one call");
    outcome.expect_code(0);
}

#[test]
fn a_failed_rollout_is_critical_with_its_reason() {
    let mut api = Service::new("api", 3);
    api.rollout = Rollout::Failed { reason: "ECS deployment circuit breaker: tasks failed to start.".to_owned() };
    let outcome = look(&fleet(vec![api, Service::new("web", 1)]));
    let document = outcome.json();
    expect_finding(&document, "api", "deployment_failed", "critical", &["api:118", "circuit breaker"]);
    assert_eq!(named(&document, "web")["verdict"], "ok");
    outcome.expect_code(2);
}

#[test]
fn a_rollout_whose_tasks_fail_is_a_warning() {
    let mut api = Service::new("api", 3);
    api.rollout = Rollout::InProgress { failed_tasks: 2 };
    let mut calm = Service::new("calm", 3);
    calm.rollout = Rollout::InProgress { failed_tasks: 0 };
    let outcome = look(&fleet(vec![api, calm]));
    let document = outcome.json();
    expect_finding(&document, "api", "deployment_failed", "warning", &["api:118", "2 tasks failed"]);
    assert_eq!(named(&document, "calm")["verdict"], "ok", "a rollout by itself is no trouble: {document:#}");
    outcome.expect_code(1);
}

#[test]
fn tasks_that_keep_ending_are_a_crash_loop() {
    let mut worker = Service::new("worker", 2);
    worker.stopped = vec![stopped(Some(1), None); 4];
    let outcome = look(&fleet(vec![worker]));
    expect_finding(&outcome.json(), "worker", "crash_loop", "critical", &["4 tasks", "exited 1"]);
    outcome.expect_code(2);
}

#[test]
fn a_task_killed_for_its_memory_and_not_replaced_says_both() {
    let mut api = Service::new("api", 3);
    api.running = 2;
    api.stopped = vec![stopped(Some(137), Some("OutOfMemoryError: Container killed due to memory usage"))];
    let outcome = look(&fleet(vec![api]));
    let document = outcome.json();
    expect_finding(&document, "api", "out_of_memory", "warning", &["OutOfMemory"]);
    expect_finding(&document, "api", "tasks_missing", "warning", &["1 of 3", "OutOfMemory", "no replacement"]);
    outcome.expect_code(1);
}

#[test]
fn tasks_that_people_and_scaling_stopped_are_no_crashes() {
    let scaled = |code, reason| Stopped { code, reason, exit_code: Some(0), container_reason: None };
    let mut api = Service::new("api", 2);
    api.stopped = vec![
        scaled("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)"),
        scaled("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)"),
        scaled("UserInitiated", "Task stopped by user"),
        scaled("SpotInterruption", "Your Spot Task was interrupted."),
    ];
    let outcome = look(&fleet(vec![api]));
    assert_eq!(named(&outcome.json(), "api")["verdict"], "ok", "{outcome:#?}");
    outcome.expect_code(0);
}

#[test]
fn a_service_that_cannot_be_described_is_said_and_not_green() {
    let mut lost = Service::new("lost", 1);
    lost.missing = true;
    let outcome = look(&fleet(vec![Service::new("web", 1), lost]));
    let document = outcome.json();
    let ecs = source(&document, "ecs").to_string();
    assert!(!ecs.contains("not known yet"), "by now it is known where it is: {ecs}");
    assert!(ecs.contains("lost") && ecs.contains("MISSING"), "{document:#}");
    assert_eq!(named(&document, "web")["verdict"], "ok");
    outcome.expect_code(3);
}

#[test]
fn throttling_is_waited_out() {
    let fake = fleet(vec![Service::new("web", 1)]);
    for operation in ["ListServices", "DescribeServices", "ListTasks", "DescribeTasks"] {
        fake.throttle(operation, 1);
    }
    let outcome = look(&fake);
    let document = outcome.json();
    assert_eq!(source(&document, "ecs")["state"], "fresh", "{document:#}");
    assert_eq!(fake.count("DescribeServices"), 2, "asked again once");
    outcome.expect_code(0);
}

#[test]
fn where_tasks_are_denied_their_counts_are_still_known() {
    let fake = fleet(vec![Service::new("web", 2)]);
    fake.deny("ListTasks");
    let outcome = look(&fake);
    let document = outcome.json();
    let web = named(&document, "web");
    assert_eq!(web["tasks"]["running"], 2, "DescribeServices told: {web:#}");
    expect_finding(&document, "web", "no_data", "unknown", &["tasks"]);
    let text = outcome.stdout.as_str();
    assert!(text.contains("ecs:ListTasks"), "what must be allowed: {document:#}");
    outcome.expect_code(3);
}

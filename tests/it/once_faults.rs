//! Each backend in turn broken in every common way: what the others know is still there, the exit code is honest, and
//! the whole takes no longer than it may.

use std::time::Duration;

use serde_json::Value;

use crate::support::bridge::Trouble;
use crate::support::fault::{BrokenBackend, Fault};
use crate::support::rounds::Outcome;
use crate::support::scene::Scene;

/// What a look may take. The backends that are well must answer within it on a machine that has much else to do, and
/// every backend that hangs costs the whole of it.
const TIMEOUT: Duration = Duration::from_secs(8);

/// A look that may take [`TIMEOUT`]; at most half of it more to start, print and leave: two hangs one after the other
/// would take twice as long.
fn look(scene: &Scene, what: &str) -> Outcome {
    let outcome = scene.rounds(["--once", "-o", "json", "--timeout", "8s"]).run();
    assert!(outcome.took < TIMEOUT + TIMEOUT / 2, "{what}: {outcome:#?}");
    outcome
}

fn source<'a>(document: &'a Value, name: &str) -> &'a Value {
    let sources = document["sources"].as_array().unwrap();
    sources.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no source {name} in {sources:#?}"))
}

fn signal<'a>(document: &'a Value, service: &str, signal: &str) -> &'a Value {
    let services = document["services"].as_array().unwrap();
    let found = services.iter().find(|one| one["name"] == service);
    &found.unwrap_or_else(|| panic!("no service {service} in {document:#}"))["signals"][signal]
}

/// The broken source says that it is, with a reason of one printable line; the others are not touched by it.
#[track_caller]
fn expect_only_failing(document: &Value, broken: &str, what: &str) {
    let failing = source(document, broken);
    assert_eq!(failing["state"], "failing", "{what}: {failing:#}");
    let reason = failing["error"]["what"].as_str().unwrap();
    assert!(!reason.is_empty() && !reason.contains(char::is_control), "{what}: {reason:?}");
    for other in ["ecs", "prometheus", "alertmanager"] {
        if other != broken {
            assert_eq!(source(document, other)["state"], "fresh", "{what}: {other} suffers from {broken}");
        }
    }
}

#[test]
fn without_prometheus_cloudwatch_stands_in() {
    for fault in Fault::COMMON {
        let what = format!("prometheus {fault:?}");
        let backend = BrokenBackend::new(fault);
        let mut scene = Scene::calm();
        scene.prometheus = format!("url = \"{}\"", backend.url());
        let outcome = look(&scene, &what);
        let document = outcome.json();
        expect_only_failing(&document, "prometheus", &what);
        let cpu = signal(&document, "api-2", "cpu");
        assert_eq!(
            (cpu["value"].as_f64(), cpu["source"].as_str()),
            (Some(35.0), Some("cloudwatch")),
            "{what}: {cpu:#}"
        );
        let traffic = signal(&document, "api-2", "traffic");
        assert!(traffic["value"].is_null() && traffic["state"] != "fresh", "{what}: unknown is not zero: {traffic:#}");
        assert_eq!(document["broken_targets"], Value::Null, "{what}: not knowing the targets is not having none");
        assert_eq!(document["services"].as_array().unwrap().len(), 5, "{what}");
        assert_ne!(outcome.code, Some(0), "{what}: {document:#}");
    }
}

#[test]
fn without_prometheus_what_is_critical_still_is() {
    let backend = BrokenBackend::new(Fault::Hang);
    let mut scene = Scene::bad_morning();
    scene.prometheus = format!("url = \"{}\"", backend.url());
    let outcome = look(&scene, "prometheus hangs on a bad morning");
    let document = outcome.json();
    assert_eq!(signal(&document, "api-2", "cpu")["value"], 97.0, "from CloudWatch");
    let alerts = document["alerts"].as_array().unwrap();
    assert!(alerts.iter().any(|alert| alert["name"] == "HighCPUUsage"), "from Alertmanager: {alerts:#?}");
    outcome.expect_code(2);
}

#[test]
fn without_alertmanager_prometheus_knows_its_alerts() {
    for fault in Fault::COMMON {
        let what = format!("alertmanager {fault:?}");
        let backend = BrokenBackend::new(fault);
        let mut scene = Scene::bad_morning();
        scene.alertmanager = format!("url = \"{}\"", backend.url());
        let outcome = look(&scene, &what);
        let document = outcome.json();
        expect_only_failing(&document, "alertmanager", &what);
        let alerts = document["alerts"].as_array().unwrap();
        assert!(alerts.iter().any(|alert| alert["name"] == "HighCPUUsage"), "{what}: {alerts:#?}");
        assert_eq!(signal(&document, "api-2", "cpu")["value"], 97.0, "{what}");
        assert_eq!(outcome.code, Some(2), "{what}");
    }
    let mut calm = Scene::calm();
    let backend = BrokenBackend::new(Fault::Error500);
    calm.alertmanager = format!("url = \"{}\"", backend.url());
    let outcome = look(&calm, "alertmanager broken on a calm day");
    assert_ne!(outcome.code, Some(0), "not knowing what is silenced or firing is not ok: {outcome:#?}");
}

#[test]
fn without_ecs_the_metrics_still_name_the_services() {
    for fault in Fault::COMMON {
        let what = format!("ecs {fault:?}");
        let scene = Scene::bad_morning();
        scene.aws.trouble("ecs", Trouble::Broken(fault));
        let outcome = look(&scene, &what);
        let document = outcome.json();
        expect_only_failing(&document, "ecs", &what);
        assert_eq!(signal(&document, "api-2", "cpu")["value"], 97.0, "{what}");
        let tasks = &document["services"][0]["tasks"];
        assert!(tasks["running"].is_null(), "{what}: unknown is not zero: {tasks:#}");
        assert_eq!(outcome.code, Some(2), "{what}: what is critical still is: {document:#}");
    }
    let calm = Scene::calm();
    calm.aws.trouble("ecs", Trouble::Broken(Fault::Error500));
    assert_eq!(look(&calm, "ecs broken on a calm day").code, Some(3));
}

#[test]
fn all_of_aws_refused_is_as_ecs_refused() {
    let scene = Scene::calm();
    let backend = BrokenBackend::new(Fault::Refuse);
    let config = scene.config().replace(&scene.aws.url(), backend.url());
    let outcome = scene.rounds(["--once", "-o", "json", "--timeout", "8s"]).config(&config).run();
    assert!(outcome.took < TIMEOUT + TIMEOUT / 2, "{outcome:#?}");
    let document = outcome.json();
    assert_eq!(source(&document, "ecs")["state"], "failing");
    assert_eq!(source(&document, "ecs")["error"]["class"], "connect", "{document:#}");
    outcome.expect_code(3);
}

#[test]
fn without_cloudwatch_nothing_is_lost_that_prometheus_has() {
    for fault in Fault::COMMON {
        let what = format!("cloudwatch {fault:?}");
        let scene = Scene::calm();
        scene.aws.trouble("monitoring", Trouble::Broken(fault));
        let outcome = look(&scene, &what);
        assert_eq!(outcome.code, Some(0), "{what}: it is not needed: {outcome:#?}");
        assert_eq!(scene.aws.count("GetMetricData"), 0, "{what}");
    }
    // And where it is needed, its failure is said.
    let mut scene = Scene::calm();
    let backend = BrokenBackend::new(Fault::Refuse);
    scene.prometheus = format!("url = \"{}\"", backend.url());
    scene.aws.trouble("monitoring", Trouble::Broken(Fault::Error500));
    let outcome = look(&scene, "neither prometheus nor cloudwatch");
    let document = outcome.json();
    assert_eq!(source(&document, "cloudwatch")["state"], "failing", "{document:#}");
    let cpu = signal(&document, "api-1", "cpu");
    assert!(cpu["value"].is_null() && cpu["state"] == "unknown", "{cpu:#}");
    outcome.expect_code(3);
}

#[test]
fn a_throttled_ecs_is_asked_again_and_answers() {
    let scene = Scene::calm();
    scene.aws.trouble("ecs", Trouble::Throttled(2));
    let outcome = scene.rounds(["--once", "-o", "json"]).run();
    assert_eq!(source(&outcome.json(), "ecs")["state"], "fresh", "{outcome:#?}");
    outcome.expect_code(0);
}

#[test]
fn expired_and_forbidden_say_what_to_do() {
    for (trouble, class) in [(Trouble::Expired, "credentials"), (Trouble::Denied, "forbidden")] {
        let scene = Scene::calm();
        scene.aws.trouble("ecs", trouble);
        let outcome = look(&scene, class);
        let document = outcome.json();
        let error = &source(&document, "ecs")["error"];
        assert_eq!(error["class"], class, "{error:#}");
        assert!(error["hint"].is_string(), "no next step: {error:#}");
        outcome.expect_code(3);
    }
}

#[test]
fn stranger_faults_of_prometheus_are_survived_too() {
    for fault in [Fault::HangUp, Fault::Html, Fault::NotHttp, Fault::Drip, Fault::Flood] {
        let what = format!("prometheus {fault:?}");
        let backend = BrokenBackend::new(fault);
        let mut scene = Scene::calm();
        scene.prometheus = format!("url = \"{}\"", backend.url());
        let outcome = look(&scene, &what);
        let document = outcome.json();
        expect_only_failing(&document, "prometheus", &what);
        assert_ne!(outcome.code, Some(0), "{what}");
        // Foreign bytes never reach the terminal raw.
        let text = scene.rounds(["--once", "--timeout", "3s"]).run();
        assert!(!text.stdout.contains('\x1b') && !text.stderr.contains('\x1b'), "{what}: {text:#?}");
    }
}

#[test]
fn everything_broken_at_once_is_unknown_in_time() {
    let mut scene = Scene::calm();
    let (prometheus, alertmanager) = (BrokenBackend::new(Fault::Hang), BrokenBackend::new(Fault::Drip));
    scene.prometheus = format!("url = \"{}\"", prometheus.url());
    scene.alertmanager = format!("url = \"{}\"", alertmanager.url());
    for service in ["ecs", "monitoring", "sts"] {
        scene.aws.trouble(service, Trouble::Broken(Fault::Hang));
    }
    let outcome = look(&scene, "everything hangs");
    assert_eq!(outcome.json()["verdict"], "unknown");
    // Nothing could be looked at: no --fail-on makes that a success.
    scene.rounds(["--once", "--timeout", "1s", "--fail-on", "never"]).run().expect_code(3);
    outcome.expect_code(3);
}

//! `rounds --once` on real Prometheus, Alertmanager and moto: what is wrong is found, said in every format, and told by
//! the exit code; what is well is ok.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::rounds::{Outcome, Rounds};
use crate::support::scene::Scene;
use crate::support::world::AWS;

fn service<'a>(document: &'a Value, name: &str) -> &'a Value {
    let services = document["services"].as_array().unwrap();
    services.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no service {name} in {document:#}"))
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

fn finding_kinds(service: &Value) -> Vec<(&str, &str)> {
    let findings = service["findings"].as_array().unwrap();
    findings.iter().map(|one| (one["kind"].as_str().unwrap(), one["verdict"].as_str().unwrap())).collect()
}

#[test]
fn json_has_everything_with_where_it_was_read() {
    let scene = Scene::bad_morning();
    let outcome = scene.rounds(["--once", "-o", "json"]).run().expect_code(2);
    let document = outcome.json();
    assert_eq!((&document["verdict"], &document["exit_code"]), (&json!("critical"), &json!(2)), "{document:#}");
    assert_eq!(document["context"]["name"], "prod");
    assert_eq!(document["context"]["production"], true);
    assert_eq!(document["summary"]["services"]["total"], 5, "{document:#}");

    let hot = service(&document, "api-2");
    assert_eq!(hot["verdict"], "critical", "{hot:#}");
    assert!(finding_kinds(hot).contains(&("cpu", "critical")), "{hot:#}");
    assert!(finding_kinds(hot).contains(&("errors", "warning")), "{hot:#}");
    let cpu = &hot["signals"]["cpu"];
    assert_eq!((&cpu["value"], &cpu["unit"], &cpu["source"]), (&json!(97.0), &json!("percent"), &json!("prometheus")));
    assert!(cpu["query"].as_str().unwrap().contains("ecs_cpu_utilization"), "{cpu}");
    let errors = hot["signals"]["errors"]["value"].as_f64().unwrap();
    assert!((errors - 4.1).abs() < 0.1, "{errors}");
    let evidence = &hot["findings"][0]["evidence"];
    assert!(evidence["at"].is_string() && evidence["source"].is_string(), "{evidence}");

    // One target dead, and only that one.
    let broken = document["broken_targets"].as_array().unwrap();
    assert_eq!(broken.len(), 1, "{broken:#?}");
    assert_eq!((&broken[0]["job"], &broken[0]["health"]), (&json!("ecs-services"), &json!("down")));
    assert!(broken[0]["last_error"].as_str().unwrap().contains("connection refused"), "{broken:#?}");
    assert_eq!(service(&document, "worker")["verdict"], "critical", "ServiceDown fires for it");

    // One alert firing that nobody silenced, one silenced: the same alert is told once, whoever reported it.
    let alerts = document["alerts"].as_array().unwrap();
    let find = |name: &str, service: &str| {
        let of = |one: &&Value| one["name"] == name && one["service"]["name"] == service;
        let found: Vec<&Value> = alerts.iter().filter(of).collect();
        assert_eq!(found.len(), 1, "{name} of {service} in {alerts:#?}");
        found[0]
    };
    let firing = find("HighCPUUsage", "api-2");
    assert_eq!((&firing["state"], &firing["suppressed"]), (&json!("firing"), &Value::Null), "{firing:#}");
    let mut seen = names_of(&firing["seen_in"]);
    seen.sort_unstable();
    assert_eq!(seen, ["alertmanager", "prometheus"]);
    let silenced = find("HighMemoryUsage", "worker");
    assert_eq!(silenced["suppressed"]["how"], "silenced", "{silenced:#}");
    assert_eq!(document["silences"][0]["created_by"], "kim");

    // Every source answered. CloudWatch is not needed where Prometheus has it all.
    for source in document["sources"].as_array().unwrap() {
        let wanted = if source["name"] == "cloudwatch" { "standby" } else { "fresh" };
        assert_eq!(source["state"], wanted, "{source:#}");
    }
    assert_eq!(scene.aws.count("GetMetricData"), 0);
    assert_eq!(outcome.stderr, "", "nothing went wrong, so nothing is said");
}

fn names_of(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

#[test]
fn text_markdown_and_nagios_say_the_same() {
    let scene = Scene::bad_morning();
    for (format, wanted) in [
        ("text", vec!["CRITICAL", "prod", "api-2", "critical", "97%", "atlantis", "HighCPUUsage", "silenced by kim"]),
        ("markdown", vec!["## CRITICAL", "| api-2 | **critical** |", "97%", "HighCPUUsage"]),
        ("nagios", vec!["ROUNDS CRITICAL - ", "[CRITICAL] api-2", "'api-2 cpu'=97%;80;95;0;100", "services_critical="]),
    ] {
        let outcome = scene.rounds(["--once", "-o", format]).run().expect_code(2);
        for text in wanted {
            assert!(outcome.stdout.contains(text), "{format} lacks {text:?}:\n{}", outcome.stdout);
        }
        assert!(!outcome.stdout.contains('\x1b'), "{format}: colour into a pipe:\n{}", outcome.stdout);
        assert_eq!(outcome.stderr, "");
    }
    let text = scene.rounds(["--once"]).run().expect_code(2).stdout;
    assert!(text.lines().all(|line| line.chars().count() <= 80 || line.contains("http")), "wider than 80:\n{text}");
    let nagios = scene.rounds(["--once", "-o", "nagios"]).run().stdout;
    assert_eq!(nagios.matches('|').count(), 1, "more than one performance-data mark:\n{nagios}");
}

#[test]
fn the_exit_code_is_as_strict_as_asked_for() {
    let scene = Scene::bad_morning();
    for (arguments, code) in [
        (vec!["--fail-on", "warning"], 2),
        (vec!["--fail-on", "critical"], 2),
        (vec!["--fail-on", "unknown"], 0),
        (vec!["--fail-on", "never"], 0),
        (vec!["--problems"], 2),
        (vec!["--service", "web"], 0),
        (vec!["--service", "api-*"], 2),
        (vec!["--context", "prod"], 2),
    ] {
        let all = ["--once"].into_iter().chain(arguments.clone());
        let outcome = scene.rounds(all).run();
        assert_eq!(outcome.code, Some(code), "{arguments:?}: {outcome:#?}");
    }
}

#[test]
fn problems_and_service_narrow_what_is_shown() {
    let scene = Scene::bad_morning();
    let problems = scene.rounds(["--once", "-o", "json", "--problems"]).run().json();
    assert_eq!(problems["problems_only"], true);
    let mut shown = names(&problems["services"]);
    shown.sort_unstable();
    assert_eq!(shown, ["api-2", "worker"]);
    assert_eq!(problems["summary"]["services"]["total"], 5, "the summary still counts everything");
    let some = scene.rounds(["--once", "-o", "json", "--service", "api-*"]).run().json();
    let mut shown = names(&some["services"]);
    shown.sort_unstable();
    assert_eq!(shown, ["api-1", "api-2"]);
}

#[test]
fn all_is_well_and_exits_zero() {
    let scene = Scene::calm();
    let outcome = scene.rounds(["--once", "-o", "json"]).run().expect_code(0);
    let document = outcome.json();
    assert_eq!(document["verdict"], "ok", "{document:#}");
    assert_eq!(
        document["summary"]["services"],
        json!({ "total": 5, "critical": 0, "warning": 0, "unknown": 0, "ok": 5 })
    );
    assert_eq!(document["alerts"], json!([]));
    assert_eq!(document["broken_targets"], json!([]));
    scene.rounds(["--once", "--problems"]).run().expect_code(0);
}

#[test]
fn aws_keys_alone_are_enough() {
    let bridge = Bridge::to(&AWS.url());
    let run = || Rounds::new(["--once", "-o", "json", "--cluster", "calm"]).aws(&bridge.url()).run();
    let outcome = run();
    let document = outcome.json();
    assert_eq!(names(&document["services"]).len(), 5, "{document:#}");
    let cpu = &service(&document, "api-2")["signals"]["cpu"];
    assert_eq!((&cpu["value"], &cpu["source"]), (&json!(35.0), &json!("cloudwatch")), "{cpu:#}");
    assert_eq!(document["context"]["account"], "123456789012");
    assert!(
        document["notes"].to_string().contains("rometheus"),
        "says what Prometheus would add: {}",
        document["notes"]
    );
    outcome.expect_code(0);
    // Without a filter both clusters of the account are looked at.
    let both = Rounds::new(["--once", "-o", "json"]).aws(&bridge.url()).run().json();
    assert_eq!(names(&both["services"]).len(), 10);
}

#[test]
fn a_hot_service_is_found_by_cloudwatch_alone() {
    let bridge = Bridge::to(&AWS.url());
    let outcome = Rounds::new(["--once", "-o", "json", "--cluster", "prod"]).aws(&bridge.url()).run();
    let document = outcome.json();
    assert_eq!(service(&document, "api-2")["verdict"], "critical", "{document:#}");
    assert!(bridge.count("GetMetricData") >= 1);
    outcome.expect_code(2);
}

#[test]
fn nothing_to_look_with_is_no_verdict() {
    let outcome = Rounds::new(["--once", "--timeout", "3s"]).run().expect_code(3);
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("credentials") || said.contains("region"), "says what is missing: {outcome:#?}");
    assert!(outcome.took < Duration::from_secs(20), "{outcome:#?}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    use std::process::Stdio;
    let rounds = Scene::bad_morning().rounds(["demo", "--once", "--services", "2000", "-o", "json"]);
    let mut child = rounds.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "", "a closed pipe is not worth a word");
    assert!(matches!(output.status.code(), Some(0..=3)), "{:?}", output.status);
}

#[test]
fn wrong_usage_pages_nobody() {
    for arguments in [
        vec!["--once", "--timeout", "soon"],
        vec!["--once", "-o", "yaml"],
        vec!["--once", "--fail-on", "sometimes"],
        vec!["--onec"],
        vec!["demo", "--scenario", "no-such-thing", "--once"],
        vec!["demo", "--services", "0", "--once"],
    ] {
        let Outcome { code, stdout, stderr, .. } = Rounds::new(arguments.clone()).run();
        assert_eq!((code, stdout.as_str()), (Some(3), ""), "{arguments:?}: {stderr}");
        assert!(!stderr.is_empty(), "{arguments:?} is refused without a word");
    }
}

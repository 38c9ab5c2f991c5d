//! Every change on the simulated fleet, headless, from plan to verdict.

use serde_json::Value;

use crate::support::rounds::{Outcome, Rounds};

fn change(scenario: &str, words: &[&str]) -> Outcome {
    let fixed = ["--demo", scenario, "--demo-speed", "60", "-o", "json", "do"];
    Rounds::new(fixed.into_iter().chain(words.iter().copied()).chain(["--yes"])).run()
}

fn stage(document: &Value, name: &str) -> String {
    let stages = document["progress"]["stages"].as_array().unwrap();
    stages.iter().find(|stage| stage["stage"] == name).map_or_else(String::new, |stage| stage["state"].to_string())
}

#[test]
fn restarting_the_wedged_task_resolves_its_alerts() {
    let checked = Rounds::new(["--demo", "wedged-task", "check", "tasks", "--service", "api-2"]).run();
    let (_, task) = checked.stdout.split_once("--task ").unwrap_or_else(|| panic!("{checked:#?}"));
    let task = task.split_whitespace().next().unwrap();
    let words = ["restart", "--service", "api-2", "--task", task, "--silence", "15m", "--wait", "30m"];
    let outcome = change("wedged-task", &words).expect_code(0);
    let document = outcome.json();
    assert_eq!(document["outcome"]["outcome"], "verified");
    assert_eq!([stage(&document, "scrape"), stage(&document, "alerts")], ["\"done\"", "\"done\""], "{document:#}");
    let remarks = document["progress"]["remarks"].to_string();
    assert!(remarks.contains("for at most 15m") && remarks.contains("ended"), "{remarks}");
}

#[test]
fn the_other_changes_are_made_and_verified() {
    for words in [
        &["scale", "--service", "web", "--desired", "4", "--wait", "20m"][..],
        &["silence", "--service", "web", "--for", "10m"],
        &["annotate", "hello"],
        &["reload", "prometheus"],
    ] {
        let outcome = change("healthy", words);
        assert_eq!(outcome.json()["outcome"]["outcome"], "verified", "{words:?}: {outcome:#?}");
        outcome.expect_code(0);
    }
}

#[test]
fn a_bad_deployment_is_undone() {
    let outcome = change("bad-deploy", &["rollback", "--service", "api-2", "--wait", "30m"]);
    assert_eq!(outcome.json()["outcome"]["outcome"], "verified", "{outcome:#?}");
    outcome.expect_code(0);
}

#[test]
fn a_single_writer_says_that_it_is_down_meanwhile() {
    let outcome = change("healthy", &["redeploy", "--service", "prometheus"]).expect_code(3);
    assert!(outcome.stderr.contains("the old task must be gone before the new one may start"), "{outcome:#?}");
}

#[test]
fn a_service_is_named_as_a_word_or_with_the_option() {
    let plan = |words: &[&str]| change("healthy", &[words, &["--dry-run"]].concat());
    let name = |words: &[&str]| plan(words).expect_code(0).json()["plan"]["change"]["service"]["name"].clone();
    for words in [
        &["redeploy", "web"][..],
        &["redeploy", "--service", "web"],
        &["redeploy", "web", "--service", "web"],
        &["redeploy", "we*"],
        &["scale", "web", "--desired", "5"],
        &["restart", "web"],
    ] {
        assert_eq!(name(words), "web", "{words:?}");
    }
    for (words, said) in [
        (&["redeploy", "web", "--service", "worker"][..], "two services are named"),
        (&["restart", "wokrer"], "did you mean `worker`?"),
        (&["restart"], "which service?"),
        (&["restart", "*"], "is more than one service"),
    ] {
        let refused = plan(words).expect_code(3);
        assert!(refused.stderr.contains(said), "{words:?}: {}", refused.stderr);
    }
}

#[test]
fn a_task_that_prometheus_cannot_scrape_is_chosen_and_its_plan_says_why() {
    let outcome = change("wedged-task", &["restart", "api-2", "--dry-run"]).expect_code(0);
    let document = outcome.json();
    let line = |label: &str| {
        let lines = document["plan"]["lines"].as_array().unwrap();
        lines.iter().find(|line| line["label"] == label).map(|line| line["text"].to_string()).unwrap_or_default()
    };
    assert!(line("in doubt").contains("healthy by ECS, but Prometheus cannot scrape it"), "{document:#}");
    assert!(line("task").contains("its target is down"), "{document:#}");
}

#[test]
fn what_is_refused_is_not_handed_out_as_a_command() {
    let refused = change("healthy", &["redeploy", "prometheus"]).expect_code(3);
    assert!(refused.json()["plan"]["same_as"].is_null(), "{refused:#?}");
    let allowed = change("healthy", &["redeploy", "prometheus", "--allow-downtime", "--dry-run"]).expect_code(0);
    assert!(allowed.json()["plan"]["same_as"].as_str().unwrap().contains("--force-new-deployment"), "{allowed:#?}");
}

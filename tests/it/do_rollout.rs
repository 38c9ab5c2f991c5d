//! Changes against a scheduler that replaces tasks (a fake): what is waited for, and each verdict.

use serde_json::Value;

use crate::support::fake_rollout::{FakeRollout, Fate};
use crate::support::hold::{Catch, Hold};
use crate::support::moto::REGION;
use crate::support::rounds::{Outcome, Rounds};

fn change(fake: &FakeRollout, words: &[&str]) -> Outcome {
    change_at(&fake.url(), words)
}

fn change_at(url: &str, words: &[&str]) -> Outcome {
    let config = format!("[contexts.stage.aws]\nregion = \"{REGION}\"\nendpoint_url = \"{url}\"\ncloudwatch = false\n");
    let words = ["-o", "json", "do"].into_iter().chain(words.iter().copied()).chain(["--service", "api", "--yes"]);
    Rounds::new(words).config(&config).aws_keys().run()
}

fn stage<'d>(document: &'d Value, name: &str) -> &'d Value {
    let stages = document["progress"]["stages"].as_array().unwrap();
    stages.iter().find(|stage| stage["stage"] == name).unwrap_or_else(|| panic!("{document:#}"))
}

fn made(fake: &FakeRollout, operation: &str) -> usize {
    fake.operations().iter().filter(|one| *one == operation).count()
}

#[test]
fn a_restart_is_followed_to_a_healthy_task_in_its_target_group() {
    let fake = FakeRollout::start(Fate::Well);
    let outcome = change(&fake, &["restart", "--task", "task-001"]);
    let document = outcome.json();
    assert_eq!(document["outcome"]["outcome"], "verified", "{document:#}");
    assert!(
        stage(&document, "tasks")["text"].as_str().unwrap().contains("new task task-003 runs; 2 of 2 running"),
        "{document:#}"
    );
    assert_eq!(stage(&document, "target_group")["state"], "done");
    assert_eq!(made(&fake, "StopTask"), 1);
    outcome.expect_code(0);
}

#[test]
fn a_replacement_that_stops_again_fails_at_once_with_its_reason() {
    let fake = FakeRollout::start(Fate::Crash);
    let outcome = change(&fake, &["restart", "--task", "task-001"]);
    let why = outcome.json()["outcome"]["why"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("its replacement task-003 stopped again: api exited 3"), "{outcome:#?}");
    outcome.expect_code(2);
}

#[test]
fn a_redeployment_is_followed_until_every_old_task_is_gone() {
    let fake = FakeRollout::start(Fate::Well);
    let outcome = change(&fake, &["redeploy"]);
    let document = outcome.json();
    assert_eq!(document["outcome"]["outcome"], "verified", "{document:#}");
    assert_eq!(stage(&document, "tasks")["text"], "2 new tasks run; 2 of 2 running");
    assert_eq!(made(&fake, "UpdateService"), 1);
    outcome.expect_code(0);
}

#[test]
fn a_deployment_that_the_circuit_breaker_gives_up_has_failed() {
    let fake = FakeRollout::start(Fate::Crash);
    let outcome = change(&fake, &["redeploy"]);
    let document = outcome.json();
    assert_eq!(document["outcome"]["outcome"], "failed", "{document:#}");
    let why = document["outcome"]["why"].as_str().unwrap();
    assert!(why.contains("circuit breaker") || why.contains("stopped again: api exited 3"), "{why}");
    outcome.expect_code(2);
}

#[test]
fn a_deployment_under_way_is_refused_and_can_be_undone() {
    let fake = FakeRollout::start(Fate::Well);
    fake.deploy_badly();
    let refused = change(&fake, &["restart", "--task", "task-001"]).expect_code(3);
    assert!(refused.stderr.contains("--force"), "{refused:#?}");
    assert_eq!(made(&fake, "StopTask"), 0);
    let outcome = change(&fake, &["rollback"]);
    let document = outcome.json();
    assert_eq!(document["plan"]["title"], "roll back api to api:117", "{document:#}");
    assert_eq!(made(&fake, "StopServiceDeployment"), 1, "{document:#}");
    assert_eq!(document["outcome"]["outcome"], "verified", "{document:#}");
    outcome.expect_code(0);
}

#[test]
fn facts_that_change_between_the_plan_and_the_call_refuse_it() {
    let fake = FakeRollout::start(Fate::Well);
    // The service is looked for, planned for, and looked at once more right before the call.
    fake.meddle_at(3);
    let outcome = change(&fake, &["restart", "--task", "task-001"]).expect_code(3);
    assert!(
        outcome.stderr.contains("the facts have changed since it was planned (2 wanted then, 3 wanted now)"),
        "{outcome:#?}"
    );
    assert_eq!(made(&fake, "StopTask"), 0);
}

#[test]
fn a_call_whose_answer_was_lost_is_found_to_be_made_and_followed_like_any_other() {
    for (words, operation) in
        [(&["restart", "--task", "task-001"][..], &["StopTask"]), (&["redeploy"], &["UpdateService"])]
    {
        let fake = FakeRollout::start(Fate::Well);
        let hold = Hold::operations(&fake.url(), Catch::Lose, operation);
        let outcome = change_at(&hold.url(), words);
        let document = outcome.json();
        assert_eq!(document["outcome"]["outcome"], "verified", "{document:#}");
        assert!(
            stage(&document, "call")["text"].as_str().unwrap().contains("the answer was lost, and it was made"),
            "{document:#}"
        );
        assert_eq!(made(&fake, operation[0]), 1, "asked once and never again");
        outcome.expect_code(0);
    }
}

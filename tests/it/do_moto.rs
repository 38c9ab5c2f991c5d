//! Changes against moto: what is made, what is refused, what the journal says, and each exit code. moto starts no task by
//! itself, so that what waits for a new one gives up.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::support::ecs;
use crate::support::hold::{Catch, Hold};
use crate::support::moto::{Moto, REGION};
use crate::support::rounds::{Outcome, Rounds};

/// Every test here has a service of its own in it.
static AWS: LazyLock<Moto> = LazyLock::new(Moto::seeded);

const YES: [&str; 3] = ["--yes", "--wait", "1s"];

fn config(endpoint: &str, more: &str) -> String {
    format!(
        "[contexts.stage]\n{more}\n[contexts.stage.aws]\nregion = \"{REGION}\"\nendpoint_url = \"{endpoint}\"\n\
         cloudwatch = false\n"
    )
}

fn change(endpoint: &str, more: &str, words: &[&str]) -> Rounds {
    let words = ["-o", "json", "do"].into_iter().chain(words.iter().copied());
    Rounds::new(words).config(&config(endpoint, more)).aws_keys()
}

/// `rounds do WORDS --service SERVICE`, with the journal after it.
fn done(words: &[&str]) -> (Outcome, Vec<Value>) {
    let run = change(&AWS.url(), "", words);
    (run.run(), run.journal())
}

fn events(journal: &[Value]) -> Vec<&str> {
    journal.iter().map(|record| record["event"].as_str().unwrap()).collect()
}

#[test]
fn a_restart_stops_one_task_with_a_reason_and_gives_up_on_its_replacement() {
    let before = ecs::tasks(&AWS.url(), "prod", "api-2");
    let (outcome, journal) = done(&[&["restart", "--service", "prod/api-2"], &YES[..]].concat());
    let document = outcome.json();
    assert_eq!(document["outcome"]["outcome"], "gave_up", "{document:#}");
    let task = document["plan"]["change"]["task"].as_str().unwrap();
    let stopped: Vec<Value> =
        ecs::tasks(&AWS.url(), "prod", "api-2").into_iter().filter(|task| task["lastStatus"] == "STOPPED").collect();
    assert_eq!(stopped.len(), 1, "one of {} and no other", before.len());
    assert!(stopped[0]["taskArn"].as_str().unwrap().contains(task), "{stopped:?} {task}");
    let reason = stopped[0]["stoppedReason"].as_str().unwrap();
    assert!(reason.starts_with("rounds: "), "{reason}");
    assert_eq!(events(&journal), ["intent", "call", "end"]);
    assert_eq!(journal[0]["plan"]["place"]["account"], "123456789012");
    assert!(journal[0]["plan"]["place"]["caller_arn"].as_str().unwrap().starts_with("arn:aws:"));
    assert!(!journal[0]["who"]["user"].as_str().unwrap().is_empty());
    assert_eq!(journal[1]["result"], "made");
    assert_eq!(journal[2]["outcome"]["outcome"], "gave_up");
    outcome.expect_code(1);
}

#[test]
fn scaling_is_done_and_verified() {
    let (outcome, journal) = done(&["scale", "--desired", "4", "--service", "prod/api-1", "--yes", "--wait", "2m"]);
    assert_eq!(ecs::service(&AWS.url(), "prod", "api-1")["desiredCount"], 4);
    assert_eq!(outcome.json()["outcome"]["outcome"], "verified", "{outcome:#?}");
    assert_eq!(events(&journal), ["intent", "call", "end"]);
    outcome.expect_code(0);

    let (outcome, _) = done(&["scale", "--desired", "4", "--service", "prod/api-1", "--yes"]);
    assert!(outcome.stderr.contains("wants 4 already"), "{outcome:#?}");
    outcome.expect_code(3);

    let (outcome, journal) = done(&["scale", "--desired", "0", "--service", "prod/api-1", "--yes"]);
    assert!(outcome.stderr.contains("--allow-downtime"), "{outcome:#?}");
    assert_eq!(events(&journal), ["refused"]);
    outcome.expect_code(3);
    assert_eq!(ecs::service(&AWS.url(), "prod", "api-1")["desiredCount"], 4, "nothing was changed");

    let words = ["scale", "--desired", "0", "--service", "prod/api-1", "--yes", "--allow-downtime", "--wait", "2m"];
    done(&words).0.expect_code(0);
    assert_eq!(ecs::service(&AWS.url(), "prod", "api-1")["desiredCount"], 0);
}

#[test]
fn with_prometheus_dead_what_it_would_show_is_not_verified() {
    let dead = "[contexts.stage.prometheus]\nurl = \"http://127.0.0.1:1\"\n";
    let words = ["scale", "--desired", "4", "--service", "calm/api-1", "--yes", "--wait", "30s"];
    let run = change(&AWS.url(), dead, &words);
    let outcome = run.run();
    let document = outcome.json();
    assert_eq!(document["outcome"]["outcome"], "unverified", "{document:#}");
    let unseen = document["outcome"]["unseen"].as_str().unwrap();
    assert!(unseen.contains("scrape: the targets cannot be read") && unseen.contains("refused"), "{unseen}");
    assert_eq!(run.journal().last().unwrap()["outcome"]["outcome"], "unverified");
    outcome.expect_code(1);
}

#[test]
fn an_empty_id_of_a_task_is_no_choice() {
    let (outcome, journal) = done(&["restart", "--service", "prod/api-2", "--task", "", "--yes"]);
    assert!(outcome.stderr.contains("it is empty"), "{outcome:#?}");
    assert!(outcome.stdout.is_empty() && journal.is_empty(), "{outcome:#?}");
}

#[test]
fn a_redeployment_is_a_new_deployment() {
    let id = || ecs::service(&AWS.url(), "prod", "web")["deployments"][0]["id"].clone();
    let before = id();
    let (outcome, journal) = done(&[&["redeploy", "--service", "prod/web"], &YES[..]].concat());
    assert_ne!(id(), before);
    assert_eq!(journal[1]["made"], id(), "the journal names the deployment");
    assert_eq!(outcome.json()["outcome"]["outcome"], "gave_up", "{outcome:#?}");
    outcome.expect_code(1);
}

#[test]
fn rolling_back_goes_to_the_active_revision_before() {
    let endpoint = AWS.url();
    let (outcome, _) = done(&["rollback", "--service", "prod/worker", "--yes"]);
    assert!(outcome.stderr.contains("nothing to go back to"), "{outcome:#?}");
    outcome.expect_code(3);

    // Three revisions, the second of which is gone: the first is what can be gone back to.
    let arn = ecs::service(&endpoint, "calm", "worker")["taskDefinition"].as_str().unwrap().to_owned();
    let known = ecs::ask(&endpoint, "DescribeTaskDefinition", &json!({ "taskDefinition": arn }));
    let containers = known["taskDefinition"]["containerDefinitions"].clone();
    let first = arn.rsplit_once('/').unwrap().1;
    let mut last = String::new();
    for _ in 0..2 {
        let made = ecs::ask(
            &endpoint,
            "RegisterTaskDefinition",
            &json!({ "family": "worker", "containerDefinitions": containers }),
        );
        let arn = made["taskDefinition"]["taskDefinitionArn"].as_str().unwrap().to_owned();
        if !last.is_empty() {
            ecs::ask(&endpoint, "DeregisterTaskDefinition", &json!({ "taskDefinition": last }));
        }
        last = arn;
    }
    ecs::ask(&endpoint, "UpdateService", &json!({ "cluster": "calm", "service": "worker", "taskDefinition": last }));
    let active = ecs::ask(&endpoint, "ListTaskDefinitions", &json!({ "familyPrefix": "worker", "status": "ACTIVE" }));
    let arns: Vec<&str> =
        active["taskDefinitionArns"].as_array().unwrap().iter().map(|arn| arn.as_str().unwrap()).collect();
    let newest_below = arns.iter().filter(|arn| ***arn != *last).max().unwrap().rsplit_once('/').unwrap().1;

    let (outcome, _) = done(&[&["rollback", "--service", "calm/worker"], &YES[..]].concat());
    let document = outcome.json();
    assert_eq!(document["plan"]["title"], format!("roll back worker to {newest_below}"), "from {first}: {document:#}");
    assert!(document["plan"]["same_as"].as_str().unwrap().contains(&format!("--task-definition {newest_below}")));
    assert_eq!(ecs::service(&endpoint, "calm", "worker")["taskDefinition"], newest_below);
    outcome.expect_code(1);
}

#[test]
fn the_last_healthy_task_is_not_taken_without_saying_so() {
    let before = ecs::tasks(&AWS.url(), "prod", "atlantis");
    let (outcome, journal) = done(&["restart", "--service", "prod/atlantis", "--yes"]);
    assert!(outcome.stderr.contains("the last healthy task of atlantis"), "{outcome:#?}");
    assert!(outcome.stderr.contains("--allow-downtime"), "{outcome:#?}");
    assert_eq!(ecs::tasks(&AWS.url(), "prod", "atlantis"), before);
    assert_eq!(events(&journal), ["refused"]);
    outcome.expect_code(3);
    let (outcome, _) = done(&[&["restart", "--service", "prod/atlantis", "--allow-downtime"], &YES[..]].concat());
    outcome.expect_code(1);
    assert_eq!(ecs::tasks(&AWS.url(), "prod", "atlantis")[0]["lastStatus"], "STOPPED");
}

#[test]
fn what_is_refused_changes_nothing_and_says_why() {
    let before = ecs::tasks(&AWS.url(), "calm", "api-1");
    for (words, more, environment, said) in [
        (&["restart", "--service", "nobody", "--yes"][..], "", None, "no service is nobody"),
        (&["restart", "--service", "api-*", "--yes"], "", None, "more than one service: calm/api-1"),
        (&["restart", "--yes"], "", None, "which service?"),
        (&["restart", "--service", "calm/api-1", "--task", "ffff", "--yes"], "", None, "has no task ffff"),
        (&["restart", "--service", "calm/api-1"], "", None, "no terminal to ask on"),
        (&["restart", "--service", "calm/api-1", "--yes", "--read-only"], "", None, "taken away here (--read-only)"),
        (&["restart", "--service", "calm/api-1", "--yes"], "", Some("1"), "taken away here (ROUNDS_READ_ONLY)"),
        (&["restart", "--service", "calm/api-1", "--yes"], "read_only = true", None, "(read_only of context stage)"),
        (&["restart", "--service", "calm/api-1", "--yes"], "production = true", None, "--yes --confirm api-1"),
        (
            &["restart", "--service", "calm/api-1", "--yes", "--confirm", "api-2"],
            "production = true",
            None,
            "--confirm says api-2, and the name is api-1",
        ),
        (&["restart", "--service", "calm/api-1"], "production = true", None, "no terminal to ask on"),
        (&["restart", "--service", "calm/api-1", "--yes", "--silence", "5m"], "", None, "no silence can be made"),
        (&["reload", "--yes"], "", None, "prometheus is not configured"),
        (&["annotate", "hello", "--yes"], "", None, "grafana is not configured"),
        (&["silence", "--matcher", "a=b", "--for", "5m", "--yes"], "", None, "neither alertmanager nor grafana"),
    ] {
        let mut run = change(&AWS.url(), more, words);
        if let Some(value) = environment {
            run = run.env("ROUNDS_READ_ONLY", value);
        }
        let outcome = run.run();
        assert!(outcome.stderr.contains(said), "{words:?}: {outcome:#?}");
        assert_eq!(outcome.json()["exit_code"], 3, "{words:?}");
        assert!(outcome.json()["refused"]["why"].is_string(), "{words:?}");
        outcome.expect_code(3);
    }
    assert_eq!(ecs::tasks(&AWS.url(), "calm", "api-1"), before);
}

#[test]
fn in_production_the_right_name_arms_it_for_this_one_change() {
    let words = [&["restart", "--service", "calm/web", "--confirm", "web"], &YES[..]].concat();
    let run = change(&AWS.url(), "production = true", &words).env("ROUNDS_READ_ONLY", "0");
    let outcome = run.run();
    assert_eq!(outcome.json()["outcome"]["outcome"], "gave_up", "{outcome:#?}");
    assert_eq!(run.journal()[0]["consent"]["typed"], "web");
    outcome.expect_code(1);
}

#[test]
fn a_dry_run_says_what_would_be_and_writes_nothing_down() {
    let before = ecs::tasks(&AWS.url(), "calm", "api-2");
    let (outcome, journal) = done(&["restart", "--service", "calm/api-2", "--dry-run"]);
    let document = outcome.json();
    assert_eq!((&document["dry_run"], &document["refused"]), (&true.into(), &Value::Null), "{document:#}");
    assert!(document["plan"]["same_as"].as_str().unwrap().starts_with("aws ecs stop-task --cluster calm --task "));
    assert_eq!(ecs::tasks(&AWS.url(), "calm", "api-2"), before);
    assert!(journal.is_empty(), "{journal:?}");
    outcome.expect_code(0);
    let (outcome, _) = done(&["scale", "--service", "calm/api-2", "--desired", "0", "--dry-run"]);
    outcome.expect_code(3);
}

#[test]
fn a_call_that_is_refused_or_lost_is_told_apart_and_never_made_twice() {
    for (catch, outcome_is, results, code) in [
        (Catch::Deny, "not_made", &["not_made"][..], 2),
        (Catch::Fail, "unknown", &["unknown"], 2),
        // It came to pass all the same, and moto replaces no task.
        (Catch::Lose, "gave_up", &["unknown", "made"], 1),
    ] {
        let hold = Hold::operations(&AWS.url(), catch, &["StopTask"]);
        let run = change(&hold.url(), "", &["restart", "--service", "prod/worker", "--yes", "--wait", "1s"]);
        let outcome = run.run();
        assert_eq!(outcome.json()["outcome"]["outcome"], outcome_is, "{catch:?}: {outcome:#?}");
        assert_eq!(hold.caught().len(), 1, "{catch:?}: asked once and not again");
        let journal = run.journal();
        let calls: Vec<&Value> = journal.iter().filter(|record| record["event"] == "call").collect();
        assert_eq!(calls.iter().map(|call| call["result"].as_str().unwrap()).collect::<Vec<_>>(), results, "{catch:?}");
        let events = events(&journal);
        assert_eq!((events.first(), events.last()), (Some(&"intent"), Some(&"end")), "{catch:?}");
        outcome.expect_code(code);
    }
}

#[test]
fn without_a_journal_nothing_is_changed() {
    let hold = Hold::operations(&AWS.url(), Catch::Pass, &["StopTask"]);
    let words = ["restart", "--service", "calm/atlantis", "--yes", "--allow-downtime"];
    for (folder, said) in [("/dev/null/rounds", "cannot be written"), ("/proc/rounds", "cannot be written")] {
        let outcome = change(&hold.url(), "", &words).env("ROUNDS_STATE_DIR", folder).run();
        assert!(outcome.stderr.contains(said), "{folder}: {outcome:#?}");
        outcome.expect_code(3);
    }
    // A full disk: the file is there and takes nothing.
    let run = change(&hold.url(), "", &words);
    let folder = run.folder("state");
    std::os::unix::fs::symlink("/dev/full", folder.join("journal.jsonl")).unwrap();
    let outcome = run.env("ROUNDS_STATE_DIR", folder.display().to_string()).run();
    assert!(outcome.stderr.contains("No space left"), "{outcome:#?}");
    outcome.expect_code(3);
    assert!(hold.caught().is_empty(), "no call left");
}

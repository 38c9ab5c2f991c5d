//! `rounds provision status`: what it asks of the module's program.

use std::process::Command;

use super::stage::{PARK, Stage};
use crate::support::rounds::Rounds;

/// A context whose AWS does not answer.
const CONFIG: &str = "[contexts.stage]\naws = { region = \"us-east-1\", clusters = [\"stage\"] }\n";

fn status(stage: &Stage, words: &str) -> Rounds {
    stage.rounds(&format!("status -o json {words}")).config(CONFIG).aws("http://127.0.0.1:9")
}

fn part(document: &serde_json::Value, name: &str) -> Option<serde_json::Value> {
    document["parts"].as_array().unwrap().iter().find(|part| part["part"] == name).cloned()
}

#[test]
fn a_plan_that_takes_too_long_is_stopped_and_drift_is_not_known() {
    let stage = Stage::new().scripted("plan)", &format!("plan)\n    echo $$ >\"$here/pid\"\n    {PARK}\n"));
    let document = status(&stage, "--timeout 1s").run().json();
    let drift = part(&document, "drift").unwrap();
    assert_eq!((&drift["state"], &drift["summary"]), (&"unknown".into(), &"not known within 1s".into()), "{drift:#}");
    assert!(drift["next_step"].as_str().unwrap().contains("--timeout 2m"), "{drift:#}");
    // Where it came as far as to write its number down, it is gone: it was waited for.
    let pid = stage.read("bin/pid");
    let is_alive = || Command::new("kill").args(["-0", pid.trim()]).output().unwrap().status.success();
    assert!(pid.is_empty() || !is_alive(), "{pid}");
    assert!(stage.read("bin/calls").lines().all(|call| !call.starts_with("plan") || call.contains("-lock=false")));
}

#[test]
fn drift_is_left_out_where_nobody_asks_and_half_a_look_is_no_pass() {
    let stage = Stage::new();
    let document = status(&stage, "--no-drift").run().json();
    assert!(part(&document, "drift").is_none() && part(&document, "backup").is_some(), "{document:#}");
    assert_eq!(stage.calls("plan"), 0);
    std::fs::write(stage.at("bin/plan.exit"), "0").unwrap();
    std::fs::write(stage.at("bin/plan.jsonl"), "").unwrap();
    let of = |rounds: Rounds| part(&rounds.run().json(), "drift").unwrap()["state"].clone();
    assert_eq!(of(status(&stage, "--timeout 20s")), "pass");
    assert_eq!(of(status(&stage, "--timeout 20s").env("TF_CLI_ARGS_plan", "-target=aws_lb.this")), "unknown");
}

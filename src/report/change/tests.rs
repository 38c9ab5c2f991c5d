//! A change as people and programs read it.

use jiff::Timestamp;

use super::*;
use crate::domain::Stage;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn progress(tasks: StageState, text: &str, second: i64) -> Progress {
    let stage = |stage, state, text: &str| StageProgress { stage, state, text: text.to_owned(), after: None };
    Progress {
        plan: "one".to_owned(),
        began: at(0),
        at: at(second),
        stages: vec![
            stage(Stage::Call, StageState::Done, "ECS stops task 3f9c21aa"),
            stage(Stage::Tasks, tasks, text),
            stage(Stage::Alerts, StageState::Waiting, ""),
        ],
        remarks: Vec::new(),
        outcome: None,
    }
}

#[test]
fn a_plan_is_a_block_to_read_before_a_yes() {
    let options = Options { width: 90, ..Options::default() };
    insta::assert_snapshot!(plan(&sample::plan(Some("api-2")), &options));
}

#[test]
fn only_what_changed_is_told() {
    let options = Options::default();
    let first = progress(StageState::Watching, "new task 81bc02aa PENDING", 5);
    let told = news(None, &first, &options);
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.contains("   5s  tasks         waiting new task 81bc02aa PENDING"), "{told}");
    assert_eq!(news(Some(&first), &progress(StageState::Watching, "new task 81bc02aa PENDING", 9), &options), "");
    let told = news(Some(&first), &progress(StageState::Done, "new task \u{1b}[2J runs", 61), &options);
    assert_eq!(told, "     1m  tasks         done    new task \\u{1b}[2J runs\n");
}

#[test]
fn a_verdict_says_what_happened_beside_it() {
    let mut end = progress(StageState::Done, "", 61);
    end.remarks = vec!["the annotation could not be written: 403".to_owned()];
    end.outcome = Some(Outcome::Verified);
    assert_eq!(verdict(&end, &Options::default()), "  the annotation could not be written: 403\nverified after 1m\n");
}

#[test]
fn every_outcome_has_its_exit_code() {
    let (why, waiting_for) = (String::new, String::new);
    for (outcome, code) in [
        (Outcome::Verified, 0),
        (Outcome::Unverified { unseen: why() }, 1),
        (Outcome::GaveUp { waiting_for: waiting_for() }, 1),
        (Outcome::Unwatched { waiting_for: waiting_for() }, 1),
        (Outcome::Failed { why: why() }, 2),
        (Outcome::NotMade { why: why() }, 2),
        (Outcome::Unknown { why: why() }, 2),
    ] {
        assert_eq!(exit_code(&outcome), code, "{outcome:?}");
    }
}

#[test]
fn the_document_has_every_field_of_its_schema() {
    let refusal = Refusal::new("no");
    let document = Document {
        schema: SCHEMA,
        plan: Some(&sample::plan(None)),
        dry_run: false,
        consent: None,
        progress: None,
        outcome: None,
        refused: Some(Refused::of(&refusal)),
        exit_code: 3,
    };
    let value: serde_json::Value = serde_json::from_str(&json(&document)).unwrap();
    let schema = schema();
    for field in schema["properties"].as_object().unwrap().keys() {
        assert!(value.get(field).is_some(), "{field} of {schema:#}");
    }
    assert_eq!(schema["$id"], "rounds/change/1");
}

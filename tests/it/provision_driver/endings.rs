//! How a run ended, where its stream says more than its exit code, and what the journal has of it.

use serde_json::{Value, json};

use super::stage::Stage;

/// A script that prints messages and ends with a code.
fn says(messages: &[Value], code: u8) -> String {
    let lines: Vec<String> = messages.iter().map(Value::to_string).collect();
    format!("cat <<'END'\n{}\nEND\nexit {code}", lines.join("\n"))
}

fn error(summary: &str, detail: &str) -> Value {
    json!({ "type": "diagnostic", "@level": "error",
        "diagnostic": { "severity": "error", "summary": summary, "detail": detail } })
}

fn last(stage: &Stage) -> String {
    stage.journal().last().unwrap().to_string()
}

#[test]
fn everything_done_and_the_lock_not_let_go_of_is_told_as_both() {
    let detail = "Error message: AccessDenied\nLock Info:\n  ID:        me-1\n  Who:       me@laptop";
    let kept = says(&[error("Error releasing the state lock", detail)], 1);
    let stage = Stage::new().apply(&format!("cat \"$here/apply-done.jsonl\"\n{kept}"));
    let ended = stage.rounds("apply --yes").run().expect_code(2);
    assert!(ended.stderr.contains("all of it is done (3 done), but the lock on the state was not"), "{ended:#?}");
    assert!(ended.stderr.contains("terraform force-unlock me-1"), "{ended:#?}");
    assert!(ended.stdout.contains("error: Error releasing the state lock"), "{ended:#?}");
    assert!(!ended.stderr.contains("nothing was changed") && !ended.stderr.contains("locked by"), "{ended:#?}");
    let document = stage.rounds("apply --yes -o json").run().expect_code(2).json();
    assert_eq!((&document["outcome"]["outcome"], &document["lock"]), (&"failed".into(), &Value::Null));
    assert!(
        stage.journal().iter().any(|record| record.to_string().contains("\"result\":\"made\"")),
        "{}",
        last(&stage)
    );
}

#[test]
fn a_destroy_that_failed_goes_on_with_a_destroy() {
    let stage = Stage::new().apply(&says(&[error("deleting EFS: FileSystemInUse", "")], 1));
    let ended = stage.rounds("destroy --yes --confirm stage").run().expect_code(2);
    assert!(ended.stderr.contains("rounds provision destroy: a new plan goes on"), "{ended:#?}");
    assert!(!ended.stderr.contains("then apply"), "{ended:#?}");
}

#[test]
fn a_state_that_was_not_saved_is_pushed_before_anything_else() {
    let detail = "the state has been written to the file \"errored.tfstate\" in the current working directory.\n\n\
                  Running \"terraform apply\" again at this point will create a forked state";
    let lost = [error("Failed to save state", "denied"), error("Failed to persist state to backend", detail)];
    let stage = Stage::new().apply(&format!("cat \"$here/apply-done.jsonl\"\n{}", says(&lost, 1)));
    let ended = stage.rounds("apply --yes").run().expect_code(2);
    assert!(ended.stderr.contains("3 done, and the state was not saved: Failed to save state"), "{ended:#?}");
    assert!(ended.stderr.contains("terraform state push errored.tfstate"), "{ended:#?}");
    assert!(!ended.stderr.contains("then apply"), "{ended:#?}");
}

#[test]
fn a_calm_exit_without_its_deeds_is_not_known_to_be_a_success() {
    for (script, said) in [
        ("exit 0", "0 done, 3 not begun"),
        ("head -5 \"$here/apply-done.jsonl\" | grep -v prometheus", "1 done, 2 not begun"),
        (
            "head -5 \"$here/apply-done.jsonl\" | grep -v prometheus; printf '{\"type\":\"apply_co'",
            "cannot be read: 1 done",
        ),
    ] {
        let stage = Stage::new().apply(script);
        let ended = stage.rounds("apply --yes").run().expect_code(2);
        assert!(ended.stderr.contains("outcome unknown") && ended.stderr.contains(said), "{script}: {ended:#?}");
        assert!(!ended.stdout.contains("done: "), "{script}: {ended:#?}");
        assert!(last(&stage).contains("unknown") && !last(&stage).contains("verified"), "{}", last(&stage));
    }
}

#[test]
fn a_plan_with_an_error_is_none_however_it_ended() {
    for code in ["0", "2"] {
        let stage = Stage::new();
        let mut stream = stage.read("bin/plan.jsonl");
        stream += &error("Invalid provider configuration", "boom").to_string();
        stream.push('\n');
        std::fs::write(stage.at("bin/plan.jsonl"), stream).unwrap();
        std::fs::write(stage.at("bin/plan.exit"), code).unwrap();
        for words in ["plan", "apply --yes", "destroy --yes --confirm stage"] {
            let ended = stage.rounds(words).run().expect_code(2);
            assert!(ended.stderr.contains("plan failed: Invalid provider configuration"), "{words}: {ended:#?}");
            assert!(
                ended.stderr.contains("boom") && !ended.stdout.contains("does exactly this"),
                "{words}: {ended:#?}"
            );
        }
        assert!(!stage.was_applied() && stage.calls("plan") == 3, "nothing is kept of it");
    }
}

#[test]
fn a_plan_that_could_not_be_made_is_in_the_journal() {
    for (words, operation) in [("plan", "plan"), ("apply --yes", "apply"), ("destroy --yes --confirm stage", "destroy")]
    {
        let locked = Stage::new().with("plan.jsonl", "lock.jsonl");
        std::fs::write(locked.at("bin/plan.exit"), "1").unwrap();
        locked.rounds(words).run().expect_code(3);
        assert_eq!(locked.journal().len(), 1, "{words}");
        assert!(last(&locked).contains("not begun: the state is locked by kim@bastion"), "{}", last(&locked));
        assert!(last(&locked).contains(&format!("\"operation\":\"{operation}\"")), "{}", last(&locked));

        let broken = Stage::new().scripted("init) mkdir", "init) echo 'no such backend' >&2; exit 1; mkdir");
        broken.rounds(words).run().expect_code(2);
        assert!(last(&broken).contains("init failed: no such backend"), "{}", last(&broken));
    }
}

#[test]
fn a_run_that_says_nothing_or_crashes_is_told_as_that() {
    for (script, said) in [
        ("exit 3", "it did not say why (exit code 3)"),
        (
            "echo 'panic: runtime error: index out of range' >&2; exit 2",
            "it crashed (panic: runtime error: index out of range)",
        ),
        ("echo 'panic: hunter2-planted' >&2; exit 2", "it crashed (its words are not shown"),
    ] {
        let stage = Stage::new().apply(script);
        let ended = stage.rounds("apply --yes").run().expect_code(2);
        assert!(ended.stderr.contains(said), "{script}: {ended:#?}");
        stage.keeps_secrets(&[&ended.stdout, &ended.stderr]);
    }
}

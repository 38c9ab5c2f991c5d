//! Plans that are out of date.

use std::process::Command;

use super::stage::Stage;
use crate::support::process::program;

const STATE: &str = r#"{"version":4,"serial":SERIAL,"lineage":"3f1c","outputs":{"x":{"value":"hunter2-planted"}}}"#;

fn state(stage: &Stage, serial: &str) {
    std::fs::write(stage.at("bin/state.json"), STATE.replace("SERIAL", serial)).unwrap();
}

#[test]
fn a_saved_plan_whose_files_or_state_have_changed_is_not_offered_again() {
    type Change = fn(&Stage);
    let changes: [(Change, &str); 4] = [
        (|stage| std::fs::write(stage.at("module/main.tf"), "# more\n").unwrap(), "main.tf was changed since"),
        (|stage| std::fs::write(stage.at("module/x.auto.tfvars"), "").unwrap(), "x.auto.tfvars is new"),
        (|stage| state(stage, "8"), "the state has changed since: serial 8, then 7"),
        (|stage| std::fs::write(stage.at("bin/state.json"), "").unwrap(), "the state it is for is gone"),
    ];
    for (change, why) in changes {
        let stage = Stage::new();
        state(&stage, "7");
        let planned = stage.rounds("plan").run().expect_code(0);
        change(&stage);
        // Nobody is there to ask: the new plan is made, and waits for its yes.
        let asked = stage.rounds("apply").run().expect_code(3);
        let told = format!("the saved plan is out of date ({why}): a new one is made");
        assert!(asked.stdout.contains(&told), "{asked:#?}");
        assert!(!stage.was_applied());
        let applied = stage.rounds("apply --yes").run().expect_code(0);
        assert!(applied.stdout.contains("the saved plan, made "), "that one is of now: {applied:#?}");
        assert_eq!(stage.calls("plan"), 2, "{why}");
        stage.keeps_secrets(&[&planned.stdout, &asked.stdout, &asked.stderr, &applied.stdout]);
    }
}

#[test]
fn a_saved_plan_of_another_workspace_is_not_applied() {
    let stage = Stage::new();
    stage.rounds("plan").env("TF_WORKSPACE", "blue").run().expect_code(0);
    let asked = stage.rounds("apply").env("TF_WORKSPACE", "green").run().expect_code(3);
    assert!(asked.stdout.contains("it is for the workspace blue, and this is green"), "{asked:#?}");
}

#[test]
fn a_plan_that_is_named_is_that_one_or_none() {
    let stage = Stage::new();
    state(&stage, "7");
    stage.rounds("plan").run().expect_code(0);
    let folder = std::fs::read_dir(stage.at("state/provision")).unwrap().next().unwrap().unwrap().path();
    let named = format!("apply --yes --plan {}", folder.join("plan.tfplan").display());
    state(&stage, "8");
    let refused = stage.rounds(&format!("{named} -o json")).run().expect_code(3);
    let error = &refused.json()["error"];
    let what = error["what"].as_str().unwrap();
    assert!(what.contains("out of date (the state has changed since: serial 8, then 7)"), "{error:#}");
    assert!(what.contains("nothing was changed") && error["where"].as_str().unwrap().ends_with("plan.tfplan"));
    assert!(!stage.was_applied() && stage.calls("plan") == 1, "none is made in its place");
    state(&stage, "7");
    stage.rounds(&named).run().expect_code(0);
    assert!(stage.was_applied());
    let gone = stage.rounds(&named).run().expect_code(3);
    assert!(gone.stderr.contains("there is no saved plan"), "{gone:#?}");
}

#[test]
fn what_the_program_itself_finds_out_of_date_was_not_begun() {
    let stale =
        r#"{"@level":"error","type":"diagnostic","diagnostic":{"severity":"error","summary":"Saved plan is stale"}}"#;
    let stage = Stage::new().apply(&format!("echo '{stale}'; exit 1"));
    let document = stage.rounds("apply --yes -o json").run().expect_code(3).json();
    assert_eq!(document["outcome"]["outcome"], "not_made", "{document:#}");
    assert!(document["error"]["hint"].as_str().unwrap().contains("rounds provision plan"), "{document:#}");
    stage.rounds("apply").run().expect_code(3);
    assert_eq!(stage.calls("plan"), 2, "it was not kept");
}

#[test]
fn the_real_programs_plans_grow_old_too() {
    let stage = Stage::new().real();
    let real = program("terraform");
    let write = |input: &str| {
        let text = format!(
            "variable \"x\" {{ default = \"{input}\" }}\nresource \"terraform_data\" \"one\" {{ input = var.x }}\n"
        );
        std::fs::write(stage.at("module/main.tf"), text).unwrap();
    };
    let rounds = |words: &str| stage.rounds(&format!("{words} --terraform {}", real.display())).run();
    let terraform = |words: &[&str]| {
        let said = Command::new(&real).args(words).current_dir(stage.at("module")).output().unwrap();
        assert!(said.status.success(), "{said:?}");
    };
    write("a");
    rounds("plan").expect_code(0);
    terraform(&["plan", "-input=false", "-out=mine.tfplan"]);
    let again = rounds("apply").expect_code(3);
    assert!(again.stdout.contains("the saved plan, made "), "planning changes nothing: {again:#?}");
    terraform(&["apply", "-auto-approve", "-input=false"]);
    let asked = rounds("apply --yes").expect_code(0);
    assert!(asked.stdout.contains("out of date (there was no state then, and there is one now)"), "{asked:#?}");
    let mine = format!("apply --yes --plan {}", stage.at("module/mine.tfplan").display());
    let refused = rounds(&mine).expect_code(3);
    assert!(refused.stderr.contains("Saved plan"), "{refused:#?}");
    assert!(stage.at("module/mine.tfplan").exists(), "it is not ours to remove");
    write("b");
    terraform(&["plan", "-input=false", "-out=mine.tfplan"]);
    let applied = rounds(&mine).expect_code(0);
    assert!(applied.stdout.contains("done: 1 done"), "{applied:#?}");
}

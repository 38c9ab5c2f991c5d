//! `rounds provision plan|apply|destroy|output`: against a scripted program that plays recorded and broken streams, and
//! against the real one.

mod documents;
mod endings;
mod hears;
mod stage;
mod stale;
mod status;

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::process::program;
use crate::support::rounds::Rounds;
use stage::{PARK, SECRET, Stage};

fn kinds(journal: &[Value]) -> String {
    let mut out = String::new();
    for record in journal {
        let event = record["event"].as_str().or_else(|| record["event"]["event"].as_str());
        let _ = write!(out, "{} ", event.unwrap_or("?"));
    }
    out
}

#[test]
fn a_plan_is_kept_and_exactly_that_is_applied() {
    let stage = Stage::new();
    let planned = stage.rounds("plan").run().expect_code(0);
    assert!(planned.stdout.contains("PLAN  stage  terraform 1.11.4  3 to create"), "{planned:#?}");
    assert!(planned.stdout.contains("load balancer"), "{planned:#?}");
    let applied = stage.rounds("apply --yes").run().expect_code(0);
    assert!(applied.stdout.contains("the saved plan"), "{applied:#?}");
    assert!(applied.stdout.contains("done 3/3  create aws_ecs_service.grafana  3s"), "{applied:#?}");
    let calls = stage.read("bin/calls");
    assert_eq!(calls.lines().filter(|call| call.starts_with("plan")).count(), 1, "{calls}");
    assert!(calls.lines().any(|call| call.starts_with("apply -json -input=false /") && call.ends_with("plan.tfplan")));
    let journal = stage.journal();
    assert_eq!(journal.len(), 4, "plan, intent, call, end: {journal:#?}");
    assert!(journal[3].to_string().contains("verified"), "{journal:#?}");
    stage.keeps_secrets(&[&planned.stdout, &planned.stderr, &applied.stdout, &applied.stderr]);
    // The plan is gone with its secrets: the next one is made anew.
    stage.rounds("apply --yes").run().expect_code(0);
    assert_eq!(stage.read("bin/calls").lines().filter(|call| call.starts_with("plan")).count(), 2);
}

#[test]
fn a_failure_in_the_middle_says_what_was_done_what_not_and_what_next() {
    let stage = Stage::new().apply("cat \"$here/apply-failed.jsonl\"; exit 1");
    let ended = stage.rounds("apply --yes").run().expect_code(2);
    for text in
        ["done        aws_lb.this", "failed      aws_ecs_service.prometheus", "not begun   aws_ecs_service.grafana"]
    {
        assert!(ended.stdout.contains(text), "{text}\n{ended:#?}");
    }
    assert!(ended.stdout.contains("at prometheus.tf:41:3"), "{ended:#?}");
    assert!(
        ended.stderr.contains("1 done, 1 failed, 1 not begun") && ended.stderr.contains("a new plan goes on from here")
    );
    assert!(stage.journal().last().unwrap().to_string().contains("failed"));
    stage.keeps_secrets(&[&ended.stdout, &ended.stderr, &stage.read("state/journal.jsonl")]);
}

#[test]
fn a_lock_is_told_with_who_and_since_when_and_nothing_was_changed() {
    let while_planning = Stage::new().with("plan.jsonl", "lock.jsonl");
    std::fs::write(while_planning.at("bin/plan.exit"), "1").unwrap();
    let ended = while_planning.rounds("plan").run().expect_code(3);
    assert!(
        ended.stderr.contains("the state is locked by kim@bastion") && ended.stderr.contains("(apply)"),
        "{ended:#?}"
    );
    assert!(ended.stderr.contains("terraform force-unlock 3f9c21aa"), "{ended:#?}");

    for words in ["apply --yes", "destroy --yes --confirm stage"] {
        let ended = while_planning.rounds(&format!("{words} -o json")).run().expect_code(3);
        let document = ended.json();
        assert_eq!((&document["lock"]["who"], &document["outcome"]), (&"kim@bastion".into(), &Value::Null), "{words}");
        assert!(document["error"]["what"].as_str().unwrap().contains("locked by kim@bastion"), "{words}");
    }
    let while_applying = Stage::new().apply("cat \"$here/lock.jsonl\"; exit 1");
    let ended = while_applying.rounds("apply --yes -o json").run().expect_code(3);
    let document = ended.json();
    assert!(document["error"]["hint"].as_str().unwrap().contains("force-unlock 3f9c21aa"), "{document:#}");
    assert_eq!(document["lock"]["who"], "kim@bastion");
    assert_eq!(document["lock"]["since"], "2026-11-22T08:58:01.123456789Z");
    assert_eq!(document["outcome"]["outcome"], "not_made");
    assert!(while_applying.journal().iter().any(|record| record.to_string().contains("not_made")));
}

#[test]
fn told_to_stop_it_sends_one_signal_and_waits() {
    let script = &format!(
        "trap 'echo INT >>\"$here/signals\"; touch \"$here/stopping\"' INT\ncat \"$here/apply-failed.jsonl\" | head -3\n\
                  touch \"$here/begun\"\n{PARK}\nexit 1"
    );
    let stage = Stage::new().apply(script);
    let rounds = stage.rounds("apply --yes");
    let running = rounds.start();
    stage.wait_for("bin/begun");
    let kill = |signal: &str| {
        assert!(Command::new("kill").args([signal, &running.id().to_string()]).status().unwrap().success());
    };
    kill("-HUP");
    kill("-INT");
    stage.wait_for("bin/stopping");
    kill("-INT");
    kill("-TERM");
    std::fs::write(stage.at("bin/go"), "").unwrap();
    let ended = running.finish().expect_code(1);
    assert_eq!(stage.read("bin/signals"), "INT\n", "exactly one");
    assert_eq!(ended.stdout.matches("told to stop").count(), 1, "{ended:#?}");
    assert!(ended.stderr.contains("(told to stop): 1 done, 2 not begun"), "{ended:#?}");
}

#[test]
fn a_killed_program_leaves_the_outcome_unknown() {
    let stage = Stage::new().apply("head -3 \"$here/apply-done.jsonl\"; kill -9 $$");
    let ended = stage.rounds("apply --yes").run().expect_code(2);
    assert!(ended.stderr.contains("killed (signal 9)") && ended.stderr.contains("may still be locked"), "{ended:#?}");
    assert!(ended.stdout.contains("unfinished  aws_lb.this"), "{ended:#?}");
    assert!(stage.journal().last().unwrap().to_string().contains("unknown"));
}

#[test]
fn what_the_stream_says_counts_more_than_a_calm_exit() {
    let error = r#"{"@level":"error","type":"diagnostic","diagnostic":{"severity":"error","summary":"no capacity"}}"#;
    let start = r#"{"type":"apply_start","hook":{"resource":{"addr":"aws_lb.this"},"action":"create"}}"#;
    for (stream, said) in [(format!("{start}\n{error}"), "no capacity"), (start.to_owned(), "did not tell the end")] {
        let stage = Stage::new().apply(&format!("cat <<'END'\n{stream}\nEND"));
        let ended = stage.rounds("apply --yes").run().expect_code(2);
        assert!(ended.stderr.contains(said) && !ended.stdout.contains("done: "), "{ended:#?}");
        assert!(!stage.journal().last().unwrap().to_string().contains("verified"), "{said}");
    }
}

#[test]
fn what_programs_print_beside_the_report_is_not_passed_on() {
    let progress = format!(r#"{{"type":"provision_progress","@message":"(local-exec): {SECRET}","hook":{{}}}}"#);
    let detail = format!("Error running command 'x': exit status 1. Output: {SECRET}");
    let error = format!(r#"{{"type":"diagnostic","diagnostic":{{"summary":"local-exec","detail":"{detail}"}}}}"#);
    let script = format!("cat <<'END'\n{progress}\n{error}\nEND\necho 'panic: {SECRET}' >&2; exit 1");
    for script in [script, format!("echo '{progress}'; exit 1"), format!("echo 'panic: {SECRET}' >&2; exit 1")] {
        let stage = Stage::new().apply(&script);
        let ended = stage.rounds("apply --yes").run().expect_code(2);
        stage.keeps_secrets(&[&ended.stdout, &ended.stderr]);
        let told = stage.rounds("apply --yes -o json").run().expect_code(2);
        stage.keeps_secrets(&[&told.stdout, &told.stderr]);
    }
}

#[test]
fn an_init_that_failed_is_run_again() {
    let stage = Stage::new();
    let program = stage.read("bin/terraform");
    let broken = program.replace("init) mkdir -p .terraform ;;", "init) mkdir -p .terraform; exit 1 ;;");
    assert_ne!(program, broken);
    std::fs::write(stage.at("bin/terraform"), broken).unwrap();
    stage.rounds("plan").run().expect_code(2);
    std::fs::write(stage.at("bin/terraform"), program).unwrap();
    stage.rounds("plan").run().expect_code(0);
    stage.rounds("plan").run().expect_code(0);
    assert_eq!(stage.read("bin/calls").lines().filter(|call| call.starts_with("init")).count(), 2);
}

#[test]
fn asked_to_end_while_a_plan_is_read_it_ends() {
    let stage = Stage::new().scripted("show) cat", "show) touch \"$here/shows\"; exec sleep 600; cat");
    let rounds = stage.rounds("plan");
    let running = rounds.start();
    stage.wait_for("bin/shows");
    assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let ended = running.finish().expect_code(1);
    assert!(ended.stderr.contains("nothing was changed"), "{ended:#?}");
}

#[test]
fn tofu_unknown_messages_and_garbled_lines_are_taken_as_they_come() {
    let stage = Stage::new().apply("cat \"$here/apply-odd.jsonl\"; printf '{\"type\":\"apply_'");
    std::fs::rename(stage.at("bin/terraform"), stage.at("bin/tofu")).unwrap();
    let words = "apply --yes -o json --terraform tofu";
    let ended = stage.rounds(words).run().expect_code(0);
    let document = ended.json();
    assert_eq!(document["schema"], "rounds.provision/1");
    assert_eq!(document["program"]["name"], "tofu");
    assert_eq!(document["unknown_messages"]["action_start"], 2);
    assert_eq!(document["garbled_lines"], 3);
    assert_eq!(document["progress"]["done"], 3);
    stage.keeps_secrets(&[&ended.stdout, &ended.stderr]);
    let log = stage.rounds("apply --yes --terraform tofu").run().expect_code(0);
    assert!(
        log.stdout.contains("not understood: a broken message of") && log.stdout.contains("\\u{1b}[2J"),
        "{log:#?}"
    );
    assert!(!log.stdout.contains('\u{1b}'), "{log:#?}");
    assert!(!log.stdout.contains("action_start"), "{log:#?}");
}

#[test]
fn nothing_is_changed_without_the_right_yes() {
    let data = || Stage::new().with("show.json", "show-data.json");
    for (stage, words, said) in [
        (Stage::new(), "apply", "no terminal"),
        (Stage::new(), "apply --yes --read-only", "--read-only"),
        (Stage::new(), "destroy --yes", "--yes alone is not enough"),
        (Stage::new(), "destroy --yes --confirm prod", "--confirm says prod, and the name is stage"),
        (data(), "apply --yes", "--yes alone is not enough"),
    ] {
        let ended = stage.rounds(words).run().expect_code(3);
        assert!(ended.stderr.contains(said) && ended.stderr.contains("nothing was changed"), "{words}: {ended:#?}");
        assert!(!stage.was_applied(), "{words}");
        assert!(
            stage.journal().iter().all(|record| record.to_string().contains("refused")),
            "{words}: {}",
            kinds(&stage.journal())
        );
    }
    let stage = data();
    let told = stage.rounds("apply --yes --confirm stage").run().expect_code(0);
    assert!(told.stdout.contains("data dies with aws_efs_file_system.this[0]: every file on it"), "{told:#?}");
    let production = Stage::new();
    let config = "[contexts.stage]\nproduction = true\naws = { region = \"us-east-1\" }\n";
    let ended = production.rounds("apply --yes").config(config).run().expect_code(3);
    assert!(ended.stderr.contains("--confirm stage"), "{ended:#?}");
    production.rounds("apply --yes --confirm stage").config(config).run().expect_code(0);
}

#[test]
fn killed_itself_it_leaves_the_program_to_its_end_and_the_journal_telling() {
    let script = &format!(
        "head -2 \"$here/apply-done.jsonl\"; touch \"$here/begun\"\n{PARK}\n\
                  cat \"$here/apply-done.jsonl\" && touch \"$here/ended\""
    );
    let stage = Stage::new().apply(script);
    let rounds = stage.rounds("apply --yes");
    let running = rounds.start();
    stage.wait_for("bin/begun");
    assert!(Command::new("kill").args(["-9", &running.id().to_string()]).status().unwrap().success());
    assert_eq!(running.finish().code, None);
    std::fs::write(stage.at("bin/go"), "").unwrap();
    stage.wait_for("bin/ended");
    assert_eq!(stage.journal().len(), 1, "the intent alone: {}", kinds(&stage.journal()));
    stage.keeps_secrets(&[]);
    let told = Rounds::new(["journal"]).env("ROUNDS_STATE_DIR", stage.at("state").display().to_string()).run();
    assert!(told.stdout.contains("apply the stack of stage") && !told.stdout.contains("verified"), "{told:#?}");
}

#[test]
fn a_person_sees_it_live_and_types_yes() {
    let script = &format!(
        "cat \"$here/apply-done.jsonl\" | head -4; {PARK}\n\
                  tail -n +5 \"$here/apply-done.jsonl\""
    );
    let stage = Stage::new().apply(script);
    let mut terminal = stage.rounds("apply").terminal(100, 24);
    terminal.wait_for("Do it? [y/N]");
    terminal.type_text("y");
    terminal.press("enter");
    terminal.wait_for("provision apply  stage");
    terminal.wait_for("0 of 3");
    terminal.wait_for("aws_lb.this create");
    std::fs::write(stage.at("bin/go"), "").unwrap();
    assert_eq!(terminal.wait_exit(), 0, "{}", terminal.text());
    assert!(terminal.text().contains("done: 3 done"), "{}", terminal.text());
    assert!(!terminal.screen(vt100::Screen::alternate_screen), "the terminal is given back");
}

#[test]
fn the_context_is_written_into_what_a_person_wrote() {
    let stage = Stage::new();
    let mine = "# mine\ndefault_context = \"stage\"\n\n[contexts.stage]   # ours\nservices = [\"api-*\"]\n\n[contexts.stage.aws]\nregion = \"eu-west-1\" # moved\n";
    let rounds = stage.rounds("output --dry-run").config(mine);
    let shown = rounds.run().expect_code(0);
    assert!(shown.stdout.contains("+ [contexts.stage.grafana]") && shown.stdout.contains("dry run"), "{shown:#?}");

    let file = stage.at("config.toml");
    std::fs::write(&file, mine).unwrap();
    let named = format!("output --config {}", file.display());
    let written = stage.rounds(&named).run().expect_code(0);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("# mine\n") && text.contains("[contexts.stage]   # ours\nservices = [\"api-*\"]"),
        "{text}"
    );
    assert!(text.contains("grafana_uid = \"prometheus\"") && !text.contains("name ="), "{text}");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    stage.keeps_secrets(&[&written.stdout, &written.stderr, &text]);
    let again = stage.rounds(&named).run().expect_code(0);
    assert!(again.stdout.contains("as it should be"), "{again:#?}");

    let other = stage.rounds(&format!("{named} --context prod")).run().expect_code(0);
    assert!(other.stdout.contains("+ [contexts.prod]") && other.stdout.contains("+ production = true"), "{other:#?}");
}

#[test]
fn the_real_program_plans_applies_changes_and_destroys() {
    let stage = Stage::new().real();
    let real = program("terraform");
    let module = |input: &str| {
        let text = format!(
            "variable \"environment\" {{ default = \"stage\" }}\nresource \"terraform_data\" \"one\" {{ input = \"{input}\" }}\n\
             resource \"terraform_data\" \"two\" {{ triggers_replace = \"{input}\" }}\n\
             output \"token\" {{\n  value = \"{SECRET}\"\n  sensitive = true\n}}\n"
        );
        std::fs::write(stage.at("module/main.tf"), text).unwrap();
    };
    let rounds = |words: &str| stage.rounds(&format!("{words} --terraform {}", real.display())).run();
    module("a");
    let planned = rounds("plan").expect_code(0);
    assert!(planned.stdout.contains("2 to create"), "{planned:#?}");
    let made = rounds("apply --yes").expect_code(0);
    assert!(made.stdout.contains("done: 2 done"), "{made:#?}");
    assert!(rounds("plan").expect_code(0).stdout.contains("nothing to do"));
    module("b");
    let changed = rounds("apply --yes").expect_code(0);
    assert!(
        changed.stdout.contains("1 to change, 1 to replace") && changed.stdout.contains("done: 2 done"),
        "{changed:#?}"
    );
    let gone = rounds("destroy --yes --confirm stage").expect_code(0);
    assert!(gone.stdout.contains("done 2/2  destroy"), "{gone:#?}");
    stage.keeps_secrets(&[&planned.stdout, &made.stdout, &changed.stdout, &gone.stdout]);
    assert!(is_empty_of_plans(&stage.at("state/provision")), "no plan is left");
}

fn is_empty_of_plans(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().all(|entry| {
        let folder = entry.unwrap().path();
        std::fs::read_dir(folder)
            .unwrap()
            .all(|file| file.unwrap().path().extension().is_none_or(|kind| kind != "tfplan"))
    })
}

#[test]
fn a_reader_that_has_gone_ends_no_run() {
    let stage = Stage::new().apply(&format!("{PARK}; cat \"$here/apply-done.jsonl\""));
    let rounds = stage.rounds("apply --yes");
    let mut child = rounds.command().stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    std::fs::write(stage.at("bin/go"), "").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(stage.journal().last().unwrap().to_string().contains("verified"));
}

#[test]
fn a_very_long_stream_is_followed_to_its_end() {
    let script = r#"
cat "$here/apply-done.jsonl" | head -2
yes '{"@level":"info","type":"refresh_start","@message":"x: Refreshing state..."}' | head -40000
yes 'noise' | head -20000 >&2
seq 3000 | sed 's/.*/{"type":"apply_start","hook":{"resource":{"addr":"a_b.n&"},"action":"create"}}\
{"type":"apply_complete","hook":{"resource":{"addr":"a_b.n&"},"action":"create","elapsed_seconds":1}}/'
cat "$here/apply-done.jsonl" | tail -n +3"#;
    let document = Stage::new().apply(script).rounds("apply --yes -o json").run().expect_code(0).json();
    assert_eq!((&document["progress"]["done"], &document["garbled_lines"]), (&3003.into(), &0.into()));
    assert_eq!(document["resources"].as_array().unwrap().len(), 3003);
}

#[test]
fn stopped_before_the_yes_nothing_is_begun() {
    let stage = Stage::new().scripted("show) cat", &format!("show) touch \"$here/shown\"; {PARK}; cat"));
    let rounds = stage.rounds("apply --yes");
    let running = rounds.start();
    stage.wait_for("bin/shown");
    assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let ended = running.finish().expect_code(1);
    assert!(ended.stderr.contains("stopped while it planned: nothing was changed"), "{ended:#?}");
    assert!(!stage.was_applied());
}

#[test]
fn the_real_program_is_stopped_in_the_middle_and_goes_on_later() {
    let stage = Stage::new().real();
    let real = program("terraform");
    let (begun, quick) = (stage.at("begun"), stage.at("quick"));
    let text = format!(
        "resource \"terraform_data\" \"first\" {{}}\nresource \"terraform_data\" \"slow\" {{\n  depends_on = [terraform_data.first]\n\n  \
         provisioner \"local-exec\" {{\n    command = \"touch {}; test -e {} || sleep 60\"\n  }}\n}}\n",
        begun.display(),
        quick.display()
    );
    std::fs::write(stage.at("module/main.tf"), text).unwrap();
    let words = format!("apply --yes --terraform {}", real.display());
    let rounds = stage.rounds(&words);
    let running = rounds.start();
    stage.wait_for("begun");
    assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let ended = running.finish().expect_code(1);
    assert!(
        ended.stdout.contains("told to stop") && ended.stdout.contains("done        terraform_data.first"),
        "{ended:#?}"
    );
    let journal = stage.journal();
    assert!(journal.last().unwrap().to_string().contains("told to stop"), "{journal:#?}");
    // Its lock is let go of, and a new plan does what is left.
    std::fs::write(&quick, "").unwrap();
    let went_on = stage.rounds(&words).run().expect_code(0);
    assert!(went_on.stdout.contains("done: 1 done"), "{went_on:#?}");
}

//! What of the environment reaches the program.

use super::stage::{SECRET, Stage};
use crate::support::process::program;
use crate::support::rounds::Rounds;

fn odd(rounds: Rounds) -> Rounds {
    rounds
        .env("TF_LOG", "trace")
        .env("TF_LOG_PATH", "/dev/stderr")
        .env("TF_LOG_PROVIDER", "trace")
        .env("TF_INPUT", "1")
        .env("TF_CLI_ARGS", "-no-color")
        .env("TF_CLI_ARGS_show", "-no-such-flag")
        .env("TF_CLI_ARGS_output", "-no-such-flag")
        .env("TF_CLI_ARGS_plan", "-var=more=1 -lock-timeout=3s")
        .env("TF_CLI_ARGS_apply", "-var=more=1 -auto-approve -parallelism=3")
        .env("TF_DATA_DIR", "elsewhere")
        .env("TF_VAR_token", SECRET)
}

#[test]
fn logs_and_arguments_for_what_is_read_here_do_not_reach_it() {
    let stage = Stage::new()
        .scripted("echo \"$*\" >>\"$here/calls\"", "echo \"$*\" >>\"$here/calls\"; env | grep ^TF_ >\"$here/env.$1\"")
        .scripted("init) mkdir -p .terraform", "init) mkdir -p \"$TF_DATA_DIR\"");
    odd(stage.rounds("plan")).env("TF_WORKSPACE", "blue").run().expect_code(0);
    let applied = odd(stage.rounds("apply --yes")).env("TF_WORKSPACE", "blue").run().expect_code(0);
    assert!(applied.stdout.contains("the saved plan, made "), "{applied:#?}");
    assert_eq!(stage.calls("init"), 1, "its folder is where it was told to be");
    for command in ["version", "init", "state", "plan", "show", "apply"] {
        let heard = stage.read(&format!("bin/env.{command}"));
        for (name, value) in [("TF_INPUT", "0"), ("TF_WORKSPACE", "blue"), ("TF_DATA_DIR", "elsewhere")] {
            assert!(heard.contains(&format!("{name}={value}\n")), "{command}: {heard}");
        }
        assert!(
            !heard.contains("TF_LOG") && !heard.contains("TF_CLI_ARGS=") && !heard.contains("such-flag"),
            "{heard}"
        );
    }
    assert!(stage.read("bin/env.plan").contains("TF_CLI_ARGS_plan=-var=more=1 -lock-timeout=3s\n"));
    assert!(stage.read("bin/env.apply").contains("TF_CLI_ARGS_apply=-parallelism=3\n"));
    stage.keeps_secrets(&[&applied.stdout, &applied.stderr]);
}

#[test]
fn a_plan_that_the_environment_narrows_says_so() {
    let stage = Stage::new();
    let planned = stage.rounds("plan").env("TF_CLI_ARGS_plan", "-target=aws_lb.this -var=x=hunter2-planted").run();
    let planned = planned.expect_code(0);
    assert!(planned.stdout.contains("TF_CLI_ARGS_plan leaves a part out: -target\n"), "{planned:#?}");
    stage.keeps_secrets(&[&planned.stdout, &planned.stderr]);
}

#[test]
fn the_real_program_is_driven_through_an_odd_environment() {
    let stage = Stage::new().real();
    let text = "variable \"more\" { default = 0 }\nvariable \"token\" { sensitive = true }\n\
                resource \"terraform_data\" \"one\" { input = var.token }\n";
    std::fs::write(stage.at("module/main.tf"), text).unwrap();
    let real = program("terraform");
    let mut printed = Vec::new();
    for words in ["plan", "apply --yes", "destroy --yes --confirm module"] {
        let ended = odd(stage.rounds(&format!("{words} --terraform {}", real.display()))).run().expect_code(0);
        printed.extend([ended.stdout, ended.stderr]);
    }
    assert!(printed[2].contains("done: 1 done") && printed[4].contains("done: 1 done"), "{printed:#?}");
    stage.keeps_secrets(&printed.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn nothing_is_done_for_real_where_a_simulation_was_asked_for() {
    let stage = Stage::new();
    for words in ["apply --yes", "plan", "destroy --yes"] {
        let ended = stage.rounds(&format!("{words} --demo healthy")).run().expect_code(3);
        assert!(ended.stderr.contains("there is no simulated account"), "{ended:#?}");
    }
    assert_eq!(stage.read("bin/calls"), "", "the program was not even asked for its version");
}

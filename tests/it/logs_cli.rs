//! `rounds logs` and `rounds shell` on the simulated fleet, and in pipes and signals.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::time::Duration;

use crate::support::rounds::Rounds;
use crate::support::wait;

fn logs(arguments: &[&str]) -> Rounds {
    let fixed = ["logs", "--demo", "mixed-bad-day"];
    Rounds::new(fixed.iter().chain(arguments).copied())
}

#[test]
fn lines_of_several_tasks_stopped_ones_too_are_interleaved_by_time() {
    let outcome = logs(&["api-2", "-n", "200"]).run().expect_code(0);
    let times: Vec<&str> =
        outcome.stdout.lines().filter(|line| line.starts_with("2026-")).map(|line| &line[..23]).collect();
    assert_eq!(times.len(), 200, "{}", outcome.stdout);
    assert!(times.is_sorted(), "{times:?}");
    let tasks: std::collections::BTreeSet<&str> =
        outcome.stdout.lines().filter(|line| line.starts_with("2026-")).map(|line| &line[25..33]).collect();
    assert!(tasks.len() >= 3, "{tasks:?}");
    assert!(outcome.stderr.contains("-n 2000 prints more"), "{}", outcome.stderr);
    let oom = logs(&["api-2", "--grep", "out of memory", "--since", "1h"]).run().expect_code(0);
    assert!(oom.stdout.contains("fatal error: runtime: out of memory"), "{oom:#?}");
    assert!(oom.stdout.lines().any(|line| line.starts_with("   ") && line.contains("| goroutine 1")), "{}", oom.stdout);
}

#[test]
fn filters_of_both_sides_levels_and_tasks_choose_lines() {
    let json = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let outcome = logs(&[&["api-2", "-o", "json"], arguments].concat()).run().expect_code(0);
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let errors = json(&["--level", "error"]);
    assert!(!errors.is_empty());
    assert!(errors.iter().all(|line| matches!(line["level"].as_str(), Some("error" | "fatal") | None)), "{errors:#?}");
    let cart = json(&["--filter", "/v1/cart", "-n", "5"]);
    assert!(cart.len() == 5 && cart.iter().all(|line| line["text"].as_str().unwrap().contains("/v1/cart")));
    let task = cart[0]["task"].as_str().unwrap();
    let own = json(&["--task", &task[..8], "-n", "20"]);
    assert!(own.len() == 20 && own.iter().all(|line| line["task"] == task), "{own:#?}");
    assert_eq!(own[0]["schema"], "rounds.logs/1");
}

#[test]
fn a_hostile_line_is_shown_and_does_nothing() {
    let outcome = logs(&["atlantis", "--grep", "mallory", "-n", "1"]).run().expect_code(0);
    assert!(
        outcome.stdout.contains("\\u{1b}[2J") && outcome.stdout.contains("\\u{d}all checks passed"),
        "{}",
        outcome.stdout
    );
    assert!(!outcome.stdout.chars().any(|c| c.is_control() && c != '\n'), "{:?}", outcome.stdout);
    assert_eq!(outcome.stdout.lines().count(), 1);
}

#[test]
fn what_cannot_be_read_is_said() {
    for (arguments, expected) in [
        (vec!["no-such"], "there is no service no-such"),
        (vec!["api-*"], "is a pattern"),
        (vec![], "which service?"),
        (vec!["api-2", "--since", "whenever"], "--since whenever: expected how long ago"),
        (vec!["api-2", "--since", "10m", "--until", "20m"], "nothing lies between"),
        (vec!["api-2", "--grep", "("], "regex parse error"),
        (vec!["api-2", "-o", "nagios"], "text or json"),
        (vec!["api-2", "--until", "1m", "--follow"], "cannot be used with"),
    ] {
        let outcome = logs(&arguments).run().expect_code(3);
        assert!(outcome.stderr.contains(expected) && outcome.stdout.is_empty(), "{arguments:?}: {outcome:#?}");
    }
    let expired = Rounds::new(["logs", "api-2", "--demo", "sso-expired"]).run().expect_code(3);
    assert!(expired.stderr.contains("aws sso login"), "{}", expired.stderr);
}

#[test]
fn following_ends_with_ctrl_c_and_with_the_reader() {
    let run = logs(&["api-2", "-f", "-n", "5", "--demo-speed", "30"]);
    let mut child = run.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut lines = Vec::new();
    // More than were there at first: new ones come.
    while lines.len() < 30 {
        let mut line = String::new();
        assert!(reader.read_line(&mut line).unwrap() > 0, "it ended after {lines:?}");
        lines.push(line);
    }
    let distinct: std::collections::HashSet<&String> = lines.iter().collect();
    assert_eq!(distinct.len(), lines.len(), "a line came twice");
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    // Its end must not wait for somebody who reads.
    std::thread::spawn(move || drop(reader.read_to_end(&mut Vec::new())));
    let ended = |child: &mut std::process::Child| {
        wait::until("the end", Duration::from_mins(1), || child.try_wait().unwrap().ok_or_else(|| "it runs".to_owned()))
    };
    assert_eq!(ended(&mut child).code(), Some(0));

    let mut child = run.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut String::new()).unwrap();
    drop(reader);
    assert_eq!(ended(&mut child).code(), Some(0), "a reader that has enough is no error");
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert!(!complaint.to_lowercase().contains("pipe") && !complaint.contains("panic"), "{complaint}");

    // One who has nothing to write notices, too.
    let silent = logs(&["api-2", "-f", "-n", "5", "--grep", "no line says this"]);
    let mut child = silent.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(ended(&mut child).code(), Some(0));
}

#[test]
fn a_shell_says_exactly_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let bare = Rounds::new(["shell", "api-2"]).env("PATH", folder.path().display().to_string());
    assert!(bare.run().expect_code(3).stderr.contains("aws is not on the PATH"));
    let fake = Rounds::new(["shell", "api-2", "--demo", "healthy", "--task", "x"]);
    let bin = fake.file("bin/aws", "#!/bin/sh\n", 0o755);
    fake.file("bin/session-manager-plugin", "#!/bin/sh\n", 0o755);
    let path = format!("{}:{}", bin.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let outcome = fake.env("PATH", path).run().expect_code(3);
    assert!(outcome.stderr.contains("no running task of api-2 begins with x"), "{}", outcome.stderr);
}

//! Changes in a real pseudo-terminal: from an alert to a verified repair, and everything that must not happen by accident.

use std::path::Path;

use crate::support::pty::Terminal;
use crate::support::rounds::Rounds;

/// Minutes take seconds.
const FAST: &str = "12";
/// What is under way stays so for long enough to be seen.
const SLOW: &str = "1";

/// The simulated fleet with a task that hangs, so many times as fast as life, with its journal in `state`.
fn wedged(state: &Path, speed: &str, more: &[&str]) -> Terminal {
    let arguments = ["demo", "--scenario", "wedged-task", "--speed", speed].into_iter().chain(more.iter().copied());
    let terminal = Rounds::new(arguments).env("ROUNDS_STATE_DIR", state.display().to_string()).terminal(100, 30);
    terminal.wait_for("api-2");
    terminal.wait_for("HighErrorRate");
    terminal
}

#[test]
fn from_the_start_screen_to_a_verified_restart_in_two_keys() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = wedged(state.path(), FAST, &[]);
    terminal.press("R");
    terminal.wait_for("its target is down");
    terminal.wait_for("Do it?");
    let plan = terminal.text();
    assert!(plan.contains("aws ecs stop-task") && plan.contains("3 of 3 running"), "{plan}");
    terminal.press("y");
    terminal.wait_for("VERIFIED");
    let text = terminal.text();
    for stage in ["call", "tasks", "scrape", "alerts"] {
        let line = text.lines().find(|line| line.trim_start().starts_with(['✔', '·']) && line.contains(stage));
        assert!(line.is_some(), "{stage} is not done:\n{text}");
    }
    terminal.press("1");
    terminal.wait_until("the errors gone and the alerts with them", |screen| {
        let text = screen.contents();
        !text.contains("✖ HighErrorRate") && !text.contains("✖ ServiceDown") && text.contains("✔ api-2")
    });
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0, "{}", terminal.text());

    // Whoever comes next reads it in the journal.
    let mut next = wedged(state.path(), FAST, &[]);
    next.press("J");
    next.wait_for("restart task");
    next.wait_for("verified");
    next.press("q");
    assert_eq!(next.wait_exit(), 0);
}

#[test]
fn a_change_is_followed_on_every_screen_and_leaving_is_asked_twice() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = wedged(state.path(), SLOW, &[]);
    terminal.press("x");
    terminal.wait_for("redeploy api-2");
    terminal.press("d");
    terminal.wait_for("Do it?");
    terminal.press("y");
    terminal.wait_for("UNDER WAY");
    terminal.press("a");
    terminal.wait_for("redeploy api-2");
    terminal.wait_for("alertname=");
    terminal.press("q");
    terminal.wait_for("once more leaves");
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0);
    let mut next = wedged(state.path(), FAST, &[]);
    next.press("J");
    next.wait_for("not watched to the end");
    next.press("q");
    next.wait_exit();
}

#[test]
fn a_program_that_died_in_the_middle_is_told_of_at_the_next_start() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = wedged(state.path(), SLOW, &[]);
    terminal.press("R");
    terminal.wait_for("Do it?");
    terminal.press("y");
    terminal.wait_for("ECS stops the task");
    let killed = std::process::Command::new("kill").args(["-9", &terminal.id().to_string()]).status().unwrap();
    assert!(killed.success());
    terminal.wait_exit();
    let mut next = wedged(state.path(), FAST, &[]);
    next.wait_for("never seen to its end");
    next.wait_for("restart task");
    next.press("J");
    next.wait_for("ended before it saw how it went");
    next.press("q");
    next.wait_exit();
    let mut last = wedged(state.path(), FAST, &[]);
    assert!(!last.text().contains("never seen to its end"), "it is told once:\n{}", last.text());
    last.press("q");
    last.wait_exit();
}

#[test]
fn read_only_takes_changes_away() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = wedged(state.path(), SLOW, &["--read-only"]);
    terminal.wait_for("read-only");
    terminal.press("R");
    terminal.wait_for("changes are taken away by --read-only");
    terminal.press("?");
    terminal.wait_for("ON THE OVERVIEW SCREEN");
    assert!(!terminal.text().contains("shows the plan first"), "{}", terminal.text());
    terminal.press("esc");
    terminal.wait_gone("ON THE OVERVIEW SCREEN");
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn pasting_a_yes_is_no_yes() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = wedged(state.path(), FAST, &[]);
    terminal.press("R");
    terminal.wait_for("Do it?");
    terminal.type_text("\x1b[200~y\ry\r\x1b[201~");
    terminal.press("n");
    terminal.wait_gone("Do it?");
    terminal.press("J");
    terminal.wait_for("Nothing was changed so far");
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0);
}

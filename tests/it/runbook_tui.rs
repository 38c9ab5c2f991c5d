//! From an alert to a verified repair by its runbook, in a real pseudo-terminal.

use crate::support::rounds::Rounds;

#[test]
fn from_an_alert_to_a_verified_restart_by_its_runbook_in_six_keys() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = Rounds::new(["demo", "--scenario", "wedged-task", "--speed", "12"])
        .env("ROUNDS_STATE_DIR", state.path().display().to_string())
        .terminal(100, 30);
    terminal.wait_for("HighErrorRate");
    terminal.press("a");
    terminal.wait_for("alertname=HighErrorRate");
    terminal.press("\r");
    terminal.wait_for("for HighErrorRate api-2");
    terminal.wait_for("for this");
    terminal.press("\r");
    terminal.wait_for("one task of api-2 behaves differently");
    terminal.wait_for("shows its plan");
    terminal.press("\r");
    terminal.wait_for("Do it?");
    assert!(terminal.text().contains("aws ecs stop-task"), "{}", terminal.text());
    terminal.press("y");
    terminal.wait_for("VERIFIED");
    // The run has gone on meanwhile.
    terminal.press("\x1b");
    terminal.wait_for("done and verified");
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0, "{}", terminal.text());
}

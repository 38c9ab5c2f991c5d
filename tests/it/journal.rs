//! The journal as a file: shared by many, torn by power failures, kept for its owner.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::rounds::{Outcome, Rounds};
use crate::support::wait;

/// A note on the simulated fleet: intent, call, end.
fn note(text: &str) -> Rounds {
    Rounds::new(["--demo", "healthy", "--demo-speed", "100", "do", "annotate", text, "--yes"])
}

#[test]
fn fifty_at_once_lose_no_line() {
    let home = note("first");
    home.run().expect_code(0);
    let runs: Vec<Rounds> = (0..50)
        .map(|n| {
            home.again(&["--demo", "healthy", "--demo-speed", "100", "do", "annotate", &format!("note {n}"), "--yes"])
        })
        .collect();
    let running: Vec<_> = runs.iter().map(Rounds::start).collect();
    let ended: Vec<Outcome> = running.into_iter().map(crate::support::rounds::Running::finish).collect();
    assert!(ended.iter().all(|outcome| outcome.code == Some(0)), "{:#?}", ended.iter().find(|one| one.code != Some(0)));
    let told = home.again(&["--demo", "healthy", "journal", "-o", "json"]).run().expect_code(0).json();
    assert_eq!(told["unread"].as_array().unwrap().len(), 0, "{}", told["unread"]);
    let changes = told["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 51);
    assert!(changes.iter().all(|change| change["ending"] == "verified"), "{changes:#?}");
}

#[test]
fn killed_in_the_middle_of_many_no_line_is_torn() {
    const MANY: usize = 16;
    let home = Rounds::new(Vec::<String>::new());
    let words =
        ["--demo", "wedged-task", "--demo-speed", "1", "do", "restart", "--service", "api-2", "--yes", "--wait", "30m"];
    let runs: Vec<Rounds> = (0..MANY).map(|_| home.again(&words)).collect();
    let running: Vec<_> = runs.iter().map(Rounds::start).collect();
    let lines =
        || std::fs::read_to_string(home.path(".local/state/rounds/demo.jsonl")).unwrap_or_default().lines().count();
    // Each is killed while the others write: one after the other, as the file grows. One killed early writes nothing, so no
    // more can be waited for than what the living are sure to write: an intent and a call each.
    for (turn, one) in (1..).zip(running) {
        let sure = turn.min(2 * (MANY - turn + 1));
        wait::until("the journal to grow", Duration::from_mins(3), || match lines() {
            count if count >= sure => Ok(()),
            count => Err(format!("{count} lines of {sure}")),
        });
        kill_process(Pid::from_raw(i32::try_from(one.id()).unwrap()).unwrap(), Signal::KILL).unwrap();
        one.finish();
    }
    let told = home.again(&["--demo", "healthy", "journal", "-o", "json"]).run().expect_code(0).json();
    assert_eq!(told["unread"], serde_json::json!([]), "no line is torn or mixed with another");
    let changes = told["changes"].as_array().unwrap();
    assert!(changes.len() >= MANY / 4, "{changes:#?}");
    let is_true = |ending: &serde_json::Value| ending == "unknown" || ending == "unwatched";
    assert!(changes.iter().all(|change| is_true(&change["ending"])), "{changes:#?}");
}

#[test]
fn what_happens_on_the_simulated_fleet_is_marked_and_kept_apart() {
    let home = note("simulated");
    home.run().expect_code(0);
    assert!(!home.path(".local/state/rounds/journal.jsonl").exists(), "the real journal is not touched");
    let real = home.again(&["journal"]).run().expect_code(0).stdout;
    assert!(real.starts_with("no changes since"), "{real}");
    let told = home.again(&["--demo", "hot-cpu", "journal"]).run().expect_code(0).stdout;
    assert!(told.contains("demo (simulated)"), "{told}");
    let json = home.again(&["--demo", "healthy", "journal", "-o", "json"]).run().expect_code(0).json();
    for record in json["records"].as_array().unwrap() {
        // The fleet's clock begins at midnight; the line itself is written by the machine's.
        assert!(record["simulated_at"].as_str().unwrap().starts_with("2026-11-23T00:"), "{record:#}");
        assert_ne!(record["at"], record["simulated_at"]);
    }
    let timeline = home.again(&["--demo", "healthy", "journal", "-o", "markdown"]).run().expect_code(0).stdout;
    assert!(timeline.contains("Of the simulated fleet: nothing real was changed."), "{timeline}");
}

#[test]
fn it_is_its_owners_alone() {
    let home = note("mine");
    home.run().expect_code(0);
    let mode = |path: &str| std::fs::metadata(home.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(".local/state/rounds"), 0o700);
    assert_eq!(mode(".local/state/rounds/demo.jsonl"), 0o600);
}

#[test]
fn a_line_torn_by_a_power_failure_is_told_and_swallows_nothing() {
    let home = note("before");
    home.run().expect_code(0);
    let path = home.path(".local/state/rounds/demo.jsonl");
    let mut text = std::fs::read_to_string(&path).unwrap();
    let whole = text.lines().count();
    text.push_str(r#"{"v":1,"at":"2026-11-22T00:00:"#);
    std::fs::write(&path, text).unwrap();
    let told = home.again(&["--demo", "healthy", "journal"]).run().expect_code(0);
    assert!(told.stdout.contains("it ends in the middle"), "{told:#?}");
    assert!(told.stdout.contains(&format!("demo.jsonl:{}", whole + 1)), "{told:#?}");
    home.again(&["--demo", "healthy", "do", "annotate", "after", "--yes"]).run().expect_code(0);
    let told = home.again(&["--demo", "healthy", "journal", "-o", "json"]).run().json();
    assert_eq!(
        (told["changes"].as_array().unwrap().len(), told["unread"].as_array().unwrap().len()),
        (2, 1),
        "{told:#}"
    );
}

#[test]
fn the_timeline_is_markdown_and_carries_no_markup_of_others() {
    let home = note("<script>alert(1)</script> | `x` [y](z) \u{202e}");
    home.run().expect_code(0);
    let told = home.again(&["--demo", "healthy", "journal", "-o", "markdown"]).run().expect_code(0).stdout;
    assert!(told.starts_with("## Timeline, "), "{told}");
    let is_escaped = |markup: &str| told.match_indices(markup).all(|(at, _)| told[..at].ends_with('\\'));
    assert!(["<script", "`x", "[y", "| `"].into_iter().all(is_escaped), "{told}");
    assert!(!told.contains('\u{202e}'), "{told}");
    assert!(told.contains("**verified**"), "{told}");
}

#[test]
fn an_empty_or_missing_journal_is_no_failure() {
    let told = Rounds::new(["journal", "--since", "2h"]).run().expect_code(0);
    assert!(told.stdout.starts_with("no changes since"), "{told:#?}");
    Rounds::new(["journal", "--since", "yesterday"]).run().expect_code(3);
    Rounds::new(["journal", "-o", "nagios"]).run().expect_code(3);
    let schema = Rounds::new(["journal", "--schema"]).run().expect_code(0).json();
    assert_eq!(schema["$id"], "rounds/journal/1");
}

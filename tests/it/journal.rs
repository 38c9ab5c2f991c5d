//! The journal as a file: shared by many, torn by power failures, kept for its owner.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::rounds::{Outcome, Rounds};

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

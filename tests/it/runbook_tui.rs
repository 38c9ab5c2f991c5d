//! From an alert to a verified repair by its runbook, in a real pseudo-terminal, keys counted.

use std::cell::Cell;
use std::path::Path;

use serde_json::Value;

use crate::support::pty::Terminal;
use crate::support::rounds::Rounds;

/// The most keys from the screen a person starts on to the verdict.
const KEYS: usize = 6;

/// A person who counts the keys pressed.
struct Person {
    terminal: Terminal,
    keys: Cell<usize>,
}

impl Person {
    fn sits_down(state: &Path, (columns, rows): (u16, u16)) -> Self {
        let terminal = Rounds::new(["demo", "--scenario", "wedged-task", "--speed", "12"])
            .env("ROUNDS_STATE_DIR", state.display().to_string())
            .terminal(columns, rows);
        Self { terminal, keys: Cell::new(0) }
    }

    /// Presses one key and waits for what it brings.
    fn press(&self, key: &str, brings: &str) {
        self.terminal.press(key);
        self.keys.set(self.keys.get() + 1);
        self.terminal.wait_for(brings);
    }

    /// Half a frame may be there: what belongs to it is on its way.
    fn sees(&self, text: &str) {
        self.terminal.wait_for(text);
    }
}

/// The whole of it at one size; the journal's document afterwards.
fn repair(size: (u16, u16)) -> Value {
    let state = tempfile::tempdir().unwrap();
    let mut person = Person::sits_down(state.path(), size);
    // The overview: where one starts.
    person.terminal.wait_for("HighErrorRate");
    person.press("a", "alertname=HighErrorRate");
    person.sees("enter runbook");
    person.press("enter", "for HighErrorRate api-2");
    person.sees("for this");
    // The read-only steps run at once; the task that was found is offered.
    person.press("enter", "one task of api-2 behaves differently");
    person.terminal.wait_for("shows its plan");
    person.sees("restart the task that is not well");
    person.press("enter", "Do it?");
    person.sees("aws ecs stop-task");
    person.sees("its target is down");
    person.press("y", "UNDER WAY");
    person.terminal.wait_for("VERIFIED");
    assert!(person.keys.get() <= KEYS, "{} keys", person.keys.get());
    // The run has gone on meanwhile, and the fleet is well.
    person.press("esc", "done and verified");
    person.press("1", "✔ api-2");
    person.press("q", "");
    assert_eq!(person.terminal.wait_exit(), 0, "{}", person.terminal.text());

    assert!(!state.path().join("journal.jsonl").exists(), "the journal of what is real is not touched");
    let journal = Rounds::new(["--demo", "wedged-task", "journal", "-o", "json"]);
    journal.env("ROUNDS_STATE_DIR", state.path().display().to_string()).run().expect_code(0).json()
}

#[test]
fn from_the_overview_to_a_verified_restart_by_the_alerts_runbook_in_six_keys() {
    let journal = std::thread::scope(|scope| {
        let sizes = [(80, 24), (200, 60)].map(|size| scope.spawn(move || repair(size)));
        let journal = repair((120, 40));
        for other in sizes {
            other.join().unwrap();
        }
        journal
    });
    // The journal has the whole of it, as one change.
    assert_eq!(journal["changes"].as_array().unwrap().len(), 1, "{journal:#}");
    assert_eq!(journal["changes"][0]["ending"], "verified", "{journal:#}");
    let records = journal["records"].as_array().unwrap();
    let of = |event: &str| records.iter().find(|record| record["event"] == event).unwrap_or_else(|| panic!("{event}"));
    assert!(records.iter().all(|record| record["id"] == journal["changes"][0]["id"]), "{journal:#}");
    assert!(records.iter().all(|record| record["simulated_at"].is_string()), "{journal:#}");
    let intent = of("intent");
    assert_eq!(intent["consent"]["by"], "key, as runbook error-rate for HighErrorRate api-2 proposes");
    assert_eq!(intent["plan"]["change"]["kind"], "restart_task");
    assert!(intent["plan"]["same_as"].as_str().unwrap().starts_with("aws ecs stop-task"), "{intent:#}");
    assert!(intent["who"]["user"].is_string() && intent["plan"]["place"]["account"].is_string(), "{intent:#}");
    assert_eq!((&of("call")["result"], &of("annotation")["written"]), (&"made".into(), &true.into()));
    let end = of("end");
    assert_eq!(end["outcome"]["outcome"], "verified");
    let stages = end["stages"].as_array().unwrap();
    let names: Vec<&str> = stages.iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    assert_eq!(names, ["call", "tasks", "scrape", "alerts"], "{end:#}");
    assert!(stages.iter().all(|stage| stage["state"] == "done"), "{end:#}");
}

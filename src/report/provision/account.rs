//! What of a run was done and what is left.

use std::fmt::Write as _;

use crate::domain::{Action, ResourceState, TerraformRun};
use crate::report::ink::{Ink, Tone};

/// Addresses listed of one kind before the rest is only counted.
const LISTED: usize = 20;

/// What of a plan was done and what was not, told apart by the addresses themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Done, all of it.
    pub done: Vec<String>,
    /// Failed.
    pub failed: Vec<String>,
    /// Begun, and no end was seen.
    pub unfinished: Vec<String>,
    /// Not begun.
    pub left: Vec<String>,
}

impl Account {
    /// Of a run that has ended.
    pub fn of(run: &TerraformRun) -> Self {
        let mut account = Self::default();
        for change in run.planned.iter().filter(|change| change.action.alters()) {
            let steps: Vec<_> = run.resources.iter().filter(|one| one.address == change.address).collect();
            let is = |wanted: fn(ResourceState) -> bool| steps.iter().any(|one| wanted(one.state));
            let ended = steps.iter().filter(|one| matches!(one.state, ResourceState::Done(_))).count();
            let wanted = if change.action == Action::Replace { 2 } else { 1 };
            let list = if is(|state| matches!(state, ResourceState::Failed(_))) {
                &mut account.failed
            } else if is(|state| state == ResourceState::Running) {
                &mut account.unfinished
            } else if ended >= wanted {
                &mut account.done
            } else if ended > 0 {
                &mut account.unfinished
            } else {
                &mut account.left
            };
            list.push(change.address.clone());
        }
        account
    }

    /// Whether all of it is done.
    pub const fn is_all_done(&self) -> bool {
        self.failed.is_empty() && self.unfinished.is_empty() && self.left.is_empty()
    }

    /// How many of each, in one line.
    pub fn summary(&self) -> String {
        let counts = [("failed", &self.failed), ("unfinished", &self.unfinished), ("not begun", &self.left)];
        let rest =
            counts.iter().filter(|(_, list)| !list.is_empty()).map(|(word, list)| format!("{} {word}", list.len()));
        std::iter::once(format!("{} done", self.done.len())).chain(rest).collect::<Vec<_>>().join(", ")
    }

    /// Every address, under what became of it.
    pub fn text(&self, colour: bool) -> String {
        let ink = Ink { colour };
        let mut out = String::new();
        let lists = [
            ("done", &self.done, Tone::Dim),
            ("failed", &self.failed, Tone::Critical),
            ("unfinished", &self.unfinished, Tone::Warning),
            ("not begun", &self.left, Tone::Plain),
        ];
        for (word, list, tone) in lists {
            for address in list.iter().take(LISTED) {
                let _ = writeln!(out, "  {}  {address}", ink.paint(tone, &crate::format::pad_right(word, 10)));
            }
            if list.len() > LISTED {
                let _ = writeln!(out, "  {}  and {} more", crate::format::pad_right(word, 10), list.len() - LISTED);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::{PlannedChange, TerraformEvent};

    #[test]
    fn a_replacement_is_done_only_when_both_halves_are() {
        let change = |address: &str, action| PlannedChange { address: address.to_owned(), action, reason: None };
        let mut run = TerraformRun::of_plan(vec![
            change("a.half", Action::Replace),
            change("a.whole", Action::Create),
            change("a.broken", Action::Update),
            change("a.never", Action::Create),
            change("a.killed", Action::Create),
        ]);
        let now = Timestamp::UNIX_EPOCH;
        let done = |address: &str, action| TerraformEvent::Done { address: address.to_owned(), action, took: None };
        run.take(done("a.half", Action::Delete), now);
        run.take(done("a.whole", Action::Create), now);
        run.take(TerraformEvent::Failed { address: "a.broken".into(), action: Action::Update, took: None }, now);
        run.take(TerraformEvent::Began { address: "a.killed".into(), action: Action::Create }, now);
        let account = Account::of(&run);
        assert_eq!(account.summary(), "1 done, 1 failed, 2 unfinished, 1 not begun");
        assert_eq!(account.unfinished, ["a.half", "a.killed"]);
        assert!(account.text(false).contains("not begun   a.never"));
    }
}

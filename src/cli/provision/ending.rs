//! How a run of a plan ended, what to do next, and the exit code. What was seen counts more than how the program ended.

use std::path::Path;

use jiff::Timestamp;

use super::plan::{FAILED, LOOK_ANEW, NOT_BEGUN, STOPPED};
use crate::domain::terraform::LEFT_STATE;
use crate::domain::{Diagnostic, Outcome, ProvisionOperation, ResourceState, TerraformRun};
use crate::format::shell_word;
use crate::report;
use crate::report::provision::Account;
use crate::terraform::Ending;

/// What was run, as far as it matters for how it ended.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// `terraform` or `tofu`.
    pub tool: &'a str,
    /// The root module.
    pub module: &'a Path,
    /// What was asked for.
    pub operation: ProvisionOperation,
    /// Whether the plan was a file that was named.
    pub is_given: bool,
    /// Whether it was told to stop.
    pub was_stopped: bool,
}

/// How a run ended, what to do next, and the exit code.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    /// How it ended.
    pub outcome: Outcome,
    /// The next step.
    pub hint: Option<String>,
    /// The exit code.
    pub code: u8,
}

impl End {
    /// Not begun: nothing was changed.
    pub const fn not_begun(why: String, hint: Option<String>) -> Self {
        Self { outcome: Outcome::NotMade { why }, hint, code: NOT_BEGUN }
    }

    /// Of a run that was started.
    pub fn of(ending: Ending, run: &TerraformRun, scene: &Scene<'_>, now: Timestamp) -> Self {
        let account = Account::of(run);
        scene.unsaved(ending, run, &account).or_else(|| scene.unreleased(ending, run, &account)).unwrap_or_else(|| {
            match ending {
                Ending::Done => scene.done(run, &account),
                Ending::Killed(_) | Ending::Lost => scene.unseen(ending, &account),
                Ending::Failed(code) => scene.failed(code, run, &account, now),
                Ending::HasChanges => scene.failed(2, run, &account, now),
            }
        })
    }
}

impl Scene<'_> {
    /// It ended well, as far as its exit code tells.
    fn done(&self, run: &TerraformRun, account: &Account) -> End {
        let (tool, summary) = (self.tool, account.summary());
        let doubt = |why: String| End { outcome: Outcome::Unknown { why }, hint: Some(self.again()), code: FAILED };
        if let Some(error) = run.errors().next() {
            let why = format!("{summary}: {}, although {tool} ended as if all was well", error.summary);
            return End { outcome: Outcome::Failed { why }, hint: Some(self.again()), code: FAILED };
        }
        if run.resources.iter().any(|one| !matches!(one.state, ResourceState::Done(_))) {
            return doubt(format!("{tool} ended well and did not tell the end of all that it began: {summary}"));
        }
        if run.garbled > 0 && !account.left.is_empty() {
            let lines = if run.garbled == 1 { "line" } else { "lines" };
            return doubt(format!(
                "{tool} ended well, but {} {lines} of what it reported cannot be read: {summary}",
                run.garbled
            ));
        }
        // Its last word counts what it did; without it, each of the planned resources must have been seen.
        let was_seen = account.left.is_empty() && !run.resources.is_empty();
        if run.done.is_none() && !was_seen {
            return doubt(format!("{tool} ended well and did not tell that it did what was planned: {summary}"));
        }
        End { outcome: Outcome::Verified, hint: None, code: 0 }
    }

    /// Nobody saw it end by itself.
    fn unseen(&self, ending: Ending, account: &Account) -> End {
        let (tool, summary, again) = (self.tool, account.summary(), self.again());
        let (why, hint) = match ending {
            Ending::Killed(signal) => (
                format!("{tool} was killed (signal {signal}): {summary}; the state may still be locked"),
                format!("{again}; where the state is locked it says by whom and what to do"),
            ),
            _ => (format!("nobody saw how {tool} ended: {summary}"), format!("see whether it still runs; {again}")),
        };
        End { outcome: Outcome::Unknown { why }, hint: Some(hint), code: FAILED }
    }

    fn failed(&self, code: i32, run: &TerraformRun, account: &Account, now: Timestamp) -> End {
        if let Some(lock) = run.lock() {
            let (why, hint) = report::terraform::lock(&lock, now, self.tool);
            return End::not_begun(why, Some(hint));
        }
        let is_untouched = run.resources.is_empty() && run.done.is_none();
        if let Some(error) = run.errors().find(|error| is_untouched && says_stale(error)) {
            return End::not_begun(format!("{}: {}", self.tool, error.summary), Some(LOOK_ANEW.to_owned()));
        }
        let summary = account.summary();
        let said = run.said().map_or_else(|| format!("it did not say why (exit code {code})"), str::to_owned);
        // A line that was not understood may have been the beginning of a change.
        let outcome = if self.was_stopped {
            Outcome::GaveUp { waiting_for: format!("what is left (told to stop): {summary}") }
        } else if is_untouched && run.garbled == 0 {
            Outcome::NotMade { why: said }
        } else {
            Outcome::Failed { why: format!("{summary}: {said}") }
        };
        let code = if self.was_stopped { STOPPED } else { FAILED };
        End { outcome, hint: Some(self.again()), code }
    }

    /// What was done is not in the state: whatever else went wrong, that comes first.
    fn unsaved(&self, ending: Ending, run: &TerraformRun, account: &Account) -> Option<End> {
        let error = run.errors().find(|error| error.is_unsaved_state())?;
        let why = format!("{}, and the state was not saved: {}", account.summary(), error.summary);
        let hint = if run.errors().any(Diagnostic::leaves_a_state) {
            let push = self.by_hand(&format!("state push {LEFT_STATE}"));
            format!("before anything else: {push}; planning anew before that forks the state")
        } else {
            "plan nothing before the state knows of what was done: restore it, or import what is not in it".to_owned()
        };
        Some(End { outcome: cut_short(ending, why), hint: Some(hint), code: FAILED })
    }

    /// The run's own lock is still there.
    fn unreleased(&self, ending: Ending, run: &TerraformRun, account: &Account) -> Option<End> {
        let lock = run.diagnostics.iter().find_map(Diagnostic::unreleased)?;
        let id = if lock.id.is_empty() { "ID (a new plan tells the id)" } else { lock.id.as_str() };
        let unlock = format!("when nobody is at work on it: {}", self.by_hand(&format!("force-unlock {id}")));
        let other = run.errors().find(|error| error.unreleased().is_none());
        let is_all = account.is_all_done() && other.is_none() && !run.resources.is_empty();
        let (summary, but) = (account.summary(), "the lock on the state was not let go of");
        let (why, hint) = match other {
            _ if is_all => (format!("all of it is done ({summary}), but {but}"), unlock),
            Some(other) => {
                (format!("{summary}: {}; and {but}", other.summary), format!("{unlock}; then {}", self.again()))
            }
            None => (format!("{summary}: {but}"), format!("{unlock}; then {}", self.again())),
        };
        Some(End { outcome: cut_short(ending, why), hint: Some(hint), code: FAILED })
    }

    /// What goes on from here.
    fn again(&self) -> String {
        let what = match (self.operation, self.is_given) {
            (ProvisionOperation::Destroy, _) => "rounds provision destroy",
            (_, true) => "make a plan in the way that one was made, then apply it",
            (_, false) => "rounds provision plan, then apply",
        };
        format!("{what}: a new plan goes on from here")
    }

    fn by_hand(&self, arguments: &str) -> String {
        format!("cd {} && {} {arguments}", shell_word(&self.module.display().to_string()), self.tool)
    }
}

/// What went wrong, where the program came to its own end; without that more may have.
const fn cut_short(ending: Ending, why: String) -> Outcome {
    match ending {
        Ending::Killed(_) | Ending::Lost => Outcome::Unknown { why },
        Ending::Done | Ending::HasChanges | Ending::Failed(_) => Outcome::Failed { why },
    }
}

/// Whether the program found the plan to be of a state that has moved on.
pub fn is_stale(run: &TerraformRun) -> bool {
    run.errors().any(says_stale)
}

fn says_stale(error: &Diagnostic) -> bool {
    let summary = error.summary.to_ascii_lowercase();
    summary.contains("saved plan is stale") || summary.contains("saved plan does not match")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Action, Gravity, PlannedChange, Tally, TerraformEvent};

    fn scene() -> Scene<'static> {
        Scene {
            tool: "terraform",
            module: Path::new("/infra"),
            operation: ProvisionOperation::Apply,
            is_given: false,
            was_stopped: false,
        }
    }

    /// Three to create, of which so many were done.
    fn run(done: usize, errors: &[(&str, &str)]) -> TerraformRun {
        let all = ["a_b.x", "a_b.y", "a_b.z"];
        let change =
            |address: &str| PlannedChange { address: address.to_owned(), action: Action::Create, reason: None };
        let mut run = TerraformRun::of_plan(all.map(change).to_vec());
        for address in all.iter().take(done) {
            let done = TerraformEvent::Done { address: (*address).to_owned(), action: Action::Create, took: None };
            run.take(done, Timestamp::UNIX_EPOCH);
        }
        for (summary, detail) in errors {
            let detail = detail.lines().map(str::to_owned).collect();
            let (gravity, address, place) = (Gravity::Error, None, None);
            let said = Diagnostic { gravity, summary: (*summary).to_owned(), detail, address, place };
            run.take(TerraformEvent::Diagnostic(said), Timestamp::UNIX_EPOCH);
        }
        run
    }

    fn summed_up(mut run: TerraformRun) -> TerraformRun {
        run.take(TerraformEvent::Summary { tally: Tally::default(), is_done: true }, Timestamp::UNIX_EPOCH);
        run
    }

    fn garbled(mut run: TerraformRun) -> TerraformRun {
        run.take(TerraformEvent::Garbled("{".to_owned()), Timestamp::UNIX_EPOCH);
        run
    }

    fn end(ending: Ending, run: &TerraformRun, scene: Scene<'_>) -> (String, String, u8) {
        let end = End::of(ending, run, &scene, Timestamp::UNIX_EPOCH);
        (end.outcome.to_string(), end.hint.unwrap_or_default(), end.code)
    }

    #[test]
    fn a_calm_exit_is_a_success_only_where_that_was_seen() {
        for (run, expected) in [
            (run(3, &[]), "verified"),
            (summed_up(run(3, &[])), "verified"),
            (garbled(run(3, &[])), "verified"),
            // What turns out to need no change is not begun, and its last word says so.
            (summed_up(run(2, &[])), "verified"),
            (
                run(0, &[]),
                "outcome unknown: terraform ended well and did not tell that it did what was planned: 0 done, 3 not begun",
            ),
            (
                run(1, &[]),
                "outcome unknown: terraform ended well and did not tell that it did what was planned: 1 done, 2 not begun",
            ),
            (
                garbled(summed_up(run(1, &[]))),
                "outcome unknown: terraform ended well, but 1 line of what it reported cannot be read: 1 done, 2 not begun",
            ),
            (summed_up(TerraformRun::default()), "verified"),
            (
                TerraformRun::default(),
                "outcome unknown: terraform ended well and did not tell that it did what was planned: 0 done",
            ),
        ] {
            let (outcome, _, code) = end(Ending::Done, &run, scene());
            assert_eq!((outcome.as_str(), code), (expected, if expected == "verified" { 0 } else { FAILED }));
        }
    }

    #[test]
    fn a_lock_that_is_not_let_go_of_is_no_lock_of_another() {
        let kept = ("Error releasing the state lock", "Lock Info:\n  ID:   me-1\n  Who:  me@laptop");
        let unlock = "when nobody is at work on it: cd /infra && terraform force-unlock me-1";
        let (outcome, hint, code) = end(Ending::Failed(1), &summed_up(run(3, &[kept])), scene());
        assert_eq!(outcome, "failed: all of it is done (3 done), but the lock on the state was not let go of");
        assert_eq!((hint.as_str(), code), (unlock, FAILED));
        let (outcome, hint, _) = end(Ending::Failed(1), &run(1, &[("no capacity", ""), kept]), scene());
        assert_eq!(outcome, "failed: 1 done, 2 not begun: no capacity; and the lock on the state was not let go of");
        assert!(hint.starts_with(unlock) && hint.ends_with("a new plan goes on from here"), "{hint}");
        // Nothing that was begun was not made, whoever has the lock.
        let held = ("Error acquiring the state lock", "Lock Info:\n  ID:   ci-7\n  Who:  ci@runner");
        assert!(end(Ending::Failed(1), &run(0, &[held]), scene()).0.starts_with("not made, nothing was changed"));
        assert!(end(Ending::Failed(1), &run(1, &[held]), scene()).0.starts_with("failed: 1 done, 2 not begun"));
    }

    #[test]
    fn a_state_that_was_not_saved_comes_before_anything_else() {
        let lost = ("Failed to persist state to backend", "the state has been written to the file \"errored.tfstate\"");
        let upload = ("Failed to save state", "AccessDenied");
        for (ending, scene) in [
            (Ending::Failed(1), scene()),
            (Ending::Killed(15), scene()),
            (Ending::Failed(1), Scene { was_stopped: true, ..scene() }),
        ] {
            let (outcome, hint, code) = end(ending, &run(3, &[upload, lost]), scene);
            assert!(outcome.ends_with("3 done, and the state was not saved: Failed to save state"), "{outcome}");
            assert!(hint.contains("cd /infra && terraform state push errored.tfstate"), "{hint}");
            assert!(!hint.contains("then apply") && code == FAILED, "{hint}");
        }
        let (_, hint, _) = end(Ending::Failed(1), &run(3, &[upload]), scene());
        assert!(hint.contains("import what is not in it"), "{hint}");
    }

    #[test]
    fn what_goes_on_is_what_was_begun() {
        let destroy = Scene { operation: ProvisionOperation::Destroy, ..scene() };
        let given = Scene { is_given: true, ..scene() };
        for (scene, expected) in [
            (scene(), "rounds provision plan, then apply: "),
            (destroy, "rounds provision destroy: "),
            (Scene { was_stopped: true, ..destroy }, "rounds provision destroy: "),
            (given, "make a plan in the way that one was made, then apply it: "),
        ] {
            for ending in [Ending::Failed(1), Ending::Killed(9), Ending::Done] {
                let (_, hint, _) = end(ending, &run(1, &[]), scene);
                assert!(hint.starts_with(expected), "{ending:?}: {hint}");
            }
        }
    }
}

//! A module, a scripted program that plays recorded and broken streams, and a place for what is kept.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::process::{repository, script};
use crate::support::rounds::Rounds;
use crate::support::wait;

/// In a script: waits until the test has written `go`.
pub(super) const PARK: &str = "while [ ! -e \"$here/go\" ]; do read -t 0.05 <> <(:); done";

/// Planted in the plan, the state's outputs and a diagnostic's snippet.
pub(super) const SECRET: &str = "hunter2-planted";

/// Longer than a step of a run may take, on a machine that has much else to do.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);

/// A module, the scripted program and a place for what is kept.
pub(super) struct Stage {
    folder: TempDir,
}

impl Stage {
    pub(super) fn new() -> Self {
        let stage = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["bin", "module", "state"] {
            std::fs::create_dir(stage.at(folder)).unwrap();
        }
        std::fs::write(stage.at("module/main.tf"), "").unwrap();
        for entry in std::fs::read_dir(repository().join("tests/fixtures/terraform-streams")).unwrap() {
            let file = entry.unwrap().path();
            let copy = stage.at("bin").join(file.file_name().unwrap());
            if file.metadata().unwrap().permissions().mode() & 0o111 == 0 {
                std::fs::copy(&file, copy).unwrap();
            } else {
                script(&copy, &std::fs::read_to_string(&file).unwrap());
            }
        }
        stage.apply("cat \"$here/apply-done.jsonl\"")
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it does when it is told to apply.
    pub(super) fn apply(self, script: &str) -> Self {
        std::fs::write(self.at("bin/apply.sh"), format!("{script}\n")).unwrap();
        self
    }

    /// With a file of the scripted program replaced by another.
    pub(super) fn with(self, name: &str, other: &str) -> Self {
        std::fs::copy(self.at("bin").join(other), self.at("bin").join(name)).unwrap();
        self
    }

    pub(super) fn rounds(&self, words: &str) -> Rounds {
        let path = format!("{}:{}", self.at("bin").display(), std::env::var("PATH").unwrap());
        let words = words.split_whitespace().map(str::to_owned);
        let dir = ["--dir".to_owned(), self.at("module").display().to_string()];
        Rounds::new(["provision".to_owned()].into_iter().chain(words).chain(dir))
            .env("PATH", path)
            .env("ROUNDS_STATE_DIR", self.at("state").display().to_string())
    }

    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.at(name)).unwrap_or_default()
    }

    /// The journal's records, the oldest first.
    pub(super) fn journal(&self) -> Vec<Value> {
        self.read("state/journal.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How often it was told to do that.
    pub(super) fn calls(&self, command: &str) -> usize {
        self.read("bin/calls").lines().filter(|call| call.split(' ').next() == Some(command)).count()
    }

    /// Waits for a file.
    pub(super) fn wait_for(&self, name: &str) {
        wait::until(name, PATIENCE, || if self.at(name).exists() { Ok(()) } else { Err("not there".to_owned()) });
    }

    /// With the scripted program's lines for a command replaced.
    pub(super) fn scripted(self, line: &str, other: &str) -> Self {
        let program = self.read("bin/terraform");
        assert!(program.contains(line), "{line} is in the script");
        script(&self.at("bin/terraform"), &program.replace(line, other));
        self
    }

    /// Without the scripted program: the real one is named on the command line.
    pub(super) fn real(self) -> Self {
        std::fs::remove_file(self.at("bin/terraform")).unwrap();
        self
    }

    pub(super) fn was_applied(&self) -> bool {
        self.read("bin/calls").lines().any(|call| call.starts_with("apply"))
    }

    /// Nothing that is secret is anywhere but in the plan.
    #[track_caller]
    pub(super) fn keeps_secrets(&self, printed: &[&str]) {
        for text in printed {
            assert!(!text.contains(SECRET), "{text}");
        }
        let mut folders = vec![self.at("state")];
        while let Some(folder) = folders.pop() {
            let mode = folder.metadata().unwrap().permissions().mode() & 0o077;
            assert!(mode == 0 || folder == self.at("state"), "{} is open to others: {mode:o}", folder.display());
            for entry in std::fs::read_dir(&folder).unwrap() {
                let file = entry.unwrap().path();
                if file.is_dir() {
                    folders.push(file);
                } else if file.extension().is_some_and(|kind| kind == "tfplan") {
                    let mode = file.metadata().unwrap().permissions().mode() & 0o777;
                    assert_eq!(mode, 0o600, "{} holds secrets", file.display());
                } else {
                    assert!(!std::fs::read_to_string(&file).unwrap().contains(SECRET), "{}", file.display());
                }
            }
        }
    }
}

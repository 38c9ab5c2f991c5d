//! A copy of the module in a folder of its own, and terraform with a provider that touches nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::process::{repository, script};
use crate::support::rounds::Rounds;

/// The version whose attributes the provider knows.
const PROVIDER: &str = "6.25.0";

/// `provision`, and beside it the fixtures `cases` and `render`.
pub(super) struct Workspace {
    folder: TempDir,
    terraform: PathBuf,
}

/// Where each of the two programs looks for the provider.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// What is said of a test that is left out; under `CI` nothing is.
pub(super) fn missing(test: &str, ci: bool) -> String {
    assert!(!ci, "{test} must not be left out here: terraform is not installed");
    format!("skipped: {test}: terraform is not installed\n")
}

/// The interpreter that has checkov and what the provider is made of, as `tests/run` installed it.
pub(super) fn python() -> PathBuf {
    let installed = repository().join(".cache/terraform/bin/python");
    assert!(installed.exists(), "checkov is not installed: run `tests/run` once");
    installed
}

/// Copies a folder, without what terraform leaves in it.
pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(".terraform") {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

impl Workspace {
    /// One for this test; `None`, said aloud, where there is no terraform.
    pub(super) fn of(test: &str) -> Option<Self> {
        Self::with("terraform", || missing(test, std::env::var_os("CI").is_some_and(|ci| ci == "true")))
    }

    /// One for `OpenTofu`, which nobody has to have, `CI` included; `None`, said aloud, where it is not.
    pub(super) fn of_opentofu(test: &str) -> Option<Self> {
        Self::with("tofu", || format!("not run: {test}: tofu is not on the PATH; terraform is what has to be\n"))
    }

    fn with(program: &str, without: impl FnOnce() -> String) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let Some(terraform) = std::env::split_paths(&path).map(|f| f.join(program)).find(|file| file.is_file()) else {
            // Not by a macro: the harness would keep it to itself.
            std::io::stderr().write_all(without().as_bytes()).unwrap();
            return None;
        };
        let workspace = Self { folder: tempfile::tempdir().unwrap(), terraform };
        copy(&repository().join("provision"), &workspace.path("provision"));
        for fixture in ["cases", "render"] {
            copy(&repository().join("tests/fixtures/terraform").join(fixture), &workspace.path(fixture));
        }
        workspace.provider();
        Some(workspace)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lays the provider where terraform looks for it, and nowhere else does it look.
    fn provider(&self) {
        let mirror = self.path("mirror");
        let provider = repository().join("tests/fixtures/terraform/provider.py");
        let wrapper = format!("#!/bin/sh\nexec '{}' '{}'\n", python().display(), provider.display());
        for registry in REGISTRIES {
            let folder = mirror.join(format!("{registry}/hashicorp/aws/{PROVIDER}/linux_{}", architecture()));
            std::fs::create_dir_all(&folder).unwrap();
            script(&folder.join(format!("terraform-provider-aws_v{PROVIDER}")), &wrapper);
        }
        let settings = format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n");
        std::fs::write(self.path("terraformrc"), settings).unwrap();
        std::fs::create_dir(self.path("home")).unwrap();
    }

    /// A run of `rounds` whose terraform has this provider and no other.
    pub(super) fn offline(&self, rounds: Rounds) -> Rounds {
        rounds
            .env("TF_CLI_CONFIG_FILE", self.path("terraformrc").display().to_string())
            .env("AWS_SCHEMA", repository().join("tests/fixtures/terraform/aws-schema.json.gz").display().to_string())
    }

    /// Gets a root module ready.
    pub(super) fn init(&self, root: &str) {
        self.terraform(root, &["init", "-backend=false", "-input=false"]);
    }

    /// Runs terraform in a folder; panics with what it said when it fails.
    pub(super) fn terraform(&self, root: &str, arguments: &[&str]) -> String {
        let (ok, said) = self.try_terraform(root, arguments);
        assert!(ok, "terraform {} in {root}: {said}", arguments.join(" "));
        said
    }

    /// Whether it succeeded, and what it said.
    pub(super) fn try_terraform(&self, root: &str, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(&self.terraform)
            .args(arguments)
            .current_dir(self.path(root))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("TF_CLI_CONFIG_FILE", self.path("terraformrc"))
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_CLI_ARGS", "-no-color")
            .env("CHECKPOINT_DISABLE", "1")
            .env("AWS_SCHEMA", repository().join("tests/fixtures/terraform/aws-schema.json.gz"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    }
}

/// As terraform calls it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "amd64",
    }
}

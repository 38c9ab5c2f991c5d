//! The program that is driven: found on the `PATH`, and asked for its version.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::process::Command;

use super::TerraformError;
use crate::format::sanitise;

/// What is looked for, in this order.
const NAMES: [&str; 2] = ["terraform", "tofu"];

/// The oldest versions whose S3 backend locks natively.
const OLDEST_TERRAFORM: (u32, u32) = (1, 11);
const OLDEST_TOFU: (u32, u32) = (1, 10);

/// Terraform or OpenTofu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Where it is.
    pub program: PathBuf,
    /// `terraform` or `tofu`.
    pub name: &'static str,
    /// Its version.
    pub version: String,
}

/// Finds the program and asks for its version. `wanted` is a name or a path; without it the first of both on `path` (a
/// `PATH`) is taken.
///
/// # Errors
/// When there is none, or it is too old.
pub async fn find(wanted: Option<&Path>, path: &str) -> Result<Tool, TerraformError> {
    let program = locate(wanted, path)?;
    let said = Command::new(&program)
        .args(["version", "-json"])
        .env("CHECKPOINT_DISABLE", "1")
        .output()
        .await
        .map_err(|error| TerraformError::new(format!("cannot run {}: {error}", program.display())))?;
    let is_called_tofu = program.file_stem().is_some_and(|name| name.to_string_lossy().contains("tofu"));
    let (is_tofu, version) = version(&said.stdout, is_called_tofu).ok_or_else(|| {
        let words = String::from_utf8_lossy(&said.stderr);
        TerraformError::new(format!("{} does not tell its version: {}", program.display(), sanitise(words.trim())))
            .with_hint("check that it is Terraform or OpenTofu: run it with `version -json`")
    })?;
    let name = if is_tofu { "tofu" } else { "terraform" };
    let (major, minor) = if is_tofu { OLDEST_TOFU } else { OLDEST_TERRAFORM };
    if numbers(&version).is_some_and(|found| found < (major, minor)) {
        return Err(TerraformError::new(format!("{name} {version} is too old: {major}.{minor} is needed")).with_hint(
            "newer ones lock the state in S3 by themselves; install one, or name one: --terraform /path/to/terraform",
        ));
    }
    Ok(Tool { program, name, version })
}

/// Whether it is OpenTofu, and the version it tells: as JSON, in which OpenTofu uses Terraform's key, or in words.
fn version(said: &[u8], is_called_tofu: bool) -> Option<(bool, String)> {
    if let Ok(answer) = serde_json::from_slice::<Value>(said) {
        let of = |key: &str| Some(sanitise(answer[key].as_str()?).into_owned());
        return match (of("tofu_version").or_else(|| of("opentofu_version")), of("terraform_version")) {
            (Some(tofu), _) => Some((true, tofu)),
            (None, terraform) => Some((is_called_tofu, terraform?)),
        };
    }
    let said = String::from_utf8_lossy(said);
    let mut words = said.lines().next()?.split_whitespace();
    let is_tofu = match words.next()? {
        "Terraform" => false,
        "OpenTofu" => true,
        _ => return None,
    };
    let version = words.next()?.strip_prefix('v')?;
    numbers(version).map(|_| (is_tofu, sanitise(version).into_owned()))
}

fn locate(wanted: Option<&Path>, path: &str) -> Result<PathBuf, TerraformError> {
    let folders = || std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let on_path = |name: &Path| folders().map(|folder| folder.join(name)).find(|file| is_program(file));
    match wanted {
        // A relative path is made whole here: the program is started in another folder.
        Some(file) if file.components().count() > 1 => match file.canonicalize() {
            Ok(whole) if is_program(&whole) => Ok(whole),
            _ => Err(TerraformError::new(format!("{} is no program", file.display()))),
        },
        Some(name) => {
            on_path(name).ok_or_else(|| TerraformError::new(format!("there is no {} on the PATH", name.display())))
        }
        None => NAMES.iter().find_map(|name| on_path(Path::new(name))).ok_or_else(|| {
            TerraformError::new("there is neither terraform nor tofu on the PATH").with_hint(
                "install Terraform 1.11 or OpenTofu 1.10 (or later), or name the program: --terraform /path/to/it",
            )
        }),
    }
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(folder: &Path, name: &str, script: &str) -> PathBuf {
        let file = folder.join(name);
        crate::terraform::script::write(&file, &format!("#!/bin/sh\n{script}\n"));
        file
    }

    #[test]
    fn a_version_is_told_in_json_or_in_words() {
        for (said, expected) in [
            (r#"{"terraform_version":"1.11.4"}"#, Some((false, "1.11.4"))),
            (r#"{"tofu_version":"1.10.0","terraform_version":"1.10.0"}"#, Some((true, "1.10.0"))),
            ("Terraform v1.12.0-beta1\non linux_amd64\n", Some((false, "1.12.0-beta1"))),
            ("OpenTofu v1.10.2\n", Some((true, "1.10.2"))),
            ("{}", None),
            ("Pulumi v3.1.0", None),
            ("", None),
        ] {
            let expected = expected.map(|(is_tofu, version)| (is_tofu, version.to_owned()));
            assert_eq!(version(said.as_bytes(), false), expected, "{said}");
        }
    }

    #[tokio::test]
    async fn the_first_on_the_path_is_taken_and_an_old_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display().to_string();
        let missing = find(None, &path).await.unwrap_err();
        assert!(missing.what.contains("neither") && missing.hint.is_some());

        program(folder.path(), "tofu", r#"echo '{"terraform_version":"1.10.2"}'"#);
        let tofu = find(None, &path).await.unwrap();
        assert_eq!((tofu.name, tofu.version.as_str()), ("tofu", "1.10.2"));

        program(folder.path(), "terraform", r#"echo '{"terraform_version":"1.9.8"}'"#);
        let old = find(None, &path).await.unwrap_err();
        assert_eq!(old.what, "terraform 1.9.8 is too old: 1.11 is needed");
        assert!(find(Some(Path::new("tofu")), &path).await.is_ok());
        assert!(find(Some(Path::new("pulumi")), &path).await.is_err());

        program(folder.path(), "terraform", "echo no >&2; exit 1");
        assert!(find(None, &path).await.unwrap_err().what.ends_with("does not tell its version: no"));
    }
}

//! The program that is driven: found on the `PATH`, and asked for its version.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::{TerraformError, hears};
use crate::format::sanitise;

/// What is looked for, in this order.
const NAMES: [&str; 2] = ["terraform", "tofu"];

/// The oldest versions whose S3 backend locks natively.
const OLDEST_TERRAFORM: (u32, u32) = (1, 11);
const OLDEST_TOFU: (u32, u32) = (1, 10);

/// The longest it may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(30);

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
/// When there is none, it does not answer, or it is too old.
pub async fn find(wanted: Option<&Path>, path: &str) -> Result<Tool, TerraformError> {
    let program = locate(wanted, path)?;
    let place = program.display().to_string();
    let failed = |why: String| TerraformError::new(format!("{place} {why}")).at(&place);
    let mut asked = Command::new(&program);
    hears::set(&mut asked);
    let said = asked.args(["version", "-json"]).stdin(Stdio::null()).kill_on_drop(true).output();
    let said = tokio::time::timeout(PATIENCE, said)
        .await
        .map_err(|_| failed(format!("does not tell its version within {} s", PATIENCE.as_secs())))?
        .map_err(|error| TerraformError::new(format!("cannot run {place}: {error}")).at(&place))?;
    let is_called_tofu = program.file_stem().is_some_and(|name| name.to_string_lossy().contains("tofu"));
    let (is_tofu, version) = version(&said.stdout, is_called_tofu).ok_or_else(|| {
        let words = String::from_utf8_lossy(&said.stderr);
        failed(format!("does not tell its version: {}", sanitise(words.trim())))
            .with_hint("check that it is Terraform or OpenTofu: run it with `version -json`")
    })?;
    let name = if is_tofu { "tofu" } else { "terraform" };
    match is_new_enough(&version, if is_tofu { OLDEST_TOFU } else { OLDEST_TERRAFORM }) {
        Ok(()) => Ok(Tool { program, name, version }),
        Err(why) => Err(TerraformError::new(format!("{name} {version} {why}")).at(place).with_hint(
            "newer ones lock the state in S3 by themselves; install one, or name one: --terraform /path/to/terraform",
        )),
    }
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
    Some((is_tofu, sanitise(version).into_owned()))
}

fn locate(wanted: Option<&Path>, path: &str) -> Result<PathBuf, TerraformError> {
    let folders = || std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let on_path = |name: &Path| folders().map(|folder| folder.join(name)).find(|file| is_program(file));
    match wanted {
        // A relative path is made whole here: the program is started in another folder.
        Some(file) if file.components().count() > 1 => match file.canonicalize() {
            Ok(whole) if is_program(&whole) => Ok(whole),
            _ => Err(TerraformError::new(format!("{} is no program", file.display())).at(file.display().to_string())),
        },
        Some(name) => on_path(name)
            .ok_or_else(|| TerraformError::new(format!("there is no {} on the PATH", name.display())).at("PATH")),
        None => NAMES.iter().find_map(|name| on_path(Path::new(name))).ok_or_else(|| {
            TerraformError::new("there is neither terraform nor tofu on the PATH").at("PATH").with_hint(
                "install Terraform 1.11 or OpenTofu 1.10 (or later), or name the program: --terraform /path/to/it",
            )
        }),
    }
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Whether a version is this one or later, as far as its leading numbers tell (`1.12-dev` is 1.12).
///
/// # Errors
/// Why not.
fn is_new_enough(version: &str, (major, minor): (u32, u32)) -> Result<(), String> {
    let mut parts = version.trim_start_matches('v').split('.').map(leading);
    let (own_major, own_minor) = (parts.next().flatten(), parts.next().flatten());
    let cannot_tell = || format!("does not say by its version whether it is {major}.{minor} or later");
    match (own_major, own_minor) {
        (Some(own), _) if own > major => Ok(()),
        (Some(own), Some(own_minor)) if own == major && own_minor >= minor => Ok(()),
        (Some(own), None) if own == major => Err(cannot_tell()),
        (None, _) => Err(cannot_tell()),
        _ => Err(format!("is too old: {major}.{minor} is needed")),
    }
}

/// The number a part of a version begins with.
fn leading(part: &str) -> Option<u32> {
    part.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
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
            ("Terraform v1.x-dev\n", Some((false, "1.x-dev"))),
            ("{}", None),
            ("Pulumi v3.1.0", None),
            ("", None),
        ] {
            let expected = expected.map(|(is_tofu, version)| (is_tofu, version.to_owned()));
            assert_eq!(version(said.as_bytes(), false), expected, "{said}");
        }
    }

    #[test]
    fn a_version_is_compared_by_its_leading_numbers_or_refused() {
        for (version, refused) in [
            ("1.11.0", None),
            ("v1.11", None),
            ("1.12-dev", None),
            ("1.12beta1", None),
            ("2.x-dev", None),
            ("2", None),
            ("1.9.8", Some("too old")),
            ("0.12.31", Some("too old")),
            ("0.x", Some("too old")),
            ("1.x-dev", Some("does not say")),
            ("1", Some("does not say")),
            ("dev", Some("does not say")),
            ("", Some("does not say")),
            ("99999999999999999999.1", Some("does not say")),
        ] {
            let told = is_new_enough(version, OLDEST_TERRAFORM);
            match refused {
                None => assert_eq!(told, Ok(()), "{version}"),
                Some(why) => assert!(told.unwrap_err().contains(why), "{version}"),
            }
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

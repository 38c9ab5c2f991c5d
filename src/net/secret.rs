//! Secrets, fetched from where the configuration says they are and kept out of every text this program writes.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use crate::config::SecretRef;
use crate::domain::{ErrorClass, SourceError};
use crate::format::{clip, sanitise};

/// The largest secret taken, in bytes.
const MAX_SECRET: u64 = 16 * 1024;

/// The longest a file may take to be read or a command to print its secret.
const PATIENCE: Duration = Duration::from_secs(10);

/// Fetches a secret, without the white space around it.
///
/// # Errors
/// [`ErrorClass::Local`], naming the file, variable or command and never what it holds.
pub async fn fetch(secret: &SecretRef) -> Result<SecretString, SourceError> {
    fetch_within(secret, PATIENCE).await
}

async fn fetch_within(secret: &SecretRef, patience: Duration) -> Result<SecretString, SourceError> {
    let fetching = async {
        match secret {
            SecretRef::File(path) => from_file(path).await,
            SecretRef::Env(name) => from_env(name),
            SecretRef::Command(argv) => from_command(argv).await,
        }
    };
    let bytes = tokio::time::timeout(patience, fetching)
        .await
        .unwrap_or_else(|_| Err(local(format!("{}: gave no secret within {patience:?}", name(secret)))))
        .and_then(|bytes| checked(&bytes, secret));
    bytes.map_err(|error| match error.hint {
        Some(_) => error,
        None => error.with_hint(next_step(secret)),
    })
}

/// What to do where a secret cannot be had and the reason alone does not say it.
const fn next_step(secret: &SecretRef) -> &'static str {
    match secret {
        SecretRef::File(_) => "put the secret there (chmod 600), or name another file in the configuration",
        SecretRef::Env(_) => "set it to the secret alone, and start again",
        SecretRef::Command(_) => "run the command in a terminal to see what it needs",
    }
}

/// What a secret is called in a sentence: `file /run/token`, `variable $TOKEN`, `command pass`.
pub fn name(secret: &SecretRef) -> String {
    match secret {
        SecretRef::File(path) => format!("file {}", path.display()),
        SecretRef::Env(name) => format!("variable ${name}"),
        // Arguments may themselves be confidential.
        SecretRef::Command(argv) => format!("command {}", argv.first().map_or("(empty)", String::as_str)),
    }
}

fn checked(bytes: &[u8], secret: &SecretRef) -> Result<SecretString, SourceError> {
    if bytes.len() as u64 > MAX_SECRET {
        return Err(local(format!("{}: more than {} KiB is no secret", name(secret), MAX_SECRET / 1024)));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| local(format!("{}: not UTF-8 text", name(secret))))?.trim();
    if text.is_empty() {
        return Err(local(format!("{}: is empty", name(secret))));
    }
    Ok(SecretString::from(text))
}

async fn from_file(path: &Path) -> Result<Vec<u8>, SourceError> {
    let failed = |error: std::io::Error| local(format!("file {}: {error}", path.display()));
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    // Asked of the open file, not of the path: nobody can swap it in between.
    let metadata = file.metadata().await.map_err(failed)?;
    if metadata.is_dir() {
        return Err(local(format!("file {}: is a directory", path.display())));
    }
    refuse_if_others_can_read(path, &metadata)?;
    capped(file).await.map_err(failed)
}

#[cfg(unix)]
fn refuse_if_others_can_read(path: &Path, metadata: &std::fs::Metadata) -> Result<(), SourceError> {
    use std::os::unix::fs::PermissionsExt as _;

    // The last six bits are the group's and everybody's.
    let mode = metadata.permissions().mode() & 0o777;
    if mode.trailing_zeros() >= 6 {
        return Ok(());
    }
    let what = format!("file {}: mode {mode:03o} lets others at the secret", path.display());
    Err(local(what).with_hint(format!("run: chmod 600 {}", shell_word(path))))
}

#[cfg(not(unix))]
fn refuse_if_others_can_read(_: &Path, _: &std::fs::Metadata) -> Result<(), SourceError> {
    Ok(())
}

/// A path as it can be pasted into a shell.
#[cfg(unix)]
fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+@:~".contains(c)) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn from_env(name: &str) -> Result<Vec<u8>, SourceError> {
    let value = std::env::var_os(name).ok_or_else(|| {
        local(format!("variable ${name}: is not set")).with_hint(format!("run: export {name}=... and start again"))
    })?;
    value.into_string().map(String::into_bytes).map_err(|_| local(format!("variable ${name}: not UTF-8 text")))
}

async fn from_command(argv: &[String]) -> Result<Vec<u8>, SourceError> {
    let [program, arguments @ ..] = argv else { return Err(local("the secret's command is empty")) };
    let failed = |error: std::io::Error| local(format!("command {program}: {error}"));
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(local(format!("command {program}: gave no output")));
    };
    let (printed, complained) = tokio::join!(capped(stdout), capped(stderr));
    let status = child.wait().await.map_err(failed)?;
    let printed = printed.map_err(failed)?;
    // A command that prints too much dies of our hanging up; what to say is the former.
    if status.success() || printed.len() as u64 > MAX_SECRET {
        return Ok(printed);
    }
    let complaint = complained.unwrap_or_default();
    let complaint = String::from_utf8_lossy(&complaint);
    let line = complaint.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing");
    Err(local(format!("command {program}: {status}: {}", clip(&sanitise(line), 200))))
}

/// At most one byte more than the largest secret, so that too much is noticed and never collected.
async fn capped(from: impl AsyncRead + Unpin) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_SECRET + 1).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

fn local(what: impl Into<String>) -> SourceError {
    SourceError::new(ErrorClass::Local, what)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use secrecy::ExposeSecret as _;

    use super::*;

    /// A file of the test's own that goes away with it.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str, contents: &[u8], mode: u32) -> Self {
            let path = std::env::temp_dir().join(format!("rounds-secret-{}-{name}", std::process::id()));
            std::fs::write(&path, contents).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Self(path)
        }

        fn secret(&self) -> SecretRef {
            SecretRef::File(self.0.clone())
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            drop(std::fs::remove_file(&self.0));
        }
    }

    fn command(argv: &[&str]) -> SecretRef {
        SecretRef::Command(argv.iter().map(ToString::to_string).collect())
    }

    #[tokio::test]
    async fn a_file_only_its_owner_can_read_gives_its_trimmed_contents() {
        for mode in [0o600, 0o400] {
            let file = Scratch::new(&format!("good-{mode:o}"), b"  s3cret\n", mode);
            assert_eq!(fetch(&file.secret()).await.unwrap().expose_secret(), "s3cret");
        }
    }

    #[tokio::test]
    async fn a_file_others_can_reach_is_refused_with_the_command_that_fixes_it() {
        for mode in [0o640, 0o604, 0o644, 0o620, 0o666] {
            let file = Scratch::new(&format!("open {mode:o}"), b"s3cret", mode);
            let error = fetch(&file.secret()).await.unwrap_err();
            assert_eq!(error.class, ErrorClass::Local);
            assert!(error.what.contains(&format!("mode {mode:o}")), "{}", error.what);
            assert_eq!(error.hint.unwrap(), format!("run: chmod 600 '{}'", file.0.display()));
        }
    }

    #[tokio::test]
    async fn what_is_no_secret_is_refused_and_never_shown() {
        let empty = Scratch::new("empty", b" \n", 0o600);
        let huge = Scratch::new("huge", "x".repeat(20_000).as_bytes(), 0o600);
        let binary = Scratch::new("binary", &[0xff, 0xfe], 0o600);
        for (secret, expected) in [
            (empty.secret(), "is empty"),
            (huge.secret(), "more than 16 KiB"),
            (binary.secret(), "not UTF-8"),
            (SecretRef::File("/nonexistent/token".into()), "file /nonexistent/token: No such file"),
            (SecretRef::File(std::env::temp_dir()), "is a directory"),
            (SecretRef::Env("ROUNDS_TEST_NOT_SET".into()), "variable $ROUNDS_TEST_NOT_SET: is not set"),
            (command(&["true"]), "command true: is empty"),
            (command(&[]), "command is empty"),
            (command(&["/nonexistent/vault"]), "command /nonexistent/vault: No such file"),
            (command(&["yes"]), "more than 16 KiB"),
        ] {
            let error = fetch(&secret).await.unwrap_err();
            assert!(error.what.contains(expected), "{}: {expected}", error.what);
        }
    }

    #[tokio::test]
    async fn a_command_gives_what_it_prints_and_fails_with_its_complaint_alone() {
        let secret = fetch(&command(&["printf", "%s\\n", "tok en"])).await.unwrap();
        assert_eq!(secret.expose_secret(), "tok en");

        let script = "echo leaked; echo first >&2; printf 'vault is \\033[31msealed' >&2; exit 3";
        let error = fetch(&command(&["sh", "-c", script])).await.unwrap_err();
        assert!(error.what.contains("vault is \\u{1b}[31msealed"), "{}", error.what);
        assert!(error.what.contains('3') && !error.what.contains("leaked"), "{}", error.what);
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_given_up() {
        let error = fetch_within(&command(&["sleep", "3600"]), Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(error.what, "command sleep: gave no secret within 20ms");
    }
}

//! Servers as child processes that cannot outlive the tests.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::wait;

/// Ends the server when our end of its standard input closes: on drop, and also when the test process is killed.
const LEASH: &str = r#"exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(read -r _ <&3; kill -9 $server) 2>/dev/null &
wait $server"#;

/// A server on its leash.
pub(crate) struct Server {
    name: &'static str,
    leash: Child,
    log: PathBuf,
}

impl Server {
    /// Starts `program`; its output goes to `NAME.log` in `folder`.
    pub(crate) fn start<A: AsRef<OsStr>>(
        name: &'static str,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        folder: &Path,
    ) -> Self {
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log).unwrap();
        let leash = quiet(Path::new("/bin/sh"))
            .args(["-c", LEASH, "sh"])
            .arg(program)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { name, leash, log }
    }

    /// Waits until `ready` says so; panics with the server's log when it ends or takes too long.
    pub(crate) fn wait_ready(&mut self, mut ready: impl FnMut() -> Result<(), String>) {
        let (name, log, leash) = (self.name, &self.log, &mut self.leash);
        wait::until(&format!("{name} to be ready"), Duration::from_mins(2), || {
            if let Some(status) = leash.try_wait().unwrap() {
                panic!("{name} ended at start ({status}):\n{}", std::fs::read_to_string(log).unwrap_or_default());
            }
            ready().map_err(|why| format!("{why}\n{}", std::fs::read_to_string(log).unwrap_or_default()))
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.leash.stdin.take());
        // The server's end is all that matters here; its status is that of a killed process.
        let _ = self.leash.wait();
    }
}

/// Where a program is: on the PATH, or where `tests/run` unpacks packages for people who are not root.
pub(crate) fn program(name: &str) -> PathBuf {
    let unpacked = repository().join(".cache/test-servers/usr/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([unpacked])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{name} is not installed: run `tests/run` once"))
}

/// Runs a tool to its end; panics with what it printed when it fails.
pub(crate) fn tool<A: Into<OsString>>(program: &Path, arguments: impl IntoIterator<Item = A>) -> String {
    let output = quiet(program).args(arguments.into_iter().map(Into::into)).stdin(Stdio::null()).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{} failed: {text}", program.display());
    text
}

/// A program that hears nothing of whose account, proxy or interpreter the person who runs the tests uses otherwise.
fn quiet(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_uppercase();
        if ["AWS_", "BOTO", "MOTO_", "PYTHON"].iter().any(|begin| text.starts_with(begin)) || text.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command
}

/// Writes a program made of a script. Another process does it: what this one has open for writing, every program that
/// another test starts meanwhile has open too until it runs, and the kernel starts nothing that is open for writing ("text
/// file busy").
pub(crate) fn script(file: &Path, text: &str) {
    let words = ["-c", "cat >\"$0\" && chmod 755 \"$0\""];
    let mut shell = Command::new("/bin/sh").args(words).arg(file).stdin(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success(), "{}", file.display());
}

/// The checkout.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

//! Programs made of a script, for tests.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program. Another process does it: what this one has open for writing, every program that another test starts
/// meanwhile has open too until it runs, and the kernel starts nothing that is open for writing ("text file busy").
pub(super) fn write(file: &Path, text: &str) {
    let words = ["-c", "cat >\"$0\" && chmod 755 \"$0\""];
    let mut shell = Command::new("/bin/sh").args(words).arg(file).stdin(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success(), "{}", file.display());
}

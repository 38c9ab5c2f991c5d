//! One run of the program, from its start to its end.
//!
//! What it reports goes to a file without a name, and is read from there: should `rounds` die, the program goes on, does
//! not stumble over a pipe that nobody reads, and lets go of its lock at its own end; and nothing of it is kept. It has a
//! process group of its own, so that a Ctrl-C at the terminal reaches it once, from here, and not from two sides.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::Sleep;

use super::{TerraformError, Tool, hears, wire};
use crate::domain::{Diagnostic, Gravity, TerraformEvent};
use crate::format::{sanitise, sanitise_lines};

/// How often the file is looked at. The file is local, and looking costs nothing.
const LOOK: Duration = Duration::from_millis(80);

/// The longest answer that is taken into memory, in bytes: a plan of a large stack is some megabytes.
const LARGEST: usize = 128 << 20;

/// The most that is read of a report before others have a turn, in bytes.
const BITE: usize = 1 << 20;

/// Lines of what it says besides that are shown when it fails.
const LAST_WORDS: usize = 20;

/// The end of what it says besides that is looked at, in bytes.
const LAST_BYTES: u64 = 256 << 10;

/// Where it works, and where its reports are kept.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The root module.
    pub module: PathBuf,
    /// Saved plans, which hold values that are secret: for their owner only.
    pub keep: PathBuf,
    /// Where it keeps its own (`.terraform`, or what `TF_DATA_DIR` says).
    pub data: PathBuf,
    /// Environment variables set for it, such as the profile and region of a context.
    pub environment: BTreeMap<String, String>,
}

/// What it is told to do.
#[derive(Debug, Clone, Copy)]
pub struct Errand<'a> {
    /// What its report is called.
    pub name: &'a str,
    /// Arguments that make it report as JSON.
    pub arguments: &'a [OsString],
    /// How long it may take to end once it is told to stop, before it is killed with all that it started. Without, as
    /// long as it takes: what changes something, or holds a lock, is never killed.
    pub grace: Option<Duration>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Everything went well.
    Done,
    /// Well, and there is something to change (`plan -detailed-exitcode`).
    HasChanges,
    /// It failed, with this exit code; its diagnostics say why.
    Failed(i32),
    /// A signal ended it: what it was doing is not finished, and the state may still be locked.
    Killed(i32),
    /// Nobody knows: it could not be waited for.
    Lost,
}

impl Ending {
    fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(0), _) => Self::Done,
            (Some(2), _) => Self::HasChanges,
            (Some(code), _) => Self::Failed(code),
            (None, signal) => Self::Killed(signal.unwrap_or_default()),
        }
    }
}

/// Runs it and passes every event on. When `stop` becomes true it is told to stop, once, and waited for.
///
/// # Errors
/// When it was not started: nothing was done.
pub async fn follow(
    tool: &Tool,
    folder: &Folder,
    errand: Errand<'_>,
    events: &mpsc::UnboundedSender<TerraformEvent>,
    mut stop: watch::Receiver<bool>,
) -> Result<Ending, TerraformError> {
    let name = errand.name;
    let (out, report) = nameless(folder, &format!("{name}.out"))?;
    let (err, words) = nameless(folder, &format!("{name}.err"))?;
    let mut child = command(tool, folder, errand.arguments)
        .stdout(out)
        .stderr(err)
        .spawn()
        .map_err(|error| unstarted(tool, &error))?;
    let mut tail = Tail { file: report, rest: Vec::new(), is_broken: false };
    let (mut has_more, mut was_told) = (false, false);
    let mut patience: Option<Pin<Box<Sleep>>> = None;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            () = tokio::time::sleep(if has_more { Duration::ZERO } else { LOOK }) => has_more = tail.read(events),
            Ok(_) = stop.wait_for(|stop| *stop), if !was_told => {
                was_told = true;
                patience = errand.grace.map(|grace| Box::pin(tokio::time::sleep(grace)));
                if let Some(pid) = pid(&child) {
                    // Where it has ended in the meantime there is nothing to stop.
                    let _ = kill_process(pid, Signal::INT);
                }
            }
            () = over(patience.as_mut()) => {
                patience = None;
                if let Some(pid) = pid(&child) {
                    let _ = kill_process_group(pid, Signal::KILL);
                }
            }
        }
    };
    while tail.read(events) {
        tokio::task::yield_now().await;
    }
    tail.end(events);
    for event in last_words(words) {
        // Nobody listens any more: then nobody misses it.
        let _ = events.send(event);
    }
    Ok(status.map_or(Ending::Lost, Ending::of))
}

/// The end of patience, where it has one.
async fn over(patience: Option<&mut Pin<Box<Sleep>>>) {
    match patience {
        Some(patience) => patience.await,
        None => std::future::pending().await,
    }
}

fn unstarted(tool: &Tool, error: &io::Error) -> TerraformError {
    let program = tool.program.display().to_string();
    TerraformError::new(format!("cannot run {program}: {error}")).at(program)
}

/// Runs it and gives back what it wrote to standard output, which may hold secrets: it stays in memory.
///
/// # Errors
/// When it cannot be started or fails, with its last words.
pub async fn capture(tool: &Tool, folder: &Folder, arguments: &[OsString]) -> Result<Vec<u8>, TerraformError> {
    // It only looks: whoever stops waiting ends it.
    let output =
        command(tool, folder, arguments).kill_on_drop(true).output().await.map_err(|error| unstarted(tool, &error))?;
    let what = arguments.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<String> = plain(&said).into_iter().rev().take(LAST_WORDS).rev().collect();
        return Err(TerraformError::new(format!("{} {what} failed: {}", tool.name, lines.join("\n"))));
    }
    if output.stdout.len() > LARGEST {
        return Err(TerraformError::new(format!("{} {what}: the answer is larger than 128 MiB", tool.name)));
    }
    Ok(output.stdout)
}

fn command(tool: &Tool, folder: &Folder, arguments: &[OsString]) -> Command {
    let mut command = Command::new(&tool.program);
    hears::set(&mut command);
    command.args(arguments).current_dir(&folder.module).stdin(Stdio::null()).process_group(0).envs(&folder.environment);
    command
}

/// A file to write and to read at once, whose name is gone before anything is in it: what it holds ends with its users.
fn nameless(folder: &Folder, name: &str) -> Result<(File, File), TerraformError> {
    let path = folder.keep.join(name);
    let made = || -> io::Result<(File, File)> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder.keep)?;
        let writer = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        let reader = File::open(&path)?;
        fs::remove_file(&path)?;
        Ok((writer, reader))
    };
    made().map_err(|error| {
        TerraformError::new(format!("cannot write {}: {error}", path.display()))
            .with_hint("set ROUNDS_STATE_DIR to a folder that may be written")
    })
}

fn pid(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw)
}

/// Reads a file that grows, line by line.
struct Tail {
    file: File,
    /// The beginning of a line whose end is not there yet.
    rest: Vec<u8>,
    /// Whether it could not be read: what follows is not known.
    is_broken: bool,
}

impl Tail {
    /// Passes on whole lines that are there. Whether there may be more. A file that cannot be read ends no run: that is
    /// told once, as a line that was not understood.
    fn read(&mut self, events: &mpsc::UnboundedSender<TerraformEvent>) -> bool {
        let mut chunk = vec![0; 64 * 1024];
        let mut taken = 0;
        while taken < BITE && !self.is_broken {
            let read = match self.file.read(&mut chunk) {
                Ok(0) => return false,
                Ok(read) => read,
                Err(error) => {
                    self.is_broken = true;
                    let _ = events.send(TerraformEvent::Garbled(format!("what it reports cannot be read: {error}")));
                    return false;
                }
            };
            taken += read;
            for part in chunk[..read].split_inclusive(|byte| *byte == b'\n') {
                if self.rest.len() <= wire::LONGEST {
                    self.rest.extend_from_slice(part);
                }
                if part.ends_with(b"\n") {
                    self.end(events);
                }
            }
        }
        !self.is_broken
    }

    /// Passes on what there is, whole or not.
    fn end(&mut self, events: &mpsc::UnboundedSender<TerraformEvent>) {
        let line = std::mem::take(&mut self.rest);
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            return;
        }
        let event = match wire::event(line.trim()) {
            TerraformEvent::Version { program, version, ui } if !wire::is_known(&ui) => {
                let doubt = format!("{program} {version} reports in a form ({ui}) newer than this program knows");
                let _ = events.send(TerraformEvent::Remark(doubt));
                TerraformEvent::Version { program, version, ui }
            }
            event => event,
        };
        // Nobody listens any more: the run goes on.
        let _ = events.send(event);
    }
}

/// What it said besides its report: the last lines, and the lock that stood in its way, where that is told in this form.
fn last_words(mut file: File) -> Vec<TerraformEvent> {
    let length = file.metadata().map_or(0, |file| file.len());
    let mut said = Vec::new();
    // What cannot be read was not said.
    let _ = file
        .seek(SeekFrom::Start(length.saturating_sub(LAST_BYTES)))
        .and_then(|_| file.take(LAST_BYTES).read_to_end(&mut said));
    let lines = plain(&String::from_utf8_lossy(&said));
    let lock = lines.iter().position(|line| line.contains("Error acquiring the state lock")).map(|at| {
        TerraformEvent::Diagnostic(Diagnostic {
            gravity: Gravity::Error,
            summary: lines[at].trim_start_matches("Error: ").to_owned(),
            detail: lines[at + 1..].iter().take(LAST_WORDS).cloned().collect(),
            address: None,
            place: None,
        })
    });
    let remarks = lines.iter().rev().take(LAST_WORDS).rev().cloned().map(TerraformEvent::Remark);
    lock.into_iter().chain(remarks).collect()
}

/// Lines of a text for people, without the box that is drawn around them.
fn plain(said: &str) -> Vec<String> {
    let bare = |line: &str| line.trim_matches(['╷', '│', '╵', ' ']).to_owned();
    let lines = said.lines().map(|line| bare(&strip(line)));
    lines
        .filter(|line| !line.is_empty())
        .flat_map(|line| sanitise_lines(&line).map(std::borrow::Cow::into_owned).collect::<Vec<_>>())
        .collect()
}

/// A line without the colours that the program gives it.
fn strip(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            out.push(letter);
        }
    }
    sanitise(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::TerraformRun;
    use crate::terraform::script;

    fn scripted(folder: &Path, script: &str) -> (Tool, Folder) {
        let program = folder.join("terraform");
        script::write(&program, &format!("#!/bin/bash\n{script}\n"));
        let tool = Tool { program, name: "terraform", version: "1.11.4".to_owned() };
        let keep = folder.join("keep");
        (
            tool,
            Folder { module: folder.to_owned(), keep, data: folder.join(".terraform"), environment: BTreeMap::new() },
        )
    }

    fn errand(arguments: &[OsString]) -> Errand<'_> {
        Errand { name: "apply", arguments, grace: None }
    }

    async fn run(script: &str) -> (Ending, TerraformRun) {
        let folder = tempfile::tempdir().unwrap();
        let (tool, folder_of) = scripted(folder.path(), script);
        let (events, mut inbox) = mpsc::unbounded_channel();
        let (_keep, stop) = watch::channel(false);
        let ending = follow(&tool, &folder_of, errand(&["apply".into()]), &events, stop).await.unwrap();
        drop(events);
        let mut seen = TerraformRun::default();
        while let Some(event) = inbox.recv().await {
            seen.take(event, jiff::Timestamp::UNIX_EPOCH);
        }
        (ending, seen)
    }

    #[tokio::test]
    async fn a_last_line_without_its_end_is_told_and_a_kill_is_no_success() {
        let (ending, seen) =
            run(r#"printf '{"type":"version","terraform":"1.11.4","ui":"1.2"}\n{"type":"apply_'; kill -9 $$"#).await;
        assert_eq!((ending, seen.garbled), (Ending::Killed(9), 1));
        assert_eq!(seen.program, Some(("terraform", "1.11.4".to_owned())));
    }

    #[tokio::test]
    async fn what_is_said_beside_the_report_is_heard_when_it_fails() {
        let (ending, seen) = run("printf '\\033[31m╷\\033[0m\\n│ Error: no such thing\\n' >&2; exit 1").await;
        assert_eq!((ending, seen.remark.as_deref()), (Ending::Failed(1), Some("Error: no such thing")));
    }

    #[tokio::test]
    async fn a_lock_is_read_beside_the_report_too_and_noise_is_no_trouble() {
        let lock = "\\n│ Error: Error acquiring the state lock\\n│ Lock Info:\\n│   ID:        3f9c\\n│   Who:       kim@bastion\\n";
        let (ending, seen) =
            run(&format!("head -c 3000000 /dev/zero | tr '\\0' x >&2; printf '{lock}' >&2; exit 1")).await;
        assert_eq!((ending, seen.lock().unwrap().who.as_str()), (Ending::Failed(1), "kim@bastion"));
    }

    #[tokio::test]
    async fn a_long_report_is_taken_in_whole_and_nothing_of_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let line = r#"{"type":"refresh_start","@message":"x: Refreshing"}"#;
        let (tool, folder_of) =
            scripted(folder.path(), &format!("yes '{line}' | head -60000; echo '{{\"type\":\"new\"}}'"));
        let (events, mut inbox) = mpsc::unbounded_channel();
        let (_keep, stop) = watch::channel(false);
        let (ending, lines) =
            tokio::join!(async move { follow(&tool, &folder_of, errand(&[]), &events, stop).await.unwrap() }, async {
                let mut lines = 0;
                while let Some(event) = inbox.recv().await {
                    lines += usize::from(matches!(event, TerraformEvent::Remark(_) | TerraformEvent::Unknown(_)));
                }
                lines
            });
        assert_eq!((ending, lines), (Ending::Done, 60_001));
        assert_eq!(fs::read_dir(folder.path().join("keep")).unwrap().count(), 0, "what is reported is not kept");
    }

    #[tokio::test]
    async fn told_to_stop_it_is_told_once_and_waited_for() {
        // Heard here, as whoever carries a plan out hears it: what a script in the background has been told to ignore, its
        // children would ignore as well.
        let _heard = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let script = "n=0; trap 'n=$((n+1)); echo \"{\\\"type\\\":\\\"log\\\",\\\"@message\\\":\\\"stopping $n\\\"}\"; [ $n = 1 ] && (sleep 0.3; kill -TERM $$) &' INT\ntrap 'exit 1' TERM\necho '{\"type\":\"version\",\"terraform\":\"1\",\"ui\":\"1.0\"}'; while :; do sleep 0.05; done";
        let (tool, folder_of) = scripted(folder.path(), script);
        let (events, mut inbox) = mpsc::unbounded_channel();
        let (stop_in, stop) = watch::channel(false);
        let runs = tokio::spawn(async move { follow(&tool, &folder_of, errand(&[]), &events, stop).await.unwrap() });
        assert!(matches!(inbox.recv().await, Some(TerraformEvent::Version { .. })));
        stop_in.send_replace(true);
        assert_eq!(inbox.recv().await, Some(TerraformEvent::Remark("stopping 1".to_owned())));
        stop_in.send_replace(true);
        assert_eq!(runs.await.unwrap(), Ending::Failed(1));
        assert_eq!(inbox.recv().await, None);
    }

    #[tokio::test]
    async fn what_only_looks_is_killed_where_it_does_not_stop() {
        let folder = tempfile::tempdir().unwrap();
        let script = "trap '' INT; echo '{\"type\":\"version\",\"terraform\":\"1\",\"ui\":\"1.0\"}'; while :; do sleep 0.05; done";
        let (tool, folder_of) = scripted(folder.path(), script);
        let (events, mut inbox) = mpsc::unbounded_channel();
        let (stop_in, stop) = watch::channel(false);
        let looks = tokio::spawn(async move {
            let errand = Errand { grace: Some(Duration::from_millis(50)), ..errand(&[]) };
            follow(&tool, &folder_of, errand, &events, stop).await.unwrap()
        });
        assert!(matches!(inbox.recv().await, Some(TerraformEvent::Version { .. })));
        stop_in.send_replace(true);
        assert_eq!(looks.await.unwrap(), Ending::Killed(9));
    }

    #[tokio::test]
    async fn an_answer_is_given_back_whole_and_a_failure_with_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let (tool, place) = scripted(
            folder.path(),
            "case $1 in output) printf '{\"a\":1}';; *) echo '│ Error: bad' >&2; exit 1;; esac",
        );
        assert_eq!(capture(&tool, &place, &["output".into()]).await.unwrap(), b"{\"a\":1}");
        assert_eq!(
            capture(&tool, &place, &["show".into()]).await.unwrap_err().what,
            "terraform show failed: Error: bad"
        );
    }
}

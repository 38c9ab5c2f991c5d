//! A part of the stack as a process of this machine: started so that it outlives us and can be told from any other
//! process, looked at, and stopped.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{Folder, StackError};
use crate::net::http::Deadline;

/// Writes down which process this is and when it began, then becomes the program: between its start and the record
/// there is no moment in which the record is missing and the program runs.
const RECORD: &str = r#"{ echo $$; cat /proc/$$/stat 2>/dev/null || ps -o lstart= -p $$; } >"$0.new" \
  && mv "$0.new" "$0" && exec "$@""#;

/// How long a part may take to end by itself.
const GRACE: Duration = Duration::from_secs(15);
/// How long the kernel may take to end it.
const KILLED: Duration = Duration::from_secs(5);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(25);
/// The end of a log that is shown.
const TAIL: usize = 6;

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Its name.
    pub name: &'static str,
    record: PathBuf,
    log: PathBuf,
}

/// What a part runs.
#[derive(Debug)]
pub(super) struct Launch<'l> {
    /// The program.
    pub program: &'l Path,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Environment variables beside ours.
    pub environment: Vec<(&'static str, OsString)>,
}

/// How a part was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// It did not run.
    WasNot,
    /// It ended when asked to.
    Asked(u32),
    /// It had to be killed.
    Killed(u32),
}

/// A process as the system tells of it.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    /// When it began, in the system's own words: no two processes of one number share it.
    began: String,
    /// Whether it has ended and only its parent has not noticed.
    has_ended: bool,
}

impl Part {
    /// A part of the stack in a folder.
    pub fn of(folder: &Folder, name: &'static str) -> Self {
        Self { name, record: folder.pid(name), log: folder.log(name) }
    }

    /// Starts it, in a process group of its own (Ctrl-C here is not meant for it), its output to its log.
    pub fn start(&self, launch: Launch<'_>) -> Result<Child, StackError> {
        let log = File::create(&self.log).map_err(|why| StackError::file("write", &self.log, &why))?;
        let errors = log.try_clone().map_err(|why| StackError::file("write", &self.log, &why))?;
        Command::new("/bin/sh")
            .args(["-c", RECORD])
            .arg(&self.record)
            .arg(launch.program)
            .args(launch.arguments)
            .envs(launch.environment)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|why| StackError::new(format!("cannot start {}: {why}", self.name)))
    }

    /// The process, if it runs.
    pub fn pid(&self) -> Option<u32> {
        let record = std::fs::read_to_string(&self.record).ok()?;
        let (pid, began) = record.split_once('\n')?;
        let pid = pid.trim().parse().ok()?;
        let recorded = recorded(began)?;
        look(pid).filter(|look| look.began == recorded && !look.has_ended).map(|_| pid)
    }

    /// Whether it was started and not stopped since.
    pub fn is_recorded(&self) -> bool {
        self.record.exists()
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The last lines of its log.
    pub fn last_words(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let shown = lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default();
        shown.iter().flat_map(|line| ["\n  ".into(), crate::format::sanitise(line)]).collect()
    }

    /// Stops it: asks, waits, and kills what does not listen. Anything else that has its number by now is let be.
    pub async fn stop(&self) -> Result<Stopped, StackError> {
        let Some(pid) = self.pid() else {
            self.forget();
            return Ok(Stopped::WasNot);
        };
        let mut stopped = Stopped::Asked(pid);
        self.signal(pid, Signal::TERM)?;
        if !self.ends_within(GRACE).await {
            stopped = Stopped::Killed(pid);
            self.signal(pid, Signal::KILL)?;
            if !self.ends_within(KILLED).await {
                return Err(StackError::new(format!("{} (pid {pid}) does not end, not even when killed", self.name)));
            }
        }
        self.forget();
        Ok(stopped)
    }

    fn signal(&self, pid: u32, signal: Signal) -> Result<(), StackError> {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let sent = number.map_or(Ok(()), |number| kill_process(number, signal));
        match sent {
            // It has ended between the look and the signal.
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(why) => Err(StackError::new(format!("cannot stop {} (pid {pid}): {why}", self.name))),
        }
    }

    async fn ends_within(&self, within: Duration) -> bool {
        let deadline = Deadline::after(within);
        while self.pid().is_some() {
            if deadline.remaining().is_zero() {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
        true
    }

    fn forget(&self) {
        // A record that stays behind names a process that has ended: it misleads nobody.
        let _ = std::fs::remove_file(&self.record);
        let _ = std::fs::remove_file(self.record.with_extension("pid.new"));
    }
}

/// When the process began, from its own record.
fn recorded(text: &str) -> Option<String> {
    let text = text.trim();
    if cfg!(target_os = "linux") { of_stat(text).map(|look| look.began) } else { Some(text.to_owned()) }
        .filter(|began| !began.is_empty())
}

#[cfg(target_os = "linux")]
fn look(pid: u32) -> Option<Look> {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).ok().as_deref().and_then(of_stat)
}

#[cfg(not(target_os = "linux"))]
fn look(pid: u32) -> Option<Look> {
    let of = |field: &str| {
        let output = Command::new("ps").args(["-o", field, "-p", &pid.to_string()]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    Some(Look { began: of("lstart=")?, has_ended: of("state=")?.starts_with('Z') })
}

/// `/proc/PID/stat`: after the name in parentheses, which may hold anything, the state and 19 fields on the ticks from
/// boot to the start.
fn of_stat(stat: &str) -> Option<Look> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    Some(Look { has_ended: matches!(state, "Z" | "X"), began: fields.nth(18)?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::at(&home.path().join("stack")).unwrap();
        folder.prepare().unwrap();
        (home, folder)
    }

    fn shell(script: &str) -> Launch<'static> {
        Launch { program: Path::new("/bin/sh"), arguments: vec!["-c".into(), script.into()], environment: Vec::new() }
    }

    async fn wait_for(what: impl Fn() -> bool) {
        let deadline = Deadline::after(Duration::from_mins(1));
        while !what() {
            assert!(!deadline.remaining().is_zero(), "it did not come about");
            tokio::time::sleep(LOOK).await;
        }
    }

    #[test]
    fn the_start_is_read_past_any_name() {
        let stat = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 99999 20";
        assert_eq!(of_stat(stat), Some(Look { began: "99999".to_owned(), has_ended: false }));
        assert!(of_stat("42 (x) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 7 20").unwrap().has_ended);
        assert_eq!(of_stat("42"), None);
    }

    #[tokio::test]
    async fn what_is_started_is_found_and_stopped() {
        let (_home, folder) = folder();
        let part = Part::of(&folder, "prometheus");
        assert_eq!(part.pid(), None);
        let mut child = part.start(shell("echo says; sleep 1000 & wait")).unwrap();
        wait_for(|| part.pid().is_some() && part.last_words().contains("says")).await;
        assert_eq!(part.pid(), Some(child.id()));
        assert_eq!(part.stop().await, Ok(Stopped::Asked(child.id())));
        child.wait().unwrap();
        assert_eq!((part.pid(), part.is_recorded()), (None, false));
        assert_eq!(part.stop().await, Ok(Stopped::WasNot));
    }

    #[tokio::test]
    async fn a_number_that_another_process_has_by_now_is_let_be() {
        let (_home, folder) = folder();
        let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
        let stat = "1 (sleep) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 1 20";
        std::fs::write(folder.pid("prometheus"), format!("{}\n{stat}\n", other.id())).unwrap();
        let part = Part::of(&folder, "prometheus");
        assert_eq!(part.pid(), None);
        assert_eq!(part.stop().await, Ok(Stopped::WasNot));
        assert_eq!(other.try_wait().unwrap(), None, "it must live on");
        other.kill().unwrap();
        other.wait().unwrap();
    }
}

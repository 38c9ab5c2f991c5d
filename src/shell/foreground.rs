//! A program of somebody else in the foreground of our terminal, and the terminal taken back when it ends.
//!
//! The program gets a process group of its own that is the terminal's foreground while it runs, so that ctrl-c and ctrl-z
//! there are its business and not ours.

use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus};

use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpgrp, tcsetpgrp};

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl End {
    /// In words, where it was not by itself and well.
    pub fn trouble(self) -> Option<String> {
        match self {
            Self::Code(0) => None,
            Self::Code(code) => Some(format!("it ended with code {code}")),
            Self::Signal(signal) => Some(format!("signal {signal} ended it")),
        }
    }

    /// The exit code a shell would give it.
    pub fn code(self) -> u8 {
        match self {
            Self::Code(code) => u8::try_from(code).unwrap_or(1),
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(1),
        }
    }
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        status.signal().map_or(Self::Code(status.code().unwrap_or_default()), Self::Signal)
    }
}

/// Runs a program in the foreground of the terminal on standard input until it ends. A program that is stopped is sent on:
/// there is no shell here that could bring it back.
///
/// # Errors
/// When it cannot be started, or the terminal cannot be handed over.
pub fn run(mut command: Command) -> io::Result<End> {
    let _untouched = Untouched::now()?;
    let mut child = command.process_group(0).spawn()?;
    let group = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    // Without a terminal there is no foreground to be in.
    let handed = tcsetpgrp(io::stdin(), group).is_ok();
    // It may have asked the terminal for something before it was its turn, and was stopped for that.
    let _ = killpg(group, Signal::SIGCONT);
    let end = wait(&mut child, group);
    if handed {
        tcsetpgrp(io::stdin(), getpgrp())?;
    }
    end
}

fn wait(child: &mut Child, group: Pid) -> io::Result<End> {
    loop {
        match waitpid(group, Some(WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Exited(_, code)) => return Ok(End::Code(code)),
            Ok(WaitStatus::Signaled(_, signal, _)) => return Ok(End::Signal(signal as i32)),
            Ok(WaitStatus::Stopped(..)) => killpg(group, Signal::SIGCONT)?,
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            // Somebody else took note of its end.
            Err(nix::errno::Errno::ECHILD) => return child.wait().map(End::from),
            Err(error) => return Err(error.into()),
        }
    }
}

/// While it lasts, taking the terminal back from the background does not stop this program.
struct Untouched(SigSet);

impl Untouched {
    fn now() -> io::Result<Self> {
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGTTOU);
        signals.thread_block()?;
        Ok(Self(signals))
    }
}

impl Drop for Untouched {
    fn drop(&mut self) {
        // It was blocked by us, so it can be let through again.
        let _ = self.0.thread_unblock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_it_ended_is_told() {
        let run = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).stdin(std::process::Stdio::null());
            run(command).unwrap()
        };
        assert_eq!(run("exit 0"), End::Code(0));
        assert_eq!(run("exit 7").trouble().unwrap(), "it ended with code 7");
        assert_eq!(run("kill -TERM $$"), End::Signal(15));
        assert_eq!(run("kill -STOP $$; exit 3").code(), 3, "what stops itself is sent on");
        assert!(super::run(Command::new("/nonexistent/program")).is_err());
    }
}

//! The result to standard output and nothing else; complaints to standard error.

use std::io::{self, ErrorKind, Write};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::oneshot;

use super::failure::Failure;

/// Writes the result. A reader that has seen enough (`rounds --once | head -1`) is no error.
///
/// # Errors
/// When it cannot be written for another reason (a full disk).
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a part of what goes on and on. `false` when the reader has gone: then nobody needs the rest.
///
/// # Errors
/// As [`print`].
pub fn reader_is_there(text: &str) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(format!("cannot write to standard output: {error}"))),
    }
}

/// Comes back when whoever reads standard output has gone: one who writes nothing would not notice. Never comes back
/// where nobody can tell (a file).
pub async fn reader_gone() {
    let (gone, is_gone) = oneshot::channel();
    // It waits in the kernel, for nothing but the end; the process does not wait for it.
    std::thread::spawn(move || {
        let out = io::stdout();
        // No event is asked for: that nobody reads any more is told always.
        let mut watched = [PollFd::new(&out, PollFlags::empty())];
        while poll(&mut watched, None) == Err(Errno::INTR) {}
        if watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            // Where nobody listens any more the program ends anyway.
            let _ = gone.send(());
        }
    });
    if is_gone.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Writes to standard error; where that fails there is nobody left to tell.
pub fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

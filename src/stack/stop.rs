//! Bringing a stack down: what it started ends, and nothing else.

use super::launch::{ALERTMANAGER, FLEET, GRAFANA, PROMETHEUS, PROMTOOL, REHEARSAL};
use super::part::{Part, Stopped};
use super::{Folder, StackError};

/// In the order they are stopped: who sends before who receives.
const PARTS: [&str; 6] = [PROMTOOL, REHEARSAL, PROMETHEUS, ALERTMANAGER, GRAFANA, FLEET];

/// What was stopped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gone {
    /// Name and pid of each part that ran; whether it had to be killed.
    pub stopped: Vec<(&'static str, u32, bool)>,
    /// Whether the folder is gone too.
    pub purged: bool,
}

/// Stops every part of the stack in a folder. With `purge` its folder goes as well.
///
/// # Errors
/// Where a part does not end, or there is no stack.
pub async fn down(folder: &Folder, purge: bool) -> Result<Gone, StackError> {
    if !folder.has_stack() {
        return Err(StackError::new(format!("there is no stack in {}", folder.path().display()))
            .with_hint("rounds provision up --local makes one; --dir names the folder of another"));
    }
    let _hold = folder.hold()?;
    let stopped = halt(folder).await?;
    if purge {
        remove(folder)?;
    }
    Ok(Gone { stopped, purged: purge })
}

/// Stops everything and forgets it, for a beginning from nothing.
pub(super) async fn clear(folder: &Folder) -> Result<(), StackError> {
    halt(folder).await?;
    // The lock stays: it is held.
    for part in ["config", "data", "log", "run"].map(|name| folder.path().join(name)) {
        match std::fs::remove_dir_all(&part) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                return Err(StackError::file("remove", &part, &why));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn halt(folder: &Folder) -> Result<Vec<(&'static str, u32, bool)>, StackError> {
    let mut gone = Vec::new();
    let mut failed = None;
    for name in PARTS {
        match Part::of(folder, name).stop().await {
            Ok(Stopped::WasNot) => {}
            Ok(Stopped::Asked(pid)) => gone.push((name, pid, false)),
            Ok(Stopped::Killed(pid)) => gone.push((name, pid, true)),
            // One that does not end does not keep the others running.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(gone), Err)
}

/// Removes what a stack is made of, and the folder if nothing else is in it.
fn remove(folder: &Folder) -> Result<(), StackError> {
    let path = folder.path();
    for name in ["config", "data", "log", "run"] {
        match std::fs::remove_dir_all(path.join(name)) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                return Err(StackError::file("remove", &path.join(name), &why));
            }
            _ => {}
        }
    }
    // The state goes last: as long as it is there `down --purge` can be called again.
    for file in [folder.told(), folder.console(), path.join("lock"), folder.state()] {
        match std::fs::remove_file(&file) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                return Err(StackError::file("remove", &file, &why));
            }
            _ => {}
        }
    }
    // Where people put something of their own it stays.
    let _ = std::fs::remove_dir(path);
    Ok(())
}

//! Everything before a shell in a task: may it be opened, and where.

use std::time::Duration;

use super::Station;
use crate::domain::{Consent, Refusal, ServiceId};
use crate::source::shell::ShellTarget;

/// How long it may take to find the task.
const WITHIN: Duration = Duration::from_secs(10);

/// A shell that may be opened now. It is written down as begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellPass {
    /// What it is known by in the journal.
    pub id: String,
    /// The service.
    pub service: ServiceId,
    /// The task's id.
    pub task: String,
    /// Where it is.
    pub target: ShellTarget,
}

/// Finds the task's container, passes the gate and writes down that a shell begins.
///
/// # Errors
/// What is missing; nothing was begun.
pub async fn shell(
    station: &Station,
    service: &ServiceId,
    task: &str,
    container: Option<&str>,
    consent: &Consent,
) -> Result<ShellPass, Refusal> {
    let Some(shells) = &station.shells else {
        let why = if station.setting.context.demo {
            "the simulated fleet has no containers to open a shell in"
        } else {
            "this context has no aws: there are no tasks to open a shell in"
        };
        return Err(Refusal::new(why));
    };
    let target = shells.target(service, task, container, WITHIN).await.map_err(|error| {
        let refusal = Refusal::new(error.what);
        match error.hint {
            Some(hint) => refusal.with_hint(hint),
            None => refusal,
        }
    })?;
    let id = station.operator.shell_begins(service, task, consent).await?;
    Ok(ShellPass { id, service: service.clone(), task: task.to_owned(), target })
}

/// Writes down that a shell was refused before it was asked of the context.
pub async fn shell_refused(station: &Station, service: &ServiceId, task: &str, why: &str) {
    station.operator.shell_refused(service, task, why).await;
}

/// Writes down that a shell was closed; what went wrong with that.
pub async fn shell_closed(station: &Station, pass: &ShellPass, how: &str) -> Option<String> {
    station.operator.shell_ends(&pass.id, &pass.service, &pass.task, how).await
}

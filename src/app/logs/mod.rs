//! The log screen: one service's or task's lines, followed, narrowed, searched.

mod layout;
mod query;
mod screen;
mod sieve;
mod store;

pub use layout::columns as log_columns;
pub use query::Query;
pub use screen::{LogScreen, Older};
pub use sieve::Choice;
pub use store::{Edit, LogStore};

use crate::domain::{LogScope, ServiceId};

/// Whose log a screen shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// The service.
    pub service: ServiceId,
    /// One of its tasks, by id.
    pub task: Option<String>,
}

impl LogPlace {
    /// What is asked for, with a pattern for the backend.
    pub fn scope(&self, pattern: Option<String>) -> LogScope {
        LogScope { service: self.service.clone(), tasks: self.task.iter().cloned().collect(), pattern }
    }
}

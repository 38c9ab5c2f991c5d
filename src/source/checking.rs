//! Lines of the doctor's report, as every source writes them.

use crate::domain::{Checkup, CheckupState, SourceError};

/// A line without a time and a next step.
pub fn checkup(group: &str, name: impl Into<String>, state: CheckupState, detail: impl Into<String>) -> Checkup {
    Checkup { group: group.to_owned(), name: name.into(), state, detail: detail.into(), took: None, next_step: None }
}

/// A line that says what failed and the next step.
pub fn failed(group: &str, name: impl Into<String>, error: &SourceError) -> Checkup {
    let mut line = checkup(group, name, CheckupState::Fail, error.what.clone());
    line.next_step.clone_from(&error.hint);
    line
}

//! What `rounds doctor` says of one thing it looked at.

use std::time::Duration;

use serde::Serialize;

/// How the thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckupState {
    /// Works.
    Pass,
    /// Works, with something to know.
    Warn,
    /// Does not work.
    Fail,
    /// Not configured or not applicable.
    Skip,
}

/// One line of the doctor's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checkup {
    /// The heading it belongs under (`prometheus`, `aws`, `terminal`).
    pub group: String,
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub state: CheckupState,
    /// What was found: a version, a URL, an error.
    pub detail: String,
    /// How long it took, where that says something.
    pub took: Option<Duration>,
    /// The exact next step, when it does not work.
    pub next_step: Option<String>,
}

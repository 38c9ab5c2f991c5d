//! Why nothing could be looked at.

/// The exit code of everything that is no verdict: bad usage, bad configuration, nothing to look with.
pub const COULD_NOT_LOOK: u8 = 3;

/// Why nothing could be looked at, and the next step.
#[derive(Debug)]
pub struct Failure {
    /// What failed, where and why. May have several lines.
    pub what: String,
    /// The next step.
    pub hint: Option<String>,
    /// The exit code.
    pub code: u8,
    /// Whether `what` is a report of its own, in which every error is marked as one already.
    pub is_report: bool,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None, code: COULD_NOT_LOOK, is_report: false }
    }

    /// Everything that is wrong with something, each marked as an error.
    pub fn report(what: impl Into<String>) -> Self {
        Self { is_report: true, ..Self::new(what) }
    }

    /// The same failure with the next step to take.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

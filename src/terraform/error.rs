//! Why something could not be done with the stack.

/// What failed, where and why, and the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct TerraformError {
    /// In one line; starts in lower case.
    pub what: String,
    /// Where: the program, a file; nothing where `what` says it.
    pub place: Option<String>,
    /// The next step.
    pub hint: Option<String>,
}

impl TerraformError {
    /// An error without a hint.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), place: None, hint: None }
    }

    /// The same with where it was.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The same with the next step to take.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

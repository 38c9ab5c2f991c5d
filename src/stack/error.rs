//! Why a local stack could not be brought up or down.

use std::path::Path;

/// What failed, where and why, and the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct StackError {
    /// What failed, where and why. May have several lines.
    pub what: String,
    /// The next step.
    pub hint: Option<String>,
}

impl StackError {
    /// An error without a next step.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }

    /// A file or folder that could not be used.
    pub fn file(doing: &str, path: &Path, why: &std::io::Error) -> Self {
        Self::new(format!("cannot {doing} {}: {why}", path.display()))
    }

    /// The same with the next step to take.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<crate::provision::Refusal> for StackError {
    fn from(refusal: crate::provision::Refusal) -> Self {
        Self { what: refusal.what, hint: refusal.hint }
    }
}

impl From<crate::provision::TemplateError> for StackError {
    fn from(error: crate::provision::TemplateError) -> Self {
        Self::new(error.to_string())
    }
}

//! Why nothing could be looked at.

use crate::config::Refused;

/// The exit code of everything that is no verdict: bad usage, bad configuration, nothing to look with.
pub const COULD_NOT_LOOK: u8 = 3;

/// Why nothing could be looked at, and the next step.
#[derive(Debug)]
pub struct Failure {
    /// What failed, where and why. May have several lines.
    pub what: String,
    /// The same in one line, for documents, where `what` is a report.
    pub brief: Option<String>,
    /// Where, for documents: a file with line and column, a program; nothing where `what` says it.
    pub place: Option<String>,
    /// The next step.
    pub hint: Option<String>,
    /// Whether `what` is a whole report that is printed as it is.
    pub is_report: bool,
    /// The exit code.
    pub code: u8,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), brief: None, place: None, hint: None, is_report: false, code: COULD_NOT_LOOK }
    }

    /// What people wrote and is refused: the one reason as any failure, several or those with a place as a report.
    pub fn refused(refused: &Refused) -> Self {
        let place = refused.address();
        match refused.problems.as_slice() {
            [only] if only.quotes.is_empty() => Self { hint: only.hint.clone(), place, ..Self::new(only.what.clone()) },
            problems => {
                let more = problems.len().saturating_sub(1);
                let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
                let brief = problems.first().map(|first| format!("{}{more}", first.what));
                let hint = problems.first().and_then(|first| first.hint.clone());
                Self { is_report: true, brief, place, hint, ..Self::new(refused.to_string()) }
            }
        }
    }

    /// The same failure with where it was.
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The same failure with the next step to take.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

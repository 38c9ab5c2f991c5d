//! A problem while more are looked for.

use std::ops::Range;

/// A problem whose place is still a range of bytes: what may be shown of it is known only when all secrets are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Where in the text, in bytes.
    pub at: Range<usize>,
    /// What is wrong, in one line.
    pub what: String,
    /// What was expected at the place; may be empty.
    pub label: String,
    /// Another place that explains it.
    pub also: Option<(Range<usize>, &'static str)>,
    /// The next step.
    pub hint: Option<String>,
    /// Whether something is absent; in a file with syntax errors it may only be unreadable.
    pub absence: bool,
}

impl Draft {
    /// A problem at a place.
    pub fn new(at: &Range<usize>, what: impl Into<String>) -> Self {
        Self { at: at.clone(), what: what.into(), label: String::new(), also: None, hint: None, absence: false }
    }

    /// What was expected there.
    #[must_use]
    pub fn expected(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The next step.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        self.hint_if(Some(hint))
    }

    /// The next step, where one is known.
    #[must_use]
    pub fn hint_if(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }

    /// Another place that explains it.
    #[must_use]
    pub fn also(mut self, at: &Range<usize>, label: &'static str) -> Self {
        self.also = Some((at.clone(), label));
        self
    }

    /// Something is absent.
    #[must_use]
    pub fn absence(mut self) -> Self {
        self.absence = true;
        self
    }
}

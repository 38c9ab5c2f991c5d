//! What a check has seen so far, and the answer it makes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{Check, CheckResult, CheckState, ErrorClass, Looked, SourceError};

/// The most things listed in one answer; those after the worst are counted.
const MOST: usize = 60;

/// See the module.
#[derive(Debug, Default)]
pub struct Tally {
    looked: Vec<Looked>,
    causes: Vec<String>,
    facts: BTreeMap<String, String>,
    next_step: Option<String>,
    /// What would let more be seen: the next step where nothing else is wrong.
    hint: Option<String>,
    summary: Option<String>,
}

impl Tally {
    /// Notes one thing.
    pub fn note(&mut self, state: CheckState, text: impl Into<String>, from: impl Into<String>) {
        self.looked.push(Looked { state, text: text.into(), from: from.into() });
    }

    /// It is as it should be.
    pub fn pass(&mut self, text: impl Into<String>, from: impl Into<String>) {
        self.note(CheckState::Pass, text, from);
    }

    /// It could not be found out.
    pub fn unknown(&mut self, text: impl Into<String>, from: impl Into<String>) {
        self.note(CheckState::Unknown, text, from);
    }

    /// Something is wrong, and this is what.
    pub fn warn(&mut self, cause: &str, text: impl Into<String>, from: impl Into<String>) {
        self.note(CheckState::Warn, text, from);
        self.cause(cause);
    }

    /// Something is badly wrong, and this is what.
    pub fn fail(&mut self, cause: &str, text: impl Into<String>, from: impl Into<String>) {
        self.note(CheckState::Fail, text, from);
        self.cause(cause);
    }

    /// A look that failed: unknown, with the permission or the step that would make it possible.
    pub fn unseen(&mut self, what: &str, error: &SourceError, from: impl Into<String>) {
        let hint = match (&error.hint, error.class) {
            (Some(hint), ErrorClass::Forbidden) => format!(" ({hint})"),
            _ => String::new(),
        };
        self.unknown(format!("{what} could not be seen: {}{hint}", error.what), from);
        if let Some(hint) = &error.hint {
            self.hint.get_or_insert_with(|| hint.clone());
        }
    }

    /// Names something that is the matter, once.
    pub fn cause(&mut self, name: &str) {
        if !self.causes.iter().any(|known| known == name) {
            self.causes.push(name.to_owned());
        }
    }

    /// Whether a cause was named.
    pub fn has(&self, name: &str) -> bool {
        self.causes.iter().any(|known| known == name)
    }

    /// Something later steps can build on; the first of a name stays.
    pub fn fact(&mut self, name: &str, value: impl Into<String>) {
        self.facts.entry(name.to_owned()).or_insert_with(|| value.into());
    }

    /// The next step, where something is wrong. The first one of a real trouble stays.
    pub fn next(&mut self, step: impl Into<String>) {
        self.next_step.get_or_insert_with(|| step.into());
    }

    /// The next step, before any other.
    pub fn next_above_all(&mut self, step: impl Into<String>) {
        self.next_step = Some(step.into());
    }

    /// The answer in one line.
    pub fn summary(&mut self, text: impl Into<String>) {
        self.summary = Some(text.into());
    }

    /// The worst so far.
    pub fn state(&self) -> CheckState {
        self.looked.iter().map(|looked| looked.state).max().unwrap_or(CheckState::Unknown)
    }

    /// What was looked at so far.
    pub fn looked(&self) -> &[Looked] {
        &self.looked
    }

    /// Takes over what another look found.
    pub fn take(&mut self, other: Self) {
        self.looked.extend(other.looked);
        other.causes.iter().for_each(|cause| self.cause(cause));
        for (name, value) in other.facts {
            self.facts.entry(name).or_insert(value);
        }
        self.next_step = self.next_step.take().or(other.next_step);
        self.hint = self.hint.take().or(other.hint);
    }

    /// The parts that a trace is made of: what was looked at, the worst first, causes, the next step.
    pub fn into_parts(mut self) -> (Vec<Looked>, Vec<String>, Option<String>) {
        self.looked.sort_by_key(|looked| std::cmp::Reverse(looked.state));
        (self.looked, self.causes, self.next_step.or(self.hint))
    }

    /// The answer.
    pub fn answer(mut self, check: &Check, at: Timestamp, took: Duration) -> CheckResult {
        let state = self.state();
        self.looked.sort_by_key(|looked| std::cmp::Reverse(looked.state));
        let summary = self.summary.take().unwrap_or_else(|| match self.looked.first() {
            Some(worst) => worst.text.clone(),
            None => "there was nothing to look at".to_owned(),
        });
        if self.looked.len() > MOST {
            let rest = self.looked.len() - MOST;
            let state = self.looked[MOST].state;
            self.looked.truncate(MOST);
            self.looked.push(Looked { state, text: format!("and {rest} more"), from: String::new() });
        }
        CheckResult {
            check: check.clone(),
            state,
            summary,
            looked: self.looked,
            causes: self.causes,
            facts: self.facts,
            next_step: self.next_step.or(self.hint).filter(|_| state != CheckState::Pass),
            at,
            took,
        }
    }
}

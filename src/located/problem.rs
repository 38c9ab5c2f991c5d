//! What is wrong in a file, where, and what to do about it, as a person wants to read it. Every text in here is
//! sanitised and free of secrets.

use std::fmt;

use crate::format::{count, sanitise};

use super::listed;

/// Why something that people wrote is not taken: everything that is wrong with it, found in one go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refused {
    /// The problems in the order of the files; at least one.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user would name it; none where it is no matter of a line.
    pub file: Option<String>,
    /// What, in one line: starts in lower case, no full stop.
    pub what: String,
    /// Where: the place itself first, then others that explain it. Empty where it is no matter of a line.
    pub quotes: Vec<Quote>,
    /// The next step, where there is one.
    pub hint: Option<String>,
}

/// A line of the file with something marked in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line, with secrets masked.
    pub text: String,
    /// Where in `text` the mark begins, in terminal cells.
    pub offset: usize,
    /// How long the mark is, in terminal cells; at least one.
    pub width: usize,
    /// What was expected there, or what is there; may be empty.
    pub label: String,
}

impl Problem {
    /// A problem that is no matter of a line.
    pub fn new(what: impl AsRef<str>, hint: impl AsRef<str>) -> Self {
        let clean = |text: &str| sanitise(text).into_owned();
        Self { file: None, what: clean(what.as_ref()), quotes: Vec::new(), hint: Some(clean(hint.as_ref())) }
    }

    /// Line and column, both from 1; both 0 where it is no matter of a line.
    pub fn place(&self) -> (usize, usize) {
        self.quotes.first().map_or((0, 0), |quote| (quote.line, quote.column))
    }

    /// The problem in one line, for a notice: ``mine.toml:4:7: unknown command `refesh`; did you mean `refresh`?``.
    pub fn brief(&self) -> String {
        let mut text = self.address().map(|address| format!("{address}: ")).unwrap_or_default();
        text.push_str(&self.what);
        if let Some(label) = self.quotes.first().map(|quote| &quote.label).filter(|label| !label.is_empty()) {
            text.push_str(", ");
            text.push_str(label);
        }
        if let Some(hint) = &self.hint {
            text.push_str("; ");
            text.push_str(hint);
        }
        text
    }

    fn address(&self) -> Option<String> {
        let quote = self.quotes.first()?;
        Some(format!("{}:{}:{}", self.file.as_deref()?, quote.line, quote.column))
    }
}

/// The whole report: the lines with marks under the places, and the hint.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        let gutter = self.quotes.iter().map(|quote| quote.line.to_string().len()).max().unwrap_or(1);
        if let Some(address) = self.address() {
            write!(f, "\n{:gutter$}--> {address}\n{:gutter$} |", "", "")?;
        }
        let main = self.quotes.first();
        let mut by_line: Vec<&Quote> = self.quotes.iter().collect();
        by_line.sort_by_key(|quote| quote.line);
        let mut shown: Option<&Quote> = None;
        for quote in by_line {
            if shown.is_some_and(|shown| quote.line > shown.line + 1) {
                write!(f, "\n{:gutter$} :", "")?;
            }
            // Two marks in one line share it, unless they are so far apart that they show different parts.
            if shown.is_none_or(|shown| (shown.line, &shown.text) != (quote.line, &quote.text)) {
                write!(f, "\n{:gutter$} | {}", quote.line, quote.text)?;
            }
            shown = Some(quote);
            let mark = if main.is_some_and(|main| std::ptr::eq(quote, main)) { "^" } else { "-" }.repeat(quote.width);
            let line = format!("{:offset$}{mark} {}", "", quote.label, offset = quote.offset);
            write!(f, "\n{:gutter$} | {}", "", line.trim_end())?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n{:gutter$} = hint: {hint}", ""),
            None => Ok(()),
        }
    }
}

impl Refused {
    /// The place of the first of them as `file:line:column`, where it is a matter of a line.
    pub fn address(&self) -> Option<String> {
        self.problems.first()?.address()
    }

    /// The error in one line, for a notice on the screen.
    pub fn brief(&self) -> String {
        match self.problems.as_slice() {
            [] => "refused".to_owned(),
            [only] => only.brief(),
            [first, rest @ ..] => format!("{} (and {} more)", first.brief(), rest.len()),
        }
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

/// Every problem, and how many there are in which files.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut files: Vec<&str> = Vec::new();
        for (number, problem) in self.problems.iter().enumerate() {
            let lead = if number == 0 { "" } else { "\n\n" };
            write!(f, "{lead}{problem}")?;
            files.extend(problem.file.as_deref().filter(|file| !files.contains(file)));
        }
        if files.is_empty() {
            return Ok(());
        }
        write!(f, "\n\n{} in {}", count(self.problems.len(), "problem"), listed(files))
    }
}

//! What is wrong with a configuration, and where, as a person wants to read it. Every text in here is sanitised and
//! free of secrets.

use std::fmt;

use crate::format::{count, sanitise};

/// Everything that is wrong, found in one go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file, where one was read.
    pub file: Option<String>,
    /// The problems in the order of the file; at least one.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What, in one line.
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
        Self {
            what: sanitise(what.as_ref()).into_owned(),
            quotes: Vec::new(),
            hint: Some(sanitise(hint.as_ref()).into_owned()),
        }
    }
}

impl ConfigError {
    /// One problem that is no matter of a line.
    pub fn single(file: Option<&str>, problem: Problem) -> Self {
        Self { file: file.map(|file| sanitise(file).into_owned()), problems: vec![problem] }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().unwrap_or("configuration");
        for problem in &self.problems {
            problem.write(f, file)?;
            writeln!(f)?;
        }
        write!(f, "{} in {file}", count(self.problems.len(), "problem"))
    }
}

impl Problem {
    fn write(&self, f: &mut fmt::Formatter<'_>, file: &str) -> fmt::Result {
        writeln!(f, "error: {}", self.what)?;
        let gutter = self.quotes.iter().map(|quote| quote.line.to_string().len()).max().unwrap_or(1);
        if let Some(main) = self.quotes.first() {
            writeln!(f, "{:gutter$}--> {file}:{}:{}", "", main.line, main.column)?;
            writeln!(f, "{:gutter$} |", "")?;
            let mut by_line: Vec<&Quote> = self.quotes.iter().collect();
            by_line.sort_by_key(|quote| quote.line);
            let mut shown: Option<&Quote> = None;
            for quote in by_line {
                if shown.is_some_and(|shown| quote.line > shown.line + 1) {
                    writeln!(f, "{:gutter$} :", "")?;
                }
                // Two marks in one line share it, unless they are so far apart that they show different parts.
                if shown.is_none_or(|shown| (shown.line, &shown.text) != (quote.line, &quote.text)) {
                    writeln!(f, "{:gutter$} | {}", quote.line, quote.text)?;
                }
                shown = Some(quote);
                let mark = if std::ptr::eq(quote, main) { "^" } else { "-" }.repeat(quote.width);
                let line = format!("{:offset$}{mark} {}", "", quote.label, offset = quote.offset);
                writeln!(f, "{:gutter$} | {}", "", line.trim_end())?;
            }
        }
        match &self.hint {
            Some(hint) => writeln!(f, "{:gutter$} = hint: {hint}", ""),
            None => Ok(()),
        }
    }
}

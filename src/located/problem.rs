//! What is wrong in a file, where, and what to do about it.

use std::fmt;

use crate::format::{count, sanitise, width};

/// One thing wrong at one place of a file. `Display` is the whole report with the line and a caret under the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as the user would name it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong: starts in lower case, no full stop.
    pub message: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// The text of the line, as it stands in the file.
    pub(super) excerpt: String,
    /// How many characters of the line are meant.
    pub(super) length: usize,
}

impl Problem {
    /// The problem in one line, for a notice: `mine.toml:4:7: unknown command "refesh", did you mean "refresh"?`.
    pub fn brief(&self) -> String {
        let Self { file, line, column, message, .. } = self;
        let hint = self.hint.as_ref().map(|hint| format!(", {hint}")).unwrap_or_default();
        sanitise(&format!("{file}:{line}:{column}: {message}{hint}")).into()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, .. } = self;
        let before: String = self.excerpt.chars().take(column - 1).collect();
        let meant: String = self.excerpt.chars().skip(column - 1).take(self.length).collect();
        let gutter = line.to_string().len();
        writeln!(f, "error: {}", sanitise(message))?;
        writeln!(f, "{:gutter$}--> {}", "", sanitise(&format!("{file}:{line}:{column}")))?;
        writeln!(f, "{:gutter$} |", "")?;
        writeln!(f, "{line} | {}", sanitise(&self.excerpt).trim_end())?;
        let (indent, carets) = (width(&sanitise(&before)), width(&sanitise(&meant)).max(1));
        write!(f, "{:gutter$} | {:indent$}{}", "", "", "^".repeat(carets))?;
        if let Some(hint) = &self.hint {
            write!(f, "\n{:gutter$} = hint: {}", "", sanitise(hint))?;
        }
        Ok(())
    }
}

/// Why a keymap or a theme was not loaded. The caller keeps the one it has and shows this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// There is no file of that name or path.
    NotFound {
        /// What was asked for, with its noun: `keymap "vmi"`.
        what: String,
        /// What to do about it.
        hint: String,
    },
    /// The file is there and cannot be read.
    Unreadable {
        /// The file.
        file: String,
        /// What the system said.
        reason: String,
    },
    /// The file was read and is refused; never empty, in the order of the file.
    Refused(Vec<Problem>),
}

impl LoadError {
    /// The error in one line, for a notice on the screen.
    pub fn brief(&self) -> String {
        match self {
            Self::NotFound { what, hint } => sanitise(&format!("no {what}: {hint}")).into(),
            Self::Unreadable { file, reason } => sanitise(&format!("cannot read {file}: {reason}")).into(),
            Self::Refused(problems) => match problems.split_first() {
                None => "refused".to_owned(),
                Some((first, [])) => first.brief(),
                Some((first, rest)) => format!("{} (and {} more)", first.brief(), rest.len()),
            },
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Refused(problems) = self else {
            return f.write_str(&self.brief());
        };
        for problem in problems {
            writeln!(f, "{problem}\n")?;
        }
        let file = problems.last().map_or("", |problem| &problem.file);
        write!(f, "{} in {}", count(problems.len(), "problem"), sanitise(file))
    }
}

impl std::error::Error for LoadError {}

/// The hint for a misspelt word: the nearest of the words that are known, if one is near.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let word = word.to_lowercase();
    let near = |known: &str| strsim::normalized_damerau_levenshtein(&word, known);
    known
        .into_iter()
        .map(|known| (near(known), known))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| format!("did you mean \"{known}\"?"))
}

/// The hint for a word that is not known: the nearest one, or all there are.
pub fn one_of(word: &str, known: &[&str]) -> String {
    did_you_mean(word, known.iter().copied()).unwrap_or_else(|| format!("expected one of: {}", known.join(", ")))
}

//! One TOML file, its entries in the order they were written, and the places of all of them.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::Problem;

/// A file's name, text and entries.
#[derive(Debug, Clone, Default)]
pub struct Document {
    name: String,
    text: String,
    sound: bool,
    /// The entries at the top of the file.
    pub entries: Vec<Entry>,
}

/// One `key = value`, with the places of both in bytes of the text.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key, without quotes.
    pub key: String,
    /// Where the key stands.
    pub key_at: Range<usize>,
    /// The value.
    pub value: Value,
    /// Where the value stands.
    pub value_at: Range<usize>,
}

/// A TOML value, as far as keymaps and themes care.
#[derive(Debug, Clone)]
pub enum Value {
    /// A string.
    Text(String),
    /// A table, inline or under a heading.
    Table(Vec<Entry>),
    /// An array; the keys of its entries are empty.
    List(Vec<Entry>),
    /// Anything else, by the name of its type.
    Other(&'static str),
}

impl Value {
    /// What kind of value this is, for "expected ..., found ...".
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Table(_) => "a table",
            Self::List(_) => "an array",
            Self::Other(kind) => kind,
        }
    }
}

impl Document {
    /// Reads what can be read; what cannot is a problem each, and the rest of the file is still looked at.
    pub fn parse(name: impl Into<String>, text: impl Into<String>) -> (Self, Vec<Problem>) {
        let mut document = Self { name: name.into(), text: text.into(), sound: true, entries: Vec::new() };
        let (table, errors) = DeTable::parse_recoverable(&document.text);
        let entries = entries(table.get_ref());
        let mut problems: Vec<Problem> = errors
            .iter()
            .map(|error| {
                let end = document.text.len();
                document.problem(error.span().unwrap_or(end..end), format!("not TOML: {}", error.message()), None)
            })
            .collect();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        document.entries = entries;
        document.sound = problems.is_empty();
        (document, problems)
    }

    /// The name the user knows the file by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether all of it is TOML. Where it is not, headings may be misread and entries missing.
    pub const fn is_sound(&self) -> bool {
        self.sound
    }

    /// A string at the top of the file, if it is there and is one.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|entry| entry.key == key).and_then(|entry| match &entry.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The line a place is on, from 1.
    pub fn line(&self, at: usize) -> usize {
        1 + self.before(at).matches('\n').count()
    }

    /// A problem at a place. A place of several lines is cut at the end of its first.
    pub fn problem(&self, at: Range<usize>, message: impl Into<String>, hint: Option<String>) -> Problem {
        let before = self.before(at.start);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let excerpt = self.text[start..].lines().next().unwrap_or_default();
        let meant = self.text.get(at).unwrap_or_default().lines().next().unwrap_or_default();
        Problem {
            file: self.name.clone(),
            line: self.line(before.len()),
            column: 1 + before[start..].chars().count(),
            message: message.into(),
            hint,
            excerpt: excerpt.to_owned(),
            length: meant.chars().count(),
        }
    }

    /// The text before a place; a place past the end or within a character is moved back to where one starts.
    fn before(&self, at: usize) -> &str {
        &self.text[..self.text.floor_char_boundary(at)]
    }
}

fn entries(table: &DeTable<'_>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_at: key.span(),
            value: convert(value.get_ref()),
            value_at: value.span(),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_at.start);
    entries
}

fn convert(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Table(table) => Value::Table(entries(table)),
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| Entry {
                    key: String::new(),
                    key_at: item.span(),
                    value: convert(item.get_ref()),
                    value_at: item.span(),
                })
                .collect(),
        ),
        DeValue::Integer(_) => Value::Other("an integer"),
        DeValue::Float(_) => Value::Other("a float"),
        DeValue::Boolean(_) => Value::Other("a boolean"),
        DeValue::Datetime(_) => Value::Other("a date"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_problem_points_at_its_place() {
        let (document, problems) = Document::parse("a.toml", "x = 1\n\t\"열쇠\" = \"no\"\n");
        assert_eq!(problems, []);
        let entry = &document.entries[1];
        let problem = document.problem(entry.value_at.clone(), "bad", Some("try this".into()));
        assert_eq!((problem.line, problem.column), (2, 9));
        assert_eq!(
            problem.to_string(),
            "error: bad\n --> a.toml:2:9\n  |\n2 |  \"열쇠\" = \"no\"\n  |           ^^^^\n  = hint: try this"
        );
        assert_eq!(problem.brief(), "a.toml:2:9: bad, try this");
    }

    #[test]
    fn every_broken_line_is_told_and_the_rest_is_read() {
        let (document, problems) = Document::parse("a.toml", "a = \nb = \"fine\"\nc = [\"x\" \"y\"]\nb = \"again\"\n");
        let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [1, 3, 4]);
        assert_eq!(document.text_of("b"), Some("fine"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader_or_the_report(text in "\\PC*|([a-z\"=\\[\\]{}.#\n\r\t 열😀-]*)") {
            let (document, problems) = Document::parse("a.toml", text.clone());
            for problem in problems {
                prop_assert!(problem.to_string().contains(" --> a.toml:"));
            }
            for at in 0..=text.len() + 1 {
                prop_assert!(document.problem(at..at + 1, "x", None).line >= 1);
            }
        }
    }
}

//! One TOML file, its entries in the order they were written, and the places of all of them.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{Draft, Problem, Text, parse};

/// A file's name, text and entries.
#[derive(Debug, Clone, Default)]
pub struct Document {
    text: Text,
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
    /// Anything else, by what it is called.
    Other(&'static str),
}

impl Value {
    /// What this is, with its article, for "expected ..., found ...".
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => TEXT,
            Self::Table(_) => TABLE,
            Self::List(_) => LIST,
            Self::Other(kind) => kind,
        }
    }
}

const TEXT: &str = "a text";
const TABLE: &str = "a table";
const LIST: &str = "a list";

/// What a value is, with its article.
pub const fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => TEXT,
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(true) => "true",
        DeValue::Boolean(false) => "false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => LIST,
        DeValue::Table(_) => TABLE,
    }
}

impl Document {
    /// Reads what can be read; what cannot is a problem each, and the rest of the file is still looked at.
    pub fn parse(name: &str, source: &str) -> (Self, Vec<Problem>) {
        let (text, parsed) = parse(name, source);
        let problems = parsed.errors.iter().map(|error| text.problem(error)).collect();
        let entries = entries(parsed.tree.get_ref());
        (Self { text, sound: parsed.errors.is_empty(), entries }, problems)
    }

    /// The name the user knows the file by.
    pub fn name(&self) -> &str {
        self.text.name()
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

    /// A draft as it may be shown.
    pub fn problem(&self, draft: &Draft) -> Problem {
        self.text.problem(draft)
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
        other => Value::Other(kind(other)),
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
        let problem = document.problem(&Draft::new(&entry.value_at, "bad").hint("try this"));
        assert_eq!(problem.place(), (2, 9));
        assert_eq!(
            problem.to_string(),
            "error: bad\n --> a.toml:2:9\n  |\n2 |  \"열쇠\" = \"no\"\n  |           ^^^^\n  = hint: try this"
        );
        assert_eq!(problem.brief(), "a.toml:2:9: bad; try this");
    }

    #[test]
    fn every_broken_line_is_told_and_the_rest_is_read() {
        let (document, problems) = Document::parse("a.toml", "a = \nb = \"fine\"\nc = [\"x\" \"y\"]\nb = \"again\"\n");
        let lines: Vec<usize> = problems.iter().map(|problem| problem.place().0).collect();
        assert_eq!(lines, [1, 3, 4]);
        assert_eq!(document.text_of("b"), Some("fine"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader_or_the_report(text in "\\PC*|([a-z\"=\\[\\]{}.#\n\r\t 열😀-]*)") {
            let (document, problems) = Document::parse("a.toml", &text);
            for problem in problems {
                prop_assert!(problem.to_string().contains(" --> a.toml:"));
            }
            for at in 0..=text.len() + 1 {
                prop_assert!(document.problem(&Draft::new(&(at..at + 1), "x")).place().0 >= 1);
            }
        }
    }
}

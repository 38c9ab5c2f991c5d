//! Parsing, and what TOML itself refuses: syntax errors, and keys or tables given twice, with both places.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::{Draft, Text};

/// How the parser says that a key or table was given before.
const DUPLICATE: &str = "duplicate key";

/// How many errors are told: a file with more is no configuration.
const MAX_ERRORS: usize = 50;

/// A file after parsing.
#[derive(Debug)]
pub struct Parsed<'t> {
    /// What could be read.
    pub tree: Spanned<DeTable<'t>>,
    /// What TOML itself refuses, in the order of the file.
    pub errors: Vec<Draft>,
    /// The lines, from 0, with errors: what seems to stand there is no finding.
    lines: Vec<usize>,
    /// Whether more is wrong than repetitions: then headings may be misread and keys missing.
    broken: bool,
}

impl Parsed<'_> {
    /// Whether a finding in the contents only repeats what is wrong with the syntax.
    pub fn explains(&self, found: &Draft, text: &Text) -> bool {
        (self.broken && found.absence) || self.lines.contains(&text.line(found.at.start))
    }
}

/// Reads what can be read of a file. `name` is what the user knows it by. A byte order mark is no part of the text.
pub fn parse<'t>(name: &str, source: &'t str) -> (Text, Parsed<'t>) {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut text = Text::new(name, source);
    let (tree, errors) = DeTable::parse_recoverable(source);
    let broken = errors.iter().any(|error| !is_duplicate(error));
    if broken {
        text.set_broken();
    }
    let lines = errors.iter().filter_map(|error| Some(text.line(error.span()?.start))).collect();
    let errors = drafts(&errors, &text);
    (text, Parsed { tree, errors, lines, broken })
}

/// What the parser found, without the errors that only follow from another: one a line, and of a bracket that is not
/// closed only the first line that does not fit in.
fn drafts(errors: &[Error], text: &Text) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut last_line = None;
    let mut in_bracket = false;
    let mut in_order: Vec<&Error> = errors.iter().collect();
    in_order.sort_by_key(|error| error.span().map_or(usize::MAX, |span| span.start));
    for error in in_order {
        if drafts.len() == MAX_ERRORS {
            break;
        }
        let line = error.span().map(|span| text.line(span.start));
        if is_duplicate(error) {
            drafts.push(draft(error, text));
        } else if line != last_line {
            let about_bracket = is_about_bracket(error);
            if !(about_bracket && in_bracket) {
                drafts.push(draft(error, text));
            }
            in_bracket = about_bracket;
            last_line = line;
        }
    }
    drafts
}

fn is_about_bracket(error: &Error) -> bool {
    ["array", "inline table"].iter().any(|word| error.message().contains(word))
}

fn draft(error: &Error, text: &Text) -> Draft {
    let end = text.as_str().len();
    let at = error.span().unwrap_or(end..end);
    if is_duplicate(error) {
        return duplicate(&at, text);
    }
    let rest_of_line = text.as_str().get(at.start..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
    let (what, expected) = match error.message().split_once(", expected ") {
        Some((_, "literal string")) if rest_of_line.is_empty() => {
            ("the value is missing", "expected a value".to_owned())
        }
        Some((what, "literal string")) => (what, "expected quotes around it".to_owned()),
        Some((what, expected)) => (what, format!("expected {expected}")),
        None => (error.message(), String::new()),
    };
    let hint = if is_about_bracket(error) {
        Some("perhaps a bracket further up is not closed")
    } else {
        other_habit(text.as_str(), at.start)
    };
    Draft::new(&at, format!("this is not TOML: {what}")).expected(expected).hint_if(hint)
}

/// What helps who writes another language, by the line with the error.
fn other_habit(text: &str, at: usize) -> Option<&'static str> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..)?.lines().next()?.trim_start();
    let key = line.trim_start_matches(|c: char| c.is_alphanumeric() || ['_', '-', '.', '"', '\''].contains(&c));
    let before = text.get(start..at)?.trim_end();
    if line.starts_with('{') {
        Some("this looks like JSON; TOML writes `key = value` under `[table]`")
    } else if key.len() < line.len() && key.trim_start().starts_with(':') {
        Some("write `key = value`, and `[table]` on a line of its own")
    } else if before.ends_with('"') && before.contains("= \"") {
        Some("a text with `\"` in it goes into single quotes: '...'")
    } else {
        None
    }
}

/// Whether the file is sound TOML apart from something given twice.
fn is_duplicate(error: &Error) -> bool {
    error.message() == DUPLICATE
}

fn duplicate(at: &Range<usize>, text: &Text) -> Draft {
    let name = text.slice(at).trim_matches(['"', '\'']);
    let draft = Draft::new(at, format!("`{name}` is given twice")).hint("keep one of them");
    match first_place(at, text.as_str()) {
        Some(first) if first.start < at.start => draft.expected("given again here").also(&first, "first given here"),
        _ => draft.expected("given again here"),
    }
}

/// Where the key at `at` was given before. The parser tells only the second place, so the second is renamed to
/// something that occurs nowhere, and the first is then its sibling in the tree.
fn first_place(at: &Range<usize>, text: &str) -> Option<Range<usize>> {
    let key = text.get(at.clone())?;
    let mut marker = "\"?".to_owned();
    while text.contains(&marker) {
        marker.push('?');
    }
    let renamed = format!("{}{marker}\"{}", text.get(..at.start)?, text.get(at.end..)?);
    let (tree, _) = DeTable::parse_recoverable(&renamed);
    let sibling = key.trim_matches(['"', '\'']);
    sibling_of(tree.get_ref(), &marker[1..], sibling)
}

fn sibling_of(table: &DeTable<'_>, marker: &str, sibling: &str) -> Option<Range<usize>> {
    if table.contains_key(marker) {
        return table.get_key_value(sibling).map(|(key, _)| key.span());
    }
    table.iter().find_map(|(_, value)| below(value.get_ref(), marker, sibling))
}

fn below(value: &DeValue<'_>, marker: &str, sibling: &str) -> Option<Range<usize>> {
    match value {
        DeValue::Table(table) => sibling_of(table, marker, sibling),
        DeValue::Array(items) => items.iter().find_map(|item| below(item.get_ref(), marker, sibling)),
        _ => None,
    }
}

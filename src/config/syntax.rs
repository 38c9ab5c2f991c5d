//! What TOML itself refuses: syntax errors, and keys or tables given twice, with both places.

use std::ops::Range;

use toml::de::{DeTable, DeValue, Error};

use super::document::{Document, Draft};

/// How the parser says that a key or table was given before.
const DUPLICATE: &str = "duplicate key";

/// A syntax error, or something given twice.
pub(super) fn draft(error: &Error, text: &str, document: &Document<'_>) -> Draft {
    let at = error.span().unwrap_or(text.len()..text.len());
    if is_duplicate(error) {
        return duplicate(&at, text, document);
    }
    let (what, expected) = match error.message().split_once(", expected ") {
        Some((what, expected)) => (what, format!("expected {expected}")),
        None => (error.message(), String::new()),
    };
    Draft::new(&at, format!("this is not TOML: {what}")).expected(expected)
}

/// Whether the file is sound TOML apart from something given twice.
pub(super) fn is_duplicate(error: &Error) -> bool {
    error.message() == DUPLICATE
}

fn duplicate(at: &Range<usize>, text: &str, document: &Document<'_>) -> Draft {
    let name = document.text(at).trim_matches(['"', '\'']);
    let draft = Draft::new(at, format!("`{name}` is given twice")).hint("keep one of them");
    match first_place(at, text) {
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

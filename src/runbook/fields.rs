//! The keys of one table: read as what they should be, refused with their place where they are not.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::format::parse_duration;
use crate::located::{Draft, kind, one_of};

/// A value and where it stands, in bytes.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
}

impl At<String> {
    /// Where a part of the text stands, where it is written without escapes; otherwise where all of it does.
    pub(super) fn part(&self, part: Range<usize>) -> Range<usize> {
        // What the quotes take before it: one, three, or three and the line end that is no part of the text.
        let before = match self.at.len().saturating_sub(self.value.len()) {
            2 => 1,
            6 => 3,
            7 => 4,
            _ => return self.at.clone(),
        };
        let from = self.at.start + before;
        from + part.start..from + part.end
    }
}

/// A table's entries.
pub(super) struct Fields<'a> {
    /// What the table is called in a sentence (`[applies]`).
    name: String,
    /// Where it stands; the place of what is missing in it.
    pub(super) at: Range<usize>,
    entries: Vec<Entry<'a>>,
}

/// One entry: its key with its place, and its value.
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) key_at: Range<usize>,
    pub(super) value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(name: impl Into<String>, at: Range<usize>, table: &'a DeTable<'a>) -> Self {
        let mut entries: Vec<Entry<'a>> =
            table.iter().map(|(key, value)| Entry { key: key.get_ref().as_ref(), key_at: key.span(), value }).collect();
        entries.sort_by_key(|entry| entry.key_at.start);
        Self { name: name.into(), at, entries }
    }

    /// Every entry, in the order written.
    pub(super) fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Refuses every key but these.
    pub(super) fn only(&self, known: &[&str], drafts: &mut Vec<Draft>) {
        for entry in self.entries.iter().filter(|entry| !known.contains(&entry.key)) {
            let draft = Draft::new(&entry.key_at, format!("unknown key `{}` in {}", entry.key, self.name));
            drafts.push(draft.hint(one_of(entry.key, known)));
        }
    }

    /// Refuses the table without this key.
    pub(super) fn needs(&self, key: &str, what: &str, drafts: &mut Vec<Draft>) {
        if self.get(key).is_none() {
            let draft = Draft::new(&self.at, format!("{} has no `{key}`", self.name));
            drafts.push(draft.expected(format!("expected {key} = {what}")).absence());
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&self, key: &str, drafts: &mut Vec<Draft>) -> Option<At<String>> {
        let entry = self.get(key)?;
        text(key, entry.value, drafts)
    }

    /// One text, or a list of them; empty where the key is not there.
    pub(super) fn texts(&self, key: &str, drafts: &mut Vec<Draft>) -> Vec<At<String>> {
        let Some(entry) = self.get(key) else { return Vec::new() };
        match entry.value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|item| text(key, item, drafts)).collect(),
            _ => text(key, entry.value, drafts).into_iter().collect(),
        }
    }

    pub(super) fn flag(&self, key: &str, drafts: &mut Vec<Draft>) -> bool {
        let Some(entry) = self.get(key) else { return false };
        if let DeValue::Boolean(flag) = entry.value.get_ref() {
            return *flag;
        }
        wrong(key, entry.value, "true or false", drafts);
        false
    }

    pub(super) fn duration(&self, key: &str, drafts: &mut Vec<Draft>) -> Option<At<Duration>> {
        let text = self.text(key, drafts)?;
        match parse_duration(&text.value) {
            Ok(length) if length.is_zero() => {
                drafts
                    .push(Draft::new(&text.at, format!("`{key}` is no time at all")).expected("expected more than 0s"));
                None
            }
            Ok(length) => Some(At { value: length, at: text.at }),
            Err(why) => {
                drafts.push(Draft::new(&text.at, format!("`{key}` is not a duration")).expected(why));
                None
            }
        }
    }

    /// A table below this one.
    pub(super) fn table(&self, key: &str, name: &str, drafts: &mut Vec<Draft>) -> Option<Fields<'a>> {
        let entry = self.get(key)?;
        if let DeValue::Table(table) = entry.value.get_ref() {
            return Some(Fields::new(name, entry.key_at.clone(), table));
        }
        wrong(key, entry.value, "a table", drafts);
        None
    }
}

/// A value as a text that is not empty.
pub(super) fn text(key: &str, value: &Spanned<DeValue<'_>>, drafts: &mut Vec<Draft>) -> Option<At<String>> {
    match value.get_ref() {
        DeValue::String(text) if text.trim().is_empty() => {
            drafts.push(Draft::new(&value.span(), format!("`{key}` is empty")).expected("expected a text"));
            None
        }
        DeValue::String(text) => Some(At { value: text.to_string(), at: value.span() }),
        _ => {
            wrong(key, value, "a text in quotes", drafts);
            None
        }
    }
}

/// Refuses a value of the wrong kind.
pub(super) fn wrong(key: &str, value: &Spanned<DeValue<'_>>, expected: &str, drafts: &mut Vec<Draft>) {
    let draft = Draft::new(&value.span(), format!("`{key}` is {}", kind(value.get_ref())));
    drafts.push(draft.expected(format!("expected {expected}")));
}

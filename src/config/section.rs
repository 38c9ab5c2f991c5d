//! A table after checking: every value of the right kind, with its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::settings::HeaderText;

/// A checked table.
#[derive(Debug)]
pub(super) struct Section {
    /// The name in its header, or the key it is under.
    pub at: Range<usize>,
    /// Its path, as a header writes it: `contexts.prod.aws`.
    pub path: String,
    pub entries: BTreeMap<&'static str, Entry>,
}

/// A key with its checked value.
#[derive(Debug)]
pub(super) struct Entry {
    /// Where the key is.
    pub at: Range<usize>,
    pub value: Value,
}

/// A checked value.
#[derive(Debug)]
pub(super) enum Value {
    /// Was wrong, and that has been said.
    Invalid,
    Flag(bool),
    Count(u64),
    Number(f64),
    Text(String),
    Texts(Vec<String>),
    Path(PathBuf),
    Url(Url),
    Duration(Duration),
    Headers(Vec<(Range<usize>, String, HeaderText)>),
    Section(Section),
    Named(BTreeMap<String, Section>),
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $variant:ident($type:ty) => $map:expr;)*) => {
        $($(#[$doc])* pub fn $name(&self, name: &str) -> Option<$type> {
            match self.value(name) {
                Some(Value::$variant(value)) => Some($map(value)),
                _ => None,
            }
        })*
    };
}

impl Section {
    /// Whether a key is there, be its value right or wrong.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Where a key is; where the table is, if the key is not there.
    pub fn at(&self, name: &str) -> &Range<usize> {
        self.entries.get(name).map_or(&self.at, |entry| &entry.at)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.entries.get(name).map(|entry| &entry.value)
    }

    getters! {
        flag: Flag(bool) => |value: &bool| *value;
        count: Count(u64) => |value: &u64| *value;
        number: Number(f64) => |value: &f64| *value;
        text: Text(String) => String::clone;
        texts: Texts(Vec<String>) => <Vec<String>>::clone;
        path: Path(PathBuf) => PathBuf::clone;
        url: Url(Url) => Url::clone;
        duration: Duration(Duration) => |value: &Duration| *value;
    }

    /// A table below.
    pub fn section(&self, name: &str) -> Option<&Section> {
        match self.value(name) {
            Some(Value::Section(section)) => Some(section),
            _ => None,
        }
    }

    /// The tables below, by the names the user chose.
    pub fn named(&self, name: &str) -> impl Iterator<Item = (&String, &Section)> {
        match self.value(name) {
            Some(Value::Named(sections)) => Some(sections),
            _ => None,
        }
        .into_iter()
        .flatten()
    }

    /// Headers with the places of their names.
    pub fn headers(&self, name: &str) -> &[(Range<usize>, String, HeaderText)] {
        match self.value(name) {
            Some(Value::Headers(headers)) => headers,
            _ => &[],
        }
    }
}

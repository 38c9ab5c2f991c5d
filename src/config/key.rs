//! What the table of keys is made of. Parsing, the JSON Schema, the reference page and the sample derive from it.

use std::time::Duration;

use super::rules::Rule;
use crate::located::nearest;

/// The keys of one table, in groups so that tables can share some.
pub type Shape = &'static [&'static [Key]];

/// One key a table may hold.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value may be.
    pub kind: Kind,
    /// What it means, as a phrase without a full stop.
    pub doc: &'static str,
    /// What holds without it, as TOML; `None` where nothing is assumed.
    pub default: Option<&'static str>,
    /// A value, as TOML, that is not the default; `None` for a table shown key by key.
    pub example: Option<&'static str>,
    /// Whether the table is wrong without it.
    pub required: bool,
    /// Whether it excludes a key before it, so that a sample can only mention it.
    pub alternative: bool,
    /// What other programs call it: not accepted, but understood.
    pub elsewhere: &'static [&'static str],
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number, from and to, both included.
    Count(u64, u64),
    /// A number, from and to, both included.
    Number(f64, f64),
    /// A text that obeys a rule.
    Text(&'static Rule),
    /// A `PromQL` query.
    Query,
    /// A list of texts that obey a rule.
    Texts(&'static Rule),
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A program and its arguments.
    Command,
    /// `"all"`, or a list of names or ARNs.
    Clusters,
    /// A length of time, from and to, both included.
    Duration(Duration, Duration),
    /// An HTTP address.
    Url,
    /// A file, relative to the configuration's folder or to `~/`.
    Path,
    /// A shipped name, or a file.
    NameOrPath,
    /// Header names to a text or a reference to a secret.
    Headers,
    /// A table.
    Table(Shape),
    /// A table of tables, each under a name of the user's choice.
    Named(Shape),
    /// A secret itself: always refused, with this hint.
    Secret(&'static str),
}

impl Key {
    /// A key that may be left out; nothing is assumed without it.
    pub const fn new(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            kind,
            doc,
            default: None,
            example: Some(example),
            required: false,
            alternative: false,
            elsewhere: &[],
        }
    }

    /// A table that is shown key by key.
    pub const fn table(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, kind, doc, default: None, example: None, required: false, alternative: false, elsewhere: &[] }
    }

    /// A key that is known only to be refused.
    pub const fn secret(name: &'static str, hint: &'static str) -> Self {
        Self::table(name, Kind::Secret(hint), "")
    }

    /// What holds without it.
    #[must_use]
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// The table is wrong without it.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// It excludes a key before it.
    #[must_use]
    pub const fn alternative(mut self) -> Self {
        self.alternative = true;
        self
    }

    /// What other programs call it.
    #[must_use]
    pub const fn elsewhere(mut self, names: &'static [&'static str]) -> Self {
        self.elsewhere = names;
        self
    }

    /// Whether a secret may stand where its value belongs, by mistake.
    pub fn holds_secrets(&self) -> bool {
        match self.kind {
            Kind::Secret(_) | Kind::Path | Kind::Command | Kind::Headers => true,
            Kind::Text(rule) => rule.hides || self.name == "username",
            _ => false,
        }
    }

    /// Whether it is only known in order to be refused.
    pub const fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret(_))
    }
}

/// Every key of a shape that may be written, in order.
pub fn keys(shape: Shape) -> impl Iterator<Item = &'static Key> + Clone {
    shape.iter().copied().flatten().filter(|key| !key.is_secret())
}

/// A key by its name, refused ones included.
pub fn find(shape: Shape, name: &str) -> Option<&'static Key> {
    shape.iter().copied().flatten().find(|key| key.name == name)
}

/// The key that a name that is none was meant to be: by what other programs call it, or by likeness.
pub fn meant(shape: Shape, typed: &str) -> Option<&'static Key> {
    let all = || shape.iter().copied().flatten();
    let plain = typed.to_lowercase().replace('-', "_");
    all()
        .find(|key| key.elsewhere.contains(&plain.as_str()))
        .or_else(|| find(shape, nearest(typed, all().map(|key| key.name))?))
}

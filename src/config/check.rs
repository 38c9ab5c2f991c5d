//! What was typed, against the table of keys: unknown keys, missing keys, wrong kinds, values out of bounds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};
use url::Url;

use super::key::{self, Key, Kind, Shape};
use super::keys::ROOT;
use super::paths::Base;
use super::rules::{self, Rule};
use super::section::{Entry, Section, Value};
use super::{habit, header};
use crate::format::{clip, parse_duration};
use crate::located::{Draft, Text, did_you_mean, kind as kind_of, listed};

/// Walks a parsed file along the table of keys.
pub(super) struct Checker<'c> {
    pub file: &'c mut Text,
    pub base: &'c Base,
    pub drafts: Vec<Draft>,
}

/// A key being looked at: its row, where it is, and its full path.
struct Spot<'s> {
    key: &'static Key,
    at: &'s Range<usize>,
    path: &'s str,
}

impl Checker<'_> {
    /// The whole file.
    pub fn root(&mut self, table: &DeTable<'_>) -> Section {
        self.section(ROOT, table, &(0..0), "")
    }

    pub(super) fn section(&mut self, shape: Shape, table: &DeTable<'_>, at: &Range<usize>, path: &str) -> Section {
        let mut entries = BTreeMap::new();
        for (name, value) in table {
            let at = name.span();
            let Some(key) = key::find(shape, name.get_ref()) else {
                let meant = self.unknown(shape, name, value, path);
                if let Some(key) = meant.filter(|key| !table.contains_key(key.name)) {
                    entries.insert(key.name, self.misspelt(key, value, at, path));
                }
                continue;
            };
            let path = join(path, key.name);
            let spot = Spot { key, at: &at, path: &path };
            let value = self.value(&spot, value).unwrap_or(Value::Invalid);
            entries.insert(key.name, Entry { at, value });
        }
        for key in key::keys(shape).filter(|key| key.required && !entries.contains_key(key.name)) {
            let example = key.example.unwrap_or_default();
            self.drafts.push(
                Draft::new(at, format!("`{}` is missing in {}", key.name, table_name(path)))
                    .hint(format!("{}, for example: {} = {example}", key.doc, key.name))
                    .absence(),
            );
        }
        Section { at: at.clone(), path: path.to_owned(), entries }
    }

    fn unknown(
        &mut self,
        shape: Shape,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        path: &str,
    ) -> Option<&'static Key> {
        let typed = name.get_ref().as_ref();
        let known = key::keys(shape).map(|key| key.name);
        let meant = key::meant(shape, typed);
        let home = home_of(ROOT, "", typed).filter(|home| home != path);
        if !meant.map_or(home.is_some(), |key| !key.holds_secrets()) {
            self.mask_values(value);
        }
        let place = if path.is_empty() { "at the top level".to_owned() } else { format!("in [{path}]") };
        let draft = Draft::new(&name.span(), format!("unknown key `{typed}` {place}"));
        self.drafts.push(draft.hint(match (meant.map(|key| (key.kind, key.name)), home) {
            (Some((Kind::Secret(hint), _)), _) => hint.to_owned(),
            (Some((_, meant)), _) => format!("did you mean `{meant}`?"),
            (None, None) if let Some(below) = named_without_home(shape, value.get_ref()) => {
                format!("did you mean [{}.{}]?", join(path, below), bare_or_quoted(typed))
            }
            (None, Some(home)) => format!("`{typed}` belongs in {}", table_name(&home)),
            (None, None) => format!("known here: {}", listed(known)),
        }));
        meant.filter(|key| !key.is_secret())
    }

    /// What a misspelt key stands for. What is below it is looked at, so that it is not told in a second run.
    fn misspelt(&mut self, key: &'static Key, value: &Spanned<DeValue<'_>>, at: Range<usize>, path: &str) -> Entry {
        let path = join(path, key.name);
        let spot = Spot { key, at: &at, path: &path };
        let value = match (key.kind, value.get_ref()) {
            (Kind::Table(_) | Kind::Named(_), DeValue::Table(_)) => self.value(&spot, value),
            _ => None,
        };
        Entry { at, value: value.unwrap_or(Value::Invalid) }
    }

    /// Hides a text, and every text in a list or table.
    pub(super) fn mask_values(&mut self, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Boolean(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {}
            DeValue::Array(list) => list.iter().for_each(|item| self.mask_values(item)),
            DeValue::Table(table) => {
                for (_, value) in table {
                    self.mask_values(value);
                }
            }
            DeValue::String(_) => self.file.mask(value.span()),
        }
    }

    /// A checked value, or `None` when it is wrong, which has been said by then.
    fn value(&mut self, spot: &Spot<'_>, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        let at = value.span();
        match (spot.key.kind, value.get_ref()) {
            (Kind::Secret(hint), _) => {
                self.mask_values(value);
                self.drafts
                    .push(Draft::new(spot.at, format!("`{}` would put a secret into this file", spot.path)).hint(hint));
                None
            }
            (Kind::Flag, DeValue::Boolean(flag)) => Some(Value::Flag(*flag)),
            (Kind::Count(from, to), DeValue::Integer(number)) => {
                let number = u64::from_str_radix(number.as_str(), number.radix()).ok();
                let within = number.filter(|number| (from..=to).contains(number));
                if within.is_none() {
                    self.out_of_bounds(spot, &at, &format!("a whole number from {from} to {to}"));
                }
                within.map(Value::Count)
            }
            (Kind::Number(from, to), DeValue::Integer(_) | DeValue::Float(_)) => {
                let within = number(value.get_ref()).filter(|number| (from..=to).contains(number));
                if within.is_none() {
                    self.out_of_bounds(spot, &at, &format!("a number from {from} to {to}"));
                }
                within.map(Value::Number)
            }
            (Kind::Text(rule), DeValue::String(text)) => self.text(spot, rule, &at, text).map(Value::Text),
            (Kind::Query, DeValue::String(text)) => self.text(spot, &rules::QUERY, &at, text).map(Value::Text),
            (Kind::Texts(rule), DeValue::Array(list)) => self.texts(spot, rule, list).map(Value::Texts),
            (Kind::Choice(words), DeValue::String(text)) => {
                if !words.contains(&text.as_ref()) {
                    let draft = Draft::new(&at, format!("`{}` cannot be `{text}`", spot.path))
                        .expected(format!("expected {}", alternatives(words)));
                    self.drafts.push(draft.hint_if(did_you_mean(text, words.iter().copied())));
                    return None;
                }
                Some(Value::Text(text.to_string()))
            }
            (Kind::Command, DeValue::Array(list)) => {
                if list.is_empty() {
                    self.drafts.push(
                        Draft::new(&at, format!("`{}` names no program", spot.path))
                            .expected("expected a program and its arguments"),
                    );
                    return None;
                }
                self.texts(spot, &rules::ARGUMENT, list).map(Value::Texts)
            }
            (Kind::Clusters, DeValue::String(text)) if text == "all" => Some(Value::Texts(Vec::new())),
            (Kind::Clusters, DeValue::String(text)) => {
                self.drafts.push(
                    Draft::new(&at, format!("`{}` is a list of clusters, or \"all\"", spot.path))
                        .expected("expected a list")
                        .hint(format!("clusters = [\"{text}\"]")),
                );
                None
            }
            (Kind::Clusters, DeValue::Array(list)) if list.is_empty() => {
                self.drafts.push(
                    Draft::new(&at, format!("`{}` names no cluster", spot.path))
                        .expected("expected at least one")
                        .hint("for every cluster of the region: clusters = \"all\""),
                );
                None
            }
            (Kind::Clusters, DeValue::Array(list)) => self.texts(spot, &rules::CLUSTER, list).map(Value::Texts),
            (Kind::Duration(from, to), DeValue::String(text)) => {
                self.duration(spot, &at, text, from, to).map(Value::Duration)
            }
            (Kind::Url, DeValue::String(text)) => self.url(spot, &at, text).map(Value::Url),
            (Kind::Path, DeValue::String(text)) => {
                let text = self.text(spot, &rules::TEXT, &at, text)?;
                let path = self.base.expand(&text);
                self.path(spot, &at, path).map(Value::Path)
            }
            (Kind::NameOrPath, DeValue::String(text)) => {
                let text = self.text(spot, &rules::TEXT, &at, text)?;
                let path = self.base.name_or_path(&text);
                self.path(spot, &at, path).map(Value::Text)
            }
            (Kind::Headers, DeValue::Table(table)) => Some(Value::Headers(header::check(self, table, spot.path))),
            (Kind::Table(shape), DeValue::Table(table)) => {
                Some(Value::Section(self.section(shape, table, spot.at, spot.path)))
            }
            (Kind::Named(shape), DeValue::Table(table)) => Some(self.named(spot, shape, table)),
            (kind, found) => {
                if spot.key.holds_secrets() {
                    self.mask_values(value);
                }
                let expected = match kind {
                    Kind::Choice(words) => alternatives(words),
                    kind => expected(&kind).to_owned(),
                };
                let draft = Draft::new(&at, format!("`{}` is {}", spot.path, kind_of(found)));
                let hint = habit::rewritten(spot.key, spot.path, found);
                self.drafts.push(draft.expected(format!("expected {expected}")).hint_if(hint));
                None
            }
        }
    }

    fn named(&mut self, spot: &Spot<'_>, shape: Shape, table: &DeTable<'_>) -> Value {
        let mut sections = BTreeMap::new();
        for (name, value) in table {
            let at = name.span();
            let path = join(spot.path, &bare_or_quoted(name.get_ref()));
            let name_spot = Spot { key: spot.key, at: &at, path: &path };
            if self.text(&name_spot, &rules::CONTEXT, &at, name.get_ref()).is_none() {
                continue;
            }
            if let DeValue::Table(table) = value.get_ref() {
                let section = self.section(shape, table, &at, &path);
                sections.insert(name.get_ref().to_string(), section);
            } else {
                self.mask_values(value);
                let draft = Draft::new(&at, format!("`{path}` is {}", kind_of(value.get_ref())));
                self.drafts.push(draft.expected("expected a table").hint(format!("write it as [{path}]")));
            }
        }
        Value::Named(sections)
    }

    fn text(&mut self, spot: &Spot<'_>, rule: &Rule, at: &Range<usize>, text: &str) -> Option<String> {
        if !text.is_empty() && (rule.obeys)(text) {
            return Some(text.to_owned());
        }
        if rule.hides {
            self.file.mask(at.clone());
        }
        let what = match text {
            "" => format!("`{}` is empty", spot.path),
            _ if rule.hides => format!("`{}` cannot be that", spot.path),
            text => format!("`{}` cannot be `{}`", spot.path, clip(text, 60)),
        };
        let hint = if text.is_empty() { None } else { (rule.hint)(text) };
        let draft = Draft::new(at, what).expected(format!("expected {}", rule.expected));
        self.drafts.push(draft.hint_if(hint));
        None
    }

    fn texts(&mut self, spot: &Spot<'_>, rule: &Rule, list: &DeArray<'_>) -> Option<Vec<String>> {
        let mut texts = Vec::with_capacity(list.len());
        let mut right = true;
        for item in list {
            let text = match item.get_ref() {
                DeValue::String(text) => self.text(spot, rule, &item.span(), text),
                other => {
                    let what = format!("`{}` has {} in its list", spot.path, kind_of(other));
                    self.drafts.push(Draft::new(&item.span(), what).expected(format!("expected {}", rule.expected)));
                    None
                }
            };
            right &= text.is_some();
            texts.extend(text);
        }
        right.then_some(texts)
    }

    fn duration(
        &mut self,
        spot: &Spot<'_>,
        at: &Range<usize>,
        text: &str,
        from: Duration,
        to: Duration,
    ) -> Option<Duration> {
        match parse_duration(text) {
            Err(why) => {
                let what = format!("`{}` is not a duration", spot.path);
                let hint = habit::duration(text).map(|meant| format!("did you mean \"{meant}\"?"));
                self.drafts.push(Draft::new(at, what).expected(why).hint_if(hint));
                None
            }
            Ok(length) if !(from..=to).contains(&length) => {
                self.out_of_bounds(spot, at, &format!("{} to {}", duration_text(from), duration_text(to)));
                None
            }
            Ok(length) => Some(length),
        }
    }

    fn url(&mut self, spot: &Spot<'_>, at: &Range<usize>, text: &str) -> Option<Url> {
        let parsed = Url::parse(text);
        if text.contains(['@', '?', '#']) || parsed == Err(url::ParseError::InvalidPort) {
            // What is behind these, or stands where a port should, may be a password or a key.
            self.file.mask(at.clone());
        }
        let wrong = |what: &str| Draft::new(at, format!("`{}` {what}", spot.path));
        let expected = "expected an address like https://host:port/path";
        let bare = !text.contains("://") && !text.contains('@');
        let completed = || format!("did you mean \"{}\"?", habit::address(text));
        let draft = match parsed {
            _ if text.is_empty() => wrong("is empty").expected(expected),
            Err(_) if bare => wrong("is not an address").expected(expected).hint(completed()),
            Err(why) => wrong(&format!("is not an address: {why}")).expected(expected),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                let draft = wrong("is not an http or https address").expected(expected);
                // `host:9090` parses as the scheme `host`.
                if text.contains(['@', '?', '#']) { draft } else { draft.hint(completed()) }
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                wrong("carries a user or a password").expected("expected an address without them").hint(
                    "for basic authentication: `username` with `password_file`, `password_env` or `password_command`",
                )
            }
            Ok(url) if url.query().is_some() || url.fragment().is_some() => wrong("carries a query or a fragment")
                .expected("expected an address that ends with its path")
                .hint("leave out everything from `?` or `#` on; what a proxy asks for goes into `headers`"),
            Ok(url) => return Some(url),
        };
        self.drafts.push(draft);
        None
    }

    fn path<T>(&mut self, spot: &Spot<'_>, at: &Range<usize>, path: Result<T, &'static str>) -> Option<T> {
        path.map_err(|expected| {
            let what = format!("`{}` cannot be found from here", spot.path);
            self.drafts.push(Draft::new(at, what).expected(format!("expected {expected}")));
        })
        .ok()
    }

    fn out_of_bounds(&mut self, spot: &Spot<'_>, at: &Range<usize>, bounds: &str) {
        let what = format!("`{}` is out of range", spot.path);
        self.drafts.push(Draft::new(at, what).expected(format!("expected {bounds}")));
    }
}

/// The key that tables with names of the user's choice are under, where such a name was written without it.
fn named_without_home(shape: Shape, value: &DeValue<'_>) -> Option<&'static str> {
    let DeValue::Table(table) = value else { return None };
    key::keys(shape).find_map(|key| match key.kind {
        Kind::Named(below) if table.keys().any(|name| key::find(below, name.get_ref()).is_some()) => Some(key.name),
        _ => None,
    })
}

/// The table, other than the one typed in, that has a key of this name.
fn home_of(shape: Shape, path: &str, name: &str) -> Option<String> {
    let here = key::keys(shape).any(|key| key.name == name).then(|| path.to_owned());
    here.or_else(|| {
        key::keys(shape).find_map(|key| {
            let below = join(path, key.name);
            match key.kind {
                Kind::Table(shape) => home_of(shape, &below, name),
                Kind::Named(shape) => home_of(shape, &join(&below, "NAME"), name),
                _ => None,
            }
        })
    })
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(number) => i32::from_str_radix(number.as_str(), number.radix()).ok().map(f64::from),
        DeValue::Float(number) => number.as_str().parse().ok(),
        _ => None,
    }
}

/// What a value of this kind looks like, with its article.
pub(super) fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::Flag => "true or false",
        Kind::Count(..) => "a whole number",
        Kind::Number(..) => "a number",
        Kind::Text(rule) => rule.expected,
        Kind::Query => rules::QUERY.expected,
        Kind::Texts(_) => "a list of texts",
        Kind::Choice(_) => "a word in quotes",
        Kind::Command => "a list of a program and its arguments",
        Kind::Clusters => "\"all\" or a list of clusters",
        Kind::Duration(..) => "a duration in quotes like \"30s\"",
        Kind::Url => "an address in quotes",
        Kind::Path => "a path in quotes",
        Kind::NameOrPath => "a name or a path in quotes",
        Kind::Headers | Kind::Table(_) | Kind::Named(_) => "a table",
        Kind::Secret(_) => "nothing",
    }
}

fn alternatives(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ")
}

/// A table as its header writes it.
pub(super) fn table_name(path: &str) -> String {
    if path.is_empty() { "the top level".to_owned() } else { format!("[{path}]") }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A key as TOML writes it.
pub(super) fn bare_or_quoted(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { name.to_owned() } else { format!("\"{}\"", name.escape_debug()) }
}

/// A duration such that [`parse_duration`] reads it back: `1m30s`, `500ms`.
pub(super) fn duration_text(length: Duration) -> String {
    let mut millis = length.as_millis();
    let mut text = String::new();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if millis >= size {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}{unit}", millis / size);
            millis %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

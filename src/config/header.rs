//! HTTP headers of a backend: valid names, and no secret in plain sight.

use std::ops::Range;

use http::{HeaderName, HeaderValue};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::Checker;
use super::key::{Key, Kind, Shape};
use super::rules;
use super::section::Section;
use super::settings::{HeaderText, SecretRef};
use crate::located::Draft;

/// Where the secret of a header is.
pub(super) const REFERENCE: Shape = &[&[
    Key::new("file", Kind::Path, r#""~/.config/rounds/api-key""#, "a file with it, readable by you only"),
    Key::new("env", Kind::Text(&rules::ENVIRONMENT), r#""API_KEY""#, "an environment variable with it"),
    Key::new("command", Kind::Command, r#"["pass", "show", "key"]"#, "a program that prints it"),
]];

/// Headers the program sets itself.
const OWN: [&str; 7] =
    ["accept-encoding", "connection", "content-length", "content-type", "host", "te", "transfer-encoding"];

/// Parts of the names of headers that carry secrets.
const SECRET: [&str; 7] = ["authorization", "cookie", "token", "secret", "password", "api-key", "apikey"];

const HINT: &str = "write it as { file = \"...\" }, { env = \"...\" } or { command = [...] }";

/// The headers that are right.
pub(super) fn check(
    checker: &mut Checker<'_>,
    table: &DeTable<'_>,
    path: &str,
) -> Vec<(Range<usize>, String, HeaderText)> {
    let mut headers: Vec<(Range<usize>, String, HeaderText)> = Vec::new();
    for (key, value) in table {
        let at = key.span();
        let name = key.get_ref().as_ref();
        let text = text(checker, name, value, &at, path);
        let lower = name.to_ascii_lowercase();
        let draft = if HeaderName::from_bytes(name.as_bytes()).is_err() {
            Draft::new(&at, format!("`{}` is not the name of a header", name.escape_debug()))
                .expected("expected letters, digits and `-`")
        } else if OWN.contains(&lower.as_str()) {
            Draft::new(&at, format!("the header `{name}` is set by rounds itself")).hint("leave it out")
        } else if let Some((first, ..)) = headers.iter().find(|(_, other, _)| other.eq_ignore_ascii_case(name)) {
            Draft::new(&at, format!("the header `{name}` is given twice"))
                .expected("given again here")
                .also(first, "first given here")
        } else {
            headers.extend(text.map(|text| (at, name.to_owned(), text)));
            continue;
        };
        checker.drafts.push(draft);
    }
    headers
}

fn text(
    checker: &mut Checker<'_>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    at: &Range<usize>,
    path: &str,
) -> Option<HeaderText> {
    let draft = match value.get_ref() {
        DeValue::String(_) if is_secret(name) => {
            checker.file.mask(value.span());
            Draft::new(at, format!("the header `{name}` would put a secret into this file"))
                .hint(format!("secrets by file, env or command: {HINT}"))
        }
        DeValue::String(text) if text.is_empty() => {
            Draft::new(&value.span(), format!("the header `{name}` is empty")).expected("expected a text")
        }
        DeValue::String(text) => {
            if HeaderValue::from_str(text).is_ok_and(|value| value.to_str().is_ok()) {
                return Some(HeaderText::Plain(text.to_string()));
            }
            Draft::new(&value.span(), format!("the header `{name}` has a value that cannot be sent"))
                .expected("expected visible ASCII characters")
        }
        DeValue::Table(table) => {
            let reference = checker.section(REFERENCE, table, at, &format!("{path}.{name}"));
            return secret(checker, &reference, ["file", "env", "command"]).map(HeaderText::Secret);
        }
        _ => {
            checker.mask_values(value);
            Draft::new(&value.span(), format!("the header `{name}` is neither a text nor a reference to a secret"))
                .hint(HINT)
        }
    };
    checker.drafts.push(draft);
    None
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

/// The one secret a table refers to, by a file, a variable or a program under the keys given.
fn secret(checker: &mut Checker<'_>, section: &Section, keys: [&str; 3]) -> Option<SecretRef> {
    let given: Vec<&str> = keys.into_iter().filter(|key| section.has(key)).collect();
    match given[..] {
        [key] => reference(section, key, keys),
        [] => {
            checker
                .drafts
                .push(Draft::new(&section.at, format!("`{}` names no secret", section.path)).hint(HINT).absence());
            None
        }
        [first, second, ..] => {
            checker.drafts.push(exclusive(section, first, second));
            None
        }
    }
}

/// What a key of a secret refers to. `keys` are the names for file, variable and program.
pub(super) fn reference(section: &Section, key: &str, keys: [&str; 3]) -> Option<SecretRef> {
    if key == keys[0] {
        section.path(key).map(SecretRef::File)
    } else if key == keys[1] {
        section.text(key).map(SecretRef::Env)
    } else {
        section.texts(key).map(SecretRef::Command)
    }
}

/// Two keys that exclude each other.
pub(super) fn exclusive(section: &Section, first: &str, second: &str) -> Draft {
    let (first, second) =
        if section.at(first).start <= section.at(second).start { (first, second) } else { (second, first) };
    Draft::new(section.at(second), format!("`{first}` and `{second}` exclude each other in [{}]", section.path))
        .expected("given here")
        .also(section.at(first), "and here")
        .hint("keep one of them")
}

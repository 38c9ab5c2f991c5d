//! The parts of `docs/once.md` that the code writes, and the check that they are up to date.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::{Options, json, markdown, nagios, schema, text};
use crate::report::{FailOn, sample};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/once.md");

#[test]
fn the_page_about_once_says_what_the_code_does() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let mut fresh = page.clone();
    for (name, part) in parts() {
        let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
        let from = fresh.find(&begin).unwrap_or_else(|| panic!("docs/once.md has no {begin}")) + begin.len();
        let to = from + fresh[from..].find(&end).unwrap_or_else(|| panic!("docs/once.md has no {end}"));
        fresh.replace_range(from..to, &format!("\n{}\n\n", part.trim_end()));
    }
    if std::env::var_os("ROUNDS_BLESS").is_some() {
        std::fs::write(PAGE, &fresh).unwrap();
    } else {
        assert!(page == fresh, "docs/once.md is out of date; run: ROUNDS_BLESS=1 cargo test --lib report");
    }
}

fn parts() -> Vec<(&'static str, String)> {
    let snapshot = sample::bad_morning();
    let options = Options { zone: TimeZone::posix("KST-9").unwrap(), ..Options::default() };
    let fenced = |text: &str| format!("```text\n{text}```");
    let service = {
        let document: Value = serde_json::from_str(&json(&snapshot, &options)).unwrap();
        let signal = serde_json::to_string_pretty(&document["services"][0]["signals"]["errors"]).unwrap();
        format!("```json\n{signal}\n```")
    };
    vec![
        ("text", fenced(&text(&snapshot, &options))),
        ("nagios", fenced(&nagios(&snapshot, &options))),
        ("markdown", format!("~~~~markdown\n{}~~~~", markdown(&snapshot, &options))),
        ("json", service),
        ("fail-on", fail_on()),
        ("fields", fields(&schema())),
    ]
}

fn fail_on() -> String {
    let mut table = "| `--fail-on` | what it does |\n| --- | --- |\n".to_owned();
    for (_, name, doc) in FailOn::TABLE {
        let _ = writeln!(table, "| `{name}` | {doc} |");
    }
    table
}

/// A table for the document and one for each kind of object in it, in the order the document mentions them.
fn fields(schema: &Value) -> String {
    let kinds = schema["$defs"].as_object().unwrap();
    let mut out = String::new();
    object("The document", schema, kinds, &mut out);
    let (objects, words): (Vec<_>, Vec<_>) = kinds.iter().partition(|(_, kind)| kind.get("properties").is_some());
    for (name, kind) in objects {
        object(name, kind, kinds, &mut out);
    }
    out.push_str("### Words\n\n| Kind | Word | Meaning |\n| --- | --- | --- |\n");
    for (name, kind) in words {
        for choice in kind["oneOf"].as_array().unwrap() {
            let word = choice["const"].as_str().unwrap();
            let _ = writeln!(out, "| {name} | `{word}` | {} |", described(choice));
        }
    }
    out
}

fn object(name: &str, kind: &Value, kinds: &Map<String, Value>, out: &mut String) {
    let _ = writeln!(out, "### {name}\n\n{}\n\n| Field | Type | Meaning |\n| --- | --- | --- |", described(kind));
    for (field, schema) in kind["properties"].as_object().unwrap() {
        let _ = writeln!(out, "| `{field}` | {} | {} |", kind_of(schema, kinds), described(schema));
    }
    out.push('\n');
}

fn described(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}

/// A schema's type in words: `number or null`, `list of Finding`.
fn kind_of(schema: &Value, kinds: &Map<String, Value>) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        assert!(kinds.contains_key(name), "{reference}");
        return name.to_owned();
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().map(|choice| kind_of(choice, kinds)).collect::<Vec<_>>().join(" or ");
    }
    let word = |name: &str| match name {
        "array" => format!("list of {}", kind_of(&schema["items"], kinds)),
        "object" => format!("map of {}", kind_of(&schema["additionalProperties"], kinds)),
        "string" if schema["format"] == "date-time" => "time".to_owned(),
        name => name.to_owned(),
    };
    match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(word).collect::<Vec<_>>().join(" or "),
        name => word(name.as_str().unwrap()),
    }
}

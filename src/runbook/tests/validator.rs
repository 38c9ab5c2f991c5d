//! As much of JSON Schema as the runbooks' schema uses. A keyword it does not know fails the test.

use serde_json::{Map, Value};

/// What is wrong with a document, each with where.
pub(super) fn violations(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, document, "", &mut found);
    found
}

fn is_valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let mut found = Vec::new();
    check(root, schema, value, "", &mut found);
    found.is_empty()
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else { panic!("{schema} is no schema") };
    for (keyword, told) in keywords {
        let is_right = match keyword.as_str() {
            "description"
            | "$schema"
            | "$defs"
            | "default"
            | "then"
            | "else"
            | "required"
            | "properties"
            | "additionalProperties"
            | "items" => true,
            "$ref" => {
                let path = told.as_str().unwrap().trim_start_matches('#');
                check(root, root.pointer(path).unwrap_or_else(|| panic!("{told} leads nowhere")), value, at, found);
                true
            }
            "type" => is_a(told.as_str().unwrap(), value),
            "enum" => told.as_array().unwrap().contains(value),
            "const" => told == value,
            "pattern" => value.as_str().is_none_or(|text| fits(told.as_str().unwrap(), text)),
            "minimum" => value.as_i64().is_none_or(|number| number >= told.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|number| number <= told.as_i64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= told.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= told.as_u64().unwrap()),
            "anyOf" => told.as_array().unwrap().iter().any(|one| is_valid(root, one, value)),
            "oneOf" => told.as_array().unwrap().iter().filter(|one| is_valid(root, one, value)).count() == 1,
            "not" => !is_valid(root, told, value),
            "allOf" => {
                told.as_array().unwrap().iter().for_each(|one| check(root, one, value, at, found));
                true
            }
            "if" => {
                let branch = if is_valid(root, told, value) { "then" } else { "else" };
                if let Some(branch) = keywords.get(branch) {
                    check(root, branch, value, at, found);
                }
                true
            }
            other => panic!("the validator does not know {other}"),
        };
        if !is_right {
            found.push(format!("{at}: {keyword} {told}"));
        }
    }
    if let Some(object) = value.as_object() {
        members(root, keywords, object, at, found);
    }
    if let (Some(items), Some(schema)) = (value.as_array(), keywords.get("items")) {
        for (position, item) in items.iter().enumerate() {
            check(root, schema, item, &format!("{at}/{position}"), found);
        }
    }
}

fn members(
    root: &Value,
    keywords: &Map<String, Value>,
    object: &Map<String, Value>,
    at: &str,
    found: &mut Vec<String>,
) {
    for required in keywords.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !object.contains_key(required.as_str().unwrap()) {
            found.push(format!("{at}: {required} is missing"));
        }
    }
    let known = keywords.get("properties").and_then(Value::as_object);
    for (name, member) in object {
        let below = format!("{at}/{name}");
        match (known.and_then(|known| known.get(name)), keywords.get("additionalProperties")) {
            (None, Some(Value::Bool(false))) => found.push(format!("{below} is not known")),
            (Some(schema), _) | (None, Some(schema @ Value::Object(_))) => check(root, schema, member, &below, found),
            (None, _) => {}
        }
    }
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("the validator does not know the type {other}"),
    }
}

/// The patterns the schema has, each by what it means.
fn fits(pattern: &str, text: &str) -> bool {
    let is_id = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    match pattern {
        "\\S" => !text.trim().is_empty(),
        "[{]" => text.contains('{'),
        "^[a-z][a-z0-9-]{0,23}$" => is_id(text) && text.len() <= 24,
        "^(continue|stop|goto +[a-z][a-z0-9-]*)$" => {
            ["continue", "stop"].contains(&text) || text.strip_prefix("goto ").is_some_and(|id| is_id(id.trim_start()))
        }
        "^\\s*([0-9]+|([0-9]+(ms|s|m|h|d))+)\\s*$" => crate::format::parse_duration(text).is_ok(),
        other => panic!("the validator does not know the pattern {other}"),
    }
}

//! The JSON Schema of a runbook file, for editors. Built from the same tables as the checker. What only the whole file
//! can tell (a step that is not there, a circle) is for `rounds runbook check`.

use serde_json::{Map, Value, json};

use crate::domain::{ChangeKind, CheckKind, CheckOption, InputKind, Signal, StepState};

use super::options::MOST_TASKS;
use super::parse::{APPLIES, CAUSE, INPUT, MOST_STEPS, TOP};
use super::step::{DEEDS, KEYS, OF_CHECKS};

/// The JSON Schema of a runbook file.
pub fn schema() -> Value {
    let applies = json!({
        "alerts": { "description": "globs for the names of the alerts it is for; any of them", "$ref": "#/$defs/texts" },
        "labels": {
            "description": "labels of the alert and the glob each must fit; all of them",
            "type": "object", "additionalProperties": text(),
        },
        "runbook_url": { "description": "globs for the alert's runbook_url; any of them", "$ref": "#/$defs/texts" },
    });
    let input = json!({
        "about": { "description": "what it means", "$ref": "#/$defs/text" },
        "kind": { "description": "what it must look like [default: text]", "enum": InputKind::NAMES.map(|(_, name)| name) },
        "default": {
            "description": "what it is when nobody says: the first that leads anywhere; of a service a glob that fits one",
            "$ref": "#/$defs/texts",
        },
    });
    let cause = json!({
        "means": { "description": "the cause in words", "$ref": "#/$defs/text" },
        "next": { "description": "what to do about it [default: what the check says]", "$ref": "#/$defs/text" },
    });
    let top = json!({
        "title": { "description": "what it is about, in a few words", "$ref": "#/$defs/text" },
        "about": { "description": "when to use it and what it does", "$ref": "#/$defs/text" },
        "applies": table("which alerts it is for", &APPLIES, &applies, &[]),
        "inputs": {
            "description": "what it can be told", "type": "object",
            "additionalProperties": table("something it can be told", &INPUT, &input, &["about"]),
        },
        "causes": {
            "description": "its own words for causes that its checks name, the most telling first", "type": "object",
            "additionalProperties": table("a cause", &CAUSE, &cause, &["means"]),
        },
        "steps": {
            "description": "what is looked at, proposed and told, in order", "type": "array",
            "minItems": 1, "maxItems": MOST_STEPS, "items": { "$ref": "#/$defs/step" },
        },
    });
    let mut schema = table("a runbook of rounds", &TOP, &top, &["title", "steps"]);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert(
            "$defs".to_owned(),
            json!({
                "text": text(),
                "texts": { "anyOf": [text(), { "type": "array", "items": text() }] },
                "option": { "anyOf": [text(), { "type": "integer" }] },
                "condition": condition(),
                "step": step(),
            }),
        );
    }
    schema
}

fn text() -> Value {
    json!({ "type": "string", "pattern": "\\S" })
}

/// A table with these keys and no others; `keys` and `properties` name the same.
fn table(description: &str, keys: &[&str], properties: &Value, required: &[&str]) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|key| ((*key).to_owned(), properties.get(key).cloned().unwrap_or_default())).collect();
    json!({
        "description": description, "type": "object", "properties": properties, "required": required,
        "additionalProperties": false,
    })
}

fn condition() -> Value {
    let mut states: Vec<&str> =
        StepState::OF_CHECKS.iter().chain(&StepState::OF_CHANGES).map(|state| state.word()).collect();
    states.sort_unstable();
    states.dedup();
    let state = json!({ "enum": states });
    let properties = json!({
        "step": { "description": "the id of an earlier step; of several, any of them", "$ref": "#/$defs/texts" },
        "state": {
            "description": "what it came to; any of them",
            "anyOf": [state.clone(), { "type": "array", "items": state }],
        },
        "cause": { "description": "globs for a cause it named; any of them", "$ref": "#/$defs/texts" },
        "has": { "description": "a fact it found", "$ref": "#/$defs/text" },
    });
    let mut condition =
        table("what must hold of an earlier step", &["step", "state", "cause", "has"], &properties, &["step"]);
    if let Some(condition) = condition.as_object_mut() {
        let any = ["state", "cause", "has"].map(|key| json!({ "required": [key] }));
        condition.insert("anyOf".to_owned(), json!(any));
    }
    condition
}

fn step() -> Value {
    let checks: Vec<&str> = CheckKind::ROWS.iter().map(|row| row.name).collect();
    let condition = json!({ "$ref": "#/$defs/condition" });
    let next = |after: &str| {
        json!({
            "description": format!("where it goes on {after} [default: continue]"),
            "type": "string", "pattern": "^(continue|stop|goto +[a-z][a-z0-9-]*)$",
        })
    };
    let properties = json!({
        "id": {
            "description": "what other steps call it", "type": "string", "pattern": "^[a-z][a-z0-9-]{0,23}$",
        },
        "title": { "description": "what people call it", "$ref": "#/$defs/text" },
        "when": {
            "description": "when it is taken: all of these must hold [default: always]",
            "anyOf": [condition.clone(), { "type": "array", "minItems": 1, "items": condition }],
        },
        "check": { "description": "looks at something; runs at once", "enum": checks },
        "change": {
            "description": "proposes a change; a person confirms it", "enum": ChangeKind::ROWS.map(|(_, name, ..)| name),
        },
        "note": { "description": "tells people something", "$ref": "#/$defs/text" },
        "with": { "description": "what the check or change is told", "type": "object" },
        "commands": { "description": "command lines to copy, of a note", "$ref": "#/$defs/texts" },
        "on_pass": next("after a pass"),
        "on_fail": next("after a warning or a failure"),
        "on_unknown": next("when it could not be found out"),
        "timeout": {
            "description": "the longest a check may take [default: 20s]", "type": "string",
            "pattern": "^\\s*([0-9]+|([0-9]+(ms|s|m|h|d))+)\\s*$",
        },
        "wait": {
            "description": "for how long a check is asked again while it fails or finds nothing out [default: asked once]",
            "type": "string", "pattern": "^\\s*([0-9]+|([0-9]+(ms|s|m|h|d))+)\\s*$",
        },
        "optional": { "description": "whether not finding it out leaves the run's answer as it is", "type": "boolean" },
    });
    let mut step = table("one step: a check, a change or a note", &KEYS, &properties, &["id", "title"]);
    if let Some(step) = step.as_object_mut() {
        step.insert("oneOf".to_owned(), json!(DEEDS.map(|deed| json!({ "required": [deed] }))));
        let mut rules: Vec<Value> =
            CheckKind::ROWS.iter().map(|row| told("check", row.name, row.doc, row.options)).collect();
        rules.extend(ChangeKind::ROWS.iter().map(|(_, name, doc, options)| told("change", name, doc, options)));
        let none_of = |keys: &[&str]| json!({ "not": { "anyOf": keys.iter().map(|key| json!({ "required": [key] })).collect::<Vec<_>>() } });
        rules.push(
            json!({ "if": { "required": ["note"] }, "then": none_of(&["with"]), "else": none_of(&["commands"]) }),
        );
        rules.push(json!({ "if": { "required": ["check"] }, "else": none_of(&OF_CHECKS) }));
        step.insert("allOf".to_owned(), json!(rules));
    }
    step
}

/// What a check or change of this name may be told.
fn told(key: &str, name: &str, doc: &str, options: &[CheckOption]) -> Value {
    let names: Vec<&str> = options.iter().map(|option| option.name).collect();
    let properties: Map<String, Value> = options.iter().map(|option| (option.name.to_owned(), value(option))).collect();
    let required: Vec<&str> = options.iter().filter(|option| option.required).map(|option| option.name).collect();
    let with = table(doc, &names, &Value::Object(properties), &required);
    let with_is_required = if required.is_empty() { Vec::new() } else { vec!["with"] };
    json!({
        "if": { "properties": { key: { "const": name } }, "required": [key] },
        "then": { "properties": { "with": with }, "required": with_is_required },
    })
}

/// An option's value: written out it must be able to be right, with a reference in it nobody knows yet.
fn value(option: &CheckOption) -> Value {
    if option.name == "signal" {
        let names = Signal::ALL.map(|signal| signal.key().replace('_', "-"));
        return json!({
            "description": option.doc, "type": "string", "anyOf": [{ "enum": names }, { "pattern": "[{]" }],
        });
    }
    let most = match option.name {
        "port" => Some((1, u32::from(u16::MAX))),
        "desired" => Some((0, MOST_TASKS)),
        _ => None,
    };
    if let Some((least, most)) = most {
        let number = json!({ "type": "integer", "minimum": least, "maximum": most });
        return json!({ "description": option.doc, "anyOf": [text(), number] });
    }
    json!({ "description": option.doc, "$ref": "#/$defs/option" })
}

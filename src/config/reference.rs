//! What derives from the table of keys for people and editors: the JSON Schema, the reference page, the sample.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::check::{duration_text, expected};
use super::header;
use super::key::{self, Key, Kind, Shape};
use super::keys::ROOT;
use super::queries;
use crate::domain::Signal;

/// The JSON Schema (draft 2020-12) of the configuration.
pub fn schema() -> Value {
    let mut schema = table_schema(ROOT);
    if let Some(object) = schema.as_object_mut() {
        let head = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("title", "rounds configuration"),
            ("description", "~/.config/rounds/config.toml"),
        ];
        for (position, (name, text)) in head.into_iter().enumerate() {
            object.shift_insert(position, name.to_owned(), json!(text));
        }
    }
    schema
}

fn table_schema(shape: Shape) -> Value {
    let properties: Map<String, Value> = key::keys(shape).map(|key| (key.name.to_owned(), key_schema(key))).collect();
    let required: Vec<&str> = key::keys(shape).filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn key_schema(key: &Key) -> Value {
    let mut schema = kind_schema(&key.kind);
    schema["description"] = json!(key.doc);
    if let Some(default) = key.default.and_then(as_json) {
        schema["default"] = default;
    }
    if let Some(example) = key.example.and_then(as_json) {
        schema["examples"] = json!([example]);
    }
    schema
}

fn kind_schema(kind: &Kind) -> Value {
    const DURATION: &str = "^([0-9]+|([0-9]+(ms|s|m|h|d))+)$";
    let text = |pattern: Option<&str>| match pattern {
        Some(pattern) => json!({ "type": "string", "minLength": 1, "pattern": pattern }),
        None => json!({ "type": "string", "minLength": 1 }),
    };
    match kind {
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Count(from, to) => json!({ "type": "integer", "minimum": from, "maximum": to }),
        Kind::Number(from, to) => json!({ "type": "number", "minimum": from, "maximum": to }),
        Kind::Text(rule) => text(rule.pattern),
        Kind::Texts(rule) => json!({ "type": "array", "items": text(rule.pattern) }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Command => json!({ "type": "array", "minItems": 1, "items": text(None) }),
        Kind::Clusters => {
            json!({ "oneOf": [{ "const": "all" }, { "type": "array", "minItems": 1, "items": text(None) }] })
        }
        Kind::Duration(..) => text(Some(DURATION)),
        Kind::Url => json!({ "type": "string", "format": "uri", "pattern": "^[hH][tT][tT][pP][sS]?://[^@?#]+$" }),
        Kind::Query | Kind::Path | Kind::NameOrPath => text(None),
        Kind::Headers => {
            let mut reference = table_schema(header::REFERENCE);
            reference["minProperties"] = json!(1);
            reference["maxProperties"] = json!(1);
            json!({ "type": "object", "additionalProperties": { "oneOf": [text(None), reference] } })
        }
        Kind::Table(shape) => table_schema(shape),
        Kind::Named(shape) => json!({ "type": "object", "additionalProperties": table_schema(shape) }),
        Kind::Secret(_) => json!(false),
    }
}

/// A value written as TOML, as JSON.
fn as_json(value: &str) -> Option<Value> {
    toml::from_str::<Map<String, Value>>(&format!("x = {value}")).ok()?.remove("x")
}

/// A sample that explains every key. A line that starts with `#` and no space is a setting: take the `#` away.
pub fn sample() -> String {
    let mut out = String::from(
        "# The configuration of rounds: ~/.config/rounds/config.toml.\n\
         # A line that starts with # and no space is a setting; take the # away to have it.\n\
         # What is shown is the default where there is one. `rounds config check` finds every mistake.\n\n",
    );
    sample_keys(&mut out, ROOT);
    sample_tables(&mut out, ROOT, "");
    out
}

fn sample_keys(out: &mut String, shape: Shape) {
    for key in key::keys(shape) {
        let Some(value) = key.default.or(key.example) else {
            continue;
        };
        let line = if key.alternative {
            format!("# or {} = {value}: {}\n", key.name, key.doc)
        } else {
            format!("# {}\n#{} = {value}\n", key.doc, key.name)
        };
        out.push_str(&line);
    }
}

fn sample_tables(out: &mut String, shape: Shape, path: &str) {
    for key in key::keys(shape).filter(|key| key.example.is_none()) {
        let below = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        match key.kind {
            Kind::Table(shape) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\n# {}\n#[{below}]\n", key.doc);
                sample_keys(out, shape);
                sample_tables(out, shape, &below);
            }
            Kind::Named(shape) => {
                let below = format!("{below}.prod");
                let _ = write!(out, "\n# {}\n#[{below}]\n", key.doc);
                sample_keys(out, shape);
                sample_tables(out, shape, &below);
            }
            _ => {}
        }
    }
}

const INTRODUCTION: &str = r#"# Configuration

<!-- Generated from the table of keys in src/config/keys.rs. To renew it: ROUNDS_BLESS=1 cargo test --lib config -->

`rounds` works without a configuration: with AWS credentials in the environment it looks at ECS and CloudWatch. To see
more, write `~/.config/rounds/config.toml` (`$XDG_CONFIG_HOME/rounds/config.toml` where that is set):

```toml
default_context = "prod"

[contexts.prod]
production = true

[contexts.prod.aws]
profile = "prod"
region = "ap-northeast-2"
clusters = ["prod"]

[contexts.prod.grafana]
url = "https://grafana.example.com"
token_file = "~/.config/rounds/grafana-token"

[contexts.prod.prometheus]
via = "grafana"

[contexts.prod.alertmanager]
via = "grafana"
```

- Another file: `--config FILE`, or `ROUNDS_CONFIG`. What is set on the command line goes before the environment, that
  before the file, that before the default.
- Another context: `--context NAME`, or `ROUNDS_CONTEXT`, or `default_context`. A single context needs no naming.
- `rounds config check` finds every mistake at once, with its line. `rounds config show` prints what is in force,
  defaults included. `rounds config schema` prints a JSON Schema for editors.
- Secrets never stand in this file: they are named by file (`token_file`, readable by you only: `chmod 600`), by
  environment variable (`token_env`) or by a program that prints them (`token_command`, run without a shell).
- Paths are relative to this file; `~/` is your home. Durations are written `"30s"`, `"5m"`, `"1h30m"`, `"500ms"`.
- Globs are those of the shell: `*`, `?`, `[ab]`.
"#;

const QUERIES: &str = r"
## The query of a signal

A query gives one series a service, so that the number of requests does not depend on the number of services. It may use

| placeholder | becomes |
| --- | --- |
| `$service` | a regular expression of service names; `.+` for all |
| `$label` | `service_label` |
| `$cluster_label` | `cluster_label`, or the unused name `cluster` |
| `$by` | what to aggregate by: the service label, and the cluster label where there is one |
| `$window` | the range of `rate()`, such as `5m` |

Percentages run from 0 to 100, latencies are in seconds. Without a query of yours, these are asked. CPU and memory come
from `ecs_cpu_utilization` and `ecs_memory_utilization`; for a service without them, from the CloudWatch exporter, then
from YACE. The CloudWatch exporter must run with `set_timestamp: false`, or its samples are too old to be found.
";

/// The reference page, in Markdown.
pub fn reference_markdown() -> String {
    let mut out = INTRODUCTION.to_owned();
    page_table(&mut out, ROOT, "", "The top level");
    out.push_str(QUERIES);
    for signal in Signal::ALL {
        let _ = write!(out, "\n### {}\n\n```promql\n{}\n```\n", signal.key(), queries::default(signal));
    }
    out
}

fn page_table(out: &mut String, shape: Shape, path: &str, doc: &str) {
    let title = if path.is_empty() { doc.to_owned() } else { format!("`[{path}]`") };
    let _ = write!(out, "\n## {title}\n\n");
    if !path.is_empty() {
        let _ = writeln!(out, "{}.\n", capitalised(doc));
    }
    out.push_str("| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
    for key in key::keys(shape) {
        let default = match key.default {
            _ if key.required => "required".to_owned(),
            Some(default) => format!("`{default}`"),
            None if matches!(key.kind, Kind::Query) => "see below".to_owned(),
            None => String::new(),
        };
        let _ = writeln!(out, "| `{}` | {} | {default} | {} |", key.name, value_text(&key.kind), key.doc);
    }
    for key in key::keys(shape) {
        let below = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        match key.kind {
            Kind::Table(shape) => page_table(out, shape, &below, key.doc),
            Kind::Named(shape) => page_table(out, shape, &format!("{below}.NAME"), key.doc),
            _ => {}
        }
    }
}

/// What a value may be, for the reference page.
fn value_text(kind: &Kind) -> String {
    let bounds =
        |from: &Duration, to: &Duration| format!("duration, {} to {}", duration_text(*from), duration_text(*to));
    match kind {
        Kind::Count(from, to) => format!("whole number, {from} to {to}"),
        Kind::Number(from, to) => format!("number, {from} to {to}"),
        Kind::Choice(words) => words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", "),
        Kind::Duration(from, to) => bounds(from, to),
        Kind::Texts(rule) => format!("list, each {}", rule.expected),
        Kind::Url => "`http://` or `https://` address, without user, query and fragment".to_owned(),
        Kind::Query => "PromQL, see [below](#the-query-of-a-signal)".to_owned(),
        Kind::Clusters => "`\"all\"`, or a list of names or ARNs".to_owned(),
        Kind::Headers => "table of texts".to_owned(),
        Kind::Path => "path".to_owned(),
        Kind::NameOrPath => "name or path".to_owned(),
        Kind::Table(_) | Kind::Named(_) => "table".to_owned(),
        other => expected(other).to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

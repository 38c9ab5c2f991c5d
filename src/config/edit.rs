//! Writing a context into a configuration that a person wrote: what they typed, their comments and keys of their own stay.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde_json::{Map, Value as Json};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value, value};

/// Sections that lead somewhere by themselves where a person gave an address.
const ADDRESSED: [&str; 2] = ["prometheus", "alertmanager"];

/// The text with the context's keys set to these. `production` is set where the context is new.
///
/// # Errors
/// Where the text is no TOML, or something else stands where the context's tables would.
pub fn with_context(source: &str, name: &str, keys: &Map<String, Json>, production: bool) -> Result<String, String> {
    let mut document: DocumentMut = source.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let contexts = document.as_table_mut().entry("contexts").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let contexts = contexts.as_table_like_mut().ok_or("`contexts` is no table")?;
    let is_new = !contexts.contains_key(name);
    if is_new {
        contexts.insert(name, Item::Table(Table::new()));
    }
    let context = contexts.get_mut(name).and_then(Item::as_table_like_mut);
    let context = context.ok_or_else(|| format!("`contexts.{name}` is no table"))?;
    if is_new && production {
        context.insert("production", value(true));
    }
    set(context, keys, name)?;
    Ok(document.to_string())
}

fn set(table: &mut dyn TableLike, keys: &Map<String, Json>, place: &str) -> Result<(), String> {
    for (key, wanted) in keys {
        match wanted {
            Json::Null => {}
            Json::Object(keys) => {
                let below = table.entry(key).or_insert_with(|| Item::Table(Table::new()));
                let below = below.as_table_like_mut().ok_or_else(|| format!("`{place}.{key}` is no table"))?;
                // An address of the person's own is better than the way that works for everybody.
                if !(ADDRESSED.contains(&key.as_str()) && below.contains_key("url")) {
                    set(below, keys, &format!("{place}.{key}"))?;
                }
            }
            wanted => {
                let wanted =
                    scalar(wanted).ok_or_else(|| format!("`{place}.{key}` is nothing a configuration holds"))?;
                match table.get_mut(key).and_then(Item::as_value_mut) {
                    Some(there) if is_same(there, &wanted) => {}
                    Some(there) => {
                        let around = there.decor().clone();
                        *there = wanted;
                        *there.decor_mut() = around;
                    }
                    None => {
                        table.insert(key, Item::Value(wanted));
                    }
                }
            }
        }
    }
    Ok(())
}

fn scalar(wanted: &Json) -> Option<Value> {
    Some(match wanted {
        Json::Bool(is) => Value::from(*is),
        Json::String(text) => Value::from(text.as_str()),
        Json::Number(number) => number.as_i64().map(Value::from).or_else(|| number.as_f64().map(Value::from))?,
        Json::Array(items) => Value::Array(items.iter().map(scalar).collect::<Option<Array>>()?),
        Json::Null | Json::Object(_) => return None,
    })
}

/// Whether two values mean the same, however they are written.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.value() == other.value(),
        (Value::Integer(one), Value::Integer(other)) => one.value() == other.value(),
        (Value::Boolean(one), Value::Boolean(other)) => one.value() == other.value(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| is_same(one, other))
        }
        _ => false,
    }
}

/// Puts a text in the place of a file, whole or not at all, readable by its owner only. A link stays a link.
///
/// # Errors
/// What the file system says.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    let target = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let draft = folder.join(format!(".{name}.{:08x}", fastrand::u32(..)));
    let written = (|| {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, &target)
    })();
    if written.is_err() {
        // What is left of the draft helps nobody.
        let _ = fs::remove_file(&draft);
    }
    written
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edited(source: &str, keys: &Json) -> String {
        with_context(source, "prod", keys.as_object().unwrap(), true).unwrap()
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let source = "# mine\ndefault_context = 'prod' # always\n\n[contexts.prod] # the real one\narm_for = \"5m\"\n\n\
                      [contexts.prod.aws]\nregion = 'eu-west-1'   # moved\nprofile = \"kim\"\n\n[contexts.prod.prometheus]\n\
                      url = \"http://mine:9090\"\n";
        let keys = json!({
            "aws": { "region": "us-east-1", "clusters": ["a", "b"] },
            "prometheus": { "via": "grafana" },
            "grafana": { "url": "https://g.example.com" },
        });
        let text = edited(source, &keys);
        let expected = "# mine\ndefault_context = 'prod' # always\n\n[contexts.prod] # the real one\narm_for = \"5m\"\n\n\
                        [contexts.prod.aws]\nregion = \"us-east-1\"   # moved\nprofile = \"kim\"\nclusters = [\"a\", \"b\"]\n\n\
                        [contexts.prod.prometheus]\nurl = \"http://mine:9090\"\n\n[contexts.prod.grafana]\n\
                        url = \"https://g.example.com\"\n";
        assert_eq!(text, expected);
        assert_eq!(edited(&text, &keys), text, "a second time changes nothing");
    }

    #[test]
    fn a_new_context_is_production_where_that_is_said_and_a_known_one_keeps_its_word() {
        let keys = json!({ "aws": { "region": "us-east-1" } });
        assert_eq!(
            edited("", &keys),
            "[contexts.prod]\nproduction = true\n\n[contexts.prod.aws]\nregion = \"us-east-1\"\n"
        );
        assert!(!edited("[contexts.prod]\n", &keys).contains("production"));
        assert!(with_context("contexts = 3", "prod", keys.as_object().unwrap(), true).is_err());
        assert!(with_context("= 3", "prod", keys.as_object().unwrap(), true).is_err());
        let inline = edited("[contexts]\nprod = { aws = { region = \"eu-west-1\" } }\n", &keys);
        assert_eq!(inline, "[contexts]\nprod = { aws = { region = \"us-east-1\" } }\n");
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.toml"), folder.path().join("config.toml"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left");
    }
}

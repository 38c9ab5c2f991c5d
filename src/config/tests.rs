//! Tests of the whole room: the corpus, and what derives from the table of keys.
//!
//! To renew what they compare with: `ROUNDS_BLESS=1 cargo test --lib config`, then read the difference.

use std::path::{Path, PathBuf};
use std::{env, fs};

use proptest::prelude::*;

use super::key::{self, Key, Kind, Shape};
use super::keys::ROOT;
use super::*;
use crate::located::corpus;

fn files(kind: &str) -> impl Iterator<Item = (PathBuf, String)> {
    corpus::files(&format!("tests/fixtures/config/{kind}")).into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    })
}

fn kim(name: &str) -> Option<String> {
    (name == "HOME").then(|| "/home/kim".to_owned())
}

fn read(text: &str) -> Result<Settings, Refused> {
    parse(text, Path::new("/etc/rounds/config.toml"), kim)
}

#[test]
fn every_bad_file_is_refused_with_exactly_these_words() {
    for (path, text) in files("bad") {
        let name = path.file_name().unwrap();
        let error = parse(&text, Path::new(name), kim).expect_err(&format!("{} is refused", path.display()));
        let said = format!("{error}\n");
        assert!(!said.contains("hunter"), "{} gives a secret away:\n{said}", path.display());
        assert!(!said.contains('\x1b'), "{}", path.display());
        corpus::page(path.with_extension("err").to_str().unwrap(), &said);
    }
}

#[test]
fn every_good_file_is_understood_and_shows_as_something_that_means_the_same() {
    for (path, text) in files("good") {
        let settings = read(&text).unwrap_or_else(|error| panic!("{}\n{error}", path.display()));
        let shown = show(&settings, None);
        let again = read(&shown).unwrap_or_else(|error| panic!("{}\n{shown}\n{error}", path.display()));
        assert_eq!(again, settings, "{}\n{shown}", path.display());
        for name in settings.contexts.keys() {
            let one = read(&show(&settings, Some(name))).unwrap();
            assert_eq!(one.contexts.values().collect::<Vec<_>>(), [&settings.contexts[name]]);
        }
    }
}

#[test]
fn the_reference_page_is_up_to_date() {
    corpus::page("docs/config.md", &reference_markdown());
}

#[test]
fn the_sample_parses_as_it_is_and_uncommented() {
    let sample = sample();
    assert_eq!(read(&sample).unwrap().contexts.len(), 0);
    let uncommented: String = sample
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let settings = read(&uncommented).unwrap_or_else(|error| panic!("{error}"));
    let context = &settings.contexts["prod"];
    assert!(context.aws.is_some() && context.prometheus.is_some() && context.grafana.is_some());
    for key in table(ROOT, "").iter().map(|(_, key)| key.name) {
        assert!(sample.contains(key), "the sample says nothing about `{key}`");
    }
}

/// Every key with the path of its table; the user's own names are `prod`.
fn table(shape: Shape, path: &str) -> Vec<(String, &'static Key)> {
    key::keys(shape)
        .flat_map(|key| {
            let below = format!("{path}{}.", key.name);
            let mut rows = vec![(path.trim_end_matches('.').to_owned(), key)];
            match key.kind {
                Kind::Table(shape) => rows.extend(table(shape, &below)),
                Kind::Named(shape) => rows.extend(table(shape, &format!("{below}prod."))),
                _ => {}
            }
            rows
        })
        .collect()
}

/// A right file with every backend in it, and with one line more; what that line excludes is left out.
fn file_with(table: &str, key: &str, value: Option<&str>) -> String {
    let path = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
    let beside = match key {
        "username" => r#"password_file = "p""#,
        "password_file" | "password_env" | "password_command" => r#"username = "other""#,
        "client_cert" => r#"client_key = "k""#,
        "client_key" => r#"client_cert = "c""#,
        "external_id" | "session_name" => r#"arn = "arn:aws:iam::123456789012:role/other""#,
        "warning" if table.ends_with("latency") => r#"critical = "9s""#,
        "critical" if table.ends_with("latency") => r#"warning = "1ms""#,
        _ => "",
    };
    let excluded = |line: &str| {
        let other = line.split(" = ").next().unwrap_or_default();
        other == path || (matches!(key, "via" | "grafana_uid") && other == format!("{table}.url"))
    };
    let mut lines = vec![
        r#"contexts.prod.aws.profile = "other""#.to_owned(),
        r#"contexts.prod.grafana.url = "http://g""#.to_owned(),
        r#"contexts.prod.prometheus.url = "http://p""#.to_owned(),
        r#"contexts.prod.alertmanager.url = "http://a""#.to_owned(),
    ];
    if let Some(value) = value {
        lines.retain(|line| !excluded(line));
        lines.push(format!("{path} = {value}"));
    }
    if table.ends_with(".groups.prod") && key != "group" {
        lines.push(format!(r#"{table}.group = "/needed""#));
    }
    if table.ends_with(".logs.loki") && !matches!(key, "url" | "via" | "grafana_uid") {
        lines.push(format!(r#"{table}.url = "http://l""#));
    }
    if !beside.is_empty() {
        lines.push(format!("{table}.{beside}"));
    }
    lines.join("\n")
}

#[test]
fn every_key_means_something_and_its_default_is_what_holds_without_it() {
    for (table, key) in table(ROOT, "") {
        let read_with = |value| read(&file_with(&table, key.name, value));
        let without = read_with(None).or_else(|_| read(&file_with(&table, "", None))).unwrap();
        if let Some(example) = key.example {
            let with = read_with(Some(example)).unwrap_or_else(|error| panic!("{error}"));
            assert_ne!(with, without, "{table}.{} = {example} changes nothing", key.name);
        }
        if let Some(default) = key.default {
            let with = read_with(Some(default)).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(with, without, "{table}.{} = {default} is not the default", key.name);
        }
    }
}

#[test]
fn the_schema_knows_every_key_and_no_other() {
    fn compare(shape: Shape, schema: &serde_json::Value) {
        assert_eq!(schema["additionalProperties"], false);
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(properties.len(), key::keys(shape).count());
        for key in key::keys(shape) {
            let schema = &properties[key.name];
            assert_eq!(schema["description"], key.doc);
            assert_eq!(schema.get("default").is_some(), key.default.is_some(), "{}", key.name);
            match key.kind {
                Kind::Table(shape) => compare(shape, schema),
                Kind::Named(shape) => compare(shape, &schema["additionalProperties"]),
                _ => {}
            }
        }
    }
    compare(ROOT, &schema());
}

#[test]
fn every_key_is_explained_and_its_example_is_not_its_default() {
    for (table, key) in table(ROOT, "") {
        assert!(!key.doc.is_empty() && !key.doc.ends_with('.') && !key.doc.contains('|'), "{table}.{}", key.name);
        assert!(key.default != key.example || key.default.is_none(), "{table}.{}", key.name);
    }
}

#[test]
fn the_file_is_found_by_flag_then_environment_then_xdg() {
    let folder = env::temp_dir().join(format!("rounds-config-{}", std::process::id()));
    let (named, default) = (folder.join("named.toml"), folder.join("rounds/config.toml"));
    fs::create_dir_all(folder.join("rounds")).unwrap();
    fs::write(&named, "[contexts.named.aws]").unwrap();
    fs::write(&default, "[contexts.default.aws]").unwrap();
    let xdg = folder.to_string_lossy().into_owned();
    let with = |flag: Option<&Path>, rounds_config: Option<PathBuf>| {
        let env = |name: &str| match name {
            "XDG_CONFIG_HOME" => Some(xdg.clone()),
            "ROUNDS_CONFIG" => rounds_config.as_ref().map(|path| path.to_string_lossy().into_owned()),
            _ => None,
        };
        let settings = load(&Sources { file: flag.map(Path::to_owned), env });
        settings.map(|settings| settings.contexts.into_keys().collect::<Vec<_>>())
    };
    assert_eq!(with(Some(&named), Some(default.clone())).unwrap(), ["named"]);
    assert_eq!(with(None, Some(named)).unwrap(), ["named"]);
    assert_eq!(with(None, Some(PathBuf::new())).unwrap(), ["default"]);
    assert_eq!(with(None, None).unwrap(), ["default"]);

    let missing = with(Some(Path::new("/nowhere/x.toml")), None).unwrap_err().to_string();
    assert!(missing.contains("there is no file /nowhere/x.toml"), "{missing}");
    fs::write(&default, b"# \xff").unwrap();
    assert!(with(None, None).unwrap_err().to_string().contains("config.toml:1:3"));
    fs::remove_file(&default).unwrap();
    assert_eq!(with(None, None).unwrap(), [""; 0]);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_line() {
    let error = read("\u{feff}colour = 1").unwrap_err();
    assert_eq!((error.problems[0].quotes[0].column, error.problems[0].quotes[0].text.as_str()), (1, "colour = 1"));
}

#[test]
fn a_file_that_is_no_configuration_is_refused_soon() {
    let log = "2026-11-22 09:02:14 GET /index.html\n".repeat(5_000);
    assert!(read(&log).unwrap_err().problems.len() <= 50);
    let same = "a = 1\n".repeat(2_000);
    assert!(read(&same).unwrap_err().problems.len() <= 51);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = read(&text);
    }

    /// A sound file with a piece replaced: everything after the mistake is still looked at, and nothing panics.
    #[test]
    fn no_mistake_makes_it_panic(at in 0usize..3_000, length in 0usize..40, piece in "[\\PC\n\"'=\\[\\]{}]{0,6}") {
        let text = fs::read_to_string("tests/fixtures/config/good/everything.toml").unwrap();
        let start = text.floor_char_boundary(at.min(text.len()));
        let end = text.floor_char_boundary((start + length).min(text.len()));
        let broken = format!("{}{piece}{}", &text[..start], &text[end..]);
        if let Err(error) = read(&broken) {
            prop_assert!(!error.problems.is_empty());
            prop_assert!(!error.to_string().contains('\x1b'));
        }
    }
}

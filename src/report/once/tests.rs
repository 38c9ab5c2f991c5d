//! What every format must hold to, whatever is in the snapshot.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::{Observed, Sampled, Signal, Snapshot, SourceKind, Verdict};
use crate::format;
use crate::report::sample;

fn seoul() -> Options {
    Options { zone: TimeZone::posix("KST-9").unwrap(), ..Options::default() }
}

fn samples() -> Vec<(&'static str, Snapshot)> {
    vec![
        ("bad_morning", sample::bad_morning()),
        ("all_ok", sample::all_ok()),
        ("prometheus_down", sample::prometheus_down()),
        ("nothing_reachable", sample::nothing_reachable()),
        ("no_services", sample::no_services()),
        ("long_names", sample::long_names()),
    ]
}

#[test]
fn every_sample_in_every_format() {
    for (name, snapshot) in samples() {
        insta::assert_snapshot!(format!("{name}_text"), text(&snapshot, &seoul()));
        insta::assert_snapshot!(format!("{name}_markdown"), markdown(&snapshot, &seoul()));
        insta::assert_snapshot!(format!("{name}_nagios"), nagios(&snapshot, &seoul()));
        insta::assert_snapshot!(format!("{name}_json"), json(&snapshot, &seoul()));
    }
}

#[test]
fn text_at_other_widths_and_in_other_letters() {
    let snapshot = sample::long_names();
    insta::assert_snapshot!("wide", text(&snapshot, &Options { width: 160, ..seoul() }));
    insta::assert_snapshot!("narrow", text(&snapshot, &Options { width: 40, ..seoul() }));
    insta::assert_snapshot!("ascii", text(&snapshot, &Options { ascii: true, ..seoul() }));
    insta::assert_snapshot!(
        "colour",
        text(&sample::bad_morning(), &Options { colour: true, ..seoul() }).replace('\x1b', "^")
    );
}

#[test]
fn no_line_is_wider_than_asked_but_for_a_word_that_is() {
    for (name, snapshot) in samples() {
        for width in [48, 60, 80, 120, 200] {
            for line in text(&snapshot, &Options { width, ..seoul() }).lines() {
                let one_word = !line.trim_start().contains(' ');
                assert!(one_word || format::width(line) <= width, "{name} at {width}: {line}");
            }
        }
    }
}

#[test]
fn a_format_is_known_by_its_name() {
    for (format, name, _) in Format::TABLE {
        assert_eq!(name.parse(), Ok(format));
    }
    assert_eq!("yaml".parse::<Format>(), Err("expected one of text, json, markdown, nagios".to_owned()));
}

#[test]
fn problems_only_leaves_out_what_is_well_and_says_when_nothing_is_left() {
    let quiet = Options { problems_only: true, ..seoul() };
    insta::assert_snapshot!("problems_text", text(&sample::bad_morning(), &quiet));
    assert_eq!(
        text(&sample::all_ok(), &quiet),
        "OK  prod ap-northeast-2  2026-11-22 09:02:14 KST  6 ok, nothing to report\n"
    );
    assert!(markdown(&sample::all_ok(), &quiet).ends_with("6 ok\n\nNothing to report.\n"));
    let document: Value = serde_json::from_str(&json(&sample::bad_morning(), &quiet)).unwrap();
    assert_eq!(document["services"].as_array().unwrap().len(), 2);
    assert_eq!(document["summary"]["services"]["total"], 6);
    let graphed = |options| nagios(&sample::bad_morning(), options).split_once('|').unwrap().1.to_owned();
    assert_eq!(graphed(&quiet), graphed(&seoul()), "a graph wants the same values at every check");
}

#[test]
fn colour_changes_no_letter() {
    for (name, snapshot) in samples() {
        let painted = text(&snapshot, &Options { colour: true, ..seoul() });
        let mut bare = String::new();
        for (number, part) in painted.split("\x1b[").enumerate() {
            bare.push_str(if number == 0 { part } else { part.split_once('m').unwrap().1 });
        }
        assert_eq!(bare, text(&snapshot, &seoul()), "{name}");
    }
}

#[test]
fn what_is_no_number_is_unknown_everywhere() {
    let mut snapshot = sample::all_ok();
    snapshot.services.truncate(1);
    for (signal, value) in [(Signal::Cpu, f64::NAN), (Signal::Memory, f64::INFINITY)] {
        snapshot.services[0].signals[signal as usize].now =
            Observed::Fresh(Sampled { value, at: sample::ago(1), source: SourceKind::Prometheus });
    }
    let cells = text(&snapshot, &seoul());
    let row: Vec<&str> = cells.lines().nth(2).unwrap().split_whitespace().collect();
    assert_eq!(row[3..5], ["?", "?"], "{cells}");
    assert!(cells.contains("? unknown: the value read is not a finite number"));
    assert!(nagios(&snapshot, &seoul()).contains("'api-1 cpu'=U 'api-1 memory'=U"));
    let document: Value = serde_json::from_str(&json(&snapshot, &seoul())).unwrap();
    let cpu = &document["services"][0]["signals"]["cpu"];
    assert_eq!((&cpu["state"], &cpu["value"], &cpu["level"]), (&"unknown".into(), &Value::Null, &Value::Null));
}

#[test]
fn a_large_fleet_is_summed_up_for_nagios() {
    let mut snapshot = sample::all_ok();
    snapshot.services =
        (0..500).map(|number| sample::service(&format!("service-{number}"), (1, 1), [Some(1.0); 5], 60)).collect();
    let output = nagios(&snapshot, &seoul());
    assert!(output.len() < 8_192, "{}", output.len());
    assert!(output.contains("and 470 more |"));
    assert!(output.contains("services_ok=500"));
}

/// Checks a value against a schema of the kind schemars writes. Stricter than JSON Schema in one way: a property
/// that the schema does not name is refused.
fn check(value: &Value, schema: &Value, root: &Value, path: &str) -> Result<(), String> {
    let ensure = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("{path}: {value}: {what}")) };
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).ok_or_else(|| format!("{path}: {reference}"))?;
        return check(value, target, root, path);
    }
    for choices in ["anyOf", "oneOf"].iter().filter_map(|word| schema[*word].as_array()) {
        ensure(choices.iter().any(|choice| check(value, choice, root, path).is_ok()), "fits no choice")?;
    }
    if let Some(only) = schema.get("const") {
        ensure(value == only, "is another constant")?;
    }
    if let Some(choices) = schema["enum"].as_array() {
        ensure(choices.contains(value), "is not in the enum")?;
    }
    let is_a = |name: &str| match name {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{path}: the check does not know type {other}"),
    };
    match &schema["type"] {
        Value::Null => {}
        Value::Array(names) => ensure(names.iter().filter_map(Value::as_str).any(is_a), "is of no type allowed")?,
        name => ensure(name.as_str().is_some_and(is_a), "is of another type")?,
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(item, &schema["items"], root, &format!("{path}[{index}]"))?;
    }
    let Some(fields) = value.as_object().filter(|_| schema["type"] == "object") else { return Ok(()) };
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        ensure(fields.contains_key(required), required)?;
    }
    for (name, field) in fields {
        let known = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
        ensure(known.is_some(), name)?;
        check(field, known.unwrap_or(&Value::Null), root, &format!("{path}.{name}"))?;
    }
    Ok(())
}

fn validity(document: &str) -> Result<(), String> {
    let schema = schema();
    let document = serde_json::from_str(document).map_err(|error| error.to_string())?;
    check(&document, &schema, &schema, "$")
}

#[test]
fn json_keeps_its_schema() {
    for (name, snapshot) in samples() {
        assert_eq!(validity(&json(&snapshot, &seoul())), Ok(()), "{name}");
    }
    let whole = json(&sample::all_ok(), &seoul());
    for (right, wrong) in
        [("\"not_applicable\"", "\"zero\""), ("\"demo\"", "\"domo\""), ("\"desired\": 3", "\"desired\": 0.5")]
    {
        assert!(whole.contains(right) && validity(&whole.replace(right, wrong)).is_err(), "{wrong} must be refused");
    }
}

/// Everything a report must not pass on to a terminal.
fn acts_on_a_terminal(c: char) -> bool {
    c != '\n'
        && (c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'))
}

/// How many cells a line of a Markdown table has, by the bars that no backslash hides.
fn cells(line: &str) -> usize {
    let mut hidden = false;
    let mut bars = 0;
    for c in line.chars() {
        bars += usize::from(c == '|' && !hidden);
        hidden = c == '\\' && !hidden;
    }
    bars.saturating_sub(1)
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "\n",
            "\r\n",
            "|",
            "\\",
            "\\|",
            "`",
            "```",
            "\x1b[31m",
            "\u{9b}2J",
            "\u{202e}",
            "@all",
            "<script>",
            "&lt;",
            "[x](javascript:1)",
            "'",
            "=",
            " \\_ [OK] web",
            "~~",
            "**",
            "\n| a | b |\n",
            "결제",
            "\u{301}",
            " ",
            ";;",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn hostile_text_forges_nothing(foreign in hostile(), ascii in any::<bool>(), problems_only in any::<bool>()) {
        let snapshot = sample::poisoned(sample::bad_morning(), &foreign);
        let options = Options { problems_only, ascii, ..seoul() };
        let calm = sample::poisoned(sample::bad_morning(), "x");

        let page = text(&snapshot, &options);
        prop_assert!(!page.contains(acts_on_a_terminal), "{page}");
        let rows = if problems_only { 2 } else { 6 };
        let table = page.lines().skip_while(|line| !line.starts_with("SERVICE")).take(1 + rows);
        prop_assert!(table.map(format::width).max() <= Some(80), "{page}");

        let output = nagios(&snapshot, &options);
        prop_assert!(!output.contains(acts_on_a_terminal), "{output}");
        prop_assert_eq!(output.matches('|').count(), 1);
        prop_assert_eq!(output.lines().count(), nagios(&calm, &options).lines().count());
        prop_assert!(output.lines().skip(1).all(|line| line.starts_with(" \\_ ")));
        let data = output.split_once('|').unwrap().1;
        prop_assert_eq!(data.matches('\'').count() % 2, 0);
        prop_assert_eq!(data.matches('=').count(), nagios(&calm, &options).split_once('|').unwrap().1.matches('=').count());

        let page = markdown(&snapshot, &options);
        prop_assert!(!page.contains(acts_on_a_terminal), "{page}");
        let shape = |page: &str| page.lines().filter(|line| line.starts_with('|')).map(cells).collect::<Vec<_>>();
        prop_assert_eq!(shape(&page), shape(&markdown(&calm, &options)));
        // Inside code nobody is called.
        prop_assert!(page.lines().all(|line| !line.split(" ago: `").next().unwrap_or(line).contains('@')), "{page}");

        prop_assert_eq!(validity(&json(&snapshot, &options)), Ok(()));
        if ascii {
            prop_assert!(text(&snapshot, &options).is_ascii() && output.is_ascii() && page.is_ascii());
        }
    }

    #[test]
    fn the_same_snapshot_gives_the_same_bytes(foreign in hostile()) {
        let snapshot = sample::poisoned(sample::bad_morning(), &foreign);
        for (format, ..) in Format::TABLE {
            prop_assert_eq!(format.write(&snapshot, &seoul()), format.write(&snapshot.clone(), &seoul()));
        }
    }
}

#[test]
fn a_verdict_is_never_better_than_what_was_looked_at() {
    let blind = Snapshot { verdict: Verdict::Ok, ..sample::nothing_reachable() };
    assert!(text(&blind, &seoul()).starts_with("UNKNOWN"));
    assert!(markdown(&blind, &seoul()).starts_with("## UNKNOWN"));
    assert!(nagios(&blind, &seoul()).starts_with("ROUNDS UNKNOWN"));
    assert!(json(&blind, &seoul()).contains("\"verdict\": \"unknown\""));
}

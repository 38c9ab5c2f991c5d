//! What a log line is made of: its level, and the message and fields of a line that is JSON.
//!
//! JSON can hide in its escapes what a log line may not contain (`"\u001b[2J"`), so everything taken out of it is made
//! harmless anew.

use serde_json::{Map, Value};

use super::log_text::log_text;
use super::sanitise;
use crate::domain::LogLevel;

/// Where a level stands in a line that is JSON, the usual name first.
const LEVEL_KEYS: [&str; 7] = ["level", "severity", "lvl", "levelname", "log.level", "loglevel", "log_level"];

/// Where the message stands.
const MESSAGE_KEYS: [&str; 5] = ["message", "msg", "event", "@message", "text"];

/// Where the time stands: the backend knows it already.
const TIME_KEYS: [&str; 6] = ["time", "timestamp", "ts", "@timestamp", "t", "asctime"];

/// How far into a line of text its level is looked for, in bytes.
const LEVEL_WITHIN: usize = 160;

/// The most bytes of a line taken apart as JSON.
const MOST_JSON: usize = 64 * 1024;

/// A line that is a JSON object, taken apart. Every text in it is harmless.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogShape {
    /// How loudly it says it was said.
    pub level: Option<LogLevel>,
    /// What it says first of all.
    pub message: Option<String>,
    /// Everything else but the time, in its order; what is nested is JSON.
    pub fields: Vec<(String, String)>,
}

impl LogShape {
    /// Message and fields in one line: `took too long  route=/cart ms=812`.
    pub fn line(&self) -> String {
        let mut line = self.message.clone().unwrap_or_default();
        for (index, (name, value)) in self.fields.iter().enumerate() {
            line.push_str(match (index, line.is_empty()) {
                (_, true) => "",
                (0, false) => "  ",
                _ => " ",
            });
            let quote = if value.is_empty() || value.contains([' ', '"', '=']) { "\"" } else { "" };
            line.extend([name, "=", quote, value, quote]);
        }
        line
    }
}

/// A line that is a JSON object, taken apart; `None` for any other.
pub fn shape(text: &str) -> Option<LogShape> {
    let fields = object(text)?;
    let mut shape = LogShape::default();
    let message_key = MESSAGE_KEYS.iter().find(|key| fields.get(**key).is_some_and(Value::is_string));
    for (name, value) in &fields {
        if message_key.is_some_and(|key| key == name) {
            shape.message = Some(plain(value));
        } else if shape.level.is_none() && LEVEL_KEYS.contains(&name.as_str()) && level_value(value).is_some() {
            shape.level = level_value(value);
        } else if !TIME_KEYS.contains(&name.as_str()) {
            shape.fields.push((sanitise(name).into_owned(), plain(value)));
        }
    }
    Some(shape)
}

/// How loudly a line says it was said, by the ways logging libraries write it: JSON, logfmt, a word in brackets or
/// capitals near the beginning, klog's first letter.
pub fn level_of(text: &str) -> Option<LogLevel> {
    let text = text.trim_start();
    if text.starts_with('{') {
        let fields = object(text)?;
        return LEVEL_KEYS.iter().find_map(|key| level_value(fields.get(*key)?));
    }
    let head = beginning(text, LEVEL_WITHIN);
    for key in ["level=", "lvl=", "severity="] {
        if let Some((_, after)) = head.split_once(key) {
            let word =
                after.trim_start_matches('"').split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            return LogLevel::from_word(word);
        }
    }
    klog(head).or_else(|| outcry(head)).or_else(|| worded(head))
}

/// A line in lines for reading: JSON indented, anything else as it is.
pub fn pretty(text: &str) -> Vec<String> {
    match object(text).and_then(|fields| serde_json::to_string_pretty(&Value::Object(fields)).ok()) {
        // The serialiser escapes C0 controls; the others it leaves as they are.
        Some(json) => log_text(&json).text.lines().map(str::to_owned).collect(),
        None => text.lines().map(str::to_owned).collect(),
    }
}

fn object(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim();
    if !text.starts_with('{') || !text.ends_with('}') || text.len() > MOST_JSON {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// A JSON value as one line of harmless text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => log_text(text).text.replace('\n', " \u{23CE} "),
        other => sanitise(&other.to_string()).into_owned(),
    }
}

fn level_value(value: &Value) -> Option<LogLevel> {
    match value {
        Value::String(word) => LogLevel::from_word(word),
        // bunyan and pino.
        Value::Number(number) => match number.as_u64()? {
            10 => Some(LogLevel::Trace),
            20 => Some(LogLevel::Debug),
            30 => Some(LogLevel::Info),
            40 => Some(LogLevel::Warn),
            50 => Some(LogLevel::Error),
            60 => Some(LogLevel::Fatal),
            _ => None,
        },
        _ => None,
    }
}

fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    &text[..end]
}

/// `E1122 09:02:14.123 ...`, as Kubernetes' components write.
fn klog(head: &str) -> Option<LogLevel> {
    let (letter, rest) = head.split_at_checked(1)?;
    let digits = rest.get(..4)?.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !rest[4..].starts_with(' ') {
        return None;
    }
    match letter {
        "I" => Some(LogLevel::Info),
        "W" => Some(LogLevel::Warn),
        "E" => Some(LogLevel::Error),
        "F" => Some(LogLevel::Fatal),
        _ => None,
    }
}

/// What a runtime says when it gives up: `panic: ...`, `fatal error: ...`, in whatever case.
fn outcry(head: &str) -> Option<LogLevel> {
    let (word, rest) = head.split_at(head.bytes().take_while(u8::is_ascii_alphabetic).count());
    let ends = rest.starts_with(':') || rest.strip_prefix(" error").is_some_and(|rest| rest.starts_with(':'));
    if ends { LogLevel::from_word(word) } else { None }
}

/// The first word that is a level and is set apart as one: `[warn]`, `ERROR`, `Error:`. An ordinary word in a sentence
/// ("no error found") is not.
fn worded(head: &str) -> Option<LogLevel> {
    let mut before = ' ';
    let mut rest = head;
    while !rest.is_empty() {
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        if length == 0 {
            before = rest.chars().next()?;
            rest = &rest[before.len_utf8()..];
            continue;
        }
        let (word, after) = rest.split_at(length);
        let next = after.chars().next().unwrap_or(' ');
        let capitals = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        let bracketed = matches!((before, next), ('[', ']') | ('<', '>') | ('(', ')') | ('|', '|'));
        let titled = next == ':' && word.starts_with(|c: char| c.is_ascii_uppercase());
        let apart =
            !before.is_alphanumeric() && !matches!(before, '_' | '/' | '.') && !next.is_alphanumeric() && next != '_';
        if apart
            && (capitals || bracketed || titled)
            && let Some(level) = LogLevel::from_word(word)
        {
            return Some(level);
        }
        before = 'a';
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_level_is_found_however_it_is_written() {
        use LogLevel::{Debug, Error, Fatal, Info, Warn};
        for (text, level) in [
            (r#"{"level":"warn","msg":"x"}"#, Some(Warn)),
            (r#"{"severity":"ERROR"}"#, Some(Error)),
            (r#"{"level":50,"msg":"x"}"#, Some(Error)),
            (r#"{"msg":"level=error"}"#, None),
            ("ts=1 level=error msg=\"x\"", Some(Error)),
            (r#"level="debug" x"#, Some(Debug)),
            ("2026-11-22 09:02:14 ERROR c.e.Main - boom", Some(Error)),
            ("[warn] low on disk", Some(Warn)),
            ("Error: cannot find module", Some(Error)),
            ("E1122 09:02:14.123456 7 main.go:1] boom", Some(Error)),
            ("I1122 09:02:14.123456 7 main.go:1] fine", Some(Info)),
            ("PANIC at the disco", Some(Fatal)),
            ("panic: nil map", Some(Fatal)),
            ("fatal error: runtime: out of memory", Some(Fatal)),
            ("no error found", None),
            ("GET /error/500 200", None),
            ("MY_ERROR_CODE=1", None),
            ("    at a.b.C(C.java:12)", None),
            ("", None),
        ] {
            assert_eq!(level_of(text), level, "{text}");
        }
    }

    #[test]
    fn a_json_line_is_its_message_then_its_fields() {
        let shape =
            shape(r#"{"time":1,"level":"warn","msg":"took too long","route":"/a b","ms":812,"in":{"a":[1]}}"#).unwrap();
        assert_eq!(shape.level, Some(LogLevel::Warn));
        assert_eq!(shape.line(), "took too long  route=\"/a b\" ms=812 in=\"{\"a\":[1]}\"");
        assert_eq!(super::shape("{not json}"), None);
        assert_eq!(super::shape("[1]"), None);
    }

    #[test]
    fn what_hides_in_escapes_is_made_harmless_too() {
        let hostile = r#"{"msg":"a\u001b[2J\u202eb\nforged","k\u001b":"\u009b","z":"\u200b"}"#;
        let line = shape(hostile).unwrap().line();
        assert_eq!(line, "a\\u{1b}[2J\\u{202e}b \u{23CE} forged  k\\u{1b}=\\u{9b} z=\\u{200b}");
        for line in pretty(hostile) {
            assert!(!line.chars().any(super::super::sanitise::needs_escape), "{line:?}");
        }
        assert_eq!(pretty(r#"{"b":1,"a":{"c":2}}"#), ["{", "  \"b\": 1,", "  \"a\": {", "    \"c\": 2", "  }", "}"]);
        assert_eq!(pretty("plain\ntext"), ["plain", "text"]);
    }

    proptest! {
        #[test]
        fn nothing_that_can_act_comes_out_of_any_json(value in any::<String>(), key in any::<String>()) {
            let json = serde_json::json!({ key: value }).to_string();
            let shape = shape(&json).unwrap_or_default();
            for text in pretty(&json).into_iter().chain([shape.line()]) {
                prop_assert!(!text.chars().any(super::super::sanitise::needs_escape), "{:?}", text);
            }
        }

        #[test]
        fn any_text_has_a_level_or_none(text in any::<String>()) {
            let _ = level_of(&text);
        }
    }
}

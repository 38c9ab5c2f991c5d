//! What people write from habit, rewritten as it is meant: the hint beside the refusal.

use std::time::Duration;

use toml::de::DeValue;

use super::check::duration_text;
use super::key::{Key, Kind};
use crate::format::parse_duration;
use crate::located::nearest;

/// Words for units, and the unit.
const UNITS: [(&[&str], &str); 5] = [
    (&["milliseconds", "millisecond", "millis", "msec"], "ms"),
    (&["seconds", "second", "secs", "sec"], "s"),
    (&["minutes", "minute", "mins", "min"], "m"),
    (&["hours", "hour", "hrs", "hr"], "h"),
    (&["days", "day"], "d"),
];

/// The line that was meant, where a value of the wrong kind shows it.
pub(super) fn rewritten(key: &Key, path: &str, found: &DeValue<'_>) -> Option<String> {
    let line = |value: &str| Some(format!("{} = {value}", key.name));
    match (key.kind, found) {
        (Kind::Duration(..), DeValue::Integer(number)) => line(&format!("\"{number}s\"")),
        (Kind::Duration(..), DeValue::Float(number)) => {
            let length = Duration::try_from_secs_f64(number.as_str().parse().ok()?).ok()?;
            line(&format!("\"{}\"", duration_text(length)))
        }
        (Kind::Texts(_) | Kind::Command, DeValue::String(_)) => line("[\"...\"]"),
        (Kind::Number(..) | Kind::Count(..), DeValue::String(text)) => {
            let number = text.trim().trim_end_matches('%').trim_end();
            number.parse::<f64>().is_ok_and(f64::is_finite).then(|| line(number))?
        }
        (Kind::Flag, DeValue::String(text)) => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => line("true"),
            "false" | "no" | "off" | "0" => line("false"),
            _ => None,
        },
        (Kind::Choice(words), DeValue::Boolean(flag)) => {
            let word = if *flag { "on" } else { "off" };
            words.contains(&word).then(|| line(&format!("\"{word}\"")))?
        }
        (Kind::Table(_), _) => key.example.map_or_else(|| Some(format!("write it as [{path}]")), line),
        (Kind::Named(_), _) => Some(format!("write each as [{path}.NAME]")),
        _ => None,
    }
}

/// A duration as it is written here: `5m` for `5 minutes`.
pub(super) fn duration(text: &str) -> Option<String> {
    let mut plain: String = text.to_lowercase().split([' ', ',']).filter(|word| *word != "and").collect();
    for (words, unit) in UNITS {
        for word in words {
            plain = plain.replace(word, unit);
        }
    }
    (plain != text && parse_duration(&plain).is_ok()).then_some(plain)
}

/// An address with a scheme, for one that has none or a misspelt one.
pub(super) fn address(text: &str) -> String {
    let (scheme, rest) = match text.split_once("//") {
        Some((typed, rest)) => (nearest(typed.trim_end_matches(':'), ["http", "https"]).unwrap_or("https"), rest),
        None => (if text.contains(':') { "http" } else { "https" }, text),
    };
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_words_are_understood() {
        for (text, meant) in [
            ("5 minutes", Some("5m")),
            ("1 hour, 30 min", Some("1h30m")),
            ("1 hour and 5 secs", Some("1h5s")),
            ("250 millis", Some("250ms")),
            ("2 days", Some("2d")),
            ("5M", Some("5m")),
            ("soon", None),
            ("a minute", None),
            ("5m", None),
        ] {
            assert_eq!(duration(text).as_deref(), meant, "{text}");
        }
    }

    #[test]
    fn addresses_get_the_scheme_they_lack() {
        for (text, meant) in [
            ("grafana.example.com", "https://grafana.example.com"),
            ("localhost:3000", "http://localhost:3000"),
            ("http//g", "http://g"),
            ("htps://g/x", "https://g/x"),
            ("ftp://g", "https://g"),
            ("//g", "https://g"),
        ] {
            assert_eq!(address(text), meant);
        }
    }
}

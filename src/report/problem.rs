//! How a failure is told on standard error.

use std::fmt::Write as _;

use super::ink::{Ink, Tone};
use crate::format::sanitise_lines;

/// `error: ...` and, where there is a next step, `hint: ...`; further lines of either are indented below it.
pub fn problem(error: &str, hint: Option<&str>, colour: bool) -> String {
    let ink = Ink { colour };
    let mut out = String::new();
    let parts = [("error:", Tone::Critical, Some(error)), ("hint:", Tone::Strong, hint)];
    for (word, tone, text) in parts.into_iter().filter_map(|(word, tone, text)| Some((word, tone, text?))) {
        out.push_str(&ink.paint(tone, word));
        for (number, line) in sanitise_lines(text).enumerate() {
            let lead = if number == 0 { " " } else { "  " };
            let _ = writeln!(out, "{lead}{}", line.trim_end());
        }
        if text.is_empty() {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_comes_first_and_its_hint_below() {
        assert_eq!(problem("no context prdo", None, false), "error: no context prdo\n");
        assert_eq!(
            problem("config.toml:3:1: unknown key\n  naem = 1", Some("did you mean name?"), false),
            "error: config.toml:3:1: unknown key\n    naem = 1\nhint: did you mean name?\n"
        );
        assert_eq!(problem("a\x1b[2Jb", None, true), "\x1b[1;31merror:\x1b[0m a\\u{1b}[2Jb\n");
    }
}

//! One log event made harmless. It keeps its lines, because a stack trace is read by them; nothing else in it can act on a
//! terminal, look like another event or hide what stands beside it.

use super::sanitise::{MAX_MARKS, is_mark, needs_escape};

/// The most characters kept of one event. What is beyond is counted, never silently lost.
pub const MAX_LOG_CHARS: usize = 8_192;

/// A combining mark at the beginning would sit on whatever is drawn before the event: it gets this to sit on.
const BASE: char = '\u{25CC}';

/// A tab, as wide as stack traces are indented by it.
const TAB: &str = "    ";

/// The text of one log event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogText {
    /// Harmless text. A line feed, and nothing else, parts its lines; there is none at its end.
    pub text: String,
    /// How many characters of the event are not in it.
    pub hidden: u32,
}

/// The text of one event from foreign bytes.
///
/// Colour sequences (SGR) are left out: they only paint, and half of all programs paint their logs. Every other control
/// character, bidirectional control and invisible character becomes visible as `\u{..}`.
pub fn log_text(foreign: &str) -> LogText {
    let foreign = foreign.trim_end_matches(['\r', '\n']);
    let mut text = String::with_capacity(foreign.len().min(4 * MAX_LOG_CHARS));
    let (mut kept, mut marks) = (0, 0);
    let mut rest = foreign;
    while let Some(c) = rest.chars().next() {
        if kept == MAX_LOG_CHARS {
            break;
        }
        if let Some(after) = after_colour(rest) {
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        kept += 1;
        if is_mark(c) {
            marks += 1;
            if marks > MAX_MARKS {
                continue;
            }
            if text.is_empty() || text.ends_with('\n') {
                text.push(BASE);
            }
        } else {
            marks = 0;
        }
        match c {
            '\r' if rest.starts_with('\n') => {}
            '\n' => text.push('\n'),
            '\t' => text.push_str(TAB),
            c if needs_escape(c) => text.extend(c.escape_unicode()),
            c => text.push(c),
        }
    }
    text.truncate(text.trim_end_matches('\n').len());
    let hidden = u32::try_from(rest.chars().count()).unwrap_or(u32::MAX);
    LogText { text, hidden }
}

/// What follows a colour sequence (`ESC [ 1;31 m`), where the text begins with one.
fn after_colour(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let length = parameters.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b';' | b':')).count();
    parameters.get(length..)?.strip_prefix('m')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_act_or_deceive_is_made_visible() {
        for (foreign, clean) in [
            ("plain, 한국어, ✔", "plain, 한국어, ✔"),
            ("\x1b[1;31mred\x1b[0m \x1b[38:5:1mtoo\x1b[m", "red too"),
            ("clear\x1b[2J\x1b[H", "clear\\u{1b}[2J\\u{1b}[H"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("\x1b]52;c;AAAA\x1b\\", "\\u{1b}]52;c;AAAA\\u{1b}\\"),
            ("c1\u{9b}31m", "c1\\u{9b}31m"),
            ("half\x1b[31", "half\\u{1b}[31"),
            ("good\rbad", "good\\u{d}bad"),
            ("one\r\ntwo\nthree\n\n", "one\ntwo\nthree"),
            ("\tat a.b.C", "    at a.b.C"),
            ("sep\u{2028}arate\u{2029}", "sep\\u{2028}arate\\u{2029}"),
            ("rtl\u{202e}txt\u{2066}", "rtl\\u{202e}txt\\u{2066}"),
            ("zero\u{200b}wi\u{200d}dth\u{feff}", "zero\\u{200b}wi\\u{200d}dth\\u{feff}"),
            ("\u{301}mark", "\u{25CC}\u{301}mark"),
            ("filler\u{3164}\u{115f}", "filler\\u{3164}\\u{115f}"),
        ] {
            assert_eq!(log_text(foreign), LogText { text: clean.to_owned(), hidden: 0 }, "{foreign:?}");
        }
    }

    #[test]
    fn an_overlong_event_says_how_much_is_hidden() {
        let long = "x".repeat(MAX_LOG_CHARS + 1_234);
        let text = log_text(&long);
        assert_eq!((text.text.len(), text.hidden), (MAX_LOG_CHARS, 1_234));
        assert_eq!(log_text(&"\u{1b}[31mx".repeat(MAX_LOG_CHARS)).hidden, 0, "what only paints takes no room");
    }

    proptest! {
        #[test]
        fn nothing_but_line_feeds_can_act(text in prop_oneof![any::<String>(), "[\\x00-\\x9f\u{1b}\\[;m0-9\u{2028}\u{202e}\u{200b}a ]{0,60}"]) {
            let clean = log_text(&text);
            prop_assert!(!clean.text.chars().any(|c| c != '\n' && needs_escape(c)), "{:?}", clean.text);
            prop_assert!(!clean.text.ends_with('\n'));
            let again = log_text(&clean.text);
            prop_assert_eq!(again.text, clean.text);
        }

        #[test]
        fn every_character_is_shown_or_counted(text in "[a-z ]{0,20000}") {
            let clean = log_text(&text);
            let shown = clean.text.chars().count();
            prop_assert_eq!(shown + clean.hidden as usize, text.chars().count());
        }
    }
}

//! The one door foreign text comes through: labels, log lines, error messages, titles.
//!
//! Whatever a backend sends may be chosen by an attacker. Escape sequences, C0 and C1 controls, bidirectional
//! overrides and invisible characters are made visible as `\u{..}`, so that they can neither move a cursor,
//! forge a line nor hide one; line ends and tabs become a space.

use std::borrow::Cow;

/// The longest single line kept, in characters; what is cut off is said.
const MAX_CHARS: usize = 2_000;

/// The longest run of combining marks kept on one character.
pub(super) const MAX_MARKS: usize = 4;

/// One line of harmless text from foreign text. Borrowed when there was nothing to change.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| !needs_escape(c) && !is_mark(c);
    if text.len() <= MAX_CHARS && text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut marks = 0;
    for (position, c) in text.trim_end_matches(['\r', '\n']).chars().enumerate() {
        if position == MAX_CHARS {
            clean.push_str("… (cut)");
            break;
        }
        if is_mark(c) {
            marks += 1;
            if marks > MAX_MARKS {
                continue;
            }
        } else {
            marks = 0;
        }
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => clean.push(' '),
            c if needs_escape(c) => clean.extend(c.escape_unicode()),
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// Harmless lines from foreign text of several lines: split at line feeds, each line sanitised.
pub fn sanitise_lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.lines().map(sanitise)
}

/// Whether a character could act on a terminal or mislead a reader.
pub(super) fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether a character is a combining mark that stacks on the one before it.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_act_on_a_terminal_is_made_visible() {
        for (foreign, clean) in [
            ("plain text, 한국어, ✔", "plain text, 한국어, ✔"),
            ("red\x1b[31m", "red\\u{1b}[31m"),
            ("a\r\nb\tc\n", "a  b c"),
            ("c1\u{9b}2J", "c1\\u{9b}2J"),
            ("rtl\u{202e}txt", "rtl\\u{202e}txt"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
            ("bell\x07", "bell\\u{7}"),
        ] {
            assert_eq!(sanitise(foreign), clean);
        }
    }

    #[test]
    fn stacked_marks_and_endless_lines_are_bounded() {
        assert_eq!(sanitise(&format!("z{}", "\u{0301}".repeat(50))).chars().count(), 1 + MAX_MARKS);
        assert!(sanitise(&"x".repeat(1_000_000)).chars().count() < MAX_CHARS + 20);
    }

    proptest! {
        #[test]
        fn nothing_dangerous_survives_and_a_second_pass_changes_nothing(text in any::<String>()) {
            let once = sanitise(&text).into_owned();
            prop_assert!(!once.chars().any(needs_escape));
            prop_assert_eq!(sanitise(&once).into_owned(), once);
        }
    }
}

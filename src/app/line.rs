//! One line of typed text.

use unicode_segmentation::UnicodeSegmentation;

use crate::keymap::{Code, Key};

/// The longest text kept, in characters: names are short, a pasted log file is a mistake.
const LONGEST: usize = 200;

/// A text and the place in it where the next character goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    text: String,
    /// A byte position on a grapheme's border.
    at: usize,
}

impl Line {
    /// A line with a text in it and the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut line = Self::default();
        line.insert(text);
        line
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is before the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.at]
    }

    /// Puts a text in at the cursor. Line ends and tabs become a space; whatever could act on a terminal or hide is left out.
    pub fn insert(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.text.chars().count());
        let clean: String = text
            .chars()
            .map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c })
            .filter(|c| crate::format::sanitise(c.encode_utf8(&mut [0; 4])).chars().count() == 1)
            .take(room)
            .collect();
        self.text.insert_str(self.at, &clean);
        self.at += clean.len();
    }

    /// Replaces the whole text.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// Takes a key as text or as an editing key. Says whether it was either.
    pub fn key(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl, key.alt) {
            (Code::Char(c), false, false) => self.insert(c.encode_utf8(&mut [0; 4])),
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => self.delete_back(self.left()),
            (Code::Char('w'), true, false) | (Code::Backspace, _, _) => self.delete_back(self.word_left()),
            (Code::Char('u'), true, false) => self.delete_back(0),
            (Code::Char('k'), true, false) => self.text.truncate(self.at),
            (Code::Delete, false, false) | (Code::Char('d'), true, false) => {
                let end = self.right();
                self.text.replace_range(self.at..end, "");
            }
            (Code::Left, false, false) | (Code::Char('b'), true, false) => self.at = self.left(),
            (Code::Right, false, false) | (Code::Char('f'), true, false) => self.at = self.right(),
            (Code::Home, false, false) | (Code::Char('a'), true, false) => self.at = 0,
            (Code::End, false, false) | (Code::Char('e'), true, false) => self.at = self.text.len(),
            _ => return false,
        }
        true
    }

    fn delete_back(&mut self, from: usize) {
        self.text.replace_range(from..self.at, "");
        self.at = from;
    }

    fn left(&self) -> usize {
        self.before().grapheme_indices(true).next_back().map_or(0, |(position, _)| position)
    }

    fn right(&self) -> usize {
        self.text[self.at..].graphemes(true).next().map_or(self.at, |grapheme| self.at + grapheme.len())
    }

    fn word_left(&self) -> usize {
        self.before()
            .trim_end()
            .rfind(char::is_whitespace)
            .map_or(0, |position| position + self.text[position..].chars().next().map_or(0, char::len_utf8))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ctrl(c: char) -> Key {
        Key { code: Code::Char(c), ctrl: true, alt: false }
    }

    #[test]
    fn editing_works_as_in_a_shell() {
        let mut line = Line::new("service api-2");
        for (key, before, text) in [
            (ctrl('w'), "service ", "service "),
            (Key::char('x'), "service x", "service x"),
            (ctrl('a'), "", "service x"),
            (Key::plain(Code::Right), "s", "service x"),
            (Key::plain(Code::Delete), "s", "srvice x"),
            (Key::plain(Code::Backspace), "", "rvice x"),
            (ctrl('e'), "rvice x", "rvice x"),
            (Key::plain(Code::Left), "rvice ", "rvice x"),
            (ctrl('k'), "rvice ", "rvice "),
            (ctrl('u'), "", ""),
            (Key::plain(Code::Backspace), "", ""),
        ] {
            assert!(line.key(key));
            assert_eq!((line.before(), line.text()), (before, text), "{key:?}");
        }
        assert!(!line.key(Key::plain(Code::Enter)));
    }

    #[test]
    fn what_is_pasted_is_harmless_and_bounded() {
        let mut line = Line::new("a\nb\x1b[31m\u{202e}\u{7}c");
        assert_eq!(line.text(), "a b[31mc");
        line.insert(&"x".repeat(10_000));
        assert_eq!(line.text().chars().count(), LONGEST);
    }

    proptest! {
        #[test]
        fn the_cursor_never_leaves_the_text(text in any::<String>(), keys in prop::collection::vec(0u8..12, 0..40)) {
            let mut line = Line::new(&text);
            for key in keys {
                let key = match key {
                    0 => Key::plain(Code::Left),
                    1 => Key::plain(Code::Right),
                    2 => Key::plain(Code::Backspace),
                    3 => Key::plain(Code::Delete),
                    4 => ctrl('w'),
                    5 => Key::char('é'),
                    6 => Key::char('한'),
                    7 => ctrl('a'),
                    8 => ctrl('k'),
                    _ => Key::char(' '),
                };
                line.key(key);
                prop_assert!(line.text().starts_with(line.before()));
            }
        }
    }
}

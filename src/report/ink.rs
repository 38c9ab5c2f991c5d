//! Emphasis on a terminal in its own sixteen colours, and the way out for terminals that know only ASCII.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use crate::domain::Verdict;
use crate::format;

/// What a piece of text is to the reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary.
    #[default]
    Plain,
    /// May recede: healthy rows, stale values, what is silenced.
    Dim,
    /// A heading.
    Strong,
    /// Bad.
    Critical,
    /// Needs attention.
    Warning,
    /// Not known.
    Unknown,
}

impl Tone {
    /// How a verdict is said: trouble in colour, health without.
    pub const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Ok => Self::Dim,
            Verdict::Unknown => Self::Unknown,
            Verdict::Warning => Self::Warning,
            Verdict::Critical => Self::Critical,
        }
    }

    const fn sgr(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Dim => "2",
            Self::Strong => "1",
            Self::Critical => "1;31",
            Self::Warning => "33",
            Self::Unknown => "35",
        }
    }
}

/// Whether emphasis is written at all.
#[derive(Debug, Clone, Copy)]
pub struct Ink {
    /// Only for a terminal: elsewhere the words have to do, and they do.
    pub colour: bool,
}

impl Ink {
    /// The text in its tone.
    pub fn paint(self, tone: Tone, text: &str) -> Cow<'_, str> {
        let sgr = tone.sgr();
        if self.colour && !sgr.is_empty() && !text.is_empty() {
            Cow::Owned(format!("\x1b[{sgr}m{text}\x1b[0m"))
        } else {
            Cow::Borrowed(text)
        }
    }
}

/// The text as it is, or with every character that is not ASCII replaced by as many ASCII ones as it takes cells.
pub fn letters(text: String, ascii: bool) -> String {
    if !ascii || text.is_ascii() {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        match grapheme {
            "＠" => plain.push_str("(at)"),
            _ => plain.push_str(&format::ascii(grapheme)),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_written_only_where_it_is_wanted() {
        assert_eq!(Ink { colour: true }.paint(Tone::Critical, "critical"), "\x1b[1;31mcritical\x1b[0m");
        assert_eq!(Ink { colour: false }.paint(Tone::Critical, "critical"), "critical");
        assert_eq!(Ink { colour: true }.paint(Tone::Dim, ""), "");
    }

    #[test]
    fn ascii_letters_take_the_same_room() {
        for (text, plain) in [("api…blue  ·  850µs", "api~blue  -  850us"), ("결제-api", "????-api"), ("e\u{301}", "e")]
        {
            assert_eq!(letters(text.to_owned(), true), plain);
            assert_eq!(format::width(plain), format::width(text));
            assert_eq!(letters(text.to_owned(), false), text);
        }
    }
}

//! Text for whoever knows only ASCII: the one place that says what stands for what.

use std::borrow::Cow;

use super::width;

/// The sign of a cut: what stands where text was left out.
pub const CUT: &str = "…";

/// A grapheme in ASCII, as wide as it was.
pub fn ascii(grapheme: &str) -> Cow<'_, str> {
    let plain = match grapheme {
        _ if grapheme.is_ascii() => return Cow::Borrowed(grapheme),
        CUT => "~",
        "µ" => "u",
        "·" => "-",
        "≥" => ">",
        "✔" => "+",
        "✖" => "x",
        "▲" | "¦" => "!",
        other => {
            // A letter with an accent is the letter.
            let letter = other.chars().next().filter(char::is_ascii_graphic);
            return Cow::Owned(letter.map_or_else(|| "?".repeat(width(other)), String::from));
        }
    };
    Cow::Borrowed(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation as _;

    use super::*;

    fn plain(text: &str) -> String {
        text.graphemes(true).map(ascii).collect()
    }

    #[test]
    fn what_has_a_likeness_is_shown_by_it() {
        for (text, shown) in [
            ("api…blue  ·  850µs", "api~blue  -  850us"),
            ("결제-api", "????-api"),
            ("e\u{301}", "e"),
            ("✔ ✖ ▲", "+ x !"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_but_ascii_is_left_and_columns_stay_where_they_were(text in "[a-z가-힣é…·µ ]*") {
            let shown = plain(&text);
            prop_assert!(shown.is_ascii());
            prop_assert_eq!(width(&shown), width(&text));
        }
    }
}

//! Text in columns of a terminal, where a character may be two cells wide or none.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::CUT;

/// How many cells a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// At most `cells` cells of a text; what does not fit is replaced by [`CUT`] at the end.
pub fn clip(text: &str, cells: usize) -> String {
    if text.width() <= cells { text.to_owned() } else { cut(text, cells) }
}

/// The beginning of a text that goes on: at most `cells` cells of it, with [`CUT`] at the end.
pub fn cut(text: &str, cells: usize) -> String {
    if cells == 0 {
        return String::new();
    }
    let kept = take(text.graphemes(true), cells - 1);
    format!("{}{CUT}", kept.trim_end())
}

/// At most `cells` cells of a text with the middle left out: names differ at their ends.
pub fn clip_middle(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    if cells < 5 {
        return clip(text, cells);
    }
    let head = take(text.graphemes(true), (cells - 1).div_ceil(2));
    let tail: String = {
        let mut used = 0;
        let room = cells - 1 - head.width();
        let kept: Vec<&str> = text
            .graphemes(true)
            .rev()
            .take_while(|grapheme| {
                used += grapheme.width();
                used <= room
            })
            .collect();
        kept.into_iter().rev().collect()
    };
    format!("{head}{CUT}{tail}")
}

/// A text in lines of at most `cells` cells, broken at spaces where there are any.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let room = cells.max(1);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let needed = width(word.trim_end());
        if width(&line) + needed > room {
            let full = std::mem::take(&mut line);
            // Spaces that a line began with are no line of their own.
            if !full.trim().is_empty() {
                lines.push(full.trim_end().to_owned());
            }
        }
        if line.is_empty() && needed == 0 {
            continue;
        }
        if needed <= room {
            line.push_str(word);
            continue;
        }
        for grapheme in word.graphemes(true) {
            if width(&line) + width(grapheme) > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            line.push_str(grapheme);
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// A text left-aligned in exactly `cells` cells, clipped where it is longer.
pub fn pad_right(text: &str, cells: usize) -> String {
    let text = clip(text, cells);
    let room = cells - text.width();
    text + &" ".repeat(room)
}

/// A text right-aligned in exactly `cells` cells, clipped where it is longer.
pub fn pad_left(text: &str, cells: usize) -> String {
    let text = clip(text, cells);
    " ".repeat(cells - text.width()) + &text
}

fn take<'a>(graphemes: impl Iterator<Item = &'a str>, cells: usize) -> String {
    let mut used = 0;
    graphemes
        .take_while(|grapheme| {
            used += grapheme.width();
            used <= cells
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_cut_where_they_differ_least() {
        assert_eq!(clip("a-long-name", 6), "a-lon…");
        assert_eq!(clip_middle("payments-api-blue", 9), "paym…blue");
        assert_eq!(pad_left("7%", 4), "  7%");
        assert_eq!(width(&pad_right("한국어", 5)), 5);
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_asked(text in "\\PC*", cells in 0usize..40) {
            prop_assert!(width(&clip(&text, cells)) <= cells);
            prop_assert!(width(&clip_middle(&text, cells)) <= cells);
            prop_assert_eq!(width(&pad_right(&text, cells)), cells);
            // What belongs to one character is not taken apart, and may need more cells than there are.
            let is_one = |line: &str| line.graphemes(true).count() == 1;
            prop_assert!(wrap(&text, cells).iter().all(|line| width(line) <= cells.max(1) || is_one(line)));
        }
    }
}

//! The text of a file: where a byte is as line and column, and its lines as they may be shown.

use std::ops::Range;

use super::secrets::secrets_in;
use super::{Draft, Problem, Quote};
use crate::format::{clip, sanitise, width};

/// What stands in an excerpt for what may be a secret.
const MASK: &str = "***";

/// How much of a long line is shown before and after the start of its mark, in cells.
const BEFORE: usize = 60;
const AFTER: usize = 100;

/// The name and text of a file, and the parts of it that are never shown.
#[derive(Debug, Clone, Default)]
pub struct Text {
    name: String,
    content: String,
    /// Where each line starts.
    lines: Vec<usize>,
    masks: Vec<Range<usize>>,
    /// Whether it has syntax errors, so that masks found by syntax may not be all.
    broken: bool,
}

impl Text {
    /// Nothing masked yet. The name is what the user knows the file by.
    pub fn new(name: impl AsRef<str>, content: impl Into<String>) -> Self {
        let content = content.into();
        let lines = std::iter::once(0).chain(content.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: sanitise(name.as_ref()).into_owned(), content, lines, masks: Vec::new(), broken: false }
    }

    /// The name the user knows the file by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.content
    }

    /// The text of a range.
    pub fn slice(&self, range: &Range<usize>) -> &str {
        self.content.get(range.clone()).unwrap_or_default()
    }

    /// Never show this part.
    pub fn mask(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.masks.push(range);
        }
    }

    /// Trust no syntax when hiding secrets.
    pub fn set_broken(&mut self) {
        self.broken = true;
    }

    /// The number, from 0, of the line a byte is in.
    pub fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// A draft as it may be shown. Call it when everything to mask is known.
    pub fn problem(&self, draft: &Draft) -> Problem {
        let mut quotes = vec![self.quote(&draft.at, &draft.label)];
        if let Some((at, label)) = &draft.also {
            quotes.push(self.quote(at, label));
        }
        Problem {
            file: Some(self.name.clone()),
            what: sanitise(&draft.what).into_owned(),
            quotes,
            hint: draft.hint.as_deref().map(|hint| sanitise(hint).into_owned()),
        }
    }

    fn quote(&self, at: &Range<usize>, label: &str) -> Quote {
        let start = self.content.floor_char_boundary(at.start.min(self.content.len()));
        let line = self.line(start);
        let from = self.lines[line];
        let to = self.lines.get(line + 1).map_or(self.content.len(), |next| next - 1);
        let to = from + self.content[from..to].trim_end_matches('\r').len();
        let start = start.min(to);
        let end = self.content.floor_char_boundary(at.end).clamp(start, to);
        let column = self.content[from..start].chars().count() + 1;

        let before = self.shown(from, start, from);
        let marked = clip(&self.shown(start, end, from), AFTER);
        let after = clip(&self.shown(end, to, from), AFTER.saturating_sub(width(&marked)));
        let before = if width(&before) > BEFORE { format!("…{}", last_cells(&before, BEFORE / 2)) } else { before };
        Quote {
            line: line + 1,
            column,
            offset: width(&before),
            width: width(&marked).max(1),
            text: format!("{before}{marked}{after}").trim_end().to_owned(),
            label: sanitise(label).into_owned(),
        }
    }

    /// A part of the line that starts at `line_start`, harmless and with its secrets masked.
    fn shown(&self, from: usize, to: usize, line_start: usize) -> String {
        let line_end = self.content[line_start..].find('\n').map_or(self.content.len(), |at| line_start + at);
        let named: Vec<Range<usize>> = secrets_in(&self.content[line_start..line_end], self.broken)
            .into_iter()
            .map(|mask| line_start + mask.start..line_start + mask.end)
            .collect();
        let mut masks: Vec<&Range<usize>> =
            self.masks.iter().chain(&named).filter(|mask| mask.start < to && mask.end > from).collect();
        masks.sort_by_key(|mask| mask.start);
        let mut clear = String::new();
        let mut at = from;
        for mask in masks {
            clear.push_str(self.content.get(at..mask.start).unwrap_or_default());
            let begins_here = mask.start >= at;
            let comes_from_above = mask.start < line_start && from == line_start && at == from;
            if begins_here || comes_from_above {
                clear.push_str(MASK);
            }
            at = at.max(mask.end.min(to));
        }
        clear.push_str(self.content.get(at..to).unwrap_or_default());
        sanitise(&clear).into_owned()
    }
}

fn last_cells(text: &str, cells: usize) -> String {
    let mut kept: Vec<char> = Vec::new();
    let mut used = 0;
    for c in text.chars().rev() {
        used += width(c.encode_utf8(&mut [0; 4]));
        if used > cells {
            break;
        }
        kept.push(c);
    }
    kept.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quote(text: &str, at: Range<usize>, masks: &[Range<usize>]) -> Quote {
        let mut written = Text::new("a.toml", text);
        for mask in masks {
            written.mask(mask.clone());
        }
        written.quote(&at, "")
    }

    #[test]
    fn a_mark_stands_under_what_it_marks() {
        let text = "a = 1\r\n\tname = \"한국어\" # x\nlast";
        let at = |part: &str| text.find(part).map(|from| from..from + part.len()).unwrap_or_default();
        let name = quote(text, at("\"한국어\""), &[]);
        assert_eq!((name.line, name.column, name.offset, name.width), (2, 9, 8, 8));
        assert_eq!(name.text, " name = \"한국어\" # x");
        let first = quote(text, at("a = 1"), &[]);
        assert_eq!((first.line, first.column, first.text.as_str()), (1, 1, "a = 1"));
        let end = quote(text, text.len()..text.len(), &[]);
        assert_eq!((end.line, end.column, end.offset, end.width), (3, 5, 4, 1));
    }

    #[test]
    fn what_is_masked_or_named_like_a_secret_is_not_shown() {
        for (text, at, mask, shown) in [
            ("x = \"hunter2\" # c", 0..1, Some(4..13), "x = *** # c"),
            ("x = \"hunter2\" # c", 4..13, Some(4..13), "x = *** # c"),
            ("x = \"hunter2\" # c", 6..8, Some(4..13), "x = *** # c"),
            ("g = { url = 1, token = \"hunter2\" }", 6..9, None, "g = { url = 1, token = *** }"),
            ("\"Authorization\"= \"hunter2", 0..3, None, "\"Authorization\"= ***"),
            ("h = { Cookie = 'a b', X = { env = \"Y\" } }", 0..1, None, "h = { Cookie = ***, X = { env = \"Y\" } }"),
            ("h = { Cookie = { env = \"Y\" } }", 0..1, None, "h = { Cookie = { env = \"Y\" } }"),
            ("token: hunter2", 0..1, None, "token: ***"),
            ("a = 1 # password=hunter2, once", 0..1, None, "a = 1 # password=***, once"),
            ("url = \"http://kim:hunter2@g\"", 0..1, None, "url = \"http://***@g\""),
            ("token_file = \"/run/token\"", 0..3, None, "token_file = \"/run/token\""),
        ] {
            let masks: Vec<Range<usize>> = mask.into_iter().collect();
            assert_eq!(quote(text, at, &masks).text, shown);
        }
    }

    #[test]
    fn in_a_broken_file_all_behind_the_name_of_a_secret_is_hidden() {
        let mut written = Text::new("a.toml", "x = { token = { a hunter2 } }");
        written.set_broken();
        assert_eq!(written.quote(&(0..1), "").text, "x = { token = ***");
    }

    #[test]
    fn a_mask_that_began_on_a_line_above_still_hides() {
        let text = "x = '''\nhunter2\n'''";
        let range = 4..text.len();
        assert_eq!(quote(text, 10..12, &[range]).text, "***");
    }

    proptest! {
        #[test]
        fn any_range_of_any_text_can_be_quoted(text in any::<String>(), a in 0usize..200, b in 0usize..200) {
            let shown = quote(&text, a.min(b)..a.max(b), &[]);
            prop_assert!(shown.width >= 1);
            prop_assert!(width(&shown.text) <= BEFORE + AFTER + 2);
        }

        #[test]
        fn a_masked_part_never_shows(head in "[a-z =]{0,20}", tail in "[a-z =]{0,20}", at in 0usize..60) {
            let text = format!("{head}QQQQ{tail}");
            let masked = head.len()..head.len() + 4;
            prop_assert!(!quote(&text, at..at + 3, &[masked]).text.contains('Q'));
        }
    }
}

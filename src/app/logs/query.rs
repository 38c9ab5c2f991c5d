//! What is looked for in a log: letters in order and close together, or a regular expression.

use regex::{Regex, RegexBuilder};

/// The largest regular expression compiled, in bytes.
const MOST: usize = 1 << 20;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub enum Query {
    /// Nothing: everything fits.
    #[default]
    All,
    /// Each of these words; those with `!` before them must not be there.
    Words(Vec<Word>),
    /// A regular expression (`~` and the expression).
    Regex(Regex),
    /// A regular expression that is none yet, and why.
    Broken(String),
}

/// A word whose letters must be there in order and close together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    letters: String,
    /// A capital was typed.
    exact_case: bool,
    /// It must not be there.
    unwanted: bool,
}

impl Query {
    /// Reads what is typed.
    pub fn new(typed: &str) -> Self {
        let typed = typed.trim();
        if let Some(expression) = typed.strip_prefix('~') {
            if expression.is_empty() {
                return Self::All;
            }
            let any_case = !expression.chars().any(char::is_uppercase);
            return match RegexBuilder::new(expression).case_insensitive(any_case).size_limit(MOST).build() {
                Ok(regex) => Self::Regex(regex),
                Err(error) => Self::Broken(error.to_string().lines().last().unwrap_or_default().to_owned()),
            };
        }
        let words: Vec<Word> = typed.split_whitespace().filter_map(Word::new).collect();
        if words.is_empty() { Self::All } else { Self::Words(words) }
    }

    /// Whether everything fits.
    pub const fn is_all(&self) -> bool {
        matches!(self, Self::All | Self::Broken(_))
    }

    /// Whether a text fits.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::All | Self::Broken(_) => true,
            Self::Words(words) => words.iter().all(|word| word.find(text, 0).is_some() != word.unwanted),
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// Where it fits: byte ranges, in order, none touching another.
    pub fn spans(&self, text: &str) -> Vec<(usize, usize)> {
        let mut spans: Vec<(usize, usize)> = match self {
            Self::All | Self::Broken(_) => Vec::new(),
            Self::Regex(regex) => regex.find_iter(text).map(|found| (found.start(), found.end())).collect(),
            Self::Words(words) => words.iter().filter(|word| !word.unwanted).flat_map(|word| word.all(text)).collect(),
        };
        spans.retain(|(from, to)| from < to);
        spans.sort_unstable();
        spans.dedup_by(|next, before| {
            let overlaps = next.0 <= before.1;
            if overlaps {
                before.1 = before.1.max(next.1);
            }
            overlaps
        });
        spans
    }
}

impl Word {
    fn new(typed: &str) -> Option<Self> {
        let (unwanted, letters) = match typed.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        let exact_case = letters.chars().any(char::is_uppercase);
        (!letters.is_empty()).then(|| Self { letters: letters.to_owned(), exact_case, unwanted })
    }

    /// How far apart the first and the last letter may be: nearly as in the word itself, or every line would fit.
    const fn reach(&self) -> usize {
        let length = self.letters.len();
        if length < 3 { length } else { length + length / 2 }
    }

    /// The first place from `from` on, as a byte range.
    fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        // Bytes of longer characters must not be mixed with those of others: what is not ASCII is found as it is.
        if !self.letters.is_ascii() {
            return text.get(from..)?.find(&self.letters).map(|at| (from + at, from + at + self.letters.len()));
        }
        let (letters, bytes) = (self.letters.as_bytes(), text.as_bytes());
        let same = |one: u8, other: u8| if self.exact_case { one == other } else { one.eq_ignore_ascii_case(&other) };
        let (first, rest) = letters.split_first()?;
        (from..bytes.len()).filter(|at| same(bytes[*at], *first)).find_map(|start| {
            let end = (start + self.reach()).min(bytes.len());
            let mut at = start + 1;
            for letter in rest {
                at += bytes.get(at..end)?.iter().position(|byte| same(*byte, *letter))? + 1;
            }
            Some((start, at))
        })
    }

    fn all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (usize, usize)> + 't {
        let mut from = 0;
        std::iter::from_fn(move || {
            let found = self.find(text, from)?;
            from = found.1;
            Some(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_fit_in_order_and_close_together() {
        for (typed, text, spans) in [
            ("time", "connection Timed out", Some(vec![(11, 15)])),
            ("tmout", "the timeout", Some(vec![(4, 11)])),
            ("connpool", "connection pool", None),
            ("err 502", "ERROR: status 502", Some(vec![(0, 3), (14, 17)])),
            ("ERR", "an error", None),
            ("error !timeout", "error: timeout", None),
            ("error !timeout", "error: refused", Some(vec![(0, 5)])),
            ("결제", "주문 결제 실패", Some(vec![(7, 13)])),
            ("~time(d )?out", "Timed out", Some(vec![(0, 9)])),
            ("~Timed", "timed", None),
            ("", "anything", Some(vec![])),
        ] {
            let query = Query::new(typed);
            assert_eq!(query.fits(text), spans.is_some(), "{typed} in {text}");
            assert_eq!(query.spans(text), spans.clone().unwrap_or(query.spans(text)), "{typed} in {text}");
        }
    }

    #[test]
    fn an_expression_that_is_none_yet_hides_nothing() {
        let query = Query::new("~(a");
        assert!(matches!(query, Query::Broken(_)) && query.fits("anything") && query.is_all());
        assert!(matches!(Query::new(&format!("~{}", "(a{9999}){9999}")), Query::Broken(_)), "too large is refused");
    }

    proptest! {
        #[test]
        fn spans_are_whole_characters_in_order(typed in ".{0,12}", text in ".{0,80}") {
            let query = Query::new(&typed);
            let mut end = 0;
            for (from, to) in query.spans(&text) {
                prop_assert!(from >= end && to > from && text.is_char_boundary(from) && text.is_char_boundary(to));
                end = to;
            }
        }
    }
}

//! Fuzzy matching of typed text, with the characters that matched.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Typed text, ready to be matched against many names. Words are matched each for itself; case counts once a capital is typed.
pub(super) struct Fuzzy {
    matcher: Matcher,
    pattern: Pattern,
    buffer: Vec<char>,
}

impl Fuzzy {
    pub(super) fn new(typed: &str) -> Self {
        Self {
            matcher: Matcher::new(Config::DEFAULT),
            pattern: Pattern::new(typed, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy),
            buffer: Vec::new(),
        }
    }

    /// How well a name matches, and which of its graphemes did; `None` when it does not. Empty text matches everything.
    pub(super) fn matches(&mut self, name: &str) -> Option<(u32, Vec<u32>)> {
        let mut positions = Vec::new();
        let name = Utf32Str::new(name, &mut self.buffer);
        let score = self.pattern.indices(name, &mut self.matcher, &mut positions)?;
        positions.sort_unstable();
        positions.dedup();
        Some((score, positions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_match_in_order_and_say_where() {
        for (typed, name, positions) in [
            ("", "api-1", Some(vec![])),
            ("a1", "api-1", Some(vec![0, 4])),
            ("1a", "api-1", None),
            ("pay api", "payments-api", Some(vec![0, 1, 2, 9, 10, 11])),
            ("API", "api-1", None),
            ("한", "서비스-한국", Some(vec![4])),
        ] {
            let got = Fuzzy::new(typed).matches(name).map(|(_, positions)| positions);
            assert_eq!(got, positions, "{typed} in {name}");
        }
    }
}

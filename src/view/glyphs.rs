//! The characters that are not text: symbols, rules, sparkline levels. One set for UTF-8 terminals, one for all others.

use crate::domain::Verdict;

/// The characters that are not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Whether only ASCII may be drawn; foreign text is then reduced to it as well.
    pub(super) ascii: bool,
    critical: &'static str,
    warning: &'static str,
    unknown: &'static str,
    ok: &'static str,
    /// Silenced, inhibited, muted.
    pub(super) suppressed: &'static str,
    /// An alert that is not firing yet; a source that has not answered yet.
    pub(super) pending: &'static str,
    /// A value that does not exist.
    pub(super) not_applicable: &'static str,
    /// The row under the cursor.
    pub(super) cursor: &'static str,
    /// The heading of the sorted column, in its natural order and turned round.
    pub(super) sorted: [&'static str; 2],
    /// A rule between parts.
    pub(super) rule: &'static str,
    /// A rule between what stands side by side.
    pub(super) bar: &'static str,
    /// A threshold in a chart.
    pub(super) threshold: &'static str,
    /// A sparkline's levels, the lowest first.
    pub(super) levels: &'static [&'static str],
}

impl Glyphs {
    /// For terminals and locales that know UTF-8.
    pub const fn utf8() -> Self {
        Self {
            ascii: false,
            critical: "✖",
            warning: "▲",
            unknown: "?",
            ok: "✔",
            suppressed: "~",
            pending: "○",
            not_applicable: "·",
            cursor: "›",
            sorted: ["↓", "↑"],
            rule: "─",
            bar: "│",
            threshold: "╌",
            levels: &["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        }
    }

    /// For everything else.
    pub const fn ascii() -> Self {
        Self {
            ascii: true,
            critical: "x",
            warning: "!",
            unknown: "?",
            ok: "+",
            suppressed: "~",
            pending: "o",
            not_applicable: "-",
            cursor: ">",
            sorted: ["v", "^"],
            rule: "-",
            bar: "|",
            threshold: "-",
            levels: &["_", ".", "-", "=", "*", "#"],
        }
    }

    /// The symbol of a verdict.
    pub(super) const fn verdict(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Ok => self.ok,
            Verdict::Unknown => self.unknown,
            Verdict::Warning => self.warning,
            Verdict::Critical => self.critical,
        }
    }
}

//! The four answers a check can give, and how they combine.

use serde::{Deserialize, Serialize};

/// How a thing is. The order is the order of concern: `Ok < Unknown < Warning < Critical`, so the worst of several
/// is their maximum. Unknown outranks ok (not knowing is not health) and never hides a known warning.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Looked at, and nothing is wrong.
    #[default]
    Ok,
    /// Could not be looked at, wholly or in part.
    Unknown,
    /// Needs attention today.
    Warning,
    /// Needs attention now.
    Critical,
}

impl Verdict {
    /// Every verdict, worst first.
    pub const WORST_FIRST: [Self; 4] = [Self::Critical, Self::Warning, Self::Unknown, Self::Ok];

    /// The word shown everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The exit code of the monitoring-plugins convention: 0 ok, 1 warning, 2 critical, 3 unknown.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    /// Whether somebody should look.
    pub const fn is_problem(self) -> bool {
        !matches!(self, Self::Ok)
    }

    /// The worst of many; ok when there are none.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or_default()
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Critical, Ok, Unknown, Warning};
    use super::*;

    #[test]
    fn the_worst_wins_and_unknown_is_never_ok() {
        for (given, worst) in [
            (vec![], Ok),
            (vec![Ok, Ok], Ok),
            (vec![Ok, Unknown], Unknown),
            (vec![Unknown, Warning], Warning),
            (vec![Warning, Critical, Unknown], Critical),
        ] {
            assert_eq!(Verdict::worst(given.clone()), worst, "{given:?}");
        }
    }

    #[test]
    fn exit_codes_are_those_of_monitoring_plugins() {
        assert_eq!([Ok, Warning, Critical, Unknown].map(Verdict::exit_code), [0, 1, 2, 3]);
    }
}

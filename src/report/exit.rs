//! What the exit code says, and who may soften it.

use std::str::FromStr;

use crate::domain::{Snapshot, SourceState, Verdict};

/// From which exit code on `--once` fails. Codes below become 0, in the order of the codes themselves:
/// 1 warning, 2 critical, 3 unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum FailOn {
    /// Anything that is not ok.
    #[default]
    Warning,
    /// Critical and unknown.
    Critical,
    /// Unknown only.
    Unknown,
    /// Nothing that was looked at.
    Never,
}

impl FailOn {
    /// Every level with its name and what it does, for a command line's help.
    pub const TABLE: [(Self, &'static str, &'static str); 4] = [
        (Self::Warning, "warning", "exit 1 on a warning, 2 on critical, 3 on unknown"),
        (Self::Critical, "critical", "exit 0 on a warning, 2 on critical, 3 on unknown"),
        (Self::Unknown, "unknown", "exit 0 on a warning or critical, 3 on unknown"),
        (Self::Never, "never", "exit 0 whatever was found; still 3 when nothing could be looked at"),
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        Self::TABLE.iter().find(|(level, ..)| *level == self).map_or("warning", |(_, name, _)| name)
    }

    /// The lowest exit code that is kept.
    const fn threshold(self) -> u8 {
        match self {
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
            Self::Never => u8::MAX,
        }
    }
}

impl FromStr for FailOn {
    type Err = String;

    /// # Errors
    /// A sentence that names the levels there are.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::TABLE
            .iter()
            .find(|(_, name, _)| *name == text)
            .map(|(level, ..)| *level)
            .ok_or_else(|| format!("expected one of {}", Self::TABLE.map(|(_, name, _)| name).join(", ")))
    }
}

/// Whether at least one source answered at its last attempt. Without one, nothing was looked at.
fn anything_seen(snapshot: &Snapshot) -> bool {
    snapshot.sources.iter().any(|source| matches!(source.state, SourceState::Fresh { .. }))
}

/// The verdict a report gives: the snapshot's own, but unknown where no source answered. What was known before that
/// is history, not a verdict.
pub fn outcome(snapshot: &Snapshot) -> Verdict {
    if anything_seen(snapshot) { snapshot.verdict } else { Verdict::Unknown }
}

/// The exit code of a round: 0 ok, 1 warning, 2 critical, 3 unknown. Codes below `fail_on`'s become 0, except that
/// "could not look at all" is always 3.
pub fn exit_code(snapshot: &Snapshot, fail_on: FailOn) -> u8 {
    let code = outcome(snapshot).exit_code();
    if !anything_seen(snapshot) || code >= fail_on.threshold() { code } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn codes_below_the_level_become_zero() {
        use Verdict::{Critical, Ok, Unknown, Warning};
        for (fail_on, codes) in [
            (FailOn::Warning, [0, 1, 2, 3]),
            (FailOn::Critical, [0, 0, 2, 3]),
            (FailOn::Unknown, [0, 0, 0, 3]),
            (FailOn::Never, [0, 0, 0, 0]),
        ] {
            for (verdict, code) in [Ok, Warning, Critical, Unknown].into_iter().zip(codes) {
                let snapshot = Snapshot { verdict, ..sample::all_ok() };
                assert_eq!(exit_code(&snapshot, fail_on), code, "{verdict} with --fail-on {}", fail_on.name());
            }
        }
    }

    #[test]
    fn not_having_looked_is_unknown_whatever_is_asked_and_whatever_is_remembered() {
        for (_, name, _) in FailOn::TABLE {
            let fail_on: FailOn = name.parse().unwrap();
            assert_eq!(exit_code(&sample::nothing_reachable(), fail_on), 3, "--fail-on {name}");
            let remembered = Snapshot { verdict: Verdict::Critical, ..sample::nothing_reachable() };
            assert_eq!(exit_code(&remembered, fail_on), 3, "--fail-on {name}");
            let unconfigured = Snapshot { sources: Vec::new(), ..sample::all_ok() };
            assert_eq!(exit_code(&unconfigured, fail_on), 3, "--fail-on {name}");
        }
    }

    #[test]
    fn a_level_that_does_not_exist_is_refused_with_those_that_do() {
        assert_eq!("crit".parse::<FailOn>(), Err("expected one of warning, critical, unknown, never".to_owned()));
    }
}

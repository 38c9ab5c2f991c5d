//! A finding as a sentence, the same on every screen and in every report.

use jiff::Timestamp;

use super::time::age;
use crate::domain::{Finding, FindingKind};

/// A finding's reason with its age: `error rate 4.1% >= 1% for 12m`, `task killed: OutOfMemory, 12m ago`. What may have
/// held for longer than can be seen is `for 3h+`.
pub fn finding(finding: &Finding, now: Timestamp) -> String {
    let text = finding.text.as_str();
    let Some(since) = finding.since.filter(|since| since.at < now) else { return text.to_owned() };
    let age = age(since.at, now);
    let more = if since.or_earlier { "+" } else { "" };
    let is_event =
        matches!(finding.kind, FindingKind::OutOfMemory | FindingKind::DeploymentFailed | FindingKind::RolledBack);
    // Behind a quoted error the age would read as a part of it.
    let comma = if is_event || text.contains(": ") { "," } else { "" };
    if is_event { format!("{text}{comma} {age}{more} ago") } else { format!("{text}{comma} for {age}{more}") }
}

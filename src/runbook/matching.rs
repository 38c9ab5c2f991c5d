//! Which runbooks an alert is a case for.

use glob::Pattern;

use crate::domain::{Alert, Runbook, ServiceId, Snapshot};

/// How a runbook fits an alert, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The alert names it, by its annotation `runbook` or at the end of its `runbook_url`.
    Named,
    /// The alert's `runbook_url` is one of its addresses.
    Address,
    /// The alert's name and labels are ones it is for.
    Described,
}

/// Whether and how a runbook fits an alert.
pub fn fit(runbook: &Runbook, alert: &Alert) -> Option<Fit> {
    let annotation = |name: &str| alert.annotations.get(name).map(|text| text.trim());
    let url = annotation("runbook_url");
    if annotation("runbook") == Some(&runbook.name) || url.is_some_and(|url| last_word(url) == runbook.name) {
        return Some(Fit::Named);
    }
    let applies = &runbook.applies;
    if url.is_some_and(|url| applies.runbook_urls.iter().any(|glob| matches(glob, url))) {
        return Some(Fit::Address);
    }
    if applies.alerts.is_empty() && applies.labels.is_empty() {
        return None;
    }
    let by_name = applies.alerts.is_empty() || applies.alerts.iter().any(|glob| matches(glob, &alert.name));
    let by_labels =
        applies.labels.iter().all(|(label, glob)| matches(glob, alert.labels.get(label).map_or("", String::as_str)));
    (by_name && by_labels).then_some(Fit::Described)
}

/// The alert a runbook is for, of those that fire (of one service, where one is given): the surest, then the worst.
pub fn best_alert<'s>(runbook: &Runbook, snapshot: &'s Snapshot, service: Option<&ServiceId>) -> Option<&'s Alert> {
    let is_about = |alert: &&Alert| service.is_none_or(|id| alert.service.as_ref() == Some(id));
    let active = snapshot.alerts.iter().filter(|alert| alert.is_active()).filter(is_about);
    active.filter_map(|alert| Some((fit(runbook, alert)?, alert))).min_by_key(|(fit, _)| *fit).map(|(_, alert)| alert)
}

/// `prometheus-down` of `https://wiki/runbooks/prometheus-down.md#restart`.
fn last_word(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let word = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    word.split_once('.').map_or(word, |(word, _)| word)
}

fn matches(glob: &str, text: &str) -> bool {
    Pattern::new(glob).is_ok_and(|glob| glob.matches(text))
}

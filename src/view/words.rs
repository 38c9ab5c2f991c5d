//! How things are said: ages, values, states, with the role each is drawn in.

use jiff::{Timestamp, ToSpan as _};

use crate::app::Model;
use crate::domain::{
    Alert, AlertSight, AlertState, Finding, Observed, Severity, SignalHealth, Snapshot, SourceKind, SourceState,
    SourceStatus, Suppression, Task, TaskState, Unit, Verdict,
};
use crate::format;
use crate::theme::Role;

use super::Glyphs;
use super::canvas::{Piece, piece};

/// The role of a verdict.
pub(super) const fn verdict_role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Ok => Role::Ok,
        Verdict::Unknown => Role::Unknown,
        Verdict::Warning => Role::Warning,
        Verdict::Critical => Role::Critical,
    }
}

/// How long ago something was: `12m`.
pub(super) fn age(model: &Model, then: Timestamp) -> String {
    format::age(then, model.shown_now)
}

/// How long ago something was, in a sentence: `12m ago`, `just now`.
pub(super) fn ago(model: &Model, then: Timestamp) -> String {
    if model.shown_now.duration_since(then).as_secs() < 5 {
        "just now".to_owned()
    } else {
        format!("{} ago", age(model, then))
    }
}

/// How long until something, or how long since it was due.
pub(super) fn left(model: &Model, until: Timestamp) -> String {
    if until > model.shown_now { format!("{} left", format::age(model.shown_now, until)) } else { "over".to_owned() }
}

/// The wall clock, with the day where it is another one.
pub(super) fn clock(model: &Model, at: Timestamp) -> String {
    let (then, now) = (at.to_zoned(model.zone.clone()), model.shown_now.to_zoned(model.zone.clone()));
    if then.date() == now.date() {
        then.strftime("%H:%M").to_string()
    } else if now.date().checked_sub(1.day()).is_ok_and(|yesterday| yesterday == then.date()) {
        then.strftime("yesterday %H:%M").to_string()
    } else {
        then.strftime("%b %-d %H:%M").to_string()
    }
}

/// A finding's reason with its age: `error rate 4.1% >= 1% for 12m`.
pub(super) fn finding_text(model: &Model, finding: &Finding) -> String {
    format::finding(finding, model.shown_now)
}

/// Where a finding is known from and how fresh that is: `prometheus, 3s ago`.
pub(super) fn evidence_text(model: &Model, finding: &Finding) -> String {
    format!("{}, {}", finding.evidence.source, ago(model, finding.evidence.at))
}

/// What the age of a stale value looks like beside it.
pub(super) fn stale_age<T>(model: &Model, observed: &Observed<T>) -> Option<String> {
    match observed {
        Observed::Stale(sampled, _) => Some(age(model, sampled.at)),
        _ => None,
    }
}

/// A value as a cell: its text and its role. `calm` is the role of a value that nothing is wrong with.
pub(super) fn value_cell(signal: &SignalHealth, unit: Unit, calm: Role, glyphs: &Glyphs) -> Piece<'static> {
    match &signal.now {
        Observed::Fresh(sampled) => {
            let role = match signal.level {
                Verdict::Critical => Role::Critical,
                Verdict::Warning => Role::Warning,
                Verdict::Ok | Verdict::Unknown => calm,
            };
            piece(format::measure(sampled.value, unit), role)
        }
        Observed::Stale(sampled, _) => piece(format::measure(sampled.value, unit), Role::Stale),
        Observed::Unknown(_) => piece("?", Role::Unknown),
        Observed::NotApplicable(_) => piece(glyphs.not_applicable, Role::Dim),
    }
}

/// A source's state in a word or two, and how bad that is.
pub(super) fn source_state(model: &Model, source: &SourceStatus) -> (String, Verdict) {
    match &source.state {
        SourceState::Standby => ("standby".to_owned(), Verdict::Ok),
        SourceState::Waiting => ("asking".to_owned(), Verdict::Unknown),
        SourceState::Fresh { .. } if !source.problems.is_empty() => ("in part".to_owned(), Verdict::Warning),
        SourceState::Fresh { .. } => ("ok".to_owned(), Verdict::Ok),
        SourceState::Stale { at } => (format!("stale {}", age(model, *at)), Verdict::Warning),
        SourceState::Failing { since, .. } => (format!("failing {}", age(model, *since)), Verdict::Critical),
    }
}

/// The role of a task's state: what runs recedes, what ended by itself stands out.
pub(super) fn task_role(task: &Task) -> Role {
    match task.state {
        TaskState::Pending | TaskState::Stopping => Role::Text,
        TaskState::Stopped if task.crashed() || task.was_out_of_memory() => Role::Warning,
        TaskState::Running | TaskState::Stopped => Role::Dim,
    }
}

/// When the newest good answer of any source was complete.
pub(super) fn newest_answer(snapshot: &Snapshot) -> Option<Timestamp> {
    snapshot.sources.iter().filter_map(SourceStatus::last_good).max()
}

/// What is said where no alert is listed, and its role: that there is none only where everybody who would know says so.
pub(super) fn no_alerts(model: &Model, snapshot: &Snapshot) -> (String, Role) {
    match snapshot.alert_sight() {
        AlertSight::Whole => ("none".to_owned(), Role::Dim),
        AlertSight::Part(blind) => (format!("none seen; not known now: those of {}", named(&blind)), Role::Unknown),
        AlertSight::Lost(at) => {
            (format!("unknown: none {}, and no source of alerts answers now", ago(model, at)), Role::Unknown)
        }
        AlertSight::Never => ("unknown: no source of alerts has answered".to_owned(), Role::Unknown),
    }
}

/// The names of sources.
pub(super) fn named(sources: &[SourceKind]) -> String {
    sources.iter().map(|source| source.name()).collect::<Vec<_>>().join(", ")
}

/// An alert's symbol and how it is drawn; one that nobody reports any more recedes, whatever it was.
pub(super) fn alert_mark(snapshot: &Snapshot, alert: &Alert, glyphs: &Glyphs) -> (&'static str, Role) {
    let (mark, role) = live_alert_mark(alert, glyphs);
    (mark, if snapshot.is_stale(alert) { Role::Stale } else { role })
}

/// When an alert was last reported, where everybody who reported it has stopped answering: it may have ended since.
pub(super) fn last_seen(model: &Model, snapshot: &Snapshot, alert: &Alert) -> Option<String> {
    if !snapshot.is_stale(alert) {
        return None;
    }
    let answers = alert.seen_in.iter().filter_map(|kind| snapshot.source(*kind)?.last_good());
    Some(answers.max().map_or_else(|| "not seen now".to_owned(), |at| format!("last seen {}", ago(model, at))))
}

fn live_alert_mark(alert: &Alert, glyphs: &Glyphs) -> (&'static str, Role) {
    if alert.suppression.is_some() {
        return (glyphs.suppressed, Role::Suppressed);
    }
    match (alert.state, alert.severity) {
        (AlertState::Pending, _) => (glyphs.pending, Role::Text),
        (AlertState::Firing, Severity::Info) => (glyphs.pending, Role::Dim),
        (AlertState::Firing, severity) => (glyphs.verdict(severity.verdict()), verdict_role(severity.verdict())),
    }
}

/// The service an alert is about.
pub(super) fn alert_service(alert: &Alert) -> &str {
    match (&alert.service, &alert.owner) {
        (Some(id), _) => &id.name,
        (None, Some(owner)) => &owner.service,
        (None, None) => "",
    }
}

/// Why an alert notifies nobody and for how long: `silenced by kim, 40m left`.
pub(super) fn suppression_text(model: &Model, snapshot: &Snapshot, suppression: &Suppression) -> String {
    let word = suppression.word();
    match suppression {
        Suppression::Silenced(ids) => {
            let silence = snapshot.silences.iter().find(|silence| ids.contains(&silence.id));
            match silence {
                Some(silence) => {
                    let until = silence.ends_at.map(|ends| format!(", {}", left(model, ends))).unwrap_or_default();
                    format!("{word} by {}{until}", silence.created_by)
                }
                None => word.to_owned(),
            }
        }
        Suppression::Inhibited(_) => format!("{word} by another alert"),
        Suppression::Muted(names) if names.is_empty() => word.to_owned(),
        Suppression::Muted(names) => format!("{word} by {}", names.join(", ")),
    }
}

/// A twelve-digit account in groups of four, as the AWS console shows it.
pub(super) fn account_text(account: &str) -> String {
    if account.len() == 12 && account.is_ascii() {
        format!("{}-{}-{}", &account[..4], &account[4..8], &account[8..])
    } else {
        account.to_owned()
    }
}

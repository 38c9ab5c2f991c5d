//! What every format says the same way: names, reasons, counts, the state of alerts and sources.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use jiff::Timestamp;

use super::super::ink::Tone;
use super::super::outcome;
use super::Options;
use crate::domain::{
    Alert, AlertState, Evidence, Finding, Observed, ServiceHealth, ServiceId, Signal, SignalHealth, Snapshot,
    SourceKind, SourceState, SourceStatus, Suppression, TaskCounts, Verdict,
};
use crate::format::{self, sanitise};

/// Foreign text, once more made harmless on its way out.
pub fn clean(text: &str) -> String {
    sanitise(text).into_owned()
}

/// Services as people call them: by name, with the cluster only where two would otherwise be called the same.
pub struct Names<'a> {
    repeated: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    /// Looks at all services, shown or not, so that a filter never renames one.
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let mut seen = HashSet::new();
        let names = snapshot.services.iter().map(|service| service.id.name.as_str());
        Self { repeated: names.filter(|name| !seen.insert(*name)).collect() }
    }

    /// The name to show.
    pub fn label(&self, id: &ServiceId) -> String {
        if self.repeated.contains(id.name.as_str()) { clean(&id.to_string()) } else { clean(&id.name) }
    }

    /// Whom an alert is about, where that is known.
    pub fn subject(&self, alert: &Alert) -> Option<String> {
        alert
            .service
            .as_ref()
            .map(|id| self.label(id))
            .or_else(|| alert.owner.as_ref().map(|owner| clean(&owner.service)))
    }
}

/// The services to show.
pub fn shown<'a>(snapshot: &'a Snapshot, options: &Options) -> impl Iterator<Item = &'a ServiceHealth> {
    let problems_only = options.problems_only;
    snapshot.services.iter().filter(move |service| !problems_only || service.verdict.is_problem())
}

/// Services that share the same lines about them, in the order in which they first came.
pub fn grouped<'a>(
    services: impl Iterator<Item = &'a ServiceHealth>,
    names: &Names<'_>,
    lines: impl Fn(&'a ServiceHealth) -> String,
) -> Vec<(Vec<String>, String)> {
    let mut groups: Vec<(Vec<String>, String)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for service in services {
        let lines = lines(service);
        let group = *known.entry(lines.clone()).or_insert_with(|| {
            groups.push((Vec::new(), lines));
            groups.len() - 1
        });
        groups[group].0.push(names.label(&service.id));
    }
    groups
}

/// The alerts to show: all of them, or those that are somebody's problem.
pub fn shown_alerts<'a>(snapshot: &'a Snapshot, options: &Options) -> impl Iterator<Item = &'a Alert> {
    let problems_only = options.problems_only;
    snapshot
        .alerts
        .iter()
        .filter(move |alert| !problems_only || (alert.is_active() && alert.severity.verdict().is_problem()))
}

/// Sources that did not answer, or not wholly.
pub fn troubled_sources(snapshot: &Snapshot) -> impl Iterator<Item = &SourceStatus> {
    snapshot.sources.iter().filter(|source| match source.state {
        SourceState::Standby | SourceState::Fresh { .. } => !source.problems.is_empty(),
        SourceState::Waiting | SourceState::Stale { .. } | SourceState::Failing { .. } => true,
    })
}

/// Whether there is nothing at all that somebody should look at.
pub fn is_clean(snapshot: &Snapshot, options: &Options) -> bool {
    let quiet = Options { problems_only: true, ..options.clone() };
    outcome(snapshot) == Verdict::Ok
        && shown(snapshot, &quiet).next().is_none()
        && shown_alerts(snapshot, &quiet).next().is_none()
        && troubled_sources(snapshot).next().is_none()
        && !snapshot.findings.iter().any(|finding| finding.verdict.is_problem())
}

/// `prod ap-northeast-2`, with `DEMO` in front of what is not real.
pub fn place(snapshot: &Snapshot) -> String {
    let context = &snapshot.context;
    let demo = context.demo.then_some("DEMO");
    let parts = [demo, Some(context.name.as_str()), context.region.as_deref()];
    clean(&parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
}

/// The date and time for people: `2026-11-22 09:02:14 KST`.
pub fn moment(at: Timestamp, options: &Options) -> String {
    at.to_zoned(options.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// `1 critical, 1 warning, 4 ok`; verdicts nobody has are left out.
pub fn counts(snapshot: &Snapshot) -> String {
    let parts: Vec<String> = snapshot
        .tally()
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(verdict, number)| format!("{number} {}", verdict.word()))
        .collect();
    let listed = snapshot.source(SourceKind::Ecs).is_some_and(|ecs| matches!(ecs.state, SourceState::Fresh { .. }));
    match (parts.is_empty(), listed) {
        (false, _) => parts.join(", "),
        (true, true) => "no services".to_owned(),
        (true, false) => "no services known".to_owned(),
    }
}

/// A finding with its age, on one harmless line.
pub fn reason(finding: &Finding, now: Timestamp) -> String {
    clean(&format::finding(finding, now))
}

/// Where a finding comes from and how old that is: `prometheus, 3s ago`.
pub fn origin(evidence: &Evidence, now: Timestamp) -> String {
    format!("{}, {} ago", evidence.source, format::age(evidence.at, now))
}

/// A cell: its text and how it is said. A stale value carries `~`, one of the fallback `^`; an unknown one is `?`, one
/// that cannot exist `·`.
pub fn value<T>(observed: &Observed<T>, level: Verdict, text: impl Fn(&T) -> Option<String>) -> (String, Tone) {
    let known = observed.sampled().and_then(|sampled| text(&sampled.value));
    match (observed, known) {
        (Observed::NotApplicable(_), _) => ("·".to_owned(), Tone::Dim),
        (Observed::Fresh(sampled), Some(text)) => {
            let sign = if sampled.source == SourceKind::CloudWatch { "^" } else { "" };
            (text + sign, if level == Verdict::Ok { Tone::Plain } else { Tone::of(level) })
        }
        (Observed::Stale(..), Some(text)) => (text + "~", Tone::Dim),
        _ => ("?".to_owned(), Tone::Unknown),
    }
}

/// The cell of a signal.
pub fn signal(service: &ServiceHealth, signal: Signal) -> (String, Tone) {
    let SignalHealth { now, level, .. } = service.signal(signal);
    value(now, *level, |number| number.is_finite().then(|| format::measure(*number, signal.unit())))
}

/// The cell of running and wanted tasks.
pub fn tasks(service: &ServiceHealth) -> (String, Tone) {
    value(&service.tasks, Verdict::Ok, |TaskCounts { running, desired, .. }| Some(format!("{running}/{desired}")))
}

/// Where an alert is in its life: `firing 12m`, `pending 2m`, `silenced by kim, 40m left`.
pub fn alert_state(alert: &Alert, snapshot: &Snapshot) -> String {
    match &alert.suppression {
        Some(Suppression::Silenced(ids)) => silenced(ids, snapshot),
        Some(Suppression::Muted(intervals)) if !intervals.is_empty() => {
            clean(&format!("muted by {}", intervals.join(", ")))
        }
        Some(suppression) => suppression.word().to_owned(),
        None => {
            let word = match alert.state {
                AlertState::Firing => "firing",
                AlertState::Pending => "pending",
            };
            alert.since.map_or_else(|| word.to_owned(), |since| format!("{word} {}", format::age(since, snapshot.at)))
        }
    }
}

/// Who silenced an alert and for how long yet, by the silence that ends last.
fn silenced(ids: &[String], snapshot: &Snapshot) -> String {
    let silences = snapshot.silences.iter().filter(|silence| ids.contains(&silence.id));
    let Some(silence) = silences.max_by_key(|silence| silence.ends_at) else { return "silenced".to_owned() };
    let mut text = "silenced".to_owned();
    if !silence.created_by.is_empty() {
        text.push_str(" by ");
        text.push_str(&clean(&silence.created_by));
    }
    if let Some(end) = silence.ends_at.filter(|end| *end > snapshot.at) {
        text.push_str(", ");
        text.push_str(&format::age(snapshot.at, end));
        text.push_str(" left");
    }
    text
}

/// What is wrong with a source, in sentences, and the next steps.
pub struct Trouble {
    /// What is wrong, the whole first.
    pub what: Vec<String>,
    /// What to do about it.
    pub hints: Vec<String>,
}

/// What is wrong with a source.
pub fn trouble(source: &SourceStatus, now: Timestamp) -> Trouble {
    let mut what = Vec::new();
    let mut errors = Vec::new();
    match &source.state {
        SourceState::Standby | SourceState::Fresh { .. } => {}
        SourceState::Waiting => what.push("no answer yet".to_owned()),
        SourceState::Stale { at } => {
            what.push(format!("stale: overdue, last answer {} ago", format::age(*at, now)));
        }
        SourceState::Failing { last_good, since, error } => {
            let last = last_good.map_or_else(
                || "never answered".to_owned(),
                |at| format!("failing for {}, last answer {} ago", format::age(*since, now), format::age(at, now)),
            );
            what.push(format!("{last}: {}", clean(&error.what)));
            errors.push(error);
        }
    }
    what.extend(source.problems.iter().map(|problem| format!("in part: {}", clean(&problem.what))));
    errors.extend(&source.problems);
    let mut hints: Vec<String> = Vec::new();
    for hint in errors.into_iter().filter_map(|error| error.hint.as_deref()).map(clean) {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    Trouble { what, hints }
}

/// How many reasons are given for one mark.
const MAX_REASONS: usize = 3;

/// Why cells are marked: each mark that stands in the rows shown, with the reasons for it.
pub fn marks(snapshot: &Snapshot, options: &Options) -> Vec<String> {
    let mut stale: BTreeMap<&str, Timestamp> = BTreeMap::new();
    let mut unknown: BTreeSet<&str> = BTreeSet::new();
    let mut fallback: Option<Timestamp> = None;
    for service in shown(snapshot, options) {
        match &service.tasks {
            Observed::Fresh(_) | Observed::NotApplicable(_) => {}
            Observed::Stale(sampled, why) => note_stale(&mut stale, why, sampled.at),
            Observed::Unknown(why) => _ = unknown.insert(why),
        }
        for signal in Signal::ROUND {
            match &service.signal(signal).now {
                Observed::Fresh(sampled) | Observed::Stale(sampled, _) if !sampled.value.is_finite() => {
                    unknown.insert(NOT_A_NUMBER);
                }
                Observed::Fresh(sampled) if sampled.source == SourceKind::CloudWatch => {
                    fallback = Some(fallback.map_or(sampled.at, |oldest| oldest.min(sampled.at)));
                }
                Observed::Fresh(_) | Observed::NotApplicable(_) => {}
                Observed::Stale(sampled, why) => note_stale(&mut stale, why, sampled.at),
                Observed::Unknown(why) => _ = unknown.insert(why),
            }
        }
    }
    let stale = stale
        .into_iter()
        .map(|(why, at)| format!("~ stale, up to {} old: {}", format::age(at, snapshot.at), clean(why)))
        .collect();
    let unknown = unknown.into_iter().map(|why| format!("? unknown: {}", clean(why))).collect();
    let fallback = fallback
        .map(|at| format!("^ from {}, up to {} old", SourceKind::CloudWatch, format::age(at, snapshot.at)))
        .into_iter()
        .collect();
    [some_of(stale), fallback, some_of(unknown)].concat()
}

/// Why a value that was read is still not known.
pub const NOT_A_NUMBER: &str = "the value read is not a finite number";

fn note_stale<'a>(stale: &mut BTreeMap<&'a str, Timestamp>, why: &'a str, at: Timestamp) {
    stale.entry(why).and_modify(|oldest| *oldest = at.min(*oldest)).or_insert(at);
}

/// The first few, and how many there are beside them.
fn some_of(mut reasons: Vec<String>) -> Vec<String> {
    let more = reasons.len().saturating_sub(MAX_REASONS);
    reasons.truncate(MAX_REASONS);
    if more > 0
        && let Some(last) = reasons.last_mut()
    {
        let _ = write!(last, " (and {})", format::count(more, "other reason"));
    }
    reasons
}

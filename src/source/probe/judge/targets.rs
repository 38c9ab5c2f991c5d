//! Scrape targets: those that are down, and why.

use std::collections::BTreeMap;

use super::Case;
use super::tally::Tally;
use super::who;
use crate::domain::{Check, CheckState, SourceKind, Target, TargetHealth, Task};
use crate::format;

const FROM: &str = "GET /api/v1/targets";

/// How Prometheus words why a scrape failed, and what that means.
const WORDS: [(&str, &str); 11] = [
    ("connection refused", "connection-refused"),
    ("i/o timeout", "connect-timeout"),
    ("connection timed out", "connect-timeout"),
    // Said of packets that are dropped and of a target that is slow alike.
    ("deadline exceeded", "scrape-timeout"),
    ("timeout", "scrape-timeout"),
    ("no route to host", "unreachable"),
    ("unreachable", "unreachable"),
    ("no such host", "name-unresolved"),
    ("server misbehaving", "name-unresolved"),
    ("server returned http status", "http-error"),
    ("invalid", "bad-metrics"),
];

/// What an error of a scrape means, by the name of a cause.
pub fn meaning(error: &str) -> Option<&'static str> {
    let error = error.to_lowercase();
    WORDS.iter().find(|(words, _)| error.contains(words)).map(|(_, cause)| *cause)
}

/// Looks at them.
pub fn judge<E>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    if let Some(why) = unseen(case) {
        tally.unknown(format!("the scrape targets are not known: {why}"), FROM);
        if let Some(step) = who::remedy(case, SourceKind::Prometheus) {
            tally.next(step);
        }
        return;
    }
    let only = match check.told("service") {
        Some(_) => match who::service(case, check, tally) {
            Some(service) => Some(service),
            None => return,
        },
        None => None,
    };
    let targets: Vec<&Target> = match only {
        Some(service) => who::targets(case.snapshot, service).collect(),
        None => case.snapshot.targets.iter().collect(),
    };
    if targets.is_empty() {
        match only {
            Some(service) => {
                tally.note(CheckState::Warn, format!("no target is of {}", service.id.name), FROM);
                tally.next(format!("see why: rounds check discovery --service {}", service.id));
            }
            None => tally.fail("no-targets", "nothing is scraped at all", FROM),
        }
        return;
    }
    let down: Vec<&Target> = targets.iter().copied().filter(|target| who::is_down(target)).collect();
    let waiting = targets.iter().filter(|target| target.health == TargetHealth::Unknown).count();
    listed(case, &down, targets.len(), tally);
    if waiting > 0 {
        tally.pass(format!("{} not scraped yet", format::count(waiting, "target")), FROM);
    }
    let up = targets.len() - down.len() - waiting;
    tally.pass(format!("{up} of {} up", format::count(targets.len(), "target")), FROM);
    if down.is_empty() {
        tally.summary(format!("{up} of {} up", format::count(targets.len(), "target")));
        return;
    }
    zone(case, &down, &targets, tally);
}

/// Why targets cannot be judged.
pub fn unseen<E>(case: &Case<'_, E>) -> Option<String> {
    if case.snapshot.source(SourceKind::Prometheus).is_none() {
        return Some("prometheus is not configured in this context".to_owned());
    }
    who::blindness(case, SourceKind::Prometheus)
        .or_else(|| (!case.snapshot.targets_known).then(|| "this server does not list them".to_owned()))
}

fn listed<E>(case: &Case<'_, E>, down: &[&Target], of: usize, tally: &mut Tally) {
    let mut jobs: BTreeMap<&str, usize> = BTreeMap::new();
    for target in down {
        *jobs.entry(&target.job).or_default() += 1;
        let error = if target.last_error.is_empty() { "the last scrape failed" } else { &target.last_error };
        let task = who::task_at(case.snapshot, target.host());
        let whose = task.map(|(service, task)| {
            let zone = task.zone.as_deref().map(|zone| format!(", {zone}")).unwrap_or_default();
            format!(" (task {} of {}{zone})", task.short_id(), service.id.name)
        });
        let text = format!("{} of {}{} is down: {error}", target.instance, target.job, whose.unwrap_or_default());
        // A single one of many may wait; a whole job may not.
        let state = if down.len() * 2 >= of { CheckState::Fail } else { CheckState::Warn };
        tally.note(state, text, format!("{FROM} {}", target.url));
        tally.cause("target-down");
        if let Some(cause) = meaning(error) {
            tally.cause(cause);
        }
        if let Some((_, task)) = task {
            tally.fact("task", task.id.clone());
        }
    }
    if !down.is_empty() {
        let jobs: Vec<String> = jobs.iter().map(|(job, number)| format!("{number} of {job}")).collect();
        tally.summary(format!("{} of {} down: {}", down.len(), format::count(of, "target"), jobs.join(", ")));
        tally.next(
            "try the way from here: rounds check tcp; where nothing connects it is a security group as a rule, else the task",
        );
    }
}

/// Whether a zone is what they share.
fn zone<E>(case: &Case<'_, E>, down: &[&Target], all: &[&Target], tally: &mut Tally) {
    let tasks: Vec<&Task> =
        down.iter().filter_map(|target| who::task_at(case.snapshot, target.host())).map(|(_, task)| task).collect();
    let Some(zone) = who::one_zone(case.snapshot, &tasks).filter(|_| tasks.len() == down.len()) else { return };
    let elsewhere = all.iter().any(|target| {
        !who::is_down(target)
            && who::task_at(case.snapshot, target.host()).is_some_and(|(_, task)| task.zone.as_deref() != Some(zone))
    });
    if elsewhere {
        tally.note(CheckState::Fail, format!("every target that is down is in {zone}; elsewhere they are up"), FROM);
        tally.cause("one-zone");
        tally.next_above_all(format!("{zone} is the common ground: see the AWS health page, and move tasks out of it"));
    }
}

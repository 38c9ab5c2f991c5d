//! The alerts that fire: how many, how old, and what they have in common.

use std::collections::BTreeSet;

use super::Case;
use super::tally::Tally;
use super::who;
use crate::domain::{Alert, AlertState, Check, CheckState, Severity, SourceKind, Suppression, Task};
use crate::format;

/// From here on it is a storm.
const STORM: (usize, usize) = (5, 3);

/// How many alerts are listed one by one.
const LISTED: usize = 12;

/// Looks at them.
pub fn judge<E>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let only = match check.told("service") {
        Some(_) => match who::service(case, check, tally) {
            Some(service) => Some(&service.id),
            None => return,
        },
        None => None,
    };
    unseen(case, tally);
    let is_meant = |alert: &&Alert| only.is_none_or(|id| alert.service.as_ref() == Some(id));
    let all: Vec<&Alert> =
        case.snapshot.alerts.iter().filter(|alert| alert.severity != Severity::Info).filter(is_meant).collect();
    let firing: Vec<&Alert> = all.iter().copied().filter(|alert| alert.is_active()).collect();
    tally.fact("firing", firing.len().to_string());
    for alert in firing.iter().take(LISTED) {
        let state = if alert.severity == Severity::Critical { CheckState::Fail } else { CheckState::Warn };
        let about = alert.service.as_ref().map(|id| format!(" of {}", id.name)).unwrap_or_default();
        let summary = alert.summary().map(|text| format!(": {text}")).unwrap_or_default();
        let since = alert.since.map(|at| format!(" for {}", format::age(at, case.now))).unwrap_or_default();
        tally.note(state, format!("{}{about} fires{since}{summary}", alert.name), source(alert));
        tally.cause("firing");
    }
    quiet(&all, tally);
    if firing.is_empty() {
        if tally.state() == CheckState::Pass {
            tally.summary("no alert fires");
        }
        return;
    }
    common(case, &firing, tally);
}

fn source(alert: &Alert) -> String {
    alert.seen_in.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}

/// Where alerts come from that do not answer.
fn unseen<E>(case: &Case<'_, E>, tally: &mut Tally) {
    let kinds = [SourceKind::Prometheus, SourceKind::Alertmanager, SourceKind::Grafana];
    let there = kinds.into_iter().filter_map(|kind| case.snapshot.source(kind));
    let mut is_told = false;
    for source in there {
        let kind = source.kind;
        if !source.owes_alerts {
            tally.pass(format!("{kind} is not asked for alerts"), "the configuration");
            continue;
        }
        match who::blindness(case, kind).or_else(|| source.blind_to_alerts()) {
            Some(why) => {
                is_told = true;
                tally.unknown(format!("the alerts of {kind} are not known: {why}"), kind.name());
                tally.cause("alerts-unseen");
                if let Some(step) = who::remedy(case, kind) {
                    tally.next(step);
                }
            }
            None if source.tells_alerts => {
                is_told = true;
                tally.pass(format!("{kind} answers"), kind.name());
            }
            None => tally.pass(format!("{kind} answers, and has no alerts of its own"), kind.name()),
        }
    }
    if !is_told {
        tally.unknown("no source of alerts is configured", "the configuration");
    }
}

/// What notifies nobody, and what may fire soon.
fn quiet(all: &[&Alert], tally: &mut Tally) {
    let count = |is: &dyn Fn(&Alert) -> bool| all.iter().filter(|alert| is(alert)).count();
    let suppressed = |word: &str| {
        count(&|alert: &Alert| alert.suppression.as_ref().is_some_and(|suppression| suppression.word() == word))
    };
    let words = [Suppression::Silenced(Vec::new()), Suppression::Inhibited(Vec::new()), Suppression::Muted(Vec::new())];
    for word in words.iter().map(Suppression::word) {
        let number = suppressed(word);
        if number > 0 {
            tally.pass(format!("{} {word}", format::count(number, "alert")), "alertmanager");
        }
    }
    let pending = count(&|alert: &Alert| alert.state == AlertState::Pending);
    if pending > 0 {
        tally.pass(format!("{} pending", format::count(pending, "alert")), "prometheus");
    }
}

/// What all of them share.
fn common<E>(case: &Case<'_, E>, firing: &[&Alert], tally: &mut Tally) {
    let services: BTreeSet<String> =
        firing.iter().filter_map(|alert| alert.service.as_ref()).map(ToString::to_string).collect();
    let owned = firing.iter().all(|alert| alert.service.is_some());
    let oldest = firing.iter().filter_map(|alert| alert.since.map(|at| (at, alert))).min_by_key(|(at, _)| *at);
    let mut parts = vec![format!("{} fire", format::count(firing.len(), "alert"))];
    if let Some((at, alert)) = oldest {
        parts.push(format!("the oldest, {}, for {}", alert.name, format::age(at, case.now)));
    }
    if firing.len() >= STORM.0 && services.len() >= STORM.1 {
        tally.cause("storm");
        parts.push(format!("in {}", format::count(services.len(), "service")));
    }
    let tasks = concerned(case, firing);
    let label = |name: &str| {
        let values: BTreeSet<&String> = firing.iter().filter_map(|alert| alert.labels.get(name)).collect();
        let everywhere = firing.iter().all(|alert| alert.labels.contains_key(name));
        (everywhere && values.len() == 1).then(|| values.into_iter().next().cloned()).flatten()
    };
    let labelled = ["zone", "availability_zone", "az"].into_iter().find_map(label).filter(|_| firing.len() > 1);
    if let Some(zone) = labelled.or_else(|| who::one_zone(case.snapshot, &tasks).map(str::to_owned)) {
        let text = format!("every task they name is in {zone}: {} of them", tasks.len());
        tally.note(CheckState::Fail, text, "ecs:DescribeTasks");
        tally.cause("one-zone");
        tally.next_above_all(format!("{zone} is the common ground: see the AWS health page, and move tasks out of it"));
        parts.push(format!("all that name a task in {zone}"));
    } else if owned && services.len() == 1 && firing.len() > 1 {
        tally.cause("one-service");
        parts.push(format!("all about {}", services.iter().next().map_or("", String::as_str)));
    } else if firing.len() > 1
        && let Some(job) = label("job")
    {
        tally.cause("one-job");
        parts.push(format!("all of job {job}"));
    }
    tally.summary(parts.join(", "));
}

/// The tasks that alerts name by their address; where none is named, those that are down in a service that alerts.
fn concerned<'s, E>(case: &Case<'s, E>, firing: &[&Alert]) -> Vec<&'s Task> {
    let host = |alert: &&Alert| {
        let instance = alert.labels.get("instance")?;
        Some(instance.rsplit_once(':').map_or(instance.as_str(), |(host, _)| host).to_owned())
    };
    let mut tasks: Vec<&Task> = Vec::new();
    for task in
        firing.iter().filter_map(host).filter_map(|host| who::task_at(case.snapshot, &host)).map(|(_, task)| task)
    {
        if !tasks.iter().any(|known| known.id == task.id) {
            tasks.push(task);
        }
    }
    tasks
}

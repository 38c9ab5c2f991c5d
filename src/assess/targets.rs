//! Scrape targets: those that are down, and running tasks that nothing scrapes.

use std::collections::{HashMap, HashSet};

use super::Round;
use super::roster::{Entry, Roster};
use crate::domain::{
    Evidence, Finding, FindingKind, Owner, Since, SourceKind, Target, TargetHealth, Task, TaskState, Verdict,
};
use crate::format;

/// How long a task runs before its absence from the targets means something: discovery looks once a minute.
const DISCOVERY_GRACE: jiff::SignedDuration = jiff::SignedDuration::from_secs(150);

/// Every target with its owner, the broken ones first. A target without a service label whose job is named like a
/// service belongs to that service.
pub fn join(round: &Round<'_>, roster: &Roster) -> Vec<Target> {
    let targets = round.facts.prometheus().and_then(|reading| reading.targets.as_deref()).unwrap_or_default();
    let mut joined: Vec<Target> = targets
        .iter()
        .cloned()
        .map(|mut target| {
            if target.owner.is_none() && roster.named(&target.job).is_some() {
                target.owner = Some(Owner::named(&target.job));
            }
            target
        })
        .collect();
    joined.sort_by(|a, b| {
        a.health.cmp(&b.health).then_with(|| a.job.cmp(&b.job)).then_with(|| a.instance.cmp(&b.instance))
    });
    joined
}

/// Positions of targets by the service that owns them; a target of a name that clusters share is each one's.
pub fn by_service(targets: &[Target], roster: &Roster) -> HashMap<usize, Vec<usize>> {
    let mut by_service: HashMap<usize, Vec<usize>> = HashMap::new();
    for (position, owner) in targets.iter().enumerate().filter_map(|(at, target)| Some((at, target.owner.as_ref()?))) {
        for service in roster.owned_by(owner) {
            by_service.entry(service).or_default().push(position);
        }
    }
    by_service
}

/// Findings of one service about its own targets.
pub fn findings<'a>(
    round: &Round<'_>,
    entry: &Entry<'_>,
    targets: impl Iterator<Item = &'a Target> + Clone,
) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(down(round, targets.clone()));
    found.extend(missing(round, entry, targets));
    found
}

/// Findings about targets that are nobody's.
pub fn ownerless(round: &Round<'_>, targets: &[Target]) -> Vec<Finding> {
    targets
        .iter()
        .filter(|target| target.owner.is_none() && is_down(round, target))
        .map(|target| {
            let text = format!("target {} of job {} is down: {}", target.instance, target.job, reason(target));
            finding(round, Verdict::Warning, FindingKind::TargetDown, text, Some(target))
        })
        .collect()
}

/// Down, and not only just: one that this process saw up a moment ago gets its grace.
fn is_down(round: &Round<'_>, target: &Target) -> bool {
    target.health == TargetHealth::Down
        && round
            .facts
            .last_up(&target.url)
            .is_none_or(|at| round.now.duration_since(at).unsigned_abs() > round.setting.policy.target_grace)
}

fn down<'a>(round: &Round<'_>, targets: impl Iterator<Item = &'a Target> + Clone) -> Option<Finding> {
    let total = targets.clone().count();
    let down: Vec<&Target> = targets.filter(|target| is_down(round, target)).collect();
    let first = down.first()?;
    let verdict = if down.len() == total { Verdict::Critical } else { Verdict::Warning };
    let text = match (down.len(), total) {
        (1, 1) => format!("target {} is down: {}", first.instance, reason(first)),
        (n, total) => format!("{n} of {} down, {}: {}", format::count(total, "target"), first.instance, reason(first)),
    };
    Some(finding(round, verdict, FindingKind::TargetDown, text, Some(first)))
}

fn reason(target: &Target) -> &str {
    if target.last_error.is_empty() { "the last scrape failed" } else { &target.last_error }
}

/// Running tasks that no target scrapes. Only where targets are discovered by task address: a service behind one
/// static target (a DNS name, a load balancer) has no target for each task and misses none.
fn missing<'a>(round: &Round<'_>, entry: &Entry<'_>, targets: impl Iterator<Item = &'a Target>) -> Option<Finding> {
    if round.why_stale(SourceKind::Prometheus).is_some() || round.why_stale(SourceKind::Ecs).is_some() {
        return None;
    }
    round.facts.prometheus()?.targets.as_ref()?;
    let hosts: HashSet<&str> = targets.map(Target::host).collect();
    let settled: Vec<(&Task, &str)> = entry
        .ecs?
        .tasks
        .iter()
        .filter(|task| task.state == TaskState::Running)
        .filter(|task| task.started_at.is_some_and(|at| round.now.duration_since(at) > DISCOVERY_GRACE))
        .filter_map(|task| Some((task, task.address.as_deref()?)))
        .collect();
    let unscraped: Vec<&(&Task, &str)> = settled.iter().filter(|(_, address)| !hosts.contains(address)).collect();
    let is_discovered = unscraped.len() < settled.len();
    let vanished = hosts.is_empty() && round.facts.was_scraped(&entry.id.name);
    let (_, address) = unscraped.first().filter(|_| is_discovered || vanished)?;
    let text = match (unscraped.len(), settled.len()) {
        (1, 1) => format!("the running task {address} is not scraped"),
        (n, total) => format!("{n} of {total} running tasks not scraped: {address}"),
    };
    Some(finding(round, Verdict::Warning, FindingKind::TargetMissing, text, None))
}

fn finding(round: &Round<'_>, verdict: Verdict, kind: FindingKind, text: String, target: Option<&Target>) -> Finding {
    let at = target.and_then(|target| target.last_scrape);
    Finding {
        verdict,
        kind,
        text,
        since: target.and_then(|target| round.facts.last_up(&target.url)).map(|at| Since { at, or_earlier: false }),
        evidence: Evidence {
            source: SourceKind::Prometheus,
            query: "GET /api/v1/targets?state=active".to_owned(),
            value: None,
            threshold: None,
            at: at.or_else(|| round.facts.answered_at(SourceKind::Prometheus)).unwrap_or(round.now),
        },
    }
}

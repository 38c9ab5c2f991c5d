//! Running tasks against active targets: each that nothing scrapes, with why.

use std::collections::HashSet;
use std::time::Duration;

use super::Case;
use super::tally::Tally;
use super::{targets, who};
use crate::domain::estate::DroppedTarget;
use crate::domain::{Check, CheckState, FindingKind, ServiceHealth, SourceError, SourceKind, Target, Task};
use crate::format;
use crate::source::probe::estate::{Estate, Seen};

const FROM: &str = "GET /api/v1/targets and ecs:DescribeTasks";

/// How long a task runs before its absence means something: discovery looks once a minute, and then there is a scrape.
const GRACE: Duration = Duration::from_secs(150);

/// A task nothing scrapes.
struct Missing<'s> {
    service: &'s ServiceHealth,
    task: &'s Task,
    why: Why,
}

/// Why.
enum Why {
    NoAddress,
    Young(Duration),
    /// Its service has targets, or had: this one should be among them.
    Unfound,
}

/// Looks at them.
pub async fn judge<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    if let Some(why) = targets::unseen(case) {
        tally.unknown(format!("the scrape targets are not known: {why}"), FROM);
        if let Some(step) = who::remedy(case, SourceKind::Prometheus) {
            tally.next(step);
        }
        return;
    }
    let services: Vec<&ServiceHealth> = match check.told("service") {
        Some(_) => who::service(case, check, tally).into_iter().collect(),
        None => case.snapshot.services.iter().collect(),
    };
    if services.is_empty() {
        if check.told("service").is_none() {
            tally.unknown("no service is known", FROM);
        }
        return;
    }
    if let Some(why) = who::blindness(case, SourceKind::Ecs) {
        tally.unknown(format!("the running tasks are not known: {why}"), "ecs:ListTasks");
    }
    if case.snapshot.targets.is_empty() {
        tally.fail("no-targets", "Prometheus has no target at all", FROM);
    }
    let mut missing = Vec::new();
    let (mut scraped, mut unlisted) = (0, Vec::new());
    // Without the monitoring stack, whose servers scrape themselves whatever else they find.
    let (mut is_own_scraped, mut overlooked) = (false, Vec::new());
    if services.iter().all(|service| service.ecs.is_none()) && case.snapshot.source(SourceKind::Ecs).is_none() {
        tally.unknown("the running tasks are not known: ecs is not configured in this context", "the configuration");
    }
    for service in &services {
        let Some(ecs) = service.ecs.as_deref() else { continue };
        if !ecs.tasks_known {
            tally.unknown(format!("the tasks of {} could not be read", service.id.name), "ecs:ListTasks");
            continue;
        }
        let hosts: HashSet<&str> = who::targets(case.snapshot, service).map(Target::host).collect();
        let anywhere = |task: &Task| {
            task.address.as_deref().is_some_and(|address| {
                hosts.contains(address) || case.snapshot.targets.iter().any(|target| target.host() == address)
            })
        };
        let tasks: Vec<&Task> = who::running(ecs).collect();
        let found = tasks.iter().filter(|task| anywhere(task)).count();
        scraped += found;
        let vanished = service
            .findings
            .iter()
            .any(|finding| matches!(finding.kind, FindingKind::TargetMissing | FindingKind::MetricsStopped));
        // A service behind one static target (a name, a load balancer) has no target for each task and misses none.
        let is_static = found == 0 && !hosts.is_empty();
        is_own_scraped |= !service.is_stack && (found > 0 || is_static);
        if tasks.is_empty() || is_static {
            scraped += if is_static { tasks.len() } else { 0 };
            continue;
        }
        if found == 0 && !vanished && check.told("service").is_none() {
            unlisted.push(service.id.name.as_str());
            if !service.is_stack {
                overlooked.extend(tasks.into_iter().filter(|task| matches!(why(case, task), Why::Unfound)));
            }
            continue;
        }
        for task in tasks.into_iter().filter(|task| !anywhere(task)) {
            missing.push(Missing { service, task, why: why(case, task) });
        }
    }
    let health = case.estate.discovery().await;
    let is_failing = discovery(health, &missing, tally);
    let real: Vec<&Missing<'_>> = missing.iter().filter(|missing| matches!(missing.why, Why::Unfound)).collect();
    let dropped = if real.is_empty() { Ok(Vec::new()) } else { case.estate.dropped().await };
    if let Err(error) = &dropped {
        tally.unseen("what relabelling dropped", error, "GET /api/v1/targets?state=dropped");
    }
    for missing in &missing {
        told(missing, dropped.as_deref().unwrap_or_default(), is_failing, tally);
    }
    if scraped > 0 || (missing.is_empty() && unlisted.is_empty()) {
        tally.pass(format!("{} scraped", format::count(scraped, "running task")), FROM);
    }
    without_job(&unlisted, if is_own_scraped { 0 } else { overlooked.len() }, tally);
    if !real.is_empty() {
        let names: Vec<&str> = real.iter().map(|missing| missing.service.id.name.as_str()).collect();
        let mut unique = names.clone();
        unique.dedup();
        let reason = if is_failing { ": service discovery fails" } else { "" };
        tally.summary(format!(
            "{} of {} not scraped{reason}",
            format::count(real.len(), "running task"),
            unique.join(", ")
        ));
        tally.next("read the log of Prometheus for `discovery`, and ask what its role may do: rounds check iam");
    }
}

/// Services no job has a target of. Some have nothing to scrape; that none of all has is no choice of anybody's, and then
/// `overlooked` running tasks should have been found.
fn without_job(unlisted: &[&str], overlooked: usize, tally: &mut Tally) {
    if overlooked > 0 {
        let tasks = format::count(overlooked, "running task");
        let text = format!("none of {tasks} is scraped: no job has a target of {}", unlisted.join(", "));
        tally.fail("no-job", text.clone(), FROM);
        tally.cause("tasks-unscraped");
        tally.summary(text);
        tally.next("give the services a scrape job, or their tasks the labels that discovery selects by");
    } else if !unlisted.is_empty() {
        tally.pass(format!("no job scrapes tasks of {}", unlisted.join(", ")), FROM);
    }
}

fn why<E>(case: &Case<'_, E>, task: &Task) -> Why {
    if task.address.is_none() {
        return Why::NoAddress;
    }
    match who::since(task.started_at.or(task.created_at), case.now) {
        Some(age) if age < GRACE => Why::Young(age),
        _ => Why::Unfound,
    }
}

/// Discovery's own failures. Whether there are any.
fn discovery(
    health: Seen<Vec<crate::domain::estate::DiscoveryHealth>>,
    missing: &[Missing<'_>],
    tally: &mut Tally,
) -> bool {
    const QUERY: &str = "increase(prometheus_sd_refresh_failures_total[10m])";
    let health = match health {
        Ok(health) => health,
        Err(error) => {
            unseen_discovery(&error, missing, tally);
            return false;
        }
    };
    let mut is_failing = false;
    for way in &health {
        let failures = way.failures.unwrap_or_default();
        let why = way.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        if failures >= 1.0 {
            is_failing = true;
            let text = format!("{} discovery failed {failures:.0} times in the last ten minutes{why}", way.name);
            tally.fail("discovery-failing", text, QUERY);
        } else {
            tally.pass(format!("{} discovery does not fail", way.name), QUERY);
        }
    }
    if health.is_empty() && !missing.is_empty() {
        let text = "Prometheus does not say whether discovery fails: it does not scrape itself, or is older than 2.44";
        tally.unknown(text, QUERY);
    }
    is_failing
}

fn unseen_discovery(error: &SourceError, missing: &[Missing<'_>], tally: &mut Tally) {
    if !missing.is_empty() {
        tally.unseen("whether discovery fails", error, "prometheus_sd_refresh_failures_total");
    }
}

fn told(missing: &Missing<'_>, dropped: &[DroppedTarget], is_failing: bool, tally: &mut Tally) {
    let Missing { service, task, why } = missing;
    let name = format!("task {} of {}", task.short_id(), service.id.name);
    let address = task.address.as_deref().unwrap_or_default();
    match why {
        Why::NoAddress => tally.pass(format!("{name} has no address yet"), FROM),
        Why::Young(age) => {
            let text = format!("{name} runs for {} only: discovery has not looked since", format::duration(*age));
            tally.pass(text, FROM);
        }
        Why::Unfound => {
            let host = |target: &DroppedTarget| {
                let address = &target.address;
                address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host).to_owned()
            };
            let name = format!("{name} at {address} is not scraped");
            tally.cause("tasks-unscraped");
            if let Some(found) = dropped.iter().find(|target| host(target) == address) {
                let pool = found.pool.as_deref().map(|pool| format!(" of job {pool}")).unwrap_or_default();
                tally.fail("dropped", format!("{name}: discovery finds it, and relabelling{pool} drops it"), FROM);
                tally.next("look at the relabel_configs of that job: the label it keeps by is not what the task has");
            } else if is_failing {
                tally.note(CheckState::Fail, format!("{name}: service discovery fails"), FROM);
            } else if service.targets.is_empty() {
                tally.fail("no-job", format!("{name}: no job has any target of {}", service.id.name), FROM);
                tally.next("give the service a scrape job, or its tasks the labels that discovery selects by");
            } else {
                let text = format!("{name}, though other tasks of {} are: discovery does not know it", service.id.name);
                tally.note(CheckState::Fail, text, FROM);
            }
        }
    }
}

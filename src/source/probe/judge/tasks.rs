//! A service's tasks: how many run, why the stopped ones stopped, and which one is not like the others.

use std::collections::BTreeMap;

use super::Case;
use super::tally::Tally;
use super::who;
use crate::domain::estate::InstanceErrors;
use crate::domain::{
    Check, CheckState, EcsService, ServiceHealth, Signal, Snapshot, StopCode, Task, TaskHealth, TaskState,
};
use crate::format;
use crate::source::probe::estate::Estate;

const FROM: &str = "ecs:DescribeTasks";

/// A task that has run for less than this may still be coming up.
const FRESH: std::time::Duration = std::time::Duration::from_mins(2);

/// What a stopped task's last words say is the matter.
const WORDS: [(&str, &str); 10] = [
    ("lock db directory", "lock-held"),
    ("resource temporarily unavailable", "lock-held"),
    ("already locked", "lock-held"),
    ("no space left", "storage-full"),
    ("cannotpull", "image-pull"),
    ("pull image", "image-pull"),
    ("resourceinitializationerror", "start-failed"),
    ("cannotstartcontainer", "start-failed"),
    ("cannotcreatecontainer", "start-failed"),
    ("health check", "health-check-failed"),
];

/// Looks at them.
pub async fn judge<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let Some(service) = who::service(case, check, tally) else { return };
    let Some(ecs) = who::ecs(case, service, tally) else { return };
    let name = &service.id.name;
    tally.fact("running", ecs.running.to_string());
    tally.fact("desired", ecs.desired.to_string());
    let verb = if ecs.desired == 1 { "runs" } else { "run" };
    let counts = format!("{} of {} {verb}", ecs.running, format::count(ecs.desired as usize, "task"));
    if ecs.status != "ACTIVE" {
        tally.fail("tasks-missing", format!("{name} is {}", ecs.status), "ecs:DescribeServices");
    }
    if ecs.running < ecs.desired {
        let text = format!("{counts}, {} starting", ecs.pending);
        // One that is being replaced is on its way; none at all is an outage.
        let state = if ecs.running == 0 { CheckState::Fail } else { CheckState::Warn };
        tally.note(state, text, "ecs:DescribeServices");
        tally.cause("tasks-missing");
    } else {
        tally.pass(counts.clone(), "ecs:DescribeServices");
    }
    if !ecs.tasks_known {
        tally.unknown("the list of tasks could not be read: why any stopped is not known", "ecs:ListTasks");
    }
    starting(case, ecs, tally);
    stopped(case, service, ecs, tally);
    let failing = failing(case, service, ecs, tally).await;
    odd(case, service, ecs, failing.as_ref(), tally);
    let causes: Vec<&str> =
        ["lock-held", "storage-full", "out-of-memory", "image-pull", "health-check-failed", "crash-loop"]
            .into_iter()
            .filter(|cause| tally.has(cause))
            .collect();
    if tally.state() == CheckState::Pass {
        tally.summary(format!("{name}: {counts}, none stopped by itself"));
    } else if !causes.is_empty() {
        tally.summary(format!("{name}: {counts}; {}", causes.join(", ")));
    }
}

fn starting<E>(case: &Case<'_, E>, ecs: &EcsService, tally: &mut Tally) {
    for task in ecs.tasks.iter().filter(|task| task.state == TaskState::Pending) {
        let Some(age) = who::since(task.created_at, case.now) else { continue };
        let text = format!("task {} is {} for {}", task.short_id(), task.last_status, format::duration(age));
        if age > case.policy.pending_limit {
            tally.warn("task-stuck", text, FROM);
            tally.next("look at the service's events: the image, its secrets, or the subnet's way out as a rule");
        } else {
            tally.pass(text, FROM);
        }
    }
}

/// Tasks stopped lately, by why.
fn stopped<E>(case: &Case<'_, E>, service: &ServiceHealth, ecs: &EcsService, tally: &mut Tally) {
    let is_recent = |task: &&Task| {
        task.state == TaskState::Stopped
            && who::since(task.stopped_at, case.now).is_some_and(|age| age <= case.policy.crash_window)
    };
    let mut reasons: BTreeMap<String, Vec<&Task>> = BTreeMap::new();
    for task in ecs.tasks.iter().filter(is_recent) {
        reasons.entry(reason(task)).or_default().push(task);
    }
    let mut crashes = 0;
    for (reason, tasks) in &reasons {
        let Some(newest) = tasks.iter().max_by_key(|task| task.stopped_at) else { continue };
        let age = who::since(newest.stopped_at, case.now).unwrap_or_default();
        let text = format!(
            "{} stopped in the last {}, the last {} ago: {reason}",
            format::count(tasks.len(), "task"),
            format::duration(case.policy.crash_window),
            format::duration(age),
        );
        let own_will = tasks.iter().any(|task| task.was_out_of_memory() || task.crashed());
        if !own_will {
            match newest.stop_code {
                Some(StopCode::Termination | StopCode::SpotInterruption) => tally.warn("host-retired", text, FROM),
                Some(StopCode::UserInitiated) if ecs.running < ecs.desired => tally.warn("stopped-by-hand", text, FROM),
                _ => tally.pass(text, FROM),
            }
            continue;
        }
        crashes += tasks.len();
        let is_worst = tasks.len() >= case.policy.crash_count || ecs.running == 0;
        let state = if is_worst { CheckState::Fail } else { CheckState::Warn };
        tally.note(state, text, FROM);
        let words = last_words(newest).to_lowercase();
        if tasks.iter().any(|task| task.was_out_of_memory()) {
            tally.cause("out-of-memory");
            tally.next("give the task more memory, or go back to the release before; see what grew: check signal --signal memory");
        }
        for (_, cause) in WORDS.iter().filter(|(part, _)| words.contains(part)) {
            tally.cause(cause);
        }
        if newest.stop_code == Some(StopCode::FailedToStart) && !tally.has("image-pull") {
            tally.cause("start-failed");
        }
    }
    if crashes >= case.policy.crash_count {
        tally.cause("crash-loop");
    }
    for (cause, step) in [
        ("lock-held", "another task still holds the volume's lock: look for one that has not stopped, then restart"),
        ("storage-full", "make room: lower the retention, or let the volume grow; check storage says what fills it"),
        ("image-pull", "check the image's name and tag, and the subnet's way to the registry (NAT or VPC endpoints)"),
        (
            "health-check-failed",
            "read its log from the start; the health check's path, port and grace period as a rule",
        ),
    ] {
        if tally.has(cause) {
            tally.next(step);
        }
    }
    if tally.has("crash-loop") {
        tally.next(format!("read what it says before it ends: rounds logs {}", service.id));
    }
}

/// Why a task stopped, so that those that stopped alike read alike.
fn reason(task: &Task) -> String {
    let words = task.exits.iter().find_map(|exit| exit.reason.clone());
    let summary = task.stop_summary().unwrap_or_else(|| "no reason given".to_owned());
    // A deployment's number differs from roll to roll.
    let summary = summary.split(" (deployment").next().unwrap_or(&summary).to_owned();
    match words {
        Some(words) if !task.was_out_of_memory() && !summary.contains(&words) => format!("{summary}: {words}"),
        _ => summary,
    }
}

/// Everything a task's end is described with.
fn last_words(task: &Task) -> String {
    let mut words = task.stopped_reason.clone().unwrap_or_default();
    for exit in &task.exits {
        words.push('\n');
        words.push_str(exit.reason.as_deref().unwrap_or_default());
    }
    words
}

/// The running task that fails requests far more often than the others, and how often. Asked only where requests fail.
async fn failing<'s, E: Estate>(
    case: &Case<'_, E>,
    service: &ServiceHealth,
    ecs: &'s EcsService,
    tally: &mut Tally,
) -> Option<(&'s Task, String)> {
    let errors = service.signal(Signal::Errors);
    let is_failing = errors.now.fresh().is_some_and(|sampled| sampled.value > 0.0);
    if !is_failing || who::running(ecs).nth(1).is_none() {
        return None;
    }
    let all = match case.estate.errors_by_instance(&service.id).await {
        Ok(all) => all,
        Err(error) => {
            tally.unseen("which task the errors are of", &error, errors.query.as_deref().unwrap_or("prometheus"));
            return None;
        }
    };
    // An instance whose task is gone still has its numbers for a while.
    let own = |errors: InstanceErrors| Some((of_instance(case.snapshot, service, ecs, &errors.instance)?, errors));
    let (tasks, all): (Vec<&Task>, Vec<InstanceErrors>) = all.into_iter().filter_map(own).unzip();
    let (position, others) = InstanceErrors::odd_one(&all)?;
    let others = match all.len() - 1 {
        1 => format!("the other one {}", format::percent(others)),
        number => format!("the other {number} {}", format::percent(others)),
    };
    let why = format!("fails {} of its requests, {others}", format::percent(all[position].percent));
    Some((tasks[position], why))
}

/// The running task of a service that an `instance` label names: as the target's address, or by its own or its id.
fn of_instance<'s>(
    snapshot: &Snapshot,
    service: &ServiceHealth,
    ecs: &'s EcsService,
    instance: &str,
) -> Option<&'s Task> {
    let target = who::targets(snapshot, service).find(|target| target.instance == instance);
    let host = target.map_or_else(
        || instance.rsplit_once(':').map_or(instance, |(host, _)| host).trim_matches(['[', ']']),
        |target| target.host(),
    );
    who::running(ecs).find(|task| task.address.as_deref() == Some(host) || task.id == instance || task.id == host)
}

/// The running tasks that are not like the others; `failing` is the one whose requests fail.
fn odd<E>(
    case: &Case<'_, E>,
    service: &ServiceHealth,
    ecs: &EcsService,
    failing: Option<&(&Task, String)>,
    tally: &mut Tally,
) {
    let snapshot = case.snapshot;
    let running: Vec<&Task> = who::running(ecs).collect();
    let mut bad: Vec<(&Task, String)> = Vec::new();
    for task in &running {
        if task.health == TaskHealth::Unhealthy {
            bad.push((task, "fails its health check".to_owned()));
            tally.cause("task-unhealthy");
            continue;
        }
        let is_fresh = who::since(task.started_at, case.now).is_some_and(|age| age < FRESH);
        let own = who::targets(snapshot, service).find(|target| task.address.as_deref() == Some(target.host()));
        if let Some(target) = own.filter(|target| who::is_down(target) && !is_fresh) {
            bad.push((task, format!("cannot be scraped: {}", target.last_error)));
        } else if let Some((_, why)) = failing.filter(|(failing, _)| failing.id == task.id) {
            bad.push((task, why.clone()));
        }
    }
    for (task, why) in &bad {
        let place =
            [task.address.as_deref(), task.zone.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let text = format!("task {} ({place}) {why}", task.short_id());
        let state = if bad.len() == running.len() { CheckState::Fail } else { CheckState::Warn };
        tally.note(state, text, FROM);
    }
    let Some((first, why)) = bad.first() else { return };
    tally.fact("task", first.id.clone());
    let tasks: Vec<&Task> = bad.iter().map(|(task, _)| *task).collect();
    if let Some(zone) = who::one_zone(snapshot, &tasks) {
        tally.cause("one-zone");
        tally.warn("one-zone", format!("all of them are in {zone}"), FROM);
    } else if bad.len() == 1 && running.len() > 1 {
        tally.cause("odd-task");
        tally.summary(format!(
            "{}: task {} is not like the other {}: it {why}",
            service.id.name,
            first.short_id(),
            running.len() - 1
        ));
        tally.next(format!("restart it: rounds do restart --service {} --task {}", service.id, first.short_id()));
    }
}

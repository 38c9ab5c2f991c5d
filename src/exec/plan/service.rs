//! Changes of a service: which task, how many remain, what is in flight, what makes it downtime.

use super::{Setting, Sketch, line};
use crate::domain::{Blast, Change, Deployment, Objection, ObjectionKind, PlanLine, Refusal, Stage, Task, TaskState};
use crate::exec::{Deed, Scaling, ServiceFacts, starts};
use crate::format::{self, count};

/// How many tasks are told one by one.
const TOLD: usize = 3;

/// What people call a restart's subject.
struct Victim<'a> {
    task: &'a Task,
    /// Why it and no other, where nobody named it.
    chosen: Option<String>,
}

pub(super) fn sketch(change: &Change, facts: &ServiceFacts, setting: &Setting<'_>) -> Result<Sketch, Refusal> {
    let id = &facts.service.id;
    let mut sketch = Sketch {
        change: change.clone(),
        deed: None,
        title: format!("{} {}", change.word(), id.name),
        lines: vec![line("now", now(facts, setting))],
        blast: None,
        objections: standing_objections(change, facts),
        stages: stages(facts, setting),
        basis: String::new(),
    };
    match change {
        Change::RestartTask { task, .. } => restart(&mut sketch, task, facts, setting)?,
        Change::Scale { desired, .. } => scale(&mut sketch, *desired, facts),
        Change::RollBack { .. } => roll_back(&mut sketch, facts),
        _ => redeploy(&mut sketch, facts),
    }
    sketch.lines.extend(unscraped(facts));
    sketch.lines.extend(in_flight(facts, setting));
    sketch.basis = basis(facts, sketch.deed.as_ref());
    Ok(sketch)
}

/// What holds for every change of a service.
fn standing_objections(change: &Change, facts: &ServiceFacts) -> Vec<Objection> {
    let mut objections = Vec::new();
    let mut object = |kind, text: String| objections.push(Objection { kind, text });
    let name = &facts.service.id.name;
    match facts.service.status.as_str() {
        "ACTIVE" => {}
        "DRAINING" => object(ObjectionKind::Unsupported, format!("{name} is DRAINING: it is being deleted")),
        other => object(ObjectionKind::Unsupported, format!("{name} is {other}, not ACTIVE")),
    }
    let only_stops_a_task = matches!(change, Change::RestartTask { .. });
    let only_counts = matches!(change, Change::Scale { .. });
    // Whoever deploys it, ECS lets a task be stopped and the count be changed.
    if facts.controller != "ECS" && !only_stops_a_task && !only_counts {
        object(
            ObjectionKind::Unsupported,
            format!("{name} is deployed by {}: ECS refuses to change it here", facts.controller),
        );
    }
    if !facts.service.tasks_known {
        object(
            ObjectionKind::Unknown,
            format!("the tasks of {name} could not be read: nobody knows what would be left"),
        );
    }
    let is_undoing = matches!(change, Change::RollBack { .. });
    if let Some(why) = facts.is_rolling().filter(|_| !is_undoing) {
        object(ObjectionKind::Rolling, format!("{why}: wait for it, or force"));
    }
    objections
}

fn stages(facts: &ServiceFacts, setting: &Setting<'_>) -> Vec<Stage> {
    let mut stages = vec![Stage::Call, Stage::Tasks];
    if !facts.target_groups.is_empty() {
        stages.push(Stage::TargetGroup);
    }
    if setting.means.sees_targets {
        stages.push(Stage::Scrape);
    }
    if setting.means.sees_alerts {
        stages.push(Stage::Alerts);
    }
    stages
}

/// `2 of 3 running, 1 pending, 1 unhealthy; deployment api:118 since 14m`.
fn now(facts: &ServiceFacts, setting: &Setting<'_>) -> String {
    let service = &facts.service;
    let mut parts = vec![format!("{} of {} running", service.running, service.desired)];
    if service.pending > 0 {
        parts.push(format!("{} pending", service.pending));
    }
    let healthy = facts.healthy();
    if service.tasks_known && healthy < service.running {
        parts.push(format!("{healthy} of them healthy"));
    }
    let rolling = if facts.is_rolling().is_some() { " rolling" } else { "" };
    let newest: Option<&Deployment> = service.deployments.first();
    let since = newest.and_then(|one| one.created_at).map(|at| format!(" since {}", format::age(at, setting.now)));
    let deployment = format!("deployment {}{rolling}{}", service.definition, since.unwrap_or_default());
    format!("{}; {deployment}", parts.join(", "))
}

fn restart(sketch: &mut Sketch, asked: &str, facts: &ServiceFacts, setting: &Setting<'_>) -> Result<(), Refusal> {
    let service = &facts.service;
    let name = &service.id.name;
    let Victim { task, chosen } = victim(asked, facts)?;
    sketch.change = Change::RestartTask { service: service.id.clone(), task: task.id.clone() };
    sketch.deed = Some(Deed::StopTask {
        service: service.id.clone(),
        task: task.id.clone(),
        reason: format::clip(&format!("rounds: {}", setting.who.name()), 200),
    });
    sketch.title = format!("restart task {} of {name}", task.short_id());
    sketch.lines.extend(chosen.map(|why| line("task", format!("{}: {why}", task.short_id()))));
    let blast = after_stopping(facts, task);
    let how_long = how_long(facts);
    let is_replaced = service.running.saturating_sub(1) < service.desired;
    sketch.lines.push(line(
        "after",
        if is_replaced {
            format!("{} of {} healthy until the replacement is{how_long}", blast.healthy_during, service.desired)
        } else {
            format!(
                "{} of {} healthy; more run than are wanted, so it is not replaced",
                blast.healthy_during, service.desired
            )
        },
    ));
    if blast.downtime {
        sketch.objections.push(Objection {
            kind: ObjectionKind::Downtime,
            text: format!(
                "task {} is {} of {name}: nothing answers until its replacement does",
                task.short_id(),
                last_of(facts, task)
            ),
        });
    }
    if let Some((_, until)) = facts.protected.iter().find(|(id, _)| *id == task.id) {
        let until = until.map(|at| format!(" until {}", at.strftime("%H:%MZ"))).unwrap_or_default();
        sketch.lines.push(line(
            "protected",
            format!("{} is protected from scale-in{until}: this stops it all the same", task.short_id()),
        ));
    }
    sketch.blast = Some(blast);
    Ok(())
}

/// The task meant: by its id or a beginning that fits one; without one, the one that most likely needs it.
fn victim<'a>(asked: &str, facts: &'a ServiceFacts) -> Result<Victim<'a>, Refusal> {
    let service = &facts.service;
    let name = &service.id.name;
    let lives = |task: &&Task| matches!(task.state, TaskState::Running | TaskState::Pending);
    let living: Vec<&Task> = service.tasks.iter().filter(lives).collect();
    let listed = |tasks: &[&Task]| {
        let ids: Vec<&str> = tasks.iter().take(10).map(|task| task.id.as_str()).collect();
        let more = if tasks.len() > 10 { format!(" and {} more", tasks.len() - 10) } else { String::new() };
        format!("{}{more}", ids.join(", "))
    };
    if asked.is_empty() {
        return choose(&living, facts)
            .ok_or_else(|| Refusal::new(format!("{name} has no task that could be restarted: {}", counts(facts))));
    }
    let fits: Vec<&Task> = living.iter().copied().filter(|task| task.id.starts_with(asked)).collect();
    let exact = fits.iter().copied().find(|task| task.id == asked);
    match (exact, fits.as_slice()) {
        (Some(task), _) => Ok(Victim { task, chosen: None }),
        (None, [task]) => Ok(Victim { task, chosen: None }),
        (None, []) => Err(match service.tasks.iter().find(|task| task.id.starts_with(asked)) {
            Some(task) => {
                let why = task.stop_summary().map(|why| format!(": {why}")).unwrap_or_default();
                Refusal::new(format!("task {} of {name} is {} already{why}", task.short_id(), task.state.word()))
            }
            None => Refusal::new(format!("{name} has no task {}", format::clip(asked, 40))).with_hint(
                if living.is_empty() {
                    format!("{name} has no task at all: {}", counts(facts))
                } else {
                    format!("its tasks: {}", listed(&living))
                },
            ),
        }),
        (None, several) => Err(Refusal::new(format!(
            "{} fits {} of {name}: {}",
            format::clip(asked, 40),
            count(several.len(), "task"),
            listed(several)
        ))
        .with_hint("give more of the id")),
    }
}

/// Without a name: an unhealthy one, else the one that has run longest.
fn choose<'a>(living: &[&'a Task], facts: &ServiceFacts) -> Option<Victim<'a>> {
    let running: Vec<&Task> = living.iter().copied().filter(|task| task.state == TaskState::Running).collect();
    if let [only] = running.as_slice() {
        return Some(Victim { task: only, chosen: None });
    }
    let by_age = |task: &&&Task| {
        (task.started_at.or(task.created_at).is_none(), task.started_at.or(task.created_at), task.id.clone())
    };
    let unhealthy: Vec<&Task> = running.iter().copied().filter(|task| !facts.may_serve(task)).collect();
    let others = "name another with --task";
    if let Some(task) = unhealthy.iter().min_by_key(by_age) {
        let why = format!("{} of {} unhealthy; {others}", unhealthy.len(), running.len());
        return Some(Victim { task, chosen: Some(why) });
    }
    let unscraped: Vec<&Task> = running.iter().copied().filter(|task| facts.is_unscraped(task)).collect();
    if let Some(task) = unscraped.iter().min_by_key(by_age) {
        let why = format!("its target is down, as {} of {} are; {others}", unscraped.len(), running.len());
        return Some(Victim { task, chosen: Some(why) });
    }
    let task = running.iter().min_by_key(by_age)?;
    Some(Victim { task, chosen: Some(format!("it has run longest of {}; {others}", running.len())) })
}

fn counts(facts: &ServiceFacts) -> String {
    let service = &facts.service;
    format!("{} of {} running, {} pending", service.running, service.desired, service.pending)
}

fn after_stopping(facts: &ServiceFacts, task: &Task) -> Blast {
    let healthy = facts.healthy();
    let left = healthy - u32::from(facts.is_healthy(task));
    // What Prometheus cannot scrape counts for nothing beside a task that answers. Of two that it cannot scrape nobody
    // knows which answers: there ECS decides.
    let relied_on =
        if facts.is_unscraped(task) { facts.healthy_to_ecs() - u32::from(facts.is_healthy_to_ecs(task)) } else { left };
    Blast {
        healthy_now: healthy,
        healthy_during: left,
        desired_now: facts.service.desired,
        desired_after: facts.service.desired,
        // Where nothing answers now, stopping what does not answer takes nothing away.
        downtime: relied_on == 0 && facts.may_serve(task),
    }
}

/// What a task is whose end is downtime.
fn last_of(facts: &ServiceFacts, task: &Task) -> &'static str {
    match (facts.is_unscraped(task), facts.healthy_to_ecs() > facts.healthy()) {
        (true, _) => "the last task that may be answering",
        (false, true) => "the last healthy task that Prometheus can scrape",
        (false, false) => "the last healthy task",
    }
}

/// Tasks that are healthy to ECS and that Prometheus cannot scrape.
fn unscraped(facts: &ServiceFacts) -> Option<PlanLine> {
    let doubtful: Vec<&Task> =
        facts.service.tasks.iter().filter(|task| facts.is_healthy_to_ecs(task) && facts.is_unscraped(task)).collect();
    let first = doubtful.first()?;
    let ids: Vec<&str> = doubtful.iter().take(TOLD).map(|task| task.short_id()).collect();
    let more = if doubtful.len() > TOLD { format!(" and {} more", doubtful.len() - TOLD) } else { String::new() };
    let why = facts.unscraped.iter().find(|(id, _)| *id == first.id).map(|(_, why)| why.as_str()).unwrap_or_default();
    let why = if why.is_empty() { String::new() } else { format!(" ({})", format::clip(why, 120)) };
    Some(line("in doubt", format!("{}{more}: healthy by ECS, but Prometheus cannot scrape it{why}", ids.join(", "))))
}

/// ` (about 60s, last five: 41-75s)`.
fn how_long(facts: &ServiceFacts) -> String {
    let mut known = starts(&facts.service);
    known.sort();
    let (Some(least), Some(most)) = (known.first(), known.last()) else { return String::new() };
    let usual = known[known.len() / 2].as_secs();
    let span = if least.as_secs() == most.as_secs() {
        String::new()
    } else {
        format!(", last {}: {}-{}s", known.len(), least.as_secs(), most.as_secs())
    };
    format!(" (about {usual}s{span})")
}

fn redeploy(sketch: &mut Sketch, facts: &ServiceFacts) {
    let service = &facts.service;
    sketch.deed = Some(Deed::Redeploy { service: service.id.clone() });
    rollout(sketch, facts, &format!("replaced by new ones of the same definition {}", service.definition));
}

/// A deployment of all tasks, as the service's percents let it go.
fn rollout(sketch: &mut Sketch, facts: &ServiceFacts, how: &str) {
    let service = &facts.service;
    let name = &service.id.name;
    let (minimum, maximum) = facts.percents();
    let (fewest, most) = facts.bounds(service.desired);
    let healthy = facts.healthy();
    // ECS keeps the fewest by what it takes for healthy: all of them may be those that Prometheus cannot scrape.
    let kept = healthy.min(fewest.saturating_sub(facts.doubtful()));
    let takes_the_last = fewest > 0 && healthy > 0 && kept == 0;
    let blast = Blast {
        healthy_now: healthy,
        healthy_during: kept,
        desired_now: service.desired,
        desired_after: service.desired,
        downtime: facts.healthy_to_ecs() > 0 && fewest == 0 || takes_the_last,
    };
    let tasks = count(service.desired as usize, "task");
    sketch.lines.push(line(
        "after",
        format!("{tasks}, {how}; at least {} healthy meanwhile{}", blast.healthy_during, how_long(facts)),
    ));
    let said = if service.percents.is_some() { "" } else { " (ECS's default: the service does not say)" };
    sketch.lines.push(line(
        "rule",
        format!("minimum {minimum} %, maximum {maximum} %{said}: {fewest} to {most} tasks while it rolls"),
    ));
    if service.desired == 0 {
        sketch.objections.push(Objection {
            kind: ObjectionKind::Pointless,
            text: format!("{name} wants no tasks: there is nothing to replace"),
        });
    } else if blast.downtime {
        let why = if takes_the_last {
            format!("minimum {minimum} %: the {fewest} that ECS keeps may be what Prometheus cannot scrape")
        } else if maximum <= 100 {
            format!(
                "minimum {minimum} % and maximum {maximum} %: the old task must be gone before the new one may start"
            )
        } else {
            format!("minimum {minimum} %: ECS may stop every task before a new one is healthy")
        };
        sketch
            .objections
            .push(Objection { kind: ObjectionKind::Downtime, text: format!("{name} is down meanwhile ({why})") });
    } else if most <= fewest && fewest >= service.desired {
        sketch.objections.push(Objection {
            kind: ObjectionKind::Unsupported,
            text: format!(
                "minimum {minimum} % and maximum {maximum} % leave no room to replace a task: it would never begin"
            ),
        });
    }
    if !facts.protected.is_empty() {
        let them = count(facts.protected.len(), "protected task");
        sketch.lines.push(line("protected", format!("{them} stay until their protection ends")));
    }
    sketch.blast = Some(blast);
}

fn scale(sketch: &mut Sketch, desired: u32, facts: &ServiceFacts) {
    let service = &facts.service;
    let name = &service.id.name;
    sketch.deed = Some(Deed::Scale { service: service.id.clone(), desired });
    sketch.title = format!("scale {name} from {} to {desired}", service.desired);
    let healthy = facts.healthy();
    let is_fewer = desired < service.desired;
    // ECS chooses which tasks stay: at worst all those that are not healthy.
    let left = if is_fewer { healthy.min(desired.saturating_sub(facts.not_healthy())) } else { healthy.min(desired) };
    let takes_the_last = is_fewer && desired > 0 && healthy > 0 && left == 0;
    let blast = Blast {
        healthy_now: healthy,
        healthy_during: left,
        desired_now: service.desired,
        desired_after: desired,
        downtime: desired == 0 && facts.healthy_to_ecs() > 0 || takes_the_last,
    };
    sketch.lines.push(line(
        "after",
        match desired.cmp(&service.desired) {
            std::cmp::Ordering::Greater => format!(
                "{} more of {}{}",
                count((desired - service.desired) as usize, "task"),
                service.definition,
                how_long(facts)
            ),
            std::cmp::Ordering::Less => {
                let remain =
                    if service.tasks_known { format!("; at least {left} healthy left") } else { String::new() };
                let fewer = count((service.desired - desired) as usize, "task");
                format!("{fewer} fewer; ECS chooses which, spread over zones{remain}")
            }
            std::cmp::Ordering::Equal => "nothing changes".to_owned(),
        },
    ));
    let mut object = |kind, text: String| sketch.objections.push(Objection { kind, text });
    if facts.is_daemon {
        object(
            ObjectionKind::Unsupported,
            format!("{name} runs one task on each host (DAEMON): it has no desired count"),
        );
    } else if desired == service.desired {
        object(ObjectionKind::Pointless, format!("{name} wants {desired} already"));
    }
    if takes_the_last {
        object(
            ObjectionKind::Downtime,
            format!(
                "ECS chooses which of {name} stay: the {desired} left may be {}",
                if facts.doubtful() >= desired {
                    "what Prometheus cannot scrape"
                } else {
                    "those that are not healthy"
                }
            ),
        );
    }
    if desired == 0 && service.desired > 0 && (facts.healthy_to_ecs() > 0 || service.running > 0) {
        object(
            ObjectionKind::Downtime,
            format!("no task of {name} is left: nothing answers until it is scaled up again"),
        );
    }
    let scaling = match facts.scaling {
        Scaling::None => None,
        Scaling::Between(from, to) if (i64::from(from)..=i64::from(to)).contains(&i64::from(desired)) => {
            Some(format!("auto scaling keeps it within {from} to {to} and may change it again"))
        }
        Scaling::Between(from, to) => {
            Some(format!("auto scaling keeps it within {from} to {to}: it will not stay at {desired}"))
        }
        Scaling::Unknown => Some("whether auto scaling changes it again is not known".to_owned()),
    };
    sketch.lines.extend(scaling.map(|text| line("scaling", text)));
    let protected = facts.protected.len();
    if desired < service.desired && protected > 0 {
        sketch.lines.push(line("protected", format!("{} stay all the same", count(protected, "protected task"))));
    }
    sketch.blast = Some(blast);
}

fn roll_back(sketch: &mut Sketch, facts: &ServiceFacts) {
    let service = &facts.service;
    let name = &service.id.name;
    if let Some(rolling) = &facts.rolling {
        let back = rolling.from.as_ref().map(|from| format!(" to {from}")).unwrap_or_default();
        sketch.title = format!("roll back {name}{back}");
        sketch.deed = Some(Deed::Undo { service: service.id.clone(), deployment: rolling.arn.clone() });
        if rolling.is_being_undone() {
            let text = format!("the deployment of {name} is being undone already ({})", rolling.status);
            sketch.objections.push(Objection { kind: ObjectionKind::Pointless, text });
        }
        if rolling.can_be_undone() {
            rollout(sketch, facts, &format!("back{back}: the deployment under way is undone (StopServiceDeployment)"));
            return;
        }
    }
    let Some(previous) = &facts.previous else {
        sketch.title = format!("roll back {name}");
        if facts.rolling.is_none() {
            sketch.objections.push(Objection {
                kind: ObjectionKind::Pointless,
                text: format!(
                    "there is nothing to go back to: no older active definition than {} is known",
                    service.definition
                ),
            });
        }
        return;
    };
    sketch.title = format!("roll back {name} to {}", previous.definition);
    sketch.deed = Some(Deed::Deploy { service: service.id.clone(), definition: previous.definition.clone() });
    rollout(sketch, facts, &format!("of {} instead of {}", previous.definition, service.definition));
    sketch.lines.push(line("back to", format!("{}: {}", previous.definition, previous.known_by)));
}

/// What goes on anyway.
fn in_flight(facts: &ServiceFacts, setting: &Setting<'_>) -> Vec<PlanLine> {
    let service = &facts.service;
    let mut lines = Vec::new();
    if let Some(why) = facts.is_rolling() {
        let since = service.deployments.first().and_then(|one| one.created_at);
        let since = since.map(|at| format!(", since {}", format::age(at, setting.now))).unwrap_or_default();
        lines.push(line("in flight", format!("{why}{since}")));
    }
    let failed = service.deployments.first().map_or(0, |one| one.failed_tasks);
    if failed > 0 {
        lines.push(line("in flight", format!("{} of it failed", count(failed as usize, "task"))));
    }
    let stopping = service.tasks.iter().filter(|task| task.state == TaskState::Stopping).count();
    if stopping > 0 {
        lines.push(line("in flight", format!("{} on the way out", count(stopping, "task"))));
    }
    lines
}

/// What must be the same when it is done. Counts of running tasks are not in it: they change by themselves, and the
/// door compares what would be left.
fn basis(facts: &ServiceFacts, deed: Option<&Deed>) -> String {
    let service = &facts.service;
    let (minimum, maximum) = facts.percents();
    let newest = service.deployments.first().map_or("none", |one| one.id.as_str());
    let mut lines = vec![
        format!("{} {}", service.id, service.status),
        format!("controller {}", facts.controller),
        format!("{} wanted", service.desired),
        format!("definition {}", service.definition),
        format!("deployment {newest}"),
        format!("percents {minimum}-{maximum}"),
    ];
    let subject = |id: &str| service.tasks.iter().find(|task| task.id == id);
    lines.push(match deed {
        Some(Deed::StopTask { task, .. }) => {
            let found = subject(task).map_or("gone", |task| task.state.word());
            format!("task {task} {found}")
        }
        Some(Deed::Undo { deployment, .. }) => format!("undo {deployment}"),
        Some(Deed::Deploy { definition, .. }) => format!("deploy {definition}"),
        Some(Deed::Scale { desired, .. }) => format!("scale to {desired}"),
        Some(_) => "redeploy".to_owned(),
        None => "nothing to do".to_owned(),
    });
    lines.join("\n")
}

//! A service's deployments: what rolls, failed or was undone, and whether one began before the trouble did.

use std::time::Duration;

use jiff::Timestamp;

use super::Case;
use super::tally::Tally;
use super::who;
use crate::domain::{Check, CheckState, Deployment, FindingKind, Rollout, ServiceHealth, Task, Verdict};
use crate::format;

const FROM: &str = "ecs:DescribeServices";

/// A deployment that began this long before the trouble may well be its reason.
const BEFORE: Duration = Duration::from_mins(30);

/// Trouble may be measured a little before the deployment is: clocks and scrapes.
const SLACK: Duration = Duration::from_mins(1);

/// What an end that lies further back no longer matters.
const RECENT: Duration = Duration::from_hours(2);

/// Looks at them.
pub fn judge<E>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let Some(service) = who::service(case, check, tally) else { return };
    let Some(ecs) = who::ecs(case, service, tally) else { return };
    if ecs.deployments.is_empty() {
        tally.unknown("ECS names no deployment", FROM);
        return;
    }
    let is_in_trouble = matches!(service.verdict, Verdict::Warning | Verdict::Critical);
    for (position, deployment) in ecs.deployments.iter().enumerate() {
        one(case, service, deployment, position == 0, is_in_trouble, tally);
    }
    if let Some(event) = ecs.events.iter().find(|event| event.message.contains("unable to")) {
        let recent = who::since(event.at, case.now).is_some_and(|age| age < RECENT);
        if recent && is_in_trouble {
            tally.note(CheckState::Warn, format!("the scheduler says: {}", event.message), FROM);
        }
    }
    before(service, tally);
    if tally.state() == CheckState::Pass
        && let Some(newest) = ecs.deployments.first()
    {
        tally.summary(format!("{}: {}", service.id.name, sentence(newest, case.now)));
    }
}

fn sentence(deployment: &Deployment, now: Timestamp) -> String {
    let began = who::since(deployment.created_at, now).map(|age| format!(", began {} ago", format::duration(age)));
    format!(
        "{} {}{}, {} of {} running",
        deployment.definition,
        deployment.rollout.word(),
        began.unwrap_or_default(),
        deployment.running,
        deployment.desired
    )
}

fn one<E>(
    case: &Case<'_, E>,
    service: &ServiceHealth,
    deployment: &Deployment,
    is_newest: bool,
    is_in_trouble: bool,
    tally: &mut Tally,
) {
    let text = sentence(deployment, case.now);
    let age = who::since(deployment.created_at, case.now);
    let is_recent = age.is_some_and(|age| age < RECENT);
    match deployment.rollout {
        Rollout::Failed => {
            let why = deployment.reason.as_deref().unwrap_or("no reason given");
            tally.fail("rollout-failed", format!("{text}: {why}"), FROM);
            tally.next("read the log of a task that failed, then deploy a corrected release or roll back");
        }
        Rollout::InProgress if deployment.failed_tasks > 0 => {
            let failed = format::count(deployment.failed_tasks as usize, "task");
            tally.fail("rollout-failing", format!("{text}: {failed} of it failed"), FROM);
            if is_newest && age.is_some_and(|age| age > case.policy.rollout_limit) {
                tally.cause("rollout-stuck");
            }
            tally.next(format!(
                "roll back: rounds do rollback --service {0}; rounds logs {0} shows why its tasks fail",
                service.id
            ));
        }
        Rollout::InProgress if is_newest && age.is_some_and(|age| age > case.policy.rollout_limit) => {
            tally.fail("rollout-stuck", text, FROM);
            tally.next("look at why its tasks do not start: check tasks");
        }
        Rollout::InProgress => {
            tally.pass(text, FROM);
            if is_in_trouble {
                tally.cause("rolling");
            }
        }
        Rollout::Completed | Rollout::Unknown => tally.pass(text, FROM),
    }
    if deployment.is_rollback() && is_recent {
        let why = deployment.reason.as_deref().unwrap_or_default();
        tally.warn("rolled-back", format!("{} brings back what ran before: {why}", deployment.definition), FROM);
        tally.next("read the log of a task of the release that was undone");
    }
}

/// Whether something was deployed shortly before the trouble began.
fn before(service: &ServiceHealth, tally: &mut Tally) {
    let of_deploying = [FindingKind::DeploymentFailed, FindingKind::DeploymentStuck, FindingKind::RolledBack];
    let serious = service
        .findings
        .iter()
        .filter(|finding| matches!(finding.verdict, Verdict::Warning | Verdict::Critical))
        .filter(|finding| !of_deploying.contains(&finding.kind));
    // Since when is often known only as "for as long as can be seen": such a finding proves nothing about what came first.
    let first = serious
        .filter_map(|finding| finding.since.filter(|since| !since.or_earlier).map(|since| (since.at, finding)))
        .min_by_key(|(at, _)| *at);
    let Some((began, finding)) = first else { return };
    let deployments =
        service.ecs.iter().flat_map(|ecs| ecs.deployments.iter().map(move |deployment| (ecs, deployment)));
    let close = deployments
        .filter_map(|(ecs, deployment)| Some((deployment.created_at?, ecs, deployment)))
        .filter(|(at, ..)| began.duration_since(*at) <= signed(BEFORE) && at.duration_since(began) <= signed(SLACK))
        .max_by_key(|(at, ..)| *at);
    let Some((at, ecs, deployment)) = close else {
        let text = format!("nothing was deployed in the {} before the trouble began", format::duration(BEFORE));
        tally.pass(text, FROM);
        return;
    };
    let ahead = format::duration(Duration::try_from(began.duration_since(at)).unwrap_or_default());
    let name = &deployment.definition;
    if ran_before(&ecs.deployments, &ecs.tasks, deployment, at) {
        let text =
            format!("the tasks were replaced {ahead} before the trouble did: by {name}, which ran before as well");
        tally.pass(text, FROM);
        return;
    }
    tally.warn("changed-before", format!("{name} began {ahead} before the trouble did ({})", finding.text), FROM);
    tally.next(format!("roll back: rounds do rollback --service {}", service.id));
}

/// Whether a deployment replaced tasks by others of the same definition, as `--force-new-deployment` does: it brought
/// nothing that could be gone back from.
fn ran_before(deployments: &[Deployment], tasks: &[Task], deployment: &Deployment, at: Timestamp) -> bool {
    let is_older =
        |other: &Deployment| other.id != deployment.id && other.created_at.is_some_and(|created| created < at);
    let older = deployments.iter().filter(|other| is_older(other)).max_by_key(|other| other.created_at);
    if let Some(older) = older {
        return older.definition == deployment.definition;
    }
    // Where the one before is forgotten, its tasks are not, for an hour: the newest of them says what ran.
    let started = |task: &&Task| task.created_at.or(task.started_at).filter(|started| *started < at);
    let before = tasks.iter().filter(|task| started(task).is_some()).max_by_key(|task| started(task));
    before.is_some_and(|task| task.definition == deployment.definition)
}

fn signed(length: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(length).unwrap_or(jiff::SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DeploymentStatus, TaskHealth, TaskState};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn deployment(id: &str, definition: &str, created: i64) -> Deployment {
        Deployment {
            id: id.to_owned(),
            status: DeploymentStatus::Primary,
            rollout: Rollout::Completed,
            reason: None,
            definition: definition.to_owned(),
            desired: 1,
            running: 1,
            pending: 0,
            failed_tasks: 0,
            created_at: Some(at(created)),
            updated_at: None,
        }
    }

    fn task(definition: &str, created: i64) -> Task {
        Task {
            id: format!("{definition}{created}"),
            state: TaskState::Stopped,
            last_status: "STOPPED".to_owned(),
            health: TaskHealth::Unknown,
            definition: definition.to_owned(),
            address: None,
            zone: None,
            created_at: Some(at(created)),
            started_at: None,
            stopped_at: None,
            stop_code: None,
            stopped_reason: None,
            exits: Vec::new(),
        }
    }

    #[test]
    fn a_deployment_of_what_ran_before_is_no_release() {
        for (what, older, tasks, ran) in [
            ("the deployment before says so", vec![("api:7", 0)], vec![], true),
            ("another ran before", vec![("api:6", 0)], vec![], false),
            ("the newest of the older ones counts", vec![("api:7", 0), ("api:6", 50)], vec![], false),
            ("tasks of it ran before", vec![], vec![("api:7", 10), ("api:7", 120)], true),
            ("tasks of another ran before", vec![], vec![("api:6", 10), ("api:7", 120)], false),
            ("a return to what ran two releases ago is a release", vec![], vec![("api:7", 10), ("api:6", 20)], false),
            ("nothing is known of before", vec![], vec![("api:7", 120)], false),
        ] {
            let newest = deployment("new", "api:7", 100);
            let older = older.into_iter().map(|(definition, created)| deployment(definition, definition, created));
            let deployments: Vec<Deployment> = std::iter::once(newest.clone()).chain(older).collect();
            let tasks: Vec<Task> = tasks.into_iter().map(|(definition, created)| task(definition, created)).collect();
            assert_eq!(ran_before(&deployments, &tasks, &newest, at(100)), ran, "{what}");
        }
    }
}

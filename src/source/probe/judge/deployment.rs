//! A service's deployments: what rolls, failed or was undone, and whether one began before the trouble did.

use std::time::Duration;

use jiff::Timestamp;

use super::Case;
use super::tally::Tally;
use super::who;
use crate::domain::{Check, CheckState, Deployment, FindingKind, OccurrenceKind, Rollout, ServiceHealth, Verdict};
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
        one(case, deployment, position == 0, is_in_trouble, tally);
    }
    if let Some(event) = ecs.events.iter().find(|event| event.message.contains("unable to")) {
        let recent = who::since(event.at, case.now).is_some_and(|age| age < RECENT);
        if recent && is_in_trouble {
            tally.note(CheckState::Warn, format!("the scheduler says: {}", event.message), FROM);
        }
    }
    before(case, service, tally);
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

fn one<E>(case: &Case<'_, E>, deployment: &Deployment, is_newest: bool, is_in_trouble: bool, tally: &mut Tally) {
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
            tally.next("roll back: rounds do rollback --service SERVICE; rounds logs shows why its tasks fail");
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
fn before<E>(case: &Case<'_, E>, service: &ServiceHealth, tally: &mut Tally) {
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
    let deployed = case
        .snapshot
        .changes
        .iter()
        .filter(|change| change.kind == OccurrenceKind::Deployed && change.service.as_ref() == Some(&service.id));
    let times = deployed.map(|change| (change.at, change.text.clone())).chain(
        service
            .ecs
            .iter()
            .flat_map(|ecs| &ecs.deployments)
            .filter_map(|deployment| Some((deployment.created_at?, deployment.definition.clone()))),
    );
    let close = times
        .filter(|(at, _)| began.duration_since(*at) <= signed(BEFORE) && at.duration_since(began) <= signed(SLACK))
        .max_by_key(|(at, _)| *at);
    match close {
        Some((at, what)) => {
            let ahead = Duration::try_from(began.duration_since(at)).unwrap_or_default();
            let text = format!("{what} began {} before the trouble did ({})", format::duration(ahead), finding.text);
            tally.warn("changed-before", text, FROM);
            tally.next(format!("roll back: rounds do rollback --service {}", service.id));
        }
        None => tally
            .pass(format!("nothing was deployed in the {} before the trouble began", format::duration(BEFORE)), FROM),
    }
}

fn signed(length: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(length).unwrap_or(jiff::SignedDuration::MAX)
}

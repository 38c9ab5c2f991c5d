//! What the doctor says of AWS and of each ECS permission, by trying the cheapest call that needs it.

use std::time::Duration;

use aws_sdk_ecs::types::DesiredStatus;
use jiff::Timestamp;

use super::{Ecs, map};
use crate::domain::{Checkup, CheckupState, SourceError};
use crate::format;
use crate::net::aws::Session;
use crate::net::aws::ecs::{Api, CLUSTERS_A_CALL};
use crate::net::http::Deadline;
use crate::source::checking::{checkup, failed};

/// The headings the lines belong under.
const AWS: &str = "aws";
const GROUP: &str = "ecs";

/// The longest all checks together may take.
const WITHIN: Duration = Duration::from_secs(20);

/// Credentials that run out sooner than this are worth a word, in seconds.
const SOON: i64 = 15 * 60;

/// Credentials, region, then every permission reading needs.
pub(super) async fn checkups(ecs: &Ecs, now: Timestamp) -> Vec<Checkup> {
    let begun = Deadline::after(WITHIN);
    let session = match ecs.aws.session(&ecs.meter, WITHIN).await {
        Ok(session) => session,
        Err(error) => return vec![timed(failed(AWS, "credentials", &error), begun)],
    };
    let region = checkup(AWS, "region", CheckupState::Pass, session.region());
    let mut found = vec![credentials(&session, now, begun).await, region];
    found.extend(permissions(ecs, &session).await);
    found
}

async fn credentials(session: &Session, now: Timestamp, begun: Deadline) -> Checkup {
    let (origin, expiry) = session.credentials();
    let caller = match session.caller().await {
        Ok(caller) => caller,
        Err(error) => return timed(failed(AWS, "credentials", &error), begun),
    };
    let left = expiry.map(|expiry| expiry.as_second() - now.as_second());
    let until = left.map_or_else(String::new, |left| {
        let left = Duration::from_secs(u64::try_from(left).unwrap_or_default());
        format!(", good for {}", format::duration(left))
    });
    let state = if left.is_some_and(|left| left < SOON) { CheckupState::Warn } else { CheckupState::Pass };
    let detail = format!("account {}, {} (from {origin}{until})", caller.account, caller.arn);
    timed(checkup(AWS, "credentials", state, detail), begun)
}

async fn permissions(ecs: &Ecs, session: &Session) -> Vec<Checkup> {
    let api = Api::new(session);
    let mut found = Vec::new();
    let mut clusters = ecs.aws.settings().clusters.clone();
    if clusters.is_empty() {
        let begun = Deadline::after(WITHIN);
        let answer = api.list_clusters().await;
        found.push(tried("ecs:ListClusters", begun, &answer, |all| format::count(all.len(), "cluster")));
        clusters = answer.unwrap_or_default();
    }
    let Some(cluster) = clusters.first().cloned() else {
        found.push(skipped("other permissions", "no cluster to try them on"));
        return found;
    };
    let begun = Deadline::after(WITHIN);
    let answer = api.describe_clusters(&clusters[..clusters.len().min(CLUSTERS_A_CALL)]).await;
    let answer = answer.and_then(|(known, failures)| match failures.first() {
        Some(failure) => Err(api.failed("DescribeClusters", "", failure)),
        None => Ok(format::count(known.len(), "cluster")),
    });
    found.push(tried("ecs:DescribeClusters", begun, &answer, String::clone));
    let about = format!("cluster {}", map::text(map::short_name(&cluster)));

    let begun = Deadline::after(WITHIN);
    let services = api.list_services(&cluster, &about).await;
    let counted = |all: &Vec<String>| format!("{} in {about}", format::count(all.len(), "service"));
    found.push(tried("ecs:ListServices", begun, &services, counted));
    found.extend(on_a_service(&api, &cluster, &about, services.unwrap_or_default().first()).await);

    let begun = Deadline::after(WITHIN);
    let tasks = api.list_tasks(&cluster, &about, DesiredStatus::Running).await;
    let counted = |all: &Vec<String>| format!("{} in {about}", format::count(all.len(), "task"));
    found.push(tried("ecs:ListTasks", begun, &tasks, counted));
    match tasks.unwrap_or_default().first() {
        Some(task) => {
            let begun = Deadline::after(WITHIN);
            let answer = api.describe_tasks(&cluster, &about, std::slice::from_ref(task)).await;
            found.push(tried("ecs:DescribeTasks", begun, &answer, |_| "allowed".to_owned()));
        }
        None => found.push(skipped("ecs:DescribeTasks", "no task to try it on")),
    }
    found
}

async fn on_a_service(api: &Api<'_>, cluster: &str, about: &str, service: Option<&String>) -> Vec<Checkup> {
    let Some(service) = service else {
        return vec![
            skipped("ecs:DescribeServices", "no service to try it on"),
            skipped("ecs:DescribeTaskDefinition", "no service to try it on"),
        ];
    };
    let begun = Deadline::after(WITHIN);
    let answer = api.describe_services(cluster, about, std::slice::from_ref(service)).await;
    let described = tried("ecs:DescribeServices", begun, &answer, |_| "allowed".to_owned());
    let service = answer.ok().and_then(|(services, _)| services.into_iter().next());
    let definition = service.map(|service| map::service("", &service).definition).filter(|name| !name.is_empty());
    let defined = match definition {
        Some(name) => {
            let begun = Deadline::after(WITHIN);
            let answer = api.describe_task_definition(&name).await;
            tried("ecs:DescribeTaskDefinition", begun, &answer, |_| "allowed".to_owned())
        }
        None => skipped("ecs:DescribeTaskDefinition", "no definition to try it on"),
    };
    vec![described, defined]
}

/// A call that was tried since `begun`; `say` tells what its answer holds.
fn tried<T>(name: &str, begun: Deadline, answer: &Result<T, SourceError>, say: impl FnOnce(&T) -> String) -> Checkup {
    let line = match answer {
        Ok(answer) => checkup(GROUP, name, CheckupState::Pass, say(answer)),
        Err(error) => failed(GROUP, name, error),
    };
    timed(line, begun)
}

fn timed(line: Checkup, begun: Deadline) -> Checkup {
    Checkup { took: Some(begun.elapsed()), ..line }
}

fn skipped(name: &str, why: &str) -> Checkup {
    checkup(GROUP, name, CheckupState::Skip, why)
}

//! One round of reading: clusters, then every cluster's services and tasks side by side, then new task definitions.
//! The session lets a few calls through at a time, in the order they are made here.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ecs::types;
use futures_util::future::{join, join_all};
use jiff::Timestamp;
use tokio::time::timeout;

use super::memory::Known;
use super::owner::Owners;
use super::{Ecs, map};
use crate::domain::{Cluster, EcsReading, EcsService, ErrorClass, ServiceId, SourceError, TaskDefinition, Unseen};
use crate::net::aws::ecs::{Api, CLUSTERS_A_CALL, SERVICES_A_CALL, TASKS_A_CALL};
use crate::net::aws::{Caller, Session};
use crate::source::Ask;

/// New task definitions read in one round. There is one for every service at first and then few.
const DEFINITIONS_A_ROUND: usize = 100;

/// One round.
pub(super) struct Round<'a> {
    ecs: &'a Ecs,
    session: &'a Session,
    api: Api<'a>,
    now: Timestamp,
    within: Duration,
}

/// A cluster to read.
struct Place {
    /// Its ARN, or its name as configured.
    reference: String,
    /// For messages.
    about: String,
    cluster: Cluster,
    /// Its own count of services, where it could be described.
    active: Option<i32>,
}

/// What came back of one cluster.
#[derive(Default)]
struct Part {
    services: Vec<EcsService>,
    /// Those of them that were described in an earlier round, and when.
    described_before: BTreeMap<ServiceId, Timestamp>,
    unseen: Vec<Unseen>,
    problems: Vec<SourceError>,
    /// Whether nothing at all is known of its services.
    failed: bool,
}

impl Part {
    fn failed(problem: SourceError) -> Self {
        let unseen = vec![Unseen::new("services", &problem)];
        Self { unseen, problems: vec![problem], failed: true, ..Self::default() }
    }

    /// Adds a service as it was last described.
    fn stands_in(&mut self, known: Known) {
        self.described_before.insert(known.service.id.clone(), known.at);
        self.services.push(known.service);
    }

    /// Some services could not be read.
    fn lacks(&mut self, problem: SourceError) {
        self.unseen.push(Unseen::new("services", &problem));
        self.problems.push(problem);
    }
}

/// A cluster's tasks.
#[derive(Default)]
struct Tasks {
    found: Vec<types::Task>,
    /// Whether these are all.
    complete: bool,
    problems: Vec<SourceError>,
}

impl<'a> Round<'a> {
    pub(super) fn new(ecs: &'a Ecs, session: &'a Session, ask: &Ask) -> Self {
        Self { ecs, session, api: Api::new(session), now: ask.now, within: ask.within }
    }

    /// Everything that can be read in the time there is.
    ///
    /// # Errors
    /// Where no cluster could be read at all, or the credentials are bad.
    pub(super) async fn read(&self) -> Result<EcsReading, SourceError> {
        let (caller, fleet) = join(self.caller(), Box::pin(self.fleet())).await;
        let mut reading = fleet?;
        match caller {
            Ok(caller) => {
                reading.account = Some(caller.account);
                reading.caller_arn = Some(caller.arn);
            }
            Err(problem) => reading.problems.push(problem),
        }
        match reading.problems.iter().position(|problem| problem.class == ErrorClass::Credentials) {
            Some(bad) => Err(reading.problems.swap_remove(bad)),
            None => Ok(reading),
        }
    }

    /// Clusters, services, tasks and definitions; the account as far as the clusters' ARNs tell.
    async fn fleet(&self) -> Result<EcsReading, SourceError> {
        let (places, mut unseen, mut problems) = self.clusters().await?;
        let parts = join_all(places.iter().map(|place| self.cluster(place))).await;
        let nothing = !parts.is_empty() && parts.iter().all(|part| part.failed);
        let (mut services, mut described_before) = (Vec::new(), BTreeMap::new());
        let mut reasons = Vec::new();
        for part in parts {
            services.extend(part.services);
            described_before.extend(part.described_before);
            unseen.extend(part.unseen);
            reasons.extend(part.problems);
        }
        if nothing && !reasons.is_empty() {
            return Err(reasons.swap_remove(0));
        }
        problems.extend(reasons);
        services.sort_by(|a, b| a.id.cmp(&b.id));
        let (definitions, undefined) = self.definitions(&services).await;
        problems.extend(undefined);
        Ok(EcsReading {
            account: places.iter().find_map(|place| map::account(&place.reference)),
            caller_arn: None,
            region: self.session.region().to_owned(),
            clusters: places.into_iter().map(|place| place.cluster).collect(),
            services,
            definitions,
            unseen,
            described_before,
            problems,
        })
    }

    /// Who we are. Nice to know: it may not cost the round more than a part of its time.
    async fn caller(&self) -> Result<Caller, SourceError> {
        timeout(self.within / 4, self.session.caller()).await.unwrap_or_else(|_| {
            let region = self.session.region();
            let what = format!("sts:GetCallerIdentity in {region}: no answer in time");
            let hint = "only the account is not known; to see it, let this machine reach AWS STS";
            Err(SourceError::new(ErrorClass::Timeout, what).with_hint(hint))
        })
    }

    /// The clusters to read: those configured, else all. A configured one that is not there is one nobody looked at.
    async fn clusters(&self) -> Result<(Vec<Place>, Vec<Unseen>, Vec<SourceError>), SourceError> {
        let configured = &self.ecs.aws.settings().clusters;
        let references = if configured.is_empty() {
            self.api.list_clusters().await.map_err(|error| match error.class {
                ErrorClass::Forbidden => {
                    let hint = error.hint.clone().unwrap_or_default();
                    error.with_hint(format!("{hint}, or name `clusters` in the context's [aws]"))
                }
                _ => error,
            })?
        } else {
            configured.clone()
        };
        let (mut unseen, mut problems) = (Vec::new(), Vec::new());
        if references.is_empty() {
            let what = format!("ecs:ListClusters in {}: there is no cluster", self.session.region());
            problems.push(
                SourceError::new(ErrorClass::Rejected, what).with_hint(
                    "is this the right region and account? set `region` and `profile` in the context's [aws]",
                ),
            );
        }
        let mut places = Vec::new();
        for some in references.chunks(CLUSTERS_A_CALL) {
            match self.api.describe_clusters(some).await {
                Ok((clusters, failures)) => {
                    for failure in &failures {
                        let error = self.api.failed("DescribeClusters", "", failure);
                        if !configured.is_empty() {
                            unseen.push(Unseen::new("cluster", &error));
                        }
                        problems.push(error.with_hint("check `clusters` and `region` of the context's [aws]"));
                    }
                    places.extend(clusters.iter().filter_map(described));
                }
                Err(error) if is_the_way(error.class) => return Err(error),
                Err(error) => {
                    problems.push(error);
                    places.extend(some.iter().map(|reference| undescribed(reference)));
                }
            }
        }
        if places.is_empty() && !problems.is_empty() && !configured.is_empty() {
            return Err(problems.swap_remove(0));
        }
        places.sort_by(|a, b| a.cluster.name.cmp(&b.cluster.name));
        Ok((places, unseen, problems))
    }

    async fn cluster(&self, place: &Place) -> Part {
        let (services, tasks) = Box::pin(join(self.services(place), self.tasks(place))).await;
        let mut part = match services {
            Ok(read) => read,
            Err(problem) => return Part::failed(problem),
        };
        let services = &mut part.services;
        let mut owners = Owners::default();
        for (index, service) in services.iter_mut().enumerate() {
            owners.add(index, service);
            service.tasks.clear();
            service.tasks_known = tasks.complete;
        }
        for task in &tasks.found {
            if let Some(service) = owners.of(task).and_then(|index| services.get_mut(index)) {
                service.tasks.push(map::task(task));
            }
        }
        for service in services {
            map::sort_tasks(&mut service.tasks);
        }
        part.problems.extend(tasks.problems);
        part
    }

    /// A cluster's services, and what could not be read of them.
    ///
    /// # Errors
    /// Where no service could be read.
    async fn services(&self, place: &Place) -> Result<Part, SourceError> {
        let mut part = Part::default();
        let mut wanted = self.list(place, &mut part.problems).await?;
        wanted.retain(|arn| self.ecs.services.admits(&place.cluster.name, map::short_name(arn)));
        let (due, stand_ins) = self.ecs.memory().plan(wanted, self.now);
        for known in stand_ins {
            part.stands_in(known);
        }
        let batches = due.chunks(SERVICES_A_CALL);
        let calls = batches.clone().map(|batch| self.api.describe_services(&place.reference, &place.about, batch));
        let answers = join_all(calls).await;
        let mut missed: Vec<&String> = Vec::new();
        let (mut failures, mut reason) = (Vec::new(), None);
        for (batch, answer) in batches.zip(answers) {
            match answer {
                Ok((described, failed)) => {
                    part.services.extend(self.described(place, &described));
                    failures.extend(failed);
                }
                Err(error) => {
                    missed.extend(batch);
                    reason.get_or_insert(error);
                }
            }
        }
        if let Some(reason) = reason {
            if missed.len() == due.len() {
                return Err(reason);
            }
            let kept = part.services.len();
            let memory = self.ecs.memory();
            let last = missed.iter().filter_map(|arn| memory.stand_in(arn, self.now));
            for known in last.cloned() {
                part.stands_in(known);
            }
            let lost = missed.len() - (part.services.len() - kept);
            let (missed, due) = (missed.len(), due.len());
            let what = format!("{}; {missed} of {due} services not read again, {lost} not known", reason.what);
            let problem = SourceError { what, ..reason };
            if lost > 0 { part.lacks(problem) } else { part.problems.push(problem) }
        }
        for problem in self.not_described(place, failures).await {
            part.lacks(problem);
        }
        Ok(part)
    }

    /// The names of a cluster's services: kept, fresh, or (with a problem) the last ones known.
    async fn list(&self, place: &Place, problems: &mut Vec<SourceError>) -> Result<Vec<String>, SourceError> {
        let kept = self.ecs.memory().listing(&place.reference, place.active);
        if let Some(arns) = kept {
            return Ok(arns);
        }
        match self.api.list_services(&place.reference, &place.about).await {
            Ok(arns) if arns.is_empty() && place.active.is_some_and(|count| count > 0) => {
                let count = place.active.unwrap_or_default();
                Err(self.api.contradicts("ListServices", &place.about, &format!("no service, of {count} active ones")))
            }
            Ok(arns) => {
                self.ecs.memory().listed(&place.reference, place.active, &arns);
                Ok(arns)
            }
            Err(error) => {
                let last = self.ecs.memory().last_listing(&place.reference).ok_or_else(|| error.clone())?;
                problems.push(error);
                Ok(last)
            }
        }
    }

    fn described(&self, place: &Place, wire: &[types::Service]) -> Vec<EcsService> {
        let mut memory = self.ecs.memory();
        let mapped = wire.iter().map(|wire| {
            let service = map::service(&place.cluster.name, wire);
            if let Some(arn) = wire.service_arn() {
                memory.described(arn, &service, self.now);
            }
            service
        });
        mapped.collect()
    }

    /// Why services were not described. One that went away since the list was read is no problem; one that is listed
    /// all the same is.
    async fn not_described(&self, place: &Place, mut failures: Vec<types::Failure>) -> Vec<SourceError> {
        let is_missing = |failure: &types::Failure| failure.reason() == Some("MISSING");
        if failures.iter().any(is_missing) {
            self.ecs.memory().distrust_listing(&place.reference);
            let listed = self.list(place, &mut Vec::new()).await.unwrap_or_default();
            let names: BTreeSet<&str> = listed.iter().map(|arn| map::short_name(arn)).collect();
            failures.retain(|failure| {
                !is_missing(failure) || failure.arn().is_some_and(|arn| names.contains(map::short_name(arn)))
            });
        }
        failures.iter().map(|failure| self.api.failed("DescribeServices", &place.about, failure)).collect()
    }

    /// A cluster's tasks: those that run or start, and those that stopped within the last hour.
    async fn tasks(&self, place: &Place) -> Tasks {
        let list = |desired| self.api.list_tasks(&place.reference, &place.about, desired);
        let (running, stopped) = join(list(types::DesiredStatus::Running), list(types::DesiredStatus::Stopped)).await;
        let mut read = Tasks { complete: true, ..Tasks::default() };
        let mut listed = BTreeSet::new();
        for list in [running, stopped] {
            match list {
                Ok(arns) => listed.extend(arns),
                Err(error) => read.incomplete(error),
            }
        }
        let (unknown, known) = self.ecs.memory().known_stopped(listed.into_iter().collect());
        read.found = known;
        let batches = unknown.chunks(TASKS_A_CALL);
        let calls = batches.map(|batch| self.api.describe_tasks(&place.reference, &place.about, batch));
        for answer in join_all(calls).await {
            match answer {
                Ok((tasks, failures)) => {
                    read.found.extend(tasks);
                    // A task may be forgotten between the list and its description.
                    let failed = failures.iter().filter(|failure| failure.reason() != Some("MISSING"));
                    for failure in failed {
                        read.incomplete(self.api.failed("DescribeTasks", &place.about, failure));
                    }
                }
                Err(error) => read.incomplete(error),
            }
        }
        self.ecs.memory().stopped(&format!("task/{}/", place.cluster.name), &read.found);
        read
    }

    /// Image and size of every definition in force. A denial is met once, not a hundred times.
    async fn definitions(&self, services: &[EcsService]) -> (Vec<TaskDefinition>, Option<SourceError>) {
        let names: BTreeSet<&str> = services.iter().map(|service| service.definition.as_str()).collect();
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        let unknown: Vec<&str> = {
            let memory = self.ecs.memory();
            let unknown = names.iter().copied().filter(|name| memory.definition(name).is_none());
            unknown.take(DEFINITIONS_A_ROUND).collect()
        };
        let mut problem = None;
        if let Some((first, rest)) = unknown.split_first() {
            problem = self.define(first).await.err();
            if problem.as_ref().is_none_or(|error| error.class == ErrorClass::Rejected) {
                let answers = join_all(rest.iter().map(|name| self.define(name))).await;
                problem = problem.or_else(|| answers.into_iter().find_map(Result::err));
            }
        }
        let memory = self.ecs.memory();
        (names.iter().filter_map(|name| memory.definition(name).cloned()).collect(), problem)
    }

    async fn define(&self, name: &str) -> Result<(), SourceError> {
        let wire = self.api.describe_task_definition(name).await?;
        self.ecs.memory().defined(name, map::task_definition(&wire));
        Ok(())
    }
}

impl Tasks {
    fn incomplete(&mut self, problem: SourceError) {
        self.complete = false;
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// A failure that every further call would meet again.
fn is_the_way(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::Dns
            | ErrorClass::Connect
            | ErrorClass::Tls
            | ErrorClass::Timeout
            | ErrorClass::Credentials
            | ErrorClass::Garbage
    )
}

fn described(wire: &types::Cluster) -> Option<Place> {
    let arn = wire.cluster_arn().or_else(|| wire.cluster_name())?;
    let status = wire.status().map_or_else(|| "UNKNOWN".to_owned(), map::text);
    (status != "INACTIVE").then(|| {
        let name = map::text(wire.cluster_name().unwrap_or_else(|| map::short_name(arn)));
        Place {
            reference: arn.to_owned(),
            about: format!("cluster {name}"),
            cluster: Cluster { name, status },
            active: Some(wire.active_services_count()),
        }
    })
}

fn undescribed(reference: &str) -> Place {
    let name = map::text(map::short_name(reference));
    Place {
        reference: reference.to_owned(),
        about: format!("cluster {name}"),
        cluster: Cluster { name, status: "UNKNOWN".to_owned() },
        active: None,
    }
}

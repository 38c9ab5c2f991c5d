//! The ECS calls this program makes: every page, every limit, every failure.

use std::collections::HashSet;
use std::fmt::Write as _;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{Cluster, DesiredStatus, Failure, Service, Task, TaskDefinition};

use super::super::{Call, Session};
use super::map::text;
use crate::domain::{ErrorClass, SourceError};

/// The most clusters described at once.
pub const CLUSTERS_A_CALL: usize = 100;
/// The most services described at once.
pub const SERVICES_A_CALL: usize = 10;
/// The most tasks described at once.
pub const TASKS_A_CALL: usize = 100;

/// The largest page of every list.
const PAGE: i32 = 100;
/// No list is longer than this; one that is goes in circles.
const MAX_PAGES: usize = 1_000;

/// One round's ECS calls.
#[derive(Debug)]
pub struct Api<'a> {
    session: &'a Session,
    client: Client,
}

impl<'a> Api<'a> {
    /// The calls of a round.
    pub fn new(session: &'a Session) -> Self {
        Self { session, client: session.ecs() }
    }

    /// ARNs of every cluster of the region.
    pub async fn list_clusters(&self) -> Result<Vec<String>, SourceError> {
        let call = call("ListClusters", "");
        self.pages(call, |token| async move {
            let request = self.client.list_clusters().max_results(PAGE).set_next_token(token);
            let page = self.session.call(call, request.send()).await?;
            Ok((self.listed(call, page.cluster_arns, "clusters")?, page.next_token))
        })
        .await
    }

    /// Clusters by name or ARN. Not for an empty list, which ECS takes for the cluster `default`.
    pub async fn describe_clusters(&self, clusters: &[String]) -> Result<(Vec<Cluster>, Vec<Failure>), SourceError> {
        let request = self.client.describe_clusters().set_clusters(Some(clusters.to_vec()));
        let answer = self.session.call(call("DescribeClusters", ""), request.send()).await?;
        self.told("DescribeClusters", "", answer.clusters, answer.failures)
    }

    /// ARNs of a cluster's services.
    pub async fn list_services(&self, cluster: &str, about: &str) -> Result<Vec<String>, SourceError> {
        let call = call("ListServices", about);
        self.pages(call, |token| async move {
            let request = self.client.list_services().cluster(cluster).max_results(PAGE).set_next_token(token);
            let page = self.session.call(call, request.send()).await?;
            Ok((self.listed(call, page.service_arns, "services")?, page.next_token))
        })
        .await
    }

    /// At most [`SERVICES_A_CALL`] services.
    pub async fn describe_services(
        &self,
        cluster: &str,
        about: &str,
        services: &[String],
    ) -> Result<(Vec<Service>, Vec<Failure>), SourceError> {
        let request = self.client.describe_services().cluster(cluster).set_services(Some(services.to_vec()));
        let answer = self.session.call(call("DescribeServices", about), request.send()).await?;
        self.told("DescribeServices", about, answer.services, answer.failures)
    }

    /// ARNs of a cluster's tasks: those meant to run (the default), or those meant to be stopped.
    pub async fn list_tasks(
        &self,
        cluster: &str,
        about: &str,
        desired: DesiredStatus,
    ) -> Result<Vec<String>, SourceError> {
        let call = call("ListTasks", about);
        self.pages(call, |token| {
            let desired = desired.clone();
            async move {
                let request = self.client.list_tasks().cluster(cluster).desired_status(desired).max_results(PAGE);
                let page = self.session.call(call, request.set_next_token(token).send()).await?;
                Ok((self.listed(call, page.task_arns, "tasks")?, page.next_token))
            }
        })
        .await
    }

    /// ARNs of one service's tasks, those meant to run or those meant to be stopped.
    pub async fn list_tasks_of(
        &self,
        cluster: &str,
        service: &str,
        desired: DesiredStatus,
    ) -> Result<Vec<String>, SourceError> {
        let call = call("ListTasks", service);
        self.pages(call, |token| {
            let request = self.client.list_tasks().cluster(cluster).service_name(service);
            let request = request.desired_status(desired.clone()).max_results(PAGE).set_next_token(token);
            async move {
                let page = self.session.call(call, request.send()).await?;
                Ok((self.listed(call, page.task_arns, "tasks")?, page.next_token))
            }
        })
        .await
    }

    /// At most [`TASKS_A_CALL`] tasks.
    pub async fn describe_tasks(
        &self,
        cluster: &str,
        about: &str,
        tasks: &[String],
    ) -> Result<(Vec<Task>, Vec<Failure>), SourceError> {
        let request = self.client.describe_tasks().cluster(cluster).set_tasks(Some(tasks.to_vec()));
        let answer = self.session.call(call("DescribeTasks", about), request.send()).await?;
        self.told("DescribeTasks", about, answer.tasks, answer.failures)
    }

    /// A task definition by ARN or `family:revision`.
    pub async fn describe_task_definition(&self, name: &str) -> Result<TaskDefinition, SourceError> {
        let call = call("DescribeTaskDefinition", "");
        let request = self.client.describe_task_definition().task_definition(name);
        let answer = self.session.call(call, request.send()).await?;
        answer.task_definition.ok_or_else(|| {
            let what = format!("{}: the answer holds no definition", call.in_region(self.session.region()));
            SourceError::new(ErrorClass::Garbage, what)
        })
    }

    /// The list of a page. ECS sends one always, an empty one where there is nothing; an answer without one comes from
    /// something else, and does not mean that there is nothing.
    fn listed(&self, call: Call<'_>, list: Option<Vec<String>>, of: &str) -> Result<Vec<String>, SourceError> {
        list.ok_or_else(|| self.contradicts(call.action, call.about, &format!("no list of {of}")))
    }

    /// What was asked for, and failures. ECS tells of everything it is asked about, one way or the other: an answer
    /// with neither comes from something else.
    fn told<T>(
        &self,
        action: &'static str,
        about: &str,
        found: Option<Vec<T>>,
        failures: Option<Vec<Failure>>,
    ) -> Result<(Vec<T>, Vec<Failure>), SourceError> {
        let (found, failures) = (found.unwrap_or_default(), failures.unwrap_or_default());
        if found.is_empty() && failures.is_empty() {
            return Err(self.contradicts(action, about, "nothing of what was asked for"));
        }
        Ok((found, failures))
    }

    /// An answer that cannot be ECS's own.
    pub fn contradicts(&self, action: &'static str, about: &str, holds: &str) -> SourceError {
        let what = format!("{}: the answer holds {holds}", call(action, about).in_region(self.session.region()));
        SourceError::new(ErrorClass::Garbage, what).with_hint("check endpoint_url, and proxies on the way")
    }

    /// What a `failures` entry of an answer says.
    pub fn failed(&self, action: &'static str, about: &str, failure: &Failure) -> SourceError {
        let reason = failure.reason().map_or_else(|| "failed".to_owned(), text);
        let mut what = call(action, about).in_region(self.session.region());
        // Writing to a string cannot fail.
        let _ = write!(what, ": {}: {reason}", failure.arn().map(text).unwrap_or_default());
        if let Some(detail) = failure.detail().map(text).filter(|detail| !detail.is_empty()) {
            let _ = write!(what, ": {detail}");
        }
        let class = if reason.contains("ACCESS") { ErrorClass::Forbidden } else { ErrorClass::Rejected };
        SourceError::new(class, what)
    }

    /// Every page of a list. A token that comes twice would go on for ever.
    async fn pages<F, Fut>(&self, call: Call<'_>, page: F) -> Result<Vec<String>, SourceError>
    where
        F: Fn(Option<String>) -> Fut,
        Fut: Future<Output = Result<(Vec<String>, Option<String>), SourceError>>,
    {
        let mut all = Vec::new();
        let mut seen = HashSet::new();
        let mut token = None;
        for _ in 0..MAX_PAGES {
            let (items, next) = Box::pin(page(token)).await?;
            all.extend(items);
            match next.filter(|next| !next.is_empty()) {
                None => return Ok(all),
                Some(next) if !seen.insert(next.clone()) => break,
                next => token = next,
            }
        }
        let what = format!("{}: the list does not end: a page came twice", call.in_region(self.session.region()));
        Err(SourceError::new(ErrorClass::Garbage, what))
    }
}

fn call<'a>(action: &'static str, about: &'a str) -> Call<'a> {
    Call { service: "ecs", action, about }
}

//! FAKE of the ECS API (JSON 1.1), written from AWS's API reference, for what moto does not do: pages, limits,
//! throttling, rollouts, events, stopped tasks and failures. It also answers STS's `GetCallerIdentity` and
//! CloudWatch's `GetMetricData` (every metric asked for is steady), so that one endpoint is enough for a run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::bridge::{Call, call, refusal};
use super::cbor;
use super::load::now;
use super::moto::REGION;
use super::site::{HangUp, Request, Response, Site, respond};

/// The account everything is in.
pub(crate) const ACCOUNT: &str = "482100000917";

/// A service and what there is of it.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) desired: usize,
    pub(crate) running: usize,
    pub(crate) pending: usize,
    pub(crate) rollout: Rollout,
    /// Newest first.
    pub(crate) events: Vec<String>,
    pub(crate) stopped: Vec<Stopped>,
    /// Listed, and gone when described.
    pub(crate) missing: bool,
}

/// Where the newest deployment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rollout {
    /// One deployment, done.
    Completed,
    /// A second one under way beside it.
    InProgress { failed_tasks: u32 },
    /// A second one that the circuit breaker gave up.
    Failed { reason: String },
}

/// A task that stopped five minutes ago.
#[derive(Debug, Clone)]
pub(crate) struct Stopped {
    pub(crate) code: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) exit_code: Option<i32>,
    pub(crate) container_reason: Option<&'static str>,
}

impl Service {
    /// A service that is well, with this many tasks.
    pub(crate) fn new(name: impl Into<String>, tasks: usize) -> Self {
        Self {
            name: name.into(),
            desired: tasks,
            running: tasks,
            pending: 0,
            rollout: Rollout::Completed,
            events: Vec::new(),
            stopped: Vec::new(),
            missing: false,
        }
    }
}

/// A cluster's services.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    pub(crate) cluster: String,
    pub(crate) services: Vec<Service>,
}

/// How an operation is refused.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    /// So many times more.
    Throttled(u32),
    /// As long as it runs.
    Denied,
}

type Refusals = Arc<Mutex<BTreeMap<String, Refusal>>>;

/// A running fake.
pub(crate) struct FakeEcs {
    site: Site,
    refusals: Refusals,
}

impl FakeEcs {
    pub(crate) fn start(fleet: Fleet) -> Self {
        let (fleet, refusals) = (Arc::new(fleet), Refusals::default());
        let state = refusals.clone();
        let site = Site::serve(move |request| {
            let response = answer(&fleet, &state, &request);
            async { Ok::<_, HangUp>(response) }
        });
        Self { site, refusals }
    }

    pub(crate) fn url(&self) -> String {
        self.site.url()
    }

    /// The next so many calls of an operation are throttled.
    pub(crate) fn throttle(&self, operation: &str, calls: u32) {
        self.refusals.lock().unwrap().insert(operation.to_owned(), Refusal::Throttled(calls));
    }

    /// An operation the caller may not use.
    pub(crate) fn deny(&self, operation: &str) {
        self.refusals.lock().unwrap().insert(operation.to_owned(), Refusal::Denied);
    }

    /// Every call so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.site.seen().iter().map(call).collect()
    }

    /// How often an operation was called.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.calls().iter().filter(|call| call.operation == operation).count()
    }
}

fn answer(fleet: &Fleet, refusals: &Refusals, request: &Request) -> Response {
    let Call { service, operation } = call(request);
    match refusals.lock().unwrap().get_mut(&operation) {
        Some(Refusal::Throttled(left @ 1..)) => {
            *left -= 1;
            return refusal(request, "ThrottlingException", "Rate exceeded");
        }
        Some(Refusal::Denied) => {
            let who = format!("User: arn:aws:iam::{ACCOUNT}:user/kim");
            let why = format!(
                "{who} is not authorized to perform: ecs:{operation} because no identity-based policy allows it"
            );
            return refusal(request, "AccessDeniedException", &why);
        }
        _ => {}
    }
    match service.as_str() {
        "sts" => respond(200, "text/xml", identity()),
        "monitoring" => metrics(request),
        _ => {
            let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            match perform(fleet, &operation, &asked) {
                Ok(answer) => respond(200, "application/x-amz-json-1.1", answer.to_string()),
                Err((code, why)) => refusal(request, code, &why),
            }
        }
    }
}

type Answer = Result<Value, (&'static str, String)>;

fn perform(fleet: &Fleet, operation: &str, asked: &Value) -> Answer {
    let cluster = arn(&format!("cluster/{}", fleet.cluster));
    if operation == "ListClusters" {
        return page(&[cluster], "clusterArns", asked, 100);
    }
    if operation == "DescribeTaskDefinition" {
        return Ok(task_definition(asked["taskDefinition"].as_str().unwrap_or_default()));
    }
    if operation == "DescribeClusters" {
        let wanted = names(asked, "clusters", 100)?;
        let (known, unknown): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|name| short(name) == fleet.cluster);
        let running: usize = fleet.services.iter().map(|service| service.running).sum();
        let describe = |_: &String| {
            json!({
                "clusterArn": cluster, "clusterName": fleet.cluster, "status": "ACTIVE", "runningTasksCount": running,
                "pendingTasksCount": 0, "activeServicesCount": fleet.services.len(), "registeredContainerInstancesCount": 0,
            })
        };
        return Ok(
            json!({ "clusters": known.iter().map(describe).collect::<Vec<_>>(), "failures": failures(&unknown) }),
        );
    }
    let named = asked["cluster"].as_str().unwrap_or("default");
    if short(named) != fleet.cluster {
        return Err(("ClusterNotFoundException", "Cluster not found.".to_owned()));
    }
    match operation {
        "ListServices" => {
            let all: Vec<String> = fleet.services.iter().map(|service| service_arn(fleet, service)).collect();
            page(&all, "serviceArns", asked, 10)
        }
        "DescribeServices" => {
            let wanted = names(asked, "services", 10)?;
            let find = |name: &String| fleet.services.iter().find(|one| one.name == short(name) && !one.missing);
            let found: Vec<Value> = wanted.iter().filter_map(find).map(|one| describe_service(fleet, one)).collect();
            let lost: Vec<String> = wanted.iter().filter(|name| find(name).is_none()).cloned().collect();
            Ok(json!({ "services": found, "failures": failures(&lost) }))
        }
        "ListTasks" => {
            let stopped = asked["desiredStatus"] == "STOPPED";
            let only = asked["serviceName"].as_str().map(short);
            let of_service = |service: &&Service| only.is_none_or(|name| name == service.name);
            let ids = fleet.services.iter().filter(of_service).flat_map(|service| {
                let count = if stopped { service.stopped.len() } else { service.running + service.pending };
                (0..count).map(|n| task_arn(fleet, service, stopped, n)).collect::<Vec<_>>()
            });
            page(&ids.collect::<Vec<_>>(), "taskArns", asked, 100)
        }
        "DescribeTasks" => {
            let wanted = names(asked, "tasks", 100)?;
            let described: Vec<(&String, Option<Value>)> =
                wanted.iter().map(|task| (task, describe_task(fleet, short(task)))).collect();
            let lost: Vec<String> =
                described.iter().filter(|(_, task)| task.is_none()).map(|(name, _)| (*name).clone()).collect();
            let found: Vec<Value> = described.into_iter().filter_map(|(_, task)| task).collect();
            Ok(json!({ "tasks": found, "failures": failures(&lost) }))
        }
        _ => Err(("UnsupportedFeatureException", format!("{operation} is not in the fake"))),
    }
}

/// One page of a list; a token is the position it goes on at.
fn page(all: &[String], member: &str, asked: &Value, default: usize) -> Answer {
    let size = asked["maxResults"].as_u64().map_or(default, |size| usize::try_from(size).unwrap_or(usize::MAX));
    if !(1..=100).contains(&size) {
        return Err(("InvalidParameterException", "maxResults must be between 1 and 100".to_owned()));
    }
    let from = match asked["nextToken"].as_str().map(str::parse) {
        None => 0,
        Some(Ok(from)) => from,
        Some(Err(_)) => return Err(("InvalidParameterException", "Invalid token.".to_owned())),
    };
    let mut answer = json!({});
    answer[member] = all.iter().skip(from).take(size).cloned().collect();
    if from + size < all.len() {
        answer["nextToken"] = (from + size).to_string().into();
    }
    Ok(answer)
}

/// The names in a request; too many are refused as AWS refuses them.
fn names(asked: &Value, member: &str, most: usize) -> Result<Vec<String>, (&'static str, String)> {
    let list = asked[member].as_array().cloned().unwrap_or_default();
    if list.is_empty() || list.len() > most {
        return Err((
            "InvalidParameterException",
            format!("{member} must have 1 to {most} entries, has {}", list.len()),
        ));
    }
    Ok(list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
}

fn failures(names: &[String]) -> Value {
    names.iter().map(|name| json!({ "arn": name, "reason": "MISSING" })).collect()
}

fn describe_service(fleet: &Fleet, service: &Service) -> Value {
    let deployment =
        |status: &str, id: &str, revision: u32, rollout: &str, reason: String, running: usize, failed: u32| {
            json!({
                "id": format!("ecs-svc/{id}"), "status": status, "rolloutState": rollout, "rolloutStateReason": reason,
                "taskDefinition": arn(&format!("task-definition/{}:{revision}", service.name)), "failedTasks": failed,
                "desiredCount": service.desired, "runningCount": running, "pendingCount": service.pending,
                "createdAt": now() - if status == "PRIMARY" { 840.0 } else { 180_000.0 }, "updatedAt": now() - 60.0,
                "launchType": "FARGATE",
            })
        };
    let done = |status, id, revision| {
        deployment(status, id, revision, "COMPLETED", "ECS deployment completed.".to_owned(), service.running, 0)
    };
    let deployments = match &service.rollout {
        Rollout::Completed => vec![done("PRIMARY", "1", 117)],
        Rollout::InProgress { failed_tasks } => {
            let reason = "ECS deployment in progress.".to_owned();
            vec![deployment("PRIMARY", "2", 118, "IN_PROGRESS", reason, 0, *failed_tasks), done("ACTIVE", "1", 117)]
        }
        Rollout::Failed { reason } => {
            vec![deployment("PRIMARY", "2", 118, "FAILED", reason.clone(), 0, 3), done("ACTIVE", "1", 117)]
        }
    };
    let events: Vec<Value> = (0u32..)
        .zip(&service.events)
        .map(|(n, text)| json!({ "id": format!("event-{n}"), "createdAt": now() - f64::from(n + 1) * 60.0, "message": text }))
        .collect();
    json!({
        "serviceArn": service_arn(fleet, service), "serviceName": service.name, "status": "ACTIVE", "launchType": "FARGATE",
        "clusterArn": arn(&format!("cluster/{}", fleet.cluster)), "desiredCount": service.desired,
        "runningCount": service.running, "pendingCount": service.pending, "taskDefinition": deployments[0]["taskDefinition"],
        "deployments": deployments, "events": events, "createdAt": now() - 9_000_000.0, "schedulingStrategy": "REPLICA",
        "deploymentController": { "type": "ECS" }, "healthCheckGracePeriodSeconds": 0, "enableExecuteCommand": false,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": { "enable": true, "rollback": true }, "maximumPercent": 200, "minimumHealthyPercent": 100,
        },
    })
}

/// A task by its id: `SERVICE.r0` for one that runs (or starts), `SERVICE.s0` for one that stopped.
fn describe_task(fleet: &Fleet, id: &str) -> Option<Value> {
    let (name, which) = id.rsplit_once('.')?;
    let service = fleet.services.iter().find(|service| service.name == name)?;
    let n: usize = which.get(1..)?.parse().ok()?;
    let is_stopped = which.starts_with('s');
    let status = if is_stopped {
        "STOPPED"
    } else if n < service.running {
        "RUNNING"
    } else {
        "PENDING"
    };
    let mut container = json!({ "name": name, "lastStatus": status, "image": format!("example/{name}:1.4.2") });
    let mut task = json!({
        "taskArn": task_arn(fleet, service, is_stopped, n), "clusterArn": arn(&format!("cluster/{}", fleet.cluster)),
        "group": format!("service:{name}"), "startedBy": "ecs-svc/1", "launchType": "FARGATE", "cpu": "512", "memory": "1024",
        "taskDefinitionArn": arn(&format!("task-definition/{name}:117")), "lastStatus": status,
        "desiredStatus": if is_stopped { "STOPPED" } else { "RUNNING" }, "healthStatus": "UNKNOWN",
        "availabilityZone": format!("{REGION}a"), "createdAt": now() - 90_000.0,
    });
    if status == "RUNNING" || is_stopped {
        task["startedAt"] = (now() - 89_950.0).into();
    }
    if is_stopped {
        let stopped = service.stopped.get(n)?;
        task["stoppedAt"] = (now() - 300.0).into();
        task["stopCode"] = stopped.code.into();
        task["stoppedReason"] = stopped.reason.into();
        container["exitCode"] = stopped.exit_code.into();
        container["reason"] = stopped.container_reason.into();
    }
    task["containers"] = json!([container]);
    Some(task)
}

fn task_definition(asked: &str) -> Value {
    let named = short(asked);
    let (family, revision) = named.split_once(':').unwrap_or((named, "117"));
    let container = json!({ "name": family, "image": format!("example/{family}:1.4.2"), "cpu": 512, "memory": 1024, "essential": true });
    json!({
        "taskDefinition": {
            "taskDefinitionArn": arn(&format!("task-definition/{family}:{revision}")), "family": family,
            "revision": revision.parse::<u32>().unwrap_or(0), "status": "ACTIVE", "cpu": "512", "memory": "1024",
            "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "containerDefinitions": [container],
            "registeredAt": now() - 100_000.0,
        },
    })
}

fn arn(resource: &str) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:{resource}")
}

fn service_arn(fleet: &Fleet, service: &Service) -> String {
    arn(&format!("service/{}/{}", fleet.cluster, service.name))
}

fn task_arn(fleet: &Fleet, service: &Service, stopped: bool, n: usize) -> String {
    let kind = if stopped { 's' } else { 'r' };
    arn(&format!("task/{}/{}.{kind}{n}", fleet.cluster, service.name))
}

/// The last part of an ARN, or the name itself.
fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

pub(crate) fn identity() -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{ACCOUNT}:user/kim</Arn><UserId>AIDAPLANTED</UserId><Account>{ACCOUNT}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
}

/// Every metric asked for, at 20 for the last hour, as CBOR.
fn metrics(request: &Request) -> Response {
    let asked = cbor::to_json(&request.body).unwrap_or_default();
    let queries = asked["MetricDataQueries"].as_array().cloned().unwrap_or_default();
    if queries.len() > 500 {
        return refusal(
            request,
            "ValidationError",
            "The collection MetricDataQueries must not have a size greater than 500.",
        );
    }
    let end = (now() / 60.0).floor() * 60.0;
    let times: Vec<f64> = (0..60).map(|minute| end - f64::from(minute) * 60.0).collect();
    let results: Vec<Value> = queries
        .iter()
        .map(|query| {
            json!({ "Id": query["Id"], "Label": query["Id"], "StatusCode": "Complete", "Timestamps": times, "Values": vec![20.0; 60] })
        })
        .collect();
    let mut response =
        respond(200, "application/cbor", cbor::from_json(&json!({ "MetricDataResults": results, "Messages": [] })));
    response.headers_mut().insert("smithy-protocol", hyper::header::HeaderValue::from_static("rpc-v2-cbor"));
    response
}

//! FAKE of the few ECS calls that a service with one task takes, and of `FilterLogEvents`, written from AWS's API
//! reference, for what moto does not do: tasks with ECS Exec, lines that come late or twice, a backend that fails.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::bridge::{call, refusal};
use super::cbor;
use super::moto::REGION;
use super::site::{Request, Response, Site, respond};

const ACCOUNT: &str = "482100000917";

/// The only task.
pub(crate) const TASK: &str = "0123456789abcdef0123456789abcdef";

/// An event: milliseconds since 1970, its id, its text.
type Event = (i64, String, String);

#[derive(Default)]
struct State {
    events: Vec<Event>,
    /// What tasks said that ECS has forgotten.
    forgotten: Vec<(String, Event)>,
    throttled: u32,
}

/// The fake, until dropped.
pub(crate) struct FakeLogs {
    site: Site,
    state: Arc<Mutex<State>>,
}

impl FakeLogs {
    /// Cluster `prod` with service `web`.
    pub(crate) fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let site = Site::serve(move |request| std::future::ready(Ok(answer(&shared, &request))));
        Self { site, state }
    }

    pub(crate) fn url(&self) -> String {
        self.site.url()
    }

    /// The task says something, so many seconds ago.
    pub(crate) fn say(&self, seconds_ago: i64, id: &str, text: &str) {
        let at = jiff_now() - seconds_ago * 1_000;
        self.state.lock().unwrap().events.push((at, id.to_owned(), text.to_owned()));
    }

    /// A task that ECS has forgotten said something, so many seconds ago.
    pub(crate) fn said(&self, task: &str, seconds_ago: i64, text: &str) {
        let event = (jiff_now() - seconds_ago * 1_000, format!("{task}{seconds_ago}"), text.to_owned());
        self.state.lock().unwrap().forgotten.push((task.to_owned(), event));
    }

    /// The next so many calls for events are throttled.
    pub(crate) fn throttle(&self, calls: u32) {
        self.state.lock().unwrap().throttled = calls;
    }

    /// How often events were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.site.seen().iter().filter(|request| call(request).operation == "FilterLogEvents").count()
    }
}

fn jiff_now() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn arn(rest: &str) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:{rest}")
}

fn answer(state: &Mutex<State>, request: &Request) -> Response {
    let operation = call(request).operation;
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let body = match operation.as_str() {
        "GetCallerIdentity" => {
            let text = format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/kim</Arn><UserId>A</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            );
            return respond(200, "text/xml", text);
        }
        "GetMetricData" => {
            let mut response = respond(200, "application/cbor", cbor::from_json(&json!({ "MetricDataResults": [] })));
            response.headers_mut().insert("smithy-protocol", hyper::header::HeaderValue::from_static("rpc-v2-cbor"));
            return response;
        }
        "ListClusters" => json!({ "clusterArns": [arn("cluster/prod")] }),
        "DescribeClusters" => json!({ "clusters": [{ "clusterArn": arn("cluster/prod"), "clusterName": "prod",
            "status": "ACTIVE", "activeServicesCount": 1 }] }),
        "ListServices" => json!({ "serviceArns": [arn("service/prod/web")] }),
        "DescribeServices" => json!({ "services": [{ "serviceArn": arn("service/prod/web"), "serviceName": "web",
            "clusterArn": arn("cluster/prod"), "status": "ACTIVE", "desiredCount": 1, "runningCount": 1,
            "pendingCount": 0, "taskDefinition": arn("task-definition/web:7"), "enableExecuteCommand": true }] }),
        "ListTasks" => {
            let wanted = asked["desiredStatus"].as_str().unwrap_or("RUNNING");
            let tasks = if wanted == "RUNNING" { vec![arn(&format!("task/prod/{TASK}"))] } else { Vec::new() };
            json!({ "taskArns": tasks })
        }
        "DescribeTasks" => json!({ "tasks": [{ "taskArn": arn(&format!("task/prod/{TASK}")), "lastStatus": "RUNNING",
            "desiredStatus": "RUNNING", "group": "service:web", "taskDefinitionArn": arn("task-definition/web:7"),
            "enableExecuteCommand": true, "containers": [{ "name": "web", "lastStatus": "RUNNING",
            "managedAgents": [{ "name": "ExecuteCommandAgent", "lastStatus": "RUNNING" }] }] }] }),
        "DescribeTaskDefinition" => json!({ "taskDefinition": { "taskDefinitionArn": arn("task-definition/web:7"),
            "family": "web", "revision": 7, "containerDefinitions": [{ "name": "web", "image": "web",
            "logConfiguration": { "logDriver": "awslogs", "options": { "awslogs-group": "/ecs/web",
            "awslogs-region": REGION, "awslogs-stream-prefix": "ecs" } } }] } }),
        "FilterLogEvents" => {
            let mut state = state.lock().unwrap();
            if state.throttled > 0 {
                state.throttled -= 1;
                return refusal(request, "ThrottlingException", "Rate exceeded");
            }
            let from = asked["startTime"].as_i64().unwrap_or_default();
            let to = asked["endTime"].as_i64().unwrap_or(i64::MAX);
            let prefix = asked["logStreamNamePrefix"].as_str().unwrap_or_default();
            let named = state.events.iter().map(|event| (TASK, event));
            let all = named.chain(state.forgotten.iter().map(|(task, event)| (task.as_str(), event)));
            let found = all
                .map(|(task, event)| (format!("ecs/web/{task}"), event))
                .filter(|(stream, (at, ..))| (from..=to).contains(at) && stream.starts_with(prefix));
            json!({ "events": found.map(|(stream, (at, id, text))| json!({ "logStreamName": stream, "timestamp": at,
                "ingestionTime": at, "message": text, "eventId": id })).collect::<Vec<_>>() })
        }
        "DescribeLogStreams" => {
            let state = state.lock().unwrap();
            let prefix = asked["logStreamNamePrefix"].as_str().unwrap_or_default();
            // AWS refuses to order by time what is narrowed by name.
            assert!(prefix.is_empty() || asked["orderBy"].as_str() != Some("LastEventTime"), "{asked}");
            let mut streams = std::collections::BTreeMap::<String, (i64, i64)>::new();
            for (task, (at, ..)) in &state.forgotten {
                let known = streams.entry(format!("ecs/web/{task}")).or_insert((*at, *at));
                *known = (known.0.min(*at), known.1.max(*at));
            }
            let found = streams.iter().filter(|(name, _)| name.starts_with(prefix));
            json!({ "logStreams": found.map(|(name, (first, last))| json!({ "logStreamName": name,
                "creationTime": first, "firstEventTimestamp": first, "lastEventTimestamp": last,
                "lastIngestionTime": last })).collect::<Vec<_>>() })
        }
        other => return refusal(request, "InvalidAction", other),
    };
    respond(200, "application/x-amz-json-1.1", body.to_string())
}

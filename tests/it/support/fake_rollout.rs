//! FAKE of ECS and of a load balancer's target group for one service, written from AWS's API reference, for what moto does
//! not do: a scheduler that replaces tasks. Every `DescribeServices` is one step of time.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::bridge::{Call, call, refusal};
use super::fake_ecs::ACCOUNT;
use super::load::now;
use super::moto::REGION;
use super::site::{HangUp, Request, Response, Site, respond};

const GROUP: &str = "arn:aws:elasticloadbalancing:ap-northeast-2:482100000917:targetgroup/api/0123456789abcdef";

/// How the tasks fare that are started from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// They run and are healthy.
    Well,
    /// They end by themselves after a step.
    Crash,
    /// They never get beyond PENDING.
    Stuck,
}

#[derive(Debug, Clone)]
struct Task {
    id: String,
    deployment: usize,
    /// Steps since it was started.
    age: usize,
    /// Steps since it was told to stop.
    stopping: Option<usize>,
    reason: String,
    crashed: bool,
}

impl Task {
    fn status(&self) -> &'static str {
        match (self.stopping, self.age) {
            (Some(0 | 1), _) => "STOPPING",
            (Some(_), _) => "STOPPED",
            (None, 0) => "PENDING",
            (None, _) => "RUNNING",
        }
    }

    fn lives(&self) -> bool {
        self.stopping.is_none()
    }

    fn address(&self) -> String {
        format!("10.0.0.{}", self.id[5..].parse::<u32>().unwrap())
    }
}

struct Deployment {
    revision: u32,
    status: &'static str,
    reason: &'static str,
}

struct State {
    desired: usize,
    tasks: Vec<Task>,
    deployments: Vec<Deployment>,
    /// What ECS's list of service deployments says of the newest.
    rollout: &'static str,
    fate: Fate,
    steps: usize,
    /// At this step somebody else scales the service.
    meddled_at: Option<usize>,
    made: usize,
}

/// A running fake with the service `api` in the cluster `prod`.
pub(crate) struct FakeRollout {
    site: Site,
    state: Arc<Mutex<State>>,
}

impl FakeRollout {
    /// With two tasks of `api:117`.
    pub(crate) fn start(fate: Fate) -> Self {
        let mut state = State {
            desired: 2,
            tasks: Vec::new(),
            deployments: vec![Deployment { revision: 117, status: "COMPLETED", reason: "ECS deployment completed." }],
            rollout: "SUCCESSFUL",
            fate,
            steps: 0,
            meddled_at: None,
            made: 0,
        };
        for _ in 0..2 {
            state.launch(0);
        }
        state.tasks.iter_mut().for_each(|task| task.age = 100);
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        let site = Site::serve(move |request| {
            let response = answer(&shared, &request);
            async { Ok::<_, HangUp>(response) }
        });
        Self { site, state }
    }

    pub(crate) fn url(&self) -> String {
        self.site.url()
    }

    /// Somebody else scales the service at this step.
    pub(crate) fn meddle_at(&self, step: usize) {
        self.state.lock().unwrap().meddled_at = Some(step);
    }

    /// A deployment of `api:118` is under way and gets nowhere.
    pub(crate) fn deploy_badly(&self) {
        let mut state = self.state.lock().unwrap();
        state.fate = Fate::Stuck;
        state.deploy(118);
    }

    /// Every operation asked for so far.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.site.seen().iter().map(|request| call(request).operation).collect()
    }
}

impl State {
    fn launch(&mut self, deployment: usize) {
        self.made += 1;
        let id = format!("task-{:03}", self.made);
        self.tasks.push(Task { id, deployment, age: 0, stopping: None, reason: String::new(), crashed: false });
    }

    fn deploy(&mut self, revision: u32) {
        self.deployments.push(Deployment { revision, status: "IN_PROGRESS", reason: "ECS deployment in progress." });
        self.rollout = "IN_PROGRESS";
    }

    fn newest(&self) -> usize {
        self.deployments.len() - 1
    }

    /// What a scheduler does in one step.
    fn step(&mut self) {
        self.steps += 1;
        if self.meddled_at == Some(self.steps) {
            self.desired += 1;
        }
        let newest = self.newest();
        for task in &mut self.tasks {
            match &mut task.stopping {
                Some(steps) => *steps += 1,
                None if self.fate == Fate::Stuck && task.age == 0 => {}
                None => task.age += 1,
            }
            if task.lives() && self.fate == Fate::Crash && task.age >= 2 && task.age < 50 {
                task.stopping = Some(2);
                task.crashed = true;
                task.reason = "Essential container in task exited".to_owned();
            }
        }
        let failed = self.tasks.iter().filter(|task| task.crashed && task.deployment == newest).count();
        if newest > 0 && failed >= 2 {
            self.deployments[newest].status = "FAILED";
            self.deployments[newest].reason = "ECS deployment circuit breaker: tasks failed to start.";
            return;
        }
        let is_new = |task: &&Task| task.lives() && task.deployment == newest;
        let running = self.tasks.iter().filter(is_new).filter(|task| task.status() == "RUNNING").count();
        if self.tasks.iter().filter(is_new).count() < self.desired {
            self.launch(newest);
        } else if running == self.desired {
            for task in self.tasks.iter_mut().filter(|task| task.lives() && task.deployment != newest) {
                task.stopping = Some(0);
            }
            if self.tasks.iter().all(|task| task.deployment == newest || task.status() == "STOPPED") {
                self.deployments[newest].status = "COMPLETED";
                self.rollout = "SUCCESSFUL";
            }
        }
    }

    fn describe(&self) -> Value {
        let newest = self.newest();
        let count = |deployment: Option<usize>, status: &str| {
            self.tasks
                .iter()
                .filter(|task| task.status() == status && deployment.is_none_or(|one| one == task.deployment))
                .count()
        };
        let shown = (0..self.deployments.len()).rev().filter(|one| *one == newest || count(Some(*one), "RUNNING") > 0);
        let deployments: Vec<Value> = shown
            .map(|one| {
                let deployment = &self.deployments[one];
                json!({
                    "id": format!("ecs-svc/{one}"), "status": if one == newest { "PRIMARY" } else { "ACTIVE" },
                    "taskDefinition": arn(&format!("task-definition/api:{}", deployment.revision)),
                    "desiredCount": if one == newest { self.desired } else { 0 },
                    "runningCount": count(Some(one), "RUNNING"), "pendingCount": count(Some(one), "PENDING"),
                    "failedTasks": self.tasks.iter().filter(|task| task.crashed && task.deployment == one).count(),
                    "rolloutState": deployment.status, "rolloutStateReason": deployment.reason,
                    "createdAt": now() - 600.0 + one as f64, "updatedAt": now(),
                })
            })
            .collect();
        json!({
            "serviceArn": arn("service/prod/api"), "serviceName": "api", "clusterArn": arn("cluster/prod"), "status": "ACTIVE",
            "desiredCount": self.desired, "runningCount": count(None, "RUNNING"), "pendingCount": count(None, "PENDING"),
            "taskDefinition": deployments[0]["taskDefinition"], "deployments": deployments, "events": [],
            "schedulingStrategy": "REPLICA", "deploymentController": { "type": "ECS" }, "launchType": "FARGATE",
            "loadBalancers": [{ "targetGroupArn": GROUP, "containerName": "api", "containerPort": 8080 }],
            "deploymentConfiguration": { "maximumPercent": 200, "minimumHealthyPercent": 100 },
        })
    }
}

fn describe(task: &Task, state: &State) -> Value {
    let status = task.status();
    let mut wire = json!({
        "taskArn": arn(&format!("task/prod/{}", task.id)), "group": "service:api", "lastStatus": status,
        "startedBy": format!("ecs-svc/{}", task.deployment),
        "desiredStatus": if task.lives() { "RUNNING" } else { "STOPPED" },
        "taskDefinitionArn": arn(&format!("task-definition/api:{}", state.deployments[task.deployment].revision)),
        "healthStatus": if status == "RUNNING" { "HEALTHY" } else { "UNKNOWN" }, "createdAt": now() - 120.0,
        "attachments": [{ "type": "ElasticNetworkInterface", "details": [{ "name": "privateIPv4Address", "value": task.address() }] }],
        "containers": [{ "name": "api", "lastStatus": status }],
    });
    if status != "PENDING" {
        wire["startedAt"] = (now() - 80.0).into();
    }
    if !task.lives() {
        wire["stoppedReason"] = task.reason.clone().into();
        wire["stopCode"] = if task.crashed { "EssentialContainerExited" } else { "UserInitiated" }.into();
        if task.crashed {
            wire["containers"][0]["exitCode"] = 3.into();
        }
    }
    wire
}

fn answer(shared: &Mutex<State>, request: &Request) -> Response {
    let Call { service, operation } = call(request);
    let state = &mut *shared.lock().unwrap();
    if service == "sts" {
        return respond(200, "text/xml", super::fake_ecs::identity());
    }
    if service == "elasticloadbalancing" {
        return respond(200, "text/xml", target_health(state));
    }
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let reply = match operation.as_str() {
        "ListClusters" => json!({ "clusterArns": [arn("cluster/prod")] }),
        "DescribeClusters" => {
            json!({ "clusters": [{ "clusterArn": arn("cluster/prod"), "clusterName": "prod", "status": "ACTIVE" }] })
        }
        "ListServices" => json!({ "serviceArns": [arn("service/prod/api")] }),
        "DescribeServices" => {
            state.step();
            json!({ "services": [state.describe()], "failures": [] })
        }
        "ListTasks" => {
            let stopped = asked["desiredStatus"] == "STOPPED";
            let arns: Vec<String> = state
                .tasks
                .iter()
                .filter(|task| task.lives() != stopped)
                .map(|task| arn(&format!("task/prod/{}", task.id)))
                .collect();
            json!({ "taskArns": arns })
        }
        "DescribeTasks" => json!({ "tasks": state.tasks.iter().map(|task| describe(task, state)).collect::<Vec<_>>() }),
        "DescribeTaskDefinition" => json!({ "taskDefinition": {
            "taskDefinitionArn": arn("task-definition/api:117"), "family": "api", "revision": 117, "status": "ACTIVE",
            "containerDefinitions": [{ "name": "api", "image": "example/api:1", "essential": true, "healthCheck": { "command": ["true"] } }],
        } }),
        "GetTaskProtection" => json!({ "protectedTasks": [] }),
        "ListServiceDeployments" => json!({ "serviceDeployments": [{
            "serviceDeploymentArn": arn("service-deployment/prod/api/one"), "status": state.rollout,
            "createdAt": now(), "targetServiceRevisionArn": arn("service-revision/prod/api/2"),
        }] }),
        "DescribeServiceDeployments" => json!({ "serviceDeployments": [{
            "serviceDeploymentArn": arn("service-deployment/prod/api/one"), "status": state.rollout,
            "sourceServiceRevisions": [{ "arn": arn("service-revision/prod/api/1") }],
        }] }),
        "DescribeServiceRevisions" => json!({ "serviceRevisions": [
            { "serviceRevisionArn": arn("service-revision/prod/api/1"), "taskDefinition": arn("task-definition/api:117") },
            { "serviceRevisionArn": arn("service-revision/prod/api/2"), "taskDefinition": arn("task-definition/api:118") },
        ] }),
        "ListTaskDefinitions" => json!({ "taskDefinitionArns": [arn("task-definition/api:117")] }),
        "StopTask" => {
            let id = asked["task"].as_str().unwrap_or_default();
            let reason = asked["reason"].as_str().unwrap_or_default().to_owned();
            for task in state.tasks.iter_mut().filter(|task| task.id == id) {
                task.stopping = Some(0);
                task.reason.clone_from(&reason);
            }
            json!({ "task": { "taskArn": arn(&format!("task/prod/{id}")) } })
        }
        "UpdateService" => {
            if asked["forceNewDeployment"] == true {
                state.deploy(117);
            }
            json!({ "service": state.describe() })
        }
        "StopServiceDeployment" => {
            // ECS takes the old revision up again under a deployment of its own.
            state.fate = Fate::Well;
            state.deploy(117);
            state.rollout = "ROLLBACK_IN_PROGRESS";
            json!({ "serviceDeploymentArn": asked["serviceDeploymentArn"] })
        }
        _ => return refusal(request, "UnsupportedFeatureException", &format!("{operation} is not in the fake")),
    };
    respond(200, "application/x-amz-json-1.1", reply.to_string())
}

/// A target is registered with its task's first step and healthy two later.
fn target_health(state: &State) -> String {
    let targets: Vec<String> = state
        .tasks
        .iter()
        .filter(|task| task.lives())
        .map(|task| {
            let health = if task.age >= 3 {
                "<State>healthy</State>"
            } else {
                "<State>initial</State><Reason>Elb.InitialHealthChecking</Reason>"
            };
            format!(
                "<member><Target><Id>{}</Id><Port>8080</Port></Target><TargetHealth>{health}</TargetHealth></member>",
                task.address()
            )
        })
        .collect();
    let targets = targets.concat();
    format!(
        "<DescribeTargetHealthResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\
         <DescribeTargetHealthResult><TargetHealthDescriptions>{targets}</TargetHealthDescriptions>\
         </DescribeTargetHealthResult></DescribeTargetHealthResponse>"
    )
}

fn arn(resource: &str) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:{resource}")
}

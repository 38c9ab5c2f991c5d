//! What a change rests on, read right before it is planned and again right before it is made.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::estate::BalancerTarget;
use crate::domain::{EcsService, Silence};

/// What stands before why the tasks of a service could not be read.
pub(super) const UNREAD_TASKS: &str = "its tasks: ";

/// Who we are and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// The AWS region.
    pub region: Option<String>,
    /// The AWS account, twelve digits.
    pub account: Option<String>,
    /// Who we are to AWS.
    pub caller_arn: Option<String>,
}

/// What is so right now, as far as a change depends on it. Text in it is sanitised.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// Who we are and where.
    pub whereabouts: Whereabouts,
    /// What the change is about.
    pub subject: Subject,
    /// What could not be found out, and why: said in the plan.
    pub unseen: Vec<String>,
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A service.
    Service(Box<ServiceFacts>),
    /// The silences there are, where one is to be ended.
    Silences(Vec<Silence>),
    /// A place where silences can be made.
    Silencer {
        /// Where (`http://alertmanager:9093`).
        place: String,
    },
    /// A Grafana that takes annotations.
    Dashboards {
        /// Its address.
        place: String,
    },
    /// Prometheus.
    Prometheus(PrometheusFacts),
}

/// What is known of a Prometheus that is to read its configuration again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrometheusFacts {
    /// Its address.
    pub place: String,
    /// Why it cannot be told to, where that is known before.
    pub closed: Option<String>,
    /// Whether the last reading of its configuration worked, where it says so.
    pub last_reload_ok: Option<bool>,
    /// When it last read its configuration with success.
    pub last_reload: Option<Timestamp>,
}

/// A service as ECS and its load balancer have it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceFacts {
    /// Its counts, deployments and tasks, the stopped ones included.
    pub service: EcsService,
    /// Who deploys it (`ECS`, `CODE_DEPLOY`, `EXTERNAL`).
    pub controller: String,
    /// Whether it runs one task on each host (`DAEMON`): it has no desired count.
    pub is_daemon: bool,
    /// Whether its definition has a container health check, where that could be read.
    pub is_checked: Option<bool>,
    /// The target groups its tasks are in, by ARN.
    pub target_groups: Vec<String>,
    /// How each of their targets is; `None` where it could not be read.
    pub targets: Option<Vec<BalancerTarget>>,
    /// Running tasks that Prometheus cannot scrape, and why; none where it cannot be asked.
    pub unscraped: Vec<(String, String)>,
    /// Tasks that scale-in and deployments leave alone, and until when.
    pub protected: Vec<(String, Option<Timestamp>)>,
    /// What Application Auto Scaling makes of its desired count.
    pub scaling: Scaling,
    /// The service deployment under way, where ECS lists one.
    pub rolling: Option<ServiceDeployment>,
    /// What ran before; asked for only where it matters.
    pub previous: Option<Previous>,
}

/// What Application Auto Scaling makes of a desired count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scaling {
    /// Nothing: the service is not registered there.
    None,
    /// It keeps the count within these bounds.
    Between(i32, i32),
    /// It could not be asked.
    Unknown,
}

/// A deployment as ECS's newer API lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceDeployment {
    /// Its ARN.
    pub arn: String,
    /// `PENDING`, `IN_PROGRESS`, `ROLLBACK_IN_PROGRESS` ...
    pub status: String,
    /// The task definition it came from, where it is known.
    pub from: Option<String>,
}

impl ServiceDeployment {
    /// Whether it can be stopped and undone.
    pub fn can_be_undone(&self) -> bool {
        matches!(self.status.as_str(), "PENDING" | "IN_PROGRESS")
    }

    /// Whether it is being undone already.
    pub fn is_being_undone(&self) -> bool {
        self.status.starts_with("ROLLBACK_") || self.status == "STOP_REQUESTED"
    }
}

/// What ran before the definition in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Family and revision.
    pub definition: String,
    /// How that is known (`the deployment before this one`).
    pub known_by: &'static str,
}

/// How long the last tasks took from created to running, the newest first.
pub fn starts(service: &EcsService) -> Vec<Duration> {
    let mut known: Vec<(Timestamp, Duration)> = service
        .tasks
        .iter()
        .filter_map(|task| {
            let (created, started) = (task.created_at?, task.started_at?);
            Some((created, Duration::try_from(started.duration_since(created)).ok()?))
        })
        .collect();
    known.sort_by_key(|(created, _)| std::cmp::Reverse(*created));
    known.into_iter().map(|(_, took)| took).take(5).collect()
}

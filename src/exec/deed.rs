//! The single calls that changes come down to, what they give back and what is seen of them afterwards.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::estate::BalancerTarget;
use crate::domain::{EcsService, ServiceId, SilenceAsk, SourceKind};

/// One call that alters something. Nothing in it is left to find out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// ECS `StopTask`.
    StopTask {
        /// Whose.
        service: ServiceId,
        /// The whole id.
        task: String,
        /// What ECS keeps with the task.
        reason: String,
    },
    /// ECS `UpdateService` with `forceNewDeployment`.
    Redeploy {
        /// Which.
        service: ServiceId,
    },
    /// ECS `UpdateService` with a desired count.
    Scale {
        /// Which.
        service: ServiceId,
        /// How many.
        desired: u32,
    },
    /// ECS `StopServiceDeployment` with `ROLLBACK`.
    Undo {
        /// Which.
        service: ServiceId,
        /// The service deployment's ARN.
        deployment: String,
    },
    /// ECS `UpdateService` with another task definition.
    Deploy {
        /// Which.
        service: ServiceId,
        /// Family and revision.
        definition: String,
    },
    /// Make a silence.
    Silence {
        /// Which.
        ask: SilenceAsk,
        /// In whose name.
        by: String,
    },
    /// End one.
    Expire {
        /// Its id.
        id: String,
        /// Where it lives.
        source: SourceKind,
    },
    /// Leave a note on dashboards.
    Annotate(Note),
    /// Let Prometheus read its configuration again.
    Reload,
}

/// A note on dashboards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text.
    pub text: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The moment it is about.
    pub at: Timestamp,
}

/// What a backend said to a deed that it accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// In a few words, for people.
    pub said: String,
    /// The id of the deployment, silence or annotation that came of it.
    pub id: Option<String>,
}

/// What is to be looked at after a deed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// A service, the target groups its tasks are in, and the service deployment that is undone.
    Service {
        /// Which.
        service: ServiceId,
        /// Its target groups' ARNs.
        target_groups: Vec<String>,
        /// The ARN of the service deployment that is undone.
        undone: Option<String>,
    },
    /// A silence.
    Silence {
        /// Its id.
        id: String,
        /// Where it lives.
        source: SourceKind,
    },
    /// An annotation.
    Annotation {
        /// Its id.
        id: String,
        /// The moment it is about.
        at: Timestamp,
    },
    /// Prometheus' configuration.
    Prometheus,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// A service.
    Service(Box<ServiceSeen>),
    /// Whether the silence is in force, and until when; `None` where it is over or gone.
    Silence(Option<Timestamp>),
    /// Whether the annotation can be read back.
    Annotation(bool),
    /// Whether the last reading of the configuration worked, and when the last that did was.
    Prometheus {
        /// Whether the last one worked; `None` where it does not say.
        ok: Option<bool>,
        /// When the last that worked was.
        at: Option<Timestamp>,
    },
}

/// A service, seen after a deed.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceSeen {
    /// Its counts, deployments and tasks.
    pub service: EcsService,
    /// What each of its target groups has, or why that could not be read.
    pub targets: Result<Vec<GroupTargets>, String>,
    /// The status of the service deployment that is undone, where there is one.
    pub undone: Option<String>,
}

/// What one target group has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTargets {
    /// The group's ARN.
    pub group: String,
    /// Its targets.
    pub targets: Vec<BalancerTarget>,
}

impl GroupTargets {
    /// The group's name (`api` of `arn:aws:elasticloadbalancing:...:targetgroup/api/73e2d6bc24d8a067`).
    pub fn name(&self) -> &str {
        self.group.split('/').nth(1).unwrap_or(&self.group)
    }
}

/// How long one look or call may take.
pub const PATIENCE: Duration = Duration::from_secs(15);

//! Services and clusters as ECS describes them.

use jiff::Timestamp;

use super::{Deployment, ServiceEvent, ServiceId, Task};

/// One cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Short name.
    pub name: String,
    /// ACTIVE, PROVISIONING ...
    pub status: String,
}

/// What a task definition says of image and size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskDefinition {
    /// Family and revision (`api:118`).
    pub name: String,
    /// Container name and image, in order.
    pub images: Vec<(String, String)>,
    /// CPU units (1024 = one vCPU) as ECS prints them.
    pub cpu: Option<String>,
    /// Memory in MiB as ECS prints it.
    pub memory: Option<String>,
    /// What it runs on, as ECS prints it (`ARM64`); where ECS says nothing, that is `X86_64`.
    pub architecture: Option<String>,
}

/// One service as ECS describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcsService {
    /// Cluster and name.
    pub id: ServiceId,
    /// ACTIVE, DRAINING or INACTIVE.
    pub status: String,
    /// Tasks wanted.
    pub desired: u32,
    /// Tasks in RUNNING.
    pub running: u32,
    /// Tasks in PENDING.
    pub pending: u32,
    /// FARGATE, EC2, or the capacity providers.
    pub launch: String,
    /// Family and revision in force (`api:118`).
    pub definition: String,
    /// Minimum healthy percent and maximum percent of a rollout, where known.
    pub percents: Option<(u32, u32)>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Newest first.
    pub deployments: Vec<Deployment>,
    /// Newest first; ECS keeps 100.
    pub events: Vec<ServiceEvent>,
    /// Running, starting and stopping ones first, then the stopped ones, newest first.
    pub tasks: Vec<Task>,
    /// Whether the list of tasks could be read; when not, the counts above still hold.
    pub tasks_known: bool,
}

//! Deployments of a service and what its scheduler says.

use jiff::Timestamp;

/// Which of a service's deployments it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeploymentStatus {
    /// The newest.
    Primary,
    /// An older one that still has tasks.
    Active,
    /// On its way out.
    Inactive,
}

/// How a rollout is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rollout {
    /// Still replacing tasks.
    InProgress,
    /// Done.
    Completed,
    /// The circuit breaker gave it up.
    Failed,
    /// ECS does not say (other deployment controllers, classic load balancers).
    Unknown,
}

impl Rollout {
    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InProgress => "rolling",
            Self::Completed => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// One deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// ECS's id (`ecs-svc/123`).
    pub id: String,
    /// Newest, older, or on its way out.
    pub status: DeploymentStatus,
    /// How the rollout is going.
    pub rollout: Rollout,
    /// ECS's text for that.
    pub reason: Option<String>,
    /// Family and revision (`api:118`).
    pub definition: String,
    /// Tasks wanted.
    pub desired: u32,
    /// Tasks running.
    pub running: u32,
    /// Tasks starting.
    pub pending: u32,
    /// Tasks that failed in a row.
    pub failed_tasks: u32,
    /// When it began.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}

impl Deployment {
    /// Whether ECS says that this deployment is the undoing of another.
    pub fn is_rollback(&self) -> bool {
        self.reason.as_deref().is_some_and(|reason| {
            let reason = reason.to_ascii_lowercase();
            reason.contains("rolling back") || reason.contains("rolled back") || reason.contains("rollback")
        })
    }
}

/// One line of a service's event list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEvent {
    /// ECS's id, for telling repeats.
    pub id: String,
    /// When.
    pub at: Option<Timestamp>,
    /// What.
    pub message: String,
}

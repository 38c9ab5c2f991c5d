//! Tasks: the copies of a service that run, and those that stopped and why.

use jiff::Timestamp;

/// Where a task is in its life, as far as a person needs to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskState {
    /// Being placed, pulled or started (PROVISIONING, PENDING, ACTIVATING).
    Pending,
    /// RUNNING.
    Running,
    /// On its way out (DEACTIVATING, STOPPING, DEPROVISIONING, or told to stop whatever it says of itself).
    Stopping,
    /// STOPPED; ECS forgets it after about an hour, we do not while the process runs.
    Stopped,
}

impl TaskState {
    /// Reads ECS's `lastStatus`; an unknown word counts as pending.
    pub fn from_ecs(status: &str) -> Self {
        match status {
            "RUNNING" => Self::Running,
            "DEACTIVATING" | "STOPPING" | "DEPROVISIONING" => Self::Stopping,
            "STOPPED" | "DELETED" => Self::Stopped,
            _ => Self::Pending,
        }
    }

    /// Reads ECS's `lastStatus` beside its `desiredStatus`: what was told to stop is on its way out, though its
    /// containers still run for a moment.
    pub fn from_ecs_wanted(status: &str, wanted: Option<&str>) -> Self {
        match Self::from_ecs(status) {
            Self::Pending | Self::Running if wanted == Some("STOPPED") => Self::Stopping,
            state => state,
        }
    }

    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

/// What the containers' own health checks say. Unknown is normal: a task definition without a check never leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskHealth {
    /// Every essential container with a check passes it.
    Healthy,
    /// At least one does not.
    Unhealthy,
    /// No check, or none finished yet.
    Unknown,
}

/// ECS's machine-readable reason for a stop.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StopCode {
    /// It never ran: image pull, secrets, network, EFS mount.
    FailedToStart,
    /// An essential container ended.
    EssentialContainerExited,
    /// Somebody stopped it.
    UserInitiated,
    /// The service scheduler stopped it: a deployment, a failed health check, a smaller desired count.
    SchedulerInitiated,
    /// Spot capacity was taken back.
    SpotInterruption,
    /// AWS retires the host.
    Termination,
    /// A code this program does not know, as sent.
    Other(String),
}

impl StopCode {
    /// Reads ECS's `stopCode`.
    pub fn from_ecs(code: &str) -> Self {
        match code {
            "TaskFailedToStart" => Self::FailedToStart,
            "EssentialContainerExited" => Self::EssentialContainerExited,
            "UserInitiated" => Self::UserInitiated,
            "ServiceSchedulerInitiated" => Self::SchedulerInitiated,
            "SpotInterruption" => Self::SpotInterruption,
            "TerminationNotice" | "InfrastructureHealth" => Self::Termination,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// How one container of a stopped task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerExit {
    /// The container's name.
    pub name: String,
    /// Its exit code, where it ran.
    pub code: Option<i32>,
    /// ECS's text (`OutOfMemoryError: Container killed due to memory usage`).
    pub reason: Option<String>,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The id: the last part of the ARN.
    pub id: String,
    /// Where it is in its life.
    pub state: TaskState,
    /// ECS's own word for that (`ACTIVATING`).
    pub last_status: String,
    /// What its health checks say.
    pub health: TaskHealth,
    /// Family and revision (`api:118`).
    pub definition: String,
    /// The private address, once it has one.
    pub address: Option<String>,
    /// The availability zone.
    pub zone: Option<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it reached RUNNING.
    pub started_at: Option<Timestamp>,
    /// When it stopped.
    pub stopped_at: Option<Timestamp>,
    /// The machine-readable reason of the stop.
    pub stop_code: Option<StopCode>,
    /// ECS's text for the stop.
    pub stopped_reason: Option<String>,
    /// How its containers ended.
    pub exits: Vec<ContainerExit>,
}

impl Task {
    /// The first eight characters of the id, as people say it.
    pub fn short_id(&self) -> &str {
        self.id.get(..8).unwrap_or(&self.id)
    }

    /// Whether it was killed for using too much memory: ECS's own text, or exit code 137 that nobody asked for.
    pub fn was_out_of_memory(&self) -> bool {
        let says_so = |text: &str| text.contains("OutOfMemory");
        self.stopped_reason.as_deref().is_some_and(says_so)
            || self.exits.iter().any(|exit| exit.reason.as_deref().is_some_and(says_so))
            || (self.stop_code == Some(StopCode::EssentialContainerExited)
                && self.exits.iter().any(|exit| exit.code == Some(137)))
    }

    /// Whether it ended by itself rather than by somebody's will.
    pub fn crashed(&self) -> bool {
        matches!(self.stop_code, Some(StopCode::FailedToStart | StopCode::EssentialContainerExited))
            || self
                .stopped_reason
                .as_deref()
                .is_some_and(|reason| reason.contains("failed") && reason.contains("health"))
    }

    /// Why it stopped, in one line.
    pub fn stop_summary(&self) -> Option<String> {
        if self.was_out_of_memory() {
            return Some("OutOfMemory".to_owned());
        }
        let exit = self.exits.iter().find(|exit| exit.code.is_some_and(|code| code != 0));
        match (exit, &self.stopped_reason) {
            (Some(exit), _) => Some(format!("{} exited {}", exit.name, exit.code.unwrap_or_default())),
            // The ARN behind it names nothing that the service does not.
            (None, Some(reason)) => reason.split(" in (target-group").next().map(str::to_owned),
            (None, None) => None,
        }
    }
}

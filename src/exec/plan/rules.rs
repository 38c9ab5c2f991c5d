//! The rules by which a service's tasks count as healthy, a deployment as rolling, and a change as downtime.

use crate::domain::estate::BalancerTarget;
use crate::domain::{DeploymentStatus, EcsService, Rollout, Task, TaskHealth, TaskState};
use crate::exec::ServiceFacts;

/// What ECS takes where a service does not say: every task stays until its replacement runs.
const ECS_DEFAULT: (u32, u32) = (100, 200);

impl ServiceFacts {
    /// Whether a task may be answering: it runs, and nothing says that it does not.
    pub(super) fn may_serve(&self, task: &Task) -> bool {
        task.state == TaskState::Running && task.health != TaskHealth::Unhealthy && !self.is_unhealthy_target(task)
    }

    /// Whether a task counts as healthy: ECS takes it for that, and where Prometheus scrapes it, that works.
    pub(super) fn is_healthy(&self, task: &Task) -> bool {
        self.is_healthy_to_ecs(task) && !self.is_unscraped(task)
    }

    /// Whether a task is healthy as far as AWS tells: it may be answering, and where there is a check, of its containers
    /// or of its load balancer, it has passed it.
    pub(super) fn is_healthy_to_ecs(&self, task: &Task) -> bool {
        let has_passed = self.is_checked != Some(true) || task.health == TaskHealth::Healthy;
        self.may_serve(task) && has_passed && self.own_targets(task).all(|target| target.state == "healthy")
    }

    /// How many count as healthy.
    pub(super) fn healthy(&self) -> u32 {
        self.count(|task| self.is_healthy(task))
    }

    /// How many are as far as AWS tells.
    pub(super) fn healthy_to_ecs(&self) -> u32 {
        self.count(|task| self.is_healthy_to_ecs(task))
    }

    /// How many are as far as AWS tells, and Prometheus cannot scrape them.
    pub(super) fn doubtful(&self) -> u32 {
        self.healthy_to_ecs() - self.healthy()
    }

    /// How many run or are about to, and do not count as healthy.
    pub(super) fn not_healthy(&self) -> u32 {
        let is_there = |task: &Task| matches!(task.state, TaskState::Running | TaskState::Pending);
        self.count(|task| is_there(task) && !self.is_healthy(task))
    }

    /// Whether Prometheus cannot scrape a task.
    pub(super) fn is_unscraped(&self, task: &Task) -> bool {
        self.unscraped.iter().any(|(id, _)| *id == task.id)
    }

    fn count(&self, fits: impl Fn(&Task) -> bool) -> u32 {
        let count = self.service.tasks.iter().filter(|task| fits(task)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Whether its load balancer surely sends it no requests. What it does not know (`unavailable`), or that this group
    /// is in no use (`unused`), says nothing of how else the task is reached: it is not healthy, and may be answering.
    fn is_unhealthy_target(&self, task: &Task) -> bool {
        let is_out = |state: &str| matches!(state, "unhealthy" | "initial" | "draining" | "unhealthy.draining");
        self.own_targets(task).any(|target| is_out(&target.state))
    }

    /// What its load balancer has of it. Instances, and tasks of a host's network, cannot be told apart there.
    fn own_targets<'a>(&'a self, task: &'a Task) -> impl Iterator<Item = &'a BalancerTarget> {
        let targets = self.targets.as_deref().unwrap_or_default();
        targets.iter().filter(|target| task.address.as_ref().is_some_and(|address| target.id == *address))
    }

    /// Minimum healthy and maximum percent of a deployment.
    pub(super) fn percents(&self) -> (u32, u32) {
        self.service.percents.unwrap_or(ECS_DEFAULT)
    }

    /// The fewest tasks a deployment keeps, and the most it runs, as ECS rounds them.
    pub(super) fn bounds(&self, desired: u32) -> (u32, u32) {
        let (minimum, maximum) = self.percents();
        let fewest = u64::from(desired) * u64::from(minimum);
        let most = u64::from(desired) * u64::from(maximum);
        (u32::try_from(fewest.div_ceil(100)).unwrap_or(u32::MAX), u32::try_from(most / 100).unwrap_or(u32::MAX))
    }

    /// Why a deployment counts as rolling, where it does. ECS's list of service deployments knows; without it, several
    /// deployments or tasks that are missing say so. (A deployment that is `IN_PROGRESS` alone and has all its tasks
    /// replaces nothing.)
    pub(super) fn is_rolling(&self) -> Option<String> {
        if let Some(rolling) = &self.rolling {
            let status = rolling.status.to_ascii_lowercase().replace('_', " ");
            return Some(format!("deployment {} is {status}", self.service.definition));
        }
        rolls(&self.service)
    }
}

/// As far as the service alone tells.
pub(super) fn rolls(service: &EcsService) -> Option<String> {
    let alive = |status| service.deployments.iter().filter(move |one| one.status == status);
    let others = alive(DeploymentStatus::Active).filter(|one| one.running + one.pending > 0).count();
    let primary = alive(DeploymentStatus::Primary).next()?;
    let is_unfinished = primary.rollout == Rollout::InProgress;
    let lacks_tasks = service.running != service.desired || service.pending > 0;
    ((is_unfinished || primary.rollout == Rollout::Unknown) && others > 0 || is_unfinished && lacks_tasks)
        .then(|| format!("deployment {} is rolling", primary.definition))
}

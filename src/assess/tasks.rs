//! What ECS says of a service: tasks that are missing, stuck or dying, deployments that fail.

use jiff::Timestamp;

use super::Round;
use super::roster::{Entry, why_no_ecs};
use super::signals::observed;
use crate::domain::{
    Deployment, DeploymentStatus, EcsService, Evidence, Finding, FindingKind, Observed, Rollout, Since, SourceKind,
    Task, TaskCounts, TaskHealth, TaskState, Verdict,
};
use crate::format;

/// How long a rolled-back deployment is worth saying: until the next morning.
const ROLLBACK_SHOWN: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// Tasks running, wanted and starting.
pub fn counts(round: &Round<'_>, entry: &Entry<'_>) -> Observed<TaskCounts> {
    match entry.ecs {
        Some(ecs) => {
            let counts = TaskCounts { running: ecs.running, desired: ecs.desired, pending: ecs.pending };
            observed(round, described_at(round, entry), counts)
        }
        None if round.state(SourceKind::Ecs).is_none() => Observed::NotApplicable("ecs is not configured".into()),
        None => Observed::Unknown(why_no_ecs(round)),
    }
}

/// When ECS described the service.
fn described_at(round: &Round<'_>, entry: &Entry<'_>) -> Timestamp {
    round.facts.described_at(entry.id).unwrap_or(round.now)
}

pub fn findings(round: &Round<'_>, entry: &Entry<'_>) -> Vec<Finding> {
    let described_at = described_at(round, entry);
    let Some(ecs) = entry.ecs else {
        let is_configured = round.state(SourceKind::Ecs).is_some();
        let text = format!("tasks unknown: {}", why_no_ecs(round));
        let unknown = || finding(round, described_at, Verdict::Unknown, FindingKind::NoData, text);
        return is_configured.then(unknown).into_iter().collect();
    };
    let looker = Looker { round, ecs, described_at };
    let mut found = Vec::new();
    if let Some(why) = round.why_stale(SourceKind::Ecs) {
        found.push(looker.find(Verdict::Unknown, FindingKind::NoData, format!("tasks unknown: {why}")));
    }
    if !ecs.tasks_known {
        found.push(looker.find(Verdict::Unknown, FindingKind::NoData, "its tasks could not be listed"));
    }
    found.extend(looker.gone());
    found.extend(looker.missing());
    found.extend(looker.pending());
    found.extend(looker.unhealthy());
    found.extend(looker.crashes());
    found.extend(looker.out_of_memory());
    found.extend(looker.deployment());
    found
}

struct Looker<'a> {
    round: &'a Round<'a>,
    ecs: &'a EcsService,
    described_at: Timestamp,
}

impl Looker<'_> {
    fn find(&self, verdict: Verdict, kind: FindingKind, text: impl Into<String>) -> Finding {
        finding(self.round, self.described_at, verdict, kind, text.into())
    }

    fn gone(&self) -> Option<Finding> {
        (self.ecs.status != "ACTIVE" && !self.ecs.status.is_empty()).then(|| {
            self.find(
                Verdict::Warning,
                FindingKind::ServiceGone,
                format!("ECS says the service is {}", self.ecs.status),
            )
        })
    }

    fn missing(&self) -> Option<Finding> {
        let EcsService { desired, running, pending, .. } = *self.ecs;
        if running >= desired {
            return None;
        }
        let mut text = format!("{} of {} missing", desired - running, format::count(desired as usize, "task"));
        if let Some((_, why)) = self.last_stop() {
            text.push_str(": ");
            text.push_str(&why);
        }
        text.push_str(match pending {
            0 => ", no replacement starting",
            1 => ", replacement pending",
            _ => ", replacements pending",
        });
        let verdict = if running == 0 { Verdict::Critical } else { Verdict::Warning };
        let mut finding = self.find(verdict, FindingKind::TasksMissing, text);
        finding.since = self.last_stop().and_then(|(task, _)| task.stopped_at).map(since);
        Some(finding)
    }

    /// The newest stop within the window that counts crashes, and its reason.
    fn last_stop(&self) -> Option<(&Task, String)> {
        let task = self.recent_stops().max_by_key(|task| task.stopped_at)?;
        Some((task, task.stop_summary()?))
    }

    fn recent_stops(&self) -> impl Iterator<Item = &Task> {
        let window = self.round.setting.policy.crash_window;
        let now = self.round.now;
        self.ecs.tasks.iter().filter(move |task| {
            task.state == TaskState::Stopped
                && task.stopped_at.is_some_and(|at| now.duration_since(at).as_secs().unsigned_abs() <= window.as_secs())
        })
    }

    fn pending(&self) -> Option<Finding> {
        let limit = self.round.setting.policy.pending_limit;
        let stuck: Vec<(&Task, Timestamp)> = self
            .ecs
            .tasks
            .iter()
            .filter(|task| task.state == TaskState::Pending)
            .filter_map(|task| task.created_at.map(|at| (task, at)))
            .filter(|(_, at)| self.round.now.duration_since(*at).as_secs() > limit.as_secs().cast_signed())
            .collect();
        let (task, at) = stuck.iter().min_by_key(|(_, at)| *at)?;
        let text = match stuck.len() {
            1 => format!("task {} is stuck in {}", task.short_id(), task.last_status),
            n => format!("{n} tasks are stuck starting, the oldest in {}", task.last_status),
        };
        let mut finding = self.find(Verdict::Warning, FindingKind::TaskPending, text);
        finding.since = Some(since(*at));
        Some(finding)
    }

    fn unhealthy(&self) -> Option<Finding> {
        let running = self.ecs.tasks.iter().filter(|task| task.state == TaskState::Running);
        let ill: Vec<&Task> = running.clone().filter(|task| task.health == TaskHealth::Unhealthy).collect();
        let task = ill.first()?;
        let total = running.count();
        let verdict = if ill.len() == total { Verdict::Critical } else { Verdict::Warning };
        let text = match ill.len() {
            1 => format!("task {} fails its health check", task.short_id()),
            n => format!("{n} of {total} tasks fail their health check"),
        };
        Some(self.find(verdict, FindingKind::TaskUnhealthy, text))
    }

    fn crashes(&self) -> Option<Finding> {
        let policy = &self.round.setting.policy;
        let crashes: Vec<&Task> = self.recent_stops().filter(|task| task.crashed()).collect();
        if crashes.len() < policy.crash_count {
            return None;
        }
        let newest = crashes.iter().max_by_key(|task| task.stopped_at)?;
        let why = newest.stop_summary().unwrap_or_else(|| "no reason given".to_owned());
        let window = format::duration(policy.crash_window);
        let mut finding = self.find(
            Verdict::Critical,
            FindingKind::CrashLoop,
            format!("crash loop: {} ended in {window}, last: {why}", format::count(crashes.len(), "task")),
        );
        finding.since = crashes.iter().filter_map(|task| task.stopped_at).min().map(since);
        Some(finding)
    }

    fn out_of_memory(&self) -> Option<Finding> {
        let killed: Vec<&Task> = self.recent_stops().filter(|task| task.was_out_of_memory()).collect();
        let newest = killed.iter().max_by_key(|task| task.stopped_at)?;
        let text = match killed.len() {
            1 => format!("task {} was killed: OutOfMemory", newest.short_id()),
            n => format!("{n} tasks were killed: OutOfMemory"),
        };
        let mut finding = self.find(Verdict::Warning, FindingKind::OutOfMemory, text);
        finding.since = newest.stopped_at.map(since);
        Some(finding)
    }

    fn deployment(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for deployment in &self.ecs.deployments {
            let is_primary = deployment.status == DeploymentStatus::Primary;
            match deployment.rollout {
                Rollout::Failed => found.push(self.failed(deployment)),
                Rollout::InProgress if is_primary => found.extend(self.rolling(deployment)),
                _ => {}
            }
            if is_primary && deployment.is_rollback() && deployment.rollout != Rollout::Failed {
                found.extend(self.rolled_back(deployment));
            }
        }
        found
    }

    fn failed(&self, deployment: &Deployment) -> Finding {
        let reason = deployment.reason.as_deref().unwrap_or("no reason given");
        let text = format!("deployment {} failed: {reason}", deployment.definition);
        let mut finding = self.find(Verdict::Critical, FindingKind::DeploymentFailed, text);
        finding.since = deployment.updated_at.or(deployment.created_at).map(since);
        finding
    }

    fn rolling(&self, deployment: &Deployment) -> Option<Finding> {
        let began = deployment.created_at?;
        let name = &deployment.definition;
        let limit = self.round.setting.policy.rollout_limit;
        // AWS's own steady state: one deployment, and as many tasks as wanted. A rollout may bake on after that.
        let is_steady =
            self.ecs.deployments.len() == 1 && self.ecs.running >= self.ecs.desired && self.ecs.pending == 0;
        let age = self.round.now.duration_since(began);
        let is_overdue = !is_steady && age.as_secs() > limit.as_secs().cast_signed();
        let (kind, text) = if is_overdue {
            let done = format!("{} of {} tasks run", deployment.running, deployment.desired);
            (FindingKind::DeploymentStuck, format!("deployment {name} is stuck: {done}"))
        } else if deployment.failed_tasks > 0 {
            let failed = format::count(deployment.failed_tasks as usize, "task");
            (FindingKind::DeploymentFailed, format!("deployment {name} struggles: {failed} failed in a row"))
        } else {
            return None;
        };
        let mut finding = self.find(Verdict::Warning, kind, text);
        finding.since = Some(since(began));
        Some(finding)
    }

    fn rolled_back(&self, deployment: &Deployment) -> Option<Finding> {
        let began = deployment.created_at?;
        (self.round.now.duration_since(began) <= ROLLBACK_SHOWN).then(|| {
            let text = format!("the last deployment was rolled back to {}", deployment.definition);
            let mut finding = self.find(Verdict::Warning, FindingKind::RolledBack, text);
            finding.since = Some(since(began));
            finding
        })
    }
}

const fn since(at: Timestamp) -> Since {
    Since { at, or_earlier: false }
}

fn finding(round: &Round<'_>, described_at: Timestamp, verdict: Verdict, kind: FindingKind, text: String) -> Finding {
    let (call, at) = match kind {
        FindingKind::TaskPending | FindingKind::TaskUnhealthy | FindingKind::CrashLoop | FindingKind::OutOfMemory => {
            ("ecs:DescribeTasks", round.facts.answered_at(SourceKind::Ecs).unwrap_or(round.now))
        }
        _ => ("ecs:DescribeServices", described_at),
    };
    Finding {
        verdict,
        kind,
        text,
        since: None,
        evidence: Evidence { source: SourceKind::Ecs, query: call.to_owned(), value: None, threshold: None, at },
    }
}

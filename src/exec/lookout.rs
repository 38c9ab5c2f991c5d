//! What Prometheus has against a service's tasks: ECS alone calls a task healthy that answers nobody.

use super::{Answer, Subject, Survey};
use crate::domain::{Target, TargetHealth, TaskState};

/// Sees scrape targets. Only looks.
pub trait Lookout: Send + Sync {
    /// Every active scrape target right now, or why they cannot be read.
    fn targets(&self) -> Answer<'_, Result<Vec<Target>, String>>;
}

impl Survey {
    /// Takes in which of the service's running tasks cannot be scraped. A target is a task's where it is scraped at the
    /// task's own address; those of instances and of a host's network cannot be told apart and speak against nobody.
    pub(super) fn take_targets(&mut self, targets: Result<Vec<Target>, String>) {
        let Subject::Service(facts) = &mut self.subject else { return };
        let targets = match targets {
            Ok(targets) => targets,
            Err(why) => return self.unseen.push(format!("whether Prometheus can scrape its tasks: {why}")),
        };
        let down: Vec<&Target> = targets.iter().filter(|target| target.health == TargetHealth::Down).collect();
        let running = facts.service.tasks.iter().filter(|task| task.state == TaskState::Running);
        facts.unscraped = running
            .filter_map(|task| {
                let address = task.address.as_deref()?;
                let target = down.iter().find(|target| target.host() == address)?;
                Some((task.id.clone(), target.last_error.clone()))
            })
            .collect();
    }
}

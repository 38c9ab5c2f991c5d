//! Whether a change has come to pass, stage by stage, from what is seen: nothing here asks anything.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::eyes::{Before, Unseen, View};
use crate::domain::{
    AlertState, Deployment, DeploymentStatus, Rollout, Stage, StageState, TargetHealth, Task, TaskHealth, TaskState,
};
use crate::exec::{Deed, GroupTargets, Made, Seen, ServiceFacts, ServiceSeen, Subject};
use crate::format::count;

/// Without any health check ECS takes a task for healthy this long after it runs.
const SETTLING: Duration = Duration::from_secs(40);

/// How long Prometheus may take to find a new task.
const DISCOVERY: Duration = Duration::from_secs(90);

/// Why a scrape cannot be told to be of a task.
const BY_NO_ADDRESS: &str = "prometheus does not scrape its tasks by their addresses";

/// New tasks that may end by themselves before a deployment counts as failed. ECS tries again; a restart has one try.
const CRASHES: usize = 2;

/// Where a stage is right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Now {
    pub state: StageState,
    pub text: String,
    /// Whether there is no point in watching on: what is waited for will not come, and nothing went wrong either.
    pub is_in_vain: bool,
    /// Whether it belongs to the change and could not be looked at: nobody may call the change verified.
    pub is_unseen: bool,
}

impl Now {
    fn of(state: StageState, text: impl Into<String>) -> Self {
        Self { state, text: text.into(), is_in_vain: false, is_unseen: false }
    }

    pub(super) fn done(text: impl Into<String>) -> Self {
        Self::of(StageState::Done, text)
    }

    pub(super) fn watching(text: impl Into<String>) -> Self {
        Self::of(StageState::Watching, text)
    }

    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self::of(StageState::Failed, text)
    }

    fn skipped(text: impl Into<String>) -> Self {
        Self::of(StageState::Skipped, text)
    }

    fn unseen(text: impl Into<String>) -> Self {
        Self { is_unseen: true, ..Self::skipped(text) }
    }

    fn in_vain(text: impl Into<String>) -> Self {
        Self { is_in_vain: true, ..Self::watching(text) }
    }
}

/// What one look found, of as many stages as were looked at.
pub(super) type Findings = Vec<(Stage, Now)>;

/// What must come to pass.
pub(super) struct Goal<'a> {
    made: &'a Made,
    before: &'a Before,
    /// The service as it was.
    facts: Option<&'a ServiceFacts>,
    /// Every task there was.
    old: BTreeSet<&'a str>,
    began: Timestamp,
}

impl<'a> Goal<'a> {
    pub(super) fn new(made: &'a Made, before: &'a Before) -> Self {
        let facts = match &made.before {
            Subject::Service(facts) => Some(&**facts),
            _ => None,
        };
        let tasks = facts.map(|facts| facts.service.tasks.as_slice()).unwrap_or_default();
        let old = tasks.iter().map(|task| task.id.as_str()).collect();
        Self { made, before, facts, old, began: made.began.now }
    }

    fn wanted(&self, seen: &ServiceSeen) -> u32 {
        match &self.made.deed {
            Deed::Scale { desired, .. } => *desired,
            _ => seen.service.desired,
        }
    }

    fn new_tasks<'s>(&self, seen: &'s ServiceSeen) -> Vec<&'s Task> {
        seen.service.tasks.iter().filter(|task| !self.old.contains(task.id.as_str())).collect()
    }

    /// New tasks run and are healthy, old ones are gone, the service is steady.
    pub(super) fn tasks(&self, seen: &ServiceSeen, now: Timestamp) -> Now {
        let new = self.new_tasks(seen);
        let restart = matches!(self.made.deed, Deed::StopTask { .. });
        let crashed: Vec<&&Task> = new.iter().filter(|task| ended_by_itself(task)).collect();
        if let Some(task) = crashed.first()
            && (restart || crashed.len() >= CRASHES)
        {
            let why = task.stop_summary().unwrap_or_else(|| "no reason given".to_owned());
            let what = if restart { "its replacement" } else { "a new task" };
            return Now::failed(format!("{what} {} stopped again: {why}", task.short_id()));
        }
        if let Some(why) = self.gone_wrong(seen) {
            return Now::failed(why);
        }
        let open = self.open(seen, &new, now);
        if !open.is_empty() {
            return Now::watching(open.join("; "));
        }
        let has_replacement = new.iter().any(|task| task.state == TaskState::Running);
        if self.awaits_replacement() && !has_replacement && self.meddling(seen).is_some() {
            // The task is gone, and the one that was promised in its place will not come: that is not what was planned.
            return Now::in_vain(self.came_to_pass(seen, &new));
        }
        Now::done(self.came_to_pass(seen, &new))
    }

    /// Whether the deployment cannot come to pass any more.
    fn gone_wrong(&self, seen: &ServiceSeen) -> Option<String> {
        if seen.undone.as_deref() == Some("ROLLBACK_FAILED") {
            return Some("ECS could not undo the deployment (ROLLBACK_FAILED)".to_owned());
        }
        if !self.is_rollout() {
            return None;
        }
        let own = self.own_deployment(seen);
        let said = |one: &Deployment| one.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        if let Some(one) = own.filter(|one| one.rollout == Rollout::Failed) {
            return Some(format!("deployment {} failed{}", one.definition, said(one)));
        }
        let expected = self.made.result.as_ref().ok().and_then(|receipt| receipt.id.as_ref());
        let primary = primary(seen)?;
        let is_other = expected.is_some_and(|id| primary.id != *id) && !self.was_there(&primary.id);
        if matches!(self.made.deed, Deed::Undo { .. }) || !is_other {
            return None;
        }
        Some(if primary.is_rollback() {
            format!("the deployment was rolled back to {}{}", primary.definition, said(primary))
        } else {
            format!("another deployment took its place: {} of {}", primary.id, primary.definition)
        })
    }

    /// Whether a deployment was there before.
    fn was_there(&self, id: &str) -> bool {
        self.facts.is_some_and(|facts| facts.service.deployments.iter().any(|known| known.id == id))
    }

    /// Whether every task is replaced.
    const fn is_rollout(&self) -> bool {
        matches!(self.made.deed, Deed::Redeploy { .. } | Deed::Deploy { .. } | Deed::Undo { .. })
    }

    /// The deployment the call made: by its id, where the answer named it, else the newest one there was not before.
    fn own_deployment<'s>(&self, seen: &'s ServiceSeen) -> Option<&'s Deployment> {
        let deployments = &seen.service.deployments;
        let named = self.made.result.as_ref().ok().and_then(|receipt| receipt.id.as_ref());
        // What is undone is named by its service deployment, which is no id of these.
        if let Some(id) = named.filter(|_| !matches!(self.made.deed, Deed::Undo { .. })) {
            return deployments.iter().find(|one| one.id == *id);
        }
        let before = self.facts.map(|facts| facts.service.deployments.as_slice()).unwrap_or_default();
        primary(seen).filter(|primary| !before.iter().any(|known| known.id == primary.id))
    }

    /// What is still to come, each in a few words.
    fn open(&self, seen: &ServiceSeen, new: &[&Task], now: Timestamp) -> Vec<String> {
        let service = &seen.service;
        let wanted = self.wanted(seen);
        let mut open = Vec::new();
        match &self.made.deed {
            Deed::StopTask { task, .. } => {
                let victim = service.tasks.iter().find(|one| one.id == *task);
                if let Some(victim) = victim.filter(|one| one.state != TaskState::Stopped) {
                    open.push(format!("task {} {}", victim.short_id(), victim.state.word()));
                }
                let running = service.tasks.iter().filter(|task| task.state == TaskState::Running).count();
                if u32::try_from(running).unwrap_or(u32::MAX).min(service.running) < wanted {
                    open.extend(starting(new).or_else(|| Some("no replacement yet".to_owned())));
                }
            }
            Deed::Scale { .. } => {
                if service.desired != wanted || service.running != wanted || service.pending > 0 {
                    let text = format!("{} of {wanted} running", service.running);
                    let pending =
                        if service.pending > 0 { format!(", {} pending", service.pending) } else { String::new() };
                    open.push(text + &pending);
                }
            }
            _ => open.extend(self.open_rollout(seen, new)),
        }
        if self.is_rollout() {
            let old = service.tasks.iter().filter(|task| self.old.contains(task.id.as_str()));
            let is_to_go = |task: &&Task| task.state != TaskState::Stopped && !self.may_stay(task, seen);
            let left = old.filter(is_to_go).count();
            if left > 0 {
                open.push(format!("{} not gone", count(left, "old task")));
            }
        }
        let unsettled: Vec<&&Task> =
            new.iter().filter(|task| task.state == TaskState::Running && !self.is_settled(task, now)).collect();
        if let Some(task) = unsettled.first() {
            let more = if unsettled.len() > 1 { format!(" and {} more", unsettled.len() - 1) } else { String::new() };
            let health = match task.health {
                TaskHealth::Unhealthy => "unhealthy",
                _ => "not known to be healthy yet",
            };
            open.push(format!("task {}{more} running, {health}", task.short_id()));
        }
        open
    }

    /// Going back to what ran before takes its tasks over, where some still run. A redeployment replaces every one.
    fn may_stay(&self, task: &Task, seen: &ServiceSeen) -> bool {
        let goes_back = matches!(self.made.deed, Deed::Undo { .. } | Deed::Deploy { .. });
        goes_back && primary(seen).is_some_and(|primary| primary.definition == task.definition)
    }

    fn open_rollout(&self, seen: &ServiceSeen, new: &[&Task]) -> Vec<String> {
        let service = &seen.service;
        let Some(primary) = primary(seen) else { return vec!["no deployment is there".to_owned()] };
        let mut open = Vec::new();
        let is_right = match &self.made.deed {
            Deed::Deploy { definition, .. } => primary.definition == *definition,
            Deed::Undo { .. } => {
                let back = self.facts.and_then(|facts| facts.rolling.as_ref()?.from.clone());
                let from = self.facts.map(|facts| facts.service.definition.as_str());
                back.map_or_else(|| from != Some(primary.definition.as_str()), |back| primary.definition == back)
            }
            _ => self.own_deployment(seen).is_some_and(|own| own.id == primary.id),
        };
        if !is_right {
            open.push(format!("the newest deployment is still {} of {}", primary.id, primary.definition));
        }
        if service.running != service.desired || service.pending > 0 || primary.running < primary.desired {
            let own = format!("{} of {} of {} running", primary.running, primary.desired, primary.definition);
            open.push(starting(new).map_or(own.clone(), |starting| format!("{own}, {starting}")));
        } else if primary.rollout == Rollout::InProgress {
            open.push(format!("ECS says that {} is still rolling", primary.definition));
        }
        let others = service
            .deployments
            .iter()
            .filter(|one| one.status == DeploymentStatus::Active && one.running + one.pending > 0);
        if others.count() > 0 && open.is_empty() {
            open.push("an older deployment still has tasks".to_owned());
        }
        open
    }

    /// Whether a running task counts as healthy.
    fn is_settled(&self, task: &Task, now: Timestamp) -> bool {
        let has_balancer = self.facts.is_some_and(|facts| !facts.target_groups.is_empty());
        let is_checked = self.facts.and_then(|facts| facts.is_checked) == Some(true);
        match task.health {
            TaskHealth::Healthy => true,
            TaskHealth::Unhealthy => false,
            TaskHealth::Unknown if is_checked => false,
            // Its target group says so, in a stage of its own.
            TaskHealth::Unknown if has_balancer => true,
            TaskHealth::Unknown => {
                let since = task.started_at.unwrap_or(self.began);
                now.duration_since(since) >= jiff::SignedDuration::try_from(SETTLING).unwrap_or_default()
            }
        }
    }

    fn came_to_pass(&self, seen: &ServiceSeen, new: &[&Task]) -> String {
        let running: Vec<&&Task> = new.iter().filter(|task| task.state == TaskState::Running).collect();
        let wanted = self.wanted(seen);
        let mut all = format!("{} of {wanted} running", seen.service.running);
        if let Some(meddling) = self.meddling(seen) {
            all.push_str("; ");
            all.push_str(&meddling);
        }
        match running.as_slice() {
            [] if self.awaits_replacement() => format!("no replacement started; {all}"),
            [] => all,
            [one] => format!("new task {} runs; {all}", one.short_id()),
            several => format!("{} run; {all}", count(several.len(), "new task")),
        }
    }

    /// Whether the task that was stopped was to be replaced: where more ran than were wanted it was not.
    fn awaits_replacement(&self) -> bool {
        let is_short = |facts: &ServiceFacts| facts.service.running.saturating_sub(1) < facts.service.desired;
        matches!(self.made.deed, Deed::StopTask { .. }) && self.facts.is_some_and(is_short)
    }

    /// What somebody else changed meanwhile: the change came to pass in a service that is no longer what was planned for.
    fn meddling(&self, seen: &ServiceSeen) -> Option<String> {
        let (before, now) = (self.facts?.service.desired, seen.service.desired);
        let is_own = matches!(self.made.deed, Deed::Scale { .. });
        (!is_own && before != now)
            .then(|| format!("somebody else changed the desired count from {before} to {now} meanwhile"))
    }

    /// The running tasks that came of the change: the new ones, and all where there is none. What was wrong with another
    /// one before is not this change's business.
    fn concerned<'s>(&self, seen: &'s ServiceSeen) -> Vec<&'s Task> {
        let is_running = |task: &&Task| task.state == TaskState::Running;
        let new: Vec<&Task> = self.new_tasks(seen).into_iter().filter(is_running).collect();
        if new.is_empty() { seen.service.tasks.iter().filter(is_running).collect() } else { new }
    }

    /// The load balancer sends requests to the tasks that came of the change, in each of its target groups.
    pub(super) fn target_group(&self, seen: &ServiceSeen) -> Now {
        let groups = match &seen.targets {
            Ok(groups) => groups,
            Err(why) => {
                let was_dark = self.facts.is_none_or(|facts| facts.targets.is_none());
                return self.in_the_dark(was_dark, format!("the target group cannot be read: {why}"));
            }
        };
        let running = self.concerned(seen);
        let addresses: Vec<&str> = running.iter().filter_map(|task| task.address.as_deref()).collect();
        let is_target = |address: &&str| groups.iter().flat_map(|group| &group.targets).any(|one| one.id == **address);
        // Instances, or tasks of a host's network: their targets cannot be told apart, so they are counted.
        let by_address = addresses.len() == running.len() && addresses.iter().any(is_target);
        let mut text = String::new();
        for group in groups {
            let now = if by_address { group_has(group, &addresses) } else { group_counts(group, running.len()) };
            if now.state != StageState::Done {
                let place = if groups.len() > 1 { format!("{}: ", group.name()) } else { String::new() };
                return Now { text: format!("{place}{}", now.text), ..now };
            }
            text = now.text;
        }
        if groups.len() > 1 {
            text = format!("{text} in each of {} target groups", groups.len());
        }
        Now::done(text)
    }

    /// What belongs to the change and cannot be looked at: it is waited for where it could be seen before. Where that was
    /// not so either, waiting mends nothing, unless it is what is being changed that does not answer.
    fn in_the_dark(&self, was_dark: bool, text: String) -> Now {
        if was_dark && !self.is_of_prometheus() { Now::unseen(text) } else { Now::watching(text) }
    }

    /// Whether it is Prometheus itself that is changed: then it has to come back. By its name, as nothing else tells; where
    /// it is another one, the one that is asked answers, and nothing is lost.
    fn is_of_prometheus(&self) -> bool {
        self.facts.is_some_and(|facts| facts.service.id.name.to_ascii_lowercase().contains("prometheus"))
    }

    /// Why a stage cannot be seen from here, where it cannot.
    pub(super) fn out_of_sight(&self, stage: Stage) -> Option<Now> {
        match stage {
            Stage::Alerts => match &self.before.firing {
                Ok(firing) if firing.is_empty() => Some(Now::skipped("no alert of it fired before")),
                Err(Unseen::Never(why)) => Some(Now::skipped(format!("which alerts fired before is not known: {why}"))),
                Ok(_) | Err(Unseen::Dark(_)) => None,
            },
            Stage::Scrape => match &self.before.hosts {
                Err(Unseen::Never(why)) => Some(Now::skipped(format!("which targets there were is not known: {why}"))),
                Ok(hosts) if !self.is_of_prometheus() && !self.was_scraped(hosts) => Some(Now::skipped(BY_NO_ADDRESS)),
                Ok(_) | Err(Unseen::Dark(_)) => None,
            },
            _ => None,
        }
    }

    /// Whether one of the service's tasks was among what Prometheus scraped.
    fn was_scraped(&self, hosts: &BTreeSet<String>) -> bool {
        let tasks = self.facts.map(|facts| facts.service.tasks.as_slice()).unwrap_or_default();
        tasks.iter().filter_map(|task| task.address.as_ref()).any(|address| hosts.contains(address))
    }

    /// Prometheus scrapes the tasks that came of the change.
    pub(super) fn scrape(&self, seen: &ServiceSeen, view: &View, now: Timestamp) -> Now {
        let targets = match &view.targets {
            Ok(targets) => targets,
            Err(why) => {
                return self.in_the_dark(self.before.hosts.is_err(), format!("the targets cannot be read: {why}"));
            }
        };
        let was_idle = self.before.hosts.as_ref().is_ok_and(BTreeSet::is_empty);
        if self.is_of_prometheus() && !was_idle && targets.iter().all(|one| one.health == TargetHealth::Unknown) {
            return Now::watching("prometheus answers, and has scraped nothing yet");
        }
        let concerned = self.concerned(seen);
        let addresses: Vec<&str> = concerned.iter().filter_map(|task| task.address.as_deref()).collect();
        let by_address = match &self.before.hosts {
            Ok(hosts) => self.was_scraped(hosts),
            // What it scraped before nobody knows: what it has now tells.
            Err(_) => targets.iter().any(|target| addresses.contains(&target.host())),
        };
        if !by_address {
            if self.is_of_prometheus() {
                return Now::done("prometheus answers and scrapes");
            }
            let youngest = concerned.iter().filter_map(|task| task.started_at).max().unwrap_or(self.began);
            if now.duration_since(youngest) < jiff::SignedDuration::try_from(DISCOVERY).unwrap_or_default() {
                return Now::watching("no target of its tasks is discovered yet");
            }
            return Now::skipped(BY_NO_ADDRESS);
        }
        for address in &addresses {
            let own: Vec<_> = targets.iter().filter(|target| target.host() == *address).collect();
            if own.is_empty() {
                return Now::watching(format!("{address} is not discovered yet"));
            }
            if let Some(target) = own.iter().find(|target| target.health != TargetHealth::Up) {
                let why = if target.last_error.is_empty() { String::new() } else { format!(": {}", target.last_error) };
                let state = if target.health == TargetHealth::Down { "down" } else { "not scraped yet" };
                return Now::watching(format!("{address} {state}{why}"));
            }
        }
        Now::done(format!("{} up", count(addresses.len(), "target")))
    }

    /// The alerts that fired before fire no more and are not about to; none at all where nobody knows which did.
    pub(super) fn alerts(&self, view: &View) -> Now {
        let alerts = match &view.alerts {
            Ok(alerts) => alerts,
            Err(why) => {
                return self.in_the_dark(self.before.firing.is_err(), format!("the alerts cannot be read: {why}"));
            }
        };
        let before = self.before.firing.as_ref().ok();
        let again = if before.is_some() { " again" } else { "" };
        let mut left: Vec<String> = alerts
            .iter()
            .filter(|alert| before.is_none_or(|before| before.contains(&alert.name)))
            .map(|alert| match alert.state {
                AlertState::Firing => format!("{} fires", alert.name),
                AlertState::Pending => format!("{} is about to fire{again}", alert.name),
            })
            .collect();
        left.sort();
        left.dedup();
        if !left.is_empty() {
            return Now::watching(left.join(", "));
        }
        match before {
            Some(before) => {
                let names: Vec<&str> = before.iter().map(String::as_str).collect();
                Now::done(format!("{} resolved", names.join(", ")))
            }
            None => Now::done("none fires; which did before is not known"),
        }
    }

    /// Whether a change of no service can be read back.
    pub(super) fn read_back(&self, seen: &Seen) -> Now {
        match (seen, &self.made.deed) {
            (Seen::Silence(Some(until)), Deed::Silence { .. }) => {
                Now::done(format!("in force until {}", until.strftime("%H:%M:%SZ")))
            }
            (Seen::Silence(None), Deed::Silence { .. }) => Now::watching("it is not in force yet"),
            (Seen::Silence(None), _) => Now::done("it is over"),
            (Seen::Silence(Some(_)), _) => Now::watching("it is still in force"),
            (Seen::Annotation(true), _) => Now::done("it is there"),
            (Seen::Annotation(false), _) => Now::watching("it cannot be read back yet"),
            (Seen::Prometheus { ok: Some(false), .. }, _) => Now::failed(
                "prometheus says that its last reload failed: what it could use of the new configuration may be in force",
            ),
            (Seen::Prometheus { ok, at }, _) => self.reloaded(*ok, *at),
            (Seen::Service(_), _) => Now::skipped("nothing to read back"),
        }
    }

    fn reloaded(&self, ok: Option<bool>, at: Option<Timestamp>) -> Now {
        let before = match &self.made.before {
            Subject::Prometheus(facts) => facts.last_reload,
            _ => None,
        };
        match at {
            // It tells whole seconds, by its own clock.
            Some(at) if before.is_none_or(|before| at > before) || at.as_second() >= self.began.as_second() - 1 => {
                Now::done(format!("read at {}", at.strftime("%H:%M:%SZ")))
            }
            Some(_) => Now::watching("it still runs what it read before"),
            None if ok == Some(true) => Now::done("it says that the last reload worked"),
            None => Now::skipped("it does not say when it last read its configuration"),
        }
    }
}

fn primary(seen: &ServiceSeen) -> Option<&Deployment> {
    seen.service.deployments.iter().find(|one| one.status == DeploymentStatus::Primary)
}

/// A target group that has tasks by their addresses.
fn group_has(group: &GroupTargets, addresses: &[&str]) -> Now {
    for address in addresses {
        let mut own = group.targets.iter().filter(|target| target.id == **address).peekable();
        if own.peek().is_none() {
            return Now::watching(format!("{address} is not registered yet"));
        }
        if let Some(target) = own.find(|target| target.state != "healthy") {
            let why = target.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            return Now::watching(format!("{address} {}{why}", target.state));
        }
    }
    Now::done(format!("{} healthy", count(addresses.len(), "target")))
}

/// A target group whose targets say nothing of single tasks.
fn group_counts(group: &GroupTargets, running: usize) -> Now {
    let healthy = group.targets.iter().filter(|target| target.state == "healthy").count();
    let text = format!("{healthy} of {running} healthy");
    if healthy >= running { Now::done(text) } else { Now::watching(text) }
}

/// Whether a task ended, and not because somebody or the scheduler wanted it to.
fn ended_by_itself(task: &Task) -> bool {
    matches!(task.state, TaskState::Stopping | TaskState::Stopped) && (task.crashed() || task.was_out_of_memory())
}

/// The first task on its way: `new task 81bc02aa pending`.
fn starting(new: &[&Task]) -> Option<String> {
    let starting: Vec<&&Task> = new.iter().filter(|task| task.state == TaskState::Pending).collect();
    let first = starting.first()?;
    let more = if starting.len() > 1 { format!(" and {} more", starting.len() - 1) } else { String::new() };
    Some(format!("new task {}{more} {}", first.short_id(), first.last_status.to_lowercase()))
}

#[cfg(test)]
mod tests;

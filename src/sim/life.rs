//! One task's life: created, running, ended, and how.

use crate::domain::task::ContainerExit;
use crate::domain::{StopCode, Task, TaskHealth, TaskState};

use super::clock::{HOUR, Second, stamp};
use super::fleet::{REGION, SPARE, Service};
use super::noise;

/// How long ECS remembers a stopped task.
pub const REMEMBERED: Second = HOUR;

/// After how many tasks of a place its addresses come round again.
pub const TURNS: u32 = 8;

/// How a task ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Killed for using more memory than it has.
    OutOfMemory,
    /// Its container ended by itself with this code, perhaps with the container's own last words.
    Exited(i32, Option<&'static str>),
    /// It failed the container's health check.
    FailedContainerCheck,
    /// It failed the load balancer's health check.
    FailedBalancerCheck,
    /// It never ran, and this is ECS's reason.
    NeverStarted(&'static str),
    /// A newer task took its place.
    Replaced,
    /// Somebody stopped it, with this reason.
    Stopped(String),
}

impl Ending {
    /// Whether it counts against the deployment that started it.
    pub const fn is_failure(&self) -> bool {
        !matches!(self, Self::Replaced | Self::Stopped(_))
    }

    fn code(&self) -> StopCode {
        match self {
            Self::OutOfMemory | Self::Exited(..) => StopCode::EssentialContainerExited,
            Self::FailedContainerCheck | Self::FailedBalancerCheck | Self::Replaced => StopCode::SchedulerInitiated,
            Self::NeverStarted(_) => StopCode::FailedToStart,
            Self::Stopped(_) => StopCode::UserInitiated,
        }
    }

    fn reason(&self, service: &Service, deployment: &str) -> String {
        match self {
            Self::OutOfMemory | Self::Exited(..) => "Essential container in task exited".to_owned(),
            Self::FailedContainerCheck => "Task failed container health checks".to_owned(),
            Self::FailedBalancerCheck => {
                format!("Task failed ELB health checks in (target-group {})", service.target_group())
            }
            Self::NeverStarted(reason) => (*reason).to_owned(),
            Self::Replaced => format!("Scaling activity initiated by (deployment {deployment})"),
            Self::Stopped(reason) => reason.clone(),
        }
    }

    fn exit(&self) -> (Option<i32>, Option<String>) {
        match self {
            Self::OutOfMemory => (Some(137), Some("OutOfMemoryError: Container killed due to memory usage".to_owned())),
            Self::Exited(code, words) => (Some(*code), words.map(str::to_owned)),
            Self::NeverStarted(reason) => (None, Some((*reason).to_owned())),
            Self::FailedContainerCheck | Self::FailedBalancerCheck | Self::Replaced | Self::Stopped(_) => {
                (Some(0), None)
            }
        }
    }

    /// Seconds from the end of its work to STOPPED.
    pub const fn takes(&self) -> Second {
        match self {
            Self::OutOfMemory | Self::Exited(..) | Self::NeverStarted(_) => 11,
            Self::FailedContainerCheck | Self::FailedBalancerCheck | Self::Replaced | Self::Stopped(_) => 26,
        }
    }
}

/// One task from beginning to end. Times may lie in the future of whoever asks; the questions below mind that.
#[derive(Debug, Clone)]
pub struct Life {
    /// The task's id.
    pub id: u128,
    /// Which of the service's places it fills; decides zone and address.
    pub slot: u32,
    /// How many tasks had that place before it.
    pub turn: u32,
    /// The deployment that started it, by its position in the service's history.
    pub rollout: usize,
    /// When it was created.
    pub created: Second,
    /// When it reaches RUNNING; never, if it does not get that far.
    pub started: Option<Second>,
    /// From when on it fails its health check.
    pub sick: Option<Second>,
    /// When and how it stops to work.
    pub end: Option<(Second, Ending)>,
}

impl Life {
    /// The id as ECS prints it.
    pub fn name(&self) -> String {
        format!("{:032x}", self.id)
    }

    /// Whether it is RUNNING.
    pub fn runs(&self, now: Second) -> bool {
        self.started.is_some_and(|at| at <= now) && !self.has_ended(now)
    }

    /// Whether it is on its way to RUNNING.
    pub fn is_starting(&self, now: Second) -> bool {
        self.created <= now && self.started.is_none_or(|at| at > now) && !self.has_ended(now)
    }

    /// Whether it stops or has stopped.
    pub fn has_ended(&self, now: Second) -> bool {
        self.end.as_ref().is_some_and(|(at, _)| *at <= now)
    }

    /// When it is STOPPED.
    pub fn stopped(&self) -> Option<Second> {
        self.end.as_ref().map(|(at, how)| at + how.takes())
    }

    /// Whether ECS still tells of it.
    pub fn is_remembered(&self, now: Second) -> bool {
        self.created <= now && self.stopped().is_none_or(|at| now - at < REMEMBERED)
    }

    /// Ends it, unless it ends earlier anyway.
    pub fn end(&mut self, at: Second, how: Ending) {
        if self.end.as_ref().is_none_or(|(earlier, _)| *earlier > at) {
            self.end = Some((at, how));
        }
    }

    /// The private address. Places and their successive tasks are spread over the subnets without ever meeting.
    pub fn address(&self, service: &Service) -> String {
        let place = match self.slot.checked_sub(service.tasks) {
            None => service.first_slot + self.slot,
            Some(added) => service.first_spare + added % SPARE,
        };
        let number = place * TURNS + self.turn % TURNS + 1;
        // An odd factor permutes the addresses of the block; small fleets stay within 10.0.0.0/16.
        let block: u32 = if number < 0x8000 { 0xffff } else { 0x3f_ffff };
        let spread = if block == 0xffff { number.wrapping_mul(2) + 1 } else { number.wrapping_mul(2) };
        let mixed = spread.wrapping_mul(40_503) & block;
        format!("10.{}.{}.{}", mixed >> 16, (mixed >> 8) & 0xff, mixed & 0xff)
    }

    /// `a`, `b` or `c`.
    pub const fn zone(&self) -> char {
        match self.slot % 3 {
            0 => 'a',
            1 => 'b',
            _ => 'c',
        }
    }

    fn status(&self, now: Second) -> &'static str {
        if let Some((at, how)) = self.end.as_ref().filter(|(at, _)| *at <= now) {
            let share = now - at;
            return match how {
                _ if share >= how.takes() => "STOPPED",
                Ending::OutOfMemory | Ending::Exited(..) | Ending::NeverStarted(_) => "DEPROVISIONING",
                _ if share < 6 => "DEACTIVATING",
                _ if share < 16 => "STOPPING",
                _ => "DEPROVISIONING",
            };
        }
        match self.started {
            Some(at) if at <= now => "RUNNING",
            Some(at) if at - now <= 5 => "ACTIVATING",
            _ if now - self.created < 9 => "PROVISIONING",
            _ => "PENDING",
        }
    }

    /// The task as ECS describes it at `now`.
    pub fn task(&self, service: &Service, revision: u32, deployment: &str, now: Second) -> Task {
        let status = self.status(now);
        let state = TaskState::from_ecs(status);
        let past = |at: Option<Second>| at.filter(|at| *at <= now).map(stamp);
        let ended = self.end.as_ref().filter(|(at, _)| *at <= now).map(|(_, how)| how);
        // What never ran has no container to speak for.
        let ran = self.started.is_some_and(|at| self.end.as_ref().is_none_or(|(end, _)| at <= *end));
        let exit = ended.map(|how| {
            let (code, reason) = how.exit();
            ContainerExit { name: service.id.name.clone(), code: code.filter(|_| ran), reason }
        });
        Task {
            id: self.name(),
            state,
            last_status: status.to_owned(),
            health: self.health(service, now),
            definition: service.definition(revision),
            address: (now - self.created >= 5).then(|| self.address(service)),
            zone: Some(format!("{REGION}{}", self.zone())),
            created_at: Some(stamp(self.created)),
            started_at: past(self.started.filter(|_| ran)),
            stopped_at: past(self.stopped()),
            stop_code: ended.map(Ending::code),
            stopped_reason: ended.map(|how| how.reason(service, deployment)),
            exits: exit.into_iter().filter(|_| state == TaskState::Stopped).collect(),
        }
    }

    fn health(&self, service: &Service, now: Second) -> TaskHealth {
        if !service.checked || !self.runs(now) {
            return TaskHealth::Unknown;
        }
        if self.sick.is_some_and(|at| at <= now) {
            return TaskHealth::Unhealthy;
        }
        if self.started.is_some_and(|at| now - at >= 12) { TaskHealth::Healthy } else { TaskHealth::Unknown }
    }
}

/// The id of a task: everything that tells it from others.
pub const fn id(service: &Service, slot: u32, created: Second, ordinal: u64) -> u128 {
    let high = noise::fork(noise::at(service.seed, created), (ordinal << 8) | slot as u64);
    let low = noise::fork(high, 0x7a5c);
    ((high as u128) << 64) | low as u128
}

#[cfg(test)]
mod tests {
    use super::super::fleet::muster;
    use super::*;

    fn life() -> Life {
        Life { id: 7, slot: 1, turn: 0, rollout: 0, created: 0, started: Some(45), sick: None, end: None }
    }

    #[test]
    fn a_task_goes_through_its_states_in_order() {
        let fleet = muster(5, 1);
        let mut life = life();
        life.end(600, Ending::OutOfMemory);
        let words: Vec<String> = [0, 20, 42, 45, 599, 600, 611]
            .iter()
            .map(|now| life.task(&fleet[0], 118, "ecs-svc/1", *now).last_status)
            .collect();
        assert_eq!(words, ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "RUNNING", "DEPROVISIONING", "STOPPED"]);
    }

    #[test]
    fn an_out_of_memory_kill_reads_as_one() {
        let fleet = muster(5, 1);
        let mut life = life();
        life.end(600, Ending::OutOfMemory);
        let task = life.task(&fleet[0], 118, "ecs-svc/1", 700);
        assert!(task.was_out_of_memory() && task.crashed());
        assert_eq!(task.definition, "api-2:118");
        assert!(!life.task(&fleet[0], 118, "ecs-svc/1", 599).crashed(), "not before it happened");
    }

    #[test]
    fn a_stop_by_hand_is_no_crash() {
        let fleet = muster(5, 1);
        let mut life = life();
        life.end(600, Ending::Stopped("rounds: kim".to_owned()));
        let task = life.task(&fleet[0], 118, "ecs-svc/1", 700);
        assert!(!task.crashed() && !task.was_out_of_memory());
        assert_eq!(task.stopped_reason.as_deref(), Some("rounds: kim"));
    }

    #[test]
    fn addresses_never_meet_even_in_the_largest_fleet() {
        let mut seen = std::collections::HashSet::new();
        for service in &muster(5_000, 1) {
            for slot in 0..service.tasks + SPARE {
                for turn in 0..8 {
                    let address = Life { slot, turn, ..life() }.address(service);
                    assert!(seen.insert(address.clone()), "{address} twice");
                }
            }
        }
        assert!(muster(5, 1).iter().all(|service| life().address(service).starts_with("10.0.")));
    }
}

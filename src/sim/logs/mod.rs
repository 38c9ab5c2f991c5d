//! What the tasks of the fleet write to their logs: a function of time like everything else here, so that the log of a
//! task tells the same story as its signals, its end and the scheduler's events.

mod trouble;
mod voice;

use jiff::Timestamp;

use crate::domain::{ServiceId, SourceError, SourceKind};

use super::clock::{EPOCH, Second, second, stamp};
use super::life::Life;
use super::noise;
use super::world::World;
use voice::Voice;

/// One thing a task wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// When.
    pub at: Timestamp,
    /// The task's id.
    pub task: String,
    /// What, as it was written: not harmless.
    pub text: String,
}

/// A stretch of a service's log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Whose; nothing where there is no such service.
    pub service: Option<ServiceId>,
    /// The lines, the oldest first.
    pub lines: Vec<Utterance>,
    /// There are older ones than these, which were left out.
    pub cut_before: Option<Timestamp>,
}

/// How long logs are kept.
const KEPT: Second = 14 * super::clock::DAY;

impl World {
    /// What a service's tasks wrote from `from` on and before `to`: at least the newest `most` lines of it.
    ///
    /// # Errors
    /// When the scenario has `CloudWatch` refuse.
    pub fn logs(&self, service: &ServiceId, from: Timestamp, to: Timestamp, most: usize) -> Result<Said, SourceError> {
        let (first, last) = (second(from).max(second(to) - KEPT), second(to));
        if let Some(error) = self.refusal(SourceKind::CloudWatch, last) {
            return Err(error);
        }
        let Some(scene) = self.scene(service, last) else { return Ok(Said::default()) };
        let is_lost = |at| {
            let mut incidents = self.fleet.iter().flat_map(|service| &service.incidents);
            scene.service.stack && incidents.any(|incident| incident.hides(at))
        };
        let voice = Voice { scene: &scene, scenario: self.plan().scenario, is_lost: &is_lost };
        let writers: Vec<(&Life, String)> = scene.timeline.lives.iter().map(|life| (life, life.name())).collect();
        let mut said = Said { service: Some(scene.service.id.clone()), ..Said::default() };
        // From the newest second back, so that a long stretch costs no more than what is wanted of it.
        for at in (first..=last).rev() {
            if said.lines.len() >= most && at < last {
                said.cut_before = Some(stamp(at + 1));
                break;
            }
            let before = said.lines.len();
            for (life, task) in writers.iter().filter(|(life, _)| writes(life, at)) {
                for (position, text) in (0..).zip(voice.lines(life, at)) {
                    let moment = moment(life, at, position);
                    if moment >= from && moment < to {
                        said.lines.push(Utterance { at: moment, task: task.clone(), text });
                    }
                }
            }
            said.lines[before..].sort_by_key(|line| std::cmp::Reverse(line.at));
        }
        said.lines.reverse();
        Ok(said)
    }
}

/// Whether a task's container is there to write: from its start to its end, that second included.
fn writes(life: &Life, at: Second) -> bool {
    let ended = life.end.as_ref().is_some_and(|(end, _)| *end < at);
    life.started.is_some_and(|started| started <= at) && !ended
}

/// When in its second a line is written, to the millisecond; the lines of a task in their order.
fn moment(life: &Life, at: Second, position: u64) -> Timestamp {
    let low = u64::try_from(life.id & u128::from(u64::MAX)).unwrap_or_default();
    let millis = noise::pick(noise::at(low, at), 400) + 45 * position;
    let millis = (EPOCH.as_second() + at) * 1_000 + i64::try_from(millis.min(999)).unwrap_or_default();
    Timestamp::from_millisecond(millis).unwrap_or(EPOCH)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::sim::{Plan, Scenario};

    fn world(scenario: Scenario) -> World {
        World::new(Plan { scenario, ..Plan::default() })
    }

    fn said(world: &World, service: &str, from: Second, to: Second) -> Vec<Utterance> {
        world.logs(&ServiceId::new("prod", service), stamp(from), stamp(to), usize::MAX).unwrap().lines
    }

    fn has(lines: &[Utterance], text: &str) -> bool {
        lines.iter().any(|line| line.text.contains(text))
    }

    #[test]
    fn every_scenario_tells_its_story() {
        for (scenario, service, text) in [
            (Scenario::MemoryLeak, "api-2", "out of memory"),
            (Scenario::CrashLoop, "worker", "config key QUEUE_URL is not set"),
            (Scenario::BadDeploy, "api-2", "/healthz"),
            (Scenario::PrometheusDown, "prometheus", "lock DB directory"),
            (Scenario::MetricsStopped, "prometheus", "AccessDeniedException"),
            (Scenario::MixedBadDay, "api-2", "\"level\":\"error\""),
            (Scenario::MixedBadDay, "atlantis", "\u{1b}["),
        ] {
            let lines = said(&world(scenario), service, -900, 600);
            assert!(has(&lines, text), "{scenario}: {service} never says {text:?} in {} lines", lines.len());
        }
    }

    #[test]
    fn a_healthy_fleet_says_nothing_terrible_and_nothing_hostile() {
        let world = world(Scenario::Healthy);
        for service in ["api-1", "api-2", "worker", "web", "atlantis", "prometheus", "grafana", "cloudwatch-exporter"] {
            let lines = said(&world, service, -900, 0);
            assert!(lines.len() > 20, "{service} says {} lines", lines.len());
            for word in ["panic", "out of memory", "AccessDenied", "lock DB", "\u{1b}", "FATAL"] {
                assert!(!has(&lines, word), "{service} says {word}");
            }
        }
    }

    #[test]
    fn time_that_goes_on_never_rewrites_what_was_said() {
        for scenario in [Scenario::MixedBadDay, Scenario::CrashLoop, Scenario::MemoryLeak] {
            let world = world(scenario);
            for service in ["api-2", "worker"] {
                let early = said(&world, service, -600, 0);
                let late: Vec<_> = said(&world, service, -600, 1_800);
                assert!(early.is_sorted_by_key(|line| line.at));
                assert_eq!(early[..], late[..early.len()], "{scenario}: {service}");
                assert!(late[early.len()..].iter().all(|line| line.at >= stamp(0)));
            }
        }
    }

    #[test]
    fn a_stretch_is_the_sum_of_its_parts_and_its_end_is_the_newest() {
        let world = world(Scenario::MixedBadDay);
        let whole = said(&world, "api-2", -300, 300);
        let parts: Vec<_> = [said(&world, "api-2", -300, 17), said(&world, "api-2", 17, 300)].concat();
        assert_eq!(whole, parts);
        let some = world.logs(&ServiceId::new("prod", "api-2"), stamp(-300), stamp(300), 50).unwrap();
        assert!(some.lines.len() >= 50 && some.lines.len() < 80);
        assert_eq!(some.lines[..], whole[whole.len() - some.lines.len()..]);
        assert!(some.cut_before.is_some());
    }

    #[test]
    fn a_task_that_has_ended_says_no_more() {
        let world = world(Scenario::CrashLoop);
        let lines = said(&world, "worker", -600, 0);
        let tasks: HashSet<&str> = lines.iter().map(|line| line.task.as_str()).collect();
        assert!(tasks.len() > 4, "stopped tasks are among them: {tasks:?}");
        assert_eq!(said(&world, "no-such-service", -600, 0), []);
    }
}

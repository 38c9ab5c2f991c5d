//! The simulated fleet as the exporters that Prometheus scrapes: a page of metrics for each task, one of the
//! `CloudWatch` exporter, one in place of a Grafana that does not run, and the discovery that says which tasks there are.
//!
//! The world's first moment is laid on a moment of the real clock: incidents are under way when the exporter begins.
//! Counters are sums over the world's own signals, so they never fall while a task lives, whoever asks, and the
//! history written by [`Exporter::history`] joins the pages without a seam.

mod cloudwatch;
mod grafana;
mod history;
mod ledger;
mod page;
mod task;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use self::ledger::{Ledger, Sums};
use self::page::Family;
use super::clock::{Second, second, stamp};
use super::fleet::Service;
use super::incident::Scrape;
use super::life::Life;
use super::scene::Scene;
use super::{EPOCH, Plan, World};

pub use self::history::Sighting;
pub use self::page::CONTENT_TYPE;

/// The job of the services' tasks.
const TASKS: &str = "ecs-services";

/// A task as service discovery tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskTarget {
    /// Its address in the simulated network (`10.0.3.7:8080`), the value of the label `instance`.
    pub instance: String,
    /// Where its page is on the exporter.
    pub path: String,
}

/// What a scrape gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// Metrics, as [`CONTENT_TYPE`].
    Metrics(String),
    /// The task refuses the connection.
    Refused,
    /// The task answers with this status.
    Status(u16),
    /// The task never answers.
    Hangs,
    /// There is no such page.
    Missing,
}

/// See the module.
#[derive(Debug)]
pub struct Exporter {
    world: World,
    /// The real moment of the world's first.
    began: Timestamp,
    /// From when on counters are summed up; before it they are estimated.
    origin: Second,
    /// The metrics that the `CloudWatch` exporter is told to collect; `None` for all that are simulated.
    collected: Option<Vec<String>>,
    ledgers: Mutex<HashMap<usize, Ledger>>,
}

impl Exporter {
    /// The fleet of a plan, whose incidents are under way at `began`, with `history` before it to be written.
    pub fn new(plan: Plan, began: Timestamp, history: Duration) -> Self {
        let history = Second::try_from(history.as_secs()).unwrap_or(Second::MAX);
        Self { world: World::new(plan), began, origin: -history, collected: None, ledgers: Mutex::default() }
    }

    /// The same, whose `CloudWatch` exporter has only the metrics of these names, as it is configured.
    #[must_use]
    pub fn collecting(self, names: Vec<String>) -> Self {
        Self { collected: Some(names), ..self }
    }

    /// The services whose tasks are scraped: name and port, in the fleet's order.
    pub fn services(&self) -> impl Iterator<Item = (&str, u16)> {
        self.scraped().map(|service| (service.id.name.as_str(), service.port))
    }

    /// The cluster that most services live in.
    pub fn cluster(&self) -> &'static str {
        self.world.clusters().first().copied().unwrap_or_default()
    }

    /// The tasks of a service that discovery knows at `now`; `None` where there is no such service.
    pub fn targets(&self, service: &str, now: Timestamp) -> Option<Vec<TaskTarget>> {
        let at = self.at(now);
        let id = self.scraped().find(|known| known.id.name == service)?.id.clone();
        let scene = self.world.scene(&id, at)?;
        let known = scene.timeline.lives.iter().filter(|life| life.runs(at));
        let known = known.filter(|life| scene.scrape(life, at) != Scrape::Undiscovered);
        Some(known.map(|life| target(scene.service, life)).collect())
    }

    /// The page at a path: `/tasks/SERVICE/TASK/metrics`, `/cloudwatch/metrics` or `/grafana/metrics`.
    pub fn page(&self, path: &str, now: Timestamp) -> Page {
        let at = self.at(now);
        match path.split('/').collect::<Vec<_>>()[..] {
            ["", "tasks", service, task, "metrics"] => self.task_page(service, task, at),
            ["", "cloudwatch", "metrics"] => Page::Metrics(page::text(&self.cloudwatch(&self.world.scenes(at), at))),
            ["", "grafana", "metrics"] => {
                Page::Metrics(format!("{}{}", grafana::NOTE, page::text(&grafana::families(self.origin, at))))
            }
            _ => Page::Missing,
        }
    }

    fn task_page(&self, service: &str, task: &str, at: Second) -> Page {
        let Some(id) = self.scraped().find(|known| known.id.name == service).map(|known| known.id.clone()) else {
            return Page::Missing;
        };
        let Some(scene) = self.world.scene(&id, at) else { return Page::Missing };
        let Some(life) = scene.timeline.lives.iter().find(|life| life.runs(at) && life.name() == task) else {
            // It has ended since discovery told of it.
            return Page::Refused;
        };
        match scene.scrape(life, at) {
            Scrape::Answers | Scrape::Undiscovered => Page::Metrics(page::text(&self.task(&scene, life, at))),
            Scrape::Fails("context deadline exceeded") => Page::Hangs,
            Scrape::Fails(error) if error.starts_with("server returned HTTP status") => Page::Status(503),
            Scrape::Fails(_) => Page::Refused,
        }
    }

    fn task(&self, scene: &Scene<'_>, life: &Life, at: Second) -> Vec<Family> {
        let sums = self.sums(scene, life, at);
        task::families(scene, life, at, &sums, self.unix(life.started.unwrap_or(at)))
    }

    /// What a task has done by `at`.
    fn sums(&self, scene: &Scene<'_>, life: &Life, at: Second) -> Sums {
        let mut ledgers = self.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        let ledger = ledgers.entry(scene.service.first_slot as usize).or_insert_with(|| Ledger::new(self.origin));
        ledger.of_task(scene, life, at)
    }

    fn cloudwatch(&self, scenes: &[Scene<'_>], at: Second) -> Vec<Family> {
        let mut families = cloudwatch::families(scenes, at);
        if let Some(collected) = &self.collected {
            families.retain(|family| collected.contains(&family.name));
        }
        families.extend(cloudwatch::own(&families, self.origin, at));
        families
    }

    /// The services that are scraped task by task. The stack's own are scraped where they really run.
    fn scraped(&self) -> impl Iterator<Item = &Service> {
        self.world.fleet.iter().filter(|service| !service.stack)
    }

    /// The world's moment of a real one.
    fn at(&self, now: Timestamp) -> Second {
        second(EPOCH + now.duration_since(self.began))
    }

    /// The real moment of one of the world's, in seconds since 1970.
    fn unix(&self, at: Second) -> i64 {
        let since = stamp(at).duration_since(EPOCH);
        self.began.checked_add(since).unwrap_or(self.began).as_second()
    }

    /// The real moments of `step` from `origin` up to and including `began`.
    fn past(&self, step: SignedDuration) -> impl Iterator<Item = Second> + use<> {
        let step = step.as_secs().max(1);
        let steps = -self.origin / step;
        (0..=steps).rev().map(move |back| -back * step)
    }
}

fn target(service: &Service, life: &Life) -> TaskTarget {
    TaskTarget {
        instance: format!("{}:{}", life.address(service), service.port),
        path: format!("/tasks/{}/{}/metrics", service.id.name, life.name()),
    }
}

#[cfg(test)]
mod tests;

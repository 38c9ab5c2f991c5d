//! What Prometheus says of its own work: exporters, discovery, and when there were samples.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::estate::{DiscoveryHealth, DroppedTarget, ExporterHealth, InstanceErrors, Stretch};
use crate::domain::{ErrorClass, Labels, ServiceId, Signal, SourceError, SourceKind};

use super::super::clock::{Second, floor, second, stamp};
use super::super::fleet::Service;
use super::super::incident::Scrape;
use super::super::life::Life;
use super::super::scene::SCRAPE;
use super::Estate;

/// The seconds that requests are counted over.
const WINDOW: f64 = 300.0;

/// The longest past that samples are reckoned for.
const MOST: Second = 7 * super::super::clock::DAY;

impl Estate<'_> {
    fn prometheus(&self) -> Result<(), SourceError> {
        self.world.refusal(SourceKind::Prometheus, self.now).map_or(Ok(()), Err)
    }

    /// `CloudWatch` exporters.
    ///
    /// # Errors
    /// While Prometheus does not answer.
    pub fn exporters(&self) -> Result<Vec<ExporterHealth>, SourceError> {
        self.prometheus()?;
        let exporters = self.world.fleet.iter().filter(|service| service.id.name == "cloudwatch-exporter");
        let mut found = Vec::new();
        for service in exporters {
            let Some(scene) = self.scene(service) else { continue };
            let errors = if self.is_discovery_lost() { 1.0 } else { 0.0 };
            for life in scene.timeline.lives.iter().filter(|life| life.runs(self.now)) {
                let instance = format!("{}:{}", life.address(service), service.port);
                found.push(ExporterHealth { instance, errors: Some(errors), took: Some(2.1) });
            }
        }
        Ok(found)
    }

    /// Service discovery: through ECS.
    ///
    /// # Errors
    /// While Prometheus does not answer.
    pub fn discovery(&self) -> Result<Vec<DiscoveryHealth>, SourceError> {
        self.prometheus()?;
        let is_lost = self.is_discovery_lost();
        let why = is_lost.then(|| {
            "could not list tasks: AccessDeniedException: not authorized to perform: ecs:ListTasks".to_owned()
        });
        Ok(vec![DiscoveryHealth { name: "ecs".to_owned(), failures: Some(if is_lost { 20.0 } else { 0.0 }), why }])
    }

    /// What relabelling dropped: nothing.
    ///
    /// # Errors
    /// While Prometheus does not answer.
    pub fn dropped(&self) -> Result<Vec<DroppedTarget>, SourceError> {
        self.prometheus()?;
        Ok(Vec::new())
    }

    /// The requests of each task: what the service has, spread evenly over those that are scraped.
    ///
    /// # Errors
    /// While Prometheus does not answer.
    pub fn errors_by_instance(&self, id: &ServiceId) -> Result<Vec<InstanceErrors>, SourceError> {
        self.prometheus()?;
        let service = self.service(id)?;
        let Some(scene) = self.scene(service) else { return Ok(Vec::new()) };
        let now = |signal| scene.measured(SourceKind::Prometheus, signal, self.now);
        let Some((rate, percent)) = now(Signal::Traffic).zip(now(Signal::Errors)) else { return Ok(Vec::new()) };
        let lives = scene.timeline.lives.iter().filter(|life| life.runs(self.now));
        let scraped: Vec<_> = lives.filter(|life| scene.scrape(life, self.now) == Scrape::Answers).collect();
        let requests = rate * WINDOW / (scraped.len() as f64);
        let of = |life: &&Life| InstanceErrors {
            instance: format!("{}:{}", life.address(service), service.port),
            requests,
            percent,
        };
        Ok(scraped.iter().map(of).collect())
    }

    /// When `up` had samples, by service; `up` or `up{service="NAME"}`.
    ///
    /// # Errors
    /// While Prometheus does not answer, and for any other query.
    pub fn samples(&self, query: &str, from: Timestamp, to: Timestamp) -> Result<Vec<Stretch>, SourceError> {
        self.prometheus()?;
        let only = match query.trim() {
            "up" => None,
            other => Some(other.strip_prefix("up{service=\"").and_then(|rest| rest.strip_suffix("\"}")).ok_or_else(
                || {
                    let what =
                        format!("{other}: the simulated Prometheus answers `up` and `up{{service=\"NAME\"}}` only");
                    SourceError::new(ErrorClass::Unsupported, what)
                },
            )?),
        };
        let (from, to) = (second(from).max(self.now - MOST), second(to).min(self.now));
        let meant = self.world.fleet.iter().filter(|service| only.is_none_or(|name| service.id.name == name));
        Ok(meant.filter_map(|service| self.stretch(service, from, to)).collect())
    }

    fn stretch(&self, service: &Service, from: Second, to: Second) -> Option<Stretch> {
        let scene = self.world.scene(&service.id, to)?;
        let is_scraped = |at: Second| {
            scene.is_recorded(at)
                && scene
                    .timeline
                    .lives
                    .iter()
                    .any(|life| life.runs(at) && scene.scrape(life, at) != Scrape::Undiscovered)
        };
        let first = floor(from + SCRAPE - 1, SCRAPE);
        let times = (0..).map(|number| first + number * SCRAPE).take_while(|at| *at <= to);
        let labels: Labels = [("job", service.job), ("service", service.id.name.as_str())]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let samples = times.filter(|at| is_scraped(*at)).map(stamp).collect();
        Some(Stretch { labels, samples, rhythm: Some(Duration::from_secs(SCRAPE.unsigned_abs())) })
    }
}

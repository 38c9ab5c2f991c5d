//! Prometheus and Alertmanager: signals, targets, alerts, silences.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{
    AlertmanagerReading, Labels, PrometheusReading, Sampled, Signal, SignalReading, Silence, SourceError, SourceKind,
    Target, TargetHealth,
};

use super::super::alerts::{self, Made};
use super::super::clock::{HOUR, MINUTE, Second, floor, second, stamp};
use super::super::incident::Scrape;
use super::super::life::Life;
use super::super::noise;
use super::super::scene::{Grid, SCRAPE, Scene};
use super::super::world::World;
use super::query;

/// Seconds Alertmanager holds an alert that Prometheus no longer repeats.
const ALERT_EXPIRES: Second = 4 * MINUTE;

impl World {
    /// What Prometheus answers.
    ///
    /// # Errors
    /// When the scenario has it refuse.
    pub fn prometheus(&self, now: Timestamp) -> Result<PrometheusReading, SourceError> {
        let now = second(now);
        if let Some(error) = self.refusal(SourceKind::Prometheus, now) {
            return Err(error);
        }
        let scenes = self.scenes(now);
        let grid = Grid::ending(now, HOUR, MINUTE);
        let queries = Signal::ROUND.map(|signal| (signal, query(signal)));
        let mut signals = Vec::with_capacity(scenes.len() * Signal::ROUND.len());
        let mut targets = Vec::new();
        for scene in &scenes {
            self::signals(scene, &grid, &queries, &mut signals);
            targets.extend(
                scene.timeline.lives.iter().filter(|life| life.runs(now)).filter_map(|life| target(scene, life)),
            );
        }
        let head = 100 * scenes.len() + 740;
        Ok(PrometheusReading {
            version: Some("3.14.0".to_owned()),
            signals,
            targets: Some(targets),
            alerts: Some(alerts::of_prometheus(&scenes, &self.stage.standing, now)),
            facts: [("ready", "yes".to_owned()), ("head series", head.to_string()), ("retention", "15d".to_owned())]
                .map(|(name, text)| (name.to_owned(), text))
                .into(),
            ..PrometheusReading::default()
        })
    }

    /// What Alertmanager answers.
    ///
    /// # Errors
    /// When the scenario has it refuse.
    pub fn alertmanager(&self, now: Timestamp) -> Result<AlertmanagerReading, SourceError> {
        let now = second(now);
        if let Some(error) = self.refusal(SourceKind::Alertmanager, now) {
            return Err(error);
        }
        let (scripted, made) = (self.scripted_silences(now), self.made_silences(SourceKind::Alertmanager, now));
        let alerts = self.last_evaluation(now).map_or_else(Vec::new, |at| {
            let raised = alerts::of_prometheus(&self.scenes(at), &self.stage.standing, at);
            alerts::of_alertmanager(raised, &scripted, &made)
        });
        let silences = scripted.into_iter().chain(made.into_iter().map(|made| made.silence)).collect();
        Ok(AlertmanagerReading {
            version: Some("0.34.0".to_owned()),
            alerts,
            silences,
            facts: vec![
                ("cluster".to_owned(), "ready".to_owned()),
                ("receivers".to_owned(), "slack, pagerduty".to_owned()),
            ],
            problems: Vec::new(),
        })
    }

    /// The scenario's silences that hold at a moment and that nobody has ended.
    fn scripted_silences(&self, now: Second) -> Vec<Silence> {
        let quiets = self.stage.quiets.iter().filter_map(|quiet| quiet.silence(self.plan().seed, now));
        let deeds = self.deeds.read().unwrap_or_else(PoisonError::into_inner);
        let is_ended = |silence: &Silence| deeds.silences.iter().any(|made| made.has_ended(&silence.id, now));
        quiets.filter(|silence| !is_ended(silence)).collect()
    }

    /// The silences made by hand in one place that hold at a moment.
    pub(super) fn made_silences(&self, source: SourceKind, now: Second) -> Vec<Made> {
        let deeds = self.deeds.read().unwrap_or_else(PoisonError::into_inner);
        deeds.silences.iter().filter(|made| made.silence.source == source && made.is_on(now)).cloned().collect()
    }

    /// The moment of the alerts that Alertmanager still believes: now, or shortly before Prometheus went down.
    fn last_evaluation(&self, now: Second) -> Option<Second> {
        let is_down = |at| self.outage(SourceKind::Prometheus, at).is_some_and(|outage| outage.down);
        (0..ALERT_EXPIRES).step_by(10).map(|back| now - back).find(|at| !is_down(*at))
    }
}

fn signals(scene: &Scene<'_>, grid: &Grid, queries: &[(Signal, Arc<str>); 5], out: &mut Vec<SignalReading>) {
    let wanted: Vec<Signal> = Signal::ROUND.into_iter().filter(|signal| scene.has(*signal)).collect();
    let sampled = floor(scene.now, SCRAPE);
    let is_seen = scene.is_seen(SourceKind::Prometheus, sampled);
    let moment = scene.moment(sampled).filter(|_| is_seen && scene.timeline.running(scene.now) > 0);
    for (signal, series) in wanted.iter().zip(scene.series(SourceKind::Prometheus, &wanted, grid)) {
        let now = moment.map(|moment| Sampled {
            value: scene.value(*signal, sampled, &moment),
            at: stamp(sampled),
            source: SourceKind::Prometheus,
        });
        // A service nobody has seen for an hour is not in the answer at all.
        if now.is_none() && series.last_known().is_none() {
            continue;
        }
        let Some((_, query)) = queries.iter().find(|(asked, _)| asked == signal) else { continue };
        let series = Some(Arc::new(series));
        out.push(SignalReading { owner: scene.owner(), signal: *signal, now, series, query: Arc::clone(query) });
    }
}

fn target(scene: &Scene<'_>, life: &Life) -> Option<Target> {
    let (service, now) = (scene.service, scene.now);
    let instance = format!("{}:{}", life.address(service), service.port);
    let url = format!("http://{instance}/metrics");
    let chance = noise::fork(service.seed, u64::from(life.slot) ^ (u64::from(life.turn) << 16) ^ 0x7a);
    // Every task is first scraped within one interval of its start, then at that rhythm.
    let first = life.started? + noise::pick(chance, SCRAPE.unsigned_abs()).cast_signed().max(1);
    let scraped = (first <= now).then(|| first + floor(now - first, SCRAPE));
    let (health, last_error) = match (scene.scrape(life, now), scraped) {
        (Scrape::Undiscovered, _) => return None,
        (_, None) => (TargetHealth::Unknown, String::new()),
        (Scrape::Answers, Some(_)) => (TargetHealth::Up, String::new()),
        (Scrape::Fails(error), Some(_)) if error.starts_with("server") => (TargetHealth::Down, error.to_owned()),
        (Scrape::Fails(error), Some(_)) => (TargetHealth::Down, format!("Get \"{url}\": {error}")),
    };
    let took = if last_error.contains("deadline") { 10_000 } else { 4 + noise::pick(chance >> 8, 40) };
    let labels: Labels =
        [("job", service.job), ("instance", instance.as_str()), ("service", service.id.name.as_str()), ("env", "prod")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    Some(Target {
        job: service.job.to_owned(),
        instance,
        url,
        health,
        last_error,
        last_scrape: scraped.map(stamp),
        scrape_took: scraped.map(|_| Duration::from_millis(took)),
        interval: Some(Duration::from_secs(SCRAPE.unsigned_abs())),
        labels,
        owner: Some(scene.owner()),
    })
}

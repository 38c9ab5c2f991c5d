//! One service at one moment: its tasks and deployments, and every signal's value at any time up to then.

use std::time::Duration;

use crate::domain::{Owner, Series, Signal, SourceKind};

use super::beat::Beat;
use super::clock::{Second, stamp};
use super::deed::{Deed, Intervention};
use super::fleet::Service;
use super::hands::Hands;
use super::incident::{Outage, Scrape};
use super::life::Life;
use super::signals::{self, Moment};
use super::timeline::Timeline;

/// Seconds between two scrapes.
pub const SCRAPE: Second = 15;

/// See the module.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Which service.
    pub service: &'a Service,
    /// The moment.
    pub now: Second,
    /// Its tasks and deployments up to the moment.
    pub timeline: Timeline,
    /// What people did to it.
    hands: Hands,
    /// When no task ran.
    dark: Vec<(Second, Second)>,
    outages: &'a [Outage],
}

impl<'a> Scene<'a> {
    /// The scene of a service at `now`, after everything people did to it by then.
    pub(super) fn new(
        service: &'a Service,
        outages: &'a [Outage],
        interventions: &[Intervention],
        now: Second,
    ) -> Self {
        let hands = Hands::new(service, interventions);
        let mut beats = Vec::new();
        for incident in &service.incidents {
            incident.beats(now, &hands, &mut beats);
        }
        let is_eventful = !beats.is_empty() || !interventions.is_empty();
        let timeline = Timeline::replay(service, beats, interventions.iter().map(by_hand), now);
        let dark = if is_eventful { timeline.outages() } else { Vec::new() };
        Self { service, now, timeline, hands, dark, outages }
    }

    /// Whose series these are.
    pub fn owner(&self) -> Owner {
        Owner::named(self.service.id.name.clone())
    }

    /// Whether the service has a signal at all.
    pub const fn has(&self, signal: Signal) -> bool {
        signal.is_universal() || self.service.http
    }

    /// All signals' common ground at a moment; `None` when no task ran.
    pub fn moment(&self, at: Second) -> Option<Moment> {
        self.moment_under(at, signals::load(at))
    }

    fn moment_under(&self, at: Second, load: f64) -> Option<Moment> {
        let is_dark = self.dark.iter().any(|(from, to)| (*from..*to).contains(&at));
        (!is_dark).then(|| Moment::new(self.service, at, load))
    }

    /// What a signal truly is.
    pub fn value(&self, signal: Signal, at: Second, moment: &Moment) -> f64 {
        let calm = signals::calm(self.service, signal, moment);
        let bent =
            self.service.incidents.iter().fold(calm, |value, incident| incident.bend(signal, at, value, &self.hands));
        // What is asked of the whole service is shared by the tasks there are.
        let shared = if signal == Signal::Cpu { bent * self.hands.share(at) } else { bent };
        signals::within_range(signal, shared)
    }

    /// Whether `source` could see the service at a moment.
    pub fn is_seen(&self, source: SourceKind, at: Second) -> bool {
        let is_down = self.outages.iter().any(|outage| outage.down && outage.source == source && outage.is_on(at));
        let is_hidden =
            source == SourceKind::Prometheus && self.service.incidents.iter().any(|incident| incident.hides(at));
        !is_down && !is_hidden
    }

    /// Whether Prometheus itself was there to record a moment.
    pub fn is_recorded(&self, at: Second) -> bool {
        let is_down = |outage: &&Outage| outage.down && outage.source == SourceKind::Prometheus && outage.is_on(at);
        !self.outages.iter().any(|outage| is_down(&outage))
    }

    /// A signal as `source` has it.
    pub fn measured(&self, source: SourceKind, signal: Signal, at: Second) -> Option<f64> {
        let moment = self.moment(at).filter(|_| self.has(signal) && self.is_seen(source, at))?;
        Some(self.value(signal, at, &moment))
    }

    /// Several signals as `source` has them, on one grid of moments with the fleet's load at each.
    pub fn series(&self, source: SourceKind, wanted: &[Signal], grid: &Grid) -> Vec<Series> {
        let mut values: Vec<Vec<f64>> = wanted.iter().map(|_| Vec::with_capacity(grid.points.len())).collect();
        for (at, load) in &grid.points {
            let moment = self.moment_under(*at, *load).filter(|_| self.is_seen(source, *at));
            for (signal, values) in wanted.iter().zip(&mut values) {
                // A series leaves out what is not a number: that is its gap.
                values.push(moment.map_or(f64::NAN, |moment| self.value(*signal, *at, &moment)));
            }
        }
        let series = |values: Vec<f64>| Series::from_values(grid.start(), grid.step, values.into_iter().map(Some));
        values.into_iter().map(series).collect()
    }

    /// What the scrape of a running task gives.
    pub fn scrape(&self, life: &Life, at: Second) -> Scrape {
        let scrapes = self.service.incidents.iter().map(|incident| incident.scrape(life, at, &self.hands));
        scrapes.rev().find(|scrape| *scrape != Scrape::Answers).unwrap_or(Scrape::Answers)
    }
}

impl Scene<'_> {
    /// Since when a running task takes requests and answers none, where it does.
    pub fn hangs(&self, life: &Life, at: Second) -> Option<Second> {
        self.service.incidents.iter().find_map(|incident| incident.hangs(life, at, &self.hands))
    }

    /// Whether nobody outside its zone reaches a running task.
    pub fn is_cut_off(&self, life: &Life, at: Second) -> bool {
        self.service.incidents.iter().any(|incident| incident.cuts_off(life, at))
    }
}

fn by_hand(Intervention { at, deed, .. }: &Intervention) -> Beat {
    let at = *at;
    match deed {
        Deed::StopTask { task, reason, .. } => Beat::Stop { at, task: *task, reason: reason.clone() },
        Deed::Deploy { revision } => Beat::Release { at, revision: *revision, undoes: None },
        Deed::Undo { deployment, revision } => Beat::Release { at, revision: *revision, undoes: Some(*deployment) },
        Deed::Scale { desired } => Beat::Scale { at, desired: *desired },
    }
}

/// Regular moments, each with the fleet's load.
#[derive(Debug)]
pub struct Grid {
    points: Vec<(Second, f64)>,
    step: Duration,
}

impl Grid {
    /// The multiples of `step` seconds from `length` seconds before `end` to `end`.
    pub fn ending(end: Second, length: Second, step: Second) -> Self {
        let last = super::clock::floor(end, step);
        let points =
            (0..=length / step).rev().map(|back| last - back * step).map(|at| (at, signals::load(at))).collect();
        Self { points, step: Duration::from_secs(step.unsigned_abs()) }
    }

    fn start(&self) -> jiff::Timestamp {
        stamp(self.points.first().map_or(0, |(at, _)| *at))
    }
}

//! What the tasks of a service have done, summed up over time: requests, failures, time spent.

use std::collections::HashMap;
use std::ops::{Add, Mul, Sub};

use super::super::clock::{Second, real};
use super::super::life::Life;
use super::super::scene::{SCRAPE, Scene};
use crate::domain::Signal;

/// Upper bounds of the latency histogram, in seconds.
pub const BOUNDS: [f64; 16] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0];

/// Seconds over which signals are taken as constant.
const STEP: Second = SCRAPE;
/// Steps between two marks that are kept: some 400 kB a service and month.
const MARK: usize = 40;

/// What one task did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sums {
    /// Requests answered well.
    pub ok: f64,
    /// Requests failed.
    pub failed: f64,
    /// Seconds that all requests took together.
    pub latency: f64,
    /// Requests that took no longer than each of [`BOUNDS`].
    pub within: [f64; BOUNDS.len()],
    /// Seconds of CPU.
    pub cpu: f64,
}

impl Default for Sums {
    fn default() -> Self {
        Self { ok: 0.0, failed: 0.0, latency: 0.0, within: [0.0; BOUNDS.len()], cpu: 0.0 }
    }
}

impl Sums {
    fn combine(self, other: Self, with: impl Fn(f64, f64) -> f64) -> Self {
        let mut within = self.within;
        for (here, there) in within.iter_mut().zip(other.within) {
            *here = with(*here, there);
        }
        Self {
            ok: with(self.ok, other.ok),
            failed: with(self.failed, other.failed),
            latency: with(self.latency, other.latency),
            within,
            cpu: with(self.cpu, other.cpu),
        }
    }
}

impl Add for Sums {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.combine(other, |here, there| here + there)
    }
}

impl Sub for Sums {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.combine(other, |here, there| here - there)
    }
}

impl Mul<f64> for Sums {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        self.combine(self, |here, _| here * factor)
    }
}

/// The sums of a task of the service that has run since the origin. Every running task does the same share of the
/// work, so what another task did is the difference of two moments.
#[derive(Debug)]
pub struct Ledger {
    origin: Second,
    /// The sums at every [`MARK`]th step.
    marks: Vec<Sums>,
    /// The step asked about last, and its sums: time mostly goes on.
    last: (usize, Sums),
    /// The sums at the start of tasks.
    starts: HashMap<u128, Sums>,
}

impl Ledger {
    /// Sums from `origin` on.
    pub fn new(origin: Second) -> Self {
        Self { origin, marks: vec![Sums::default()], last: (0, Sums::default()), starts: HashMap::new() }
    }

    /// What a task has done by `at`. For the time before the origin it is estimated, to the same number each time.
    pub fn of_task(&mut self, scene: &Scene<'_>, life: &Life, at: Second) -> Sums {
        let started = life.started.unwrap_or(at).min(at);
        if started <= self.origin {
            return self.at(scene, at) + rate(scene, self.origin) * real(self.origin - started);
        }
        let before = if let Some(before) = self.starts.get(&life.id) {
            *before
        } else {
            let before = self.recall(scene, started);
            self.starts.insert(life.id, before);
            before
        };
        let sums = self.at(scene, at) - before;
        // Sums of sums differ in their last digits.
        sums.combine(sums, |value, _| value.max(0.0))
    }

    fn at(&mut self, scene: &Scene<'_>, at: Second) -> Sums {
        let (step, moment) = self.step(at);
        let (last, _) = self.last;
        if step < last || step - last > MARK {
            self.last = self.mark_before(scene, step);
        }
        let (from, sums) = self.last;
        self.last = (step, self.walk(scene, from, sums, step));
        self.last.1 + rate(scene, moment) * real((at - moment).max(0))
    }

    /// As [`Self::at`], for a moment that is off the way.
    fn recall(&mut self, scene: &Scene<'_>, at: Second) -> Sums {
        let (step, moment) = self.step(at);
        let (from, sums) = self.mark_before(scene, step);
        self.walk(scene, from, sums, step) + rate(scene, moment) * real(at - moment)
    }

    /// The step that a moment lies in, and the moment it begins.
    fn step(&self, at: Second) -> (usize, Second) {
        let step = usize::try_from((at - self.origin).max(0) / STEP).unwrap_or(0);
        (step, self.moment(step))
    }

    fn moment(&self, step: usize) -> Second {
        self.origin + Second::try_from(step).unwrap_or(0) * STEP
    }

    /// The last mark at or before a step. Marks that are missing are made.
    fn mark_before(&mut self, scene: &Scene<'_>, step: usize) -> (usize, Sums) {
        let wanted = step / MARK;
        while self.marks.len() <= wanted {
            let newest = self.marks.len() - 1;
            let sums = self.marks.last().copied().unwrap_or_default();
            let next = self.walk(scene, newest * MARK, sums, (newest + 1) * MARK);
            self.marks.push(next);
        }
        (wanted * MARK, self.marks.get(wanted).copied().unwrap_or_default())
    }

    fn walk(&self, scene: &Scene<'_>, from: usize, sums: Sums, to: usize) -> Sums {
        (from..to).fold(sums, |sums, step| sums + rate(scene, self.moment(step)) * real(STEP))
    }
}

/// What each running task does in a second.
fn rate(scene: &Scene<'_>, at: Second) -> Sums {
    let tasks = scene.timeline.running(at);
    let Some(moment) = scene.moment(at).filter(|_| tasks > 0) else { return Sums::default() };
    let value = |signal| scene.value(signal, at, &moment);
    let cores = scene.service.size.0.parse::<f64>().unwrap_or(0.0) / 1_024.0;
    let cpu = value(Signal::Cpu) / 100.0 * cores;
    if !scene.service.http {
        return Sums { cpu, ..Sums::default() };
    }
    let requests = value(Signal::Traffic) / f64::from(tasks);
    let failed = requests * value(Signal::Errors) / 100.0;
    let spread = Spread::of([Signal::LatencyP50, Signal::LatencyP95, Signal::LatencyP99].map(value));
    Sums {
        ok: requests - failed,
        failed,
        latency: requests * spread.mean(),
        within: BOUNDS.map(|bound| requests * spread.within(bound)),
        cpu,
    }
}

/// How latencies are spread, by three of their quantiles.
#[derive(Debug, Clone, Copy)]
struct Spread {
    /// Latency and the share of requests that take no longer.
    knots: [(f64, f64); 5],
}

impl Spread {
    fn of([p50, p95, p99]: [f64; 3]) -> Self {
        let p95 = p95.max(p50);
        let p99 = p99.max(p95);
        Self { knots: [(0.2 * p50, 0.0), (p50, 0.5), (p95, 0.95), (p99, 0.99), (3.0 * p99, 1.0)] }
    }

    /// The share of requests that take no longer than `bound` seconds.
    fn within(&self, bound: f64) -> f64 {
        let segment = self.knots.windows(2).find(|pair| bound < pair[1].0);
        match segment {
            None => 1.0,
            Some(pair) if bound <= pair[0].0 => pair[0].1,
            Some(pair) => pair[0].1 + (pair[1].1 - pair[0].1) * (bound - pair[0].0) / (pair[1].0 - pair[0].0),
        }
    }

    fn mean(&self) -> f64 {
        self.knots.windows(2).map(|pair| (pair[1].1 - pair[0].1) * f64::midpoint(pair[0].0, pair[1].0)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_keeps_its_quantiles_and_never_falls() {
        let spread = Spread::of([0.1, 0.4, 0.9]);
        for (bound, share) in [(0.0, 0.0), (0.1, 0.5), (0.4, 0.95), (0.9, 0.99), (2.7, 1.0), (60.0, 1.0)] {
            assert!((spread.within(bound) - share).abs() < 1e-9, "{bound}: {}", spread.within(bound));
        }
        assert!(BOUNDS.windows(2).all(|pair| spread.within(pair[0]) <= spread.within(pair[1])));
        assert!(spread.mean() > 0.1 && spread.mean() < 0.4, "{}", spread.mean());
        let flat = Spread::of([0.0, 0.0, 0.0]);
        assert!((flat.within(0.0) - 1.0).abs() < 1e-9 && flat.mean().abs() < 1e-9);
    }
}

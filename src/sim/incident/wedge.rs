//! A task that stops answering while it runs on: nothing ends it by itself.

use crate::domain::{FindingKind, Signal};

use super::super::clock::{Second, real};
use super::super::life::Life;
use super::super::noise;
use super::{Hands, Incident, Scrape};

/// Seconds until the trouble shows in full.
const RISE: Second = 50;
/// Seconds until it is out of the rates again after its end.
const FALL: Second = 150;

/// Since `from` the task of one place holds every connection it is given and answers none. Its container's own check
/// sees nothing, so that ECS leaves it alone; replacing it is the only cure.
#[derive(Debug)]
pub struct Wedge {
    /// When it begins.
    pub from: Second,
    /// The place of the task.
    pub slot: u32,
    /// Failed requests in percent.
    pub errors: f64,
    /// Latency p95 in seconds.
    pub p95: f64,
    /// What it amounts to at the epoch.
    pub planted: Vec<FindingKind>,
    /// What chance gives it.
    pub seed: u64,
}

impl Wedge {
    /// When somebody ended it, if that was by `at`.
    fn cured(&self, at: Second, hands: &Hands) -> Option<Second> {
        hands.each(self.slot, at).find(|cured| *cured >= self.from)
    }

    /// How much of it shows, 0 to 1.
    fn level(&self, at: Second, hands: &Hands) -> f64 {
        let rise = |at: Second| (real(at - self.from) / real(RISE)).clamp(0.0, 1.0);
        match self.cured(at, hands) {
            Some(cured) => rise(cured) * (1.0 - real(at - cured) / real(FALL)).max(0.0),
            None => rise(at),
        }
    }
}

impl Incident for Wedge {
    fn bend(&self, signal: Signal, at: Second, value: f64, hands: &Hands) -> f64 {
        let level = self.level(at, hands);
        if level <= 0.0 {
            return value;
        }
        let grain = 1.0 + 0.03 * noise::wave(noise::fork(self.seed, signal as u64), at, 90);
        let toward = |height: f64| value + (height * grain - value) * level;
        match signal {
            Signal::Errors => toward(self.errors),
            Signal::LatencyP95 => toward(self.p95),
            Signal::LatencyP99 => toward(self.p95 * 1.7),
            // Two of three requests are answered as ever; the other tasks have a little more to do.
            Signal::LatencyP50 => value * (1.0 + 0.3 * level),
            Signal::Cpu => value * (1.0 + 0.12 * level),
            Signal::Memory | Signal::Traffic => value,
        }
    }

    fn scrape(&self, life: &Life, at: Second, hands: &Hands) -> Scrape {
        match self.hangs(life, at, hands) {
            Some(_) => Scrape::Fails("context deadline exceeded"),
            None => Scrape::Answers,
        }
    }

    fn hangs(&self, life: &Life, at: Second, hands: &Hands) -> Option<Second> {
        let is_wedged = life.slot == self.slot && at >= self.from && self.cured(at, hands).is_none();
        is_wedged.then_some(self.from)
    }

    fn planted(&self) -> &[FindingKind] {
        &self.planted
    }
}

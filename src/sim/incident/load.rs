//! Signals that swell and ebb: load, errors, latency.

use crate::domain::{FindingKind, Signal};

use super::super::clock::{Envelope, MINUTE, Second};
use super::super::noise;
use super::{Hands, Incident};

/// What becomes of a signal at the height of a swell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bend {
    /// It goes to this value, with a little noise.
    To(f64),
    /// It is multiplied.
    Times(f64),
}

/// Signals that bend together, following an envelope.
#[derive(Debug)]
pub struct Swell {
    /// When and how far.
    pub envelope: Envelope,
    /// Which signals, and where to.
    pub bends: Vec<(Signal, Bend)>,
    /// What it amounts to at the epoch.
    pub planted: Vec<FindingKind>,
    /// What chance gives it.
    pub seed: u64,
}

/// The CPU from which on requests begin to wait for one another, in percent.
const BUSY: f64 = 60.0;

impl Swell {
    /// How far the tasks are past what they can do, 1 for those the service began with: what errs and is slow because
    /// CPU is short goes with it, and ends when more tasks share the load.
    fn pressure(&self, signal: Signal, at: Second, hands: &Hands) -> f64 {
        let cpu = self.bends.iter().find_map(|(bent, bend)| match bend {
            Bend::To(height) if *bent == Signal::Cpu && *height > BUSY => Some(*height),
            _ => None,
        });
        let suffers = matches!(signal, Signal::Errors | Signal::LatencyP50 | Signal::LatencyP95 | Signal::LatencyP99);
        match cpu.filter(|_| suffers) {
            Some(height) => ((height * hands.share(at) - BUSY) / (height - BUSY)).clamp(0.0, 1.0),
            None => 1.0,
        }
    }
}

impl Incident for Swell {
    fn bend(&self, signal: Signal, at: Second, value: f64, hands: &Hands) -> f64 {
        // The other latencies follow p95.
        let (kin, share) = match signal {
            Signal::LatencyP50 => (Signal::LatencyP95, 0.55),
            Signal::LatencyP99 => (Signal::LatencyP95, 1.7),
            own => (own, 1.0),
        };
        let Some((_, bend)) = self.bends.iter().find(|(bent, _)| *bent == kin) else { return value };
        let level = self.envelope.level(at) * self.pressure(signal, at, hands);
        if level <= 0.0 {
            return value;
        }
        let height = match bend {
            Bend::To(height) => {
                let grain = noise::wave(noise::fork(self.seed, signal as u64), at, 2 * MINUTE);
                height * share * (1.0 + 0.018 * grain)
            }
            Bend::Times(factor) => value * factor,
        };
        value + (height - value) * level
    }

    fn planted(&self) -> &[FindingKind] {
        &self.planted
    }
}

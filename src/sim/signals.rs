//! What the signals of a service are on a calm day: the day's rhythm and noise.

use crate::domain::Signal;

use super::clock::{DAY, HOUR, MINUTE, Second, real};
use super::fleet::Service;
use super::noise;

/// How busy each hour of a working day in Seoul is, from midnight on; 1 is the usual peak.
const DAYS_RHYTHM: [f64; 24] = [
    0.42, 0.34, 0.29, 0.27, 0.27, 0.30, 0.38, 0.55, 0.74, 0.87, 0.93, 0.95, 0.88, 0.92, 0.96, 0.95, 0.93, 0.90, 0.86,
    0.90, 0.97, 0.99, 0.84, 0.61,
];
/// Seoul is this far ahead of UTC, and the epoch is midnight UTC.
const SEOUL: Second = 9 * HOUR;
/// Distance of the knots of the slow noise.
const SLOW: Second = 8 * MINUTE;

/// How busy the whole fleet is at a moment, 0 to 1.
pub fn load(at: Second) -> f64 {
    let local = at + SEOUL;
    let hour = usize::try_from(local.rem_euclid(DAY) / HOUR).unwrap_or(0) % 24;
    let share = real(local.rem_euclid(HOUR)) / real(HOUR);
    let here = DAYS_RHYTHM[hour];
    let busy = here + (DAYS_RHYTHM[(hour + 1) % 24] - here) * share;
    // The epoch's day is a Monday.
    let weekday = local.div_euclid(DAY).rem_euclid(7);
    if weekday >= 5 { busy * 0.72 } else { busy }
}

/// What all signals of a service share at one moment; reckoned once for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    load: f64,
    wave: f64,
    grain: u64,
}

impl Moment {
    /// The moment `at` of `service`, when the fleet is as busy as `load` says.
    pub fn new(service: &Service, at: Second, load: f64) -> Self {
        Self { load, wave: noise::wave(service.seed, at, SLOW), grain: noise::at(service.seed ^ 0x5eed, at) }
    }
}

/// A signal on a calm day. Of no meaning for signals that the service does not have.
pub fn calm(service: &Service, signal: Signal, moment: &Moment) -> f64 {
    let Moment { load, wave, grain } = *moment;
    let levels = &service.levels;
    let p95 = |grain: f64| levels.p95 * (0.82 + 0.22 * load) * (1.0 + 0.07 * wave + 0.04 * grain);
    match signal {
        Signal::Cpu => {
            let value = levels.cpu * (0.35 + 0.65 * load) * (1.0 + 0.10 * wave + 0.05 * noise::lane(grain, 0));
            value.clamp(0.2, 70.0)
        }
        Signal::Memory => {
            let value = levels.memory + 2.0 * (load - 0.6) + 0.9 * wave + 0.25 * noise::lane(grain, 1);
            value.clamp(3.0, 75.0)
        }
        Signal::Traffic => levels.traffic * load * (1.0 + 0.06 * wave + 0.03 * noise::lane(grain, 2)),
        Signal::Errors => (levels.errors * (1.0 + 0.5 * wave + 0.4 * noise::lane(grain, 3))).clamp(0.0, 0.6),
        Signal::LatencyP50 => 0.42 * p95(noise::lane(grain, 1)),
        Signal::LatencyP95 => p95(noise::lane(grain, 0)),
        Signal::LatencyP99 => 1.9 * p95(noise::lane(grain, 2)),
    }
}

/// The values a signal can have at all.
pub const fn within_range(signal: Signal, value: f64) -> f64 {
    match signal {
        Signal::Cpu | Signal::Memory | Signal::Errors => value.clamp(0.0, 100.0),
        Signal::Traffic | Signal::LatencyP50 | Signal::LatencyP95 | Signal::LatencyP99 => value.max(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fleet::muster;
    use super::*;

    #[test]
    fn the_day_has_a_rhythm_without_jumps() {
        assert!(load(0) > 0.8, "nine on Monday morning");
        assert!(load(-5 * HOUR) < 0.4, "four at night");
        let weekend = load(-DAY + 2 * HOUR);
        assert!(weekend < load(2 * HOUR) * 0.8, "Sunday is quieter");
        for at in (-20 * HOUR..20 * HOUR).step_by(60).filter(|at| (at + SEOUL).rem_euclid(DAY) != 0) {
            assert!((load(at) - load(at - 60)).abs() < 0.3, "a jump at {at}");
        }
    }

    #[test]
    fn a_calm_day_stays_far_below_every_threshold() {
        for service in muster(300, 9) {
            for at in (-DAY..DAY).step_by(1_500) {
                let moment = Moment::new(&service, at, load(at));
                assert!(calm(&service, Signal::Cpu, &moment) <= 70.0);
                assert!(calm(&service, Signal::Memory, &moment) <= 75.0);
                assert!(calm(&service, Signal::Errors, &moment) <= 0.6);
            }
        }
    }
}

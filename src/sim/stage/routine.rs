//! What happens on any day.

use crate::domain::Signal;

use super::super::clock::{Cycle, DAY, Envelope, HOUR, MINUTE, Second};
use super::super::fleet::Service;
use super::super::incident::{Bend, Incident, Releases, Swell};
use super::{boxed, swell};

/// Longer than anybody watches: for what does not come round again.
const ONCE: Second = 400 * DAY;

/// What happens to a service on any day: releases that go well.
pub fn routine(service: &Service) -> Vec<Box<dyn Incident>> {
    match service.id.name.as_str() {
        // Yesterday afternoon, and again ninety seconds into the simulation.
        "web" => vec![boxed(releases(service, -19 * HOUR, 19 * HOUR + 90))],
        "api-1" => vec![boxed(releases(service, 16 * MINUTE, 71 * MINUTE))],
        "worker" => vec![boxed(releases(service, -15 * HOUR, 15 * HOUR + 41 * MINUTE)), boxed(night_batch(service))],
        _ => Vec::new(),
    }
}

/// Good releases of a service, `period` seconds apart.
pub fn releases(service: &Service, first: Second, period: Second) -> Releases {
    Releases { cycle: Cycle::new(first, period), revision: service.revision + 1, slots: service.tasks, pace: 64 }
}

/// A batch job that ran hot last night; its alert has long been resolved.
fn night_batch(service: &Service) -> Swell {
    let cycle = Cycle::new(-5 * HOUR - 50 * MINUTE, ONCE);
    swell(service, Envelope { cycle, rise: 40, hold: 9 * MINUTE, fall: 60 }, &[(Signal::Cpu, Bend::To(88.0))], &[])
}

/// Releases of everything, one service after another.
pub fn release_day(name: &str, service: &Service) -> Vec<Box<dyn Incident>> {
    let first = match name {
        "api-1" => -58 * MINUTE,
        "api-2" => -3 * MINUTE,
        "web" => -31 * MINUTE,
        "worker" => -70,
        "atlantis" => -16 * MINUTE,
        _ => return Vec::new(),
    };
    vec![boxed(releases(service, first, 33 * MINUTE))]
}

//! The mixed bad day: one main actor and a cast that never rests.

use crate::domain::{FindingKind, Severity, Signal};

use super::super::alerts::{Quiet, Standing};
use super::super::clock::{Cycle, Envelope, HOUR, MINUTE};
use super::super::fleet::Service;
use super::super::incident::{BadMorning, Bend, CrashLoop, Incident};
use super::super::life::Ending;
use super::routine::{releases, routine};
use super::{boxed, crash_loop, swell};

/// An alert that has been there since yesterday.
pub fn certificate() -> Standing {
    Standing {
        name: "CertificateExpiresSoon",
        service: "web",
        severity: Severity::Warning,
        since: -26 * HOUR,
        expr: "(probe_ssl_earliest_cert_expiry - time()) / 86400 < 14",
        value: 12.9,
        summary: "the certificate of web expires in 12 days",
    }
}

/// The silence over it.
pub fn silence() -> Quiet {
    Quiet {
        cycle: Cycle::new(-20 * MINUTE, 80 * MINUTE),
        lasts: HOUR,
        alert: "CertificateExpiresSoon",
        service: "web",
        by: "kim",
        comment: "renewal is under way, DNS validation pending",
    }
}

/// What happens to a service on that day.
pub fn incidents(name: &str, service: &Service) -> Vec<Box<dyn Incident>> {
    match name {
        "api-2" => vec![boxed(BadMorning {
            cycle: Cycle::new(BadMorning::FIRST, HOUR),
            before: service.revision,
            slots: service.tasks,
            planted: vec![FindingKind::Errors, FindingKind::Cpu, FindingKind::TasksMissing, FindingKind::OutOfMemory],
            seed: service.seed,
        })],
        "worker" => {
            let cycle = Cycle::new(-3 * HOUR - 10 * MINUTE, 9 * HOUR);
            let envelope = Envelope { cycle, rise: 10 * MINUTE, hold: 7 * HOUR, fall: 20 * MINUTE };
            let mut incidents = routine(service);
            incidents.push(boxed(swell(
                service,
                envelope,
                &[(Signal::Memory, Bend::To(88.0))],
                &[FindingKind::Memory],
            )));
            // Now and then a message that one task cannot digest.
            incidents.push(boxed(CrashLoop {
                cycle: Cycle::new(70, 17 * MINUTE),
                lasts: 1,
                how: Ending::Exited(1, Some("unhandled message: order 81-2204 has no currency")),
                planted: Vec::new(),
                ..crash_loop(vec![3])
            }));
            incidents
        }
        "web" => {
            let envelope = Envelope { cycle: Cycle::new(25, 7 * MINUTE), rise: 20, hold: 170, fall: 30 };
            vec![
                boxed(releases(service, -19 * HOUR, 19 * HOUR + 31 * MINUTE)),
                boxed(swell(service, envelope, &[(Signal::LatencyP95, Bend::To(1.4))], &[])),
            ]
        }
        "api-1" => {
            let envelope = Envelope { cycle: Cycle::new(95, 11 * MINUTE), rise: 15, hold: 170, fall: 20 };
            vec![
                boxed(swell(
                    service,
                    envelope,
                    &[(Signal::Cpu, Bend::To(84.0)), (Signal::Traffic, Bend::Times(1.9))],
                    &[],
                )),
                boxed(releases(service, 300, 43 * MINUTE)),
            ]
        }
        "atlantis" => {
            // Somebody plans and applies.
            let envelope = Envelope { cycle: Cycle::new(-40, 6 * MINUTE), rise: 10, hold: 75, fall: 15 };
            vec![boxed(swell(
                service,
                envelope,
                &[(Signal::Cpu, Bend::To(58.0)), (Signal::Traffic, Bend::Times(6.0))],
                &[],
            ))]
        }
        _ => Vec::new(),
    }
}

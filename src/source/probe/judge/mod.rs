//! What the facts mean: one module a kind. The same code judges the real world and the simulated one.

mod tally;

use std::time::Duration;

use jiff::Timestamp;

use self::tally::Tally;
use crate::domain::{Check, CheckResult, ServiceId, Snapshot, Trace};

/// Answers one question.
pub async fn ask(check: &Check, snapshot: &Snapshot, now: Timestamp) -> CheckResult {
    let mut tally = Tally::default();
    let _ = snapshot;
    tally.unknown("this kind of check is not there yet", check.to_string());
    tally.answer(check, now, Duration::ZERO)
}

/// Walks the way of a request to a service.
pub async fn trace(service: &ServiceId, _snapshot: &Snapshot, now: Timestamp) -> Trace {
    Trace {
        service: service.clone(),
        hops: Vec::new(),
        broken: None,
        summary: "not there yet".to_owned(),
        causes: Vec::new(),
        next_step: None,
        at: now,
        took: Duration::ZERO,
    }
}

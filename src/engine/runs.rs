//! Goes through a runbook: asks what its course wants asked, several at a time, and hands back what was found.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;

use super::Station;
use crate::domain::{Check, CheckResult, CheckState, Run, Snapshot};
use crate::format;
use crate::runbook::{Course, Question};
use crate::source::probe::Prober;

/// One question asked. Never fails and never takes longer than `timeout`: what was not answered is unknown, with why.
pub async fn ask(
    prober: &dyn Prober,
    check: &Check,
    snapshot: &Snapshot,
    now: Timestamp,
    timeout: Duration,
) -> CheckResult {
    let began = Instant::now();
    let answered = tokio::time::timeout(timeout, prober.ask(check, snapshot, now)).await;
    answered.unwrap_or_else(|_| CheckResult {
        check: check.clone(),
        state: CheckState::Unknown,
        summary: format!("no answer within {}", format::duration_fine(timeout)),
        looked: Vec::new(),
        causes: Vec::new(),
        facts: std::collections::BTreeMap::new(),
        next_step: Some("try it by itself, with more time".to_owned()),
        at: now,
        took: began.elapsed(),
    })
}

/// Takes a run as far as it goes without a person: every step that only looks. `told` hears of each step that came to
/// something.
pub async fn look(station: &Station, snapshot: &Snapshot, course: &mut Course, mut told: impl FnMut(&Run)) {
    let mut asked = FuturesUnordered::new();
    loop {
        for question in course.go_on(station.now()) {
            asked.push(answer(station, snapshot, question));
        }
        told(course.run());
        let Some((step, result)) = asked.next().await else { return };
        course.answer(step, result);
    }
}

async fn answer(station: &Station, snapshot: &Snapshot, question: Question) -> (usize, CheckResult) {
    let prober = Arc::clone(&station.prober);
    let result = ask(&*prober, &question.check, snapshot, station.now(), question.timeout).await;
    (question.step, result)
}

//! Goes through a runbook: asks what its course wants asked, several at a time, and hands back what was found.

use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;

use super::Station;
use crate::domain::{Check, CheckResult, CheckState, Run, Snapshot};
use crate::format;
use crate::runbook::{Course, Question};
use crate::source::probe::Prober;

/// How long after an answer that does not hold yet it is asked for again.
const AGAIN: Duration = Duration::from_secs(5);

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
    (question.step, settled(station, snapshot, &question).await)
}

/// What a question came to: asked again, where it may wait, until it no longer fails and can be answered.
pub(super) async fn settled(station: &Station, snapshot: &Snapshot, question: &Question) -> CheckResult {
    let rounds = question.wait.as_secs() / AGAIN.as_secs();
    again(rounds, AGAIN, || ask(&*station.prober, &question.check, snapshot, station.now(), question.timeout)).await
}

async fn again<F: Future<Output = CheckResult>>(
    rounds: u64,
    pause: Duration,
    mut ask: impl FnMut() -> F,
) -> CheckResult {
    let mut result = ask().await;
    for _ in 0..rounds {
        if !matches!(result.state, CheckState::Fail | CheckState::Unknown) {
            break;
        }
        tokio::time::sleep(pause).await;
        result = ask().await;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CheckKind;

    #[tokio::test]
    async fn what_does_not_hold_yet_is_asked_again_for_as_long_as_it_may_take() {
        use CheckState::{Fail, Pass, Unknown, Warn};
        for (rounds, states, asked) in [
            (0, vec![Fail, Pass], 1),
            (3, vec![Pass, Fail], 1),
            (3, vec![Unknown, Fail, Warn, Pass], 3),
            (3, vec![Fail, Fail, Unknown, Fail, Pass], 4),
        ] {
            let mut number = 0;
            let result = again(rounds, Duration::ZERO, || {
                number += 1;
                std::future::ready(CheckResult {
                    check: Check::new(CheckKind::Continuity),
                    state: states[number - 1],
                    summary: String::new(),
                    looked: Vec::new(),
                    causes: Vec::new(),
                    facts: std::collections::BTreeMap::new(),
                    next_step: None,
                    at: Timestamp::UNIX_EPOCH,
                    took: Duration::ZERO,
                })
            })
            .await;
            assert_eq!((number, result.state), (asked, states[asked - 1]), "{states:?}");
        }
    }
}

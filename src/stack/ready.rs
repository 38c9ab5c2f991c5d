//! Waiting: for a part to answer or to end, for the whole to be as it should.

use std::collections::BTreeMap;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use serde::Deserialize;

use super::history::Firing;
use super::part::Part;
use super::state::State;
use super::{StackError, http, status};
use crate::net::http::Deadline;

/// The longest a part may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(40);
/// The longest that is waited for alerts that should fire.
const ALERTS_WITHIN: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(25);

/// Waits until a part answers.
pub(super) async fn answers(part: &Part, child: &mut Child, port: u16, path: &str) -> Result<(), StackError> {
    let deadline = Deadline::after(READY_WITHIN);
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            let what = format!("{} ended at its start ({status}):{}", part.name, part.last_words());
            return Err(StackError::new(what).with_hint(format!("its log: {}", part.log().display())));
        }
        let seen = match http::get(port, path).await {
            Ok(answer) if answer.status == 200 => return Ok(()),
            Ok(answer) => format!("{path} answers {}", answer.status),
            Err(why) => why,
        };
        if deadline.remaining().is_zero() {
            let what = format!("{} is not ready after {} s: {seen}", part.name, READY_WITHIN.as_secs());
            return Err(StackError::new(what).with_hint(format!("its log: {}", part.log().display())));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until a child ends.
pub(super) async fn end(child: &mut Child) -> std::io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[derive(Debug, Deserialize)]
struct Alerts {
    alerts: Vec<Alert>,
}

#[derive(Debug, Deserialize)]
struct Alert {
    state: String,
    labels: BTreeMap<String, String>,
}

/// Waits until the alerts fire that should and every target has been scraped; says how many fire.
pub(super) async fn settle(state: &State, expected: &Firing) -> usize {
    let deadline = Deadline::after(ALERTS_WITHIN);
    loop {
        let alerts: Alerts =
            http::data(state.ports.prometheus, "/api/v1/alerts").await.unwrap_or(Alerts { alerts: Vec::new() });
        let firing: Firing = alerts
            .alerts
            .into_iter()
            .filter(|alert| alert.state == "firing")
            .map(|alert| {
                let label = |name: &str| alert.labels.get(name).cloned().unwrap_or_default();
                (label("alertname"), label("service"))
            })
            .filter(|(name, _)| name != "Watchdog")
            .collect();
        let is_settled = firing.is_superset(expected) && status::are_scraped(state.ports.prometheus).await;
        if is_settled || deadline.remaining().is_zero() {
            return firing.len();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

//! The silence that belongs to a scenario: made in the stack's own Alertmanager when the stack begins, as somebody would
//! have made it, and ending by itself.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::state::State;
use super::{StackError, http};
use crate::sim::Scenario;

/// For how long.
const LASTS: Duration = Duration::from_hours(1);

/// The alert that somebody looks after already, of the rules that fire in a scenario.
const fn quiet(scenario: Scenario) -> Option<(&'static str, &'static str)> {
    match scenario {
        Scenario::MixedBadDay => Some(("HighMemoryUsage", "worker")),
        _ => None,
    }
}

/// Makes it, where the scenario has one.
///
/// # Errors
/// Where Alertmanager does not take it.
pub(super) async fn make(state: &State, now: Timestamp) -> Result<(), StackError> {
    let Some((alert, service)) = quiet(state.plan()?.scenario) else { return Ok(()) };
    let matcher = |name: &str, value: &str| json!({ "name": name, "value": value, "isRegex": false, "isEqual": true });
    let silence = json!({
        "matchers": [matcher("alertname", alert), matcher("service", service)],
        "startsAt": now.to_string(),
        "endsAt": (now + LASTS).to_string(),
        "createdBy": "kim",
        "comment": "the next release has the fix; ends by itself",
    });
    http::json(state.ports.alertmanager, "/api/v2/silences", &silence)
        .await
        .map_err(|why| StackError::new(format!("Alertmanager did not take the silence of {}: {why}", state.scenario)))
}

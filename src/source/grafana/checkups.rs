//! What the doctor says of Grafana: whether it is reached, and what the token may read.

use std::time::Duration;

use jiff::Timestamp;

use super::Grafana;
use crate::domain::{Checkup, CheckupState, ErrorClass};
use crate::format::count;
use crate::net::http::Deadline;
use crate::source::Source as _;
use crate::source::checking::{checkup, failed};

const GROUP: &str = "grafana";

const WITHIN: Duration = Duration::from_secs(20);

/// One line for reaching it, one for what it holds, one for each part that failed.
pub async fn all(grafana: &Grafana, now: Timestamp) -> Vec<Checkup> {
    let began = Deadline::after(WITHIN);
    let reading = match grafana.round(now, began).await {
        Ok(reading) => reading,
        Err(error) => return vec![failed(GROUP, "reachable", &error)],
    };
    let version = reading.version.as_deref().unwrap_or("not told");
    let detail = format!("{} answers, version {version}", grafana.place());
    let mut reachable = checkup(GROUP, "reachable", CheckupState::Pass, detail);
    reachable.took = Some(began.elapsed());
    let mut checkups = vec![reachable];
    let has_problem = |name: &str| reading.problems.iter().any(|problem| problem.what.starts_with(name));
    if !has_problem("dashboards") {
        let seen = count(reading.dashboards.len(), "dashboard");
        let mut dashboards = checkup(GROUP, "dashboards", CheckupState::Pass, format!("{seen} visible to the token"));
        if reading.dashboards.is_empty() {
            dashboards.state = CheckupState::Warn;
            dashboards.next_step = Some("give the token's service account access to the folders".to_owned());
        }
        checkups.push(dashboards);
    }
    match &reading.alerts {
        Some(alerts) => {
            let holds = format!("{}, {}", count(alerts.len(), "alert"), count(reading.silences.len(), "silence"));
            checkups.push(checkup(GROUP, "alerts", CheckupState::Pass, holds));
        }
        None if !grafana.wants_alerts => {
            checkups.push(checkup(GROUP, "alerts", CheckupState::Skip, "grafana-managed alerts are switched off"));
        }
        None => {}
    }
    checkups.extend(reading.problems.iter().map(|problem| {
        let mut line = failed(GROUP, "part", problem);
        if matches!(problem.class, ErrorClass::Forbidden | ErrorClass::Unsupported) {
            line.state = CheckupState::Warn;
        }
        line
    }));
    checkups
}

//! What the doctor says of Alertmanager.

use std::time::Duration;

use jiff::Timestamp;

use super::Alertmanager;
use crate::domain::{Checkup, CheckupState};
use crate::format::count;
use crate::net::http::Deadline;
use crate::source::Source as _;
use crate::source::checking::{checkup, failed};

const GROUP: &str = "alertmanager";

const WITHIN: Duration = Duration::from_secs(20);

/// One line for reaching it, one for what it holds, one for each part that failed.
pub async fn all(alertmanager: &Alertmanager, now: Timestamp) -> Vec<Checkup> {
    let began = Deadline::after(WITHIN);
    let reading = match alertmanager.round(now, began).await {
        Ok(reading) => reading,
        Err(error) => return vec![failed(GROUP, "reachable", &error)],
    };
    let version = reading.version.as_deref().map_or_else(String::new, |version| format!(", version {version}"));
    let mut reachable =
        checkup(GROUP, "reachable", CheckupState::Pass, format!("{} answers{version}", alertmanager.place()));
    reachable.took = Some(began.elapsed());
    let holds = format!("{}, {}", count(reading.alerts.len(), "alert"), count(reading.silences.len(), "silence"));
    let mut checkups = vec![reachable, checkup(GROUP, "alerts", CheckupState::Pass, holds)];
    checkups.extend(reading.problems.iter().map(|problem| failed(GROUP, "part", problem)));
    checkups
}

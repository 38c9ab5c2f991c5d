//! The runbooks that are for what fires now.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::Runbook;
use crate::format;

use super::describe;

/// A runbook and the alerts it is for.
type Row = (Arc<Runbook>, Vec<String>);

/// The most alerts named of one runbook.
const MOST: usize = 6;

/// As text; `is_seen`: whether any source of alerts answers.
pub fn text(rows: &[Row], is_seen: bool, width: usize) -> String {
    if !is_seen {
        return "alerts are unknown: no source of alerts answers (rounds doctor says why)\n".to_owned();
    }
    if rows.is_empty() {
        return "nothing fires that a runbook is for; `rounds runbook list` has them all\n".to_owned();
    }
    let mut out = String::new();
    for (runbook, alerts) in rows {
        let _ = writeln!(out, "rounds run {}", runbook.name);
        let mut named = alerts.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
        if alerts.len() > MOST {
            let _ = write!(named, " and {} more", alerts.len() - MOST);
        }
        for line in format::paragraph(&format!("{}: {named}", runbook.title), width.saturating_sub(4)) {
            let _ = writeln!(out, "    {line}");
        }
    }
    out
}

/// As JSON.
pub fn json(rows: &[Row], is_seen: bool) -> String {
    let fitting: Vec<serde_json::Value> = rows
        .iter()
        .map(|(runbook, alerts)| {
            let mut row = describe::row(runbook);
            row["alerts"] = alerts.iter().map(|alert| format::sanitise(alert).into_owned()).collect();
            row
        })
        .collect();
    let report = serde_json::json!({ "schema": "rounds.fitting/1", "alerts_known": is_seen, "runbooks": fitting });
    // Strings and flags only: nothing that JSON cannot say.
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

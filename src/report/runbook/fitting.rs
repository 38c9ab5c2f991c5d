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

/// As text; `unseen` are the sources of alerts that are not seen, each with why.
pub fn text(rows: &[Row], unseen: &[(String, String)], width: usize) -> String {
    if rows.is_empty() && unseen.is_empty() {
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
    if rows.is_empty() {
        out.push_str("which runbooks are for what fires is not known:\n");
    }
    for (source, why) in unseen {
        let text = format!("not seen: {}: {}", format::sanitise(source), format::sanitise(why));
        for (number, line) in format::paragraph(&text, width.saturating_sub(4)).iter().enumerate() {
            let _ = writeln!(out, "{}{line}", if number == 0 { "  " } else { "    " });
        }
    }
    if !unseen.is_empty() {
        out.push_str("`rounds doctor` says more; `rounds runbook list` has all runbooks\n");
    }
    out
}

/// As JSON.
pub fn json(rows: &[Row], unseen: &[(String, String)]) -> String {
    let fitting: Vec<serde_json::Value> = rows
        .iter()
        .map(|(runbook, alerts)| {
            let mut row = describe::row(runbook);
            row["alerts"] = alerts.iter().map(|alert| format::sanitise(alert).into_owned()).collect();
            row
        })
        .collect();
    let unseen: Vec<serde_json::Value> = unseen
        .iter()
        .map(|(source, why)| serde_json::json!({ "source": format::sanitise(source), "why": format::sanitise(why) }))
        .collect();
    let report = serde_json::json!({
        "schema": "rounds.fitting/1",
        "alerts_known": unseen.is_empty(),
        "unseen": unseen,
        "runbooks": fitting,
    });
    // Strings and flags only: nothing that JSON cannot say.
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_fires_is_said_only_where_every_source_of_alerts_is_seen() {
        let unseen = [("prometheus".to_owned(), "connection refused".to_owned())];
        assert!(text(&[], &[], 80).starts_with("nothing fires"));
        let blind = text(&[], &unseen, 80);
        assert!(blind.contains("not seen: prometheus: connection refused"), "{blind}");
        assert!(!blind.contains("nothing fires"), "{blind}");
        for (unseen, known) in [(&[][..], true), (&unseen[..], false)] {
            let report: serde_json::Value = serde_json::from_str(&json(&[], unseen)).unwrap();
            assert_eq!(
                (&report["alerts_known"], report["unseen"].as_array().unwrap().len()),
                (&known.into(), unseen.len())
            );
        }
    }
}

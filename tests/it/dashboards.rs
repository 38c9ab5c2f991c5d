//! The dashboards of `provision/dashboards`: what their source writes, what Grafana's own schemas accept, of one mind
//! with the alert rules, and answered with data by a real Prometheus.

mod answers;
mod grafana;
mod lints;
mod scene;

use std::path::PathBuf;

use serde_json::Value;

use crate::support::moto::python;
use crate::support::process::{repository, tool};

/// A dashboard and the file it comes from.
pub(super) struct Board {
    pub(super) file: String,
    pub(super) json: Value,
}

impl Board {
    /// Every panel but the headings of rows.
    pub(super) fn panels(&self) -> impl Iterator<Item = &Value> {
        list(&self.json["panels"]).iter().filter(|panel| panel["type"] != "row")
    }

    pub(super) fn uid(&self) -> &str {
        text(&self.json["uid"])
    }

    pub(super) fn variables(&self) -> &[Value] {
        list(&self.json["templating"]["list"])
    }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The targets of a panel; words have none.
pub(super) fn targets(panel: &Value) -> &[Value] {
    panel["targets"].as_array().map_or(&[], Vec::as_slice)
}

fn folder() -> PathBuf {
    repository().join("provision/dashboards")
}

/// Every dashboard, by file name.
pub(super) fn boards() -> Vec<Board> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "json"));
    files.sort();
    let board = |path: &PathBuf| Board {
        file: path.file_name().unwrap().to_string_lossy().into_owned(),
        json: serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(),
    };
    let boards: Vec<Board> = files.iter().map(board).collect();
    assert_eq!(boards.len(), 6, "{files:?}");
    boards
}

#[test]
fn the_guide_knows_every_dashboard_and_names_panels_that_exist() {
    let guide = std::fs::read_to_string(repository().join("docs/dashboards.md")).unwrap();
    let boards = boards();
    for board in &boards {
        let title = text(&board.json["title"]);
        assert!(guide.contains(&format!("| {title} | ")), "{title} is not in the table");
    }
    // What is set in italics in lists and tables is a panel, a tag's name or a button of Grafana's.
    let others = ["Changes by rounds", "Deployments", "Administration", "Usage insights", "Save as"];
    let titles: Vec<&str> = boards.iter().flat_map(Board::panels).map(|panel| text(&panel["title"])).collect();
    let plain = guide.replace("**", "").split_whitespace().collect::<Vec<_>>().join(" ");
    let named: Vec<&str> = plain.split('*').skip(1).step_by(2).collect();
    for name in &named {
        let is_panel = titles.iter().any(|title| title.split(',').next() == Some(name));
        let is_column = boards.iter().any(|board| board.json.to_string().contains(&format!("\"{name}\"")));
        assert!(is_panel || is_column || others.contains(name), "there is no panel {name}");
    }
    assert!(named.len() > 20, "{named:?}");
}

#[test]
fn the_cheat_sheet_lists_every_recorded_series() {
    let sheet = std::fs::read_to_string(repository().join("docs/promql.md")).unwrap();
    let recorded = crate::provision::yaml(&crate::provision::shipped("rules/recording.yml"));
    let rules = list(&recorded["groups"]).iter().flat_map(|group| list(&group["rules"]));
    let listed = sheet.lines().filter(|line| line.starts_with("| `")).count();
    let mut seen = 0;
    for rule in rules {
        assert!(sheet.contains(&format!("| `{}` | ", text(&rule["record"]))), "{} is not listed", rule["record"]);
        seen += 1;
    }
    assert_eq!(seen, listed, "a series is listed that nothing records");
}

#[test]
fn the_files_are_what_their_source_writes() {
    tool(&python(), ["-B".into(), folder().join("source"), "--check".into()]);
}

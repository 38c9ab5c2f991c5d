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
fn the_files_are_what_their_source_writes() {
    tool(&python(), ["-B".into(), folder().join("source"), "--check".into()]);
}

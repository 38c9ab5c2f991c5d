//! What a careful person looks for in a dashboard and no schema says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Board, boards, list, targets, text};
use crate::provision;

/// Kinds of panels that Grafana 9 already has, and 13 still has.
const KINDS: [&str; 7] = ["bargauge", "heatmap", "stat", "state-timeline", "table", "text", "timeseries"];

/// The newest schema version that Grafana 9 reads.
const NEWEST_SCHEMA: u64 = 38;

fn whole(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))).unwrap()
}

/// Panel by panel, with words about which it is.
fn each_panel(mut check: impl FnMut(&Board, &Value, &str)) {
    for board in boards() {
        for panel in board.panels() {
            check(&board, panel, &format!("{}: {}", board.file, text(&panel["title"])));
        }
    }
}

#[test]
fn a_dashboard_can_be_provisioned_and_is_like_the_others() {
    let (mut uids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for board in boards() {
        let (file, json) = (&board.file, &board.json);
        assert!(uids.insert(board.uid().to_owned()) && titles.insert(text(&json["title"]).to_owned()), "{file}");
        let stem = file.trim_end_matches(".json");
        assert_eq!(board.uid(), format!("rounds-{stem}"));
        assert_eq!(json["id"], Value::Null, "{file}: an id of another database");
        assert_eq!(json["editable"], false, "{file}: what is kept as a file is not edited in a browser");
        assert_eq!(json["timezone"], "browser", "{file}");
        assert_eq!(json["refresh"], "30s", "{file}");
        assert_eq!(json["tags"], json!(["rounds"]), "{file}");
        assert!(json["schemaVersion"].as_u64().unwrap() <= NEWEST_SCHEMA, "{file}");
        assert!(text(&json["description"]).len() > 30, "{file}");
        let links = list(&json["links"]);
        assert_eq!(links.len(), 1, "{file}");
        assert!(links[0]["keepTime"] == true && links[0]["includeVars"] == true, "{file}");
        assert_eq!(links[0]["tags"], json["tags"], "{file}: the link finds the dashboards by their tag");
        let changes = list(&json["annotations"]["list"]);
        let tagged =
            |tag: &str| changes.iter().any(|one| one["target"]["tags"] == json!([tag]) && one["enable"] == true);
        assert!(tagged("rounds") && tagged("deployment"), "{file}");
    }
}

#[test]
fn every_line_fills_the_grid_and_no_panel_covers_another() {
    for board in boards() {
        let mut taken: BTreeMap<(usize, usize), &str> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for panel in list(&board.json["panels"]) {
            let title = text(&panel["title"]);
            assert!(ids.insert(whole(&panel["id"])), "{}: {title}: its id is another's", board.file);
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| whole(&panel["gridPos"][side]));
            assert!(w > 0 && h > 0 && x + w <= 24, "{}: {title}", board.file);
            for cell in (y..y + h).flat_map(|y| (x..x + w).map(move |x| (y, x))) {
                if let Some(other) = taken.insert(cell, title) {
                    panic!("{}: {title} covers {other} at {cell:?}", board.file);
                }
            }
        }
        let rows = taken.keys().map(|(y, _)| y).max().unwrap() + 1;
        assert_eq!(taken.len(), rows * 24, "{}: a hole", board.file);
    }
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit_and_names_its_lines() {
    each_panel(|_, panel, which| {
        let kind = text(&panel["type"]);
        assert!(KINDS.contains(&kind), "{which}: {kind}");
        assert!(text(&panel["title"]).starts_with(char::is_uppercase), "{which}");
        if kind == "text" {
            return;
        }
        assert!(text(&panel["description"]).ends_with(['.', '?']), "{which}: no sentence about it");
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{which}: no unit");
        assert!(panel["fieldConfig"]["defaults"]["noValue"].is_string(), "{which}: an empty panel would say nothing");
        assert_eq!(panel["datasource"], json!({ "type": "prometheus", "uid": "${datasource}" }), "{which}");
        let mut letters = BTreeSet::new();
        for target in targets(panel) {
            assert_eq!(target["datasource"], panel["datasource"], "{which}");
            assert!(letters.insert(text(&target["refId"])), "{which}: two queries of one letter");
            assert_ne!(target["instant"], target["range"], "{which}: either now or over time");
            let is_list = kind == "table" && targets(panel).len() == 1;
            assert!(is_list || !text(&target["legendFormat"]).is_empty(), "{which}: lines without a name");
        }
        assert!(!letters.is_empty(), "{which}: no query");
        if kind == "timeseries" {
            assert_eq!(panel["fieldConfig"]["defaults"]["custom"]["spanNulls"], false, "{which}: a gap is a gap");
        }
    });
}

/// Every `$name` and `${name}` of a text; `$__` ones are Grafana's own.
fn variables_in(text: &str) -> BTreeSet<String> {
    let names = text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        (!name.is_empty() && !name.starts_with("__") && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
    });
    names.collect()
}

#[test]
fn every_variable_is_defined_and_used() {
    for board in boards() {
        let defined: BTreeSet<String> =
            board.variables().iter().map(|variable| text(&variable["name"]).to_owned()).collect();
        assert_eq!(defined.len(), board.variables().len(), "{}: twice", board.file);
        let mut used = variables_in(&board.json["panels"].to_string());
        for variable in board.variables().iter().filter(|variable| variable["type"] == "query") {
            assert_eq!(variable["datasource"]["uid"], "${datasource}", "{}", board.file);
            assert_eq!(variable["refresh"], 2, "{}: with the time range", board.file);
            used.extend(variables_in(&variable.to_string()));
        }
        assert_eq!(used, defined, "{}", board.file);
        let source = board.variables().iter().find(|variable| variable["name"] == "datasource").unwrap();
        assert_eq!((&source["type"], &source["query"]), (&json!("datasource"), &json!("prometheus")));
        assert_eq!(source["current"]["value"], "prometheus", "the uid of the provisioned data source");
    }
}

#[test]
fn rates_look_back_as_far_as_grafana_says() {
    let mut asked = 0;
    each_panel(|_, panel, which| {
        for target in targets(panel) {
            let expression = text(&target["expr"]);
            assert!(!expression.contains("$__interval"), "{which}: shorter than two scrapes at a short time range");
            for range in expression.split('[').skip(1).map(|rest| rest.split(']').next().unwrap()) {
                let is_rate = range == "$__rate_interval";
                // Instant queries and means have ranges of their own; a line over time has Grafana's.
                assert!(is_rate || ["$__range", "1h", "3h", "1d"].contains(&range), "{which}: [{range}]");
                asked += usize::from(is_rate);
            }
            // Scraped every two minutes: four scrapes are eight minutes.
            if expression.contains("cloudwatch_requests_total") {
                assert_eq!(panel["interval"], "2m", "{which}");
            }
        }
    });
    assert!(asked > 10, "{asked}");
}

/// Severity and threshold of every level of each alert that compares with one number.
fn alert_levels() -> BTreeMap<String, Vec<(f64, &'static str)>> {
    let mut levels: BTreeMap<String, Vec<(f64, &str)>> = BTreeMap::new();
    for alert in provision::alerts() {
        let judged = text(&alert["expr"]).split(provision::FLOOR).next().unwrap();
        let last = judged.split_whitespace().next_back().unwrap().to_owned();
        let color = if alert["labels"]["severity"] == "critical" { "red" } else { "orange" };
        if let Ok(threshold) = last.parse::<f64>() {
            // Grafana's steps include their value: "more than none" begins at one.
            let begins = if threshold == 0.0 { 1.0 } else { threshold };
            levels.entry(text(&alert["alert"]).to_owned()).or_default().push((begins, color));
        }
    }
    levels
}

/// Thresholds and their colours, without the first colour, which has none.
fn thresholds(steps: &Value) -> Vec<(f64, &str)> {
    list(steps).iter().filter_map(|step| Some((step["value"].as_f64()?, text(&step["color"])))).collect()
}

#[test]
fn thresholds_are_those_of_the_alert_that_the_panel_names() {
    let alerts = alert_levels();
    let mut seen = BTreeSet::new();
    each_panel(|_, panel, which| {
        let Some(name) = text(&panel["description"]).split("Alert ").nth(1) else { return };
        let name = name.split(';').next().unwrap();
        let Some(levels) = alerts.get(name) else {
            assert!(
                provision::alerts().iter().any(|alert| alert["alert"] == name),
                "{which}: there is no alert {name}"
            );
            return;
        };
        let steps = &panel["fieldConfig"]["defaults"]["thresholds"]["steps"];
        let shown = thresholds(steps);
        if shown.is_empty() {
            return;
        }
        let numbers: BTreeSet<String> = shown.iter().map(|(value, _)| value.to_string()).collect();
        let wanted: BTreeSet<String> = levels.iter().map(|(value, _)| value.to_string()).collect();
        assert_eq!(numbers, wanted, "{which}: not the thresholds of {name}");
        // Above: green, then each colour from its threshold on. Below: the worst first, green from the last on.
        let is_above = list(steps)[0]["color"] == "green" && levels.iter().all(|level| shown.contains(level));
        let is_below = list(steps)[0]["color"] != "green" && shown.last().unwrap().1 == "green";
        assert!(is_above || is_below, "{which}: {steps}");
        seen.insert(name.to_owned());
    });
    for name in ["HighCPUUsage", "HighMemoryUsage", "HighErrorRate", "HighLatency", "EFSBurstCreditsLow"] {
        assert!(seen.contains(name), "no panel shows the thresholds of {name}: {seen:?}");
    }
}

#[test]
fn one_verdict_has_one_colour() {
    let mut words: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for board in boards() {
        let mut open = vec![&board.json];
        while let Some(value) = open.pop() {
            if let (Some(word), Some(color)) = (value["text"].as_str(), value["color"].as_str()) {
                words.entry(word.to_owned()).or_default().insert(color.to_owned());
            }
            open.extend(value.as_array().into_iter().flatten());
            open.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
        }
    }
    let wanted = [
        ("critical", "red"),
        ("down", "red"),
        ("ok", "green"),
        ("unknown", "purple"),
        ("up", "green"),
        ("warning", "orange"),
    ];
    let wanted: BTreeMap<String, BTreeSet<String>> =
        wanted.into_iter().map(|(word, color)| (word.to_owned(), [color.to_owned()].into())).collect();
    assert_eq!(words, wanted);
}

#[test]
fn every_link_leads_to_a_dashboard_that_knows_its_variable() {
    let boards = boards();
    let mut seen = 0;
    for board in &boards {
        for rest in board.json.to_string().split("/d/").skip(1) {
            let link = rest.split('"').next().unwrap();
            let (uid, query) = link.split_once('?').unwrap();
            let goal = boards.iter().find(|board| board.uid() == uid).unwrap_or_else(|| panic!("no dashboard {uid}"));
            let variable = query.strip_prefix("var-").unwrap().split('=').next().unwrap();
            assert!(goal.variables().iter().any(|one| one["name"] == variable), "{uid} has no variable {variable}");
            assert!(query.contains("${datasource:queryparam}") && query.contains("${__url_time_range}"), "{link}");
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn every_runbook_that_a_panel_names_is_one() {
    let mut named = BTreeSet::new();
    for board in boards() {
        for rest in board.json["panels"].to_string().split("`rounds run ").skip(1) {
            named.insert(rest.split([' ', '`']).next().unwrap().to_owned());
        }
    }
    assert!(named.iter().all(|name| provision::RUNBOOKS.contains(&name.as_str())), "{named:?}");
    assert!(named.len() >= 6, "{named:?}");
}

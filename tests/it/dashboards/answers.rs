//! Every query of every panel, asked as Grafana would ask it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rounds::sim::Scenario;
use serde_json::Value;

use super::scene::{Scene, Trouble};
use super::{Board, boards, list, targets, text};
use crate::support::wait;

/// Panels that are empty when all is well, and why. Each is shown to have data on a bad day.
const EMPTY_WHEN_WELL: [(&str, &str, &str); 3] = [
    ("rounds-infrastructure", "Alerts", "no alert fires"),
    ("rounds-service", "Alerts of this service", "no alert fires"),
    ("rounds-stack", "Alerts of the stack", "no alert fires"),
];

/// The data source's scrape interval, in seconds.
const SCRAPE: u64 = 15;

/// A query with its variables filled in.
struct Asked {
    board: String,
    panel: String,
    letter: String,
    expression: String,
    legend: String,
    /// Of a range query: how far back, and the step, in seconds.
    range: Option<(u64, u64)>,
}

impl Asked {
    fn name(&self) -> String {
        format!("{}: {} {}", self.board, self.panel, self.letter)
    }
}

/// `90s`, `2m`, `6h` or `7d` in seconds.
fn seconds(duration: &str) -> u64 {
    let (number, unit) = duration.split_at(duration.len() - 1);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => panic!("{duration}"),
    };
    number.parse::<u64>().unwrap() * unit
}

/// Grafana's interval between points: the range over the panel's width, at least the shortest step, in round numbers.
fn step(range: u64, shortest: u64) -> u64 {
    const ROUND: [u64; 12] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800];
    let wanted = (range / 1_000).max(shortest);
    ROUND.into_iter().find(|round| *round >= wanted).unwrap_or(3_600)
}

/// The values of a board's variables, read from Prometheus as Grafana does. `None` while there are none yet.
fn variables(scene: &Scene, board: &Board, service: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let mut values = BTreeMap::new();
    for variable in board.variables().iter().filter(|variable| variable["type"] == "query") {
        let query = text(&variable["query"]["query"]);
        let (selector, label) =
            query.strip_prefix("label_values(").unwrap().strip_suffix(')').unwrap().rsplit_once(", ").unwrap();
        let found = scene.ask(&format!("label/{label}/values"), &[("match[]", selector)]);
        let mut found: Vec<String> = list(&found).iter().map(|value| text(value).to_owned()).collect();
        if found.is_empty() {
            return Err(format!("{query} finds nothing"));
        }
        if variable["multi"] != true {
            let current = text(&variable["current"]["value"]);
            let current = if variable["name"] == "service" { service } else { current }.to_owned();
            found = vec![if found.contains(&current) { current } else { found.remove(0) }];
        }
        values.insert(text(&variable["name"]).to_owned(), found);
    }
    Ok(values)
}

/// A panel's queries with variables as Grafana fills them in: one value as it is, several as a regular expression.
fn queries(board: &Board, panel: &Value, values: &BTreeMap<String, Vec<String>>) -> Vec<Asked> {
    let range = seconds(text(&board.json["time"]["from"]).strip_prefix("now-").unwrap());
    let shortest = panel["interval"].as_str().map_or(SCRAPE, seconds);
    let step = step(range, shortest);
    let rate = (step + shortest).max(4 * shortest);
    let ask = |target: &Value| {
        let mut expression = text(&target["expr"])
            .replace("$__rate_interval", &format!("{rate}s"))
            .replace("$__range", &format!("{range}s"));
        for (name, values) in values {
            let value = if let [one] = &values[..] { one.clone() } else { format!("({})", values.join("|")) };
            expression = expression.replace(&format!("${{{name}}}"), &value).replace(&format!("${name}"), &value);
        }
        // What `label_replace` found is no variable.
        assert!(!expression.replace("$1", "").contains('$'), "{expression}");
        Asked {
            board: board.uid().to_owned(),
            panel: text(&panel["title"]).to_owned(),
            letter: text(&target["refId"]).to_owned(),
            expression,
            legend: text(&target["legendFormat"]).to_owned(),
            range: (target["range"] == true).then_some((range, step)),
        }
    };
    targets(panel).iter().map(ask).collect()
}

/// The labels of each series that answers.
fn answer(scene: &Scene, asked: &Asked) -> Vec<Value> {
    let now = jiff::Timestamp::now().as_second();
    let result = match asked.range {
        None => scene.ask("query", &[("query", &asked.expression), ("time", &now.to_string())]),
        Some((range, step)) => {
            let start = now - i64::try_from(range).unwrap();
            let times = [start.to_string(), now.to_string(), step.to_string()];
            scene.ask(
                "query_range",
                &[("query", &asked.expression), ("start", &times[0]), ("end", &times[1]), ("step", &times[2])],
            )
        }
    };
    let series = list(&result["result"]).iter();
    let has_value = |one: &&Value| {
        let last = one["value"].as_array().or_else(|| one["values"].as_array()?.last()?.as_array());
        last.is_some_and(|sample| sample[1] != "NaN")
    };
    series.filter(has_value).map(|one| one["metric"].clone()).collect()
}

/// Every query of all boards that has an answer, with its series; and those that have none. Where one service is to be
/// chosen, it is this one.
fn ask_all(scene: &Scene, service: &str) -> (Vec<(Asked, Vec<Value>)>, Vec<Asked>) {
    let (mut answered, mut empty) = (Vec::new(), Vec::new());
    for board in boards() {
        let values =
            wait::until("the variables to have values", Duration::from_mins(3), || variables(scene, &board, service));
        for asked in board.panels().flat_map(|panel| queries(&board, panel, &values)) {
            match answer(scene, &asked) {
                series if series.is_empty() => empty.push(asked),
                series => answered.push((asked, series)),
            }
        }
    }
    (answered, empty)
}

/// The name of a line, as Grafana makes it.
fn legend(format: &str, labels: &Value) -> String {
    let mut name = String::new();
    for (position, piece) in format.split("{{").enumerate() {
        match piece.split_once("}}") {
            Some((label, rest)) if position > 0 => {
                name.push_str(labels[label.trim()].as_str().unwrap_or("?"));
                name.push_str(rest);
            }
            _ => name.push_str(piece),
        }
    }
    name
}

#[test]
fn every_panel_has_data_and_names_its_lines_when_all_is_well() {
    let scene = Scene::with(&Trouble::default());
    let rightly =
        |asked: &Asked| EMPTY_WHEN_WELL.iter().any(|(board, panel, _)| asked.board == *board && asked.panel == *panel);
    let (answered, empty) = wait::until("every panel to have data", Duration::from_mins(5), || {
        let (answered, empty) = ask_all(&scene, "api-1");
        let wrongly: Vec<&Asked> = empty.iter().filter(|asked| !rightly(asked)).collect();
        if wrongly.is_empty() {
            return Ok((answered, empty));
        }
        let wrongly: Vec<String> = wrongly.iter().map(|asked| asked.name() + "\n" + &asked.expression).collect();
        Err(wrongly.join("\n"))
    });
    assert!(answered.len() > 100, "{}", answered.len());
    let rightly_empty: BTreeSet<&str> = empty.iter().map(|asked| asked.panel.as_str()).collect();
    let listed: BTreeSet<&str> = EMPTY_WHEN_WELL.iter().map(|(_, panel, _)| *panel).collect();
    assert_eq!(rightly_empty, listed, "a panel is listed as empty and is not");

    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (asked, series) in answered.iter().filter(|(asked, _)| asked.range.is_some()) {
        for labels in series {
            let name = legend(&asked.legend, labels);
            assert!(!name.contains('?'), "{}: {name} for {labels}", asked.name());
            let of_panel = names.entry(format!("{} {}", asked.board, asked.panel)).or_default();
            assert!(of_panel.insert(name.clone()), "{}: two lines are called {name}", asked.name());
        }
    }
}

#[test]
fn panels_that_are_empty_when_all_is_well_have_data_on_a_bad_day() {
    let scene = Scene::with(&Trouble { scenario: Some(Scenario::MixedBadDay), alerts: true });
    wait::until("alerts to be shown", Duration::from_mins(5), || {
        let (answered, _) = ask_all(&scene, "api-2");
        let missing: Vec<&str> = EMPTY_WHEN_WELL
            .iter()
            .filter(|(board, panel, _)| {
                !answered.iter().any(|(asked, _)| asked.board == *board && asked.panel == *panel)
            })
            .map(|(_, panel, _)| *panel)
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?}")) }
    });
}

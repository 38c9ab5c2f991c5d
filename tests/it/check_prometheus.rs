//! Checks of a real Prometheus: gaps made with promtool and measured, targets, the exporter, its own storage.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::process::{Server, program, tool};
use crate::support::rounds::{Outcome, Rounds};
use crate::support::world::{BAD_MORNING, CALM};
use crate::support::{http, port};

fn context(url: &str) -> String {
    format!("[contexts.one.prometheus]\nurl = \"{url}\"\n")
}

fn ask(url: &str, arguments: &[&str]) -> (Outcome, Value) {
    let outcome = Rounds::new(arguments.iter().copied().chain(["-o", "json"])).config(&context(url)).run();
    let json = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome:#?}"));
    (outcome, json)
}

fn causes(json: &Value) -> Vec<&str> {
    json["causes"].as_array().unwrap().iter().map(|cause| cause.as_str().unwrap()).collect()
}

fn has(json: &Value, text: &str) -> bool {
    json["looked"].as_array().unwrap().iter().any(|one| one["text"].as_str().unwrap().contains(text))
}

/// A Prometheus that scrapes nothing, with samples of `up` at these ages in seconds before now.
struct Past {
    port: u16,
    _server: Server,
    _folder: TempDir,
}

impl Past {
    fn with(series: &[(&str, Vec<u64>)]) -> (Self, u64) {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut text = "# TYPE up gauge\n".to_owned();
        for (service, ages) in series {
            for age in ages {
                writeln!(text, "up{{job=\"ecs-services\",service=\"{service}\"}} 1 {}", now - age).unwrap();
            }
        }
        text.push_str("# EOF\n");
        let (file, data) = (folder.path().join("past.om"), folder.path().join("data"));
        std::fs::write(&file, text).unwrap();
        let words = ["tsdb", "create-blocks-from", "openmetrics", "--quiet"].map(std::ffi::OsString::from);
        tool(&program("promtool"), words.into_iter().chain([file.into(), data.clone().into()]));
        std::fs::write(folder.path().join("prometheus.yml"), "global: {}\n").unwrap();
        let port = port::free();
        let mut server = Server::start(
            "prometheus",
            &program("prometheus"),
            [
                "--config.file=prometheus.yml".to_owned(),
                format!("--storage.tsdb.path={}", data.display()),
                format!("--web.listen-address=127.0.0.1:{port}"),
            ],
            folder.path(),
        );
        server.wait_ready(|| match http::get(&format!("http://127.0.0.1:{port}/-/ready"))?.status {
            200 => Ok(()),
            status => Err(format!("/-/ready answers {status}")),
        });
        (Self { port, _server: server, _folder: folder }, now)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Every fifteen seconds from `from` to `to` seconds ago.
fn every(from: u64, to: u64) -> Vec<u64> {
    (to..=from).rev().step_by(15).collect()
}

fn second(json: &Value) -> u64 {
    let at: jiff::Timestamp = json.as_str().unwrap().parse().unwrap();
    u64::try_from(at.as_second()).unwrap()
}

#[test]
fn a_gap_is_measured_to_the_second() {
    let gap = [every(7_200, 4_005), every(3_300, 0)].concat();
    let (past, now) = Past::with(&[("web", gap), ("api", every(7_200, 0))]);
    let (outcome, json) = ask(&past.url(), &["check", "continuity", "--since", "110m"]);
    assert_eq!((outcome.code, causes(&json)), (Some(1), vec!["gap"]), "{json:#}");
    assert_eq!(json["facts"]["gap"], "705 s", "{json:#}");
    assert_eq!(second(&json["facts"]["from"]), now - 4_005, "{json:#}");
    assert_eq!(second(&json["facts"]["to"]), now - 3_300, "{json:#}");
    assert!(has(&json, "web: no sample for 705 s") && has(&json, "about 46 of one every 15s missing"), "{json:#}");
    assert!(has(&json, "1 of 2 groups of series without a gap"), "{json:#}");
    let (outcome, json) = ask(&past.url(), &["check", "continuity", "--since", "30m"]);
    assert_eq!(outcome.code, Some(0), "{json:#}");
    let (outcome, json) =
        ask(&past.url(), &["check", "continuity", "--since", "110m", "--query", "up{service=\"api\"}"]);
    assert_eq!(outcome.code, Some(0), "{json:#}");
}

#[test]
fn what_stopped_everywhere_at_once_is_prometheus_own() {
    let gap = || [every(7_200, 4_005), every(3_300, 600)].concat();
    let (past, _) = Past::with(&[("web", gap()), ("api", gap())]);
    let (outcome, json) = ask(&past.url(), &["check", "continuity", "--since", "110m"]);
    assert_eq!(outcome.code, Some(2), "it lasts: {json:#}");
    assert!(causes(&json).contains(&"metrics-stopped") && causes(&json).contains(&"gap"), "{json:#}");
    assert!(json["summary"].as_str().unwrap().contains("Prometheus itself recorded nothing"), "{json:#}");
    let (outcome, json) = ask(&past.url(), &["check", "continuity", "--query", "no_such_metric"]);
    assert_eq!((outcome.code, causes(&json)), (Some(1), vec!["no-data"]), "{json:#}");
}

#[test]
fn targets_that_are_down_say_why() {
    let (outcome, json) = ask(&BAD_MORNING.prometheus.url(), &["check", "targets"]);
    assert!(matches!(outcome.code, Some(1 | 2)), "{json:#}");
    assert!(causes(&json).contains(&"target-down") && causes(&json).contains(&"connection-refused"), "{json:#}");
    let (outcome, json) = ask(&CALM.prometheus.url(), &["check", "targets"]);
    assert_eq!(outcome.code, Some(0), "{json:#}");
    let (outcome, json) = ask(&CALM.prometheus.url(), &["check", "tcp"]);
    assert_eq!(outcome.code, Some(0), "every target is connected to: {json:#}");
}

#[test]
fn the_exporter_and_the_database_say_what_they_know() {
    let (_, json) = ask(&CALM.prometheus.url(), &["check", "exporter"]);
    assert!(has(&json, "of cloudwatch is up"), "{json:#}");
    let (_, json) = ask(&CALM.prometheus.url(), &["check", "storage"]);
    assert!(has(&json, "series in memory, keeps 15d"), "{json:#}");
    assert!(has(&json, "how much Prometheus stores is not known: it does not scrape itself"), "{json:#}");
}

#[test]
fn a_prometheus_that_is_not_there_is_unknown_and_soon() {
    let url = format!("http://127.0.0.1:{}", port::free());
    for kind in ["targets", "discovery", "exporter", "continuity"] {
        let (outcome, json) = ask(&url, &["check", kind]);
        assert_eq!(outcome.code, Some(3), "{kind}: {json:#}");
        assert!(json["summary"].as_str().unwrap().contains("connection refused"), "{kind}: {json:#}");
        assert!(outcome.took < Duration::from_secs(15), "{kind} took {:?}", outcome.took);
    }
}

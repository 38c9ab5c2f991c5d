//! Silences in a real Alertmanager, reloads of a real Prometheus, notes on (a fake) Grafana.

use serde_json::Value;

use crate::support::alertmanager::Alertmanager;
use crate::support::fake_grafana::{EDITOR, FakeGrafana, Proxy, Setup, VIEWER};
use crate::support::http;
use crate::support::prometheus::Prometheus;
use crate::support::rounds::Rounds;

fn change(tables: &str, words: &[&str]) -> Rounds {
    let words = ["-o", "json", "do"].into_iter().chain(words.iter().copied());
    Rounds::new(words).config(tables)
}

fn alertmanager_table(url: &str) -> String {
    format!("[contexts.stage.alertmanager]\nurl = \"{url}\"\n")
}

fn silences(url: &str) -> Vec<Value> {
    http::get(&format!("{url}/api/v2/silences")).unwrap().json().as_array().unwrap().clone()
}

#[test]
fn a_silence_is_made_read_back_and_ended() {
    let alertmanager = Alertmanager::start();
    let table = alertmanager_table(&alertmanager.url());
    let words = [
        "silence",
        "--matcher",
        "service=api-2",
        "--matcher",
        "alertname=~High.*",
        "--for",
        "30m",
        "--comment",
        "known",
        "--yes",
    ];
    let document = change(&table, &words).run().expect_code(0).json();
    assert_eq!(document["outcome"]["outcome"], "verified", "{document:#}");
    let there = silences(&alertmanager.url());
    assert_eq!((there.len(), &there[0]["status"]["state"]), (1, &"active".into()));
    assert_eq!(there[0]["comment"], "known");
    let matchers = there[0]["matchers"].to_string();
    assert!(matchers.contains(r#""isRegex":true"#) && matchers.contains("High.*"), "{matchers}");
    let line = document["plan"]["same_as"].as_str().unwrap();
    assert!(line.starts_with("amtool --alertmanager.url=http://127.0.0.1:"), "{line}");

    let id = there[0]["id"].as_str().unwrap();
    change(&table, &["expire", &id[..13], "--yes"]).run().expect_code(0);
    assert_eq!(silences(&alertmanager.url())[0]["status"]["state"], "expired");
    let again = change(&table, &["expire", id, "--yes"]).run().expect_code(3);
    assert!(again.stderr.contains("has no silence"), "{again:#?}");
    let all = change(&table, &["silence", "--matcher", "service=~.*", "--for", "5m", "--yes"]).run().expect_code(3);
    assert!(all.stderr.contains("this would silence everything"), "{all:#?}");
}

#[test]
fn a_reload_that_was_done_in_part_is_never_told_as_one_that_changed_nothing() {
    let prometheus = Prometheus::bare(true);
    prometheus.break_rules("new-job");
    let table = format!("[contexts.stage.prometheus]\nurl = \"{}\"\n", prometheus.url());
    let run = change(&table, &["reload", "prometheus", "--yes"]);
    let outcome = run.run().expect_code(2);
    let document = outcome.json();
    assert_eq!(document["outcome"]["outcome"], "failed", "{document:#}");
    assert!(document["progress"]["remarks"].to_string().contains("a part of the new configuration is in force"));
    let config = http::get(&format!("{}/api/v1/status/config", prometheus.url())).unwrap().json();
    assert!(config["data"]["yaml"].as_str().unwrap().contains("new-job"), "{config}");
    let journal = run.journal();
    assert_eq!((&journal[1]["result"], &journal[2]["outcome"]["outcome"]), (&"made".into(), &"failed".into()));
}

#[test]
fn a_reload_is_verified_and_one_that_is_not_possible_says_the_flag() {
    for (flag, code) in [(true, 0), (false, 3)] {
        let prometheus = Prometheus::bare(flag);
        let table = format!("[contexts.stage.prometheus]\nurl = \"{}\"\n", prometheus.url());
        let outcome = change(&table, &["reload", "prometheus", "--yes"]).run();
        if flag {
            assert_eq!(outcome.json()["outcome"]["outcome"], "verified", "{outcome:#?}");
            prometheus.break_configuration();
            let broken = change(&table, &["reload", "--yes"]).run().expect_code(2);
            assert!(broken.stdout.contains("failed to reload config"), "{broken:#?}");
        } else {
            assert!(outcome.stderr.contains("--web.enable-lifecycle"), "{outcome:#?}");
        }
        outcome.expect_code(code);
    }
}

fn grafana(alertmanager: &str) -> FakeGrafana {
    FakeGrafana::start(Setup {
        major: 11,
        prometheus: "http://127.0.0.1:1".to_owned(),
        alertmanager: alertmanager.to_owned(),
        proxy: Proxy::Works,
        alerts: Vec::new(),
    })
}

fn grafana_table(grafana: &FakeGrafana) -> String {
    format!("[contexts.stage.grafana]\nurl = \"{}\"\ntoken_env = \"TOKEN\"\n", grafana.url())
}

#[test]
fn a_note_is_left_on_the_dashboards_and_a_viewer_is_told_what_is_missing() {
    let grafana = grafana("http://127.0.0.1:1");
    let table = grafana_table(&grafana);
    let words = ["annotate", "deploying by hand", "--tag", "maintenance", "--yes"];
    change(&table, &words).env("TOKEN", EDITOR).run().expect_code(0);
    let notes = grafana.annotations();
    assert_eq!(notes[0]["text"], "deploying by hand");
    assert_eq!(notes[0]["tags"], serde_json::json!(["rounds", "maintenance"]));
    let outcome = change(&table, &words).env("TOKEN", VIEWER).run().expect_code(2);
    assert!(outcome.stdout.contains("annotations:create"), "{outcome:#?}");
    assert!(!outcome.stdout.contains(VIEWER) && !outcome.stderr.contains(VIEWER));
}

#[test]
fn every_other_change_leaves_a_note_and_its_failure_hides_nothing() {
    let alertmanager = Alertmanager::start();
    let grafana = grafana("http://127.0.0.1:1");
    let table = alertmanager_table(&alertmanager.url()) + &grafana_table(&grafana);
    let words = ["silence", "--matcher", "service=web", "--for", "5m", "--yes"];
    change(&table, &words).env("TOKEN", EDITOR).run().expect_code(0);
    let note = &grafana.annotations()[0];
    assert!(note["text"].as_str().unwrap().starts_with("silence service=\"web\" for 5m, by "), "{note}");
    assert!(note["tags"].to_string().contains("\"rounds\""), "{note}");

    let run = change(&table, &words).env("TOKEN", VIEWER);
    let document = run.run().expect_code(0).json();
    assert_eq!(document["outcome"]["outcome"], "verified");
    assert!(
        document["progress"]["remarks"].to_string().contains("the annotation could not be written"),
        "{document:#}"
    );
    assert!(run.journal().iter().any(|record| record["event"] == "annotation" && record["written"] == false));
}

#[test]
fn silences_of_grafana_and_through_grafana() {
    let alertmanager = Alertmanager::start();
    let grafana = grafana(&alertmanager.url());
    let own = grafana_table(&grafana);
    let through = format!("{own}[contexts.stage.alertmanager]\nvia = \"grafana\"\n");
    let words = ["silence", "--matcher", "service=web", "--for", "5m", "--yes"];
    change(&through, &words).env("TOKEN", EDITOR).run().expect_code(0);
    assert_eq!(silences(&alertmanager.url()).len(), 1, "it went through to the real one");
    change(&through, &words).env("TOKEN", VIEWER).run().expect_code(2);
    assert_eq!(silences(&alertmanager.url()).len(), 1);

    change(&own, &words).env("TOKEN", EDITOR).run().expect_code(0);
    assert_eq!(grafana.silences().len(), 1);
    let id = grafana.silences()[0]["id"].as_str().unwrap().to_owned();
    change(&own, &["expire", &id, "--yes"]).env("TOKEN", EDITOR).run().expect_code(0);
    assert_eq!(grafana.silences()[0]["status"]["state"], "expired");
}

//! Prometheus and Alertmanager through (a fake) Grafana, as it is from a laptop: a Viewer's token is enough.

use serde_json::Value;

use crate::support::fake_grafana::{self, ALERTMANAGER_UID, EDITOR, FakeGrafana, PROMETHEUS_UID, Proxy, Setup, VIEWER};
use crate::support::rounds::Outcome;
use crate::support::scene::Scene;
use crate::support::world::{BAD_MORNING, CALM, World};

fn grafana(world: &World, major: u8, proxy: Proxy, alerts: Vec<Value>) -> FakeGrafana {
    let (prometheus, alertmanager) = (world.prometheus.url(), world.alertmanager.url());
    FakeGrafana::start(Setup { major, prometheus, alertmanager, proxy, alerts })
}

/// A look through this Grafana with this token, in JSON.
fn look(mut scene: Scene, grafana: &FakeGrafana, token: &str, reach: &str) -> Outcome {
    scene.prometheus = reach.to_owned();
    scene.alertmanager = reach.replace(PROMETHEUS_UID, ALERTMANAGER_UID);
    scene.more = format!("[contexts.prod.grafana]\nurl = \"{}\"\ntoken_file = \"grafana-token\"\n", grafana.url());
    let rounds = scene.rounds(["--once", "-o", "json"]);
    rounds.file(".config/rounds/grafana-token", &format!("{token}\n"), 0o600);
    rounds.run()
}

#[test]
fn a_viewer_sees_everything_through_every_version() {
    for major in 9..=13 {
        let grafana = grafana(&BAD_MORNING, major, Proxy::Works, Vec::new());
        let outcome = look(Scene::bad_morning(), &grafana, VIEWER, "via = \"grafana\"");
        let document = outcome.json();
        for source in document["sources"].as_array().unwrap() {
            let wanted = if source["name"] == "cloudwatch" { "standby" } else { "fresh" };
            assert_eq!(source["state"], wanted, "{major}: {source:#}");
        }
        let hot = document["services"].as_array().unwrap().iter().find(|one| one["name"] == "api-2").unwrap();
        assert_eq!(hot["signals"]["cpu"]["value"], 97.0, "{major}");
        let alerts = document["alerts"].as_array().unwrap();
        assert!(alerts.iter().any(|alert| alert["suppressed"]["how"] == "silenced"), "{major}: {alerts:#?}");
        assert_eq!(outcome.code, Some(2), "{major}");
        let numeric = grafana.seen().into_iter().find(|request| request.path.starts_with("/api/datasources/proxy/1/"));
        assert!(numeric.is_none(), "{major}: numeric ids are gone in 13");
    }
}

#[test]
fn a_data_source_may_be_named_by_uid() {
    let grafana = grafana(&CALM, 12, Proxy::Works, Vec::new());
    let reach = format!("grafana_uid = \"{PROMETHEUS_UID}\"");
    look(Scene::calm(), &grafana, EDITOR, &reach).expect_code(0);
}

#[test]
fn where_the_proxy_refuses_resources_are_asked() {
    for status in [403, 500] {
        let grafana = grafana(&CALM, 12, Proxy::Refuses(status), Vec::new());
        let document = look(Scene::calm(), &grafana, VIEWER, "via = \"grafana\"").json();
        let prometheus =
            document["sources"].as_array().unwrap().iter().find(|one| one["name"] == "prometheus").unwrap();
        assert_eq!(prometheus["state"], "fresh", "{status}: {prometheus:#}");
        let service = document["services"].as_array().unwrap().iter().find(|one| one["name"] == "api-2").unwrap();
        assert_eq!(service["signals"]["cpu"]["value"], 35.0, "{status}");
    }
}

#[test]
fn alerts_of_grafanas_own_rules_are_alerts() {
    let alert = fake_grafana::managed_alert("SlowCheckout", "web", "warning");
    let grafana = grafana(&CALM, 12, Proxy::Works, vec![alert]);
    let outcome = look(Scene::calm(), &grafana, VIEWER, "via = \"grafana\"");
    let document = outcome.json();
    let alerts = document["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert_eq!((&alerts[0]["name"], &alerts[0]["state"]), (&"SlowCheckout".into(), &"firing".into()));
    assert_eq!(alerts[0]["seen_in"], serde_json::json!(["grafana"]));
    outcome.expect_code(1);
}

#[test]
fn a_token_that_is_not_known_is_said_to_be() {
    let grafana = grafana(&CALM, 12, Proxy::Works, Vec::new());
    let outcome = look(Scene::calm(), &grafana, "glsa_planted_stale_token", "via = \"grafana\"");
    let document = outcome.json();
    let failing = document["sources"].as_array().unwrap().iter().find(|one| one["name"] == "prometheus").unwrap();
    assert_eq!(failing["error"]["class"], "credentials", "{failing:#}");
    assert!(failing["error"]["hint"].is_string(), "{failing:#}");
    assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("glsa_planted"), "the token is shown");
    assert_ne!(outcome.code, Some(0));
}

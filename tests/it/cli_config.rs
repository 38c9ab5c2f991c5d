//! The configuration as a person meets it: everything wrong is said at once, nothing secret is ever said.

use crate::support::fake_grafana::{FakeGrafana, Proxy, Setup, VIEWER};
use crate::support::fault::{BrokenBackend, Fault};
use crate::support::rounds::Rounds;
use crate::support::scene::Scene;
use crate::support::world::CALM;

const BAD: &str = r#"
default_context = "prdo"

[contexts.prod]
prodution = true

[contexts.prod.prometheus]
url = "not a url"

[contexts.prod.refresh]
ecs = "soon"

[contexts.prod.thresholds]
cpu = { warning = 95, critical = 80 }

[contexts.prod.alertmanager]
url = "http://127.0.0.1:9093"
password = "planted-plaintext"
"#;

#[test]
fn everything_wrong_is_said_at_once_with_its_place() {
    for arguments in [vec!["--once"], vec!["config", "check"], vec!["--once", "-o", "json"]] {
        let outcome = Rounds::new(arguments.clone()).config(BAD).run().expect_code(3);
        assert!(outcome.stdout.is_empty() || arguments[0] == "config", "{outcome:#?}");
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        for wanted in ["prdo", "prodution", "production", "not a url", "soon", "config.toml:5", "cpu"] {
            assert!(said.contains(wanted), "{arguments:?} does not say {wanted:?}:\n{said}");
        }
        assert!(!said.contains("planted-plaintext"), "a password is shown:\n{said}");
    }
}

#[test]
fn a_good_configuration_is_called_good() {
    let scene = Scene::calm();
    scene.rounds(["config", "check"]).run().expect_code(0);
    let shown = scene.rounds(["config", "show"]).run().expect_code(0).stdout;
    assert!(shown.contains("[contexts.prod.aws]") && shown.contains("clusters"), "{shown}");
    // What is shown is itself a configuration.
    Rounds::new(["config", "check"]).config(&shown).run().expect_code(0);
    let path = scene.rounds(["config", "path"]).run().expect_code(0).stdout;
    assert!(path.contains(".config/rounds/config.toml"), "{path}");
}

#[test]
fn a_file_that_is_not_there_is_no_default() {
    let outcome = Rounds::new(["--once", "--config", "no-such-file.toml"]).run().expect_code(3);
    assert!(outcome.stdout.is_empty() && outcome.stderr.contains("no-such-file.toml"), "{outcome:#?}");
    let outcome = Scene::calm().rounds(["--once", "--context", "stage"]).run().expect_code(3);
    assert!(outcome.stderr.contains("stage") && outcome.stderr.contains("prod"), "{outcome:#?}");
}

#[test]
fn the_schemas_are_json_schemas() {
    let config = Rounds::new(["config", "schema"]).run().expect_code(0).json();
    assert!(config["properties"]["contexts"].is_object(), "{config:#}");
    let once = Rounds::new(["config", "schema", "--once"]).run().expect_code(0).json();
    let described = once["properties"].as_object().unwrap();
    // Every member of a real document is described.
    let document = Rounds::new(["demo", "--once", "-o", "json"]).run().json();
    for member in document.as_object().unwrap().keys() {
        assert!(described.contains_key(member), "{member} is not in the schema");
    }
}

#[test]
fn secrets_are_never_shown() {
    let grafana = FakeGrafana::start(Setup {
        major: 12,
        prometheus: CALM.prometheus.url(),
        alertmanager: CALM.alertmanager.url(),
        proxy: Proxy::Works,
        alerts: Vec::new(),
    });
    let hanging = BrokenBackend::new(Fault::Hang);
    let mut scene = Scene::calm();
    scene.alertmanager =
        format!("url = \"{}\"\nusername = \"kim\"\npassword_env = \"PLANTED_PASSWORD\"", hanging.url());
    scene.more = format!("[contexts.prod.grafana]\nurl = \"{}\"\ntoken_file = \"token\"\n", grafana.url());
    let secrets = [VIEWER, "planted-aws-secret", "planted-password"];
    let prepare = |arguments: &[&str]| {
        let rounds = scene.rounds(arguments.iter().copied()).env("PLANTED_PASSWORD", "planted-password");
        rounds.file(".config/rounds/token", VIEWER, 0o600);
        rounds
    };
    for arguments in [
        &["--once", "--timeout", "2s"][..],
        &["--once", "--timeout", "2s", "-o", "json"],
        &["config", "show"],
        &["config", "check"],
        &["doctor", "--timeout", "2s"],
    ] {
        let rounds = prepare(arguments);
        let running = rounds.start();
        let command_line = std::fs::read(format!("/proc/{}/cmdline", running.id())).unwrap_or_default();
        let outcome = running.finish();
        let said = format!("{}{}{}", outcome.stdout, outcome.stderr, String::from_utf8_lossy(&command_line));
        for secret in secrets {
            assert!(!said.contains(secret), "{arguments:?} shows {secret}:\n{said}");
        }
    }
    // And they were used: Grafana saw the token, the hanging server the password.
    assert!(grafana.seen().iter().any(|request| request.header("authorization") == format!("Bearer {VIEWER}")));
    assert!(hanging.requests() > 0);
}

#[test]
fn a_secret_others_may_read_is_refused_with_the_command_to_run() {
    let mut scene = Scene::calm();
    scene.more = "[contexts.prod.grafana]\nurl = \"http://127.0.0.1:1\"\ntoken_file = \"token\"\n".to_owned();
    let rounds = scene.rounds(["--once"]);
    rounds.file(".config/rounds/token", VIEWER, 0o644);
    let outcome = rounds.run();
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("chmod 600") && said.contains("token"), "{said}");
    assert!(!said.contains(VIEWER), "{said}");
    assert_ne!(outcome.code, Some(0));
}

#[test]
fn the_doctor_says_what_works_and_what_to_do_about_the_rest() {
    let well = Scene::calm().rounds(["doctor"]).run().expect_code(0);
    for name in ["prometheus", "alertmanager", "ecs"] {
        assert!(well.stdout.contains(name), "{}", well.stdout);
    }
    let broken = BrokenBackend::new(Fault::Refuse);
    let mut scene = Scene::calm();
    scene.prometheus = format!("url = \"{}\"", broken.url());
    let ill = scene.rounds(["doctor", "--timeout", "3s"]).run();
    assert_ne!(ill.code, Some(0), "{ill:#?}");
    assert!(ill.stdout.contains("refused") && ill.stdout.contains(broken.url()), "{}", ill.stdout);
}

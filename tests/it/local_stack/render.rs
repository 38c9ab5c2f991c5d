//! Configuration as files: accepted by the tools of the programs it is for, and careful with what is there already.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::moto::python;
use crate::support::process::{program, repository, tool};
use crate::support::rounds::{Outcome, Rounds};

fn render(arguments: &[&str]) -> Rounds {
    Rounds::new(["provision", "render"].into_iter().chain(arguments.iter().copied()))
}

fn in_folder(folder: &Path, arguments: &[&str]) -> Outcome {
    let out = folder.display().to_string();
    render(&[&["--out", out.as_str()], arguments].concat()).run()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// What YAML files say, in order.
fn yaml(paths: &[PathBuf]) -> Vec<Value> {
    let script = "import json, sys, yaml; json.dump([yaml.safe_load(open(f)) for f in sys.argv[1:]], sys.stdout)";
    let arguments =
        ["-c", script].map(Into::into).into_iter().chain(paths.iter().map(|path| path.clone().into_os_string()));
    serde_json::from_str(&tool(&python(), arguments)).unwrap()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn every_rendered_file_is_accepted_by_its_tool() {
    let home = tempfile::tempdir().unwrap();
    let vars = home.path().join("vars.toml");
    let text = r#"
        environment = "stage"
        container_insights = false
        slack.enabled = false
        pagerduty.enabled = false
        night.enabled = false
        loki = { enabled = true, address = "loki:3100", url = "http://loki:3100", bucket = "logs", retention = "360h" }
        services.api.port = 8080
        services.old = { port = 9100, targets = ["10.0.0.7:9100"], min_request_rate = 0 }
    "#;
    let stores = r#"
        replicated = true
        secrets = "/config/secrets"
        prometheus = { url = "https://mimir.example.com/prometheus", flavour = "Mimir", has_tenant = true, tenant = "prod", bearer = true, bearer_header = 2, has_secure = true }
        remote_write = { enabled = true, stores = [
            { name = "mimir", url = "https://mimir.example.com/api/v1/push", sigv4 = false, region = "", has_role = false, role_arn = "", has_headers = true, headers = { X-Scope-OrgID = "prod" }, basic_auth = true, username = "prod", bearer = false },
            { name = "amp", url = "https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write", sigv4 = true, region = "us-east-1", has_role = true, role_arn = "arn:aws:iam::123456789012:role/writer", has_headers = false, headers = {}, basic_auth = false, username = "", bearer = false },
        ] }
        alertmanager.enabled = false
        exporter.enabled = false
        efs.enabled = false
        backup.enabled = false
    "#;
    let night = r#"
        night = { enabled = true, location = "Europe/Berlin", spans = [{ start = "01:00", end = "06:30" }] }
        pagerduty.enabled = false
        services = { many = { port = 8080, ecs_service = "prod-many" }, quiet = { port = 1, min_request_rate = 2.5 } }
    "#;
    std::fs::write(&vars, text).unwrap();
    let written = |name: &str, text: &str| {
        let file = home.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let (stores, night) = (written("stores.toml", stores), written("night.toml", night));
    let vars = vars.display().to_string();
    let ways = [
        ("example", vec![]),
        ("local", vec!["--local"]),
        ("vars", vec!["--vars", vars.as_str()]),
        ("stores", vec!["--vars", stores.as_str()]),
        ("night", vec!["--vars", night.as_str()]),
        ("services", vec!["--service", "api:8080", "--service", "queue-1:9100"]),
    ];
    let mut composed = Vec::new();
    for (name, arguments) in ways {
        let out = home.path().join(name);
        in_folder(&out, &arguments).expect_code(0);
        tool(&program("promtool"), ["check".into(), "config".into(), out.join("prometheus/prometheus.yml")]);
        let routes = out.join("alertmanager/alertmanager.yml");
        assert_eq!(routes.exists(), name != "stores", "{name}");
        if routes.exists() {
            tool(&program("amtool"), ["check-config".into(), routes]);
        }
        let written = files(&out);
        let is = |path: &PathBuf, kind: &str| path.extension().is_some_and(|extension| extension == kind);
        let configs: Vec<PathBuf> =
            written.iter().filter(|path| is(path, "yml") || is(path, "yaml")).cloned().collect();
        assert!(yaml(&configs).iter().all(Value::is_object), "{name}");
        for path in written.iter().filter(|path| is(path, "json")) {
            let parsed: Result<Value, _> = serde_json::from_str(&read(path));
            assert!(parsed.is_ok(), "{}: {parsed:?}", path.display());
        }
        composed.push(out.join("compose.yaml"));
    }
    let fixtures = repository().join("tests/fixtures/compose");
    let fixed = [fixtures.join("validate.py"), fixtures.join("compose-spec.json")];
    tool(&python(), fixed.into_iter().chain(composed));

    let jobs = |name: &str| {
        let config = yaml(&[home.path().join(name).join("prometheus/prometheus.yml")]).remove(0);
        let jobs = config["scrape_configs"].as_array().unwrap().clone();
        let services = jobs.iter().filter_map(|job| job["job_name"].as_str()?.strip_prefix("ecs-services/"));
        services.map(str::to_owned).collect::<Vec<_>>()
    };
    let sources = yaml(&[home.path().join("stores/grafana/provisioning/datasources/datasources.yml")]).remove(0);
    let wanted = serde_json::json!({ "httpHeaderValue1": "prod", "httpHeaderValue2": "Bearer $__file{/config/secrets/prometheus-query}" });
    assert_eq!(sources["datasources"][0]["secureJsonData"], wanted);
    let floors = |name: &str| -> Vec<String> {
        let rules = yaml(&[home.path().join(name).join("prometheus/rules/expected.yml")]).remove(0);
        let rules = rules["groups"][0]["rules"].as_array().unwrap().iter();
        let of_it = rules.filter(|rule| rule["record"] == "service:http_requests:min_rate");
        of_it.map(|rule| rule["expr"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(floors("vars"), ["vector(0.1)", "vector(0)"]);
    assert_eq!(floors("night"), ["vector(0.1)", "vector(2.5)"]);
    assert_eq!(floors("local"), ["vector(0.1)"; 5]);
    assert_eq!(jobs("services"), ["api", "queue-1"]);
    assert_eq!(jobs("vars"), ["api", "old"]);
    assert_eq!(jobs("example"), jobs("local"));
    let stage = read(&home.path().join("vars/prometheus/prometheus.yml"));
    assert!(stage.contains("names: ['api.stage.internal']") && stage.contains("- '10.0.0.7:9100'"), "{stage}");
}

/// Names that YAML would take for something else, and a name in ECS of its own.
#[test]
fn names_stay_names() {
    let home = tempfile::tempdir().unwrap();
    let names = ["null", "true", "on", "1e3", "0x1f"];
    let services: Vec<String> =
        names.iter().flat_map(|name| ["--service".to_owned(), format!("{name}:8080")]).collect();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let out = home.path().join("out");
    in_folder(&out, &services).expect_code(0);
    let read = yaml(&[out.join("prometheus/prometheus.yml"), out.join("prometheus/rules/expected.yml")]);
    for name in names {
        let jobs = read[0]["scrape_configs"].as_array().unwrap();
        let job = jobs.iter().find(|job| job["job_name"] == format!("ecs-services/{name}")).unwrap();
        let labels = job["relabel_configs"].as_array().unwrap();
        let label = labels.iter().find(|rule| rule["target_label"] == "service").unwrap();
        assert_eq!(label["replacement"], *name, "{label}");
        let rules = read[1]["groups"][0]["rules"].as_array().unwrap();
        assert!(rules.iter().any(|rule| rule["labels"]["service"] == *name), "{rules:#?}");
    }
    tool(&program("promtool"), ["check".into(), "config".into(), out.join("prometheus/prometheus.yml")]);
}

#[test]
fn storage_has_a_limit_wherever_it_is_started() {
    let home = tempfile::tempdir().unwrap();
    for (name, arguments, limit) in [("aws", vec![], "20GB"), ("local", vec!["--local"], "2GB")] {
        let out = home.path().join(name);
        in_folder(&out, &arguments).expect_code(0);
        let compose = yaml(&[out.join("compose.yaml")]).remove(0);
        let flags = compose["services"]["prometheus"]["command"].as_array().unwrap();
        let wanted = format!("--storage.tsdb.retention.size={limit}");
        assert!(flags.contains(&Value::from(wanted)), "{flags:?}");
    }
}

#[test]
fn nothing_that_somebody_else_wrote_is_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let first = in_folder(&out, &[]).expect_code(0);
    assert!(first.stdout.contains("0 unchanged"), "{first:#?}");
    let again = in_folder(&out, &[]).expect_code(0);
    assert!(again.stdout.starts_with("0 files written"), "{again:#?}");

    let rules = out.join("prometheus/rules/services.yml");
    std::fs::write(&rules, "# mine\n").unwrap();
    let refused = in_folder(&out, &[]).expect_code(3);
    assert!(
        refused.stderr.contains("prometheus/rules/services.yml") && refused.stderr.contains("--force"),
        "{refused:#?}"
    );
    assert_eq!(read(&rules), "# mine\n");
    in_folder(&out, &["--force"]).expect_code(0);
    assert!(read(&rules).starts_with("# Rendered by rounds "));
}

#[test]
fn it_writes_below_its_folder_and_nowhere_else() {
    let run = render(&[]);
    let outcome = run.run().expect_code(0);
    assert!(outcome.stdout.contains("wrote   monitoring/compose.yaml"), "{outcome:#?}");
    let home = run.file("marker", "", 0o600);
    let mut there: Vec<_> =
        std::fs::read_dir(home.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    there.sort();
    assert_eq!(there, ["marker", "monitoring"]);
}

#[test]
fn what_makes_no_sense_is_refused_with_the_next_step() {
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (typo, broken) = (file("a.toml", "regoin = \"x\"\n"), file("b.toml", "region = \n"));
    let unitless = file("c.toml", "interval.scrape = \"15\"\n");
    let hasty = file("d.toml", "services.api = { port = 80, scrape_interval = \"5s\" }\n");
    let colon = file("e.toml", "environment = \"x: y\"\n");
    for (arguments, wanted) in [
        (vec!["--vars", typo.as_str()], "a.toml: there is no variable `regoin`"),
        (vec!["--vars", broken.as_str()], "b.toml: TOML parse error at line 1"),
        (vec!["--vars", "/no/such.toml"], "cannot read /no/such.toml"),
        (vec!["--service", "api"], "--service api: expected NAME:PORT, like api:8080"),
        (vec!["--service", "api:80", "--service", "api:81"], "--service api:81: api is there twice"),
        (vec!["--vars", unitless.as_str()], "c.toml: `interval.scrape` is `15`: expected a time such as 15s"),
        (vec!["--vars", hasty.as_str()], "`services.api.scrape_timeout` (10s) is longer than"),
        (vec!["--vars", colon.as_str()], "e.toml: `environment` is `x: y`"),
        (vec!["--local", "--service", "api:1"], "with --local the services are simulated"),
    ] {
        let refused = in_folder(&home.path().join("out"), &arguments).expect_code(3);
        assert!(refused.stderr.contains(wanted), "{arguments:?}: {refused:#?}");
    }
    assert!(!home.path().join("out").exists(), "nothing was written");
}

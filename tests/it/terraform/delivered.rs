//! What tasks are given, unpacked as their first container does, and read by the programs it is for.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::applied::Applied;
use super::workspace::Workspace;
use crate::provision::{list, rendered, text, yaml};
use crate::support::moto::python;
use crate::support::process::{self, program, repository, tool};

/// A task's volumes, as its own containers would see them.
struct Task {
    case: String,
    part: String,
    containers: Vec<Value>,
    folder: TempDir,
}

impl Task {
    fn config(&self, file: &str) -> PathBuf {
        self.folder.path().join("config").join(file)
    }

    /// The part's own container.
    fn main(&self) -> &Value {
        self.containers.iter().find(|one| one["name"] == self.part.as_str()).unwrap()
    }

    /// Every file of its configuration, by path, but no secrets.
    fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        walk(&self.config(""), &self.config(""), &mut files);
        files.retain(|path, _| !path.starts_with("secrets/"));
        files
    }
}

fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            walk(root, &entry, files);
        } else {
            let path = entry.strip_prefix(root).unwrap().display().to_string();
            files.insert(path, std::fs::read_to_string(&entry).unwrap());
        }
    }
}

/// Every task of every case, its first container run in a folder of its own. `chown` only notes what it was told.
fn tasks(applied: &Applied) -> Vec<Task> {
    let definitions = applied.resources().into_iter().filter(|one| one.kind == "aws_ecs_task_definition");
    definitions
        .map(|definition| {
            let containers: Value =
                serde_json::from_str(text(&definition.attributes["container_definitions"])).unwrap();
            let part = text(&definition.attributes["family"]).trim_start_matches("prod-monitoring-").to_owned();
            let task = Task {
                case: definition.case.to_owned(),
                part,
                containers: list(&containers).to_vec(),
                folder: tempfile::tempdir().unwrap(),
            };
            configure(&task);
            task
        })
        .collect()
}

fn configure(task: &Task) {
    let first = &task.containers[0];
    assert_eq!((&first["name"], &first["essential"]), (&json!("configure"), &json!(false)));
    let root = task.folder.path();
    for folder in ["config", "bin", "prometheus/wal", "volumes/data", "volumes/tmp"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    let chown = root.join("bin/chown");
    process::script(&chown, &format!("#!/bin/sh\necho \"$@\" >>'{}/chowned'\n", root.display()));
    // Nothing outside the folder is touched, whatever the script says.
    let script =
        ["/config", "/volumes", "/prometheus"].iter().fold(text(&first["command"][0]).to_owned(), |text, path| {
            text.replace(&format!(" {path}"), &format!(" {}{path}", root.display()))
                .replace(&format!("={path}"), &format!("={}{path}", root.display()))
        });
    let mut command = Command::new("/bin/sh");
    command.arg("-euc").arg(&script).current_dir(root).env_clear();
    command.env("PATH", format!("{}:/usr/bin:/bin", root.join("bin").display()));
    for one in list(&first["environment"]) {
        command.env(text(&one["name"]), text(&one["value"]));
    }
    for one in list(&first["secrets"]) {
        command.env(text(&one["name"]), format!("planted-{}", text(&one["valueFrom"])));
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}/{}: {said}\n{script}", task.case, task.part);
}

#[test]
fn what_tasks_are_given_is_accepted_by_their_programs() {
    let Some(applied) = Applied::of("what_tasks_are_given_is_accepted_by_their_programs") else { return };
    let mut checked: BTreeMap<String, usize> = BTreeMap::new();
    for task in tasks(applied) {
        let what = format!("{}/{}", task.case, task.part);
        match task.part.as_str() {
            "prometheus" => {
                let config = task.config("prometheus.yml");
                if task.case == "kinds" {
                    without_ecs_discovery(&config);
                }
                let said = tool(&program("promtool"), ["check".into(), "config".into(), config]);
                let rules = task.files().keys().filter(|path| path.starts_with("rules/")).count();
                assert!(rules >= 4 && said.contains(&format!("{rules} rule files found")), "{what}: {said}");
            }
            "alertmanager" => {
                let config = task.config("alertmanager.yml");
                if task.case == "inside" {
                    without_url_file(&config);
                }
                tool(&program("amtool"), ["check-config".into(), config]);
            }
            "grafana" => {
                let sources = yaml(&task.config("provisioning/datasources/stack.yml"));
                let kinds: Vec<&str> = list(&sources["datasources"]).iter().map(|one| text(&one["type"])).collect();
                let has =
                    |part: &str| applied.of_type(&task.case, "aws_ecs_service").iter().any(|one| one.name == part);
                assert_eq!(kinds.contains(&"alertmanager"), has("alertmanager"), "{what}: {kinds:?}");
                assert_eq!(kinds.contains(&"loki"), has("loki"), "{what}: {kinds:?}");
                for (path, text) in task.files().iter().filter(|(path, _)| path.starts_with("dashboards/")) {
                    serde_json::from_str::<Value>(text).unwrap_or_else(|why| panic!("{what}: {path}: {why}"));
                }
            }
            "cloudwatch-exporter" => {
                let config = yaml(&task.config("config.yml"));
                assert_eq!(config["set_timestamp"], false, "{what}");
                assert!(list(&config["metrics"]).len() >= 3, "{what}");
            }
            "loki" => {
                let config = yaml(&task.config("loki.yml"));
                assert!(text(&config["common"]["storage"]["s3"]["bucketnames"]).starts_with("prod-monitoring-loki-"));
            }
            other => panic!("{other} is checked by nothing"),
        }
        *checked.entry(task.part.clone()).or_default() += 1;
    }
    assert_eq!(
        checked.keys().collect::<Vec<_>>(),
        ["alertmanager", "cloudwatch-exporter", "grafana", "loki", "prometheus"]
    );
}

/// Prometheus knows it from 3.8 on; the tests' own may be older, so it is looked at here and the rest there.
fn without_ecs_discovery(file: &Path) {
    let mut config = yaml(file);
    let jobs = config["scrape_configs"].as_array_mut().unwrap();
    let job = jobs.iter_mut().find(|job| job["job_name"] == "ecs-services/many").unwrap().as_object_mut().unwrap();
    let clusters = ["prod", "other"].map(|name| format!("arn:aws:ecs:ap-northeast-2:123456789012:cluster/{name}"));
    let wanted = json!([{ "role": "ecs", "region": "ap-northeast-2", "port": 8080, "refresh_interval": "60s", "clusters": clusters }]);
    assert_eq!(job.remove("aws_sd_configs"), Some(wanted));
    assert_eq!(job["relabel_configs"][0]["regex"], "prod-many");
    std::fs::write(file, config.to_string()).unwrap();
}

/// Alertmanager knows it from 0.26 on.
fn without_url_file(file: &Path) {
    let mut config = yaml(file);
    let receivers = config["receivers"].as_array_mut().unwrap();
    let watchdog = receivers.iter_mut().find(|one| one["name"] == "watchdog").unwrap();
    let hook = watchdog["webhook_configs"][0].as_object_mut().unwrap();
    assert_eq!(hook.remove("url_file"), Some(json!("/config/secrets/watchdog-url")));
    hook.insert("url".to_owned(), json!("http://127.0.0.1/"));
    std::fs::write(file, config.to_string()).unwrap();
}

#[test]
fn the_example_is_what_the_module_delivers() {
    let Some(applied) = Applied::of("the_example_is_what_the_module_delivers") else { return };
    let mut fresh = BTreeMap::new();
    for task in tasks(applied).into_iter().filter(|task| task.case == "example") {
        for (path, text) in task.files() {
            let path = match (task.part.as_str(), path.as_str()) {
                ("cloudwatch-exporter", _) => "cloudwatch-exporter.yml".to_owned(),
                ("grafana", "provisioning/datasources/stack.yml") => "grafana-datasources.yml".to_owned(),
                ("grafana", "provisioning/dashboards/stack.yml") => "grafana-dashboards.yml".to_owned(),
                // Delivered as they are, or as JSON without white space.
                ("prometheus", other) if other.starts_with("rules/") && other != "rules/expected.yml" => continue,
                ("grafana", _) => continue,
                _ => path,
            };
            fresh.insert(path, text);
        }
    }
    assert_eq!(fresh.len(), 6, "{:?}", fresh.keys());
    for (path, text) in fresh {
        if std::env::var_os("ROUNDS_BLESS").is_some() {
            std::fs::write(rendered(&path), &text).unwrap();
        }
        let kept = std::fs::read_to_string(rendered(&path)).unwrap();
        assert_eq!(kept, text, "{path} is out of date; run: ROUNDS_BLESS=1 cargo test --test it terraform");
    }
}

/// The variables beside the example are those that give it: another renderer of the templates is held against them.
#[test]
fn the_examples_variables_give_the_example() {
    let Some(workspace) = Workspace::of("the_examples_variables_give_the_example") else { return };
    let variables = format!("-var=variables={}", rendered("variables.json").display());
    let provision = format!("-var=provision={}", repository().join("provision").display());
    workspace.terraform("render", &["init"]);
    workspace.terraform("render", &["apply", "-auto-approve", &variables, &provision]);
    let said = workspace.terraform("render", &["output", "-json", "rendered"]);
    let all: BTreeMap<String, String> = serde_json::from_str(&said).unwrap();
    assert_eq!(all.len(), 7, "{:?}", all.keys());
    // The example has no Loki.
    for (path, text) in all.iter().filter(|(path, _)| *path != "loki.yml") {
        assert_eq!(&std::fs::read_to_string(rendered(path)).unwrap(), text, "{path}");
    }
}

#[test]
fn secrets_reach_one_container_and_are_its_users_alone() {
    let Some(applied) = Applied::of("secrets_reach_one_container_and_are_its_users_alone") else { return };
    let mut seen = 0;
    for task in tasks(applied) {
        let what = format!("{}/{}", task.case, task.part);
        assert_eq!(task.main()["secrets"], json!([]), "{what}: secrets are files");
        let secrets = list(&task.containers[0]["secrets"]);
        let folder = task.config("secrets");
        assert_eq!(folder.exists(), !secrets.is_empty(), "{what}");
        if secrets.is_empty() {
            continue;
        }
        let mut contents = Vec::new();
        for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{what}: {}", file.display());
            contents.push(std::fs::read_to_string(&file).unwrap());
        }
        let mut wanted: Vec<String> =
            secrets.iter().map(|one| format!("planted-{}", text(&one["valueFrom"]))).collect();
        contents.sort();
        wanted.sort();
        assert_eq!(contents, wanted, "{what}");
        let chowned = std::fs::read_to_string(task.folder.path().join("chowned")).unwrap();
        let wanted = format!("-R {} secrets\n", text(&task.main()["user"]));
        assert!(chowned.contains(&wanted), "{what}: {chowned}");
        // What the configuration asks for is there.
        for words in task.files().values().flat_map(|text| text.split([' ', '\'', '"', '\n'])) {
            let Some(name) = words.strip_prefix("/config/secrets/").or_else(|| words.strip_prefix("secrets/")) else {
                continue;
            };
            assert!(folder.join(name).exists(), "{what}: nobody writes {name}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

/// A restored file system is cleaned of the write-ahead log once, and a second start leaves the new one alone.
#[test]
fn a_restored_storage_loses_its_log_once() {
    let Some(applied) = Applied::of("a_restored_storage_loses_its_log_once") else { return };
    let all = tasks(applied);
    let storage = |task: &Task, name: &str| task.folder.path().join("prometheus").join(name);
    let task = all.iter().find(|task| task.case == "restored" && task.part == "prometheus").unwrap();
    assert!(!storage(task, "wal").exists());
    std::fs::create_dir(storage(task, "wal")).unwrap();
    configure(task);
    assert!(storage(task, "wal").exists());
    let other = all.iter().find(|task| task.case == "example" && task.part == "prometheus").unwrap();
    assert!(storage(other, "wal").exists(), "only after a restore");
}

/// By the labels that Amazon Managed Prometheus and Mimir drop duplicates by; alerts come without the replica's.
#[test]
fn every_replica_has_a_name_of_its_own() {
    let Some(applied) = Applied::of("every_replica_has_a_name_of_its_own") else { return };
    for task in tasks(applied).iter().filter(|task| task.part == "prometheus") {
        let config = yaml(&task.config("prometheus.yml"));
        let labels = &config["global"]["external_labels"];
        let is_replicated = ["stateless", "replicas"].contains(&task.case.as_str());
        assert_eq!(labels["__replica__"].is_string(), is_replicated, "{}", task.case);
        assert_eq!(labels["cluster"] == "prod", is_replicated, "{}", task.case);
        assert_ne!(labels["__replica__"], "REPLICA_NAME");
        if task.case == "replicas" {
            assert_eq!(
                config["alerting"]["alert_relabel_configs"],
                json!([{ "action": "labeldrop", "regex": "__replica__" }])
            );
        }
    }
}

/// Who the part runs as can read what it is given, and go into every folder of it; secrets are looked at above.
#[test]
fn everybody_may_read_the_configuration() {
    fn look(folder: &Path, seen: &mut usize) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.ends_with("config/secrets") {
                continue;
            }
            let wanted = if entry.is_dir() { 0o755 } else { 0o644 };
            let mode = std::fs::metadata(&entry).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, wanted, "{}: {mode:o}", entry.display());
            *seen += 1;
            if entry.is_dir() {
                look(&entry, seen);
            }
        }
    }
    let Some(applied) = Applied::of("everybody_may_read_the_configuration") else { return };
    let mut seen = 0;
    for task in tasks(applied) {
        look(&task.config(""), &mut seen);
    }
    assert!(seen > 100, "{seen}");
}

/// What the default rule makes of people, by the claims they come with.
#[test]
fn roles_follow_from_groups() {
    let Some(applied) = Applied::of("roles_follow_from_groups") else { return };
    let role = |case: &str, person: &Value| {
        let all = tasks(applied);
        let task = all.iter().find(|task| task.case == case && task.part == "grafana").unwrap();
        let settings = list(&task.main()["environment"]);
        let path = settings.iter().find(|one| one["name"] == "GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH").unwrap();
        let script = "import jmespath, json, sys; print(jmespath.search(sys.argv[1], json.loads(sys.argv[2])))";
        let arguments = ["-c".to_owned(), script.to_owned(), text(&path["value"]).to_owned(), person.to_string()];
        tool(&python(), arguments).trim().to_owned()
    };
    for (case, person, wanted) in [
        ("everything", json!({ "groups": ["platform"] }), "Admin"),
        ("everything", json!({ "groups": ["others"] }), "None"),
        ("everything", json!({ "email": "a@example.com" }), "None"),
        ("everything", json!({ "groups": null }), "None"),
        ("everything", json!({ "groups": "platform" }), "None"),
        ("replicas", json!({ "cognito:groups": ["developers", "platform"] }), "Admin"),
        ("replicas", json!({ "cognito:groups": ["developers"] }), "Editor"),
        ("replicas", json!({ "email": "a@example.com" }), "Viewer"),
    ] {
        assert_eq!(role(case, &person), wanted, "{case}: {person}");
    }
}

#[test]
fn every_container_is_confined() {
    let Some(applied) = Applied::of("every_container_is_confined") else { return };
    for task in tasks(applied) {
        for container in &task.containers {
            let what = format!("{}/{}/{}", task.case, task.part, container["name"]);
            assert_eq!(container["readonlyRootFilesystem"], true, "{what}");
            let dropped = list(&container["linuxParameters"]["capabilities"]["drop"]);
            assert!(dropped.contains(&json!("NET_RAW")) && dropped.len() >= 13, "{what}");
            assert_eq!(container["logConfiguration"]["logDriver"], "awslogs", "{what}");
        }
        let main = task.main();
        assert_eq!(main["stopTimeout"], 120);
        assert_eq!(main["dependsOn"], json!([{ "containerName": "configure", "condition": "SUCCESS" }]));
        let user = match task.part.as_str() {
            "grafana" => "472:0",
            "loki" => "10001:10001",
            _ => "65534:65534",
        };
        assert_eq!(main["user"], user, "{}", task.part);
        let definition: usize = task.containers.iter().map(|one| one.to_string().len()).sum();
        assert!(definition < 60_000, "{}/{}: {definition} of 65,536 bytes", task.case, task.part);
    }
}

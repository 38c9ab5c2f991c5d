//! The files of `provision/`: accepted by the tools of the programs they are for, of one mind with each other and with
//! the console, and at work in a real stack.

mod names;
mod stack;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rounds::config::queries::{self, Render};
use rounds::domain::{Policy, Signal};
use serde_json::{Value, json};

use crate::support::fake_ecs::{FakeEcs, Fleet, Service};
use crate::support::load::{self, Load};
use crate::support::moto::{REGION, python};
use crate::support::process::{program, repository, tool};
use crate::support::rounds::Rounds;
use crate::support::wait;

pub(crate) const RULE_FILES: [&str; 7] = [
    "prices.yml",
    "recording.yml",
    "services.yml",
    "stack.yml",
    "stack-aws.yml",
    "stack-delivery.yml",
    "stack-prometheus.yml",
];

/// The runbooks an alert may name.
pub(crate) const RUNBOOKS: [&str; 8] = [
    "prometheus-down",
    "grafana-unreachable",
    "metrics-stopped",
    "high-cpu",
    "high-memory",
    "bad-deploy",
    "error-rate",
    "alert-storm",
];

/// A file or folder of `provision/`.
pub(crate) fn shipped(name: &str) -> PathBuf {
    repository().join("provision").join(name)
}

/// A configuration of the example stack, as the templates of `provision/` come out for it.
pub(crate) fn rendered(name: &str) -> PathBuf {
    shipped("examples/rendered").join(name)
}

/// What a YAML file says.
pub(crate) fn yaml(path: &Path) -> Value {
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let text = tool(&python(), ["-c".as_ref(), script.as_ref(), path.as_os_str()]);
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}: {text}", path.display()))
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Every rule of a file.
fn rules(file: &str) -> Vec<Value> {
    let document = yaml(&shipped("rules").join(file));
    list(&document["groups"]).iter().flat_map(|group| list(&group["rules"])).cloned().collect()
}

pub(crate) fn alerts() -> Vec<Value> {
    let all: Vec<Value> = RULE_FILES.into_iter().flat_map(rules).filter(|rule| rule["alert"].is_string()).collect();
    assert!(all.len() > 25, "only {} alerts", all.len());
    all
}

/// An expression on one line.
fn flat(expression: &str) -> String {
    expression.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(").replace(" )", ")")
}

/// The files of rule unit tests.
fn unit_tests() -> Vec<PathBuf> {
    let files = std::fs::read_dir(shipped("rules/tests")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files
}

#[test]
fn every_file_is_accepted_by_its_tool() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("prometheus.yml");
    std::fs::copy(rendered("prometheus.yml"), &config).unwrap();
    std::fs::create_dir(folder.path().join("rules")).unwrap();
    let written = rendered("rules/expected.yml");
    for file in RULE_FILES.map(|file| shipped("rules").join(file)).iter().chain([&written]) {
        std::fs::copy(file, folder.path().join("rules").join(file.file_name().unwrap())).unwrap();
    }
    let checked = tool(&program("promtool"), ["check".into(), "config".into(), config]);
    assert!(checked.contains(&format!("{} rule files found", RULE_FILES.len() + 1)), "{checked}");
    tool(&program("amtool"), ["check-config".into(), rendered("alertmanager.yml")]);
}

#[test]
fn the_rules_do_what_their_unit_tests_say() {
    tool(&program("promtool"), ["test".into(), "rules".into()].into_iter().chain(unit_tests()));
}

#[test]
fn every_rule_has_a_unit_test() {
    let tests: Vec<Value> = unit_tests().iter().flat_map(|file| list(&yaml(file)["tests"]).to_vec()).collect();
    let cases =
        |kind: &str| -> Vec<&Value> { tests.iter().filter_map(|test| test[kind].as_array()).flatten().collect() };
    for record in RULE_FILES.into_iter().flat_map(rules).filter(|rule| rule["record"].is_string()) {
        let tested = cases("promql_expr_test");
        let is_tested =
            tested.iter().any(|case| case["expr"] == record["record"] && !list(&case["exp_samples"]).is_empty());
        assert!(is_tested, "{} has no unit test", record["record"]);
    }
    let tested = cases("alert_rule_test");
    for alert in alerts() {
        let (name, severity) = (text(&alert["alert"]), &alert["labels"]["severity"]);
        let of_it = tested.iter().filter(|case| case["alertname"] == name);
        let expects =
            |case: &&&Value| list(&case["exp_alerts"]).iter().any(|one| one["exp_labels"]["severity"] == *severity);
        let (fires, silent): (Vec<&&Value>, Vec<&&Value>) = of_it.partition(expects);
        assert!(!fires.is_empty(), "no unit test sees {name} of severity {severity} fire");
        // The one alert that is never silent.
        assert!(name == "Watchdog" || !silent.is_empty(), "no unit test sees {name} of severity {severity} not fire");
    }
}

#[test]
fn every_alert_says_how_bad_what_and_what_to_do() {
    for alert in alerts() {
        let (severity, annotations) = (text(&alert["labels"]["severity"]), &alert["annotations"]);
        let may = if alert["alert"] == "Watchdog" { &["none"][..] } else { &["warning", "critical"] };
        assert!(may.contains(&severity), "{alert:#}");
        for words in ["summary", "description"] {
            assert!(text(&annotations[words]).len() > 10, "no {words}: {alert:#}");
        }
        assert!(RUNBOOKS.contains(&text(&annotations["runbook"])), "{alert:#}");
    }
    for alert in rules("services.yml") {
        let summary = text(&alert["annotations"]["summary"]);
        assert!(summary.contains("{{ $labels.service }}"), "of which service? {alert:#}");
    }
}

#[test]
fn the_page_names_every_file_and_every_runbook() {
    let page = std::fs::read_to_string(shipped("README.md")).unwrap();
    for folder in ["configs", "rules", "dashboards"] {
        for entry in std::fs::read_dir(shipped(folder)).unwrap() {
            let file = format!("({folder}/{})", entry.unwrap().file_name().display());
            assert!(page.contains(&file), "{file}");
        }
    }
    for target in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(shipped(target).exists(), "{target} leads nowhere");
    }
    let used: BTreeSet<String> =
        alerts().iter().map(|alert| text(&alert["annotations"]["runbook"]).to_owned()).collect();
    assert_eq!(used, RUNBOOKS.map(str::to_owned).into(), "a runbook that no alert names, or the other way round");
    assert!(RUNBOOKS.iter().all(|runbook| page.contains(&format!("`{runbook}`"))));
}

#[test]
fn alerts_are_routed_to_whom_they_concern() {
    for (labels, receiver) in [
        (vec!["alertname=HighCPUUsage", "service=web", "severity=critical"], "critical"),
        (vec!["alertname=ServiceDown", "service=api-1", "severity=critical"], "critical"),
        (vec!["alertname=HighCPUUsage", "service=web", "severity=warning"], "warning"),
        (vec!["alertname=Watchdog", "severity=none"], "watchdog"),
        (vec!["alertname=SomethingElse"], "warning"),
        (vec!["alertname=SomethingElse", "severity=page"], "warning"),
    ] {
        let config = format!("--config.file={}", rendered("alertmanager.yml").display());
        let verify = format!("--verify.receivers={receiver}");
        let fixed = ["config", "routes", "test", &config, &verify];
        tool(&program("amtool"), fixed.into_iter().chain(labels));
    }
}

/// Of a service that is down nothing else is told: every alert of a service, and no other, or somebody's own would be
/// held back.
#[test]
fn a_service_that_is_down_tells_nothing_else() {
    let config = yaml(&rendered("alertmanager.yml"));
    let inhibition = list(&config["inhibit_rules"]).iter();
    let mut of_services = inhibition.filter(|rule| rule["equal"] == json!(["service"]));
    let (Some(rule), None) = (of_services.next(), of_services.next()) else { panic!("one rule: {config:#}") };
    let names = |side: &str| -> BTreeSet<String> {
        let matcher = text(&rule[side][0]);
        let listed = matcher.strip_prefix("alertname =~ \"").and_then(|rest| rest.strip_suffix('"'));
        listed.unwrap_or_else(|| panic!("{matcher}")).split('|').map(str::to_owned).collect()
    };
    let (down, held_back) = (names("source_matchers"), names("target_matchers"));
    let all: BTreeSet<String> = rules("services.yml").iter().map(|alert| text(&alert["alert"]).to_owned()).collect();
    assert!(down.is_disjoint(&held_back), "{down:?} {held_back:?}");
    assert_eq!(&down | &held_back, all);
}

#[test]
fn no_secret_stands_in_a_file() {
    let config = yaml(&rendered("alertmanager.yml"));
    let mut files = BTreeSet::new();
    for receiver in list(&config["receivers"]) {
        for (kind, field) in [("slack_configs", "api_url"), ("pagerduty_configs", "routing_key")] {
            for one in receiver[kind].as_array().into_iter().flatten() {
                assert!(one[field].is_null(), "{field} in {}", receiver["name"]);
                files.insert(text(&one[format!("{field}_file")]).to_owned());
            }
        }
        for one in receiver["sns_configs"].as_array().into_iter().flatten() {
            assert!(one["sigv4"]["secret_key"].is_null() && one["sigv4"]["access_key"].is_null(), "{one}");
        }
    }
    assert_eq!(files.len(), 3, "{files:?}");
    let sources = yaml(&rendered("grafana-datasources.yml"));
    assert!(list(&sources["datasources"]).iter().all(|source| source["secureJsonData"].is_null()), "{sources:#}");
}

#[test]
fn the_recorded_series_are_the_consoles_own_queries() {
    let all = Render {
        service_label: "service",
        cluster_label: None,
        services: &[],
        further: None,
        window: Duration::from_mins(5),
    };
    let by_cluster = Render { cluster_label: Some("cluster"), ..all };
    let records = rules("recording.yml");
    let expression = |name: &str| {
        let rule = records.iter().find(|rule| rule["record"] == name).unwrap_or_else(|| panic!("no record {name}"));
        flat(text(&rule["expr"]))
    };
    for (record, signal) in [
        ("service:http_requests:rate5m", Signal::Traffic),
        ("service:http_errors:percent5m", Signal::Errors),
        ("service:http_request_duration_seconds:p50_5m", Signal::LatencyP50),
        ("service:http_request_duration_seconds:p95_5m", Signal::LatencyP95),
        ("service:http_request_duration_seconds:p99_5m", Signal::LatencyP99),
    ] {
        assert_eq!(expression(record), flat(&queries::render(queries::default(signal), &all)));
    }
    for (record, signal) in [("ecs_cpu_utilization", Signal::Cpu), ("ecs_memory_utilization", Signal::Memory)] {
        let console = flat(&queries::render(queries::default(signal), &by_cluster));
        assert!(console.contains(&format!("{record}{{service=~\".+\"}}")), "{record} is not asked for in {console}");
        let recorded = expression(record).replace(" >= 0", "");
        assert!(console.contains(&recorded), "{recorded}\nis no part of\n{console}");
    }
    // What the console asks ECS itself, or does not show.
    let others = ["ecs_running_tasks", "ecs_desired_tasks", "ecs_reserved_vcpus", "ecs_reserved_memory_bytes"];
    let more = ["ecs_network_receive_bytes", "ecs_network_transmit_bytes", "service_code:http_requests:rate5m"];
    assert_eq!(records.len(), Signal::ALL.len() + others.len() + more.len(), "a record that nothing here compares");
    assert!(others.iter().chain(&more).all(|name| !expression(name).is_empty()));
}

#[test]
fn the_recorded_prices_are_those_of_the_price_table() {
    let table: toml::Table = std::fs::read_to_string(shipped("prices.toml")).unwrap().parse().unwrap();
    let recorded = rules("prices.yml");
    for (region, prices) in &table {
        for (row, item, architecture) in [
            ("fargate_vcpu_hour", "fargate_vcpu_hour", Some("x86_64")),
            ("fargate_gb_hour", "fargate_gb_hour", Some("x86_64")),
            ("fargate_arm_vcpu_hour", "fargate_vcpu_hour", Some("arm64")),
            ("fargate_arm_gb_hour", "fargate_gb_hour", Some("arm64")),
            ("efs_gb_month", "efs_gb_month", None),
            ("metric_requests_thousand", "cloudwatch_1000_requests", None),
        ] {
            let mut labels = json!({ "item": item, "region": region });
            if let Some(architecture) = architecture {
                labels["architecture"] = json!(architecture);
            }
            let rule = recorded.iter().find(|rule| rule["labels"] == labels);
            let rule = rule.unwrap_or_else(|| panic!("no price {labels} in prices.yml"));
            let price = text(&rule["expr"]).strip_prefix("vector(").and_then(|rest| rest.strip_suffix(')')).unwrap();
            let price: f64 = price.parse().unwrap();
            assert!((price - prices[row].as_float().unwrap()).abs() < 1e-12, "{labels}: {price}");
        }
    }
    assert_eq!(recorded.len(), 6 * table.len(), "a price that the table does not have");
}

#[test]
fn alerts_and_console_have_the_same_thresholds() {
    let policy = Policy::default();
    let alerts = rules("services.yml");
    for (name, series, limit) in [
        ("HighCPUUsage", "ecs_cpu_utilization", policy.cpu),
        ("HighMemoryUsage", "ecs_memory_utilization", policy.memory),
        ("HighErrorRate", "service:http_errors:percent5m", policy.errors),
    ] {
        for (severity, threshold) in [("warning", limit.warning), ("critical", limit.critical)] {
            let wanted = format!("{series} {} {threshold}", limit.sign());
            let is_it = |rule: &&Value| rule["alert"] == name && rule["labels"]["severity"] == severity;
            let rule = alerts.iter().find(is_it).unwrap_or_else(|| panic!("no {severity} {name}"));
            let (judged, floor) = rule["expr"].as_str().unwrap().trim_end().split_once('\n').unzip();
            assert_eq!(judged.unwrap_or(text(&rule["expr"])), wanted, "{severity} {name}");
            let wanted = (name == "HighErrorRate").then_some(FLOOR);
            assert_eq!(floor, wanted, "{severity} {name}");
        }
    }
    let latency = alerts.iter().find(|rule| rule["alert"] == "HighLatency").unwrap();
    assert!(text(&latency["expr"]).trim_end().ends_with(FLOOR), "{latency:#}");
    // The module's default, and that of every other renderer, is the console's.
    let variables = std::fs::read_to_string(shipped("variables.tf")).unwrap();
    let default = format!("min_request_rate  = optional(number, {})", policy.min_request_rate);
    assert!(variables.contains(&default), "{default}");
    let written = yaml(&rendered("rules/expected.yml"));
    let all = list(&written["groups"][0]["rules"]).iter();
    let floors: Vec<&Value> = all.filter(|rule| rule["record"] == "service:http_requests:min_rate").collect();
    assert_eq!(floors.len(), 5);
    assert!(floors.iter().all(|rule| rule["expr"] == format!("vector({})", policy.min_request_rate)), "{floors:#?}");
}

/// What keeps ratios of a few requests from being told.
pub(crate) const FLOOR: &str =
    "unless on (service) service:http_requests:rate5m < on (service) service:http_requests:min_rate";

#[test]
fn rules_ask_for_what_the_exporter_is_told_to_collect() {
    let collected: BTreeSet<String> = stack::cloudwatch_names().into_iter().collect();
    let mut asked = 0;
    for rule in RULE_FILES.into_iter().flat_map(rules) {
        let expression = text(&rule["expr"]);
        for name in expression
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|w| (w.starts_with("aws_") && *w != "aws_price_usd") || w.starts_with("ecs_containerinsights_"))
        {
            assert!(collected.contains(name), "{name} of {rule:#} is not in {collected:?}");
            asked += 1;
        }
    }
    assert!(asked >= 15, "{asked}");
    let exporter = yaml(&rendered("cloudwatch-exporter.yml"));
    assert_eq!(exporter["set_timestamp"], false, "instant queries would find nothing");
}

#[test]
fn every_service_has_its_scrape_job_and_is_missed_when_it_has_no_target() {
    let config = yaml(&rendered("prometheus.yml"));
    for interval in ["scrape_interval", "evaluation_interval"] {
        assert_eq!(config["global"][interval], "15s");
    }
    let written = yaml(&rendered("rules/expected.yml"));
    let expected: BTreeSet<&str> = list(&written["groups"][0]["rules"])
        .iter()
        .filter(|rule| rule["record"] == "service:expected")
        .map(|rule| text(&rule["labels"]["service"]))
        .collect();
    let mut services = BTreeSet::new();
    for job in list(&config["scrape_configs"]) {
        let Some(service) = text(&job["job_name"]).strip_prefix("ecs-services/") else { continue };
        let label = |name: &str| {
            let rules = list(&job["relabel_configs"]).iter();
            rules.filter(|rule| rule["target_label"] == name).map(|rule| text(&rule["replacement"])).next_back()
        };
        assert_eq!((label("job"), label("service")), (Some("ecs-services"), Some(service)), "{job:#}");
        assert!(label("env").is_some(), "{job:#}");
        services.insert(service);
    }
    assert_eq!(services, expected);
    assert_eq!(services.len(), 5);
}

#[test]
fn grafana_reads_the_servers_that_prometheus_knows() {
    let config = yaml(&rendered("prometheus.yml"));
    let sources = yaml(&rendered("grafana-datasources.yml"));
    let sources = list(&sources["datasources"]);
    let of_kind = |kind: &str| sources.iter().find(|source| source["type"] == kind).unwrap();
    let defaults: Vec<&Value> = sources.iter().filter(|source| source["isDefault"] == true).collect();
    assert_eq!(defaults, [of_kind("prometheus")]);
    let uids: BTreeSet<&str> = sources.iter().map(|source| text(&source["uid"])).collect();
    assert_eq!(uids.len(), sources.len());
    assert_eq!(of_kind("prometheus")["jsonData"]["timeInterval"], config["global"]["scrape_interval"]);
    let alertmanager = &config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"][0];
    assert_eq!(of_kind("alertmanager")["url"], format!("http://{}", text(alertmanager)));
    assert_eq!(of_kind("cloudwatch")["jsonData"]["authType"], "default");
}

/// From a hot service to the console and to the people on call, through the shipped files. Changed for the test: where
/// things are, intervals and group waits of a second, no night, and no `for` on [`stack::HASTY`].
#[test]
fn a_hot_service_is_told_by_the_console_and_to_the_people_on_call() {
    let mut loads = load::calm();
    loads[2] = Load::new("api-2", 97.0, 51.0).serving(412.0, 0.1, 0.18);
    let fleet = loads.iter().map(|load| Service::new(load.service.clone(), 1)).collect();
    let stack = stack::Stack::watching(loads);
    let told = |way: &str, words: &str| {
        wait::until(&format!("{way} to be told of {words}"), Duration::from_mins(2), || {
            let said = stack.told(way);
            if said.iter().any(|message| message.contains(words)) { Ok(()) } else { Err(format!("{said:?}")) }
        });
    };
    told("slack-critical", "CPU of api-2 is at 97 %");
    told("slack-critical", "runbook: high-cpu");
    told("pagerduty", "CPU of api-2 is at 97 %");
    told("watchdog", "alerts are evaluated and delivered");
    stack.wait_inhibited("HighCPUUsage", "warning");
    assert_eq!(stack.told("slack-warning"), [""; 0], "the critical level says it all");
    let firing: BTreeSet<(String, String)> = stack.firing().into_iter().collect();
    let wanted = [("HighCPUUsage", "critical"), ("HighCPUUsage", "warning"), ("Watchdog", "none")];
    assert_eq!(firing, wanted.map(|(name, severity)| (name.to_owned(), severity.to_owned())).into());

    let ecs = FakeEcs::start(Fleet { cluster: "prod".to_owned(), services: fleet });
    let config = format!(
        "[contexts.prod.aws]\nregion = \"{REGION}\"\nendpoint_url = \"{}\"\nclusters = [\"prod\"]\n\
         [contexts.prod.prometheus]\nurl = \"{}\"\n[contexts.prod.alertmanager]\nurl = \"{}\"\n",
        ecs.url(),
        stack.prometheus(),
        stack.alertmanager()
    );
    let outcome = Rounds::new(["--once", "-o", "json", "--timeout", "20s"]).config(&config).aws_keys().run();
    let document = outcome.expect_code(2).json();
    let hot: Vec<&Value> = list(&document["alerts"]).iter().filter(|alert| alert["name"] == "HighCPUUsage").collect();
    assert_eq!(hot.len(), 2, "{hot:#?}");
    for alert in &hot {
        assert_eq!(alert["service"]["name"], "api-2", "{alert:#}");
        assert_eq!(list(&alert["seen_in"]).len(), 2, "told once, whatever external labels Alertmanager has: {alert:#}");
        let is_critical = alert["severity"] == "critical";
        assert_eq!(alert["suppressed"].is_null(), is_critical, "the warning is inhibited: {alert:#}");
    }
    for service in list(&document["services"]) {
        let is_hot = service["name"] == "api-2";
        assert_eq!(service["verdict"], if is_hot { "critical" } else { "ok" }, "{service:#}");
        let said = list(&service["findings"])
            .iter()
            .any(|finding| finding["kind"] == "alert" && text(&finding["text"]).contains("CPU of api-2 is at 97 %"));
        assert_eq!(said, is_hot, "{service:#}");
        assert_eq!(service["signals"]["cpu"]["source"], "prometheus", "{service:#}");
    }
}

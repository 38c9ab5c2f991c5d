//! A real Prometheus that scrapes the simulated fleet with the shipped rules, a real Alertmanager, and what stands in
//! for the rest: everything that the dashboards ask about.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rounds::sim::{CONTENT_TYPE, Exporter, Page, Plan, Scenario, Sighting};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::provision::{RULE_FILES, rendered, shipped, yaml};
use crate::support::process::{Server, program, tool};
use crate::support::site::{Site, respond};
use crate::support::{http, port};

/// How much of the fleet's past is there.
const HISTORY: Duration = Duration::from_mins(90);

/// See the module.
pub(super) struct Scene {
    prometheus: u16,
    // Before their folder: dropped in this order.
    _servers: [Server; 2],
    _site: Site,
    _folder: TempDir,
}

/// What is different from a calm day.
#[derive(Default)]
pub(super) struct Trouble {
    /// What happens to the fleet.
    pub(super) scenario: Option<Scenario>,
    /// Alerts fire at once, and nothing answers in Grafana's place.
    pub(super) alerts: bool,
}

impl Scene {
    pub(super) fn with(trouble: &Trouble) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let plan = Plan { scenario: trouble.scenario.unwrap_or(Scenario::Healthy), ..Plan::default() };
        let exporter = Arc::new(Exporter::new(plan, now, HISTORY));
        let site = serve(exporter.clone());
        let address = site.url().replace("http://", "");
        let (prometheus, alertmanager) = (port::free(), port::free());

        rules(folder.path(), trouble.alerts);
        let jobs = jobs(&exporter, now, &address, prometheus, alertmanager, !trouble.alerts);
        write(folder.path(), "prometheus.yml", &configuration(&jobs, alertmanager));
        write(folder.path(), "alertmanager.yml", &routes(&site.url()));
        history(folder.path(), &exporter, &address, now);
        let start = |name: &'static str, binary: &str, port: u16, more: &[&str]| {
            let fixed = [format!("--config.file={name}.yml"), format!("--web.listen-address=127.0.0.1:{port}")];
            let arguments = fixed.into_iter().chain(more.iter().map(ToString::to_string));
            let mut server = Server::start(name, &program(binary), arguments, folder.path());
            server.wait_ready(|| match http::get(&format!("http://127.0.0.1:{port}/-/ready"))?.status {
                200 => Ok(()),
                status => Err(format!("/-/ready answers {status}")),
            });
            server
        };
        let told = ["--storage.path=told", "--cluster.listen-address="];
        let kept = [
            "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=15d",
            "--storage.tsdb.retention.size=1GB",
            // An alert that fires before Alertmanager is discovered is dropped, and sent again only after this.
            "--rules.alert.resend-delay=1s",
        ];
        let servers = [
            start("alertmanager", "prometheus-alertmanager", alertmanager, &told),
            start("prometheus", "prometheus", prometheus, &kept),
        ];
        Self { prometheus, _servers: servers, _site: site, _folder: folder }
    }

    /// Prometheus' answer to a request; panics where it is an error.
    pub(super) fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let reply = http::get(&format!("http://127.0.0.1:{}/api/v1/{path}?{query}", self.prometheus)).unwrap().json();
        assert_eq!(reply["status"], "success", "{parameters:?}: {reply}");
        reply["data"].clone()
    }
}

/// JSON is YAML too.
fn write(folder: &Path, file: &str, value: &Value) {
    std::fs::write(folder.join(file), value.to_string()).unwrap();
}

/// The shipped rules, as they are or without waiting.
fn rules(folder: &Path, hasty: bool) {
    std::fs::create_dir(folder.join("rules")).unwrap();
    let files = RULE_FILES.map(|file| shipped("rules").join(file));
    for path in files.iter().chain([&rendered("rules/expected.yml")]) {
        let mut document = yaml(path);
        for group in document["groups"].as_array_mut().unwrap() {
            group["interval"] = json!("1s");
            for rule in group["rules"].as_array_mut().unwrap().iter_mut().filter(|_| hasty) {
                rule.as_object_mut().unwrap().remove("for");
            }
        }
        write(folder, &format!("rules/{}", path.file_name().unwrap().display()), &document);
    }
}

/// Jobs and labels as in the shipped configuration.
fn jobs(
    exporter: &Exporter,
    now: Timestamp,
    address: &str,
    prometheus: u16,
    alertmanager: u16,
    grafana: bool,
) -> Vec<Value> {
    let mut tasks = Vec::new();
    for (service, _) in exporter.services() {
        for target in exporter.targets(service, now).unwrap() {
            let labels = json!({
                "service": service, "env": "prod", "instance": target.instance, "__metrics_path__": target.path,
            });
            tasks.push(json!({ "targets": [address], "labels": labels }));
        }
    }
    let fixed = |job: &str, address: &str, path: &str| json!({ "job_name": job, "metrics_path": path, "static_configs": [{ "targets": [address] }] });
    let mut cloudwatch = fixed("cloudwatch", address, "/cloudwatch/metrics");
    cloudwatch["honor_labels"] = json!(true);
    cloudwatch["static_configs"][0]["labels"] = json!({ "env": "prod" });
    let own = [("prometheus", prometheus), ("alertmanager", alertmanager)];
    let own = own.map(|(job, port)| fixed(job, &format!("127.0.0.1:{port}"), "/metrics"));
    let grafana = grafana.then(|| fixed("grafana", address, "/grafana/metrics"));
    let services = json!({ "job_name": "ecs-services", "static_configs": tasks });
    [services, cloudwatch].into_iter().chain(own).chain(grafana).collect()
}

fn configuration(jobs: &[Value], alertmanager: u16) -> Value {
    json!({
        "global": { "scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s" },
        "rule_files": ["rules/*.yml"],
        "alerting": { "alertmanagers": [{ "static_configs": [{ "targets": [format!("127.0.0.1:{alertmanager}")] }] }] },
        "scrape_configs": jobs,
    })
}

/// Everything told at once, again and again: what is counted there goes up.
fn routes(site: &str) -> Value {
    let route = json!({ "receiver": "all", "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1s" });
    let receiver = json!({ "name": "all", "webhook_configs": [{ "url": format!("{site}/told") }] });
    json!({ "route": route, "receivers": [receiver] })
}

fn serve(exporter: Arc<Exporter>) -> Site {
    Site::serve(move |request| {
        let response = match exporter.page(&request.path, Timestamp::now()) {
            Page::Metrics(text) => respond(200, CONTENT_TYPE, text),
            Page::Status(status) => respond(status, "text/plain", ""),
            Page::Refused | Page::Hangs => respond(502, "text/plain", ""),
            Page::Missing => respond(200, "text/plain", "told"),
        };
        async { Ok(response) }
    })
}

/// The fleet's past, and of what the rules recorded then the little that panels look back for: the tasks of the last
/// minutes, and the requests of these hours a day and a week ago.
fn history(folder: &Path, exporter: &Exporter, address: &str, now: Timestamp) {
    let sighting = Sighting { env: "prod".to_owned(), exporter: address.to_owned() };
    let mut text: String = exporter.history(&sighting, Duration::from_mins(1)).collect();
    text.truncate(text.len() - "# EOF\n".len());
    for (service, _) in exporter.services() {
        let mut add = |series: &str, value: u8, before: SignedDuration| {
            writeln!(text, "{series} {value} {}", (now - before).as_second()).unwrap();
        };
        // Oldest first: what comes after a younger one of its series is dropped.
        let requests = format!("service:http_requests:rate5m{{service=\"{service}\"}}");
        for days in [7, 1] {
            for minutes in (-5..400_i64).rev() {
                add(&requests, 40, SignedDuration::from_hours(24 * days) + SignedDuration::from_mins(minutes));
            }
        }
        let tasks = format!("ecs_running_tasks{{service=\"{service}\",cluster=\"{}\"}}", exporter.cluster());
        for minutes in (1..15).rev() {
            add(&tasks, 1, SignedDuration::from_mins(minutes));
        }
    }
    text.push_str("# EOF\n");
    let file = folder.join("history.om");
    std::fs::write(&file, text).unwrap();
    let fixed = ["tsdb".as_ref(), "create-blocks-from".as_ref(), "openmetrics".as_ref(), "--quiet".as_ref()];
    tool(&program("promtool"), fixed.into_iter().chain([file.as_os_str(), folder.join("data").as_os_str()]));
}

//! A real Prometheus and a real Alertmanager that run the shipped files, on loopback: their targets are one site in the
//! test, and so is everything Alertmanager would tell.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{RULE_FILES, list, rendered, shipped, text, yaml};
use crate::support::load::{self, Load};
use crate::support::process::{Server, program};
use crate::support::site::{Response, Site, respond};
use crate::support::{http, port, wait};

/// The alert that need not hold for its `for`. The others keep theirs: some would fire before the first scrape.
pub(super) const HASTY: &str = "HighCPUUsage";

/// The whole of it.
pub(super) struct Stack {
    prometheus: u16,
    alertmanager: u16,
    ways_out: Site,
    // Before their folder: dropped in this order.
    _servers: [Server; 2],
    _exporters: Site,
    _folder: TempDir,
}

impl Stack {
    /// Watches these services.
    pub(super) fn watching(loads: Vec<Load>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (prometheus, alertmanager) = (port::free(), port::free());
        let (exporters, ways_out) = (exporters(loads), ways_out());
        for part in ["configs/rules", "secrets"] {
            std::fs::create_dir_all(folder.path().join(part)).unwrap();
        }
        for file in RULE_FILES {
            write(folder.path(), &format!("configs/rules/{file}"), &hasty(yaml(&shipped("rules").join(file))));
        }
        write(folder.path(), "configs/rules/expected.yml", &yaml(&rendered("rules/expected.yml")));
        let routes = routes(folder.path(), &ways_out.url());
        write(folder.path(), "configs/alertmanager.yml", &routes);
        let scrapes = scrapes(&exporters.url(), prometheus, alertmanager);
        write(folder.path(), "configs/prometheus.yml", &scrapes);
        let start = |name: &'static str, binary: &str, port: u16, more: &[&str]| {
            let fixed = [format!("--config.file=configs/{name}.yml"), format!("--web.listen-address=127.0.0.1:{port}")];
            let arguments = fixed.into_iter().chain(more.iter().map(ToString::to_string));
            let mut server = Server::start(name, &program(binary), arguments, folder.path());
            server.wait_ready(|| match http::get(&format!("http://127.0.0.1:{port}/-/ready"))?.status {
                200 => Ok(()),
                status => Err(format!("/-/ready answers {status}")),
            });
            server
        };
        let told = ["--storage.path=told", "--cluster.listen-address="];
        // An alert that fires before Alertmanager is discovered is dropped, and sent again only after the delay.
        let kept = ["--storage.tsdb.path=kept", "--rules.alert.resend-delay=1s"];
        let servers = [
            start("alertmanager", "prometheus-alertmanager", alertmanager, &told),
            start("prometheus", "prometheus", prometheus, &kept),
        ];
        Self { prometheus, alertmanager, ways_out, _servers: servers, _exporters: exporters, _folder: folder }
    }

    pub(super) fn prometheus(&self) -> String {
        format!("http://127.0.0.1:{}", self.prometheus)
    }

    pub(super) fn alertmanager(&self) -> String {
        format!("http://127.0.0.1:{}", self.alertmanager)
    }

    /// What was sent by `slack-critical`, `slack-warning`, `pagerduty` or `watchdog`, decoded.
    pub(super) fn told(&self, way: &str) -> Vec<String> {
        let seen = self.ways_out.seen().into_iter().filter(|request| request.path.trim_matches('/') == way);
        seen.map(|request| {
            if request.header("content-type") == "application/json" {
                return String::from_utf8_lossy(&request.body).into_owned();
            }
            let fields = url::form_urlencoded::parse(&request.body);
            fields.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("\n")
        })
        .collect()
    }

    /// Name and severity of each alert that fires in Prometheus.
    pub(super) fn firing(&self) -> Vec<(String, String)> {
        let reply = http::get(&format!("{}/api/v1/alerts", self.prometheus())).unwrap().json();
        let alerts = list(&reply["data"]["alerts"]).iter().filter(|alert| alert["state"] == "firing");
        let label = |alert: &Value, name: &str| text(&alert["labels"][name]).to_owned();
        alerts.map(|alert| (label(alert, "alertname"), label(alert, "severity"))).collect()
    }

    /// Waits until Alertmanager holds an alert back because of another.
    pub(super) fn wait_inhibited(&self, name: &str, severity: &str) {
        wait::until(&format!("{severity} {name} to be inhibited"), Duration::from_mins(2), || {
            let alerts = http::get(&format!("{}/api/v2/alerts", self.alertmanager()))?.json();
            let is_it = |one: &&Value| one["labels"]["alertname"] == name && one["labels"]["severity"] == severity;
            match list(&alerts).iter().find(is_it) {
                Some(alert) if !list(&alert["status"]["inhibitedBy"]).is_empty() => Ok(()),
                _ => Err(alerts.to_string()),
            }
        });
    }
}

/// Prometheus and Alertmanager read JSON too, it being YAML.
fn write(folder: &Path, file: &str, value: &Value) {
    std::fs::write(folder.join(file), value.to_string()).unwrap();
}

fn hasty(mut rules: Value) -> Value {
    for group in rules["groups"].as_array_mut().unwrap() {
        for rule in group["rules"].as_array_mut().unwrap().iter_mut().filter(|rule| rule["alert"] == HASTY) {
            rule["for"] = json!("0s");
        }
    }
    rules
}

/// The shipped scrape jobs, each at its target on loopback, every second.
fn scrapes(exporters: &str, prometheus: u16, alertmanager: u16) -> Value {
    let mut config = yaml(&rendered("prometheus.yml"));
    let pace = [("scrape_interval", "1s"), ("scrape_timeout", "1s"), ("evaluation_interval", "1s")];
    for (key, value) in pace {
        config["global"][key] = json!(value);
    }
    let alertmanager = format!("127.0.0.1:{alertmanager}");
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = json!([alertmanager]);
    for job in config["scrape_configs"].as_array_mut().unwrap() {
        let name = text(&job["job_name"]).to_owned();
        let (target, path) = match name.as_str() {
            "prometheus" => (format!("127.0.0.1:{prometheus}"), "/metrics".to_owned()),
            "alertmanager" => (alertmanager.clone(), "/metrics".to_owned()),
            _ => (exporters.replace("http://", ""), format!("/{name}/metrics")),
        };
        let job = job.as_object_mut().unwrap();
        for replaced in ["dns_sd_configs", "scrape_interval", "scrape_timeout"] {
            job.remove(replaced);
        }
        job.insert("metrics_path".to_owned(), json!(path));
        job.insert("static_configs".to_owned(), json!([{ "targets": [target] }]));
    }
    config
}

/// The shipped routes and receivers, which tell `site` and know no night.
fn routes(folder: &Path, site: &str) -> Value {
    let mut config = yaml(&rendered("alertmanager.yml"));
    config["route"]["group_wait"] = json!("1s");
    config["route"]["group_interval"] = json!("1s");
    config["time_intervals"] = json!([{ "name": "night", "time_intervals": [] }]);
    let secret = |shipped: &Value, content: String| {
        let name = Path::new(text(shipped)).file_name().unwrap().to_owned();
        let file = folder.join("secrets").join(&name);
        std::fs::write(&file, content.replace("NAME", name.to_str().unwrap())).unwrap();
        json!(file)
    };
    for receiver in config["receivers"].as_array_mut().unwrap() {
        for slack in receiver.get_mut("slack_configs").and_then(Value::as_array_mut).into_iter().flatten() {
            slack["api_url_file"] = secret(&slack["api_url_file"], format!("{site}/NAME"));
        }
        for pager in receiver.get_mut("pagerduty_configs").and_then(Value::as_array_mut).into_iter().flatten() {
            pager["routing_key_file"] = secret(&pager["routing_key_file"], "planted-key".to_owned());
            pager["url"] = json!(format!("{site}/pagerduty"));
        }
        for topic in receiver.get_mut("sns_configs").and_then(Value::as_array_mut).into_iter().flatten() {
            topic["api_url"] = json!(format!("{site}/watchdog"));
            topic["sigv4"]["access_key"] = json!("AKIAPLANTED");
            topic["sigv4"]["secret_key"] = json!("planted-aws-secret");
        }
    }
    config
}

/// Where Alertmanager tells people; it believes that it told them.
fn ways_out() -> Site {
    Site::serve(|request| {
        let response = match request.path.as_str() {
            "/pagerduty" => respond(202, "application/json", "{}"),
            path if path.starts_with("/watchdog") => {
                let result = "<PublishResult><MessageId>1</MessageId></PublishResult>";
                respond(200, "text/xml", format!("<PublishResponse>{result}</PublishResponse>"))
            }
            _ => respond(200, "text/plain", "ok"),
        };
        async { Ok(response) }
    })
}

/// `/cloudwatch/metrics` in `cloudwatch_exporter`'s words, `/ecs-services/NAME/metrics` of each service, and Grafana's.
fn exporters(loads: Vec<Load>) -> Site {
    let loads = Arc::new(loads);
    Site::serve(move |request| {
        let response: Response = match request.path.split('/').collect::<Vec<_>>()[..] {
            ["", "cloudwatch", "metrics"] => respond(200, "text/plain; version=0.0.4", cloudwatch_page(&loads)),
            ["", "grafana", "metrics"] => respond(200, "text/plain; version=0.0.4", "grafana_build_info 1\n"),
            ["", "ecs-services", name, "metrics"] => {
                let page = loads.iter().find(|load| load.service == name).map(load::service_page);
                let status = if page.is_some() { 200 } else { 404 };
                respond(status, "application/openmetrics-text; version=1.0.0; charset=utf-8", page.unwrap_or_default())
            }
            _ => respond(404, "text/plain", "no such exporter"),
        };
        async { Ok(response) }
    })
}

/// CPU and memory as the exporter shows them: its own `job`, an empty `instance`, dimensions in snake case.
fn cloudwatch_page(loads: &[Load]) -> String {
    let mut page = "cloudwatch_exporter_scrape_error 0.0\n".to_owned();
    for name in cloudwatch_names() {
        for load in loads {
            let value = match name.as_str() {
                "aws_ecs_cpuutilization_average" => load.cpu,
                "aws_ecs_memory_utilization_average" => load.memory,
                _ => continue,
            };
            let service = &load.service;
            let labels = format!("job=\"aws_ecs\",instance=\"\",cluster_name=\"prod\",service_name=\"{service}\",");
            writeln!(page, "{name}{{{labels}}} {value}").unwrap();
        }
    }
    page
}

/// The names under which `cloudwatch_exporter` shows what the shipped configuration has it collect.
pub(super) fn cloudwatch_names() -> Vec<String> {
    let config = yaml(&rendered("cloudwatch-exporter.yml"));
    let mut names = Vec::new();
    for metric in list(&config["metrics"]) {
        let namespace = text(&metric["aws_namespace"]).replace('/', "_").to_lowercase();
        for statistic in list(&metric["aws_statistics"]) {
            names.push(format!("{namespace}_{}_{}", snake(text(&metric["aws_metric_name"])), snake(text(statistic))));
        }
    }
    names
}

/// A word ends only between a small letter or digit and a capital: `CPUUtilization` is one word.
fn snake(camel: &str) -> String {
    let mut snake = String::new();
    let mut before = '_';
    for c in camel.chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
        before = c;
    }
    snake
}

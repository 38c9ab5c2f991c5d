//! A real Prometheus that scrapes what a test gives it, with two hours of history behind it.

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::load::{self, Load};
use super::process::{Server, program, tool};
use super::site::{Site, respond};
use super::{http, port};

const RULES: &str = include_str!("../../fixtures/alert-rules.yml");

/// A running Prometheus and the exporters it scrapes.
pub(crate) struct Prometheus {
    port: u16,
    // Before its folder: dropped in this order.
    _server: Server,
    _exporters: Site,
    folder: TempDir,
}

impl Prometheus {
    /// Scrapes these services (one target each, job `ecs-services`) and a CloudWatch exporter of theirs (job
    /// `cloudwatch`), has two hours of their history, and sends alerts to `alertmanager`.
    pub(crate) fn watching(loads: Vec<Load>, alertmanager: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let loads = Arc::new(loads);
        let exporters = exporters(loads.clone());
        let instance = exporters.url().replace("http://", "");
        std::fs::write(folder.path().join("rules.yml"), RULES).unwrap();
        std::fs::write(folder.path().join("prometheus.yml"), config(&loads, &instance, alertmanager).to_string())
            .unwrap();
        let data = folder.path().join("data");
        backfill(folder.path(), &data, &load::history(&loads, &instance));
        let port = port::free();
        let mut server = Server::start(
            "prometheus",
            &program("prometheus"),
            [
                "--config.file=prometheus.yml".to_owned(),
                format!("--storage.tsdb.path={}", data.display()),
                format!("--web.listen-address=127.0.0.1:{port}"),
                // An alert that fires before Alertmanager is discovered is dropped, and sent again only after this.
                "--rules.alert.resend-delay=1s".to_owned(),
            ],
            folder.path(),
        );
        server.wait_ready(|| match http::get(&format!("http://127.0.0.1:{port}/-/ready"))?.status {
            200 => Ok(()),
            status => Err(format!("/-/ready answers {status}")),
        });
        Self { port, _server: server, _exporters: exporters, folder }
    }

    /// Scrapes nothing; takes reloads where it is to.
    pub(crate) fn bare(lifecycle: bool) -> Self {
        Self::alone(port::free(), "{}", lifecycle)
    }

    /// Scrapes itself every second, and has only just begun to.
    pub(crate) fn of_itself() -> Self {
        let port = port::free();
        let job = json!({
            "job_name": "prometheus",
            "scrape_interval": "1s",
            "static_configs": [{ "targets": [format!("127.0.0.1:{port}")] }],
        });
        Self::alone(port, &json!({ "scrape_configs": [job] }).to_string(), false)
    }

    /// With this configuration, and no history.
    fn alone(port: u16, config: &str, lifecycle: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        let mut arguments = vec![
            "--config.file=prometheus.yml".to_owned(),
            format!("--storage.tsdb.path={}", folder.path().join("data").display()),
            format!("--web.listen-address=127.0.0.1:{port}"),
        ];
        if lifecycle {
            arguments.push("--web.enable-lifecycle".to_owned());
        }
        let mut server = Server::start("prometheus", &program("prometheus"), arguments, folder.path());
        server.wait_ready(|| match http::get(&format!("http://127.0.0.1:{port}/-/ready"))?.status {
            200 => Ok(()),
            status => Err(format!("/-/ready answers {status}")),
        });
        let exporters = exporters(Arc::new(Vec::new()));
        Self { port, _server: server, _exporters: exporters, folder }
    }

    /// Writes a mistake into its configuration file; it is not read before it is told to.
    pub(crate) fn break_configuration(&self) {
        std::fs::write(self.folder.path().join("prometheus.yml"), "scrape_configs: nonsense").unwrap();
    }

    /// Writes one more job into its configuration file, and rules that are wrong.
    pub(crate) fn break_rules(&self, job: &str) {
        std::fs::write(self.folder.path().join("wrong.yml"), "groups: [{ name: g, rules: [{ record: 1 2 }] }]")
            .unwrap();
        let config = json!({
            "rule_files": ["wrong.yml"],
            "scrape_configs": [{ "job_name": job, "static_configs": [{ "targets": ["127.0.0.1:1"] }] }],
        });
        std::fs::write(self.folder.path().join("prometheus.yml"), config.to_string()).unwrap();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The result of an instant query: pairs of labels and value.
    pub(crate) fn query(&self, query: &str) -> Vec<(Value, f64)> {
        let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let reply = http::get(&format!("{}/api/v1/query?query={encoded}", self.url())).unwrap().json();
        assert_eq!(reply["status"], "success", "{reply}");
        let samples = reply["data"]["result"].as_array().unwrap();
        samples.iter().map(|one| (one["metric"].clone(), one["value"][1].as_str().unwrap().parse().unwrap())).collect()
    }
}

/// `/cloudwatch/metrics` for all, `/service/NAME/metrics` for one.
fn exporters(loads: Arc<Vec<Load>>) -> Site {
    Site::serve(move |request| {
        let text = match request.path.split('/').collect::<Vec<_>>()[..] {
            ["", "cloudwatch", "metrics"] => Some(load::exporter_page(&loads)),
            ["", "service", name, "metrics"] => loads.iter().find(|load| load.service == name).map(load::service_page),
            _ => None,
        };
        let response = match text {
            Some(text) => respond(200, "application/openmetrics-text; version=1.0.0; charset=utf-8", text),
            None => respond(404, "text/plain", "no such exporter"),
        };
        async { Ok(response) }
    })
}

/// Prometheus reads JSON too, it being YAML.
fn config(loads: &[Load], instance: &str, alertmanager: Option<&str>) -> Value {
    let dead = format!("127.0.0.1:{}", port::free());
    // A scrape may take no longer than there is between two: many targets at once would keep this process busy.
    let pace = if loads.len() > 100 { "10s" } else { "2s" };
    let targets: Vec<Value> = loads
        .iter()
        .map(|load| {
            let service = &load.service;
            json!({
                "targets": [if load.up { instance } else { &dead }],
                "labels": { "service": service, "env": "prod", "__metrics_path__": format!("/service/{service}/metrics") },
            })
        })
        .collect();
    let alertmanagers: Vec<Value> = alertmanager
        .map(|url| json!({ "static_configs": [{ "targets": [url.trim_start_matches("http://")] }] }))
        .into_iter()
        .collect();
    json!({
        "global": { "scrape_interval": pace, "scrape_timeout": pace, "evaluation_interval": "1s" },
        "rule_files": ["rules.yml"],
        "alerting": { "alertmanagers": alertmanagers },
        "scrape_configs": [
            { "job_name": "ecs-services", "static_configs": targets },
            {
                "job_name": "cloudwatch",
                "metrics_path": "/cloudwatch/metrics",
                "static_configs": [{ "targets": [instance], "labels": { "env": "prod" } }],
            },
        ],
    })
}

fn backfill(folder: &std::path::Path, data: &std::path::Path, history: &str) {
    let file = folder.join("history.om");
    std::fs::write(&file, history).unwrap();
    tool(
        &program("promtool"),
        [
            "tsdb".as_ref(),
            "create-blocks-from".as_ref(),
            "openmetrics".as_ref(),
            "--quiet".as_ref(),
            file.as_os_str(),
            data.as_os_str(),
        ],
    );
}

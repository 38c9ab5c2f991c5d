//! A real Alertmanager.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::process::{Server, program};
use super::{http, port, wait};

/// Groups at once and tells nobody.
const CONFIG: &str = r#"{
    "route": { "receiver": "nobody", "group_by": ["alertname", "service"], "group_wait": "0s", "group_interval": "1s" },
    "receivers": [{ "name": "nobody" }]
}"#;

/// A running Alertmanager.
pub(crate) struct Alertmanager {
    port: u16,
    // Before its folder: dropped in this order.
    _server: Server,
    _folder: TempDir,
}

impl Alertmanager {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("alertmanager.yml"), CONFIG).unwrap();
        let port = port::free();
        let mut server = Server::start(
            "alertmanager",
            &program("prometheus-alertmanager"),
            [
                "--config.file=alertmanager.yml".to_owned(),
                format!("--storage.path={}", folder.path().join("data").display()),
                format!("--web.listen-address=127.0.0.1:{port}"),
                "--cluster.listen-address=".to_owned(),
            ],
            folder.path(),
        );
        server.wait_ready(|| match http::get(&format!("http://127.0.0.1:{port}/-/ready"))?.status {
            200 => Ok(()),
            status => Err(format!("/-/ready answers {status}")),
        });
        Self { port, _server: server, _folder: folder }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every alert it holds.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        http::get(&format!("{}/api/v2/alerts", self.url())).unwrap().json().as_array().unwrap().clone()
    }

    /// Waits until an alert of this name and service is in this state (`active`, `suppressed`).
    pub(crate) fn wait_for(&self, name: &str, service: &str, state: &str) {
        wait::until(&format!("{name} of {service} to be {state}"), Duration::from_mins(2), || {
            let alerts = self.alerts();
            let is_it = |alert: &&Value| alert["labels"]["alertname"] == name && alert["labels"]["service"] == service;
            match alerts.iter().find(is_it) {
                Some(alert) if alert["status"]["state"] == state => Ok(()),
                _ => Err(Value::from(alerts).to_string()),
            }
        });
    }

    /// Silences an alert of a service for forty minutes, as kim.
    pub(crate) fn silence(&self, name: &str, service: &str) {
        let now = jiff::Timestamp::now();
        let matcher =
            |name: &str, value: &str| json!({ "name": name, "value": value, "isRegex": false, "isEqual": true });
        let silence = json!({
            "matchers": [matcher("alertname", name), matcher("service", service)],
            "startsAt": now.to_string(),
            "endsAt": (now + Duration::from_mins(40)).to_string(),
            "createdBy": "kim",
            "comment": "known, being worked on",
        });
        let url = format!("{}/api/v2/silences", self.url());
        let reply = http::post(&url, &[("content-type", "application/json")], silence.to_string()).unwrap();
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    }
}

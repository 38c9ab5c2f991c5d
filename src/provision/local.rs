//! The environment of a stack on one machine's loopback, watched services simulated.

use serde_json::{Map, Value, json};

use super::{Refusal, Rendered, Variables};

/// The environment's name: the label `env`, the console's context.
pub const ENVIRONMENT: &str = "local";

/// What the storage of metrics may take: a stack that somebody forgot must not fill their disk.
pub const RETENTION_SIZE: &str = "2GB";

/// Said at the head of every file.
pub const NOTE: &str = "Local: on loopback, services simulated; scraped every 5 s and evaluated every 3 s where AWS has \
                        15 s. The rules and their `for` are those of AWS.";

/// Where the parts of a local stack are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The port of Prometheus.
    pub prometheus: u16,
    /// The port of Alertmanager.
    pub alertmanager: u16,
    /// The port of Grafana, or of what stands in for it.
    pub grafana: u16,
    /// The port of the stand-in for the `CloudWatch` exporter.
    pub exporter: u16,
    /// The port of the simulated fleet: its tasks, their discovery, and what Alertmanager tells.
    pub fleet: u16,
    /// The cluster of the simulated services.
    pub cluster: String,
    /// The simulated services and their ports.
    pub services: Vec<(String, u16)>,
    /// The folder where Grafana finds the dashboards.
    pub dashboards: String,
    /// The folder of Alertmanager's secrets.
    pub secrets: String,
}

/// The variables of a local stack.
///
/// # Errors
/// Where a path or name cannot stand in a file.
pub fn variables(place: &Place) -> Result<Variables, Refusal> {
    let at = |port: u16| format!("127.0.0.1:{port}");
    let url = |port: u16| format!("http://127.0.0.1:{port}");
    let services: Map<String, Value> = place
        .services
        .iter()
        .map(|(name, port)| {
            let discovery = format!("{}/discovery/{name}", url(place.fleet));
            (name.clone(), json!({ "port": port, "discovery_url": discovery }))
        })
        .collect();
    Variables::example()?.with(&json!({
        "environment": ENVIRONMENT,
        "region": ENVIRONMENT,
        "clusters": [place.cluster],
        "cluster_arns": [],
        "interval": {
            // People wait for it here, and asking costs nothing.
            "scrape": "5s", "scrape_timeout": "4s", "evaluation": "3s", "discovery": "5s",
            "exporter": "5s", "exporter_timeout": "4s",
        },
        "services": services,
        "prometheus": { "self": at(place.prometheus), "url": url(place.prometheus), "region": ENVIRONMENT },
        "alertmanager": { "addresses": [at(place.alertmanager)], "url": url(place.alertmanager) },
        "exporter": { "address": at(place.exporter) },
        "grafana": { "address": at(place.grafana) },
        "cloudwatch": { "enabled": false },
        "secrets": place.secrets,
        "pagerduty": { "enabled": false },
        "watchdog": { "sns": false },
        "night": { "enabled": false },
        "dashboards": place.dashboards,
        "compose": { "host_network": true, "retention_size": RETENTION_SIZE, "grafana_port": place.grafana },
    }))
}

/// Where Alertmanager sends what it would tell Slack: files of its secrets, which hold nothing secret here.
pub fn ways_out(place: &Place) -> Vec<Rendered> {
    let way = |name: &str| Rendered {
        path: format!("alertmanager/secrets/{name}"),
        source: "configs/alertmanager.yml.tftpl",
        text: format!("http://127.0.0.1:{}/told/{name}", place.fleet),
    };
    ["slack-critical", "slack-warning"].map(way).into()
}

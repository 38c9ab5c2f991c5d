//! The compose file: the stack for those with Docker.

use serde_json::{Value, json};

/// The template's own variables: images as the Terraform module pins them, and how long metrics are kept.
pub(super) fn variables() -> Value {
    json!({
        "host_network": false,
        "retention": "15d",
        "grafana_port": 3000,
        "images": {
            "prometheus": "prom/prometheus:v3.14.0",
            "alertmanager": "prom/alertmanager:v0.34.0",
            "grafana": "grafana/grafana:13.2.0",
            "exporter": "prom/cloudwatch-exporter:v0.18.0",
            "loki": "grafana/loki:3.7.0",
        },
    })
}

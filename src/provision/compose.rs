//! The compose file's own variables.

use serde_json::{Map, Value, json};

use super::shipped_file;

/// Where the Terraform module says which images it runs by default.
const MODULE: &str = "variables.tf";

/// How long metrics are kept and in how much space, and the images that the Terraform module runs.
pub(super) fn variables() -> Value {
    json!({
        "host_network": false, "retention": "15d", "retention_size": "20GB", "grafana_port": 3000, "images": images(),
    })
}

/// The module's defaults: `NAME = optional(string, "IMAGE")`.
fn images() -> Map<String, Value> {
    let lines = shipped_file(MODULE).unwrap_or_default().lines();
    let images = lines.filter_map(|line| {
        let (name, rest) = line.split_once(" = optional(string, \"")?;
        let image = rest.split('"').next().filter(|image| image.contains('/') && image.contains(':'))?;
        Some((name.trim().to_owned(), Value::from(image)))
    });
    images.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_images_are_those_of_the_module_each_of_one_version() {
        let images = images();
        for name in ["prometheus", "alertmanager", "grafana", "cloudwatch_exporter", "loki"] {
            let image = images.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("no {name}: {images:?}"));
            let (_, tag) = image.rsplit_once(':').unwrap();
            let is_pinned =
                tag.trim_start_matches('v').split('.').count() == 3 && tag.contains(|c: char| c.is_ascii_digit());
            assert!(is_pinned, "{image}");
        }
    }
}

//! Which files an environment has, where they go and what is in them.

use super::template::{self, TemplateError};
use super::variables::Variables;
use super::{shipped, shipped_file};

/// The list of what was written, beside the files.
pub const MANIFEST: &str = ".rounds-rendered.json";

/// A file of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Where it goes, below the folder of the whole.
    pub path: String,
    /// What it is made from, below `provision/`.
    pub source: &'static str,
    /// Its text.
    pub text: String,
}

/// Templates: the source, the path it goes to, and the flag that it depends on.
const CONFIGS: [(&str, &str, Option<&str>); 7] = [
    ("configs/prometheus.yml.tftpl", "prometheus/prometheus.yml", None),
    ("rules/expected.yml.tftpl", "prometheus/rules/expected.yml", None),
    ("configs/alertmanager.yml.tftpl", "alertmanager/alertmanager.yml", Some("alertmanager.enabled")),
    ("configs/cloudwatch-exporter.yml.tftpl", "cloudwatch-exporter/cloudwatch-exporter.yml", Some("exporter.enabled")),
    (
        "configs/grafana-datasources.yml.tftpl",
        "grafana/provisioning/datasources/datasources.yml",
        Some("grafana.enabled"),
    ),
    ("configs/grafana-dashboards.yml.tftpl", "grafana/provisioning/dashboards/dashboards.yml", Some("grafana.enabled")),
    ("configs/loki.yml.tftpl", "loki/loki.yml", Some("loki.enabled")),
];

/// Folders whose files are taken as they are.
const FOLDERS: [(&str, &str, Option<&str>); 3] = [
    ("rules/", "prometheus/rules/", None),
    ("dashboards/", "grafana/dashboards/", Some("grafana.enabled")),
    ("runbooks/", "runbooks/", None),
];

/// The compose file's template and where it goes.
const COMPOSE: (&str, &str) = ("compose/compose.yaml.tftpl", "compose.yaml");

/// Every file of an environment, in the order of their paths. `note` is a line for the head of each, saying how it
/// differs from what runs in AWS.
///
/// # Errors
/// Where a template asks for a variable that is not there.
pub fn render(variables: &Variables, note: Option<&str>) -> Result<Vec<Rendered>, TemplateError> {
    let is_wanted = |flag: Option<&str>| flag.is_none_or(|flag| variables.flag(flag));
    let mut files = Vec::new();
    for (source, path, flag) in CONFIGS.into_iter().chain([(COMPOSE.0, COMPOSE.1, None)]) {
        if !is_wanted(flag) {
            continue;
        }
        let text = template::render(&format!("provision/{source}"), text_of(source)?, variables.value())?;
        files.push(Rendered { path: path.to_owned(), source, text: headed(path, source, note, &text) });
    }
    for (folder, place, flag) in FOLDERS {
        for (source, text) in shipped().iter().filter(|(name, _)| name.starts_with(folder)) {
            let name = source.strip_prefix(folder).unwrap_or(source);
            if is_wanted(flag) && extension(name) != "tftpl" {
                let path = format!("{place}{name}");
                let text = headed(&path, source, note, text);
                files.push(Rendered { path, source, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The names under which the `CloudWatch` exporter of an environment shows what it is told to collect.
///
/// # Errors
/// As [`render`].
pub fn collected(variables: &Variables) -> Result<Vec<String>, TemplateError> {
    const EXPORTER: &str = "configs/cloudwatch-exporter.yml.tftpl";
    let text = template::render(&format!("provision/{EXPORTER}"), text_of(EXPORTER)?, variables.value())?;
    let mut names = Vec::new();
    let (mut namespace, mut metric) = ("", "");
    for line in text.lines().map(|line| line.trim_start_matches([' ', '-'])) {
        match line.split_once(": ") {
            Some(("aws_namespace", value)) => namespace = value,
            Some(("aws_metric_name", value)) => metric = value,
            Some(("aws_statistics", value)) => {
                let statistics = value.trim_matches(['[', ']']).split(", ");
                let base = format!("{}_{}", namespace.replace('/', "_").to_lowercase(), snake(metric));
                names.extend(statistics.map(|statistic| format!("{base}_{}", statistic.to_lowercase())));
            }
            _ => {}
        }
    }
    Ok(names)
}

/// A metric's name as the exporter writes it: `CPUUtilization` becomes `cpuutilization`, `TargetResponseTime`
/// `target_response_time`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut before = '_';
    for character in name.chars() {
        if character.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
        before = character;
    }
    snake
}

fn text_of(source: &'static str) -> Result<&'static str, TemplateError> {
    let missing = || TemplateError {
        file: format!("provision/{source}"),
        line: 1,
        column: 1,
        what: "it is not part of this program".to_owned(),
    };
    shipped_file(source).ok_or_else(missing)
}

/// The text under a head that says where it comes from. JSON has no comments; the manifest says it of those.
fn headed(path: &str, source: &str, note: Option<&str>, text: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let said = format!("Rendered by rounds {version} from provision/{source}. Do not edit: render again.");
    let (open, close) = match extension(path) {
        "yml" | "yaml" | "toml" => ("# ", "\n"),
        "md" => ("<!-- ", " -->\n"),
        _ => return text.to_owned(),
    };
    let lines = [Some(said.as_str()), note].into_iter().flatten();
    lines.flat_map(|line| [open, line, close]).chain([text]).collect()
}

/// What follows the last dot of a path.
fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Every file below a folder, but for hidden ones, tests, and what dashboards are generated from.
    fn below(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name.starts_with('.')
                || ["tests", "source", "__pycache__"].contains(&name.as_str())
                || name.contains(".tfstate")
            {
                continue;
            }
            let path = format!("{prefix}{name}");
            if entry.path().is_dir() {
                below(&entry.path(), &format!("{path}/"), found);
            } else {
                found.insert(path);
            }
        }
    }

    #[test]
    fn every_file_is_part_of_the_program() {
        let mut there = BTreeSet::new();
        below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("provision"), "", &mut there);
        let shipped: BTreeSet<String> = shipped().iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(shipped, there);
        assert!(shipped.len() > 10, "{shipped:?}");
    }

    #[test]
    fn every_template_rule_dashboard_and_runbook_is_rendered() {
        let all = Variables::example().unwrap().with(&serde_json::json!({
            "loki": { "enabled": true, "address": "l:3100", "url": "http://l:3100", "bucket": "b", "retention": "360h" },
        })).unwrap();
        let sources: BTreeSet<&str> = render(&all, None).unwrap().iter().map(|file| file.source).collect();
        for (name, _) in shipped() {
            let is_part = ["configs/", "rules/", "dashboards/", "runbooks/", "compose/"]
                .iter()
                .any(|folder| name.starts_with(folder));
            assert_eq!(is_part, sources.contains(name), "{name}");
        }
    }

    #[test]
    fn each_file_says_what_it_comes_from_and_how_it_differs() {
        let files = render(&Variables::example().unwrap(), Some("Local: a note.")).unwrap();
        assert!(files.is_sorted_by(|a, b| a.path < b.path), "no path twice");
        for file in files {
            let head: Vec<&str> = file.text.lines().take(2).collect();
            if extension(&file.path) != "json" {
                assert!(head[0].contains(&format!("from provision/{}.", file.source)), "{head:?}");
                assert!(head[1].contains("Local: a note."), "{head:?}");
            }
        }
    }

    #[test]
    fn the_simulated_exporter_has_what_the_real_one_is_told_to_collect() {
        use crate::sim::{Exporter, Page, Plan};
        let names = collected(&Variables::example().unwrap()).unwrap();
        assert!(names.contains(&"aws_ecs_cpuutilization_average".to_owned()), "{names:?}");
        assert!(names.contains(&"aws_applicationelb_target_response_time_maximum".to_owned()), "{names:?}");
        let fleet = Exporter::new(Plan::default(), jiff::Timestamp::UNIX_EPOCH, std::time::Duration::ZERO);
        let fleet = fleet.collecting(names.clone());
        let Page::Metrics(page) = fleet.page("/cloudwatch/metrics", jiff::Timestamp::UNIX_EPOCH) else {
            panic!("no page")
        };
        for name in names {
            assert!(page.contains(&format!("\n{name}{{")), "{name} is collected in AWS and not simulated");
        }
    }

    #[test]
    fn the_example_comes_out_as_it_is_shipped() {
        let files = render(&Variables::example().unwrap(), None).unwrap();
        let mut compared = 0;
        for (name, text) in shipped().iter().filter(|(name, _)| extension(name) == "yml") {
            let Some(name) = name.strip_prefix("examples/rendered/") else { continue };
            let name = name.rsplit('/').next().unwrap();
            let source = format!("/{name}.tftpl");
            let file = files.iter().find(|file| file.source.ends_with(&source)).unwrap();
            let (_, rendered) = file.text.split_once('\n').unwrap();
            assert_eq!(rendered, *text, "{name}");
            compared += 1;
        }
        assert!(compared >= 5, "{compared}");
    }
}

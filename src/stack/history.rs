//! A past for a stack that begins now: what Prometheus would have stored had it watched the fleet all the time.
//!
//! The fleet's own history is written by the simulation. What rules make of it is asked of Prometheus itself, in a run
//! before the real one: recording rules as they would have been recorded, alerts as they would have been pending and
//! firing. At its start the real one restores from that since when each alert holds, so that `for` is kept to the letter
//! and nobody waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::part::{Launch, Part};
use super::programs::Programs;
use super::state::State;
use super::{Folder, StackError, http, launch, ready};
use crate::provision::local::ENVIRONMENT;
use crate::sim::{Exporter, Sighting};

/// Between two samples of the past.
const STEP: Duration = Duration::from_mins(1);
/// Rules built on rules built on rules: deeper than that none are.
const DEPTH: usize = 4;
/// The configuration of the run before the real one.
const REHEARSAL: &str = "rehearsal.yml";

/// Name and service of an alert that would fire at the end of the past.
pub(super) type Firing = BTreeSet<(String, String)>;

/// A rule as Prometheus tells of it.
#[derive(Debug, Clone, Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    query: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// Seconds of `for`.
    #[serde(default)]
    duration: f64,
}

#[derive(Debug, Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Matrix {
    result: Vec<Series>,
}

#[derive(Debug, Clone, Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    values: Vec<(f64, String)>,
}

/// Gives the stack its past. Says which alerts will fire.
pub(super) async fn write(
    folder: &Folder,
    state: &State,
    programs: &Programs,
    exporter: Exporter,
) -> Result<Firing, StackError> {
    let sighting = Sighting { env: ENVIRONMENT.to_owned(), exporter: format!("127.0.0.1:{}", state.ports.exporter) };
    let file = folder.data("").join("history.om");
    let writing = (file.clone(), exporter, sighting);
    let written = tokio::task::spawn_blocking(move || {
        let (file, exporter, sighting) = writing;
        let mut out = BufWriter::new(File::create(&file)?);
        exporter.history(&sighting, STEP).try_for_each(|piece| out.write_all(piece.as_bytes()))?;
        out.flush()
    });
    let written = written.await.map_err(|why| StackError::new(format!("writing the history broke off: {why}")))?;
    written.map_err(|why| StackError::file("write", &file, &why))?;
    import(folder, programs, &file).await?;

    let config = format!("global: {{ evaluation_interval: 1d }}\nrule_files: ['{}']\n", rules_of(folder).display());
    let rehearsal = folder.config().join("prometheus").join(REHEARSAL);
    std::fs::write(&rehearsal, config).map_err(|why| StackError::file("write", &rehearsal, &why))?;
    let mut recorded = BTreeSet::new();
    for _ in 0..DEPTH {
        let ready = rehearse(folder, state, programs, &rehearsal, |rules| {
            let left: Vec<Rule> =
                rules.into_iter().filter(|rule| rule.kind == "recording" && !recorded.contains(&rule.name)).collect();
            // A rule that reads what others record waits until that is there.
            let waits =
                |rule: &Rule| left.iter().any(|other| other.name != rule.name && mentions(&rule.query, &other.name));
            left.iter().filter(|rule| !waits(rule)).cloned().collect()
        })
        .await?;
        if ready.is_empty() {
            break;
        }
        let mut text = String::new();
        for (rule, series) in &ready {
            recorded.insert(rule.name.clone());
            for one in series {
                record(rule, one, &mut text);
            }
        }
        import_text(folder, programs, &file, text).await?;
    }
    let alerts = rehearse(folder, state, programs, &rehearsal, |rules| {
        rules.into_iter().filter(|rule| rule.kind == "alerting").collect()
    })
    .await?;
    let mut text = String::new();
    let mut firing = Firing::new();
    for (rule, series) in &alerts {
        // What concerns no service concerns the stack, and that has no past.
        for one in series.iter().filter(|one| one.metric.contains_key("service")) {
            if alert(rule, one, state.began, &mut text) {
                firing.insert((rule.name.clone(), one.metric.get("service").cloned().unwrap_or_default()));
            }
        }
    }
    import_text(folder, programs, &file, text).await?;
    for done in [&file, &rehearsal] {
        std::fs::remove_file(done).map_err(|why| StackError::file("remove", done, &why))?;
    }
    Ok(firing)
}

fn rules_of(folder: &Folder) -> std::path::PathBuf {
    folder.config().join("prometheus/rules/*.yml")
}

/// Starts Prometheus on the past alone, asks for the values of the rules that `choose` picks, and stops it.
async fn rehearse(
    folder: &Folder,
    state: &State,
    programs: &Programs,
    config: &Path,
    choose: impl FnOnce(Vec<Rule>) -> Vec<Rule>,
) -> Result<Vec<(Rule, Vec<Series>)>, StackError> {
    let part = Part::of(folder, launch::REHEARSAL);
    let port = state.ports.prometheus;
    let mut child = part.start(launch::prometheus(folder, config, port, programs))?;
    ready::answers(&part, &mut child, port, "/-/ready").await?;
    let broken = |why: String| StackError::new(format!("cannot rehearse the rules: {why}"));
    let groups: Groups = http::data(port, "/api/v1/rules").await.map_err(broken)?;
    let began = state.began.as_second();
    let first = began - i64::try_from(state.history).unwrap_or(0);
    let mut values = Vec::new();
    for rule in choose(groups.groups.into_iter().flat_map(|group| group.rules).collect()) {
        let (from, to, step) = (first.to_string(), began.to_string(), STEP.as_secs().to_string());
        let fields = [("query", rule.query.as_str()), ("start", &from), ("end", &to), ("step", &step)];
        let matrix: Matrix = http::form(port, "/api/v1/query_range", &fields).await.map_err(broken)?;
        values.push((rule, matrix.result));
    }
    part.stop().await?;
    // The child of this process: without this it would stay in the list of processes.
    let _ = child.wait();
    Ok(values)
}

/// Whether a query reads a metric.
fn mentions(query: &str, metric: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    query.match_indices(metric).any(|(at, _)| {
        let before = query.get(..at).and_then(|text| text.chars().next_back());
        let after = query.get(at + metric.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn line(out: &mut String, name: &str, labels: &BTreeMap<&str, &str>, value: &str, at: f64) {
    out.push_str(name);
    for (position, (label, value)) in labels.iter().filter(|(label, _)| **label != "__name__").enumerate() {
        let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
        // Writing to a string cannot fail.
        let _ = write!(out, "{}{label}=\"{value}\"", if position == 0 { '{' } else { ',' });
    }
    if labels.keys().any(|label| *label != "__name__") {
        out.push('}');
    }
    let _ = writeln!(out, " {value} {at}");
}

fn labels<'l>(rule: &'l Rule, series: &'l Series) -> BTreeMap<&'l str, &'l str> {
    series.metric.iter().chain(&rule.labels).map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// What a recording rule would have stored.
fn record(rule: &Rule, series: &Series, out: &mut String) {
    for (at, value) in &series.values {
        line(out, &rule.name, &labels(rule, series), value, *at);
    }
}

/// What an alerting rule would have stored; whether it would fire at `end`.
fn alert(rule: &Rule, series: &Series, end: Timestamp, out: &mut String) -> bool {
    let mut labels = labels(rule, series);
    labels.insert("alertname", &rule.name);
    let mut run: Option<(f64, f64)> = None;
    let mut fires = false;
    for (at, _) in &series.values {
        let since = run.filter(|(_, last)| at - last <= STEP.as_secs_f64() + 0.5).map_or(*at, |(since, _)| since);
        run = Some((since, *at));
        let is_firing = at - since >= rule.duration;
        fires = is_firing && (*at - end.as_second() as f64).abs() < 1.0;
        let mut of_state = labels.clone();
        of_state.insert("alertstate", if is_firing { "firing" } else { "pending" });
        line(out, "ALERTS", &of_state, "1", *at);
        line(out, "ALERTS_FOR_STATE", &labels, &since.to_string(), *at);
    }
    fires
}

async fn import_text(folder: &Folder, programs: &Programs, file: &Path, text: String) -> Result<(), StackError> {
    if text.is_empty() {
        return Ok(());
    }
    std::fs::write(file, text + "# EOF\n").map_err(|why| StackError::file("write", file, &why))?;
    import(folder, programs, file).await
}

/// Makes blocks of Prometheus's storage from `OpenMetrics` text.
async fn import(folder: &Folder, programs: &Programs, file: &Path) -> Result<(), StackError> {
    let part = Part::of(folder, launch::PROMTOOL);
    let mut arguments: Vec<std::ffi::OsString> =
        ["tsdb", "create-blocks-from", "openmetrics", "--quiet"].map(Into::into).into();
    arguments.extend([file.into(), folder.data("prometheus").into()]);
    let mut child = part.start(Launch { program: &programs.promtool, arguments, environment: Vec::new() })?;
    let status = ready::end(&mut child).await.map_err(|why| StackError::new(format!("promtool: {why}")))?;
    if status.success() {
        return part.stop().await.map(drop);
    }
    Err(StackError::new(format!("promtool could not write the history ({status}):{}", part.last_words())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(duration: f64) -> Rule {
        Rule {
            kind: "alerting".to_owned(),
            name: "Hot".to_owned(),
            query: "x > 1".to_owned(),
            labels: BTreeMap::from([("severity".to_owned(), "warning".to_owned())]),
            duration,
        }
    }

    fn series(times: &[f64]) -> Series {
        Series {
            metric: BTreeMap::from([
                ("__name__".to_owned(), "x".to_owned()),
                ("service".to_owned(), "a\"b".to_owned()),
            ]),
            values: times.iter().map(|at| (*at, "2".to_owned())).collect(),
        }
    }

    #[test]
    fn an_alert_holds_since_the_first_of_an_unbroken_run() {
        let end = Timestamp::from_second(600).unwrap();
        let mut out = String::new();
        assert!(alert(&rule(120.0), &series(&[60.0, 120.0, 480.0, 540.0, 600.0]), end, &mut out));
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines[0], r#"ALERTS{alertname="Hot",alertstate="pending",service="a\"b",severity="warning"} 1 60"#);
        assert_eq!(lines[3], r#"ALERTS_FOR_STATE{alertname="Hot",service="a\"b",severity="warning"} 60 120"#);
        assert_eq!(lines[8], r#"ALERTS{alertname="Hot",alertstate="firing",service="a\"b",severity="warning"} 1 600"#);
        assert_eq!(lines[9], r#"ALERTS_FOR_STATE{alertname="Hot",service="a\"b",severity="warning"} 480 600"#);
        for (duration, times, fires) in
            [(180.0, &[480.0, 540.0, 600.0][..], false), (0.0, &[600.0], true), (0.0, &[540.0], false)]
        {
            assert_eq!(alert(&rule(duration), &series(times), end, &mut String::new()), fires, "{times:?}");
        }
    }

    #[test]
    fn a_query_mentions_whole_names_only() {
        for (query, wanted) in [
            ("rate(a:b[5m])", true),
            ("a:b > 1", true),
            ("a:b:c > 1", false),
            ("xa:b", false),
            ("a_a:b or sum(a:b)", true),
        ] {
            assert_eq!(mentions(query, "a:b"), wanted, "{query}");
        }
    }
}

//! What a check found, and the way of a request: as text for a person, as JSON for other programs.

use std::fmt::Write as _;

use jiff::Timestamp;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::ink::{Ink, Tone, letters};
use super::once::Options;
use crate::domain::{CheckResult, CheckState, Looked, Trace};
use crate::format::{self, sanitise};

#[cfg(test)]
mod docs;

/// Name and version of the JSON that [`json`] writes.
pub const SCHEMA: &str = "rounds.check/1";

/// Name and version of the JSON that [`trace_json`] writes.
pub const TRACE_SCHEMA: &str = "rounds.trace/1";

/// The exit code: 0 where all is as it should be, 1 with a warning, 2 with a failure, 3 where it could not be found out.
pub const fn exit_code(state: CheckState) -> u8 {
    match state {
        CheckState::Pass => 0,
        CheckState::Warn => 1,
        CheckState::Fail => 2,
        CheckState::Unknown => 3,
    }
}

/// Symbol and word, and how they are said.
pub const fn badge(state: CheckState) -> (&'static str, Tone) {
    match state {
        CheckState::Pass => ("✔ pass", Tone::Plain),
        CheckState::Warn => ("▲ warn", Tone::Warning),
        CheckState::Fail => ("✖ fail", Tone::Critical),
        CheckState::Unknown => ("? unknown", Tone::Unknown),
    }
}

/// A check for a person: the answer, everything that was looked at with where it was read, the next step.
pub fn text(result: &CheckResult, options: &Options) -> String {
    let ink = Ink { colour: options.colour };
    let mut out = String::new();
    let (badge, tone) = badge(result.state);
    let took = took(result.took);
    let question = sanitise(&result.check.to_string()).into_owned();
    let _ = writeln!(out, "{}  {question}{}", ink.paint(tone, badge), ink.paint(Tone::Dim, &took));
    let _ = writeln!(out, "{}\n", ink.paint(Tone::Strong, &sanitise(&result.summary)));
    looked(&result.looked, options, ink, &mut out);
    ending(&result.causes, result.next_step.as_deref(), &mut out);
    letters(out, options.ascii)
}

/// The way of a request for a person: each hop, the broken one marked.
pub fn trace_text(trace: &Trace, options: &Options) -> String {
    let ink = Ink { colour: options.colour };
    let mut out = String::new();
    let (badge, tone) = badge(trace.state());
    let took = took(trace.took);
    let service = sanitise(&trace.service.to_string()).into_owned();
    let _ = writeln!(out, "{}  trace {service}{}", ink.paint(tone, badge), ink.paint(Tone::Dim, &took));
    let _ = writeln!(out, "{}\n", ink.paint(Tone::Strong, &sanitise(&trace.summary)));
    for (position, hop) in trace.hops.iter().enumerate() {
        let (badge, tone) = self::badge(hop.state);
        let mark = if trace.broken == Some(position) { "  <- broken here" } else { "" };
        let name = if hop.name.is_empty() { String::new() } else { format!("  {}", sanitise(&hop.name)) };
        let _ = writeln!(out, "{}  {}{name}{}", ink.paint(tone, badge), hop.kind.word(), ink.paint(tone, mark));
        looked(&hop.looked, options, ink, &mut out);
    }
    ending(&trace.causes, trace.next_step.as_deref(), &mut out);
    letters(out, options.ascii)
}

/// How long it took; the simulated fleet takes no time.
fn took(took: std::time::Duration) -> String {
    if took.is_zero() { String::new() } else { format!("  ({})", format::seconds(took.as_secs_f64())) }
}

fn looked(all: &[Looked], options: &Options, ink: Ink, out: &mut String) {
    for looked in all.iter().filter(|looked| !options.problems_only || looked.state != CheckState::Pass) {
        let (badge, tone) = badge(looked.state);
        let _ = writeln!(out, "  {}  {}", ink.paint(tone, &format::pad_right(badge, 9)), sanitise(&looked.text));
        if !looked.from.is_empty() {
            let _ = writeln!(out, "             {}", ink.paint(Tone::Dim, &sanitise(&looked.from)));
        }
    }
}

fn ending(causes: &[String], next_step: Option<&str>, out: &mut String) {
    if !causes.is_empty() {
        let _ = writeln!(out, "\ncause: {}", causes.iter().map(|cause| sanitise(cause)).collect::<Vec<_>>().join(", "));
    }
    if let Some(step) = next_step {
        let _ = writeln!(out, "-> {}", sanitise(step));
    }
}

/// What a check found.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(title = "rounds check -o json", extend("$id" = "rounds/check/1"))]
struct CheckReport<'r> {
    /// Name and version of this form: `rounds.check/1`.
    schema: &'static str,
    /// 0 pass, 1 warn, 2 fail, 3 it could not be found out.
    exit_code: u8,
    /// Which check.
    check: &'static str,
    /// What it was told, by option.
    with: &'r std::collections::BTreeMap<String, String>,
    /// The worst of everything looked at.
    state: CheckState,
    /// The answer in one line.
    summary: String,
    /// What is the matter, by name; docs/checks.md says what each means.
    causes: &'r [String],
    /// What was learnt beside the answer, by name.
    facts: &'r std::collections::BTreeMap<String, String>,
    /// Everything that was looked at.
    looked: Vec<Looked>,
    /// What to do next.
    next_step: Option<String>,
    /// When.
    #[schemars(with = "String")]
    at: Timestamp,
    /// How long it took, in milliseconds.
    took_ms: u64,
}

/// The way of a request.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(title = "rounds trace -o json", extend("$id" = "rounds/trace/1"))]
struct TraceReport<'r> {
    /// Name and version of this form: `rounds.trace/1`.
    schema: &'static str,
    /// 0 pass, 1 warn, 2 fail, 3 it could not be found out.
    exit_code: u8,
    /// The service's cluster.
    cluster: &'r str,
    /// The service.
    service: &'r str,
    /// The worst of the hops.
    state: CheckState,
    /// The answer in one line.
    summary: String,
    /// The first broken hop; null where none was seen.
    broken: Option<crate::domain::HopKind>,
    /// Every hop, in the order a request takes them.
    hops: Vec<HopReport<'r>>,
    /// What is the matter, by name.
    causes: &'r [String],
    /// What to do next.
    next_step: Option<String>,
    /// When.
    #[schemars(with = "String")]
    at: Timestamp,
    /// How long it took, in milliseconds.
    took_ms: u64,
}

/// One hop of the way.
#[derive(Serialize, schemars::JsonSchema)]
struct HopReport<'r> {
    /// Which.
    kind: crate::domain::HopKind,
    /// How it is.
    state: CheckState,
    /// What it is called, as far as that is known.
    name: &'r str,
    /// Everything that was looked at.
    looked: Vec<Looked>,
}

/// The JSON Schema of [`json`].
pub fn schema() -> serde_json::Value {
    schema_of::<CheckReport<'_>>()
}

/// The JSON Schema of [`trace_json`].
pub fn trace_schema() -> serde_json::Value {
    schema_of::<TraceReport<'_>>()
}

fn schema_of<T: schemars::JsonSchema>() -> serde_json::Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

fn clean(all: &[Looked]) -> Vec<Looked> {
    let text = |text: &str| sanitise(text).into_owned();
    all.iter().map(|one| Looked { state: one.state, text: text(&one.text), from: text(&one.from) }).collect()
}

fn millis(took: std::time::Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn pretty(report: &impl Serialize) -> String {
    // Strings and integers only: nothing that JSON cannot say.
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}

/// A check as JSON, pretty-printed, with a line end.
pub fn json(result: &CheckResult) -> String {
    pretty(&CheckReport {
        schema: SCHEMA,
        exit_code: exit_code(result.state),
        check: result.check.kind.name(),
        with: &result.check.with,
        state: result.state,
        summary: sanitise(&result.summary).into_owned(),
        causes: &result.causes,
        facts: &result.facts,
        looked: clean(&result.looked),
        next_step: result.next_step.as_deref().map(|step| sanitise(step).into_owned()),
        at: result.at,
        took_ms: millis(result.took),
    })
}

/// The way of a request as JSON, pretty-printed, with a line end.
pub fn trace_json(trace: &Trace) -> String {
    let hops = trace.hops.iter().map(|hop| HopReport {
        kind: hop.kind,
        state: hop.state,
        name: &hop.name,
        looked: clean(&hop.looked),
    });
    pretty(&TraceReport {
        schema: TRACE_SCHEMA,
        exit_code: exit_code(trace.state()),
        cluster: &trace.service.cluster,
        service: &trace.service.name,
        state: trace.state(),
        summary: sanitise(&trace.summary).into_owned(),
        broken: trace.broken.and_then(|position| trace.hops.get(position)).map(|hop| hop.kind),
        hops: hops.collect(),
        causes: &trace.causes,
        next_step: trace.next_step.as_deref().map(|step| sanitise(step).into_owned()),
        at: trace.at,
        took_ms: millis(trace.took),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{Check, CheckKind, Hop, HopKind, ServiceId};

    fn seen(state: CheckState, text: &str) -> Looked {
        Looked { state, text: text.to_owned(), from: "elb:DescribeTargetHealth".to_owned() }
    }

    pub(super) fn result() -> CheckResult {
        CheckResult {
            check: Check::new(CheckKind::Alb).with("service", "grafana"),
            state: CheckState::Fail,
            summary: "0 of 1 target of target group grafana healthy".to_owned(),
            looked: vec![
                seen(CheckState::Fail, "target 10.0.1.7:3000 is unhealthy\x1b[2J"),
                seen(CheckState::Pass, "grafana is active"),
            ],
            causes: vec!["target-unhealthy".to_owned(), "no-healthy-target".to_owned()],
            facts: [("task".to_owned(), "3f9c21aa".to_owned())].into(),
            next_step: Some("read its log".to_owned()),
            at: Timestamp::from_second(1_795_392_000).unwrap(),
            took: Duration::from_millis(214),
        }
    }

    #[test]
    fn a_check_is_told_with_where_it_was_read() {
        let text = text(&result(), &Options { ascii: true, ..Options::default() });
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_checks_json_is_stable() {
        insta::assert_snapshot!(json(&result()));
    }

    #[test]
    fn the_broken_hop_is_marked() {
        let hop = |kind, state, name: &str, looked| Hop { kind, state, name: name.to_owned(), looked: vec![looked] };
        let trace = Trace {
            service: ServiceId::new("prod", "grafana"),
            hops: vec![
                hop(HopKind::Dns, CheckState::Pass, "grafana.example.com", seen(CheckState::Pass, "resolves")),
                hop(HopKind::Listener, CheckState::Unknown, "", seen(CheckState::Unknown, "could not be seen")),
                hop(HopKind::TargetGroup, CheckState::Fail, "grafana", seen(CheckState::Fail, "no target is healthy")),
            ],
            broken: Some(2),
            summary: "grafana: broken at the target group: no target is healthy".to_owned(),
            causes: vec!["no-healthy-target".to_owned()],
            next_step: None,
            at: Timestamp::from_second(1_795_392_000).unwrap(),
            took: Duration::from_millis(31),
        };
        insta::assert_snapshot!(trace_text(&trace, &Options::default()));
        let json: serde_json::Value = serde_json::from_str(&trace_json(&trace)).unwrap();
        assert_eq!((json["broken"].as_str(), json["exit_code"].as_u64()), (Some("target-group"), Some(2)));
    }
}

//! Checked values become settings: defaults filled in, and the rules that span several keys.

use std::collections::BTreeMap;
use std::path::Path;

use super::http::{http, reach};
use super::queries;
use super::section::Section;
use super::settings::{
    ARM_FOR, Alertmanager, AssumeRole, Aws, CHANGE_TIMEOUT, Context, Grafana, LogGroup, Logs, Loki, Mouse, Prometheus,
    Refresh, Settings, Ui,
};
use crate::domain::{Limit, Policy, Signal};
use crate::located::{Draft, did_you_mean, listed};

/// The settings a file means. What cannot be right is left out and said in `drafts`.
pub(super) fn settings(root: &Section, file: &Path, drafts: &mut Vec<Draft>) -> Settings {
    let contexts: BTreeMap<String, Context> =
        root.named("contexts").map(|(name, section)| (name.clone(), context(name, section, drafts))).collect();
    let default_context = root.text("default_context");
    if let Some(name) = &default_context
        && !contexts.contains_key(name)
    {
        let names = || contexts.keys().map(String::as_str);
        let hint = did_you_mean(name, names()).unwrap_or_else(|| format!("contexts here: {}", listed(names())));
        let what = format!("`default_context` names `{name}`, and there is no such context");
        drafts.push(Draft::new(root.at("default_context"), what).hint(hint).absence());
    }
    Settings { file: Some(file.to_owned()), default_context, contexts, ui: ui(root.section("ui")) }
}

fn ui(section: Option<&Section>) -> Ui {
    let Some(section) = section else {
        return Ui::default();
    };
    let default = Ui::default();
    Ui {
        theme: section.text("theme").unwrap_or(default.theme),
        keymap: section.text("keymap").unwrap_or(default.keymap),
        mouse: match section.text("mouse").as_deref() {
            Some("on") => Mouse::On,
            Some("off") => Mouse::Off,
            _ => Mouse::Auto,
        },
        ascii: section.flag("ascii"),
        time_zone: section.text("time_zone"),
    }
}

fn context(name: &str, section: &Section, drafts: &mut Vec<Draft>) -> Context {
    let grafana = section.has("grafana");
    if !grafana && !["aws", "prometheus", "alertmanager"].into_iter().any(|key| section.has(key)) {
        drafts.push(
            Draft::new(&section.at, format!("[{}] has nothing to look at", section.path))
                .hint(format!("add at least one backend; for ECS and CloudWatch: [{}.aws]", section.path))
                .absence(),
        );
    }
    Context {
        name: name.to_owned(),
        production: section.flag("production").unwrap_or(false),
        read_only: section.flag("read_only").unwrap_or(false),
        arm_for: section.duration("arm_for").unwrap_or(ARM_FOR),
        change_timeout: section.duration("change_timeout").unwrap_or(CHANGE_TIMEOUT),
        aws: section.section("aws").map(aws),
        prometheus: section.section("prometheus").and_then(|section| prometheus(section, grafana, drafts)),
        alertmanager: section
            .section("alertmanager")
            .and_then(|section| reach(section, grafana, drafts))
            .map(|reach| Alertmanager { reach }),
        grafana: section.section("grafana").and_then(|section| {
            Some(Grafana { http: http(section, drafts)?, alerts: section.flag("alerts").unwrap_or(true) })
        }),
        policy: section.section("thresholds").map_or_else(Policy::default, |section| policy(section, drafts)),
        refresh: refresh(section.section("refresh")),
        logs: section.section("logs").map_or_else(Logs::default, |section| logs(section, grafana, drafts)),
        stack_services: section.texts("stack_services").unwrap_or_else(stack_services),
        services: section.texts("services").unwrap_or_default(),
    }
}

/// The names the stack's own services usually have.
pub fn stack_services() -> Vec<String> {
    ["prometheus", "grafana", "alertmanager", "cloudwatch-exporter", "loki"]
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("*-{name}")])
        .collect()
}

fn aws(section: &Section) -> Aws {
    Aws {
        profile: section.text("profile"),
        region: section.text("region"),
        clusters: section.texts("clusters").unwrap_or_default(),
        assume_role: section.section("assume_role").and_then(|role| {
            Some(AssumeRole {
                arn: role.text("arn")?,
                external_id: role.text("external_id"),
                session_name: role.text("session_name").unwrap_or_else(|| "rounds".to_owned()),
            })
        }),
        endpoint_url: section.url("endpoint_url"),
        cloudwatch: section.flag("cloudwatch").unwrap_or(true),
    }
}

fn prometheus(section: &Section, grafana: bool, drafts: &mut Vec<Draft>) -> Option<Prometheus> {
    let service_label = section.text("service_label").unwrap_or_else(|| "service".to_owned());
    let cluster_label = section.text("cluster_label");
    if cluster_label.as_ref() == Some(&service_label) {
        drafts.push(
            Draft::new(section.at("cluster_label"), "one label cannot name both the service and its cluster")
                .hint("leave `cluster_label` out unless service names repeat across clusters"),
        );
    }
    let signals = section.section("signals");
    let query = |signal: Signal| {
        signals.and_then(|section| section.text(signal.key())).unwrap_or_else(|| queries::default(signal).to_owned())
    };
    Some(Prometheus {
        reach: reach(section, grafana, drafts)?,
        service_label,
        cluster_label,
        queries: Signal::ALL.into_iter().map(|signal| (signal, query(signal))).collect(),
    })
}

fn logs(section: &Section, grafana: bool, drafts: &mut Vec<Draft>) -> Logs {
    let default = Logs::default();
    let group = |(services, section): (&String, &Section)| {
        Some(LogGroup {
            services: services.clone(),
            group: section.text("group")?,
            stream_prefix: section.text("stream_prefix"),
            region: section.text("region"),
        })
    };
    let lines = section.count("lines").and_then(|lines| usize::try_from(lines).ok());
    let loki = |section: &Section, drafts: &mut Vec<Draft>| {
        Some(Loki {
            reach: reach(section, grafana, drafts)?,
            selector: section.text("selector").unwrap_or_else(|| r#"{service="$service"}"#.to_owned()),
            task_label: section.text("task_label"),
            container_label: section.text("container_label"),
        })
    };
    Logs {
        lines: lines.unwrap_or(default.lines),
        groups: section.named("groups").filter_map(group).collect(),
        loki: section.section("loki").and_then(|section| loki(section, drafts)),
    }
}

fn policy(section: &Section, drafts: &mut Vec<Draft>) -> Policy {
    let default = Policy::default();
    let duration = |name: &str| section.duration(name);
    let mut limit =
        |name: &str, default: Limit| section.section(name).map_or(default, |section| percent(section, default, drafts));
    let (cpu, memory, errors) =
        (limit("cpu", default.cpu), limit("memory", default.memory), limit("errors", default.errors));
    Policy {
        cpu,
        memory,
        errors,
        latency: section.section("latency").and_then(|section| latency(section, drafts)),
        min_request_rate: section.number("min_request_rate").unwrap_or(default.min_request_rate),
        hold: duration("hold").unwrap_or(default.hold),
        hysteresis: section.number("hysteresis").unwrap_or(default.hysteresis),
        pending_limit: duration("pending").unwrap_or(default.pending_limit),
        rollout_limit: duration("rollout").unwrap_or(default.rollout_limit),
        crash_count: section
            .count("crash_count")
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or(default.crash_count),
        crash_window: duration("crash_window").unwrap_or(default.crash_window),
        target_grace: duration("target_grace").unwrap_or(default.target_grace),
    }
}

fn percent(section: &Section, default: Limit, drafts: &mut Vec<Draft>) -> Limit {
    let limit = Limit {
        warning: section.number("warning").unwrap_or(default.warning),
        critical: section.number("critical").unwrap_or(default.critical),
        ..default
    };
    in_order(section, limit, "", drafts);
    limit
}

fn latency(section: &Section, drafts: &mut Vec<Draft>) -> Option<Limit> {
    let seconds = |name: &str| section.duration(name).map(|length| length.as_secs_f64());
    let limit = Limit { warning: seconds("warning")?, critical: seconds("critical")?, inclusive: false };
    in_order(section, limit, "s", drafts);
    Some(limit)
}

/// Critical comes after warning.
fn in_order(section: &Section, limit: Limit, unit: &str, drafts: &mut Vec<Draft>) {
    if limit.critical >= limit.warning {
        return;
    }
    let (warning, critical) = (limit.warning, limit.critical);
    let what = format!("critical ({critical}{unit}) is below warning ({warning}{unit}) in `{}`", section.path);
    let place = if section.has("critical") { "critical" } else { "warning" };
    let draft = Draft::new(section.at(place), what).expected("expected warning <= critical");
    drafts.push(if section.has("critical") && section.has("warning") {
        draft.also(section.at("warning"), "warning")
    } else {
        draft.hint("the other one is the default: give both")
    });
}

fn refresh(section: Option<&Section>) -> Refresh {
    let default = Refresh::default();
    let every = |name: &str| section.and_then(|section| section.duration(name));
    Refresh {
        ecs: every("ecs").unwrap_or(default.ecs),
        prometheus: every("prometheus").unwrap_or(default.prometheus),
        alertmanager: every("alertmanager").unwrap_or(default.alertmanager),
        grafana: every("grafana").unwrap_or(default.grafana),
        cloudwatch: every("cloudwatch").unwrap_or(default.cloudwatch),
    }
}

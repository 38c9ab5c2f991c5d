//! The effective configuration as TOML that means the same when it is read again. Secrets show as references only.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::check::{bare_or_quoted, duration_text};
use super::settings::{
    Auth, Aws, Context, HeaderText, Http, Logs, Mouse, Prometheus, Reach, Refresh, SecretRef, Settings, Ui,
};
use crate::domain::{Limit, Policy, Signal};

/// The effective configuration, defaults included: of one context, or of all.
pub fn show(settings: &Settings, only: Option<&str>) -> String {
    let mut out = Toml::default();
    if let Some(name) = settings.default_context.as_deref().filter(|name| only.is_none_or(|only| only == *name)) {
        out.text("default_context", name);
    }
    ui(&mut out, &settings.ui);
    for context in settings.contexts.values().filter(|context| only.is_none_or(|only| only == context.name)) {
        show_context(&mut out, context);
    }
    out.0
}

fn ui(out: &mut Toml, ui: &Ui) {
    out.table("ui");
    out.text("theme", &ui.theme);
    out.text("keymap", &ui.keymap);
    let mouse = match ui.mouse {
        Mouse::Auto => "auto",
        Mouse::On => "on",
        Mouse::Off => "off",
    };
    out.text("mouse", mouse);
    if let Some(ascii) = ui.ascii {
        out.raw("ascii", ascii);
    }
    out.maybe("time_zone", ui.time_zone.as_deref());
}

fn show_context(out: &mut Toml, context: &Context) {
    let path = format!("contexts.{}", bare_or_quoted(&context.name));
    out.table(&path);
    out.raw("production", context.production);
    out.raw("read_only", context.read_only);
    out.duration("arm_for", context.arm_for);
    out.duration("change_timeout", context.change_timeout);
    out.texts("services", &context.services);
    out.texts("stack_services", &context.stack_services);
    if let Some(settings) = &context.aws {
        out.table(&format!("{path}.aws"));
        aws(out, settings);
    }
    if let Some(grafana) = &context.grafana {
        out.table(&format!("{path}.grafana"));
        http(out, &grafana.http);
        out.raw("alerts", grafana.alerts);
    }
    if let Some(settings) = &context.prometheus {
        prometheus(out, settings, &format!("{path}.prometheus"));
    }
    if let Some(alertmanager) = &context.alertmanager {
        out.table(&format!("{path}.alertmanager"));
        reach(out, &alertmanager.reach);
    }
    logs(out, &context.logs, &format!("{path}.logs"));
    out.table(&format!("{path}.thresholds"));
    policy(out, &context.policy);
    out.table(&format!("{path}.refresh"));
    refresh(out, context.refresh);
}

fn aws(out: &mut Toml, aws: &Aws) {
    out.maybe("profile", aws.profile.as_deref());
    out.maybe("region", aws.region.as_deref());
    if aws.clusters.is_empty() {
        out.text("clusters", "all");
    } else {
        out.texts("clusters", &aws.clusters);
    }
    if let Some(role) = &aws.assume_role {
        let external_id =
            role.external_id.as_deref().map(|id| format!("external_id = {}, ", quote(id))).unwrap_or_default();
        let (arn, session) = (quote(&role.arn), quote(&role.session_name));
        out.raw("assume_role", format_args!("{{ arn = {arn}, {external_id}session_name = {session} }}"));
    }
    out.maybe("endpoint_url", aws.endpoint_url.as_ref().map(url::Url::as_str));
    out.raw("cloudwatch", aws.cloudwatch);
}

fn prometheus(out: &mut Toml, prometheus: &Prometheus, path: &str) {
    out.table(path);
    reach(out, &prometheus.reach);
    out.text("service_label", &prometheus.service_label);
    out.maybe("cluster_label", prometheus.cluster_label.as_deref());
    out.table(&format!("{path}.signals"));
    for signal in Signal::ALL {
        out.maybe(signal.key(), prometheus.queries.get(&signal).map(String::as_str));
    }
}

fn logs(out: &mut Toml, logs: &Logs, path: &str) {
    out.table(path);
    out.raw("lines", logs.lines);
    for group in &logs.groups {
        out.table(&format!("{path}.groups.{}", bare_or_quoted(&group.services)));
        out.text("group", &group.group);
        out.maybe("stream_prefix", group.stream_prefix.as_deref());
        out.maybe("region", group.region.as_deref());
    }
    if let Some(loki) = &logs.loki {
        out.table(&format!("{path}.loki"));
        reach(out, &loki.reach);
        out.text("selector", &loki.selector);
        out.maybe("task_label", loki.task_label.as_deref());
        out.maybe("container_label", loki.container_label.as_deref());
    }
}

fn reach(out: &mut Toml, reach: &Reach) {
    match reach {
        Reach::Direct(direct) => http(out, direct),
        Reach::Grafana { uid } => {
            out.text("via", "grafana");
            out.maybe("grafana_uid", uid.as_deref());
        }
    }
}

fn http(out: &mut Toml, http: &Http) {
    out.text("url", http.url.as_str());
    match &http.auth {
        Auth::None => {}
        Auth::Bearer(token) => secret(out, "token", token),
        Auth::Basic { username, password } => {
            out.text("username", username);
            secret(out, "password", password);
        }
    }
    if !http.headers.is_empty() {
        let headers: Vec<String> = http
            .headers
            .iter()
            .map(|(name, text)| {
                let value = match text {
                    HeaderText::Plain(text) => quote(text),
                    HeaderText::Secret(secret) => {
                        let (kind, reference) = reference(secret);
                        format!("{{ {kind} = {reference} }}")
                    }
                };
                format!("{} = {value}", bare_or_quoted(name))
            })
            .collect();
        out.raw("headers", format_args!("{{ {} }}", headers.join(", ")));
    }
    out.path("ca_file", http.ca_file.as_deref());
    out.path("client_cert", http.client_certificate.as_ref().map(|(certificate, _)| certificate.as_path()));
    out.path("client_key", http.client_certificate.as_ref().map(|(_, key)| key.as_path()));
    out.duration("timeout", http.timeout);
}

fn secret(out: &mut Toml, name: &str, secret: &SecretRef) {
    let (kind, reference) = reference(secret);
    out.raw(&format!("{name}_{kind}"), reference);
}

/// What a secret is kept in, and where that is.
fn reference(secret: &SecretRef) -> (&'static str, String) {
    match secret {
        SecretRef::File(path) => ("file", quote(&path.to_string_lossy())),
        SecretRef::Env(name) => ("env", quote(name)),
        SecretRef::Command(words) => ("command", list(words)),
    }
}

fn policy(out: &mut Toml, policy: &Policy) {
    for (name, limit) in [("cpu", policy.cpu), ("memory", policy.memory), ("errors", policy.errors)] {
        out.raw(name, format_args!("{{ warning = {}, critical = {} }}", limit.warning, limit.critical));
    }
    if let Some(Limit { warning, critical, .. }) = policy.latency {
        let text = |seconds: f64| quote(&duration_text(Duration::try_from_secs_f64(seconds).unwrap_or_default()));
        out.raw("latency", format_args!("{{ warning = {}, critical = {} }}", text(warning), text(critical)));
    }
    out.raw("min_request_rate", policy.min_request_rate);
    out.duration("hold", policy.hold);
    out.raw("hysteresis", policy.hysteresis);
    out.duration("pending", policy.pending_limit);
    out.duration("rollout", policy.rollout_limit);
    out.raw("crash_count", policy.crash_count);
    out.duration("crash_window", policy.crash_window);
    out.duration("target_grace", policy.target_grace);
}

fn refresh(out: &mut Toml, refresh: Refresh) {
    for (name, every) in [
        ("ecs", refresh.ecs),
        ("prometheus", refresh.prometheus),
        ("alertmanager", refresh.alertmanager),
        ("grafana", refresh.grafana),
        ("cloudwatch", refresh.cloudwatch),
    ] {
        out.duration(name, every);
    }
}

/// TOML being written.
#[derive(Default)]
struct Toml(String);

impl Toml {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }

    fn table(&mut self, path: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.line(format_args!("[{path}]"));
    }

    fn raw(&mut self, key: &str, value: impl std::fmt::Display) {
        self.line(format_args!("{key} = {value}"));
    }

    fn text(&mut self, key: &str, value: &str) {
        self.raw(key, quote(value));
    }

    fn texts(&mut self, key: &str, values: &[String]) {
        self.raw(key, list(values));
    }

    fn maybe(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    fn path(&mut self, key: &str, value: Option<&Path>) {
        self.maybe(key, value.map(|path| path.to_string_lossy()).as_deref());
    }

    fn duration(&mut self, key: &str, value: Duration) {
        self.text(key, &duration_text(value));
    }
}

fn list(values: &[String]) -> String {
    format!("[{}]", values.iter().map(|value| quote(value)).collect::<Vec<_>>().join(", "))
}

/// A text as TOML: as readable as its contents allow.
fn quote(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || crate::format::sanitise(c.encode_utf8(&mut [0; 4])) != *c.encode_utf8(&mut [0; 4])
    };
    let plain = !text.chars().any(|c| c != '\n' && hidden(c));
    if plain && text.contains('\n') && !text.contains("'''") && !text.ends_with('\'') {
        return format!("'''\n{text}'''");
    }
    if plain && text.contains(['"', '\\']) && !text.contains(['\'', '\n']) {
        return format!("'{text}'");
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if hidden(c) || c == '\n' => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use toml::de::DeTable;

    use super::*;

    proptest! {
        #[test]
        fn any_text_reads_back_as_itself(text in prop_oneof![any::<String>(), "['\"\\\\\\n a]{0,12}"]) {
            let line = format!("x = {}", quote(&text));
            let tree = DeTable::parse(&line).map_err(|error| TestCaseError::fail(format!("{line}: {error}")))?;
            let value = tree.get_ref().get("x").and_then(|value| value.get_ref().as_str().map(str::to_owned));
            prop_assert_eq!(value, Some(text));
        }

        #[test]
        fn any_duration_reads_back_as_itself(millis in 0u64..10_000_000_000) {
            let length = Duration::from_millis(millis);
            prop_assert_eq!(crate::format::parse_duration(&duration_text(length)), Ok(length));
        }
    }
}

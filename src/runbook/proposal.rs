//! From what a step says to the change it proposes.

use std::collections::BTreeMap;

use crate::domain::{Change, ChangeKind, Matcher, ServiceId, SilenceAsk, Snapshot, SourceKind};
use crate::format;

use super::options::MOST_TASKS;
use super::resolve;

/// For how long alerts are silenced where a step does not say.
const LASTS: std::time::Duration = std::time::Duration::from_hours(1);

/// The change, where everything it needs is known.
///
/// # Errors
/// What is missing, as the rest of a sentence.
pub(super) fn proposal(
    kind: ChangeKind,
    with: &BTreeMap<String, String>,
    snapshot: &Snapshot,
) -> Result<Change, String> {
    let told = |name: &str| with.get(name).ok_or_else(|| format!("its {name} is not known"));
    let service = || -> Result<ServiceId, String> { resolve::service(snapshot, told("service")?) };
    Ok(match kind {
        ChangeKind::Restart => Change::RestartTask { service: service()?, task: told("task")?.clone() },
        ChangeKind::Redeploy => Change::Redeploy { service: service()? },
        ChangeKind::Scale => {
            let service = service()?;
            let desired = desired(told("desired")?, &service, snapshot)?;
            Change::Scale { service, desired }
        }
        ChangeKind::Rollback => Change::RollBack { service: service()? },
        ChangeKind::Silence => silence(with, told("comment")?.clone(), snapshot)?,
        ChangeKind::Annotate => {
            let tags = with.get("tags").map(String::as_str).unwrap_or_default();
            let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
            Change::Annotate { text: told("text")?.clone(), tags }
        }
        ChangeKind::Reload => Change::ReloadPrometheus,
    })
}

fn desired(told: &str, service: &ServiceId, snapshot: &Snapshot) -> Result<u32, String> {
    let at_most = |number: u32| match number {
        ..=MOST_TASKS => Ok(number),
        _ => Err(format!("{number} tasks are more than {MOST_TASKS}, the most a service is scaled to")),
    };
    let number = |text: &str| text.parse::<u32>().map_err(|_| format!("`{text}` is no number of tasks"));
    let Some(more) = told.strip_prefix('+') else { return at_most(number(told)?) };
    let ecs = snapshot.service(service).and_then(|service| service.ecs.as_ref());
    let now = ecs.ok_or_else(|| format!("how many tasks of {} are wanted now is not known", service.name))?.desired;
    at_most(now.saturating_add(number(more)?))
}

fn silence(with: &BTreeMap<String, String>, comment: String, snapshot: &Snapshot) -> Result<Change, String> {
    let matcher = |name: &str, value: &str| Matcher {
        name: name.to_owned(),
        value: value.to_owned(),
        is_regex: false,
        is_negated: false,
    };
    let mut matchers = Vec::new();
    if let Some(alert) = with.get("alert") {
        matchers.push(matcher("alertname", alert));
    }
    if let Some(service) = with.get("service") {
        matchers.push(matcher("service", &resolve::service(snapshot, service)?.name));
    }
    if matchers.is_empty() {
        return Err("whose alerts is not known".to_owned());
    }
    let lasts = match with.get("lasts") {
        Some(lasts) => format::parse_duration(lasts)?,
        None => LASTS,
    };
    Ok(Change::Silence(SilenceAsk { matchers, lasts, comment, source: SourceKind::Alertmanager }))
}

//! What sources that cannot be read mean for the whole.

use super::Round;
use crate::domain::{
    Evidence, Finding, FindingKind, ServiceHealth, Since, SourceKind, SourceState, SourceStatus, Verdict,
};

/// Findings about the sources themselves, and about there being nothing to see.
pub fn findings(round: &Round<'_>, services: &[ServiceHealth]) -> Vec<Finding> {
    let mut found: Vec<Finding> = round.sources.iter().filter_map(|source| failing(round, source)).collect();
    if let Some(grafana) = round.facts.grafana()
        && grafana.database_ok == Some(false)
        && round.why_stale(SourceKind::Grafana).is_none()
    {
        let text = "grafana answers, but says that its database does not".to_owned();
        found.push(finding(SourceKind::Grafana, Verdict::Warning, "GET /api/health", text, None, round));
    }
    found.extend(round.sources.iter().flat_map(|source| unseen(round, source)));
    let is_ecs_empty =
        round.setting.services.is_empty() && round.facts.ecs().is_some_and(|_| round.facts.services().is_empty());
    if (services.is_empty() || is_ecs_empty) && found.is_empty() {
        found.push(nothing(round));
    }
    found
}

fn failing(round: &Round<'_>, source: &SourceStatus) -> Option<Finding> {
    let kind = source.kind;
    let (text, since) = match &source.state {
        SourceState::Fresh { .. } | SourceState::Standby => return None,
        SourceState::Waiting => (format!("{kind} has not answered yet"), None),
        SourceState::Stale { at } => (format!("{kind} does not answer"), Some(*at)),
        SourceState::Failing { error, since, .. } => {
            (format!("{kind} cannot be read: {}", error.reason_and_step()), Some(*since))
        }
    };
    let since = since.map(|at| Since { at, or_earlier: false });
    Some(finding(kind, Verdict::Unknown, &source.place, text, since, round))
}

/// Parts of an answer that verdicts rest on and that are not there: services may be ill in ways nobody looked for.
fn unseen<'a>(round: &'a Round<'_>, source: &'a SourceStatus) -> impl Iterator<Item = Finding> + 'a {
    let is_fresh = matches!(source.state, SourceState::Fresh { .. });
    let parts = round.facts.unseen(source.kind).iter().filter(move |_| is_fresh);
    parts.map(|part| {
        let text = format!("{} unknown: {}", part.what, part.why);
        finding(source.kind, Verdict::Unknown, &source.place, text, None, round)
    })
}

/// No service at all is no health: a wrong region, cluster or filter looks just like that.
fn nothing(round: &Round<'_>) -> Finding {
    let (kind, text) = if round.setting.services.is_empty() {
        match round.facts.ecs() {
            Some(ecs) => {
                let clusters: Vec<&str> = ecs.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
                let place = match clusters.len() {
                    0 => format!("no ECS cluster found in {}", ecs.region),
                    1..=5 => format!("no service found in {} ({})", clusters.join(", "), ecs.region),
                    n => format!("no service found in {n} clusters ({})", ecs.region),
                };
                (SourceKind::Ecs, place)
            }
            None => (
                SourceKind::Prometheus,
                "no series or target names a service: rounds doctor says what is missing".to_owned(),
            ),
        }
    } else {
        let globs: Vec<&str> = round.setting.services.iter().map(glob::Pattern::as_str).collect();
        (SourceKind::Ecs, format!("no service matches {}", globs.join(", ")))
    };
    finding(kind, Verdict::Unknown, "list of services", text, None, round)
}

fn finding(
    source: SourceKind,
    verdict: Verdict,
    query: &str,
    text: String,
    since: Option<Since>,
    round: &Round<'_>,
) -> Finding {
    let evidence = Evidence { source, query: query.to_owned(), value: None, threshold: None, at: round.now };
    Finding { verdict, kind: FindingKind::Source, text, since, evidence }
}

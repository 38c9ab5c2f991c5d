//! The output of a monitoring plugin, as Nagios, Icinga and their kin read it: one status line, detail lines, and
//! performance data behind the only `|` of the whole output.

use std::fmt::Write as _;

use super::super::ink::letters;
use super::super::outcome;
use super::Options;
use super::words::{self, Names};
use crate::domain::{Finding, Observed, ServiceHealth, Signal, Snapshot, Verdict};
use crate::format;

/// The most detail lines written. Nagios cuts a plugin's output off at 8 KiB; said is better than cut.
const MAX_DETAILS: usize = 30;

/// The most services whose values are written as performance data, for the same reason.
const MAX_GRAPHED: usize = 30;

/// The snapshot as a plugin's output.
pub fn nagios(snapshot: &Snapshot, options: &Options) -> String {
    let names = Names::of(snapshot);
    let mut out = status(snapshot, &names);
    let details = details(snapshot, options, &names);
    for line in details.iter().take(MAX_DETAILS) {
        let _ = write!(out, "\n \\_ {}", plain(line));
    }
    if details.len() > MAX_DETAILS {
        let _ = write!(out, "\n \\_ and {} more", details.len() - MAX_DETAILS);
    }
    out.push_str(" |");
    for datum in performance(snapshot, options, &names) {
        out.push(' ');
        out.push_str(&datum);
    }
    out.push('\n');
    letters(out, options.ascii)
}

/// `ROUNDS CRITICAL - api-2: error rate 4.1% >= 1% for 12m; 1 critical, 1 warning, 4 ok of 6 services`.
fn status(snapshot: &Snapshot, names: &Names<'_>) -> String {
    let demo = if snapshot.context.demo { " DEMO" } else { "" };
    let services = match snapshot.services.len() {
        0 => "no services".to_owned(),
        number => format!("{} of {}", words::counts(snapshot), format::count(number, "service")),
    };
    let verdict = outcome(snapshot);
    let why = headline(snapshot, verdict, names).map(|why| format!("{why}; ")).unwrap_or_default();
    plain(&format!("ROUNDS{demo} {} - {why}{services}", verdict.word().to_uppercase()))
}

/// The one reason worth the status line: that of the verdict given.
fn headline(snapshot: &Snapshot, verdict: Verdict, names: &Names<'_>) -> Option<String> {
    let worst = |finding: &&Finding| finding.verdict == verdict;
    let of_service = || {
        snapshot.services.iter().filter(|service| service.verdict == verdict).find_map(|service| {
            let finding = service.findings.iter().find(worst)?;
            Some(format!("{}: {}", names.label(&service.id), words::reason(finding, snapshot.at)))
        })
    };
    let of_none = || snapshot.findings.iter().find(worst).map(|finding| words::reason(finding, snapshot.at));
    let of_source = || {
        let source = words::troubled_sources(snapshot).next()?;
        let what = words::trouble(source, snapshot.at).what.into_iter().next()?;
        Some(format!("{}: {what}", source.kind))
    };
    match verdict {
        Verdict::Ok => None,
        Verdict::Unknown => of_source().or_else(of_service).or_else(of_none),
        Verdict::Warning | Verdict::Critical => of_service().or_else(of_none),
    }
}

/// One line a finding, worst first; then one a troubled source and a service that is well.
fn details(snapshot: &Snapshot, options: &Options, names: &Names<'_>) -> Vec<String> {
    let (problems, well): (Vec<_>, Vec<_>) =
        words::shown(snapshot, options).partition(|service| service.verdict.is_problem());
    let mut findings: Vec<(Verdict, String)> = Vec::new();
    for service in problems {
        let label = names.label(&service.id);
        if service.findings.is_empty() {
            findings.push((service.verdict, label.clone()));
        }
        let reason = |finding: &Finding| format!("{label}: {}", words::reason(finding, snapshot.at));
        findings.extend(service.findings.iter().map(|finding| (finding.verdict, reason(finding))));
    }
    let others = snapshot.findings.iter().filter(|finding| finding.verdict.is_problem());
    findings.extend(others.map(|finding| (finding.verdict, words::reason(finding, snapshot.at))));
    findings.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));

    let tagged = |verdict: Verdict, text: &str| format!("[{}] {text}", verdict.word().to_uppercase());
    let sources = words::troubled_sources(snapshot).map(|source| {
        let trouble = words::trouble(source, snapshot.at);
        let next = trouble.hints.iter().map(|hint| format!("; next: {hint}"));
        format!("source {}: {}{}", source.kind, trouble.what.join("; "), next.collect::<String>())
    });
    findings
        .iter()
        .map(|(verdict, text)| tagged(*verdict, text))
        .chain(sources)
        .chain(well.into_iter().map(|service| tagged(service.verdict, &names.label(&service.id))))
        .collect()
}

/// `'label'=value[unit];warning;critical;minimum;maximum`, the counts first, then every service's values: also of those
/// the lines leave out, because a graph wants the same values at every check.
fn performance(snapshot: &Snapshot, options: &Options, names: &Names<'_>) -> Vec<String> {
    let mut data: Vec<String> =
        snapshot.tally().iter().map(|(verdict, number)| format!("services_{verdict}={number};;;0")).collect();
    let firing = snapshot.alerts.iter().filter(|alert| alert.is_active()).count();
    data.push(format!("alerts_firing={firing};;;0"));
    if snapshot.services.len() > MAX_GRAPHED {
        return data;
    }
    let mut services: Vec<&ServiceHealth> = snapshot.services.iter().collect();
    services.sort_by(|one, other| one.id.cmp(&other.id));
    for service in services {
        let label = names.label(&service.id);
        match &service.tasks {
            Observed::NotApplicable(_) => {}
            Observed::Fresh(sampled) => data.push(format!("{}={};;;0", quoted(&label, "tasks"), sampled.value.running)),
            Observed::Stale(..) | Observed::Unknown(_) => data.push(format!("{}=U", quoted(&label, "tasks"))),
        }
        data.extend(Signal::ROUND.iter().filter_map(|signal| datum(service, *signal, &label, options)));
    }
    data
}

/// One value. What does not apply is left out; what is not known now is `U`, a gap in the graph.
fn datum(service: &ServiceHealth, signal: Signal, label: &str, options: &Options) -> Option<String> {
    let (name, unit, range) = match signal {
        Signal::Cpu => ("cpu", "%", "0;100"),
        Signal::Memory => ("memory", "%", "0;100"),
        Signal::Errors => ("errors", "%", "0;100"),
        Signal::Traffic => ("traffic", "", "0"),
        Signal::LatencyP50 => ("p50", "s", "0"),
        Signal::LatencyP95 => ("p95", "s", "0"),
        Signal::LatencyP99 => ("p99", "s", "0"),
    };
    let observed = &service.signal(signal).now;
    if matches!(observed, Observed::NotApplicable(_)) {
        return None;
    }
    let label = quoted(label, name);
    let Some(number) = observed.fresh().map(|sampled| sampled.value).filter(|number| number.is_finite()) else {
        return Some(format!("{label}=U"));
    };
    let limits = options
        .policy
        .limit(signal)
        .map_or_else(|| ";".to_owned(), |limit| format!("{};{}", decimal(limit.warning), decimal(limit.critical)));
    Some(format!("{label}={}{unit};{limits};{range}", decimal(number)))
}

/// A number as performance data wants it: a point, no exponent, no more digits than mean something.
fn decimal(number: f64) -> String {
    let text = format!("{number:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A label in quotes, without what would end it or the datum.
fn quoted(service: &str, name: &str) -> String {
    let kept: String = plain(service).chars().filter(|c| !matches!(c, '\'' | '=')).collect();
    format!("'{} {name}'", kept.trim())
}

/// Text without the sign that begins performance data.
fn plain(text: &str) -> String {
    words::clean(text).replace('|', "¦")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_labels_are_as_performance_data_wants_them() {
        for (number, text) in
            [(93.1, "93.1"), (80.0, "80"), (0.0, "0"), (1.84, "1.84"), (-0.000_001, "0"), (1e6, "1000000")]
        {
            assert_eq!(decimal(number), text);
        }
        assert_eq!(quoted("it's=a|b", "cpu"), "'itsa¦b cpu'");
    }
}

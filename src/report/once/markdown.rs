//! Markdown for a chat or a ticket.

use std::fmt::Write as _;

use super::super::ink::letters;
use super::super::outcome;
use super::Options;
use super::words::{self, Names};
use crate::domain::{Finding, ServiceHealth, Signal, Snapshot};

/// The snapshot as Markdown: a heading, the table of services, then findings, alerts and sources.
pub fn markdown(snapshot: &Snapshot, options: &Options) -> String {
    let names = Names::of(snapshot);
    let mut out = String::new();
    let heading = format!("{}: {}", outcome(snapshot).word().to_uppercase(), words::place(snapshot));
    let _ = writeln!(out, "## {}\n", escape(heading.trim_end_matches(": ")));
    let _ = writeln!(out, "{}: {}", words::moment(snapshot.at, options), words::counts(snapshot));
    if options.problems_only && words::is_clean(snapshot, options) {
        out.push_str("\nNothing to report.\n");
    } else {
        services(snapshot, options, &names, &mut out);
        alerts(snapshot, options, &names, &mut out);
        sources(snapshot, &mut out);
        notes(snapshot, options, &mut out);
    }
    letters(out, options.ascii)
}

fn services(snapshot: &Snapshot, options: &Options, names: &Names<'_>, out: &mut String) {
    let services: Vec<&ServiceHealth> = words::shown(snapshot, options).collect();
    if !services.is_empty() {
        out.push_str("\n| Service | Verdict | Tasks | CPU | Memory | Req/s | Errors | p95 | Why |\n");
        out.push_str("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n");
    }
    for service in &services {
        let _ = write!(out, "| {} | {} ", escape(&names.label(&service.id)), emphasised(service));
        let _ = write!(out, "| {} ", words::tasks(service).0);
        for signal in Signal::ROUND {
            let _ = write!(out, "| {} ", words::signal(service, signal).0);
        }
        let why = service.findings.first().map(|finding| escape(&words::reason(finding, snapshot.at)));
        let more = match service.findings.len() {
            0 | 1 => String::new(),
            number => format!(" (+{})", number - 1),
        };
        let _ = writeln!(out, "| {}{more} |", why.unwrap_or_default());
    }
    let marks = words::marks(snapshot, options);
    if !marks.is_empty() {
        out.push('\n');
    }
    for mark in marks {
        let _ = writeln!(out, "- `{}` {}", &mark[..1], escape(mark[1..].trim_start()));
    }
    let troubled: Vec<_> = services.into_iter().filter(|service| !service.findings.is_empty()).collect();
    let others: Vec<&Finding> =
        snapshot.findings.iter().filter(|finding| !options.problems_only || finding.verdict.is_problem()).collect();
    if !troubled.is_empty() || !others.is_empty() {
        out.push_str("\n### Findings\n\n");
    }
    let groups = words::grouped(troubled.into_iter(), names, |service| {
        let mut lines = String::new();
        for finding in &service.findings {
            lines.push_str("  ");
            item(finding, snapshot, &mut lines);
        }
        lines
    });
    for (labels, lines) in groups {
        let labels: Vec<String> = labels.iter().map(|label| format!("**{}**", escape(label))).collect();
        let _ = write!(
            out,
            "- {}
{lines}",
            labels.join(", ")
        );
    }
    for finding in others {
        item(finding, snapshot, out);
    }
}

/// The verdict; what needs attention in bold.
fn emphasised(service: &ServiceHealth) -> String {
    let word = service.verdict.word();
    if service.verdict.is_problem() { format!("**{word}**") } else { word.to_owned() }
}

/// One finding with the query that shows it.
fn item(finding: &Finding, snapshot: &Snapshot, out: &mut String) {
    let _ = write!(
        out,
        "- {}: {} ({}",
        finding.verdict.word(),
        escape(&words::reason(finding, snapshot.at)),
        words::origin(&finding.evidence, snapshot.at)
    );
    let query = code(&finding.evidence.query);
    let _ = if query.is_empty() { writeln!(out, ")") } else { writeln!(out, ": {query})") };
}

fn alerts(snapshot: &Snapshot, options: &Options, names: &Names<'_>, out: &mut String) {
    let mut titled = false;
    for alert in words::shown_alerts(snapshot, options) {
        if !std::mem::replace(&mut titled, true) {
            out.push_str("\n### Alerts\n\n| Severity | Alert | Service | State | Summary |\n");
            out.push_str("| --- | --- | --- | --- | --- |\n");
        }
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            alert.severity.word(),
            escape(&alert.name),
            names.subject(alert).map_or_else(|| "·".to_owned(), |subject| escape(&subject)),
            escape(&words::alert_state(alert, snapshot)),
            escape(alert.summary().unwrap_or_default())
        );
    }
}

fn sources(snapshot: &Snapshot, out: &mut String) {
    let mut titled = false;
    for source in words::troubled_sources(snapshot) {
        if !std::mem::replace(&mut titled, true) {
            out.push_str("\n### Sources\n\n");
        }
        let trouble = words::trouble(source, snapshot.at);
        let _ = writeln!(out, "- **{}**: {}", source.kind, escape(&trouble.what.join("; ")));
        for hint in trouble.hints {
            let _ = writeln!(out, "  - next: {}", escape(&hint));
        }
    }
}

fn notes(snapshot: &Snapshot, options: &Options, out: &mut String) {
    if options.problems_only || snapshot.notes.is_empty() {
        return;
    }
    out.push_str("\n### Notes\n\n");
    for note in &snapshot.notes {
        let _ = writeln!(out, "- note: {}", escape(note));
    }
}

/// Foreign text that Markdown shows as it is: nothing in it formats, links, embeds, or ends a table's cell. A
/// mention would outlive a backslash (it is found in the rendered text), so its sign becomes the full-width one.
pub(in crate::report) fn escape(text: &str) -> String {
    let text = words::clean(text);
    let mut plain = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let inside_word = before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            '@' => plain.push('＠'),
            '_' if inside_word => plain.push('_'),
            '<' if !rest.peek().is_some_and(|next| next.is_alphabetic() || matches!(next, '/' | '!' | '?')) => {
                plain.push('<');
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '|' | '~' | '&' | '$' | '#' => plain.extend(['\\', c]),
            c => plain.push(c),
        }
        before = c;
    }
    plain.trim().to_owned()
}

/// Foreign text as code. A fence longer than any run of backticks in it cannot be closed from inside.
fn code(text: &str) -> String {
    let text = words::clean(text);
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        for (foreign, shown) in [
            ("error rate 4.1% >= 1%", "error rate 4.1% >= 1%"),
            ("http_requests_total < 5", "http_requests_total < 5"),
            ("_now_ *here*", r"\_now\_ \*here\*"),
            ("a | b", r"a \| b"),
            ("<img src=x> &lt;", r"\<img src=x> \&lt;"),
            ("[click](http://x)", r"\[click\](http://x)"),
            ("@channel", "＠channel"),
            ("`x`\\", r"\`x\`\\"),
        ] {
            assert_eq!(escape(foreign), shown);
        }
    }

    #[test]
    fn code_cannot_be_left_from_inside() {
        assert_eq!(code("rate(x[5m])"), "`rate(x[5m])`");
        assert_eq!(code("a ``` b"), "````a ``` b````");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(" "), "");
    }
}

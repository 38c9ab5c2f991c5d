//! `rounds doctor`: what works, what does not, and the next step.

use std::fmt::Write as _;

use serde::Serialize;

use super::ink::{Ink, Tone, letters};
use super::once::Options;
use crate::domain::{Checkup, CheckupState};
use crate::format::{self, sanitise};

/// Name and version of the JSON that [`json`] writes.
pub const SCHEMA: &str = "rounds.doctor/1";

/// The exit code: 0 when everything passes or is skipped, 1 with a warning, 2 with a failure.
pub fn exit_code(checkups: &[Checkup]) -> u8 {
    let code = |checkup: &Checkup| match checkup.state {
        CheckupState::Pass | CheckupState::Skip => 0,
        CheckupState::Warn => 1,
        CheckupState::Fail => 2,
    };
    checkups.iter().map(code).max().unwrap_or_default()
}

const fn word(state: CheckupState) -> &'static str {
    match state {
        CheckupState::Pass => "pass",
        CheckupState::Warn => "warn",
        CheckupState::Fail => "fail",
        CheckupState::Skip => "skip",
    }
}

/// Symbol and word, and how they are said.
const fn badge(state: CheckupState) -> (&'static str, Tone) {
    match state {
        CheckupState::Pass => ("✔ pass", Tone::Plain),
        CheckupState::Warn => ("▲ warn", Tone::Warning),
        CheckupState::Fail => ("✖ fail", Tone::Critical),
        CheckupState::Skip => ("· skip", Tone::Dim),
    }
}

/// The checkups under the headings they belong to, in the order both first came, and a line that counts them.
pub fn text(checkups: &[Checkup], options: &Options) -> String {
    let ink = Ink { colour: options.colour };
    let mut groups: Vec<&str> = Vec::new();
    for checkup in checkups {
        if !groups.contains(&checkup.group.as_str()) {
            groups.push(&checkup.group);
        }
    }
    let names =
        checkups.iter().map(|checkup| format::width(&sanitise(&checkup.name))).max().unwrap_or_default().min(24);
    let mut out = String::new();
    for group in groups {
        let _ = writeln!(out, "{}", ink.paint(Tone::Strong, &sanitise(group)));
        for checkup in checkups.iter().filter(|checkup| checkup.group == group) {
            line(checkup, names, ink, &mut out);
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(checkups));
    letters(out, options.ascii)
}

fn line(checkup: &Checkup, names: usize, ink: Ink, out: &mut String) {
    let (badge, tone) = badge(checkup.state);
    let name = format::clip_middle(&sanitise(&checkup.name), names);
    let _ = write!(out, "  {}  {}", ink.paint(tone, badge), format::pad_right(&name, names));
    if !checkup.detail.is_empty() {
        let _ = write!(out, "  {}", sanitise(&checkup.detail));
    }
    if let Some(took) = checkup.took {
        let took = format!("({})", format::seconds(took.as_secs_f64()));
        let _ = write!(out, "  {}", ink.paint(Tone::Dim, &took));
    }
    let kept = out.trim_end_matches(' ').len();
    out.truncate(kept);
    out.push('\n');
    if let Some(step) = &checkup.next_step {
        let _ = writeln!(out, "          -> {}", sanitise(step));
    }
}

fn count(checkups: &[Checkup], state: CheckupState) -> usize {
    checkups.iter().filter(|checkup| checkup.state == state).count()
}

/// `7 passed, 1 warning, 1 failed, 2 skipped`; what there is none of is left out.
fn summary(checkups: &[Checkup]) -> String {
    let warnings = count(checkups, CheckupState::Warn);
    let parts: Vec<String> = [
        (count(checkups, CheckupState::Pass), "passed"),
        (warnings, if warnings == 1 { "warning" } else { "warnings" }),
        (count(checkups, CheckupState::Fail), "failed"),
        (count(checkups, CheckupState::Skip), "skipped"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    if parts.is_empty() { "nothing was looked at".to_owned() } else { parts.join(", ") }
}

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    exit_code: u8,
    passed: usize,
    warnings: usize,
    failed: usize,
    skipped: usize,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    group: String,
    name: String,
    state: &'static str,
    detail: String,
    took_ms: Option<u64>,
    next_step: Option<String>,
}

/// The checkups as JSON, pretty-printed, with a line end.
pub fn json(checkups: &[Checkup]) -> String {
    let clean = |text: &str| sanitise(text).into_owned();
    let report = Report {
        schema: SCHEMA,
        exit_code: exit_code(checkups),
        passed: count(checkups, CheckupState::Pass),
        warnings: count(checkups, CheckupState::Warn),
        failed: count(checkups, CheckupState::Fail),
        skipped: count(checkups, CheckupState::Skip),
        checks: checkups
            .iter()
            .map(|checkup| Check {
                group: clean(&checkup.group),
                name: clean(&checkup.name),
                state: word(checkup.state),
                detail: clean(&checkup.detail),
                took_ms: checkup.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
                next_step: checkup.next_step.as_deref().map(clean),
            })
            .collect(),
    };
    // Strings and integers only: nothing that JSON cannot say.
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn checkup(group: &str, name: &str, state: CheckupState, detail: &str, next_step: Option<&str>) -> Checkup {
        Checkup {
            group: group.to_owned(),
            name: name.to_owned(),
            state,
            detail: detail.to_owned(),
            took: (state == CheckupState::Pass).then_some(Duration::from_millis(12)),
            next_step: next_step.map(str::to_owned),
        }
    }

    fn checkups() -> Vec<Checkup> {
        vec![
            checkup("prometheus", "reachable", CheckupState::Pass, "2.42.0 at http://prometheus:9090", None),
            checkup(
                "aws",
                "credentials",
                CheckupState::Fail,
                "the SSO session has expired",
                Some("run: aws sso login --profile prod"),
            ),
            checkup(
                "prometheus",
                "targets",
                CheckupState::Warn,
                "1 of 9 is down\x1b[2J\n",
                Some("open the Targets screen"),
            ),
            checkup("grafana", "reachable", CheckupState::Skip, "not configured", None),
        ]
    }

    #[test]
    fn checkups_stand_under_their_headings_with_the_next_step() {
        insta::assert_snapshot!("doctor", text(&checkups(), &Options::default()));
        insta::assert_snapshot!("doctor_json", json(&checkups()));
        assert!(text(&checkups(), &Options { ascii: true, ..Options::default() }).is_ascii());
    }

    #[test]
    fn the_worst_checkup_decides_the_exit_code() {
        let all = checkups();
        for (given, code) in [(&all[..], 2), (&all[2..], 1), (&all[..1], 0), (&all[3..], 0), (&[], 0)] {
            assert_eq!(exit_code(given), code);
        }
    }
}

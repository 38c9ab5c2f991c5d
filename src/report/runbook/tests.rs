//! A run on paper.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::domain::{
    CauseFound, Change, Check, CheckKind, CheckResult, CheckState, Conclusion, Looked, Run, RunDeed, RunStep,
    ServiceId, StepState, ToldInput, Unlearnt,
};
use crate::runbook::Library;

fn now() -> Timestamp {
    "2026-11-22T00:02:14Z".parse().unwrap()
}

fn options() -> Options {
    Options {
        context: ContextInfo {
            name: "prod".to_owned(),
            region: Some("ap-northeast-2".to_owned()),
            ..ContextInfo::default()
        },
        width: 80,
        colour: false,
        ascii: false,
        zone: TimeZone::UTC,
    }
}

fn check(id: &str, title: &str, state: CheckState, summary: &str, looked: &[&str]) -> RunStep {
    let asked = Check::new(CheckKind::Tasks).with("service", "prometheus");
    let looked =
        looked.iter().map(|text| Looked { state, text: (*text).to_owned(), from: "ecs:DescribeTasks".to_owned() });
    let result = CheckResult {
        check: asked.clone(),
        state,
        summary: summary.to_owned(),
        looked: looked.collect(),
        causes: Vec::new(),
        facts: BTreeMap::new(),
        next_step: None,
        at: now(),
        took: Duration::from_millis(31),
    };
    let state = match state {
        CheckState::Pass => StepState::Pass,
        CheckState::Unknown => StepState::Unknown,
        CheckState::Warn => StepState::Warn,
        CheckState::Fail => StepState::Fail,
    };
    RunStep {
        id: id.to_owned(),
        title: title.to_owned(),
        state,
        said: summary.to_owned(),
        deed: RunDeed::Check { asked: Some(asked), result: Some(Box::new(result)) },
    }
}

fn run() -> Run {
    let restart = Change::RestartTask { service: ServiceId::new("prod", "prometheus"), task: "3f9c21aa77".to_owned() };
    let hostile = "another task holds the lock\x1b[2J\nok all is well | <b>*";
    let step = |id: &str, title: &str, state, said: &str, deed| RunStep {
        id: id.to_owned(),
        title: title.to_owned(),
        state,
        said: said.to_owned(),
        deed,
    };
    Run {
        runbook: "prometheus-down".to_owned(),
        title: "Prometheus is down".to_owned(),
        alert: Some("PrometheusDown prometheus".to_owned()),
        began: now(),
        ended: Some(now()),
        inputs: vec![
            ToldInput {
                name: "service".to_owned(),
                value: Some("prometheus".to_owned()),
                from: "the alert".to_owned(),
            },
            ToldInput { name: "since".to_owned(), value: Some("1h".to_owned()), from: "as ever".to_owned() },
            ToldInput { name: "ticket".to_owned(), value: None, from: "nobody said".to_owned() },
        ],
        steps: vec![
            check(
                "tasks",
                "tasks, and why they stopped",
                CheckState::Fail,
                "0 of 1 run, 3 stopped within the last 12m",
                &[
                    "task 81bc02aa exited 2: opening storage failed: lock DB directory: resource temporarily unavailable",
                    hostile,
                    "c",
                    "d",
                    "e",
                    "f",
                ],
            ),
            check("deployment", "a deployment that just changed it", CheckState::Pass, "none within 6h", &[]),
            check("storage", "storage", CheckState::Unknown, "EFS cannot be read: AccessDenied", &[]),
            step(
                "restart",
                "restart its task",
                StepState::Queued,
                "waits to be confirmed",
                RunDeed::Change { change: Some(Box::new(restart)), outcome: None },
            ),
            step("data-loss", "what was lost", StepState::Waiting, "", RunDeed::Check { asked: None, result: None }),
            step(
                "undo",
                "undo",
                StepState::Skipped,
                "deployment passed",
                RunDeed::Change { change: None, outcome: None },
            ),
            step(
                "tell",
                "tell the others",
                StepState::Note,
                "No rule was evaluated meanwhile.",
                RunDeed::Note { commands: vec!["rounds journal --since 1h".to_owned()] },
            ),
        ],
        conclusion: Conclusion {
            state: CheckState::Fail,
            found: true,
            headline: "the volume is still locked by another task (and 1 more)".to_owned(),
            causes: vec![
                CauseFound {
                    name: Some("lock-held".to_owned()),
                    words: "the volume is still locked by another task, so that the new one cannot open its storage"
                        .to_owned(),
                    state: CheckState::Fail,
                    steps: vec!["tasks".to_owned()],
                    evidence: Vec::new(),
                    next_step: Some("restart it".to_owned()),
                },
                CauseFound {
                    name: Some("crash-loop".to_owned()),
                    words: "it ends as soon as it starts".to_owned(),
                    state: CheckState::Fail,
                    steps: vec!["tasks".to_owned()],
                    evidence: Vec::new(),
                    next_step: None,
                },
            ],
            unknown: vec![Unlearnt { step: "storage".to_owned(), why: "EFS cannot be read: AccessDenied".to_owned() }],
            next_step: Some("restart it".to_owned()),
        },
    }
}

fn whole(run: &Run, options: &Options) -> String {
    let steps: String = (0..run.steps.len()).map(|position| step(run, position, options)).collect();
    format!("{}{steps}\n{}", head(run, options), end(run, options))
}

#[test]
fn a_run_on_paper() {
    let run = run();
    let text = whole(&run, &options());
    assert!(text.lines().all(|line| crate::format::width(line) <= 80), "{text}");
    insta::assert_snapshot!("run_text", text);
    insta::assert_snapshot!("run_markdown", markdown(&run, &options()));
    insta::assert_snapshot!("run_json", json(&run, &options().context));
    assert!(whole(&run, &Options { ascii: true, ..options() }).is_ascii());
}

#[test]
fn foreign_words_stay_words() {
    let run = run();
    for text in [whole(&run, &options()), markdown(&run, &options()), json(&run, &options().context)] {
        assert!(!text.contains('\x1b'), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("ok all is well")), "{text}");
    }
    assert!(markdown(&run, &options()).contains(r"\| \<b\>\*"));
}

#[test]
fn every_shipped_runbook_can_be_shown() {
    let library = Library::load(None);
    let text = show(library.named("prometheus-down").unwrap(), 80);
    insta::assert_snapshot!("show", text);
    for runbook in library.all() {
        let text = show(runbook, 80);
        assert!(runbook.steps.iter().all(|step| text.contains(&step.id)), "{text}");
        // A command line is never broken: it is there to be copied.
        let long = text.lines().find(|line| crate::format::width(line) > 80 && !line.contains(" $ "));
        assert_eq!(long, None, "{}", runbook.name);
    }
}

#[test]
fn the_page_about_runbooks_says_what_is_shipped() {
    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/runbooks.md");
    let page = std::fs::read_to_string(PAGE).unwrap();
    let mut fresh = page.clone();
    for (name, part) in [("shipped", reference(Library::load(None).all())), ("checks", checks())] {
        let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
        let from = fresh.find(&begin).unwrap_or_else(|| panic!("docs/runbooks.md has no {begin}")) + begin.len();
        let to = from + fresh[from..].find(&end).unwrap_or_else(|| panic!("docs/runbooks.md has no {end}"));
        fresh.replace_range(from..to, &format!("\n{}\n\n", part.trim_end()));
    }
    if std::env::var_os("ROUNDS_BLESS").is_some() {
        std::fs::write(PAGE, &fresh).unwrap();
    } else {
        assert!(page == fresh, "docs/runbooks.md is out of date; run: ROUNDS_BLESS=1 cargo test --lib report");
    }
}

/// What a runbook's checks and changes can be told, and what they find.
fn checks() -> String {
    use std::fmt::Write as _;
    let mut table = "| check | told | causes it names | facts it finds |\n| --- | --- | --- | --- |\n".to_owned();
    for row in CheckKind::ROWS {
        let told: Vec<String> = row
            .options
            .iter()
            .map(|option| format!("`{}`{}", option.name, if option.required { " (must)" } else { "" }))
            .collect();
        let causes: Vec<String> = row.causes.iter().map(|cause| format!("`{}`", cause.name)).collect();
        let facts: Vec<String> = row.kind.facts().iter().map(|(name, _)| format!("`{name}`")).collect();
        let _ =
            writeln!(table, "| `{}` | {} | {} | {} |", row.name, told.join(", "), causes.join(", "), facts.join(", "));
    }
    table.push_str("\n| change | told | what it does |\n| --- | --- | --- |\n");
    for (kind, name, doc, _) in crate::domain::ChangeKind::ROWS {
        let told: Vec<String> = kind
            .options()
            .iter()
            .map(|option| format!("`{}`{}", option.name, if option.required { " (must)" } else { "" }))
            .collect();
        let _ = writeln!(table, "| `{name}` | {} | {doc} |", told.join(", "));
    }
    table
}

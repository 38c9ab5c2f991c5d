//! The course of runs: what is asked when, what is passed over, what follows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::super::*;
use crate::domain::{
    Change, CheckKind, CheckResult, CheckState, ContextInfo, Looked, Outcome, RunDeed, RunbookOrigin, Snapshot,
    StepState, Verdict,
};

fn now() -> Timestamp {
    "2026-11-22T00:02:14Z".parse().unwrap()
}

fn snapshot() -> Arc<Snapshot> {
    Arc::new(Snapshot {
        context: ContextInfo { name: "prod".to_owned(), ..ContextInfo::default() },
        at: now(),
        verdict: Verdict::Ok,
        services: Vec::new(),
        findings: Vec::new(),
        alerts: Vec::new(),
        silences: Vec::new(),
        targets: Vec::new(),
        targets_known: true,
        sources: Vec::new(),
        dashboards: Vec::new(),
        changes: Vec::new(),
        strangers: Vec::new(),
        notes: Vec::new(),
    })
}

fn begin(text: &str) -> Course {
    begin_with(text, &[]).unwrap()
}

fn begin_with(text: &str, given: &[(&str, &str)]) -> Result<Course, String> {
    let runbook =
        parse::read("test", "test.toml", text, RunbookOrigin::Shipped).unwrap_or_else(|error| panic!("{error}"));
    let given: BTreeMap<String, String> =
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Course::begin(&Arc::new(runbook), &snapshot(), None, &given, now())
}

fn result(question: &Question, state: CheckState, causes: &[&str], facts: &[(&str, &str)]) -> CheckResult {
    CheckResult {
        check: question.check.clone(),
        state,
        summary: format!("{} said", question.check.kind.name()),
        looked: vec![Looked { state, text: "seen".to_owned(), from: "there".to_owned() }],
        causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
        facts: facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        next_step: None,
        at: now(),
        took: Duration::from_millis(5),
    }
}

fn states(course: &Course) -> String {
    course.run().steps.iter().map(|step| format!("{}={}", step.id, step.state.word())).collect::<Vec<_>>().join(" ")
}

/// What a step's check comes to: the step, its state, the causes it names, the facts it finds.
type Told<'a> = (&'a str, CheckState, &'a [&'a str], &'a [(&'a str, &'a str)]);

/// Goes on until nothing is to be asked, each check answered by its step's id.
fn answer_all(course: &mut Course, answers: &[Told<'_>]) -> Vec<String> {
    let mut asked = Vec::new();
    loop {
        let questions = course.go_on(now());
        if questions.is_empty() {
            return asked;
        }
        for question in questions {
            let id = course.run().steps[question.step].id.clone();
            let told = answers.iter().find(|(step, ..)| *step == id);
            let (state, causes, facts) = told.map_or((CheckState::Pass, &[][..], &[][..]), |(_, s, c, f)| (*s, *c, *f));
            course.answer(question.step, result(&question, state, causes, facts));
            asked.push(id);
        }
    }
}

fn step(id: &str, rest: &str) -> String {
    format!("[[steps]]\nid = \"{id}\"\ntitle = \"{id}\"\n{rest}\n")
}

fn book(steps: &[(&str, &str)]) -> String {
    steps.iter().fold("title = \"t\"\n".to_owned(), |text, (id, rest)| text + &step(id, rest))
}

#[test]
fn what_depends_on_nothing_is_asked_at_once_and_no_more_than_four_at_a_time() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut course = begin(&book(&names.map(|name| (name, "check = \"alerts\""))));
    let first = course.go_on(now());
    assert_eq!(first.iter().map(|question| question.step).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(course.go_on(now()).is_empty(), "nothing is asked twice");
    course.answer(2, result(&first[2], CheckState::Pass, &[], &[]));
    assert_eq!(course.go_on(now()).iter().map(|question| question.step).collect::<Vec<_>>(), [4]);
    assert_eq!(course.run().ended, None);
}

#[test]
fn what_comes_after_a_branch_waits_for_it() {
    let text = book(&[
        ("a", "check = \"alerts\"\non_fail = \"goto c\"\non_pass = \"stop\""),
        ("b", "check = \"targets\""),
        ("c", "check = \"exporter\""),
    ]);
    for (state, asked, all) in [
        (CheckState::Pass, vec!["a"], "a=pass b=skipped c=skipped"),
        (CheckState::Warn, vec!["a", "c"], "a=warn b=skipped c=pass"),
        (CheckState::Fail, vec!["a", "c"], "a=fail b=skipped c=pass"),
        (CheckState::Unknown, vec!["a", "b", "c"], "a=unknown b=pass c=pass"),
    ] {
        let mut course = begin(&text);
        assert_eq!(course.go_on(now()).len(), 1);
        let mut course = begin(&text);
        assert_eq!(answer_all(&mut course, &[("a", state, &[], &[])]), asked);
        assert_eq!(states(&course), all);
        assert_eq!(course.run().ended, Some(now()));
    }
}

#[test]
fn later_steps_see_what_earlier_ones_found() {
    let text = book(&[
        ("a", "check = \"continuity\""),
        ("b", "check = \"dns\"\nwith = { name = \"{steps.a.gap}.example.com\" }"),
        ("c", "check = \"alerts\"\nwhen = { step = \"a\", cause = \"g*\", has = \"gap\" }"),
        ("d", "check = \"alerts\"\nwhen = [{ step = \"a\", state = \"fail\" }, { step = \"b\", state = \"fail\" }]"),
        ("e", "note = \"gap of {steps.a.gap}\"\ncommands = [\"echo {steps.a.gap}\"]"),
    ]);
    let mut course = begin(&text);
    assert_eq!(course.go_on(now()).len(), 1, "all of them build on the first");
    let mut course = begin(&text);
    answer_all(&mut course, &[("a", CheckState::Fail, &["gap"], &[("gap", "12 m; rm")])]);
    assert_eq!(states(&course), "a=fail b=pass c=pass d=skipped e=note");
    let steps = &course.run().steps;
    let RunDeed::Check { asked: Some(asked), .. } = &steps[1].deed else { panic!() };
    assert_eq!(asked.told("name"), Some("12 m; rm.example.com"));
    assert_eq!(steps[3].said, "b passed");
    assert_eq!(steps[4].said, "gap of 12 m; rm");
    assert_eq!(steps[4].deed, RunDeed::Note { commands: vec!["echo '12 m; rm'".to_owned()] }, "quoted for a shell");
    // What was not found makes what needs it unknown, never a question about something else.
    let mut course = begin(&text);
    answer_all(&mut course, &[]);
    assert_eq!(states(&course), "a=pass b=unknown c=skipped d=skipped e=note");
    assert_eq!(course.run().steps[1].said, "the gap an earlier step found is not known");
    assert_eq!(course.run().exit_code(), 3);
}

#[test]
fn a_change_waits_for_a_person_and_what_follows_waits_with_it() {
    let text = book(&[
        ("a", "check = \"alerts\""),
        ("b", "change = \"reload\"\nwhen = { step = \"a\", state = \"fail\" }"),
        ("c", "check = \"targets\"\nwhen = { step = \"b\", state = \"done\" }"),
        ("d", "note = \"it waits\"\nwhen = { step = \"b\", state = \"queued\" }"),
    ]);
    let fails: &[Told<'_>] = &[("a", CheckState::Fail, &[], &[])];
    let mut course = begin(&text);
    answer_all(&mut course, fails);
    assert_eq!(states(&course), "a=fail b=queued c=waiting d=note");
    assert_eq!((course.queued(1), course.run().ended), (Some(&Change::ReloadPrometheus), Some(now())));
    course.confirmed(1);
    assert!(course.go_on(now()).is_empty());
    assert_eq!((states(&course).as_str(), course.run().ended), ("a=fail b=changing c=waiting d=note", None));
    let at_the_plan = course.clone();
    course.changed(1, Ok(Outcome::Verified));
    assert_eq!(answer_all(&mut course, &[]), ["c"]);
    assert_eq!(states(&course), "a=fail b=done c=pass d=note");
    assert_eq!(course.run().exit_code(), 2, "a cause was found, whatever was done about it");

    let mut refused = at_the_plan.clone();
    refused.changed(1, Err("a deployment is rolling".to_owned()));
    refused.go_on(now());
    assert_eq!(states(&refused), "a=fail b=queued c=waiting d=note");
    assert_eq!(refused.run().steps[1].said, "not done: a deployment is rolling");

    for outcome in [
        Outcome::GaveUp { waiting_for: "the alert".to_owned() },
        Outcome::Unverified { unseen: "the alert".to_owned() },
    ] {
        let mut failed = at_the_plan.clone();
        failed.changed(1, Ok(outcome));
        failed.go_on(now());
        assert_eq!(states(&failed), "a=fail b=failed c=skipped d=note");
    }

    let mut well = begin(&text);
    answer_all(&mut well, &[]);
    assert_eq!(states(&well), "a=pass b=skipped c=skipped d=skipped");
}

#[test]
fn the_conclusion_names_the_most_telling_cause_and_what_is_not_known() {
    let text = "title = \"t\"\n[causes.one-zone]\nmeans = \"a zone\"\nnext = \"wait\"\n".to_owned()
        + &step("alerts", "check = \"alerts\"")
        + &step("targets", "check = \"targets\"")
        + &step("exporter", "check = \"exporter\"")
        + &step("discovery", "check = \"discovery\"\noptional = true");
    let conclude = |answers: &[Told<'_>]| {
        let mut course = begin(&text);
        answer_all(&mut course, answers);
        (course.run().conclusion.clone(), course.run().exit_code())
    };
    let (all_well, code) = conclude(&[]);
    assert_eq!((all_well.headline.as_str(), code), ("nothing found: all 4 checks made pass", 0));
    let (bad, code) = conclude(&[
        ("alerts", CheckState::Fail, &["storm", "one-zone"], &[]),
        ("targets", CheckState::Fail, &["one-zone"], &[]),
        ("exporter", CheckState::Unknown, &[], &[]),
    ]);
    assert_eq!((bad.headline.as_str(), bad.next_step.as_deref(), code), ("a zone (and 1 more)", Some("wait"), 2));
    assert_eq!(bad.causes[0].steps, ["alerts", "targets"]);
    assert_eq!(bad.causes[1].words, CheckKind::cause("storm").unwrap().doc, "without words of its own");
    assert_eq!(bad.unknown.iter().map(|unlearnt| unlearnt.step.as_str()).collect::<Vec<_>>(), ["exporter"]);
    let (warned, code) = conclude(&[("targets", CheckState::Warn, &[], &[])]);
    assert_eq!((warned.headline.as_str(), code), ("targets said", 1));
    let (optional, code) = conclude(&[("discovery", CheckState::Unknown, &[], &[])]);
    assert_eq!(code, 0, "{optional:?}");
    assert!(optional.headline.ends_with("not found out: discovery"), "{}", optional.headline);
    assert_eq!(conclude(&[("exporter", CheckState::Unknown, &[], &[])]).1, 3);
}

#[test]
fn inputs_are_checked_and_said_where_they_come_from() {
    let text = "title = \"t\"\n[inputs.since]\nabout = \"x\"\nkind = \"duration\"\ndefault = \"1h\"\n\
                [inputs.service]\nabout = \"x\"\nkind = \"service\"\ndefault = \"{alert.service}\"\n"
        .to_owned()
        + &step("a", "check = \"continuity\"\nwith = { since = \"{since}\", service = \"{service?}\" }")
        + &step("b", "check = \"tasks\"\nwith = { service = \"{service}\" }");
    let told = |given: &[(&str, &str)]| begin_with(&text, given).map(|course| course.run().inputs.clone());
    let inputs = told(&[]).unwrap();
    assert_eq!((inputs[0].value.as_deref(), inputs[0].from.as_str()), (Some("1h"), "as ever"));
    assert_eq!(
        (inputs[1].value.as_deref(), inputs[1].from.as_str()),
        (None, "no service was named: --service NAME does")
    );
    assert_eq!(told(&[("since", "2h")]).unwrap()[0].from, "asked for");
    assert_eq!(
        told(&[("since", "soon")]).unwrap_err(),
        "since cannot be `soon`: expected a duration like 30s, 5m, 1h30m or 500ms"
    );
    assert_eq!(told(&[("what", "1")]).unwrap_err(), "the runbook test has no input `what` (it takes: since, service)");
    assert_eq!(told(&[("service", "api")]).unwrap_err(), "no service is known, and so not api");
    let mut course = begin(&text);
    let questions = course.go_on(now());
    assert_eq!(questions.len(), 1);
    assert_eq!(questions[0].check.told("service"), None, "left out where it leads nowhere");
    assert_eq!(course.run().steps[1].state, StepState::Unknown);
}

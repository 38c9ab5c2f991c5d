//! Files that are taken and files that are refused; the schema beside the checker; what is shipped.

mod runs;
mod validator;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::domain::{Alert, AlertState, Deed, Labels, RunbookOrigin, Severity};
use crate::located::corpus;
use validator::violations;

const BAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/runbooks/bad");
const GOOD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/runbooks/good");

/// What only the whole file can tell, and so no schema.
const BEYOND_A_SCHEMA: [&str; 8] =
    ["circle", "circle-of-one", "order", "patterns", "references", "unreachable", "syntax", "values"];

/// The path inside the project, so that what is written down is the same everywhere.
fn plain(path: &str) -> &str {
    path.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/")).unwrap_or(path)
}

fn load(path: &str, _: Option<&Path>) -> Result<crate::domain::Runbook, crate::located::Refused> {
    let text = std::fs::read_to_string(path).unwrap();
    parse::read("test", plain(path), &text, RunbookOrigin::Shipped)
}

#[test]
fn good_files_are_taken_and_bad_ones_refused_with_every_problem() {
    corpus::good(GOOD, load);
    corpus::bad(BAD, load);
}

#[test]
fn the_schema_agrees_with_the_checker() {
    let schema = schema();
    let document = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        toml::from_str::<toml::Value>(&text).ok().map(|value| serde_json::to_value(value).unwrap())
    };
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/provision/runbooks");
    for path in corpus::files(GOOD).into_iter().chain(corpus::files(shipped)) {
        let found = violations(&schema, &document(&path).unwrap());
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
    }
    let mut refused = 0;
    for path in corpus::files(BAD) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let Some(document) = document(&path) else { continue };
        if BEYOND_A_SCHEMA.contains(&name) {
            continue;
        }
        assert!(!violations(&schema, &document).is_empty(), "the schema takes {name}");
        refused += 1;
    }
    assert!(refused >= 8, "only {refused} files were refused");
}

#[test]
fn one_thing_wrong_is_refused_by_checker_and_schema_alike() {
    let good = std::fs::read_to_string(Path::new(GOOD).join("everything.toml")).unwrap();
    let schema = schema();
    let takes = |text: &str| {
        let checker = parse::read("test", "test.toml", text, RunbookOrigin::Shipped).is_ok();
        let document: Value = serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap();
        (checker, violations(&schema, &document).is_empty())
    };
    assert_eq!(takes(&good), (true, true));
    for (right, wrong) in [
        ("title = \"everything a runbook can say\"", ""),
        ("about = \"All of it.\"", "about = \"\""),
        ("about = \"All of it.\"", "abuot = \"All of it.\""),
        ("kind = \"duration\"", "kind = \"time\""),
        ("about = \"where it is told\"", ""),
        ("means = \"{service} is killed for its memory\"", ""),
        ("timeout = \"10s\"", "timeout = \"ten\""),
        ("timeout = \"10s\"", "timeout = 10"),
        ("on_pass = \"goto told\"", "on_pass = \"told\""),
        ("optional = true", "optional = 1"),
        ("check = \"tcp\"", "check = \"udp\""),
        ("port = 8080", "prot = 8080"),
        ("port = 8080", "port = 8080.5"),
        ("task = \"{steps.tasks.task}\" }", "}"),
        ("change = \"restart\"", "change = \"restart\"\ntimeout = \"1m\""),
        ("change = \"restart\"", "change = \"restart\"\ncommands = \"ls\""),
        ("change = \"restart\"", "change = \"restart\"\nnote = \"both\""),
        ("id = \"port\"", "id = \"Port\""),
        ("state = \"queued\"", "state = \"waiting\""),
        ("step = \"restart\", state = \"queued\"", "step = \"restart\""),
        ("title = \"told\"\n", ""),
    ] {
        assert!(good.contains(right), "{right}");
        assert_eq!(takes(&good.replacen(right, wrong, 1)), (false, false), "{right} -> {wrong}");
    }
}

#[test]
fn what_is_wrong_behind_something_wrong_is_told_in_the_same_pass() {
    let text = "title = \"t\"\n\
        [[steps]]\nid = \"a\"\ntitle = \"a\"\nchange = \"explode\"\nwith = { service = \"{nope}\" }\n\
        [[steps]]\nid = \"b\"\ntitle = \"b\"\ncheck = \"guess\"\ntimeout = \"soon\"\noptional = 1\n\
        [[steps]]\nid = \"c\"\ntitle = \"c\"\nnote = \"{nope2}\"\ncommands = [\"{nope3}\"]\n\
        when = [{ step = \"zz\", state = [\"bad\"] }, { step = \"b\", state = \"worse\" }]\n";
    let refused = parse::read("test", "test.toml", text, RunbookOrigin::Shipped).unwrap_err();
    let told: Vec<String> = refused.problems.iter().map(ToString::to_string).collect();
    let told = told.join("\n");
    for words in
        ["`explode`", "{nope}", "`guess`", "`timeout`", "`optional`", "{nope2}", "{nope3}", "`zz`", "`bad`", "`worse`"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn every_shipped_runbook_is_whole() {
    let library = Library::load(None);
    assert!(library.refused.is_empty(), "{}", library.refused[0]);
    let names: Vec<&str> = library.all().iter().map(|runbook| runbook.name.as_str()).collect();
    assert_eq!(names, shipped_names().collect::<Vec<_>>());
    for runbook in library.all() {
        assert!(!runbook.about.is_empty() && !runbook.applies.alerts.is_empty(), "{}", runbook.name);
        assert!(runbook.steps.iter().any(|step| matches!(step.deed, Deed::Check { .. })), "{}", runbook.name);
        assert!(!runbook.causes.is_empty(), "{}", runbook.name);
    }
}

#[test]
fn every_alert_of_the_shipped_rules_that_names_a_runbook_names_one_there_is() {
    let library = Library::load(None);
    let mut seen = 0;
    for rules in ["services.yml", "stack.yml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("provision/rules").join(rules);
        for line in std::fs::read_to_string(path).unwrap().lines() {
            if let Some(name) = line.trim().strip_prefix("runbook: ") {
                assert!(library.named(name).is_ok(), "{rules}: {name}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

fn alert(name: &str, labels: &[(&str, &str)], annotations: &[(&str, &str)]) -> Alert {
    let map = |pairs: &[(&str, &str)]| -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Alert {
        name: name.to_owned(),
        severity: Severity::Warning,
        state: AlertState::Firing,
        suppression: None,
        since: None,
        labels: map(labels),
        annotations: map(annotations),
        value: None,
        query: None,
        url: None,
        seen_in: Vec::new(),
        owner: None,
        service: None,
    }
}

#[test]
fn an_alert_finds_its_runbooks_by_name_by_address_and_by_what_it_is() {
    let library = Library::load(None);
    let fits = |alert: &Alert| -> BTreeMap<String, Fit> {
        library.all().iter().filter_map(|runbook| Some((runbook.name.clone(), fit(runbook, alert)?))).collect()
    };
    let named = alert("Whatever", &[], &[("runbook", "error-rate")]);
    assert_eq!(fits(&named), BTreeMap::from([("error-rate".to_owned(), Fit::Named)]));
    for url in [
        "https://wiki.example.com/runbooks/high-cpu",
        "https://wiki.example.com/runbooks/high-cpu.md#what-to-do",
        "https://wiki.example.com/runbooks/high-cpu/?version=3",
    ] {
        let addressed = alert("Whatever", &[], &[("runbook_url", url)]);
        assert_eq!(fits(&addressed), BTreeMap::from([("high-cpu".to_owned(), Fit::Named)]), "{url}");
    }
    let by_name = alert("HighMemoryUsage", &[("service", "api")], &[("runbook_url", "https://runbooks.example.com/x")]);
    assert_eq!(fits(&by_name), BTreeMap::from([("high-memory".to_owned(), Fit::Described)]));
    // Which of the stack's services is down decides.
    let stack = |service| alert("MonitoringStackDown", &[("service", service)], &[]);
    assert_eq!(fits(&stack("prometheus")).keys().collect::<Vec<_>>(), ["prometheus-down"]);
    assert_eq!(fits(&stack("grafana")).keys().collect::<Vec<_>>(), ["grafana-unreachable"]);
    assert!(fits(&alert("Odd", &[], &[])).is_empty());
}

#[test]
fn users_files_add_and_replace_and_a_broken_one_takes_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let one = |title: &str| format!("title = \"{title}\"\n[[steps]]\nid = \"a\"\ntitle = \"a\"\ncheck = \"alerts\"\n");
    write("high-cpu.toml", &one("ours"));
    write("payments.toml", &one("payments"));
    write("error-rate.toml", "title = 1\n");
    write("notes.txt", "not a runbook");
    let library = Library::load(Some(folder.path()));
    let title = |name: &str| library.named(name).unwrap().title.clone();
    assert_eq!((title("high-cpu").as_str(), title("payments").as_str()), ("ours", "payments"));
    assert_eq!(title("error-rate"), "error rate or latency is high", "the shipped one stays in force");
    assert_eq!(library.all().len(), 9);
    assert_eq!(library.refused.len(), 1);
    assert!(library.refused[0].to_string().contains("error-rate.toml:1:9"), "{}", library.refused[0]);
    let missing = library.named("hihg-cpu").unwrap_err().to_string();
    assert!(missing.contains("did you mean `high-cpu`?"), "{missing}");
}

#[test]
fn no_folder_is_no_problem() {
    let library = Library::load(Some(Path::new("/nonexistent")));
    assert_eq!((library.all().len(), library.refused.len()), (8, 0));
}

proptest::proptest! {
    #[test]
    fn no_file_breaks_the_reader(
        text in "(title = \"a\"\n|\\[\\[steps\\]\\]\n|id = \"[ab]\"\n|check = \"(alerts|tasks|x)\"\n|note = \"[{}a.?]{0,9}\"\n|when = \\{ step = \"[ab]\" \\}\n|on_fail = \"goto [ab]\"\n|\\[applies\\]\n|[a-z= \"{}\\[\\]]{0,9}\n){0,14}"
    ) {
        if let Err(refused) = parse::read("a", "a.toml", &text, RunbookOrigin::Shipped) {
            proptest::prop_assert!(!refused.problems.is_empty());
            for problem in refused.problems {
                proptest::prop_assert!(problem.place().0 >= 1);
            }
        }
    }
}

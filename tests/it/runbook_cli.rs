//! `rounds run` and `rounds runbook` as they are typed.

use serde_json::Value;

use crate::support::rounds::Rounds;

fn run(words: &[&str]) -> crate::support::rounds::Outcome {
    Rounds::new(words.iter().copied()).run()
}

#[test]
fn a_run_says_what_is_the_matter_by_text_json_and_markdown_and_by_its_exit_code() {
    let demo = ["run", "prometheus-down", "--demo", "prometheus-down"];
    let text = run(&demo).expect_code(2).stdout;
    assert!(text.contains("[lock-held]"), "{text}");
    assert!(text.contains("restart") || text.contains("redeploy"), "{text}");
    let plain = |line: &&str| !line.contains(" $ ") && !line.trim_start().starts_with("same as");
    let long = text.lines().filter(plain).find(|line| line.chars().count() > 80);
    assert_eq!(long, None, "{text}");
    let json: Value = serde_json::from_str(&run(&[&demo[..], &["-o", "json"]].concat()).expect_code(2).stdout).unwrap();
    assert_eq!(json["schema"], "rounds.run/1");
    assert_eq!(json["exit_code"], 2);
    assert_eq!(json["causes"][0]["name"], "lock-held");
    assert!(json["steps"].as_array().unwrap().iter().any(|step| step["state"] == "queued"), "{json:#}");
    let markdown = run(&[&demo[..], &["-o", "markdown"]].concat()).expect_code(2).stdout;
    assert!(markdown.starts_with("# prometheus-down: "), "{markdown}");
    assert!(markdown.contains("(`lock-held`)"), "{markdown}");
    let well = run(&["run", "prometheus-down", "--demo", "healthy"]).expect_code(0).stdout;
    assert!(well.contains("nothing found"), "{well}");
}

/// Every runbook, the incident it is for, and the cause that is planted there.
const PLANTED: [(&str, &str, &str); 8] = [
    ("prometheus-down", "prometheus-down", "lock-held"),
    ("grafana-unreachable", "grafana-unreachable", "target-unhealthy"),
    ("metrics-stopped", "metrics-stopped", "discovery-failing"),
    ("high-cpu", "hot-cpu", "more-traffic"),
    ("high-memory", "memory-leak", "out-of-memory"),
    ("bad-deploy", "bad-deploy", "rollout-failing"),
    ("error-rate", "wedged-task", "odd-task"),
    ("alert-storm", "alert-storm", "one-zone"),
];

#[test]
fn each_finds_the_planted_cause_and_in_a_healthy_fleet_nothing() {
    let mut shipped: Vec<&str> = rounds::runbook::shipped_names().collect();
    let mut planted = PLANTED.map(|(name, ..)| name);
    shipped.sort_unstable();
    planted.sort_unstable();
    assert_eq!(shipped, planted, "each that is shipped has its incident here");
    for (name, scenario, cause) in PLANTED {
        let found = run(&["--demo", scenario, "run", name, "-o", "json"]).expect_code(2).json();
        let named = found["causes"].as_array().unwrap().iter().any(|one| one["name"] == cause);
        assert!(named && found["exit_code"] == 2, "{name} in {scenario}: {found:#}");
        let text = run(&["--demo", scenario, "run", name]).expect_code(2).stdout;
        assert!(text.contains(&format!("[{cause}]")), "{text}");
        let well = run(&["--demo", "healthy", "run", name, "-o", "json"]).expect_code(0).json();
        assert_eq!((&well["causes"], &well["exit_code"]), (&serde_json::json!([]), &0.into()), "{name}: {well:#}");
        assert!(well["steps"].as_array().unwrap().iter().all(|step| step["state"] != "queued"), "{name}: {well:#}");
        // Where AWS does not answer, nothing is found out, and that is not well.
        run(&["--demo", "sso-expired", "run", name]).expect_code(3);
    }
}

#[test]
fn without_a_name_it_lists_those_that_are_for_what_fires() {
    let text = run(&["run", "--demo", "hot-cpu"]).expect_code(0).stdout;
    assert!(text.starts_with("rounds run high-cpu\n"), "{text}");
    assert!(text.contains("HighCPUUsage api-2"), "{text}");
    let json: Value =
        serde_json::from_str(&run(&["run", "--demo", "hot-cpu", "-o", "json"]).expect_code(0).stdout).unwrap();
    assert_eq!((&json["alerts_known"], &json["runbooks"][0]["name"]), (&Value::Bool(true), &"high-cpu".into()));
}

#[test]
fn a_change_is_made_only_when_it_is_confirmed_and_what_follows_is_then_taken() {
    let demo = ["run", "error-rate", "--demo", "wedged-task", "--demo-speed", "60"];
    // Without a terminal and without --yes nothing is done.
    let waits = run(&demo).expect_code(2).stdout;
    assert!(waits.contains("waits to be confirmed"), "{waits}");
    let dry = run(&[&demo[..], &["--dry-run"]].concat()).expect_code(2).stdout;
    assert!(dry.contains("a dry run: nothing was changed") && dry.contains("aws ecs stop-task"), "{dry}");
    let json: Value =
        serde_json::from_str(&run(&[&demo[..], &["--yes", "-o", "json"]].concat()).expect_code(2).stdout).unwrap();
    let state = |id: &str| {
        let steps = json["steps"].as_array().unwrap();
        steps.iter().find(|step| step["id"] == id).unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!((state("restart").as_str(), state("errors-after").as_str()), ("done", "pass"), "{json:#}");
}

#[test]
fn what_cannot_be_is_refused_with_what_could() {
    for (words, said) in [
        (vec!["run", "prometheus-dwon", "--demo", "healthy"], "did you mean `prometheus-down`?"),
        (vec!["run", "high-cpu", "--service", "nothing", "--demo", "healthy"], "no service is called nothing"),
        (vec!["run", "high-cpu", "--service", "api-*", "--demo", "healthy"], "2 services fit api-*"),
        (vec!["run", "high-cpu", "--since", "soon", "--demo", "healthy"], "since cannot be `soon`"),
        (vec!["run", "high-cpu", "--set", "ticket=1", "--demo", "healthy"], "has no input `ticket`"),
        (vec!["run", "alert-storm", "--service", "web", "--demo", "healthy"], "has no input `service`"),
        (vec!["run", "--since", "2h", "--demo", "healthy"], "which runbook"),
        (vec!["run", "high-cpu", "-o", "nagios", "--demo", "healthy"], "text, JSON or Markdown"),
        (vec!["run", "high-cpu", "--alert", "Nothing", "--demo", "healthy"], "no alert Nothing is there now"),
    ] {
        let outcome = run(&words).expect_code(3);
        assert!(outcome.stderr.contains(said), "{words:?}: {}", outcome.stderr);
    }
}

#[test]
fn files_are_checked_shown_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let good = "title = \"mine\"\n[[steps]]\nid = \"alerts\"\ntitle = \"alerts\"\ncheck = \"alerts\"\n";
    std::fs::write(path("mine.toml"), good).unwrap();
    std::fs::write(path("bad.toml"), good.replace("check = \"alerts\"", "check = \"alrets\"")).unwrap();
    let (mine, bad) = (path("mine.toml"), path("bad.toml"));
    assert!(run(&["runbook", "check", &mine]).expect_code(0).stdout.ends_with("ok, mine with 1 step\n"));
    let refused = run(&["runbook", "check", &bad, &mine]).expect_code(3);
    assert!(refused.stderr.contains("bad.toml:5:9") && refused.stderr.contains("did you mean `alerts`?"));
    assert!(refused.stdout.contains("mine.toml: ok"), "the other one is looked at all the same");
    assert!(run(&["runbook", "check", &path("none.toml")]).expect_code(3).stderr.contains("no runbook file"));
    assert!(run(&["runbook", "show", &mine]).expect_code(0).stdout.starts_with("mine: mine\n"));
    run(&["run", &mine, "--demo", "healthy"]).expect_code(0);
    let list = run(&["runbook", "list"]).expect_code(0).stdout;
    assert!(rounds::runbook::shipped_names().all(|name| list.contains(name)), "{list}");
    let schema: Value = serde_json::from_str(&run(&["runbook", "schema"]).expect_code(0).stdout).unwrap();
    assert_eq!(schema["properties"]["steps"]["type"], "array");
    let schema: Value = serde_json::from_str(&run(&["runbook", "schema", "--run"]).expect_code(0).stdout).unwrap();
    assert_eq!(schema["title"], "rounds run -o json");
    assert!(run(&["runbook", "show", "high-cpu", "-o", "markdown"]).expect_code(0).stdout.starts_with("# high-cpu\n"));
}

#[test]
fn a_runbook_on_the_page_is_one() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/runbooks.md")).unwrap();
    let block = page.split("```toml runbook\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.toml");
    std::fs::write(&path, block).unwrap();
    run(&["runbook", "check", path.to_str().unwrap()]).expect_code(0);
}

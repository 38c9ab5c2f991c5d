//! Checks of the simulated fleet from the command line: forms, exit codes, usage.

use serde_json::Value;

use crate::support::rounds::Rounds;

fn demo(scenario: &str, arguments: &[&str]) -> Rounds {
    let words = arguments.iter().copied().chain(["--demo", scenario, "--demo-speed", "0.001"]);
    Rounds::new(words)
}

#[test]
fn exit_codes_follow_what_is_found() {
    for (scenario, arguments, code) in [
        ("healthy", &["check", "alb"][..], 0),
        ("healthy", &["check", "tls"], 0),
        ("mixed-bad-day", &["check", "tls", "--host", "web.example.com"], 1),
        ("grafana-unreachable", &["check", "alb"], 2),
        ("prometheus-down", &["check", "targets"], 3),
        ("sso-expired", &["check", "alb"], 3),
        ("healthy", &["trace", "grafana"], 0),
        ("grafana-unreachable", &["trace", "prod/grafana"], 2),
        ("healthy", &["check", "tasks"], 3),
        ("healthy", &["check", "tasks", "--service", "*"], 3),
        ("healthy", &["check", "exporter", "--service", "web"], 3),
        ("healthy", &["check", "joy"], 3),
        ("healthy", &["trace"], 3),
        ("healthy", &["check", "alb", "-o", "nagios"], 3),
    ] {
        let outcome = demo(scenario, arguments).run();
        assert_eq!(outcome.code, Some(code), "{scenario} {arguments:?}: {outcome:#?}");
        assert!(code == 3 || outcome.stderr.is_empty(), "{outcome:#?}");
    }
}

#[test]
fn the_seed_gives_another_reason_for_the_same_incident() {
    for (seed, broken) in [("1", "target-group"), ("2", "listener"), ("3", "listener"), ("4", "dns")] {
        let outcome = demo("grafana-unreachable", &["trace", "grafana", "--demo-seed", seed, "-o", "json"]).run();
        let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(json["broken"], broken, "{json:#}");
        assert_eq!(json["schema"], "rounds.trace/1");
    }
}

#[test]
fn help_lists_every_kind_with_its_options() {
    let help = Rounds::new(["check", "--help"]).run().expect_code(0).stdout;
    for name in ["tasks", "deployment", "security-group", "continuity"] {
        assert!(help.contains(name), "{name}:\n{help}");
    }
    let help = Rounds::new(["check", "security-group", "--help"]).run().expect_code(0).stdout;
    assert!(help.contains("--from") && help.contains("--port"), "{help}");
}

#[test]
fn problems_only_leaves_out_what_passes() {
    let outcome = demo("grafana-unreachable", &["check", "alb", "--problems"]).run();
    assert!(outcome.stdout.contains("✖ fail") && !outcome.stdout.contains("✔ pass"), "{}", outcome.stdout);
}

//! What the program says about itself.

use crate::support::rounds::Rounds;

fn page(arguments: &[&str]) -> String {
    let outcome = Rounds::new(arguments.iter().copied()).run().expect_code(0);
    assert_eq!(outcome.stderr, "", "{arguments:?}");
    assert!(!outcome.stdout.contains('\x1b'), "{arguments:?} colours a pipe");
    outcome.stdout
}

#[test]
fn every_page_is_printed_without_configuration_or_network() {
    for (arguments, wanted) in [
        (&["--help"][..], vec!["--once", "demo", "doctor", "--fail-on", "Exit codes"]),
        (&["--version"], vec![concat!("rounds ", env!("CARGO_PKG_VERSION"))]),
        (&["keys"], vec!["quit", "filter", "help"]),
        (&["themes"], vec!["dark", "light", "high-contrast", "color-blind", "mono"]),
        (&["completions", "bash"], vec!["_rounds", "--once"]),
        (&["completions", "zsh"], vec!["#compdef rounds"]),
        (&["completions", "fish"], vec!["complete -c rounds"]),
        (&["man"], vec![".TH rounds", "once"]),
        (&["config", "path"], vec!["config.toml"]),
    ] {
        let text = page(arguments);
        for word in wanted {
            assert!(text.contains(word), "{arguments:?} lacks {word:?}:\n{text}");
        }
    }
}

#[test]
fn keys_follow_the_keymap_asked_for() {
    let default = page(&["keys"]);
    let emacs = page(&["keys", "--keymap", "emacs"]);
    assert_ne!(default, emacs);
    let refused = Rounds::new(["keys", "--keymap", "no-such-keymap"]).run();
    assert!(refused.code == Some(3) && refused.stderr.contains("no-such-keymap"), "{refused:#?}");
}

#[test]
fn the_demo_is_printed_in_every_form_and_never_passes_for_real() {
    for (format, mark) in [("text", "DEMO"), ("json", "\"demo\": true"), ("markdown", "DEMO"), ("nagios", "DEMO")] {
        let outcome = Rounds::new(["demo", "--once", "-o", format, "--scenario", "healthy"]).run().expect_code(0);
        let compact = outcome.stdout.replace("\"demo\":true", "\"demo\": true");
        assert!(compact.contains(mark), "{format}:\n{}", outcome.stdout);
    }
}

#[test]
fn each_scenario_has_the_verdict_it_is_about() {
    for (scenario, codes) in [
        ("healthy", &[0][..]),
        ("hot-cpu", &[1, 2]),
        ("memory-leak", &[1, 2]),
        ("bad-deploy", &[1, 2]),
        ("prometheus-down", &[1, 2, 3]),
        ("grafana-unreachable", &[1, 2, 3]),
        ("metrics-stopped", &[1, 2, 3]),
        ("mixed-bad-day", &[2]),
    ] {
        let outcome = Rounds::new(["demo", "--once", "--scenario", scenario]).run();
        assert!(codes.iter().any(|code| outcome.code == Some(*code)), "{scenario}: {outcome:#?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_fleet() {
    let fleet = |seed: &str| {
        let document = Rounds::new(["demo", "--once", "-o", "json", "--services", "40", "--seed", seed]).run().json();
        let services = document["services"].as_array().unwrap().clone();
        let mut named: Vec<(String, String)> =
            services.iter().map(|one| (one["name"].to_string(), one["tasks"]["desired"].to_string())).collect();
        named.sort();
        named
    };
    assert_eq!(fleet("7"), fleet("7"));
    assert_ne!(fleet("7"), fleet("8"));
    assert!(fleet("7").len() >= 40);
}

#[test]
fn two_looks_at_the_same_demo_are_the_same() {
    for form in ["text", "json", "markdown", "nagios"] {
        let look = || Rounds::new(["demo", "--once", "-o", form, "--seed", "7", "--speed", "60"]).run().stdout;
        assert_eq!(look(), look(), "{form}");
    }
}

#[test]
fn a_scenario_that_is_none_is_answered_with_those_there_are() {
    let refused = Rounds::new(["demo", "--scenario", "memory-leek"]).run().expect_code(3);
    assert_eq!(refused.stdout, "");
    for text in ["'memory-leak'", "hot-cpu", "metrics-stopped"] {
        assert!(refused.stderr.contains(text), "{text}: {}", refused.stderr);
    }
}

#[test]
fn the_manual_has_every_subcommand_and_no_page_that_is_none() {
    let manual = page(&["man"]);
    let options = [r"\-\-scenario", r"\-\-seed", r"\-\-speed", r"\-\-services"];
    let parts = ["rounds doctor", "rounds config schema", "EXIT STATUS", "ENVIRONMENT", "ROUNDS_CONFIG", "FILES"];
    for text in options.into_iter().chain(parts) {
        assert!(manual.contains(text), "{text}:\n{manual}");
    }
    assert!(!manual.contains(r"rounds\-demo(1)"), "{manual}");
}

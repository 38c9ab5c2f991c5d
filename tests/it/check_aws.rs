//! Checks of AWS against moto: load balancers, names, security groups, storage, roles; and what is denied.

use std::sync::LazyLock;

use serde_json::Value;

use crate::support::bridge::{Bridge, Trouble};
use crate::support::moto::{Moto, REGION, python};
use crate::support::process::{repository, tool};
use crate::support::rounds::{Outcome, Rounds};

/// A moto with an estate, and what AWS called its parts.
struct Estate {
    moto: Moto,
    names: Value,
}

static ESTATE: LazyLock<Estate> = LazyLock::new(|| {
    let moto = Moto::start();
    let script = repository().join("tests/fixtures/moto_estate.py");
    let said = tool(&python(), [script.as_os_str(), moto.url().as_ref(), REGION.as_ref()]);
    let names = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    Estate { moto, names }
});

fn name(of: &str) -> &'static str {
    ESTATE.names[of].as_str().unwrap()
}

fn ask(arguments: &[&str]) -> (Outcome, Value) {
    at(&Bridge::to(&ESTATE.moto.url()), arguments)
}

fn at(bridge: &Bridge, arguments: &[&str]) -> (Outcome, Value) {
    let words = arguments.iter().copied().chain(["-o", "json"]);
    let outcome = Rounds::new(words).aws(&bridge.url()).run();
    let json = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome:#?}"));
    (outcome, json)
}

/// Everything looked at that contains a text.
fn looked<'j>(json: &'j Value, text: &str) -> Vec<&'j Value> {
    let all = json["looked"].as_array().unwrap();
    all.iter().filter(|one| one["text"].as_str().unwrap().contains(text)).collect()
}

fn causes(json: &Value) -> Vec<&str> {
    json["causes"].as_array().unwrap().iter().map(|cause| cause.as_str().unwrap()).collect()
}

#[test]
fn a_load_balancer_is_told_from_its_state_to_its_targets() {
    let (outcome, json) = ask(&["check", "alb", "--name", "front"]);
    assert_eq!(outcome.code, Some(0), "{json:#}");
    for text in [
        "front (application, internet-facing) is active",
        "listens on HTTPS 443, 1 certificate",
        "target group grafana healthy",
    ] {
        assert!(!looked(&json, text).is_empty(), "{text}: {json:#}");
    }
    let (outcome, json) = ask(&["check", "alb", "--service", "grafana"]);
    assert_eq!(outcome.code, Some(0), "{json:#}");
    assert!(!looked(&json, "rule 10, host grafana.example.com, forwards to grafana").is_empty(), "{json:#}");
    let (outcome, json) = ask(&["check", "alb", "--name", "nobody"]);
    assert_eq!((outcome.code, causes(&json)), (Some(2), vec!["no-load-balancer"]), "{json:#}");
    assert!(json["next_step"].as_str().unwrap().contains("front"));
}

#[test]
fn a_target_group_that_no_rule_leads_to_is_named() {
    let (outcome, json) = ask(&["check", "alb", "--service", "prometheus"]);
    assert_eq!((outcome.code, causes(&json)), (Some(2), vec!["no-rule"]), "{json:#}");
    assert!(!looked(&json, "no load balancer uses target group lost").is_empty(), "{json:#}");
}

#[test]
fn a_name_is_compared_with_what_route_53_has() {
    let (outcome, json) = ask(&["check", "dns", "--name", "old.example.com"]);
    assert_eq!(outcome.code, Some(2));
    assert!(causes(&json).contains(&"record-stale"), "{json:#}");
    let (_, json) = ask(&["check", "dns", "--name", "nothing.example.com"]);
    assert!(causes(&json).contains(&"record-missing") && causes(&json).contains(&"name-unresolved"), "{json:#}");
    let (_, json) = ask(&["check", "dns", "--name", "grafana.example.com"]);
    let leads = looked(&json, &format!("leads to dualstack.{}", name("front_dns")));
    assert!(leads.iter().any(|one| one["state"] == "pass"), "{json:#}");
    let (outcome, json) = ask(&["check", "dns", "--name", "localhost"]);
    assert_eq!(outcome.code, Some(0), "no zone, and it resolves: {json:#}");
}

#[test]
fn the_way_through_the_security_groups_is_followed_and_a_missing_rule_named() {
    let (outcome, json) = ask(&["check", "security-group", "--from", "203.0.113.9", "--service", "grafana"]);
    assert_eq!(outcome.code, Some(0), "{json:#}");
    assert!(!looked(&json, "admits 203.0.113.0/24, office").is_empty(), "{json:#}");
    assert!(!looked(&json, "tasks of grafana").is_empty(), "{json:#}");
    let (outcome, json) = ask(&["check", "security-group", "--from", "198.51.100.0/24", "--service", "grafana"]);
    assert_eq!((outcome.code, causes(&json)), (Some(2), vec!["no-ingress-rule"]), "{json:#}");
    let step = json["next_step"].as_str().unwrap();
    let wanted = format!("--group-id {} --protocol tcp --port 443 --cidr 198.51.100.0/24", name("front_group"));
    assert!(step.contains(&wanted), "{step}");
}

#[test]
fn storage_is_told_and_what_prometheus_would_add_is_unknown() {
    let (outcome, json) = ask(&["check", "storage", "--service", "prometheus"]);
    assert_eq!(outcome.code, Some(3), "{json:#}");
    let system = looked(&json, name("file_system"));
    assert!(
        system.iter().any(|one| one["text"].as_str().unwrap().contains("encrypted, to IA AFTER_30_DAYS")),
        "{json:#}"
    );
    let unseen = looked(&json, "Prometheus' own storage could not be seen");
    assert!(unseen.iter().all(|one| one["state"] == "unknown") && !unseen.is_empty(), "{json:#}");
}

/// moto cannot simulate policies: it answers 500, as an API that is out of order would.
#[test]
fn where_a_simulation_is_not_possible_the_policies_are_read_and_that_is_said() {
    let actions = "ecs:ListTasks,ecs:DescribeTasks";
    let (outcome, json) = ask(&["check", "iam", "--service", "prometheus", "--actions", actions]);
    assert_eq!((outcome.code, causes(&json)), (Some(2), vec!["denied"]), "{json:#}");
    assert!(!looked(&json, "read from the policies only").is_empty(), "{json:#}");
    assert!(!looked(&json, "may ecs:ListTasks, by own").is_empty(), "{json:#}");
    assert!(!looked(&json, "may not ecs:DescribeTasks: no policy allows it").is_empty(), "{json:#}");
}

#[test]
fn a_denied_call_is_unknown_with_the_action_to_allow_and_the_rest_is_answered() {
    let bridge = Bridge::to(&ESTATE.moto.url());
    bridge.trouble("elasticfilesystem", Trouble::Denied);
    let (outcome, json) = at(&bridge, &["check", "storage", "--service", "prometheus"]);
    assert_eq!(outcome.code, Some(3), "{json:#}");
    let denied = looked(&json, "the file systems could not be seen");
    assert!(denied[0]["text"].as_str().unwrap().contains("allow elasticfilesystem:DescribeFileSystems"), "{json:#}");
    bridge.trouble("elasticloadbalancing", Trouble::Denied);
    let (outcome, json) = at(&bridge, &["check", "alb", "--name", "front"]);
    assert_eq!(outcome.code, Some(3), "{json:#}");
    assert!(
        json["next_step"].as_str().unwrap().contains("allow elasticloadbalancing:DescribeLoadBalancers"),
        "{json:#}"
    );
}

#[test]
fn a_trace_walks_every_hop_and_says_what_it_cannot_see() {
    let (outcome, json) = ask(&["trace", "grafana"]);
    let kinds: Vec<&str> = json["hops"].as_array().unwrap().iter().map(|hop| hop["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["dns", "listener", "rule", "target-group", "task", "container"]);
    // Nobody but moto knows that name.
    assert_eq!((outcome.code, json["broken"].as_str()), (Some(2), Some("dns")), "{json:#}");
    let state = |kind: usize| json["hops"][kind]["state"].as_str().unwrap();
    assert_eq!((state(2), state(3)), ("pass", "pass"), "{json:#}");
    let (outcome, json) = ask(&["trace", "stack/prometheus"]);
    assert_eq!(json["broken"].as_str(), Some("target-group"), "{json:#}");
    assert_eq!(outcome.code, Some(2));
    let outcome = Rounds::new(["trace", "nobody"]).aws(&ESTATE.moto.url()).run();
    assert!(outcome.code == Some(3) && outcome.stderr.contains("there is no service nobody"), "{outcome:#?}");
}

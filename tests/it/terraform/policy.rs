//! What holds for everything the module makes, in every case: names, tags, who may do and reach what.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::applied::Applied;
use crate::provision::{list, text};
use crate::support::rounds::Rounds;

/// What AWS cannot bind to a resource.
const UNBOUND: [&str; 14] = [
    "cloudwatch:DescribeAlarms",
    "cloudwatch:DescribeAlarmsForMetric",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListMetrics",
    "ecr:GetAuthorizationToken",
    "ecs:DescribeClusters",
    "ecs:ListClusters",
    "logs:DescribeLogGroups",
    "logs:GetQueryResults",
    "logs:StopQuery",
    "tag:GetResources",
    // Bound by the condition `ecs:cluster` instead, which is looked at below.
    "ecs:DescribeServices ecs:DescribeTasks ecs:ListServices ecs:ListTasks",
    "",
];

#[test]
fn everything_that_can_have_tags_has_them() {
    let Some(applied) = Applied::of("everything_that_can_have_tags_has_them") else { return };
    let mut tagged = BTreeSet::new();
    for resource in applied.resources() {
        let Some(tags) = resource.attributes.get("tags") else { continue };
        for (name, value) in [("Team", "platform"), ("Environment", "prod"), ("Stack", "prod-monitoring")] {
            assert_eq!(tags[name], value, "{resource:?}");
        }
        tagged.insert(resource.kind);
    }
    assert!(tagged.len() > 20, "{tagged:?}");
}

#[test]
fn every_role_may_do_what_its_part_does_and_no_more() {
    let Some(applied) = Applied::of("every_role_may_do_what_its_part_does_and_no_more") else { return };
    let mut seen = 0;
    for resource in applied.resources().iter().filter(|one| one.kind == "aws_iam_role_policy") {
        let policy: Value = serde_json::from_str(text(&resource.attributes["policy"])).unwrap();
        let statements = list(&policy["Statement"]);
        assert!(!statements.is_empty(), "an empty policy is refused: {resource:?}");
        for statement in statements {
            let actions: Vec<&str> = list(&statement["Action"]).iter().map(text).collect();
            assert!(actions.iter().all(|action| !action.contains('*')), "{statement:#}");
            let resources: Vec<&str> = list(&statement["Resource"]).iter().map(text).collect();
            assert!(!resources.is_empty(), "{statement:#}");
            if resources.contains(&"*") {
                let mut sorted = actions.clone();
                sorted.sort_unstable();
                let is_bound = !statement["Condition"]["ArnEquals"]["ecs:cluster"].is_null();
                let joined = sorted.join(" ");
                let allowed = actions.iter().all(|action| UNBOUND.contains(action));
                assert!(allowed || (is_bound && UNBOUND.contains(&joined.as_str())), "{statement:#}");
            }
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn nobody_comes_in_but_the_office() {
    let Some(applied) = Applied::of("nobody_comes_in_but_the_office") else { return };
    for rule in applied.resources().iter().filter(|one| one.kind == "aws_vpc_security_group_ingress_rule") {
        let from = &rule.attributes["cidr_ipv4"];
        if rule.name == "office" {
            assert_eq!(from, "203.0.113.0/24", "{rule:?}");
        } else {
            assert!(from.is_null() && rule.attributes["referenced_security_group_id"].is_string(), "{rule:?}");
        }
    }
    for rule in applied.resources().iter().filter(|one| one.kind == "aws_vpc_security_group_egress_rule") {
        let is_anywhere = rule.attributes["cidr_ipv4"] == "0.0.0.0/0";
        assert_eq!(is_anywhere, rule.name == "https", "{rule:?}");
        assert!(rule.attributes["ip_protocol"] == "tcp" && rule.attributes["from_port"].is_number(), "{rule:?}");
    }
}

/// The provider takes a service that ECS rolled back for one that is steady: each is looked at afterwards.
#[test]
fn a_rollback_fails_the_apply() {
    let Some(applied) = Applied::of("a_rollback_fails_the_apply") else { return };
    let services: Vec<_> = applied.resources().into_iter().filter(|one| one.kind == "aws_ecs_service").collect();
    assert!(services.len() > 20, "{}", services.len());
    for service in services {
        let address = match service.name {
            "alertmanager" | "loki" => format!("aws_ecs_service.{}[0]", service.name),
            name => format!("aws_ecs_service.{name}"),
        };
        assert!(applied.is_checked(service.case, &address), "{} {address}", service.case);
    }
}

/// AWS refuses the second of two rules that say the same, in the middle of an apply.
#[test]
fn no_rule_is_there_twice() {
    let Some(applied) = Applied::of("no_rule_is_there_twice") else { return };
    let mut seen = BTreeSet::new();
    for rule in applied.resources().iter().filter(|one| one.kind.starts_with("aws_vpc_security_group_")) {
        let said =
            ["security_group_id", "referenced_security_group_id", "cidr_ipv4", "cidr_ipv6", "ip_protocol", "from_port"];
        let said = said.map(|name| rule.attributes[name].to_string()).join(" ");
        assert!(seen.insert(format!("{} {} {said}", rule.case, rule.kind)), "twice: {rule:?}");
    }
    assert!(seen.len() > 150, "{}", seen.len());
}

/// Limits of AWS that its API would only tell of in the middle of an apply.
#[test]
fn every_name_fits() {
    let Some(applied) = Applied::of("every_name_fits") else { return };
    for resource in applied.resources() {
        let limit = match resource.kind {
            "aws_lb" | "aws_lb_target_group" => 32,
            "aws_backup_restore_testing_plan" => 50,
            "aws_s3_bucket" => 63,
            "aws_iam_role" => 64,
            _ => 255,
        };
        let name = match resource.kind {
            "aws_s3_bucket" => &resource.attributes["bucket"],
            _ => &resource.attributes["name"],
        };
        let Some(name) = name.as_str() else { continue };
        assert!(name.len() <= limit && !name.ends_with('-'), "{name}: {resource:?}");
        if resource.kind == "aws_backup_restore_testing_plan" {
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");
        }
        if let Some(key) = resource.key.filter(|_| resource.kind == "aws_service_discovery_service") {
            assert_eq!(name, key);
        }
    }
}

/// The console takes its context from the module's output, every key of it.
#[test]
fn the_consoles_context_is_one() {
    let Some(applied) = Applied::of("the_consoles_context_is_one") else { return };
    let mut config = "[contexts]\n".to_owned();
    for (case, context) in applied.contexts() {
        let mut context = context.as_object().unwrap().clone();
        assert_eq!(context.remove("name"), Some("prod".into()));
        assert_eq!(context.contains_key("alertmanager"), case != "stateless");
        // It is not told where the token is: that is for whoever reads it.
        context["grafana"]["token_env"] = "GRAFANA_TOKEN".into();
        writeln!(config, "{case} = {}", inline(&context.into())).unwrap();
    }
    Rounds::new(["config", "check"]).config(&config).env("GRAFANA_TOKEN", "planted").run().expect_code(0);
}

/// As a table on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name} = {}", inline(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

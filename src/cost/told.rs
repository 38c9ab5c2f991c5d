//! What a Terraform plan or state tells of itself: where it is, how many services it watches, for how long it keeps.

use std::collections::BTreeMap;

use serde_json::Value;

use super::resource::Resource;
use crate::format::{parse_retention, sanitise};

/// Variables that hold a region, as modules call them.
const REGION_VARIABLES: [&str; 2] = ["aws_region", "region"];

/// Regions by how many resources are in each, most first. Since version 6 of the AWS provider every resource says its own.
pub(super) fn regions(resources: &[Resource]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for region in resources.iter().filter_map(|resource| resource.values["region"].as_str()) {
        if is_region(region) {
            *counts.entry(region).or_default() += 1;
        }
    }
    let mut regions: Vec<(String, usize)> =
        counts.into_iter().map(|(region, count)| (region.to_owned(), count)).collect();
    regions.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    regions
}

/// The region by the configuration: of the provider, else by a variable's name.
pub(super) fn configured_region(document: &Value) -> Option<String> {
    let providers = document["configuration"]["provider_config"].as_object().into_iter().flatten();
    let mut aws = providers.map(|(_, one)| one).filter(|one| one["name"] == "aws" && one["alias"].is_null());
    let provider = aws.find_map(|one| expressed(document, &one["expressions"]["region"])).and_then(Value::as_str);
    let variable = || REGION_VARIABLES.iter().find_map(|name| variable(document, name).as_str());
    provider.or_else(variable).filter(|region| is_region(region)).map(str::to_owned)
}

/// How many services are watched: by the variable, by what a module is called with, or by the module's output.
pub(super) fn services(document: &Value) -> Option<u32> {
    let calls = document["configuration"]["root_module"]["module_calls"].as_object().into_iter().flatten();
    let mut called = calls.filter_map(|(_, call)| expressed(document, &call["expressions"]["services"]));
    let output = |values: &str| document[values]["outputs"]["services"]["value"].as_object();
    let map = variable(document, "services").as_object();
    let map = map.or_else(|| called.find_map(Value::as_object));
    let map = map.or_else(|| output("planned_values")).or_else(|| output("values"));
    map.and_then(|map| u32::try_from(map.len()).ok()).filter(|number| *number > 0)
}

/// Days that Prometheus keeps samples, by the flag it is started with.
pub(super) fn retention_days(resources: &[Resource]) -> Option<f64> {
    const FLAG: &str = "--storage.tsdb.retention.time=";
    let definitions = resources.iter().filter(|resource| resource.kind == "aws_ecs_task_definition");
    let mut containers = definitions.filter_map(|definition| definition.values["container_definitions"].as_str());
    containers.find_map(|containers| {
        let (_, after) = containers.split_once(FLAG)?;
        let text = after.split(|letter: char| !letter.is_ascii_alphanumeric()).next()?;
        parse_retention(text).ok().map(|kept| kept.as_secs_f64() / 86_400.0).filter(|days| *days > 0.0)
    })
}

/// Days that copies are kept, by the longest rule of the backup plans: none without a plan, and the usual where a plan
/// does not say.
pub(super) fn backup_days(resources: &[Resource], usual: f64) -> f64 {
    let plans: Vec<&Resource> = resources.iter().filter(|resource| resource.kind == "aws_backup_plan").collect();
    if plans.is_empty() {
        return 0.0;
    }
    let rules = plans.iter().filter_map(|plan| plan.values["rule"].as_array()).flatten();
    let cycles = rules.filter_map(|rule| rule["lifecycle"].as_array()).flatten();
    let longest = cycles.filter_map(|cycle| cycle["delete_after"].as_f64()).fold(0.0, f64::max);
    if longest > 0.0 { longest } else { usual }
}

fn variable<'d>(document: &'d Value, name: &str) -> &'d Value {
    &document["variables"][name]["value"]
}

/// What an expression of the configuration is, where that can be told without evaluating it: a constant, a variable, or
/// a variable of the root's that a literal stands for.
fn expressed<'d>(document: &'d Value, expression: &'d Value) -> Option<&'d Value> {
    let constant = expression.get("constant_value");
    let by_name = || {
        let references = expression["references"].as_array()?;
        let [reference] = references.as_slice() else { return None };
        Some(variable(document, reference.as_str()?.strip_prefix("var.")?))
    };
    constant.or_else(by_name)
}

/// Whether a text has the form of a region: what a provider makes up for a test has not.
fn is_region(text: &str) -> bool {
    let mut parts = text.split('-').rev();
    let is_number = parts.next().is_some_and(|last| last.len() == 1 && last.chars().all(|one| one.is_ascii_digit()));
    let names: Vec<&str> = parts.collect();
    is_number
        && names.len() >= 2
        && names.iter().all(|name| !name.is_empty() && name.chars().all(|one| one.is_ascii_lowercase()))
        && sanitise(text) == text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(resources: &[Value]) -> Vec<Resource> {
        super::super::resource::resources(&json!({ "root_module": { "resources": resources } }))
    }

    #[test]
    fn a_plan_says_its_region_in_one_way_or_another() {
        for (document, region) in [
            (json!({ "variables": { "aws_region": { "value": "us-east-1" } } }), Some("us-east-1")),
            (json!({ "variables": { "region": { "value": "eu-central-1" } } }), Some("eu-central-1")),
            (json!({ "variables": { "region": { "value": "here" } } }), None),
            (
                json!({ "configuration": { "provider_config": {
                    "aws.far": { "name": "aws", "alias": "far", "expressions": { "region": { "constant_value": "eu-west-1" } } },
                    "aws": { "name": "aws", "expressions": { "region": { "constant_value": "us-gov-west-1" } } },
                } } }),
                Some("us-gov-west-1"),
            ),
            (
                json!({
                    "configuration": { "provider_config": {
                        "aws": { "name": "aws", "expressions": { "region": { "references": ["var.where"] } } },
                    } },
                    "variables": { "where": { "value": "ap-northeast-2" }, "region": { "value": "us-east-1" } },
                }),
                Some("ap-northeast-2"),
            ),
            (json!({}), None),
        ] {
            assert_eq!(configured_region(&document).as_deref(), region, "{document}");
        }
        let bucket =
            |region: Value| json!({ "mode": "managed", "type": "aws_x", "name": "x", "values": { "region": region } });
        let all = of(&[
            bucket(json!("eu-west-1")),
            bucket(json!("us-east-1")),
            bucket(json!("us-east-1")),
            bucket(json!("region-4f2a")),
            bucket(Value::Null),
        ]);
        assert_eq!(regions(&all), [("us-east-1".to_owned(), 2), ("eu-west-1".to_owned(), 1)]);
    }

    #[test]
    fn services_are_counted_where_they_are_named() {
        let two = json!({ "a": { "port": 1 }, "b": { "port": 2 } });
        let call = |expression: Value| json!({ "root_module": { "module_calls": { "m": { "expressions": { "services": expression } } } } });
        for (document, number) in [
            (json!({ "variables": { "services": { "value": two } } }), Some(2)),
            (json!({ "configuration": call(json!({ "constant_value": two })) }), Some(2)),
            (
                json!({ "configuration": call(json!({ "references": ["var.watched"] })), "variables": { "watched": { "value": two } } }),
                Some(2),
            ),
            (json!({ "configuration": call(json!({ "references": ["local.x", "var.y"] })) }), None),
            (json!({ "values": { "outputs": { "services": { "value": { "a": "a" } } } } }), Some(1)),
            (json!({ "variables": { "services": { "value": {} } } }), None),
            (json!({}), None),
        ] {
            assert_eq!(services(&document), number, "{document}");
        }
    }

    #[test]
    fn how_long_is_kept_is_read_where_it_is_set() {
        let definition = |containers: &str| {
            json!({ "mode": "managed", "type": "aws_ecs_task_definition", "name": "p",
                "values": { "container_definitions": containers } })
        };
        let flag =
            |time: &str| definition(&format!(r#"[{{"command":["--a","--storage.tsdb.retention.time={time}"]}}]"#));
        for (time, days) in [("30d", Some(30.0)), ("1y", Some(365.0)), ("36h", Some(1.5)), ("0d", None), ("x", None)] {
            assert_eq!(retention_days(&of(&[definition("[]"), flag(time)])), days, "{time}");
        }
        let plan = |rules: Value| json!({ "mode": "managed", "type": "aws_backup_plan", "name": "p", "values": { "rule": rules } });
        let rule = |days: u32| json!({ "lifecycle": [{ "delete_after": days }] });
        for (plans, days) in [
            (vec![], 0.0),
            (vec![plan(json!([]))], 35.0),
            (vec![plan(json!([rule(7), rule(365), {}]))], 365.0),
            (vec![plan(json!([rule(7)])), plan(json!([rule(9)]))], 9.0),
        ] {
            assert!((backup_days(&of(&plans), 35.0) - days).abs() < 1e-9, "{plans:?}");
        }
    }
}

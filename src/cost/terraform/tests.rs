//! What a plan or a state costs, and what is said of what it does not tell.

use serde_json::json;

use super::*;

fn resource(kind: &str, name: &str, values: &Value) -> Value {
    json!({ "mode": "managed", "type": kind, "name": name, "values": values })
}

fn plan(before: &[Value], after: &[Value]) -> Value {
    json!({
        "format_version": "1.2",
        "prior_state": { "values": { "root_module": { "resources": before } } },
        "planned_values": { "root_module": { "child_modules": [{ "resources": after }] } },
    })
}

fn reckoned(document: &Value, what_if: &WhatIf) -> Result<PlanBill, String> {
    of_plan(document, None, what_if, None, &Table::shipped())
}

fn priced(plan: &Value) -> PlanBill {
    let there = WhatIf { region: Some("us-east-1".to_owned()), ..WhatIf::default() };
    reckoned(plan, &there).unwrap()
}

#[test]
fn a_plan_is_priced_before_and_after() {
    let definition = |cpu: &str| {
        let values = json!({ "family": "prometheus", "cpu": cpu, "memory": "2048",
            "runtime_platform": [{ "cpu_architecture": "ARM64" }] });
        resource("aws_ecs_task_definition", "prometheus", &values)
    };
    let service = resource("aws_ecs_service", "prometheus", &json!({ "name": "prometheus", "desired_count": 1 }));
    let zone = resource("aws_route53_zone", "main", &json!({}));
    let unknown = resource("aws_mainframe", "x", &json!({}));
    let bills = priced(&plan(&[definition("512"), service.clone()], &[definition("1024"), service, zone, unknown]));
    assert_eq!(bills.before.lines[0].item, "Fargate arm64, 0.5 vCPU, 2 GB");
    assert_eq!(bills.after.lines[0].item, "Fargate arm64, 1 vCPU, 2 GB");
    assert!(bills.after.total().0 > bills.before.total().0);
    assert!(bills.after.lines.iter().any(|line| line.component == "dns"));
    assert_eq!(bills.unpriced, [("aws_mainframe".to_owned(), 1)]);
}

#[test]
fn a_plan_from_nothing_costs_nothing_before_and_one_of_nothing_has_no_cost() {
    let zone = resource("aws_route53_zone", "main", &json!({}));
    assert_eq!(priced(&plan(&[], std::slice::from_ref(&zone))).before, Bill::default());
    assert_eq!(priced(&plan(&[zone], &[])).after, Bill::default());
    let state = json!({ "format_version": "1.0", "terraform_version": "1.11.0" });
    for (document, why) in [
        (plan(&[], &[]), "there is nothing in this plan"),
        (state, "there is nothing in this state"),
        (json!({}), "neither a plan nor a state"),
    ] {
        let refused = reckoned(&document, &WhatIf::default()).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

/// A stack as the module makes it, as far as its bill goes.
fn stack(retention: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for (name, cpu, memory) in [("prometheus", "1024", "2048"), ("cloudwatch-exporter", "256", "512")] {
        let containers = format!(r#"[{{"command":["--storage.tsdb.retention.time={retention}"]}}]"#);
        let of = json!({ "family": name, "cpu": cpu, "memory": memory, "container_definitions": containers });
        all.push(resource("aws_ecs_task_definition", name, &of));
        all.push(resource("aws_ecs_service", name, &json!({ "name": name, "desired_count": 1 })));
    }
    all.push(resource("aws_efs_file_system", "this", &json!({ "region": "us-east-1" })));
    all
}

#[test]
fn a_plan_is_priced_where_and_for_what_it_says() {
    let mut document = plan(&stack("15d"), &stack("30d"));
    document["variables"] = json!({ "services": { "value": { "a": {}, "b": {} } } });
    let bills = reckoned(&document, &WhatIf::default()).unwrap();
    assert_eq!((bills.region.as_str(), bills.services), ("us-east-1", Some(2)));
    assert!(bills.notes.is_empty(), "{:?}", bills.notes);
    let stored = |bill: &Bill| bill.lines.iter().find(|line| line.component == "storage").unwrap().note.clone();
    assert!(stored(&bills.before).unwrap().starts_with("0.4 GB/day x 15 days"), "{bills:?}");
    assert!(stored(&bills.after).unwrap().starts_with("0.4 GB/day x 30 days"), "{bills:?}");
    let asked = bills.after.lines.iter().find(|line| line.item == "the exporter's API calls").unwrap();
    assert!(asked.note.as_deref().unwrap().contains("of 2 services and 2 of the stack"), "{asked:?}");
    assert!(!bills.after.lines.iter().any(|line| line.item.contains("Backup")), "nothing is backed up");

    let elsewhere = WhatIf {
        region: Some("ap-northeast-2".to_owned()),
        services: Some(7),
        retention_days: Some(7.0),
        size: Some(FargateSize::new(2.0, 4.0)),
        architecture: Some(Architecture::Arm64),
    };
    let other = reckoned(&document, &elsewhere).unwrap();
    assert_eq!((other.region.as_str(), other.services), ("ap-northeast-2", Some(7)));
    assert_eq!(
        (other.after.lines[0].item.as_str(), other.after.lines[0].basis),
        ("Fargate arm64, 2 vCPU, 4 GB", Basis::Assumed)
    );
    assert_eq!(other.before.lines[0].item, "Fargate x86, 1 vCPU, 2 GB", "what is there stays as it is");
    assert!(stored(&other.after).unwrap().starts_with("1.4 GB/day x 7 days"), "{other:?}");
    assert_eq!(other.notes, ["1 resource in us-east-1, priced as if in ap-northeast-2"]);
}

#[test]
fn what_a_plan_does_not_say_is_said_to_be_assumed() {
    let mut silent = stack("15d");
    silent.truncate(4);
    let document = plan(&[], &silent);
    let bills = of_plan(&document, None, &WhatIf::default(), Some("ap-northeast-2"), &Table::shipped()).unwrap();
    assert_eq!((bills.region.as_str(), bills.services), ("ap-northeast-2", Some(USUAL)));
    assert!(bills.notes[0].contains("does not say its region: ap-northeast-2 is assumed"), "{:?}", bills.notes);
    assert!(bills.notes[1].contains("how many services are watched: 5 are assumed"), "{:?}", bills.notes);
    assert!(reckoned(&document, &WhatIf::default()).unwrap_err().contains("does not say its region"));
    let zone = plan(&[], &[resource("aws_route53_zone", "main", &json!({ "region": "us-east-1" }))]);
    let bills = reckoned(&zone, &WhatIf::default()).unwrap();
    assert!(bills.services.is_none() && bills.notes.is_empty(), "nothing in it watches anything: {bills:?}");
}

#[test]
fn secrets_that_a_template_makes_are_counted_and_what_else_it_makes_is_said() {
    let stack = |body: &str| resource("aws_cloudformation_stack", "s", &json!({ "name": "s", "template_body": body }));
    let secret = r#""Type":"AWS::SecretsManager::Secret""#;
    for (body, secrets, is_clear) in [
        (format!(r#"{{"Resources":{{"A":{{{secret}}},"B":{{{secret}}}}}}}"#), Some("2 secrets x 0.40"), true),
        (format!(r#"{{"Resources":{{"A":{{{secret}}},"B":{{"Type":"AWS::X"}}}}}}"#), Some("1 secret x 0.40"), false),
        ("Resources: {}".to_owned(), None, false),
    ] {
        let bills = priced(&plan(&[], &[stack(&body)]));
        assert_eq!(bills.after.lines.first().map(|line| line.arithmetic.as_str()), secrets, "{body}");
        assert_eq!(bills.unpriced.is_empty(), is_clear, "{body}: {bills:?}");
    }
}

#[test]
fn interface_endpoints_are_paid_by_zone_and_gateways_are_free() {
    let endpoint = |kind: &str, subnets: &[&str]| {
        let values = json!({ "vpc_endpoint_type": kind, "subnet_ids": subnets });
        resource("aws_vpc_endpoint", "x", &values)
    };
    let bills = priced(&plan(&[], &[endpoint("Interface", &["a", "b"]), endpoint("Gateway", &[])]));
    assert_eq!(bills.after.lines[0].arithmetic, "2 endpoint zones x 730 h x 0.01");
}

#[test]
fn a_state_is_a_plan_that_changes_nothing() {
    let service = resource("aws_ecs_service", "web", &json!({ "name": "web", "desired_count": 3 }));
    let definition =
        resource("aws_ecs_task_definition", "web", &json!({ "family": "web", "cpu": "256", "memory": "512" }));
    let state = json!({
        "format_version": "1.0",
        "terraform_version": "1.11.0",
        "values": { "root_module": { "resources": [definition, service] } },
    });
    let bills = priced(&state);
    assert_eq!(bills.before, bills.after);
    assert!(bills.after.lines[0].arithmetic.starts_with("3 tasks x 0.25 vCPU"), "{bills:?}");
}

#[test]
fn a_service_that_cannot_be_priced_is_said_and_not_dropped() {
    let service = |name: &str, values: Value| resource("aws_ecs_service", name, &values);
    let definition = |name: &str, values: Value| resource("aws_ecs_task_definition", name, &values);
    let sized = json!({ "family": "x", "cpu": "256", "memory": "512" });
    let bills = priced(&plan(
        &[],
        &[
            service("lonely", json!({ "name": "lonely", "task_definition": "gone:3" })),
            definition("vague", json!({ "family": "vague" })),
            service("vague", json!({ "name": "vague" })),
            definition("iron", sized.clone()),
            service("iron", json!({ "name": "iron", "launch_type": "EC2" })),
            definition("spot", sized),
            service(
                "spot",
                json!({ "name": "spot", "capacity_provider_strategy": [{ "capacity_provider": "FARGATE_SPOT" }] }),
            ),
            resource("aws_lb", "net", &json!({ "name": "net", "load_balancer_type": "network" })),
        ],
    ));
    let said: Vec<&str> = bills.unpriced.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(
        said,
        [
            "aws_ecs_service iron: runs on EC2, which is not paid by task",
            "aws_ecs_service lonely: its task definition is not in the plan",
            "aws_ecs_service vague: its task definition has no size in the plan",
            "aws_lb net: a network load balancer",
        ]
    );
    let note = bills.after.lines[0].note.as_deref().unwrap_or_default();
    assert!(bills.after.lines.len() == 1 && note.contains("FARGATE_SPOT") && note.contains("one task"), "{bills:?}");
}

#[test]
fn services_of_modules_and_of_for_each_find_their_own_definition() {
    let pair = |index: &Value, family: &str, cpu: &str| {
        let with = |mut of: Value| {
            of["index"] = index.clone();
            of
        };
        [
            with(resource(
                "aws_ecs_task_definition",
                "this",
                &json!({ "family": family, "cpu": cpu, "memory": "2048" }),
            )),
            with(resource("aws_ecs_service", "this", &json!({ "name": family, "desired_count": 1 }))),
        ]
    };
    let module = |address: &str, parts: Vec<Value>| json!({ "address": address, "resources": parts });
    let mut twins = pair(&json!("a"), "a", "256").to_vec();
    twins.extend(pair(&json!("b"), "b", "512"));
    let plan = json!({
        "format_version": "1.2",
        "planned_values": { "root_module": { "child_modules": [
            module("module.twins", twins), module("module.one", pair(&Value::Null, "c", "1024").to_vec()),
        ] } },
    });
    let items: Vec<String> =
        priced(&plan).after.lines.iter().map(|line| format!("{} {}", line.component, line.item)).collect();
    assert_eq!(
        items,
        ["a Fargate x86, 0.25 vCPU, 2 GB", "b Fargate x86, 0.5 vCPU, 2 GB", "c Fargate x86, 1 vCPU, 2 GB"]
    );
}

//! The bill of a Terraform plan (`terraform show -json PLAN`): what will be there, and what is there now. And of a state
//! (`terraform show -json`), which is a plan that changes nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::desk::Desk;
use super::running::SPOT;
use super::{Architecture, FargateSize, Inputs, Item, Prices};
use crate::domain::{Basis, Bill};
use crate::format::sanitise;

/// The bill before a plan is applied and after.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanBill {
    /// Of what is there now, as the state knows it.
    pub before: Bill,
    /// Of what will be there.
    pub after: Bill,
    /// Kinds of resources of which the table knows no price and that may cost something, and single ones that the plan
    /// does not say enough of, with how many there are.
    pub unpriced: Vec<(String, usize)>,
}

/// Kinds of resources that cost nothing by themselves, by the beginning of their type.
const FREE: [&str; 24] = [
    "aws_iam_",
    "aws_security_group",
    "aws_vpc_security_group_",
    "aws_ecs_task_definition",
    "aws_ecs_cluster",
    "aws_lb_listener",
    "aws_lb_target_group",
    "aws_efs_mount_target",
    "aws_efs_access_point",
    "aws_efs_file_system_policy",
    "aws_efs_backup_policy",
    "aws_route53_record",
    "aws_acm_certificate",
    "aws_backup_selection",
    "aws_backup_vault",
    "aws_service_discovery_service",
    "aws_secretsmanager_secret_",
    "aws_ssm_parameter",
    "aws_sns_topic",
    "aws_s3_bucket_",
    "aws_kms_alias",
    "aws_wafv2_web_acl_association",
    "random_",
    "terraform_data",
];

/// Kinds of resources that are lines of the bill.
const PRICED: [&str; 13] = [
    "aws_ecs_service",
    "aws_lb",
    "aws_efs_file_system",
    "aws_backup_plan",
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_metric_alarm",
    "aws_secretsmanager_secret",
    "aws_route53_zone",
    "aws_service_discovery_private_dns_namespace",
    "aws_kms_key",
    "aws_eip",
    "aws_nat_gateway",
    "aws_vpc_endpoint",
];

/// Reads what a plan or a state says and prices it. What neither knows (how much is stored, logged, asked) is taken from
/// `inputs`.
///
/// # Errors
/// When it is neither, or an item has no price in that region.
pub fn of_plan(document: &Value, inputs: &Inputs, prices: &Prices) -> Result<PlanBill, String> {
    let root = |values: &Value| resources(&values["root_module"], "");
    let (before, after) = if document["planned_values"].is_object() {
        (root(&document["prior_state"]["values"]), root(&document["planned_values"]))
    } else if document["values"].is_object() {
        (root(&document["values"]), root(&document["values"]))
    } else if document.get("format_version").is_some() && document.get("terraform_version").is_some() {
        return Err("there is nothing in this state".to_owned());
    } else {
        return Err("this is neither a plan nor a state: `terraform show -json PLANFILE` writes a plan as JSON, \
                    `terraform show -json` the state"
            .to_owned());
    };
    let mut unpriced = BTreeMap::new();
    for resource in &after {
        if !PRICED.contains(&resource.kind.as_str()) && !FREE.iter().any(|free| resource.kind.starts_with(free)) {
            *unpriced.entry(resource.kind.clone()).or_insert(0) += 1;
        }
    }
    let (after, vague) = price(&after, inputs, prices)?;
    unpriced.extend(vague.into_iter().map(|what| (what, 1)));
    Ok(PlanBill { before: price(&before, inputs, prices)?.0, after, unpriced: unpriced.into_iter().collect() })
}

/// One managed resource of a plan or a state.
struct Resource {
    kind: String,
    name: String,
    /// The module it is in; empty for the root.
    module: String,
    /// Which of several, where there are several by that name.
    index: Value,
    values: Value,
}

impl Resource {
    fn text(&self, key: &str) -> Option<String> {
        match &self.values[key] {
            Value::String(text) => Some(sanitise(text).into_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// What a person calls it.
    fn title(&self) -> String {
        self.text("name").unwrap_or_else(|| self.name.clone())
    }

    fn strings(&self, key: &str) -> Vec<&str> {
        self.values[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// Every managed resource of a module and of those within it.
fn resources(module: &Value, address: &str) -> Vec<Resource> {
    let text = |value: &Value| sanitise(value.as_str().unwrap_or_default()).into_owned();
    let own = module["resources"].as_array().into_iter().flatten();
    let managed = own.filter(|resource| resource["mode"] == "managed");
    let mut found: Vec<Resource> = managed
        .map(|resource| Resource {
            kind: text(&resource["type"]),
            name: text(&resource["name"]),
            module: address.to_owned(),
            index: resource["index"].clone(),
            values: resource["values"].clone(),
        })
        .collect();
    for child in module["child_modules"].as_array().into_iter().flatten() {
        found.extend(resources(child, &text(&child["address"])));
    }
    found
}

/// The bill, and what cannot be priced for want of knowledge.
fn price(resources: &[Resource], inputs: &Inputs, prices: &Prices) -> Result<(Bill, Vec<String>), String> {
    let mut desk = Desk::new(prices, Basis::Planned);
    let mut vague = Vec::new();
    let of = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
    for service in of("aws_ecs_service") {
        match tasks_of(service, resources) {
            Ok((size, tasks, architecture, note)) => {
                desk.fargate(&service.title(), size, tasks, architecture, inputs.task_hours, note)?;
            }
            Err(why) => vague.push(format!("aws_ecs_service {}: {why}", service.title())),
        }
    }
    load_balancers(&mut desk, of("aws_lb"), inputs, &mut vague)?;
    if of("aws_efs_file_system").next().is_some() {
        let kept = if of("aws_backup_plan").next().is_some() { inputs.backup_days } else { 0.0 };
        desk.storage(&Inputs { backup_days: kept, ..inputs.clone() })?;
    }
    desk.basis = Basis::Assumed;
    if of("aws_cloudwatch_log_group").next().is_some() {
        let (taken, kept) = ([(inputs.logs.0, "GB")], [(inputs.logs.0, "GB/month"), (inputs.logs.1, "months")]);
        let products: &[(&[(f64, &str)], Item)] = &[(&taken, Item::LogsIngestGb), (&kept, Item::LogsStoreGbMonth)];
        desk.line("cloudwatch", "logs", products, Some(assumed("what is logged")))?;
    }
    if of("aws_ecs_service").any(|service| service.title().contains("exporter")) {
        desk.requests(inputs)?;
    }
    desk.basis = Basis::Planned;
    for (kinds, component, item, unit, priced, is_hourly) in [
        (&["aws_cloudwatch_metric_alarm"][..], "cloudwatch", "alarms", "alarms", Item::AlarmMonth, false),
        (&["aws_secretsmanager_secret"], "secrets", "Secrets Manager", "secrets", Item::SecretMonth, false),
        (
            // A private namespace of service discovery is a hosted zone.
            &["aws_route53_zone", "aws_service_discovery_private_dns_namespace"],
            "dns",
            "hosted zones",
            "zones",
            Item::HostedZoneMonth,
            false,
        ),
        (&["aws_kms_key"], "keys", "KMS", "keys", Item::KmsKeyMonth, false),
        (&["aws_nat_gateway"], "network", "NAT gateways", "gateways", Item::NatHour, true),
        (&["aws_eip"], "network", "public addresses", "IPs", Item::PublicIpv4Hour, true),
        (&["aws_vpc_endpoint"], "network", "interface endpoints", "endpoint zones", Item::EndpointHour, true),
    ] {
        let number: f64 =
            resources.iter().filter(|resource| kinds.contains(&resource.kind.as_str())).map(units_of).sum();
        let mut factors = vec![(number, unit)];
        if is_hourly {
            factors.push((inputs.hours, "h"));
        }
        desk.line(component, item, &[(&factors, priced)], None)?;
    }
    Ok((desk.bill(), vague))
}

/// Application load balancers by the hour, with the units they use and the addresses that face the internet.
fn load_balancers<'r>(
    desk: &mut Desk<'_>,
    all: impl Iterator<Item = &'r Resource>,
    inputs: &Inputs,
    vague: &mut Vec<String>,
) -> Result<(), String> {
    const NAME: &str = "load balancer";
    let (mut number, mut addresses) = (0.0, 0.0);
    for balancer in all {
        match balancer.text("load_balancer_type").as_deref() {
            None | Some("application") => number += 1.0,
            Some(other) => vague.push(format!("aws_lb {}: a {other} load balancer", balancer.title())),
        }
        // One in every zone it is in; where the plan does not know the subnets, in the two there must be.
        if balancer.values["internal"] == Value::Bool(false) {
            addresses += balancer.strings("subnets").len().max(2) as f64;
        }
    }
    let hours = [(number, "load balancers"), (inputs.hours, "h")];
    desk.line(NAME, "application load balancer", &[(&hours, Item::LoadBalancerHour)], None)?;
    let addresses = [(addresses, "IPs"), (inputs.hours, "h")];
    desk.line(NAME, "public addresses", &[(&addresses, Item::PublicIpv4Hour)], None)?;
    desk.basis = Basis::Assumed;
    let units = [(number * inputs.lcu, "LCU"), (inputs.hours, "h")];
    desk.line(NAME, "capacity units", &[(&units, Item::LcuHour)], Some(assumed("use")))?;
    desk.basis = Basis::Planned;
    Ok(())
}

/// What a service runs, or why that is not known.
fn tasks_of(
    service: &Resource,
    resources: &[Resource],
) -> Result<(FargateSize, u32, Architecture, Option<String>), String> {
    let definition = definition_of(service, resources).ok_or("its task definition is not in the plan")?;
    let strategies = service.values["capacity_provider_strategy"].as_array().into_iter().flatten();
    let mut on: Vec<&str> = strategies.filter_map(|strategy| strategy["capacity_provider"].as_str()).collect();
    on.extend(service.values["launch_type"].as_str());
    if on.is_empty() {
        on = definition.strings("requires_compatibilities");
    }
    if let Some(other) = on.iter().find(|place| !place.to_ascii_uppercase().starts_with("FARGATE")) {
        return Err(format!("runs on {}, which is not paid by task", sanitise(other)));
    }
    let (cpu, memory) = (definition.text("cpu"), definition.text("memory"));
    let size = cpu.zip(memory).and_then(|(cpu, memory)| FargateSize::of_definition(&cpu, &memory));
    let size = size.ok_or("its task definition has no size in the plan")?;
    let is_arm = definition.values["runtime_platform"][0]["cpu_architecture"] == "ARM64";
    let architecture = if is_arm { Architecture::Arm64 } else { Architecture::X86 };
    let count = service.values["desired_count"].as_u64().and_then(|count| u32::try_from(count).ok());
    let mut notes = Vec::new();
    if count.is_none() {
        notes.push(assumed("one task"));
    }
    if on.contains(&"FARGATE_SPOT") {
        notes.push(SPOT.to_owned());
    }
    Ok((size, count.unwrap_or(1), architecture, (!notes.is_empty()).then(|| notes.join("; "))))
}

/// How many times a resource is paid: an interface endpoint for each of its subnets, a gateway endpoint not at all.
fn units_of(resource: &Resource) -> f64 {
    if resource.kind != "aws_vpc_endpoint" {
        return 1.0;
    }
    match resource.text("vpc_endpoint_type").as_deref() {
        Some("Interface") => resource.strings("subnet_ids").len().max(1) as f64,
        _ => 0.0,
    }
}

fn assumed(what: &str) -> String {
    format!("{what} is assumed: a plan does not know it")
}

/// A service's task definition: by the family in the reference; where that is not known yet, the one beside it in its
/// module: of the same name and key, of the same name, or the only one; at last one of the same name anywhere.
fn definition_of<'a>(service: &Resource, resources: &'a [Resource]) -> Option<&'a Resource> {
    let definitions = || resources.iter().filter(|resource| resource.kind == "aws_ecs_task_definition");
    if let Some(reference) = service.values["task_definition"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        let family = name.split(':').next().unwrap_or(name);
        let named = definitions().find(|definition| definition.values["family"].as_str() == Some(family));
        if named.is_some() {
            return named;
        }
    }
    let beside = || definitions().filter(|definition| definition.module == service.module);
    beside()
        .find(|definition| definition.name == service.name && definition.index == service.index)
        .or_else(|| beside().find(|definition| definition.name == service.name))
        .or_else(|| beside().next().filter(|_| beside().count() == 1))
        .or_else(|| definitions().find(|definition| definition.name == service.name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Preset, Table};
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

    fn priced(plan: &Value) -> PlanBill {
        let table = Table::shipped();
        of_plan(plan, &Inputs::new(Preset::Module, 5), table.region("us-east-1").unwrap()).unwrap()
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
        assert_eq!(bills.before.lines.len(), 1);
        assert_eq!(bills.after.lines[0].item, "Fargate arm64, 1 vCPU, 2 GB");
        assert!(bills.after.total().0 > bills.before.total().0);
        assert!(bills.after.lines.iter().any(|line| line.component == "dns"));
        assert_eq!(bills.unpriced, [("aws_mainframe".to_owned(), 1)]);
    }

    #[test]
    fn a_plan_from_nothing_costs_nothing_before() {
        assert_eq!(priced(&plan(&[], &[])).before, Bill::default());
        let table = Table::shipped();
        let prices = table.region("us-east-1").unwrap();
        assert!(of_plan(&json!({}), &Inputs::new(Preset::Module, 5), prices).is_err());
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
        assert!(
            bills.after.lines.len() == 1 && note.contains("FARGATE_SPOT") && note.contains("one task"),
            "{bills:?}"
        );
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
}

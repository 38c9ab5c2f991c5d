//! The bill of a Terraform plan (`terraform show -json PLAN`): what will be there, and what is there now.

use std::collections::BTreeMap;

use serde_json::Value;

use super::stack::Desk;
use super::{Architecture, FargateSize, Inputs, Item, Prices};
use crate::domain::Bill;
use crate::format::sanitise;

/// The bill before a plan is applied and after.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanBill {
    /// Of what is there now, as the state knows it.
    pub before: Bill,
    /// Of what will be there.
    pub after: Bill,
    /// Kinds of resources of which the table knows no price and that may cost something, with how many there are.
    pub unpriced: Vec<(String, usize)>,
}

/// Kinds of resources that cost nothing by themselves, by the beginning of their type.
const FREE: [&str; 22] = [
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
    "aws_backup_",
    "aws_service_discovery_",
    "aws_secretsmanager_secret_",
    "aws_ssm_parameter",
    "aws_sns_topic",
    "aws_s3_bucket_",
    "aws_kms_alias",
    "random_",
    "terraform_data",
];

/// Reads what a plan says of both sides and prices it. What a plan does not know (how much is stored, logged, asked) is
/// taken from `inputs`.
///
/// # Errors
/// When it is no plan, or an item has no price in that region.
pub fn of_plan(plan: &Value, inputs: &Inputs, prices: &Prices) -> Result<PlanBill, String> {
    if plan.get("format_version").is_none() || plan.get("planned_values").is_none() {
        return Err("this is no plan: `terraform show -json PLANFILE` writes one".to_owned());
    }
    let after = resources(&plan["planned_values"]["root_module"]);
    let before = resources(&plan["prior_state"]["values"]["root_module"]);
    let mut unpriced = BTreeMap::new();
    for resource in &after {
        if !is_priced(&resource.kind) && !FREE.iter().any(|free| resource.kind.starts_with(free)) {
            *unpriced.entry(resource.kind.clone()).or_insert(0) += 1;
        }
    }
    Ok(PlanBill {
        before: price(&before, inputs, prices)?,
        after: price(&after, inputs, prices)?,
        unpriced: unpriced.into_iter().collect(),
    })
}

/// One managed resource of a plan or a state.
struct Resource {
    kind: String,
    name: String,
    values: Value,
}

/// Every managed resource of a module and of those within it.
fn resources(module: &Value) -> Vec<Resource> {
    let own = module["resources"].as_array().into_iter().flatten();
    let managed = own.filter(|resource| resource["mode"] == "managed");
    let mut found: Vec<Resource> = managed
        .map(|resource| Resource {
            kind: sanitise(resource["type"].as_str().unwrap_or_default()).into_owned(),
            name: sanitise(resource["name"].as_str().unwrap_or_default()).into_owned(),
            values: resource["values"].clone(),
        })
        .collect();
    found.extend(module["child_modules"].as_array().into_iter().flatten().flat_map(resources));
    found
}

fn is_priced(kind: &str) -> bool {
    matches!(
        kind,
        "aws_ecs_service"
            | "aws_lb"
            | "aws_efs_file_system"
            | "aws_cloudwatch_log_group"
            | "aws_cloudwatch_metric_alarm"
            | "aws_secretsmanager_secret"
            | "aws_route53_zone"
            | "aws_kms_key"
            | "aws_nat_gateway"
            | "aws_vpc_endpoint"
    )
}

fn price(resources: &[Resource], inputs: &Inputs, prices: &Prices) -> Result<Bill, String> {
    let mut desk = Desk { prices, lines: Vec::new() };
    let of = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
    for service in of("aws_ecs_service") {
        let Some(definition) = definition_of(service, resources) else { continue };
        let text = |key: &str| match &definition.values[key] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let Some(size) = FargateSize::of_definition(&text("cpu"), &text("memory")) else { continue };
        let is_arm = definition.values["runtime_platform"][0]["cpu_architecture"] == "ARM64";
        let architecture = if is_arm { Architecture::Arm64 } else { Architecture::X86 };
        let tasks = service.values["desired_count"].as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or(1);
        let name = service.values["name"].as_str().map_or_else(|| service.name.clone(), |name| sanitise(name).into());
        desk.fargate(&name, size, tasks, architecture, inputs.task_hours, None)?;
    }
    let balancers = of("aws_lb").count() as f64;
    let (hours, units) =
        ([(balancers, "load balancers"), (inputs.hours, "h")], [(balancers * inputs.lcu, "LCU"), (inputs.hours, "h")]);
    desk.line("load balancer", "application load balancer", &[(&hours, Item::LoadBalancerHour)], None)?;
    desk.line("load balancer", "capacity units", &[(&units, Item::LcuHour)], Some(assumed("use")))?;
    if of("aws_efs_file_system").next().is_some() {
        let stored = [(inputs.prometheus_gb() + inputs.grafana_gb, "GB")];
        desk.line("storage", "EFS Standard", &[(&stored, Item::EfsGbMonth)], Some(assumed("what is stored")))?;
    }
    if of("aws_cloudwatch_log_group").next().is_some() {
        let (taken, kept) = ([(inputs.logs.0, "GB")], [(inputs.logs.0, "GB/month"), (inputs.logs.1, "months")]);
        let products: &[(&[(f64, &str)], Item)] = &[(&taken, Item::LogsIngestGb), (&kept, Item::LogsStoreGbMonth)];
        desk.line("cloudwatch", "logs", products, Some(assumed("what is logged")))?;
    }
    for (kind, component, item, unit, priced, is_hourly) in [
        ("aws_cloudwatch_metric_alarm", "cloudwatch", "alarms", "alarms", Item::AlarmMonth, false),
        ("aws_secretsmanager_secret", "secrets", "Secrets Manager", "secrets", Item::SecretMonth, false),
        ("aws_route53_zone", "dns", "hosted zones", "zones", Item::HostedZoneMonth, false),
        ("aws_kms_key", "keys", "KMS", "keys", Item::KmsKeyMonth, false),
        ("aws_nat_gateway", "network", "NAT gateways", "gateways", Item::NatHour, true),
        ("aws_vpc_endpoint", "network", "interface endpoints", "endpoint zones", Item::EndpointHour, true),
    ] {
        let number: f64 = of(kind).map(units_of).sum();
        let mut factors = vec![(number, unit)];
        if is_hourly {
            factors.push((inputs.hours, "h"));
        }
        desk.line(component, item, &[(&factors, priced)], None)?;
    }
    Ok(Bill { lines: desk.lines })
}

/// How many times a resource is paid: an interface endpoint for each of its subnets, a gateway endpoint not at all.
fn units_of(resource: &Resource) -> f64 {
    if resource.kind != "aws_vpc_endpoint" {
        return 1.0;
    }
    match resource.values["vpc_endpoint_type"].as_str() {
        Some("Interface") => {
            resource.values["subnet_ids"].as_array().map_or(1.0, |subnets| subnets.len().max(1) as f64)
        }
        _ => 0.0,
    }
}

fn assumed(what: &str) -> String {
    format!("{what} is assumed: a plan does not know it")
}

/// A service's task definition: by the family in the reference, else by the resource of the same name.
fn definition_of<'a>(service: &Resource, resources: &'a [Resource]) -> Option<&'a Resource> {
    let definitions = || resources.iter().filter(|resource| resource.kind == "aws_ecs_task_definition");
    let family = service.values["task_definition"].as_str().map(|reference| {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        name.split(':').next().unwrap_or(name).to_owned()
    });
    definitions()
        .find(|definition| family.is_some() && definition.values["family"].as_str() == family.as_deref())
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
}

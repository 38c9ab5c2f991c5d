//! The bill of a Terraform plan (`terraform show -json PLAN`): what will be there, and what is there now. And of a state
//! (`terraform show -json`), which is a plan that changes nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::desk::Desk;
use super::resource::{Resource, definition_of, resources};
use super::running::SPOT;
use super::sheet::is_prometheus;
use super::stack::Component;
use super::{Architecture, FargateSize, Growth, Inputs, Item, Preset, Prices, Table, USUAL, WhatIf, growth, told};
use crate::domain::{Basis, Bill, Ingest};
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
    /// The region that prices are of.
    pub region: String,
    /// The day they were looked up.
    pub as_of: String,
    /// How many services are watched; `None` where nothing in it watches any.
    pub services: Option<u32>,
    /// How storage grows, where that was measured.
    pub growth: Option<Growth>,
    /// Things to know.
    pub notes: Vec<String>,
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
const PRICED: [&str; 14] = [
    "aws_ecs_service",
    "aws_lb",
    "aws_efs_file_system",
    "aws_backup_plan",
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_metric_alarm",
    "aws_secretsmanager_secret",
    "aws_cloudformation_stack",
    "aws_route53_zone",
    "aws_service_discovery_private_dns_namespace",
    "aws_kms_key",
    "aws_eip",
    "aws_nat_gateway",
    "aws_vpc_endpoint",
];

/// A name that stands for secrets that AWS makes itself, in a template of `CloudFormation`.
const SECRET: &str = "AWS::SecretsManager::Secret";

/// Reads what a plan or a state says and prices it. What it says of itself (region, services, retention, sizes) goes
/// before what is assumed, and `what_if` before that, for what will be there. `home` is the region where it says none.
///
/// # Errors
/// When it is neither, there is nothing in it, its region is not known, or there are no prices of that.
pub fn of_plan(
    document: &Value,
    ingest: Option<&Ingest>,
    what_if: &WhatIf,
    home: Option<&str>,
    table: &Table,
) -> Result<PlanBill, String> {
    let (before, after, what) = sides(document)?;
    let mut notes = Vec::new();
    let regions = told::regions(if after.is_empty() { &before } else { &after });
    let said = regions.first().map(|(region, _)| region.clone()).or_else(|| told::configured_region(document));
    let region = match (&what_if.region, said, home) {
        (Some(region), ..) => region.clone(),
        (None, Some(region), _) => region,
        (None, None, Some(home)) => {
            notes.push(format!("the {what} does not say its region: {home} is assumed (--region)"));
            home.to_owned()
        }
        (None, None, None) => return Err(format!("the {what} does not say its region")),
    };
    let prices = table.region(&region)?;
    for (other, count) in regions.iter().filter(|(other, _)| *other != region) {
        let they = crate::format::count(*count, "resource");
        notes.push(format!("{they} in {other}, priced as if in {region}"));
    }
    let is_watching =
        before.iter().chain(&after).any(|one| one.kind == "aws_ecs_service" && is_prometheus(&one.title()));
    let counted = what_if.services.or_else(|| told::services(document));
    if is_watching && counted.is_none() {
        notes.push(format!("the {what} does not say how many services are watched: {USUAL} are assumed (--services)"));
    }
    let inputs = |resources: &[Resource], retention: Option<f64>| {
        let mut inputs = Inputs::new(Preset::Module, counted.unwrap_or(USUAL));
        inputs.retention_days = retention.or_else(|| told::retention_days(resources)).unwrap_or(inputs.retention_days);
        inputs.backup_days = told::backup_days(resources, inputs.backup_days);
        inputs.growth = ingest.map(|ingest| growth(ingest, inputs.retention_days));
        inputs
    };
    let (as_it_is, then) = (inputs(&before, None), inputs(&after, what_if.retention_days));
    let mut unpriced = BTreeMap::new();
    for resource in &after {
        if !PRICED.contains(&resource.kind.as_str()) && !FREE.iter().any(|free| resource.kind.starts_with(free)) {
            *unpriced.entry(resource.kind.clone()).or_insert(0) += 1;
        }
    }
    let (after, vague) = price(&after, &then, what_if, prices)?;
    unpriced.extend(vague.into_iter().map(|what| (what, 1)));
    Ok(PlanBill {
        before: price(&before, &as_it_is, &WhatIf::default(), prices)?.0,
        after,
        unpriced: unpriced.into_iter().collect(),
        region: prices.region.clone(),
        as_of: prices.as_of.clone(),
        services: is_watching.then_some(then.services),
        growth: then.growth,
        notes,
    })
}

/// What is there and what will be, and the word for the document.
fn sides(document: &Value) -> Result<(Vec<Resource>, Vec<Resource>, &'static str), String> {
    let is_json = document.get("format_version").is_some() && document.get("terraform_version").is_some();
    let (before, after, what) = if document["planned_values"].is_object() {
        (resources(&document["prior_state"]["values"]), resources(&document["planned_values"]), "plan")
    } else if document["values"].is_object() || is_json {
        (resources(&document["values"]), resources(&document["values"]), "state")
    } else {
        return Err("this is neither a plan nor a state: `terraform show -json PLANFILE` writes a plan as JSON, \
                    `terraform show -json` the state"
            .to_owned());
    };
    if before.is_empty() && after.is_empty() {
        return Err(format!("there is nothing in this {what}"));
    }
    Ok((before, after, what))
}

/// The bill, and what cannot be priced for want of knowledge.
fn price(
    resources: &[Resource],
    inputs: &Inputs,
    what_if: &WhatIf,
    prices: &Prices,
) -> Result<(Bill, Vec<String>), String> {
    let mut desk = Desk::new(prices, Basis::Planned);
    let mut vague = Vec::new();
    let of = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
    let mut is_watching = false;
    for service in of("aws_ecs_service") {
        match component(service, resources) {
            Ok(component) => {
                is_watching |= is_prometheus(&component.name);
                desk.task(&different(component, what_if), inputs)?;
            }
            Err(why) => vague.push(format!("aws_ecs_service {}: {why}", service.title())),
        }
    }
    desk.basis = Basis::Planned;
    load_balancers(&mut desk, of("aws_lb"), inputs, &mut vague)?;
    if of("aws_efs_file_system").next().is_some() {
        desk.storage(inputs)?;
    }
    desk.basis = Basis::Assumed;
    if of("aws_cloudwatch_log_group").next().is_some() {
        desk.logs(inputs, Some(assumed("what is logged")))?;
    }
    if let Some(exporter) = of("aws_ecs_service").find(|service| service.title().contains("exporter")) {
        let parts = of("aws_ecs_service").filter(|service| service.module == exporter.module).count();
        desk.requests(inputs, u32::try_from(parts).unwrap_or(u32::MAX))?;
    }
    if is_watching {
        desk.own_calls(inputs)?;
    }
    desk.basis = Basis::Planned;
    rest(&mut desk, resources, inputs)?;
    desk.basis = Basis::Assumed;
    if is_watching {
        desk.transfer(inputs)?;
    }
    for stack in of("aws_cloudformation_stack").filter(|stack| !makes_secrets_only(stack)) {
        vague.push(format!("aws_cloudformation_stack {}: what its template makes", stack.title()));
    }
    Ok((desk.bill(), vague))
}

/// What is paid by the piece.
fn rest(desk: &mut Desk<'_>, resources: &[Resource], inputs: &Inputs) -> Result<(), String> {
    for (kinds, component, item, unit, priced, is_hourly) in [
        (&["aws_cloudwatch_metric_alarm"][..], "cloudwatch", "alarms", "alarms", Item::AlarmMonth, false),
        (
            &["aws_secretsmanager_secret", "aws_cloudformation_stack"],
            "secrets",
            "Secrets Manager",
            "secrets",
            Item::SecretMonth,
            false,
        ),
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
    Ok(())
}

/// A task as it would be if something were different.
fn different(mut part: Component, what_if: &WhatIf) -> Component {
    if let Some(architecture) = what_if.architecture.filter(|other| part.architecture != Some(*other)) {
        part.architecture = Some(architecture);
        part.basis = Basis::Assumed;
    }
    if let Some(size) = what_if.size.filter(|size| is_prometheus(&part.name) && *size != part.size) {
        part.size = size;
        part.basis = Basis::Assumed;
    }
    part
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
fn component(service: &Resource, resources: &[Resource]) -> Result<Component, String> {
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
    Ok(Component {
        name: service.title(),
        size,
        tasks: count.unwrap_or(1),
        architecture: Some(architecture),
        basis: Basis::Planned,
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    })
}

/// How many times a resource is paid: an interface endpoint for each of its subnets, a gateway endpoint not at all; a
/// stack of `CloudFormation` for each secret it makes.
fn units_of(resource: &Resource) -> f64 {
    match (resource.kind.as_str(), resource.text("vpc_endpoint_type").as_deref()) {
        ("aws_vpc_endpoint", Some("Interface")) => resource.strings("subnet_ids").len().max(1) as f64,
        ("aws_vpc_endpoint", _) => 0.0,
        ("aws_cloudformation_stack", _) => made_by(resource).iter().filter(|kind| *kind == SECRET).count() as f64,
        _ => 1.0,
    }
}

/// The kinds of what a stack of `CloudFormation` makes; none where its template is not in the plan or no JSON.
fn made_by(stack: &Resource) -> Vec<String> {
    let template: Value =
        stack.values["template_body"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let made = template["Resources"].as_object().into_iter().flatten();
    made.map(|(_, one)| one["Type"].as_str().unwrap_or_default().to_owned()).collect()
}

fn makes_secrets_only(stack: &Resource) -> bool {
    let made = made_by(stack);
    !made.is_empty() && made.iter().all(|kind| kind == SECRET)
}

fn assumed(what: &str) -> String {
    format!("{what} is assumed: a plan does not know it")
}

#[cfg(test)]
mod tests;

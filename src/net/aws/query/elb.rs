//! Elastic Load Balancing: load balancers, listeners, rules, target groups and how their targets are.

use super::paging::Paging;
use super::xml::Element;
use super::{Api, listed};
use crate::domain::SourceError;
use crate::domain::estate::{Balancer, BalancerTarget, Listener, ListenerRule, RuleAction, TargetGroup};
use crate::net::aws::Session;

const PAGES: Paging = Paging { api: Api::Elb, asks: "Marker", says: "NextMarker" };

/// The most one call may be asked for by name.
const MOST_NAMED: usize = 20;

/// Every load balancer of the region (application, network, gateway).
///
/// # Errors
/// As every call: one line that names call, region and cause.
pub async fn balancers(session: &Session) -> Result<Vec<Balancer>, SourceError> {
    PAGES.all(session, "DescribeLoadBalancers", "", &[], "LoadBalancers", balancer).await
}

/// The listeners of a load balancer.
///
/// # Errors
/// As [`balancers`].
pub async fn listeners(session: &Session, balancer: &str) -> Result<Vec<Listener>, SourceError> {
    let of = [("LoadBalancerArn".to_owned(), balancer.to_owned())];
    PAGES.all(session, "DescribeListeners", short(balancer), &of, "Listeners", listener).await
}

/// The rules of a listener, in the order they are tried.
///
/// # Errors
/// As [`balancers`].
pub async fn rules(session: &Session, listener: &str) -> Result<Vec<ListenerRule>, SourceError> {
    let of = [("ListenerArn".to_owned(), listener.to_owned())];
    let mut rules = PAGES.all(session, "DescribeRules", short(listener), &of, "Rules", rule).await?;
    rules.sort_by_key(|rule| rule.priority.parse::<u32>().unwrap_or(u32::MAX));
    Ok(rules)
}

/// The target groups a load balancer uses.
///
/// # Errors
/// As [`balancers`].
pub async fn target_groups_of(session: &Session, balancer: &str) -> Result<Vec<TargetGroup>, SourceError> {
    let of = [("LoadBalancerArn".to_owned(), balancer.to_owned())];
    PAGES.all(session, "DescribeTargetGroups", short(balancer), &of, "TargetGroups", target_group).await
}

/// Target groups by their ARNs.
///
/// # Errors
/// As [`balancers`].
pub async fn target_groups(session: &Session, arns: &[String]) -> Result<Vec<TargetGroup>, SourceError> {
    let mut groups = Vec::new();
    for arns in arns.chunks(MOST_NAMED) {
        let named = listed("TargetGroupArns.member", arns);
        let about = arns.first().map_or("", |arn| short(arn));
        groups.extend(PAGES.all(session, "DescribeTargetGroups", about, &named, "TargetGroups", target_group).await?);
    }
    Ok(groups)
}

/// The targets of a target group and how they are.
///
/// # Errors
/// As [`balancers`].
pub async fn target_health(session: &Session, group: &str) -> Result<Vec<BalancerTarget>, SourceError> {
    let of = [("TargetGroupArn".to_owned(), group.to_owned())];
    PAGES.all(session, "DescribeTargetHealth", short(group), &of, "TargetHealthDescriptions", target).await
}

/// The part of an ARN that people know: `app/grafana/0123`.
fn short(arn: &str) -> &str {
    arn.rsplit(':').next().and_then(|last| last.split_once('/')).map_or(arn, |(_, name)| name)
}

fn balancer(item: Element<'_, '_>) -> Balancer {
    Balancer {
        arn: item.word(&["LoadBalancerArn"]),
        name: item.word(&["LoadBalancerName"]),
        dns_name: item.word(&["DNSName"]),
        state: item.word(&["State", "Code"]),
        state_reason: item.text(&["State", "Reason"]),
        scheme: item.word(&["Scheme"]),
        kind: item.word(&["Type"]),
        zones: item.list(&["AvailabilityZones"]).filter_map(|zone| zone.text(&["ZoneName"])).collect(),
        subnets: item.list(&["AvailabilityZones"]).filter_map(|zone| zone.text(&["SubnetId"])).collect(),
        groups: item.words(&["SecurityGroups"]),
    }
}

fn listener(item: Element<'_, '_>) -> Listener {
    Listener {
        arn: item.word(&["ListenerArn"]),
        protocol: item.word(&["Protocol"]),
        port: item.number(&["Port"]).unwrap_or_default(),
        certificates: item.list(&["Certificates"]).filter_map(|item| item.text(&["CertificateArn"])).collect(),
    }
}

fn rule(item: Element<'_, '_>) -> ListenerRule {
    let mut rule = ListenerRule { priority: item.word(&["Priority"]), ..ListenerRule::default() };
    for condition in item.list(&["Conditions"]) {
        let config = |name| {
            let values = condition.words(&[name, "Values"]);
            if values.is_empty() { condition.words(&["Values"]) } else { values }
        };
        match condition.word(&["Field"]).as_str() {
            "host-header" => rule.hosts.extend(config("HostHeaderConfig")),
            "path-pattern" => rule.paths.extend(config("PathPatternConfig")),
            other => rule.others.push(other.to_owned()),
        }
    }
    let mut actions: Vec<(u32, RuleAction)> =
        item.list(&["Actions"]).map(|item| (item.number(&["Order"]).unwrap_or_default(), action(item))).collect();
    actions.sort_by_key(|(order, _)| *order);
    rule.actions = actions.into_iter().map(|(_, action)| action).collect();
    rule
}

fn action(item: Element<'_, '_>) -> RuleAction {
    match item.word(&["Type"]).as_str() {
        "forward" => {
            let weighted = item
                .list(&["ForwardConfig", "TargetGroups"])
                .filter_map(|group| Some((group.text(&["TargetGroupArn"])?, group.number(&["Weight"]).unwrap_or(1))));
            let mut groups: Vec<(String, u32)> = weighted.collect();
            if groups.is_empty() {
                groups.extend(item.text(&["TargetGroupArn"]).map(|arn| (arn, 1)));
            }
            RuleAction::Forward(groups)
        }
        "redirect" => {
            // What is not told stays as it was asked for.
            let part = |name, kept: &str| item.text(&["RedirectConfig", name]).unwrap_or_else(|| kept.to_owned());
            RuleAction::Redirect(format!(
                "{} to {}://{}:{}{}",
                part("StatusCode", "HTTP_302").trim_start_matches("HTTP_"),
                part("Protocol", "#{protocol}").to_lowercase(),
                part("Host", "#{host}"),
                part("Port", "#{port}"),
                part("Path", "/#{path}"),
            ))
        }
        "fixed-response" => RuleAction::Fixed(item.word(&["FixedResponseConfig", "StatusCode"])),
        other => RuleAction::Other(other.to_owned()),
    }
}

fn target_group(item: Element<'_, '_>) -> TargetGroup {
    let codes = item.text(&["Matcher", "HttpCode"]).or_else(|| item.text(&["Matcher", "GrpcCode"]));
    let check = format!(
        "{} {} on {}{}",
        item.word(&["HealthCheckProtocol"]),
        item.word(&["HealthCheckPath"]),
        item.text(&["HealthCheckPort"]).map_or_else(
            || "the traffic port".to_owned(),
            |port| match port.as_str() {
                "traffic-port" => "the traffic port".to_owned(),
                _ => format!("port {port}"),
            }
        ),
        codes.map(|codes| format!(", expecting {codes}")).unwrap_or_default(),
    );
    TargetGroup {
        arn: item.word(&["TargetGroupArn"]),
        name: item.word(&["TargetGroupName"]),
        protocol: item.word(&["Protocol"]),
        port: item.number(&["Port"]),
        check: check.replace("  ", " "),
        balancers: item.words(&["LoadBalancerArns"]),
    }
}

fn target(item: Element<'_, '_>) -> BalancerTarget {
    BalancerTarget {
        id: item.word(&["Target", "Id"]),
        port: item.number(&["Target", "Port"]),
        zone: item.text(&["Target", "AvailabilityZone"]),
        state: item.word(&["TargetHealth", "State"]),
        reason: item.text(&["TargetHealth", "Reason"]),
        description: item.text(&["TargetHealth", "Description"]),
    }
}

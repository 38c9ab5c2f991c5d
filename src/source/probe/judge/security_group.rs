//! The way of a connection through the security groups: from an address into the load balancer, and from there to the
//! tasks. A rule that is missing is named.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::alb::{self, Meant};
use super::tally::Tally;
use super::{Case, reach, who};
use crate::domain::estate::{AddressRange, Connection, GroupRule, OwnAddress, Peer, SecurityGroup, Wiring};
use crate::domain::{Check, CheckState, ServiceHealth};
use crate::source::probe::estate::{Estate, Groups, Seen};

const FROM: &str = "ec2:DescribeSecurityGroups";

/// How many rules are listed where none fits.
const LISTED: usize = 6;

/// Follows it.
pub async fn judge<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let port = match check.told("port").unwrap_or("443").parse::<u16>() {
        Ok(port) if port > 0 => port,
        _ => {
            tally.unknown(format!("{} is no port", check.told("port").unwrap_or_default()), check.to_string());
            return;
        }
    };
    let told = match check.told("from").map(str::parse::<AddressRange>) {
        Some(Ok(range)) => Some(range),
        Some(Err(error)) => {
            tally.unknown(error.to_string(), check.to_string());
            return;
        }
        None => None,
    };
    let Some(meant) = alb::meant(case, check, tally).await else { return };
    let service = match check.told("service") {
        Some(name) => who::find(case.snapshot, name).into_iter().next(),
        None => who::component(case.snapshot, "grafana"),
    };
    inward(case, &meant, told, port, tally).await;
    if let Some(service) = service {
        onward(case, &meant, service, tally).await;
    }
    if tally.state() == CheckState::Pass {
        tally.summary(format!("the security groups let the connection through to {}", meant.balancer.name));
    }
}

/// From outside into the load balancer.
pub async fn inward<E: Estate>(
    case: &Case<'_, E>,
    meant: &Meant,
    told: Option<AddressRange>,
    port: u16,
    tally: &mut Tally,
) {
    let balancer = &meant.balancer;
    if balancer.groups.is_empty() {
        tally.pass(format!("{} is in no security group: everything gets to it", balancer.name), FROM);
        return;
    }
    let groups = match case.estate.security_groups(&balancer.groups).await {
        Ok(groups) => groups,
        Err(error) => {
            tally.unseen("the load balancer's security groups", &error, FROM);
            return;
        }
    };
    let source = match told {
        Some(range) => Some(range),
        None => own(case, meant, port, &groups, tally).await,
    };
    let Some(source) = source else { return };
    match let_in(&groups, source, port) {
        Some(how) => tally.pass(format!("{source} may connect to {port} of {}: {how}", balancer.name), FROM),
        None => missing(&groups, &source.to_string(), port, &balancer.name, tally),
    }
}

/// This machine's address, where it can be told. Where it cannot, a connection tells whether it is let in.
async fn own<E: Estate>(
    case: &Case<'_, E>,
    meant: &Meant,
    port: u16,
    groups: &[SecurityGroup],
    tally: &mut Tally,
) -> Option<AddressRange> {
    let balancer = &meant.balancer;
    let resolved = case.estate.resolve(&balancer.dns_name).await.ok();
    let toward = resolved.as_ref().and_then(|addresses| addresses.first().copied());
    let OwnAddress { address, how } = case.estate.own_address(toward, balancer.is_public()).await;
    if let Some(address) = address {
        tally.pass(format!("this machine's address is {address}: {how}"), "the route from here");
        return Some(address.into());
    }
    let name = format!("{}:{port}", balancer.dns_name);
    match case.estate.connect(&balancer.dns_name, port).await {
        Connection::Made { .. } => {
            tally.pass(
                format!("{name} accepts a connection from here: this machine is let in"),
                "a TCP connection from this machine",
            );
        }
        Connection::TimedOut(_) => {
            let text = format!("{name} does not answer here: a rule that admits this machine is missing, as a rule");
            tally.note(CheckState::Warn, text, "a TCP connection from this machine");
            tally.cause("connect-timeout");
        }
        other => reach::told(&name, &other, true, tally),
    }
    tally.unknown(
        format!("which address to look for in the rules is not known: {how}. They let in {}", admitted(groups, port)),
        FROM,
    );
    tally.next("name the address the internet sees, or the office's range: --from ADDRESS");
    None
}

/// From the load balancer to the tasks.
pub async fn onward<E: Estate>(case: &Case<'_, E>, meant: &Meant, service: &ServiceHealth, tally: &mut Tally) {
    let wiring = match case.estate.wiring(&service.id).await {
        Ok(wiring) => wiring,
        Err(error) => {
            tally.unseen(&format!("how {} is wired", service.id.name), &error, "ecs:DescribeServices");
            return;
        }
    };
    let ports = ports(case, meant, &wiring, tally).await;
    if ports.is_empty() {
        tally.unknown(format!("it is not known which port {} listens on", service.id.name), "ecs:DescribeServices");
        return;
    }
    let addresses: Vec<String> =
        service.ecs.iter().flat_map(|ecs| who::running(ecs)).filter_map(|task| task.address.clone()).collect();
    let mut ids: BTreeSet<String> = wiring.groups.iter().cloned().collect();
    if ids.is_empty() && !addresses.is_empty() {
        match case.estate.interfaces(&addresses).await {
            Ok(interfaces) => ids.extend(interfaces.into_iter().flat_map(|interface| interface.groups)),
            Err(error) => tally.unseen("the tasks' network interfaces", &error, "ec2:DescribeNetworkInterfaces"),
        }
    }
    if ids.is_empty() {
        tally.unknown(format!("it is not known which security groups the tasks of {} are in", service.id.name), FROM);
        return;
    }
    let ids: Vec<String> = ids.into_iter().collect();
    let (own, of_balancer, subnets) = tokio::join!(
        case.estate.security_groups(&ids),
        case.estate.security_groups(&meant.balancer.groups),
        case.estate.subnet_ranges(&meant.balancer.subnets)
    );
    let (own, of_balancer) = match (own, of_balancer) {
        (Ok(own), Ok(of_balancer)) => (own, of_balancer),
        (Err(error), _) | (_, Err(error)) => {
            tally.unseen("the security groups of the tasks", &error, FROM);
            return;
        }
    };
    let addresses: Vec<IpAddr> = addresses.iter().filter_map(|address| address.parse().ok()).collect();
    for port in ports {
        outward(&of_balancer, &own, &addresses, port, service, tally);
        within(&own, &of_balancer, &subnets, port, service, tally);
    }
}

/// The ports the load balancer connects to.
async fn ports<E: Estate>(case: &Case<'_, E>, meant: &Meant, wiring: &Wiring, tally: &mut Tally) -> BTreeSet<u16> {
    let mut ports: BTreeSet<u16> = wiring.balancers.iter().filter_map(|link| link.port).collect();
    if !meant.groups.is_empty() && ports.is_empty() {
        match case.estate.target_groups(Groups::Named(&meant.groups)).await {
            Ok(groups) => ports.extend(groups.iter().filter_map(|group| group.port)),
            Err(error) => tally.unseen("the target group's port", &error, "elasticloadbalancing:DescribeTargetGroups"),
        }
    }
    ports
}

/// Whether the load balancer's groups let connections out to the tasks.
fn outward(
    of_balancer: &[SecurityGroup],
    own: &[SecurityGroup],
    addresses: &[IpAddr],
    port: u16,
    service: &ServiceHealth,
    tally: &mut Tally,
) {
    if of_balancer.is_empty() {
        return;
    }
    let own_ids = ids(own);
    let reaches = |rule: &&GroupRule| {
        rule.is_tcp_to(port)
            && match &rule.peer {
                Peer::Group(id) => own_ids.contains(id),
                Peer::Range(range) => addresses.is_empty() || addresses.iter().all(|address| range.holds(*address)),
                Peer::List(_) => false,
            }
    };
    let out = of_balancer.iter().find_map(|group| group.egress.iter().find(reaches).map(|rule| (group, rule)));
    if let Some((group, rule)) = out {
        tally.pass(format!("{} lets connections out to {} port {port}", name(group), rule.peer), FROM);
    } else {
        let text = format!(
            "{} has no egress rule for tcp {port} to the tasks of {} ({})",
            names(of_balancer),
            service.id.name,
            own_ids.join(", ")
        );
        tally.fail("no-egress-rule", text, FROM);
        tally.next("let the load balancer's security group out to the tasks' one, on that port");
    }
}

/// Whether the tasks' groups let the load balancer in: by its group, or by the addresses of the subnets it connects from.
fn within(
    own: &[SecurityGroup],
    of_balancer: &[SecurityGroup],
    subnets: &Seen<Vec<AddressRange>>,
    port: u16,
    service: &ServiceHealth,
    tally: &mut Tally,
) {
    let balancer_ids = ids(of_balancer);
    let tasks = format!("the tasks of {}", service.id.name);
    let is_its_own =
        |rule: &&GroupRule| rule.is_tcp_to(port) && matches!(&rule.peer, Peer::Group(id) if balancer_ids.contains(id));
    if let Some((group, rule)) =
        own.iter().find_map(|group| group.ingress.iter().find(is_its_own).map(|rule| (group, rule)))
    {
        tally.pass(format!("{tasks}: {} admits {} on {port}", name(group), rule.peer), FROM);
        return;
    }
    let ranges = ranges(own, port);
    let from = if balancer_ids.is_empty() { "the load balancer".to_owned() } else { balancer_ids.join(", ") };
    match subnets {
        _ if ranges.is_empty() => missing(own, &from, port, &tasks, tally),
        Err(error) => tally.unseen("the load balancer's subnets", error, "ec2:DescribeSubnets"),
        Ok(subnets) if subnets.is_empty() => {
            let text = format!(
                "{tasks} let in {} on {port}: whether the load balancer is in it is not known",
                admitted(own, port)
            );
            tally.unknown(text, FROM);
        }
        Ok(subnets) => {
            let shut_out: Vec<&AddressRange> = subnets.iter().filter(|subnet| !subnet.is_covered_by(&ranges)).collect();
            if shut_out.is_empty() {
                let text = format!(
                    "{tasks}: {} admits {} on {port}, the load balancer's subnets in it",
                    names(own),
                    admitted(own, port)
                );
                tally.pass(text, FROM);
            } else {
                let subnets: Vec<String> = shut_out.iter().map(ToString::to_string).collect();
                missing(own, &format!("{from} (in {})", subnets.join(", ")), port, &tasks, tally);
            }
        }
    }
}

/// The addresses that rules let in on a port.
fn ranges(groups: &[SecurityGroup], port: u16) -> Vec<AddressRange> {
    let range = |rule: &GroupRule| match &rule.peer {
        Peer::Range(range) if rule.is_tcp_to(port) => Some(*range),
        _ => None,
    };
    groups.iter().flat_map(|group| &group.ingress).filter_map(range).collect()
}

fn ids(groups: &[SecurityGroup]) -> Vec<String> {
    groups.iter().map(|group| group.id.clone()).collect()
}

fn missing(groups: &[SecurityGroup], from: &str, port: u16, to: &str, tally: &mut Tally) {
    let text = format!(
        "no rule of {} lets tcp {port} in from {from} to {to}; they let in {}",
        names(groups),
        admitted(groups, port)
    );
    tally.fail("no-ingress-rule", text, FROM);
    let group = groups.first().map_or("GROUP", |group| group.id.as_str());
    let rule = match from.parse::<AddressRange>() {
        Ok(range) if range.address().is_ipv6() => {
            let block = if range.is_single() { format!("{range}/128") } else { range.to_string() };
            format!("--ip-permissions IpProtocol=tcp,FromPort={port},ToPort={port},Ipv6Ranges=[{{CidrIpv6={block}}}]")
        }
        Ok(range) if range.is_single() => format!("--protocol tcp --port {port} --cidr {range}/32"),
        Ok(range) => format!("--protocol tcp --port {port} --cidr {range}"),
        Err(_) => {
            format!("--protocol tcp --port {port} --source-group {}", from.split([',', ' ']).next().unwrap_or(from))
        }
    };
    tally.next(format!("aws ec2 authorize-security-group-ingress --group-id {group} {rule}"));
}

/// What lets a range in, in words: one rule, or several that cover it together.
fn let_in(groups: &[SecurityGroup], source: AddressRange, port: u16) -> Option<String> {
    let fits =
        |rule: &&GroupRule| rule.is_tcp_to(port) && matches!(&rule.peer, Peer::Range(range) if range.covers(source));
    let one = groups.iter().find_map(|group| group.ingress.iter().find(fits).map(|rule| (group, rule)));
    if let Some((group, rule)) = one {
        let note = rule.note.as_deref().map(|note| format!(", {note}")).unwrap_or_default();
        return Some(format!("{} admits {}{note}", name(group), rule.peer));
    }
    let together = source.is_covered_by(&ranges(groups, port));
    together.then(|| format!("{} admits it by several rules: {}", names(groups), admitted(groups, port)))
}

fn name(group: &SecurityGroup) -> String {
    if group.name.is_empty() { group.id.clone() } else { format!("{} ({})", group.id, group.name) }
}

fn names(groups: &[SecurityGroup]) -> String {
    groups.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Whom rules let in on a port.
fn admitted(groups: &[SecurityGroup], port: u16) -> String {
    let rules: Vec<&GroupRule> =
        groups.iter().flat_map(|group| &group.ingress).filter(|rule| rule.is_tcp_to(port)).collect();
    if rules.is_empty() {
        return format!("nobody on {port}");
    }
    let one = |rule: &&GroupRule| match &rule.note {
        Some(note) => format!("{} ({note})", rule.peer),
        None => rule.peer.to_string(),
    };
    let mut text = rules.iter().take(LISTED).map(one).collect::<Vec<_>>().join(", ");
    if rules.len() > LISTED {
        text.push_str(", and others");
    }
    text
}

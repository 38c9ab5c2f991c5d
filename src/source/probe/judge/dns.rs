//! A name: what it resolves to from here, what Route 53 has, and why the two may differ.

use std::net::IpAddr;

use super::tally::Tally;
use super::{Case, alb};
use crate::domain::estate::{Balancer, Record, Zone};
use crate::domain::{Check, ErrorClass};
use crate::source::probe::estate::{Estate, Seen};

const HERE: &str = "the resolver of this machine";

/// Looks at the name asked for, else at Grafana's.
pub async fn judge<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let name =
        check.told("name").map(str::to_owned).or_else(|| case.estate.grafana_address().map(|address| address.host));
    let Some(name) = name else {
        tally.unknown("there is no name to look at: the context has no grafana", check.to_string());
        tally.next("name it: --name HOST");
        return;
    };
    let used = if check.told("name").is_none() { alb::grafana_balancer(case).await } else { None };
    look(case, &name, used.as_ref(), tally).await;
}

/// Looks at a name; `used` is the load balancer that it should lead to, where that is known.
pub async fn look<E: Estate>(case: &Case<'_, E>, name: &str, used: Option<&Balancer>, tally: &mut Tally) {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.parse::<IpAddr>().is_ok() {
        tally.pass(format!("{name} is an address: there is nothing to resolve"), HERE);
        return;
    }
    let (here, zones) = tokio::join!(case.estate.resolve(&name), case.estate.zones(&name));
    resolved(&name, &here, tally);
    let zones = match zones {
        Ok(zones) => zones,
        Err(error) => {
            tally.unseen("what Route 53 has", &error, "route53:ListHostedZonesByName");
            return;
        }
    };
    // Of zones at several levels the longest name decides; of the same name, the private one inside its networks.
    let longest = zones.iter().map(|zone| zone.name.len()).max().unwrap_or_default();
    let zones: Vec<&Zone> = zones.iter().filter(|zone| zone.name.len() == longest).collect();
    if zones.is_empty() {
        let text = format!("no hosted zone of this account holds {name}: what it should lead to is not known here");
        tally.pass(text, "route53:ListHostedZonesByName");
        return;
    }
    let mut found = false;
    for zone in &zones {
        let from = format!("route53:ListResourceRecordSets {}", zone.id);
        let records = match case.estate.records(zone, &name).await {
            Ok(records) => records,
            Err(error) => {
                tally.unseen("the zone's records", &error, from);
                found = true;
                continue;
            }
        };
        let kinds: Vec<&Record> =
            records.iter().filter(|record| matches!(record.kind.as_str(), "A" | "AAAA" | "CNAME")).collect();
        for record in &kinds {
            found = true;
            compare(case, &name, zone, record, (&here, used), tally).await;
        }
    }
    if zones.len() > 1 {
        let text = format!(
            "{} exists more than once, public and private: inside its networks the private one answers",
            zones[0].name
        );
        tally.pass(text, "route53:ListHostedZonesByName");
    }
    if !found {
        let zone = zones[0];
        let text = format!("zone {} ({}) has no record of {name}", zone.name, zone.id);
        tally.fail("record-missing", text, "route53:ListResourceRecordSets");
        // That it does not resolve follows from this.
        tally.next_above_all(format!("add an alias record of {name} that leads to the load balancer"));
    }
}

fn listed(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn resolved(name: &str, here: &Seen<Vec<IpAddr>>, tally: &mut Tally) {
    match here {
        Ok(addresses) => tally.pass(format!("{name} resolves to {}", listed(addresses)), HERE),
        Err(error) if error.class == ErrorClass::Dns => {
            tally.fail("name-unresolved", error.what.clone(), HERE);
            tally
                .next("check the VPN and the resolver; where other names resolve, the record or its zone's delegation");
        }
        Err(error) => tally.unseen("the name's address", error, HERE),
    }
}

/// Holds what is answered here against one record.
async fn compare<E: Estate>(
    case: &Case<'_, E>,
    name: &str,
    zone: &Zone,
    record: &Record,
    (here, used): (&Seen<Vec<IpAddr>>, Option<&Balancer>),
    tally: &mut Tally,
) {
    let from = format!("route53:ListResourceRecordSets {}", zone.id);
    let target = record.alias.clone().or_else(|| (record.kind == "CNAME").then(|| record.values.first().cloned())?);
    let private = if zone.private { "private" } else { "public" };
    let policy = record.policy.as_ref().map(|policy| format!(", {policy}")).unwrap_or_default();
    let leads = target.clone().unwrap_or_else(|| record.values.join(", "));
    let said = format!("{} {} leads to {leads} (zone {}, {private}{policy})", record.name, record.kind, zone.name);
    let Some(target) = target else {
        tally.pass(said, from.clone());
        let values: Vec<IpAddr> = record.values.iter().filter_map(|value| value.parse().ok()).collect();
        if let Ok(here) = here {
            let of_kind: Vec<IpAddr> =
                here.iter().copied().filter(|address| address.is_ipv4() == (record.kind == "A")).collect();
            let strangers: Vec<IpAddr> = of_kind.iter().copied().filter(|address| !values.contains(address)).collect();
            if !strangers.is_empty() {
                differs(
                    name,
                    zone,
                    &format!("{} is answered here and not in the record", listed(&strangers)),
                    record,
                    tally,
                );
            }
        }
        return;
    };
    let target = target.trim_end_matches('.').to_ascii_lowercase();
    let plain = target.trim_start_matches("dualstack.").to_owned();
    if plain.contains(".elb.") && !balancer(case, name, &plain, used, tally).await {
        return;
    }
    tally.pass(said, from);
    let Ok(here) = here else { return };
    match case.estate.resolve(&plain).await {
        // A load balancer answers with some of its addresses, others each time: one in common is enough.
        Ok(addresses) if !addresses.iter().any(|address| here.contains(address)) => {
            let what = format!("{} is answered here, and {plain} has {}", listed(here), listed(&addresses));
            differs(name, zone, &what, record, tally);
        }
        Ok(_) => {}
        Err(error) => tally.unseen(&format!("the address of {plain}"), &error, HERE),
    }
}

/// Whether the record leads to a load balancer that is there and in use.
async fn balancer<E: Estate>(
    case: &Case<'_, E>,
    name: &str,
    target: &str,
    used: Option<&Balancer>,
    tally: &mut Tally,
) -> bool {
    const FROM: &str = "elasticloadbalancing:DescribeLoadBalancers";
    let balancers = match case.estate.balancers().await {
        Ok(balancers) => balancers,
        Err(error) => {
            tally.unseen("the load balancers", &error, FROM);
            return true;
        }
    };
    let is_target = |balancer: &&Balancer| balancer.dns_name.eq_ignore_ascii_case(target);
    let in_region = case.estate.region().is_none_or(|region| target.contains(&format!(".{region}.")));
    let found = balancers.iter().find(is_target);
    let wrong = match (found, used) {
        (None, _) if in_region => {
            Some(format!("{name} leads to {target}, and there is no such load balancer (any more)"))
        }
        (Some(found), Some(used)) if found.arn != used.arn => Some(format!(
            "{name} leads to load balancer {}, and the one in use is {} ({})",
            found.name, used.name, used.dns_name
        )),
        _ => None,
    };
    let Some(wrong) = wrong else { return true };
    tally.fail("record-stale", wrong, "route53:ListResourceRecordSets");
    let instead = used.map_or_else(|| "the load balancer in use".to_owned(), |used| used.dns_name.clone());
    tally.next_above_all(format!("let the record of {name} lead to {instead}"));
    false
}

fn differs(name: &str, zone: &Zone, what: &str, record: &Record, tally: &mut Tally) {
    let why = if zone.private {
        "the zone is private: outside its networks the public answer counts".to_owned()
    } else {
        let kept = record.ttl.map(|ttl| format!(", an answer kept for up to {ttl} s")).unwrap_or_default();
        format!("a private zone, a hosts file or a resolver of the network's own{kept} may be the reason")
    };
    tally.warn("dns-differs", format!("{what}; {why}"), HERE);
    tally.next(format!("ask another resolver: dig {name} @1.1.1.1"));
}

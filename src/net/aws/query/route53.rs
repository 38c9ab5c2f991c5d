//! Route 53: hosted zones and their records.

use super::Api;
use super::paging::MOST_PAGES;
use super::xml::{Document, Element};
use crate::domain::SourceError;
use crate::domain::estate::{Record, Zone};
use crate::net::aws::{Call, Session};

/// Zones of one name: a public one and some private ones.
const ZONES: usize = 20;

/// The zones of exactly this name.
///
/// # Errors
/// One line that names call, region and cause.
pub async fn zones(session: &Session, name: &str) -> Result<Vec<Zone>, SourceError> {
    let call = Call { service: "route53", action: "ListHostedZonesByName", about: name };
    let query = vec![("dnsname", name.to_owned()), ("maxitems", ZONES.to_string())];
    let document = get(session, call, "/2013-04-01/hostedzonesbyname".to_owned(), query).await?;
    let zones = document.read(|root| root.list(&["HostedZones"]).map(zone).collect::<Vec<_>>());
    let mut zones = zones.map_err(|why| session.garbage(&call, &why))?;
    // The list begins at the name and goes on with those after it.
    zones.retain(|zone| zone.name.eq_ignore_ascii_case(name));
    Ok(zones)
}

/// A zone by its id.
///
/// # Errors
/// As [`zones`].
pub async fn zone_of(session: &Session, id: &str) -> Result<Zone, SourceError> {
    let call = Call { service: "route53", action: "GetHostedZone", about: id };
    let document = get(session, call, format!("/2013-04-01/hostedzone/{id}"), Vec::new()).await?;
    let found = document.read(|root| root.child("HostedZone").map(zone));
    let found = found.map_err(|why| session.garbage(&call, &why))?;
    found.ok_or_else(|| session.garbage(&call, "no zone is in it"))
}

/// The records of exactly this name in a zone; a wildcard's name begins with `*.`.
///
/// # Errors
/// As [`zones`].
pub async fn records(session: &Session, zone: &str, name: &str) -> Result<Vec<Record>, SourceError> {
    let call = Call { service: "route53", action: "ListResourceRecordSets", about: name };
    let mut all = Vec::new();
    let mut from = vec![("name", name.to_owned())];
    for _ in 0..MOST_PAGES {
        let document = get(session, call, format!("/2013-04-01/hostedzone/{zone}/rrset"), from).await?;
        let (page, next) = document
            .read(|root| {
                let page: Vec<Record> = root.list(&["ResourceRecordSets"]).map(record).collect();
                let next = |name| root.raw(&[name]).map(str::to_owned);
                (
                    page,
                    next("NextRecordName")
                        .zip(next("NextRecordType"))
                        .map(|(n, t)| (n, t, next("NextRecordIdentifier"))),
                )
            })
            .map_err(|why| session.garbage(&call, &why))?;
        let is_asked = |record: &Record| record.name.eq_ignore_ascii_case(name);
        let goes_on = page.last().is_none_or(is_asked);
        all.extend(page.into_iter().filter(is_asked));
        let Some((name, kind, identifier)) = next.filter(|_| goes_on) else { break };
        from = vec![("name", name), ("type", kind)];
        from.extend(identifier.map(|identifier| ("identifier", identifier)));
    }
    Ok(all)
}

async fn get(
    session: &Session,
    call: Call<'_>,
    path: String,
    query: Vec<(&str, String)>,
) -> Result<Document, SourceError> {
    let body = session.get(Api::Route53, call, path, query).await?;
    let document = Document::new(body, &[&format!("{}Response", call.action)], None);
    document.map_err(|why| session.garbage(&call, &why))
}

fn zone(item: Element<'_, '_>) -> Zone {
    Zone {
        id: item.word(&["Id"]).trim_start_matches("/hostedzone/").to_owned(),
        name: plain(&item.word(&["Name"])),
        private: item.raw(&["Config", "PrivateZone"]) == Some("true"),
    }
}

fn record(item: Element<'_, '_>) -> Record {
    let policy = ["Weight", "Region", "Failover", "GeoLocation", "GeoProximityLocation", "CidrRoutingConfig"];
    let policy = policy
        .into_iter()
        .find(|name| item.child(name).is_some())
        .or_else(|| (item.raw(&["MultiValueAnswer"]) == Some("true")).then_some("MultiValueAnswer"));
    Record {
        name: plain(&item.word(&["Name"])),
        kind: item.word(&["Type"]),
        values: item.list(&["ResourceRecords"]).filter_map(|value| value.text(&["Value"])).collect(),
        alias: item.text(&["AliasTarget", "DNSName"]).map(|name| plain(&name)),
        policy: policy.map(|name| match item.text(&[name]) {
            Some(value) => format!("{} {value}", name.to_ascii_lowercase()),
            None => name.to_ascii_lowercase(),
        }),
        ttl: item.number(&["TTL"]),
    }
}

/// A name as people write it: without the last dot, the wildcard as a star.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*")
}

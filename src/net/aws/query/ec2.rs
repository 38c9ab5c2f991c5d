//! EC2: security groups and network interfaces.

use super::paging::Paging;
use super::xml::Element;
use super::{Api, listed};
use crate::domain::SourceError;
use crate::domain::estate::{AddressRange, GroupRule, Interface, Peer, SecurityGroup};
use crate::net::aws::Session;

const PAGES: Paging = Paging { api: Api::Ec2, asks: "NextToken", says: "nextToken" };

/// The most addresses one question is about.
const MOST_ADDRESSES: usize = 200;

/// Security groups by id, with all their rules.
///
/// # Errors
/// One line that names call, region and cause.
pub async fn security_groups(session: &Session, ids: &[String]) -> Result<Vec<SecurityGroup>, SourceError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    PAGES
        .all(session, "DescribeSecurityGroups", &ids.join(" "), &listed("GroupId", ids), "securityGroupInfo", group)
        .await
}

/// The network interfaces that have these private addresses.
///
/// # Errors
/// As [`security_groups`].
pub async fn interfaces(session: &Session, addresses: &[String]) -> Result<Vec<Interface>, SourceError> {
    let addresses = &addresses[..addresses.len().min(MOST_ADDRESSES)];
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let mut parameters = vec![("Filter.1.Name".to_owned(), "addresses.private-ip-address".to_owned())];
    parameters.extend(listed("Filter.1.Value", addresses));
    PAGES.all(session, "DescribeNetworkInterfaces", "", &parameters, "networkInterfaceSet", interface).await
}

/// The addresses of subnets, by their ids.
///
/// # Errors
/// As [`security_groups`].
pub async fn subnet_ranges(session: &Session, ids: &[String]) -> Result<Vec<AddressRange>, SourceError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let range = |subnet: Element<'_, '_>| subnet.word(&["cidrBlock"]).parse().ok();
    let ranges: Vec<Option<AddressRange>> =
        PAGES.all(session, "DescribeSubnets", &ids.join(" "), &listed("SubnetId", ids), "subnetSet", range).await?;
    Ok(ranges.into_iter().flatten().collect())
}

/// The addresses of a managed prefix list.
///
/// # Errors
/// As [`security_groups`].
pub async fn prefix_list(session: &Session, id: &str) -> Result<Vec<String>, SourceError> {
    let of = [("PrefixListId".to_owned(), id.to_owned())];
    PAGES.all(session, "GetManagedPrefixListEntries", id, &of, "entrySet", |entry| entry.word(&["cidr"])).await
}

/// A subnet: its id, its network and its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// The VPC it is in.
    pub vpc: String,
    /// Its zone (`eu-west-1a`).
    pub zone: String,
    /// Whether what starts in it has a public address.
    pub is_public: bool,
}

/// The ids of every VPC of the region.
///
/// # Errors
/// As [`security_groups`].
pub async fn vpcs(session: &Session) -> Result<Vec<String>, SourceError> {
    PAGES.all(session, "DescribeVpcs", "", &[], "vpcSet", |vpc| vpc.word(&["vpcId"])).await
}

/// Every subnet of the region.
///
/// # Errors
/// As [`security_groups`].
pub async fn subnets(session: &Session) -> Result<Vec<Subnet>, SourceError> {
    let read = |subnet: Element<'_, '_>| Subnet {
        id: subnet.word(&["subnetId"]),
        vpc: subnet.word(&["vpcId"]),
        zone: subnet.word(&["availabilityZone"]),
        is_public: subnet.raw(&["mapPublicIpOnLaunch"]) == Some("true"),
    };
    PAGES.all(session, "DescribeSubnets", "", &[], "subnetSet", read).await
}

fn group(item: Element<'_, '_>) -> SecurityGroup {
    let rules = |list: &str| item.list(&[list]).flat_map(permission).collect();
    SecurityGroup {
        id: item.word(&["groupId"]),
        name: item.word(&["groupName"]),
        ingress: rules("ipPermissions"),
        egress: rules("ipPermissionsEgress"),
    }
}

/// One entry is for several peers: a rule each.
fn permission(item: Element<'_, '_>) -> Vec<GroupRule> {
    let protocol = item.word(&["ipProtocol"]);
    let port = |name| item.number::<u16>(&[name]);
    let ports = port("fromPort").zip(port("toPort"));
    let range = |peer: Element<'_, '_>, name: &str| peer.word(&[name]).parse().ok().map(Peer::Range);
    let mut peers: Vec<(Peer, Option<String>)> = Vec::new();
    let mut add = |peer: Option<Peer>, from: Element<'_, '_>| {
        peers.extend(peer.map(|peer| (peer, from.text(&["description"]))));
    };
    item.list(&["ipRanges"]).for_each(|peer| add(range(peer, "cidrIp"), peer));
    item.list(&["ipv6Ranges"]).for_each(|peer| add(range(peer, "cidrIpv6"), peer));
    item.list(&["groups"]).for_each(|peer| add(peer.text(&["groupId"]).map(Peer::Group), peer));
    item.list(&["prefixListIds"]).for_each(|peer| add(peer.text(&["prefixListId"]).map(Peer::List), peer));
    peers.into_iter().map(|(peer, note)| GroupRule { protocol: protocol.clone(), ports, peer, note }).collect()
}

fn interface(item: Element<'_, '_>) -> Interface {
    Interface {
        address: item.word(&["privateIpAddress"]),
        groups: item.list(&["groupSet"]).filter_map(|group| group.text(&["groupId"])).collect(),
        zone: item.word(&["availabilityZone"]),
    }
}

//! Security groups: who may connect to whom.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Addresses with a common beginning (`10.0.0.0/8`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    address: IpAddr,
    length: u8,
}

impl AddressRange {
    /// Whether every address of `other` is in it.
    pub fn covers(self, other: Self) -> bool {
        self.length <= other.length && self.holds(other.address)
    }

    /// Whether an address is in it.
    pub fn holds(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(own.to_bits().into(), other.to_bits().into(), 32, self.length),
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), 128, self.length),
            _ => false,
        }
    }

    /// Whether every address of it is in one of several ranges, though perhaps in none of them alone.
    pub fn is_covered_by(self, ranges: &[Self]) -> bool {
        let within: Vec<Self> = ranges.iter().copied().filter(|range| self.covers(*range)).collect();
        if ranges.iter().any(|range| range.covers(self)) {
            return true;
        }
        // The halves are looked at only where some range is smaller than this one: no deeper than the smallest.
        !within.is_empty() && self.halves().is_some_and(|halves| halves.iter().all(|half| half.is_covered_by(&within)))
    }

    /// Its lower and its upper half; none of a single address.
    fn halves(self) -> Option<[Self; 2]> {
        if self.is_single() {
            return None;
        }
        let length = self.length + 1;
        let upper = match self.address {
            IpAddr::V4(address) => IpAddr::V4((address.to_bits() | 1 << (32 - length)).into()),
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() | 1 << (128 - length)).into()),
        };
        let lower = match self.address {
            IpAddr::V4(address) => IpAddr::V4((address.to_bits() & !(1 << (32 - length))).into()),
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !(1 << (128 - length))).into()),
        };
        Some([lower, upper].map(|address| Self { address, length }))
    }

    /// Its first address.
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// Whether it is one address only.
    pub const fn is_single(self) -> bool {
        self.length == if self.address.is_ipv4() { 32 } else { 128 }
    }
}

fn same(one: u128, other: u128, width: u8, length: u8) -> bool {
    length == 0 || (one ^ other) >> (width - length.min(width)) == 0
}

impl From<IpAddr> for AddressRange {
    fn from(address: IpAddr) -> Self {
        Self { address, length: if address.is_ipv4() { 32 } else { 128 } }
    }
}

/// A text that is neither an address nor a range of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an address nor a range such as 203.0.113.0/24")]
pub struct NoRange(String);

impl FromStr for AddressRange {
    type Err = NoRange;

    fn from_str(text: &str) -> Result<Self, NoRange> {
        let wrong = || NoRange(text.to_owned());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let whole = Self::from(address.parse::<IpAddr>().map_err(|_| wrong())?);
        match length {
            Some(length) if length <= whole.length => Ok(Self { length, ..whole }),
            Some(_) => Err(wrong()),
            None => Ok(whole),
        }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_single() { self.address.fmt(f) } else { write!(f, "{}/{}", self.address, self.length) }
    }
}

/// Who a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Addresses.
    Range(AddressRange),
    /// Whatever is in another security group, by id.
    Group(String),
    /// A prefix list, whose addresses are not read.
    List(String),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(f),
            Self::Group(id) | Self::List(id) => f.write_str(id),
        }
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRule {
    /// `tcp`, `udp`, `icmp`, or `-1` for all.
    pub protocol: String,
    /// The ports, first and last; none where the protocol has none or all are meant.
    pub ports: Option<(u16, u16)>,
    /// Who.
    pub peer: Peer,
    /// What somebody wrote beside it.
    pub note: Option<String>,
}

impl GroupRule {
    /// Whether TCP to a port is meant.
    pub fn is_tcp_to(&self, port: u16) -> bool {
        match (self.protocol.as_str(), self.ports) {
            ("-1" | "all", _) | ("tcp" | "6", None) => true,
            ("tcp" | "6", Some((first, last))) => (first..=last).contains(&port),
            _ => false,
        }
    }
}

/// One security group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id (`sg-...`).
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who may connect to what is in it.
    pub ingress: Vec<GroupRule>,
    /// What it may connect to.
    pub egress: Vec<GroupRule>,
}

/// A network interface: an address and the groups it is in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its private address.
    pub address: String,
    /// Its security groups, by id.
    pub groups: Vec<String>,
    /// Its zone.
    pub zone: String,
}

/// This machine's address, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAddress {
    /// The address others see, where it is known.
    pub address: Option<IpAddr>,
    /// How that is known, or why it is not.
    pub how: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> AddressRange {
        text.parse().unwrap()
    }

    #[test]
    fn ranges_hold_the_addresses_that_begin_alike() {
        for (outer, inner, holds) in [
            ("203.0.113.0/24", "203.0.113.7", true),
            ("203.0.113.0/24", "203.0.114.7", false),
            ("203.0.113.0/24", "203.0.113.0/25", true),
            ("203.0.113.0/24", "203.0.0.0/16", false),
            ("0.0.0.0/0", "198.51.100.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:1::/48", true),
            ("::/0", "2001:db8::1", true),
        ] {
            assert_eq!(range(outer).covers(range(inner)), holds, "{outer} {inner}");
        }
        for wrong in ["", "10.0.0.0/33", "office", "10.0.0/8", "10.0.0.1/x"] {
            assert!(wrong.parse::<AddressRange>().is_err(), "{wrong}");
        }
        assert_eq!(range("10.1.2.3").to_string(), "10.1.2.3");
        assert_eq!(range("10.0.0.0/8").to_string(), "10.0.0.0/8");
    }

    #[test]
    fn several_ranges_cover_what_none_covers_alone() {
        for (asked, ranges, covered) in [
            ("100.64.0.0/24", vec!["100.64.0.0/25", "100.64.0.128/25"], true),
            ("100.64.0.0/24", vec!["100.64.0.0/25", "100.64.0.128/26"], false),
            ("100.64.0.0/24", vec!["100.64.0.0/25", "100.64.0.128/26", "100.64.0.192/26", "10.0.0.0/8"], true),
            ("10.0.0.0/8", vec!["10.0.0.1/32"], false),
            ("0.0.0.0/0", vec!["0.0.0.0/1", "128.0.0.0/1"], true),
            ("2001:db8::/32", vec!["2001:db8::/33", "2001:db8:8000::/33"], true),
            ("203.0.113.7", vec!["203.0.113.0/24"], true),
            ("203.0.113.7", vec![], false),
        ] {
            let ranges: Vec<AddressRange> = ranges.into_iter().map(range).collect();
            assert_eq!(range(asked).is_covered_by(&ranges), covered, "{asked} {ranges:?}");
        }
    }

    #[test]
    fn rules_are_for_their_protocol_and_ports() {
        let rule = |protocol: &str, ports| GroupRule {
            protocol: protocol.into(),
            ports,
            peer: Peer::Group("sg-1".into()),
            note: None,
        };
        for (protocol, ports, is) in [
            ("tcp", Some((443, 443)), true),
            ("tcp", Some((0, 65_535)), true),
            ("tcp", Some((80, 80)), false),
            ("udp", Some((443, 443)), false),
            ("-1", None, true),
            ("6", Some((400, 500)), true),
        ] {
            assert_eq!(rule(protocol, ports).is_tcp_to(443), is, "{protocol} {ports:?}");
        }
    }
}

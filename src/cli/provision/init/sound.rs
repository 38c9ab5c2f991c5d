//! What is wrong with answers by themselves: what the module would refuse, or what would break a call.

use std::net::{IpAddr, Ipv4Addr};

/// Why the values of an answer are not taken, each reason without the answer's name; nothing where they are.
pub fn wrong(key: &str, values: &[String]) -> Vec<String> {
    match key {
        "office_cidrs" => offices(values),
        "services" => services(values),
        _ => values.iter().filter_map(|value| one(key, value)).chain(twice(values)).collect(),
    }
}

fn one(key: &str, value: &str) -> Option<String> {
    let (is_right, what) = match key {
        "environment" => (is_environment(value), "is not 2 to 16 small letters, digits and dashes, a letter first"),
        "aws_region" => (is_region(value), "is no region, like eu-west-1"),
        "domain_name" => (is_domain(value), "is no domain such as example.com, in small letters"),
        "route53_zone_id" => (is_made_of(value, "", 1..=32), "is no id of a zone, like Z0123456789ABC"),
        "certificate_arn" => {
            let is_arn = value.starts_with("arn:") && value.split(':').nth(2) == Some("acm");
            (is_arn, "is no certificate's ARN, like arn:aws:acm:REGION:ACCOUNT:certificate/ID")
        }
        "state_bucket" => {
            let is_bucket = is_made_of(value, ".-", 3..=63) && value.to_lowercase() == value;
            (is_bucket, "is no name of a bucket")
        }
        _ => return None,
    };
    (!is_right).then(|| format!("{value} {what}"))
}

/// The module takes each once.
fn twice(values: &[String]) -> impl Iterator<Item = String> {
    let is_again = |(at, value): &(usize, &String)| values[..*at].contains(value);
    values.iter().enumerate().filter(is_again).map(|(_, value)| format!("{value} is named twice"))
}

fn is_environment(name: &str) -> bool {
    let is_plain = is_made_of(name, "-", 2..=16) && name.to_lowercase() == name;
    let is_internal = name == "internal" || name.starts_with("internal-");
    // AWS takes no load balancer whose name begins with internal-.
    is_plain && name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.ends_with('-') && !is_internal
}

fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    match parts.as_slice() {
        [first, middle @ .., last] if !middle.is_empty() => {
            (2..=4).contains(&first.len())
                && is_word(first)
                && middle.iter().all(is_word)
                && last.len() == 1
                && last.chars().all(|c| c.is_ascii_digit())
        }
        _ => false,
    }
}

fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| is_made_of(label, "-", 1..=63) && !label.ends_with('-');
    let is_last = |label: &str| label.len() >= 2 && label.chars().all(|c| c.is_ascii_alphabetic());
    name.to_lowercase() == name
        && name.split('.').all(is_label)
        && name.rsplit_once('.').is_some_and(|(_, last)| is_last(last))
}

fn services(values: &[String]) -> Vec<String> {
    let parsed = |service: &str| {
        let (name, port) = service.rsplit_once(':')?;
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        (is_port && is_made_of(name, "-_", 1..=63)).then(|| name.to_owned())
    };
    let no_pair = values.iter().filter(|one| parsed(one).is_none()).map(|one| format!("{one} is no NAME:PORT"));
    let names: Vec<String> = values.iter().filter_map(|one| parsed(one)).collect();
    no_pair.chain(twice(&names)).collect()
}

fn offices(values: &[String]) -> Vec<String> {
    let mut wrong: Vec<String> = values.iter().filter_map(|one| office(one)).chain(twice(values)).collect();
    let public = values.iter().filter_map(|one| match range(one)? {
        (IpAddr::V4(first), length) if !is_private(first) => Some(1u64 << (32 - u32::from(length.min(32)))),
        _ => None,
    });
    // The internet comes in any number of pieces.
    if wrong.is_empty() && public.sum::<u64>() > 1 << 24 {
        wrong.push("together these are more public addresses than one /8 has: no office has so many".to_owned());
    }
    wrong
}

fn office(text: &str) -> Option<String> {
    let why = match range(text) {
        None if text.parse::<Ipv4Addr>().is_ok() => format!("is one address and no range: {text}/32"),
        None => "is no range of addresses, like 203.0.113.0/24".to_owned(),
        Some((_, 0)) => "is the whole internet".to_owned(),
        Some((IpAddr::V4(_), 1..8) | (IpAddr::V6(_), 1..32)) => "is too large a part of the internet".to_owned(),
        Some((IpAddr::V6(_), _)) => "is IPv6, and the load balancer has no IPv6 address".to_owned(),
        Some((IpAddr::V4(address), length)) => {
            let first = Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << (32 - u32::from(length))));
            if first == address {
                return None;
            }
            format!("is not written with its first address: {first}/{length}, or {address}/32 for that one alone")
        }
    };
    Some(format!("{text} {why}"))
}

/// The address of a range and the length of its prefix.
fn range(cidr: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = cidr.split_once('/')?;
    let (address, length) = (address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?);
    (length <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, length))
}

fn is_private(address: Ipv4Addr) -> bool {
    // Shared address space (RFC 6598) is nobody's on the internet either.
    let is_shared = address.octets()[0] == 100 && (64..128).contains(&address.octets()[1]);
    address.is_private() || is_shared
}

/// Whether a name has letters, digits and these other characters only, and begins with a letter or a digit.
fn is_made_of(name: &str, others: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(key: &str, text: &str) -> Vec<String> {
        wrong(key, &text.split(',').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_whole_internet_is_no_office_and_neither_is_half_of_it_or_many_pieces() {
        for (cidrs, reasons) in [
            ("203.0.113.0/24,198.51.100.7/32", vec![]),
            ("10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10", vec![]),
            ("0.0.0.0/0", vec!["whole internet"]),
            ("::/0", vec!["whole internet"]),
            ("0.0.0.0/1,2000::/3", vec!["too large", "too large"]),
            ("11.0.0.0/8,12.0.0.0/8", vec!["together"]),
            ("2001:db8::/32", vec!["IPv6"]),
            ("203.0.113.7", vec!["203.0.113.7/32"]),
            ("203.0.113.7/24", vec!["203.0.113.0/24, or 203.0.113.7/32"]),
            ("10.0.0.0/33,office", vec!["no range", "no range"]),
            ("203.0.113.0/24,203.0.113.0/24", vec!["named twice"]),
        ] {
            let said = told("office_cidrs", cidrs);
            assert_eq!(said.len(), reasons.len(), "{cidrs}: {said:?}");
            for (said, reason) in said.iter().zip(reasons) {
                assert!(said.contains(reason), "{said}");
            }
        }
    }

    #[test]
    fn what_the_module_would_refuse_is_refused_here() {
        for (key, right, bad) in [
            ("services", "api-2:8080", &["api", "api:0", "a/b:80", "api:8080,api:8081"][..]),
            ("environment", "prod", &["Prod", "p", "internal-x", "1prod", "prod-"]),
            ("domain_name", "a-b.example.com", &["example", "Example.com", "a..com", "a-.com", "example.c0m"]),
            ("aws_region", "ap-northeast-2", &["Seoul", "eu-west", "eu-west-11", "eu--west-1"]),
            ("route53_zone_id", "Z0123456789ABC", &["../x", ""]),
            ("certificate_arn", "arn:aws:acm:r:1:certificate/x", &["x", "arn:aws:iam::1:role/x"]),
            ("state_bucket", "our-states", &["a/b", "Ours"]),
            ("private_subnet_ids", "subnet-1,subnet-2", &["subnet-1,subnet-1"]),
        ] {
            assert_eq!(told(key, right), Vec::<String>::new(), "{key}");
            for bad in bad {
                assert_eq!(told(key, bad).len(), 1, "{key} {bad}");
            }
        }
    }
}

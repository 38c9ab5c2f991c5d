//! What the system's resolver answers, as every other program here gets it.

use std::net::IpAddr;
use std::time::Duration;

use crate::domain::{ErrorClass, SourceError};
use crate::format::{duration_fine, sanitise};

/// The addresses of a name, each once, in the order they came; an address is its own.
///
/// # Errors
/// [`ErrorClass::Dns`] where the name does not resolve, [`ErrorClass::Timeout`] where nobody answers in time.
pub async fn resolve(name: &str, within: Duration) -> Result<Vec<IpAddr>, SourceError> {
    if let Ok(address) = name.trim_start_matches('[').trim_end_matches(']').parse() {
        return Ok(vec![address]);
    }
    let shown = sanitise(name);
    let asked = tokio::time::timeout(within, tokio::net::lookup_host((name, 0))).await.map_err(|_| {
        let what = format!("{shown}: the resolver does not answer within {}", duration_fine(within));
        SourceError::new(ErrorClass::Timeout, what).with_hint("check the resolver, the VPN and the network")
    })?;
    let mut addresses: Vec<IpAddr> = asked
        .map_err(|error| {
            SourceError::new(ErrorClass::Dns, format!("{shown} does not resolve: {}", sanitise(&error.to_string())))
        })?
        .map(|address| address.ip())
        .collect();
    let mut seen = Vec::new();
    addresses.retain(|address| !seen.contains(address) && (seen.push(*address), true).1);
    if addresses.is_empty() {
        return Err(SourceError::new(ErrorClass::Dns, format!("{shown} has no address")));
    }
    Ok(addresses)
}

/// The address this machine would send from to reach another. Nothing is sent.
///
/// # Errors
/// Where there is no route.
pub async fn source_address(toward: IpAddr) -> std::io::Result<IpAddr> {
    let any: IpAddr =
        if toward.is_ipv4() { std::net::Ipv4Addr::UNSPECIFIED.into() } else { std::net::Ipv6Addr::UNSPECIFIED.into() };
    let socket = tokio::net::UdpSocket::bind((any, 0)).await?;
    socket.connect((toward, 443)).await?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_are_their_own_and_unknown_names_are_said_so() {
        let within = Duration::from_secs(5);
        assert_eq!(resolve("[::1]", within).await.unwrap(), ["::1".parse::<IpAddr>().unwrap()]);
        assert!(resolve("localhost", within).await.unwrap().iter().all(IpAddr::is_loopback));
        let error = resolve("nobody-is-called.invalid", within).await.unwrap_err();
        assert!(error.what.contains("nobody-is-called.invalid"), "{}", error.what);
        let loopback: IpAddr = [127, 0, 0, 1].into();
        assert_eq!(source_address(loopback).await.unwrap(), loopback);
    }
}

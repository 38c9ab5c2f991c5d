//! An attempt to connect, as `telnet` makes it: accepted, refused, unanswered and unresolved told apart.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use super::dns;
use crate::domain::estate::Connection;
use crate::format::sanitise;

/// How long a connection may take: more than any healthy one, less than a person's patience.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// Connects and lets go. Every address of the name is tried in turn, as programs do; the first failure is told.
pub async fn connect(host: &str, port: u16) -> Connection {
    match open(host, port).await {
        Ok((_, made)) => made,
        Err(failed) => failed,
    }
}

/// As [`connect`], and keeps the connection.
///
/// # Errors
/// How the attempt ended.
pub async fn open(host: &str, port: u16) -> Result<(TcpStream, Connection), Connection> {
    let addresses = dns::resolve(host, PATIENCE).await.map_err(|error| Connection::Unresolved(error.what))?;
    let mut first_failure = None;
    let began = Instant::now();
    for address in addresses {
        let left = (PATIENCE * 2).saturating_sub(began.elapsed()).min(PATIENCE);
        let attempt = Instant::now();
        let failure = match tokio::time::timeout(left, TcpStream::connect((address, port))).await {
            Ok(Ok(stream)) => return Ok((stream, Connection::Made { to: address, took: attempt.elapsed() })),
            Ok(Err(error)) => failed(&error),
            Err(_) => Connection::TimedOut(attempt.elapsed()),
        };
        first_failure.get_or_insert(failure);
    }
    Err(first_failure.unwrap_or_else(|| Connection::Unresolved(format!("{} has no address", sanitise(host)))))
}

fn failed(error: &io::Error) -> Connection {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Connection::Refused,
        io::ErrorKind::TimedOut => Connection::TimedOut(PATIENCE),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Connection::Unreachable,
        _ => Connection::Failed(sanitise(&error.to_string()).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accepted_refused_and_unresolved_are_told_apart() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(matches!(connect("127.0.0.1", port).await, Connection::Made { .. }));
        let (_taken, free) = crate::net::http::loopback::refusing();
        assert_eq!(connect("127.0.0.1", free.port()).await, Connection::Refused);
        assert!(matches!(connect("nobody-is-called.invalid", 1).await, Connection::Unresolved(_)));
        for (kind, expected) in [
            (io::ErrorKind::HostUnreachable, Connection::Unreachable),
            (io::ErrorKind::TimedOut, Connection::TimedOut(PATIENCE)),
            (io::ErrorKind::ConnectionRefused, Connection::Refused),
        ] {
            assert_eq!(failed(&kind.into()), expected);
        }
    }
}

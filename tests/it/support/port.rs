//! Ports for servers that cannot be asked to choose one themselves.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range the kernel gives to outgoing connections, so that none of them can take a port between here and
/// the server's own bind.
const FIRST: u16 = 17_000;
const SPAN: u16 = 15_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port of 127.0.0.1 nobody listens on, different at each call.
pub(crate) fn free() -> u16 {
    // Two test processes at once start far from each other.
    let process = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(SPAN)).unwrap();
    for _ in 0..SPAN {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (process + step % SPAN) % SPAN;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port from {FIRST} to {}", FIRST + SPAN);
}

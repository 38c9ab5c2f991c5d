//! Free ports on loopback.

use std::net::TcpListener;

use super::{Ports, StackError};

/// How far is looked.
const SPAN: u16 = 500;

/// Whether nobody listens there.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Five free ports from `base` on, in order, and those in between that are taken.
pub(super) fn choose(base: u16) -> Result<(Ports, Vec<u16>), StackError> {
    let mut taken = Vec::new();
    let mut free = Vec::new();
    for port in base..=base.saturating_add(SPAN) {
        if free.len() == 5 {
            break;
        }
        if is_free(port) { free.push(port) } else { taken.push(port) }
    }
    match free[..] {
        [prometheus, alertmanager, grafana, exporter, fleet] => {
            let last = fleet;
            taken.retain(|port| *port < last);
            Ok((Ports { prometheus, alertmanager, grafana, exporter, fleet }, taken))
        }
        _ => Err(StackError::new(format!("there are no five free ports from {base} to {}", base.saturating_add(SPAN)))
            .with_hint("name another beginning with --port-base")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over_and_told() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let base = listener.local_addr().unwrap().port().min(65_000);
        let (ports, taken) = choose(base).unwrap();
        if base == listener.local_addr().unwrap().port() {
            assert!(taken.contains(&base));
            assert_ne!(ports.prometheus, base);
        }
        assert!(ports.prometheus < ports.alertmanager && ports.exporter < ports.fleet);
    }

    #[test]
    fn there_must_be_five() {
        assert!(choose(65_534).unwrap_err().what.contains("no five free ports"));
    }
}

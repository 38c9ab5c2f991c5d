//! A stack on this machine alone: the configuration of `provision/` run by native Prometheus, Alertmanager and (where it
//! is installed) Grafana, watching the simulated fleet, on loopback.
//!
//! Everything of a stack lies in one folder: what it is (`stack.json`), the rendered configuration, data, logs, and for
//! each process a file with its pid that the process wrote itself before it became what it is. So whatever ends `up`,
//! `down` finds what it started, and only that.

mod error;
mod fleet;
mod folder;
mod history;
mod http;
mod launch;
mod part;
mod ports;
mod programs;
mod ready;
mod silence;
mod start;
mod state;
mod status;
mod stop;
mod written;

pub use error::StackError;
pub use fleet::{Fleet, serve};
pub use folder::Folder;
pub use start::{Machine, Outcome, up};
pub use state::{DEFAULT_PORTS, Ports, Wish};
pub use status::{Component, Health, Status, dead_part, status};
pub use stop::{Gone, down};
pub use written::{Written, write};

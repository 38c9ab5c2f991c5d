//! The only door out: one HTTP client set-up and one AWS set-up, with authentication, time-outs, proxies, size caps,
//! redaction and the counting of requests. What both reading and changing need of a backend is here too: the way through
//! Grafana to what stands behind it, and ECS's own calls and types.

pub mod aws;
pub mod dns;
pub mod door;
pub mod http;
mod mask;
mod meter;
mod mishap;
pub mod secret;
pub mod tcp;
pub mod tls;

pub use meter::Meter;
pub use mishap::Mishap;

//! The only door out: one HTTP client set-up and one AWS set-up, with authentication, time-outs, proxies, size caps,
//! redaction and the counting of requests.

pub mod aws;
pub mod dns;
pub mod http;
mod meter;
pub mod secret;
pub mod tcp;
pub mod tls;

pub use meter::Meter;

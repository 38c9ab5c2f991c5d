//! The only door out: one HTTP client set-up and one AWS set-up, with authentication, time-outs, proxies, size caps,
//! redaction and the counting of requests.

pub mod aws;
pub mod http;
mod meter;
pub mod secret;

pub use meter::Meter;

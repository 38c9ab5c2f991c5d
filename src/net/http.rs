//! HTTP: one client set-up for every backend.

mod client;
mod failure;

pub use client::{Clients, Trust, client};

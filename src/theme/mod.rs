//! Roles to styles: what a thing means decides how it looks, never the other way round.

mod role;

pub use role::Role;

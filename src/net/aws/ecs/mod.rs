//! ECS's own calls, with every page, limit and failure, and its wire types as domain values: for those who read and for
//! those who change.

mod api;
pub mod map;

pub use api::{Api, CLUSTERS_A_CALL, SERVICES_A_CALL, TASKS_A_CALL};

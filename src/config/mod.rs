//! The configuration: raw (what was typed) becomes settings (what it means).
//!
//! ```text
//! text --toml--> tree --check, along the table in keys--> sections --meaning--> settings
//! ```
//!
//! Every step goes on after a mistake, so that [`Refused`] tells all of them at once, each with its line. The
//! table in `keys` is the only place where a key is named with its kind, bounds, default and meaning: the JSON
//! Schema, the reference page and the sample derive from it.

mod check;
mod choose;
pub mod edit;
mod habit;
mod header;
mod http;
mod key;
mod keys;
mod load;
mod meaning;
pub mod paths;
pub mod queries;
mod reference;
mod rules;
mod section;
pub mod settings;
mod show;
#[cfg(test)]
mod tests;

pub use choose::Overrides;
pub use load::{Sources, load, parse, process_env};
pub use meaning::stack_services;
pub use reference::{reference_markdown, sample, schema};
pub use settings::{
    Alertmanager, AssumeRole, Auth, Aws, Context, Grafana, HeaderText, Http, LogGroup, Logs, Loki, Mouse, Prometheus,
    Reach, Refresh, SecretRef, Settings, Ui,
};
pub use show::show;

pub use crate::located::Refused;

//! `rounds`: a terminal operations console for services on AWS ECS, watched with Prometheus and Grafana.
//!
//! Data goes one way, and no room imports from a floor above its own:
//!
//! ```text
//! backends -> source -> engine -> app (model) -> view -> terminal
//! keys     -> shell  -> app::update -> Effect -> engine -> backends
//! ```

pub mod app;
pub mod assess;
pub mod cli;
pub mod command;
pub mod config;
pub mod cost;
pub mod domain;
pub mod engine;
pub mod exec;
pub mod format;
pub mod keymap;
pub mod located;
pub mod net;
pub mod provision;
pub mod report;
pub mod runbook;
pub mod shell;
pub mod sim;
pub mod source;
pub mod stack;
pub mod terraform;
pub mod theme;
pub mod view;

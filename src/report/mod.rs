//! Headless outputs of the same domain values the screens show: text, JSON, Markdown and Nagios of a snapshot, the
//! doctor's report, the error message. No I/O, no clock, no terminal: everything here returns a `String`.
//!
//! Text of backends is sanitised where it enters. A report leaves the program, for terminals, files and other
//! programs, so every text passes [`crate::format::sanitise`] once more on its way out; that costs one scan.

pub mod change;
pub mod check;
pub mod cost;
pub mod doctor;
mod exit;
mod ink;
pub mod journal;
pub mod logs;
pub mod once;
mod problem;
pub mod provision;
pub mod runbook;
#[cfg(test)]
mod sample;
pub mod terraform;

pub use exit::{FailOn, exit_code, outcome};
pub use problem::problem;

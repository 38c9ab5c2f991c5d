//! Asks the sources, again and again or once, and turns what comes back into snapshots.
//!
//! Each source has a task of its own, so that a dead backend delays nobody; one desk gathers the answers, keeps the
//! books on how every source is doing and assesses. Nothing here draws and nothing blocks the screen.

mod cadence;
mod charts;
mod checks;
mod clock;
mod doctor;
mod ingest;
mod logs;
mod once;
mod operator;
mod roll;
pub mod runs;
mod shell;
mod station;
mod tracker;
mod watch;

pub use checks::{check, stack_checks, trace};
pub use clock::Clock;
pub use doctor::checkups;
pub use ingest::ingest;
pub use logs::{Follow, FollowAsk, older, read, streams};
pub use once::once;
pub use operator::{Operator, changes_under_way};
pub use roll::{Roll, roll, services};
pub use shell::{ShellPass, shell, shell_closed, shell_refused};
pub use station::{Post, Station};
pub use watch::{Update, Watch};

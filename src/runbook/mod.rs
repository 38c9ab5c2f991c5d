//! Runbooks as files: found, parsed, refused with file and line, matched to alerts; and the course a run takes through
//! its steps.
//!
//! ```text
//! *.toml --parse--> Runbook --Course::begin--> questions --answers--> Run, with its conclusion
//! ```
//!
//! A [`Course`] asks nothing itself: it says what to ask next and takes in what was found, so that the screen and
//! `rounds run` go the same way.

mod conclude;
mod course;
mod fields;
mod flow;
mod library;
mod matching;
mod options;
mod parse;
mod proposal;
mod resolve;
mod schema;
mod shipped;
mod step;
mod template;

#[cfg(test)]
mod tests;

pub use course::{Course, Question};
pub use library::{Library, load_file};
pub use matching::{Fit, best_alert, fit};
pub use resolve::service as service_named;
pub use schema::schema;
pub use shipped::names as shipped_names;

//! Files that people write: found by name or path, parsed with positions, and refused with file, line, column,
//! reason and next step, every problem of a file at once.

mod chain;
#[cfg(test)]
pub(crate) mod corpus;
mod document;
mod problem;

pub use chain::{Chain, Kind, Shipped};
pub use document::{Document, Entry, Value};
pub use problem::{LoadError, Problem, did_you_mean, one_of};

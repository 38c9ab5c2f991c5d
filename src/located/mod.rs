//! Files that people write: read whole, found by name or path, parsed with positions, and refused with file, line,
//! column, reason and next step, every problem of a file at once and no secret in any of them.
//!
//! ```text
//! path --read--> Text --toml, syntax--> tree, Drafts --Text::problem--> Problems --> Refused
//! ```

mod chain;
#[cfg(test)]
pub(crate) mod corpus;
mod document;
mod draft;
mod guess;
mod problem;
mod read;
mod secrets;
mod syntax;
mod text;

pub use chain::{Chain, Kind, Shipped};
pub use document::{Document, Entry, Value, kind};
pub use draft::Draft;
pub use guess::{did_you_mean, listed, nearest, one_of};
pub use problem::{Problem, Quote, Refused};
pub use read::read;
pub use syntax::{Parsed, parse};
pub use text::Text;

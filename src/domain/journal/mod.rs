//! The journal's lines and the stories they tell. [`crate::exec`] writes and reads them.

mod record;
mod story;
#[cfg(test)]
mod tests;

pub use record::{CallResult, Event, Record, VERSION, Who};
pub use story::{Ending, Story, stories, unfinished};

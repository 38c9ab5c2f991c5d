//! The terminal: taken over and always given back, one queue of everything that happens, one drawing for all of it.

mod changes;
mod input;
mod session;
mod terminal;

pub use session::{Opener, Session, ThemeLoader, run, surroundings};
pub use terminal::{Refusal, check, width};

//! The terminal: taken over and always given back, one queue of everything that happens, one drawing for all of it.

mod browser;
mod changes;
pub mod exec;
pub mod foreground;
mod input;
mod provision;
mod save;
mod session;
mod terminal;

pub use browser::Browser;
pub use provision::{RunScreen, show_run};
pub use session::{Opener, Session, ThemeLoader, run, surroundings};
pub use terminal::{Refusal, check, width};

//! Terraform or OpenTofu, driven through its machine-readable output. It does what it always does, with its own state,
//! lock and credentials; this room starts it, follows what it reports, and passes on that it should stop.

mod door;
mod error;
mod run;
mod saved;
#[cfg(test)]
mod script;
mod tool;
mod wire;

pub use door::StackDoor;
pub use error::TerraformError;
pub use run::{Ending, Folder, capture, follow};
pub use saved::Saved;
pub use tool::{Tool, find};

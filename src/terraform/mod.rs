//! Terraform or OpenTofu, driven through its machine-readable output. It does what it always does, with its own state,
//! lock and credentials; this room starts it, follows what it reports, and passes on that it should stop.

mod basis;
mod door;
mod error;
mod hears;
mod run;
mod saved;
#[cfg(test)]
mod script;
mod tool;
mod wire;

pub use basis::{Basis, digest, holds_a_module};
pub use door::StackDoor;
pub use error::TerraformError;
pub use hears::narrowed;
pub use run::{Ending, Errand, Folder, capture, follow};
pub use saved::{Age, Saved};
pub use tool::{Tool, find};

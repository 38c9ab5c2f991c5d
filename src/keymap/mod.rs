//! Keys to commands: parsing, layers, prefixes; duplicates and unknown names are refused with file and line.

mod key;

pub use key::{Code, Key};

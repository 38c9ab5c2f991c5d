//! The backing stack's files as they are for one environment. They are made from the same templates, rules, dashboards
//! and runbooks of `provision/` that Terraform uses, which are part of the program; nothing here touches a disk.

mod checks;
mod compose;
mod files;
pub mod local;
mod template;
mod variables;

pub use files::{MANIFEST, Rendered, collected, render};
pub use template::{TemplateError, render as render_template};
pub use variables::{Refusal, Variables};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/provision.rs"));
}

/// Every file of `provision/` but the tests: its path below that folder and its text, in the order of the paths.
pub fn shipped() -> &'static [(&'static str, &'static str)] {
    embedded::FILES
}

/// A file of `provision/` by its path below that folder.
pub fn shipped_file(path: &str) -> Option<&'static str> {
    embedded::FILES.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

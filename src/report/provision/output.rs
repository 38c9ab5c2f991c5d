//! What of the console's configuration was written for a stack, as JSON.

use serde::Serialize;

use super::Trouble;

/// The form of the document. Fields may be added to it; what is there keeps its meaning.
pub const SCHEMA: &str = "rounds.provision.output/1";

/// What was written, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(title = "Provision output", extend("$id" = "rounds/provision-output/1"))]
pub struct Document<'a> {
    /// The version of this form: `rounds.provision.output/1`.
    pub schema: &'static str,
    /// The configuration's file, once it is known.
    pub file: Option<String>,
    /// The context in it, once it is known.
    pub context: Option<&'a str>,
    /// Whether anything differs, once it is known.
    pub changed: Option<bool>,
    /// Whether that was written.
    pub written: bool,
    /// Lines that came (`+`) and went (`-`).
    pub difference: Vec<&'a str>,
    /// Why nothing was written, where that was not to be.
    pub error: Option<Trouble<'a>>,
    /// The exit code: 0 written, or as it should be; 3 an error.
    pub exit_code: u8,
}

impl Document<'_> {
    /// As JSON.
    pub fn json(&self) -> String {
        super::json(self)
    }
}

/// Its JSON Schema.
pub fn schema() -> serde_json::Value {
    super::schema::<Document<'_>>()
}

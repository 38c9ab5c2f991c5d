//! What of the console's configuration was written for a stack, as JSON.

use schemars::generate::SchemaSettings;
use serde::Serialize;

/// The form of the document. Fields may be added to it; what is there keeps its meaning.
pub const SCHEMA: &str = "rounds.provision.output/1";

/// What was written, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(title = "Provision output", extend("$id" = "rounds/provision-output/1"))]
pub struct Document<'a> {
    /// The version of this form: `rounds.provision.output/1`.
    pub schema: &'static str,
    /// The configuration's file.
    pub file: String,
    /// The context in it.
    pub context: &'a str,
    /// Whether anything differs.
    pub changed: bool,
    /// Whether that was written.
    pub written: bool,
    /// Lines that came (`+`) and went (`-`).
    pub difference: Vec<&'a str>,
    /// The exit code: 0; what fails has no document.
    pub exit_code: u8,
}

impl Document<'_> {
    /// As JSON.
    pub fn json(&self) -> String {
        // Everything in it can be written: there is no map in it.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

/// Its JSON Schema.
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document<'_>>().to_value()
}

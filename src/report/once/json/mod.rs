//! JSON for other programs. What is written is a promise of its own ([`wire`]), apart from the domain's types.

mod build;
mod wire;

use schemars::generate::SchemaSettings;

use super::Options;
use crate::domain::Snapshot;

/// The name and version of the format. Fields may be added under it; none is renamed, retyped or removed.
pub const SCHEMA: &str = "rounds.once/1";

/// The snapshot as JSON, pretty-printed, with a line end.
pub fn json(snapshot: &Snapshot, options: &Options) -> String {
    let document = build::document(snapshot, options);
    // The document holds strings, finite numbers and maps keyed by strings: nothing that JSON cannot say.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes.
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<wire::Once>().to_value()
}

//! What the commands of `provision` found and did, as JSON documents of one making, and what is left of a run, for people.
//!
//! Every one of them ends with why it did not do what was asked, where it did not, and with its exit code; so a script
//! that reads one of them finds the reason in the same place whatever went wrong, and however early.

mod account;
pub mod output;
pub mod run;
pub mod status;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::domain::TerraformRun;

pub use account::Account;

/// Why it did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct Trouble<'a> {
    /// What failed and why. May have several lines.
    pub what: &'a str,
    /// Where: `file:line:column`, a resource, a program, a folder.
    #[serde(rename = "where")]
    pub place: Option<&'a str>,
    /// The next step.
    pub hint: Option<&'a str>,
}

impl<'a> Trouble<'a> {
    /// What a run came to, with the place of its first error.
    pub fn of_run(what: &'a str, run: &'a TerraformRun, hint: Option<&'a str>) -> Self {
        let place = run.errors().find_map(|error| error.place.as_deref().or(error.address.as_deref()));
        Self { what, place, hint }
    }
}

/// A document as it is printed.
fn json(document: &impl Serialize) -> String {
    // Everything in them can be written: no map has other keys than text.
    serde_json::to_string_pretty(document).map(|text| text + "\n").unwrap_or_default()
}

/// The JSON Schema of a document.
fn schema<T: JsonSchema>() -> serde_json::Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

//! The module in every case of `tests/fixtures/terraform/cases`, applied once for all tests that look at it.

use std::sync::LazyLock;

use serde_json::Value;

use super::workspace::Workspace;
use crate::provision::{list, text};

/// What one apply left behind.
pub(super) struct Applied {
    state: Value,
}

/// A thing that AWS would now have.
#[derive(Debug)]
pub(super) struct Resource<'s> {
    /// Its case.
    pub(super) case: &'s str,
    pub(super) kind: &'s str,
    pub(super) name: &'s str,
    /// Its key, where there are several.
    pub(super) key: Option<&'s str>,
    pub(super) attributes: &'s Value,
}

impl Applied {
    /// `None`, said aloud, where there is no terraform.
    pub(super) fn of(test: &str) -> Option<&'static Self> {
        static APPLIED: LazyLock<Option<Applied>> = LazyLock::new(|| {
            let workspace = Workspace::of("the module applied")?;
            workspace.init("cases");
            workspace.terraform("cases", &["apply", "-auto-approve", "-input=false", "-parallelism=30"]);
            let state = std::fs::read_to_string(workspace.path("cases/terraform.tfstate")).unwrap();
            Some(Applied { state: serde_json::from_str(&state).unwrap() })
        });
        if APPLIED.is_none() {
            Workspace::of(test);
        }
        APPLIED.as_ref()
    }

    /// Everything that was made.
    pub(super) fn resources(&self) -> Vec<Resource<'_>> {
        let mut all = Vec::new();
        for resource in list(&self.state["resources"]).iter().filter(|one| one["mode"] == "managed") {
            let case = text(&resource["module"]).trim_start_matches("module.stack[\"").trim_end_matches("\"]");
            for instance in list(&resource["instances"]) {
                all.push(Resource {
                    case,
                    kind: text(&resource["type"]),
                    name: text(&resource["name"]),
                    key: instance["index_key"].as_str(),
                    attributes: &instance["attributes"],
                });
            }
        }
        assert!(all.len() > 500, "only {} resources", all.len());
        all
    }

    /// Those of a type in a case.
    pub(super) fn of_type(&self, case: &str, kind: &str) -> Vec<Resource<'_>> {
        self.resources().into_iter().filter(|one| one.case == case && one.kind == kind).collect()
    }

    /// Whether the conditions on a resource of a case were looked at, and hold.
    pub(super) fn is_checked(&self, case: &str, address: &str) -> bool {
        let address = format!("module.stack[\"{case}\"].{address}");
        let objects = list(&self.state["check_results"]).iter().flat_map(|check| list(&check["objects"]));
        objects.into_iter().any(|one| one["object_addr"] == address && one["status"] == "pass")
    }

    /// The console's context of each case.
    pub(super) fn contexts(&self) -> &serde_json::Map<String, Value> {
        self.state["outputs"]["contexts"]["value"].as_object().unwrap()
    }
}

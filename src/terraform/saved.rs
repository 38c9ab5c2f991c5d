//! A saved plan: what `plan` wrote, so that exactly that is applied and nothing else. It holds values that may be secret,
//! so it stays in a folder that only its owner may enter, is never shown whole, and is removed once it was applied.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Basis, Folder, TerraformError, Tool, capture};
use crate::domain::{Action, PlannedChange, TerraformRun};
use crate::format::sanitise;

/// Whether a saved plan is out of date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Age {
    /// Everything is as it was.
    Fresh,
    /// Something has changed since, and what.
    Stale(String),
    /// It cannot be found out, and why.
    Unknown(String),
}

/// What a saved plan would do.
pub struct Saved {
    /// Where it is.
    pub file: PathBuf,
    /// The environment it is for, as its variables say.
    pub environment: Option<String>,
    /// The region, likewise.
    pub region: Option<String>,
    /// What it changes.
    pub planned: Vec<PlannedChange>,
    /// What differs from the state.
    pub drift: Vec<PlannedChange>,
    /// Whether there is anything to do: resources, or outputs alone.
    pub has_changes: bool,
    /// All of it, for reckoning the cost; nothing where it could not be read back. Holds secrets: never print it.
    pub document: Option<Value>,
}

impl std::fmt::Debug for Saved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Saved").field("file", &self.file).field("planned", &self.planned).finish_non_exhaustive()
    }
}

impl Saved {
    /// The file of the plan of that name in a folder.
    pub fn path(folder: &Folder, name: &str) -> PathBuf {
        folder.keep.join(format!("{name}.tfplan"))
    }

    /// Where a plan is written to, before it is known to be whole.
    pub fn draft(folder: &Folder, name: &str) -> PathBuf {
        folder.keep.join(format!("{name}.tfplan.part"))
    }

    /// Puts a draft in the plan's place, for its owner only.
    ///
    /// # Errors
    /// When none was written, or it cannot be put there.
    pub fn keep(folder: &Folder, name: &str) -> Result<(), TerraformError> {
        let (draft, file) = (Self::draft(folder, name), Self::path(folder, name));
        let kept = fs::set_permissions(&draft, fs::Permissions::from_mode(0o600));
        kept.and_then(|()| fs::rename(&draft, &file))
            .map_err(|error| TerraformError::new(format!("no plan was written to {}: {error}", draft.display())))
    }

    /// What is known of a plan that cannot be read back: what was reported while it was made.
    pub fn reported(folder: &Folder, name: &str, run: &TerraformRun, has_changes: bool) -> Self {
        let is_change = |change: &&PlannedChange| change.action != Action::Read;
        let planned: Vec<PlannedChange> = run.planned.iter().filter(is_change).cloned().collect();
        Self {
            file: Self::path(folder, name),
            environment: None,
            region: None,
            has_changes: has_changes || !planned.is_empty(),
            planned,
            drift: run.drift.clone(),
            document: None,
        }
    }

    /// What a plan is known to be made from is written here.
    pub fn basis(file: &Path) -> PathBuf {
        file.with_extension("basis.json")
    }

    /// Whether what a saved plan was made from is still so.
    pub async fn age(tool: &Tool, folder: &Folder, file: &Path) -> Age {
        let Some(then) = Basis::read(&Self::basis(file)) else {
            return Age::Unknown("nobody wrote down what it was made from".to_owned());
        };
        match Basis::of(tool, folder).await {
            Ok(now) => then.changed(&now).map_or(Age::Fresh, Age::Stale),
            Err(error) => Age::Unknown(error.what),
        }
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// When there is none, or it cannot be read: another version wrote it, the module has changed.
    pub async fn read(tool: &Tool, folder: &Folder, file: &Path) -> Result<Self, TerraformError> {
        let at = || file.display().to_string();
        if !file.is_file() {
            let none = TerraformError::new(format!("there is no saved plan {}", at()));
            return Err(none.at(at()).with_hint("rounds provision plan"));
        }
        let file = file.to_owned();
        let shown = capture(tool, folder, &["show".into(), "-json".into(), file.clone().into()]).await?;
        let document: Value = serde_json::from_slice(&shown)
            .map_err(|error| TerraformError::new(format!("{} show: this is no JSON: {error}", tool.name)))?;
        let variable = |name: &str| &document["variables"][name]["value"];
        let text = |name: &str| variable(name).as_str().map(|text| sanitise(text).into_owned());
        let changes = |key: &str| document[key].as_array().into_iter().flatten().filter_map(planned).collect();
        let planned: Vec<PlannedChange> = changes("resource_changes");
        let outputs = document["output_changes"].as_object().into_iter().flat_map(serde_json::Map::values);
        let changes_outputs = outputs.into_iter().any(|change| change["actions"] != serde_json::json!(["no-op"]));
        Ok(Self {
            environment: text("environment"),
            region: text("aws_region"),
            has_changes: !planned.is_empty() || changes_outputs,
            drift: changes("resource_drift"),
            planned,
            file,
            document: Some(document),
        })
    }

    /// The stack that the module's own guard will not let go of: the plan destroys it, and it was last applied with
    /// `deletion_protection`.
    pub fn guarded(&self) -> Option<String> {
        let changes = self.document.as_ref()?["resource_changes"].as_array()?;
        let guard = changes.iter().find(|change| {
            let (kind, name) = (change["type"].as_str(), change["name"].as_str());
            (kind, name) == (Some("terraform_data"), Some("guard"))
                && change["change"]["actions"] == serde_json::json!(["delete"])
        })?;
        let kept = &guard["change"]["before"]["output"];
        let stack = kept["stack"].as_str().unwrap_or("the stack");
        (kept["protected"] == true).then(|| sanitise(stack).into_owned())
    }

    /// Whether it is kept here, and not a file of somebody else's.
    pub fn is_kept_in(&self, folder: &Folder) -> bool {
        self.file.starts_with(&folder.keep)
    }

    /// Removes it: it was applied, or is of no use any more.
    pub fn remove(&self) {
        Self::clear(&self.file);
    }

    /// Removes a plan and what was written of it.
    pub fn clear(file: &Path) {
        // A plan that stays is refused by Terraform itself once the state has moved on.
        let _ = fs::remove_file(file);
        let _ = fs::remove_file(Self::basis(file));
    }
}

fn planned(change: &Value) -> Option<PlannedChange> {
    let actions: Vec<&str> = change["change"]["actions"].as_array()?.iter().filter_map(Value::as_str).collect();
    let action = match actions.as_slice() {
        ["delete", "create"] | ["create", "delete"] => Action::Replace,
        ["no-op"] if change["change"]["importing"].is_object() => Action::Import,
        ["no-op"] if change["previous_address"].is_string() => Action::Move,
        [one] => Action::named(one),
        _ => Action::Other,
    };
    (action != Action::Read).then(|| PlannedChange {
        address: sanitise(change["address"].as_str().unwrap_or_default()).into_owned(),
        action,
        reason: change["action_reason"].as_str().map(|reason| sanitise(reason).into_owned()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn actions_of_a_plan_are_read_as_the_report_tells_them() {
        for (actions, expected) in [
            (json!(["create"]), Some(Action::Create)),
            (json!(["delete", "create"]), Some(Action::Replace)),
            (json!(["create", "delete"]), Some(Action::Replace)),
            (json!(["update"]), Some(Action::Update)),
            (json!(["no-op"]), None),
            (json!(["read"]), None),
            (json!(["something", "new"]), Some(Action::Other)),
        ] {
            let change = json!({ "address": "a.b", "change": { "actions": actions } });
            assert_eq!(planned(&change).map(|change| change.action), expected, "{change}");
        }
        let taken_in = json!({ "address": "a.b", "change": { "actions": ["no-op"], "importing": { "id": "x" } } });
        assert_eq!(planned(&taken_in).map(|change| change.action), Some(Action::Import));
        let moved = json!({ "address": "a.b", "previous_address": "a.a", "change": { "actions": ["no-op"] } });
        assert_eq!(planned(&moved).map(|change| change.action), Some(Action::Move));
    }
}

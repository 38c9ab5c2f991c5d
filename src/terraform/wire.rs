//! One line of the machine-readable output becomes one event. Terraform and OpenTofu differ in some kinds of messages, and
//! newer versions add more: what is not known is counted and ignored, as their documentation asks.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use crate::domain::{Action, Diagnostic, Gravity, PlannedChange, Tally, TerraformEvent};
use crate::format::{sanitise, sanitise_lines};

/// The version of the output this program was written for; only the part before the point is promised to stay.
const UI: &str = "1";

/// The longest line that is taken apart, in bytes.
pub const LONGEST: usize = 4 << 20;

/// Lines of a diagnostic that are kept.
const DETAIL: usize = 60;

/// Reads a line. Never fails: a line that is no message is told as such.
pub fn event(line: &str) -> TerraformEvent {
    let Ok(Value::Object(message)) = serde_json::from_str::<Value>(line) else {
        return TerraformEvent::Garbled(clean(line));
    };
    let message = Value::Object(message);
    let kind = message["type"].as_str().unwrap_or_default();
    match kind {
        "version" => version(&message),
        "resource_drift" => change(&message).map_or_else(|| unknown(kind), TerraformEvent::Drift),
        "planned_change" => change(&message).map_or_else(|| unknown(kind), TerraformEvent::Planned),
        "change_summary" => summary(&message["changes"]),
        "apply_start" => hook(&message, |address, action, _| TerraformEvent::Began { address, action }),
        "apply_progress" => hook(&message, |address, _, _| TerraformEvent::Goes { address }),
        "apply_complete" => hook(&message, |address, action, took| TerraformEvent::Done { address, action, took }),
        "apply_errored" => hook(&message, |address, action, took| TerraformEvent::Failed { address, action, took }),
        "diagnostic" => diagnostic(&message["diagnostic"], &message["@level"]),
        // What a provisioner prints is anything, secrets among it.
        "provision_start" | "provision_progress" | "provision_complete" | "provision_errored" => {
            TerraformEvent::Remark(String::new())
        }
        "log" | "refresh_start" | "refresh_complete" | "outputs" | "init_output" => {
            TerraformEvent::Remark(clean(message["@message"].as_str().unwrap_or_default()))
        }
        "" => TerraformEvent::Remark(clean(message["@message"].as_str().unwrap_or(line))),
        other => unknown(other),
    }
}

fn unknown(kind: &str) -> TerraformEvent {
    TerraformEvent::Unknown(clean(kind))
}

fn clean(text: &str) -> String {
    sanitise(text).into_owned()
}

fn version(message: &Value) -> TerraformEvent {
    let text = |key: &str| message[key].as_str().map(clean);
    let program = if message.get("tofu").is_some() { "tofu" } else { "terraform" };
    TerraformEvent::Version { program, version: text(program).unwrap_or_default(), ui: text("ui").unwrap_or_default() }
}

/// Whether output of that version can be relied on.
pub fn is_known(ui: &str) -> bool {
    ui.split('.').next() == Some(UI)
}

fn change(message: &Value) -> Option<PlannedChange> {
    let change = &message["change"];
    Some(PlannedChange {
        address: clean(change["resource"]["addr"].as_str()?),
        action: Action::named(change["action"].as_str().unwrap_or_default()),
        reason: change["reason"].as_str().map(clean),
    })
}

fn summary(changes: &Value) -> TerraformEvent {
    let count = |key: &str| changes[key].as_u64().unwrap_or_default();
    let tally = Tally { add: count("add"), change: count("change"), remove: count("remove"), import: count("import") };
    TerraformEvent::Summary { tally, is_done: changes["operation"].as_str().is_some_and(|word| word != "plan") }
}

fn hook(message: &Value, make: fn(String, Action, Option<Duration>) -> TerraformEvent) -> TerraformEvent {
    let hook = &message["hook"];
    let Some(address) = hook["resource"]["addr"].as_str() else {
        return unknown(message["type"].as_str().unwrap_or_default());
    };
    let took = hook["elapsed_seconds"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    make(clean(address), Action::named(hook["action"].as_str().unwrap_or_default()), took)
}

fn diagnostic(found: &Value, level: &Value) -> TerraformEvent {
    let severity = found["severity"].as_str().or_else(|| level.as_str()).unwrap_or("error");
    let range = &found["range"];
    let place = range["filename"].as_str().map(|file| {
        let at = |key: &str| range["start"][key].as_u64().unwrap_or(1);
        format!("{}:{}:{}", clean(file), at("line"), at("column"))
    });
    // The snippet of the configuration is left out: with the place it says nothing new, and it may hold values.
    TerraformEvent::Diagnostic(Diagnostic {
        gravity: if severity == "warning" || severity == "warn" { Gravity::Warning } else { Gravity::Error },
        summary: clean(found["summary"].as_str().unwrap_or("an error without words")),
        detail: sanitise_lines(&without_output(found["detail"].as_str().unwrap_or_default()))
            .map(Cow::into_owned)
            .take(DETAIL)
            .collect(),
        address: found["address"].as_str().map(clean),
        place,
    })
}

/// The detail of an error without what a command of a provisioner printed: that is anything, secrets among it.
fn without_output(detail: &str) -> Cow<'_, str> {
    match detail.split_once("Output:") {
        Some((before, _)) if detail.contains("running command") => {
            Cow::Owned(format!("{before}Output: not shown, it may hold what is secret"))
        }
        _ => Cow::Borrowed(detail),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(message: &Value) -> TerraformEvent {
        event(&message.to_string())
    }

    #[test]
    fn both_programs_are_told_apart_and_unknown_messages_are_counted() {
        let TerraformEvent::Version { program, version, ui } =
            read(&json!({ "type": "version", "terraform": "1.11.4", "ui": "1.2", "@level": "info" }))
        else {
            panic!("no version")
        };
        assert_eq!((program, version.as_str(), is_known(&ui)), ("terraform", "1.11.4", true));
        let tofu = read(&json!({ "type": "version", "tofu": "1.12.6", "ui": "2.0" }));
        assert!(matches!(tofu, TerraformEvent::Version { program: "tofu", ref ui, .. } if !is_known(ui)));
        for kind in ["action_start", "ephemeral_op_start", "ephemeral_action_start", "policy_result"] {
            assert_eq!(read(&json!({ "type": kind })), TerraformEvent::Unknown(kind.to_owned()));
        }
        assert_eq!(event("Terraform crashed!"), TerraformEvent::Garbled("Terraform crashed!".to_owned()));
    }

    #[test]
    fn a_resource_is_followed_from_plan_to_end() {
        let resource = json!({ "addr": "aws_lb.this", "resource_type": "aws_lb" });
        let planned = read(&json!({ "type": "planned_change",
            "change": { "resource": resource, "action": "replace", "reason": "cannot_update" } }));
        assert!(matches!(planned, TerraformEvent::Planned(change) if change.action == Action::Replace));
        let complete = read(&json!({ "type": "apply_complete",
            "hook": { "resource": resource, "action": "create", "elapsed_seconds": 151 } }));
        let took = Some(Duration::from_secs(151));
        assert_eq!(complete, TerraformEvent::Done { address: "aws_lb.this".to_owned(), action: Action::Create, took });
        let sum = json!({ "type": "change_summary", "changes": { "add": 3, "operation": "apply" } });
        let TerraformEvent::Summary { tally, is_done } = read(&sum) else { panic!("no summary") };
        assert_eq!((tally.add, is_done), (3, true));
    }

    #[test]
    fn a_diagnostic_keeps_its_place_and_loses_what_could_harm() {
        let message = json!({ "type": "diagnostic", "diagnostic": {
            "severity": "error", "summary": "creating\u{1b}[2J EFS", "detail": "one\ntwo\u{202e}",
            "range": { "filename": "efs.tf", "start": { "line": 3, "column": 7 } },
            "snippet": { "code": "password = \"hunter2\"" } } });
        let TerraformEvent::Diagnostic(found) = read(&message) else { panic!("no diagnostic") };
        assert_eq!(
            (found.gravity, found.place.as_deref(), found.detail.len()),
            (Gravity::Error, Some("efs.tf:3:7"), 2)
        );
        let said = format!("{found:?}");
        assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}') && !said.contains("hunter2"), "{said}");
    }

    proptest! {
        #[test]
        fn no_line_breaks_the_reader(line in "\\PC*", kind in "[a-z_]{0,20}") {
            let _ = event(&line);
            let _ = read(&json!({ "type": kind, "hook": line, "change": [line], "changes": 3, "diagnostic": null }));
        }
    }
}

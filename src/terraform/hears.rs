//! What of this process' environment the program hears. Credentials, the workspace and the values of variables are its
//! own matter and passed on; what would change the form of its answers, or have it log, is not.

use std::ffi::{OsStr, OsString};

use tokio::process::Command;

/// Arguments that people keep in the environment, by command: `TF_CLI_ARGS_plan`.
const ARGUMENTS: &str = "TF_CLI_ARGS";

/// Flags for `apply` that count for a saved plan too.
const FOR_APPLY: [&str; 2] = ["-parallelism", "-lock-timeout"];

/// Flags for `plan` that leave something out of it.
const NARROWING: [&str; 4] = ["-target", "-exclude", "-refresh-only", "-refresh=false"];

/// Sets what the program hears.
pub(super) fn set(command: &mut Command) {
    for (name, value) in std::env::vars_os() {
        match heard(&name, &value) {
            Some(heard) if heard == value => {}
            Some(heard) => drop(command.env(name, heard)),
            None => drop(command.env_remove(name)),
        }
    }
    command.env("CHECKPOINT_DISABLE", "1").env("TF_IN_AUTOMATION", "1").env("TF_INPUT", "0");
}

/// The value of a variable as the program hears it; nothing where it does not.
fn heard(name: &OsStr, value: &OsStr) -> Option<OsString> {
    let name = name.to_string_lossy();
    // Its logs hold whole requests and answers, with their secrets.
    if name.starts_with("TF_LOG") {
        return None;
    }
    match name.strip_prefix(ARGUMENTS) {
        None | Some("_init" | "_plan") => Some(value.to_owned()),
        // Variables and targets are settled once there is a plan, and refused beside one.
        Some("_apply") => {
            let value = value.to_string_lossy();
            let kept = value.split_whitespace().filter(|word| FOR_APPLY.contains(&flag(word).as_str()));
            Some(kept.collect::<Vec<_>>().join(" ").into()).filter(|kept: &OsString| !kept.is_empty())
        }
        // What the other commands answer is read here, in a form of its own.
        Some(_) => None,
    }
}

/// The flags of `TF_CLI_ARGS_plan` that leave something out of a plan, without their values.
pub fn narrowed(arguments: &str) -> Vec<String> {
    let is_narrowing = |word: &&str| NARROWING.iter().any(|known| *known == flag(word) || *known == whole(word));
    arguments.split_whitespace().filter(is_narrowing).map(flag).collect()
}

/// `--target=x` as `-target=x`: both are taken.
fn whole(word: &str) -> String {
    format!("-{}", word.trim_start_matches('-'))
}

fn flag(word: &str) -> String {
    let whole = whole(word);
    whole.split_once('=').map_or(whole.clone(), |(flag, _)| flag.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_its_answers_or_make_it_log_is_not_heard() {
        for (name, value, expected) in [
            ("TF_LOG", "trace", None),
            ("TF_LOG_PROVIDER_AWS", "debug", None),
            ("TF_CLI_ARGS", "-no-color", None),
            ("TF_CLI_ARGS_show", "-json=false", None),
            ("TF_CLI_ARGS_state_pull", "-x", None),
            ("TF_CLI_ARGS_plan", "-var-file=stage.tfvars", Some("-var-file=stage.tfvars")),
            ("TF_CLI_ARGS_init", "-backend-config=stage.hcl", Some("-backend-config=stage.hcl")),
            ("TF_CLI_ARGS_apply", "-var-file=x --parallelism=5 -auto-approve", Some("--parallelism=5")),
            ("TF_CLI_ARGS_apply", "-var a=b", None),
            ("TF_WORKSPACE", "stage", Some("stage")),
            ("TF_DATA_DIR", "/data", Some("/data")),
            ("TF_VAR_token", "x", Some("x")),
            ("PATH", "/bin", Some("/bin")),
        ] {
            assert_eq!(heard(name.as_ref(), value.as_ref()), expected.map(OsString::from), "{name}={value}");
        }
    }

    #[test]
    fn a_plan_that_leaves_something_out_is_noticed() {
        assert_eq!(narrowed("-var-file=x -target=aws_lb.this --refresh=false -refresh=true"), ["-target", "-refresh"]);
        assert!(narrowed("-lock-timeout=60s -var token=-targets").is_empty());
    }
}

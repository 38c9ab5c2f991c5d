//! `rounds provision output`: the console's context for the stack, written into its configuration.

use std::ffi::OsString;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::args::OutputArgs;
use super::plan;
use super::site::{self, Site};
use crate::cli::args::{Cli, Output};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{FAREWELL, runtime, stdout};
use crate::config::{self, Sources, edit};
use crate::domain::{ChangePlace, ProvisionOperation};
use crate::report::provision::output::{Document, SCHEMA};
use crate::terraform;

/// The output of the module that holds the context.
const OUTPUT: &str = "rounds_context";

/// Reads the output, edits the file, checks what came out and puts it in place.
pub fn run(cli: &Cli, args: &OutputArgs, environment: &Environment) -> Result<u8, Failure> {
    plan::form(cli)?;
    let runtime = runtime()?;
    let read = runtime.block_on(async {
        let site = Site::open_new(cli, &args.module, environment).await?;
        let arguments = ["output", "-json", "-no-color"].map(OsString::from);
        let answer = terraform::capture(&site.tool, &site.folder, &arguments).await?;
        Ok::<_, Failure>((site, answer))
    });
    runtime.shutdown_timeout(FAREWELL);
    let (site, answer) = read?;
    let mut keys = context(&answer, site.tool.name)?;
    let own = keys.get("name").and_then(Value::as_str).map(str::to_owned);
    keys.retain(|key, _| key != "name");
    let name = cli.context.context.clone().or(own).ok_or_else(|| {
        Failure::new(format!("the output {OUTPUT} has no name")).with_hint("name the context: --context NAME")
    })?;
    let sources = Sources { file: cli.context.config.clone(), env: environment.reader() };
    let (file, _) = sources.place().ok_or_else(|| {
        Failure::new("there is no home to keep a configuration in").with_hint("name a file: --config FILE")
    })?;
    let before = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::new(format!("cannot read {}: {error}", file.display()))),
    };
    let after = edit::with_context(&before, &name, &keys, site.is_production(&name))
        .map_err(|why| Failure::new(format!("{}: {why}", file.display())))?;
    // Nothing is put in place that the console would refuse.
    config::parse(&after, &file, environment.reader()).map_err(|refused| Failure::refused(&refused))?;
    let changed = after != before;
    let written = changed && !args.dry_run;
    if written {
        edit::replace(&file, &after)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))?;
    }
    if written {
        let place = ChangePlace { production: site.is_production(&name), ..ChangePlace::of(&name) };
        let text = format!("context {name} written to {}", file.display());
        let step = site::journal(cli, environment, place, &site.folder.module, ProvisionOperation::Output, text);
        crate::cli::runtime()?.block_on(step);
    }
    let difference = difference(&before, &after);
    stdout::print(&if cli.once.output == Output::Json {
        Document {
            schema: SCHEMA,
            file: Some(file.display().to_string()),
            context: Some(&name),
            changed: Some(changed),
            written,
            difference: difference.lines().map(str::trim_start).collect(),
            error: None,
            exit_code: 0,
        }
        .json()
    } else {
        let end = match (changed, written) {
            (false, _) => " is as it should be\n".to_owned(),
            (true, false) => format!("\n{difference}dry run: nothing was written\n"),
            (true, true) => {
                let look = crate::format::shell_word(&name);
                format!("\n{difference}written; look: rounds --context {look} --once\n")
            }
        };
        format!("{}: context {name}{end}", file.display())
    })?;
    Ok(0)
}

/// The context's keys. Other outputs are not looked at: they may be secret.
fn context(answer: &[u8], program: &str) -> Result<Map<String, Value>, Failure> {
    let mut outputs: Value = serde_json::from_slice(answer)
        .map_err(|error| Failure::new(format!("{program} output: line {}: this is no JSON", error.line())))?;
    if outputs[OUTPUT]["sensitive"] == true {
        return Err(Failure::new(format!("the output {OUTPUT} is marked sensitive: it is not written to a file")));
    }
    match outputs[OUTPUT]["value"].take() {
        Value::Object(keys) => Ok(keys),
        _ => Err(Failure::new(format!("the state has no output {OUTPUT}")).with_hint(format!(
            "apply first; a root module passes it on: output \"{OUTPUT}\" {{ value = module.NAME.{OUTPUT} }}"
        ))),
    }
}

/// The lines that went and came. Lines around them are left out: they may hold what is nobody's business.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    // The longest common part of what follows, for each pair of places.
    let mut common = vec![vec![0usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] =
                if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, String::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j < new.len() && (i == old.len() || common[i][j + 1] > common[i + 1][j]) {
            let _ = writeln!(out, "  + {}", new[j]);
            j += 1;
        } else {
            let _ = writeln!(out, "  - {}", old[i]);
            i += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_shown() {
        assert_eq!(difference("a\nsecret\nb\n", "a\nsecret\nc\n"), "  - b\n  + c\n");
        assert_eq!(difference("", "x\n"), "  + x\n");
        assert_eq!(difference("x\n", "x\n"), "");
    }

    #[test]
    fn a_sensitive_context_is_not_read() {
        let answer = br#"{"rounds_context":{"sensitive":true,"value":{"token":"hunter2"}}}"#;
        let failure = context(answer, "terraform").unwrap_err();
        assert!(!failure.what.contains("hunter2"));
        assert!(context(b"{}", "terraform").unwrap_err().what.contains("no output"));
    }
}

//! `rounds runbook`: what runbooks there are, what they would do, and what is wrong with a file.

use std::path::PathBuf;

use super::args::{Cli, Output, RunbookCommand};
use super::environment::Environment;
use super::failure::Failure;
use super::{once, stdout};
use crate::runbook::{self, Library};
use crate::{config, format, report};

/// The exit code of files that are refused.
const REFUSED: u8 = 3;

/// Does what is asked.
pub fn run(cli: &Cli, command: &RunbookCommand, environment: &Environment) -> Result<u8, Failure> {
    match command {
        RunbookCommand::List => list(cli, environment),
        RunbookCommand::Show { name } => show(cli, name, environment),
        RunbookCommand::Check { files } => check(files),
        RunbookCommand::Schema { run } => {
            let schema = if *run { report::runbook::schema() } else { runbook::schema() };
            let text = serde_json::to_string_pretty(&schema)
                .map_err(|error| Failure::new(format!("the schema cannot be written: {error}")))?;
            stdout::print(&(text + "\n"))?;
            Ok(0)
        }
    }
}

/// The user's own runbooks: beside the configuration file that is named, else in the program's folder.
pub fn folder(cli: &Cli, environment: &Environment) -> Option<PathBuf> {
    let beside = cli.context.config.as_ref().and_then(|file| Some(file.parent()?.join("runbooks")));
    beside.filter(|folder| folder.is_dir()).or_else(|| config::paths::runbooks(environment.reader()))
}

/// All runbooks; which of the user's own are refused is said in a line each, and takes none of the others away.
pub fn library(cli: &Cli, environment: &Environment) -> Library {
    let library = Library::load(folder(cli, environment).as_deref());
    for refused in &library.refused {
        let file = refused.problems.first().and_then(|problem| problem.file.as_deref()).unwrap_or_default();
        let check = format!("rounds runbook check {}", format::shell_word(file));
        stdout::complain(&format!("a runbook is refused: {}: {check}\n", refused.brief()));
    }
    library
}

fn list(cli: &Cli, environment: &Environment) -> Result<u8, Failure> {
    let library = library(cli, environment);
    let text = match cli.once.output {
        Output::Json => report::runbook::list_json(library.all()),
        _ => report::runbook::list(library.all(), once::width(cli)),
    };
    stdout::print(&text)?;
    Ok(if library.refused.is_empty() { 0 } else { REFUSED })
}

fn show(cli: &Cli, name: &str, environment: &Environment) -> Result<u8, Failure> {
    let runbook = find(&Library::load(folder(cli, environment).as_deref()), name)?;
    let text = match cli.once.output {
        Output::Markdown => report::runbook::show_markdown(&runbook, 1),
        Output::Text => report::runbook::show(&runbook, once::width(cli)),
        Output::Json | Output::Nagios => {
            return Err(Failure::new("a runbook is shown as text or Markdown").with_hint("-o text or -o markdown"));
        }
    };
    stdout::print(&text)?;
    Ok(0)
}

/// A runbook by its name, or the one in a file where a path is given.
pub fn find(library: &Library, name: &str) -> Result<std::sync::Arc<crate::domain::Runbook>, Failure> {
    let found = if name.contains('/') || name.to_ascii_lowercase().ends_with(".toml") {
        runbook::load_file(name.as_ref()).map(std::sync::Arc::new)
    } else {
        library.named(name).cloned()
    };
    found.map_err(|refused| Failure::refused(&refused))
}

/// Every file is looked at, whatever is wrong with the one before it.
fn check(files: &[PathBuf]) -> Result<u8, Failure> {
    let mut refused = 0;
    for file in files {
        match runbook::load_file(file) {
            Ok(runbook) => {
                let steps = crate::format::count(runbook.steps.len(), "step");
                stdout::print(&format!("{}: ok, {} with {steps}\n", file.display(), runbook.name))?;
            }
            Err(error) => {
                refused += 1;
                stdout::complain(&format!("{error}\n\n"));
            }
        }
    }
    Ok(if refused == 0 { 0 } else { REFUSED })
}

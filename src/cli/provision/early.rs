//! What fails before there is anything to print a document of has one all the same: whoever asked for JSON reads JSON.

use jiff::Timestamp;

use super::args::ProvisionCommand;
use crate::cli::args::{Cli, Output};
use crate::cli::failure::Failure;
use crate::cli::stdout;
use crate::domain::{CheckState, TerraformRun};
use crate::report::provision::{Trouble, output, run, status};

/// Prints the document of a failure, and passes the failure on: it is told to people as well, and has the exit code.
pub fn documented(cli: &Cli, command: &ProvisionCommand, ended: Result<u8, Failure>) -> Result<u8, Failure> {
    if let (Err(failure), Output::Json) = (&ended, cli.once.output)
        && let Some(document) = document(cli, command, failure, Timestamp::now())
    {
        stdout::print(&document)?;
    }
    ended
}

/// The document; nothing for commands that have none.
fn document(cli: &Cli, command: &ProvisionCommand, failure: &Failure, now: Timestamp) -> Option<String> {
    let folder = match command {
        ProvisionCommand::Plan(args) => Some(&args.module.dir),
        ProvisionCommand::Apply(args) => Some(&args.how.module.dir),
        ProvisionCommand::Destroy(args) => Some(&args.module.dir),
        ProvisionCommand::Output(args) => Some(&args.module.dir),
        ProvisionCommand::Status(args) => args.dir.as_ref(),
        _ => None,
    };
    let place = failure.place.clone().or_else(|| folder.map(|folder| folder.display().to_string()));
    let what = failure.brief.as_ref().unwrap_or(&failure.what);
    let error = Trouble { what, place: place.as_deref(), hint: failure.hint.as_deref() };
    let (context, exit_code) = (cli.context.context.as_deref(), failure.code);
    let of_run = |operation| {
        let nothing = TerraformRun::default();
        let folder = folder.cloned().unwrap_or_default();
        run::Document { error: Some(error), exit_code, ..run::Document::of(operation, &folder, &nothing) }.json(now)
    };
    Some(match command {
        ProvisionCommand::Plan(args) => of_run(if args.destroy { "destroy" } else { "plan" }),
        ProvisionCommand::Apply(_) => of_run("apply"),
        ProvisionCommand::Destroy(_) => of_run("destroy"),
        ProvisionCommand::Output(_) => {
            let schema = output::SCHEMA;
            let (file, difference) = (None, Vec::new());
            output::Document {
                schema,
                file,
                context,
                changed: None,
                written: false,
                difference,
                error: Some(error),
                exit_code,
            }
            .json()
        }
        ProvisionCommand::Status(args) if args.local => {
            let document = serde_json::json!({ "version": 1, "is_up": false, "components": [], "error": error });
            format!("{document:#}\n")
        }
        ProvisionCommand::Status(_) => {
            let (schema, state) = (status::SCHEMA, CheckState::Unknown);
            status::Document { schema, at: now, context, state, parts: &[], error: Some(error), exit_code }.json()
        }
        _ => return None,
    })
}

//! `rounds provision`: the backing stack.

mod apply;
pub mod args;
mod backup;
mod drift;
mod drive;
mod early;
mod ending;
mod fleet;
mod init;
mod local;
mod output;
mod plan;
mod render;
mod root;
mod site;
mod status;

use super::args::Cli;
use super::environment::Environment;
use super::failure::Failure;
use super::stdout;
use crate::domain::ProvisionOperation;
use crate::report;
use crate::stack::StackError;
use crate::terraform::TerraformError;
use args::{LocalArgs, ProvisionCommand, Schema, SchemaArgs};

/// Does what was asked with the stack. With `-o json` what fails has a document too.
pub fn run(cli: &Cli, command: &ProvisionCommand, environment: &Environment) -> Result<u8, Failure> {
    early::documented(cli, command, dispatch(cli, command, environment))
}

fn dispatch(cli: &Cli, command: &ProvisionCommand, environment: &Environment) -> Result<u8, Failure> {
    if cli.context.demo.is_some() && changes_aws(command) {
        let what = "--demo: there is no simulated account to provision, and this would be done for real";
        return Err(Failure::new(what).with_hint("rounds provision up --local makes a stack to practise on"));
    }
    match command {
        ProvisionCommand::Render(args) => render::run(cli, args),
        ProvisionCommand::Init(args) => init::run(cli, args, environment),
        ProvisionCommand::Plan(args) => plan::run(cli, args, environment),
        ProvisionCommand::Apply(args) => {
            apply::run(cli, &args.how, ProvisionOperation::Apply, args.plan.as_deref(), environment)
        }
        ProvisionCommand::Destroy(args) => apply::run(cli, args, ProvisionOperation::Destroy, None, environment),
        ProvisionCommand::Output(args) => output::run(cli, args, environment),
        ProvisionCommand::Up(args) => local::up(args, environment),
        ProvisionCommand::Status(args) if args.local => {
            local::status(cli, &LocalArgs { local: true, dir: args.dir.clone() }, environment)
        }
        ProvisionCommand::Status(args) => status::run(cli, args, environment),
        ProvisionCommand::Schema(args) => schema(args),
        ProvisionCommand::Down(args) => local::down(args, environment),
        ProvisionCommand::Fleet(args) => fleet::run(args),
    }
}

/// Whether AWS, or what is kept of it, may be another afterwards.
const fn changes_aws(command: &ProvisionCommand) -> bool {
    matches!(
        command,
        ProvisionCommand::Init(_)
            | ProvisionCommand::Plan(_)
            | ProvisionCommand::Apply(_)
            | ProvisionCommand::Destroy(_)
            | ProvisionCommand::Output(_)
    )
}

fn schema(args: &SchemaArgs) -> Result<u8, Failure> {
    let schema = match args.of {
        Schema::Plan => report::provision::run::schema(),
        Schema::Status => report::provision::status::schema(),
        Schema::Output => report::provision::output::schema(),
    };
    let text = serde_json::to_string_pretty(&schema);
    let text = text.map_err(|error| Failure::new(format!("cannot write the schema: {error}")))?;
    stdout::print(&(text + "\n")).map(|()| 0)
}

impl From<StackError> for Failure {
    fn from(error: StackError) -> Self {
        Self { hint: error.hint, ..Self::new(error.what) }
    }
}

impl From<TerraformError> for Failure {
    fn from(error: TerraformError) -> Self {
        Self { place: error.place, hint: error.hint, ..Self::new(error.what) }
    }
}

//! `rounds provision`: the backing stack.

pub mod args;
mod fleet;
mod local;
mod render;

use super::args::Cli;
use super::environment::Environment;
use super::failure::Failure;
use crate::stack::StackError;
use args::ProvisionCommand;

/// Does what was asked with the stack.
pub fn run(cli: &Cli, command: &ProvisionCommand, environment: &Environment) -> Result<u8, Failure> {
    match command {
        ProvisionCommand::Render(args) => render::run(cli, args),
        ProvisionCommand::Up(args) => local::up(args, environment),
        ProvisionCommand::Status(args) => local::status(cli, args, environment),
        ProvisionCommand::Down(args) => local::down(args, environment),
        ProvisionCommand::Fleet(args) => fleet::run(args),
    }
}

impl From<StackError> for Failure {
    fn from(error: StackError) -> Self {
        Self { hint: error.hint, ..Self::new(error.what) }
    }
}

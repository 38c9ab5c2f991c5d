//! The command line. One file a subcommand, and the one place that picks the exit code.

mod about;
mod args;
mod check;
mod completions;
mod config;
mod console;
mod cost;
mod demo;
mod do_;
mod doctor;
mod environment;
mod failure;
mod help;
mod journal;
mod lists;
mod logs;
mod man;
mod once;
mod provision;
mod run;
mod runbook;
mod setup;
mod shell;
mod stdout;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

pub use args::Cli;
use args::Command;
use environment::Environment;
use failure::Failure;

use crate::report;

/// How long tasks that still hang may hold the process up at its end.
const FAREWELL: Duration = Duration::from_millis(50);

/// Reads the command line, does what it says and answers with the exit code.
pub fn main() -> ExitCode {
    let environment = Environment::of_process();
    let answer = match help::parse() {
        Ok(cli) => run(&cli, &environment),
        Err(error) => Ok(usage(&error)),
    };
    match answer {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            let colour = std::io::stderr().is_terminal() && environment.allows_colour();
            stdout::complain(&if failure.is_report {
                failure.what + "\n"
            } else {
                report::problem(&failure.what, failure.hint.as_deref(), colour)
            });
            ExitCode::from(failure.code)
        }
    }
}

fn run(cli: &Cli, environment: &Environment) -> Result<u8, Failure> {
    match &cli.command {
        None => {
            let opened = setup::station(cli, environment)?;
            if cli.once.once { once::run(cli, environment, &opened) } else { console::run(cli, environment, opened) }
        }
        Some(Command::Demo(args)) => demo::run(cli, args, environment),
        Some(Command::Check { question }) => check::run(cli, question, environment),
        Some(Command::Trace(args)) => check::trace(cli, args, environment),
        Some(Command::Cost(args)) => cost::run(cli, args, environment),
        Some(Command::Do(args)) => do_::run(cli, args, environment),
        Some(Command::Journal(args)) => journal::run(cli, args, environment),
        Some(Command::Doctor) => doctor::run(cli, environment),
        Some(Command::Config { command }) => config::run(cli, *command, environment),
        Some(Command::Keys) => lists::keys(cli, environment),
        Some(Command::Themes { name }) => lists::themes(name.as_deref(), environment),
        Some(Command::Shell(args)) => shell::run(cli, args, environment),
        Some(Command::Run(args)) => run::run(cli, args, environment),
        Some(Command::Runbook { command }) => runbook::run(cli, command, environment),
        Some(Command::Logs(args)) => logs::run(cli, args, environment),
        Some(Command::Completions { shell }) => completions::run(*shell),
        Some(Command::Man) => man::run(),
        Some(Command::Provision { command }) => provision::run(cli, command, environment),
    }
}

/// Help and version are answers; anything else is bad usage, which is "could not look", never "critical".
fn usage(error: &clap::Error) -> u8 {
    // Where the message cannot be written there is nobody to tell.
    let _ = error.print();
    if error.use_stderr() { failure::COULD_NOT_LOOK } else { 0 }
}

/// A runtime for the sources. The console's first frame does not wait for it.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("cannot start the runtime: {error}")))
}

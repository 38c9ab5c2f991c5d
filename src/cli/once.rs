//! `rounds --once`: one look, printed.

use std::io::IsTerminal;
use std::time::Instant;

use super::args::{Cli, FailOn, Output};
use super::environment::Environment;
use super::failure::Failure;
use super::setup::Opened;
use super::{FAREWELL, runtime, stdout};
use crate::domain::Snapshot;
use crate::engine;
use crate::{report, shell};

/// Columns of text where there is no terminal to ask.
pub const DEFAULT_WIDTH: usize = 80;

/// A narrower terminal is wrapped by itself rather than squeezed into.
const NARROWEST: usize = 40;

/// Looks, prints and answers with the exit code.
pub fn run(cli: &Cli, environment: &Environment, opened: &Opened) -> Result<u8, Failure> {
    let began = Instant::now();
    for warning in &opened.warnings {
        stdout::complain(&report::problem(warning, None, false));
    }
    let runtime = runtime()?;
    let within = cli.once.timeout.saturating_sub(began.elapsed());
    let snapshot = runtime.block_on(engine::once(&opened.station, within));
    // What still hangs has had its time.
    runtime.shutdown_timeout(FAREWELL);
    let options = options(cli, environment, opened);
    stdout::print(&render(&snapshot, cli.once.output, &options))?;
    Ok(report::exit_code(&snapshot, fail_on(cli.once.fail_on)))
}

/// How reports are written here.
pub fn options(cli: &Cli, environment: &Environment, opened: &Opened) -> report::once::Options {
    report::once::Options {
        problems_only: cli.once.problems,
        width: width(cli),
        colour: environment.colours_stdout() && cli.once.output == Output::Text,
        ascii: cli.look.ascii || opened.ascii.unwrap_or_else(|| environment.is_ascii_only()),
        zone: opened.zone.clone(),
        policy: opened.station.setting.policy.clone(),
    }
}

/// Columns of text: as asked for, else the terminal's, else the usual.
pub fn width(cli: &Cli) -> usize {
    cli.once.width.or_else(terminal_width).unwrap_or(DEFAULT_WIDTH)
}

/// The terminal's width. A pipe has none, so that scripts see the same columns everywhere.
pub fn terminal_width() -> Option<usize> {
    std::io::stdout().is_terminal().then(shell::width).flatten().filter(|width| *width >= NARROWEST)
}

fn render(snapshot: &Snapshot, output: Output, options: &report::once::Options) -> String {
    match output {
        Output::Text => report::once::text(snapshot, options),
        Output::Json => report::once::json(snapshot, options),
        Output::Markdown => report::once::markdown(snapshot, options),
        Output::Nagios => report::once::nagios(snapshot, options),
    }
}

const fn fail_on(level: FailOn) -> report::FailOn {
    match level {
        FailOn::Warning => report::FailOn::Warning,
        FailOn::Critical => report::FailOn::Critical,
        FailOn::Unknown => report::FailOn::Unknown,
        FailOn::Never => report::FailOn::Never,
    }
}

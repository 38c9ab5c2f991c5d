//! Shell completions, generated from the command line's own definition.

use clap_complete::Shell;

use super::failure::Failure;
use super::help;
use super::stdout;

/// Prints a shell's completions.
pub fn run(shell: Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut help::for_shells(), "rounds", &mut script);
    stdout::print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

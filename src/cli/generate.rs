//! What is generated from the command line's own definition: completions and the manual page.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::failure::Failure;
use super::stdout;

/// Prints a shell's completions.
pub fn completions(shell: Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rounds", &mut script);
    stdout::print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

/// Prints the manual page, one section a subcommand.
pub fn man() -> Result<u8, Failure> {
    let mut page = Vec::new();
    let failed = |error: std::io::Error| Failure::new(format!("cannot write the manual page: {error}"));
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page).map_err(failed)?;
    stdout::print(&String::from_utf8_lossy(&page))?;
    Ok(0)
}

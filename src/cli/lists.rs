//! `rounds keys` and `rounds themes`: what there is, as it is in force.

use super::args::Cli;
use super::environment::Environment;
use super::failure::Failure;
use super::{setup, stdout};
use crate::{keymap, theme};

/// Prints every key of the keymap in force.
pub fn keys(cli: &Cli, environment: &Environment) -> Result<u8, Failure> {
    let look = setup::look(cli, environment, &setup::settings(cli, environment)?.ui);
    let keymap = keymap::load(&look.keymap, look.keymaps_dir.as_deref());
    let keymap = keymap.map_err(|error| Failure::new(error.to_string()))?;
    stdout::print(&keymap::describe(&keymap))?;
    Ok(0)
}

/// Prints the themes there are.
pub fn themes(cli: &Cli, environment: &Environment) -> Result<u8, Failure> {
    let look = setup::look(cli, environment, &setup::settings(cli, environment)?.ui);
    stdout::print(&theme::list(look.themes_dir.as_deref()))?;
    Ok(0)
}

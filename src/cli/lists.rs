//! `rounds keys` and `rounds themes`: what there is, as it is in force.

use super::args::Cli;
use super::environment::Environment;
use super::failure::Failure;
use super::{setup, stdout};
use crate::{config, keymap, theme};

/// Prints every key of the keymap in force, then the keymaps there are.
pub fn keys(cli: &Cli, environment: &Environment) -> Result<u8, Failure> {
    let look = setup::look(cli, environment, &setup::settings(cli, environment)?.ui);
    let keymap = keymap::load(&look.keymap, look.keymaps_dir.as_deref());
    let keymap = keymap.map_err(|error| Failure::refused(&error))?;
    let names = keymap::names(look.keymaps_dir.as_deref()).join(", ");
    stdout::print(&format!("{}\nkeymaps: {names} (--keymap NAME shows another)\n", keymap::describe(&keymap)))?;
    Ok(0)
}

/// Prints the themes there are, or what one of them looks like. A broken configuration is no obstacle: it only chooses.
pub fn themes(name: Option<&str>, environment: &Environment) -> Result<u8, Failure> {
    let folder = config::paths::themes(environment.reader());
    let text = match name {
        None => theme::list(folder.as_deref()),
        Some(name) => {
            let theme = theme::load(name, folder.as_deref()).map_err(|error| Failure::refused(&error))?;
            theme::describe(&theme.at_depth(theme::Depth::detect(environment.reader())))
        }
    };
    stdout::print(&text)?;
    Ok(0)
}

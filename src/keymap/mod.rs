//! Keys to commands: parsing, layers, prefixes; duplicates and unknown names are refused with file and line.

mod key;
mod lookup;
mod notation;
mod resolve;
mod text;

use std::{collections::BTreeMap, path::Path};

use crate::{
    command::{Command, Scope},
    located::{Chain, Kind, Refused, Shipped},
};

pub use key::{Code, Key};
pub use lookup::{Hint, Lookup};
pub use notation::{BadKey, Sequence};
pub use text::{describe, reference_markdown};

/// The keymaps in the program.
const KEYMAPS: Kind = Kind {
    noun: "keymap",
    shipped: &[
        Shipped { name: "default", text: include_str!("../../keymaps/default.toml") },
        Shipped { name: "vim", text: include_str!("../../keymaps/vim.toml") },
        Shipped { name: "emacs", text: include_str!("../../keymaps/emacs.toml") },
    ],
};

/// What each key asks for, scope by scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    name: String,
    about: String,
    tables: Tables,
}

/// What is bound in each scope, by its place in [`Scope::ALL`].
type Tables = [BTreeMap<Sequence, Bound>; Scope::ALL.len()];

/// What a key is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    /// `None` is a key that was unbound: it does nothing here, whatever a wider scope says.
    command: Option<Command>,
    /// The file it stands in, ancestors first, and the byte it stands at: of two keys as short, the first is shown.
    written: (usize, usize),
}

impl Keymap {
    /// The name or path it was loaded by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for, in its own words; empty where the file says nothing.
    pub fn about(&self) -> &str {
        &self.about
    }

    fn table(&self, scope: Scope) -> &BTreeMap<Sequence, Bound> {
        &self.tables[scope as usize]
    }
}

impl Default for Keymap {
    /// The shipped keymap `default`.
    fn default() -> Self {
        let chain = KEYMAPS.chain("default", None).unwrap_or_default();
        resolve::resolve("default", &chain).0
    }
}

/// The names of the shipped keymaps and of those in the user's directory.
pub fn names(user_dir: Option<&Path>) -> Vec<String> {
    KEYMAPS.names(user_dir)
}

/// A keymap by name (`user_dir/NAME.toml`, then the shipped ones) or by path.
///
/// # Errors
/// When there is none, or when its file or one it inherits from is refused: every problem with its place. The caller
/// keeps the keymap it has and shows the error.
pub fn load(name_or_path: &str, user_dir: Option<&Path>) -> Result<Keymap, Refused> {
    let chain: Chain = KEYMAPS.chain(name_or_path, user_dir)?;
    let (keymap, problems) = resolve::resolve(name_or_path, &chain);
    if problems.is_empty() { Ok(keymap) } else { Err(Refused { problems }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::located::corpus;

    fn command(keymap: &Keymap, scope: Scope, keys: &str) -> Lookup {
        keymap.lookup(scope.path(), keys.parse::<Sequence>().unwrap().keys())
    }

    fn shipped() -> Vec<Keymap> {
        KEYMAPS
            .shipped
            .iter()
            .map(|shipped| load(shipped.name, None).unwrap_or_else(|error| panic!("{error}")))
            .collect()
    }

    #[test]
    fn the_shipped_keymaps_are_accepted_and_say_what_they_are_for() {
        for keymap in shipped() {
            assert!(!keymap.about().is_empty(), "{}", keymap.name());
        }
        assert_eq!(Keymap::default(), load("default", None).unwrap());
    }

    #[test]
    fn good_files_are_accepted() {
        corpus::good("tests/fixtures/keymaps/good", load);
    }

    #[test]
    fn bad_files_are_refused_for_all_their_reasons() {
        corpus::bad("tests/fixtures/keymaps/bad", load);
    }

    #[test]
    fn every_command_has_a_key_in_every_shipped_keymap() {
        for keymap in shipped() {
            // The menu of changes has keys of its own for what it offers.
            for row in crate::command::TABLE.iter().filter(|row| !row.command.is_in_the_menu()) {
                let here = keymap.keys_here(row.scope.path(), row.command);
                assert!(!here.is_empty(), "{}: no key reaches {} {}", keymap.name(), row.name, row.scope.place());
            }
        }
    }

    /// What fingers know from other programs holds in every shipped keymap and on every screen.
    #[test]
    fn reflexes_hold_everywhere() {
        for (keys, meant) in [
            ("r", Command::Refresh),
            ("ctrl-r", Command::Refresh),
            ("q", Command::Quit),
            ("ctrl-c", Command::Quit),
            ("esc", Command::Back),
            ("?", Command::Help),
            (":", Command::Palette),
            ("ctrl-z", Command::Suspend),
            ("ctrl-l", Command::Redraw),
        ] {
            for keymap in shipped() {
                for scope in Scope::ALL {
                    let found = command(&keymap, scope, keys);
                    assert_eq!(found, Lookup::Found(meant), "{keys} in {} {}", keymap.name(), scope.place());
                }
            }
        }
    }
}

//! Keys to commands: parsing, layers, prefixes; duplicates and unknown names are refused with file and line.

mod key;
mod lookup;
mod notation;
mod resolve;
mod text;

use std::{collections::BTreeMap, path::Path};

use crate::{
    command::{Command, Scope},
    located::{Chain, Kind, LoadError, Shipped},
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
    /// By place in [`Scope::ALL`]. `None` is a key that was unbound: it does nothing here, whatever a wider scope says.
    tables: [BTreeMap<Sequence, Option<Command>>; Scope::ALL.len()],
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

    fn table(&self, scope: Scope) -> &BTreeMap<Sequence, Option<Command>> {
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
pub fn load(name_or_path: &str, user_dir: Option<&Path>) -> Result<Keymap, LoadError> {
    let chain: Chain = KEYMAPS.chain(name_or_path, user_dir)?;
    let (keymap, problems) = resolve::resolve(name_or_path, &chain);
    if problems.is_empty() { Ok(keymap) } else { Err(LoadError::Refused(problems)) }
}

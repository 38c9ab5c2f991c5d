//! From a file to settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::check::Checker;
use super::meaning;
use super::paths::{self, Base};
use super::settings::{Settings, Ui};
use crate::located::{self, Problem, Refused};

/// What the configuration is found by.
#[derive(Debug, Clone)]
pub struct Sources<E> {
    /// The file named on the command line.
    pub file: Option<PathBuf>,
    /// Reads an environment variable: `ROUNDS_CONFIG`, `XDG_CONFIG_HOME`, `HOME`.
    pub env: E,
}

/// Reads a variable of this process's environment. `HOME` is looked up elsewhere where it is not set.
pub fn process_env(name: &str) -> Option<String> {
    let value = std::env::var(name).ok();
    if name == "HOME" && value.as_deref().unwrap_or_default().is_empty() {
        return etcetera::home_dir().ok().and_then(|home| home.into_os_string().into_string().ok());
    }
    value
}

impl<E: Fn(&str) -> Option<String>> Sources<E> {
    /// The file that is read, and whether somebody named it: flag, then `ROUNDS_CONFIG`, then the default place.
    pub fn place(&self) -> Option<(PathBuf, bool)> {
        let named = || (self.env)("ROUNDS_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from);
        match self.file.clone().or_else(named) {
            Some(file) => Some((file, true)),
            None => paths::config_file(&self.env).map(|file| (file, false)),
        }
    }
}

/// Reads the configuration. A file that is absent at the default place means settings without contexts.
///
/// # Errors
/// Everything that is wrong with the file, or that a file named by somebody cannot be read.
pub fn load(sources: &Sources<impl Fn(&str) -> Option<String>>) -> Result<Settings, Refused> {
    let Some((file, named)) = sources.place() else {
        return Ok(Settings::empty());
    };
    match located::read(&file)? {
        Some(text) => parse(&text, &file, &sources.env),
        None if !named => Ok(Settings::empty()),
        None => {
            let what = format!("there is no file {}", file.display());
            Err(Problem::new(what, "check the path; without --config and ROUNDS_CONFIG no file is needed").into())
        }
    }
}

/// The settings a text means. `file` is what errors call it, and what relative paths are relative to; `env` knows `HOME`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(source: &str, file: &Path, env: impl Fn(&str) -> Option<String>) -> Result<Settings, Refused> {
    let (mut text, parsed) = located::parse(&file.to_string_lossy(), source);
    let base = Base::of(file, env);
    let mut checker = Checker { file: &mut text, base: &base, drafts: Vec::new() };
    let root = checker.root(parsed.tree.get_ref());
    let mut drafts = checker.drafts;
    let settings = meaning::settings(&root, file, &mut drafts);
    drafts.retain(|draft| !parsed.explains(draft, &text));
    drafts.extend(parsed.errors);

    if drafts.is_empty() {
        return Ok(settings);
    }
    drafts.sort_by_key(|draft| draft.at.start);
    Err(Refused { problems: drafts.iter().map(|draft| text.problem(draft)).collect() })
}

impl Settings {
    /// What holds without a file: no context, and the screen as shipped.
    pub fn empty() -> Self {
        Self { file: None, default_context: None, contexts: BTreeMap::new(), ui: Ui::default() }
    }
}

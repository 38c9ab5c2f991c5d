//! From a file to settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use toml::de::DeTable;

use super::check::Checker;
use super::document::Document;
use super::paths::{self, Base};
use super::problem::{ConfigError, Problem};
use super::settings::{Settings, Ui};
use super::{meaning, syntax};

/// The largest file read, in bytes: a configuration is never that long, a log given by mistake is.
const MAX_BYTES: usize = 1 << 20;

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
pub fn load(sources: &Sources<impl Fn(&str) -> Option<String>>) -> Result<Settings, ConfigError> {
    let Some((file, named)) = sources.place() else {
        return Ok(Settings::empty());
    };
    match fs::read(&file) {
        Ok(bytes) => decode(&bytes, &file).and_then(|text| parse(text, &file, &sources.env)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !named => Ok(Settings::empty()),
        Err(error) => {
            let hint = match error.kind() {
                io::ErrorKind::NotFound => "check the path; without --config and ROUNDS_CONFIG no file is needed",
                io::ErrorKind::IsADirectory => "name the file itself, not its folder",
                _ => "check who may read it",
            };
            Err(unreadable(&file, &error.to_string(), hint))
        }
    }
}

fn decode<'b>(bytes: &'b [u8], file: &Path) -> Result<&'b str, ConfigError> {
    if bytes.len() > MAX_BYTES {
        return Err(unreadable(file, "it is longer than 1 MiB", "is it a configuration?"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        unreadable(file, &format!("line {line} is not UTF-8"), "save it as UTF-8")
    })
}

fn unreadable(file: &Path, why: &str, hint: &str) -> ConfigError {
    let file = file.to_string_lossy();
    ConfigError::single(Some(&file), Problem::new(format!("cannot read {file}: {why}"), hint))
}

/// The settings a text means. `file` is what errors call it, and what relative paths are relative to; `env` knows `HOME`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(text: &str, file: &Path, env: impl Fn(&str) -> Option<String>) -> Result<Settings, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (tree, errors) = DeTable::parse_recoverable(text);
    let mut document = Document::new(text);
    let mut drafts = syntax::drafts(&errors, text, &document);
    let broken_lines: Vec<usize> = errors.iter().filter_map(|error| Some(document.line(error.span()?.start))).collect();
    let broken = errors.iter().any(|error| !syntax::is_duplicate(error));
    if broken {
        document.set_broken();
    }

    let base = Base::of(file, env);
    let mut checker = Checker { document: &mut document, base: &base, drafts: Vec::new() };
    let root = checker.root(tree.get_ref());
    let mut found = checker.drafts;
    let settings = meaning::settings(&root, file, &mut found);
    // Where the file cannot be read, what it seems to say or to lack is no finding.
    found.retain(|draft| !((broken && draft.absence) || broken_lines.contains(&document.line(draft.at.start))));
    drafts.extend(found);

    if drafts.is_empty() {
        return Ok(settings);
    }
    drafts.sort_by_key(|draft| draft.at.start);
    Err(ConfigError {
        file: Some(crate::format::sanitise(&file.to_string_lossy()).into_owned()),
        problems: drafts.iter().map(|draft| document.finish(draft)).collect(),
    })
}

impl Settings {
    /// What holds without a file: no context, and the screen as shipped.
    pub fn empty() -> Self {
        Self { file: None, default_context: None, contexts: BTreeMap::new(), ui: Ui::default() }
    }
}

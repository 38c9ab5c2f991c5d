//! Where the program's files are.

use std::path::{Path, PathBuf};

/// The configuration's folder, `~/.config/rounds`, by the XDG rules. `None` where there is no home.
///
/// `env` reads an environment variable.
pub fn folder(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let base = env("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| home(&env).map(|home| home.join(".config")))?;
    Some(base.join("rounds"))
}

/// The configuration file where none is named.
pub fn config_file(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(folder(env)?.join("config.toml"))
}

/// The user's own themes.
pub fn themes(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(folder(env)?.join("themes"))
}

/// The user's own keymaps.
pub fn keymaps(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(folder(env)?.join("keymaps"))
}

/// The user's own runbooks.
pub fn runbooks(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(folder(env)?.join("runbooks"))
}

/// The user's own prices.
pub fn prices(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(folder(env)?.join("prices.toml"))
}

/// Where the program keeps what it must remember, `~/.local/state/rounds`, by the XDG rules; `ROUNDS_STATE_DIR` names
/// another place. `None` where there is no home.
pub fn state(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if let Some(named) = env("ROUNDS_STATE_DIR").filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(named));
    }
    let base = env("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| home(&env).map(|home| home.join(".local/state")))?;
    Some(base.join("rounds"))
}

/// The user's home.
pub fn home(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    env("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// What paths in a configuration are relative to.
#[derive(Debug, Clone)]
pub(super) struct Base {
    /// The folder of the configuration file.
    pub folder: PathBuf,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
}

impl Base {
    /// For the paths in `file`.
    pub fn of(file: &Path, env: impl Fn(&str) -> Option<String>) -> Self {
        Self { folder: file.parent().unwrap_or(Path::new("")).to_owned(), home: home(env) }
    }

    /// A path as meant.
    ///
    /// # Errors
    /// What was expected, when `~` cannot be expanded.
    pub fn expand(&self, text: &str) -> Result<PathBuf, &'static str> {
        match text.strip_prefix('~') {
            None => Ok(self.folder.join(text)),
            Some(rest) => match (rest.strip_prefix('/'), &self.home) {
                (Some(rest), Some(home)) => Ok(home.join(rest)),
                (Some(_), None) => Err("an absolute path: `~` stands for nothing, as HOME is not set"),
                (None, _) => Err("a path; only `~/` is expanded"),
            },
        }
    }

    /// A name as it is, or a path as meant: a path has a `/` or ends in `.toml`.
    pub fn name_or_path(&self, text: &str) -> Result<String, &'static str> {
        if text.contains('/') || Path::new(text).extension().is_some_and(|extension| extension == "toml") {
            self.expand(text).map(|path| path.to_string_lossy().into_owned())
        } else {
            Ok(text.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_follows_xdg() {
        for (xdg, home, folder_is) in [
            (Some("/x"), Some("/home/kim"), Some("/x/rounds")),
            (Some("relative"), Some("/home/kim"), Some("/home/kim/.config/rounds")),
            (None, Some("/home/kim"), Some("/home/kim/.config/rounds")),
            (None, Some(""), None),
            (None, None, None),
        ] {
            let env = |name: &str| if name == "HOME" { home } else { xdg }.map(str::to_owned);
            assert_eq!(folder(env), folder_is.map(PathBuf::from));
        }
    }

    #[test]
    fn the_state_is_where_it_is_said_to_be_or_follows_xdg() {
        for (named, xdg, home, state_is) in [
            (Some("/var/rounds"), Some("/x"), Some("/home/kim"), Some("/var/rounds")),
            (Some(""), Some("/x"), Some("/home/kim"), Some("/x/rounds")),
            (None, Some("relative"), Some("/home/kim"), Some("/home/kim/.local/state/rounds")),
            (None, None, None, None),
        ] {
            let env = |name: &str| match name {
                "ROUNDS_STATE_DIR" => named.map(str::to_owned),
                "XDG_STATE_HOME" => xdg.map(str::to_owned),
                _ => home.map(str::to_owned),
            };
            assert_eq!(state(env), state_is.map(PathBuf::from));
        }
    }

    #[test]
    fn paths_are_relative_to_the_file_or_the_home() {
        let base = Base::of(Path::new("/etc/rounds/config.toml"), |_| Some("/home/kim".to_owned()));
        for (text, path) in
            [("ca.pem", "/etc/rounds/ca.pem"), ("~/ca.pem", "/home/kim/ca.pem"), ("/abs/ca.pem", "/abs/ca.pem")]
        {
            assert_eq!(base.expand(text), Ok(PathBuf::from(path)));
        }
        assert!(base.expand("~root/ca.pem").is_err());
        assert_eq!(base.name_or_path("dark").as_deref(), Ok("dark"));
        assert_eq!(base.name_or_path("mine.toml").as_deref(), Ok("/etc/rounds/mine.toml"));
    }
}

//! The folder of a stack: what lies where in it, and who may work on it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::StackError;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

/// While it lives nobody else brings this stack up or down.
#[derive(Debug)]
pub struct Hold {
    _lock: File,
}

impl Folder {
    /// A folder by its path, which is made absolute: processes that know it live elsewhere.
    ///
    /// # Errors
    /// Where the current folder is not known.
    pub fn at(path: &Path) -> Result<Self, StackError> {
        std::path::absolute(path).map(Self).map_err(|why| StackError::file("find", path, &why))
    }

    /// The folder of the one stack a user has where none is named: `~/.local/state/rounds/local`, by the XDG rules.
    /// `None` where there is no home. `env` reads an environment variable.
    pub fn usual(env: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let state = env("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || env("HOME").filter(|home| !home.is_empty()).map(|home| PathBuf::from(home).join(".local/state"));
        state.or_else(home).map(|base| Self(base.join("rounds/local")))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What the stack is.
    pub fn state(&self) -> PathBuf {
        self.0.join("stack.json")
    }

    /// The rendered files.
    pub fn config(&self) -> PathBuf {
        self.0.join("config")
    }

    /// What a part keeps.
    pub fn data(&self, part: &str) -> PathBuf {
        self.0.join("data").join(part)
    }

    /// What a part says.
    pub fn log(&self, part: &str) -> PathBuf {
        self.0.join("log").join(format!("{part}.log"))
    }

    /// Where a part wrote which process it is.
    pub fn pid(&self, part: &str) -> PathBuf {
        self.0.join("run").join(format!("{part}.pid"))
    }

    /// The messages that Alertmanager would have sent.
    pub fn told(&self) -> PathBuf {
        self.0.join("told.log")
    }

    /// The ways out of Alertmanager.
    pub fn secrets(&self) -> PathBuf {
        self.config().join("alertmanager/secrets")
    }

    /// The console's configuration.
    pub fn console(&self) -> PathBuf {
        self.0.join("rounds.toml")
    }

    /// Whether a stack lies here, whole or not.
    pub fn has_stack(&self) -> bool {
        self.state().exists()
    }

    /// Makes what is missing of it.
    ///
    /// # Errors
    /// Where it cannot be made, or holds something else than a stack.
    pub fn prepare(&self) -> Result<(), StackError> {
        let has_others = std::fs::read_dir(&self.0).is_ok_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != "lock" && entry.file_name() != "told.log"))
        });
        if has_others && !self.has_stack() {
            let what = format!("{} has files in it and is not a local stack", self.0.display());
            return Err(StackError::new(what).with_hint("name an empty or a new folder with --dir"));
        }
        for folder in ["config", "data", "log", "run"].map(|name| self.0.join(name)) {
            // The folder is its owner's alone: whoever can write here decides what is started.
            let mut builder = std::fs::DirBuilder::new();
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.recursive(true).create(&folder).map_err(|why| StackError::file("make", &folder, &why))?;
        }
        Ok(())
    }

    /// Keeps others from bringing this stack up or down meanwhile.
    ///
    /// # Errors
    /// Where somebody does already.
    pub fn hold(&self) -> Result<Hold, StackError> {
        std::fs::create_dir_all(&self.0).map_err(|why| StackError::file("make", &self.0, &why))?;
        let path = self.0.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|why| StackError::file("open", &path, &why))?;
        match file.try_lock() {
            Ok(()) => Ok(Hold { _lock: file }),
            Err(TryLockError::WouldBlock) => {
                let what = format!("another `rounds provision` is at work on {}", self.0.display());
                Err(StackError::new(what).with_hint("wait for it, or end it"))
            }
            Err(TryLockError::Error(why)) => Err(StackError::file("lock", &path, &why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_folder_follows_xdg() {
        for (xdg, home, wanted) in [
            (Some("/x"), Some("/home/kim"), Some("/x/rounds/local")),
            (Some("relative"), Some("/home/kim"), Some("/home/kim/.local/state/rounds/local")),
            (None, Some("/home/kim"), Some("/home/kim/.local/state/rounds/local")),
            (None, Some(""), None),
            (None, None, None),
        ] {
            let env = |name: &str| if name == "HOME" { home } else { xdg }.map(str::to_owned);
            assert_eq!(Folder::usual(env).map(|folder| folder.0), wanted.map(PathBuf::from));
        }
    }

    #[test]
    fn a_folder_with_something_else_in_it_is_let_be() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("thesis.txt"), "").unwrap();
        let refused = Folder::at(home.path()).unwrap().prepare().unwrap_err();
        assert!(refused.what.contains("is not a local stack"), "{refused:?}");
        let folder = Folder::at(&home.path().join("new/one")).unwrap();
        folder.prepare().unwrap();
        assert!(folder.pid("x").parent().unwrap().is_dir());
    }

    #[test]
    fn one_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::at(home.path()).unwrap();
        let hold = folder.hold().unwrap();
        assert!(folder.hold().unwrap_err().what.contains("another `rounds provision` is at work"));
        drop(hold);
        folder.hold().unwrap();
    }
}

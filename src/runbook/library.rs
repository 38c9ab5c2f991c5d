//! All runbooks there are: the shipped ones, and the user's own, which add to them or take their place by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::{Runbook, RunbookOrigin};
use crate::located::{Problem, Refused, one_of, read};

use super::parse;
use super::shipped::SHIPPED;

/// All runbooks there are.
#[derive(Debug, Clone, Default)]
pub struct Library {
    runbooks: Vec<Arc<Runbook>>,
    /// The user's files that were refused. One that would have taken a shipped one's place leaves that in force.
    pub refused: Vec<Refused>,
}

impl Library {
    /// The shipped runbooks and those of a folder. What is wrong with one of them takes none of the others away.
    pub fn load(folder: Option<&Path>) -> Self {
        let mut library = Self::default();
        for (name, text) in SHIPPED {
            match parse::read(name, &format!("provision/runbooks/{name}.toml"), text, RunbookOrigin::Shipped) {
                Ok(runbook) => library.runbooks.push(Arc::new(runbook)),
                Err(refused) => library.refused.push(refused),
            }
        }
        for path in folder.map(files).unwrap_or_default() {
            match load_file(&path) {
                Ok(runbook) => library.put(runbook),
                Err(refused) => library.refused.push(refused),
            }
        }
        library
    }

    fn put(&mut self, runbook: Runbook) {
        let runbook = Arc::new(runbook);
        match self.runbooks.iter_mut().find(|known| known.name == runbook.name) {
            Some(known) => *known = runbook,
            None => self.runbooks.push(runbook),
        }
    }

    /// Every runbook: the shipped ones (or what took their place) first, then the user's own by the alphabet.
    pub fn all(&self) -> &[Arc<Runbook>] {
        &self.runbooks
    }

    /// A runbook by its name.
    ///
    /// # Errors
    /// When there is none: with the nearest name, or why a file of that name is refused.
    pub fn named(&self, name: &str) -> Result<&Arc<Runbook>, Refused> {
        self.runbooks.iter().find(|runbook| runbook.name == name).ok_or_else(|| {
            let is_of_name = |problem: &Problem| {
                let stem = problem.file.as_deref().and_then(|file| Path::new(file).file_stem());
                stem.is_some_and(|stem| stem == name)
            };
            let refused = self.refused.iter().find(|refused| refused.problems.iter().any(is_of_name));
            refused.cloned().unwrap_or_else(|| {
                let known: Vec<&str> = self.runbooks.iter().map(|runbook| runbook.name.as_str()).collect();
                Problem::new(format!("no runbook is called `{name}`"), one_of(name, &known)).into()
            })
        })
    }
}

/// The TOML files of a folder, by the alphabet; none where there is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

/// One runbook file by its path.
///
/// # Errors
/// When it cannot be read, or everything that is wrong with it.
pub fn load_file(path: &Path) -> Result<Runbook, Refused> {
    let shown = path.display().to_string();
    let text = read(path)?.ok_or_else(|| {
        Problem::new(format!("no runbook file {shown}"), "check the path; `rounds runbook list` has them all")
    })?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    parse::read(&name, &shown, &text, RunbookOrigin::File(shown.clone()))
}

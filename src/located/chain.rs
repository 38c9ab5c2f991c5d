//! A file and those it inherits from: found by name or path, in the order they are laid over each other.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Document, Draft, Entry, Problem, Value, one_of, read};

/// What kind of file is looked for.
#[derive(Debug)]
pub struct Kind {
    /// `keymap`, `theme`.
    pub noun: &'static str,
    /// The files embedded in the program.
    pub shipped: &'static [Shipped],
}

/// A file embedded in the program.
#[derive(Debug)]
pub struct Shipped {
    /// The name users choose it by.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// A file and its ancestors.
#[derive(Debug, Default)]
pub struct Chain {
    /// The files, the most distant ancestor first, the one asked for last.
    pub layers: Vec<Document>,
    /// Whether every ancestor was found. Where one is missing, what the rest lacks proves nothing.
    pub complete: bool,
    /// What kept files from being read or found.
    pub problems: Vec<Problem>,
}

/// Where a file came from: the same file twice in a chain is a loop.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Shipped(&'static str),
    File(PathBuf),
}

/// A file that was found.
struct Found {
    origin: Origin,
    name: String,
    text: String,
    /// The directory that paths in it are relative to.
    beside: Option<PathBuf>,
}

/// Why a file was not found.
enum Miss {
    Loop,
    Problem(Problem),
}

impl Kind {
    /// The file of that name or path and those it inherits from.
    ///
    /// A name is looked for in `user_dir` first, then among the shipped. A user's file may inherit the shipped one of
    /// its own name. What contains a `/` or ends in `.toml` is a path; in a file it is relative to that file.
    ///
    /// # Errors
    /// When the file itself is not found or cannot be read. A missing ancestor is a problem in the chain.
    pub fn chain(&self, name_or_path: &str, user_dir: Option<&Path>) -> Result<Chain, Problem> {
        let mut chain = Chain { complete: true, ..Chain::default() };
        let mut origins = Vec::new();
        let mut found = self.find(name_or_path, user_dir, None, &origins).map_err(|miss| match miss {
            Miss::Problem(problem) => problem,
            Miss::Loop => self.missing(name_or_path, user_dir),
        })?;
        loop {
            origins.push(found.origin);
            let (document, syntax) = Document::parse(&found.name, &found.text);
            chain.problems.extend(syntax);
            let parent = document.entries.iter().find(|entry| entry.key == "inherits").cloned();
            chain.layers.insert(0, document);
            let Some(parent) = parent else { return Ok(chain) };
            match self.parent(&chain, &parent, user_dir, found.beside.as_deref(), &origins) {
                Ok(next) => found = next,
                Err(problem) => {
                    chain.problems.push(problem);
                    chain.complete = false;
                    return Ok(chain);
                }
            }
        }
    }

    /// The names there are: the shipped ones in their order, then the user's own by the alphabet, each once.
    pub fn names(&self, user_dir: Option<&Path>) -> Vec<String> {
        let own = user_dir.and_then(|dir| fs::read_dir(dir).ok()).into_iter().flatten().filter_map(|file| {
            let path = file.ok()?.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            (path.extension()? == "toml").then_some(name)
        });
        let mut names: Vec<String> = self.shipped.iter().map(|shipped| shipped.name.to_owned()).collect();
        let mut own: Vec<String> = own.filter(|name| !names.contains(name)).collect();
        own.sort();
        names.extend(own);
        names
    }

    fn parent(
        &self,
        chain: &Chain,
        entry: &Entry,
        user_dir: Option<&Path>,
        beside: Option<&Path>,
        origins: &[Origin],
    ) -> Result<Found, Problem> {
        let child = &chain.layers[0];
        let refuse = |what: String, hint| Err(child.problem(&Draft::new(&entry.value_at, what).hint_if(hint)));
        let Value::Text(name) = &entry.value else {
            let message = format!("expected the name of a {} in quotes, found {}", self.noun, entry.value.kind());
            return refuse(message, None);
        };
        match self.find(name, user_dir, beside, origins) {
            Ok(found) => Ok(found),
            Err(Miss::Loop) => {
                let files: Vec<&str> = chain.layers.iter().rev().map(Document::name).collect();
                refuse(format!("inherits from itself: {} -> {name}", files.join(" -> ")), None)
            }
            Err(Miss::Problem(problem)) => refuse(problem.what, problem.hint),
        }
    }

    fn find(
        &self,
        name: &str,
        user_dir: Option<&Path>,
        beside: Option<&Path>,
        taken: &[Origin],
    ) -> Result<Found, Miss> {
        if name.contains(['/', '\\']) || is_toml(name) {
            let path = plain(&beside.map_or_else(|| PathBuf::from(name), |dir| dir.join(name)));
            let found = file(&path).transpose().unwrap_or_else(|| Err(self.missing_path(&path)));
            return match found.map_err(Miss::Problem)? {
                found if taken.contains(&found.origin) => Err(Miss::Loop),
                found => Ok(found),
            };
        }
        let mut looped = false;
        if let Some(path) = user_dir.map(|dir| dir.join(format!("{name}.toml")))
            && let Some(found) = file(&path).map_err(Miss::Problem)?
        {
            if !taken.contains(&found.origin) {
                return Ok(found);
            }
            looped = true;
        }
        match self.shipped.iter().find(|shipped| shipped.name == name) {
            Some(shipped) if taken.contains(&Origin::Shipped(shipped.name)) => Err(Miss::Loop),
            Some(Shipped { name, text }) => Ok(Found {
                origin: Origin::Shipped(name),
                name: format!("{}s/{name}.toml", self.noun),
                text: (*text).to_owned(),
                beside: None,
            }),
            None if looped => Err(Miss::Loop),
            None => Err(Miss::Problem(self.missing(name, user_dir))),
        }
    }

    fn missing(&self, name: &str, user_dir: Option<&Path>) -> Problem {
        let known = self.names(user_dir);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        Problem::new(format!("no {} is called `{name}`", self.noun), one_of(name, &known))
    }

    fn missing_path(&self, path: &Path) -> Problem {
        let hint = if path.starts_with("~") { "write out the home directory" } else { "check the path" };
        Problem::new(format!("no {} file {}", self.noun, path.display()), hint)
    }
}

impl Chain {
    /// All problems of the chain with those found in its contents, in the order of the files. What is found on a line
    /// that is not even TOML is left out: it would be the same mistake told twice.
    pub fn settle(&self, found: impl IntoIterator<Item = Problem>) -> Vec<Problem> {
        let line = |problem: &Problem| (problem.file.clone(), problem.place().0);
        let told = |problem: &Problem| self.problems.iter().any(|told| line(told) == line(problem));
        let mut problems = self.problems.clone();
        problems.extend(found.into_iter().filter(|problem| !told(problem)));
        let layer = |problem: &Problem| {
            self.layers.iter().position(|layer| problem.file.as_deref().is_some_and(|file| file == layer.name()))
        };
        problems.sort_by_key(|problem| (layer(problem), problem.place()));
        problems.dedup();
        problems
    }
}

/// The file at a path, or nothing where there is none.
fn file(path: &Path) -> Result<Option<Found>, Problem> {
    let found = |text| Found {
        // A file that was read and has no canonical path is gone again, or is no file but a pipe.
        origin: Origin::File(path.canonicalize().unwrap_or_else(|_| path.to_owned())),
        name: path.display().to_string(),
        text,
        beside: path.parent().map(Path::to_owned),
    };
    Ok(read(path)?.map(found))
}

/// A path without the `.` in its middle, as people write it.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

fn is_toml(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind {
        noun: "keymap",
        shipped: &[
            Shipped { name: "default", text: "x = 1" },
            Shipped { name: "vim", text: "inherits = \"default\"\ny = 1" },
        ],
    };

    fn names(chain: &Chain) -> Vec<&str> {
        chain.layers.iter().map(|layer| layer.name().rsplit('/').next().unwrap()).collect()
    }

    /// A directory that is gone when the test is.
    struct Dir(PathBuf);

    impl Dir {
        fn with(label: &str, files: &[(&str, &str)]) -> Self {
            let dir = std::env::temp_dir().join(format!("rounds-chain-{label}-{}", std::process::id()));
            fs::create_dir_all(&dir).unwrap();
            for (name, text) in files {
                fs::write(dir.join(name), text).unwrap();
            }
            Self(dir)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn ancestors_come_first() {
        let chain = KIND.chain("vim", None).unwrap();
        assert_eq!(names(&chain), ["default.toml", "vim.toml"]);
        assert!(chain.complete && chain.settle([]).is_empty());
    }

    #[test]
    fn a_user_file_may_extend_the_shipped_one_of_its_name_and_paths_are_relative_to_the_file() {
        let dir = Dir::with(
            "extend",
            &[("vim.toml", "inherits = \"vim\""), ("mine.toml", "inherits = \"./base.toml\""), ("base.toml", "")],
        );
        let chain = KIND.chain("vim", Some(&dir.0)).unwrap();
        assert_eq!(names(&chain), ["default.toml", "vim.toml", "vim.toml"]);
        let chain = KIND.chain(dir.0.join("mine.toml").to_str().unwrap(), None).unwrap();
        assert_eq!(names(&chain), ["base.toml", "mine.toml"]);
        assert_eq!(KIND.names(Some(&dir.0)), ["default", "vim", "base", "mine"]);
    }

    #[test]
    fn loops_and_missing_parents_are_located() {
        let dir = Dir::with(
            "loops",
            &[
                ("a.toml", "inherits = \"b\""),
                ("b.toml", "inherits = \"a\""),
                ("self.toml", "inherits = \"self\""),
                ("typo.toml", "# hello\ninherits = \"vmi\""),
                ("kind.toml", "inherits = 3"),
            ],
        );
        for (name, place, reason) in [
            ("a", ":1:12", "inherits from itself"),
            ("self", ":1:12", "inherits from itself"),
            ("typo", ":2:12", "no keymap is called `vmi`; did you mean `vim`?"),
            ("kind", ":1:12", "expected the name of a keymap in quotes, found a whole number"),
        ] {
            let chain = KIND.chain(name, Some(&dir.0)).unwrap();
            let problems = chain.settle([]);
            assert!(!chain.complete);
            assert_eq!(problems.len(), 1, "{name}: {problems:?}");
            let brief = problems[0].brief();
            assert!(brief.contains(place) && brief.contains(reason), "{name}: {brief}");
        }
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let error = |name: &str| KIND.chain(name, None).unwrap_err().brief();
        assert_eq!(error("vmi"), "no keymap is called `vmi`; did you mean `vim`?");
        assert_eq!(error("xyz"), "no keymap is called `xyz`; known here: default and vim");
        assert_eq!(error("/nowhere/x.toml"), "no keymap file /nowhere/x.toml; check the path");
        assert_eq!(error("~/x.toml"), "no keymap file ~/x.toml; write out the home directory");
        assert!(error("/").starts_with("cannot read /: "), "{}", error("/"));
    }
}

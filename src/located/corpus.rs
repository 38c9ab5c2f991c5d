//! Files as test inputs: what is expected of them stands beside them, and `ROUNDS_BLESS=1` writes it anew.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::Refused;

/// The TOML files of a directory, by the alphabet; at least one.
pub(crate) fn files(dir: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(!files.is_empty(), "{dir} is empty");
    files
}

/// Every file of a directory loads.
pub(crate) fn good<T>(dir: &str, load: impl Fn(&str, Option<&Path>) -> Result<T, Refused>) {
    for file in files(dir) {
        if let Err(error) = load(file.to_str().unwrap(), None) {
            panic!("{error}");
        }
    }
}

/// Every file of a directory is refused with exactly what the `.err` beside it says.
pub(crate) fn bad<T>(dir: &str, load: impl Fn(&str, Option<&Path>) -> Result<T, Refused>) {
    for file in files(dir) {
        let Err(error) = load(file.to_str().unwrap(), None) else { panic!("{} was accepted", file.display()) };
        page(file.with_extension("err").to_str().unwrap(), &format!("{error}\n"));
    }
}

/// A text file holds exactly this text.
pub(crate) fn page(path: &str, text: &str) {
    if std::env::var_os("ROUNDS_BLESS").is_some() {
        fs::write(path, text).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(written == text, "{path} is out of date (ROUNDS_BLESS=1 writes it anew). It should be:\n{text}");
}

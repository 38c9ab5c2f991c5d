//! Rendered files on a disk, beside a list of what was written: nothing that somebody else wrote or changed is lost.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::StackError;
use crate::provision::{MANIFEST, Rendered};

/// The most files that are named in a refusal.
const NAMED: usize = 10;

/// What became of the files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Written for the first time or anew.
    pub written: Vec<String>,
    /// There already, as they should be.
    pub unchanged: usize,
    /// Written earlier, no longer part of it, and removed.
    pub removed: Vec<String>,
}

/// The list of what was written.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    files: BTreeMap<String, Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    /// What it was made from.
    source: String,
    /// What was written, to tell it from what somebody made of it.
    hash: String,
}

/// Writes the files below a folder.
///
/// # Errors
/// Without `force`, where a file is there that was not written by this, or was changed since: nothing is written then.
pub fn write(folder: &Path, files: &[Rendered], force: bool) -> Result<Written, StackError> {
    let before = read(folder)?;
    let is_ours = |path: &str, text: &[u8]| before.files.get(path).is_some_and(|entry| entry.hash == hash(text));
    let mut foreign = Vec::new();
    let mut outcome = Written::default();
    let mut wanted = Vec::new();
    for file in files {
        match std::fs::read(folder.join(&file.path)) {
            Ok(text) if text == file.text.as_bytes() => outcome.unchanged += 1,
            Ok(text) if !is_ours(&file.path, &text) && !force => foreign.push(file.path.as_str()),
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                return Err(StackError::file("read", &folder.join(&file.path), &why));
            }
            _ => wanted.push(file),
        }
    }
    if !foreign.is_empty() {
        return Err(refusal(folder, &foreign));
    }
    for file in wanted {
        put(&folder.join(&file.path), file.text.as_bytes())?;
        outcome.written.push(file.path.clone());
    }
    for path in before.files.keys().filter(|path| files.iter().all(|file| file.path != **path)) {
        let place = folder.join(path);
        if std::fs::read(&place).is_ok_and(|text| is_ours(path, &text)) {
            std::fs::remove_file(&place).map_err(|why| StackError::file("remove", &place, &why))?;
            outcome.removed.push(path.clone());
        }
    }
    let entry = |file: &Rendered| {
        let source = format!("provision/{}", file.source);
        (file.path.clone(), Entry { source, hash: hash(file.text.as_bytes()) })
    };
    let manifest = Manifest { version: 1, files: files.iter().map(entry).collect() };
    let text = serde_json::to_string_pretty(&manifest).map_err(|why| StackError::new(why.to_string()))?;
    put(&folder.join(MANIFEST), (text + "\n").as_bytes())?;
    Ok(outcome)
}

fn read(folder: &Path) -> Result<Manifest, StackError> {
    let path = folder.join(MANIFEST);
    match std::fs::read(&path) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(Manifest::default()),
        // A list that is not understood vouches for nothing.
        Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
        Err(why) => Err(StackError::file("read", &path, &why)),
    }
}

fn refusal(folder: &Path, foreign: &[&str]) -> StackError {
    let mut what = format!(
        "{} in {} not written by this, or changed since:",
        if foreign.len() == 1 { "a file is".to_owned() } else { format!("{} files are", foreign.len()) },
        folder.display()
    );
    for path in foreign.iter().take(NAMED) {
        what.push_str("\n  ");
        what.push_str(path);
    }
    if foreign.len() > NAMED {
        what.push_str("\n  ...");
    }
    StackError::new(what).with_hint("nothing was written; --force overwrites them, or name another folder")
}

fn put(path: &Path, text: &[u8]) -> Result<(), StackError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|why| StackError::file("make", folder, &why))?;
    std::fs::write(path, text).map_err(|why| StackError::file("write", path, &why))
}

/// FNV-1a: tells a changed file from an unchanged one, and no more than that.
fn hash(text: &[u8]) -> String {
    let hash = text
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Rendered {
        Rendered { path: path.to_owned(), source: "configs/x.tftpl", text: text.to_owned() }
    }

    #[test]
    fn own_files_are_renewed_and_foreign_ones_are_let_be() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let first = write(home.path(), &[file("a/x.yml", "1"), file("y.yml", "1")], false).unwrap();
        assert_eq!(first.written, ["a/x.yml", "y.yml"]);
        let again = write(home.path(), &[file("a/x.yml", "2"), file("y.yml", "1")], false).unwrap();
        assert_eq!((again.written.as_slice(), again.unchanged), (&["a/x.yml".to_owned()][..], 1));

        std::fs::write(at("y.yml"), "mine").unwrap();
        let refused = write(home.path(), &[file("a/x.yml", "3"), file("y.yml", "2")], false).unwrap_err();
        assert!(refused.what.ends_with("not written by this, or changed since:\n  y.yml"), "{refused}");
        assert_eq!(std::fs::read_to_string(at("a/x.yml")).unwrap(), "2", "nothing was written");

        write(home.path(), &[file("a/x.yml", "3"), file("y.yml", "2")], true).unwrap();
        assert_eq!(std::fs::read_to_string(at("y.yml")).unwrap(), "2");
    }

    #[test]
    fn what_is_no_longer_part_of_it_goes_unless_somebody_changed_it() {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), &[file("x", "1"), file("y", "1"), file("z", "1")], false).unwrap();
        std::fs::write(home.path().join("y"), "mine").unwrap();
        let outcome = write(home.path(), &[file("z", "1")], false).unwrap();
        assert_eq!(outcome.removed, ["x"]);
        assert_eq!(std::fs::read_to_string(home.path().join("y")).unwrap(), "mine");
    }
}

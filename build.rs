//! Puts every file of `provision/` that is rendered or shipped into the program: whoever has the program has the stack.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=provision");
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("provision");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut list = String::from("/// Every file of `provision/`: its path below that folder and its text.\n");
    list.push_str("pub static FILES: &[(&str, &str)] = &[\n");
    for file in files {
        let name = file.strip_prefix(&root)?.display().to_string().replace('\\', "/");
        writeln!(list, "    ({name:?}, include_str!({:?})),", file.display().to_string())?;
    }
    list.push_str("];\n");
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("provision.rs"), list)?;
    Ok(())
}

/// Files below a folder, but for what tools leave behind (their names begin with a dot) the tests of rules and module, and what dashboards
/// are generated from.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.')
            || ["tests", "source", "__pycache__"].contains(&name.as_str())
            || name.contains(".tfstate")
        {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

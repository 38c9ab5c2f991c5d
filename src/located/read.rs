//! Reading a file that should be a text of moderate length, and may be anything.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::{Draft, Problem, Text};

/// The largest file read, in bytes: what people write here is never that long, a log given by mistake is.
const MAX_BYTES: u64 = 1 << 20;

/// The text of a file; `None` where there is no file.
///
/// # Errors
/// What keeps it from being read: no access, a folder, a link to nothing, too long, not UTF-8.
pub fn read(path: &Path) -> Result<Option<String>, Problem> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(_) => decode(bytes, path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match path.read_link() {
            Ok(target) => {
                let why = format!("it is a link to {}, which is not there", target.display());
                Err(unreadable(path, &why, "mend the link, or remove it"))
            }
            Err(_) => Ok(None),
        },
        Err(error) => {
            let hint = match error.kind() {
                io::ErrorKind::IsADirectory => "name the file itself, not its directory",
                io::ErrorKind::PermissionDenied => "check who may read it, and who may enter its folders",
                io::ErrorKind::NotADirectory => "check the path",
                _ => "check what is there: `ls -l` shows it",
            };
            Err(unreadable(path, &reason(&error), hint))
        }
    }
}

fn decode(bytes: Vec<u8>, path: &Path) -> Result<String, Problem> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable(path, "it is longer than 1 MiB", "check that it is the file that was meant"));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(unreadable(path, "it is UTF-16", "save it as UTF-8"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        // What stands there is shown as far as it can be, and trusted no further than any broken file.
        let mut lossy = Text::new(path.display().to_string(), String::from_utf8_lossy(error.as_bytes()));
        lossy.set_broken();
        lossy.problem(&Draft::new(&(at..at + 1), "this is not UTF-8").hint("save the file as UTF-8"))
    })
}

fn unreadable(path: &Path, why: &str, hint: &str) -> Problem {
    Problem::new(format!("cannot read {}: {why}", path.display()), hint)
}

/// What the system said, as the rest of a sentence: `permission denied`.
fn reason(error: &io::Error) -> String {
    let said = error.to_string();
    let said = said.rsplit_once(" (os error").map_or(said.as_str(), |(said, _)| said);
    let mut letters = said.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn said(path: &Path) -> String {
        read(path).unwrap_err().brief().replace(&*path.to_string_lossy(), "FILE")
    }

    #[test]
    fn what_is_no_readable_text_is_refused_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.toml");
        assert_eq!(read(&file), Ok(None));
        for (bytes, expected) in [
            (&b"a = 1\nb = \"\xe9t\xe9\"\n"[..], "FILE:2:6: this is not UTF-8; save the file as UTF-8"),
            (b"token = \"hunter\xff\"", "FILE:1:16: this is not UTF-8; save the file as UTF-8"),
            (b"\xff\xfea\0", "cannot read FILE: it is UTF-16; save it as UTF-8"),
            (
                &vec![b'a'; (1 << 20) + 1],
                "cannot read FILE: it is longer than 1 MiB; check that it is the file that was meant",
            ),
        ] {
            fs::write(&file, bytes).unwrap();
            assert_eq!(said(&file), expected);
            assert!(!read(&file).unwrap_err().to_string().contains("hunter"));
        }
        assert!(said(&file.join("y")).starts_with("cannot read FILE: not a directory"));
        assert_eq!(said(folder.path()), "cannot read FILE: is a directory; name the file itself, not its directory");
    }

    #[test]
    fn links_to_nothing_and_in_circles_are_no_absent_files() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        symlink("gone.toml", &one).unwrap();
        assert!(said(&one).starts_with("cannot read FILE: it is a link to gone.toml, which is not there"));
        fs::remove_file(&one).unwrap();
        symlink(&one, &other).unwrap();
        symlink(&other, &one).unwrap();
        assert!(said(&one).starts_with("cannot read FILE: too many levels of symbolic links"), "{}", said(&one));
    }
}

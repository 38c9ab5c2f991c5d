//! Reading: every line that makes sense, and where there was one that does not.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};

use super::JournalError;
use crate::domain::journal::{Record, VERSION};
use crate::format::{clip, sanitise};

/// What the journal holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contents {
    /// In the order they were written.
    pub records: Vec<Record>,
    /// Lines that could not be read.
    pub unread: Vec<Unread>,
}

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// `PATH:LINE`.
    pub place: String,
    /// Why.
    pub why: String,
}

/// Whether somebody may write while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writers {
    /// Anybody may.
    Free,
    /// The reader holds the lock.
    KeptOut,
}

/// Every record from `since` on, of the files put away and then of the one in use.
pub(super) fn folder(folder: &Path, name: &str, since: Timestamp, writers: Writers) -> Result<Contents, JournalError> {
    let failed = |path: &Path, error: &io::Error| JournalError {
        what: format!("the journal {} cannot be read: {error}", path.display()),
        hint: "it belongs to whoever made the changes; see its owner and permissions".to_owned(),
    };
    let mut contents = Contents::default();
    for path in files(folder, name).map_err(|error| failed(folder, &error))? {
        // A file put away was last written to at its end: what ended before is of no interest.
        let ended = std::fs::metadata(&path).and_then(|known| known.modified()).ok();
        if ended.and_then(|at| Timestamp::try_from(at).ok()).is_some_and(|at| at < since) {
            continue;
        }
        match whole(&path, writers) {
            Ok(bytes) => lines(&bytes, &path.display().to_string(), since, &mut contents),
            // Put away between the list and here: it is in the list of the next read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    Ok(contents)
}

/// A file's bytes. Where it does not end with a line, somebody may be writing at this moment, for the kernel shows half of
/// what is written: who writes holds the lock until it is whole, and is waited for.
fn whole(path: &Path, writers: Writers) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    // Where a file cannot be locked, what is there counts.
    if writers == Writers::Free && !ends_whole(&bytes) && flock(&file, FlockOperation::LockShared).is_ok() {
        bytes.clear();
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Whether the last line has its end.
fn ends_whole(bytes: &[u8]) -> bool {
    bytes.is_empty() || bytes.ends_with(b"\n")
}

/// The files, the oldest first: those put away have the time of their end in their names.
fn files(folder: &Path, name: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let file = entry?.file_name();
        let is_put_away = file.to_string_lossy().starts_with(&format!("{name}-"));
        if is_put_away && Path::new(&file).extension().is_some_and(|extension| extension == "jsonl") {
            found.push(folder.join(&file));
        }
    }
    found.sort();
    let current = folder.join(format!("{name}.jsonl"));
    if current.exists() {
        found.push(current);
    }
    Ok(found)
}

/// Every line of a file.
fn lines(bytes: &[u8], path: &str, since: Timestamp, contents: &mut Contents) {
    let is_whole = ends_whole(bytes);
    let all: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let last = all.len();
    for (number, line) in all.into_iter().enumerate().filter(|(_, line)| !line.trim_ascii().is_empty()) {
        match parse(line) {
            Ok(record) if record.at >= since => contents.records.push(record),
            Ok(_) => {}
            Err(why) => {
                let is_last = number + 1 == last && !is_whole;
                let why = if is_last {
                    "it ends in the middle: power or disk failed while it was written".to_owned()
                } else {
                    why
                };
                contents.unread.push(Unread { place: format!("{path}:{}", number + 1), why });
            }
        }
    }
}

fn parse(line: &[u8]) -> Result<Record, String> {
    match serde_json::from_slice::<Record>(line) {
        Ok(record) if record.v <= VERSION => Ok(record),
        Ok(record) => Err(format!("it is of a newer version ({})", record.v)),
        Err(error) => Err(clip(&sanitise(&error.to_string()), 160)),
    }
}

#[cfg(test)]
pub(super) fn text(bytes: &[u8]) -> Contents {
    let mut contents = Contents::default();
    lines(bytes, "journal.jsonl", Timestamp::MIN, &mut contents);
    contents
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Change;
    use crate::domain::journal::{Event, Who};
    use crate::exec::journal::file;

    fn line(second: i64) -> String {
        serde_json::to_string(&record(second, "no")).unwrap() + "\n"
    }

    fn record(second: i64, why: &str) -> Record {
        Record {
            v: VERSION,
            at: Timestamp::from_second(second).unwrap(),
            simulated_at: None,
            id: format!("id-{second}"),
            context: "prod".to_owned(),
            change: "reload-prometheus".to_owned(),
            service: None,
            who: Who::default(),
            event: Event::Refused { asked: Change::ReloadPrometheus, why: why.to_owned() },
        }
    }

    /// The kernel shows the half of a line that is in another page than the rest, and only the end of the writing says that
    /// it was no power failure.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_line_that_is_being_written_is_not_taken_for_a_torn_one() {
        const MANY: i64 = 400;
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("state");
        let to_read = place.clone();
        let reader = tokio::task::spawn_blocking(move || {
            let mut looks = 0;
            loop {
                let seen = folder(&to_read, "journal", Timestamp::MIN, Writers::Free).unwrap();
                assert_eq!(seen.unread, [], "after {looks} looks");
                looks += 1;
                if seen.records.len() == usize::try_from(MANY).unwrap() {
                    return;
                }
            }
        });
        let long = "because ".repeat(200);
        for second in 0..MANY {
            let nothing = || Ok(None::<()>);
            file::append(&place, "journal", &record(second, &long), nothing).await.unwrap();
        }
        reader.await.unwrap();
    }

    #[test]
    fn a_line_of_a_newer_version_is_told_and_not_guessed_at() {
        let newer = line(1).replace("\"v\":1", "\"v\":2");
        let read = text((newer + &line(2)).as_bytes());
        assert_eq!((read.records.len(), read.unread.len()), (1, 1));
        assert!(read.unread[0].why.contains("newer version (2)"), "{read:?}");
        assert_eq!(read.unread[0].place, "journal.jsonl:1");
    }

    proptest! {
        #[test]
        fn whatever_lies_between_whole_lines_they_are_read(garbage in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = line(1).into_bytes();
            bytes.extend(garbage);
            bytes.push(b'\n');
            bytes.extend(line(2).into_bytes());
            let read = text(&bytes);
            let ids: Vec<&str> = read.records.iter().map(|record| record.id.as_str()).collect();
            prop_assert_eq!((ids.first(), ids.last()), (Some(&"id-1"), Some(&"id-2")));
        }

        #[test]
        fn a_line_cut_anywhere_loses_itself_only(cut in 1_usize..150) {
            let last = line(3);
            let cut = cut.min(last.len() - 2);
            let read = text((line(1) + &line(2) + &last[..cut]).as_bytes());
            prop_assert_eq!((read.records.len(), read.unread.len()), (2, 1));
            prop_assert!(read.unread[0].why.contains("in the middle"));
        }
    }
}

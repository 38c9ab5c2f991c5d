//! Writing: one line in one `write(2)`, whole or not at all, in order with whoever else writes.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::JournalError;
use crate::domain::journal::Record;

/// A file larger than this, in bytes, is put away under the time of its end, and another one begun.
const FULL: u64 = 10 * 1024 * 1024;

/// How often the lock is tried, and how far apart. Others hold it for the time of one write each: on a slow disk that many
/// write to, that adds up.
const TRIES: u32 = 1_500;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Appends a record to `NAME.jsonl` in the folder and sees that it is on disk, unless something speaks against it: that
/// is asked, and answered with, while nobody else can write.
pub(super) async fn append<O>(
    folder: &Path,
    name: &'static str,
    record: &Record,
    against: impl Fn() -> Result<Option<O>, JournalError>,
) -> Result<Option<O>, JournalError> {
    let path = folder.join(format!("{name}.jsonl"));
    let failed = |error: &io::Error| JournalError {
        what: format!("the journal {} cannot be written: {error}", path.display()),
        hint: "make room or give permission there, or name another place in ROUNDS_STATE_DIR".to_owned(),
    };
    let mut line = serde_json::to_vec(record).map_err(|error| failed(&io::Error::other(error)))?;
    line.push(b'\n');
    let locked = locked(folder, &path, name, record.at).await.map_err(|error| failed(&error))?;
    if let Some(objection) = against()? {
        return Ok(Some(objection));
    }
    let written = tokio::task::spawn_blocking(move || write(locked, &line)).await;
    match written {
        Ok(written) => written.map(|()| None).map_err(|error| failed(&error)),
        Err(_) => Err(failed(&io::Error::other("the program is shutting down"))),
    }
}

/// The file, opened and locked, and not one that somebody put away meanwhile.
async fn locked(folder: &Path, path: &Path, name: &str, at: Timestamp) -> io::Result<File> {
    for _ in 0..TRIES {
        let file = open(folder, path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                tokio::time::sleep(BETWEEN_TRIES).await;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        let held = file.metadata()?;
        if !std::fs::metadata(path).is_ok_and(|there| (there.dev(), there.ino()) == (held.dev(), held.ino())) {
            continue;
        }
        if held.len() < FULL {
            return Ok(file);
        }
        std::fs::rename(path, put_away(folder, name, at))?;
    }
    let waited = BETWEEN_TRIES * TRIES;
    Err(io::Error::other(format!("another program has held its lock for {}", crate::format::duration(waited))))
}

/// Opens the file for appending; makes it, and its folder, for its owner only.
fn open(folder: &Path, path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Read as well: the last byte says whether the last line is whole.
    options.append(true).read(true).mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let file = options.create(true).open(path)?;
            // A file is not sure to be found again before its folder is on disk, too.
            File::open(folder)?.sync_all()?;
            Ok(file)
        }
        opened => opened,
    }
}

fn put_away(folder: &Path, name: &str, at: Timestamp) -> PathBuf {
    let stem = format!("{name}-{}", at.strftime("%Y%m%dT%H%M%SZ"));
    (0..u16::MAX)
        .map(|turn| folder.join(if turn == 0 { format!("{stem}.jsonl") } else { format!("{stem}.{turn}.jsonl") }))
        .find(|path| !path.exists())
        .unwrap_or_else(|| folder.join(format!("{stem}.jsonl")))
}

/// Writes the line at once and sees it to disk. What was written of it goes again where that fails: the lock is ours.
fn write(mut file: File, line: &[u8]) -> io::Result<()> {
    let before = file.metadata()?.len();
    // Power failed while the last line was written: it must not swallow this one.
    let torn = before > 0 && {
        let mut last = [0];
        file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).is_ok() && last[0] != b'\n'
    };
    let whole = if torn { [b"\n", line].concat() } else { line.to_vec() };
    let written = match file.write(&whole) {
        Ok(length) if length == whole.len() => file.sync_all(),
        Ok(_) => Err(io::Error::new(io::ErrorKind::StorageFull, "no space left for the whole line")),
        Err(error) => Err(error),
    };
    if written.is_err() {
        // Where even this fails, the reader knows a line that was cut off.
        let _ = file.set_len(before);
    }
    written
}

//! The journal: what was meant, made and seen, one JSON document a line, only ever appended to.
//!
//! It lies in the state directory (`journal.jsonl`, readable by its owner only), is shared by every `rounds` of that
//! user, and is on disk before a call leaves. What is known only afterwards (the call's outcome, how it ended) are lines
//! of their own with the same id: a line that is missing says that the program died in between.

mod file;
mod read;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use self::read::Writers;
pub use self::read::{Contents, Unread};
use crate::domain::journal::Record;

/// Why the journal could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct JournalError {
    /// What failed, with the path.
    pub what: String,
    /// The next step.
    pub hint: String,
}

/// The journal. Cheap to clone; clones write to the same place.
#[derive(Debug, Clone)]
pub struct Journal(Arc<Place>);

#[derive(Debug)]
enum Place {
    /// A file in this folder.
    Folder {
        folder: PathBuf,
        name: &'static str,
        /// Where that fails: keep it in memory instead. For the simulated fleet only.
        spare: Option<Mutex<Vec<Record>>>,
    },
    /// Nowhere, and why.
    Missing(String),
}

impl Journal {
    /// The journal in a state directory; the directory is made by the first change.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Place::Folder { folder: folder.into(), name: "journal", spare: None }))
    }

    /// The journal of the simulated fleet: beside the other, and in memory where there is no place for it.
    pub fn simulated(folder: Option<PathBuf>) -> Self {
        let folder = folder.unwrap_or_default();
        Self(Arc::new(Place::Folder { folder, name: "demo", spare: Some(Mutex::default()) }))
    }

    /// No journal, and why: nothing can be changed.
    pub fn missing(why: impl Into<String>) -> Self {
        Self(Arc::new(Place::Missing(why.into())))
    }

    /// The file, where there is one.
    pub fn path(&self) -> Option<PathBuf> {
        match &*self.0 {
            Place::Folder { folder, name, .. } if *folder != Path::new("") => {
                Some(folder.join(format!("{name}.jsonl")))
            }
            _ => None,
        }
    }

    /// Appends a record and sees that it is on disk.
    ///
    /// # Errors
    /// Where it cannot be written whole. Then nothing of it is there.
    pub async fn append(&self, record: &Record) -> Result<(), JournalError> {
        let nothing = |_: &[Record]| None::<()>;
        self.append_unless(record, Timestamp::MAX, nothing).await.map(|_| ())
    }

    /// Appends a record, unless what was written since a moment speaks against it. Nobody writes between the look and
    /// the line. Answers with what spoke against it; then nothing was written.
    ///
    /// # Errors
    /// Where it cannot be written whole, or what is there cannot be read. Then nothing of it is there.
    pub async fn append_unless<O>(
        &self,
        record: &Record,
        since: Timestamp,
        against: impl Fn(&[Record]) -> Option<O>,
    ) -> Result<Option<O>, JournalError> {
        let (folder, name, spare) = match &*self.0 {
            Place::Missing(why) => {
                return Err(JournalError {
                    what: format!("there is no journal: {why}"),
                    hint: "set HOME, XDG_STATE_HOME or ROUNDS_STATE_DIR: what is changed is written down first"
                        .to_owned(),
                });
            }
            Place::Folder { folder, name, spare } => (folder, *name, spare),
        };
        let written = if *folder == Path::new("") {
            Err(JournalError { what: "there is no state directory".to_owned(), hint: String::new() })
        } else {
            let seen = || self.contents(since, Writers::KeptOut);
            let look = || if since == Timestamp::MAX { Ok(None) } else { Ok(against(&seen()?.records)) };
            file::append(folder, name, record, look).await
        };
        match (written, spare) {
            (Err(_), Some(spare)) => {
                let mut kept = spare.lock().unwrap_or_else(PoisonError::into_inner);
                let objection = against(&kept);
                if objection.is_none() {
                    kept.push(record.clone());
                }
                Ok(objection)
            }
            (written, _) => written,
        }
    }

    /// Every record from `since` on, the oldest first. A journal that is not there yet is empty.
    ///
    /// # Errors
    /// Where the files are there and cannot be read. Lines that make no sense are no error: they are told.
    pub fn read(&self, since: Timestamp) -> Result<Contents, JournalError> {
        self.contents(since, Writers::Free)
    }

    fn contents(&self, since: Timestamp, writers: Writers) -> Result<Contents, JournalError> {
        match &*self.0 {
            Place::Missing(_) => Ok(Contents::default()),
            Place::Folder { folder, name, spare } => {
                let on_disk = if *folder == Path::new("") {
                    Ok(Contents::default())
                } else {
                    read::folder(folder, name, since, writers)
                };
                let Some(spare) = spare else { return on_disk };
                let mut contents = on_disk.unwrap_or_default();
                let kept = spare.lock().unwrap_or_else(PoisonError::into_inner);
                contents.records.extend(kept.iter().filter(|record| record.at >= since).cloned());
                Ok(contents)
            }
        }
    }
}

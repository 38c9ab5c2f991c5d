//! Log lines: what a task said, when, and how loudly.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::{ServiceId, SourceError};

/// How loudly a line was said, by its own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// The finest detail.
    Trace,
    /// For who looks for a fault.
    Debug,
    /// What usually happens.
    Info,
    /// What should not, and does no harm yet.
    Warn,
    /// Something failed.
    Error,
    /// Everything failed.
    Fatal,
}

impl LogLevel {
    /// Every level, the least first.
    pub const ALL: [Self; 6] = [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Reads the words that logging libraries use, whatever their case.
    pub fn from_word(word: &str) -> Option<Self> {
        const WORDS: [(&str, LogLevel); 22] = [
            ("trace", LogLevel::Trace),
            ("trc", LogLevel::Trace),
            ("verbose", LogLevel::Debug),
            ("debug", LogLevel::Debug),
            ("dbg", LogLevel::Debug),
            ("info", LogLevel::Info),
            ("inf", LogLevel::Info),
            ("information", LogLevel::Info),
            ("informational", LogLevel::Info),
            ("notice", LogLevel::Info),
            ("warn", LogLevel::Warn),
            ("wrn", LogLevel::Warn),
            ("warning", LogLevel::Warn),
            ("error", LogLevel::Error),
            ("err", LogLevel::Error),
            ("severe", LogLevel::Error),
            ("fatal", LogLevel::Fatal),
            ("ftl", LogLevel::Fatal),
            ("critical", LogLevel::Fatal),
            ("crit", LogLevel::Fatal),
            ("panic", LogLevel::Fatal),
            ("emergency", LogLevel::Fatal),
        ];
        WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, level)| *level)
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for LogLevel {
    type Err = String;

    /// # Errors
    /// A sentence that names the levels there are.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::from_word(text).ok_or_else(|| format!("expected one of {}", Self::ALL.map(Self::word).join(", ")))
    }
}

/// Who said a line. Shared by all lines of one stream. Every text in it is sanitised.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogOrigin {
    /// The task's id, where it can be told.
    pub task: Option<String>,
    /// The container's name, where it can be told.
    pub container: Option<String>,
    /// The stream as the backend names it.
    pub stream: String,
}

impl LogOrigin {
    /// The first eight characters of the task's id, as people say it; of the stream where the task is not known.
    pub fn short(&self) -> &str {
        let name = self.task.as_deref().unwrap_or(&self.stream);
        name.char_indices().nth(8).map_or(name, |(end, _)| &name[..end])
    }
}

/// What an entry of a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogKind {
    /// A task said it.
    Said,
    /// Lines may be missing here; the text says why.
    Gap,
}

/// One entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was said, by the task's own clock.
    pub at: Timestamp,
    /// Who said it.
    pub origin: Arc<LogOrigin>,
    /// How loudly; `None` where it does not say.
    pub level: Option<LogLevel>,
    /// What. Harmless; a line feed parts its lines.
    pub text: Box<str>,
    /// How many characters of it are not in `text`.
    pub hidden: u32,
    /// What the backend knows it by, for telling a line read twice from a line said twice.
    pub id: u64,
    /// Whether it was said, or stands where lines may be missing.
    pub kind: LogKind,
}

impl LogLine {
    /// A mark that lines may be missing at a time.
    pub fn gap(at: Timestamp, why: impl Into<String>) -> Self {
        Self {
            at,
            origin: Arc::default(),
            level: None,
            text: why.into().into_boxed_str(),
            hidden: 0,
            id: 0,
            kind: LogKind::Gap,
        }
    }

    /// Whether it was said at least this loudly. What does not say how loudly counts as loud enough: a stack trace has
    /// no level, and must not be hidden.
    pub fn is_at_least(&self, level: Option<LogLevel>) -> bool {
        self.level.zip(level).is_none_or(|(own, least)| own >= least)
    }

    /// Bytes it takes in memory, about.
    pub fn size(&self) -> usize {
        std::mem::size_of::<Self>() + self.text.len()
    }
}

/// Whose lines are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogScope {
    /// The service; its cluster may be empty where only the name is known.
    pub service: ServiceId,
    /// Only these tasks, by their ids or by beginnings of them; all, the stopped ones included, when empty.
    pub tasks: Vec<String>,
    /// Only lines that fit this pattern, in the backend's own language.
    pub pattern: Option<String>,
}

impl LogScope {
    /// All lines of a service.
    pub const fn of(service: ServiceId) -> Self {
        Self { service, tasks: Vec::new(), pattern: None }
    }

    /// Whether a task's lines are wanted.
    pub fn wants(&self, task: Option<&str>) -> bool {
        self.tasks.is_empty()
            || task.is_some_and(|task| self.tasks.iter().any(|wanted| task.starts_with(wanted.as_str())))
    }
}

/// A stream of a log, as its backend lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStream {
    /// Who speaks in it.
    pub origin: LogOrigin,
    /// When something was first said in it, or it was made.
    pub first: Option<Timestamp>,
    /// When something was last said in it, as far as that is known.
    pub last: Option<Timestamp>,
}

/// Streams that were looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogStreams {
    /// Those of the tasks that were wanted, the latest first.
    pub found: Vec<LogStream>,
    /// Where there is none: those that may have been meant, the latest first.
    pub near: Vec<LogStream>,
}

/// A stretch of a log that is asked for: the newest `most` lines said from `from` on and before `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogAsk {
    /// Whose.
    pub scope: LogScope,
    /// From when on.
    pub from: Timestamp,
    /// Up to when, not included; without it, whatever there is, the future of a clock that is fast included.
    pub to: Option<Timestamp>,
    /// What time it is.
    pub now: Timestamp,
    /// How many at most; of more, the newest.
    pub most: usize,
}

/// A stretch of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogPage {
    /// The lines, the oldest first.
    pub lines: Vec<LogLine>,
    /// Older lines than these exist or may exist in what was asked for; everything from here on was read.
    pub cut_before: Option<Timestamp>,
    /// What the operator should know of how this was read, in short sentences.
    pub notes: Vec<String>,
}

/// What came in while a log is read live.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogLive {
    /// The lines, the oldest first.
    pub lines: Vec<LogLine>,
    /// Whether the backend left lines out because there were too many.
    pub sampled: bool,
}

/// How a followed log is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LogState {
    /// The first lines are being read.
    #[default]
    Loading,
    /// New lines are asked for again and again.
    Polling {
        /// How often, in seconds.
        every: u64,
    },
    /// New lines are sent as they are said.
    Live {
        /// What that costs.
        cost: &'static str,
        /// Since when.
        since: Timestamp,
        /// Whether the backend left lines out of the last update.
        sampled: bool,
    },
    /// The backend does not answer; it is asked again.
    Failing {
        /// Why.
        what: String,
        /// When it is asked again.
        again: Timestamp,
    },
    /// It is not asked again: what was asked for cannot be had.
    Ended {
        /// Why.
        what: String,
        /// The next step.
        hint: Option<String>,
    },
}

/// What is told of a log that is read or followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogNews {
    /// The first stretch: what was said before anybody looked.
    Began(LogPage),
    /// More lines; most of them new, some older than those before.
    Lines(Vec<LogLine>),
    /// Lines from before the first ones, or why there are none.
    Older(Result<LogPage, SourceError>),
    /// How it is doing.
    State(LogState),
}

/// The identity of a line by what it says, for backends that give it none: stream, time and text (FNV-1a).
pub fn content_id(stream: &str, millis: i64, text: &str) -> u64 {
    let bytes = stream.bytes().chain([0]).chain(millis.to_le_bytes()).chain(text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_as_libraries_write_them() {
        for (word, level) in [
            ("WARN", Some(LogLevel::Warn)),
            ("Warning", Some(LogLevel::Warn)),
            ("err", Some(LogLevel::Error)),
            ("CRITICAL", Some(LogLevel::Fatal)),
            ("note", None),
        ] {
            assert_eq!(LogLevel::from_word(word), level, "{word}");
        }
        assert_eq!("loud".parse::<LogLevel>().unwrap_err(), "expected one of trace, debug, info, warn, error, fatal");
    }

    #[test]
    fn what_has_no_level_is_never_hidden_by_one() {
        let mut line = LogLine::gap(Timestamp::UNIX_EPOCH, "x");
        assert!(line.is_at_least(Some(LogLevel::Fatal)) && line.is_at_least(None));
        line.level = Some(LogLevel::Info);
        assert!(!line.is_at_least(Some(LogLevel::Warn)) && line.is_at_least(Some(LogLevel::Info)));
    }

    #[test]
    fn tasks_are_wanted_by_the_beginning_of_their_id() {
        let mut scope = LogScope::of(ServiceId::new("prod", "web"));
        assert!(scope.wants(None));
        scope.tasks = vec!["ab".to_owned()];
        assert!(scope.wants(Some("abc")) && !scope.wants(Some("b")) && !scope.wants(None));
    }
}

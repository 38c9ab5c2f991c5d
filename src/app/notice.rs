//! Short messages to the operator, one at a time, none lost silently.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something was done.
    Info,
    /// Something is not as asked for.
    Warning,
    /// Something failed.
    Error,
}

impl Level {
    /// How long a notice stays by itself; an error stays until a key is pressed.
    const fn stays(self) -> Option<Duration> {
        match self {
            Self::Info => Some(Duration::from_secs(5)),
            Self::Warning => Some(Duration::from_secs(20)),
            Self::Error => None,
        }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// One or a few short sentences. Foreign text in it is sanitised by whoever made the notice.
    pub text: String,
}

impl Notice {
    /// Something was done.
    pub fn info(text: impl Into<String>) -> Self {
        Self { level: Level::Info, text: text.into() }
    }

    /// Something is not as asked for.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { level: Level::Warning, text: text.into() }
    }

    /// Something failed.
    pub fn error(text: impl Into<String>) -> Self {
        Self { level: Level::Error, text: text.into() }
    }
}

/// The most notices kept; of a flood, the oldest of the least important leave.
const MOST: usize = 50;

/// The most notices remembered.
const REMEMBERED: usize = 500;

/// The notices that wait, the worst and oldest of them shown.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    /// Worst first, then oldest first; the first is shown.
    waiting: Vec<Notice>,
    /// Since when the first is shown.
    shown_since: Option<Timestamp>,
    /// Everything said, newest first.
    said: VecDeque<(Timestamp, Notice)>,
}

impl Notices {
    /// Adds a notice. One that says the same as one that waits already is not repeated.
    pub fn push(&mut self, notice: Notice, now: Timestamp) {
        if self.waiting.contains(&notice) {
            return;
        }
        self.said.push_front((now, notice.clone()));
        self.said.truncate(REMEMBERED);
        let position = self.waiting.partition_point(|other| other.level >= notice.level);
        self.waiting.insert(position, notice);
        self.waiting.truncate(MOST);
        if position == 0 {
            self.shown_since = Some(now);
        }
    }

    /// Everything said since the start, newest first, as far as it is remembered.
    pub fn said(&self) -> impl ExactSizeIterator<Item = &(Timestamp, Notice)> {
        self.said.iter()
    }

    /// The notice shown and how many more wait behind it.
    pub fn shown(&self) -> Option<(&Notice, usize)> {
        self.waiting.first().map(|notice| (notice, self.waiting.len() - 1))
    }

    /// Lets the one shown go when its time is over. Says whether anything changed.
    pub fn tick(&mut self, now: Timestamp) -> bool {
        let Some(stays) = self.waiting.first().and_then(|notice| notice.level.stays()) else { return false };
        let since = *self.shown_since.get_or_insert(now);
        let over = now.duration_since(since).unsigned_abs() >= stays;
        if over {
            self.dismiss(now);
        }
        over
    }

    /// Lets the one shown go. Says whether there was one.
    pub fn dismiss(&mut self, now: Timestamp) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        self.waiting.remove(0);
        self.shown_since = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn shown(notices: &Notices) -> Option<(&str, usize)> {
        notices.shown().map(|(notice, more)| (notice.text.as_str(), more))
    }

    #[test]
    fn the_worst_is_shown_first_and_the_others_are_counted() {
        let mut notices = Notices::default();
        notices.push(Notice::info("copied"), at(0));
        notices.push(Notice::error("first"), at(0));
        notices.push(Notice::error("second"), at(0));
        notices.push(Notice::error("second"), at(0));
        assert_eq!(shown(&notices), Some(("first", 2)));
        assert!(!notices.tick(at(3_600)), "an error stays");
        assert!(notices.dismiss(at(3_600)) && notices.dismiss(at(3_600)));
        assert_eq!(shown(&notices), Some(("copied", 0)));
        assert!(!notices.tick(at(3_604)), "its five seconds begin when it is seen");
        assert!(notices.tick(at(3_605)));
        assert_eq!(shown(&notices), None);
        assert!(!notices.dismiss(at(3_605)));
    }

    #[test]
    fn a_flood_is_bounded_and_keeps_what_matters() {
        let mut notices = Notices::default();
        notices.push(Notice::error("disk"), at(0));
        for number in 0..1_000 {
            notices.push(Notice::info(number.to_string()), at(0));
        }
        assert_eq!(shown(&notices), Some(("disk", MOST - 1)));
    }
}

//! What the journal tells a screen.

use jiff::{SignedDuration, Timestamp};

use super::Operator;
use crate::domain::journal::{Story, stories};
use crate::exec::is_alive;

/// How far back a screen looks.
const LATELY: SignedDuration = SignedDuration::from_hours(24 * 30);

impl Operator {
    /// The changes of the last thirty days, of every context and everybody whose journal this is, the newest first. Reads
    /// files: call it where waiting is allowed.
    ///
    /// # Errors
    /// Where the journal cannot be read, and the next step.
    pub fn stories(&self) -> Result<Vec<Story>, String> {
        let now = self.moment().stamp;
        let since = now.checked_sub(LATELY).unwrap_or(Timestamp::MIN);
        let contents = self.0.door.journal().read(since).map_err(|error| format!("{error}: {}", error.hint))?;
        let here = self.0.door.who();
        let mut told = stories(&contents.records, &|who| is_alive(who, here), now);
        told.sort_by_key(|story| std::cmp::Reverse(story.began));
        Ok(told)
    }
}

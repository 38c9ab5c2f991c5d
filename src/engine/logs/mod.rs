//! Reads logs, and follows them: by asking again and again, or live. A backend that fails is asked again with growing
//! pauses for as long as somebody looks, and what may be missing is marked in the log itself.

mod follow;
mod seen;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Station;
use crate::domain::{ErrorClass, LogAsk, LogPage, LogScope, LogStreams, SourceError};

pub use follow::{Follow, FollowAsk};

/// The longest a stretch may take to be read while somebody waits.
const WITHIN: Duration = Duration::from_secs(20);

/// How far back one look for older lines goes.
const OLDER_SPAN: SignedDuration = SignedDuration::from_hours(6);

/// The most lines one look for older lines brings.
const OLDER_LINES: usize = 5_000;

/// A stretch of a log, read once.
///
/// # Errors
/// When nothing could be read, or the context has no logs.
pub async fn read(station: &Station, ask: &LogAsk, within: Duration) -> Result<LogPage, SourceError> {
    let Some(source) = &station.logs else { return Err(no_logs()) };
    let grace = within + Duration::from_secs(1);
    tokio::time::timeout(grace, source.read(ask, within)).await.unwrap_or_else(|_| {
        let waited = crate::format::duration_fine(within);
        Err(SourceError::new(ErrorClass::Timeout, format!("{}: no lines within {waited}", source.place())))
    })
}

/// The streams of the tasks of a scope, those of long ago included; nothing where the backend has no streams.
///
/// # Errors
/// When they cannot be listed, or the context has no logs.
pub async fn streams(station: &Station, scope: &LogScope, within: Duration) -> Result<Option<LogStreams>, SourceError> {
    let Some(source) = &station.logs else { return Err(no_logs()) };
    source.streams(scope, within).await
}

/// What was said before a moment: a few thousand lines, or those of the six hours before.
///
/// # Errors
/// As [`read`].
pub async fn older(station: &Station, scope: &LogScope, before: Timestamp) -> Result<LogPage, SourceError> {
    let from = before.saturating_sub(OLDER_SPAN).unwrap_or(Timestamp::MIN);
    let ask = LogAsk { scope: scope.clone(), from, to: Some(before), now: station.now(), most: OLDER_LINES };
    let mut page = read(station, &ask, WITHIN).await?;
    // From here on all was read: the next look begins there.
    page.cut_before = Some(page.cut_before.unwrap_or(from));
    Ok(page)
}

fn no_logs() -> SourceError {
    SourceError::new(ErrorClass::Unsupported, "this context has no logs: it has neither aws nor loki")
        .with_hint("add [contexts.NAME.aws], or [contexts.NAME.logs.loki]")
}

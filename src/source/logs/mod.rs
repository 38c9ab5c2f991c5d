//! Logs: CloudWatch Logs, Loki, and the simulated fleet's. Every line is made harmless here, where it enters.

mod cloudwatch;
mod loki;
pub mod sim;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Answer;
use crate::config;
use crate::domain::{
    ErrorClass, LogAsk, LogKind, LogLine, LogLive, LogOrigin, LogPage, LogScope, LogStreams, SourceError,
    log::content_id,
};
use crate::format::{level_of, log_text};
use crate::net::aws::Aws;
use crate::net::http::Clients;

/// Where the logs of one context are. Opening it does no I/O.
pub trait LogSource: Send + Sync {
    /// Where that is, free of secrets.
    fn place(&self) -> String;

    /// Requests sent so far.
    fn requests(&self) -> u64;

    /// A stretch of a log: its newest lines, the oldest of them first. Reads backwards for as long as it may, and says in
    /// the page how far it came.
    ///
    /// # Errors
    /// When nothing could be read.
    fn read<'a>(&'a self, ask: &'a LogAsk, within: Duration) -> Answer<'a, Result<LogPage, SourceError>>;

    /// The streams of the tasks of a scope, those that ran long ago included. None where the backend has no streams.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn streams<'a>(
        &'a self,
        _scope: &'a LogScope,
        _within: Duration,
    ) -> Answer<'a, Result<Option<LogStreams>, SourceError>> {
        Box::pin(async { Ok(None) })
    }

    /// What reading live costs, where it can be done.
    fn live_cost(&self) -> Option<&'static str> {
        None
    }

    /// Begins to read live: lines are sent as they are said.
    ///
    /// # Errors
    /// When the backend cannot do that or refuses.
    fn live<'a>(
        &'a self,
        _scope: &'a LogScope,
        _within: Duration,
    ) -> Answer<'a, Result<Box<dyn LiveLog>, SourceError>> {
        let place = self.place();
        Box::pin(async move {
            let what = format!("{place}: has no live tail");
            Err(SourceError::new(ErrorClass::Unsupported, what).with_hint("follow without live: new lines are polled"))
        })
    }
}

/// A log being read live.
pub trait LiveLog: Send {
    /// What comes next; `None` when the session's time is over and another can be begun.
    ///
    /// # Errors
    /// When the backend ends the session for another reason, or the connection breaks.
    fn next(&mut self) -> Answer<'_, Result<Option<LogLive>, SourceError>>;
}

/// The logs of a context: Loki where it is configured, else CloudWatch Logs; nothing where there is neither.
pub fn open(context: &config::Context, aws: Option<&Aws>, clients: &Clients) -> Option<Arc<dyn LogSource>> {
    if let Some(settings) = &context.logs.loki {
        return Some(Arc::new(loki::Loki::open(settings, context.grafana.as_ref(), clients)));
    }
    let aws = aws?;
    Some(Arc::new(cloudwatch::CloudWatchLogs::open(aws, &context.logs.groups)))
}

/// One line from foreign text. `id` is what the backend knows it by; without one, what it says is.
fn line(origin: &Arc<LogOrigin>, at: Timestamp, foreign: &str, id: Option<u64>) -> LogLine {
    let clean = log_text(foreign);
    LogLine {
        at,
        origin: Arc::clone(origin),
        level: level_of(foreign),
        id: id.unwrap_or_else(|| content_id(&origin.stream, at.as_millisecond(), &clean.text)),
        text: clean.text.into_boxed_str(),
        hidden: clean.hidden,
        kind: LogKind::Said,
    }
}

/// The lines of a page in their order, at most `most` of them: the newest.
fn newest(mut lines: Vec<LogLine>, most: usize) -> Vec<LogLine> {
    // Stable: lines of one millisecond stay as the backend gave them.
    lines.sort_by_key(|line| line.at);
    let surplus = lines.len().saturating_sub(most);
    lines.drain(..surplus);
    lines
}

/// The first run of 32 hexadecimal digits: a task's id, wherever it stands in a stream's name or an ARN.
fn task_id(name: &str) -> Option<&str> {
    const LENGTH: usize = 32;
    name.split(|c: char| !c.is_ascii_hexdigit()).find(|part| part.len() == LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_found_in_the_names_of_streams() {
        let id = "0123456789abcdef0123456789abcdef";
        for (name, found) in [
            (format!("ecs/web/{id}"), Some(id)),
            (format!("web-firelens-{id}"), Some(id)),
            (format!("arn:aws:ecs:eu-west-1:1:task/prod/{id}"), Some(id)),
            ("ecs/web/short".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(task_id(&name), found, "{name}");
        }
    }

    #[test]
    fn of_too_many_lines_the_newest_stay_in_order() {
        let origin = Arc::new(LogOrigin::default());
        let said = |second: i64, text: &str| line(&origin, Timestamp::from_second(second).unwrap(), text, None);
        let kept = newest(vec![said(3, "c"), said(1, "a"), said(3, "d"), said(2, "b")], 3);
        assert_eq!(kept.iter().map(|line| &*line.text).collect::<Vec<_>>(), ["b", "c", "d"]);
    }
}

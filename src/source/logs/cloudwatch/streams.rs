//! Which streams there are of tasks, whenever they ran: ECS forgets a task an hour after it stopped, its log does not.

use aws_sdk_cloudwatchlogs::types::{LogStream as Wire, OrderBy};
use jiff::Timestamp;

use super::Inner;
use super::place::{Place, Streams, find};
use super::read::origin;
use crate::domain::{LogScope, LogStream, LogStreams, SourceError};
use crate::format::sanitise;
use crate::net::aws::{Call, Session};

/// Streams a call brings; AWS's own limit.
const A_CALL: i32 = 50;

/// The most pages looked through where streams cannot be asked for by the beginning of their names.
const MAX_PAGES: usize = 10;

/// How much of a task's id a name near it shares with it.
const NEAR: usize = 4;

/// The streams of the tasks that are wanted; of those there is none of, what is near.
pub(super) async fn list(inner: &Inner, session: &Session, scope: &LogScope) -> Result<LogStreams, SourceError> {
    let found = find(inner, session, &scope.service).await?;
    let mut streams = LogStreams::default();
    for place in &found.places {
        let lister = Lister { session, place };
        match (place.before_tasks(), &place.streams) {
            (Some(prefix), _) => {
                for task in &scope.tasks {
                    streams.found.extend(lister.beginning(&format!("{prefix}{task}")).await?);
                }
            }
            (None, Streams::Beginning(_) | Streams::All) => {
                let all = lister.newest(MAX_PAGES).await?;
                streams.found.extend(all.into_iter().filter(|one| scope.wants(one.origin.task.as_deref())));
            }
            // They are called after containers of tasks that ECS knows.
            (None, Streams::Named(_)) => {}
        }
    }
    if streams.found.is_empty() {
        for place in &found.places {
            streams.near.extend(Lister { session, place }.near(&scope.tasks).await?);
        }
    }
    for list in [&mut streams.found, &mut streams.near] {
        list.sort_by_key(|one| (std::cmp::Reverse(one.last), one.origin.stream.clone()));
        list.dedup();
    }
    Ok(streams)
}

/// Lists the streams of one place.
struct Lister<'a> {
    session: &'a Session,
    place: &'a Place,
}

impl Lister<'_> {
    /// Those whose names begin so.
    async fn beginning(&self, prefix: &str) -> Result<Vec<LogStream>, SourceError> {
        self.pages(Some(prefix), 1).await
    }

    /// Those that something was said in last.
    async fn newest(&self, pages: usize) -> Result<Vec<LogStream>, SourceError> {
        self.pages(None, pages).await
    }

    /// Names that begin as a wanted one does, else those that something was said in last.
    async fn near(&self, tasks: &[String]) -> Result<Vec<LogStream>, SourceError> {
        if let Some(prefix) = self.place.before_tasks() {
            let mut alike = Vec::new();
            for task in tasks {
                let beginning: String = task.chars().take(NEAR).collect();
                alike.extend(self.beginning(&format!("{prefix}{beginning}")).await?);
            }
            if !alike.is_empty() {
                return Ok(alike);
            }
        }
        self.newest(1).await
    }

    async fn pages(&self, prefix: Option<&str>, most: usize) -> Result<Vec<LogStream>, SourceError> {
        let client = self.session.logs(self.place.region.as_deref());
        let about = format!("group {}", sanitise(&self.place.group));
        let call = Call { service: "logs", action: "DescribeLogStreams", about: &about };
        let mut token: Option<String> = None;
        let mut streams = Vec::new();
        for _ in 0..most {
            let request = client.describe_log_streams().log_group_name(&self.place.group).limit(A_CALL);
            let request = match prefix {
                Some(prefix) => request.log_stream_name_prefix(prefix),
                // By the time of what was said last they can be had only without a beginning.
                None => request.order_by(OrderBy::LastEventTime).descending(true),
            };
            let answer = self.session.call(call, request.set_next_token(token.clone()).send()).await?;
            streams.extend(answer.log_streams().iter().filter_map(|wire| self.stream(wire)));
            match answer.next_token {
                Some(next) if Some(&next) != token.as_ref() => token = Some(next),
                _ => break,
            }
        }
        Ok(streams)
    }

    fn stream(&self, wire: &Wire) -> Option<LogStream> {
        let name = wire.log_stream_name()?;
        if let Streams::Beginning(prefix) = &self.place.streams
            && !name.starts_with(prefix.as_str())
        {
            return None;
        }
        let moment = |millisecond: Option<i64>| Timestamp::from_millisecond(millisecond?).ok();
        // What was said last is noted up to an hour late; when it came in is noted at once.
        let last = moment(wire.last_event_timestamp()).max(moment(wire.last_ingestion_time()));
        let first = moment(wire.first_event_timestamp().or(wire.creation_time()));
        Some(LogStream { origin: origin(self.place, name), first, last })
    }
}

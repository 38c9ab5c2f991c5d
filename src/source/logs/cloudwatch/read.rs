//! Reading a stretch of a log. `FilterLogEvents` answers forwards in time and people want the newest lines, so the stretch
//! is read in windows from its end back, each longer than the one after it, until there are enough lines.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use jiff::{SignedDuration, Timestamp};

use super::Inner;
use super::place::{Found, Place, Streams, find};
use super::roll::Owner;
use crate::domain::log::content_id;
use crate::domain::{ErrorClass, LogAsk, LogLine, LogOrigin, LogPage, SourceError};
use crate::format::sanitise;
use crate::net::aws::ecs::map::short_name;
use crate::net::aws::ecs::{Api, TASKS_A_CALL};
use crate::net::aws::{Call, Session};
use crate::net::http::Deadline;
use crate::source::logs::{line, newest, task_id};

/// The newest window, in seconds; each one before it is four times as long.
const FIRST_WINDOW: i64 = 60;

/// A stretch no longer than this is read at once, in seconds.
const AT_ONCE: i64 = 300;

/// The most streams that one call can name.
const STREAMS_A_CALL: usize = 100;

/// The most tasks that are asked for one by one; of more, all that the service said is read.
const TASKS_BY_NAME: usize = 4;

/// The most pages of one window: 10,000 events or one MiB each.
const MAX_PAGES: usize = 2_000;

/// One reading.
pub(super) struct Reading<'a> {
    inner: &'a Inner,
    session: &'a Session,
    ask: &'a LogAsk,
    deadline: Deadline,
    origins: HashMap<String, Arc<LogOrigin>>,
}

/// A window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    from: Timestamp,
    to: Option<Timestamp>,
}

/// What came of a window.
enum Came {
    Whole,
    /// The time was used up; lines up to here were read.
    Part(Option<Timestamp>),
}

impl<'a> Reading<'a> {
    pub(super) fn new(inner: &'a Inner, session: &'a Session, ask: &'a LogAsk, deadline: Deadline) -> Self {
        Self { inner, session, ask, deadline, origins: HashMap::new() }
    }

    pub(super) async fn read(mut self) -> Result<LogPage, SourceError> {
        let found = find(self.inner, self.session, &self.ask.scope.service).await?;
        let mut page = LogPage { notes: found.notes.clone(), ..LogPage::default() };
        let mut lines: Vec<LogLine> = Vec::new();
        for window in windows(self.ask) {
            let mut of_window = Vec::new();
            match self.window(&found, window, &mut of_window).await? {
                Came::Whole => lines.extend(of_window),
                Came::Part(_) if !lines.is_empty() => {
                    // Its newest lines are missing: they would stand next to later ones as if nothing were between them.
                    page.cut_before = window.to;
                    page.notes.push("older lines were not read: the time for reading was used up".to_owned());
                    break;
                }
                Came::Part(reached) => {
                    lines.extend(of_window);
                    let at = reached.unwrap_or(window.from);
                    lines.push(LogLine::gap(at, "later lines were not read: the time for reading was used up"));
                    page.cut_before = Some(window.from);
                    break;
                }
            }
            if lines.len() >= self.ask.most {
                page.cut_before = (window.from > self.ask.from || lines.len() > self.ask.most).then_some(window.from);
                break;
            }
        }
        self.disown(&found, &mut lines, &mut page.notes).await;
        let before = lines.len();
        page.lines = newest(lines, self.ask.most);
        if page.lines.len() < before {
            page.cut_before = page.lines.first().map(|line| line.at);
        }
        Ok(page)
    }

    /// Every line of a window, of every place.
    async fn window(&mut self, found: &Found, window: Window, lines: &mut Vec<LogLine>) -> Result<Came, SourceError> {
        for place in &found.places {
            for streams in selections(place, &self.ask.scope.tasks) {
                let came = self.pages(place, &streams, window, lines).await?;
                if let Came::Part(_) = came {
                    return Ok(came);
                }
            }
        }
        Ok(Came::Whole)
    }

    /// Every page of a selection of streams. Pages may be empty and yet not the last: only a missing token is the end.
    async fn pages(
        &mut self,
        place: &Place,
        streams: &Streams,
        window: Window,
        lines: &mut Vec<LogLine>,
    ) -> Result<Came, SourceError> {
        let client = self.session.logs(place.region.as_deref());
        let about = format!("group {}", sanitise(&place.group));
        let mut token: Option<String> = None;
        let mut reached = None;
        for _ in 0..MAX_PAGES {
            self.inner.turnstile.pass().await;
            if self.deadline.remaining().is_zero() {
                return Ok(Came::Part(reached));
            }
            let request = self.request(&client, place, streams, window).set_next_token(token.clone());
            let call = Call { service: "logs", action: "FilterLogEvents", about: &about };
            let answer = match self.session.call(call, request.send()).await {
                Ok(answer) => answer,
                Err(error) if error.class == ErrorClass::Timeout && token.is_some() => return Ok(Came::Part(reached)),
                Err(error) => return Err(explained(error, place)),
            };
            // An empty list is sent where nothing was said; without one it is not CloudWatch that answers.
            let Some(events) = &answer.events else {
                let what = format!("{}: the answer holds no list of events", call.in_region(self.session.region()));
                return Err(
                    SourceError::new(ErrorClass::Garbage, what).with_hint("check endpoint_url, and proxies on the way")
                );
            };
            for event in events {
                if let Some(line) = self.line(place, event) {
                    reached = reached.max(Some(line.at));
                    lines.push(line);
                }
            }
            // Enough is enough: of what is beyond, the oldest would leave anyway.
            if lines.len() > 4 * self.ask.most.max(10_000) {
                let kept = newest(std::mem::take(lines), self.ask.most + 1);
                *lines = kept;
            }
            match answer.next_token.filter(|next| !next.is_empty()) {
                None => return Ok(Came::Whole),
                next if next == token => {
                    let what = format!("{}: a page came twice", call.in_region(self.session.region()));
                    return Err(SourceError::new(ErrorClass::Garbage, what));
                }
                next => token = next,
            }
        }
        Ok(Came::Part(reached))
    }

    fn request(
        &self,
        client: &Client,
        place: &Place,
        streams: &Streams,
        window: Window,
    ) -> aws_sdk_cloudwatchlogs::operation::filter_log_events::builders::FilterLogEventsFluentBuilder {
        let request = client
            .filter_log_events()
            .log_group_name(&place.group)
            .start_time(window.from.as_millisecond().max(0))
            // The last millisecond is included here, and not in what was asked for.
            .set_end_time(window.to.map(|to| to.as_millisecond().saturating_sub(1).max(0)))
            .set_filter_pattern(self.ask.scope.pattern.clone());
        match streams {
            Streams::All => request,
            Streams::Beginning(prefix) => request.log_stream_name_prefix(prefix),
            Streams::Named(names) => request.set_log_stream_names(Some(names.clone())),
        }
    }

    fn line(&mut self, place: &Place, event: &FilteredLogEvent) -> Option<LogLine> {
        let stream = event.log_stream_name().unwrap_or_default();
        let origin = self.origins.entry(stream.to_owned()).or_insert_with(|| Arc::new(origin(place, stream))).clone();
        if !self.ask.scope.wants(origin.task.as_deref()) {
            return None;
        }
        let at = Timestamp::from_millisecond(event.timestamp()?).ok()?;
        let id = event.event_id().map(|id| content_id("", 0, id));
        Some(line(&origin, at, event.message().unwrap_or_default(), id))
    }

    /// Leaves out the lines of other services' tasks, which share group, prefix and container name with this one's.
    async fn disown(&self, found: &Found, lines: &mut Vec<LogLine>, notes: &mut Vec<String>) {
        let Some(cluster) = &found.cluster else { return };
        let tasks: BTreeSet<String> = lines.iter().filter_map(|line| line.origin.task.clone()).collect();
        if let Err(error) = learn(self.inner, self.session, cluster, tasks).await {
            notes.push(format!("whose tasks these are could not be checked: {error}"));
        }
        let roll = self.inner.roll();
        lines
            .retain(|line| !line.origin.task.as_deref().is_some_and(|task| roll.is_foreign(task, &found.service.name)));
    }
}

/// Asks ECS whose these tasks are, as far as that is not known.
pub(super) async fn learn(
    inner: &Inner,
    session: &Session,
    cluster: &str,
    tasks: BTreeSet<String>,
) -> Result<(), SourceError> {
    let unknown: Vec<String> = {
        let roll = inner.roll();
        tasks.into_iter().filter(|task| !roll.knows(task)).collect()
    };
    let api = Api::new(session);
    let about = format!("cluster {}", sanitise(short_name(cluster)));
    for some in unknown.chunks(TASKS_A_CALL) {
        let (described, _) = api.describe_tasks(cluster, &about, some).await?;
        let mut roll = inner.roll();
        for task in some {
            let group = described
                .iter()
                .find(|wire| wire.task_arn().is_some_and(|arn| short_name(arn) == task))
                .and_then(|wire| wire.group()?.strip_prefix("service:"));
            roll.learn(task, group.map_or(Owner::Nobody, |name| Owner::Service(name.to_owned())));
        }
    }
    Ok(())
}

/// Who says what is in a stream.
pub(super) fn origin(place: &Place, stream: &str) -> LogOrigin {
    let after = match &place.streams {
        Streams::Beginning(prefix) => stream.strip_prefix(prefix.as_str()),
        _ => None,
    };
    // `prefix/container/TASK`: whatever follows is the task, be it 32 digits or the UUID of older tasks.
    let task =
        task_id(stream).or(after.filter(|rest| !rest.is_empty() && !rest.contains('/') && place.container.is_some()));
    LogOrigin {
        task: task.map(|task| sanitise(task).into_owned()),
        container: place.container.clone(),
        stream: sanitise(stream).into_owned(),
    }
}

/// The windows of a stretch, the newest first.
fn windows(ask: &LogAsk) -> Vec<Window> {
    let end = ask.to.unwrap_or(ask.now).max(ask.from);
    let mut windows = Vec::new();
    let mut to = ask.to;
    let mut edge = end;
    let mut length = FIRST_WINDOW;
    while edge.duration_since(ask.from).as_secs() > AT_ONCE.max(length) {
        let from = edge.saturating_sub(SignedDuration::from_secs(length)).unwrap_or(ask.from);
        windows.push(Window { from, to });
        (to, edge, length) = (Some(from), from, length * 4);
    }
    windows.push(Window { from: ask.from, to });
    windows
}

/// How streams are named in calls: a hundred at a time. A few tasks by their whole ids are asked for by how their streams
/// begin: a stream that is named and not there (a container that never spoke) would be an error.
fn selections(place: &Place, tasks: &[String]) -> Vec<Streams> {
    if let Some(prefix) = place.before_tasks().filter(|_| (1..=TASKS_BY_NAME).contains(&tasks.len())) {
        return tasks.iter().map(|task| Streams::Beginning(format!("{prefix}{task}"))).collect();
    }
    match &place.streams {
        // Asking for no stream in particular would be asking for all of them.
        Streams::Named(names) => names.chunks(STREAMS_A_CALL).map(|some| Streams::Named(some.to_vec())).collect(),
        other => vec![other.clone()],
    }
}

/// A group that does not exist is usually one that nothing has been said in yet.
fn explained(error: SourceError, place: &Place) -> SourceError {
    if error.what.contains("ResourceNotFoundException") {
        let group = sanitise(&place.group);
        return error.with_hint(format!(
            "nothing was written there yet, or {group} is in another region or account: see awslogs-group and awslogs-region"
        ));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LogScope, ServiceId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn windows_grow_backwards_and_cover_the_stretch_once() {
        let scope = LogScope::of(ServiceId::new("prod", "web"));
        let ask = LogAsk { scope, from: at(0), to: None, now: at(3_600), most: 10 };
        let windows = windows(&ask);
        let seconds: Vec<_> = windows.iter().map(|w| (w.from.as_second(), w.to.map(Timestamp::as_second))).collect();
        assert_eq!(seconds, [(3_540, None), (3_300, Some(3_540)), (2_340, Some(3_300)), (0, Some(2_340))]);
        let short = LogAsk { from: at(3_590), ..ask };
        assert_eq!(super::windows(&short), [Window { from: at(3_590), to: None }]);
        let backwards = LogAsk { from: at(9_999), ..short };
        assert_eq!(super::windows(&backwards).len(), 1);
    }

    #[test]
    fn a_task_is_one_stream_and_many_streams_are_several_calls() {
        let id = "0123456789abcdef0123456789abcdef".to_owned();
        let place = |streams| Place { region: None, group: "/g".into(), streams, container: Some("web".into()) };
        let prefix = place(Streams::Beginning("ecs/web/".into()));
        let unchanged = vec![prefix.streams.clone()];
        assert_eq!(selections(&prefix, &[]), unchanged);
        let firelens = place(Streams::Beginning("from-fluentbit-".into()));
        assert_eq!(selections(&firelens, std::slice::from_ref(&id)), std::slice::from_ref(&firelens.streams));
        assert_eq!(selections(&prefix, std::slice::from_ref(&id)), [Streams::Beginning(format!("ecs/web/{id}"))]);
        assert_eq!(selections(&prefix, &vec![id; 9]), unchanged);
        let many = place(Streams::Named((0..250).map(|number| number.to_string()).collect()));
        assert_eq!(selections(&many, &[]).len(), 3);
        assert!(selections(&place(Streams::Named(Vec::new())), &[]).is_empty());
    }

    #[test]
    fn a_stream_says_whose_it_is() {
        let place = Place {
            region: None,
            group: "/g".into(),
            streams: Streams::Beginning("ecs/web/".into()),
            container: Some("web".into()),
        };
        let uuid = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
        assert_eq!(origin(&place, &format!("ecs/web/{uuid}")).task.as_deref(), Some(uuid));
        assert_eq!(origin(&Place { streams: Streams::All, container: None, ..place }, "x/y").task, None);
    }
}

//! Tasks that were asked for and said nothing in that time: they spoke before, are quiet, or are none.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::args::Cli;
use super::super::setup::Opened;
use crate::domain::{LogLine, LogScope, LogStream, LogStreams, ServiceId, Task, TaskState};
use crate::engine;
use crate::format;

/// How many tasks of a kind are named where there is no such task.
const MOST_TOLD: usize = 8;

/// What there is of tasks that said nothing.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Streams of tasks that spoke before.
    pub(super) before: Vec<LogStream>,
    /// Tasks that there are none of, by what was asked for.
    pub(super) absent: Option<Absent>,
}

/// Tasks that there are none of.
#[derive(Debug)]
pub(super) struct Absent {
    /// Which, and how that is known.
    pub(super) what: String,
    /// Those there are.
    pub(super) instead: String,
    /// Whether it is so of every task that was asked for.
    pub(super) is_all: bool,
}

/// The tasks of a scope that none of the lines is of.
pub(super) fn quiet(scope: &LogScope, lines: &[LogLine]) -> Vec<String> {
    let is_of = |line: &LogLine, wanted: &str| line.origin.task.as_ref().is_some_and(|task| task.starts_with(wanted));
    scope.tasks.iter().filter(|wanted| !lines.iter().any(|line| is_of(line, wanted))).cloned().collect()
}

/// Looks for tasks that said nothing: in the list of streams first, which knows those that ECS has forgotten; of what is
/// not there ECS is asked.
pub(super) async fn look(cli: &Cli, opened: &Opened, scope: &LogScope, quiet: Vec<String>) -> Findings {
    if quiet.is_empty() {
        return Findings::default();
    }
    let asked = LogScope { tasks: quiet, ..scope.clone() };
    // Where they may not be listed, ECS is all there is to ask.
    let listed = engine::streams(&opened.station, &asked, cli.once.timeout).await.ok().flatten();
    let is_in_list = |wanted: &String| {
        let is_of = |one: &LogStream| one.origin.task.as_ref().is_some_and(|task| task.starts_with(wanted.as_str()));
        listed.as_ref().is_some_and(|listed| listed.found.iter().any(is_of))
    };
    let unlisted: Vec<&str> = asked.tasks.iter().filter(|wanted| !is_in_list(wanted)).map(String::as_str).collect();
    let absent = absent(cli, opened, scope, &unlisted, listed.as_ref()).await;
    Findings { before: listed.map(|listed| listed.found).unwrap_or_default(), absent }
}

async fn absent(
    cli: &Cli,
    opened: &Opened,
    scope: &LogScope,
    unlisted: &[&str],
    listed: Option<&LogStreams>,
) -> Option<Absent> {
    if unlisted.is_empty() {
        return None;
    }
    let snapshot = engine::once(&opened.station, cli.once.timeout).await;
    let is_meant =
        |id: &ServiceId| id.name == scope.service.name && [&id.cluster, ""].contains(&&*scope.service.cluster);
    let services = snapshot.services.iter().filter(|service| is_meant(&service.id));
    let known: Vec<_> = services.filter_map(|service| service.ecs.as_deref()).filter(|ecs| ecs.tasks_known).collect();
    let tasks: Vec<&Task> = known.iter().flat_map(|ecs| &ecs.tasks).collect();
    // Nobody can say that there is none where ECS does not tell.
    if known.is_empty() || (tasks.is_empty() && listed.is_none()) {
        return None;
    }
    let is_there = |wanted: &&&str| tasks.iter().any(|task| task.id.starts_with(**wanted));
    let absent: Vec<&str> = unlisted.iter().filter(|wanted| !is_there(wanted)).copied().collect();
    if absent.is_empty() {
        return None;
    }
    let (name, names) = (&scope.service.name, absent.join(", "));
    let how = match listed {
        Some(_) => "ECS knows none, and its log has no stream of one",
        None => "ECS knows none, and no such task said anything in that time",
    };
    Some(Absent {
        what: format!("{name} has no task {names}: {how}"),
        instead: there_are(&tasks, listed.map(|listed| listed.near.as_slice()).unwrap_or_default(), &opened.zone),
        is_all: absent.len() == scope.tasks.len(),
    })
}

/// `there are: running 3f9c21aa, 81bc02aa; stopped 77aa01bc; before that 55cd01aa (last 2026-11-22 09:02)`.
fn there_are(tasks: &[&Task], near: &[LogStream], zone: &TimeZone) -> String {
    let of = |word: &str, is: &dyn Fn(TaskState) -> bool| {
        let ids: Vec<&str> =
            tasks.iter().filter(|task| is(task.state)).map(|task| task.short_id()).take(MOST_TOLD).collect();
        (!ids.is_empty()).then(|| format!("{word} {}", ids.join(", ")))
    };
    let is_stopped = |state| matches!(state, TaskState::Stopped | TaskState::Stopping);
    let is_known = |one: &&LogStream| tasks.iter().any(|task| one.origin.task.as_ref() == Some(&task.id));
    let before: Vec<String> = near
        .iter()
        .filter(|one| !is_known(one))
        .take(MOST_TOLD)
        .map(|one| {
            let last = one.last.map(|at| format!(" (last {})", clock(at, zone))).unwrap_or_default();
            format!("{}{last}", one.origin.short())
        })
        .collect();
    let before = (!before.is_empty()).then(|| format!("in its log {}", before.join(", ")));
    let told = [of("running", &|state| !is_stopped(state)), of("stopped", &is_stopped), before];
    let told: Vec<String> = told.into_iter().flatten().collect();
    if told.is_empty() { "there is none at all".to_owned() } else { format!("there are: {}", told.join("; ")) }
}

/// When the first of these streams begins.
pub(super) fn beginning(streams: &[LogStream]) -> Option<Timestamp> {
    streams.iter().filter_map(|one| one.first).min()
}

/// What to say of tasks that spoke before what was asked for.
pub(super) fn spoke_before(streams: &[LogStream], zone: &TimeZone) -> Option<String> {
    let latest = streams.iter().max_by_key(|one| one.last)?;
    let (first, last) = (beginning(streams)?, latest.last?);
    let tasks = match streams {
        [_] => format!("task {} said its last", latest.origin.short()),
        several => format!("the last of {} was said", format::count(several.len(), "stream")),
    };
    Some(format!("{tasks} at {}; its log begins at {}", clock(last, zone), clock(first, zone)))
}

/// A moment as `--since` takes it.
fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LogOrigin;

    fn stream(task: &str, first: i64, last: i64) -> LogStream {
        let at = |second| Timestamp::from_second(second).ok();
        let origin = LogOrigin { task: Some(task.to_owned()), container: None, stream: format!("ecs/web/{task}") };
        LogStream { origin, first: at(first), last: at(last) }
    }

    #[test]
    fn where_there_is_no_such_task_those_in_the_log_are_named() {
        let near = [stream("3f9c21aa00000000", 0, 3_600), stream("81bc02aa00000000", 0, 60)];
        assert_eq!(
            there_are(&[], &near, &TimeZone::UTC),
            "there are: in its log 3f9c21aa (last 1970-01-01 01:00), 81bc02aa (last 1970-01-01 00:01)"
        );
        assert_eq!(there_are(&[], &[], &TimeZone::UTC), "there is none at all");
    }

    #[test]
    fn of_what_was_said_before_the_times_are_told() {
        assert_eq!(
            spoke_before(&[stream("3f9c21aa00000000", 60, 3_600)], &TimeZone::UTC).unwrap(),
            "task 3f9c21aa said its last at 1970-01-01 01:00; its log begins at 1970-01-01 00:01"
        );
        assert_eq!(spoke_before(&[], &TimeZone::UTC), None);
    }
}

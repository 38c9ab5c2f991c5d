//! `rounds logs`: what a service's tasks wrote, once or for as long as it is watched.

mod quiet;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use self::quiet::Absent;
use super::args::{Cli, LogsArgs, Output};
use super::environment::Environment;
use super::failure::{COULD_NOT_LOOK, Failure};
use super::setup::Opened;
use super::{FAREWELL, once, runtime, setup, stdout};
use crate::domain::{LogAsk, LogKind, LogLine, LogNews, LogPage, LogScope, LogState, ServiceId, SourceError};
use crate::engine::{self, Follow, FollowAsk};
use crate::{format, report};

/// The exit code where a part of what was asked for is missing.
const IN_PART: u8 = 1;

/// The longest a stretch may take to be read: a day of a busy service takes its time.
const WITHIN: Duration = Duration::from_mins(2);

/// From when on lines are read, where nothing else is asked for.
const SINCE: &str = "1h";

/// Prints, and follows where that is asked for.
pub fn run(cli: &Cli, args: &LogsArgs, environment: &Environment) -> Result<u8, Failure> {
    let writer_of = |json| {
        move |line: &LogLine, options: &report::logs::Options| {
            if json { report::logs::json(line) } else { report::logs::text(line, options) }
        }
    };
    let write = match cli.once.output {
        Output::Text => writer_of(false),
        Output::Json => writer_of(true),
        Output::Markdown | Output::Nagios => {
            return Err(Failure::new("logs are printed as text or json").with_hint("-o text, or -o json"));
        }
    };
    let service = service(cli, args)?;
    let opened = setup::station(cli, environment)?;
    for warning in &opened.warnings {
        stdout::complain(&report::problem(warning, None, false));
    }
    let look = once::options(cli, environment, &opened);
    let options = report::logs::Options {
        zone: look.zone,
        colour: look.colour,
        ascii: look.ascii,
        service: service.name.clone(),
    };
    let now = opened.station.clock.now();
    let moment = |text: &str, option: &str| {
        format::parse_moment(text, now, &opened.zone).map_err(|why| Failure::new(format!("--{option} {text}: {why}")))
    };
    let from = moment(args.since.as_deref().unwrap_or(SINCE), "since")?;
    let to = args.until.as_deref().map(|text| moment(text, "until")).transpose()?;
    if to.is_some_and(|to| to <= from) {
        return Err(Failure::new("--until is not after --since: nothing lies between them"));
    }
    let scope = LogScope { service, tasks: args.tasks.clone(), pattern: args.filter.clone() };
    let printer = Printer { args, options, write: &write };
    let runtime = runtime()?;
    let answer = runtime.block_on(async {
        if args.follow || args.live {
            follow(cli, &opened, &printer, scope, from).await
        } else {
            let ask = LogAsk { scope, from, to, now, most: printer.wanted(&opened) };
            let mut page = engine::read(&opened.station, &ask, WITHIN).await.map_err(|error| refused(&error))?;
            let missing = fill_in(cli, &opened, args, &ask, &mut page).await?;
            printer.page(page, from).map(|code| if missing { code.max(IN_PART) } else { code })
        }
    });
    runtime.shutdown_timeout(FAREWELL);
    answer
}

/// The service that is named, by the argument or by `--service`.
fn service(cli: &Cli, args: &LogsArgs) -> Result<ServiceId, Failure> {
    let name = args.service.needed(cli, "rounds logs api-2")?;
    if name.contains(['*', '?', '[']) {
        return Err(Failure::new(format!("`{name}` is a pattern: logs are read of one service"))
            .with_hint("rounds --once lists the services there are"));
    }
    Ok(match name.split_once('/') {
        Some((cluster, name)) => ServiceId::new(cluster, name),
        None => ServiceId::new("", name),
    })
}

fn refused(error: &SourceError) -> Failure {
    let failure = Failure::new(error.what.clone());
    match &error.hint {
        Some(hint) => failure.with_hint(hint.clone()),
        None => failure,
    }
}

/// What there is of tasks that said nothing in that time. Without a time of its own to look at, what they said before is
/// added to the page; otherwise it is said when that was. Answers with whether a part of what was asked for is missing.
///
/// # Errors
/// Where there is none of them.
async fn fill_in(
    cli: &Cli,
    opened: &Opened,
    args: &LogsArgs,
    ask: &LogAsk,
    page: &mut LogPage,
) -> Result<bool, Failure> {
    let findings = quiet::look(cli, opened, &ask.scope, quiet::quiet(&ask.scope, &page.lines)).await;
    if let Some(told) = quiet::spoke_before(&findings.before, &opened.zone) {
        let beginning = quiet::beginning(&findings.before).filter(|_| args.since.is_none() && args.until.is_none());
        if let Some(from) = beginning {
            let tasks = findings.before.iter().filter_map(|one| one.origin.task.clone()).collect();
            let earlier = LogAsk { scope: LogScope { tasks, ..ask.scope.clone() }, from, ..ask.clone() };
            let earlier = engine::read(&opened.station, &earlier, WITHIN).await.map_err(|error| refused(&error))?;
            page.lines.extend(earlier.lines);
            page.lines.sort_by_key(|line| line.at);
            page.cut_before = page.cut_before.max(earlier.cut_before);
            page.notes.extend(earlier.notes.into_iter().filter(|note| !page.notes.contains(note)).collect::<Vec<_>>());
            stdout::complain(&format!("note: {told}\n"));
        } else {
            stdout::complain(&format!("note: {told}: say --since for what it said then\n"));
        }
    }
    missing(findings.absent)
}

/// Says which of the tasks asked for there are not: nothing to print is no answer to a name that is misspelt.
fn missing(absent: Option<Absent>) -> Result<bool, Failure> {
    match absent {
        None => Ok(false),
        Some(absent) if absent.is_all => Err(Failure::new(absent.what).with_hint(absent.instead)),
        Some(absent) => {
            stdout::complain(&format!("note: {}; {}\n", absent.what, absent.instead));
            Ok(true)
        }
    }
}

/// Prints the lines that are wanted.
struct Printer<'a> {
    args: &'a LogsArgs,
    options: report::logs::Options,
    write: &'a dyn Fn(&LogLine, &report::logs::Options) -> String,
}

impl Printer<'_> {
    /// How many lines are to be read: those that only this side can choose from are many.
    fn wanted(&self, opened: &Opened) -> usize {
        let chooses = self.args.grep.is_some() || self.args.level.is_some();
        if chooses { opened.station.log_lines.max(self.args.lines) } else { self.args.lines }
    }

    fn wants(&self, line: &LogLine) -> bool {
        line.kind == LogKind::Gap
            || (line.is_at_least(self.args.level)
                && self.args.grep.as_ref().is_none_or(|regex| regex.is_match(&line.text)))
    }

    /// A stretch; says whether the reader is still there.
    fn lines(&self, lines: &[LogLine]) -> Result<bool, Failure> {
        let wanted = lines.iter().filter(|line| self.wants(line));
        stdout::reader_is_there(&wanted.map(|line| (self.write)(line, &self.options)).collect::<String>())
    }

    /// The newest lines of a stretch, and what is to be said about it; the exit code.
    fn page(&self, mut page: LogPage, from: Timestamp) -> Result<u8, Failure> {
        let has_gap = page.lines.iter().any(|line| line.kind == LogKind::Gap);
        page.lines.retain(|line| self.wants(line));
        let surplus = page.lines.len().saturating_sub(self.args.lines);
        page.lines.drain(..surplus);
        self.lines(&page.lines)?;
        for note in &page.notes {
            stdout::complain(&format!("note: {note}\n"));
        }
        let ran_out = page.notes.iter().any(|note| note.contains("were not read"));
        if surplus > 0 || (page.cut_before.is_some() && !ran_out) {
            let since = page.lines.first().map_or(from, |line| line.at).to_zoned(self.options.zone.clone());
            let since = since.strftime("%Y-%m-%d %H:%M:%S");
            stdout::complain(&format!(
                "note: these are the newest {}, from {since} on; -n {} prints more\n",
                format::count(page.lines.len(), "line"),
                self.args.lines.saturating_mul(10),
            ));
        }
        Ok(if has_gap || ran_out { IN_PART } else { 0 })
    }
}

/// Prints what comes until the person or the reader has enough.
async fn follow(
    cli: &Cli,
    opened: &Opened,
    printer: &Printer<'_>,
    scope: LogScope,
    from: Timestamp,
) -> Result<u8, Failure> {
    let ends = |kind| signal(kind).map_err(|error| Failure::new(format!("cannot listen to signals: {error}")));
    let (mut interrupt, mut terminate) = (ends(SignalKind::interrupt())?, ends(SignalKind::terminate())?);
    let live = printer.args.live;
    if live && let Some(cost) = opened.station.logs.as_ref().and_then(|logs| logs.live_cost()) {
        stdout::complain(&format!("live tail costs {cost}, for as long as this runs\n"));
    }
    let ask = FollowAsk { scope: scope.clone(), from, most: printer.wanted(opened), live };
    let (sender, mut news) = mpsc::unbounded_channel();
    let _following = Follow::start(Arc::new(opened.station.clone()), ask, sender);
    let mut began = false;
    let reader_gone = stdout::reader_gone();
    tokio::pin!(reader_gone);
    loop {
        let news = tokio::select! {
            biased;
            _ = interrupt.recv() => return Ok(0),
            _ = terminate.recv() => return Ok(0),
            () = &mut reader_gone => return Ok(0),
            news = news.recv() => news,
        };
        let reader_is_there = match news {
            None => return Ok(if began { 0 } else { COULD_NOT_LOOK }),
            Some(LogNews::Began(page)) => {
                began = true;
                let findings = quiet::look(cli, opened, &scope, quiet::quiet(&scope, &page.lines)).await;
                if let Some(told) = quiet::spoke_before(&findings.before, &opened.zone) {
                    stdout::complain(&format!("note: {told}\n"));
                }
                missing(findings.absent)?;
                printer.page(page, from)?;
                true
            }
            Some(LogNews::Lines(lines)) => printer.lines(&lines)?,
            Some(LogNews::State(LogState::Ended { what, hint })) => {
                return Err(refused(&SourceError { class: crate::domain::ErrorClass::Unsupported, what, hint }));
            }
            Some(LogNews::State(LogState::Failing { what, .. })) if !began => {
                stdout::complain(&format!("note: {what}; asking again\n"));
                true
            }
            Some(LogNews::State(_) | LogNews::Older(_)) => true,
        };
        if !reader_is_there {
            return Ok(0);
        }
    }
}

//! `rounds journal`: what was changed, by whom, and how it went.

use jiff::{SignedDuration, Timestamp};

use super::args::{Cli, JournalArgs, Output};
use super::environment::Environment;
use super::failure::Failure;
use super::{FAREWELL, check, once, runtime, setup, stdout};
use crate::domain::journal::{Story, stories};
use crate::domain::{Snapshot, SourceState};
use crate::exec::journal::Journal;
use crate::report::journal::{self, Around};
use crate::{engine, exec, format, report};

/// Reads the journal and prints it. It needs no context; a timeline asks one for what happened around the changes.
pub fn run(cli: &Cli, args: &JournalArgs, environment: &Environment) -> Result<u8, Failure> {
    if args.schema {
        return check::schema(&journal::schema());
    }
    let outfit = setup::outfit(cli, environment, cli.context.demo.is_some());
    let now = engine::Clock::system().now();
    let since = moment(&args.since, now).map_err(|why| Failure::new(format!("--since {}: {why}", args.since)))?;
    let until = args
        .until
        .as_ref()
        .map_or(Ok(now), |text| moment(text, now).map_err(|why| Failure::new(format!("--until {text}: {why}"))))?;
    let services = globs(&cli.context.services)?;
    let (records, unread) = read(&outfit.journal, since)?;
    let mut told = stories(&records, &|who| exec::is_alive(who, &outfit.who), now);
    let is_meant = |story: &Story| {
        let name = story.asked.service().map(|service| (service.name.clone(), service.to_string()));
        let fits = services.is_empty()
            || name
                .is_some_and(|(name, whole)| services.iter().any(|glob| glob.matches(&name) || glob.matches(&whole)));
        let here = cli.context.context.as_ref().is_none_or(|context| *context == story.context);
        story.began <= until && fits && here
    };
    told.retain(is_meant);
    let is_shell = |record: &crate::domain::journal::Record| {
        let name = record.service.as_ref().map(|service| service.name.as_str()).unwrap_or_default();
        let here = cli.context.context.as_ref().is_none_or(|context| *context == record.context);
        let fits = services.is_empty() || services.iter().any(|glob| glob.matches(name));
        record.shell().is_some() && record.at <= until && fits && here
    };
    let records: Vec<_> = records
        .into_iter()
        .filter(|record| is_shell(record) || told.iter().any(|story| story.id == record.id))
        .collect();
    let path = outfit.journal.path().map(|path| path.display().to_string());
    let journal = journal::Journal { since, until, stories: &told, records: &records, unread: &unread, path };
    let text = match cli.once.output {
        Output::Json => journal::json(&journal),
        Output::Text => journal::text(&journal, &options(cli, environment)),
        Output::Markdown => timeline(cli, environment, &journal),
        Output::Nagios => return Err(Failure::new("the journal is printed as text, json or markdown")),
    };
    stdout::print(&text)?;
    Ok(0)
}

fn read(journal: &Journal, since: Timestamp) -> Result<(Vec<crate::domain::journal::Record>, Vec<String>), Failure> {
    let contents = journal.read(since).map_err(|error| Failure::new(error.what).with_hint(error.hint))?;
    let unread = contents.unread.into_iter().map(|line| format!("{}: {}", line.place, line.why)).collect();
    Ok((contents.records, unread))
}

/// The timeline, with a look at the context; the journal alone where that is not possible, and it is said.
fn timeline(cli: &Cli, environment: &Environment, told: &journal::Journal<'_>) -> String {
    if cli.context.demo.is_some() {
        let why = "the simulated fleet begins anew each time".to_owned();
        return journal::markdown(told, &Around::NotSeen(why), &options(cli, environment));
    }
    let look = || -> Result<(Snapshot, report::once::Options), Failure> {
        let opened = setup::station(cli, environment)?;
        let runtime = runtime()?;
        let snapshot = runtime.block_on(engine::once(&opened.station, cli.once.timeout));
        runtime.shutdown_timeout(FAREWELL);
        Ok((snapshot, once::options(cli, environment, &opened)))
    };
    match look() {
        Ok((snapshot, options)) => {
            let unseen = snapshot.sources.iter().filter_map(|source| match &source.state {
                SourceState::Failing { error, .. } => Some(format!("{}: {}", source.kind, error.what)),
                _ => None,
            });
            let context = snapshot.context.name.clone();
            let around = Around::Seen { context: &context, happened: &snapshot.changes, unseen: unseen.collect() };
            journal::markdown(told, &around, &options)
        }
        Err(failure) => journal::markdown(told, &Around::NotSeen(failure.what), &options(cli, environment)),
    }
}

/// How it is written where no context says otherwise.
fn options(cli: &Cli, environment: &Environment) -> report::once::Options {
    report::once::Options {
        width: cli.once.width.unwrap_or(80),
        colour: environment.colours_stdout() && cli.once.output == Output::Text,
        ascii: cli.look.ascii || environment.is_ascii_only(),
        zone: jiff::tz::TimeZone::try_system().unwrap_or(jiff::tz::TimeZone::UTC),
        ..report::once::Options::default()
    }
}

/// A moment as typed: how long ago (`24h`), or itself (`2026-11-22T09:00:00Z`, `2026-11-22` in this machine's zone).
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(civil) = text.parse::<jiff::civil::DateTime>() {
        let zoned = civil.to_zoned(jiff::tz::TimeZone::try_system().unwrap_or(jiff::tz::TimeZone::UTC));
        return zoned.map(|zoned| zoned.timestamp()).map_err(|error| error.to_string());
    }
    let ago = format::parse_duration(text)
        .map_err(|_| "expected a duration like 24h, or a moment like 2026-11-22T09:00:00Z".to_owned())?;
    let ago = SignedDuration::try_from(ago).map_err(|_| "the duration is too long".to_owned())?;
    now.checked_sub(ago).map_err(|_| "the duration is too long".to_owned())
}

fn globs(texts: &[String]) -> Result<Vec<glob::Pattern>, Failure> {
    let pattern = |text: &String| {
        glob::Pattern::new(text).map_err(|error| Failure::new(format!("--service cannot be `{text}`: {error}")))
    };
    texts.iter().map(pattern).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_typed_as_ages_or_as_themselves() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (text, at) in [("2h", "2026-11-22T10:00:00Z"), ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z")] {
            assert_eq!(moment(text, now), Ok(at.parse().unwrap()), "{text}");
        }
        for text in ["yesterday", "", "-5h"] {
            assert!(moment(text, now).is_err(), "{text}");
        }
    }
}

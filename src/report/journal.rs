//! The journal for people and programs: a list, a document, and the timeline of a post-mortem.

use std::fmt::Write as _;

use jiff::Timestamp;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::ink::{Ink, Tone, letters};
use super::once::{Options, escape};
use crate::domain::journal::{Ending, Record, Story};
use crate::domain::{Occurrence, OccurrenceKind, Outcome};
use crate::format::sanitise;

/// The version of the JSON document. Fields may be added to it; what is there keeps its meaning.
pub const SCHEMA: u32 = 1;

/// What is told.
#[derive(Debug, Clone)]
pub struct Journal<'a> {
    /// From when.
    pub since: Timestamp,
    /// To when.
    pub until: Timestamp,
    /// Every change, the oldest first.
    pub stories: &'a [Story],
    /// The lines they were read from.
    pub records: &'a [Record],
    /// Lines that could not be read: where and why.
    pub unread: &'a [String],
    /// The file, where there is one.
    pub path: Option<String>,
}

/// What happened around the changes, for a timeline.
#[derive(Debug, Clone)]
pub enum Around<'a> {
    /// As the context tells it now.
    Seen {
        /// The context.
        context: &'a str,
        /// The newest first.
        happened: &'a [Occurrence],
        /// What could not be looked at, and why.
        unseen: Vec<String>,
    },
    /// It could not be looked at.
    NotSeen(String),
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(title = "Journal", extend("$id" = "rounds/journal/1"))]
struct Document<'a> {
    /// The version of this form.
    schema: u32,
    /// The file, where there is one.
    path: Option<&'a str>,
    /// From when.
    #[schemars(with = "String")]
    since: Timestamp,
    /// To when.
    #[schemars(with = "String")]
    until: Timestamp,
    /// Every change, the oldest first.
    changes: Vec<Told<'a>>,
    /// Every line, as it is in the file.
    records: &'a [Record],
    /// Lines that could not be read: where and why.
    unread: &'a [String],
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Told<'a> {
    /// The plan's id.
    id: &'a str,
    /// When it began.
    #[schemars(with = "String")]
    began: Timestamp,
    /// The same by the clock of the simulated fleet, where it was made there: nothing real was changed.
    #[schemars(with = "Option<String>")]
    simulated_at: Option<Timestamp>,
    /// When its end was known, where it is.
    #[schemars(with = "Option<String>")]
    ended: Option<Timestamp>,
    /// The context.
    context: &'a str,
    /// Who made it.
    user: &'a str,
    /// What it was.
    title: String,
    /// How it ended: `verified`, `unverified`, `failed`, `gave_up`, `not_made`, `unknown`, `unwatched`, `refused`, `under_way`.
    ending: &'static str,
    /// The same in a sentence.
    text: String,
    /// What to look at, where nobody knows how it ended.
    check: Option<String>,
}

/// The journal as JSON.
pub fn json(journal: &Journal<'_>) -> String {
    let told = |story: &'_ Story| -> (String, String, Option<String>) {
        (story.title(), story.ending.text(), story.what_to_check())
    };
    let changes = journal
        .stories
        .iter()
        .map(|story| {
            let (title, text, check) = told(story);
            Told {
                id: &story.id,
                began: story.began,
                simulated_at: story.simulated_at,
                ended: story.ended,
                context: &story.context,
                user: story.who.name(),
                title,
                ending: word(&story.ending),
                text,
                check,
            }
        })
        .collect();
    let document = Document {
        schema: SCHEMA,
        path: journal.path.as_deref(),
        since: journal.since,
        until: journal.until,
        changes,
        records: journal.records,
        unread: journal.unread,
    };
    // Everything in it can be written: no map has other keys than text.
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}

/// Its JSON Schema.
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document<'_>>().to_value()
}

/// The journal as a list, the oldest first.
pub fn text(journal: &Journal<'_>, options: &Options) -> String {
    let ink = Ink { colour: options.colour };
    let mut out = String::new();
    let mut entries: Vec<(Timestamp, String)> =
        journal.stories.iter().map(|story| (story.began, entry(story, options, ink))).collect();
    let shells = journal.records.iter().filter_map(|record| Some((record, record.shell()?)));
    entries.extend(shells.map(|(record, text)| {
        let (at, context, who) = (moment(record.at, options), clean(&record.context), clean(record.who.name()));
        (record.at, format!("{at}  {context}  {who}  {}\n", clean(&text)))
    }));
    // Stable: what began at the same moment stays in the order it was written.
    entries.sort_by_key(|(at, _)| *at);
    if entries.is_empty() {
        let _ = writeln!(out, "no changes since {}", moment(journal.since, options));
    }
    for (_, entry) in &entries {
        out.push_str(entry);
    }
    for line in journal.unread {
        let _ = writeln!(out, "{}", ink.paint(Tone::Warning, &format!("not readable: {}", clean(line))));
    }
    letters(out, options.ascii)
}

/// A change in the list: a head, how it ended, what was beside it, what to check.
fn entry(story: &Story, options: &Options, ink: Ink) -> String {
    let context = match story.simulated_at {
        Some(_) => format!("{} (simulated)", clean(&story.context)),
        None => clean(&story.context),
    };
    let mut out = format!(
        "{}  {context}  {}  {}\n  {}\n",
        moment(story.began, options),
        clean(story.who.name()),
        clean(&story.title()),
        ink.paint(tone(&story.ending), &clean(&story.ending.text()))
    );
    for (_, text) in &story.beside {
        let _ = writeln!(out, "  {}", ink.paint(Tone::Dim, &clean(text)));
    }
    if let Some(check) = story.what_to_check() {
        let _ = writeln!(out, "  {}", ink.paint(Tone::Warning, &format!("check: {}", clean(&check))));
    }
    out
}

/// The timeline of a post-mortem: changes, deployments, tasks and alerts in the order they happened.
pub fn markdown(journal: &Journal<'_>, around: &Around<'_>, options: &Options) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "## Timeline, {} to {}\n", moment(journal.since, options), moment(journal.until, options));
    if journal.stories.iter().any(|story| story.simulated_at.is_some()) {
        out.push_str("Of the simulated fleet: nothing real was changed.\n\n");
    }
    let mut events: Vec<(Timestamp, u8, String)> = Vec::new();
    for story in journal.stories {
        events.extend(told(story));
    }
    match around {
        Around::Seen { context, happened, unseen } => {
            let within = |one: &&Occurrence| (journal.since..=journal.until).contains(&one.at);
            for one in happened.iter().filter(within) {
                let who = one
                    .service
                    .as_ref()
                    .map(|service| format!("**{}** ", escape(&service.to_string())))
                    .unwrap_or_default();
                events.push((one.at, 0, format!("{}: {who}{}", kind(one.kind), escape(&one.text))));
            }
            let _ = writeln!(
                out,
                "Changes of the journal; deployments, tasks and alerts as context {} tells them now.\n",
                escape(context)
            );
            for why in unseen {
                let _ = writeln!(out, "- not seen: {}", escape(why));
            }
            if !unseen.is_empty() {
                out.push('\n');
            }
        }
        Around::NotSeen(why) => {
            let _ = writeln!(
                out,
                "Changes of the journal. Deployments and alerts could not be looked at: {}\n",
                escape(why)
            );
        }
    }
    let shells = journal.records.iter().filter_map(|record| Some((record, record.shell()?)));
    events
        .extend(shells.map(|(record, text)| {
            (record.at, 1, format!("shell: {} by {}", escape(&text), escape(record.who.name())))
        }));
    if events.is_empty() {
        out.push_str("Nothing happened.\n");
        return letters(out, options.ascii);
    }
    events.sort_by_key(|(at, rank, _)| (*at, *rank));
    out.push_str("| Time | What |\n| --- | --- |\n");
    for (at, _, text) in &events {
        let _ = writeln!(out, "| {} | {text} |", moment(*at, options));
    }
    let open: Vec<String> = journal
        .stories
        .iter()
        .filter_map(|story| Some(format!("{}: {}", story.title(), story.what_to_check()?)))
        .collect();
    if !open.is_empty() {
        out.push_str("\n### To check\n\n");
        for text in open {
            let _ = writeln!(out, "- {}", escape(&text));
        }
    }
    if !journal.unread.is_empty() {
        out.push_str("\n### Lines of the journal that could not be read\n\n");
        for line in journal.unread {
            let _ = writeln!(out, "- {}", escape(line));
        }
    }
    letters(out, options.ascii)
}

/// A change's lines in the timeline.
fn told(story: &Story) -> Vec<(Timestamp, u8, String)> {
    let who = escape(story.who.name());
    let title = escape(&story.title());
    if let Ending::Refused(why) = &story.ending {
        return vec![(story.began, 1, format!("refused: {title}, asked by {who}: {}", escape(why)))];
    }
    if let Ending::Step(text) = &story.ending {
        return vec![(story.began, 1, format!("{title} by {who}: {}", escape(text)))];
    }
    let by = story.consent.as_ref().map(|consent| format!(" ({})", escape(&consent.by))).unwrap_or_default();
    let mut lines = vec![(story.began, 1, format!("change: **{title}** by {who}{by}"))];
    lines.extend(story.beside.iter().map(|(at, text)| (*at, 2, format!("change: {title}: {}", escape(text)))));
    let ending = escape(&story.ending.text());
    // What has no end of its own comes after all that is known of it.
    let last = story.beside.iter().map(|(at, _)| *at).fold(story.began, Timestamp::max);
    lines.push((story.ended.unwrap_or(last), 3, format!("change: {title}: **{ending}**")));
    lines
}

const fn kind(kind: OccurrenceKind) -> &'static str {
    match kind {
        OccurrenceKind::Deployed => "deployment",
        OccurrenceKind::TaskStopped => "task",
        OccurrenceKind::AlertFired => "alert",
        OccurrenceKind::AlertResolved => "resolved",
    }
}

const fn word(ending: &Ending) -> &'static str {
    match ending {
        Ending::Refused(_) => "refused",
        Ending::Step(_) => "step",
        Ending::UnderWay => "under_way",
        Ending::CallUnknown | Ending::Known(Outcome::Unknown { .. }) => "unknown",
        Ending::NotSeen | Ending::Known(Outcome::Unwatched { .. }) => "unwatched",
        Ending::Known(Outcome::Verified) => "verified",
        Ending::Known(Outcome::Failed { .. }) => "failed",
        Ending::Known(Outcome::Unverified { .. }) => "unverified",
        Ending::Known(Outcome::GaveUp { .. }) => "gave_up",
        Ending::Known(Outcome::NotMade { .. }) => "not_made",
    }
}

const fn tone(ending: &Ending) -> Tone {
    match ending {
        Ending::Known(Outcome::Verified) | Ending::UnderWay | Ending::Refused(_) | Ending::Step(_) => Tone::Plain,
        Ending::Known(Outcome::Unverified { .. } | Outcome::GaveUp { .. } | Outcome::Unwatched { .. })
        | Ending::NotSeen => Tone::Warning,
        Ending::Known(_) | Ending::CallUnknown => Tone::Critical,
    }
}

fn moment(at: Timestamp, options: &Options) -> String {
    at.to_zoned(options.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

fn clean(text: &str) -> String {
    sanitise(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Consent;
    use crate::domain::journal::{CallResult, Event, VERSION, Who, stories};

    #[test]
    fn a_change_nobody_saw_the_end_of_ends_after_its_call() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let record = |event, second| Record {
            v: VERSION,
            at: at(second),
            simulated_at: None,
            id: "one".to_owned(),
            context: "prod".to_owned(),
            change: "restart".to_owned(),
            service: None,
            who: Who::default(),
            event,
        };
        let plan = Box::new(crate::report::change::sample::plan(None));
        let records = [
            record(Event::Intent { plan, consent: Consent::default() }, 10),
            record(Event::Call { result: CallResult::Made, text: "ECS stops it".to_owned(), made: None }, 12),
        ];
        let told = stories(&records, &|_| Some(false), at(100));
        let journal =
            Journal { since: at(0), until: at(100), stories: &told, records: &records, unread: &[], path: None };
        let text = markdown(&journal, &Around::NotSeen("no".to_owned()), &Options::default());
        let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        assert!(place(" by ") < place("ECS stops it"), "{text}");
        assert!(place("ECS stops it") < place("the program ended before it saw how it went"), "{text}");
    }
}

//! Records that belong together, as one story: what was meant, what came of it, and whether anybody knows.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::super::{Change, Consent, Outcome, Plan, SilenceAsk};
use super::{CallResult, Event, Record, Who};

/// One change from intent to end, as far as it was written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The plan's id.
    pub id: String,
    /// When the first line was written.
    pub began: Timestamp,
    /// The same by the clock of the simulated fleet, where it was made there: nothing real was changed.
    pub simulated_at: Option<Timestamp>,
    /// The context.
    pub context: String,
    /// Who.
    pub who: Who,
    /// What was asked for.
    pub asked: Change,
    /// What was shown and confirmed; none where it was refused before.
    pub plan: Option<Plan>,
    /// The yes to it.
    pub consent: Option<Consent>,
    /// How it ended.
    pub ending: Ending,
    /// When that was known, where it is.
    pub ended: Option<Timestamp>,
    /// How long it took from the first line to its end, by the clock it lived by.
    pub took: Option<SignedDuration>,
    /// Everything else, in order: when and what.
    pub beside: Vec<(Timestamp, String)>,
    /// Whether somebody was told that its outcome is unknown.
    pub noted: bool,
}

/// How a change ended, as far as the journal tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Refused here: nothing was changed.
    Refused(String),
    /// A step that changes nothing that runs, and what came of it.
    Step(String),
    /// As written down.
    Known(Outcome),
    /// It is under way: the program that makes it runs.
    UnderWay,
    /// The program ended between intent and outcome: the call may have been made.
    CallUnknown,
    /// The call was made, and the program ended before anybody saw how it went.
    NotSeen,
}

impl Ending {
    /// In a few words.
    pub fn text(&self) -> String {
        match self {
            Self::Refused(why) => format!("refused: {why}"),
            Self::Step(text) => text.clone(),
            Self::Known(outcome) => outcome.to_string(),
            Self::UnderWay => "under way".to_owned(),
            Self::CallUnknown => {
                "outcome unknown: the program ended before it heard whether the call was made".to_owned()
            }
            Self::NotSeen => "made; the program ended before it saw how it went".to_owned(),
        }
    }

    /// Whether somebody should look at what it is about.
    pub const fn needs_a_look(&self) -> bool {
        matches!(self, Self::CallUnknown | Self::NotSeen | Self::Known(Outcome::Unknown { .. }))
    }
}

impl Story {
    /// The headline.
    pub fn title(&self) -> String {
        self.plan.as_ref().map_or_else(|| title(&self.asked), |plan| plan.title.clone())
    }

    /// What to check where the outcome is not known.
    pub fn what_to_check(&self) -> Option<String> {
        if !self.ending.needs_a_look() {
            return None;
        }
        let began = self.began.strftime("%H:%M:%SZ");
        let tied = self.plan.as_ref().and_then(|plan| plan.silence.as_ref());
        let tied = tied.map(|ask| format!("; and whether {}", silence_of(ask))).unwrap_or_default();
        let what = match &self.asked {
            Change::RestartTask { service, task } => {
                let short = short(task);
                format!(
                    "whether task {short} of {service} still runs, or stopped after {began} with the reason \"rounds: {}\"",
                    self.who.name()
                )
            }
            Change::Redeploy { service } => format!("whether {service} has a deployment begun after {began}"),
            Change::Scale { service, desired } => format!("whether {service} wants {desired} tasks"),
            Change::RollBack { service } => {
                format!("which task definition {service} runs, and whether a rollback began after {began}")
            }
            Change::Silence(ask) => format!("whether {}", silence_of(ask)),
            Change::ExpireSilence { id, source } => format!("whether {source} still has the silence {id} in force"),
            Change::Annotate { .. } => "whether Grafana has the annotation".to_owned(),
            Change::ReloadPrometheus => "when Prometheus last read its configuration (status/runtimeinfo)".to_owned(),
            Change::Provision { folder, .. } => {
                format!("whether terraform still runs in {folder}, and what is left to do: rounds provision plan")
            }
        };
        let silence = self
            .silence_ends()
            .map(|at| format!("; a silence made for it ends by itself at {} at the latest", at.strftime("%H:%M:%SZ")));
        Some(what + &tied + &silence.unwrap_or_default())
    }

    /// When the silence tied to it ends by itself, where there is one.
    fn silence_ends(&self) -> Option<Timestamp> {
        let ask = self.plan.as_ref()?.silence.as_ref()?;
        // It begins a moment after the intent was written down.
        let lasts = SignedDuration::try_from(ask.lasts).ok()?.checked_add(SignedDuration::from_mins(1))?;
        self.began.checked_add(lasts).ok()
    }
}

/// `alertmanager has a silence for service="api-2"`.
fn silence_of(ask: &SilenceAsk) -> String {
    let matchers: Vec<String> = ask.matchers.iter().map(ToString::to_string).collect();
    format!("{} has a silence for {}", ask.source, matchers.join(" "))
}

/// A change in a few words, before it is planned.
fn title(change: &Change) -> String {
    match change {
        Change::RestartTask { service, task } => format!("restart task {} of {service}", short(task)),
        Change::Redeploy { service } => format!("redeploy {service}"),
        Change::Scale { service, desired } => format!("scale {service} to {desired}"),
        Change::RollBack { service } => format!("roll back {service}"),
        Change::Silence(_) => "silence".to_owned(),
        Change::ExpireSilence { id, .. } => format!("expire silence {}", short(id)),
        Change::Annotate { .. } => "annotate".to_owned(),
        Change::ReloadPrometheus => "reload prometheus".to_owned(),
        Change::Provision { operation, environment, .. } => format!("provision {} {environment}", operation.word()),
    }
}

/// The first characters of an id.
fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// Whether somebody's process still runs; `None` where that cannot be told (it runs on another machine).
pub type IsAlive<'a> = &'a dyn Fn(&Who) -> Option<bool>;

/// The stories the records tell, in the order they began. A process of which nobody can tell whether it runs is taken to
/// have ended once it cannot be watching any more.
pub fn stories(records: &[Record], is_alive: IsAlive<'_>, now: Timestamp) -> Vec<Story> {
    let mut order: Vec<&str> = Vec::new();
    let mut by_id: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in records {
        let group = by_id.entry(&record.id).or_default();
        if group.is_empty() {
            order.push(&record.id);
        }
        group.push(record);
    }
    order.into_iter().filter_map(|id| by_id.get(id).and_then(|records| story(records, is_alive, now))).collect()
}

/// The stories whose ending nobody knows and nobody was told of.
pub fn unfinished(records: &[Record], is_alive: IsAlive<'_>, now: Timestamp) -> Vec<Story> {
    let mut stories = stories(records, is_alive, now);
    stories.retain(|story| matches!(story.ending, Ending::CallUnknown | Ending::NotSeen) && !story.noted);
    stories
}

/// Records of one id. A call whose intent was before the time asked about tells no story.
fn story(records: &[&Record], is_alive: IsAlive<'_>, now: Timestamp) -> Option<Story> {
    let first = records.first()?;
    let (asked, plan, consent) = records.iter().find_map(|record| match &record.event {
        Event::Intent { plan, consent } => Some((plan.change.clone(), Some((**plan).clone()), Some(consent.clone()))),
        Event::Refused { asked, .. } | Event::Step { asked, .. } => Some((asked.clone(), None, None)),
        _ => None,
    })?;
    let mut story = Story {
        id: first.id.clone(),
        began: first.at,
        simulated_at: first.simulated_at,
        context: first.context.clone(),
        who: first.who.clone(),
        asked,
        ending: Ending::CallUnknown,
        ended: None,
        took: None,
        beside: Vec::new(),
        noted: false,
        plan,
        consent,
    };
    let mut is_made = false;
    for record in records {
        let mut end = |ending| {
            story.ending = ending;
            story.ended = Some(record.at);
            let clocks = first.simulated_at.zip(record.simulated_at).unwrap_or((first.at, record.at));
            story.took = Some(clocks.1.duration_since(clocks.0).max(SignedDuration::ZERO));
        };
        match &record.event {
            Event::Intent { .. } | Event::Shell { .. } => {}
            Event::Call { result: CallResult::Made, text, .. } => {
                is_made = true;
                story.ending = Ending::NotSeen;
                // An answer that was lost ended nothing where the call was found to be made after all.
                (story.ended, story.took) = (None, None);
                story.beside.push((record.at, text.clone()));
            }
            Event::Call { result: CallResult::NotMade, text, .. } => {
                end(Ending::Known(Outcome::NotMade { why: text.clone() }));
            }
            Event::Call { result: CallResult::Unknown, text, .. } => {
                end(Ending::Known(Outcome::Unknown { why: text.clone() }));
            }
            Event::End { outcome, .. } => end(Ending::Known(outcome.clone())),
            Event::Refused { why, .. } => end(Ending::Refused(why.clone())),
            Event::Step { text, .. } => end(Ending::Step(text.clone())),
            Event::Silence { text, .. } | Event::Annotation { text, .. } => {
                story.beside.push((record.at, text.clone()));
            }
            Event::Noted => story.noted = true,
        }
    }
    if story.ended.is_none() && is_under_way(&story, is_alive, now, is_made) {
        story.ending = Ending::UnderWay;
    }
    Some(story)
}

/// Whether whoever makes the change may still be at it.
fn is_under_way(story: &Story, is_alive: IsAlive<'_>, now: Timestamp, is_made: bool) -> bool {
    is_alive(&story.who).unwrap_or_else(|| {
        let patience = story.plan.as_ref().map_or(0, |plan| plan.patience.as_secs());
        let longest = if is_made { patience + 60 } else { 60 };
        now.duration_since(story.began).as_secs().unsigned_abs() <= longest
    })
}

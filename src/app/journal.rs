//! What the journal tells of earlier changes, and of those of others.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::Outcome;
use crate::domain::journal::{Ending, Story};
use crate::format::sanitise;

/// One change that the journal tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The plan's id.
    pub id: String,
    /// When it was meant: by the simulated fleet's clock where it was made there, else by the machine's.
    pub at: Timestamp,
    /// In which context.
    pub context: String,
    /// Who, and where.
    pub who: String,
    /// The headline.
    pub title: String,
    /// How long it took, where it was made and its end was seen.
    pub took: Option<Duration>,
    /// How it ended.
    pub ending: String,
    /// How that is to be taken.
    pub mood: Mood,
    /// Everything else, a label and a text each.
    pub facts: Vec<(&'static str, String)>,
}

/// How an ending is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As wanted.
    Good,
    /// Nothing was changed.
    Neutral,
    /// Under way, here or elsewhere.
    Open,
    /// Not as wanted.
    Bad,
    /// Nobody knows: look.
    Unknown,
}

impl Mood {
    /// How an outcome is to be taken.
    pub const fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Verified => Self::Good,
            Outcome::Failed { .. } => Self::Bad,
            Outcome::Unverified { .. }
            | Outcome::GaveUp { .. }
            | Outcome::Unwatched { .. }
            | Outcome::Unknown { .. } => Self::Unknown,
            Outcome::NotMade { .. } => Self::Neutral,
        }
    }

    const fn of_ending(ending: &Ending) -> Self {
        match ending {
            Ending::Refused(_) | Ending::Step(_) => Self::Neutral,
            Ending::Known(outcome) => Self::of(outcome),
            Ending::UnderWay => Self::Open,
            Ending::CallUnknown | Ending::NotSeen => Self::Unknown,
        }
    }
}

impl JournalEntry {
    /// A story as a screen tells it. Its file may have been written by anybody, so every text of it is made harmless.
    pub fn of(story: &Story) -> Self {
        let clean = |text: &str| sanitise(text).into_owned();
        let mut facts = Vec::new();
        facts.extend(story.what_to_check().map(|what| ("look", clean(&what))));
        if story.simulated_at.is_some() {
            let really = story.began.strftime("%Y-%m-%d %H:%M:%SZ");
            facts.push(("simulated", format!("nothing real was changed; by this machine's clock {really}")));
        }
        if let Some(consent) = &story.consent {
            facts.push(("confirmed", clean(&consent.by)));
        }
        facts.extend(story.beside.iter().map(|(_, text)| ("beside", clean(text))));
        if let Some(arn) = story.plan.as_ref().and_then(|plan| plan.place.caller_arn.as_deref()) {
            facts.push(("to aws", clean(arn)));
        }
        facts.extend(story.plan.as_ref().and_then(|plan| plan.same_as.as_deref()).map(|same| ("same as", clean(same))));
        Self {
            id: clean(&story.id),
            // Of a screen that lives by the simulated fleet's clock, every time is that clock's.
            at: story.simulated_at.unwrap_or(story.began),
            context: clean(&story.context),
            who: clean(&format!("{}@{}", story.who.name(), story.who.host)),
            title: clean(&story.title()),
            took: story.took.filter(|_| matches!(story.ending, Ending::Known(_))).map(SignedDuration::unsigned_abs),
            ending: clean(&story.ending.text()),
            mood: Mood::of_ending(&story.ending),
            facts,
        }
    }
}

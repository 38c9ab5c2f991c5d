//! The changes of this sitting, each followed to its end whatever the screen shows, and the journal of earlier ones.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Outcome, Plan, Progress, Refusal, StageProgress, StageState};
use crate::format;

use super::cursor::{Lost, identity};
use super::fuzzy::Fuzzy;
use super::{Browser, Column, JournalEntry, Mood, Row};

/// The most changes of one sitting that are kept; the oldest that have ended leave.
const MOST: usize = 200;

/// What the changes can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeColumn {
    /// The newest first.
    Time,
}

impl Column for ChangeColumn {
    const ALL: &'static [Self] = &[Self::Time];
}

/// What a row of the changes screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeItem {
    /// A change of this sitting, by its position in [`Changes::followed`].
    Followed(usize),
    /// An entry of the journal, by its position in [`Changes::journal`].
    Past(usize),
}

/// A change that was confirmed here.
#[derive(Debug, Clone)]
pub struct Followed {
    /// What was confirmed.
    pub plan: Arc<Plan>,
    /// When.
    pub sent: Timestamp,
    /// The last that was heard of it.
    pub progress: Option<Progress>,
    /// Why it was not even begun.
    pub refused: Option<Refusal>,
    /// The moment its time is counted to.
    now: Timestamp,
}

impl Followed {
    /// Whether it has come to its end.
    pub fn is_over(&self) -> bool {
        self.refused.is_some() || self.outcome().is_some()
    }

    /// How it ended.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.progress.as_ref().and_then(|progress| progress.outcome.as_ref())
    }

    /// What was seen of each stage; before anything was, what will be watched.
    pub fn stages(&self) -> Vec<StageProgress> {
        let waiting =
            |stage: &_| StageProgress { stage: *stage, state: StageState::Waiting, text: String::new(), after: None };
        self.progress
            .as_ref()
            .map_or_else(|| self.plan.stages.iter().map(waiting).collect(), |seen| seen.stages.clone())
    }

    /// The stage that is watched now.
    pub fn watched(&self) -> Option<&StageProgress> {
        self.progress.as_ref()?.stages.iter().find(|stage| stage.state == StageState::Watching)
    }

    /// How long it has taken so far.
    pub fn took(&self) -> SignedDuration {
        let began = self.progress.as_ref().map_or(self.sent, |progress| progress.began);
        let seen = self.progress.as_ref().map_or(self.sent, |progress| progress.at);
        let until = if self.is_over() { seen } else { seen.max(self.now) };
        until.duration_since(began).max(SignedDuration::ZERO)
    }

    /// How far it is, in a few words.
    pub fn state(&self) -> String {
        match (&self.refused, self.outcome(), self.watched()) {
            (Some(refusal), ..) => format!("refused: {}", refusal.what),
            (_, Some(outcome), _) => outcome.to_string(),
            (.., Some(stage)) if stage.text.is_empty() => stage.stage.word().to_owned(),
            (.., Some(stage)) => format!("{}: {}", stage.stage.word(), stage.text),
            _ if self.progress.is_none() => "the facts are looked at once more".to_owned(),
            _ => "under way".to_owned(),
        }
    }
}

/// How long something takes so far, to the second: `48s`, `3m 05s`.
pub fn elapsed(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format::duration(length),
    }
}

/// Cells that the longest of each takes, over all changes: no column moves while one scrolls or filters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangeWidths {
    /// Of the headlines.
    pub title: usize,
    /// Of the contexts.
    pub context: usize,
    /// Of those who made them.
    pub who: usize,
}

/// The changes screen's state, and what the line at the foot of every screen says.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The rows.
    pub list: Browser<ChangeItem, ChangeColumn>,
    followed: Vec<Followed>,
    journal: Vec<JournalEntry>,
    widths: ChangeWidths,
    /// Why the journal could not be read.
    pub journal_error: Option<String>,
}

impl Changes {
    /// The changes of this sitting, the newest first.
    pub fn followed(&self) -> &[Followed] {
        &self.followed
    }

    /// The journal, the newest first.
    pub fn journal(&self) -> &[JournalEntry] {
        &self.journal
    }

    /// How wide the columns must be.
    pub const fn widths(&self) -> ChangeWidths {
        self.widths
    }

    /// Those under way, the newest first.
    pub fn under_way(&self) -> impl Iterator<Item = &Followed> {
        self.followed.iter().filter(|followed| !followed.is_over())
    }

    /// What a change is known by among the rows.
    pub(super) fn row_id(plan: &str) -> u64 {
        identity(("change", plan))
    }

    pub(super) fn begin(&mut self, plan: Arc<Plan>, now: Timestamp) {
        self.followed.insert(0, Followed { plan, sent: now, progress: None, refused: None, now });
        while self.followed.len() > MOST {
            let Some(oldest) = self.followed.iter().rposition(Followed::is_over) else { break };
            self.followed.remove(oldest);
        }
    }

    fn find(&mut self, plan: &str) -> Option<&mut Followed> {
        self.followed.iter_mut().find(|followed| followed.plan.id == plan)
    }

    /// Takes in what was seen; gives the change when this is its end.
    pub(super) fn take(&mut self, progress: Progress) -> Option<&Followed> {
        let followed = self.find(&progress.plan)?;
        let was_over = followed.is_over();
        // News that were on their way when the end was heard change nothing.
        if was_over {
            return None;
        }
        followed.progress = Some(progress);
        followed.is_over().then_some(&*followed)
    }

    /// A change was not even begun.
    pub(super) fn refuse(&mut self, plan: &str, refusal: Refusal) -> Option<&Followed> {
        let followed = self.find(plan)?;
        followed.refused = Some(refusal);
        Some(followed)
    }

    pub(super) fn remember(&mut self, journal: Result<Vec<JournalEntry>, String>) {
        match journal {
            Ok(journal) => (self.journal, self.journal_error) = (journal, None),
            Err(why) => self.journal_error = Some(why),
        }
    }

    /// Time passes for what is under way in `context`: another one's clock is not this one's. Says whether anything is.
    pub(super) fn advance(&mut self, context: &str, now: Timestamp) -> bool {
        let mut any = false;
        for followed in self.followed.iter_mut().filter(|followed| !followed.is_over()) {
            any = true;
            if followed.plan.place.context == context {
                followed.now = now;
            }
        }
        any
    }

    /// One line on what is under way.
    pub fn line(&self, context: &str) -> Option<String> {
        let newest = self.under_way().next()?;
        let elsewhere = if newest.plan.place.context == context {
            String::new()
        } else {
            format!("[{}] ", newest.plan.place.context)
        };
        let others = match self.under_way().count() - 1 {
            0 => String::new(),
            more => format!("  (+{more})"),
        };
        let took = elapsed(newest.took().unsigned_abs());
        Some(format!("{elsewhere}{}  {took}  {}{others}", newest.plan.title, newest.state()))
    }

    pub(super) fn rebuild(&mut self, page: usize, lost: Lost) {
        let mut fuzzy = Fuzzy::new(self.list.filter());
        let problems_only = self.list.problems_only();
        let (_, reversed) = self.list.sort();
        let mut rows = Vec::new();
        for (index, followed) in self.followed.iter().enumerate() {
            let is_calm = matches!(followed.outcome(), Some(Outcome::Verified));
            if problems_only && is_calm {
                continue;
            }
            if let Some((_, matched)) = fuzzy.matches(&followed.plan.title) {
                rows.push(Row { item: ChangeItem::Followed(index), id: Self::row_id(&followed.plan.id), matched });
            }
        }
        for (index, entry) in self.journal.iter().enumerate() {
            let is_followed = self.followed.iter().any(|followed| followed.plan.id == entry.id);
            if is_followed || (problems_only && matches!(entry.mood, Mood::Good | Mood::Neutral)) {
                continue;
            }
            if let Some((_, matched)) = fuzzy.matches(&entry.title) {
                rows.push(Row { item: ChangeItem::Past(index), id: Self::row_id(&entry.id), matched });
            }
        }
        if reversed {
            rows.reverse();
        }
        self.list.replace(rows, page, lost);
        self.measure();
    }

    fn measure(&mut self) {
        let plans = self.followed.iter().map(|followed| (&followed.plan.title, &followed.plan.place.context, ""));
        let past = self.journal.iter().map(|entry| (&entry.title, &entry.context, entry.who.as_str()));
        let mut widths = ChangeWidths::default();
        for (title, context, who) in plans.chain(past) {
            widths.title = widths.title.max(format::width(title));
            widths.context = widths.context.max(format::width(context));
            widths.who = widths.who.max(format::width(who));
        }
        self.widths = widths;
    }
}

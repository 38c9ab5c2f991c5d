//! One context made ready to be looked at: its sources opened, how often each is asked, by which clock.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Clock;
use super::tracker::Tracker;
use crate::domain::SourceKind;
use crate::domain::assess::Setting;
use crate::source::Source;

/// A source and how often it is asked.
#[derive(Clone)]
pub struct Post {
    /// The source.
    pub source: Arc<dyn Source>,
    /// The distance between two rounds.
    pub interval: Duration,
}

/// One context, ready to be looked at.
#[derive(Clone)]
pub struct Station {
    /// Its sources.
    pub posts: Vec<Post>,
    /// What the judgement depends on.
    pub setting: Setting,
    /// The clock it lives by.
    pub clock: Clock,
    /// The longest one round of a source may take.
    pub patience: Duration,
}

impl Station {
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn tracker(&self, post: &Post) -> Tracker {
        let overdue = self.clock.scaled(post.interval * 2 + self.patience);
        Tracker::new(post.source.kind(), post.source.place(), overdue)
    }

    pub(super) fn post(&self, kind: SourceKind) -> Option<&Post> {
        self.posts.iter().find(|post| post.source.kind() == kind)
    }
}

//! CloudWatch Logs: history and polling by `FilterLogEvents`, live by `StartLiveTail`.
//!
//! `FilterLogEvents` is allowed five times a second for a whole account and region, whoever asks. All readers of one
//! context share one [`Turnstile`] that lets a call through every [`SPACING`].

mod live;
mod place;
mod read;
mod roll;
mod streams;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::place::Found;
use self::read::Reading;
use self::roll::Roll;
use super::{LiveLog, LogSource};
use crate::config;
use crate::domain::{LogAsk, LogPage, LogScope, LogStreams, SourceError};
use crate::net::Meter;
use crate::net::aws::Aws;
use crate::net::http::Deadline;
use crate::source::Answer;

/// The distance between two calls: leaves the others of the account more than a third of what there is.
const SPACING: Duration = Duration::from_millis(350);

/// How long it is believed where a service's logs are: a deployment may change it.
const PLACES_FOR: Duration = Duration::from_secs(60);

/// The most services whose places are remembered.
const MOST_PLACES: usize = 64;

/// What Live Tail costs.
const LIVE_COST: &str = "$0.01 a minute, after 1,800 free minutes a month";

/// The logs of one context in CloudWatch.
pub(super) struct CloudWatchLogs(Arc<Inner>);

struct Inner {
    aws: Aws,
    groups: Vec<config::LogGroup>,
    meter: Meter,
    turnstile: Turnstile,
    places: Mutex<Vec<(LogScopeKey, Deadline, Arc<Found>)>>,
    roll: Mutex<Roll>,
}

/// What decides where lines are: the service, not the tasks or the pattern.
type LogScopeKey = crate::domain::ServiceId;

impl CloudWatchLogs {
    pub(super) fn open(aws: &Aws, groups: &[config::LogGroup]) -> Self {
        Self(Arc::new(Inner {
            aws: aws.clone(),
            groups: groups.to_vec(),
            meter: Meter::default(),
            turnstile: Turnstile::default(),
            places: Mutex::default(),
            roll: Mutex::default(),
        }))
    }
}

impl Inner {
    /// Never held while waiting.
    fn roll(&self) -> MutexGuard<'_, Roll> {
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_places(&self, service: &LogScopeKey) -> Option<Arc<Found>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|(_, until, _)| !until.remaining().is_zero());
        places.iter().find(|(known, ..)| known == service).map(|(.., found)| Arc::clone(found))
    }

    fn remember_places(&self, service: &LogScopeKey, found: &Arc<Found>) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MOST_PLACES {
            places.remove(0);
        }
        places.push((service.clone(), Deadline::after(PLACES_FOR), Arc::clone(found)));
    }
}

impl LogSource for CloudWatchLogs {
    fn place(&self) -> String {
        format!("cloudwatch logs, {}", self.0.aws.place())
    }

    fn requests(&self) -> u64 {
        self.0.meter.total()
    }

    fn read<'a>(&'a self, ask: &'a LogAsk, within: Duration) -> Answer<'a, Result<LogPage, SourceError>> {
        Box::pin(async move {
            let deadline = Deadline::after(within);
            let session = self.0.aws.session(&self.0.meter, within).await?;
            Reading::new(&self.0, &session, ask, deadline).read().await
        })
    }

    fn streams<'a>(
        &'a self,
        scope: &'a LogScope,
        within: Duration,
    ) -> Answer<'a, Result<Option<LogStreams>, SourceError>> {
        Box::pin(async move {
            let session = self.0.aws.session(&self.0.meter, within).await?;
            Box::pin(streams::list(&self.0, &session, scope)).await.map(Some)
        })
    }

    fn live_cost(&self) -> Option<&'static str> {
        Some(LIVE_COST)
    }

    fn live<'a>(&'a self, scope: &'a LogScope, within: Duration) -> Answer<'a, Result<Box<dyn LiveLog>, SourceError>> {
        Box::pin(live::start(Arc::clone(&self.0), scope, within))
    }
}

/// Lets one call through at a time, at a distance from the one before.
#[derive(Debug, Default)]
struct Turnstile(tokio::sync::Mutex<Option<Deadline>>);

impl Turnstile {
    async fn pass(&self) {
        let mut last = self.0.lock().await;
        if let Some(last) = *last {
            tokio::time::sleep(last.remaining()).await;
        }
        *last = Some(Deadline::after(SPACING));
    }
}

#[cfg(test)]
mod tests;

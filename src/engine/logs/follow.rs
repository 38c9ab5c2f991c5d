//! Follows one log for as long as somebody looks.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::super::{Station, cadence};
use super::seen::{Junction, Seen};
use super::{WITHIN, no_logs, read};
use crate::domain::{ErrorClass, LogAsk, LogLine, LogNews, LogScope, LogState, SourceError};
use crate::format;
use crate::source::logs::LiveLog;

/// How often new lines are asked for.
const EVERY: Duration = Duration::from_secs(2);

/// How far every look goes back before the last one: lines arrive up to some seconds after they were said.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);

/// How far every [`DEEP_EVERY`]th look goes back: some arrive later than that.
const DEEP_OVERLAP: SignedDuration = SignedDuration::from_secs(120);

/// Every so manyth look goes back further.
const DEEP_EVERY: u32 = 15;

/// The most lines taken in by one look at what is new.
const MOST_NEW: usize = 50_000;

/// What is to be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowAsk {
    /// Whose lines.
    pub scope: LogScope,
    /// From when on they are read at first.
    pub from: Timestamp,
    /// How many of those at most.
    pub most: usize,
    /// Whether they are to be sent live, which costs money.
    pub live: bool,
}

/// A log being followed. Dropping it ends that.
#[derive(Debug)]
pub struct Follow(AbortHandle);

impl Follow {
    /// Begins to follow; what comes goes to `news`. Must be called within a tokio runtime.
    pub fn start(station: Arc<Station>, ask: FollowAsk, news: mpsc::UnboundedSender<LogNews>) -> Self {
        Self(tokio::spawn(Follower::new(station, ask, news, EVERY).run()).abort_handle())
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Nobody listens any more.
struct Gone;

struct Follower {
    station: Arc<Station>,
    ask: FollowAsk,
    news: mpsc::UnboundedSender<LogNews>,
    seen: Seen,
    junction: Junction,
    /// Up to when all was read.
    looked: Option<Timestamp>,
    looks: u32,
    /// The distance between two looks.
    every: Duration,
}

impl Follower {
    fn new(station: Arc<Station>, ask: FollowAsk, news: mpsc::UnboundedSender<LogNews>, every: Duration) -> Self {
        let (seen, junction) = (Seen::default(), Junction::default());
        Self { station, ask, news, seen, junction, looked: None, looks: 0, every }
    }

    async fn run(mut self) {
        // Ends only when nobody listens, or when asking again is no use.
        let _ = self.follow().await;
    }

    async fn follow(&mut self) -> Result<(), Gone> {
        if !self.begin().await? {
            return Ok(());
        }
        let mut live = self.ask.live;
        loop {
            if live {
                live = self.listen().await?;
            } else {
                self.look().await?;
                tokio::time::sleep(cadence::pause(self.every, 0, fastrand::f64())).await;
            }
        }
    }

    fn tell(&self, news: LogNews) -> Result<(), Gone> {
        self.news.send(news).map_err(|_| Gone)
    }

    fn mark(&self, at: Timestamp, why: impl Into<String>) -> Result<(), Gone> {
        self.tell(LogNews::Lines(vec![LogLine::gap(at, why)]))
    }

    fn polling(&self) -> Result<(), Gone> {
        self.tell(LogNews::State(LogState::Polling { every: self.every.as_secs() }))
    }

    /// Reads the first stretch; says whether there is anything to follow.
    async fn begin(&mut self) -> Result<bool, Gone> {
        let mut failures = 0;
        loop {
            let now = self.station.now();
            let ask = LogAsk { scope: self.ask.scope.clone(), from: self.ask.from, to: None, now, most: self.ask.most };
            match read(&self.station, &ask, WITHIN).await {
                Ok(mut page) => {
                    page.lines = self.seen.fresh(page.lines);
                    self.junction.read(&page.lines, now.saturating_sub(DEEP_OVERLAP).unwrap_or(now));
                    self.looked = Some(now);
                    self.tell(LogNews::Began(page))?;
                    self.polling()?;
                    return Ok(true);
                }
                Err(error) if is_final(&error) => {
                    self.tell(LogNews::State(LogState::Ended { what: error.what, hint: error.hint }))?;
                    return Ok(false);
                }
                Err(error) => {
                    failures += 1;
                    self.wait(&error, failures).await?;
                }
            }
        }
    }

    /// One look at what is new; asks again until it is answered.
    async fn look(&mut self) -> Result<(), Gone> {
        let (mut failures, mut since) = (0, None);
        loop {
            let now = self.station.now();
            let looked = self.looked.unwrap_or(self.ask.from);
            self.looks = self.looks.wrapping_add(1);
            let overlap = if self.looks.is_multiple_of(DEEP_EVERY) { DEEP_OVERLAP } else { OVERLAP };
            let from = looked.saturating_sub(overlap).unwrap_or(looked).max(self.ask.from);
            let ask = LogAsk { scope: self.ask.scope.clone(), from, to: None, now, most: MOST_NEW };
            match read(&self.station, &ask, WITHIN).await {
                Ok(page) => {
                    let missing = page.cut_before.filter(|cut| *cut > looked);
                    let mut lines = self.seen.fresh(page.lines);
                    if let Some(cut) = missing {
                        let why = "lines are missing here: more came in than could be read";
                        lines.insert(0, LogLine::gap(cut, why));
                    }
                    if let Some(since) = since {
                        let lasted = format::age(since, now);
                        self.mark(now, format!("answers again after {lasted}; what was said meanwhile was read now"))?;
                        self.polling()?;
                    }
                    self.junction.read(&lines, looked);
                    self.looked = Some(now);
                    return if lines.is_empty() { Ok(()) } else { self.tell(LogNews::Lines(lines)) };
                }
                Err(error) => {
                    if since.replace(since.unwrap_or(now)).is_none() {
                        self.mark(now, format!("no answer: {}", error.what))?;
                    }
                    failures += 1;
                    self.wait(&error, failures).await?;
                }
            }
        }
    }

    async fn wait(&self, error: &SourceError, failures: u32) -> Result<(), Gone> {
        let pause = cadence::pause(self.every, failures, fastrand::f64());
        let passes = SignedDuration::try_from(self.station.clock.scaled(pause)).unwrap_or(SignedDuration::MAX);
        let again = self.station.now().saturating_add(passes).unwrap_or(Timestamp::MAX);
        self.tell(LogNews::State(LogState::Failing { what: error.what.clone(), again }))?;
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Listens until the session ends; says whether another is to be begun.
    async fn listen(&mut self) -> Result<bool, Gone> {
        let Some(source) = self.station.logs.clone() else {
            self.mark(self.station.now(), no_logs().what)?;
            return Ok(false);
        };
        let started = match source.live(&self.ask.scope, WITHIN).await {
            Ok(session) => session,
            Err(error) if may_pass(&error) => {
                self.mark(self.station.now(), format!("live tail did not begin: {}", error.what))?;
                self.wait(&error, 2).await?;
                return Ok(true);
            }
            Err(error) => {
                let hint = error.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                self.mark(
                    self.station.now(),
                    format!("live tail refused, asking again and again instead: {}{hint}", error.what),
                )?;
                self.polling()?;
                return Ok(false);
            }
        };
        let cost = source.live_cost().unwrap_or("free");
        let since = self.station.now();
        self.tell(LogNews::State(LogState::Live { cost, since, sampled: false }))?;
        // What was said between the last look and the session's beginning.
        self.look().await?;
        self.tell(LogNews::State(LogState::Live { cost, since, sampled: false }))?;
        let ended = self.hear(started, cost, since).await?;
        let now = self.station.now();
        match ended {
            None => self.mark(now, "live tail ended after its three hours; it begins anew")?,
            Some(error) => {
                self.mark(now, format!("live tail broke off: {}", error.what))?;
                self.wait(&error, 1).await?;
            }
        }
        Ok(true)
    }

    /// Passes on what is heard until the session ends; why it did, if not by its own time.
    async fn hear(
        &mut self,
        mut session: Box<dyn LiveLog>,
        cost: &'static str,
        since: Timestamp,
    ) -> Result<Option<SourceError>, Gone> {
        let mut was_sampled = false;
        loop {
            let update = tokio::select! {
                update = session.next() => update,
                // A session whose listener has gone costs money for nothing.
                () = self.news.closed() => return Err(Gone),
            };
            let now = self.station.now();
            match update {
                Ok(Some(update)) => {
                    if update.sampled != was_sampled {
                        was_sampled = update.sampled;
                        self.tell(LogNews::State(LogState::Live { cost, since, sampled: was_sampled }))?;
                        if was_sampled {
                            self.mark(now, "lines are missing from here on: live tail sends at most 500 a second")?;
                        } else {
                            self.mark(now, "live tail sends every line again")?;
                        }
                    }
                    self.looked = Some(now);
                    let lines = self.junction.fresh(update.lines);
                    if !lines.is_empty() {
                        self.tell(LogNews::Lines(lines))?;
                    }
                }
                Ok(None) => return Ok(None),
                Err(error) => return Ok(Some(error)),
            }
        }
    }
}

/// Whether asking again is no use before somebody has changed something.
fn is_final(error: &SourceError) -> bool {
    matches!(error.class, ErrorClass::Unsupported | ErrorClass::Rejected | ErrorClass::Local)
        && !error.what.contains("ResourceNotFoundException")
}

/// Whether a live session may begin on another try.
fn may_pass(error: &SourceError) -> bool {
    matches!(
        error.class,
        ErrorClass::Timeout
            | ErrorClass::Connect
            | ErrorClass::Throttled
            | ErrorClass::Server
            | ErrorClass::Credentials
    )
}

#[cfg(test)]
mod tests;

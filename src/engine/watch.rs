//! Watches a context for as long as the screen is open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use super::logs::{self, Follow, FollowAsk};
use super::shell::ShellPass;
use super::station::{Post, Station};
use super::tracker::Tracker;
use super::{cadence, charts, once, runs};
use crate::assess::{self, Facts};
use crate::domain::{
    Chart, ChartAsk, CheckResult, Consent, Ingest, LogNews, LogScope, Reading, Refusal, ServiceId, Snapshot,
    SourceError, SourceKind, SourceState, SourceStatus,
};
use crate::runbook::Question;
use crate::source::Ask;

/// Answers that arrive within this time of each other become one snapshot.
const GATHER: Duration = Duration::from_millis(40);

/// How often the books are looked through for sources that have gone stale.
const REVIEW: Duration = Duration::from_secs(5);

/// How long CloudWatch waits for a Prometheus that has never answered.
const FALLBACK_AFTER: Duration = Duration::from_secs(2);

/// What the watch tells the screen.
#[derive(Debug)]
pub enum Update {
    /// All that is known now.
    Snapshot(Arc<Snapshot>),
    /// Whether any source is being asked right now.
    Asking(bool),
    /// What a check found, for a step of a run.
    Answered {
        /// The run's number.
        run: u64,
        /// The position of the step.
        step: usize,
        /// What was found.
        result: Box<CheckResult>,
    },
    /// The charts asked for, or why there are none.
    Chart(ChartAsk, Result<Arc<Chart>, SourceError>),
    /// How much Prometheus takes in; `None` where it does not scrape itself.
    Ingest(Result<Option<Ingest>, SourceError>),
    /// A shell may be opened now, or why not.
    Shell(Result<ShellPass, Refusal>),
    /// What is new of the log that was asked for under this number.
    Logs(u64, LogNews),
}

/// A context being watched. Dropping it ends the watch.
pub struct Watch {
    station: Arc<Station>,
    refresh: Arc<Notify>,
    updates: mpsc::UnboundedSender<Update>,
    tasks: JoinSet<()>,
    chart: Option<tokio::task::AbortHandle>,
    logs: Option<Follow>,
}

struct Answered {
    kind: SourceKind,
    result: Result<Reading, SourceError>,
    took: Duration,
    requests: u64,
}

enum Event {
    Began(SourceKind),
    Answered(Box<Answered>),
}

impl Watch {
    /// Begins to watch; what is seen goes to `updates`. Must be called within a tokio runtime.
    pub fn start(station: Station, updates: mpsc::UnboundedSender<Update>) -> Self {
        let station = Arc::new(station);
        let refresh = Arc::new(Notify::new());
        let (events, inbox) = mpsc::unbounded_channel();
        let (wanted, wants) = watch::channel(Vec::new());
        let mut tasks = JoinSet::new();
        for post in &station.posts {
            let round = Poller {
                post: post.clone(),
                station: Arc::clone(&station),
                refresh: Arc::clone(&refresh),
                events: events.clone(),
                wants: (post.source.kind() == SourceKind::CloudWatch).then(|| wants.clone()),
            };
            tasks.spawn(round.run());
        }
        tasks.spawn(Desk::new(Arc::clone(&station), updates.clone(), wanted).run(inbox));
        Self { station, refresh, updates, tasks, chart: None, logs: None }
    }

    /// Asks every source now.
    pub fn refresh(&self) {
        self.refresh.notify_waiters();
    }

    /// Asks for charts; a newer request replaces one that is under way.
    pub fn chart(&mut self, ask: ChartAsk) {
        if let Some(older) = self.chart.take() {
            older.abort();
        }
        let (station, updates) = (Arc::clone(&self.station), self.updates.clone());
        self.chart = Some(self.tasks.spawn(async move {
            let answer = charts::chart(&station, &ask).await.map(Arc::new);
            // The screen may have gone; then nobody needs the charts.
            let _ = updates.send(Update::Chart(ask, answer));
        }));
    }
}

impl Watch {
    /// Follows a log instead of any that was followed before; its news carry this number.
    pub fn follow_logs(&mut self, asking: u64, ask: FollowAsk) {
        let (sender, mut inbox) = mpsc::unbounded_channel();
        self.logs = Some(Follow::start(Arc::clone(&self.station), ask, sender));
        let updates = self.updates.clone();
        // Ends when the log is no longer followed.
        self.tasks.spawn(async move {
            while let Some(news) = inbox.recv().await {
                if updates.send(Update::Logs(asking, news)).is_err() {
                    return;
                }
            }
        });
    }

    /// Follows no log any more.
    pub fn stop_logs(&mut self) {
        self.logs = None;
    }

    /// Asks whether a shell may be opened in a task; `consent` is a person's yes to it.
    pub fn shell(&mut self, service: ServiceId, task: String, consent: Consent) {
        let (station, updates) = (Arc::clone(&self.station), self.updates.clone());
        self.tasks.spawn(async move {
            let answer = super::shell(&station, &service, &task, None, &consent).await;
            let _ = updates.send(Update::Shell(answer));
        });
    }

    /// Writes down that a shell was closed; what went wrong with that.
    pub async fn shell_closed(&self, pass: &ShellPass, how: &str) -> Option<String> {
        super::shell_closed(&self.station, pass, how).await
    }

    /// Reads lines of a log from before a moment.
    pub fn older_logs(&mut self, asking: u64, scope: LogScope, before: Timestamp) {
        let (station, updates) = (Arc::clone(&self.station), self.updates.clone());
        self.tasks.spawn(async move {
            let answer = logs::older(&station, &scope, before).await;
            // The screen may have gone; then nobody needs them.
            let _ = updates.send(Update::Logs(asking, LogNews::Older(answer)));
        });
    }

    /// Asks how much Prometheus takes in.
    pub fn ingest(&mut self) {
        let (station, updates) = (Arc::clone(&self.station), self.updates.clone());
        self.tasks.spawn(async move {
            let answer = super::ingest(&station).await;
            // The screen may have gone; then nobody needs the answer.
            let _ = updates.send(Update::Ingest(answer));
        });
    }

    /// Asks a check for a step of a run. Several may be under way at once; the end of the watch ends them.
    pub fn probe(&mut self, run: u64, question: Question, snapshot: Arc<Snapshot>) {
        let (station, updates) = (Arc::clone(&self.station), self.updates.clone());
        self.tasks.spawn(async move {
            let result = runs::settled(&station, &snapshot, &question).await;
            // The screen may have gone; then nobody needs the answer.
            let _ = updates.send(Update::Answered { run, step: question.step, result: Box::new(result) });
        });
    }
}

/// Asks one source for as long as the watch lasts.
struct Poller {
    post: Post,
    station: Arc<Station>,
    refresh: Arc<Notify>,
    events: mpsc::UnboundedSender<Event>,
    /// CloudWatch only: the services it is needed for.
    wants: Option<watch::Receiver<Vec<ServiceId>>>,
}

impl Poller {
    async fn run(mut self) {
        let kind = self.post.source.kind();
        let mut failures = 0;
        loop {
            let Some(wanted) = self.wanted().await else { return };
            let asked_again = Arc::clone(&self.refresh);
            let asked_again = asked_again.notified();
            tokio::pin!(asked_again);
            // From here on a refresh is not missed, even one that comes while the round is under way.
            asked_again.as_mut().enable();
            if self.events.send(Event::Began(kind)).is_err() {
                return;
            }
            let ask = Ask { now: self.station.now(), within: self.station.patience, wanted };
            let (result, took) = once::read(&*self.post.source, &ask).await;
            failures = if result.is_ok() { 0 } else { failures + 1 };
            let requests = self.post.source.requests();
            if self.events.send(Event::Answered(Box::new(Answered { kind, result, took, requests }))).is_err() {
                return;
            }
            let pause = tokio::time::sleep(cadence::pause(self.post.interval, failures, fastrand::f64()));
            tokio::select! {
                () = pause => {}
                () = &mut asked_again => {}
                () = more_wanted(&mut self.wants, &ask.wanted) => {}
            }
        }
    }

    /// The services to ask for: at once for most sources; for CloudWatch when there are any. `None` ends the poller.
    async fn wanted(&mut self) -> Option<Vec<ServiceId>> {
        let Some(wants) = &mut self.wants else { return Some(Vec::new()) };
        wants.wait_for(|wanted| !wanted.is_empty()).await.ok().map(|wanted| wanted.clone())
    }
}

/// Resolves when CloudWatch is needed for a service it was not asked for yet.
async fn more_wanted(wants: &mut Option<watch::Receiver<Vec<ServiceId>>>, asked: &[ServiceId]) {
    match wants {
        Some(wants) => {
            let has_more =
                wants.wait_for(|wanted| wanted.iter().any(|id| asked.binary_search(id).is_err())).await.is_ok();
            if !has_more {
                std::future::pending::<()>().await;
            }
        }
        None => std::future::pending().await,
    }
}

/// Gathers what the pollers bring and says what it means.
struct Desk {
    station: Arc<Station>,
    updates: mpsc::UnboundedSender<Update>,
    wanted: watch::Sender<Vec<ServiceId>>,
    facts: Facts,
    books: Vec<Tracker>,
    kinds: Vec<SourceKind>,
    began: Instant,
    shown: Vec<SourceState>,
    /// Rounds under way.
    asking: usize,
}

impl Desk {
    fn new(
        station: Arc<Station>,
        updates: mpsc::UnboundedSender<Update>,
        wanted: watch::Sender<Vec<ServiceId>>,
    ) -> Self {
        let books = station.posts.iter().map(|post| station.tracker(post)).collect();
        let kinds = station.posts.iter().map(|post| post.source.kind()).collect();
        Self {
            station,
            updates,
            wanted,
            facts: Facts::default(),
            books,
            kinds,
            began: Instant::now(),
            shown: Vec::new(),
            asking: 0,
        }
    }

    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Event>) {
        let mut review = tokio::time::interval(REVIEW);
        review.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let patience_is_over = tokio::time::sleep(FALLBACK_AFTER);
        tokio::pin!(patience_is_over);
        let mut is_patient = true;
        loop {
            let was_asking = self.asking > 0;
            let news = tokio::select! {
                event = inbox.recv() => {
                    let Some(event) = event else { return };
                    let mut news = self.take(event);
                    if news {
                        tokio::time::sleep(GATHER).await;
                    }
                    while let Ok(event) = inbox.try_recv() {
                        news |= self.take(event);
                    }
                    news
                }
                () = &mut patience_is_over, if is_patient => {
                    is_patient = false;
                    true
                }
                _ = review.tick() => self.statuses().into_iter().map(|status| status.state).ne(self.shown.iter().cloned()),
            };
            if news && !self.tell().await {
                return;
            }
            let is_asking = self.asking > 0;
            if is_asking != was_asking && self.updates.send(Update::Asking(is_asking)).is_err() {
                return;
            }
        }
    }

    /// Takes in one event; says whether anything visible came of it.
    fn take(&mut self, event: Event) -> bool {
        let now = self.station.now();
        let kind = match &event {
            Event::Began(kind) => *kind,
            Event::Answered(answer) => answer.kind,
        };
        let Some(books) = self.kinds.iter().position(|known| *known == kind).map(|at| &mut self.books[at]) else {
            return false;
        };
        match event {
            Event::Began(_) => {
                self.asking += 1;
                let is_first = matches!(books.status(now).state, SourceState::Standby);
                books.began();
                is_first
            }
            Event::Answered(answer) => {
                self.asking = self.asking.saturating_sub(1);
                match answer.result {
                    Ok(reading) => {
                        books.succeeded(&reading, now, answer.took, answer.requests);
                        self.facts.take(reading, now);
                    }
                    Err(error) => books.failed(error, now, answer.requests),
                }
                true
            }
        }
    }

    /// Assesses and tells the screen; `false` when nobody listens any more.
    async fn tell(&mut self) -> bool {
        let statuses = self.statuses();
        self.shown = statuses.iter().map(|status| status.state.clone()).collect();
        let (facts, station, now) = (std::mem::take(&mut self.facts), Arc::clone(&self.station), self.station.now());
        let may_fall_back = self.may_fall_back(&statuses);
        let assessed = tokio::task::spawn_blocking(move || {
            let snapshot = assess::assess(&facts, &statuses, &station.setting, now);
            let lacking = may_fall_back.then(|| assess::lacking(&facts, &statuses, &station.setting, now));
            (facts, snapshot, lacking)
        });
        let Ok((facts, snapshot, lacking)) = assessed.await else { return false };
        self.facts = facts;
        if let Some(lacking) = lacking {
            if lacking.is_empty()
                && let Some(at) = self.kinds.iter().position(|kind| *kind == SourceKind::CloudWatch)
            {
                self.books[at].rest();
            }
            self.wanted.send_if_modified(|wanted| {
                let is_new = *wanted != lacking;
                *wanted = lacking;
                is_new
            });
        }
        self.updates.send(Update::Snapshot(Arc::new(snapshot))).is_ok()
    }

    /// CloudWatch is billed, so it is not asked before it is known what Prometheus lacks.
    fn may_fall_back(&self, statuses: &[SourceStatus]) -> bool {
        let is_waiting = statuses.iter().any(|status| {
            status.kind == SourceKind::Prometheus
                && !matches!(status.state, SourceState::Fresh { .. } | SourceState::Failing { .. })
        });
        !is_waiting || self.began.elapsed() >= FALLBACK_AFTER
    }

    fn statuses(&self) -> Vec<SourceStatus> {
        self.books.iter().map(|books| self.station.status(books)).collect()
    }
}

//! Makes changes and watches them to their end: the door of `exec`, with the station's clock and eyes.

mod eyes;
mod lookout;
mod past;
mod stages;
mod under_way;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch as signal};

use self::eyes::Eyes;
pub use self::under_way::changes_under_way;
use super::Clock;
use crate::domain::journal::{Story, Who, stories, unfinished};
use crate::domain::{
    Change, ChangePlace, Consent, GateState, Matcher, Plan, PlanOptions, Progress, Refusal, ServiceId, SourceError,
    SourceKind,
};
use crate::exec::journal::Journal;
use crate::exec::plan::Means;
use crate::exec::{Door, Gate, Hands, Moment, Outfit, is_alive};
use crate::source::Source;

/// How far back unfinished changes are told at the start.
const TOLD: SignedDuration = SignedDuration::from_hours(24 * 7);

/// What an operator is made of.
#[derive(Clone)]
pub(super) struct Parts {
    /// What the context can do.
    pub hands: Arc<dyn Hands>,
    /// Where.
    pub place: ChangePlace,
    /// What it can do and see beside ECS.
    pub means: Means,
    /// How long arming lasts.
    pub arm_for: Duration,
    /// The configuration takes changes away.
    pub read_only: bool,
    /// Its sources.
    pub sources: Vec<Arc<dyn Source>>,
    /// The clock it lives by.
    pub clock: Clock,
}

/// Makes the changes of one context. Cheap to clone; clones share the gate.
#[derive(Clone)]
pub struct Operator(Arc<Inner>);

struct Inner {
    door: Door,
    parts: Parts,
    /// Becomes true when nobody is to watch any longer.
    stop: signal::Sender<bool>,
}

impl Operator {
    /// An operator that can plan and change nothing: there is no journal yet.
    pub(super) fn new(parts: Parts) -> Self {
        let journal = Journal::missing("this program only looks");
        Self::equip(parts, Outfit { journal, who: Who::default(), forbidden_by: None })
    }

    /// The same with a journal and a name to act in.
    pub(super) fn equipped(&self, outfit: Outfit) -> Self {
        Self::equip(self.0.parts.clone(), outfit)
    }

    fn equip(parts: Parts, outfit: Outfit) -> Self {
        let gate = Gate::new(parts.place.production, parts.arm_for);
        if parts.read_only {
            gate.forbid(format!("read_only of context {}", parts.place.context));
        }
        let (hands, lookout) = (Arc::clone(&parts.hands), lookout::of(&parts));
        let door = Door::new(hands, lookout, parts.place.clone(), parts.means.clone(), gate, outfit);
        Self(Arc::new(Inner { door, parts, stop: signal::Sender::new(false) }))
    }

    fn moment(&self) -> Moment {
        Moment { now: self.0.parts.clock.now(), stamp: Clock::system().now() }
    }

    /// Where its changes take place.
    pub fn place(&self) -> &ChangePlace {
        &self.0.parts.place
    }

    /// What a change would do. Looks only.
    ///
    /// # Errors
    /// Where there is no such thing to change, it cannot be read, or a name fits several.
    pub async fn plan(&self, change: &Change, options: &PlanOptions) -> Result<Plan, Refusal> {
        self.0.door.plan(change, options, self.moment()).await
    }

    /// Makes a planned change and watches it to its end. Every step is told to `progress`, the last one with the outcome;
    /// that is the answer, too. Once begun it is written down to the end, whatever happens to whoever asked.
    ///
    /// # Errors
    /// Why it was not even begun: nothing was changed.
    pub async fn carry_out(
        &self,
        plan: &Plan,
        consent: &Consent,
        progress: &mpsc::UnboundedSender<Progress>,
    ) -> Result<Progress, Refusal> {
        let (operator, plan, consent, progress) = (self.clone(), plan.clone(), consent.clone(), progress.clone());
        // In a task of its own: whoever asked may go away in the middle, and the journal must not.
        let carried = tokio::spawn(async move { operator.carry(&plan, &consent, &progress).await });
        carried.await.unwrap_or_else(|_| Err(Refusal::new("the program ended in the middle; see: rounds journal")))
    }

    async fn carry(
        &self,
        plan: &Plan,
        consent: &Consent,
        progress: &mpsc::UnboundedSender<Progress>,
    ) -> Result<Progress, Refusal> {
        let _under_way = under_way::UnderWay::begin();
        let eyes = Eyes::new(&self.0.parts, plan);
        let before = eyes.before().await;
        let clock = || self.moment();
        let mut stop = self.0.stop.subscribe();
        // The other end is held here: it does not go away.
        let called_off = async { drop(stop.wait_for(|stop| *stop).await) };
        let made = self.0.door.pass(plan, consent, &clock, called_off).await?;
        let watching =
            watch::Watching { door: &self.0.door, eyes: &eyes, before, clock: &clock, stop: self.0.stop.subscribe() };
        Ok(watching.follow_to_the_end(made, progress).await)
    }

    /// Writes down that a person said no, or that it was refused before it was asked of anybody.
    pub async fn decline(&self, plan: &Plan, why: &str) {
        self.0.door.decline(plan, why, self.moment()).await;
    }

    /// The services of a name, in every cluster that is looked at. None where there is no ECS.
    ///
    /// # Errors
    /// Where that cannot be found out.
    pub async fn named(&self, name: &str) -> Result<Vec<ServiceId>, SourceError> {
        self.0.parts.hands.named(name, self.moment().now).await
    }

    /// The conditions that fit exactly a service's alerts.
    pub fn matchers_of(&self, service: &ServiceId) -> Vec<Matcher> {
        self.0.parts.means.matchers_of(service)
    }

    /// Where silences can be made, the best place first.
    pub fn silencers(&self) -> Vec<SourceKind> {
        self.0.parts.hands.silencers()
    }

    /// What the journal tells from `since` on, the oldest first, and which of its lines could not be read.
    ///
    /// # Errors
    /// Where it is there and cannot be read.
    pub fn journal(&self, since: Timestamp) -> Result<(Vec<Story>, Vec<String>), Refusal> {
        let read = self.0.door.journal().read(since);
        let contents = read.map_err(|error| Refusal::new(error.what).with_hint(error.hint))?;
        let here = self.0.door.who();
        let told = stories(&contents.records, &|who| is_alive(who, here), self.moment().stamp);
        let unread = contents.unread.into_iter().map(|line| format!("{}: {}", line.place, line.why)).collect();
        Ok((told, unread))
    }

    /// Ends every watching: the changes go on, nobody sees how. What is under way is written down as such; what has not
    /// begun is called off.
    pub fn stop(&self) {
        self.0.stop.send_replace(true);
    }

    /// Lets a shell be opened in a task, and writes it down first. Answers with what it is known by.
    ///
    /// # Errors
    /// The gate is closed, production's name is missing, or it cannot be written down.
    pub async fn shell_begins(&self, service: &ServiceId, task: &str, consent: &Consent) -> Result<String, Refusal> {
        self.0.door.shell_begins(service, task, consent, self.moment()).await
    }

    /// Writes down that a shell was refused before it was asked of anybody.
    pub async fn shell_refused(&self, service: &ServiceId, task: &str, why: &str) {
        self.0.door.shell_refused(service, task, why, self.moment()).await;
    }

    /// A shell was closed; why that could not be written down.
    pub async fn shell_ends(&self, id: &str, service: &ServiceId, task: &str, how: &str) -> Option<String> {
        self.0.door.shell_ends(id, service, task, how, self.moment()).await.err().map(|error| error.what)
    }

    /// How the gate stands.
    pub fn gate(&self) -> GateState {
        self.0.door.gate().state(self.moment().now)
    }

    /// Lets changes pass for the context's `arm_for`.
    ///
    /// # Errors
    /// Where it is read-only.
    pub fn arm(&self) -> Result<GateState, Refusal> {
        self.0.door.gate().arm(self.moment().now)
    }

    /// Ends that at once.
    pub fn disarm(&self) -> GateState {
        self.0.door.gate().disarm(self.moment().now)
    }

    /// Changes of this context whose outcome nobody knows, because the program died in the middle: to be told once, at
    /// the start. [`Operator::told`] remembers that.
    pub fn unfinished(&self) -> Vec<Story> {
        let now = self.moment().stamp;
        let since = now.checked_sub(TOLD).unwrap_or(Timestamp::MIN);
        let Ok(contents) = self.0.door.journal().read(since) else { return Vec::new() };
        let here = self.0.door.who();
        let mut stories = unfinished(&contents.records, &|who| is_alive(who, here), now);
        stories.retain(|story| story.context == self.place().context);
        stories
    }

    /// Remembers that somebody was told of these.
    pub async fn told(&self, stories: &[Story]) {
        self.0.door.note(stories, self.moment()).await;
    }
}

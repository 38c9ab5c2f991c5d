//! The one way a change takes: gate, consent, fresh facts, intent on disk, the call, outcome on disk.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::journal::{Journal, JournalError};
use super::plan::{self, Draft, Means, Namesakes, Setting};
use super::{Answer, Deed, Gate, Hands, Lookout, Note, Receipt, Seen, Subject, Survey, Watched, Whereabouts, is_alive};
use crate::domain::journal::{CallResult, Event, Record, Story, VERSION, Who, stories};
use crate::domain::{
    Change, ChangePlace, Consent, GateState, Objection, ObjectionKind, Outcome, Plan, PlanOptions, Refusal, ServiceId,
    SilenceAsk, SourceError, SourceKind, StageProgress,
};
use crate::format::{self, sanitise};
use crate::net::Mishap;

/// How far back the journal is read for what others do.
const LATELY: SignedDuration = SignedDuration::from_hours(2);

/// What a door needs of the process it is in.
#[derive(Debug, Clone)]
pub struct Outfit {
    /// Where changes are written down.
    pub journal: Journal,
    /// Who makes them.
    pub who: Who,
    /// Who took changes away (`--read-only`), if anybody did.
    pub forbidden_by: Option<String>,
}

/// A moment on both clocks: the one the context lives by, and the machine's, which the journal is written by. They
/// differ for the simulated fleet only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The context's clock.
    pub now: Timestamp,
    /// The machine's clock.
    pub stamp: Timestamp,
}

/// Tells the time. This room reads no clock.
pub type Clock<'a> = &'a (dyn Fn() -> Moment + Send + Sync);

/// The door of one context.
pub struct Door {
    hands: Arc<dyn Hands>,
    lookout: Arc<dyn Lookout>,
    place: ChangePlace,
    means: Means,
    gate: Gate,
    outfit: Outfit,
}

/// A change whose call has come back, or has not.
#[derive(Debug, Clone)]
pub struct Made {
    /// The plan it was made by, of facts read right before.
    pub plan: Plan,
    /// The call.
    pub deed: Deed,
    /// What was so before.
    pub before: Subject,
    /// When the call left.
    pub began: Moment,
    /// What came back.
    pub result: Result<Receipt, Mishap>,
    /// The silence tied to it: its id and where it lives.
    pub silence: Option<(String, SourceKind)>,
    /// What happened beside it.
    pub remarks: Vec<String>,
}

impl Door {
    /// The door of a context.
    pub fn new(
        hands: Arc<dyn Hands>,
        lookout: Arc<dyn Lookout>,
        place: ChangePlace,
        mut means: Means,
        gate: Gate,
        outfit: Outfit,
    ) -> Self {
        if let Some(by) = &outfit.forbidden_by {
            gate.forbid(by);
        }
        means.silencers = hands.silencers();
        means.annotates = hands.annotates();
        Self { hands, lookout, place, means, gate, outfit }
    }

    /// The gate.
    pub const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The journal.
    pub const fn journal(&self) -> &Journal {
        &self.outfit.journal
    }

    /// Who sits here.
    pub const fn who(&self) -> &Who {
        &self.outfit.who
    }

    /// What a change would do. Looks only.
    ///
    /// # Errors
    /// Where there is no such thing to change, it cannot be read, or the name fits several.
    pub async fn plan(&self, change: &Change, options: &PlanOptions, at: Moment) -> Result<Plan, Refusal> {
        let (mut draft, _) = self.draft(change, options, at).await?;
        if let GateState::ReadOnly { by } = self.gate.state(at.now) {
            let text = format!("changes are taken away here ({by})");
            draft.plan.objections.push(Objection { kind: ObjectionKind::ReadOnly, text });
        }
        draft.plan.same_as = self.same_as(&draft);
        draft.plan.id = format!("{}-{:06x}", at.stamp.strftime("%Y%m%dT%H%M%S.%3fZ"), fastrand::u32(..1 << 24));
        Ok(draft.plan)
    }

    async fn draft(&self, change: &Change, options: &PlanOptions, at: Moment) -> Result<(Draft, Subject), Refusal> {
        let survey = self.survey(change, at.now).await?;
        let place = self.place_of(survey.whereabouts.clone());
        let stories = self.lately(&place, at.stamp);
        let namesakes = self.namesakes(change, options, at.now).await;
        let setting = Setting {
            place: &place,
            who: &self.outfit.who,
            now: at.now,
            stamp: at.stamp,
            options,
            means: &self.means,
            stories: &stories,
            namesakes: &namesakes,
        };
        let draft = plan::draw(change, &survey, &setting)?;
        Ok((draft, survey.subject))
    }

    /// The place, with what is known of who we are there.
    fn place_of(&self, whereabouts: Whereabouts) -> ChangePlace {
        let place = self.place.clone();
        ChangePlace {
            region: whereabouts.region.or(place.region),
            account: whereabouts.account.or(place.account),
            caller_arn: whereabouts.caller_arn.or(place.caller_arn),
            ..place
        }
    }

    /// What the change rests on, with what Prometheus has against the tasks of its service.
    async fn survey(&self, change: &Change, now: Timestamp) -> Result<Survey, Refusal> {
        let survey = self.hands.survey(change, now);
        if change.service().is_none() || !self.means.sees_targets {
            return survey.await;
        }
        let (survey, targets) = tokio::join!(survey, self.lookout.targets());
        let mut survey = survey?;
        survey.take_targets(targets);
        Ok(survey)
    }

    /// The same deed as a command line. What nobody may do here is not handed out to be copied either.
    fn same_as(&self, draft: &Draft) -> Option<String> {
        let may_be_done = draft.plan.objections.iter().all(|objection| objection.kind.can_be_accepted());
        draft.deed.as_ref().filter(|_| may_be_done).and_then(|deed| self.hands.same_as(deed))
    }

    /// Other services that a silence asked for covers as well, because nothing tells their alerts apart.
    async fn namesakes(&self, change: &Change, options: &PlanOptions, now: Timestamp) -> Namesakes {
        let Some(name) = self.means.ambiguous(change, options) else { return Ok(Vec::new()) };
        let found = self.hands.named(name, now).await;
        found.map_err(|error| error.what)
    }

    /// What the journal tells of the last hours. One that cannot be read is told when it must be written.
    fn lately(&self, place: &ChangePlace, stamp: Timestamp) -> Vec<Story> {
        let Ok(contents) = self.outfit.journal.read(lately(stamp)) else { return Vec::new() };
        self.told(&contents.records, place, stamp)
    }

    /// The stories in what was read that happened at a place.
    fn told(&self, records: &[Record], place: &ChangePlace, stamp: Timestamp) -> Vec<Story> {
        let mut told = stories(records, &|who| is_alive(who, &self.outfit.who), stamp);
        told.retain(|story| self.is_here(story, place));
        told
    }

    /// Whether something happened where this door leads: in this context, or in one of another name that leads to the same
    /// region of the same account. Each simulated fleet is another world: what happened in that of another process did not
    /// happen here.
    fn is_here(&self, story: &Story, here: &ChangePlace) -> bool {
        if self.place.demo {
            return story.context == self.place.context && story.who.pid == self.outfit.who.pid;
        }
        let leads_here = |there: &ChangePlace| {
            let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
            !there.demo && same(&there.account, &here.account) && same(&there.region, &here.region)
        };
        story.context == self.place.context || story.plan.as_ref().is_some_and(|plan| leads_here(&plan.place))
    }

    /// Makes the change: everything up to the call's outcome on disk. Until it is written down it can be called off.
    ///
    /// # Errors
    /// Why it was not even begun: nothing was changed. The journal has that, too, where it can be written.
    pub async fn pass(
        &self,
        agreed: &Plan,
        consent: &Consent,
        clock: Clock<'_>,
        called_off: impl Future<Output = ()> + Send,
    ) -> Result<Made, Refusal> {
        let prepared = tokio::select! {
            biased;
            () = called_off => Err(Refusal::new("it was called off before it began: nothing was changed")),
            prepared = self.prepare(agreed, consent, clock) => prepared,
        };
        match prepared {
            Ok(ready) => self.make(ready, consent, clock).await,
            Err(refusal) => {
                self.decline(agreed, &refusal.what, clock()).await;
                Err(refusal)
            }
        }
    }

    /// Writes down that a planned change was not even asked of the world.
    pub async fn decline(&self, plan: &Plan, why: &str, at: Moment) {
        let event = Event::Refused { asked: plan.change.clone(), why: why.to_owned() };
        // It was not made, written down or not.
        let _ = self.write(plan, event, at).await;
    }

    /// Every reason not to.
    async fn prepare(&self, agreed: &Plan, consent: &Consent, clock: Clock<'_>) -> Result<Ready, Refusal> {
        if agreed.place.context != self.place.context || agreed.place.demo != self.place.demo {
            return Err(Refusal::new(format!(
                "it was planned for {}, not for {}: nothing was changed",
                agreed.place.context, self.place.context
            )));
        }
        self.gate.pass(clock().now)?;
        if let Some(wanted) = &agreed.typed
            && consent.typed.as_ref() != Some(wanted)
        {
            return Err(Refusal::new(format!("in production the name must be given: {wanted}; nothing was changed"))
                .with_hint(format!("type it at the prompt, or --confirm {wanted}")));
        }
        // Before the facts: what is written down from here on was not taken into account.
        let known = self.written(clock().stamp);
        let options =
            PlanOptions { silence: agreed.silence.as_ref().map(|ask| ask.lasts), patience: Some(agreed.patience) };
        let (mut draft, before) = self.draft(&agreed.change, &options, clock()).await?;
        plan::still_holds(agreed, &draft.plan)?;
        objections(&draft.plan, &consent.accepted)?;
        draft.plan.same_as = self.same_as(&draft);
        draft.plan.id.clone_from(&agreed.id);
        let nothing = || Refusal::new("there is nothing to be done: nothing was changed");
        let deed = draft.deed.ok_or_else(nothing)?;
        // Reading the facts took its time.
        self.gate.pass(clock().now)?;
        Ok(Ready { plan: draft.plan, deed, before, known })
    }

    /// What the journal has of changes that anybody meant or made lately, each by its id.
    fn written(&self, stamp: Timestamp) -> Vec<(String, bool)> {
        let records = self.outfit.journal.read(lately(stamp)).unwrap_or_default().records;
        records.iter().filter_map(|record| Some((record.id.clone(), is_call(record)?))).collect()
    }

    async fn make(&self, ready: Ready, consent: &Consent, clock: Clock<'_>) -> Result<Made, Refusal> {
        self.intend(&ready, consent, clock()).await?;
        let Ready { plan, deed, before, .. } = ready;
        let mut made = Made {
            plan,
            deed,
            before,
            began: clock(),
            result: Ok(Receipt::default()),
            silence: None,
            remarks: Vec::new(),
        };
        if let Err(mishap) = self.silence(&mut made, clock).await {
            made.result = Err(mishap);
        } else {
            made.began = clock();
            made.result = self.hands.perform(&made.deed, made.began.now).await;
        }
        let (result, text, id) = match &made.result {
            Ok(receipt) => (CallResult::Made, receipt.said.clone(), receipt.id.clone()),
            Err(Mishap::Partly(error)) => (CallResult::Made, error.what.clone(), None),
            Err(Mishap::Refused(error)) => (CallResult::NotMade, error.what.clone(), None),
            Err(Mishap::Unknown(error)) => (CallResult::Unknown, error.what.clone(), None),
        };
        let written = self.write(&made.plan, Event::Call { result, text, made: id }, clock()).await;
        made.remarks.extend(written.err().map(|error| error.what));
        Ok(made)
    }

    /// Writes the intent down, unless somebody else is at it, or was since the facts were read: that nobody is, and that we
    /// are, is one step under the journal's lock.
    async fn intend(&self, ready: &Ready, consent: &Consent, at: Moment) -> Result<(), Refusal> {
        let plan = &ready.plan;
        let record = Record {
            id: plan.id.clone(),
            change: plan.change.word().to_owned(),
            service: plan.change.service().cloned(),
            ..self.record(Event::Intent { plan: Box::new(plan.clone()), consent: consent.clone() }, at)
        };
        let against = |records: &[Record]| {
            let service = plan.change.service().filter(|_| !consent.accepted.contains(&ObjectionKind::Rolling))?;
            let told = self.told(records, &plan.place, at.stamp);
            // Told by what is written and not by when: clocks are set back.
            let fresh = |record: &&Record| {
                let of_this = record.service.as_ref() == Some(service) && told.iter().any(|one| one.id == record.id);
                let is_known = |call| ready.known.iter().any(|(id, known)| *id == record.id && *known == call);
                of_this && record.id != plan.id && is_call(record).is_some_and(|call| !is_known(call))
            };
            plan::at_it(service, &told, at.stamp).or_else(|| {
                let record = records.iter().rfind(fresh)?;
                Some(Objection {
                    kind: ObjectionKind::Rolling,
                    text: format!("{} has changed it since the facts were read ({})", record.who.name(), record.change),
                })
            })
        };
        let written = self.outfit.journal.append_unless(&record, lately(at.stamp), against).await;
        match written {
            Ok(None) => Ok(()),
            Ok(Some(objection)) => Err(Refusal::new(format!("{}; nothing was changed", objection.text))
                .with_hint("wait for it; to do it all the same: --force")),
            Err(error) => Err(Refusal::new(format!("{}: nothing was changed", error.what)).with_hint(error.hint)),
        }
    }

    /// Makes the silence tied to a change, before the change. Where it cannot be made, the change is not either.
    async fn silence(&self, made: &mut Made, clock: Clock<'_>) -> Result<(), Mishap> {
        let Some(mut ask) = made.plan.silence.clone() else { return Ok(()) };
        // By this it is found again where the answer is lost.
        ask.comment = format!("{} ({})", ask.comment, made.plan.id);
        let deed = Deed::Silence { ask: ask.clone(), by: self.outfit.who.name().to_owned() };
        let receipt = match self.hands.perform(&deed, clock().now).await {
            Ok(receipt) => receipt,
            Err(Mishap::Refused(error)) => {
                let what = format!("the silence could not be made, so the change was not: {}", error.what);
                return Err(Mishap::Refused(SourceError { what, ..error }));
            }
            Err(Mishap::Unknown(error) | Mishap::Partly(error)) => {
                return Err(self.lost_silence(made, &ask, error, clock).await);
            }
        };
        let id = receipt.id.unwrap_or_default();
        let text = format!("silence {} in {} for at most {}", short(&id), ask.source, format::duration(ask.lasts));
        made.silence = Some((id.clone(), ask.source));
        let event = Event::Silence { silence: Some(id), text: text.clone() };
        let written = self.write(&made.plan, event, clock()).await;
        made.remarks.push(text);
        made.remarks.extend(written.err().map(|error| error.what));
        Ok(())
    }

    /// The answer to a silence was lost. Where it is in force all the same it is ended: the change it was for is not made.
    async fn lost_silence(&self, made: &mut Made, ask: &SilenceAsk, error: SourceError, clock: Clock<'_>) -> Mishap {
        let lost = format!("the change was not made: the answer to its silence was lost ({})", error.what);
        let ends = format!("it ends by itself after {}", format::duration(ask.lasts));
        let look = Change::ExpireSilence { id: String::new(), source: ask.source };
        let found = match self.hands.survey(&look, clock().now).await {
            Ok(Survey { subject: Subject::Silences(silences), .. }) => {
                let comment = sanitise(&ask.comment);
                Ok(silences
                    .into_iter()
                    .find(|one| one.source == ask.source && one.comment == comment)
                    .map(|one| one.id))
            }
            Ok(_) => Ok(None),
            Err(refusal) => Err(refusal.what),
        };
        let (mishap, text): (fn(SourceError) -> Mishap, String) = match &found {
            Ok(Some(id)) => {
                let deed = Deed::Expire { id: id.clone(), source: ask.source };
                match self.hands.perform(&deed, clock().now).await {
                    Ok(_) => (Mishap::Refused, format!("silence {} had been made, and was ended again", short(id))),
                    Err(mishap) => (
                        Mishap::Unknown,
                        format!("silence {id} is in force and could not be ended, {ends}: {}", mishap.error().what),
                    ),
                }
            }
            Ok(None) => (Mishap::Unknown, format!("{} shows no such silence; should it appear, {ends}", ask.source)),
            Err(why) => {
                (Mishap::Unknown, format!("whether {} has the silence is not known, {ends}: {why}", ask.source))
            }
        };
        let event = Event::Silence { silence: found.ok().flatten(), text: text.clone() };
        let written = self.write(&made.plan, event, clock()).await;
        made.remarks.extend(written.err().map(|error| error.what));
        mishap(SourceError { what: format!("{lost}; {text}"), ..error })
    }

    /// What the change rests on now, where that can be read.
    pub(super) async fn look_again(&self, change: &Change, now: Timestamp) -> Option<Survey> {
        self.hands.survey(change, now).await.ok()
    }

    /// Looks at what came of a change.
    pub fn look<'a>(&'a self, watched: &'a Watched, now: Timestamp) -> Answer<'a, Result<Seen, SourceError>> {
        self.hands.look(watched, now)
    }

    /// Leaves a note of the change on dashboards, where that is possible. What to tell of it, if anything.
    pub async fn annotate(&self, made: &Made, clock: Clock<'_>) -> Option<String> {
        if !self.means.annotates || made.result.is_err() || matches!(made.deed, Deed::Annotate(_)) {
            return None;
        }
        let plan = &made.plan;
        let mut tags = vec!["rounds".to_owned(), plan.change.word().to_owned(), plan.place.context.clone()];
        tags.extend(plan.change.service().map(|service| service.name.clone()));
        let text = format!("{}, by {} (rounds {})", plan.title, self.outfit.who.name(), plan.id);
        let deed = Deed::Annotate(Note { text, tags, at: made.began.now });
        let (written, text) = match self.hands.perform(&deed, clock().now).await {
            Ok(_) => (true, "annotated in grafana".to_owned()),
            Err(mishap) => (false, format!("the annotation could not be written: {}", mishap.error().what)),
        };
        let failed = self.write(plan, Event::Annotation { written, text: text.clone() }, clock()).await.err();
        failed.map(|error| error.what).or((!written).then_some(text))
    }

    /// Writes down how a change ended and ends its silence. It stays where nobody saw the end: the change is still on
    /// its way, and the silence has an end of its own. What to tell of that, if anything.
    pub async fn close(
        &self,
        made: &Made,
        outcome: &Outcome,
        stages: &[StageProgress],
        clock: Clock<'_>,
    ) -> Vec<String> {
        let mut remarks = Vec::new();
        let is_over = matches!(outcome, Outcome::Verified | Outcome::Failed { .. } | Outcome::NotMade { .. });
        if let Some((id, source)) = made.silence.clone() {
            let short = short(&id).to_owned();
            let text = if is_over {
                let deed = Deed::Expire { id: id.clone(), source };
                match self.hands.perform(&deed, clock().now).await {
                    Ok(_) => format!("silence {short} ended"),
                    Err(mishap) => {
                        format!("silence {short} could not be ended, it ends by itself: {}", mishap.error().what)
                    }
                }
            } else {
                format!("silence {short} stays until it ends by itself")
            };
            let event = Event::Silence { silence: Some(id), text: text.clone() };
            remarks.extend(self.write(&made.plan, event, clock()).await.err().map(|error| error.what));
            remarks.push(text);
        }
        let event = Event::End { outcome: outcome.clone(), stages: stages.to_vec() };
        remarks.extend(self.write(&made.plan, event, clock()).await.err().map(|error| error.what));
        remarks
    }

    /// Writes down that somebody was told of changes whose outcome is unknown.
    pub async fn note(&self, told: &[Story], at: Moment) {
        for story in told {
            let record = Record {
                id: story.id.clone(),
                context: story.context.clone(),
                change: story.asked.word().to_owned(),
                service: story.asked.service().cloned(),
                ..self.record(Event::Noted, at)
            };
            // At worst it is told again.
            let _ = self.outfit.journal.append(&record).await;
        }
    }

    /// Lets a shell be opened in a task: it is no change by itself, and may become any, so it takes what a change takes: the
    /// gate, in production the service's name, and to be written down before it begins. Answers with what it is known by.
    ///
    /// # Errors
    /// The gate is closed, the name was not given, or the journal cannot be written: no shell is opened.
    pub async fn shell_begins(
        &self,
        service: &ServiceId,
        task: &str,
        consent: &Consent,
        at: Moment,
    ) -> Result<String, Refusal> {
        let id = format!("shell-{}-{:06x}", at.stamp.strftime("%Y%m%dT%H%M%S.%3fZ"), fastrand::u32(..1 << 24));
        if let Err(refusal) = self.shell_may(service, consent, at.now) {
            self.shell_refused(service, task, &refusal.what, at).await;
            return Err(refusal);
        }
        let event = Event::Shell {
            task: task.to_owned(),
            ended: None,
            refused: None,
            consent: Some(consent.clone()),
            place: Some(Box::new(self.place_of(self.hands.whereabouts().await))),
        };
        let written = self.write_shell(&id, service, event, at).await;
        written.map_err(|error| Refusal::new(format!("{}: no shell was opened", error.what)).with_hint(error.hint))?;
        Ok(id)
    }

    fn shell_may(&self, service: &ServiceId, consent: &Consent, now: Timestamp) -> Result<(), Refusal> {
        self.gate.pass(now)?;
        let name = &service.name;
        if self.place.production && consent.typed.as_ref() != Some(name) {
            return Err(Refusal::new(format!("in production the name must be given: {name}; no shell was opened"))
                .with_hint(format!("type it at the prompt, or --yes --confirm {}", format::shell_word(name))));
        }
        Ok(())
    }

    /// Writes down that a shell was not opened.
    pub async fn shell_refused(&self, service: &ServiceId, task: &str, why: &str, at: Moment) {
        let (refused, task) = (Some(why.to_owned()), task.to_owned());
        let event = Event::Shell { task, ended: None, refused, consent: None, place: None };
        // It was not opened, written down or not.
        let _ = self.write_shell("shell-refused", service, event, at).await;
    }

    /// A shell was closed.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub async fn shell_ends(
        &self,
        id: &str,
        service: &ServiceId,
        task: &str,
        how: &str,
        at: Moment,
    ) -> Result<(), JournalError> {
        let (ended, task) = (Some(how.to_owned()), task.to_owned());
        self.write_shell(id, service, Event::Shell { task, ended, refused: None, consent: None, place: None }, at).await
    }

    async fn write_shell(&self, id: &str, service: &ServiceId, event: Event, at: Moment) -> Result<(), JournalError> {
        let record = Record {
            id: id.to_owned(),
            change: "shell".to_owned(),
            service: Some(service.clone()),
            ..self.record(event, at)
        };
        self.outfit.journal.append(&record).await
    }

    pub(super) async fn write(&self, plan: &Plan, event: Event, at: Moment) -> Result<(), JournalError> {
        let record = Record {
            id: plan.id.clone(),
            change: plan.change.word().to_owned(),
            service: plan.change.service().cloned(),
            ..self.record(event, at)
        };
        self.outfit.journal.append(&record).await
    }

    fn record(&self, event: Event, at: Moment) -> Record {
        Record {
            v: VERSION,
            at: at.stamp,
            simulated_at: self.place.demo.then_some(at.now),
            id: String::new(),
            context: self.place.context.clone(),
            change: String::new(),
            service: None,
            who: self.outfit.who.clone(),
            event,
        }
    }
}

/// A change that nothing speaks against.
struct Ready {
    plan: Plan,
    deed: Deed,
    before: Subject,
    /// What the journal had of others when the facts began to be read.
    known: Vec<(String, bool)>,
}

/// Whether a record is of a call that came back, or of one that is meant; nothing for any other.
const fn is_call(record: &Record) -> Option<bool> {
    match record.event {
        Event::Intent { .. } => Some(false),
        Event::Call { .. } => Some(true),
        _ => None,
    }
}

/// From when on the journal is read for what others do.
fn lately(stamp: Timestamp) -> Timestamp {
    stamp.checked_sub(LATELY).unwrap_or(Timestamp::MIN)
}

/// The beginning of an id.
fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// The objections nobody accepted, as one refusal.
///
/// # Errors
/// Where there are any.
pub fn objections(plan: &Plan, accepted: &[ObjectionKind]) -> Result<(), Refusal> {
    let open: Vec<_> = plan.unaccepted(accepted).collect();
    if open.is_empty() {
        return Ok(());
    }
    let texts: Vec<&str> = open.iter().map(|objection| objection.text.as_str()).collect();
    let refusal = Refusal::new(format!("{}; nothing was changed", texts.join("; ")));
    let flags: Option<Vec<&str>> = open.iter().map(|objection| objection.kind.flag()).collect();
    Err(match flags {
        Some(mut flags) => {
            flags.dedup();
            refusal.with_hint(format!("to do it all the same: {}", flags.join(" ")))
        }
        None => refusal,
    })
}

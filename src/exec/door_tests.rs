//! What happens between the last look and the call: somebody else's intent, and answers that are lost.

use std::future::{pending, ready};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;

use super::journal::Journal;
use super::plan::{Means, tests::facts};
use super::{
    Answer, Deed, Door, Gate, Hands, Lookout, Moment, Outfit, Receipt, Seen, Subject, Survey, Watched, Whereabouts,
    here,
};
use crate::domain::journal::{CallResult, Event, Record, VERSION};
use crate::domain::{
    Change, ChangePlace, Consent, ErrorClass, Labels, ObjectionKind, Outcome, PlanOptions, Refusal, ServiceId, Silence,
    SourceError, SourceKind, Target, TargetHealth,
};
use crate::net::Mishap;

/// What a world does that is not quite well.
#[derive(Default)]
struct Fake {
    /// Where somebody else writes an intent right after the facts were read.
    meddles_in: Option<PathBuf>,
    /// Knows another command line for everything.
    says_the_same: bool,
    /// By a clock that is so many seconds behind.
    behind: i64,
    /// The account that is reached.
    account: Option<String>,
    /// And is through with it at once.
    is_quick: bool,
    /// The answer to a silence is lost; it is there all the same, or it is not, or nobody can look.
    silence: Option<Result<bool, &'static str>>,
    /// Hosts whose targets are down, or why nobody knows.
    down: Mutex<Option<Result<Vec<String>, String>>>,
    done: Mutex<Vec<&'static str>>,
    comment: Mutex<String>,
}

fn moment() -> Moment {
    let now = Timestamp::from_second(100_000).unwrap();
    Moment { now, stamp: now }
}

fn lost() -> SourceError {
    SourceError::new(ErrorClass::Connect, "POST http://am/api/v2/silences: the connection broke")
}

impl Hands for Fake {
    fn survey<'a>(&'a self, change: &'a Change, _: Timestamp) -> Answer<'a, Result<Survey, Refusal>> {
        let subject = match change {
            Change::ExpireSilence { .. } => match self.silence {
                Some(Err(why)) => return Box::pin(async move { Err(Refusal::new(why)) }),
                is_there => {
                    let comment = self.comment.lock().unwrap().clone();
                    let silence = Silence {
                        id: "5117e5ce".to_owned(),
                        matchers: Vec::new(),
                        starts_at: None,
                        ends_at: None,
                        created_by: "kim".to_owned(),
                        comment,
                        source: SourceKind::Alertmanager,
                    };
                    let others = Silence { comment: "by hand".to_owned(), id: "0".to_owned(), ..silence.clone() };
                    Subject::Silences(if is_there == Some(Ok(true)) { vec![others, silence] } else { vec![others] })
                }
            },
            _ => Subject::Service(Box::new(facts())),
        };
        let whereabouts = Whereabouts {
            region: self.account.is_some().then(|| "eu-west-1".to_owned()),
            account: self.account.clone(),
            caller_arn: None,
        };
        Box::pin(async { Ok(Survey { whereabouts, subject, unseen: Vec::new() }) })
    }

    fn perform<'a>(&'a self, deed: &'a Deed, _: Timestamp) -> Answer<'a, Result<Receipt, Mishap>> {
        let word = match deed {
            Deed::StopTask { .. } => "stop",
            Deed::Silence { .. } => "silence",
            Deed::Expire { .. } => "expire",
            _ => "other",
        };
        self.done.lock().unwrap().push(word);
        if let Deed::Silence { ask, .. } = deed {
            self.comment.lock().unwrap().clone_from(&ask.comment);
            return Box::pin(async { Err(Mishap::Unknown(lost())) });
        }
        Box::pin(async { Ok(Receipt::default()) })
    }

    fn look<'a>(&'a self, _: &'a Watched, _: Timestamp) -> Answer<'a, Result<Seen, SourceError>> {
        Box::pin(async { Err(lost()) })
    }

    fn whereabouts(&self) -> Answer<'_, Whereabouts> {
        let account = self.account.clone();
        Box::pin(async { Whereabouts { account, ..Whereabouts::default() } })
    }

    fn named<'a>(&'a self, _: &'a str, _: Timestamp) -> Answer<'a, Result<Vec<ServiceId>, SourceError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn silencers(&self) -> Vec<SourceKind> {
        vec![SourceKind::Alertmanager]
    }

    fn annotates(&self) -> bool {
        false
    }

    fn same_as(&self, _: &Deed) -> Option<String> {
        if let Some(folder) = &self.meddles_in {
            let mut plan = crate::report::change::sample::plan(None);
            plan.change = restart();
            let record = Record {
                v: VERSION,
                at: moment().stamp - jiff::SignedDuration::from_secs(self.behind),
                simulated_at: None,
                id: "theirs".to_owned(),
                context: "prod".to_owned(),
                change: "restart".to_owned(),
                service: Some(ServiceId::new("prod", "api-2")),
                who: here(|_| None),
                event: Event::Intent { plan: Box::new(plan), consent: Consent::default() },
            };
            let mut line = serde_json::to_string(&record).unwrap() + "\n";
            if self.is_quick {
                let call = Event::Call { result: CallResult::Made, text: "made".to_owned(), made: None };
                for event in [call, Event::End { outcome: Outcome::Verified, stages: Vec::new() }] {
                    line += &(serde_json::to_string(&Record { event, ..record.clone() }).unwrap() + "\n");
                }
            }
            let file = std::fs::OpenOptions::new().append(true).create(true).open(folder.join("journal.jsonl"));
            file.unwrap().write_all(line.as_bytes()).unwrap();
        }
        self.says_the_same.then(|| "aws ecs ...".to_owned())
    }
}

impl Lookout for Fake {
    fn targets(&self) -> Answer<'_, Result<Vec<Target>, String>> {
        let down = self.down.lock().unwrap().clone().unwrap_or_else(|| Ok(Vec::new()));
        let target = |host: String| Target {
            job: "api".to_owned(),
            instance: String::new(),
            url: format!("http://{host}:8080/metrics"),
            health: TargetHealth::Down,
            last_error: "context deadline exceeded".to_owned(),
            last_scrape: None,
            scrape_took: None,
            interval: None,
            labels: Labels::default(),
            owner: None,
        };
        Box::pin(async move { Ok(down?.into_iter().map(target).collect()) })
    }
}

fn restart() -> Change {
    Change::RestartTask { service: ServiceId::new("prod", "api-2"), task: "3f9c21aa".to_owned() }
}

fn door(fake: &Arc<Fake>, journal: &Journal, forbidden_by: Option<&str>) -> Door {
    let place = ChangePlace {
        context: "prod".to_owned(),
        production: false,
        demo: false,
        region: None,
        account: None,
        caller_arn: None,
    };
    let outfit =
        Outfit { journal: journal.clone(), who: here(|_| None), forbidden_by: forbidden_by.map(str::to_owned) };
    let gate = Gate::new(false, Duration::from_mins(10));
    let means = Means { service_label: "service".to_owned(), sees_targets: true, ..Means::default() };
    Door::new(Arc::clone(fake) as Arc<dyn Hands>, Arc::clone(fake) as Arc<dyn Lookout>, place, means, gate, outfit)
}

#[tokio::test]
async fn of_two_who_found_nobody_at_it_one_only_begins() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    let calm = Arc::new(Fake::default());
    let agreed = door(&calm, &journal, None).plan(&restart(), &PlanOptions::default(), moment()).await.unwrap();
    assert!(agreed.objections.is_empty());

    let fake = Arc::new(Fake { meddles_in: Some(folder.path().to_owned()), ..Fake::default() });
    let refusal = door(&fake, &journal, None).pass(&agreed, &Consent::default(), &moment, pending()).await.unwrap_err();
    assert!(refusal.what.contains("is changing it right now"), "{refusal:?}");
    assert!(fake.done.lock().unwrap().is_empty(), "nothing was asked of anybody");
    let intents = journal.read(Timestamp::MIN).unwrap().records;
    let own = intents.iter().filter(|record| record.id == agreed.id && matches!(record.event, Event::Intent { .. }));
    assert_eq!(own.count(), 0, "the second intent was not written");

    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    let quick = Arc::new(Fake { meddles_in: Some(folder.path().to_owned()), is_quick: true, ..Fake::default() });
    let refusal =
        door(&quick, &journal, None).pass(&agreed, &Consent::default(), &moment, pending()).await.unwrap_err();
    assert!(refusal.what.contains("has changed it since the facts were read"), "{refusal:?}");

    let forced = Consent { accepted: vec![ObjectionKind::Rolling], ..Consent::default() };
    let made = door(&fake, &journal, None).pass(&agreed, &forced, &moment, pending()).await.unwrap();
    assert!(made.result.is_ok(), "{:?}", made.result);
}

#[tokio::test]
async fn a_silence_whose_answer_was_lost_is_looked_for_and_never_told_as_not_there() {
    for (silence, result, done, said) in [
        (Ok(true), CallResult::NotMade, vec!["silence", "expire"], "had been made, and was ended again"),
        (Ok(false), CallResult::Unknown, vec!["silence"], "shows no such silence"),
        (Err("not reachable"), CallResult::Unknown, vec!["silence"], "is not known, it ends by itself after 15m"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path());
        let fake = Arc::new(Fake { silence: Some(silence), ..Fake::default() });
        let door = door(&fake, &journal, None);
        let options = PlanOptions { silence: Some(Duration::from_mins(15)), patience: None };
        let plan = door.plan(&restart(), &options, moment()).await.unwrap();
        let made = door.pass(&plan, &Consent::default(), &moment, pending()).await.unwrap();
        assert!(made.result.is_err() && made.silence.is_none(), "{made:?}");
        assert_eq!(*fake.done.lock().unwrap(), done, "{said}");
        let records = journal.read(Timestamp::MIN).unwrap().records;
        let call = records.iter().find_map(|record| match &record.event {
            Event::Call { result, text, .. } => Some((*result, text.clone())),
            _ => None,
        });
        let (told, text) = call.unwrap();
        assert_eq!(told, result, "{text}");
        assert!(text.contains("the change was not made") && text.contains(said), "{text}");
        let stories = crate::domain::journal::stories(&records, &|_| Some(false), moment().stamp);
        let check = stories[0].what_to_check().unwrap_or_default();
        assert_eq!(check.contains("has a silence for service=\"api-2\""), result == CallResult::Unknown, "{check}");
    }
}

#[tokio::test]
async fn a_shell_is_written_down_with_the_account_it_is_opened_in() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    let fake = Arc::new(Fake { account: Some("482100000917".to_owned()), ..Fake::default() });
    let service = ServiceId::new("prod", "api-2");
    door(&fake, &journal, None).shell_begins(&service, "3f9c21aa", &Consent::default(), moment()).await.unwrap();
    let records = journal.read(Timestamp::MIN).unwrap().records;
    let Event::Shell { place: Some(place), .. } = &records[0].event else { panic!("{records:?}") };
    assert_eq!((place.account.as_deref(), place.context.as_str()), (Some("482100000917"), "prod"));
}

#[tokio::test]
async fn a_plan_says_itself_that_changes_are_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let door = door(&Arc::new(Fake::default()), &Journal::at(folder.path()), Some("--read-only"));
    let plan = door.plan(&restart(), &PlanOptions::default(), moment()).await.unwrap();
    let kinds: Vec<ObjectionKind> = plan.objections.iter().map(|objection| objection.kind).collect();
    assert_eq!(kinds, [ObjectionKind::ReadOnly]);
    assert!(plan.objections[0].text.contains("--read-only"), "{plan:?}");
}

#[tokio::test]
async fn a_target_that_goes_down_between_plan_and_call_is_a_reason_not_to() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::default());
    let door = door(&fake, &Journal::at(folder.path()), None);
    let plan = door.plan(&restart(), &PlanOptions::default(), moment()).await.unwrap();
    assert_eq!(plan.blast.as_ref().unwrap().healthy_during, 2);
    // All three have the same address in this world.
    *fake.down.lock().unwrap() = Some(Ok(vec!["10.0.0.8".to_owned()]));
    let refusal = door.pass(&plan, &Consent::default(), &moment, pending()).await.unwrap_err();
    assert!(refusal.what.contains("0 healthy tasks would be left, not 2"), "{refusal:?}");
    assert!(fake.done.lock().unwrap().is_empty());

    *fake.down.lock().unwrap() = Some(Err("no answer in time".to_owned()));
    let plan = door.plan(&restart(), &PlanOptions::default(), moment()).await.unwrap();
    let unseen = plan.lines.iter().find(|line| line.label == "unseen").map(|line| line.text.as_str());
    assert_eq!(unseen, Some("whether Prometheus can scrape its tasks: no answer in time"));
    assert!(plan.objections.is_empty(), "what is not known speaks against nobody");
}

#[tokio::test]
async fn what_nobody_may_do_is_not_handed_out_as_a_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake { says_the_same: true, ..Fake::default() });
    let rollback = Change::RollBack { service: ServiceId::new("prod", "api-2") };
    for (change, forbidden_by, is_said) in
        [(restart(), None, true), (restart(), Some("--read-only"), false), (rollback, None, false)]
    {
        let door = door(&fake, &Journal::at(folder.path()), forbidden_by);
        let plan = door.plan(&change, &PlanOptions::default(), moment()).await.unwrap();
        assert_eq!(plan.same_as.is_some(), is_said, "{plan:?}");
    }
}

#[tokio::test]
async fn what_is_called_off_before_it_begins_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    let fake = Arc::new(Fake::default());
    let door = door(&fake, &journal, None);
    let plan = door.plan(&restart(), &PlanOptions::default(), moment()).await.unwrap();
    let refusal = door.pass(&plan, &Consent::default(), &moment, ready(())).await.unwrap_err();
    assert!(refusal.what.contains("called off before it began: nothing was changed"), "{refusal:?}");
    assert!(fake.done.lock().unwrap().is_empty());
    let records = journal.read(Timestamp::MIN).unwrap().records;
    assert!(matches!(&records[..], [Record { event: Event::Refused { .. }, .. }]), "{records:?}");
}

#[tokio::test]
async fn a_context_of_another_name_that_leads_to_the_same_place_is_heeded() {
    for (account, is_heeded) in [(Some("482100000917"), true), (Some("000000000000"), false), (None, false)] {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path());
        let fake = Arc::new(Fake { account: Some("482100000917".to_owned()), ..Fake::default() });
        let door = door(&fake, &journal, None);
        let mut theirs = crate::report::change::sample::plan(None);
        theirs.change = restart();
        theirs.place = ChangePlace { account: account.map(str::to_owned), ..ChangePlace::of("prod-admin") };
        theirs.place.region = Some("eu-west-1".to_owned());
        let record = Record {
            v: VERSION,
            at: moment().stamp,
            simulated_at: None,
            id: "theirs".to_owned(),
            context: "prod-admin".to_owned(),
            change: "restart".to_owned(),
            service: Some(ServiceId::new("prod", "api-2")),
            who: here(|_| None),
            event: Event::Intent { plan: Box::new(theirs), consent: Consent::default() },
        };
        journal.append(&record).await.unwrap();
        let plan = door.plan(&restart(), &PlanOptions::default(), moment()).await.unwrap();
        assert_eq!(!plan.objections.is_empty(), is_heeded, "{account:?}: {:?}", plan.objections);
    }
}

#[tokio::test]
async fn a_change_made_meanwhile_is_seen_whatever_the_clock_says() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::at(folder.path());
    let fake = Arc::new(Fake::default());
    let agreed = door(&fake, &journal, None).plan(&restart(), &PlanOptions::default(), moment()).await.unwrap();
    // The other one's clock, or this one's, was set back by ten minutes.
    let quick =
        Arc::new(Fake { meddles_in: Some(folder.path().to_owned()), is_quick: true, behind: 600, ..Fake::default() });
    let refusal =
        door(&quick, &journal, None).pass(&agreed, &Consent::default(), &moment, pending()).await.unwrap_err();
    assert!(refusal.what.contains("has changed it since the facts were read"), "{refusal:?}");
}

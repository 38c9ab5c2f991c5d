//! What is told by lines that are there, and by those that are missing.

use super::*;
use crate::domain::{Change, Outcome, SourceKind};

fn record(event: Event, second: i64) -> Record {
    Record {
        v: VERSION,
        at: jiff::Timestamp::from_second(second).unwrap(),
        simulated_at: None,
        id: "one".to_owned(),
        context: "prod".to_owned(),
        change: "expire-silence".to_owned(),
        service: None,
        who: Who { user: "kim".to_owned(), ..Who::default() },
        event,
    }
}

fn asked() -> Change {
    Change::ExpireSilence { id: "aa11bb22cc33".to_owned(), source: SourceKind::Alertmanager }
}

fn call(result: CallResult) -> Event {
    Event::Call { result, text: "said".to_owned(), made: None }
}

fn end(outcome: Outcome) -> Event {
    Event::End { outcome, stages: Vec::new() }
}

fn intent() -> Event {
    let plan = crate::report::change::sample::plan(None);
    Event::Intent { plan: Box::new(plan), consent: crate::domain::Consent::default() }
}

#[test]
fn a_missing_line_says_that_the_program_died() {
    let told = |events: Vec<Event>, alive: Option<bool>, now: i64| {
        let records: Vec<Record> = events.into_iter().zip(10..).map(|(event, at)| record(event, at)).collect();
        let now = jiff::Timestamp::from_second(now).unwrap();
        stories(&records, &|_| alive, now)[0].ending.clone()
    };
    let verified = || Ending::Known(Outcome::Verified);
    for (events, alive, now, ending) in [
        (vec![intent()], Some(false), 20, Ending::CallUnknown),
        (vec![intent()], Some(true), 20, Ending::UnderWay),
        (vec![intent()], None, 20, Ending::UnderWay),
        (vec![intent()], None, 10_000, Ending::CallUnknown),
        (vec![intent(), call(CallResult::Made)], Some(false), 20, Ending::NotSeen),
        (vec![intent(), call(CallResult::Made)], None, 200, Ending::UnderWay),
        (vec![intent(), call(CallResult::Made)], None, 10_000, Ending::NotSeen),
        (
            vec![intent(), call(CallResult::NotMade)],
            Some(false),
            20,
            Ending::Known(Outcome::NotMade { why: "said".into() }),
        ),
        (
            vec![intent(), call(CallResult::Unknown)],
            Some(false),
            20,
            Ending::Known(Outcome::Unknown { why: "said".into() }),
        ),
        (vec![intent(), call(CallResult::Made), end(Outcome::Verified)], Some(false), 20, verified()),
        (vec![Event::Refused { asked: asked(), why: "no".into() }], Some(false), 20, Ending::Refused("no".into())),
    ] {
        assert_eq!(told(events.clone(), alive, now), ending, "{} events, {alive:?} at {now}", events.len());
    }
}

#[test]
fn a_change_took_from_its_intent_to_its_end_by_the_clock_it_lived_by() {
    let at = |second| jiff::Timestamp::from_second(second).unwrap();
    let took = |records: &[Record]| stories(records, &|_| Some(false), at(100))[0].took.map(|took| took.as_secs());
    let real = [record(intent(), 10), record(call(CallResult::Made), 11), record(end(Outcome::Verified), 16)];
    assert_eq!(took(&real), Some(6));
    let simulated = |record: &Record, second| Record { simulated_at: Some(at(second)), ..record.clone() };
    assert_eq!(took(&[simulated(&real[0], 1_000), simulated(&real[2], 1_360)]), Some(360));
    assert_eq!(took(&real[..2]), None, "nobody saw its end");
}

#[test]
fn what_nobody_knows_is_told_once_and_always_says_what_to_check() {
    let now = jiff::Timestamp::from_second(100).unwrap();
    let mut records = vec![record(intent(), 10)];
    let open = unfinished(&records, &|_| Some(false), now);
    assert!(open[0].what_to_check().unwrap().contains("whether task 3f9c21aa of prod/api-2 still runs"), "{open:?}");
    records.push(record(Event::Noted, 20));
    assert!(unfinished(&records, &|_| Some(false), now).is_empty());
    assert_eq!(stories(&records, &|_| Some(false), now)[0].ending, Ending::CallUnknown, "and stays so");
}

#[test]
fn a_line_reads_as_it_was_written() {
    for event in [intent(), call(CallResult::Made), end(Outcome::GaveUp { waiting_for: "x".into() }), Event::Noted] {
        let written = record(event, 5);
        let line = serde_json::to_string(&written).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), written);
    }
}

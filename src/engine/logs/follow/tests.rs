//! Against a scripted log: late lines, repeats, failures, live sessions that end.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;
use crate::domain::{LogKind, LogLive, LogOrigin, LogPage, ServiceId};
use crate::sim::{EPOCH, Plan, World};
use crate::source::Answer;
use crate::source::logs::LogSource;

type Script<T> = Mutex<VecDeque<Result<T, SourceError>>>;

/// What it answers, one after the other; then nothing new for ever.
#[derive(Default)]
struct Scripted {
    pages: Script<LogPage>,
    sessions: Script<VecDeque<Option<LogLive>>>,
    asked: Mutex<Vec<LogAsk>>,
}

impl LogSource for Scripted {
    fn place(&self) -> String {
        "a script".to_owned()
    }

    fn requests(&self) -> u64 {
        0
    }

    fn read<'a>(&'a self, ask: &'a LogAsk, _: Duration) -> Answer<'a, Result<LogPage, SourceError>> {
        self.asked.lock().unwrap().push(ask.clone());
        let answer = self.pages.lock().unwrap().pop_front().unwrap_or_else(|| Ok(LogPage::default()));
        Box::pin(async { answer })
    }

    fn live_cost(&self) -> Option<&'static str> {
        Some("a cent")
    }

    fn live<'a>(&'a self, _: &'a LogScope, _: Duration) -> Answer<'a, Result<Box<dyn LiveLog>, SourceError>> {
        let session = self.sessions.lock().unwrap().pop_front();
        Box::pin(async {
            match session {
                Some(Ok(updates)) => Ok(Box::new(Session(updates)) as Box<dyn LiveLog>),
                Some(Err(error)) => Err(error),
                None => std::future::pending().await,
            }
        })
    }
}

struct Session(VecDeque<Option<LogLive>>);

impl LiveLog for Session {
    fn next(&mut self) -> Answer<'_, Result<Option<LogLive>, SourceError>> {
        let next = self.0.pop_front();
        Box::pin(async { next.map_or_else(|| Err(error(ErrorClass::Connect)), Ok) })
    }
}

fn error(class: ErrorClass) -> SourceError {
    SourceError::new(class, "planted failure")
}

fn line(second: i64, text: &str, id: u64) -> LogLine {
    let at = EPOCH.saturating_add(SignedDuration::from_secs(second)).unwrap();
    LogLine { id, kind: LogKind::Said, origin: Arc::new(LogOrigin::default()), ..LogLine::gap(at, text) }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands among failures in scripts")]
fn page(lines: Vec<LogLine>) -> Result<LogPage, SourceError> {
    Ok(LogPage { lines, ..LogPage::default() })
}

/// Follows a script; what comes is handed to `until` until that is satisfied.
async fn follow(
    source: Scripted,
    live: bool,
    mut until: impl FnMut(&LogNews) -> bool,
) -> (Vec<LogNews>, Arc<Scripted>) {
    let source = Arc::new(source);
    let mut station = Station::simulated(&Arc::new(World::new(Plan::default())), 0.0, &[]).unwrap();
    station.logs = Some(Arc::clone(&source) as Arc<dyn LogSource>);
    let ask =
        FollowAsk { scope: LogScope::of(ServiceId::new("", "web")), from: Timestamp::UNIX_EPOCH, most: 100, live };
    let (news, mut inbox) = mpsc::unbounded_channel();
    let follower = Follower::new(Arc::new(station), ask, news, Duration::from_millis(2));
    let running = tokio::spawn(follower.run());
    let mut got = Vec::new();
    let all = async {
        while let Some(news) = inbox.recv().await {
            got.push(news);
            if until(got.last().unwrap()) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), all).await.expect("the script is played within a minute");
    running.abort();
    (got, source)
}

fn texts(news: &[LogNews]) -> Vec<String> {
    let mut texts = Vec::new();
    for news in news {
        let (LogNews::Lines(lines) | LogNews::Began(LogPage { lines, .. })) = news else { continue };
        texts.extend(
            lines.iter().map(|line| {
                if line.kind == LogKind::Gap { format!("-- {}", line.text) } else { line.text.to_string() }
            }),
        );
    }
    texts
}

fn says(text: &'static str) -> impl FnMut(&LogNews) -> bool {
    move |news| texts(std::slice::from_ref(news)).iter().any(|line| line.contains(text))
}

#[tokio::test]
async fn late_lines_come_and_repeats_do_not() {
    let source = Scripted {
        pages: Mutex::new(VecDeque::from([
            page(vec![line(1, "a", 1), line(3, "c", 3)]),
            page(vec![line(1, "a", 1), line(2, "late", 2), line(3, "c", 3)]),
            page(vec![line(3, "c", 3), line(4, "end", 4)]),
        ])),
        ..Scripted::default()
    };
    let (news, source) = follow(source, false, says("end")).await;
    assert_eq!(texts(&news), ["a", "c", "late", "end"]);
    let asked = source.asked.lock().unwrap();
    assert_eq!(asked[1].from, EPOCH.checked_sub(OVERLAP).unwrap(), "every look overlaps the one before");
    assert!(asked.iter().all(|ask| ask.to.is_none()));
}

#[tokio::test]
async fn a_failing_backend_is_asked_again_and_leaves_a_mark() {
    let source = Scripted {
        pages: Mutex::new(VecDeque::from([
            Err(error(ErrorClass::Throttled)),
            page(vec![line(1, "a", 1)]),
            Err(error(ErrorClass::Timeout)),
            Err(error(ErrorClass::Server)),
            page(vec![line(1, "a", 1), line(2, "b", 2)]),
        ])),
        ..Scripted::default()
    };
    let (news, source) =
        follow(source, false, |news| texts(std::slice::from_ref(news)).contains(&"b".to_owned())).await;
    assert_eq!(
        texts(&news),
        ["a", "-- no answer: planted failure", "-- answers again after 0s; what was said meanwhile was read now", "b"]
    );
    let failing = news.iter().filter(|news| matches!(news, LogNews::State(LogState::Failing { .. }))).count();
    assert_eq!(failing, 3);
    let asked = source.asked.lock().unwrap();
    assert!(asked[4].from <= asked[2].from, "what was said during the failure is asked for");
}

#[tokio::test]
async fn what_cannot_be_had_is_not_asked_for_for_ever() {
    let source = Scripted {
        pages: Mutex::new(VecDeque::from([Err(error(ErrorClass::Unsupported).with_hint("do this"))])),
        ..Scripted::default()
    };
    let (news, source) = follow(source, false, |_| false).await;
    assert_eq!(
        news,
        [LogNews::State(LogState::Ended { what: "planted failure".to_owned(), hint: Some("do this".to_owned()) })]
    );
    assert_eq!(source.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn more_than_can_be_read_leaves_a_mark() {
    let cut = Ok(LogPage { cut_before: Some(line(9, "", 0).at), lines: vec![line(9, "new", 9)], notes: Vec::new() });
    let source = Scripted { pages: Mutex::new(VecDeque::from([page(Vec::new()), cut])), ..Scripted::default() };
    let (news, _) = follow(source, false, says("new")).await;
    assert_eq!(texts(&news), ["-- lines are missing here: more came in than could be read", "new"]);
}

#[tokio::test]
async fn live_lines_follow_those_that_were_read_and_the_session_is_renewed() {
    let update = |sampled, lines| Some(LogLive { lines, sampled });
    let source = Scripted {
        pages: Mutex::new(VecDeque::from([
            page(vec![line(1, "a", 1)]),
            page(vec![line(1, "a", 1), line(2, "between", 2)]),
        ])),
        sessions: Mutex::new(VecDeque::from([
            Ok(VecDeque::from([
                update(false, vec![line(1, "a", 0), line(2, "between", 0), line(3, "c", 0)]),
                update(true, vec![line(4, "d", 0)]),
                update(false, Vec::new()),
                None,
            ])),
            Ok(VecDeque::from([update(false, vec![line(5, "e", 0)])])),
            Err(error(ErrorClass::Forbidden)),
        ])),
        ..Scripted::default()
    };
    let (news, _) = follow(source, true, says("refused")).await;
    assert_eq!(
        texts(&news),
        [
            "a",
            "between",
            "c",
            "-- lines are missing from here on: live tail sends at most 500 a second",
            "d",
            "-- live tail sends every line again",
            "-- live tail ended after its three hours; it begins anew",
            "e",
            "-- live tail broke off: planted failure",
            "-- live tail refused, asking again and again instead: planted failure",
        ]
    );
    assert!(
        news.iter().any(|news| matches!(news, LogNews::State(LogState::Live { cost: "a cent", sampled: true, .. })))
    );
}

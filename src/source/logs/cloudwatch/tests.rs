//! Against a FAKE of `FilterLogEvents`, `StartLiveTail` and the ECS calls before them, written from AWS's API reference:
//! empty pages with a token, windows, refusals, the frames of an event stream. History on moto is in `tests/it/logs_moto.rs`.

use std::sync::Mutex;

use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::domain::{ErrorClass, LogKind, ServiceId};
use crate::net::aws::fake::{action, answer, aws, body, identity, refusal, settings};
use crate::net::http::loopback::{Asked, Loopback, Said};

const OURS: &str = "00000000000000000000000000000001";
const ALSO_OURS: &str = "00000000000000000000000000000002";
const THEIRS: &str = "00000000000000000000000000000003";

/// An event as the fake keeps it: millisecond, task, text.
type Event = (i64, &'static str, &'static str);

#[derive(Clone, Copy)]
struct Fake {
    events: &'static [Event],
    /// Events a page; every other page is empty and has a token all the same.
    page: usize,
    logging: &'static str,
}

impl Fake {
    fn reply(self, asked: &Asked) -> Said {
        let ours = |task: &str| if task == THEIRS { "service:other" } else { "service:web" };
        let question = if asked.header("x-amz-target").is_empty() { Value::Null } else { body(asked) };
        match action(asked).as_str() {
            "DescribeServices" => answer(&json!({"services": [{
                "serviceName": "web", "status": "ACTIVE", "taskDefinition": "arn:aws:ecs:eu-west-1:1:task-definition/web:7"}]})),
            "DescribeTaskDefinition" => answer(&json!({"taskDefinition": {"family": "web", "revision": 7,
                "containerDefinitions": [{"name": "web", "logConfiguration": serde_json::from_str::<Value>(self.logging).unwrap()}]}})),
            "ListTasks" => answer(&json!({"taskArns": []})),
            "DescribeTasks" => {
                let tasks = question["tasks"].as_array().unwrap().iter().map(|task| {
                    let task = task.as_str().unwrap();
                    json!({"taskArn": format!("arn:aws:ecs:eu-west-1:1:task/prod/{task}"), "group": ours(task)})
                });
                answer(&json!({"tasks": tasks.collect::<Vec<_>>()}))
            }
            "FilterLogEvents" => self.filter(&question),
            "StartLiveTail" => live(&question),
            _ => identity(),
        }
    }

    fn filter(self, question: &Value) -> Said {
        let prefix = question["logStreamNamePrefix"].as_str().unwrap_or_default();
        assert_eq!(question["logGroupName"], "/ecs/web");
        let from = question["startTime"].as_i64().unwrap();
        let to = question["endTime"].as_i64().unwrap_or(i64::MAX);
        let skipped: usize = question["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let stream = |task: &str| format!("ecs/web/{task}");
        let found: Vec<_> = self
            .events
            .iter()
            .filter(|(at, task, _)| (from..=to).contains(at) && stream(task).starts_with(prefix))
            .collect();
        // Every second page holds nothing.
        let empty = skipped.is_multiple_of(2);
        let page = if empty { &[][..] } else { &found[(skipped / 2 * self.page).min(found.len())..] };
        let events: Vec<_> = page
            .iter()
            .take(self.page)
            .map(|(at, task, text)| json!({"logStreamName": stream(task), "timestamp": at, "message": text, "eventId": format!("{at}{task}{text}")}))
            .collect();
        let more = empty || page.len() > self.page;
        let token = more.then(|| (skipped + 1).to_string());
        answer(&json!({"events": events, "nextToken": token}))
    }
}

const AWSLOGS: &str =
    r#"{"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/web", "awslogs-stream-prefix": "ecs"}}"#;

/// Frames: a hello, two updates, and the end that comes after three hours.
fn live(question: &Value) -> Said {
    assert_eq!(question["logGroupIdentifiers"], json!(["arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/web"]));
    assert_eq!(question["logStreamNamePrefixes"], json!(["ecs/web/"]));
    let frame = |kind: &str, name: &str, body: &Value| {
        let text = |value: &str| HeaderValue::String(value.to_owned().into());
        let message = Message::new(body.to_string())
            .add_header(Header::new(":message-type", text(kind)))
            .add_header(Header::new(if kind == "event" { ":event-type" } else { ":exception-type" }, text(name)))
            .add_header(Header::new(":content-type", text("application/json")));
        let mut bytes = Vec::new();
        aws_smithy_eventstream::frame::write_message_to(&message, &mut bytes).unwrap();
        bytes
    };
    let said = |at: i64, task: &str, text: &str| json!({"logStreamName": format!("ecs/web/{task}"), "timestamp": at, "ingestionTime": at, "message": text});
    let update =
        |sampled: bool, lines: Vec<Value>| json!({"sessionMetadata": {"sampled": sampled}, "sessionResults": lines});
    let frames = [
        frame("event", "initial-response", &json!({})),
        frame("event", "sessionStart", &json!({"sessionId": "1"})),
        frame(
            "event",
            "sessionUpdate",
            &update(
                false,
                vec![said(2_000, OURS, "two\x1b[2J"), said(1_000, ALSO_OURS, "one"), said(1_500, THEIRS, "no")],
            ),
        ),
        frame("event", "sessionUpdate", &update(true, Vec::new())),
        frame("exception", "SessionTimeoutException", &json!({"message": "three hours"})),
    ];
    Said::Reply(200, vec![("content-type", "application/vnd.amazon.eventstream".into())], frames.concat())
}

async fn logs(fake: Fake) -> (CloudWatchLogs, Loopback) {
    let server = Loopback::start(move |asked: &Asked| fake.reply(asked)).await;
    let mut settings = settings(&server.url);
    settings.clusters = vec!["prod".to_owned()];
    (CloudWatchLogs::open(&aws(settings), &[]), server)
}

fn ask(from: i64, now: i64, most: usize) -> LogAsk {
    let at = |second| Timestamp::from_second(second).unwrap();
    LogAsk { scope: LogScope::of(ServiceId::new("", "web")), from: at(from), to: None, now: at(now), most }
}

fn texts(page: &LogPage) -> Vec<&str> {
    page.lines.iter().map(|line| &*line.text).collect()
}

const SOON: Duration = Duration::from_mins(1);

const EVENTS: &[Event] = &[
    (1_000, OURS, "a"),
    (3_000, ALSO_OURS, "c"),
    (2_000, OURS, "b\x1b]0;t\x07"),
    (2_500, THEIRS, "another service's"),
    (3_000, OURS, "d"),
];

#[tokio::test]
async fn empty_pages_are_not_the_end_and_tasks_are_interleaved_by_time() {
    let (logs, server) = logs(Fake { events: EVENTS, page: 2, logging: AWSLOGS }).await;
    let page = logs.read(&ask(0, 60, 100), SOON).await.unwrap();
    assert_eq!(texts(&page), ["a", "b\\u{1b}]0;t\\u{7}", "c", "d"]);
    assert_eq!((page.cut_before, page.notes.len()), (None, 0));
    assert_eq!(page.lines[2].origin.task.as_deref(), Some(ALSO_OURS));
    let calls = |name: &str| server.asked().iter().filter(|asked| action(asked) == name).count();
    assert_eq!((calls("FilterLogEvents"), calls("DescribeTaskDefinition"), calls("DescribeTasks")), (6, 1, 1));
    logs.read(&ask(0, 60, 100), SOON).await.unwrap();
    assert_eq!((calls("DescribeTaskDefinition"), calls("DescribeTasks")), (1, 1), "what is known is not asked again");
}

#[tokio::test]
async fn the_newest_are_read_first_and_what_is_left_out_is_said() {
    const SPREAD: &[Event] =
        &[(1_000, OURS, "old"), (3_500_000, OURS, "older"), (3_590_000, OURS, "new"), (3_599_000, OURS, "newest")];
    let (logs, server) = logs(Fake { events: SPREAD, page: 10, logging: AWSLOGS }).await;
    let page = logs.read(&ask(0, 3_600, 2), SOON).await.unwrap();
    assert_eq!(texts(&page), ["new", "newest"]);
    assert_eq!(page.cut_before, Timestamp::from_second(3_540).ok());
    let windows = server.asked().iter().filter(|asked| action(asked) == "FilterLogEvents").count();
    assert_eq!(windows, 2, "one window of two pages was enough");
    let all = logs.read(&ask(0, 3_600, 50), SOON).await.unwrap();
    assert_eq!(texts(&all), ["old", "older", "new", "newest"]);
}

#[tokio::test]
async fn time_that_is_used_up_leaves_a_visible_gap() {
    let (logs, _server) = logs(Fake { events: EVENTS, page: 1, logging: AWSLOGS }).await;
    let page = logs.read(&ask(0, 60, 100), Duration::from_millis(1_700)).await.unwrap();
    let last = page.lines.last().unwrap();
    assert_eq!(last.kind, LogKind::Gap);
    assert!(last.text.contains("time for reading was used up") && page.cut_before.is_some());
}

#[tokio::test]
async fn live_lines_come_as_they_are_said_until_the_session_is_over() {
    let (logs, _server) = logs(Fake { events: EVENTS, page: 1, logging: AWSLOGS }).await;
    let scope = LogScope::of(ServiceId::new("prod", "web"));
    let mut live = logs.live(&scope, SOON).await.unwrap();
    let update = live.next().await.unwrap().unwrap();
    assert_eq!(update.lines.iter().map(|line| &*line.text).collect::<Vec<_>>(), ["one", "two\\u{1b}[2J"]);
    assert!(!update.sampled);
    assert!(live.next().await.unwrap().unwrap().sampled);
    assert!(live.next().await.unwrap().is_none(), "the three hours are over");
    assert!(logs.live_cost().unwrap().contains("$0.01"));
}

#[tokio::test]
async fn where_logs_go_elsewhere_it_is_said_and_what_to_do() {
    for (logging, expected) in [
        (r#"{"logDriver": "awsfirelens", "options": {"Name": "es"}}"#, "container web logs with FireLens to es"),
        (r#"{"logDriver": "splunk"}"#, "container web logs with splunk"),
        ("null", "container web has no log configuration"),
        (r#"{"logDriver": "awslogs"}"#, "names no group"),
        (
            r#"{"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/web"}}"#,
            "container web logs without awslogs-stream-prefix, and ECS lists no task with it",
        ),
    ] {
        let (logs, _server) = logs(Fake { events: EVENTS, page: 1, logging }).await;
        let error = logs.read(&ask(0, 60, 100), SOON).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Unsupported);
        assert!(error.what.contains(expected), "{}", error.what);
        assert!(error.hint.unwrap().contains("logs.groups.\"web\""));
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_what_to_do() {
    let server = Loopback::start(|asked: &Asked| match action(asked).as_str() {
        "FilterLogEvents" => refusal(400, "ResourceNotFoundException", "The specified log group does not exist."),
        _ => Fake { events: EVENTS, page: 1, logging: AWSLOGS }.reply(asked),
    })
    .await;
    let mut settings = settings(&server.url);
    settings.clusters = vec!["prod".to_owned()];
    let logs = CloudWatchLogs::open(&aws(settings), &[]);
    let error = logs.read(&ask(0, 60, 100), SOON).await.unwrap_err();
    assert!(error.what.contains("ResourceNotFoundException") && error.hint.unwrap().contains("awslogs-group"));
}

#[tokio::test]
async fn readers_share_one_turnstile() {
    let (logs, server) = logs(Fake { events: EVENTS, page: 100, logging: AWSLOGS }).await;
    let begun = Mutex::new(Deadline::after(SOON));
    let ask = ask(0, 60, 100);
    let (one, other) = tokio::join!(logs.read(&ask, SOON), logs.read(&ask, SOON));
    assert_eq!((one.unwrap().lines.len(), other.unwrap().lines.len()), (4, 4));
    let calls = server.asked().iter().filter(|asked| action(asked) == "FilterLogEvents").count();
    let least = SPACING * u32::try_from(calls - 1).unwrap();
    assert!(begun.lock().unwrap().elapsed() >= least, "{calls} calls");
}

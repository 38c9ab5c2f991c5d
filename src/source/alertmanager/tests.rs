//! Answers captured from Alertmanager 0.25, and odd ones.

use std::time::Duration;

use super::*;
use crate::config::{Alertmanager as Settings, Reach};
use crate::domain::{AlertState, ErrorClass, Owner, Severity, Suppression};
use crate::net::http::loopback::{Asked, Loopback, Said};

const ALERTS: &str = r#"[{"annotations":{},"endsAt":"2026-11-22T16:58:37.632Z","fingerprint":"448881ef475b9b26","receivers":[{"name":"nobody"}],"startsAt":"2026-11-22T16:58:21.632Z","status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},"updatedAt":"2026-11-22T16:58:33.634Z","generatorURL":"http://vm:19290/graph?g0.expr=vector%281%29\u0026g0.tab=1","labels":{"alertname":"Watchdog","severity":"none"}},{"annotations":{"summary":"127.0.0.1:19299 is down"},"endsAt":"2026-11-22T16:58:37.632Z","fingerprint":"cab339692588521b","receivers":[{"name":"nobody"}],"startsAt":"2026-11-22T16:58:29.632Z","status":{"inhibitedBy":[],"silencedBy":["cabdab30-c94a-4585-8a6e-b4b8d3da3f76"],"state":"suppressed"},"updatedAt":"2026-11-22T16:58:33.633Z","generatorURL":"javascript:alert(1)","labels":{"alertname":"ServiceDown","instance":"127.0.0.1:19299","job":"dead","service":"web","severity":"critical"}}]"#;

const SILENCES: &str = r#"[{"id":"cabdab30-c94a-4585-8a6e-b4b8d3da3f76","status":{"state":"active"},"updatedAt":"2026-11-22T16:58:35.567Z","comment":"known \u001b[2J","createdBy":"kim","endsAt":"2027-01-01T00:00:00.000Z","matchers":[{"isEqual":true,"isRegex":false,"name":"alertname","value":"Say \"hi\""},{"isEqual":false,"isRegex":true,"name":"service","value":"web.*"},{"isRegex":true,"name":"old","value":"x"}],"startsAt":"2026-11-22T16:58:35.567Z"},{"id":"b","status":{"state":"expired"},"comment":"","createdBy":"","endsAt":"2027-01-01T00:00:00.000Z","matchers":[],"startsAt":"2026-11-22T16:58:35.567Z"}]"#;

const STATUS: &str = r#"{"cluster":{"peers":[],"status":"disabled"},"config":{"original":"global: {}"},"uptime":"2026-11-22T15:58:21.491Z","versionInfo":{"branch":"debian/sid","version":"0.25.0"}}"#;

fn now() -> Timestamp {
    "2026-11-22T16:58:36Z".parse().unwrap()
}

fn whole(asked: &Asked) -> Said {
    match asked.path.as_str() {
        "/alertmanager/api/v2/alerts" => Said::json(200, ALERTS),
        "/alertmanager/api/v2/silences" => Said::json(200, SILENCES),
        "/alertmanager/api/v2/status" => Said::json(200, STATUS),
        _ => Said::json(404, "{}"),
    }
}

fn source(server: &Loopback) -> Arc<dyn Source> {
    let mut http = server.settings();
    http.url = http.url.join("alertmanager").unwrap();
    open(&Settings { reach: Reach::Direct(http) }, None, OwnerLabels::default(), &Clients::default())
}

async fn read(server: &Loopback, now: Timestamp) -> Result<AlertmanagerReading, SourceError> {
    let ask = Ask { now, within: Duration::from_mins(1), wanted: Vec::new() };
    match source(server).read(&ask).await? {
        Reading::Alertmanager(reading) => Ok(reading),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn alerts_silences_and_status_are_read_together() {
    let server = Loopback::start(whole).await;
    let reading = read(&server, now()).await.unwrap();
    let [watchdog, down] = reading.alerts.as_slice() else { panic!("{:?}", reading.alerts) };
    assert_eq!((watchdog.severity, &watchdog.suppression, &watchdog.owner), (Severity::Info, &None, &None));
    assert_eq!(watchdog.url.as_deref(), Some("http://vm:19290/graph?g0.expr=vector%281%29&g0.tab=1"));
    assert_eq!((down.state, down.summary()), (AlertState::Firing, Some("127.0.0.1:19299 is down")));
    assert_eq!((down.owner.clone(), down.url.clone()), (Some(Owner::named("web")), None));
    let by = vec!["cabdab30-c94a-4585-8a6e-b4b8d3da3f76".to_owned()];
    assert_eq!(down.suppression, Some(Suppression::Silenced(by)));

    let [silence] = reading.silences.as_slice() else { panic!("{:?}", reading.silences) };
    assert_eq!(silence.matchers, [r#"alertname="Say \"hi\"""#, r#"service!~"web.*""#, r#"old=~"x""#]);
    assert_eq!((silence.created_by.as_str(), silence.comment.as_str()), ("kim", "known \\u{1b}[2J"));

    assert_eq!(reading.version.as_deref(), Some("0.25.0"));
    assert_eq!(reading.facts, [("cluster".into(), "disabled".into()), ("up for".into(), "1h".into())]);
    let alerts = server.asked().into_iter().find(|asked| asked.path.ends_with("alerts")).unwrap();
    assert_eq!((alerts.parameter("silenced"), alerts.parameter("unprocessed")), ("true", "true"));
}

#[tokio::test]
async fn an_alert_that_ended_is_left_out_and_a_clock_a_little_ahead_hides_none() {
    let server = Loopback::start(whole).await;
    assert_eq!(read(&server, now() + Duration::from_secs(40)).await.unwrap().alerts.len(), 2);
    assert!(read(&server, now() + Duration::from_mins(2)).await.unwrap().alerts.is_empty());
}

#[test]
fn a_suppression_names_its_reason_where_the_server_does() {
    let some = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (status, expected) in [
        (r#"{"state":"active","silencedBy":[],"inhibitedBy":[]}"#, None),
        (r#"{"state":"unprocessed","silencedBy":null}"#, None),
        (r#"{"state":"suppressed","inhibitedBy":["f1"]}"#, Some(Suppression::Inhibited(some(&["f1"])))),
        (r#"{"state":"suppressed","mutedBy":["nights"]}"#, Some(Suppression::Muted(some(&["nights"])))),
        (r#"{"state":"suppressed"}"#, Some(Suppression::Muted(Vec::new()))),
    ] {
        let wire = format!(r#"{{"labels":{{}},"status":{status},"new":1}}"#);
        let wire = serde_json::from_str(&wire).unwrap();
        let alert = map::alert(wire, &OwnerLabels::default(), SourceKind::Alertmanager, now()).unwrap();
        assert_eq!(alert.suppression, expected, "{status}");
    }
}

#[tokio::test]
async fn the_three_shapes_of_errors_are_understood() {
    for (status, body, expected) in [
        (400, r#""bad matcher format: x""#, "400 Bad Request: bad matcher format: x"),
        (
            422,
            r#"{"code":602,"message":"filter in query is required"}"#,
            "422 Unprocessable Entity: filter in query is required",
        ),
        (500, "", "500 Internal Server Error"),
    ] {
        let server = Loopback::start(move |_| Said::json(status, body)).await;
        let error = read(&server, now()).await.unwrap_err();
        assert!(error.what.ends_with(expected), "{}", error.what);
    }
}

#[tokio::test]
async fn alerts_alone_are_enough_and_the_rest_is_a_problem() {
    let server = Loopback::start(|asked| match asked.path.as_str() {
        "/alertmanager/api/v2/alerts" => Said::json(200, "[]"),
        _ => Said::json(403, "{}"),
    })
    .await;
    let reading = read(&server, now()).await.unwrap();
    assert_eq!(reading.problems.iter().map(|problem| problem.class).collect::<Vec<_>>(), [ErrorClass::Forbidden; 2]);
    let lines = source(&server).checkups(now()).await;
    assert_eq!(lines.len(), 4, "{lines:?}");
}

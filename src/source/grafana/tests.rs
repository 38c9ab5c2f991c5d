//! Answers after Grafana's documentation of versions 9 to 13, with full, little and no permission.

use std::time::Duration;

use super::*;
use crate::config::{Auth, Grafana as Settings, SecretRef};
use crate::domain::CheckupState::{Fail, Pass, Warn};
use crate::domain::{AlertState, ErrorClass, Owner, Suppression};
use crate::net::http::loopback::{Asked, Loopback, Said};

const RULES: &str = r#"{"status":"success","data":{"groups":[{"name":"g","file":"Team A","folderUid":"f1","rules":[
  {"uid":"r1","state":"firing","name":"HighErrors","query":"errors > 1","health":"ok","type":"alerting","alerts":[
    {"labels":{"alertname":"HighErrors","grafana_folder":"Team A","service":"api-2","severity":"critical","__alert_rule_uid__":"r1"},
     "annotations":{"summary":"too many"},"state":"Alerting","activeAt":"2026-11-22T09:00:00Z","value":"4.1e+00"},
    {"labels":{"alertname":"HighErrors","service":"web"},"annotations":{},"state":"Normal","activeAt":"2026-11-22T09:00:00Z","value":""},
    {"labels":{"alertname":"HighErrors","service":"worker"},"annotations":{},"state":"Pending (Error)","activeAt":null,"value":null}]},
  {"state":"firing","name":"Lost","query":"","health":"nodata","alerts":[
    {"labels":{"alertname":"DatasourceNoData","service":"web"},"annotations":{},"state":"Alerting (NoData)"}]},
  {"name":"Recovering","health":"error","lastError":"failed to \u001b query","alerts":[
    {"labels":{"alertname":"Recovering"},"annotations":{},"state":"Recovering"}]}]}],"totals":{}}}"#;

const HELD: &str = r#"[{"labels":{"alertname":"HighErrors","grafana_folder":"Team A","service":"api-2","severity":"critical","__alert_rule_uid__":"r1"},
  "annotations":{},"startsAt":"2026-11-22T09:00:00Z","endsAt":"2026-11-22T10:00:00Z","status":{"state":"suppressed","silencedBy":["s1"],"inhibitedBy":[]}}]"#;

fn now() -> Timestamp {
    "2026-11-22T09:02:14Z".parse().unwrap()
}

fn whole(asked: &Asked) -> Said {
    match asked.path.as_str() {
        "/grafana/api/health" => {
            Said::json(200, r#"{"commit":"x","database":"ok","version":"11.4.0","enterpriseCommit":"y"}"#)
        }
        "/grafana/api/search" => Said::json(
            200,
            r#"[{"id":1,"uid":"abc","title":"ECS","url":"/grafana/d/abc/ecs","type":"dash-db","tags":["ecs"],"isStarred":false}]"#,
        ),
        "/grafana/api/prometheus/grafana/api/v1/rules" => Said::json(200, RULES),
        "/grafana/api/alertmanager/grafana/api/v2/alerts" => Said::json(200, HELD),
        "/grafana/api/alertmanager/grafana/api/v2/silences" => Said::json(200, "[]"),
        _ => Said::json(404, r#"{"message":"Not found"}"#),
    }
}

fn source(server: &Loopback, auth: Auth, alerts: bool) -> Arc<dyn Source> {
    let mut http = server.settings();
    http.url = http.url.join("grafana/").unwrap();
    http.auth = auth;
    open(&Settings { http, alerts }, OwnerLabels::default(), &Clients::default())
}

async fn read(server: &Loopback, auth: Auth, alerts: bool) -> Result<GrafanaReading, SourceError> {
    let ask = Ask { now: now(), within: Duration::from_mins(1), wanted: Vec::new() };
    match source(server, auth, alerts).read(&ask).await? {
        Reading::Grafana(reading) => Ok(reading),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn health_dashboards_and_alerts_of_its_own_rules_are_read() {
    let server = Loopback::start(whole).await;
    let reading = read(&server, Auth::None, true).await.unwrap();
    assert_eq!((reading.version.as_deref(), reading.database_ok), (Some("11.4.0"), Some(true)));
    assert_eq!(reading.dashboards[0].url, format!("{}grafana/d/abc/ecs", server.url));

    let alerts = reading.alerts.unwrap();
    let [errors, pending, lost] = alerts.as_slice() else { panic!("{alerts:?}") };
    assert_eq!(errors.suppression, Some(Suppression::Silenced(vec!["s1".into()])));
    assert_eq!((errors.owner.clone(), errors.value.as_deref()), (Some(Owner::named("api-2")), Some("4.1e+00")));
    assert_eq!(errors.url, Some(format!("{}grafana/alerting/grafana/r1/view", server.url)));
    assert!(!errors.labels.contains_key("__alert_rule_uid__"));
    assert_eq!((pending.state, pending.summary()), (AlertState::Pending, Some("HighErrors: it cannot be evaluated")));
    assert_eq!((lost.state, lost.summary()), (AlertState::Firing, Some("Lost: its query gives no data")));
    let [broken] = reading.problems.as_slice() else { panic!("{:?}", reading.problems) };
    assert_eq!(broken.what, "grafana's alert rule Recovering cannot be evaluated: failed to \\u{1b} query");
}

#[tokio::test]
async fn what_the_token_may_not_read_is_left_out_and_said() {
    let forbidden = |part: &'static str| {
        move |asked: &Asked| {
            let refused = asked.path.contains(part);
            if refused { Said::json(403, r#"{"message":"Access denied"}"#) } else { whole(asked) }
        }
    };
    for (part, alerts, problem) in [
        ("/api/search", Some(3), "dashboards: "),
        ("/v1/rules", Some(1), "alert rules: "),
        ("/v2/alerts", Some(3), "suppressed alerts: "),
        ("/v2/silences", Some(3), "silences: "),
        ("grafana/api/v", None, "alerts: "),
    ] {
        let server = Loopback::start(forbidden(part)).await;
        let reading = read(&server, Auth::None, true).await.unwrap();
        assert_eq!(reading.alerts.map(|alerts| alerts.len()), alerts, "{part}");
        let problem = reading.problems.iter().find(|found| found.what.starts_with(problem)).unwrap();
        assert_eq!(problem.class, ErrorClass::Forbidden);
        assert!(problem.hint.as_ref().unwrap().contains("Viewer has it"), "{problem:?}");
    }
}

#[tokio::test]
async fn alerts_are_asked_for_only_where_wanted() {
    let server = Loopback::start(whole).await;
    assert_eq!(read(&server, Auth::None, false).await.unwrap().alerts, None);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_token_that_is_refused_fails_the_whole_although_health_answers() {
    let server = Loopback::start(|asked| {
        let open_to_all = asked.path.ends_with("/health");
        if open_to_all { whole(asked) } else { Said::json(401, r#"{"message":"Invalid API key"}"#) }
    })
    .await;
    let error = read(&server, Auth::Bearer(SecretRef::Env("PATH".into())), true).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Credentials);
    assert_eq!(read(&server, Auth::None, true).await.unwrap().version.as_deref(), Some("11.4.0"));
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_told_from_grafana_being_gone() {
    let server = Loopback::start(|asked| match asked.path.as_str() {
        "/grafana/api/health" => Said::json(503, r#"{"database":"failing","version":"11.4.0"}"#),
        _ => Said::json(500, "{}"),
    })
    .await;
    let reading = read(&server, Auth::None, false).await.unwrap();
    assert_eq!(reading.database_ok, Some(false));
    let gone = Loopback::start(|_| Said::text(502, "text/html", "<html>bad gateway</html>")).await;
    assert_eq!(read(&gone, Auth::None, false).await.unwrap_err().class, ErrorClass::Server);
}

#[tokio::test]
async fn every_page_of_dashboards_is_read() {
    let server = Loopback::start(|asked| match asked.parameter("page") {
        "1" => Said::json(200, format!("[{}{{}}]", r#"{"uid":"x","title":"t","url":"/d/x"},"#.repeat(999))),
        "2" => Said::json(200, r#"[{"uid":"last","title":"t","url":"/d/x"}]"#),
        _ => whole(asked),
    })
    .await;
    assert_eq!(read(&server, Auth::None, false).await.unwrap().dashboards.len(), 1_001);
}

#[tokio::test]
async fn the_doctor_tells_what_the_token_may_do() {
    let server = Loopback::start(|asked| match asked.path.as_str() {
        "/grafana/api/search" => Said::json(200, "[]"),
        path if path.contains("silences") => Said::json(403, "{}"),
        _ => whole(asked),
    })
    .await;
    let lines = source(&server, Auth::None, true).checkups(now()).await;
    let shown: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.state)).collect();
    assert_eq!(shown, [("reachable", Pass), ("dashboards", Warn), ("alerts", Pass), ("part", Warn), ("part", Fail)]);
}

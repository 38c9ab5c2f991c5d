//! FAKE Grafana, written from the documented HTTP contract of versions 9 to 13; no real Grafana was at hand. What stands
//! behind its data sources is real: the proxy passes on to a real Prometheus and a real Alertmanager.
//!
//! The parts of the contract it keeps:
//! - `/api/health` needs no token; anything else answers 401 to an unknown one;
//! - listing data sources needs `datasources:read`: 403 for the Viewer. `/api/frontend/settings` lists them for anybody;
//! - `/api/datasources/proxy/uid/UID/...` passes every GET on and only allow-listed POSTs;
//! - the numeric-id forms are gone in 13;
//! - a dashboard stored in schema v2 answers 406 to the legacy API and names the new path (12 and later);
//! - alerts of its own rules in the shapes of Prometheus and Alertmanager.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::http;
use super::site::{HangUp, Request, Response, Site, json, respond};

/// May look.
pub(crate) const VIEWER: &str = "glsa_planted_viewer_token";
/// May look, list data sources and silence.
pub(crate) const EDITOR: &str = "glsa_planted_editor_token";
/// The uid of the Prometheus data source.
pub(crate) const PROMETHEUS_UID: &str = "prom-uid";
/// The uid of the Alertmanager data source.
pub(crate) const ALERTMANAGER_UID: &str = "am-uid";

/// How the data-source proxy behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proxy {
    /// As documented.
    Works,
    /// Answers this status; only `/api/datasources/uid/UID/resources/...` works (as for Azure-managed sources).
    Refuses(u16),
}

/// What kind of Grafana.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// 9 to 13.
    pub(crate) major: u8,
    pub(crate) prometheus: String,
    pub(crate) alertmanager: String,
    pub(crate) proxy: Proxy,
    /// Firing alerts of its own rules, see [`managed_alert`].
    pub(crate) alerts: Vec<Value>,
}

/// What was written to it.
#[derive(Debug, Default)]
struct Written {
    annotations: Vec<Value>,
    silences: Vec<Value>,
}

/// A running fake.
pub(crate) struct FakeGrafana {
    site: Site,
    written: Arc<Mutex<Written>>,
}

impl FakeGrafana {
    pub(crate) fn start(setup: Setup) -> Self {
        assert!((9..=13).contains(&setup.major), "the contract is known for 9 to 13");
        let (setup, written) = (Arc::new(setup), Arc::new(Mutex::default()));
        let state: Arc<Mutex<Written>> = written.clone();
        Self { site: Site::serve(move |request| answer(setup.clone(), state.clone(), request)), written }
    }

    /// Annotations made, the oldest first.
    pub(crate) fn annotations(&self) -> Vec<Value> {
        self.written.lock().unwrap().annotations.clone()
    }

    /// Silences of its own alertmanager, the oldest first.
    pub(crate) fn silences(&self) -> Vec<Value> {
        self.written.lock().unwrap().silences.clone()
    }

    pub(crate) fn url(&self) -> String {
        self.site.url()
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.site.seen()
    }
}

/// A firing alert of one of Grafana's own rules.
pub(crate) fn managed_alert(name: &str, service: &str, severity: &str) -> Value {
    json!({
        "labels": { "alertname": name, "service": service, "severity": severity, "grafana_folder": "services" },
        "annotations": { "summary": format!("{name} of {service}") },
        "activeAt": "2026-01-01T00:00:00Z",
        "value": "1e+00",
    })
}

async fn answer(setup: Arc<Setup>, written: Arc<Mutex<Written>>, request: Request) -> Result<Response, HangUp> {
    if request.path == "/api/health" {
        return Ok(json(200, json!({ "commit": "0000000", "database": "ok", "version": version(&setup) })));
    }
    let editor = match request.header("authorization").strip_prefix("Bearer ") {
        Some(VIEWER) => false,
        Some(EDITOR) => true,
        _ => {
            return Ok(json(
                401,
                json!({ "message": "Invalid API key", "messageId": "api-key.invalid", "statusCode": 401 }),
            ));
        }
    };
    let path = request.path.clone();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    Ok(match parts[..] {
        ["api", "datasources"] | ["api", "datasources", "uid", _] if !editor => forbidden("datasources:read"),
        ["api", "datasources"] => json(200, data_sources(&setup)),
        ["api", "datasources", "uid", uid] => one_source(&setup, uid),
        ["api", "frontend", "settings"] => json(200, frontend_settings(&setup)),
        ["api", "datasources", "proxy", "uid", uid, ..] => {
            let rest = tail(&request, &format!("/api/datasources/proxy/uid/{uid}"));
            match setup.proxy {
                Proxy::Works => proxied(&setup, &request, uid, &rest, editor).await,
                Proxy::Refuses(status) => json(status, json!({ "message": "planted: the proxy refuses" })),
            }
        }
        ["api", "datasources", "proxy", id, ..] if setup.major < 13 => {
            let uid = if id == "1" { PROMETHEUS_UID } else { ALERTMANAGER_UID };
            let rest = tail(&request, &format!("/api/datasources/proxy/{id}"));
            proxied(&setup, &request, uid, &rest, editor).await
        }
        ["api", "datasources", "uid", uid, "resources", ..] => {
            let rest = tail(&request, &format!("/api/datasources/uid/{uid}/resources"));
            passed_on(&setup, &request, uid, &rest).await
        }
        ["api", "search"] => json(200, search()),
        ["api", "dashboards", "uid", uid] => dashboard(&setup, uid),
        ["api", "prometheus", "grafana", "api", "v1", "alerts"] => {
            json(200, json!({ "status": "success", "data": { "alerts": with_state(&setup.alerts, "Alerting") } }))
        }
        ["api", "prometheus", "grafana", "api", "v1", "rules"] => json(200, rules(&setup)),
        ["api", "alertmanager", "grafana", "api", "v2", "alerts"] => json(200, alertmanager_alerts(&setup).into()),
        ["api", "alertmanager", "grafana", "api", "v2", "silences"] => silences(&written, &request, editor),
        ["api", "alertmanager", "grafana", "api", "v2", "silence", id] => silence(&written, &request, id, editor),
        ["api", "alertmanager", uid, "api", "v2", ..] => {
            let rest = tail(&request, &format!("/api/alertmanager/{uid}"));
            if request.method == "GET" || editor {
                passed_on(&setup, &request, uid, &rest).await
            } else {
                forbidden("alert.instances.external:write")
            }
        }
        ["api", "annotations"] => annotations(&written, &request, editor),
        _ => json(404, json!({ "message": "Not found" })),
    })
}

/// Silences of its own alertmanager, in Alertmanager's shapes; made with 202.
fn silences(written: &Mutex<Written>, request: &Request, editor: bool) -> Response {
    let silences = &mut written.lock().unwrap().silences;
    if request.method == "GET" {
        return json(200, silences.clone().into());
    }
    if !editor {
        return forbidden("alert.instances:create");
    }
    let mut silence: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let id = format!("00000000-0000-0000-0000-{:012}", silences.len() + 1);
    silence["id"] = id.clone().into();
    silence["status"] = json!({ "state": "active" });
    silences.push(silence);
    json(202, json!({ "silenceID": id }))
}

fn silence(written: &Mutex<Written>, request: &Request, id: &str, editor: bool) -> Response {
    let silences = &mut written.lock().unwrap().silences;
    let Some(found) = silences.iter_mut().find(|silence| silence["id"] == id) else {
        return json(404, json!({ "message": "silence not found" }));
    };
    match request.method.as_str() {
        "GET" => json(200, found.clone()),
        _ if !editor => forbidden("alert.instances:write"),
        _ => {
            found["status"] = json!({ "state": "expired" });
            json(200, json!({ "message": "silence deleted" }))
        }
    }
}

/// `POST` makes one, `GET` lists those of a time with all the tags asked for.
fn annotations(written: &Mutex<Written>, request: &Request, editor: bool) -> Response {
    let annotations = &mut written.lock().unwrap().annotations;
    if request.method == "POST" {
        if !editor {
            return forbidden("annotations:create");
        }
        let mut note: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let id = annotations.len() + 1;
        note["id"] = id.into();
        annotations.push(note);
        return json(200, json!({ "message": "Annotation added", "id": id }));
    }
    let time = |name: &str| request.parameter(name).and_then(|text| text.parse::<i64>().ok());
    let (from, to) = (time("from").unwrap_or(0), time("to").unwrap_or(i64::MAX));
    let tag = request.parameter("tags").unwrap_or_default();
    let fits = |note: &&Value| {
        let at = note["time"].as_i64().unwrap_or_default();
        (from..=to).contains(&at)
            && (tag.is_empty() || note["tags"].as_array().is_some_and(|tags| tags.contains(&tag.clone().into())))
    };
    json(200, annotations.iter().filter(fits).cloned().collect())
}

fn version(setup: &Setup) -> String {
    format!("{}.1.0", setup.major)
}

fn forbidden(permission: &str) -> Response {
    json(
        403,
        json!({
            "accessErrorId": "ACE0000000000",
            "message": format!("You'll need additional permissions to perform this action. Permissions needed: {permission}"),
            "title": "Access denied",
        }),
    )
}

/// What follows `prefix` in the request's target.
fn tail(request: &Request, prefix: &str) -> String {
    request.target().strip_prefix(prefix).unwrap_or_default().to_owned()
}

fn sources() -> [(u32, &'static str, &'static str, &'static str); 2] {
    [(1, PROMETHEUS_UID, "prometheus", "Prometheus"), (2, ALERTMANAGER_UID, "alertmanager", "Alertmanager")]
}

fn data_sources(setup: &Setup) -> Value {
    let entry = |(id, uid, kind, name): (u32, &str, &str, &str)| {
        let url = if uid == PROMETHEUS_UID { &setup.prometheus } else { &setup.alertmanager };
        json!({
            "id": id, "uid": uid, "orgId": 1, "name": name, "type": kind, "access": "proxy", "url": url,
            "isDefault": uid == PROMETHEUS_UID, "jsonData": { "implementation": "prometheus" }, "readOnly": true,
        })
    };
    sources().into_iter().map(entry).collect()
}

fn one_source(setup: &Setup, uid: &str) -> Response {
    match data_sources(setup).as_array().and_then(|all| all.iter().find(|one| one["uid"] == uid)) {
        Some(source) => json(200, source.clone()),
        None => json(404, json!({ "message": "Data source not found" })),
    }
}

fn frontend_settings(setup: &Setup) -> Value {
    let entries = sources().map(|(id, uid, kind, name)| {
        let entry = json!({
            "id": id, "uid": uid, "name": name, "type": kind, "access": "proxy",
            "isDefault": uid == PROMETHEUS_UID, "url": format!("/api/datasources/proxy/uid/{uid}"),
            "jsonData": { "implementation": "prometheus" }, "meta": { "id": kind },
        });
        (name.to_owned(), entry)
    });
    json!({
        "datasources": Value::Object(entries.into_iter().collect()),
        "defaultDatasource": "Prometheus",
        "buildInfo": { "version": version(setup), "edition": "Open Source" },
    })
}

/// POSTs that a Viewer may send through the proxy.
const ALLOWED_POSTS: [&str; 5] =
    ["/api/v1/query", "/api/v1/query_range", "/api/v1/series", "/api/v1/labels", "/api/v1/query_exemplars"];

async fn proxied(setup: &Setup, request: &Request, uid: &str, rest: &str, editor: bool) -> Response {
    let path = rest.split('?').next().unwrap_or_default();
    let allowed = match request.method.as_str() {
        "GET" => true,
        "POST" if uid == PROMETHEUS_UID => ALLOWED_POSTS.contains(&path),
        "POST" => editor && path == "/api/v2/silences",
        "DELETE" => editor && uid == ALERTMANAGER_UID && path.starts_with("/api/v2/silence/"),
        _ => false,
    };
    if !allowed {
        let message = format!("non allow-listed {}s not allowed on proxied Prometheus datasource", request.method);
        return json(403, json!({ "message": message }));
    }
    passed_on(setup, request, uid, rest).await
}

async fn passed_on(setup: &Setup, request: &Request, uid: &str, rest: &str) -> Response {
    let upstream = match uid {
        PROMETHEUS_UID => &setup.prometheus,
        ALERTMANAGER_UID => &setup.alertmanager,
        _ => return json(404, json!({ "message": "Unable to find datasource" })),
    };
    // Grafana keeps the caller's token to itself.
    let mut request = request.clone();
    request.headers.remove("authorization");
    match http::forward(upstream, rest, &request).await {
        Ok(reply) => reply.into_response(),
        Err(_) => respond(502, "text/plain", "Bad Gateway"),
    }
}

fn search() -> Value {
    json!([
        { "id": 1, "uid": "services", "title": "Services", "uri": "db/services", "url": "/d/services/services",
          "type": "dash-db", "tags": ["ecs"], "isStarred": false },
        { "id": 2, "uid": "dynamic", "title": "Dynamic", "uri": "db/dynamic", "url": "/d/dynamic/dynamic",
          "type": "dash-db", "tags": [], "isStarred": false },
    ])
}

fn dashboard(setup: &Setup, uid: &str) -> Response {
    match uid {
        "dynamic" if setup.major >= 12 => json(
            406,
            json!({ "message": "dashboard api version not supported, use \
                /apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/dynamic instead" }),
        ),
        "services" | "dynamic" => json(
            200,
            json!({
                "meta": { "slug": uid, "url": format!("/d/{uid}/{uid}"), "version": 1, "provisioned": true },
                "dashboard": { "uid": uid, "title": uid, "schemaVersion": 39, "tags": [], "panels": [] },
            }),
        ),
        _ => json(404, json!({ "message": "Dashboard not found" })),
    }
}

fn with_state(alerts: &[Value], state: &str) -> Vec<Value> {
    let stated = |alert: &Value| {
        let mut alert = alert.clone();
        alert["state"] = state.into();
        alert
    };
    alerts.iter().map(stated).collect()
}

fn rules(setup: &Setup) -> Value {
    let rule = |alert: &Value| {
        json!({
            "name": alert["labels"]["alertname"], "state": "firing", "query": "up == 0", "health": "ok", "type": "alerting",
            "labels": alert["labels"], "annotations": alert["annotations"], "duration": 60,
            "lastEvaluation": "2026-01-01T00:00:00Z", "evaluationTime": 0.001,
            "alerts": with_state(std::slice::from_ref(alert), "Alerting"),
        })
    };
    let rules: Vec<Value> = setup.alerts.iter().map(rule).collect();
    let group =
        json!({ "name": "services", "file": "services", "folderUid": "folder", "interval": 60, "rules": rules });
    json!({ "status": "success", "data": { "groups": [group], "totals": { "firing": setup.alerts.len() } } })
}

fn alertmanager_alerts(setup: &Setup) -> Vec<Value> {
    let one = |(n, alert): (usize, &Value)| {
        json!({
            "labels": alert["labels"], "annotations": alert["annotations"], "startsAt": alert["activeAt"],
            "endsAt": "2036-01-01T00:00:00Z", "updatedAt": alert["activeAt"], "fingerprint": format!("{n:016x}"),
            "generatorURL": "", "receivers": [{ "name": "grafana-default-email" }],
            "status": { "state": "active", "silencedBy": [], "inhibitedBy": [] },
        })
    };
    setup.alerts.iter().enumerate().map(one).collect()
}

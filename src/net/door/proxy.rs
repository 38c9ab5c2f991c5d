//! Prometheus and Alertmanager through Grafana's data sources: finding the data source with as little as a Viewer's
//! token, and the several paths by which Grafana lets requests through, depending on version and kind.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use reqwest::{Method, StatusCode};
use serde::Deserialize;

use crate::domain::{ErrorClass, SourceError};
use crate::format::sanitise;
use crate::net::Mishap;
use crate::net::http::{Backend, Call, Deadline, Reply};

/// What kind of data source is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataSourceKind {
    /// Anything that speaks Prometheus' query API.
    Prometheus,
    /// Anything that speaks Alertmanager's v2 API.
    Alertmanager,
    /// Anything that speaks Loki's query API.
    Loki,
}

impl DataSourceKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Alertmanager => "alertmanager",
            Self::Loki => "loki",
        }
    }

    /// Whether a plugin type is of this kind. Amazon's and Azure's Prometheus are plugins of their own.
    fn is(self, plugin: &str) -> bool {
        match self {
            Self::Prometheus => plugin.contains("prometheus"),
            Self::Alertmanager => plugin == "alertmanager",
            Self::Loki => plugin == "loki",
        }
    }

    /// The path tried where the proxy refuses. Grafana knows where an Alertmanager inside Mimir has its API.
    const fn second_form(self) -> Form {
        match self {
            Self::Prometheus | Self::Loki => Form::Resources,
            Self::Alertmanager => Form::Alerting,
        }
    }
}

/// A path by which Grafana lets a request through to a data source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Proxy,
    Resources,
    Alerting,
}

impl Form {
    fn path(self, uid: &str, path: &str) -> String {
        match self {
            Self::Proxy => format!("/api/datasources/proxy/uid/{uid}{path}"),
            // Loki's plugin puts its API's prefix before the path itself.
            Self::Resources => {
                format!("/api/datasources/uid/{uid}/resources{}", path.strip_prefix("/loki/api/v1").unwrap_or(path))
            }
            Self::Alerting => format!("/api/alertmanager/{uid}{path}"),
        }
    }
}

/// What earlier requests taught.
#[derive(Debug, Default)]
struct Learnt {
    /// The data source found, where none is configured.
    uid: Option<String>,
    /// The form that works.
    form: Option<Form>,
    /// Forms posted are refused, and the same parameters in a `GET` are not.
    get_only: bool,
}

/// One data source of one Grafana.
#[derive(Debug)]
pub struct Proxy {
    grafana: Backend,
    kind: DataSourceKind,
    configured: Option<String>,
    learnt: Mutex<Learnt>,
    /// Held while looking for the data source: one look is enough for all who wait.
    looking: tokio::sync::Mutex<()>,
}

impl Proxy {
    /// The data source with this uid; without one, the default or only one of the kind. No I/O.
    pub fn new(grafana: Backend, kind: DataSourceKind, uid: Option<String>) -> Self {
        Self { grafana, kind, configured: uid, learnt: Mutex::default(), looking: tokio::sync::Mutex::default() }
    }

    /// Grafana's address and the data source, as far as it is known.
    pub fn place(&self) -> String {
        let known = self.configured.clone().or_else(|| self.learnt(|learnt| learnt.uid.clone()));
        match known {
            Some(uid) => format!("{} (data source {})", self.grafana.place(), sanitise(&uid)),
            None => self.grafana.place(),
        }
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.grafana.requests()
    }

    /// The data source's uid, looked for where it is not known yet.
    ///
    /// # Errors
    /// Where there is none or more than one to choose from: lists them.
    pub async fn uid(&self, deadline: Deadline) -> Result<String, SourceError> {
        if let Some(uid) = &self.configured {
            return checked(uid);
        }
        let _looking = self.looking.lock().await;
        if let Some(uid) = self.learnt(|learnt| learnt.uid.clone()) {
            return Ok(uid);
        }
        let uid = self.choose(&self.list(deadline).await?)?;
        self.learnt(|learnt| learnt.uid = Some(uid.clone()));
        Ok(uid)
    }

    /// Finds the data source and the way Grafana lets requests through to it, where that is still to be done: the many
    /// requests of a round need not all find out.
    ///
    /// # Errors
    /// As [`Proxy::uid`] and [`Proxy::send`]; and where Grafana refuses every way.
    pub async fn prepare(&self, deadline: Deadline) -> Result<(), SourceError> {
        self.uid(deadline).await?;
        if self.kind != DataSourceKind::Prometheus || self.learnt(|learnt| learnt.form.is_some()) {
            return Ok(());
        }
        let reply = self.send(&Call::post("/api/v1/query", deadline).with("query", "vector(1)")).await?;
        if self.refused_by_grafana(&reply) { reply.accepted().map(drop) } else { Ok(()) }
    }

    /// Sends a request to the data source. Tries the other path, and `GET` for `POST`, where Grafana itself refuses;
    /// remembers what worked.
    ///
    /// # Errors
    /// As [`Backend::send`]; and where Grafana does not know the data source.
    pub async fn send(&self, call: &Call) -> Result<Reply, SourceError> {
        let uid = self.uid(call.deadline).await?;
        let (form, get_only) = self.learnt(|learnt| (learnt.form, learnt.get_only));
        let first = self.send_as(form.unwrap_or(Form::Proxy), &uid, call, get_only).await?;
        if !self.refused_by_grafana(&first) {
            self.learnt(|learnt| learnt.form = Some(form.unwrap_or(Form::Proxy)));
            return self.known(first);
        }
        if form.is_some() {
            // It worked before. If this lasts, the next request tries every way again.
            self.learnt(|learnt| learnt.form = None);
            return self.known(first);
        }
        let second = self.kind.second_form();
        let other = self.send_as(second, &uid, call, get_only).await?;
        if self.refused_by_grafana(&other) || other.status == StatusCode::NOT_FOUND {
            return self.known(first);
        }
        self.learnt(|learnt| learnt.form = Some(second));
        self.known(other)
    }

    /// Sends a request that alters something to the data source: first the way that is made for its kind, then the
    /// other one, but only where the first answers 403, 404 or 405 and thereby let nothing through.
    ///
    /// # Errors
    /// As [`Backend::change`]; of two refusals the one that says more.
    pub async fn change(&self, call: &Call) -> Result<Reply, Mishap> {
        let uid = self.uid(call.deadline).await.map_err(Mishap::Refused)?;
        let ways = match self.kind {
            DataSourceKind::Alertmanager => [Form::Alerting, Form::Proxy],
            DataSourceKind::Prometheus | DataSourceKind::Loki => [Form::Proxy, Form::Resources],
        };
        let through = |form: Form| Call { path: form.path(&uid, &call.path), ..call.clone() };
        let first = match self.grafana.change(&through(ways[0])).await {
            Err(Mishap::Refused(error)) if may_go_another_way(error.class) => error,
            answered => return answered,
        };
        match self.grafana.change(&through(ways[1])).await {
            // Of two ways, one that is not there says less than one that is closed.
            Err(Mishap::Refused(second)) if second.class == ErrorClass::Unsupported => Err(Mishap::Refused(first)),
            answered => answered,
        }
    }

    async fn send_as(&self, form: Form, uid: &str, call: &Call, get_only: bool) -> Result<Reply, SourceError> {
        let mut through = Call { path: form.path(uid, &call.path), ..call.clone() };
        if get_only {
            through.method = Method::GET;
        }
        let reply = self.grafana.send(&through).await?;
        let post_refused = matches!(reply.status, StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED);
        if through.method != Method::POST || !post_refused || answered_by_the_api(&reply) {
            return Ok(reply);
        }
        through.method = Method::GET;
        let got = self.grafana.send(&through).await?;
        if got.status.is_success() || answered_by_the_api(&got) {
            self.learnt(|learnt| learnt.get_only = true);
            return Ok(got);
        }
        Ok(reply)
    }

    /// Turns Grafana's "no such data source" into what to do about it.
    fn known(&self, reply: Reply) -> Result<Reply, SourceError> {
        if !no_such_data_source(&reply) {
            return Ok(reply);
        }
        self.learnt(|learnt| *learnt = Learnt::default());
        let what = format!("{}: grafana has no such data source, or the token may not use it", reply.call);
        Err(SourceError::new(ErrorClass::Unsupported, what).with_hint(
            "check grafana_uid (it is in the address of the data source's page in Grafana), or leave it out",
        ))
    }

    async fn list(&self, deadline: Deadline) -> Result<Vec<DataSource>, SourceError> {
        let reply = self.grafana.send(&Call::get("/api/datasources", deadline)).await?;
        if reply.status != StatusCode::FORBIDDEN {
            let listed: Vec<Listed> = reply.json()?;
            return Ok(listed.into_iter().map(DataSource::from).collect());
        }
        // A Viewer may not list data sources, and still gets what Grafana's own pages need to know of them.
        let settings: FrontendSettings =
            self.grafana.send(&Call::get("/api/frontend/settings", deadline)).await?.json()?;
        Ok(settings.into_data_sources())
    }

    fn choose(&self, found: &[DataSource]) -> Result<String, SourceError> {
        let candidates: Vec<_> = found.iter().filter(|source| self.kind.is(&source.plugin)).collect();
        let chosen = match candidates.as_slice() {
            [only] => Some(*only),
            many => many.iter().copied().find(|source| source.is_default),
        };
        if let Some(source) = chosen {
            return checked(&source.uid);
        }
        let (word, place) = (self.kind.word(), self.grafana.place());
        let mut what = format!("{place}: no data source of type {word}");
        if !candidates.is_empty() {
            what = format!("{place}: {} data sources of type {word} and none is the default:", candidates.len());
            for source in &candidates {
                // Writing to a string cannot fail.
                let _ = write!(what, " {} ({}),", source.uid, source.name);
            }
            what.truncate(what.trim_end_matches(',').len());
        }
        let hint = if candidates.is_empty() {
            format!("add one in Grafana, let the token use it, or set {word}.url to an address of its own")
        } else {
            format!("set grafana_uid of {word} to one of them")
        };
        Err(SourceError::new(ErrorClass::Unsupported, what).with_hint(hint))
    }

    /// Whether it may be Grafana that refuses, and not the API behind it. An Alertmanager inside Mimir has its API
    /// where the plain proxy finds nothing.
    fn refused_by_grafana(&self, reply: &Reply) -> bool {
        let refused = match reply.status.as_u16() {
            401 | 403 | 405 | 500 | 501 => true,
            404 => self.kind == DataSourceKind::Alertmanager && !no_such_data_source(reply),
            _ => false,
        };
        refused && !answered_by_the_api(reply)
    }

    fn learnt<T>(&self, with: impl FnOnce(&mut Learnt) -> T) -> T {
        with(&mut self.learnt.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether Prometheus or Alertmanager itself speaks: the one names an error type, the other answers a bare string.
fn answered_by_the_api(reply: &Reply) -> bool {
    match serde_json::from_slice(&reply.body) {
        Ok(serde_json::Value::Object(fields)) => fields.contains_key("errorType"),
        Ok(serde_json::Value::String(_)) => true,
        _ => false,
    }
}

/// Whether a refusal may be of the way taken rather than of what was asked.
const fn may_go_another_way(class: ErrorClass) -> bool {
    matches!(class, ErrorClass::Forbidden | ErrorClass::Unsupported)
}

fn no_such_data_source(reply: &Reply) -> bool {
    reply.status == StatusCode::NOT_FOUND
        && reply.said().is_some_and(|said| said.to_ascii_lowercase().contains("data source not found"))
}

/// A uid goes into paths: what Grafana itself would not take is refused here.
fn checked(uid: &str) -> Result<String, SourceError> {
    if !uid.is_empty() && uid.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return Ok(uid.to_owned());
    }
    let what = format!("`{}` is no uid of a grafana data source", sanitise(uid));
    Err(SourceError::new(ErrorClass::Local, what).with_hint("a uid has letters, digits, - and _"))
}

/// A data source, from whichever list.
#[derive(Debug, Clone)]
struct DataSource {
    uid: String,
    name: String,
    plugin: String,
    is_default: bool,
}

/// An entry of `/api/datasources`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Listed {
    uid: String,
    name: String,
    #[serde(rename = "type")]
    plugin: String,
    is_default: bool,
}

impl From<Listed> for DataSource {
    fn from(listed: Listed) -> Self {
        Self {
            uid: sanitise(&listed.uid).into_owned(),
            name: sanitise(&listed.name).into_owned(),
            plugin: listed.plugin,
            is_default: listed.is_default,
        }
    }
}

/// What is used of `/api/frontend/settings`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FrontendSettings {
    datasources: BTreeMap<String, Listed>,
    default_datasource: String,
}

impl FrontendSettings {
    fn into_data_sources(self) -> Vec<DataSource> {
        let default = self.default_datasource;
        self.datasources
            .into_iter()
            .map(|(name, listed)| {
                let is_default = listed.is_default || name == default;
                DataSource { name: sanitise(&name).into_owned(), is_default, ..DataSource::from(listed) }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::net::Meter;
    use crate::net::http::Clients;
    use crate::net::http::loopback::{Asked, Loopback, Said};

    const TWO: &str = r#"[{"id":1,"uid":"am","name":"AM","type":"alertmanager"},
        {"id":2,"uid":"p1","name":"Prod","type":"prometheus","isDefault":false},
        {"id":3,"uid":"p2","name":"Managed","type":"grafana-amazonprometheus-datasource","isDefault":true}]"#;
    const OK: &str = r#"{"status":"success","data":{}}"#;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_mins(1))
    }

    fn proxy(server: &Loopback, kind: DataSourceKind, uid: Option<&str>) -> Proxy {
        let backend = Backend::open(&server.settings(), &Clients::default(), Meter::default());
        Proxy::new(backend, kind, uid.map(str::to_owned))
    }

    fn paths(server: &Loopback) -> Vec<String> {
        server.asked().iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect()
    }

    #[tokio::test]
    async fn the_data_source_is_the_default_or_the_only_one_or_the_choice_is_listed() {
        let none_default = TWO.replace("true", "false");
        for (listed, kind, expected) in [
            (TWO, DataSourceKind::Prometheus, Ok("p2")),
            (TWO, DataSourceKind::Alertmanager, Ok("am")),
            (&none_default, DataSourceKind::Prometheus, Err("none is the default: p1 (Prod), p2 (Managed)")),
            ("[]", DataSourceKind::Prometheus, Err("no data source of type prometheus")),
            (r#"[{"uid":"../../x","type":"prometheus"}]"#, DataSourceKind::Prometheus, Err("is no uid")),
        ] {
            let listed = listed.to_owned();
            let server = Loopback::start(move |_| Said::json(200, listed.clone())).await;
            match (proxy(&server, kind, None).uid(soon()).await, expected) {
                (Ok(uid), Ok(expected)) => assert_eq!(uid, expected),
                (Err(error), Err(expected)) => assert!(error.what.contains(expected), "{}", error.what),
                (got, expected) => panic!("{got:?}, not {expected:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_viewer_finds_the_data_source_too() {
        let settings = r#"{"defaultDatasource":"Prod","buildInfo":{},"datasources":{
            "Prod":{"uid":"p1","type":"prometheus","meta":{}},"Old":{"uid":"p0","type":"prometheus"}}}"#;
        let server = Loopback::start(move |asked: &Asked| match asked.path.as_str() {
            "/api/datasources" => Said::json(403, r#"{"message":"You'll need additional permissions"}"#),
            "/api/frontend/settings" => Said::json(200, settings),
            _ => Said::json(200, OK),
        })
        .await;
        let proxy = proxy(&server, DataSourceKind::Prometheus, None);
        for _ in 0..2 {
            proxy.send(&Call::post("/api/v1/query", soon())).await.unwrap();
        }
        let query = "POST /api/datasources/proxy/uid/p1/api/v1/query";
        assert_eq!(paths(&server), ["GET /api/datasources", "GET /api/frontend/settings", query, query]);
        assert!(proxy.place().ends_with("(data source p1)"));
    }

    #[tokio::test]
    async fn the_other_path_is_tried_where_grafana_refuses_and_remembered() {
        for status in [401, 403, 405, 500] {
            let server = Loopback::start(move |asked: &Asked| {
                let refused = asked.path.contains("/proxy/");
                if refused { Said::json(status, r#"{"message":"no"}"#) } else { Said::json(200, OK) }
            })
            .await;
            let proxy = proxy(&server, DataSourceKind::Prometheus, Some("p1"));
            for _ in 0..2 {
                assert_eq!(proxy.send(&Call::get("/api/v1/query", soon())).await.unwrap().status, 200);
            }
            let resources = "GET /api/datasources/uid/p1/resources/api/v1/query";
            assert_eq!(paths(&server), ["GET /api/datasources/proxy/uid/p1/api/v1/query", resources, resources]);
        }
    }

    #[tokio::test]
    async fn the_way_is_found_once_or_the_refusal_is_told_at_once() {
        let server = Loopback::start(|asked: &Asked| match asked.path.as_str() {
            path if path.contains("/proxy/") => Said::json(500, r#"{"message":"no"}"#),
            path if path.ends_with("/query") => Said::json(200, OK),
            _ => Said::json(404, "{}"),
        })
        .await;
        let azure = proxy(&server, DataSourceKind::Prometheus, Some("p1"));
        for _ in 0..2 {
            azure.prepare(soon()).await.unwrap();
        }
        assert_eq!(azure.send(&Call::get("/-/ready", soon())).await.unwrap().status, 404);
        assert_eq!(server.asked().len(), 3);

        let closed = Loopback::start(|_| Said::json(401, r#"{"message":"Invalid API key"}"#)).await;
        let error = proxy(&closed, DataSourceKind::Prometheus, Some("p1")).prepare(soon()).await.unwrap_err();
        assert_eq!((error.class, closed.asked().len()), (ErrorClass::Credentials, 2));
    }

    #[tokio::test]
    async fn a_post_that_is_not_allowed_becomes_a_get() {
        let server = Loopback::start(|asked: &Asked| match asked.method.as_str() {
            "POST" => {
                Said::json(403, r#"{"message":"non allow-listed POSTs not allowed on proxied Prometheus datasource"}"#)
            }
            _ => Said::json(200, OK),
        })
        .await;
        let proxy = proxy(&server, DataSourceKind::Prometheus, Some("p1"));
        for _ in 0..2 {
            proxy.send(&Call::post("/api/v1/query", soon()).with("query", "up")).await.unwrap();
        }
        let asked = server.asked();
        assert_eq!(asked.iter().map(|asked| asked.method.as_str()).collect::<Vec<_>>(), ["POST", "GET", "GET"]);
        assert_eq!(asked[1].parameter("query"), "up");
    }

    #[tokio::test]
    async fn the_answers_of_the_api_itself_are_passed_on_as_they_are() {
        let error = r#"{"status":"error","errorType":"internal","error":"boom"}"#;
        let server = Loopback::start(move |_| Said::json(500, error)).await;
        let proxy = proxy(&server, DataSourceKind::Prometheus, Some("p1"));
        let reply = proxy.send(&Call::get("/api/v1/query", soon())).await.unwrap();
        assert_eq!((reply.said().unwrap().as_str(), server.asked().len()), ("boom", 1));
    }

    #[tokio::test]
    async fn a_uid_grafana_does_not_know_is_said_so() {
        let server = Loopback::start(|_| Said::json(404, r#"{"message":"Data source not found"}"#)).await;
        let proxy = proxy(&server, DataSourceKind::Alertmanager, Some("gone"));
        let error = proxy.send(&Call::get("/api/v2/alerts", soon())).await.unwrap_err();
        assert!(error.what.contains("grafana has no such data source"), "{}", error.what);
    }

    #[tokio::test]
    async fn an_alertmanager_inside_mimir_is_reached_by_grafanas_own_path() {
        let server = Loopback::start(|asked: &Asked| match asked.path.as_str() {
            "/api/alertmanager/am/api/v2/alerts" => Said::json(200, "[]"),
            _ => Said::text(404, "text/plain", "404 page not found"),
        })
        .await;
        let proxy = proxy(&server, DataSourceKind::Alertmanager, Some("am"));
        assert_eq!(proxy.send(&Call::get("/api/v2/alerts", soon())).await.unwrap().status, 200);
    }
}

//! The query API as calls: what is always there, and what a look-alike may not offer.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::grid::Grid;
use super::wire::{Envelope, Outcome, Sample, Stream};
use crate::domain::{ErrorClass, SourceError};
use crate::format::{clip, sanitise};
use crate::net::door::Door;
use crate::net::http::{Call, Deadline, Reply, WRONG_SERVER};

/// Requests in flight at once: a server has 20 slots for queries by default, and others want some.
const AT_ONCE: usize = 6;

/// How long an endpoint that is not there is left alone. Servers are upgraded; proxies are reconfigured.
const ABSENT_FOR: Duration = Duration::from_mins(10);

/// The header by which Prometheus says why it is not available: `false` while it starts, `true` while it stops.
const STOPPING: &str = "x-prometheus-stopping";

/// An endpoint that not every server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    Ready,
    BuildInfo,
    Targets,
    Rules,
    Alerts,
    RuntimeInfo,
    Tsdb,
}

impl Endpoint {
    /// The name shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "readiness",
            Self::BuildInfo => "build info",
            Self::Targets => "targets",
            Self::Rules => "rules",
            Self::Alerts => "alerts",
            Self::RuntimeInfo => "runtime info",
            Self::Tsdb => "tsdb status",
        }
    }

    fn call(self, deadline: Deadline) -> Call {
        match self {
            Self::Ready => Call::get("/-/ready", deadline),
            Self::BuildInfo => Call::get("/api/v1/status/buildinfo", deadline),
            Self::Targets => Call::get("/api/v1/targets", deadline).with("state", "active"),
            Self::Rules => Call::get("/api/v1/rules", deadline).with("type", "alert"),
            Self::Alerts => Call::get("/api/v1/alerts", deadline),
            Self::RuntimeInfo => Call::get("/api/v1/status/runtimeinfo", deadline),
            Self::Tsdb => Call::get("/api/v1/status/tsdb", deadline).with("limit", "1"),
        }
    }
}

/// What asking an optional endpoint came to.
#[derive(Debug)]
pub enum Offer<T> {
    /// Its answer.
    Made(T),
    /// This server does not have it, by the status it gave.
    Absent(u16),
    /// It may have it, and failed.
    Failed(SourceError),
}

impl<T> Offer<T> {
    /// Whether it says neither that there is something nor that there is nothing.
    pub const fn failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

/// The result of a query and what the server remarked.
#[derive(Debug)]
pub struct Answer<T> {
    /// One element a series.
    pub series: Vec<T>,
    /// What part of the data may be missing, in the server's words.
    pub warnings: Vec<String>,
}

/// One server.
#[derive(Debug)]
pub struct Api {
    /// The way to it.
    pub door: Door,
    slots: Semaphore,
    absent: Mutex<BTreeMap<Endpoint, (u16, Timestamp)>>,
}

impl Api {
    /// Through this door.
    pub fn new(door: Door) -> Self {
        Self { door, slots: Semaphore::new(AT_ONCE), absent: Mutex::default() }
    }

    /// Every series' value at one moment.
    pub async fn instant(&self, query: &str, at: Timestamp, deadline: Deadline) -> Result<Answer<Sample>, SourceError> {
        let call = Call::post("/api/v1/query", deadline).with("query", query).with("time", at.as_second().to_string());
        let reply = self.send(patient(call)).await?;
        let (outcome, warnings) = unwrapped(&reply)?;
        match outcome {
            Outcome::Vector(series) => Ok(Answer { series: series.unwrap_or_default(), warnings }),
            other => Err(wrong_kind(&reply.call, &other)),
        }
    }

    /// Every series' values on a grid.
    pub async fn range(&self, query: &str, grid: Grid, deadline: Deadline) -> Result<Answer<Stream>, SourceError> {
        let call = Call::post("/api/v1/query_range", deadline)
            .with("query", query)
            .with("start", grid.start.to_string())
            .with("end", grid.end().to_string())
            .with("step", grid.step.to_string());
        let reply = self.send(patient(call)).await?;
        let (outcome, warnings) = unwrapped(&reply)?;
        match outcome {
            Outcome::Matrix(series) => Ok(Answer { series: series.unwrap_or_default(), warnings }),
            other => Err(wrong_kind(&reply.call, &other)),
        }
    }

    /// Every series' own samples in the last `window` seconds before a moment; `query` is a selector.
    pub async fn raw(
        &self,
        query: &str,
        window: u64,
        at: Timestamp,
        deadline: Deadline,
    ) -> Result<Answer<Stream>, SourceError> {
        let call = Call::post("/api/v1/query", deadline)
            .with("query", format!("{query}[{window}s]"))
            .with("time", at.as_second().to_string());
        let reply = self.send(patient(call)).await?;
        let (outcome, warnings) = unwrapped(&reply)?;
        match outcome {
            Outcome::Matrix(series) => Ok(Answer { series: series.unwrap_or_default(), warnings }),
            other => Err(wrong_kind(&reply.call, &other)),
        }
    }

    /// The data of any endpoint.
    pub async fn data<T: DeserializeOwned>(&self, call: Call) -> Result<T, SourceError> {
        unwrapped(&self.send(call).await?).map(|(data, _)| data)
    }

    /// The JSON of an endpoint that may not be there.
    pub async fn optional<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        now: Timestamp,
        deadline: Deadline,
    ) -> Offer<T> {
        match self.ask(endpoint, now, deadline).await {
            Offer::Made(reply) => match unwrapped(&reply) {
                Ok((data, _)) => Offer::Made(data),
                Err(error) => Offer::Failed(error),
            },
            Offer::Absent(status) => Offer::Absent(status),
            Offer::Failed(error) => Offer::Failed(error),
        }
    }

    /// The successful answer of an endpoint that may not be there. One that was not is left alone for a while.
    pub async fn ask(&self, endpoint: Endpoint, now: Timestamp, deadline: Deadline) -> Offer<Reply> {
        if let Some(status) = self.known_absent(endpoint, now) {
            return Offer::Absent(status);
        }
        let reply = match self.send(endpoint.call(deadline)).await {
            Ok(reply) => reply,
            Err(error) => return Offer::Failed(error),
        };
        if is_absence(&reply) {
            let status = reply.status.as_u16();
            self.absences(|absent| absent.insert(endpoint, (status, now)));
            return Offer::Absent(status);
        }
        reply.accepted().map_or_else(Offer::Failed, Offer::Made)
    }

    /// Endpoints this server turned out not to have.
    pub fn absent(&self) -> Vec<(Endpoint, u16)> {
        self.absences(|absent| absent.iter().map(|(endpoint, (status, _))| (*endpoint, *status)).collect())
    }

    async fn send(&self, call: Call) -> Result<Reply, SourceError> {
        let _slot = self.slot(call.deadline).await;
        let reply = self.door.send(&call).await?;
        unavailable(&reply).map_or(Ok(reply), Err)
    }

    /// A turn, or none where the time is used up before: the request then fails by itself and says so.
    async fn slot(&self, deadline: Deadline) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(deadline.remaining(), self.slots.acquire()).await.ok()?.ok()
    }

    fn known_absent(&self, endpoint: Endpoint, now: Timestamp) -> Option<u16> {
        self.absences(|absent| {
            let (status, since) = *absent.get(&endpoint)?;
            let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
            if age < ABSENT_FOR {
                return Some(status);
            }
            absent.remove(&endpoint);
            None
        })
    }

    fn absences<T>(&self, with: impl FnOnce(&mut BTreeMap<Endpoint, (u16, Timestamp)>) -> T) -> T {
        with(&mut self.absent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Lets the server give up when we do, so that it does not go on with what nobody waits for.
fn patient(call: Call) -> Call {
    let seconds = call.deadline.remaining().as_secs().max(1);
    call.with("timeout", format!("{seconds}s"))
}

/// The data in a successful answer, and the warnings that mean some of it is missing.
fn unwrapped<T: DeserializeOwned>(reply: &Reply) -> Result<(T, Vec<String>), SourceError> {
    if let Some(refusal) = reply.refusal() {
        return Err(refined(reply, refusal));
    }
    let envelope: Envelope<T> = reply.parse()?;
    match envelope.data {
        Some(data) if envelope.status != "error" => Ok((data, partial(envelope.warnings))),
        _ if envelope.error.is_empty() => {
            Err(SourceError::new(ErrorClass::Garbage, format!("{}: the answer has no data", reply.call))
                .with_hint(WRONG_SERVER))
        }
        _ => {
            let said = clip(&sanitise(&envelope.error), 300);
            Err(SourceError::new(class_of(&envelope.error_type), format!("{}: {said}", reply.call)))
        }
    }
}

/// A time-out of the query itself comes as 503, which reads like a server in trouble.
fn refined(reply: &Reply, refusal: SourceError) -> SourceError {
    let named = serde_json::from_slice::<Envelope<serde::de::IgnoredAny>>(&reply.body).ok();
    match named.map(|envelope| class_of(&envelope.error_type)) {
        Some(ErrorClass::Timeout) => SourceError { class: ErrorClass::Timeout, ..refusal }
            .with_hint("the query takes the server too long: record it as a rule, or aggregate less"),
        _ => refusal,
    }
}

fn class_of(error_type: &str) -> ErrorClass {
    match error_type {
        "timeout" | "canceled" => ErrorClass::Timeout,
        "internal" | "unavailable" => ErrorClass::Server,
        _ => ErrorClass::Rejected,
    }
}

/// Warnings that mean missing data. Remarks on the query's style (`PromQL info: ...`) are not.
fn partial(warnings: Option<Vec<String>>) -> Vec<String> {
    let warnings = warnings.unwrap_or_default().into_iter();
    warnings.filter(|text| !text.starts_with("PromQL ")).map(|text| clip(&sanitise(&text), 200)).collect()
}

/// Whether the status says that the endpoint is not there, in any of the ways servers say it.
fn is_absence(reply: &Reply) -> bool {
    match reply.status.as_u16() {
        404 | 405 | 410 | 501 => true,
        // VictoriaMetrics: `unsupported path requested`.
        400 => reply.said().is_some_and(|said| said.contains("unsupported")),
        _ => false,
    }
}

fn unavailable(reply: &Reply) -> Option<SourceError> {
    if reply.status != StatusCode::SERVICE_UNAVAILABLE {
        return None;
    }
    let why = match reply.headers.get(STOPPING).map(reqwest::header::HeaderValue::as_bytes) {
        Some(b"true") => "it is shutting down",
        Some(_) => "it is starting: it replays its write-ahead log",
        // Versions before that header.
        None if reply.body.trim_ascii() == b"Service Unavailable" => "it is starting or shutting down",
        None => return None,
    };
    let error = SourceError::new(ErrorClass::Server, format!("{}: 503 Service Unavailable: {why}", reply.call));
    Some(error.with_hint("wait for it; its own log says how far it is"))
}

fn wrong_kind(call: &str, outcome: &Outcome) -> SourceError {
    let kind = match outcome {
        Outcome::Vector(_) => "a vector",
        Outcome::Matrix(_) => "a range vector",
        Outcome::Scalar(_) => "a scalar",
        Outcome::String(_) => "a string",
    };
    SourceError::new(ErrorClass::Rejected, format!("{call}: the query gives {kind}, not one value a service"))
        .with_hint("aggregate by the service label, as `sum by (service) (...)` does")
}

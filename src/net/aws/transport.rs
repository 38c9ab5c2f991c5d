//! The AWS SDK over the program's own HTTP client, so that proxies, trust, size caps and counting are in one place.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use crate::domain::{ErrorClass, SourceError};
use crate::net::Meter;
use crate::net::http::failure::transport as failure;
use crate::net::mask::Mask;

/// The largest answer read. The largest honest one (100 tasks or 10 services with all their events) is under 2 MiB.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// The content type of answers that go on and on.
const EVENT_STREAM: &[u8] = b"application/vnd.amazon.eventstream";

/// How long a connection and an answer may take where the SDK sets no limit of its own.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(10);

/// Hosts that only answer on this machine: a proxy would hand the credentials of another one, or none.
const LINK_LOCAL: [&str; 5] =
    ["169.254.169.254", "169.254.170.2", "169.254.170.23", "[fd00:ec2::254]", "[fd00:ec2::23]"];

/// A client that knows no proxy and speaks plain HTTP, as metadata services do.
///
/// # Errors
/// [`ErrorClass::Local`] where it cannot be made.
pub(super) fn direct() -> Result<reqwest::Client, SourceError> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only(std::iter::empty())
        .build()
        .map_err(|_| SourceError::new(ErrorClass::Local, "aws: cannot set up HTTP"))
}

/// Carries the SDK's requests and counts them.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    client: reqwest::Client,
    direct: reqwest::Client,
    meter: Meter,
}

impl Transport {
    /// Requests go through `client`, those to metadata services through `direct`.
    pub(super) fn new(client: reqwest::Client, direct: reqwest::Client, meter: Meter) -> Self {
        Self { client, direct, meter }
    }

    /// The same, counted by another meter.
    pub(super) fn counted_by(&self, meter: Meter) -> Self {
        Self { meter, ..self.clone() }
    }

    pub(super) async fn send(self, request: HttpRequest, patience: Duration) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        let body =
            body.bytes().ok_or("a request with a streaming body").map_err(|why| ConnectorError::user(why.into()))?;
        let request = http::Request::from_parts(parts, body.to_vec());
        let request = reqwest::Request::try_from(request).map_err(|error| ConnectorError::user(error.into()))?;
        let call = name(&request);
        let mask = Mask::of(request.headers());
        let client = match request.url().host_str() {
            Some(host) if LINK_LOCAL.contains(&host) => &self.direct,
            _ => &self.client,
        };
        self.meter.count();
        let response = tokio::time::timeout(patience, client.execute(request))
            .await
            .map_err(|_| timed_out(&call))?
            .map_err(|error| unanswered(&call, &error, patience))?;
        if is_event_stream(&response) {
            return answered(http::Response::<reqwest::Body>::from(response).map(SdkBody::from_body_1_x), &call);
        }
        collect(response, &call, patience, &mask).await
    }
}

/// Whether an answer comes piece by piece for as long as somebody listens.
fn is_event_stream(response: &reqwest::Response) -> bool {
    let kind = response.headers().get(http::header::CONTENT_TYPE);
    response.status().is_success() && kind.is_some_and(|kind| kind.as_bytes().starts_with(EVENT_STREAM))
}

async fn collect(
    mut response: reqwest::Response,
    call: &str,
    patience: Duration,
    mask: &Mask,
) -> Result<HttpResponse, ConnectorError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unanswered(call, &error, patience))? {
        if body.len() + chunk.len() > MAX_BODY {
            let error = SourceError::new(ErrorClass::Garbage, format!("{call}: the answer is larger than 32 MiB"));
            return Err(connector_error(error));
        }
        body.extend_from_slice(&chunk);
    }
    // A refusal may quote the request.
    let body = if response.status().is_success() { body } else { mask.body(body) };
    let mut answer = http::Response::new(SdkBody::from(body));
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    answered(answer, call)
}

fn answered(answer: http::Response<SdkBody>, call: &str) -> Result<HttpResponse, ConnectorError> {
    HttpResponse::try_from(answer).map_err(|_| {
        connector_error(SourceError::new(ErrorClass::Garbage, format!("{call}: the answer's headers are not text")))
    })
}

impl HttpClient for Transport {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let patience = match (settings.connect_timeout(), settings.read_timeout()) {
            (Some(connect), Some(read)) => connect + read,
            (None, Some(limit)) => limit,
            (_, None) => DEFAULT_PATIENCE,
        };
        SharedHttpConnector::new(Connector { transport: self.clone(), patience })
    }
}

#[derive(Debug)]
struct Connector {
    transport: Transport,
    patience: Duration,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.transport.clone().send(request, self.patience))
    }
}

/// Why no answer came, kept whole through the SDK's layers of errors.
#[derive(Debug)]
pub(super) struct TransportFailure {
    pub(super) error: SourceError,
    /// Whether the request certainly never left: no connection was made.
    pub(super) never_sent: bool,
}

impl fmt::Display for TransportFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for TransportFailure {}

/// Method and address, without the query.
fn name(request: &reqwest::Request) -> String {
    let url = request.url();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{} {}://{}{port}{}", request.method(), url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

fn timed_out(call: &str) -> ConnectorError {
    connector_error(SourceError::new(ErrorClass::Timeout, format!("{call}: no answer in time")))
}

fn unanswered(call: &str, error: &reqwest::Error, patience: Duration) -> ConnectorError {
    told(failure(call, error, patience), error.is_connect() || error.is_builder())
}

fn connector_error(error: SourceError) -> ConnectorError {
    told(error, false)
}

/// What the SDK may try again is an I/O or time-out error; certificates and garbage do not mend by themselves.
fn told(error: SourceError, never_sent: bool) -> ConnectorError {
    let class = error.class;
    let error = Box::new(TransportFailure { error, never_sent });
    match class {
        ErrorClass::Timeout => ConnectorError::timeout(error),
        ErrorClass::Connect | ErrorClass::Dns => ConnectorError::io(error),
        _ => ConnectorError::other(error, None),
    }
}

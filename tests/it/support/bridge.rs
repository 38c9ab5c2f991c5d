//! In front of moto: CloudWatch's CBOR becomes the JSON moto speaks and back, each service can be broken on its own,
//! and every call is recorded. Everything that is not CloudWatch's CBOR passes untouched.
//!
//! The Rust SDK sends `POST /service/GraniteServiceVersion20100801/operation/GetMetricData` with
//! `smithy-protocol: rpc-v2-cbor`; moto 5.2 knows `X-Amz-Target: GraniteServiceVersion20100801.GetMetricData` only.
//! The Authorization header stays: moto finds the service by its scope and does not check signatures.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::body::Bytes;
use serde_json::json;

use super::cbor;
use super::fault::Fault;
use super::http::{self, Reply};
use super::site::{self, HangUp, Request, Response, Site};

/// How one service is out of order.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// Broken, as any backend can be.
    Broken(Fault),
    /// The next so many calls are throttled.
    Throttled(u32),
    /// Credentials are said to have expired.
    Expired,
    /// Allowed to nobody.
    Denied,
    /// Slow by this much, and otherwise well.
    Slow(Duration),
}

/// One AWS call, as it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// The service by its signing name: `ecs`, `monitoring`, `sts`.
    pub(crate) service: String,
    /// `DescribeServices`.
    pub(crate) operation: String,
}

type Troubles = Arc<Mutex<BTreeMap<String, Trouble>>>;

/// The bridge, until dropped.
pub(crate) struct Bridge {
    site: Site,
    troubles: Troubles,
}

impl Bridge {
    /// In front of the AWS APIs at `upstream`.
    pub(crate) fn to(upstream: &str) -> Self {
        let troubles = Troubles::default();
        let (upstream, state) = (upstream.to_owned(), troubles.clone());
        let site = Site::serve(move |request| answer(upstream.clone(), state.clone(), request));
        Self { site, troubles }
    }

    /// Where the AWS APIs are now.
    pub(crate) fn url(&self) -> String {
        self.site.url()
    }

    /// Puts a service (by its signing name) out of order.
    pub(crate) fn trouble(&self, service: &str, trouble: Trouble) {
        self.troubles.lock().unwrap().insert(service.to_owned(), trouble);
    }

    /// Every call so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.site.seen().iter().map(call).collect()
    }

    /// How often an operation was called.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.calls().iter().filter(|call| call.operation == operation).count()
    }
}

/// What a request asks of whom. Also used by the fake ECS.
pub(crate) fn call(request: &Request) -> Call {
    // AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...
    let scope = request.header("authorization").split("Credential=").nth(1).unwrap_or_default();
    let service = scope.split('/').nth(3).unwrap_or_default().to_owned();
    let target = request.header("x-amz-target");
    let operation = if let Some((_, operation)) = request.path.rsplit_once("/operation/") {
        operation.to_owned()
    } else if let Some((_, operation)) = target.rsplit_once('.') {
        operation.to_owned()
    } else {
        url::form_urlencoded::parse(&request.body)
            .find(|(key, _)| key == "Action")
            .map_or_else(|| request.target(), |(_, action)| action.into_owned())
    };
    Call { service, operation }
}

async fn answer(upstream: String, troubles: Troubles, request: Request) -> Result<Response, HangUp> {
    let trouble = due(&troubles, &call(&request).service);
    match trouble {
        Some(Trouble::Broken(fault)) => return fault.perform().await,
        Some(Trouble::Throttled(_)) => return Ok(refusal(&request, "ThrottlingException", "Rate exceeded")),
        Some(Trouble::Expired) => {
            return Ok(refusal(
                &request,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ));
        }
        Some(Trouble::Denied) => {
            return Ok(refusal(
                &request,
                "AccessDeniedException",
                "User: arn:aws:iam::123456789012:user/kim is not authorized",
            ));
        }
        Some(Trouble::Slow(by)) => tokio::time::sleep(by).await,
        None => {}
    }
    let reply = if is_cbor(&request) {
        translated(&upstream, &request).await
    } else {
        http::forward(&upstream, &request.target(), &request).await.map(Reply::into_response)
    };
    Ok(reply.unwrap_or_else(|why| site::respond(502, "text/plain", why)))
}

/// The trouble this call meets; a throttled service recovers after its count.
fn due(troubles: &Troubles, service: &str) -> Option<Trouble> {
    let mut troubles = troubles.lock().unwrap();
    let trouble = *troubles.get(service)?;
    if let Trouble::Throttled(left) = trouble {
        match left {
            0 => {
                troubles.remove(service);
                return None;
            }
            _ => troubles.insert(service.to_owned(), Trouble::Throttled(left - 1)),
        };
    }
    Some(trouble)
}

fn is_cbor(request: &Request) -> bool {
    request.header("smithy-protocol") == "rpc-v2-cbor"
}

/// An AWS error in the protocol it was asked in.
pub(crate) fn refusal(request: &Request, code: &str, message: &str) -> Response {
    let body = json!({ "__type": code, "message": message });
    if is_cbor(request) {
        return cbor_response(400, &body);
    }
    if call(request).service == "sts" {
        let body =
            format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>");
        return site::respond(403, "text/xml", body);
    }
    site::respond(400, "application/x-amz-json-1.1", body.to_string())
}

async fn translated(upstream: &str, request: &Request) -> Result<Response, String> {
    let asked = cbor::to_json(&request.body).map_err(|why| format!("the request's CBOR: {why}"))?;
    let mut headers = hyper::HeaderMap::new();
    for (name, value) in &request.headers {
        if name == "authorization" || name.as_str().starts_with("x-amz-") {
            headers.insert(name, value.clone());
        }
    }
    let target = format!("GraniteServiceVersion20100801.{}", call(request).operation);
    headers.insert("x-amz-target", target.parse().map_err(|_| "an operation that is no header")?);
    headers.insert("content-type", hyper::header::HeaderValue::from_static("application/x-amz-json-1.0"));
    let reply = http::send("POST", &format!("{upstream}/"), &headers, Bytes::from(asked.to_string())).await?;
    Ok(match serde_json::from_slice(&reply.body) {
        Ok(answered) => cbor_response(reply.status, &answered),
        // moto's own HTML page for what it cannot do.
        Err(_) => reply.into_response(),
    })
}

fn cbor_response(status: u16, body: &serde_json::Value) -> Response {
    let mut response = site::respond(status, "application/cbor", cbor::from_json(body));
    response.headers_mut().insert("smithy-protocol", hyper::header::HeaderValue::from_static("rpc-v2-cbor"));
    response
}

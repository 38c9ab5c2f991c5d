//! A plain HTTP client for the tests: no pool, no redirects, a time-out, so that what goes over the wire is known.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::site::{RUNTIME, Request, Response, respond};

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// The body as JSON; panics with the body when it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The same answer, to be given on.
    pub(crate) fn into_response(self) -> Response {
        let content_type =
            self.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("text/plain");
        let mut response = respond(self.status, content_type, self.body);
        for (name, value) in &self.headers {
            if name.as_str().starts_with("x-") || name == "content-encoding" {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }
}

/// `GET url`, waited for.
pub(crate) fn get(url: &str) -> Result<Reply, String> {
    get_with(url, &[])
}

/// `GET url` with headers, waited for.
pub(crate) fn get_with(url: &str, headers: &[(&str, &str)]) -> Result<Reply, String> {
    RUNTIME.block_on(send("GET", url, &header_map(headers), Bytes::new()))
}

/// `POST url`, waited for.
pub(crate) fn post(url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Result<Reply, String> {
    RUNTIME.block_on(send("POST", url, &header_map(headers), body.into()))
}

/// A request passed on to another server, with the headers that matter.
pub(crate) async fn forward(base: &str, target: &str, request: &Request) -> Result<Reply, String> {
    let mut headers = request.headers.clone();
    for hop in ["host", "connection", "content-length", "transfer-encoding"] {
        headers.remove(hop);
    }
    send(&request.method, &format!("{base}{target}"), &headers, request.body.clone()).await
}

/// One request on one connection.
pub(crate) async fn send(method: &str, url: &str, headers: &HeaderMap, body: Bytes) -> Result<Reply, String> {
    let whole = async {
        let uri: hyper::Uri = url.parse().map_err(|why| format!("{url}: {why}"))?;
        let authority = uri.authority().ok_or("a URL without a host")?.to_string();
        let stream = TcpStream::connect(&authority).await.map_err(|why| format!("{authority}: {why}"))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|why| format!("{authority}: {why}"))?;
        tokio::spawn(connection);
        let mut request = hyper::Request::builder()
            .method(method)
            .uri(uri.path_and_query().map_or("/", |target| target.as_str()))
            .header("host", &authority)
            .body(Full::new(body))
            .map_err(|why| why.to_string())?;
        for (name, value) in headers {
            request.headers_mut().append(name, value.clone());
        }
        let answer = sender.send_request(request).await.map_err(|why| format!("{authority}: {why}"))?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|why| format!("{authority}: {why}"))?.to_bytes();
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
    };
    tokio::time::timeout(Duration::from_secs(20), whole)
        .await
        .unwrap_or_else(|_| Err(format!("{url}: no answer in 20 s")))
}

fn header_map(headers: &[(&str, &str)]) -> HeaderMap {
    headers
        .iter()
        .map(|(name, value)| (name.parse::<hyper::header::HeaderName>().unwrap(), value.parse().unwrap()))
        .collect()
}

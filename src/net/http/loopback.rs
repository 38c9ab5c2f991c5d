//! A server on the loopback interface for tests: one closure answers every request.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket};
use url::Url;

use crate::config::{Auth, Http};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`, `POST`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Query and form parameters.
    pub parameters: Vec<(String, String)>,
    /// Its headers.
    pub headers: hyper::HeaderMap,
}

impl Asked {
    /// A parameter, or nothing.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// What the closure wants answered.
#[derive(Debug, Clone)]
pub enum Said {
    /// A status, headers and a body.
    Reply(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Nothing, ever.
    Hang,
}

impl Said {
    /// JSON with a status.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Reply(status, vec![("content-type", "application/json".into())], body.into().into_bytes())
    }

    /// Anything else with a status and a content type.
    pub fn text(status: u16, kind: &str, body: impl Into<String>) -> Self {
        Self::Reply(status, vec![("content-type", kind.into())], body.into().into_bytes())
    }
}

/// A running server; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct Loopback {
    /// Its base address.
    pub url: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Loopback {
    /// Starts one.
    pub async fn start(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer), asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, log) = (answer.clone(), log.clone());
                let service = service_fn(move |request| respond(request, answer.clone(), log.clone()));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { url, asked }
    }

    /// One that reads a little, writes these bytes and hangs up.
    pub async fn raw(bytes: &'static [u8]) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4_096];
                drop(tokio::io::AsyncReadExt::read(&mut stream, &mut request).await);
                drop(stream.write_all(bytes).await);
                drop(stream.shutdown().await);
            }
        });
        url
    }

    /// Everything asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Settings to reach it without credentials.
    pub fn settings(&self) -> Http {
        settings(self.url.clone())
    }
}

/// An address that nobody listens on, nor will while the socket is kept: a port that is only free may be somebody's soon.
pub fn refusing() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// Settings to reach an address without credentials, with more patience than a busy machine needs.
pub fn settings(url: Url) -> Http {
    Http {
        url,
        auth: Auth::None,
        headers: Vec::new(),
        ca_file: None,
        client_certificate: None,
        timeout: Duration::from_secs(30),
    }
}

async fn respond(
    request: hyper::Request<Incoming>,
    answer: Arc<impl Fn(&Asked) -> Said>,
    log: Arc<Mutex<Vec<Asked>>>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let pairs = |bytes: &[u8]| url::form_urlencoded::parse(bytes).into_owned().collect::<Vec<_>>();
    let mut parameters = pairs(head.uri.query().unwrap_or_default().as_bytes());
    parameters.extend(pairs(&body));
    let asked =
        Asked { method: head.method.to_string(), path: head.uri.path().to_owned(), parameters, headers: head.headers };
    log.lock().unwrap().push(asked.clone());
    match answer(&asked) {
        Said::Hang => std::future::pending().await,
        Said::Reply(status, headers, body) => {
            let mut response = hyper::Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok(response.body(Full::new(Bytes::from(body))).unwrap())
        }
    }
}

//! Ways a backend breaks, for any backend.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::StreamExt as _;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::port;
use super::site::{HangUp, RUNTIME, Response, Site, respond};

/// How it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing listens.
    Refuse,
    /// Accepts, reads the request and never answers.
    Hang,
    /// Accepts, reads the request and closes.
    HangUp,
    /// Answers 500 with text.
    Error500,
    /// Answers 200 with bytes that are no JSON (and no UTF-8, and would clear a terminal).
    Garbage,
    /// Answers 200 with somebody's log-in page.
    Html,
    /// Answers in something that is not HTTP.
    NotHttp,
    /// Answers 200, one byte now and then, for ever.
    Drip,
    /// Answers 200 as fast as it can, for ever.
    Flood,
}

impl Fault {
    /// The four the issue asks for of every backend.
    pub(crate) const COMMON: [Self; 4] = [Self::Refuse, Self::Hang, Self::Error500, Self::Garbage];

    /// Every one.
    pub(crate) const ALL: [Self; 9] = [
        Self::Refuse,
        Self::Hang,
        Self::HangUp,
        Self::Error500,
        Self::Garbage,
        Self::Html,
        Self::NotHttp,
        Self::Drip,
        Self::Flood,
    ];

    /// What a handler does in this state. `Refuse` and `NotHttp` are below HTTP: here they hang up.
    pub(crate) async fn perform(self) -> Result<Response, HangUp> {
        match self {
            Self::Refuse | Self::NotHttp | Self::HangUp => Err(HangUp),
            Self::Hang => std::future::pending().await,
            Self::Error500 => Ok(respond(500, "text/plain", "planted: internal error")),
            Self::Garbage => Ok(respond(200, "application/json", &b"\xff\xfe{\x1b[2J planted garbage"[..])),
            Self::Html => Ok(respond(200, "text/html", "<!doctype html><title>Sign in</title><p>planted page")),
            Self::Drip => {
                let ticks = tokio::time::interval(Duration::from_millis(100));
                let drops = futures_util::stream::unfold(ticks, |mut ticks| async move {
                    ticks.tick().await;
                    Some((Bytes::from_static(b" "), ticks))
                });
                Ok(stream(drops))
            }
            Self::Flood => Ok(stream(futures_util::stream::repeat(Bytes::from(vec![b' '; 65_536])))),
        }
    }
}

fn stream(chunks: impl futures_util::Stream<Item = Bytes> + Send + Sync + 'static) -> Response {
    let frames = chunks.map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)));
    let body = StreamBody::new(frames).map_err(|never| match never {}).boxed();
    hyper::Response::builder().header("content-type", "application/json").body(body).unwrap()
}

/// A backend that is nothing but broken.
pub(crate) struct BrokenBackend {
    url: String,
    running: Running,
}

enum Running {
    Nothing,
    Site(Site),
    Raw(JoinHandle<()>),
}

impl BrokenBackend {
    /// Breaks in this way until dropped.
    pub(crate) fn new(fault: Fault) -> Self {
        match fault {
            Fault::Refuse => Self { url: format!("http://127.0.0.1:{}", port::free()), running: Running::Nothing },
            Fault::NotHttp => {
                let listener = RUNTIME.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
                let url = format!("http://{}", listener.local_addr().unwrap());
                Self { url, running: Running::Raw(RUNTIME.spawn(speak_something_else(listener))) }
            }
            _ => {
                let site = Site::serve(move |_| fault.perform());
                Self { url: site.url(), running: Running::Site(site) }
            }
        }
    }

    /// Where it is (or where nothing is).
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many requests reached it.
    pub(crate) fn requests(&self) -> usize {
        match &self.running {
            Running::Site(site) => site.seen().len(),
            Running::Nothing | Running::Raw(_) => 0,
        }
    }
}

impl Drop for BrokenBackend {
    fn drop(&mut self) {
        if let Running::Raw(task) = &self.running {
            task.abort();
        }
    }
}

async fn speak_something_else(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut request = [0; 1024];
            // Whatever happens to this connection, the next one is served.
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\x00\x01\x02\xff\xfe").await;
        });
    }
}

//! The simulated fleet as a server on loopback: the tasks' metrics and their discovery on one port, the stand-ins for
//! the `CloudWatch` exporter and for Grafana on their own, and an end for what Alertmanager tells.

use std::convert::Infallible;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::StackError;
use crate::format::sanitise;
use crate::sim::{self, Exporter, Page};

/// Longer than any scrape waits.
const FOREVER: Duration = Duration::from_mins(5);
/// The largest message taken, in bytes.
const MAX_MESSAGE: usize = 1024 * 1024;

/// What is served, and where.
#[derive(Debug)]
pub struct Fleet {
    /// The simulated fleet.
    pub exporter: Exporter,
    /// The port of the tasks, their discovery and `/told`.
    pub port: u16,
    /// The port of the stand-in for the `CloudWatch` exporter.
    pub exporter_port: u16,
    /// The port of the stand-in for Grafana, where no Grafana runs.
    pub grafana_port: Option<u16>,
    /// Where messages are kept; nowhere if there is none.
    pub told: Option<PathBuf>,
    /// What time it is.
    pub clock: fn() -> Timestamp,
}

/// What a port answers with.
#[derive(Debug, Clone, Copy)]
enum Role {
    Tasks,
    CloudWatch,
    Grafana,
}

type Reply = Response<Full<Bytes>>;

/// A connection that is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("this task refuses connections")]
struct Refused;

/// Serves until `end` comes.
///
/// # Errors
/// Where a port is taken.
pub async fn serve(fleet: Fleet, end: impl Future<Output = ()>) -> Result<(), StackError> {
    let fleet = Arc::new(fleet);
    let ports = [
        (Some(fleet.port), Role::Tasks),
        (Some(fleet.exporter_port), Role::CloudWatch),
        (fleet.grafana_port, Role::Grafana),
    ];
    let mut servers = tokio::task::JoinSet::new();
    for (port, role) in ports.into_iter().filter_map(|(port, role)| Some((port?, role))) {
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener = listener.map_err(|why| StackError::new(format!("cannot listen on 127.0.0.1:{port}: {why}")))?;
        servers.spawn(accept(listener, role, Arc::clone(&fleet)));
    }
    end.await;
    servers.shutdown().await;
    Ok(())
}

async fn accept(listener: TcpListener, role: Role, fleet: Arc<Fleet>) -> Infallible {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: others will be given back.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let fleet = Arc::clone(&fleet);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, role, Arc::clone(&fleet)));
            // A connection that breaks off is the other side's affair.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, role: Role, fleet: Arc<Fleet>) -> Result<Reply, Refused> {
    let path = request.uri().path().to_owned();
    let now = (fleet.clock)();
    let page = match (role, path.as_str()) {
        (_, "/ready") => return Ok(reply(StatusCode::OK, "text/plain", "ready\n")),
        (Role::CloudWatch, "/metrics") => fleet.exporter.page("/cloudwatch/metrics", now),
        (Role::Grafana, "/metrics") => fleet.exporter.page("/grafana/metrics", now),
        (Role::Tasks, path) => {
            if let Some(service) = path.strip_prefix("/discovery/") {
                return Ok(discovery(&fleet, service, now));
            }
            if let Some(way) = path.strip_prefix("/told/").filter(|_| request.method() == Method::POST) {
                let way = way.to_owned();
                return Ok(told(&fleet, &way, request, now).await);
            }
            if path.starts_with("/tasks/") { fleet.exporter.page(path, now) } else { Page::Missing }
        }
        _ => Page::Missing,
    };
    match page {
        Page::Metrics(text) => Ok(reply(StatusCode::OK, sim::CONTENT_TYPE, text)),
        Page::Status(status) => Ok(reply(
            StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
            "text/plain",
            "simulated\n",
        )),
        Page::Missing => Ok(reply(StatusCode::NOT_FOUND, "text/plain", "no such page\n")),
        Page::Refused => Err(Refused),
        Page::Hangs => {
            tokio::time::sleep(FOREVER).await;
            Err(Refused)
        }
    }
}

fn reply(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    reply
}

/// What `http_sd_configs` reads.
fn discovery(fleet: &Fleet, service: &str, now: Timestamp) -> Reply {
    let Some(targets) = fleet.exporter.targets(service, now) else {
        return reply(StatusCode::NOT_FOUND, "text/plain", "no such service\n");
    };
    let address = format!("127.0.0.1:{}", fleet.port);
    let groups: Vec<Value> = targets
        .into_iter()
        .map(|target| {
            json!({
                "targets": [address],
                "labels": { "__metrics_path__": target.path, "instance": target.instance },
            })
        })
        .collect();
    reply(StatusCode::OK, "application/json", Value::from(groups).to_string())
}

/// Takes a message that Alertmanager believes to go to Slack.
async fn told(fleet: &Fleet, way: &str, request: Request<Incoming>, now: Timestamp) -> Reply {
    let Ok(body) = Limited::new(request.into_body(), MAX_MESSAGE).collect().await else {
        return reply(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", "too large\n");
    };
    let text = message(way, &body.to_bytes(), now);
    let kept = fleet.told.as_ref().map_or(Ok(()), |path| {
        let mut file = std::fs::File::options().create(true).append(true).open(path)?;
        file.write_all(text.as_bytes())
    });
    match kept {
        Ok(()) => reply(StatusCode::OK, "text/plain", "ok"),
        Err(why) => reply(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", format!("not kept: {why}\n")),
    }
}

/// A Slack message as lines: when, by which way, to which channel, what.
fn message(way: &str, body: &[u8], now: Timestamp) -> String {
    let message: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attachment = message.get("attachments").and_then(|list| list.get(0)).cloned().unwrap_or_default();
    let field = |name: &str| attachment.get(name).map(text).unwrap_or_default();
    let channel = message.get("channel").map(text).unwrap_or_default();
    let mut lines = format!("{now:.0} {} {}: {}\n", sanitise(way), sanitise(&channel), sanitise(&field("title")));
    for line in field("text").lines().filter(|line| !line.trim().is_empty()) {
        lines.push_str("    ");
        lines.push_str(&sanitise(line.trim()));
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_kept_as_lines_without_control_characters() {
        let body = json!({
            "channel": "#alerts-critical",
            "attachments": [{ "title": "FIRING (1): HighErrorRate api-2", "text": "*a\u{1b}[2Jb*\n\n  runbook: error-rate\n" }],
        });
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        assert_eq!(
            message("slack-critical", body.to_string().as_bytes(), now),
            "2026-11-23T00:00:00Z slack-critical #alerts-critical: FIRING (1): HighErrorRate api-2\n    \
             *a\\u{1b}[2Jb*\n    runbook: error-rate\n"
        );
        assert_eq!(message("x", b"nonsense", now), "2026-11-23T00:00:00Z x : \n");
    }
}

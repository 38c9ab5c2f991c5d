//! Requests to our own processes on loopback. Proxies of the environment are for other hosts and are not asked.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

/// The longest a look at health may take.
const QUICK: Duration = Duration::from_secs(3);
/// The longest a query over hours may take.
const LONG: Duration = Duration::from_mins(1);

/// An answer's status and body.
pub(super) struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

/// Asks for a path.
pub(super) async fn get(port: u16, path: &str) -> Result<Answer, String> {
    let request = http::Request::get(path).header("host", format!("127.0.0.1:{port}")).body(Full::default());
    send(port, path, request, QUICK).await
}

/// The `data` of an answer of Prometheus's API.
pub(super) async fn data<T: DeserializeOwned>(port: u16, path: &str) -> Result<T, String> {
    parse(port, path, &get(port, path).await?)
}

/// The `data` of an answer to a form.
pub(super) async fn form<T: DeserializeOwned>(port: u16, path: &str, fields: &[(&str, &str)]) -> Result<T, String> {
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = http::Request::post(path)
        .header("host", format!("127.0.0.1:{port}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::from(form));
    parse(port, path, &send(port, path, request, LONG).await?)
}

/// Sends a document that is taken or not.
pub(super) async fn json(port: u16, path: &str, document: &serde_json::Value) -> Result<(), String> {
    let request = http::Request::post(path)
        .header("host", format!("127.0.0.1:{port}"))
        .header("content-type", "application/json")
        .body(Full::from(document.to_string()));
    let answer = send(port, path, request, QUICK).await?;
    if answer.status == 200 { Ok(()) } else { Err(refusal(port, path, &answer)) }
}

fn refusal(port: u16, path: &str, answer: &Answer) -> String {
    let said = crate::format::sanitise(&String::from_utf8_lossy(&answer.body)).into_owned();
    format!("127.0.0.1:{port}{path} answers {}: {}", answer.status, crate::format::clip(&said, 300))
}

fn parse<T: DeserializeOwned>(port: u16, path: &str, answer: &Answer) -> Result<T, String> {
    #[derive(serde::Deserialize)]
    struct Envelope<T> {
        data: T,
    }
    if answer.status != 200 {
        return Err(refusal(port, path, answer));
    }
    let parsed: Result<Envelope<T>, _> = serde_json::from_slice(&answer.body);
    parsed.map(|envelope| envelope.data).map_err(|why| format!("127.0.0.1:{port}{path}: {why}"))
}

async fn send(
    port: u16,
    path: &str,
    request: http::Result<http::Request<Full<Bytes>>>,
    within: Duration,
) -> Result<Answer, String> {
    let place = || format!("127.0.0.1:{port}{path}");
    let request = request.map_err(|why| format!("{}: {why}", place()))?;
    let exchange = async {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|why| why.to_string())?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|why| why.to_string())?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(|why| why.to_string())?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.map_err(|why| why.to_string())?.to_bytes();
        connection.abort();
        Ok::<_, String>(Answer { status, body })
    };
    match tokio::time::timeout(within, exchange).await {
        Ok(answer) => answer.map_err(|why| format!("{}: {why}", place())),
        Err(_) => Err(format!("{}: no answer within {} s", place(), within.as_secs())),
    }
}

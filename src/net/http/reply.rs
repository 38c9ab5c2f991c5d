//! A complete answer, and what it means when it is not the one hoped for.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use super::{Deadline, failure};
use crate::domain::{ErrorClass, SourceError};
use crate::format::{bytes, clip, sanitise};
use crate::net::mask::Mask;

/// The largest answer taken, in bytes after decompression.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// The most of a server's own error text that is passed on, in cells.
const MAX_SAID: usize = 300;

/// What to do where an answer ends too early.
const BROKEN_OFF: &str = "the server or a proxy in front of it cut the answer off: look at its log";

/// What to do where the answers are not those of the API asked.
pub const WRONG_SERVER: &str = "check that the url is the right kind of server";

/// A complete answer of any status.
#[derive(Debug)]
pub struct Reply {
    /// `METHOD URL` of the request, as it may be shown.
    pub call: String,
    /// The full address asked.
    pub url: Url,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decompressed; of a refusal without the secrets sent.
    pub body: Vec<u8>,
    /// From sending the request to the last byte.
    pub took: Duration,
    /// What to do where the credentials are refused.
    advice: String,
    /// What was sent in confidence.
    mask: Mask,
}

impl Reply {
    /// Takes in the whole body.
    pub(super) async fn collect(
        call: String,
        url: Url,
        mut response: Response,
        began: Deadline,
        allowed: Duration,
        advice: String,
        mask: Mask,
    ) -> Result<Self, SourceError> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_BODY => body.extend_from_slice(&chunk),
                Ok(Some(_)) => return Err(too_large(&call)),
                Ok(None) => break,
                Err(error) => return Err(broke_off(&call, &error, body.len(), allowed)),
            }
        }
        // A refusal may quote the request. What is asked for is taken as it is.
        let body = if status.is_success() { body } else { mask.body(body) };
        Ok(Self { call, url, status, headers, body, took: began.elapsed(), advice, mask })
    }

    /// The answer, if its status is a success.
    ///
    /// # Errors
    /// What the status means, with the server's own words and the next step.
    pub fn accepted(self) -> Result<Self, SourceError> {
        self.refusal().map_or(Ok(self), Err)
    }

    /// The JSON in a successful answer.
    ///
    /// # Errors
    /// As [`Reply::accepted`], and [`ErrorClass::Garbage`] where there is other or broken JSON, or none.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, SourceError> {
        match self.refusal() {
            Some(refusal) => Err(refusal),
            None => self.parse(),
        }
    }

    /// The JSON in an answer of any status.
    ///
    /// # Errors
    /// [`ErrorClass::Garbage`], saying what there is instead.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, SourceError> {
        let garbage = |why: String| SourceError::new(ErrorClass::Garbage, format!("{}: {why}", self.call));
        // The parser quotes what it did not expect.
        serde_json::from_slice(&self.body).map_err(|error| {
            if self.is_html() {
                garbage("got an HTML page instead of JSON: is this a login page or another service?".to_owned())
                    .with_hint("check the url (an API under a prefix needs it in the path) and the credentials")
            } else if self.body.is_empty() {
                garbage("the answer is empty".to_owned()).with_hint(WRONG_SERVER)
            } else if error.is_eof() {
                garbage(format!("the answer ends in the middle, after {}", size(self.body.len()))).with_hint(BROKEN_OFF)
            } else {
                garbage(format!(
                    "the answer is not what this API promises: {}",
                    clip(&sanitise(&self.mask.text(&error.to_string())), 160)
                ))
                .with_hint(WRONG_SERVER)
            }
        })
    }

    /// The server's clock at the time of the answer, to the second.
    pub fn date(&self) -> Option<Timestamp> {
        let text = self.headers.get(DATE)?.to_str().ok()?;
        jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
    }

    /// A body of text as one harmless line.
    pub fn text(&self) -> String {
        sanitise(self.mask.text(&String::from_utf8_lossy(&self.body)).trim()).into_owned()
    }

    /// What the server says of its refusal, if it says anything a person can read.
    pub fn said(&self) -> Option<String> {
        let text = match serde_json::from_slice(&self.body) {
            // The three shapes: Prometheus, Grafana and Alertmanager's 422, and Alertmanager's other errors.
            Ok(serde_json::Value::Object(fields)) => ["error", "message"]
                .iter()
                .find_map(|key| fields.get(*key).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty()))?
                .to_owned(),
            Ok(serde_json::Value::String(text)) => text,
            Ok(_) => return None,
            Err(_) if self.is_html() => "an HTML page".to_owned(),
            Err(_) => String::from_utf8_lossy(&self.body[..self.body.len().min(4_096)]).into_owned(),
        };
        let text = clip(&sanitise(self.mask.text(&text).trim()), MAX_SAID);
        (!text.is_empty()).then_some(text)
    }

    /// What a status other than success means.
    pub fn refusal(&self) -> Option<SourceError> {
        if self.status.is_success() {
            return None;
        }
        let (class, hint) = self.meaning();
        let mut what = format!("{}: {}", self.call, self.status_words());
        if let Some(said) = self.said().filter(|said| !self.status_words().ends_with(said.as_str())) {
            what = format!("{what}: {said}");
        }
        Some(SourceError { class, what, hint })
    }

    fn meaning(&self) -> (ErrorClass, Option<String>) {
        let hint = |text: &str| Some(text.to_owned());
        match self.status.as_u16() {
            401 => (ErrorClass::Credentials, Some(self.advice.clone())),
            403 => {
                (ErrorClass::Forbidden, hint("the server knows who asks and does not allow it: ask for the permission"))
            }
            407 => {
                (ErrorClass::Credentials, hint("the HTTP proxy wants credentials: check HTTP_PROXY and HTTPS_PROXY"))
            }
            404 | 405 | 410 | 501 => (
                ErrorClass::Unsupported,
                hint("check the url: an API under a prefix (/prometheus, /alertmanager) needs it in the path"),
            ),
            408 | 499 => (ErrorClass::Timeout, None),
            429 => {
                let wait = self.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                (ErrorClass::Throttled, Some(wait.map_or_else(|| TOO_OFTEN.to_owned(), asked_to_wait)))
            }
            502 | 504 => (
                ErrorClass::Server,
                hint("a proxy or load balancer answered for a server that does not: look at the server behind it"),
            ),
            400 if self.said().is_some_and(|said| said.contains("HTTP request to an HTTPS server")) => {
                (ErrorClass::Tls, hint("use https:// in the url"))
            }
            300..=399 => (ErrorClass::Garbage, None),
            500..=599 => (ErrorClass::Server, hint("the server itself fails: look at its log")),
            _ => (ErrorClass::Rejected, None),
        }
    }

    fn status_words(&self) -> String {
        let reason = self.status.canonical_reason().unwrap_or_default();
        format!("{} {reason}", self.status.as_u16()).trim_end().to_owned()
    }

    fn is_html(&self) -> bool {
        let declared = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        declared.is_some_and(|kind| kind.starts_with("text/html")) || self.body.trim_ascii_start().starts_with(b"<")
    }
}

/// What to do where the server is asked too often; more precisely where it says so itself, in seconds or as a date.
const TOO_OFTEN: &str = "ask it less often: raise its interval in the context's [refresh]";

fn asked_to_wait(wait: &str) -> String {
    match wait.trim().parse::<u32>() {
        Ok(seconds) => format!("it asks to wait for {seconds}s; {TOO_OFTEN}"),
        Err(_) => format!("it asks to wait until {}; {TOO_OFTEN}", clip(&sanitise(wait), 40)),
    }
}

fn too_large(call: &str) -> SourceError {
    let what = format!("{call}: the answer is larger than {}", size(MAX_BODY));
    let hint = if call.contains("/api/v1/query") {
        "aggregate by service in the query, so that less comes back"
    } else {
        WRONG_SERVER
    };
    SourceError::new(ErrorClass::Garbage, what).with_hint(hint)
}

fn broke_off(call: &str, error: &reqwest::Error, received: usize, allowed: Duration) -> SourceError {
    if error.is_timeout() {
        let what = format!("{} (it stopped after {})", failure::timed_out(allowed, call), size(received));
        SourceError::new(ErrorClass::Timeout, what).with_hint(failure::TOO_SLOW)
    } else if error.is_decode() && received == 0 {
        let why = failure::innermost(error);
        SourceError::new(ErrorClass::Garbage, format!("{call}: the answer cannot be unpacked: {why}"))
    } else {
        SourceError::new(ErrorClass::Connect, format!("{call}: the answer broke off after {}", size(received)))
            .with_hint(BROKEN_OFF)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a size for people, in at most three digits")]
fn size(length: usize) -> String {
    bytes(length as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_asks_to_wait_is_quoted_in_words() {
        for (wait, expected) in [
            ("90", "it asks to wait for 90s; ask it less often"),
            ("Sun, 22 Nov 2026 09:00:00 GMT", "it asks to wait until Sun, 22 Nov 2026 09:00:00 GMT; ask it"),
        ] {
            let hint = asked_to_wait(wait);
            assert!(hint.starts_with(expected), "{hint}");
        }
    }
}

//! HTTP: one client set-up for every backend, one way to send a request and one to say why it failed.

mod client;
mod credentials;
mod deadline;
pub mod failure;
#[cfg(test)]
pub(crate) mod loopback;
mod reply;

use std::borrow::Cow;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};
use url::Url;

pub use client::{CONNECT_TIMEOUT, Clients, Trust, client};
pub use deadline::Deadline;
pub use reply::{Reply, WRONG_SERVER};

use self::credentials::Credentials;
use crate::config;
use crate::domain::{ErrorClass, SourceError};
use crate::format::sanitise;
use crate::net::mask::Mask;
use crate::net::{Meter, Mishap};

/// How many redirects within one server are followed.
const MAX_REDIRECTS: usize = 3;

/// The content type of a `POST`'s parameters.
const FORM: &str = "application/x-www-form-urlencoded";

/// A request to one backend, below its base address.
#[derive(Debug, Clone)]
pub struct Call {
    /// `GET`, `POST` or `DELETE`.
    pub method: Method,
    /// The path after the base address's, with its slash; already percent-encoded.
    pub path: String,
    /// Parameters: the query of a `GET`, the form of a `POST`.
    pub parameters: Vec<(&'static str, String)>,
    /// JSON to send instead of a form.
    pub json: Option<serde_json::Value>,
    /// When the round it belongs to ends.
    pub deadline: Deadline,
}

impl Call {
    /// A `GET` without parameters.
    pub fn get(path: impl Into<String>, deadline: Deadline) -> Self {
        Self { method: Method::GET, path: path.into(), parameters: Vec::new(), json: None, deadline }
    }

    /// A `POST` of an (as yet empty) form.
    pub fn post(path: impl Into<String>, deadline: Deadline) -> Self {
        Self { method: Method::POST, ..Self::get(path, deadline) }
    }

    /// A `DELETE`.
    pub fn delete(path: impl Into<String>, deadline: Deadline) -> Self {
        Self { method: Method::DELETE, ..Self::get(path, deadline) }
    }

    /// The same with JSON for its body.
    #[must_use]
    pub fn json(mut self, body: serde_json::Value) -> Self {
        self.json = Some(body);
        self
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }
}

/// One HTTP backend: its address, its credentials and the client it shares with those that trust alike.
#[derive(Debug)]
pub struct Backend {
    base: Url,
    trust: Trust,
    timeout: Duration,
    clients: Clients,
    credentials: Credentials,
    meter: Meter,
}

impl Backend {
    /// As the settings say. Does no I/O: certificates and secrets are read by the first request.
    pub fn open(settings: &config::Http, clients: &Clients, meter: Meter) -> Self {
        Self {
            base: bare(&settings.url),
            trust: Trust::of(settings),
            timeout: settings.timeout,
            clients: clients.clone(),
            credentials: Credentials::new(settings),
            meter,
        }
    }

    /// Its base address, free of secrets and of the last slash.
    pub fn place(&self) -> String {
        shown(&self.base)
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.meter.total()
    }

    /// Whether credentials are configured for it.
    pub fn authenticates(&self) -> bool {
        self.credentials.has_secrets()
    }

    /// The address of a path below the base address.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// Sends a request and takes in the whole answer, whatever its status. Asks once more with fresh credentials
    /// where the server refuses the ones it got and there are others by now.
    ///
    /// # Errors
    /// Where no complete answer came: see [`ErrorClass`]. A redirect away from the server is an error too: credentials
    /// do not follow it, and what is there is a login page.
    pub async fn send(&self, call: &Call) -> Result<Reply, SourceError> {
        Box::pin(self.deliver(call)).await.map_err(|failed| failed.error)
    }

    /// As [`Backend::send`], for a request that alters something: it is sent once, but for redirects and refused
    /// credentials, which alter nothing. Says of every failure whether anything may have been altered.
    ///
    /// # Errors
    /// [`Mishap::Refused`] where the request never left or was refused (4xx), [`Mishap::Unknown`] where it may have
    /// arrived: no complete answer, or one of a server in trouble (5xx).
    pub async fn change(&self, call: &Call) -> Result<Reply, Mishap> {
        let reply = Box::pin(self.deliver(call)).await.map_err(|failed| {
            if failed.never_sent { Mishap::Refused(failed.error) } else { Mishap::Unknown(failed.error) }
        })?;
        match reply.refusal() {
            None => Ok(reply),
            Some(error) if reply.status.is_server_error() => Err(Mishap::Unknown(error)),
            Some(error) => Err(Mishap::Refused(error)),
        }
    }

    async fn deliver(&self, call: &Call) -> Result<Reply, Failed> {
        let headers = self.headers(call).await.map_err(|error| {
            let what = format!("{} {}: not sent: {}", call.method, shown(&self.url(&call.path)), error.what);
            Failed::before(SourceError { what, ..error })
        })?;
        let reply = self.send_with(call, &headers).await?;
        if reply.status != reqwest::StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        match self.credentials.renewed(&headers).await {
            Some(renewed) => self.send_with(call, &renewed).await,
            None => Ok(reply),
        }
    }

    async fn send_with(&self, call: &Call, headers: &HeaderMap) -> Result<Reply, Failed> {
        let mask = Mask::of(headers);
        let mut url = self.url(&call.path);
        for _ in 0..=MAX_REDIRECTS {
            let reply = self.send_once(call, &url, headers, &mask).await;
            let reply = reply.map_err(|failed| Failed { error: mask.error(failed.error), ..failed })?;
            let Some(next) = redirected(&reply) else { return Ok(reply) };
            url = followed(call, &url, &reply, &next).map_err(|error| Failed::before(mask.error(error)))?;
        }
        let what = format!("{} {}: redirected more than {MAX_REDIRECTS} times", call.method, shown(&url));
        Err(Failed::before(mask.error(SourceError::new(ErrorClass::Garbage, what))))
    }

    async fn send_once(&self, call: &Call, url: &Url, headers: &HeaderMap, mask: &Mask) -> Result<Reply, Failed> {
        let name = format!("{} {}", call.method, shown(url));
        let allowed = self.timeout.min(call.deadline.remaining());
        if allowed.is_zero() {
            let what = format!("{name}: not asked, the time for this round was used up before");
            return Err(Failed::before(SourceError::new(ErrorClass::Timeout, what)));
        }
        let client = self.clients.get(&self.trust).await.map_err(Failed::before)?;
        let mut url = url.clone();
        let request = if call.method == Method::GET {
            if !call.parameters.is_empty() {
                url.query_pairs_mut().extend_pairs(&call.parameters);
            }
            client.get(url.clone())
        } else if let Some(body) = &call.json {
            client.request(call.method.clone(), url.clone()).json(body)
        } else if call.method == Method::DELETE {
            client.delete(url.clone())
        } else {
            let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&call.parameters).finish();
            client.request(call.method.clone(), url.clone()).header(CONTENT_TYPE, FORM).body(form)
        };
        let request = request.headers(headers.clone()).header(ACCEPT, "application/json").timeout(allowed);
        self.meter.count();
        let began = Deadline::after(allowed);
        let failed = |error: reqwest::Error| {
            let never_sent = error.is_connect() || error.is_builder();
            let error = failure::transport(&name, &error, allowed);
            if error.class == ErrorClass::Tls {
                self.clients.forget(&self.trust);
            }
            Failed { error, never_sent }
        };
        let response = request.send().await.map_err(failed)?;
        let advice = self.credentials.advice();
        Reply::collect(name, url, response, began, allowed, advice, mask.clone())
            .await
            .map_err(|error| Failed { error, never_sent: false })
    }

    /// The credentials, as long as the round lasts: a command may wait for a person.
    async fn headers(&self, call: &Call) -> Result<HeaderMap, SourceError> {
        let late = |_| {
            SourceError::new(ErrorClass::Timeout, "the credentials were not there in time")
                .with_hint("run the token_command or password_command in a terminal to see what it waits for")
        };
        tokio::time::timeout(call.deadline.remaining(), self.credentials.headers()).await.map_err(late)?
    }
}

/// Why no complete answer came, and whether the request certainly altered nothing.
struct Failed {
    error: SourceError,
    never_sent: bool,
}

impl Failed {
    /// Before anything was sent, or after an answer that alters nothing (a redirect).
    const fn before(error: SourceError) -> Self {
        Self { error, never_sent: true }
    }
}

/// Where the server sends us instead, if it does.
fn redirected(reply: &Reply) -> Option<Url> {
    if !reply.status.is_redirection() {
        return None;
    }
    let location = reply.headers.get(LOCATION)?.to_str().ok()?;
    reply.url.join(location).ok()
}

/// The address to ask next, or why the redirect is not followed.
fn followed(call: &Call, from: &Url, reply: &Reply, next: &Url) -> Result<Url, SourceError> {
    let at = format!("{} {}: redirected to {}", call.method, shown(from), shown(next));
    let upgraded = from.scheme() == "http" && next.scheme() == "https" && from.host() == next.host();
    let same_server = from.origin() == next.origin() || upgraded;
    if !same_server || looks_like_login(next) {
        return Err(SourceError::new(ErrorClass::Credentials, format!("{at}: is this a login page?"))
            .with_hint("a proxy in front wants a session: give credentials it accepts, or a url that goes past it"));
    }
    let keeps_method = matches!(reply.status.as_u16(), 307 | 308);
    if call.method != Method::GET && !keeps_method {
        return Err(SourceError::new(ErrorClass::Unsupported, format!("{at}: a form does not survive that"))
            .with_hint("use the address it redirects to as the url"));
    }
    Ok(bare(next))
}

fn looks_like_login(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    ["login", "signin", "sign-in", "sign_in", "oauth", "saml", "sso"].iter().any(|word| path.contains(word))
}

/// A URL without user, password, query and fragment.
fn bare(url: &Url) -> Url {
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    // Fails only for URLs that cannot have either, which then hold none.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare
}

/// A URL as it may be shown.
fn shown(url: &Url) -> String {
    let bare = bare(url);
    let text: Cow<'_, str> = sanitise(bare.as_str());
    text.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests;

//! The headers that carry credentials: fetched on first use, again after a while, and again when a server refuses them,
//! so that a rotated token or a mended file is picked up without a restart.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::config::{Auth, HeaderText, Http, SecretRef};
use crate::domain::{ErrorClass, SourceError};
use crate::net::{mask, secret};

/// How long fetched secrets are good without being asked for again.
const GOOD_FOR: Duration = Duration::from_mins(5);

/// How soon they may be fetched again after a failure or a refusal: a round sends many requests, one look is enough.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// One backend's credentials.
pub struct Credentials {
    auth: Auth,
    headers: Vec<(String, HeaderText)>,
    held: Mutex<Option<Held>>,
}

struct Held {
    headers: Result<HeaderMap, SourceError>,
    since: Instant,
}

/// Says how to authenticate, and with what never.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("auth", &self.auth).finish_non_exhaustive()
    }
}

impl Credentials {
    /// As the settings say; nothing is fetched yet.
    pub fn new(settings: &Http) -> Self {
        Self { auth: settings.auth.clone(), headers: settings.headers.clone(), held: Mutex::new(None) }
    }

    /// The headers to send.
    ///
    /// # Errors
    /// Why a secret could not be fetched; remembered for a few seconds.
    pub async fn headers(&self) -> Result<HeaderMap, SourceError> {
        let mut held = self.held.lock().await;
        if let Some(known) = held.as_ref() {
            let good_for = if known.headers.is_ok() { GOOD_FOR } else { LOOK_AGAIN_AFTER };
            if known.since.elapsed() < good_for {
                return known.headers.clone();
            }
        }
        let headers = self.fetch().await;
        *held = Some(Held { headers: headers.clone(), since: Instant::now() });
        headers
    }

    /// After a refusal: the headers to try instead of `refused`, or `None` where there are no others.
    pub async fn renewed(&self, refused: &HeaderMap) -> Option<HeaderMap> {
        if !self.has_secrets() {
            return None;
        }
        let mut held = self.held.lock().await;
        let looked_just_now = held.as_ref().is_some_and(|known| known.since.elapsed() < LOOK_AGAIN_AFTER);
        let is_refused = |known: &Held| known.headers.as_ref().is_ok_and(|headers| headers == refused);
        if held.as_ref().is_none_or(is_refused) {
            // Every request of a round may be refused at once. A file is cheap to read for each of them; a command
            // is not, and may ask a person.
            if looked_just_now && self.runs_commands() {
                return None;
            }
            *held = Some(Held { headers: self.fetch().await, since: Instant::now() });
        }
        let headers = held.as_ref()?.headers.as_ref().ok()?;
        (headers != refused).then(|| headers.clone())
    }

    /// The next step after a refusal.
    pub fn advice(&self) -> String {
        let (what, secret) = match &self.auth {
            Auth::None => return "this address wants credentials and none are configured for it".to_owned(),
            Auth::Bearer(secret) => ("token", secret),
            Auth::Basic { password, .. } => ("password", password),
        };
        let then = match secret {
            SecretRef::Env(_) => "renew it and start again",
            SecretRef::File(_) | SecretRef::Command(_) => "renew it; it is read again without a restart",
        };
        format!("the {what} from {} is refused: {then}", secret::name(secret))
    }

    async fn fetch(&self) -> Result<HeaderMap, SourceError> {
        let mut headers = HeaderMap::new();
        match &self.auth {
            Auth::None => {}
            Auth::Bearer(token) => {
                let token = secret::fetch(token).await?;
                headers.insert(AUTHORIZATION, value(&format!("Bearer {}", token.expose_secret()), "the token")?);
            }
            Auth::Basic { username, password } => {
                let password = secret::fetch(password).await?;
                let pair = STANDARD.encode(format!("{username}:{}", password.expose_secret()));
                headers.insert(AUTHORIZATION, value(&format!("Basic {pair}"), "the password")?);
            }
        }
        for (name, text) in &self.headers {
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| SourceError::new(ErrorClass::Local, format!("`{name}` is no name of a header")))?;
            let text = match text {
                HeaderText::Plain(text) => {
                    let mut text = value(text, name)?;
                    // It stands in the configuration for everybody to read.
                    text.set_sensitive(mask::names_secret(&header));
                    text
                }
                HeaderText::Secret(secret) => value(secret::fetch(secret).await?.expose_secret(), name)?,
            };
            headers.append(header, text);
        }
        Ok(headers)
    }

    fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        let auth = match &self.auth {
            Auth::None => None,
            Auth::Bearer(secret) | Auth::Basic { password: secret, .. } => Some(secret),
        };
        let headers = self.headers.iter().filter_map(|(_, text)| match text {
            HeaderText::Secret(secret) => Some(secret),
            HeaderText::Plain(_) => None,
        });
        auth.into_iter().chain(headers)
    }

    /// Whether there is anything secret in them.
    pub fn has_secrets(&self) -> bool {
        self.secrets().next().is_some()
    }

    fn runs_commands(&self) -> bool {
        self.secrets().any(|secret| matches!(secret, SecretRef::Command(_)))
    }
}

fn value(text: &str, what: &str) -> Result<HeaderValue, SourceError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        SourceError::new(ErrorClass::Local, format!("{what} holds characters that no HTTP header may carry"))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

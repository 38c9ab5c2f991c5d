//! Silences, in Alertmanager and in Grafana's own: the same API at two places.

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::config;
use crate::domain::{ErrorClass, Matcher, Silence, SilenceAsk, SourceError, SourceKind};
use crate::exec::{PATIENCE, Receipt, Seen};
use crate::format::sanitise;
use crate::net::door::{DataSourceKind, Door};
use crate::net::http::{Backend, Call, Clients, Deadline};
use crate::net::{Meter, Mishap};

/// A silence begins this long before now: where the server's clock is behind ours it would otherwise wait to begin. What
/// lies in the past counts as now there.
const HEAD_START: SignedDuration = SignedDuration::from_mins(5);

/// One place where silences live.
pub(super) struct Silences {
    door: Door,
    /// What stands before `/api/v2`.
    prefix: &'static str,
    kind: SourceKind,
}

/// A silence as the API tells of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Told {
    id: String,
    matchers: Vec<ToldMatcher>,
    starts_at: String,
    ends_at: String,
    created_by: String,
    comment: String,
    status: ToldStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ToldMatcher {
    name: String,
    value: String,
    is_regex: bool,
    is_equal: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ToldStatus {
    state: String,
}

/// What comes back from making one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Created {
    #[serde(rename = "silenceID", alias = "silenceId", alias = "id")]
    id: String,
}

impl Silences {
    /// Alertmanager's, directly or through Grafana.
    pub(super) fn alertmanager(
        settings: &config::Alertmanager,
        grafana: Option<&config::Grafana>,
        clients: &Clients,
    ) -> Self {
        let door = Door::open(&settings.reach, grafana, DataSourceKind::Alertmanager, clients, Meter::default());
        Self { door, prefix: "", kind: SourceKind::Alertmanager }
    }

    /// Those of Grafana-managed alerts.
    pub(super) fn managed(settings: &config::Grafana, clients: &Clients) -> Self {
        let door = Door::Direct(Backend::open(&settings.http, clients, Meter::default()));
        Self { door, prefix: "/api/alertmanager/grafana", kind: SourceKind::Grafana }
    }

    pub(super) fn place(&self) -> String {
        self.door.place()
    }

    fn path(&self, rest: &str) -> String {
        format!("{}/api/v2/{rest}", self.prefix)
    }

    /// Those in force or to come.
    pub(super) async fn list(&self, now: Timestamp) -> Result<Vec<Silence>, SourceError> {
        let call = Call::get(self.path("silences"), Deadline::after(PATIENCE));
        let told: Vec<Told> = self.door.send(&call).await?.json()?;
        Ok(told.iter().filter(|one| is_in_force(one, now)).map(|one| self.silence(one)).collect())
    }

    fn silence(&self, told: &Told) -> Silence {
        let text = |foreign: &str| sanitise(foreign).into_owned();
        let matcher = |told: &ToldMatcher| {
            let matcher = Matcher {
                name: told.name.clone(),
                value: told.value.clone(),
                is_regex: told.is_regex,
                is_negated: told.is_equal == Some(false),
            };
            text(&matcher.to_string())
        };
        Silence {
            id: text(&told.id),
            matchers: told.matchers.iter().map(matcher).collect(),
            starts_at: told.starts_at.parse().ok(),
            ends_at: told.ends_at.parse().ok(),
            created_by: text(&told.created_by),
            comment: text(&told.comment),
            source: self.kind,
        }
    }

    /// Makes one.
    pub(super) async fn make(&self, ask: &SilenceAsk, by: &str, now: Timestamp) -> Result<Receipt, Mishap> {
        let matchers: Vec<_> = ask
            .matchers
            .iter()
            .map(|one| {
                json!({ "name": one.name, "value": one.value, "isRegex": one.is_regex, "isEqual": !one.is_negated })
            })
            .collect();
        let ends_at = SignedDuration::try_from(ask.lasts).ok().and_then(|lasts| now.checked_add(lasts).ok());
        let body = json!({
            "matchers": matchers,
            "startsAt": now.checked_sub(HEAD_START).unwrap_or(now).to_string(),
            "endsAt": ends_at.unwrap_or(Timestamp::MAX).to_string(),
            "createdBy": by,
            "comment": ask.comment,
        });
        let call = Call::post(self.path("silences"), Deadline::after(PATIENCE)).json(body);
        let reply = self.door.change(&call).await?;
        // Accepted, and what was made cannot be read: it is there all the same.
        let created: Created = reply.parse().map_err(Mishap::Unknown)?;
        let id = sanitise(&created.id).into_owned();
        if id.is_empty() {
            let what = format!("{}: accepted, and the answer names no silence", reply.call);
            return Err(Mishap::Unknown(SourceError::new(ErrorClass::Garbage, what)));
        }
        Ok(Receipt { said: format!("silence {id} made in {}", self.kind), id: Some(id) })
    }

    /// Ends one.
    pub(super) async fn expire(&self, id: &str) -> Result<Receipt, Mishap> {
        let path = self.path(&format!("silence/{}", checked(id).map_err(Mishap::Refused)?));
        match self.door.change(&Call::delete(path, Deadline::after(PATIENCE))).await {
            Ok(_) => Ok(Receipt { said: format!("silence {id} ended in {}", self.kind), id: Some(id.to_owned()) }),
            // Alertmanager says with a 500 that it knows no such silence.
            Err(Mishap::Unknown(error)) if error.what.contains("not found") => Err(Mishap::Refused(error)),
            Err(mishap) => Err(mishap),
        }
    }

    /// Whether it is in force, and until when.
    pub(super) async fn look(&self, id: &str, now: Timestamp) -> Result<Seen, SourceError> {
        let path = self.path(&format!("silence/{}", checked(id)?));
        let reply = self.door.send(&Call::get(path, Deadline::after(PATIENCE))).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(Seen::Silence(None));
        }
        let told: Told = reply.json()?;
        let ends_at = told.ends_at.parse().unwrap_or(Timestamp::MAX);
        Ok(Seen::Silence(is_in_force(&told, now).then_some(ends_at)))
    }
}

fn is_in_force(told: &Told, now: Timestamp) -> bool {
    match told.status.state.as_str() {
        "" => told.ends_at.parse::<Timestamp>().is_ok_and(|end| end > now),
        state => state != "expired",
    }
}

/// An id goes into paths.
fn checked(id: &str) -> Result<&str, SourceError> {
    if !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return Ok(id);
    }
    Err(SourceError::new(ErrorClass::Local, format!("`{}` is no id of a silence", sanitise(id))))
}

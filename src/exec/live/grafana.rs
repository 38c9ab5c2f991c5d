//! Notes on Grafana's dashboards.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config;
use crate::domain::{ErrorClass, SourceError};
use crate::exec::{Note, PATIENCE, Receipt, Seen};
use crate::net::http::{Backend, Call, Clients, Deadline};
use crate::net::{Meter, Mishap};

/// How far around its moment a note is looked for.
const AROUND: SignedDuration = SignedDuration::from_mins(1);

pub(super) struct Grafana(Backend);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Created {
    id: Value,
}

impl Grafana {
    pub(super) fn open(settings: &config::Grafana, clients: &Clients) -> Self {
        Self(Backend::open(&settings.http, clients, Meter::default()))
    }

    pub(super) fn place(&self) -> String {
        self.0.place()
    }

    pub(super) async fn annotate(&self, note: &Note) -> Result<Receipt, Mishap> {
        let body = json!({ "time": note.at.as_millisecond(), "tags": note.tags, "text": note.text });
        let call = Call::post("/api/annotations", Deadline::after(PATIENCE)).json(body);
        let reply = self.0.change(&call).await.map_err(|mishap| match mishap {
            Mishap::Refused(error) if error.class == ErrorClass::Forbidden => {
                Mishap::Refused(error.with_hint("the token needs the permission annotations:create (Editor has it)"))
            }
            mishap => mishap,
        })?;
        let created: Created = reply.parse().map_err(Mishap::Unknown)?;
        let id = match created.id {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) => Some(crate::format::sanitise(&text).into_owned()),
            _ => None,
        };
        Ok(Receipt { said: "annotation written".to_owned(), id })
    }

    /// Whether a note can be read back.
    pub(super) async fn look(&self, id: &str, at: Timestamp) -> Result<Seen, SourceError> {
        let around = |moment: Result<Timestamp, _>| moment.unwrap_or(at).as_millisecond().to_string();
        let call = Call::get("/api/annotations", Deadline::after(PATIENCE))
            .with("from", around(at.checked_sub(AROUND)))
            .with("to", around(at.checked_add(AROUND)))
            .with("tags", "rounds")
            .with("limit", "100");
        let found: Vec<Created> = self.0.send(&call).await?.json()?;
        let is_it = |one: &Created| match &one.id {
            Value::Number(number) => number.to_string() == id,
            Value::String(text) => text == id,
            _ => false,
        };
        Ok(Seen::Annotation(found.iter().any(is_it)))
    }
}

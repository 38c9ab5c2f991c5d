//! Letting Prometheus read its configuration again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::config::{self, Reach};
use crate::domain::{ErrorClass, SourceError};
use crate::exec::{PATIENCE, PrometheusFacts, Receipt, Seen};
use crate::net::door::{DataSourceKind, Door};
use crate::net::http::{Call, Clients, Deadline};
use crate::net::{Meter, Mishap};

/// The flag without which Prometheus takes no reload.
const LIFECYCLE: &str = "web.enable-lifecycle";

/// What to do about that.
const START_WITH: &str = "start it with --web.enable-lifecycle (which lets anybody who reaches it stop it, too), or send \
                          it SIGHUP";

pub(super) struct Prometheus {
    door: Door,
    is_direct: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Envelope<T> {
    data: T,
}

/// What is used of `/api/v1/status/runtimeinfo`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RuntimeInfo {
    reload_config_success: Option<bool>,
    last_config_time: String,
}

impl Prometheus {
    pub(super) fn open(settings: &config::Prometheus, grafana: Option<&config::Grafana>, clients: &Clients) -> Self {
        let door = Door::open(&settings.reach, grafana, DataSourceKind::Prometheus, clients, Meter::default());
        Self { door, is_direct: matches!(settings.reach, Reach::Direct(_)) }
    }

    pub(super) fn place(&self) -> String {
        self.door.place()
    }

    /// What it says of its configuration and of whether it can be told to read it again.
    pub(super) async fn survey(&self) -> Result<PrometheusFacts, SourceError> {
        let info = self.runtime().await?;
        let closed = if self.is_direct {
            // Where the flags cannot be read, the call itself will tell.
            let flags: Option<Envelope<BTreeMap<String, String>>> = self.get("/api/v1/status/flags").await.ok();
            flags
                .and_then(|flags| flags.data.get(LIFECYCLE).cloned())
                .filter(|value| value == "false")
                .map(|_| format!("its lifecycle API is off: {START_WITH}"))
        } else {
            Some("it is reached through Grafana, which lets no reload through: give it a url of its own".to_owned())
        };
        Ok(PrometheusFacts {
            place: self.door.place(),
            closed,
            last_reload_ok: info.as_ref().and_then(|info| info.reload_config_success),
            last_reload: info.and_then(|info| info.last_config_time.parse().ok()),
        })
    }

    pub(super) async fn reload(&self) -> Result<Receipt, Mishap> {
        let call = Call::post("/-/reload", Deadline::after(PATIENCE));
        match self.door.change(&call).await {
            Ok(_) => Ok(Receipt { said: "prometheus read its configuration again".to_owned(), id: None }),
            Err(Mishap::Refused(error)) if error.class == ErrorClass::Forbidden => {
                Err(Mishap::Refused(error.with_hint(format!("its lifecycle API is off: {START_WITH}"))))
            }
            Err(Mishap::Unknown(error)) => Err(failed_reload(error)),
            Err(mishap) => Err(mishap),
        }
    }

    pub(super) async fn look(&self) -> Result<Seen, SourceError> {
        let info = self.runtime().await?.unwrap_or_default();
        Ok(Seen::Prometheus { ok: info.reload_config_success, at: info.last_config_time.parse::<Timestamp>().ok() })
    }

    /// What it says of itself; nothing where it has no such endpoint.
    async fn runtime(&self) -> Result<Option<RuntimeInfo>, SourceError> {
        match self.get::<Envelope<RuntimeInfo>>("/api/v1/status/runtimeinfo").await {
            Ok(envelope) => Ok(Some(envelope.data)),
            Err(error) if error.class == ErrorClass::Unsupported => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, SourceError> {
        self.door.send(&Call::get(path, Deadline::after(PATIENCE))).await?.json()
    }
}

/// What an answer that is no success says of the configuration in force. Prometheus reads the file first, and what it cannot
/// read alters nothing; then every part of it takes its share, and where one cannot (rules that are wrong) the others have
/// taken theirs.
fn failed_reload(error: SourceError) -> Mishap {
    if error.what.contains("couldn't load configuration") {
        return Mishap::Refused(
            error.with_hint("mend its configuration (promtool check config); the old one stays in force"),
        );
    }
    if error.what.contains("occurred while applying") {
        let hint = "a part of the new configuration is in force: its log says which part is not; mend that (promtool check \
                    config) and reload again";
        return Mishap::Partly(error.with_hint(hint));
    }
    Mishap::Unknown(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_configuration_that_cannot_be_read_alters_nothing() {
        let failed = |said: &str| {
            let what = format!("POST http://p:9090/-/reload: 500 Internal Server Error: {said}");
            failed_reload(SourceError::new(ErrorClass::Server, what))
        };
        let read =
            "failed to reload config: couldn't load configuration (--config.file=\"p.yml\"): parsing YAML file p.yml";
        assert!(matches!(failed(read), Mishap::Refused(_)));
        let applied = "failed to reload config: one or more errors occurred while applying the new configuration \
                       (--config.file=\"p.yml\")";
        let partly = failed(applied);
        assert!(
            matches!(&partly, Mishap::Partly(error) if error.hint.as_ref().is_some_and(|hint| hint.contains("in force")))
        );
        assert!(matches!(failed("upstream hung up"), Mishap::Unknown(_)));
    }
}

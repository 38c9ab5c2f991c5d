//! Grafana's HTTP API as calls.

use serde::de::DeserializeOwned;

use super::wire::{Found, Health, RulesAnswer};
use crate::domain::SourceError;
use crate::net::http::{Backend, Call, Deadline, Reply};
use crate::source::alertmanager::wire::{GettableAlert, GettableSilence};

/// Dashboards a page; Grafana's own default.
const PAGE: usize = 1_000;

/// Pages read at most: links are a convenience.
const MAX_PAGES: usize = 5;

/// One Grafana.
#[derive(Debug)]
pub struct Api {
    /// The way to it.
    pub backend: Backend,
}

impl Api {
    /// Health, of whatever status: 503 with a body is Grafana saying that its database does not answer.
    pub async fn health(&self, deadline: Deadline) -> Result<Health, SourceError> {
        let reply = self.send(Call::get("/api/health", deadline)).await?;
        match reply.parse() {
            Ok(health) if reply.status.is_success() || reply.status == 503 => Ok(health),
            _ => reply.json(),
        }
    }

    /// Every dashboard the token may see.
    pub async fn dashboards(&self, deadline: Deadline) -> Result<Vec<Found>, SourceError> {
        let mut all = Vec::new();
        for page in 1..=MAX_PAGES {
            let call = Call::get("/api/search", deadline).with("type", "dash-db");
            let call = call.with("limit", PAGE.to_string()).with("page", page.to_string());
            let found: Vec<Found> = self.send(call).await?.json()?;
            let full = found.len() >= PAGE;
            all.extend(found);
            if !full {
                break;
            }
        }
        Ok(all)
    }

    /// Grafana-managed rules and their alerts.
    pub async fn rules(&self, deadline: Deadline) -> Result<RulesAnswer, SourceError> {
        self.get("/api/prometheus/grafana/api/v1/rules", deadline).await
    }

    /// What Grafana's own alertmanager holds.
    pub async fn alerts(&self, deadline: Deadline) -> Result<Vec<GettableAlert>, SourceError> {
        self.get("/api/alertmanager/grafana/api/v2/alerts", deadline).await
    }

    /// Silences of Grafana's own alertmanager.
    pub async fn silences(&self, deadline: Deadline) -> Result<Vec<GettableSilence>, SourceError> {
        self.get("/api/alertmanager/grafana/api/v2/silences", deadline).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, deadline: Deadline) -> Result<T, SourceError> {
        self.send(Call::get(path, deadline)).await?.json()
    }

    async fn send(&self, call: Call) -> Result<Reply, SourceError> {
        self.backend.send(&call).await
    }
}

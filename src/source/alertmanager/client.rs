//! Alertmanager's v2 API as calls.

use serde::de::DeserializeOwned;

use super::wire::{GettableAlert, GettableSilence, Status};
use crate::domain::SourceError;
use crate::net::door::Door;
use crate::net::http::{Call, Deadline};

/// One Alertmanager.
#[derive(Debug)]
pub struct Api {
    /// The way to it.
    pub door: Door,
}

impl Api {
    /// Every alert it holds, suppressed ones included.
    pub async fn alerts(&self, deadline: Deadline) -> Result<Vec<GettableAlert>, SourceError> {
        let call = Call::get("/api/v2/alerts", deadline);
        let every = ["active", "silenced", "inhibited", "unprocessed"];
        self.get(every.into_iter().fold(call, |call, state| call.with(state, "true"))).await
    }

    /// Every silence it remembers, expired ones included.
    pub async fn silences(&self, deadline: Deadline) -> Result<Vec<GettableSilence>, SourceError> {
        self.get(Call::get("/api/v2/silences", deadline)).await
    }

    /// What it says of itself.
    pub async fn status(&self, deadline: Deadline) -> Result<Status, SourceError> {
        self.get(Call::get("/api/v2/status", deadline)).await
    }

    async fn get<T: DeserializeOwned>(&self, call: Call) -> Result<T, SourceError> {
        self.door.send(&call).await?.json()
    }
}

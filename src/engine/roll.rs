//! Which services there are, by ECS alone.

use std::time::Duration;

use super::Station;
use super::once::read;
use crate::domain::{ErrorClass, Reading, ServiceId, SourceError, SourceKind};
use crate::source::Ask;

/// Every service there is in a context, sorted.
///
/// # Errors
/// Where ECS is not configured or does not answer within `within`.
pub async fn services(station: &Station, within: Duration) -> Result<Vec<ServiceId>, SourceError> {
    Ok(roll(station, within).await?.services)
}

/// Everything ECS has, whatever the context shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roll {
    /// Every service of the context's clusters, sorted.
    pub services: Vec<ServiceId>,
    /// Whether that is all of them: no part was left unread.
    pub is_whole: bool,
}

/// Asks ECS for everything it has.
///
/// # Errors
/// As [`services`].
pub async fn roll(station: &Station, within: Duration) -> Result<Roll, SourceError> {
    let missing = || SourceError::new(ErrorClass::Local, "aws is not configured, so there are no services to change");
    let post = station.post(SourceKind::Ecs).ok_or_else(missing)?;
    let ask = Ask { now: station.now(), within, wanted: Vec::new() };
    let Reading::Ecs(reading) = read(&*post.source, &ask).await.0? else { return Err(missing()) };
    let is_whole = reading.unseen.is_empty();
    let mut services: Vec<ServiceId> = reading.services.into_iter().map(|service| service.id).collect();
    services.sort();
    Ok(Roll { services, is_whole })
}

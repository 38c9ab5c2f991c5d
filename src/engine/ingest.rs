//! How much the context's Prometheus takes in.

use super::Station;
use crate::domain::{ErrorClass, Ingest, SourceError, SourceKind};
use crate::format;

/// Asks Prometheus; `None` where it does not scrape itself.
///
/// # Errors
/// When there is none, or it does not answer.
pub async fn ingest(station: &Station) -> Result<Option<Ingest>, SourceError> {
    let kind = SourceKind::Prometheus;
    let missing = || SourceError::new(ErrorClass::Unsupported, format!("{kind} is not configured"));
    let post = station.post(kind).ok_or_else(missing)?;
    tokio::time::timeout(station.patience, post.source.ingest(station.now())).await.unwrap_or_else(|_| {
        let what = format!("{}: no answer within {}", post.source.place(), format::duration(station.patience));
        Err(SourceError::new(ErrorClass::Timeout, what))
    })
}

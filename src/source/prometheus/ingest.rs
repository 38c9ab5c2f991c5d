//! How much the server takes in, as it says itself.

use jiff::Timestamp;

use super::client::Api;
use crate::domain::{Ingest, SourceError};
use crate::net::http::Deadline;

/// Samples a second over the last hour.
const APPENDED: &str = "sum(rate(prometheus_tsdb_head_samples_appended_total[1h]))";

/// Bytes a sample takes in a block, by what compaction has written so far.
const BYTES: &str =
    "sum(prometheus_tsdb_compaction_chunk_size_bytes_sum) / sum(prometheus_tsdb_compaction_chunk_samples_sum)";

/// Asks for both; `None` where it does not scrape itself.
///
/// # Errors
/// What keeps it from answering.
pub async fn ingest(api: &Api, now: Timestamp, deadline: Deadline) -> Result<Option<Ingest>, SourceError> {
    let (appended, bytes) = futures_util::join!(one(api, APPENDED, now, deadline), one(api, BYTES, now, deadline));
    let bytes_per_sample = bytes?;
    Ok(appended?.map(|samples_per_second| Ingest { samples_per_second, bytes_per_sample }))
}

/// The value of a query that answers with one number, if it does.
async fn one(api: &Api, query: &str, now: Timestamp, deadline: Deadline) -> Result<Option<f64>, SourceError> {
    let answer = api.instant(query, now, deadline).await?;
    let value = answer.series.first().and_then(|sample| sample.value.as_ref()).map(|point| point.1);
    Ok(value.filter(|value| value.is_finite()))
}

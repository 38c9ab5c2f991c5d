//! Charts of one service: Prometheus' where it has them, CPU and memory of CloudWatch where it does not.

use std::time::Duration;

use super::Station;
use crate::domain::{Chart, ChartAsk, ErrorClass, Signal, SourceError, SourceKind};

/// The charts that could be read.
///
/// # Errors
/// When no source gave any: Prometheus' error, else CloudWatch's.
pub async fn chart(station: &Station, ask: &ChartAsk) -> Result<Chart, SourceError> {
    let first = from(station, SourceKind::Prometheus, ask).await;
    let has_resources = first.as_ref().is_ok_and(|chart| {
        [Signal::Cpu, Signal::Memory].iter().all(|wanted| chart.lines.iter().any(|(signal, ..)| signal == wanted))
    });
    if has_resources || station.post(SourceKind::CloudWatch).is_none() {
        return first;
    }
    match (first, from(station, SourceKind::CloudWatch, ask).await) {
        (Ok(mut chart), Ok(fallback)) => {
            let missing: Vec<_> = fallback
                .lines
                .into_iter()
                .filter(|(signal, ..)| !chart.lines.iter().any(|(known, ..)| known == signal))
                .collect();
            chart.problems.retain(|(signal, _)| !missing.iter().any(|(known, ..)| known == signal));
            chart.lines.extend(missing);
            Ok(chart)
        }
        (Err(why), Ok(mut fallback)) => {
            if station.post(SourceKind::Prometheus).is_some() {
                let missing = Signal::ALL.into_iter().filter(|signal| !signal.is_universal());
                fallback.problems.extend(missing.map(|signal| (signal, why.what.as_str().into())));
            }
            Ok(fallback)
        }
        (first, Err(_)) => first,
    }
}

async fn from(station: &Station, kind: SourceKind, ask: &ChartAsk) -> Result<Chart, SourceError> {
    let missing = || SourceError::new(ErrorClass::Unsupported, format!("{kind} is not configured"));
    let post = station.post(kind).ok_or_else(missing)?;
    let patience: Duration = station.patience;
    tokio::time::timeout(patience, post.source.chart(ask, station.now())).await.unwrap_or_else(|_| {
        let waited = crate::format::duration(patience);
        Err(SourceError::new(ErrorClass::Timeout, format!("{}: no charts within {waited}", post.source.place())))
    })
}

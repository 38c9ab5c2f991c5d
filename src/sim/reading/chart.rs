//! Charts of one service over a longer span.

use jiff::Timestamp;

use crate::domain::{Chart, ChartAsk, ErrorClass, Signal, SourceError, SourceKind, Span};

use super::super::clock::{MINUTE, Second, second};
use super::super::scene::{Grid, SCRAPE};
use super::super::world::World;
use super::cloudwatch;

impl World {
    /// Charts of one service, from Prometheus (every signal it has) or CloudWatch (CPU and memory).
    ///
    /// # Errors
    /// When the scenario has the backend refuse, when it has no charts, or when there is no such service.
    pub fn chart(&self, source: SourceKind, ask: &ChartAsk, now: Timestamp) -> Result<Chart, SourceError> {
        let now = second(now);
        let (end, signals, finest) = match source {
            SourceKind::Prometheus => (now, &Signal::ALL[..], SCRAPE),
            SourceKind::CloudWatch => (cloudwatch::newest(now), &[Signal::Cpu, Signal::Memory][..], MINUTE),
            _ => return Err(SourceError::new(ErrorClass::Unsupported, format!("{source} has no charts"))),
        };
        if let Some(error) = self.refusal(source, now) {
            return Err(error);
        }
        let Some(scene) = self.scene(&ask.service, now) else {
            return Err(SourceError::new(ErrorClass::Rejected, format!("{source}: no service {}", ask.service)));
        };
        let signals: Vec<Signal> = signals.iter().copied().filter(|signal| scene.has(*signal)).collect();
        let length = Second::try_from(ask.span.length().as_secs()).unwrap_or(Second::MAX);
        let grid = Grid::ending(end, length, step(ask.span).max(finest));
        let series = scene.series(source, &signals, &grid);
        let lines = signals.into_iter().zip(series).map(|(signal, series)| (signal, source, series));
        // A line without a single number is a signal nobody measured.
        let lines = lines.filter(|(_, _, series)| series.last_known().is_some()).collect();
        Ok(Chart { ask: ask.clone(), lines, problems: Vec::new() })
    }
}

/// Seconds between two points: a few hundred of them whatever the span.
const fn step(span: Span) -> Second {
    match span {
        Span::Minutes15 | Span::Hour => SCRAPE,
        Span::Hours6 => 2 * MINUTE,
        Span::Day => 5 * MINUTE,
        Span::Week => 30 * MINUTE,
    }
}

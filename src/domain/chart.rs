//! Signals of one service over a span of time, for the service screen.

use std::sync::Arc;
use std::time::Duration;

use super::{Series, ServiceId, Signal, SourceKind};

/// The spans a chart can show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// 15 minutes.
    Minutes15,
    /// One hour.
    #[default]
    Hour,
    /// Six hours.
    Hours6,
    /// One day.
    Day,
    /// One week.
    Week,
}

impl Span {
    /// Every span, shortest first.
    pub const ALL: [Self; 5] = [Self::Minutes15, Self::Hour, Self::Hours6, Self::Day, Self::Week];

    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minutes15 => "15m",
            Self::Hour => "1h",
            Self::Hours6 => "6h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// Its length.
    pub const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minutes15 => 15 * 60,
            Self::Hour => 3_600,
            Self::Hours6 => 6 * 3_600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
        })
    }
}

/// A request for charts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChartAsk {
    /// Whose.
    pub service: ServiceId,
    /// How far back from now.
    pub span: Span,
}

/// The answer: one series a signal that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What was asked.
    pub ask: ChartAsk,
    /// Signal, where it was read from, and the numbers. A signal nobody measured is absent.
    pub lines: Vec<(Signal, SourceKind, Series)>,
    /// Signals that could not be read and why.
    pub problems: Vec<(Signal, Arc<str>)>,
}

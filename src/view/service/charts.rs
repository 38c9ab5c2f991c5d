//! The five signals over time.

use std::sync::Arc;

use crate::app::geometry::Area;
use crate::app::{ChartState, ServiceScreen, Spot};
use crate::domain::{Chart, Observed, Series, ServiceHealth, Signal, SourceKind, Span};
use crate::format;
use crate::theme::Role;

use super::super::canvas::{Canvas, Piece, piece, pieces_width, wrapped};
use super::super::chart::{self, Curve, Plot};
use super::super::words::{stale_age, value_cell};

/// What each chart is called and shows; of several lines the last is the most important.
const CHARTS: [(&str, &[Signal]); 5] = [
    ("CPU", &[Signal::Cpu]),
    ("MEMORY", &[Signal::Memory]),
    ("TRAFFIC", &[Signal::Traffic]),
    ("ERRORS", &[Signal::Errors]),
    ("LATENCY", &[Signal::LatencyP50, Signal::LatencyP99, Signal::LatencyP95]),
];

/// The spans, the one shown in brackets. Returns the column after them.
pub(super) fn spans(canvas: &mut Canvas<'_>, screen: &ServiceScreen, from: u16, y: u16, end: u16) -> u16 {
    let mut x = from;
    for span in Span::ALL {
        let here = span == screen.span;
        let text = if here { format!("[{}]", span.word()) } else { format!(" {} ", span.word()) };
        let after = canvas.text(x, y, end.saturating_sub(x), &text, if here { Role::Strong } else { Role::Dim });
        canvas.spot(Area { x, y, width: after - x, height: 1 }, Spot::Span(span));
        x = after;
    }
    x
}

pub(super) fn draw(canvas: &mut Canvas<'_>, service: &ServiceHealth, screen: &ServiceScreen, area: Area) {
    match &screen.chart {
        ChartState::Failed(error) => {
            let mut y = area.y;
            let hint = error.hint.iter().map(|hint| (hint.as_str(), Role::Text));
            let what = format!("no charts: {}", error.what);
            for (text, role) in std::iter::once((what.as_str(), Role::Critical)).chain(hint) {
                for line in wrapped(text, area.width.saturating_sub(3), 4) {
                    if y < area.y + area.height {
                        canvas.text(area.x + 2, y, area.width.saturating_sub(3), &line, role);
                        y += 1;
                    }
                }
            }
        }
        ChartState::Loading => grid(canvas, service, None, area),
        ChartState::Ready(chart) => grid(canvas, service, Some(chart), area),
    }
}

/// How many charts stand side by side: as few as leave each tall enough.
fn across(area: Area) -> u16 {
    for (tall, least) in [(6, 36), (4, 22), (3, 20)] {
        for columns in 1..=5u16 {
            let rows = 5u16.div_ceil(columns);
            if area.width / columns >= least && area.height / rows >= tall {
                return columns;
            }
        }
    }
    if area.width >= 60 { 3 } else { 2 }
}

fn grid(canvas: &mut Canvas<'_>, service: &ServiceHealth, chart: Option<&Arc<Chart>>, area: Area) {
    let columns = across(area);
    let rows = 5u16.div_ceil(columns);
    let (width, height) = (area.width / columns, area.height / rows);
    for (index, (name, signals)) in (0u16..).zip(CHARTS) {
        let (column, row) = (index % columns, index / columns);
        let place =
            Area { x: area.x + 1 + column * width, y: area.y + row * height, width: width.saturating_sub(3), height };
        if row < rows && height > 0 {
            one(canvas, service, chart.map(AsRef::as_ref), name, signals, place);
        }
    }
}

fn one(
    canvas: &mut Canvas<'_>,
    service: &ServiceHealth,
    chart: Option<&Chart>,
    name: &str,
    signals: &[Signal],
    area: Area,
) {
    let model = canvas.model;
    let found = |signal: Signal| -> Option<(SourceKind, &Series)> {
        let (_, source, series) = chart?.lines.iter().find(|(other, ..)| *other == signal)?;
        Some((*source, series))
    };
    let main = signals.last().copied().unwrap_or(Signal::Cpu);
    let curves: Vec<Curve<'_>> = signals
        .iter()
        .filter_map(|signal| found(*signal).map(|(_, series)| Curve { series, role: role(*signal) }))
        .collect();
    let mut parts = vec![now(canvas, service, main)];
    if signals.len() > 1 {
        parts[0].push(piece(" p95", role(Signal::LatencyP95)));
        for (signal, word) in [(Signal::LatencyP50, "p50"), (Signal::LatencyP99, "p99")] {
            if let Some((_, value)) = found(signal).and_then(|(_, series)| series.last_known()) {
                parts.push(vec![piece(format!(" {} {word}", format::measure(value, signal.unit())), role(signal))]);
            }
        }
    }
    if let Some((source, series)) = found(main) {
        if let Some(max) = series.max().filter(|_| signals.len() == 1) {
            parts.push(vec![piece(format!("  max {}", format::measure(max, main.unit())), Role::Dim)]);
        }
        if source == SourceKind::CloudWatch {
            parts.push(vec![piece("  cloudwatch", Role::Dim)]);
        }
    }
    // A number that is cut is another number: what does not fit is left out.
    let mut title = vec![piece(name.to_owned(), Role::Strong), piece("  ", Role::Dim)];
    for (position, part) in parts.into_iter().enumerate() {
        if position == 0 || pieces_width(&title) + pieces_width(&part) <= area.width {
            title.extend(part);
        }
    }
    let nothing = match (chart, &service.signal(main).now) {
        (None, _) => "loading".to_owned(),
        (Some(chart), now) => match chart.problems.iter().find(|(signal, _)| *signal == main) {
            Some((_, why)) => why.to_string(),
            None => now.reason().unwrap_or("no data in this span").to_owned(),
        },
    };
    let plot = Plot { title, curves, unit: main.unit(), limit: model.surroundings.policy.limit(main), nothing };
    chart::draw(canvas, &plot, area, main.is_universal());
}

/// The value now, as the overview shows it.
fn now(canvas: &Canvas<'_>, service: &ServiceHealth, signal: Signal) -> Vec<Piece<'static>> {
    let health = service.signal(signal);
    let mut pieces = vec![value_cell(health, signal.unit(), Role::Text, canvas.glyphs)];
    if signal == Signal::Traffic && matches!(health.now, Observed::Fresh(_) | Observed::Stale(..)) {
        pieces.push(piece("/s", Role::Text));
    }
    if let Some(age) = stale_age(canvas.model, &health.now) {
        pieces.push(piece(format!(" {age}"), Role::Stale));
    }
    pieces
}

const fn role(signal: Signal) -> Role {
    match signal {
        Signal::LatencyP50 => Role::Dim,
        Signal::LatencyP99 => Role::Stale,
        _ => Role::Spark,
    }
}

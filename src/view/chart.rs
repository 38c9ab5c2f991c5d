//! Line charts in cells: eight dots a cell in braille, one in ASCII; thresholds drawn, gaps left open.

use jiff::Timestamp;

use crate::app::geometry::Area;
use crate::domain::{Limit, Series, Unit};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, cells, drawing};
use super::spark::{peak, role_of};
use super::words::clock;

/// Cells for the numbers of the scale.
const SCALE: u16 = 6;

/// One line of a chart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Curve<'s> {
    pub(super) series: &'s Series,
    pub(super) role: Role,
}

/// What a chart shows.
pub(super) struct Plot<'s> {
    /// The line above it.
    pub(super) title: Vec<Piece<'s>>,
    /// From the least important to the most, which is drawn last.
    pub(super) curves: Vec<Curve<'s>>,
    pub(super) unit: Unit,
    pub(super) limit: Option<Limit>,
    /// What is said instead of curves, where there are none.
    pub(super) nothing: String,
}

impl Plot<'_> {
    /// The top of the scale: 100 for what is a share of something reserved, else a round number above the highest sample
    /// and above the warning threshold, so that the threshold is always in sight.
    fn top(&self, fixed: bool) -> f64 {
        let highest = self.curves.iter().filter_map(|curve| curve.series.max()).fold(0.0, f64::max);
        if fixed {
            return if highest > 100.0 { round_up(highest) } else { 100.0 };
        }
        round_up(highest.max(self.limit.map_or(0.0, |limit| limit.warning * 1.3)))
    }
}

/// The next of 1, 2, 5, 10, 20, 50 ... that is not below a number.
fn round_up(number: f64) -> f64 {
    if number <= 0.0 || !number.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(number.log10().floor());
    [1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|top| *top >= number)
        .unwrap_or(number)
}

/// Draws a chart into an area: title, plot with its scale, and where there is room the time below.
pub(super) fn draw(canvas: &mut Canvas<'_>, plot: &Plot<'_>, area: Area, fixed: bool) {
    if area.height < 2 || area.width < SCALE + 6 {
        canvas.pieces(area.x, area.y, area.width, &plot.title);
        return;
    }
    canvas.pieces(area.x, area.y, area.width, &plot.title);
    let with_time = area.height >= 6;
    let field = Area {
        x: area.x + SCALE + 1,
        y: area.y + 1,
        width: area.width - SCALE - 1,
        height: area.height - 1 - u16::from(with_time),
    };
    if plot.curves.iter().all(|curve| curve.series.max().is_none()) {
        for (y, line) in (field.y..field.y + field.height).zip(super::canvas::wrapped(&plot.nothing, field.width, 3)) {
            canvas.text(field.x, y, field.width, &line, Role::Dim);
        }
        return;
    }
    let top = plot.top(fixed);
    scale(canvas, plot, field, top);
    let grid = Grid::new(field, canvas.glyphs.ascii);
    for (x, y, text, role) in grid.drawn(plot, top) {
        canvas.pieces(x, y, 1, &[drawing(text, role)]);
    }
    if with_time && let Some(curve) = plot.curves.last() {
        let series = curve.series;
        let y = field.y + field.height;
        let (from, to) = (series.start(), series.time(series.len().saturating_sub(1)));
        times(canvas, field, y, from, to);
    }
}

fn times(canvas: &mut Canvas<'_>, field: Area, y: u16, from: Timestamp, to: Timestamp) {
    let (from, to) = (clock(canvas.model, from), clock(canvas.model, to));
    let width = cells(format::width(&to));
    let x = canvas.text(field.x, y, field.width, &from, Role::Dim);
    if x + 2 + width <= field.x + field.width {
        canvas.text(field.x + field.width - width, y, width, &to, Role::Dim);
    }
}

/// The numbers of the scale and the lines of the thresholds.
fn scale(canvas: &mut Canvas<'_>, plot: &Plot<'_>, field: Area, top: f64) {
    let number = |canvas: &mut Canvas<'_>, y: u16, value: f64, role| {
        let text = format::pad_left(&format::measure(value, plot.unit), SCALE.into());
        canvas.text(field.x - SCALE - 1, y, SCALE, &text, role);
    };
    let bottom = field.y + field.height - 1;
    let zero = if plot.unit == Unit::Seconds { "0s".to_owned() } else { format::measure(0.0, plot.unit) };
    if field.height > 1 {
        canvas.text(field.x - SCALE - 1, bottom, SCALE, &format::pad_left(&zero, SCALE.into()), Role::Dim);
    }
    number(canvas, field.y, top, Role::Dim);
    let Some(limit) = plot.limit else { return };
    for threshold in [limit.critical, limit.warning] {
        if threshold > top {
            continue;
        }
        let y = row_of(threshold, top, field);
        let line = canvas.glyphs.threshold.repeat(field.width.into());
        canvas.text(field.x, y, field.width, &line, Role::Threshold);
        // The number beside a line is the line's own, also where that row would show the end of the scale.
        if y != bottom {
            number(canvas, y, threshold, Role::Threshold);
        }
    }
}

/// The row of the field that a value lies in.
fn row_of(value: f64, top: f64, field: Area) -> u16 {
    let rows = usize::from(field.height);
    field.y + cells(rows - 1 - level(value, top, rows))
}

/// A value's level among `levels` equal ones from zero to `top`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to the levels there are"
)]
fn level(value: f64, top: f64, levels: usize) -> usize {
    let last = levels.saturating_sub(1);
    (value / top * levels as f64).floor().clamp(0.0, last as f64) as usize
}

/// The dots of a field.
struct Grid {
    field: Area,
    ascii: bool,
    /// Dots a cell, across and down.
    across: usize,
    down: usize,
}

/// One cell's dots so far.
#[derive(Debug, Clone, Copy, Default)]
struct Dots {
    mask: u8,
    /// Whether a line only passes through, in ASCII.
    passing: bool,
    role: Option<Role>,
}

impl Grid {
    const fn new(field: Area, ascii: bool) -> Self {
        let (across, down) = if ascii { (1, 1) } else { (2, 4) };
        Self { field, ascii, across, down }
    }

    /// Every cell that has a dot: where, what, in which role.
    fn drawn(&self, plot: &Plot<'_>, top: f64) -> Vec<(u16, u16, String, Role)> {
        let (width, height) = (usize::from(self.field.width), usize::from(self.field.height));
        let mut dots = vec![Dots::default(); width * height];
        let (columns, levels) = (width * self.across, height * self.down);
        for curve in &plot.curves {
            let mut before: Option<usize> = None;
            for column in 0..columns {
                let Some(value) = peak(curve.series, column, columns) else {
                    before = None;
                    continue;
                };
                let at = level(value, top, levels);
                let role = role_of(value, plot.limit, curve.role);
                // The line from the sample before goes up or down in this column; a gap before leaves it open.
                let from =
                    before.map_or(at, |before| if before < at { before + 1 } else { before.saturating_sub(1).max(at) });
                for dot in from.min(at)..=from.max(at) {
                    let row = levels - 1 - dot;
                    let cell = &mut dots[row / self.down * width + column / self.across];
                    cell.mask |= braille_dot(column % self.across, row % self.down);
                    cell.passing = dot != at;
                    cell.role = Some(if dot == at || cell.role.is_none() { role } else { cell.role.unwrap_or(role) });
                }
                before = Some(at);
            }
        }
        let place = |index: usize| (self.field.x + cells(index % width), self.field.y + cells(index / width));
        dots.into_iter()
            .enumerate()
            .filter_map(|(index, cell)| {
                let (x, y) = place(index);
                Some((x, y, self.symbol(cell), cell.role?))
            })
            .collect()
    }

    fn symbol(&self, cell: Dots) -> String {
        match (self.ascii, cell.passing) {
            (true, true) => "|".to_owned(),
            (true, false) => "*".to_owned(),
            (false, _) => char::from_u32(0x2800 + u32::from(cell.mask)).unwrap_or(' ').to_string(),
        }
    }
}

/// The bit of a dot in a braille character.
const fn braille_dot(column: usize, row: usize) -> u8 {
    const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    BITS[column % 2][row % 4]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn plot(values: &[Option<f64>]) -> (Series, Option<Limit>) {
        let series = Series::from_values(Timestamp::UNIX_EPOCH, Duration::from_mins(1), values.iter().copied());
        (series, Some(Limit { warning: 80.0, critical: 95.0, inclusive: false }))
    }

    /// The dots of a field as rows of text, without scale and thresholds.
    fn drawn(values: &[Option<f64>], width: u16, height: u16, ascii: bool) -> Vec<String> {
        let (series, limit) = plot(values);
        let curves = vec![Curve { series: &series, role: Role::Spark }];
        let plot = Plot { title: Vec::new(), curves, unit: Unit::Percent, limit, nothing: String::new() };
        let grid = Grid::new(Area { width, height, ..Area::default() }, ascii);
        let mut rows = vec![vec![' '; width.into()]; height.into()];
        for (x, y, text, _) in grid.drawn(&plot, 100.0) {
            rows[usize::from(y)][usize::from(x)] = text.chars().next().unwrap();
        }
        rows.into_iter().map(|row| row.into_iter().collect()).collect()
    }

    #[test]
    fn a_line_is_joined_and_a_gap_is_left_open() {
        assert_eq!(drawn(&[Some(0.0), Some(99.0), None, Some(0.0)], 4, 3, true), [" *  ", " |  ", "*  *"]);
        assert_eq!(drawn(&[Some(0.0), Some(99.0), None, Some(0.0)], 2, 1, false), ["⡸⢀"]);
        assert_eq!(drawn(&[None, None], 3, 1, false), ["   "]);
    }

    #[test]
    fn dots_past_a_threshold_have_its_colour() {
        let (series, limit) = plot(&[Some(10.0), Some(85.0), Some(99.0)]);
        let curves = vec![Curve { series: &series, role: Role::Spark }];
        let plot = Plot { title: Vec::new(), curves, unit: Unit::Percent, limit, nothing: String::new() };
        let grid = Grid::new(Area { width: 3, height: 1, ..Area::default() }, true);
        let roles: Vec<Role> = grid.drawn(&plot, 100.0).into_iter().map(|(.., role)| role).collect();
        assert_eq!(roles, [Role::Spark, Role::Warning, Role::Critical]);
    }

    #[test]
    fn a_scale_ends_at_a_round_number() {
        for (highest, top) in [(0.0, 1.0), (0.004, 0.005), (1.0, 1.0), (412.0, 500.0), (96.0, 100.0), (130.0, 150.0)] {
            assert!((round_up(highest) - top).abs() < 1e-9, "{highest}");
        }
    }
}

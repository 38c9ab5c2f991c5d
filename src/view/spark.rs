//! Sparklines: a series in a few cells, one scale per column, gaps left open.

use crate::domain::{Limit, Series};
use crate::theme::Role;

use super::Glyphs;
use super::canvas::{Piece, drawing};

/// A series in `width` cells from zero to `top`. A cell shows the highest sample of its stretch of time, since a
/// peak is what one looks for; a stretch that nobody measured stays blank. Past a threshold the cell has its colour.
pub(super) fn sparkline(
    series: &Series,
    width: usize,
    top: f64,
    limit: Option<Limit>,
    glyphs: &Glyphs,
) -> Vec<Piece<'static>> {
    (0..width)
        .map(|cell| match peak(series, cell, width) {
            None => drawing(" ", Role::Spark),
            Some(value) => drawing(level(value, top, glyphs), role_of(value, limit, Role::Spark)),
        })
        .collect()
}

/// The role of a number against its thresholds.
pub(super) fn role_of(value: f64, limit: Option<Limit>, otherwise: Role) -> Role {
    match limit {
        Some(limit) if limit.is_past(value, limit.critical) => Role::Critical,
        Some(limit) if limit.is_past(value, limit.warning) => Role::Warning,
        _ => otherwise,
    }
}

/// The highest sample in the `part`-th of `parts` equal stretches of a series. A series with fewer points than
/// there are stretches is spread over them.
pub(super) fn peak(series: &Series, part: usize, parts: usize) -> Option<f64> {
    let len = series.len();
    if len == 0 || parts == 0 {
        return None;
    }
    let from = part * len / parts;
    let to = ((part + 1) * len / parts).max(from + 1);
    (from..to).filter_map(|index| series.get(index)).reduce(f64::max)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the level is clamped to the few there are"
)]
fn level(value: f64, top: f64, glyphs: &Glyphs) -> &'static str {
    let levels = glyphs.levels;
    let last = u32::try_from(levels.len() - 1).unwrap_or_default();
    let share = if top > 0.0 { value / top } else { 0.0 };
    let index = (share * f64::from(last + 1)).floor().clamp(0.0, f64::from(last));
    levels[index as usize]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;

    fn drawn(values: &[Option<f64>], width: usize, glyphs: &Glyphs) -> (String, Vec<Role>) {
        let series = Series::from_values(Timestamp::UNIX_EPOCH, Duration::from_mins(1), values.iter().copied());
        let limit = Limit { warning: 80.0, critical: 95.0, inclusive: false };
        let pieces = sparkline(&series, width, 100.0, Some(limit), glyphs);
        (pieces.iter().map(|piece| piece.text.as_ref()).collect(), pieces.iter().map(|piece| piece.role).collect())
    }

    #[test]
    fn a_gap_is_blank_and_zero_is_the_lowest_block() {
        let values = [Some(0.0), None, Some(50.0), Some(100.0)];
        assert_eq!(drawn(&values, 4, &Glyphs::utf8()).0, "▁ ▅█");
        assert_eq!(drawn(&values, 4, &Glyphs::ascii()).0, "_ =#");
    }

    #[test]
    fn what_is_past_a_threshold_has_its_colour() {
        let (_, roles) = drawn(&[Some(80.0), Some(81.0), Some(96.0), Some(250.0)], 4, &Glyphs::utf8());
        assert_eq!(roles, [Role::Spark, Role::Warning, Role::Critical, Role::Critical]);
    }

    #[test]
    fn many_points_keep_their_peak_and_few_are_spread() {
        assert_eq!(drawn(&[Some(1.0), Some(99.0), Some(1.0), None], 2, &Glyphs::utf8()).0, "█▁");
        assert_eq!(drawn(&[Some(1.0), Some(99.0)], 4, &Glyphs::utf8()).0, "▁▁██");
        assert_eq!(drawn(&[], 3, &Glyphs::utf8()).0, "   ");
    }
}

//! A table whose columns leave by priority when there is no room for all.

use crate::app::geometry::Area;
use crate::app::{Cursor, Spot};
use crate::format;
use crate::theme::Role;

use super::canvas::{Canvas, Piece, pieces_width};

/// The space between columns.
const GAP: u16 = 2;

/// One column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Col<K> {
    pub(super) key: K,
    pub(super) head: &'static str,
    /// The fewest cells it can do with.
    pub(super) least: u16,
    /// The most cells it can use.
    pub(super) most: u16,
    pub(super) right: bool,
    /// Zero stays always; of the others the highest leaves first.
    pub(super) rank: u8,
    /// Its position among the columns that can be sorted by.
    pub(super) sort: Option<usize>,
}

/// A column of text that begins at the left and takes what room is left, up to `most`.
pub(super) const fn left<K>(key: K, head: &'static str, least: u16, most: u16, rank: u8) -> Col<K> {
    Col { key, head, least, most, right: false, rank, sort: None }
}

/// A column of numbers that end at the right.
pub(super) const fn right<K>(key: K, head: &'static str, width: u16, rank: u8) -> Col<K> {
    Col { key, head, least: width, most: width, right: true, rank, sort: None }
}

impl<K> Col<K> {
    pub(super) const fn sorted_as(mut self, column: usize) -> Self {
        self.sort = Some(column);
        self
    }
}

/// The columns that fit, each with its first cell and its width.
pub(super) fn fit<K: Copy>(mut cols: Vec<Col<K>>, area: Area) -> Vec<(Col<K>, u16, u16)> {
    let needed = |cols: &[Col<K>]| {
        cols.iter().map(|col| u32::from(col.least)).sum::<u32>()
            + u32::from(GAP) * u32::from(super::canvas::cells(cols.len().saturating_sub(1)))
    };
    while needed(&cols) > u32::from(area.width) {
        let Some(worst) = cols.iter().map(|col| col.rank).max().filter(|rank| *rank > 0) else { break };
        if let Some(position) = cols.iter().rposition(|col| col.rank == worst) {
            cols.remove(position);
        }
    }
    let mut spare = u16::try_from(u32::from(area.width).saturating_sub(needed(&cols))).unwrap_or_default();
    let mut x = area.x;
    cols.into_iter()
        .map(|col| {
            let more = spare.min(col.most.saturating_sub(col.least));
            spare -= more;
            let place = (col, x, col.least + more);
            x += col.least + more + GAP;
            place
        })
        .collect()
}

/// Draws the headings; the one sorted by says so.
pub(super) fn heads<K: Copy>(
    canvas: &mut Canvas<'_>,
    y: u16,
    cols: &[(Col<K>, u16, u16)],
    sort: Option<(usize, bool)>,
    end: u16,
) {
    for (index, (col, x, width)) in cols.iter().enumerate() {
        let sorted = sort.filter(|(column, _)| col.sort == Some(*column));
        let role = if sorted.is_some() { Role::ColumnSorted } else { Role::ColumnHead };
        // The mark of the order stands in the gap beside the heading, so that no heading moves when the order changes.
        let mark = sorted
            .filter(|_| !col.head.is_empty())
            .map(|(_, reversed)| canvas.glyphs.sorted[usize::from(reversed)])
            .unwrap_or_default();
        let width = (*width).min(end.saturating_sub(*x));
        let text = format::clip(col.head, width.into());
        let used = super::canvas::cells(format::width(&text));
        if col.right {
            canvas.text(x + (width - used), y, used, &text, role);
            if !mark.is_empty() && x + (width - used) > 0 {
                canvas.text(x + (width - used) - 1, y, 1, mark, role);
            }
        } else {
            canvas.text(*x, y, used, &text, role);
            if *x + used < end && index < cols.len() {
                canvas.text(x + used, y, u16::from(!mark.is_empty()), mark, role);
            }
        }
        if let Some(column) = col.sort {
            canvas.spot(Area { x: *x, y, width, height: 1 }, Spot::Column(column));
        }
    }
}

/// Draws one row's cells.
pub(super) fn cells<'c, K: Copy>(
    canvas: &mut Canvas<'_>,
    y: u16,
    cols: &[(Col<K>, u16, u16)],
    end: u16,
    mut cell: impl FnMut(K, u16) -> Vec<Piece<'c>>,
) {
    for (col, x, width) in cols {
        let width = (*width).min(end.saturating_sub(*x));
        let pieces = cell(col.key, width);
        if col.right && pieces_width(&pieces) <= width {
            canvas.pieces_right(*x, y, width, &pieces);
        } else {
            canvas.pieces(*x, y, width, &pieces);
        }
    }
}

/// The rows visible: their positions in the list and their lines on the screen.
pub(super) fn visible(cursor: &Cursor, rows: usize, area: Area) -> impl Iterator<Item = (usize, u16)> + use<> {
    let top = cursor.top();
    (top..rows).zip(area.y..area.y.saturating_add(area.height))
}

/// Marks the row under the cursor.
pub(super) fn cursor_row(canvas: &mut Canvas<'_>, area: Area) {
    canvas.text(area.x, area.y, 1, canvas.glyphs.cursor, Role::Strong);
    canvas.tint(area, Role::Cursor);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(width: u16) -> Vec<(char, u16)> {
        let cols = vec![
            left('n', "NAME", 8, 20, 0),
            right('t', "TASKS", 5, 0),
            right('a', "AGE", 4, 9),
            left('w', "WHY", 10, 99, 5),
        ];
        fit(cols, Area { width, ..Area::default() }).into_iter().map(|(col, _, width)| (col.key, width)).collect()
    }

    #[test]
    fn columns_leave_by_rank_and_what_is_left_is_shared() {
        assert_eq!(kept(10), [('n', 8), ('t', 5)], "what must stay stays, and is clipped");
        assert_eq!(kept(20), [('n', 13), ('t', 5)]);
        assert_eq!(kept(27), [('n', 8), ('t', 5), ('w', 10)]);
        assert_eq!(kept(33), [('n', 8), ('t', 5), ('a', 4), ('w', 10)]);
        assert_eq!(kept(60), [('n', 20), ('t', 5), ('a', 4), ('w', 25)]);
    }
}

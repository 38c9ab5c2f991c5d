//! Columns of text that stay aligned whatever is in them.

use super::super::ink::{Ink, Tone};
use crate::format;

/// Cells between columns.
const GAP: usize = 2;

/// The narrowest a shrinking column gets.
const MIN_SHRUNK: usize = 8;

/// The least room the last column is worth having.
const MIN_LAST: usize = 10;

/// What happens to a column when there is not enough room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Always there, never cut.
    Whole,
    /// Left out, the highest number first.
    GivesWay(u8),
    /// At most so many cells, and fewer when needed; cut in the middle, because names differ at their ends.
    Shrinks(usize),
    /// The last column: whatever room is left, cut at the end.
    Rest,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its heading; a table whose headings are all empty has no heading line.
    pub head: &'static str,
    /// Whether it is aligned to the right, as numbers are.
    pub right: bool,
    /// What happens when there is not enough room.
    pub fit: Fit,
}

impl Column {
    /// A column of words.
    pub const fn left(head: &'static str, fit: Fit) -> Self {
        Self { head, right: false, fit }
    }

    /// A column of numbers.
    pub const fn right(head: &'static str, fit: Fit) -> Self {
        Self { head, right: true, fit }
    }
}

/// What stands in one place of the table.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// What is kept behind the text even when the text is cut (` (+2)`).
    pub tail: String,
    /// How it is said.
    pub tone: Tone,
}

impl Cell {
    /// A cell in a tone.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tail: String::new(), tone }
    }

    fn width(&self) -> usize {
        format::width(&self.text) + format::width(&self.tail)
    }

    fn cut(&self, cells: usize, fit: Fit) -> String {
        match fit {
            Fit::Shrinks(_) => format::clip_middle(&self.text, cells),
            _ => format::clip(&self.text, cells.saturating_sub(format::width(&self.tail))) + &self.tail,
        }
    }
}

/// A table that has been given its room.
pub struct Table<'a> {
    columns: &'a [Column],
    rows: &'a [Vec<Cell>],
    /// Cells of each column; `None` where it had to give way.
    widths: Vec<Option<usize>>,
}

impl<'a> Table<'a> {
    /// Shares `width` cells among the columns.
    pub fn fit(columns: &'a [Column], rows: &'a [Vec<Cell>], width: usize) -> Self {
        let natural = |index: usize| {
            rows.iter()
                .filter_map(|row| row.get(index))
                .map(Cell::width)
                .chain([format::width(columns[index].head)])
                .max()
                .unwrap_or_default()
        };
        let mut widths: Vec<Option<usize>> = columns
            .iter()
            .enumerate()
            .map(|(index, column)| match column.fit {
                Fit::Shrinks(most) => Some(natural(index).min(most)),
                Fit::Rest => Some(natural(index).min(MIN_LAST)),
                Fit::Whole | Fit::GivesWay(_) => Some(natural(index)),
            })
            .collect();
        while taken(&widths) > width && (give_way(columns, &mut widths) || shrink(columns, &mut widths)) {}
        if let Some(last) = columns.iter().position(|column| column.fit == Fit::Rest) {
            let spare = width.saturating_sub(taken(&widths));
            widths[last] = widths[last].map(|cells| (cells + spare).min(natural(last)));
        }
        Self { columns, rows, widths }
    }

    /// Whether a cell is shown without being cut.
    pub fn is_whole(&self, row: usize, column: usize) -> bool {
        self.widths[column].is_some_and(|cells| self.rows[row][column].width() <= cells)
    }

    /// The lines of the table, each ended.
    pub fn write(&self, ink: Ink, out: &mut String) {
        if self.columns.iter().any(|column| !column.head.is_empty()) {
            let heads: Vec<Cell> = self.columns.iter().map(|column| Cell::new(column.head, Tone::Strong)).collect();
            self.line(&heads, ink, out);
        }
        for row in self.rows {
            self.line(row, ink, out);
        }
    }

    fn line(&self, row: &[Cell], ink: Ink, out: &mut String) {
        let mut line = String::new();
        let mut debt = 0;
        for ((column, width), cell) in self.columns.iter().zip(&self.widths).zip(row) {
            let Some(width) = *width else { continue };
            let text = cell.cut(width, column.fit);
            let room = width.saturating_sub(format::width(&text));
            if column.right {
                debt += room;
            }
            if !text.is_empty() {
                line.push_str(&" ".repeat(debt));
                line.push_str(&ink.paint(cell.tone, &text));
                debt = 0;
            }
            debt += GAP + if column.right && !text.is_empty() { 0 } else { room };
        }
        out.push_str(&line);
        out.push('\n');
    }
}

/// Cells that the columns and the gaps between them take.
fn taken(widths: &[Option<usize>]) -> usize {
    let shown = widths.iter().flatten();
    shown.clone().sum::<usize>() + GAP * shown.count().saturating_sub(1)
}

/// Leaves out the column that gives way first. Whether there was one.
fn give_way(columns: &[Column], widths: &mut [Option<usize>]) -> bool {
    let order = |index: &usize| match columns[*index].fit {
        Fit::GivesWay(order) if widths[*index].is_some() => Some(order),
        _ => None,
    };
    let first = (0..columns.len()).filter(|index| order(index).is_some()).max_by_key(order);
    first.is_some_and(|index| widths[index].take().is_some())
}

/// Takes one cell from the widest column that may shrink. Whether there was one.
fn shrink(columns: &[Column], widths: &mut [Option<usize>]) -> bool {
    let widest = (0..columns.len())
        .rev() // of equals the first: a name is known by its ends, a state is not
        .filter(|index| matches!(columns[*index].fit, Fit::Shrinks(_)))
        .filter(|index| widths[*index].is_some_and(|cells| cells > MIN_SHRUNK))
        .max_by_key(|index| widths[*index]);
    let Some(index) = widest else { return false };
    widths[index] = widths[index].map(|cells| cells - 1);
    true
}

/// Words of a text in lines of at most `width` cells: the first behind `lead`, the others indented as far. A word
/// that is longer than a line (a URL) stays whole, so that it can be copied.
pub fn paragraph(lead: &str, text: &str, width: usize, out: &mut String) {
    let indent = format::width(lead);
    let mut line = lead.to_owned();
    let mut used = indent;
    let mut words = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let cells = format::width(word);
        if words > 0 && used + 1 + cells > width {
            out.push_str(&line);
            out.push('\n');
            line = " ".repeat(indent);
            used = indent;
            words = 0;
        }
        if words > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += cells;
        words += 1;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COLUMNS: [Column; 4] = [
        Column::left("NAME", Fit::Shrinks(16)),
        Column::right("CPU", Fit::Whole),
        Column::right("P95", Fit::GivesWay(1)),
        Column::left("WHY", Fit::Rest),
    ];

    fn row(name: &str, why: &str, tail: &str) -> Vec<Cell> {
        vec![
            Cell::new(name, Tone::Plain),
            Cell::new("93%", Tone::Plain),
            Cell::new("120ms", Tone::Plain),
            Cell { text: why.to_owned(), tail: tail.to_owned(), tone: Tone::Plain },
        ]
    }

    fn drawn(rows: &[Vec<Cell>], width: usize) -> String {
        let mut out = String::new();
        Table::fit(&COLUMNS, rows, width).write(Ink { colour: false }, &mut out);
        out
    }

    #[test]
    fn columns_stay_aligned_whatever_is_in_them() {
        let rows = [row("결제-서비스-blue-2026", "too hot", ""), row("web", "", "")];
        assert_eq!(
            drawn(&rows, 60),
            "NAME              CPU    P95  WHY\n결제-서…lue-2026  93%  120ms  too hot\nweb               93%  120ms\n"
        );
    }

    #[test]
    fn the_count_of_further_reasons_survives_the_cut_and_the_least_column_leaves_first() {
        let rows = [row("web", "error rate 4.1% >= 1% for 12m", " (+2)")];
        assert_eq!(drawn(&rows, 40), "NAME  CPU    P95  WHY\nweb   93%  120ms  error rate 4.1%… (+2)\n");
        assert_eq!(drawn(&rows, 24), "NAME  CPU  WHY\nweb   93%  error r… (+2)\n");
    }

    #[test]
    fn a_paragraph_is_indented_below_its_lead_and_leaves_long_words_whole() {
        let mut out = String::new();
        paragraph("ecs  ", "no answer from http://a-long-host.example:9090/x", 20, &mut out);
        assert_eq!(out, "ecs  no answer from\n     http://a-long-host.example:9090/x\n");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(names in prop::collection::vec("\\PC{0,40}", 1..5), why in "\\PC{0,90}", width in 40usize..120) {
            let rows: Vec<Vec<Cell>> = names.iter().map(|name| row(name, &why, " (+2)")).collect();
            for line in drawn(&rows, width).lines() {
                prop_assert!(format::width(line) <= width, "{line:?}");
            }
        }
    }
}

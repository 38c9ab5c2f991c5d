//! A list with a cursor, a filter, problems-only and a sort order: what the overview, alerts, targets and sources share.

use super::cursor::{Lost, distinct};
use super::{Cursor, Motion};

/// What a list can be sorted by.
pub trait Column: Copy + PartialEq + 'static {
    /// Every column, in the order shown; the first is the default order.
    const ALL: &'static [Self];
}

/// One row: which thing it shows, and what of its text the filter matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    /// Which thing.
    pub item: T,
    /// What it is known by from one snapshot to the next.
    pub id: u64,
    /// Positions of the matched characters in the text the filter looks at; empty without a filter.
    pub matched: Vec<u32>,
}

/// Rows in the order shown, computed once a change and not once a frame, and how they came about.
#[derive(Debug, Clone)]
pub struct Browser<T, C> {
    rows: Vec<Row<T>>,
    ids: Vec<u64>,
    cursor: Cursor,
    filter: String,
    problems_only: bool,
    sort: C,
    reversed: bool,
}

impl<T, C: Column> Default for Browser<T, C> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            ids: Vec::new(),
            cursor: Cursor::default(),
            filter: String::new(),
            problems_only: false,
            sort: C::ALL[0],
            reversed: false,
        }
    }
}

impl<T, C: Column> Browser<T, C> {
    /// Every row that passes the filter, in order.
    pub fn rows(&self) -> &[Row<T>] {
        &self.rows
    }

    /// The cursor.
    pub const fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The row the cursor is on.
    pub fn selected(&self) -> Option<&Row<T>> {
        self.rows.get(self.cursor.at())
    }

    /// The filter's text; empty means everything is shown.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Whether only what is not ok is shown.
    pub const fn problems_only(&self) -> bool {
        self.problems_only
    }

    /// Whether anything is left out on purpose.
    pub const fn is_narrowed(&self) -> bool {
        self.problems_only || !self.filter.is_empty()
    }

    /// The column sorted by, and whether its natural order is turned round.
    pub const fn sort(&self) -> (C, bool) {
        (self.sort, self.reversed)
    }

    pub(super) fn replace(&mut self, mut rows: Vec<Row<T>>, page: usize, lost: Lost) {
        self.ids = distinct(rows.iter().map(|row| row.id));
        for (row, id) in rows.iter_mut().zip(&self.ids) {
            row.id = *id;
        }
        self.rows = rows;
        self.cursor.settle(&self.ids, page, lost);
    }
}

/// What a key can do to any such list; the rows are computed anew afterwards where that is said.
pub(super) trait Browse {
    fn go(&mut self, motion: Motion, page: usize) -> bool;
    fn put(&mut self, row: usize, page: usize) -> bool;
    fn wheel(&mut self, down: bool, page: usize) -> bool;
    /// Keeps the cursor visible after the page changed.
    fn fit(&mut self, page: usize);
    fn release(&mut self);
    fn is_at(&self, row: usize) -> bool;
    /// Where a thing is now; `None` where it is not among the rows.
    fn position(&self, id: u64) -> Option<usize>;
    fn len(&self) -> usize;
    fn typed(&self) -> &str;
    /// Rows must be computed anew afterwards.
    fn set_filter(&mut self, filter: &str) -> bool;
    /// Rows must be computed anew afterwards.
    fn set_problems_only(&mut self, only: bool) -> bool;
    /// Shows everything again. Says whether anything was left out.
    fn widen(&mut self) -> bool {
        let is_filtered = self.set_filter("");
        self.set_problems_only(false) || is_filtered
    }
    fn shows_problems_only(&self) -> bool;
    /// Rows must be computed anew afterwards.
    fn sort_step(&mut self, forward: bool);
    /// Rows must be computed anew afterwards.
    fn sort_reverse(&mut self);
    /// Sorts by a column, or turns the order round where it is the one already. Rows must be computed anew afterwards.
    fn sort_by(&mut self, column: usize);
}

impl<T, C: Column> Browse for Browser<T, C> {
    fn go(&mut self, motion: Motion, page: usize) -> bool {
        self.cursor.go(motion, &self.ids, page)
    }

    fn put(&mut self, row: usize, page: usize) -> bool {
        self.cursor.put(row, &self.ids, page)
    }

    fn wheel(&mut self, down: bool, page: usize) -> bool {
        self.cursor.wheel(down, &self.ids, page)
    }

    fn fit(&mut self, page: usize) {
        self.cursor.settle(&self.ids, page, Lost::Stay);
    }

    fn release(&mut self) {
        self.cursor.release();
    }

    fn is_at(&self, row: usize) -> bool {
        self.cursor.is_held() && self.cursor.at() == row
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.ids.iter().position(|known| *known == id)
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn typed(&self) -> &str {
        &self.filter
    }

    fn set_filter(&mut self, filter: &str) -> bool {
        let changed = self.filter != filter;
        filter.clone_into(&mut self.filter);
        changed
    }

    fn set_problems_only(&mut self, only: bool) -> bool {
        std::mem::replace(&mut self.problems_only, only) != only
    }

    fn shows_problems_only(&self) -> bool {
        self.problems_only
    }

    fn sort_step(&mut self, forward: bool) {
        let all = C::ALL;
        let at = all.iter().position(|column| *column == self.sort).unwrap_or_default();
        let step = if forward { 1 } else { all.len() - 1 };
        self.sort = all[(at + step) % all.len()];
        self.reversed = false;
    }

    fn sort_reverse(&mut self) {
        self.reversed = !self.reversed;
    }

    fn sort_by(&mut self, column: usize) {
        match C::ALL.get(column) {
            Some(column) if *column == self.sort => self.sort_reverse(),
            Some(column) => {
                self.sort = *column;
                self.reversed = false;
            }
            None => {}
        }
    }
}

/// Orders what is known by `reversed`, and what is not known last either way.
pub(super) fn known_first<K: PartialOrd>(a: Option<K>, b: Option<K>, reversed: bool) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    match (a, b) {
        (Some(a), Some(b)) => {
            let order = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
            if reversed { order.reverse() } else { order }
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

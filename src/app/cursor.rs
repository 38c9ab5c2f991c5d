//! A cursor that stays on the thing it is on, wherever that thing moves.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A move of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// Half a page up.
    HalfPageUp,
    /// Half a page down.
    HalfPageDown,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
}

impl Motion {
    /// Where it leads from a row, where there are rows up to `last` and `page` of them are visible at once.
    pub(super) fn from(self, row: usize, last: usize, page: usize) -> usize {
        let (whole, half) = (page.saturating_sub(1).max(1), (page / 2).max(1));
        match self {
            Self::Up => row.saturating_sub(1),
            Self::Down => row + 1,
            Self::PageUp => row.saturating_sub(whole),
            Self::PageDown => row + whole,
            Self::HalfPageUp => row.saturating_sub(half),
            Self::HalfPageDown => row + half,
            Self::Top => 0,
            Self::Bottom => last,
        }
        .min(last)
    }
}

/// What a thing is known by from one snapshot to the next: a hash of its name or labels.
pub(super) fn identity(thing: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish()
}

/// Tells apart things known by the same: the second of them is known as the second, and so on. Without that a cursor on it
/// would go to the first.
pub(super) fn distinct(ids: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut times: HashMap<u64, u32> = HashMap::new();
    ids.map(|id| {
        let time = times.entry(id).or_default();
        *time += 1;
        if *time == 1 { id } else { identity((id, *time)) }
    })
    .collect()
}

/// Where a cursor goes when the thing it was on is no longer among the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// Stays where it was on the screen: the thing itself went away.
    Stay,
    /// Goes to the first row: the rows were narrowed by typing, and the best is first.
    Top,
}

/// A position among rows, the first row visible, and the identity of the row it was put on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    at: usize,
    top: usize,
    /// `None` until it is moved: then it follows the first row, which is the worst.
    anchor: Option<u64>,
}

impl Cursor {
    /// The row it is on.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// The first row visible.
    pub const fn top(&self) -> usize {
        self.top
    }

    /// Whether it was put somewhere by the operator.
    pub const fn is_held(&self) -> bool {
        self.anchor.is_some()
    }

    /// Lets go: from now on it follows the first row.
    pub fn release(&mut self) {
        *self = Self::default();
    }

    /// Finds its row again among changed rows, and keeps it visible.
    pub(super) fn settle(&mut self, ids: &[u64], page: usize, lost: Lost) {
        self.at = match self.anchor {
            None => 0,
            Some(anchor) => match (ids.iter().position(|id| *id == anchor), lost) {
                (Some(position), _) => position,
                (None, Lost::Stay) => self.at.min(ids.len().saturating_sub(1)),
                (None, Lost::Top) => 0,
            },
        };
        self.reveal(ids.len(), page);
    }

    /// Moves. Says whether anything changed.
    pub(super) fn go(&mut self, motion: Motion, ids: &[u64], page: usize) -> bool {
        self.put(motion.from(self.at, ids.len().saturating_sub(1), page), ids, page)
    }

    /// Puts it on a row. Says whether anything changed.
    pub(super) fn put(&mut self, row: usize, ids: &[u64], page: usize) -> bool {
        let before = *self;
        if let Some(id) = ids.get(row) {
            self.at = row;
            self.anchor = Some(*id);
        }
        self.reveal(ids.len(), page);
        *self != before
    }

    /// Turns the wheel: the rows move, and the cursor only as far as it must to stay visible. Says whether anything changed.
    pub(super) fn wheel(&mut self, down: bool, ids: &[u64], page: usize) -> bool {
        const ROWS: usize = 3;
        let before = *self;
        let furthest = ids.len().saturating_sub(page);
        self.top = if down { (self.top + ROWS).min(furthest) } else { self.top.saturating_sub(ROWS) };
        let visible = self.at.clamp(self.top, (self.top + page.max(1) - 1).max(self.top));
        if visible != self.at {
            self.put(visible, ids, page);
        }
        *self != before
    }

    fn reveal(&mut self, rows: usize, page: usize) {
        let page = page.max(1);
        self.top = self.top.min(rows.saturating_sub(page));
        if self.at < self.top {
            self.top = self.at;
        } else if self.at >= self.top + page {
            self.top = self.at + 1 - page;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_stays_on_its_thing_and_lets_go_when_told() {
        let mut cursor = Cursor::default();
        cursor.settle(&[1, 2, 3], 10, Lost::Stay);
        assert_eq!(cursor.at(), 0);
        cursor.settle(&[3, 1, 2], 10, Lost::Stay);
        assert_eq!(cursor.at(), 0, "not moved yet: it follows the first row");
        assert!(cursor.go(Motion::Down, &[3, 1, 2], 10));
        cursor.settle(&[2, 3, 4, 1], 10, Lost::Stay);
        assert_eq!(cursor.at(), 3);
        cursor.settle(&[2, 3], 10, Lost::Stay);
        assert_eq!(cursor.at(), 1, "its thing is gone: it stays near");
        cursor.settle(&[2, 1, 3], 10, Lost::Stay);
        assert_eq!(cursor.at(), 1, "its thing is back");
        cursor.settle(&[5, 6], 10, Lost::Top);
        assert_eq!(cursor.at(), 0);
        cursor.release();
        assert!(!cursor.is_held());
    }

    #[test]
    fn at_the_ends_a_move_changes_nothing_but_holding_on() {
        let ids = [1, 2];
        let mut cursor = Cursor::default();
        assert!(cursor.go(Motion::Bottom, &ids, 5));
        assert!(!cursor.go(Motion::Down, &ids, 5));
        assert!(!Cursor::default().go(Motion::Down, &[], 5), "no rows, no move");
    }

    proptest! {
        #[test]
        fn it_is_always_on_a_visible_row(
            rows in 0usize..50,
            page in 0usize..20,
            steps in prop::collection::vec((0u8..9, 0usize..60), 0..60),
        ) {
            let mut ids: Vec<u64> = (0..rows as u64).collect();
            let mut cursor = Cursor::default();
            for (step, number) in steps {
                match step {
                    0 => { cursor.go(Motion::Up, &ids, page); }
                    1 => { cursor.go(Motion::Down, &ids, page); }
                    2 => { cursor.go(Motion::PageUp, &ids, page); }
                    3 => { cursor.go(Motion::PageDown, &ids, page); }
                    4 => { cursor.go(Motion::Bottom, &ids, page); }
                    5 => { cursor.put(number, &ids, page); }
                    6 => { cursor.wheel(number % 2 == 0, &ids, page); }
                    7 => { ids.truncate(number); cursor.settle(&ids, page, Lost::Stay); }
                    _ => { ids.reverse(); cursor.settle(&ids, page, Lost::Top); }
                }
                prop_assert!(ids.is_empty() || cursor.at() < ids.len());
                prop_assert!(cursor.at() >= cursor.top() && cursor.at() < cursor.top() + page.max(1));
            }
        }
    }
}

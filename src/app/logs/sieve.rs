//! Which lines of a log are shown. A new choice is looked through from the newest line back, a few thousand lines at a
//! time, so that a key never waits for it.

use std::collections::VecDeque;

use super::query::Query;
use super::store::{Edit, LogStore, Spot};
use crate::domain::{LogKind, LogLevel, LogLine};

/// Lines looked through at once.
pub(super) const AT_ONCE: i64 = 8_000;

/// What a line must be to be shown.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// What must be in it, unless lines around matches are shown too.
    pub query: Query,
    /// Whether lines that do not fit the query are shown as well.
    pub around: bool,
    /// At least this loud, or of unknown loudness.
    pub level: Option<LogLevel>,
    /// Only this task's.
    pub task: Option<String>,
}

impl Choice {
    /// Whether every line is shown.
    fn is_everything(&self) -> bool {
        (self.around || self.query.is_all()) && self.level.is_none() && self.task.is_none()
    }

    /// Whether a line is shown. Marks where lines may be missing always are.
    fn shows(&self, line: &LogLine) -> bool {
        line.kind == LogKind::Gap
            || (line.is_at_least(self.level)
                && self.task.as_ref().is_none_or(|task| line.origin.task.as_ref() == Some(task))
                && (self.around || self.query.fits(&line.text)))
    }
}

/// The lines shown.
#[derive(Debug, Clone, Default)]
pub struct Sieve {
    choice: Choice,
    /// The places of the lines shown, where that is not every line.
    shown: Option<VecDeque<Spot>>,
    /// Everything from here on was looked through.
    looked: Spot,
}

impl Sieve {
    /// What a line must be to be shown.
    pub const fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Chooses anew; what that shows is found by [`Sieve::go_on`].
    pub(super) fn choose(&mut self, choice: Choice, store: &LogStore) {
        self.shown = if choice.is_everything() { None } else { Some(VecDeque::new()) };
        self.choice = choice;
        self.looked = if self.shown.is_some() { store.end() } else { store.first() };
    }

    /// Whether lines are still to be looked through.
    pub(super) fn is_behind(&self, store: &LogStore) -> bool {
        self.shown.is_some() && self.looked > store.first()
    }

    /// Looks through some more lines, backwards.
    pub(super) fn go_on(&mut self, store: &LogStore) {
        let Some(shown) = &mut self.shown else { return };
        let from = (self.looked - AT_ONCE).max(store.first());
        for spot in (from..self.looked).rev() {
            if store.get(spot).is_some_and(|line| self.choice.shows(line)) {
                shown.push_front(spot);
            }
        }
        self.looked = from;
    }

    /// Follows a change of the store's places.
    pub(super) fn follow(&mut self, edit: Edit, store: &LogStore) {
        let Some(shown) = &mut self.shown else { return };
        match edit {
            Edit::Let(first) => {
                while shown.front().is_some_and(|spot| *spot < first) {
                    shown.pop_front();
                }
                self.looked = self.looked.max(first);
            }
            // What was not looked through yet will be.
            Edit::Put(spot) if spot < self.looked => {
                self.looked += 1;
                for other in shown.iter_mut() {
                    *other += 1;
                }
            }
            Edit::Put(spot) => {
                let after = shown.partition_point(|other| *other < spot);
                for other in shown.range_mut(after..) {
                    *other += 1;
                }
                if store.get(spot).is_some_and(|line| self.choice.shows(line)) {
                    shown.insert(after, spot);
                }
            }
        }
    }

    /// How many lines are shown.
    pub fn len(&self, store: &LogStore) -> usize {
        self.shown.as_ref().map_or(store.len(), VecDeque::len)
    }

    /// Whether none is.
    pub fn is_empty(&self, store: &LogStore) -> bool {
        self.len(store) == 0
    }

    /// The place of the line in a row.
    pub fn spot(&self, row: usize, store: &LogStore) -> Option<Spot> {
        match &self.shown {
            Some(shown) => shown.get(row).copied(),
            None => (row < store.len()).then(|| store.first() + Spot::try_from(row).unwrap_or(Spot::MAX)),
        }
    }

    /// The row of a place; of the next one shown where that one is not.
    pub fn row(&self, spot: Spot, store: &LogStore) -> usize {
        match &self.shown {
            Some(shown) => shown.partition_point(|other| *other < spot),
            None => usize::try_from(spot - store.first()).unwrap_or_default().min(store.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn line(second: i64, number: u64) -> LogLine {
        let at = Timestamp::from_second(second).unwrap();
        LogLine { kind: LogKind::Said, id: number, ..LogLine::gap(at, format!("line {number} {}", number % 3)) }
    }

    fn by_looking(store: &LogStore, choice: &Choice) -> Vec<Spot> {
        (store.first()..store.end()).filter(|spot| choice.shows(store.get(*spot).unwrap())).collect()
    }

    proptest! {
        /// Whatever happens in whatever order, what is shown is what fits.
        #[test]
        fn what_is_shown_is_what_fits(steps in proptest::collection::vec((0_u8..6, 0_i64..40), 1..60), most in 1_usize..40) {
            let mut store = LogStore::new(most);
            let mut sieve = Sieve::default();
            let mut number = 0;
            for (what, second) in steps {
                match what {
                    0 => sieve.choose(Choice { query: Query::new("~ 1$"), ..Choice::default() }, &store),
                    1 => sieve.choose(Choice::default(), &store),
                    2 => sieve.go_on(&store),
                    3 => drop(store.add_older(vec![line(-1, 1)])),
                    _ => {
                        number += 1;
                        let (put, let_go) = store.add(line(second, number));
                        sieve.follow(put, &store);
                        if let Some(edit) = let_go {
                            sieve.follow(edit, &store);
                        }
                    }
                }
            }
            while sieve.is_behind(&store) {
                sieve.go_on(&store);
            }
            let rows: Vec<Spot> = (0..sieve.len(&store)).filter_map(|row| sieve.spot(row, &store)).collect();
            prop_assert_eq!(&rows, &by_looking(&store, sieve.choice()));
            for (row, spot) in rows.iter().enumerate() {
                prop_assert_eq!(sieve.row(*spot, &store), row);
            }
        }
    }
}

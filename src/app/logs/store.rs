//! The lines of a log in memory: bounded in number and in bytes, in the order they were said.
//!
//! A line has a place that it keeps: lines that are added before it or let go do not change it. Only a line that arrives
//! late, and so is put between others, moves those after it, and they are few.

use std::collections::VecDeque;

use crate::domain::LogLine;

/// The most bytes kept.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// Where a line is, for as long as it is kept.
pub type Spot = i64;

/// What became of the places when lines were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// A line was put here; those from here on moved one further.
    Put(Spot),
    /// Every line before this one was let go.
    Let(Spot),
}

/// The lines.
#[derive(Debug, Clone)]
pub struct LogStore {
    lines: VecDeque<LogLine>,
    /// The first line's place.
    first: Spot,
    bytes: usize,
    most: usize,
    most_bytes: usize,
    /// How many lines were let go because there were too many.
    pub let_go: u64,
}

impl LogStore {
    /// For at most so many lines.
    pub fn new(most: usize) -> Self {
        Self { lines: VecDeque::new(), first: 0, bytes: 0, most: most.max(1), most_bytes: MOST_BYTES, let_go: 0 }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The first line's place.
    pub const fn first(&self) -> Spot {
        self.first
    }

    /// The place after the last line's.
    pub fn end(&self) -> Spot {
        self.first + spots(self.lines.len())
    }

    /// The line in a place.
    pub fn get(&self, spot: Spot) -> Option<&LogLine> {
        self.lines.get(usize::try_from(spot - self.first).ok()?)
    }

    /// The first place whose line was said at a moment or later; the end where there is none.
    pub fn since(&self, at: jiff::Timestamp) -> Spot {
        self.first + spots(self.lines.partition_point(|line| line.at < at))
    }

    /// Takes a line in where it belongs in time, and lets go of the oldest where there is no room. What became of the
    /// places has to be followed before the next line is taken in.
    pub fn add(&mut self, line: LogLine) -> (Edit, Option<Edit>) {
        self.bytes += line.size();
        let is_newest = self.lines.back().is_none_or(|last| last.at <= line.at);
        let place = if is_newest { self.lines.len() } else { self.lines.partition_point(|other| other.at <= line.at) };
        self.lines.insert(place, line);
        let put = Edit::Put(self.first + spots(place));
        (put, self.let_go_of_oldest().then_some(Edit::Let(self.first)))
    }

    /// Takes lines in that are older than all there are, as many as there is room for; how many that was.
    pub fn add_older(&mut self, lines: Vec<LogLine>) -> usize {
        let mut added = 0;
        for line in lines.into_iter().rev() {
            if self.lines.len() >= self.most || self.bytes + line.size() > self.most_bytes {
                break;
            }
            self.bytes += line.size();
            self.lines.push_front(line);
            self.first -= 1;
            added += 1;
        }
        added
    }

    /// Whether no further line can be taken in without letting one go.
    pub fn is_full(&self) -> bool {
        self.lines.len() >= self.most || self.bytes >= self.most_bytes
    }

    fn let_go_of_oldest(&mut self) -> bool {
        let before = self.first;
        while self.lines.len() > self.most || (self.bytes > self.most_bytes && self.lines.len() > 1) {
            let Some(line) = self.lines.pop_front() else { break };
            self.bytes -= line.size();
            self.first += 1;
        }
        self.let_go += u64::try_from(self.first - before).unwrap_or_default();
        self.first != before
    }
}

fn spots(count: usize) -> Spot {
    Spot::try_from(count).unwrap_or(Spot::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn line(second: i64, text: &str) -> LogLine {
        LogLine::gap(Timestamp::from_second(second).unwrap(), text)
    }

    fn texts(store: &LogStore) -> Vec<&str> {
        (store.first()..store.end()).map(|spot| &*store.get(spot).unwrap().text).collect()
    }

    #[test]
    fn late_lines_find_their_place_and_the_oldest_leave() {
        let mut store = LogStore::new(4);
        for (second, text, put) in [(1, "a", 0), (3, "c", 1), (3, "d", 2), (2, "b", 1)] {
            assert_eq!(store.add(line(second, text)), (Edit::Put(put), None));
        }
        assert_eq!(texts(&store), ["a", "b", "c", "d"]);
        assert_eq!(store.add(line(4, "e")), (Edit::Put(4), Some(Edit::Let(1))));
        assert_eq!(store.add(line(4, "f")), (Edit::Put(5), Some(Edit::Let(2))));
        assert_eq!((texts(&store), store.let_go), (vec!["c", "d", "e", "f"], 2));
        assert_eq!(store.add_older(vec![line(0, "z")]), 0, "there is no room");
        assert_eq!((store.since(Timestamp::from_second(4).unwrap()), store.end()), (4, 6));
    }

    #[test]
    fn older_lines_keep_the_places_of_the_others() {
        let mut store = LogStore::new(4);
        store.add(line(5, "e"));
        store.add(line(6, "f"));
        assert_eq!(store.add_older(vec![line(1, "a"), line(2, "b"), line(3, "c")]), 2);
        assert_eq!((texts(&store), store.first()), (vec!["b", "c", "e", "f"], -2));
        assert_eq!(&*store.get(0).unwrap().text, "e");
        assert!(store.is_full());
    }

    #[test]
    fn long_lines_are_bounded_by_their_bytes() {
        let mut store = LogStore { most_bytes: 10_000, ..LogStore::new(1_000) };
        for second in 0..100 {
            store.add(line(second, &"x".repeat(1_000)));
        }
        assert!(store.bytes <= 10_000 && store.len() < 10 && !store.is_empty());
    }

    proptest! {
        #[test]
        fn lines_are_in_order_and_counted(seconds in proptest::collection::vec(0_i64..50, 0..200), most in 1_usize..60) {
            let mut store = LogStore::new(most);
            for second in &seconds {
                store.add(line(*second, "x"));
            }
            prop_assert!(store.len() == seconds.len().min(most));
            prop_assert!(store.lines.iter().is_sorted_by_key(|line| line.at));
            prop_assert_eq!(store.bytes, store.lines.iter().map(LogLine::size).sum::<usize>());
            prop_assert_eq!(store.let_go, (seconds.len() - store.len()) as u64);
        }
    }
}

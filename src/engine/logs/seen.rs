//! Which lines were read already. Reading again from a little before the last look finds lines that arrived late, and
//! most of what it finds was seen.

use std::collections::{HashMap, HashSet, VecDeque};

use jiff::Timestamp;

use crate::domain::{LogKind, LogLine, log::content_id};

/// The most lines remembered: more than a busy service says in the time that is looked back.
const MOST: usize = 200_000;

/// Lines read lately, by what the backend knows them by.
#[derive(Debug, Default)]
pub(super) struct Seen {
    ids: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    /// The lines that were not seen before; they are, from now on.
    pub(super) fn fresh(&mut self, lines: Vec<LogLine>) -> Vec<LogLine> {
        lines.into_iter().filter(|line| line.kind == LogKind::Gap || self.is_fresh(line.id)).collect()
    }

    fn is_fresh(&mut self, id: u64) -> bool {
        let fresh = self.ids.insert(id);
        if fresh {
            self.order.push_back(id);
            if self.order.len() > MOST
                && let Some(oldest) = self.order.pop_front()
            {
                self.ids.remove(&oldest);
            }
        }
        fresh
    }
}

/// Where reading and listening meet: lines sent live carry nothing to know them by, so those that were read already are
/// told by what they say, each as often as it was read.
#[derive(Debug, Default)]
pub(super) struct Junction(HashMap<u64, u32>);

impl Junction {
    /// Lines that were read.
    pub(super) fn read(&mut self, lines: &[LogLine], since: Timestamp) {
        for line in lines.iter().filter(|line| line.kind == LogKind::Said && line.at >= since) {
            *self.0.entry(key(line)).or_default() += 1;
        }
    }

    /// Of lines that were sent, those that were not read.
    pub(super) fn fresh(&mut self, lines: Vec<LogLine>) -> Vec<LogLine> {
        lines.into_iter().filter(|line| !self.was_read(line)).collect()
    }

    fn was_read(&mut self, line: &LogLine) -> bool {
        match self.0.get_mut(&key(line)) {
            Some(times @ 1..) => {
                *times -= 1;
                true
            }
            _ => false,
        }
    }
}

fn key(line: &LogLine) -> u64 {
    content_id(&line.origin.stream, line.at.as_millisecond(), &line.text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::LogOrigin;

    fn line(second: i64, text: &str, id: u64) -> LogLine {
        let at = Timestamp::from_second(second).unwrap();
        LogLine { id, origin: Arc::new(LogOrigin::default()), kind: LogKind::Said, ..LogLine::gap(at, text) }
    }

    fn texts(lines: &[LogLine]) -> Vec<&str> {
        lines.iter().map(|line| &*line.text).collect()
    }

    #[test]
    fn a_line_read_twice_is_one_and_a_line_said_twice_is_two() {
        let mut seen = Seen::default();
        assert_eq!(texts(&seen.fresh(vec![line(1, "a", 1), line(1, "a", 2)])), ["a", "a"]);
        assert_eq!(texts(&seen.fresh(vec![line(1, "a", 1), line(0, "late", 3), line(1, "a", 2)])), ["late"]);
        assert_eq!(seen.fresh(vec![LogLine::gap(Timestamp::UNIX_EPOCH, "x"); 2]).len(), 2, "a mark is never a repeat");
    }

    #[test]
    fn what_was_read_is_not_heard_again_as_often_as_it_was_read() {
        let mut junction = Junction::default();
        let read = [line(5, "a", 1), line(5, "a", 2), line(1, "before", 3)];
        junction.read(&read, Timestamp::from_second(2).unwrap());
        let sent = vec![line(5, "a", 0), line(5, "a", 0), line(5, "a", 0), line(1, "before", 0)];
        assert_eq!(texts(&junction.fresh(sent)), ["a", "before"]);
    }

    proptest! {
        #[test]
        fn overlapping_looks_give_every_line_once(
            count in 1_usize..300,
            looks in proptest::collection::vec((0_usize..300, 1_usize..120), 1..20),
        ) {
            let all: Vec<LogLine> = (0..count).map(|n| line(0, "x", n as u64)).collect();
            let mut seen = Seen::default();
            let mut got = Vec::new();
            for (from, length) in looks {
                let from = from.min(count);
                got.extend(seen.fresh(all[from..(from + length).min(count)].to_vec()));
            }
            got.extend(seen.fresh(all.clone()));
            let mut ids: Vec<u64> = got.iter().map(|line| line.id).collect();
            ids.sort_unstable();
            prop_assert_eq!(ids, (0..count as u64).collect::<Vec<_>>());
        }

        #[test]
        fn memory_is_bounded(count in 1_u64..2_000) {
            let mut seen = Seen::default();
            for id in 0..count {
                seen.is_fresh(id);
            }
            prop_assert!(seen.ids.len() == seen.order.len() && seen.ids.len() <= MOST);
        }
    }
}

//! The sources screen: where the data comes from and how that is going.

use crate::domain::{Snapshot, SourceState};

use super::cursor::{Lost, identity};
use super::fuzzy::Fuzzy;
use super::{Browser, Column, Row};

/// What the sources can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceColumn {
    /// In the order they are configured in.
    Source,
}

impl Column for SourceColumn {
    const ALL: &'static [Self] = &[Self::Source];
}

/// The sources screen's state.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The rows, each a position in [`Snapshot::sources`].
    pub list: Browser<usize, SourceColumn>,
}

impl Sources {
    pub(super) fn rebuild(&mut self, snapshot: &Snapshot, page: usize, lost: Lost) {
        let mut fuzzy = Fuzzy::new(self.list.filter());
        let problems_only = self.list.problems_only();
        let (_, reversed) = self.list.sort();
        let mut rows: Vec<Row<usize>> = snapshot
            .sources
            .iter()
            .enumerate()
            .filter(|(_, source)| {
                !problems_only
                    || !source.problems.is_empty()
                    || !matches!(source.state, SourceState::Fresh { .. } | SourceState::Standby)
            })
            .filter_map(|(item, source)| {
                let (_, matched) = fuzzy.matches(source.kind.name())?;
                Some(Row { item, id: identity(source.kind), matched })
            })
            .collect();
        if reversed {
            rows.reverse();
        }
        self.list.replace(rows, page, lost);
    }
}

//! The targets screen: what Prometheus scrapes, the broken ones first.

use std::cmp::{Ordering, Reverse};

use crate::domain::{Snapshot, Target, TargetHealth};

use super::browser::known_first;
use super::cursor::{Lost, identity};
use super::fuzzy::Fuzzy;
use super::{Browser, Column, Row};

/// What the targets can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetColumn {
    /// The broken ones first.
    Health,
    /// By job.
    Job,
    /// By instance.
    Instance,
    /// By service; those without one last.
    Service,
    /// The longest ago first.
    Scraped,
    /// The slowest first.
    Took,
}

impl Column for TargetColumn {
    const ALL: &'static [Self] = &[Self::Health, Self::Job, Self::Instance, Self::Service, Self::Scraped, Self::Took];
}

/// The targets screen's state.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    /// The rows, each a position in [`Snapshot::targets`].
    pub list: Browser<usize, TargetColumn>,
}

impl Targets {
    /// What a target is known by from one snapshot to the next.
    pub(super) fn id(target: &Target) -> u64 {
        identity((&target.job, &target.instance, &target.url))
    }

    pub(super) fn rebuild(&mut self, snapshot: &Snapshot, page: usize, lost: Lost) {
        let mut fuzzy = Fuzzy::new(self.list.filter());
        let problems_only = self.list.problems_only();
        let (column, reversed) = self.list.sort();
        let mut rows: Vec<Row<usize>> = snapshot
            .targets
            .iter()
            .enumerate()
            .filter(|(_, target)| !problems_only || target.health != TargetHealth::Up)
            .filter_map(|(item, target)| {
                let (_, matched) = fuzzy.matches(&searched(target))?;
                Some(Row { item, id: Self::id(target), matched })
            })
            .collect();
        rows.sort_by(|a, b| compare(snapshot, column, reversed, a.item, b.item));
        self.list.replace(rows, page, lost);
    }
}

/// The text the filter looks at: job, instance and service, as the row shows them.
fn searched(target: &Target) -> String {
    format!("{} {} {}", target.job, target.instance, service_name(target).unwrap_or_default())
}

fn service_name(target: &Target) -> Option<&str> {
    target.owner.as_ref().map(|owner| owner.service.as_str())
}

fn compare(snapshot: &Snapshot, column: TargetColumn, reversed: bool, a: usize, b: usize) -> Ordering {
    let (one, other) = (&snapshot.targets[a], &snapshot.targets[b]);
    let turned = |order: Ordering| if reversed { order.reverse() } else { order };
    let order = match column {
        TargetColumn::Health => turned(one.health.cmp(&other.health)),
        TargetColumn::Job => turned(one.job.cmp(&other.job)),
        TargetColumn::Instance => turned(one.instance.cmp(&other.instance)),
        TargetColumn::Service => known_first(service_name(one), service_name(other), reversed),
        TargetColumn::Scraped => known_first(one.last_scrape, other.last_scrape, reversed),
        TargetColumn::Took => known_first(one.scrape_took.map(Reverse), other.scrape_took.map(Reverse), reversed),
    };
    order.then(a.cmp(&b))
}

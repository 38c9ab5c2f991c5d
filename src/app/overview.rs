//! The overview: every service, worst first.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};

use crate::domain::{ServiceHealth, ServiceId, Signal, Snapshot, Verdict};

use super::browser::known_first;
use super::cursor::{Lost, identity};
use super::fuzzy::Fuzzy;
use super::{Browser, Column, Row};

/// What the services can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceColumn {
    /// Worst first.
    Verdict,
    /// By name.
    Name,
    /// The most tasks missing first, then the most tasks.
    Tasks,
    /// The highest first.
    Cpu,
    /// The highest first.
    Memory,
    /// The most first.
    Traffic,
    /// The most first.
    Errors,
    /// The slowest first.
    Latency,
    /// The newest first.
    Changed,
}

impl Column for ServiceColumn {
    const ALL: &'static [Self] = &[
        Self::Verdict,
        Self::Name,
        Self::Tasks,
        Self::Cpu,
        Self::Memory,
        Self::Traffic,
        Self::Errors,
        Self::Latency,
        Self::Changed,
    ];
}

impl ServiceColumn {
    /// The signal the column shows, where it shows one.
    pub const fn signal(self) -> Option<Signal> {
        match self {
            Self::Cpu => Some(Signal::Cpu),
            Self::Memory => Some(Signal::Memory),
            Self::Traffic => Some(Signal::Traffic),
            Self::Errors => Some(Signal::Errors),
            Self::Latency => Some(Signal::LatencyP95),
            Self::Verdict | Self::Name | Self::Tasks | Self::Changed => None,
        }
    }
}

/// What a row of the overview shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverviewItem {
    /// A service, by its position in [`Snapshot::services`].
    Service(usize),
    /// The monitoring stack's own services that are ok, all in one row.
    Stack,
}

/// The overview's state.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The rows.
    pub list: Browser<OverviewItem, ServiceColumn>,
    /// Whether the stack's services are shown one by one.
    pub stack_open: bool,
    /// Whether services of more than one cluster are shown, so that names need their cluster's.
    many_clusters: bool,
    /// Signals that are stale for some service: their columns leave room for the age.
    stale: [bool; 7],
}

impl Overview {
    /// A service's name as the overview shows it: with its cluster where there are several.
    pub fn name<'a>(&self, id: &'a ServiceId) -> Cow<'a, str> {
        if self.many_clusters { Cow::Owned(id.to_string()) } else { Cow::Borrowed(&id.name) }
    }

    /// Whether some service's value of a signal is stale.
    pub const fn is_stale(&self, signal: Signal) -> bool {
        self.stale[signal as usize]
    }

    /// The stack's services that the one row stands for.
    pub fn stack(snapshot: &Snapshot) -> impl Iterator<Item = &ServiceHealth> {
        snapshot.services.iter().filter(|service| is_quiet_stack(service))
    }

    pub(super) fn rebuild(&mut self, snapshot: &Snapshot, page: usize, lost: Lost) {
        let services = &snapshot.services;
        self.many_clusters = services.windows(2).any(|pair| pair[0].id.cluster != pair[1].id.cluster);
        self.stale = Signal::ALL.map(|signal| {
            services.iter().any(|service| matches!(service.signal(signal).now, crate::domain::Observed::Stale(..)))
        });
        let filter = self.list.filter().to_owned();
        let problems_only = self.list.problems_only();
        let collapse = !self.stack_open && filter.is_empty() && Self::stack(snapshot).nth(1).is_some();
        let mut fuzzy = Fuzzy::new(&filter);
        let mut order: Vec<(usize, Vec<u32>)> = services
            .iter()
            .enumerate()
            .filter(|(_, service)| !problems_only || service.verdict.is_problem())
            .filter(|(_, service)| !(collapse && is_quiet_stack(service)))
            .filter_map(|(index, service)| {
                if filter.is_empty() {
                    return Some((index, Vec::new()));
                }
                fuzzy.matches(&self.name(&service.id)).map(|(_, matched)| (index, matched))
            })
            .collect();
        let (column, reversed) = self.list.sort();
        order.sort_by(|(a, _), (b, _)| compare(snapshot, column, reversed, *a, *b));
        let mut rows: Vec<Row<OverviewItem>> = order
            .into_iter()
            .map(|(index, matched)| Row {
                item: OverviewItem::Service(index),
                id: identity(&services[index].id),
                matched,
            })
            .collect();
        if collapse && !problems_only {
            rows.push(Row { item: OverviewItem::Stack, id: identity("stack"), matched: Vec::new() });
        }
        self.list.replace(rows, page, lost);
    }
}

fn is_quiet_stack(service: &ServiceHealth) -> bool {
    service.is_stack && service.verdict == Verdict::Ok
}

/// Orders two services by a column; ties keep the snapshot's order, which is worst first.
fn compare(snapshot: &Snapshot, column: ServiceColumn, reversed: bool, a: usize, b: usize) -> Ordering {
    let (one, other) = (&snapshot.services[a], &snapshot.services[b]);
    let turned = |order: Ordering| if reversed { order.reverse() } else { order };
    let order = match column {
        ServiceColumn::Verdict => turned(one.verdict.cmp(&other.verdict).reverse()),
        ServiceColumn::Name => turned(one.id.name.cmp(&other.id.name).then_with(|| one.id.cmp(&other.id))),
        ServiceColumn::Tasks => {
            let key = |service: &ServiceHealth| {
                service.tasks.sampled().map(|tasks| {
                    Reverse((tasks.value.desired.saturating_sub(tasks.value.running), tasks.value.desired))
                })
            };
            known_first(key(one), key(other), reversed)
        }
        ServiceColumn::Changed => known_first(one.changed_at.map(Reverse), other.changed_at.map(Reverse), reversed),
        ServiceColumn::Cpu
        | ServiceColumn::Memory
        | ServiceColumn::Traffic
        | ServiceColumn::Errors
        | ServiceColumn::Latency => {
            let value = |service: &ServiceHealth| {
                let signal = column.signal()?;
                service.signal(signal).now.sampled().map(|sampled| Reverse(sampled.value))
            };
            known_first(value(one), value(other), reversed)
        }
    };
    order.then(a.cmp(&b))
}

//! The alerts screen: one list of all alerts, the silences after them.

use std::cmp::{Ordering, Reverse};

use crate::domain::{Alert, Snapshot};

use super::browser::known_first;
use super::cursor::{Lost, identity};
use super::fuzzy::Fuzzy;
use super::{Browser, Column, Row};

/// What the alerts can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertColumn {
    /// Firing, pending, suppressed; the worst first.
    State,
    /// The worst first.
    Severity,
    /// By name.
    Name,
    /// By service; those without one last.
    Service,
    /// The newest first.
    Age,
}

impl Column for AlertColumn {
    const ALL: &'static [Self] = &[Self::State, Self::Severity, Self::Name, Self::Service, Self::Age];
}

/// What a row of the alerts screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertItem {
    /// An alert, by its position in [`Snapshot::alerts`].
    Alert(usize),
    /// A silence, by its position in [`Snapshot::silences`].
    Silence(usize),
}

/// The alerts screen's state.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    /// The rows.
    pub list: Browser<AlertItem, AlertColumn>,
}

impl Alerts {
    /// What an alert is known by from one snapshot to the next.
    pub(super) fn id(alert: &Alert) -> u64 {
        identity((&alert.name, &alert.labels))
    }

    pub(super) fn rebuild(&mut self, snapshot: &Snapshot, page: usize, lost: Lost) {
        let mut fuzzy = Fuzzy::new(self.list.filter());
        let problems_only = self.list.problems_only();
        let (column, reversed) = self.list.sort();
        let mut order: Vec<(usize, Vec<u32>)> = snapshot
            .alerts
            .iter()
            .enumerate()
            .filter(|(_, alert)| !problems_only || alert.is_problem())
            .filter_map(|(index, alert)| fuzzy.matches(&searched(alert)).map(|(_, matched)| (index, matched)))
            .collect();
        order.sort_by(|(a, _), (b, _)| compare(snapshot, column, reversed, *a, *b));
        let mut rows: Vec<Row<AlertItem>> = order
            .into_iter()
            .map(|(index, matched)| Row {
                item: AlertItem::Alert(index),
                id: Self::id(&snapshot.alerts[index]),
                matched,
            })
            .collect();
        if !problems_only {
            rows.extend(snapshot.silences.iter().enumerate().filter_map(|(index, silence)| {
                let (_, matched) = fuzzy.matches(&silence.matchers.join(" "))?;
                Some(Row { item: AlertItem::Silence(index), id: identity(("silence", &silence.id)), matched })
            }));
        }
        self.list.replace(rows, page, lost);
    }
}

/// The text the filter looks at: name and service, as the row shows them.
fn searched(alert: &Alert) -> String {
    format!("{} {}", alert.name, service_name(alert))
}

/// The service an alert is about: the one it was matched to, else the one its labels name.
fn service_name(alert: &Alert) -> &str {
    match (&alert.service, &alert.owner) {
        (Some(id), _) => &id.name,
        (None, Some(owner)) => &owner.service,
        (None, None) => "",
    }
}

fn compare(snapshot: &Snapshot, column: AlertColumn, reversed: bool, a: usize, b: usize) -> Ordering {
    let (one, other) = (&snapshot.alerts[a], &snapshot.alerts[b]);
    let turned = |order: Ordering| if reversed { order.reverse() } else { order };
    let named = |alert| Some(service_name(alert)).filter(|name| !name.is_empty());
    let order = match column {
        AlertColumn::State => turned(a.cmp(&b)),
        AlertColumn::Severity => turned(other.severity.cmp(&one.severity)),
        AlertColumn::Name => turned(one.name.cmp(&other.name)),
        AlertColumn::Service => known_first(named(one), named(other), reversed),
        AlertColumn::Age => known_first(one.since.map(Reverse), other.since.map(Reverse), reversed),
    };
    order.then(a.cmp(&b))
}

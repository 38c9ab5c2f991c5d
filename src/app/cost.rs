//! The cost screen: what the stack and the services cost a month, and what they would if something were different.

use std::sync::Arc;

use crate::cost::{HOME, Sheet, Table, WhatIf, sheet};
use crate::domain::{Bill, BillLine, Ingest, Snapshot, SourceError};

use super::cursor::{Lost, identity};
use super::fuzzy::Fuzzy;
use super::{Browser, Column, Row};

/// What the lines can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostColumn {
    /// In the order of the bill.
    Bill,
}

impl Column for CostColumn {
    const ALL: &'static [Self] = &[Self::Bill];
}

/// A bill of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CostPart {
    /// The stack's own.
    Stack,
    /// That of the services it watches.
    Services,
    /// Watching them with CloudWatch alone.
    Alternative,
}

impl CostPart {
    const ALL: [Self; 3] = [Self::Stack, Self::Services, Self::Alternative];

    /// Its bill.
    pub const fn of(self, sheet: &Sheet) -> &Bill {
        match self {
            Self::Stack => &sheet.stack,
            Self::Services => &sheet.services,
            Self::Alternative => &sheet.alternative,
        }
    }
}

/// One row of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostItem {
    /// A bill and its total.
    Part(CostPart),
    /// One of its lines, by its position.
    Line(CostPart, usize),
    /// A service that cannot be priced, by its position.
    Unpriced(usize),
}

/// What is known of how much Prometheus takes in.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum IngestState {
    /// It is being asked.
    #[default]
    Asking,
    /// It has answered.
    Known(Ingest),
    /// Why that is not known.
    Unknown(String),
}

impl IngestState {
    pub(super) fn of(answer: Result<Option<Ingest>, SourceError>) -> Self {
        match answer {
            Ok(Some(ingest)) => Self::Known(ingest),
            Ok(None) => {
                Self::Unknown("this Prometheus does not scrape itself, or has not done so twice yet".to_owned())
            }
            Err(error) => Self::Unknown(error.what),
        }
    }
}

/// The cost screen's state.
#[derive(Debug, Clone, Default)]
pub struct Cost {
    /// The rows.
    pub list: Browser<CostItem, CostColumn>,
    /// What is different from what runs.
    pub what_if: WhatIf,
    /// How much Prometheus takes in.
    pub ingest: IngestState,
    /// What was reckoned last, or why it could not be; nothing before the screen was looked at.
    pub sheet: Option<Result<Sheet, String>>,
    /// Why the user's own prices are not among them, where they were refused.
    pub refused: Option<String>,
    /// The prices, read when they are first needed.
    table: Option<Arc<Table>>,
}

impl Cost {
    /// The screen in another context: prices stay, what was known of the one before is gone.
    pub(super) fn cleared(&self) -> Self {
        Self { table: self.table.clone(), refused: self.refused.clone(), ..Self::default() }
    }

    pub(super) fn use_table(&mut self, table: Arc<Table>, refused: Option<String>) {
        self.table = Some(table);
        self.refused = refused;
    }

    pub(super) fn table(&mut self) -> Arc<Table> {
        Arc::clone(self.table.get_or_insert_with(|| Arc::new(Table::shipped())))
    }

    /// The sheet, where there is one.
    pub fn reckoned(&self) -> Option<&Sheet> {
        self.sheet.as_ref()?.as_ref().ok()
    }

    /// The line of a row that has one.
    pub fn line(&self, item: CostItem) -> Option<&BillLine> {
        match item {
            CostItem::Line(part, index) => part.of(self.reckoned()?).lines.get(index),
            CostItem::Part(_) | CostItem::Unpriced(_) => None,
        }
    }

    /// The region of the context, or the one assumed for it.
    pub(super) fn home(snapshot: &Snapshot) -> String {
        snapshot.context.region.clone().unwrap_or_else(|| HOME.to_owned())
    }

    pub(super) fn rebuild(&mut self, snapshot: &Snapshot, page: usize, lost: Lost) {
        let ingest = match &self.ingest {
            IngestState::Known(ingest) => Some(ingest),
            IngestState::Asking | IngestState::Unknown(_) => None,
        };
        let table = Arc::clone(self.table.get_or_insert_with(|| Arc::new(Table::shipped())));
        let reckoned = sheet(snapshot, ingest, &self.what_if, &table);
        let rows = reckoned.as_ref().map(|sheet| rows(sheet, self.list.filter())).unwrap_or_default();
        self.sheet = Some(reckoned);
        self.list.replace(rows, page, lost);
    }
}

/// Every bill with those of its lines that the filter lets through; a bill without any is left out then.
fn rows(sheet: &Sheet, filter: &str) -> Vec<Row<CostItem>> {
    let mut fuzzy = Fuzzy::new(filter);
    let mut rows = Vec::new();
    for part in CostPart::ALL {
        let mut found = Vec::new();
        for (index, line) in part.of(sheet).lines.iter().enumerate() {
            if let Some((_, matched)) = fuzzy.matches(&format!("{} {}", line.component, line.item)) {
                let id = identity((part, &line.component, &line.item));
                found.push(Row { item: CostItem::Line(part, index), id, matched });
            }
        }
        if part == CostPart::Services {
            for (index, (service, _)) in sheet.unpriced.iter().enumerate() {
                if let Some((_, matched)) = fuzzy.matches(service) {
                    found.push(Row { item: CostItem::Unpriced(index), id: identity(("unpriced", service)), matched });
                }
            }
        }
        if !found.is_empty() || filter.is_empty() {
            rows.push(Row { item: CostItem::Part(part), id: identity(part), matched: Vec::new() });
            rows.append(&mut found);
        }
    }
    rows
}

//! The cost screen: what is asked for it, and what is different from what runs.

use crate::command::Command;
use crate::domain::{Ingest, SourceError};

use super::super::browser::Browse as _;
use super::super::cost::{Cost, IngestState};
use super::super::{Effect, Model, Place};
use super::Lost;

/// Makes the screen ready; how much is taken in is asked every time.
pub(super) fn arrive(model: &mut Model) -> Vec<Effect> {
    model.rebuild(&Place::Cost, Lost::Stay);
    vec![Effect::LoadIngest]
}

/// How much Prometheus takes in, or why that is not known.
pub(super) fn take(model: &mut Model, answer: Result<Option<Ingest>, SourceError>) {
    let state = IngestState::of(answer);
    if model.cost.ingest != state {
        model.cost.ingest = state;
        model.rebuild(&Place::Cost, Lost::Stay);
        model.touch();
    }
}

/// Changes what is different. Without a bill only another region can give one.
pub(super) fn run(model: &mut Model, command: Command) {
    let (true, Some(snapshot)) = (*model.trail.here() == Place::Cost, model.snapshot.clone()) else { return };
    let table = model.cost.table();
    let Cost { what_if, sheet, .. } = &mut model.cost;
    let sheet = sheet.as_ref().and_then(|sheet| sheet.as_ref().ok());
    match (command, sheet) {
        (Command::CostRegion, _) => what_if.step_region(&table, &Cost::home(&snapshot)),
        (Command::CostServices, Some(sheet)) => what_if.step_services(sheet),
        (Command::CostRetention, Some(sheet)) => what_if.step_retention(sheet),
        (Command::CostSize, Some(sheet)) => what_if.step_size(sheet),
        (Command::CostArchitecture, Some(sheet)) => what_if.step_architecture(sheet),
        _ => return,
    }
    model.rebuild(&Place::Cost, Lost::Stay);
    model.touch();
}

/// Everything as it runs and nothing filtered; `false` where it is so already.
pub(super) fn clear(model: &mut Model) -> bool {
    if *model.trail.here() != Place::Cost || !model.cost.what_if.is_any() && model.cost.list.filter().is_empty() {
        return false;
    }
    model.cost.what_if = crate::cost::WhatIf::default();
    model.cost.list.set_filter("");
    model.rebuild(&Place::Cost, Lost::Stay);
    model.touch();
    true
}

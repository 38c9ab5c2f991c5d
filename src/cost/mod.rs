//! What the stack costs a month: prices by region and day, quantities from a plan, the running state or assumptions, and
//! a bill whose every line shows its arithmetic. Pure: quantities are handed in.

mod alternative;
mod desk;
mod exporter;
mod foreseen;
mod prices;
mod resource;
mod running;
#[cfg(test)]
mod sample;
mod sheet;
mod size;
mod stack;
mod storage;
mod terraform;
mod told;
mod uncounted;

pub use alternative::cloudwatch_only;
pub use exporter::Exporter;
pub use foreseen::{difference, foreseen};
pub use prices::{Item, Prices, REGIONS, Table};
pub use running::{RunningBill, of_snapshot};
pub use sheet::{HOME, Scope, Sheet, USUAL, WhatIf, sheet};
pub use size::{Architecture, FargateSize};
pub use stack::{Component, Flat, Inputs, Preset, bill};
pub use storage::{Growth, growth};
pub use terraform::{PlanBill, of_plan};
pub use uncounted::{Of, uncounted};

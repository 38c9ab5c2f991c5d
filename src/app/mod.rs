//! The pure state machine: what is shown and what a key does. No I/O, no clock, no terminal.
//!
//! [`update`] takes the [`Model`] and one [`Msg`], changes the model and answers with [`Effect`]s for the shell to
//! perform. The view draws `&Model` whenever [`Model::revision`] has changed, and only then.

mod alerts;
mod browser;
mod copy;
mod cursor;
mod effect;
mod fuzzy;
pub mod geometry;
mod help;
mod hints;
mod line;
mod links;
mod logs;
mod model;
mod msg;
mod notice;
mod overview;
mod palette;
mod place;
mod service;
mod sources;
mod targets;
mod update;

#[cfg(test)]
mod tests;

pub use alerts::{AlertColumn, AlertItem, Alerts};
pub use browser::{Browser, Column, Row};
pub use cursor::{Cursor, Motion};
pub use effect::Effect;
pub use help::{HelpLine, Legend, help_lines};
pub use hints::footer_hints;
pub use line::Line;
pub use logs::{Choice, LogPlace, LogScreen, LogStore, Older, Query, log_columns};
pub use model::{LogQuestion, Model, Overlay, Setup, Surroundings};
pub use msg::{MouseInput, MouseKind, Msg, Spot};
pub use notice::{Level, Notice, Notices};
pub use overview::{Overview, OverviewItem, ServiceColumn};
pub use palette::{Candidate, Palette};
pub use place::{Place, Trail};
pub use service::{ChartState, Pane, ServiceScreen, service_alerts, service_targets};
pub use sources::{SourceColumn, Sources};
pub use targets::{TargetColumn, Targets};
pub use update::update;

//! The pure state machine: what is shown and what a key does. No I/O, no clock, no terminal.
//!
//! [`update`] takes the [`Model`] and one [`Msg`], changes the model and answers with [`Effect`]s for the shell to
//! perform. The view draws `&Model` whenever [`Model::revision`] has changed, and only then.

mod action;
mod alerts;
mod ask;
mod browser;
mod confirm;
mod copy;
mod cost;
mod cursor;
mod effect;
mod fuzzy;
mod gate;
pub mod geometry;
mod help;
mod hints;
mod journal;
mod line;
mod links;
mod logs;
mod model;
mod msg;
mod notice;
mod overview;
mod palette;
mod place;
mod progress;
mod run_entry;
mod run_lines;
mod runbooks;
mod service;
mod sources;
mod targets;
mod update;

#[cfg(test)]
pub(crate) mod change_sample;
#[cfg(test)]
mod change_tests;
#[cfg(test)]
pub(crate) mod run_sample;
#[cfg(test)]
mod run_tests;
#[cfg(test)]
mod tests;

pub use action::{Action, Intent, Menu, short};
pub use alerts::{AlertColumn, AlertItem, Alerts};
pub use ask::{Asking, LENGTHS, Question};
pub use browser::{Browser, Column, Row};
pub use confirm::{Confirm, ConfirmStage, Planned, TIED_SILENCE, accept_key};
pub use cost::{Cost, CostColumn, CostItem, CostPart, IngestState};
pub use cursor::{Cursor, Motion};
pub use effect::Effect;
pub use gate::GateView;
pub use help::{HELP_KEYS, HelpLine, Legend, help_lines};
pub use hints::footer_hints;
pub use journal::{JournalEntry, Mood};
pub use line::Line;
pub use logs::{Choice, LogPlace, LogScreen, LogStore, Older, Query, log_columns};
pub use model::{LogQuestion, Model, Overlay, Setup, Surroundings};
pub use msg::{ConfirmSpot, MouseInput, MouseKind, Msg, Spot};
pub use notice::{Level, Notice, Notices};
pub use overview::{Overview, OverviewItem, ServiceColumn};
pub use palette::{Candidate, Palette};
pub use place::{Place, Trail};
pub use progress::{ChangeColumn, ChangeItem, ChangeWidths, Changes, Followed, elapsed};
pub use run_entry::RunEntry;
pub use run_lines::{ConclusionLine, LOOK_AGAIN, RunLine, RunLineKind, SAID, conclusion_lines, run_lines, steps_area};
pub use runbooks::{Offer, OfferColumn, Runbooks, Subject as RunSubject};
pub use service::{ChartState, Pane, ServiceScreen, service_alerts, service_targets};
pub use sources::{SourceColumn, Sources};
pub use targets::{TargetColumn, Targets};
pub use update::update;

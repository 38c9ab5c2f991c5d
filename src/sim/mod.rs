//! A simulated fleet: history, incidents, and the effect of what people do to it.
//!
//! A [`World`] holds no clock, no random state and no values. It holds a fleet and what happens to it as functions of
//! time, so that a day of history is there from the start, the same question at the same moment always has the same
//! answer, and time that goes on never rewrites what was. The demo, the drills and the whole-app tests live on it.
//!
//! From the inside out: `noise` and `signals` make a calm day, an `incident` bends it, a `timeline` replays what became
//! of tasks and deployments, a `deed` is what a person does to them, a `scene` is one service at one moment, `alerts` evaluates rules over it, and `reading`
//! shows the whole as each backend would. Which incidents a scenario has is in `stage`.

mod alerts;
mod beat;
mod clock;
mod deed;
pub mod estate;
mod exposition;
mod fleet;
mod hands;
mod incident;
mod life;
mod logs;
mod names;
mod noise;
mod reading;
mod rolling;
mod scenario;
mod scene;
mod signals;
mod stage;
mod timeline;
mod world;

#[cfg(test)]
mod deed_tests;
#[cfg(test)]
mod laws;

pub use clock::EPOCH;
pub use deed::{Annotation, DeedError};
pub use exposition::{CONTENT_TYPE, Exporter, Page, Sighting, TaskTarget};
pub use fleet::{ACCOUNT, MOST_SERVICES, REGION, stack_names};
pub use logs::{Said, Utterance};
pub use scenario::{Scenario, UnknownScenario};
pub use world::{Plan, Planted, World};

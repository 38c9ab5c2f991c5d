//! Changes, and only changes: the one room that alters the world, through one door.
//!
//! ```text
//! plan -> objections -> gate -> consent -> the same facts once more -> journal: intent -> the call -> journal: outcome
//! ```
//!
//! [`Door`] is that way. [`Hands`] is what one context can do: the real thing in `live`, the simulated fleet in [`sim`].
//! What a change would do is reckoned in [`plan`] from a [`Survey`] alone; that it was meant, made and how it ended is in
//! the [`journal`].

mod deed;
mod door;
#[cfg(test)]
mod door_tests;
mod gate;
pub mod journal;
mod live;
mod lookout;
mod lost;
pub mod plan;
pub mod sim;
mod survey;
mod who;

use std::pin::Pin;

use jiff::Timestamp;

pub use deed::{Deed, GroupTargets, Note, PATIENCE, Receipt, Seen, ServiceSeen, Watched};
pub use door::{Clock, Door, Made, Moment, Outfit, objections};
pub use gate::Gate;
pub use live::open;
pub use lookout::Lookout;
pub use survey::{
    Previous, PrometheusFacts, Scaling, ServiceDeployment, ServiceFacts, Subject, Survey, Whereabouts, starts,
};
pub use who::{here, is_alive};

use crate::domain::{Change, Refusal, ServiceId, SourceError, SourceKind};
use crate::net::Mishap;

/// A boxed future, as a trait object's methods must return.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What one context can do. Everything but [`Hands::perform`] only looks.
pub trait Hands: Send + Sync {
    /// What a change rests on right now.
    fn survey<'a>(&'a self, change: &'a Change, now: Timestamp) -> Answer<'a, Result<Survey, Refusal>>;

    /// Makes one call that alters something, once.
    fn perform<'a>(&'a self, deed: &'a Deed, now: Timestamp) -> Answer<'a, Result<Receipt, Mishap>>;

    /// Looks at what came of it.
    fn look<'a>(&'a self, watched: &'a Watched, now: Timestamp) -> Answer<'a, Result<Seen, SourceError>>;

    /// Who we are and where, as far as that is told soon.
    fn whereabouts(&self) -> Answer<'_, Whereabouts>;

    /// The services of a name, in every cluster that is looked at. None where there is no ECS.
    fn named<'a>(&'a self, name: &'a str, now: Timestamp) -> Answer<'a, Result<Vec<ServiceId>, SourceError>>;

    /// Where silences can be made, the best place first.
    fn silencers(&self) -> Vec<SourceKind>;

    /// Whether notes can be left on dashboards.
    fn annotates(&self) -> bool;

    /// The command line of another tool that would do the same.
    fn same_as(&self, deed: &Deed) -> Option<String>;
}

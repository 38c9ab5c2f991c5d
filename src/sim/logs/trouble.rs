//! Which tasks of a service are the matter, so that a log complains where the trouble is and nowhere else.

use super::super::clock::Second;
use super::super::life::Life;
use super::super::scene::Scene;

/// How long the rates still show what a task that is gone has done, in seconds.
const LINGERS: Second = 180;

/// What ails one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It takes requests and answers none.
    Hangs {
        /// Since when.
        since: Second,
    },
    /// It fails its health check.
    Sick,
    /// Its zone is cut off.
    CutOff,
}

/// What ails a running task at a moment.
pub(super) fn trouble(scene: &Scene<'_>, life: &Life, at: Second) -> Option<Trouble> {
    if let Some(since) = scene.hangs(life, at) {
        return Some(Trouble::Hangs { since });
    }
    if life.sick.is_some_and(|sick| sick <= at) {
        return Some(Trouble::Sick);
    }
    scene.is_cut_off(life, at).then_some(Trouble::CutOff)
}

/// Whether the failures of the service at a moment are those of some tasks, which are there or were until a moment ago.
pub(super) fn is_of_some(scene: &Scene<'_>, at: Second) -> bool {
    scene.timeline.lives.iter().filter(|life| life.started.is_some_and(|started| started <= at)).any(|life| {
        let last = life.end.as_ref().map_or(at, |(end, _)| at.min(end - 1));
        at - last <= LINGERS && trouble(scene, life, last).is_some()
    })
}

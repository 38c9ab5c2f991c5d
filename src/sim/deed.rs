//! What people do to the simulated fleet, with the answers the real APIs give. A deed is remembered with its time; what
//! becomes of it is reckoned from that, and what was true before it stays true.

use std::sync::PoisonError;

use jiff::Timestamp;

use crate::domain::{ServiceId, SilenceAsk, SourceError, SourceKind};

use super::alerts::Made;
use super::clock::{Second, second, stamp};
use super::noise;
use super::world::World;

/// The most tasks ECS lets a service want.
const MOST_TASKS: u32 = 5_000;

/// Something a person did to a service.
#[derive(Debug, Clone)]
pub struct Intervention {
    /// When.
    pub at: Second,
    /// To which service, by its position in the fleet.
    pub service: usize,
    /// What.
    pub deed: Deed,
}

/// What a person can do to a service.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Stop the task in a place.
    StopTask {
        /// Which task.
        task: u128,
        /// Its place.
        slot: u32,
        /// Why.
        reason: String,
    },
    /// Replace every task by one of this revision.
    Deploy {
        /// Which revision.
        revision: u32,
    },
    /// Undo the deployment under way.
    Undo {
        /// Its number.
        deployment: u64,
        /// The revision gone back to.
        revision: u32,
    },
    /// Want another number of tasks.
    Scale {
        /// How many.
        desired: u32,
    },
}

/// Why a deed was not done. Its text is what the real API would say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeedError {
    /// The backend does not answer, or not us.
    #[error("{0}")]
    Refused(SourceError),
    /// It answers, and will not do that.
    #[error("{call}: {code}: {message}")]
    Rejected {
        /// The call.
        call: &'static str,
        /// The kind of error, as the API names it.
        code: &'static str,
        /// Its text.
        message: String,
    },
}

impl DeedError {
    fn rejected(call: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Rejected { call, code, message: message.into() }
    }
}

/// A note on the dashboards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Grafana's number for it.
    pub id: u64,
    /// When it was made, and of which moment it tells.
    pub at: Timestamp,
    /// The note.
    pub text: String,
    /// Its tags.
    pub tags: Vec<String>,
}

/// What people did beside the services, in the order it was done.
#[derive(Debug, Default)]
pub struct Deeds {
    /// Silences made.
    pub silences: Vec<Made>,
    annotations: Vec<Annotation>,
    reloads: Vec<Second>,
}

impl World {
    /// Stops a task, as `aws ecs stop-task` does: it ends at `at`, and the scheduler puts another in its place, which
    /// runs about 45 s later.
    ///
    /// # Errors
    /// When ECS refuses, there is no such task at `at`, or it has ended.
    pub fn stop_task(&self, task: &str, reason: &str, at: Timestamp) -> Result<(), DeedError> {
        let now = self.answering(SourceKind::Ecs, at)?;
        for (place, scene) in self.scenes(now).into_iter().enumerate() {
            let Some(life) = scene.timeline.lives.iter().find(|life| life.is_remembered(now) && life.name() == task)
            else {
                continue;
            };
            if life.has_ended(now) {
                let message = format!("The task {task} has already been stopped.");
                return Err(DeedError::rejected("StopTask", "InvalidParameterException", message));
            }
            self.intervene(now, place, Deed::StopTask { task: life.id, slot: life.slot, reason: reason.to_owned() });
            return Ok(());
        }
        let message = "The referenced task was not found.";
        Err(DeedError::rejected("StopTask", "InvalidParameterException", message))
    }

    /// Replaces every task by a new one of the same definition, within the service's percents
    /// (`aws ecs update-service --force-new-deployment`).
    ///
    /// # Errors
    /// When ECS refuses or there is no such service.
    pub fn redeploy(&self, service: &ServiceId, at: Timestamp) -> Result<(), DeedError> {
        let now = self.answering(SourceKind::Ecs, at)?;
        let place = self.place(service, "UpdateService")?;
        let revision = self.rollouts(place, now).last().map_or(0, |(_, revision, _)| *revision);
        self.intervene(now, place, Deed::Deploy { revision });
        Ok(())
    }

    /// Has a service want another number of tasks (`aws ecs update-service --desired-count`). No deployment begins.
    ///
    /// # Errors
    /// When ECS refuses, there is no such service, or it is too many.
    pub fn scale(&self, service: &ServiceId, desired: u32, at: Timestamp) -> Result<(), DeedError> {
        let now = self.answering(SourceKind::Ecs, at)?;
        let place = self.place(service, "UpdateService")?;
        if desired > MOST_TASKS {
            let message = format!("The desired count cannot be greater than {MOST_TASKS}.");
            return Err(DeedError::rejected("UpdateService", "InvalidParameterException", message));
        }
        self.intervene(now, place, Deed::Scale { desired });
        Ok(())
    }

    /// Goes back to what ran before: undoes the deployment under way (`StopServiceDeployment`, ROLLBACK), else deploys
    /// the definition before this one (`UpdateService`).
    ///
    /// # Errors
    /// When ECS refuses, there is no such service, or nothing came before.
    pub fn roll_back(&self, service: &ServiceId, at: Timestamp) -> Result<(), DeedError> {
        let now = self.answering(SourceKind::Ecs, at)?;
        let place = self.place(service, "StopServiceDeployment")?;
        let rollouts = self.rollouts(place, now);
        let Some((number, revision, is_rolling)) = rollouts.last().copied() else { return Ok(()) };
        if is_rolling {
            // What was given up before is nothing to go back to.
            let before = rollouts.iter().rev().skip(1).find(|(_, _, is_rolling)| !is_rolling);
            let Some((_, before, _)) = before else {
                let message = "The service deployment has no completed deployment to roll back to.";
                return Err(DeedError::rejected("StopServiceDeployment", "ConflictException", message));
            };
            self.intervene(now, place, Deed::Undo { deployment: number, revision: *before });
            return Ok(());
        }
        let before = rollouts.iter().rev().map(|(_, other, _)| *other).find(|other| *other != revision);
        let Some(before) = before.or_else(|| revision.checked_sub(1).filter(|before| *before > 0)) else {
            let message = "TaskDefinition not found.";
            return Err(DeedError::rejected("DescribeTaskDefinition", "ClientException", message));
        };
        self.intervene(now, place, Deed::Deploy { revision: before });
        Ok(())
    }

    /// Makes a silence and gives its id. It begins at `at`.
    ///
    /// # Errors
    /// When the backend it is asked of refuses or has no silences, or the silence is none.
    pub fn silence(&self, ask: &SilenceAsk, by: &str, at: Timestamp) -> Result<String, DeedError> {
        const CALL: &str = "POST /api/v2/silences";
        let now = self.answering(ask.source, at)?;
        let invalid = |message: &str| DeedError::rejected(CALL, "400 Bad Request", message);
        if !matches!(ask.source, SourceKind::Alertmanager | SourceKind::Grafana) {
            return Err(DeedError::rejected(CALL, "404 Not Found", format!("{} has no silences", ask.source)));
        }
        if ask.matchers.is_empty() {
            return Err(invalid("silence invalid: at least one matcher required"));
        }
        let mut deeds = self.deeds.write().unwrap_or_else(PoisonError::into_inner);
        let seed = noise::fork(noise::named(self.plan().seed, "silence"), deeds.silences.len() as u64);
        let made = Made::new(seed, ask, by, now).map_err(|why| invalid(&why))?;
        let id = made.silence.id.clone();
        deeds.silences.push(made);
        Ok(id)
    }

    /// Ends a silence at `at`.
    ///
    /// # Errors
    /// When the backend refuses, no silence has that id, or it has ended.
    pub fn expire_silence(&self, source: SourceKind, id: &str, at: Timestamp) -> Result<(), DeedError> {
        const CALL: &str = "DELETE /api/v2/silence";
        let now = self.answering(source, at)?;
        let mut deeds = self.deeds.write().unwrap_or_else(PoisonError::into_inner);
        let is_it = |made: &&mut Made| made.silence.id == id && made.silence.source == source && made.began <= now;
        if let Some(made) = deeds.silences.iter_mut().find(is_it) {
            if !made.is_on(now) {
                let message = format!("silence {id} already expired");
                return Err(DeedError::rejected(CALL, "500 Internal Server Error", message));
            }
            made.expired = Some(now);
            return Ok(());
        }
        let mut scripted = self.stage.quiets.iter().filter_map(|quiet| quiet.silence(self.plan().seed, now));
        let Some(silence) = scripted.find(|silence| silence.id == id && silence.source == source) else {
            return Err(DeedError::rejected(CALL, "404 Not Found", format!("silence {id} not found")));
        };
        deeds.silences.push(Made::ended(silence, now));
        Ok(())
    }

    /// Leaves a note on the dashboards and gives its number.
    ///
    /// # Errors
    /// When Grafana refuses, or the note is empty.
    pub fn annotate(&self, text: &str, tags: &[String], at: Timestamp) -> Result<u64, DeedError> {
        self.answering(SourceKind::Grafana, at)?;
        if text.trim().is_empty() {
            let message = "Failed to save annotation: text field should not be empty";
            return Err(DeedError::rejected("POST /api/annotations", "400 Bad Request", message));
        }
        let mut deeds = self.deeds.write().unwrap_or_else(PoisonError::into_inner);
        let id = 1_001 + deeds.annotations.len() as u64;
        deeds.annotations.push(Annotation { id, at, text: text.to_owned(), tags: tags.to_vec() });
        Ok(id)
    }

    /// The notes made by `now`, newest first.
    ///
    /// # Errors
    /// When Grafana refuses.
    pub fn annotations(&self, now: Timestamp) -> Result<Vec<Annotation>, DeedError> {
        self.answering(SourceKind::Grafana, now)?;
        let deeds = self.deeds.read().unwrap_or_else(PoisonError::into_inner);
        let mut notes: Vec<Annotation> = deeds.annotations.iter().filter(|note| note.at <= now).cloned().collect();
        notes.sort_by_key(|note| std::cmp::Reverse((note.at, note.id)));
        Ok(notes)
    }

    /// Has Prometheus read its configuration and rules again (`POST /-/reload`).
    ///
    /// # Errors
    /// When Prometheus refuses.
    pub fn reload(&self, at: Timestamp) -> Result<(), DeedError> {
        let now = self.answering(SourceKind::Prometheus, at)?;
        self.deeds.write().unwrap_or_else(PoisonError::into_inner).reloads.push(now);
        Ok(())
    }

    /// When Prometheus last read its configuration: at the last reload, else when its task started.
    ///
    /// # Errors
    /// When Prometheus refuses.
    pub fn last_reload(&self, now: Timestamp) -> Result<Option<Timestamp>, DeedError> {
        let now = self.answering(SourceKind::Prometheus, now)?;
        let deeds = self.deeds.read().unwrap_or_else(PoisonError::into_inner);
        let asked = deeds.reloads.iter().copied().filter(|at| *at <= now).max();
        drop(deeds);
        let scenes = self.scenes(now);
        let own = scenes.iter().find(|scene| scene.service.id.name == "prometheus");
        let lives = own.into_iter().flat_map(|scene| &scene.timeline.lives).filter(|life| life.runs(now));
        Ok(lives.filter_map(|life| life.started).chain(asked).max().map(stamp))
    }

    /// The second of a moment at which a backend answers.
    fn answering(&self, source: SourceKind, at: Timestamp) -> Result<Second, DeedError> {
        let now = second(at);
        self.refusal(source, now).map_or(Ok(now), |error| Err(DeedError::Refused(error)))
    }

    fn place(&self, service: &ServiceId, call: &'static str) -> Result<usize, DeedError> {
        let known = self.fleet.iter().position(|known| known.id == *service);
        known.ok_or_else(|| DeedError::rejected(call, "ServiceNotFoundException", "Service not found."))
    }

    /// Number, revision and whether it is under way of every deployment so far that was not given up, oldest first.
    fn rollouts(&self, place: usize, now: Second) -> Vec<(u64, u32, bool)> {
        let Some(scene) = self.fleet.get(place).and_then(|service| self.scene(&service.id, now)) else {
            return Vec::new();
        };
        let newest = scene.timeline.rollouts.len().saturating_sub(1);
        let standing = scene.timeline.rollouts.iter().enumerate().filter(|(_, rollout)| rollout.failed.is_none());
        standing
            .map(|(index, rollout)| {
                let is_rolling = index == newest && rollout.settled.is_none_or(|at| at > now);
                (rollout.number, rollout.revision, is_rolling)
            })
            .collect()
    }

    fn intervene(&self, at: Second, service: usize, deed: Deed) {
        let mut interventions = self.interventions.write().unwrap_or_else(PoisonError::into_inner);
        interventions.push(Intervention { at, service, deed });
        interventions.sort_by_key(|intervention| intervention.at);
    }
}

//! Watches a change to its end: looks, says what it waits for, and comes to a verdict.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::eyes::{Before, Eyes};
use super::stages::{Findings, Goal, Now};
use crate::domain::{Outcome, Progress, Stage, StageProgress, StageState};
use crate::exec::{Clock, Deed, Door, Made, Seen, Subject, Watched};
use crate::net::Mishap;

/// The distance between two looks. ECS allows some 20 reads a second for the whole account; a look takes four.
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);

/// The same where nothing is asked over a network.
const BETWEEN_SIMULATED_LOOKS: Duration = Duration::from_millis(300);

/// How often it is looked whether a call came to pass whose answer was lost, and how far apart: ECS shows what it was told
/// within seconds.
const LOOKS_FOR_A_TRACE: u32 = 3;
const BETWEEN_TRACES: Duration = Duration::from_secs(2);

/// What one change is watched with.
pub(super) struct Watching<'a> {
    pub door: &'a Door,
    pub eyes: &'a Eyes,
    pub before: Before,
    pub clock: Clock<'a>,
    pub stop: watch::Receiver<bool>,
}

impl Watching<'_> {
    /// From the call's outcome to the end. The last progress has the outcome.
    pub(super) async fn follow_to_the_end(
        self,
        mut made: Made,
        progress: &mpsc::UnboundedSender<Progress>,
    ) -> Progress {
        let mut told = Progress {
            plan: made.plan.id.clone(),
            began: made.began.now,
            at: (self.clock)().now,
            stages: made.plan.stages.iter().map(|stage| waiting(*stage)).collect(),
            remarks: made.remarks.clone(),
            outcome: None,
        };
        if let Err(Mishap::Unknown(error)) = &made.result {
            self.set(&mut told, Stage::Call, Now::watching(format!("{}; looking whether it was made", error.what)));
            tell(progress, &told);
            self.look_for(&mut made).await;
        }
        let outcome = match &made.result {
            Ok(receipt) => {
                self.set(&mut told, Stage::Call, Now::done(receipt.said.clone()));
                tell(progress, &told);
                let (outcome, remark) =
                    tokio::join!(self.follow(&made, &mut told, progress), self.door.annotate(&made, self.clock));
                told.remarks.extend(remark);
                outcome
            }
            Err(Mishap::Partly(error)) => {
                self.set(&mut told, Stage::Call, Now::failed(error.what.clone()));
                told.remarks.extend(error.hint.clone());
                Outcome::Failed { why: error.what.clone() }
            }
            Err(Mishap::Refused(error)) => {
                self.set(&mut told, Stage::Call, Now::failed(error.what.clone()));
                told.remarks.extend(error.hint.clone());
                Outcome::NotMade { why: error.what.clone() }
            }
            Err(Mishap::Unknown(error)) => {
                self.set(&mut told, Stage::Call, Now::failed(error.what.clone()));
                let shown = "nothing shows that it was made, and it may have been: look before doing it again";
                Outcome::Unknown { why: format!("{}; {shown}", error.what) }
            }
        };
        let remarks = self.door.close(&made, &outcome, &told.stages, self.clock).await;
        told.remarks.extend(remarks);
        told.at = (self.clock)().now;
        told.outcome = Some(outcome);
        tell(progress, &told);
        told
    }

    /// The answer to the call was lost: looks a few times whether it came to pass.
    async fn look_for(&self, made: &mut Made) {
        let mut stop = self.stop.clone();
        for look in 0..LOOKS_FOR_A_TRACE {
            if let Some(shown) = self.door.trace_of(made, self.clock).await {
                return self.door.found(made, &shown, self.clock).await;
            }
            if look + 1 < LOOKS_FOR_A_TRACE {
                tokio::select! {
                    () = tokio::time::sleep(BETWEEN_TRACES) => {}
                    _ = stop.wait_for(|stop| *stop) => return,
                }
            }
        }
    }

    async fn follow(&self, made: &Made, told: &mut Progress, progress: &mpsc::UnboundedSender<Progress>) -> Outcome {
        let Some(watched) = watched(made) else { return Outcome::Verified };
        if made.plan.patience.is_zero() {
            return Outcome::Unwatched { waiting_for: "everything: nobody was to watch".to_owned() };
        }
        let goal = Goal::new(made, &self.before);
        let deadline = made.began.now.checked_add(made.plan.patience).unwrap_or(jiff::Timestamp::MAX);
        // The machine's clock may be set back meanwhile; the simulated one runs at a speed of its own.
        let begun = Instant::now();
        let pause = if made.plan.place.demo { BETWEEN_SIMULATED_LOOKS } else { BETWEEN_LOOKS };
        let mut stop = self.stop.clone();
        loop {
            let findings = self.look(&goal, &watched, told).await;
            let now = (self.clock)().now;
            let ended = self.take(told, &findings, now);
            told.at = now;
            if let Some(outcome) = ended {
                return outcome;
            }
            if now >= deadline || (!made.plan.place.demo && begun.elapsed() >= made.plan.patience) {
                return Outcome::GaveUp { waiting_for: waiting_for(told) };
            }
            tell(progress, told);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => return Outcome::Unwatched { waiting_for: waiting_for(told) },
            }
        }
    }

    /// One look at as many stages as there is a point in looking at.
    async fn look(&self, goal: &Goal<'_>, watched: &Watched, told: &Progress) -> Findings {
        let mut findings = Vec::new();
        let now = (self.clock)().now;
        let seen = match self.door.look(watched, now).await {
            Ok(seen) => seen,
            Err(error) => {
                let first = told.stages.iter().map(|one| one.stage).find(|stage| *stage != Stage::Call);
                return first
                    .map(|stage| (stage, Now::watching(format!("could not look: {}", error.what))))
                    .into_iter()
                    .collect();
            }
        };
        let Seen::Service(seen) = &seen else {
            return vec![(Stage::ReadBack, goal.read_back(&seen))];
        };
        let mut view = None;
        for stage in told.stages.iter().map(|one| one.stage).filter(|stage| *stage != Stage::Call) {
            let found = match stage {
                Stage::Tasks => goal.tasks(seen, now),
                Stage::TargetGroup => goal.target_group(seen),
                Stage::Scrape | Stage::Alerts => {
                    if let Some(skipped) = goal.out_of_sight(stage) {
                        skipped
                    } else {
                        if view.is_none() {
                            view = Some(self.eyes.look().await);
                        }
                        match &view {
                            Some(view) if stage == Stage::Scrape => goal.scrape(seen, view, now),
                            Some(view) => goal.alerts(view),
                            None => Now::watching(String::new()),
                        }
                    }
                }
                Stage::Call | Stage::ReadBack => continue,
            };
            let goes_on = matches!(found.state, StageState::Done | StageState::Skipped);
            findings.push((stage, found));
            if !goes_on {
                break;
            }
        }
        findings
    }

    /// Takes in what was found; the outcome, where that settles it.
    fn take(&self, told: &mut Progress, findings: &Findings, now: jiff::Timestamp) -> Option<Outcome> {
        let found: Vec<Stage> = findings.iter().map(|(stage, _)| *stage).collect();
        for (stage, finding) in findings {
            self.set(told, *stage, finding.clone());
        }
        // What came to pass and is undone again: the stages behind it wait anew.
        for stage in told.stages.iter_mut().filter(|one| one.stage != Stage::Call && !found.contains(&one.stage)) {
            *stage = waiting(stage.stage);
        }
        told.at = now;
        verdict(told, findings)
    }

    fn set(&self, told: &mut Progress, stage: Stage, now: Now) {
        let (began, at) = (told.began, (self.clock)().now);
        if let Some(one) = told.stages.iter_mut().find(|one| one.stage == stage) {
            let was_done = one.state == StageState::Done;
            one.text = now.text;
            one.state = now.state;
            match one.state {
                StageState::Done if was_done => {}
                StageState::Done => one.after = Some(Duration::try_from(at.duration_since(began)).unwrap_or_default()),
                _ => one.after = None,
            }
        }
    }
}

/// The outcome, where what was found in the last look settles it. What could not be looked at is not verified.
fn verdict(told: &Progress, findings: &Findings) -> Option<Outcome> {
    if let Some(failed) = told.stages.iter().find(|one| one.state == StageState::Failed) {
        return Some(Outcome::Failed { why: failed.text.clone() });
    }
    if findings.iter().any(|(_, finding)| finding.is_in_vain) {
        return Some(Outcome::GaveUp { waiting_for: waiting_for(told) });
    }
    if !told.stages.iter().all(|one| matches!(one.state, StageState::Done | StageState::Skipped)) {
        return None;
    }
    let unseen = findings.iter().find(|(_, finding)| finding.is_unseen);
    Some(unseen.map_or(Outcome::Verified, |(stage, finding)| Outcome::Unverified {
        unseen: format!("{}: {}", stage.word(), finding.text),
    }))
}

/// What is to be looked at. Nothing where the backend gave no name to look for.
fn watched(made: &Made) -> Option<Watched> {
    let id = made.result.as_ref().ok().and_then(|receipt| receipt.id.clone());
    match (&made.deed, &made.before) {
        (
            Deed::StopTask { service, .. }
            | Deed::Redeploy { service }
            | Deed::Scale { service, .. }
            | Deed::Undo { service, .. }
            | Deed::Deploy { service, .. },
            Subject::Service(facts),
        ) => {
            let undone = match &made.deed {
                Deed::Undo { deployment, .. } => Some(deployment.clone()),
                _ => None,
            };
            Some(Watched::Service { service: service.clone(), target_groups: facts.target_groups.clone(), undone })
        }
        (Deed::Silence { ask, .. }, _) => Some(Watched::Silence { id: id?, source: ask.source }),
        (Deed::Expire { id, source }, _) => Some(Watched::Silence { id: id.clone(), source: *source }),
        (Deed::Annotate(note), _) => Some(Watched::Annotation { id: id?, at: note.at }),
        (Deed::Reload, _) => Some(Watched::Prometheus),
        _ => None,
    }
}

const fn waiting(stage: Stage) -> StageProgress {
    StageProgress { stage, state: StageState::Waiting, text: String::new(), after: None }
}

/// What is not there yet, for people.
fn waiting_for(told: &Progress) -> String {
    let open = told.stages.iter().find(|one| matches!(one.state, StageState::Watching | StageState::Waiting));
    open.map_or_else(String::new, |one| {
        if one.text.is_empty() { one.stage.word().to_owned() } else { format!("{}: {}", one.stage.word(), one.text) }
    })
}

fn tell(progress: &mpsc::UnboundedSender<Progress>, told: &Progress) {
    // Whoever asked may have gone; the change has not.
    let _ = progress.send(told.clone());
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_could_not_be_looked_at_is_never_verified() {
        let done = || Now::done("seen");
        let skipped = || Now { state: StageState::Skipped, ..done() };
        let unseen = || Now { is_unseen: true, text: "no answer".to_owned(), ..skipped() };
        let in_vain = || Now { is_in_vain: true, ..Now::watching("never") };
        let dark = || Outcome::Unverified { unseen: "scrape: no answer".to_owned() };
        for (tasks, scrape, outcome) in [
            (done(), done(), Some(Outcome::Verified)),
            (done(), skipped(), Some(Outcome::Verified)),
            (done(), unseen(), Some(dark())),
            (Now::watching("one"), unseen(), None),
            (Now::failed("crashed"), unseen(), Some(Outcome::Failed { why: "crashed".to_owned() })),
            (in_vain(), unseen(), Some(Outcome::GaveUp { waiting_for: "tasks: never".to_owned() })),
        ] {
            let findings: Findings = vec![(Stage::Tasks, tasks), (Stage::Scrape, scrape)];
            let stages = findings.iter().map(|(stage, now)| StageProgress {
                state: now.state,
                text: now.text.clone(),
                ..waiting(*stage)
            });
            let told = Progress {
                plan: String::new(),
                began: Timestamp::UNIX_EPOCH,
                at: Timestamp::UNIX_EPOCH,
                stages: stages.collect(),
                remarks: Vec::new(),
                outcome: None,
            };
            assert_eq!(verdict(&told, &findings), outcome, "{findings:?}");
        }
    }
}

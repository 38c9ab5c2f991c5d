//! The history of one service's tasks and deployments, replayed from a script of beats up to a moment.

use std::collections::BTreeMap;

use super::beat::{BOOT, Beat, NOTICE};
use super::clock::{DAY, Second};
use super::fleet::Service;
use super::life::{self, Ending, Life, TURNS};
use super::{noise, rolling};

/// One deployment.
#[derive(Debug, Clone)]
pub struct Rollout {
    /// The number in its id (`ecs-svc/NUMBER`).
    pub number: u64,
    /// The revision it brings.
    pub revision: u32,
    /// When it began.
    pub created: Second,
    /// Whether it undoes another, and that one's number.
    pub undoes: Option<u64>,
    /// When it was complete.
    pub settled: Option<Second>,
    /// When it was given up.
    pub failed: Option<Second>,
    /// Whether a person's hand gave it up, or began it to undo another.
    pub by_hand: bool,
}

/// What an event of the service's list is about. Its text is made only for those that are shown.
#[derive(Debug, Clone)]
pub enum Note {
    /// A task was started.
    Started(u128),
    /// A task was stopped.
    Ended(u128),
    /// A task was registered with the load balancer.
    Registered,
    /// A task is taken out of the load balancer.
    Draining,
    /// A task fails its health check.
    Sick(u128),
    /// A deployment is complete, by its number.
    Completed(u64),
    /// A deployment was given up, by its number.
    Failed(u64),
    /// A deployment is undone, by the number of the one gone back to.
    GoingBack(u64),
    /// All is as wanted.
    Steady,
    /// Anything else.
    Said(&'static str),
}

/// What became of a service by some moment.
#[derive(Debug)]
pub struct Timeline {
    /// Every task there was, oldest first.
    pub lives: Vec<Life>,
    /// Every deployment there was, oldest first; never empty.
    pub rollouts: Vec<Rollout>,
    /// What the scheduler said in the last day, in no order; some of it may lie in the future.
    pub notes: Vec<(Second, Note)>,
    /// Tasks wanted.
    pub wanted: u32,
}

/// Whose doing a beat is: whoever began the newest deployment goes on with it, and nobody else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    /// The scenario.
    Script,
    /// The person who did this, the how manieth deed.
    Hand(usize),
}

impl Timeline {
    /// Plays the beats of a script and of people's hands up to `now`, the first of two at the same second first.
    pub fn replay(service: &Service, script: Vec<Beat>, hands: impl Iterator<Item = Beat>, now: Second) -> Self {
        let script = script.into_iter().map(|beat| (Author::Script, beat));
        let hands = hands.enumerate().map(|(index, beat)| (Author::Hand(index), beat));
        let mut replay = Replay::new(service, now);
        for (author, beat) in script.chain(hands) {
            replay.await_beat(author, beat);
        }
        while let Some((_, (author, beat))) = replay.awaited.pop_first() {
            replay.play(author, beat);
        }
        replay.timeline
    }

    /// The newest deployment.
    pub fn primary(&self) -> Option<&Rollout> {
        self.rollouts.last()
    }

    /// How many tasks run.
    pub fn running(&self, now: Second) -> u32 {
        self.count(|life| life.runs(now))
    }

    /// How many tasks are starting.
    pub fn pending(&self, now: Second) -> u32 {
        self.count(|life| life.is_starting(now))
    }

    fn count(&self, is: impl Fn(&Life) -> bool) -> u32 {
        u32::try_from(self.lives.iter().filter(|life| is(life)).count()).unwrap_or(u32::MAX)
    }

    /// The spans, oldest first, in which no task ran at all.
    pub fn outages(&self) -> Vec<(Second, Second)> {
        let mut edges: Vec<(Second, i32)> = Vec::new();
        for life in &self.lives {
            let Some(from) = life.started else { continue };
            let to = life.end.as_ref().map_or(Second::MAX, |(at, _)| *at);
            if from < to {
                edges.extend([(from, 1), (to, -1)]);
            }
        }
        // At the same second arrivals count before departures: handing over leaves no gap.
        edges.sort_by_key(|(at, step)| (*at, -step));
        let (mut running, mut dark_since, mut outages) = (0, None, Vec::new());
        for (at, step) in edges {
            running += step;
            if running == 0 && at != Second::MAX {
                dark_since = Some(at);
            } else if let Some(from) = dark_since.take() {
                outages.push((from, at));
            }
        }
        outages.extend(dark_since.map(|from| (from, Second::MAX)));
        outages
    }
}

struct Replay<'a> {
    service: &'a Service,
    /// Notes older than this are forgotten.
    horizon: Second,
    /// The newest task of every place, as its position in the timeline.
    places: Vec<usize>,
    turns: Vec<u32>,
    /// Who began the newest deployment.
    holder: Author,
    /// What is still to be played, by its time and the order it came in.
    awaited: BTreeMap<(Second, usize), (Author, Beat)>,
    heard: usize,
    now: Second,
    timeline: Timeline,
}

impl<'a> Replay<'a> {
    /// The calm state: the deployment in force, with a task in every place.
    fn new(service: &'a Service, now: Second) -> Self {
        let first = Rollout {
            number: number(service, service.deployed),
            revision: service.revision,
            created: service.deployed,
            undoes: None,
            settled: Some(service.deployed + 90 * i64::from(service.tasks)),
            failed: None,
            by_hand: false,
        };
        let timeline = Timeline { lives: Vec::new(), rollouts: vec![first], notes: Vec::new(), wanted: service.tasks };
        let places = Vec::with_capacity(service.tasks as usize);
        let turns = vec![0; service.tasks as usize];
        let mut replay = Self {
            service,
            horizon: now - DAY,
            places,
            turns,
            holder: Author::Script,
            awaited: BTreeMap::new(),
            heard: 0,
            now,
            timeline,
        };
        for slot in 0..service.tasks {
            let created = service.deployed + 12 + 88 * i64::from(slot);
            let place = replay.begin(slot, created, Some(BOOT));
            replay.places.push(place);
        }
        replay
    }

    fn await_beat(&mut self, author: Author, beat: Beat) {
        if beat.at() <= self.now {
            self.awaited.insert((beat.at(), self.heard), (author, beat));
            self.heard += 1;
        }
    }

    fn note(&mut self, at: Second, note: Note) {
        if at >= self.horizon {
            self.timeline.notes.push((at, note));
        }
    }

    /// All is as wanted again, unless a deployment is still under way.
    fn steady(&mut self, at: Second) {
        if self.timeline.rollouts.last().is_some_and(|rollout| rollout.settled.is_some()) {
            self.note(at, Note::Steady);
        }
    }

    fn begin(&mut self, slot: u32, at: Second, boot: Option<Second>) -> usize {
        let place = self.timeline.lives.len();
        if self.turns.len() <= slot as usize {
            self.turns.resize(slot as usize + 1, 0);
        }
        let lives = &self.timeline.lives;
        // Addresses come round again after a few turns; one that is in use is passed over.
        let is_in_use = |turn: u32| {
            let mut own = lives.iter().filter(|life| life.slot == slot && !life.has_ended(at));
            own.any(|life| life.turn % TURNS == turn % TURNS)
        };
        let turn = self.turns.get_mut(slot as usize).map_or(0, |next| {
            let turn = (*next..*next + TURNS).find(|turn| !is_in_use(*turn)).unwrap_or(*next);
            *next = turn + 1;
            turn
        });
        let id = life::id(self.service, slot, at, place as u64);
        let rollout = self.timeline.rollouts.len() - 1;
        let started = boot.map(|boot| at + boot);
        self.timeline.lives.push(Life { id, slot, turn, rollout, created: at, started, sick: None, end: None });
        self.note(at, Note::Started(id));
        if let Some(started) = started.filter(|_| self.service.http) {
            self.note(started, Note::Registered);
        }
        place
    }

    fn end(&mut self, place: usize, at: Second, how: Ending) {
        let Some(life) = self.timeline.lives.get_mut(place) else { return };
        let (id, planned) =
            (life.id, !matches!(how, Ending::OutOfMemory | Ending::Exited(..) | Ending::NeverStarted(_)));
        life.end(at, how);
        if planned {
            if self.service.http {
                self.note(at, Note::Draining);
            }
            self.note(at + 2, Note::Ended(id));
        }
    }

    /// The newest task of a place, if it runs.
    fn running(&self, slot: u32, at: Second) -> Option<usize> {
        let place = *self.places.get(slot as usize)?;
        self.timeline.lives.get(place).filter(|life| life.runs(at)).map(|_| place)
    }

    fn succeed(&mut self, slot: u32, at: Second, boot: Second) {
        let next = self.begin(slot, at, Some(boot));
        if let Some(place) = self.places.get_mut(slot as usize) {
            *place = next;
        }
    }

    /// Whether a beat goes on with a deployment that somebody has put an end to.
    fn is_void(&self, author: Author, beat: &Beat) -> bool {
        let goes_on = match beat {
            Beat::Deploy { back, .. } => *back,
            Beat::Replace { .. }
            | Beat::Swap { .. }
            | Beat::Attempt { .. }
            | Beat::Settle { .. }
            | Beat::GiveUp { .. } => true,
            _ => false,
        };
        let is_given_up = match beat {
            Beat::Replace { slot, .. } | Beat::Swap { slot, .. } | Beat::Attempt { slot, .. } => {
                *slot >= self.timeline.wanted
            }
            _ => false,
        };
        (goes_on && author != self.holder) || is_given_up
    }

    fn play(&mut self, author: Author, beat: Beat) {
        if self.is_void(author, &beat) {
            return;
        }
        match beat {
            Beat::Deploy { at, revision, back } => {
                self.holder = author;
                self.deploy(at, revision, back);
            }
            Beat::Release { at, revision, undoes } => self.release(author, at, revision, undoes),
            Beat::Scale { at, desired } => self.scale(at, desired),
            Beat::Swap { at, slot, wait, boot } => {
                if let Some(place) = self.places.get(slot as usize).copied() {
                    self.end(place, at, Ending::Replaced);
                }
                self.succeed(slot, at + wait, boot);
            }
            Beat::Replace { at, slot, boot, drain } => {
                let old = self.places.get(slot as usize).copied();
                self.succeed(slot, at, boot);
                if let Some(old) = old {
                    self.end(old, at + boot + drain, Ending::Replaced);
                }
            }
            Beat::Attempt { at, slot, boot, sick, ends, how } => {
                let place = self.begin(slot, at, boot);
                if let Some(sick) = sick {
                    self.sicken(place, sick);
                }
                self.end(place, ends, how);
            }
            Beat::Sicken { at, slot } => {
                if let Some(place) = self.running(slot, at) {
                    self.sicken(place, at);
                }
            }
            Beat::Lose { at, slot, how, wait, boot } => {
                // A task that somebody has just replaced is not there to be lost.
                if let Some(place) = self.running(slot, at) {
                    self.end(place, at, how);
                    self.succeed(slot, at + wait, boot);
                    self.steady(at + wait + boot + 10);
                }
            }
            Beat::Settle { at } => {
                if let Some(rollout) = self.timeline.rollouts.last_mut() {
                    rollout.settled = Some(at);
                    let number = rollout.number;
                    self.note(at, Note::Completed(number));
                    self.note(at + 1, Note::Steady);
                }
            }
            Beat::GiveUp { at } => {
                if let Some(rollout) = self.timeline.rollouts.last_mut() {
                    rollout.failed = Some(at);
                    let number = rollout.number;
                    self.note(at, Note::Failed(number));
                }
            }
            Beat::Remark { at, text } => self.note(at, Note::Said(text)),
            Beat::Stop { at, task, reason } => self.stop(at, task, reason),
        }
    }

    fn sicken(&mut self, place: usize, at: Second) {
        if let Some(life) = self.timeline.lives.get_mut(place) {
            life.sick = Some(at);
            let id = life.id;
            self.note(at, Note::Sick(id));
        }
    }

    fn deploy(&mut self, at: Second, revision: u32, back: bool) {
        let before =
            if back { self.timeline.rollouts.iter().rposition(|rollout| rollout.failed.is_none()) } else { None };
        let undoes = before.and_then(|_| self.timeline.rollouts.last()).map(|rollout| rollout.number);
        let rollout = Rollout {
            number: number(self.service, at),
            revision,
            created: at,
            undoes,
            settled: None,
            failed: None,
            by_hand: self.holder != Author::Script,
        };
        self.timeline.rollouts.push(rollout);
        if let Some(before) = before {
            // The tasks that were there all the time belong to the deployment that brought them back.
            let newest = self.timeline.rollouts.len() - 1;
            for life in self.timeline.lives.iter_mut().filter(|life| life.rollout == before && !life.has_ended(at)) {
                life.rollout = newest;
            }
            let number = self.timeline.rollouts[before].number;
            self.note(at, Note::GoingBack(number));
        }
    }

    /// Somebody begins a deployment: what was under way is no longer, and what it had begun is taken away.
    fn release(&mut self, author: Author, at: Second, revision: u32, undoes: Option<u64>) {
        let strays: Vec<usize> = (0..self.timeline.lives.len())
            .filter(|place| !self.places.contains(place))
            .filter(|place| !self.timeline.lives[*place].has_ended(at))
            .collect();
        for place in strays {
            self.end(place, at + 6, Ending::Replaced);
        }
        let is_undo = undoes.is_some();
        if is_undo && let Some(rollout) = self.timeline.rollouts.last_mut() {
            (rollout.failed, rollout.by_hand) = (Some(at), true);
        }
        self.holder = author;
        self.deploy(at, revision, is_undo);
        let (wanted, percents) = (self.timeline.wanted, self.service.percents);
        let beats = if let Some(spoil) = rolling::spoiled(self.service, revision, at) {
            rolling::attempts(at, wanted, percents, &spoil)
        } else {
            // An undoing leaves the tasks alone that are already what it goes back to.
            let newest = self.timeline.rollouts.len() - 1;
            let is_other = |place: &usize| self.timeline.lives.get(*place).is_some_and(|life| life.rollout != newest);
            let places = (0_u32..).zip(self.places.iter().take(wanted as usize));
            let slots: Vec<u32> = places.filter(|(_, place)| is_other(place)).map(|(slot, _)| slot).collect();
            rolling::finish(&rolling::over(at, &slots, wanted, percents))
        };
        for beat in beats {
            self.await_beat(author, beat);
        }
    }

    /// Somebody wants another number of tasks: the last places go first, and new ones begin at once.
    fn scale(&mut self, at: Second, desired: u32) {
        let before = std::mem::replace(&mut self.timeline.wanted, desired);
        for slot in desired..before {
            if let Some(place) = self.places.get(slot as usize).copied() {
                let created = self.timeline.lives.get(place).map_or(at, |life| life.created);
                self.end(place, at.max(created), Ending::Replaced);
            }
        }
        for slot in before..desired {
            let place = self.begin(slot, at + NOTICE, Some(BOOT));
            match self.places.get_mut(slot as usize) {
                Some(own) => *own = place,
                None => self.places.push(place),
            }
        }
        if desired != before {
            self.steady(at + NOTICE + BOOT + 10);
        }
    }

    fn stop(&mut self, at: Second, task: u128, reason: String) {
        let Some(place) = self.timeline.lives.iter().position(|life| life.id == task) else { return };
        if self.timeline.lives[place].has_ended(at) {
            return;
        }
        self.end(place, at, Ending::Stopped(reason));
        let slot = self.timeline.lives[place].slot;
        if slot < self.timeline.wanted && self.places.get(slot as usize) == Some(&place) {
            self.succeed(slot, at + NOTICE, BOOT);
            self.steady(at + NOTICE + BOOT + 10);
        }
    }
}

/// The number of a deployment: nineteen digits, as ECS's are.
fn number(service: &Service, created: Second) -> u64 {
    1_000_000_000_000_000_000 + noise::pick(noise::at(service.seed ^ 0xdeb1, created), 8_000_000_000_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::super::fleet::muster;
    use super::*;

    fn timeline(beats: &[Beat], now: Second) -> Timeline {
        Timeline::replay(&muster(5, 1)[0], beats.to_vec(), std::iter::empty(), now)
    }

    #[test]
    fn a_lost_task_is_replaced_after_a_while() {
        let beats = [Beat::Lose { at: 0, slot: 1, how: Ending::OutOfMemory, wait: NOTICE, boot: BOOT }];
        for (now, counts) in [(-1, (3, 0)), (0, (2, 0)), (4, (2, 1)), (44, (2, 1)), (45, (3, 0))] {
            let timeline = timeline(&beats, now);
            assert_eq!((timeline.running(now), timeline.pending(now)), counts, "at {now}");
        }
    }

    #[test]
    fn a_rollout_never_has_fewer_tasks_than_wanted() {
        let mut beats = vec![Beat::Deploy { at: 0, revision: 118, back: false }];
        beats.extend((0..3).map(|slot| Beat::Replace { at: 10 + 80 * i64::from(slot), slot, boot: 40, drain: 20 }));
        beats.push(Beat::Settle { at: 300 });
        for now in -5..400 {
            assert!((3..=4).contains(&timeline(&beats, now).running(now)), "at {now}");
        }
        let done = timeline(&beats, 400);
        assert_eq!(done.primary().map(|rollout| (rollout.revision, rollout.settled)), Some((118, Some(300))));
        assert!(done.lives.iter().filter(|life| life.runs(400)).all(|life| life.rollout == 1));
    }

    #[test]
    fn a_rollback_takes_the_old_tasks_over() {
        let beats = [
            Beat::Deploy { at: 0, revision: 118, back: false },
            Beat::Attempt {
                at: 5,
                slot: 0,
                boot: Some(40),
                sick: Some(60),
                ends: 90,
                how: Ending::FailedContainerCheck,
            },
            Beat::GiveUp { at: 100 },
            Beat::Deploy { at: 101, revision: 117, back: true },
        ];
        let timeline = timeline(&beats, 200);
        assert_eq!(timeline.running(200), 3);
        assert!(timeline.lives.iter().filter(|life| life.runs(200)).all(|life| life.rollout == 2));
        assert_eq!(timeline.rollouts[2].undoes, Some(timeline.rollouts[1].number));
    }

    #[test]
    fn a_stopped_task_comes_back_as_another_one() {
        let victim = timeline(&[], 0).lives[2].id;
        let beats = [
            Beat::Stop { at: 0, task: victim, reason: "test".to_owned() },
            // Meant for the task that is no longer there.
            Beat::Lose { at: 20, slot: 2, how: Ending::OutOfMemory, wait: NOTICE, boot: BOOT },
        ];
        assert_eq!(timeline(&beats, 0).running(0), 2);
        let after = timeline(&beats, 60);
        assert_eq!((after.running(60), after.lives.len()), (3, 4));
        assert!(after.lives.iter().filter(|life| life.runs(60)).all(|life| life.id != victim));
    }

    #[test]
    fn outages_are_the_spans_without_any_task() {
        let fleet = muster(5, 1);
        let beats = vec![Beat::Lose { at: 0, slot: 0, how: Ending::Exited(2, None), wait: 4, boot: 41 }];
        assert_eq!(Timeline::replay(&fleet[4], beats.clone(), std::iter::empty(), 10).outages(), [(0, 45)]);
        assert_eq!(Timeline::replay(&fleet[0], beats, std::iter::empty(), 10).outages(), []);
    }
}

//! For tests of the runbooks' screens: a model that looks at a simulated incident, and checks that answer.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::{self, GateState, Outcome, Progress};
use crate::engine::{self, Clock, Station, runs};
use crate::keymap::{Code, Key, Keymap};
use crate::runbook::Library;
use crate::sim::{EPOCH, Plan, Scenario, World};

use super::{Effect, Model, Msg, Setup, Surroundings, change_sample, update};

/// A simulated incident that stands still, and a model that looks at it.
pub(crate) struct Scene {
    /// The model.
    pub(crate) model: Model,
    station: Station,
    runtime: tokio::runtime::Runtime,
}

impl Scene {
    /// The incident at its beginning.
    pub(crate) fn new(scenario: Scenario, size: (u16, u16)) -> Self {
        let world = Arc::new(World::new(Plan { scenario, services: 5, seed: 1 }));
        let mut station = Station::simulated(&world, 0.0, &[]).unwrap();
        station.clock = Clock::simulated(EPOCH, 0.0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let snapshot = runtime.block_on(engine::once(&station, Duration::from_secs(10)));
        let surroundings = Surroundings {
            context: snapshot.context.clone(),
            policy: station.setting.policy.clone(),
            sources: Vec::new(),
            ..Surroundings::default()
        };
        let setup = Setup {
            surroundings,
            keymap: Keymap::default(),
            theme_name: "dark".to_owned(),
            theme_names: Vec::new(),
            context_names: vec!["demo".to_owned()],
            zone: TimeZone::UTC,
            size,
            notices: Vec::new(),
        };
        let model = Model::new(setup).with_runbooks(&Library::load(None));
        let mut scene = Self { model, station, runtime };
        scene.tell(Msg::Snapshot(Arc::new(snapshot)));
        scene.tell(Msg::Gate(GateState::Open));
        scene
    }

    /// The moment it stands still at.
    pub(crate) const fn now() -> Timestamp {
        EPOCH
    }

    /// Hands the model a message.
    pub(crate) fn tell(&mut self, message: Msg) -> Vec<Effect> {
        update(&mut self.model, message, Self::now())
    }

    /// Presses keys; what they ask for is handed back.
    pub(crate) fn press(&mut self, keys: &str) -> Vec<Effect> {
        let key = |name: &str| match name {
            "enter" => Key::plain(Code::Enter),
            "esc" => Key::plain(Code::Esc),
            "down" => Key::plain(Code::Down),
            "up" => Key::plain(Code::Up),
            name => Key::char(name.chars().next().unwrap()),
        };
        keys.split_whitespace().flat_map(|name| self.tell(Msg::Key(key(name)))).collect()
    }

    /// Lets the checks among these effects answer, and those that follow from them; what else was asked is handed back.
    pub(crate) fn answer(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut open = effects;
        let mut others = Vec::new();
        while let Some(effect) = open.pop() {
            let Effect::Probe { run, question, snapshot } = effect else {
                others.push(effect);
                continue;
            };
            let asked = runs::ask(&*self.station.prober, &question.check, &snapshot, EPOCH, question.timeout);
            let mut result = self.runtime.block_on(asked);
            result.took = Duration::from_millis(1);
            open.extend(self.tell(Msg::Answered { run, step: question.step, result: Box::new(result) }));
        }
        others
    }

    /// Confirms the change that waits under the cursor; gives its plan.
    pub(crate) fn confirm(&mut self) -> Arc<domain::Plan> {
        let effects = self.press("enter");
        let [Effect::Plan { ask, change, .. }] = &effects[..] else { panic!("{effects:?}") };
        let sample = change_sample::restart("demo", false, change.service().unwrap(), Self::now());
        let plan = Arc::new(domain::Plan { change: change.clone(), ..sample });
        self.tell(Msg::Planned { ask: *ask, answer: Ok(Arc::clone(&plan)) });
        let effects = self.press("y");
        assert!(effects.iter().any(|effect| matches!(effect, Effect::CarryOut { .. })), "{effects:?}");
        plan
    }

    /// News of a change.
    pub(crate) fn progress(plan: &domain::Plan, outcome: Option<Outcome>) -> Msg {
        let (plan, at) = (plan.id.clone(), Self::now());
        Msg::Progress(Box::new(Progress { plan, began: at, at, stages: Vec::new(), remarks: Vec::new(), outcome }))
    }

    /// A change came to its good end; what is asked then is handed back.
    pub(crate) fn verified(&mut self, plan: &domain::Plan) -> Vec<Effect> {
        self.tell(Self::progress(plan, Some(Outcome::Verified)))
    }
}

//! The simulated fleet at the epoch, read once, and a console that looks at it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jiff::tz::TimeZone;
use rounds::app::{self, Effect, Model, Msg, Setup};
use rounds::assess::Facts;
use rounds::domain::{Reading, Snapshot, SourceKind};
use rounds::engine::{self, Station};
use rounds::keymap::{Code, Key, Keymap};
use rounds::shell;
use rounds::sim::{EPOCH, Plan, Scenario, World};
use rounds::source::Ask;
use tokio::runtime::{Builder, Runtime};

/// Services of the fleets that are measured, beside the monitoring stack's own.
pub(crate) const SIZES: [usize; 2] = [5, 5_000];

/// Longer than any look at a simulated fleet takes.
const PATIENCE: Duration = Duration::from_secs(60);

static FLEETS: LazyLock<[Fleet; 2]> = LazyLock::new(|| SIZES.map(Fleet::new));

/// A fleet, what its sources say at the epoch, and what that means.
pub(crate) struct Fleet {
    pub(crate) station: Station,
    pub(crate) snapshot: Arc<Snapshot>,
    runtime: Runtime,
}

/// One of the fleets of [`SIZES`], made once.
pub(crate) fn fleet(services: usize) -> &'static Fleet {
    let place = SIZES.iter().position(|size| *size == services);
    &FLEETS[place.expect("a size of SIZES")]
}

impl Fleet {
    /// A fleet on a mixed bad day.
    pub(crate) fn new(services: usize) -> Self {
        let world = World::new(Plan { scenario: Scenario::MixedBadDay, services, seed: 1 });
        let station = Station::simulated(&Arc::new(world), 1.0, &[]).expect("no glob to refuse");
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let snapshot = runtime.block_on(engine::once(&station, PATIENCE)).into();
        Self { station, snapshot, runtime }
    }

    /// One look at everything: every source read, the answers judged.
    pub(crate) fn look(&self) -> Snapshot {
        self.runtime.block_on(engine::once(&self.station, PATIENCE))
    }

    /// What a source says at the epoch; nothing where the scenario has it fail.
    pub(crate) fn read(&self, kind: SourceKind) -> Option<Reading> {
        let post = self.station.posts.iter().find(|post| post.source.kind() == kind)?;
        let wanted = self.snapshot.services.iter().map(|service| service.id.clone()).collect();
        let ask = Ask { now: EPOCH, within: PATIENCE, wanted };
        self.runtime.block_on(post.source.read(&ask)).ok()
    }

    /// What all of them say.
    pub(crate) fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        for reading in SourceKind::ALL.into_iter().filter_map(|kind| self.read(kind)) {
            facts.take(reading, EPOCH);
        }
        facts
    }

    /// A console of this size on the overview.
    pub(crate) fn console(&self, size: (u16, u16)) -> Model {
        let mut model = Model::new(Setup {
            surroundings: shell::surroundings(&self.station),
            keymap: Keymap::default(),
            theme_name: "dark".to_owned(),
            theme_names: vec!["dark".to_owned()],
            context_names: vec!["demo".to_owned()],
            zone: TimeZone::UTC,
            size,
            notices: Vec::new(),
        });
        app::update(&mut model, Msg::Snapshot(Arc::clone(&self.snapshot)), EPOCH);
        model
    }

    /// Presses a key; charts that are asked for arrive.
    pub(crate) fn press(&self, model: &mut Model, key: Key) {
        for effect in app::update(model, Msg::Key(key), EPOCH) {
            let Effect::LoadChart(ask) = effect else { continue };
            for post in self.station.posts.iter().filter(|post| post.source.kind() == SourceKind::Prometheus) {
                let chart = self.runtime.block_on(post.source.chart(&ask, EPOCH));
                let answer = chart.map(Arc::new).map_err(|error| (ask.clone(), error));
                app::update(model, Msg::Chart(answer), EPOCH);
            }
        }
    }
}

/// A key without modifiers, as a person names it.
pub(crate) fn key(name: &str) -> Key {
    match name {
        "enter" => Key::plain(Code::Enter),
        _ => Key::char(name.chars().next().expect("a key has a name")),
    }
}

//! From the command line, the environment and the file to something that can be looked at.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::args::Cli;
use super::environment::Environment;
use super::failure::Failure;
use crate::config::{self, Context, Mouse, Overrides, Refused, Settings, Ui};
use crate::domain::{Checkup, CheckupState};
use crate::engine::Station;
use crate::exec::journal::Journal;
use crate::exec::{self, Outfit};
use crate::shell::Opener;
use crate::sim::{Plan, World};
use crate::theme::Depth;

/// Said where there is no configuration file.
const NO_FILE: &str = "there is no configuration file: `rounds config sample` prints one to begin with, `rounds demo` \
                       shows everything on a simulated fleet";

/// What is looked at, and how it is shown.
pub struct Opened {
    /// What is looked at.
    pub station: Station,
    /// How the console looks and listens.
    pub look: Look,
    /// Whether only ASCII is drawn, where the configuration says so.
    pub ascii: Option<bool>,
    /// The zone of clock times.
    pub zone: TimeZone,
    /// Every context there is.
    pub contexts: Vec<String>,
    /// Opens another of them.
    pub open_context: Opener,
    /// What is not as asked for, to be said on the screen or on standard error.
    pub warnings: Vec<String>,
    /// What the configuration itself has to say to the doctor.
    pub checkups: Vec<Checkup>,
}

/// How the console looks and listens.
pub struct Look {
    /// The theme's name or path.
    pub theme: String,
    /// The keymap's name or path.
    pub keymap: String,
    /// Where the user's themes are.
    pub themes_dir: Option<PathBuf>,
    /// Where the user's keymaps are.
    pub keymaps_dir: Option<PathBuf>,
    /// Colours the terminal has.
    pub depth: Depth,
    /// Whether the mouse is listened to.
    pub mouse: bool,
}

/// The settings in force: the file's, or a bare AWS context where there is no file.
pub fn settings(cli: &Cli, environment: &Environment) -> Result<Settings, Failure> {
    load(cli, environment).map_err(|error| Failure::refused(&error))
}

fn load(cli: &Cli, environment: &Environment) -> Result<Settings, Refused> {
    config::load(&config::Sources { file: cli.context.config.clone(), env: environment.reader() })
}

/// The context named, opened; or the simulated fleet, where that is asked for.
pub fn station(cli: &Cli, environment: &Environment) -> Result<Opened, Failure> {
    if let Some(scenario) = cli.context.demo {
        let world = World::new(Plan { scenario, seed: cli.context.demo_seed, ..Plan::default() });
        // One look is at one moment, so that two of them are alike to the last digit.
        let speed = if cli.once.once { 0.0 } else { cli.context.demo_speed };
        let station = Station::simulated(&Arc::new(world), speed, &cli.context.services).map_err(Failure::new)?;
        let station = station.equipped(outfit(cli, environment, true));
        return look_only(cli, environment, station);
    }
    let settings = settings(cli, environment)?.or_bare(&overrides(cli), environment.reader());
    let overrides = overrides(cli);
    let chosen = context(&settings, &overrides, cli.context.context.as_deref());
    let outfit = outfit(cli, environment, false);
    let mut station = Station::open(&chosen.map_err(|error| Failure::refused(&error))?).map_err(Failure::new)?;
    station = station.equipped(outfit.clone());
    if settings.file.is_none() {
        station.setting.notes.push(NO_FILE.to_owned());
    }
    let mut opened = opened(cli, environment, &settings, station)?;
    opened.open_context = Box::new(move |name| {
        let chosen = context(&settings, &overrides, Some(name)).map_err(|error| error.brief())?;
        Ok(Station::open(&chosen)?.equipped(outfit.clone()))
    });
    Ok(opened)
}

/// How AWS is reached for the context named; nothing where it has none, or is simulated.
pub fn aws(cli: &Cli, environment: &Environment) -> Result<Option<config::Aws>, Failure> {
    if cli.context.demo.is_some() {
        return Ok(None);
    }
    let overrides = overrides(cli);
    let settings = settings(cli, environment)?.or_bare(&overrides, environment.reader());
    let chosen = context(&settings, &overrides, cli.context.context.as_deref());
    Ok(chosen.map_err(|error| Failure::refused(&error))?.aws)
}

/// What changes need of this process: where they are written down, who makes them, and whether they are taken away.
pub fn outfit(cli: &Cli, environment: &Environment, is_demo: bool) -> Outfit {
    let folder = config::paths::state(environment.reader());
    let journal = match folder {
        folder if is_demo => Journal::simulated(folder),
        Some(folder) => Journal::at(folder),
        None => Journal::missing("there is no home to keep it in"),
    };
    let is_set = |value: &String| !matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off");
    let by_environment = environment.get("ROUNDS_READ_ONLY").filter(is_set).map(|_| "ROUNDS_READ_ONLY".to_owned());
    let forbidden_by = cli.context.read_only.then(|| "--read-only".to_owned()).or(by_environment);
    Outfit { journal, who: exec::here(environment.reader()), forbidden_by }
}

/// A context of the settings, under the command line's overrides.
fn context(settings: &Settings, overrides: &Overrides, name: Option<&str>) -> Result<Context, Refused> {
    overrides.apply(settings.choose(name, None)?.clone())
}

/// Everything but the context, for the simulated fleet. A broken file does not keep the demo from running, and is said.
pub fn look_only(cli: &Cli, environment: &Environment, station: Station) -> Result<Opened, Failure> {
    let (settings, warnings) = match settings(cli, environment) {
        Ok(settings) => (settings, Vec::new()),
        Err(refused) => {
            (Settings::empty(), vec![format!("the configuration is refused, using defaults: {}", refused.what)])
        }
    };
    let mut opened = opened(cli, environment, &settings, station)?;
    opened.warnings = warnings;
    opened.contexts = vec![opened.station.setting.context.name.clone()];
    Ok(opened)
}

fn opened(cli: &Cli, environment: &Environment, settings: &Settings, station: Station) -> Result<Opened, Failure> {
    Ok(Opened {
        look: look(cli, environment, &settings.ui),
        ascii: settings.ui.ascii,
        zone: zone(&settings.ui)?,
        contexts: settings.contexts.keys().cloned().collect(),
        open_context: Box::new(|name| Err(format!("there is no context {name} here"))),
        warnings: Vec::new(),
        checkups: vec![checkup(settings, &station)],
        station,
    })
}

/// How the console looks and listens: flags before the file.
pub fn look(cli: &Cli, environment: &Environment, ui: &Ui) -> Look {
    Look {
        theme: cli.look.theme.clone().unwrap_or_else(|| ui.theme.clone()),
        keymap: cli.look.keymap.clone().unwrap_or_else(|| ui.keymap.clone()),
        themes_dir: config::paths::themes(environment.reader()),
        keymaps_dir: config::paths::keymaps(environment.reader()),
        depth: Depth::detect(environment.reader()),
        mouse: cli.look.mouse
            || match ui.mouse {
                Mouse::On => true,
                Mouse::Auto => !environment.is_remote(),
                Mouse::Off => false,
            },
    }
}

fn zone(ui: &Ui) -> Result<TimeZone, Failure> {
    match &ui.time_zone {
        None => Ok(TimeZone::try_system().unwrap_or(TimeZone::UTC)),
        Some(name) => TimeZone::get(name).map_err(|error| Failure::new(format!("time_zone {name}: {error}"))),
    }
}

fn overrides(cli: &Cli) -> Overrides {
    Overrides {
        profile: cli.context.profile.clone(),
        region: cli.context.region.clone(),
        clusters: cli.context.clusters.clone(),
        services: cli.context.services.clone(),
        endpoint_url: None,
    }
}

fn checkup(settings: &Settings, station: &Station) -> Checkup {
    let context = &station.setting.context.name;
    let (state, detail, next_step) = if let Some(file) = &settings.file {
        (CheckupState::Pass, format!("{}, context {context}", file.display()), None)
    } else {
        let next = "rounds config sample > ~/.config/rounds/config.toml, to add Prometheus, Alertmanager and Grafana";
        (CheckupState::Pass, "no file: AWS alone".to_owned(), Some(next.to_owned()))
    };
    Checkup { group: "configuration".to_owned(), name: "file".to_owned(), state, detail, took: None, next_step }
}

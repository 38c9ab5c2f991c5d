//! `rounds demo`: everything, on a simulated fleet.

use std::sync::Arc;

use super::args::{Cli, DemoArgs};
use super::environment::Environment;
use super::failure::Failure;
use super::{console, once, setup};
use crate::engine::Station;
use crate::sim::{Plan, World};

/// Opens the console on the simulated fleet, or looks at it once.
pub fn run(cli: &Cli, args: &DemoArgs, environment: &Environment) -> Result<u8, Failure> {
    let world = World::new(Plan { scenario: args.scenario, services: args.fleet as usize, seed: args.seed });
    // One look is at one moment, so that two of them are alike to the last digit.
    let speed = if cli.once.once { 0.0 } else { args.speed };
    let station = Station::simulated(&Arc::new(world), speed, &cli.context.services).map_err(Failure::new)?;
    let station = station.equipped(setup::outfit(cli, environment, true));
    let opened = setup::look_only(cli, environment, station)?;
    if cli.once.once { once::run(cli, environment, &opened) } else { console::run(cli, environment, opened) }
}

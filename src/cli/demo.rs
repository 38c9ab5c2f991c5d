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
    let station = Station::simulated(&Arc::new(world), args.speed, &cli.context.services).map_err(Failure::new)?;
    let opened = setup::look_only(cli, environment, station)?;
    if cli.once.once { once::run(cli, environment, &opened) } else { console::run(cli, environment, opened) }
}

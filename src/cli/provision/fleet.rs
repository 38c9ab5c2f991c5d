//! `rounds provision fleet`: the simulated fleet as scrape targets.

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use super::args::FleetArgs;
use crate::cli::failure::Failure;
use crate::cli::runtime;
use crate::provision::{self, Variables};
use crate::sim::{Exporter, Plan};
use crate::stack::{self, Fleet, StackError};

/// Serves until it is told to end.
pub fn run(args: &FleetArgs) -> Result<u8, Failure> {
    let refused = |error: StackError| Failure::from(error);
    let variables = Variables::example().map_err(|error| refused(error.into()))?;
    let collected = provision::collected(&variables).map_err(|error| refused(error.into()))?;
    let plan = Plan { scenario: args.scenario, services: args.fleet as usize, seed: args.seed };
    let began = args.began.unwrap_or_else(Timestamp::now);
    let fleet = Fleet {
        exporter: Exporter::new(plan, began, args.history).collecting(collected),
        port: args.port,
        exporter_port: args.exporter_port,
        grafana_port: args.grafana_port,
        told: args.told.clone(),
        clock: Timestamp::now,
    };
    runtime()?.block_on(async { stack::serve(fleet, ended()?).await.map_err(refused) })?;
    Ok(0)
}

/// Ends with Ctrl-C or a signal to end.
pub(super) fn ended() -> Result<impl Future<Output = ()>, Failure> {
    let listen = |kind| signal(kind).map_err(|why| Failure::new(format!("cannot listen to signals: {why}")));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

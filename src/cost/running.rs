//! The bill of what runs: every service's tasks, as their definitions size them.

use super::stack::Desk;
use super::{Architecture, FargateSize, Prices};
use crate::domain::{Bill, ServiceHealth, Snapshot};

/// What the Fargate tasks of every service cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunningBill {
    /// Of the stack's own services.
    pub stack: Bill,
    /// Of the services it watches.
    pub services: Bill,
    /// Services that cannot be priced, and why.
    pub unpriced: Vec<(String, String)>,
}

/// Prices the desired tasks of every service of a snapshot. What they run on is not part of a snapshot: it is taken to be
/// `architecture`.
///
/// # Errors
/// An item without a price in that region.
pub fn of_snapshot(
    snapshot: &Snapshot,
    architecture: Architecture,
    hours: f64,
    prices: &Prices,
) -> Result<RunningBill, String> {
    let (mut stack, mut services) = (Desk { prices, lines: Vec::new() }, Desk { prices, lines: Vec::new() });
    let mut unpriced = Vec::new();
    for service in &snapshot.services {
        match size(service) {
            Ok((size, tasks)) => {
                let desk = if service.is_stack { &mut stack } else { &mut services };
                desk.fargate(&service.id.to_string(), size, tasks, architecture, hours, None)?;
            }
            Err(why) => unpriced.push((service.id.to_string(), why)),
        }
    }
    Ok(RunningBill { stack: Bill { lines: stack.lines }, services: Bill { lines: services.lines }, unpriced })
}

fn size(service: &ServiceHealth) -> Result<(FargateSize, u32), String> {
    let ecs = service.ecs.as_ref().ok_or("ECS was not read")?;
    if !ecs.launch.to_ascii_uppercase().contains("FARGATE") {
        return Err(format!("runs on {}, which is paid by instance", ecs.launch));
    }
    let definition = service.definition.as_ref().ok_or("its task definition was not read")?;
    let size = definition.cpu.as_deref().zip(definition.memory.as_deref());
    let size = size.and_then(|(cpu, memory)| FargateSize::of_definition(cpu, memory));
    size.map(|size| (size, ecs.desired)).ok_or_else(|| format!("{} has no size", definition.name))
}

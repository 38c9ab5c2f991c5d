//! The bill of what runs: every service's tasks, as their definitions size them.

use super::desk::Desk;
use super::stack::Component;
use super::{Architecture, FargateSize, Prices};
use crate::domain::{Basis, Bill, ServiceHealth, Snapshot};

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

/// Prices the desired tasks of every service of a snapshot.
///
/// # Errors
/// An item without a price in that region.
pub fn of_snapshot(snapshot: &Snapshot, hours: f64, prices: &Prices) -> Result<RunningBill, String> {
    let (mut stack, mut services) = (Desk::new(prices, Basis::Runs), Desk::new(prices, Basis::Runs));
    let mut unpriced = Vec::new();
    for service in &snapshot.services {
        match component(service) {
            Ok(Component { name, size, tasks, architecture, note, .. }) => {
                let desk = if service.is_stack { &mut stack } else { &mut services };
                desk.fargate(&name, size, tasks, architecture.unwrap_or_default(), hours, note)?;
            }
            Err(why) => unpriced.push((service.id.to_string(), why)),
        }
    }
    let mut services = services.bill();
    // What costs most first; in the order of the snapshot, lines would move with every verdict.
    services.lines.sort_by(|one, other| other.high.cmp(&one.high).then_with(|| one.component.cmp(&other.component)));
    Ok(RunningBill { stack: stack.bill(), services, unpriced })
}

/// What a service runs.
///
/// # Errors
/// What keeps it from being priced.
pub(super) fn component(service: &ServiceHealth) -> Result<Component, String> {
    let ecs = service.ecs.as_ref().ok_or("ECS was not read")?;
    let launch = ecs.launch.to_ascii_uppercase();
    if !launch.contains("FARGATE") {
        let on = if launch.is_empty() { "what ECS does not say" } else { ecs.launch.as_str() };
        return Err(format!("runs on {on}, which is not paid by task"));
    }
    let definition = service.definition.as_ref().ok_or("its task definition was not read")?;
    let size = definition.cpu.as_deref().zip(definition.memory.as_deref());
    let size = size.and_then(|(cpu, memory)| FargateSize::of_definition(cpu, memory));
    let size = size.ok_or_else(|| format!("{} has no size", definition.name))?;
    let is_arm = definition.architecture.as_deref().is_some_and(|word| word.eq_ignore_ascii_case("ARM64"));
    Ok(Component {
        name: service.id.to_string(),
        size,
        tasks: ecs.desired,
        architecture: Some(if is_arm { Architecture::Arm64 } else { Architecture::X86 }),
        basis: Basis::Runs,
        note: launch.contains("FARGATE_SPOT").then(|| SPOT.to_owned()),
    })
}

/// What is said of tasks on Fargate Spot: its price changes, so no table has it.
pub(super) const SPOT: &str = "at most: what runs on FARGATE_SPOT costs less, at a price that changes";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Table;
    use super::super::sample::{definition, service, snapshot};
    use super::*;

    #[test]
    fn what_runs_is_priced_by_what_it_runs_on_and_nothing_is_left_out() {
        let of = |launch: &str, desired, architecture: Option<&str>, cpu: Option<&str>| {
            let mut definition = definition("512", "1024");
            definition.architecture = architecture.map(str::to_owned);
            definition.cpu = cpu.map(str::to_owned);
            let mut service = service("api", desired, definition);
            launch.clone_into(&mut Arc::make_mut(service.ecs.as_mut().unwrap()).launch);
            let table = Table::shipped();
            of_snapshot(&snapshot(vec![service]), 730.0, table.region("us-east-1").unwrap()).unwrap()
        };
        let line = |bill: &RunningBill| {
            let line = bill.services.lines.first()?;
            Some((line.item.clone(), line.low.to_string()))
        };
        let half = |on: &str, amount: &str| Some((format!("Fargate {on}, 0.5 vCPU, 1 GB"), amount.to_owned()));
        assert_eq!(line(&of("FARGATE", 2, None, Some("512"))), half("x86", "36.05"));
        assert_eq!(line(&of("FARGATE", 2, Some("ARM64"), Some("512"))), half("arm64", "28.84"));
        assert_eq!(line(&of("FARGATE", 0, None, Some("512"))), half("x86", "0.00"), "stopped, not forgotten");
        assert_eq!(of("FARGATE_SPOT", 1, None, Some("512")).services.lines[0].note.as_deref(), Some(SPOT));
        for (launch, cpu, why) in
            [("EC2", Some("512"), "runs on EC2"), ("", Some("512"), "does not say"), ("FARGATE", None, "no size")]
        {
            let bill = of(launch, 1, None, cpu);
            assert!(bill.services.lines.is_empty() && bill.unpriced[0].1.contains(why), "{launch}: {bill:?}");
        }
    }
}

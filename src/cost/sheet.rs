//! What a context costs as it runs, and what it would cost if something were different.

use super::running::component;
use super::stack::prometheus_size;
use super::{Architecture, FargateSize, Growth, Inputs, Preset, RunningBill, Table};
use super::{alternative::cloudwatch_only, growth, of_snapshot, stack};
use crate::domain::{Basis, Bill, Ingest, Money, Snapshot};

/// The region priced where a context has none.
pub const HOME: &str = "ap-northeast-2";

/// Services assumed where nobody has counted them: what the team's plan is for.
pub const USUAL: u32 = 5;

/// Services watched, as one would ask what it costs.
const SERVICES: [u32; 3] = [5, 10, 20];

/// Days that Prometheus keeps samples.
const RETENTIONS: [f64; 4] = [7.0, 15.0, 30.0, 90.0];

/// What Prometheus' task has.
const SIZES: [FargateSize; 5] = [
    FargateSize::new(0.5, 1.0),
    FargateSize::new(1.0, 2.0),
    FargateSize::new(2.0, 4.0),
    FargateSize::new(2.0, 8.0),
    FargateSize::new(4.0, 16.0),
];

/// What is different from what runs; what is `None` is as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WhatIf {
    /// Services watched.
    pub services: Option<u32>,
    /// Days that Prometheus keeps samples.
    pub retention_days: Option<f64>,
    /// What Prometheus' task has.
    pub size: Option<FargateSize>,
    /// What the stack's tasks run on.
    pub architecture: Option<Architecture>,
    /// The region that prices are of.
    pub region: Option<String>,
}

impl WhatIf {
    /// Whether anything is different.
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }

    /// The next number of services, and after the last as it is.
    pub fn step_services(&mut self, sheet: &Sheet) {
        self.services = next(&SERVICES, self.services, &sheet.as_it_is.services);
    }

    /// The next retention, and after the last as it is.
    pub fn step_retention(&mut self, sheet: &Sheet) {
        self.retention_days = next(&RETENTIONS, self.retention_days, &sheet.as_it_is.retention_days);
    }

    /// The next size of Prometheus, and after the last as it is.
    pub fn step_size(&mut self, sheet: &Sheet) {
        let now = sheet.as_it_is.size.unwrap_or(FargateSize::new(0.0, 0.0));
        self.size = next(&SIZES, self.size, &now);
    }

    /// The other architecture, and then as it is.
    pub fn step_architecture(&mut self, sheet: &Sheet) {
        let both = [Architecture::Arm64, Architecture::X86];
        self.architecture = match sheet.as_it_is.architecture {
            Some(now) => next(&both, self.architecture, &now),
            // Some run on one and some on the other: all on one of them is a change.
            None => after(&both, self.architecture),
        };
    }

    /// The next region of a table, and after the last as it is.
    pub fn step_region(&mut self, table: &Table, home: &str) {
        let regions: Vec<String> = table.regions().map(str::to_owned).collect();
        self.region = next(&regions, self.region.take(), &home.to_owned());
    }
}

/// The one after `now`, leaving out what is so already.
fn next<T: Clone + PartialEq>(all: &[T], now: Option<T>, as_it_is: &T) -> Option<T> {
    let others: Vec<T> = all.iter().filter(|one| *one != as_it_is).cloned().collect();
    after(&others, now)
}

fn after<T: Clone + PartialEq>(all: &[T], now: Option<T>) -> Option<T> {
    let from = match now {
        None => 0,
        Some(now) => all.iter().position(|one| *one == now).map_or(0, |at| at + 1),
    };
    all.get(from).cloned()
}

/// What the stack is made for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scope {
    /// Services watched.
    pub services: u32,
    /// Where that number is from.
    pub counted: Basis,
    /// Days that Prometheus keeps samples.
    pub retention_days: f64,
    /// What Prometheus' task has, where one is known.
    pub size: Option<FargateSize>,
    /// What the stack's tasks run on, where that is the same for all.
    pub architecture: Option<Architecture>,
}

/// What a context costs a month.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The region that prices are of.
    pub region: String,
    /// The day they were looked up.
    pub as_of: String,
    /// What the stack is for as it runs.
    pub as_it_is: Scope,
    /// What it is reckoned for.
    pub reckoned: Scope,
    /// The stack's bill.
    pub stack: Bill,
    /// The stack's total as it runs, where something is different.
    pub now: Option<(Money, Money)>,
    /// What the services it watches cost themselves, as they run.
    pub services: Bill,
    /// Services that cannot be priced, and why.
    pub unpriced: Vec<(String, String)>,
    /// Watching the same with CloudWatch alone.
    pub alternative: Bill,
    /// How storage grows, where that was measured.
    pub growth: Option<Growth>,
    /// Things to know.
    pub notes: Vec<String>,
}

impl Sheet {
    /// What the stack costs for each service it watches.
    pub fn for_each(&self) -> (Money, Money) {
        let (low, high) = self.stack.total();
        (low.shared_by(self.reckoned.services), high.shared_by(self.reckoned.services))
    }
}

/// Reckons a sheet. What runs is taken from the snapshot; what is taken in, from Prometheus where it was asked; the rest
/// is assumed, and every line says which.
///
/// # Errors
/// No prices of the region, or of an item in it.
pub fn sheet(snapshot: &Snapshot, ingest: Option<&Ingest>, what_if: &WhatIf, table: &Table) -> Result<Sheet, String> {
    let (region, is_known) = match (&what_if.region, &snapshot.context.region) {
        (Some(region), _) | (None, Some(region)) => (region.as_str(), true),
        (None, None) => (HOME, false),
    };
    let prices = table.region(region)?;
    let as_it_is = inputs(snapshot, ingest, &WhatIf::default());
    let reckoned = inputs(snapshot, ingest, what_if);
    let RunningBill { services, unpriced, .. } = of_snapshot(snapshot, reckoned.hours, prices)?;
    let mut notes = Vec::new();
    if !is_known {
        notes.push(format!("the context has no AWS region: {HOME} is assumed"));
    }
    if as_it_is.counted != Basis::Runs {
        notes.push(format!("no service is seen: {USUAL} are assumed"));
    }
    if !reckoned.components.iter().any(|component| component.basis == Basis::Runs) {
        notes.push("no task of the stack is seen to run: they are assumed as the module has them".to_owned());
    }
    notes.extend(reckoned.components.iter().filter_map(|component| component.size.missing()));
    let stack = stack::bill(&reckoned, prices)?;
    Ok(Sheet {
        region: prices.region.clone(),
        as_of: prices.as_of.clone(),
        as_it_is: scope(&as_it_is),
        reckoned: scope(&reckoned),
        now: if what_if.is_any() { Some(now(snapshot, &as_it_is, table, &stack)?) } else { None },
        services,
        unpriced,
        alternative: cloudwatch_only(Preset::Module, reckoned.services, prices)?,
        growth: reckoned.growth,
        notes,
        stack,
    })
}

/// The total as it is, in the region it is in; where that has no prices, nothing differs that could be told.
fn now(snapshot: &Snapshot, inputs: &Inputs, table: &Table, other: &Bill) -> Result<(Money, Money), String> {
    match table.region(snapshot.context.region.as_deref().unwrap_or(HOME)) {
        Ok(prices) => stack::bill(inputs, prices).map(|bill| bill.total()),
        Err(_) => Ok(other.total()),
    }
}

fn scope(inputs: &Inputs) -> Scope {
    let mut on = inputs.components.iter().map(|component| component.architecture.unwrap_or(inputs.architecture));
    let first = on.next();
    Scope {
        services: inputs.services,
        counted: inputs.counted,
        retention_days: inputs.retention_days,
        size: inputs.components.iter().find(|component| is_prometheus(&component.name)).map(|component| component.size),
        architecture: first.filter(|first| on.all(|other| other == *first)),
    }
}

pub(super) fn is_prometheus(name: &str) -> bool {
    name.contains("prometheus") && !name.contains("exporter")
}

/// What a bill of the stack is made for, as far as a snapshot tells.
fn inputs(snapshot: &Snapshot, ingest: Option<&Ingest>, what_if: &WhatIf) -> Inputs {
    let watched = snapshot.services.iter().filter(|service| !service.is_stack).count();
    // Where none is seen, nobody knows how many there are: that is not none.
    let is_seen = watched > 0;
    let watched = if is_seen { u32::try_from(watched).unwrap_or(u32::MAX) } else { USUAL };
    let services = what_if.services.unwrap_or(watched);
    let mut inputs = Inputs::new(Preset::Module, services);
    inputs.counted = if is_seen && services == watched { Basis::Runs } else { Basis::Assumed };
    let own = snapshot.services.iter().filter(|service| service.is_stack);
    let runs: Vec<_> = own
        .filter_map(|service| {
            let mut part = component(service).ok()?;
            part.name.clone_from(&service.id.name);
            Some(part)
        })
        .collect();
    if !runs.is_empty() {
        inputs.components = runs;
    }
    for part in &mut inputs.components {
        if let Some(architecture) = what_if.architecture {
            part.basis = if part.architecture == Some(architecture) { part.basis } else { Basis::Assumed };
            part.architecture = Some(architecture);
        }
    }
    if let Some(prometheus) = inputs.components.iter_mut().find(|part| is_prometheus(&part.name)) {
        // What runs is enough for what it watches; more services want what the plan foresees for them.
        let wanted = prometheus_size(services).least_at_least();
        let is_short = wanted.vcpu > prometheus.size.vcpu || wanted.memory > prometheus.size.memory;
        let size = what_if.size.or((services > watched && is_short).then_some(wanted));
        if let Some(size) = size.filter(|size| *size != prometheus.size) {
            prometheus.size = size;
            prometheus.basis = Basis::Assumed;
        }
    }
    if let Some(days) = what_if.retention_days {
        inputs.retention_days = days;
    }
    inputs.growth = ingest.map(|ingest| {
        // More services send more samples.
        let samples_per_second = ingest.samples_per_second * f64::from(services) / f64::from(watched);
        growth(&Ingest { samples_per_second, ..*ingest }, inputs.retention_days)
    });
    inputs
}

#[cfg(test)]
mod tests {
    use super::super::sample::{definition, service, snapshot};
    use super::*;

    type Step = fn(&mut WhatIf, &Sheet, &Table);

    fn running() -> Snapshot {
        let mut services: Vec<_> =
            (0..5).map(|at| service(&format!("api-{at}"), 2, definition("512", "1024"))).collect();
        for (name, cpu, memory) in [("prometheus", "1024", "2048"), ("grafana", "512", "1024")] {
            let mut own = service(name, 1, definition(cpu, memory));
            own.is_stack = true;
            services.push(own);
        }
        snapshot(services)
    }

    fn reckon(snapshot: &Snapshot, ingest: Option<&Ingest>, what_if: &WhatIf) -> Sheet {
        sheet(snapshot, ingest, what_if, &Table::shipped()).unwrap()
    }

    #[test]
    fn a_sheet_is_about_what_runs_and_says_what_it_assumes() {
        let sheet = reckon(&running(), None, &WhatIf::default());
        assert_eq!((sheet.reckoned.services, sheet.services.lines.len()), (5, 5));
        let basis = |component: &str| sheet.stack.lines.iter().find(|line| line.component == component).unwrap().basis;
        assert_eq!((basis("prometheus"), basis("grafana")), (Basis::Runs, Basis::Runs));
        assert_eq!((basis("storage"), basis("load balancer")), (Basis::Assumed, Basis::Assumed));
        assert!(!sheet.stack.lines.iter().any(|line| line.component == "alertmanager"), "it does not run");
        assert!(sheet.now.is_none() && sheet.notes.is_empty(), "{:?}", sheet.notes);

        let nobody = snapshot(vec![service("api", 1, definition("512", "1024"))]);
        let sheet = reckon(&nobody, None, &WhatIf::default());
        assert!(sheet.notes[0].contains("no task of the stack is seen"), "{:?}", sheet.notes);
    }

    #[test]
    fn services_that_are_not_seen_are_assumed_and_not_none() {
        let sheet = reckon(&snapshot(Vec::new()), None, &WhatIf::default());
        assert_eq!((sheet.reckoned.services, sheet.reckoned.counted), (USUAL, Basis::Assumed));
        assert_eq!(sheet.notes[0], "no service is seen: 5 are assumed");
        assert!(sheet.services.lines.is_empty() && sheet.alternative.total().0 > Money::ZERO);
    }

    #[test]
    fn what_was_measured_goes_before_what_was_foreseen() {
        let over = std::time::Duration::from_hours(1);
        let ingest = Ingest { samples_per_second: 33.0, over, servers: 1, bytes_per_sample: Some(1.5) };
        let of = |what_if: &WhatIf| {
            let sheet = reckon(&running(), Some(&ingest), what_if);
            let line = sheet.stack.lines.iter().find(|line| line.item == "EFS Standard").unwrap().clone();
            (line.basis, line.high, sheet.growth.unwrap().samples_per_second)
        };
        let (basis, amount, rate) = of(&WhatIf::default());
        assert!(basis == Basis::Measured && amount < Money::dollars(1.0) && (rate - 33.0).abs() < 0.01);
        let (_, more, rate) = of(&WhatIf { services: Some(10), ..WhatIf::default() });
        assert!(more > amount && (rate - 66.0).abs() < 0.01);
    }

    #[test]
    fn every_what_if_goes_round_and_changes_what_it_is_about() {
        let snapshot = running();
        let table = Table::shipped();
        let steps: [(Step, usize); 5] = [
            (|what_if, sheet, _| what_if.step_services(sheet), 2),
            (|what_if, sheet, _| what_if.step_retention(sheet), 3),
            (|what_if, sheet, _| what_if.step_size(sheet), 4),
            (|what_if, sheet, _| what_if.step_architecture(sheet), 1),
            (|what_if, _, table| what_if.step_region(table, HOME), 1),
        ];
        for (index, (step, kinds)) in steps.into_iter().enumerate() {
            let mut what_if = WhatIf::default();
            let as_it_is = reckon(&snapshot, None, &what_if).stack.total();
            for _ in 0..kinds {
                let shown = reckon(&snapshot, None, &what_if);
                step(&mut what_if, &shown, &table);
                let sheet = reckon(&snapshot, None, &what_if);
                assert_ne!(sheet.stack.total(), as_it_is, "{index}: {what_if:?}");
                assert_eq!(sheet.now, Some(as_it_is), "{index}");
            }
            let shown = reckon(&snapshot, None, &what_if);
            step(&mut what_if, &shown, &table);
            assert!(!what_if.is_any(), "{index}: {what_if:?}");
        }
    }

    #[test]
    fn a_region_without_prices_is_no_sheet_until_another_is_chosen() {
        let mut snapshot = running();
        snapshot.context.region = Some("eu-west-9".to_owned());
        let table = Table::shipped();
        let mut what_if = WhatIf::default();
        let why = sheet(&snapshot, None, &what_if, &table).unwrap_err();
        assert!(why.contains("no prices of region eu-west-9: there are"), "{why}");
        what_if.step_region(&table, "eu-west-9");
        assert_eq!(sheet(&snapshot, None, &what_if, &table).unwrap().region, HOME);
    }
}

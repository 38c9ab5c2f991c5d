//! The stack's own bill: what it consists of, sized by how many services it watches.

use super::desk::{Desk, number};
use super::{Architecture, Exporter, FargateSize, Growth, Item, Prices};
use crate::domain::{Basis, Bill, BillLine, Money};

/// What the quantities are taken from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Preset {
    /// The module's defaults, every hour of the month counted.
    #[default]
    Module,
    /// The team's plan of 2025-10-13, figure by figure.
    MonitoringPlan,
}

impl Preset {
    /// Every preset with its name and what it is.
    pub const TABLE: [(Self, &'static str, &'static str); 2] = [
        (Self::Module, "module", "the module's defaults, 730 hours a month"),
        (Self::MonitoringPlan, "monitoring-plan", "the team's plan of 2025-10-13, with its own hours and flat sums"),
    ];
}

/// One task of the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// What one task has.
    pub size: FargateSize,
    /// How many run.
    pub tasks: u32,
    /// What it runs on, where that is not what all of them do.
    pub architecture: Option<Architecture>,
    /// Where all this is from.
    pub basis: Basis,
    /// What to know about it.
    pub note: Option<String>,
}

impl Component {
    fn assumed(name: &str, size: FargateSize) -> Self {
        Self { name: name.to_owned(), size, tasks: 1, architecture: None, basis: Basis::Assumed, note: None }
    }
}

/// A sum taken as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Flat {
    /// Which part of the stack.
    pub component: &'static str,
    /// What of it.
    pub item: &'static str,
    /// At least and at most, in dollars.
    pub range: (f64, f64),
    /// Where it is taken from.
    pub from: String,
}

/// What a bill is made for. Every number may be overridden.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    /// How many services are watched.
    pub services: u32,
    /// What the tasks run on.
    pub architecture: Architecture,
    /// Hours a month that tasks are billed for.
    pub task_hours: f64,
    /// Hours a month that everything else is billed for.
    pub hours: f64,
    /// The stack's tasks.
    pub components: Vec<Component>,
    /// Days that Prometheus keeps.
    pub retention_days: f64,
    /// GB a day that Prometheus takes in, where nobody has measured it.
    pub gb_per_day: f64,
    /// How its storage grows, where that was measured; goes before `gb_per_day` and `buffer_gb`.
    pub growth: Option<Growth>,
    /// Where the number of services is from.
    pub counted: Basis,
    /// GB kept free on Prometheus' volume.
    pub buffer_gb: f64,
    /// GB of Grafana's volume.
    pub grafana_gb: f64,
    /// Load balancer capacity units in use, on average.
    pub lcu: f64,
    /// Public IPv4 addresses of the load balancer: one in each zone where it faces the internet.
    pub public_addresses: u32,
    /// Hosted zones: of Grafana's domain, and of the stack's names inside the VPC.
    pub hosted_zones: u32,
    /// GB of log a month, and for how many months it is kept.
    pub logs: (f64, f64),
    /// What the exporter asks CloudWatch for, if it runs.
    pub exporter: Option<Exporter>,
    /// Hours a month that consoles are open, together.
    pub console_hours: f64,
    /// Secrets kept.
    pub secrets: u32,
    /// Whether EFS is backed up, daily, and for how many days.
    pub backup_days: f64,
    /// GB a month that leave AWS: dashboards, notifications.
    pub transfer_gb: f64,
    /// Sums taken as they stand, instead of reckoned.
    pub flat: Vec<Flat>,
    /// What to know about a line, by its item.
    pub remarks: Vec<(&'static str, String)>,
}

/// CPU and memory of Prometheus for so many services, as the plan has it.
pub(super) fn prometheus_size(services: u32) -> FargateSize {
    match services {
        0..=5 => FargateSize::new(1.0, 2.0),
        6..=10 => FargateSize::new(1.5, 3.0),
        11..=20 => FargateSize::new(2.0, 4.0),
        // Beyond the plan: as the step from ten to twenty goes on.
        more => FargateSize::new(2.0 * f64::from(more) / 20.0, 4.0 * f64::from(more) / 20.0),
    }
}

/// GB a day that the plan reckons for each service. Real ingest is far less; see [`super::growth`].
const PLANNED_GB_PER_SERVICE: f64 = 0.2;

impl Inputs {
    /// The inputs of a preset for so many services.
    pub fn new(preset: Preset, services: u32) -> Self {
        match preset {
            Preset::Module => Self::module(services),
            Preset::MonitoringPlan => Self::monitoring_plan(services),
        }
    }

    fn module(services: u32) -> Self {
        let component = |name: &str, vcpu, memory| Component::assumed(name, FargateSize::new(vcpu, memory));
        Self {
            services,
            architecture: Architecture::default(),
            task_hours: 730.0,
            hours: 730.0,
            components: vec![
                Component::assumed("prometheus", prometheus_size(services).least_at_least()),
                component("grafana", 0.5, 1.0),
                component("cloudwatch-exporter", 0.25, 0.5),
                component("alertmanager", 0.25, 0.5),
            ],
            retention_days: 15.0,
            gb_per_day: PLANNED_GB_PER_SERVICE * f64::from(services),
            growth: None,
            counted: Basis::Assumed,
            buffer_gb: 5.0,
            grafana_gb: 2.0,
            lcu: 0.5,
            public_addresses: 2,
            hosted_zones: 2,
            logs: (2.0, 1.0),
            exporter: Some(Exporter::default()),
            console_hours: 176.0,
            secrets: 2,
            backup_days: 35.0,
            transfer_gb: 20.0,
            flat: Vec::new(),
            remarks: Vec::new(),
        }
    }

    fn monitoring_plan(services: u32) -> Self {
        const PLAN: &str = "as the plan has it";
        let mut inputs = Self::module(services);
        inputs.task_hours = 720.0;
        inputs.components.retain(|component| component.name != "alertmanager");
        inputs.components[0].size = prometheus_size(services);
        inputs.logs = (0.0, 0.0);
        inputs.secrets = 0;
        inputs.public_addresses = 0;
        inputs.hosted_zones = 0;
        inputs.backup_days = 0.0;
        inputs.transfer_gb = 0.0;
        inputs.console_hours = 0.0;
        inputs.exporter = None;
        inputs.flat = vec![
            Flat {
                component: "cloudwatch",
                item: "kept: metrics, logs, exporter API calls (5-8 of it)",
                range: (15.0, 23.0),
                from: PLAN.to_owned(),
            },
            // The plan's 2-5 for five. With the services it grows: that is how its +25 for ten and +60 for twenty come about.
            Flat {
                component: "data transfer",
                item: "between zones and out",
                range: (0.4 * f64::from(services), f64::from(services)),
                from: format!("{services} services x 0.40-1.00, {PLAN} for five"),
            },
        ];
        let slip =
            "the plan writes \"~5 LCU x 0.008 = 2.92\"; 2.92 is 0.5 LCU x 730 h x 0.008, and 5 LCU would be 29.20";
        inputs.remarks.push((LCU, slip.to_owned()));
        inputs.components[0].note = inputs.components[0].size.missing().map(|why| format!("the plan's size; {why}"));
        inputs
    }

    /// GB of Prometheus' volume: what is stored where that was measured, since EFS bills nothing else; what the plan
    /// foresees and room to spare otherwise.
    pub fn prometheus_gb(&self) -> f64 {
        match self.growth {
            Some(growth) => growth.gb_in_the_end,
            None => self.gb_per_day * self.retention_days + self.buffer_gb,
        }
    }

    /// GB a day: measured, or foreseen.
    pub fn daily_gb(&self) -> f64 {
        self.growth.map_or(self.gb_per_day, |growth| growth.gb_per_day)
    }

    /// How the volumes come about, in words, and where that is from.
    pub(super) fn stored(&self) -> (f64, String, Basis) {
        let gb = self.prometheus_gb() + self.grafana_gb;
        let (days, grafana) = (number(self.retention_days), number(self.grafana_gb));
        if let Some(growth) = self.growth {
            let text = format!(
                "{} of Prometheus, as it takes in {}, after {days} days + {grafana} GB of Grafana, assumed; EFS bills \
                 what is stored",
                gigabytes(growth.gb_in_the_end),
                growth.intake(),
            );
            return (gb, text, Basis::Measured);
        }
        let (daily, free) = (number(self.gb_per_day), number(self.buffer_gb));
        (gb, format!("{daily} GB/day x {days} days + {free} GB free + {grafana} GB of Grafana"), Basis::Assumed)
    }

    fn remark(&self, key: &str) -> Option<String> {
        self.remarks.iter().find(|(item, _)| *item == key).map(|(_, remark)| remark.clone())
    }
}

const LCU: &str = "capacity units";

/// An amount of storage with as many digits as tell something.
fn gigabytes(gb: f64) -> String {
    if gb < 0.01 { format!("{} MB", number(gb * 1024.0)) } else { format!("{} GB", number(gb)) }
}

/// The bill of the stack.
///
/// # Errors
/// An item without a price in that region.
pub fn bill(inputs: &Inputs, prices: &Prices) -> Result<Bill, String> {
    let mut desk = Desk::new(prices, Basis::Assumed);
    for component in &inputs.components {
        desk.task(component, inputs)?;
    }
    desk.basis = Basis::Assumed;
    desk.storage(inputs)?;
    desk.load_balancer(inputs)?;
    desk.cloudwatch(inputs)?;
    desk.rest(inputs)?;
    for flat in &inputs.flat {
        desk.push(BillLine {
            component: flat.component.to_owned(),
            item: flat.item.to_owned(),
            low: Money::dollars(flat.range.0),
            high: Money::dollars(flat.range.1),
            arithmetic: flat.from.clone(),
            basis: Basis::Assumed,
            note: None,
        });
    }
    Ok(desk.bill())
}

impl Desk<'_> {
    pub(super) fn task(&mut self, component: &Component, inputs: &Inputs) -> Result<(), String> {
        let Component { name, size, tasks, note, .. } = component;
        self.basis = component.basis;
        let architecture = component.architecture.unwrap_or(inputs.architecture);
        self.fargate(name, *size, *tasks, architecture, inputs.task_hours, note.clone())
    }

    /// What is stored and what is kept of it as backups.
    pub(super) fn storage(&mut self, inputs: &Inputs) -> Result<(), String> {
        let (gb, note, basis) = inputs.stored();
        self.basis = basis;
        self.line("storage", "EFS Standard", &[(&[(gb, "GB")], Item::EfsGbMonth)], Some(note))?;
        if inputs.backup_days > 0.0 {
            // Backups after the first are increments of what changed that day.
            let gb = gb + inputs.daily_gb() * inputs.backup_days;
            let note = format!("one whole copy and {} days of changes", number(inputs.backup_days));
            self.line("storage", "AWS Backup, warm", &[(&[(gb, "GB")], Item::EfsBackupGbMonth)], Some(note))?;
        }
        self.basis = Basis::Assumed;
        Ok(())
    }

    fn load_balancer(&mut self, inputs: &Inputs) -> Result<(), String> {
        const NAME: &str = "load balancer";
        self.line(NAME, "application load balancer", &[(&[(inputs.hours, "h")], Item::LoadBalancerHour)], None)?;
        let addresses = [(f64::from(inputs.public_addresses), "IPs"), (inputs.hours, "h")];
        let note = "one in each of its zones, as it faces the internet: none with alb.internal".to_owned();
        self.line(NAME, "public addresses", &[(&addresses, Item::PublicIpv4Hour)], Some(note))?;
        let units = [(inputs.lcu, "LCU"), (inputs.hours, "h")];
        self.line(NAME, LCU, &[(&units, Item::LcuHour)], inputs.remark(LCU))
    }

    fn cloudwatch(&mut self, inputs: &Inputs) -> Result<(), String> {
        self.logs(inputs, None)?;
        self.requests(inputs, u32::try_from(inputs.components.len()).unwrap_or(u32::MAX))?;
        self.own_calls(inputs)
    }

    /// What the stack's tasks log.
    pub(super) fn logs(&mut self, inputs: &Inputs, note: Option<String>) -> Result<(), String> {
        let (ingest, months) = inputs.logs;
        let (taken, kept) = ([(ingest, "GB")], [(ingest, "GB/month"), (months, "months")]);
        self.line("cloudwatch", "logs", &[(&taken, Item::LogsIngestGb), (&kept, Item::LogsStoreGbMonth)], note)
    }

    /// What `rounds` asks of CloudWatch: CPU and memory of every service, once a minute, while Prometheus lacks them.
    pub(super) fn own_calls(&mut self, inputs: &Inputs) -> Result<(), String> {
        let asked = 2.0 * f64::from(inputs.services) * 60.0 * inputs.console_hours / 1000.0;
        let note = format!(
            "{} hours with a console open; nothing while Prometheus has CPU and memory",
            number(inputs.console_hours)
        );
        let product: (&[(f64, &str)], Item) = (&[(asked, "thousand metrics")], Item::MetricRequestsThousand);
        self.line_at_most("rounds", "its own API calls", product, Some(note))
    }

    /// What the exporter asks of CloudWatch, where the stack has so many parts.
    pub(super) fn requests(&mut self, inputs: &Inputs, parts: u32) -> Result<(), String> {
        let Some(exporter) = inputs.exporter else { return Ok(()) };
        let requests = [(exporter.requests(inputs.services, parts, inputs.hours) / 1000.0, "thousand requests")];
        let note = format!(
            "{} metrics of {} services and {parts} of the stack every {}s, and the lists of them; the first million a \
             month is free for an account, and not taken off",
            exporter.metrics(inputs.services, parts),
            inputs.services,
            number(exporter.every)
        );
        self.line("cloudwatch", "the exporter's API calls", &[(&requests, Item::MetricRequestsThousand)], Some(note))
    }

    fn rest(&mut self, inputs: &Inputs) -> Result<(), String> {
        let secrets = [(f64::from(inputs.secrets), "secrets")];
        let note = "Grafana's password and its key, which AWS makes".to_owned();
        self.line("secrets", "Secrets Manager", &[(&secrets, Item::SecretMonth)], Some(note))?;
        let zones = [(f64::from(inputs.hosted_zones), "zones")];
        let note = "the domain's, none with route53_zone_id, and that of the stack's names in the VPC".to_owned();
        self.line("dns", "hosted zones", &[(&zones, Item::HostedZoneMonth)], Some(note))?;
        self.transfer(inputs)
    }

    /// What leaves AWS.
    pub(super) fn transfer(&mut self, inputs: &Inputs) -> Result<(), String> {
        let note = "dashboards and notifications".to_owned();
        let gigabytes = [(inputs.transfer_gb, "GB")];
        self.line("data transfer", "to the internet", &[(&gigabytes, Item::TransferOutGb)], Some(note))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Table;
    use super::*;

    fn plan(services: u32) -> Bill {
        let table = Table::shipped();
        bill(&Inputs::new(Preset::MonitoringPlan, services), table.region("us-east-1").unwrap()).unwrap()
    }

    fn is_fargate(line: &BillLine) -> bool {
        line.item.starts_with("Fargate")
    }

    #[test]
    fn the_plans_inputs_give_the_plans_table() {
        let bill = plan(5);
        let amount = |component: &str, item: &str| {
            let line = bill.lines.iter().find(|line| line.component == component && line.item.starts_with(item));
            line.unwrap_or_else(|| panic!("no line {component}, {item}")).low.to_string()
        };
        assert_eq!(amount("prometheus", "Fargate"), "35.55");
        assert_eq!(amount("grafana", "Fargate"), "17.78");
        assert_eq!(amount("cloudwatch-exporter", "Fargate"), "8.89");
        assert_eq!(bill.total_of(is_fargate).0.to_string(), "62.22");
        assert_eq!(amount("storage", "EFS"), "6.60");
        assert_eq!(amount("load balancer", "application"), "16.43");
        assert_eq!(amount("load balancer", LCU), "2.92");
        let (low, high) = bill.total();
        assert_eq!((low.to_string(), high.to_string()), ("105.17".to_owned(), "116.17".to_owned()));
    }

    #[test]
    fn the_slip_of_the_plan_is_explained_where_it_is() {
        let bill = plan(5);
        let line = bill.lines.iter().find(|line| line.item == LCU).unwrap();
        assert_eq!(line.arithmetic, "0.5 LCU x 730 h x 0.008");
        assert!(line.note.as_deref().unwrap().contains("5 LCU would be 29.20"));
    }

    #[test]
    fn more_services_cost_what_the_plan_foresees() {
        let more = |services| {
            let ((low, high), (usual_low, usual_high)) = (plan(services).total(), plan(5).total());
            ((low - usual_low).to_string(), (high - usual_high).to_string())
        };
        // About +25, and about +60.
        assert_eq!(more(10), ("24.27".to_owned(), "27.27".to_owned()));
        assert_eq!(more(20), ("55.05".to_owned(), "64.05".to_owned()));
        let bill = plan(10);
        assert!(bill.lines[0].note.as_deref().unwrap().contains("the next one is 2 vCPU, 4 GB"));
    }

    /// What `terraform plan` of the module with nothing but its defaults makes: `rounds cost --plan` of it says the same.
    #[test]
    fn the_modules_defaults_cost_what_the_module_makes() {
        let table = Table::shipped();
        let bill = bill(&Inputs::new(Preset::Module, 5), table.region("us-east-1").unwrap()).unwrap();
        let of = |component: &str, item: &str| {
            let line = bill.lines.iter().find(|line| line.component == component && line.item.starts_with(item));
            line.unwrap_or_else(|| panic!("no line {component}, {item}")).arithmetic.clone()
        };
        assert_eq!(of("load balancer", "public addresses"), "2 IPs x 730 h x 0.005");
        assert_eq!(of("dns", "hosted zones"), "2 zones x 0.50");
        assert_eq!(of("secrets", "Secrets Manager"), "2 secrets x 0.40");
        let plan = plan(5);
        assert!(!plan.lines.iter().any(|line| ["dns", "secrets"].contains(&line.component.as_str())), "{plan:?}");
    }

    #[test]
    fn graviton_and_shorter_retention_cost_less() {
        let table = Table::shipped();
        let prices = table.region("ap-northeast-2").unwrap();
        let cost = |change: fn(&mut Inputs)| {
            let mut inputs = Inputs::new(Preset::Module, 5);
            change(&mut inputs);
            bill(&inputs, prices).unwrap().total().1
        };
        let base = cost(|_| {});
        assert!(cost(|inputs| inputs.architecture = Architecture::Arm64) < base);
        assert!(cost(|inputs| inputs.retention_days = 7.0) < base);
        assert!(cost(|inputs| inputs.services = 6) > base);
    }

    #[test]
    fn every_line_shows_how_it_comes_about() {
        let table = Table::shipped();
        for region in super::super::REGIONS {
            for (preset, ..) in Preset::TABLE {
                for line in bill(&Inputs::new(preset, 5), table.region(region).unwrap()).unwrap().lines {
                    assert!(!line.arithmetic.is_empty() && line.low <= line.high, "{line:?}");
                }
            }
        }
    }
}

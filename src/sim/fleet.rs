//! Which services there are, how large they are and what they are like on a calm day.

use crate::domain::ServiceId;

use super::clock::{DAY, HOUR, Second};
use super::incident::Incident;
use super::{names, noise};

/// The region everything runs in.
pub const REGION: &str = "ap-northeast-2";
/// The account everything belongs to.
pub const ACCOUNT: &str = "482109170000";
/// The most services a plan can have beside the monitoring stack's own.
pub const MOST_SERVICES: usize = 5_000;

/// How many places somebody may add to a service before addresses come round again.
pub const SPARE: u32 = 48;

/// The clusters; all but the first only in large fleets.
const CLUSTERS: [&str; 4] = ["prod", "prod-batch", "prod-data", "prod-edge"];
/// Up to this many services all live in the first cluster.
const ONE_CLUSTER: usize = 200;

/// What a service's signals hover around when the day is at its usual peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// CPU in percent.
    pub cpu: f64,
    /// Memory in percent.
    pub memory: f64,
    /// Requests a second.
    pub traffic: f64,
    /// Failed requests in percent.
    pub errors: f64,
    /// Latency p95 in seconds.
    pub p95: f64,
}

/// One service of the simulated fleet.
#[derive(Debug)]
pub struct Service {
    /// Cluster and name.
    pub id: ServiceId,
    /// Whether it is one of the monitoring stack's own.
    pub stack: bool,
    /// Whether it serves requests; without, it has no traffic, errors or latency.
    pub http: bool,
    /// Whether its containers have a health check.
    pub checked: bool,
    /// Tasks wanted.
    pub tasks: u32,
    /// The port its metrics are scraped at.
    pub port: u16,
    /// The scrape job it belongs to.
    pub job: &'static str,
    /// The image without its tag.
    pub image: String,
    /// CPU units and MiB of one task, as ECS prints them.
    pub size: (&'static str, &'static str),
    /// Minimum healthy and maximum percent of a rollout.
    pub percents: (u32, u32),
    /// The revision in force before anything below happens.
    pub revision: u32,
    /// When that revision was rolled out.
    pub deployed: Second,
    /// When the service was created.
    pub created: Second,
    /// What its signals hover around.
    pub levels: Levels,
    /// What chance gives it.
    pub seed: u64,
    /// The fleet-wide number of its first task slot; addresses derive from it.
    pub first_slot: u32,
    /// The same for the places that somebody adds.
    pub first_spare: u32,
    /// What happens to it, calm routine included.
    pub incidents: Vec<Box<dyn Incident>>,
}

struct Row {
    name: &'static str,
    tasks: u32,
    http: bool,
    port: u16,
    size: (&'static str, &'static str),
    revision: u32,
    days: i64,
    levels: Levels,
}

/// The plan's services. The ones that incidents need most come first, so that a fleet of one or two still has them.
const PLAN: [Row; 5] = [
    Row {
        name: "api-2",
        tasks: 3,
        http: true,
        port: 8080,
        size: ("1024", "2048"),
        revision: 117,
        days: 2,
        levels: Levels { cpu: 36.0, memory: 46.0, traffic: 470.0, errors: 0.03, p95: 0.125 },
    },
    Row {
        name: "worker",
        tasks: 4,
        http: false,
        port: 9100,
        size: ("1024", "4096"),
        revision: 64,
        days: 2,
        levels: Levels { cpu: 26.0, memory: 58.0, traffic: 0.0, errors: 0.0, p95: 0.0 },
    },
    Row {
        name: "web",
        tasks: 2,
        http: true,
        port: 8080,
        size: ("512", "1024"),
        revision: 203,
        days: 2,
        levels: Levels { cpu: 21.0, memory: 52.0, traffic: 1_040.0, errors: 0.08, p95: 0.095 },
    },
    Row {
        name: "api-1",
        tasks: 3,
        http: true,
        port: 8080,
        size: ("1024", "2048"),
        revision: 88,
        days: 2,
        levels: Levels { cpu: 35.0, memory: 44.0, traffic: 440.0, errors: 0.03, p95: 0.120 },
    },
    Row {
        name: "atlantis",
        tasks: 1,
        http: true,
        port: 4141,
        size: ("512", "1024"),
        revision: 31,
        days: 9,
        levels: Levels { cpu: 3.5, memory: 41.0, traffic: 1.2, errors: 0.02, p95: 0.080 },
    },
];

/// The names of the monitoring stack's own services.
pub fn stack_names() -> impl Iterator<Item = &'static str> {
    STACK.iter().map(|row| row.name)
}

/// The monitoring stack's own services.
const STACK: [Row; 4] = [
    Row {
        name: "prometheus",
        tasks: 1,
        http: false,
        port: 9090,
        size: ("1024", "2048"),
        revision: 12,
        days: 11,
        levels: Levels { cpu: 19.0, memory: 61.0, traffic: 0.0, errors: 0.0, p95: 0.0 },
    },
    Row {
        name: "grafana",
        tasks: 1,
        http: false,
        port: 3000,
        size: ("512", "1024"),
        revision: 17,
        days: 6,
        levels: Levels { cpu: 6.0, memory: 38.0, traffic: 0.0, errors: 0.0, p95: 0.0 },
    },
    Row {
        name: "alertmanager",
        tasks: 1,
        http: false,
        port: 9093,
        size: ("256", "512"),
        revision: 5,
        days: 11,
        levels: Levels { cpu: 2.0, memory: 18.0, traffic: 0.0, errors: 0.0, p95: 0.0 },
    },
    Row {
        name: "cloudwatch-exporter",
        tasks: 1,
        http: false,
        port: 9106,
        size: ("256", "512"),
        revision: 8,
        days: 11,
        levels: Levels { cpu: 4.0, memory: 47.0, traffic: 0.0, errors: 0.0, p95: 0.0 },
    },
];

/// The clusters of a fleet of `services`.
pub const fn clusters(services: usize) -> &'static [&'static str] {
    if services > ONE_CLUSTER { &CLUSTERS } else { CLUSTERS.split_at(1).0 }
}

/// The fleet, on a day when nothing happens: the plan's services, further ones up to `services`, then the stack's own.
pub fn muster(services: usize, seed: u64) -> Vec<Service> {
    let services = services.clamp(1, MOST_SERVICES);
    let mut fleet: Vec<Service> = PLAN.iter().take(services).map(|row| planned(row, false, seed)).collect();
    fleet.extend((PLAN.len()..services).map(|index| further(index, services, seed)));
    fleet.extend(STACK.iter().map(|row| planned(row, true, seed)));
    let mut slots = 0;
    for service in &mut fleet {
        service.first_slot = slots;
        slots += service.tasks;
    }
    for service in &mut fleet {
        service.first_spare = slots;
        slots += SPARE;
    }
    fleet
}

fn planned(row: &Row, stack: bool, seed: u64) -> Service {
    let seed = noise::named(seed, row.name);
    let job = match row.name {
        "cloudwatch-exporter" => "cloudwatch",
        name if stack => name,
        _ => "ecs-services",
    };
    let image = match row.name {
        "atlantis" => "ghcr.io/runatlantis/atlantis".to_owned(),
        "prometheus" => "prom/prometheus".to_owned(),
        "grafana" => "grafana/grafana".to_owned(),
        "alertmanager" => "prom/alertmanager".to_owned(),
        "cloudwatch-exporter" => "prom/cloudwatch-exporter".to_owned(),
        name => own_image(name),
    };
    Service {
        id: ServiceId::new(CLUSTERS[0], row.name),
        stack,
        http: row.http,
        checked: row.http || stack,
        tasks: row.tasks,
        port: row.port,
        job,
        image,
        size: row.size,
        // A store with one writer must stop before its successor starts.
        percents: if matches!(row.name, "prometheus" | "grafana") { (0, 100) } else { rolling_percents(row.tasks) },
        revision: row.revision,
        deployed: -row.days * DAY + hours(noise::fork(seed, 1), 8),
        created: -420 * DAY,
        levels: row.levels,
        seed,
        first_slot: 0,
        first_spare: 0,
        incidents: Vec::new(),
    }
}

fn further(index: usize, services: usize, seed: u64) -> Service {
    let (name, http) = names::further(index - PLAN.len());
    let seed = noise::named(seed, &name);
    let clusters = clusters(services);
    let cluster = if index < ONE_CLUSTER { 0 } else { index % clusters.len() };
    let chance =
        |what: u64, below: u32| u32::try_from(noise::pick(noise::fork(seed, what), u64::from(below))).unwrap_or(0);
    let between = |what: u64, low: f64, high: f64| low + (high - low) * f64::from(chance(what, 1_000)) / 1_000.0;
    let tasks = 1 + chance(2, 4);
    Service {
        id: ServiceId::new(clusters[cluster], name.clone()),
        stack: false,
        http,
        checked: http,
        tasks,
        port: if http { 8080 } else { 9100 },
        job: "ecs-services",
        image: own_image(&name),
        size: [("256", "512"), ("512", "1024"), ("1024", "2048"), ("2048", "4096")][chance(3, 4) as usize],
        percents: rolling_percents(tasks),
        revision: 3 + chance(4, 240),
        deployed: -(2 + i64::from(chance(5, 40))) * DAY + hours(noise::fork(seed, 1), 10),
        created: -(90 + i64::from(chance(6, 900))) * DAY,
        levels: Levels {
            cpu: between(7, 4.0, 45.0),
            memory: between(8, 22.0, 68.0),
            traffic: between(9, 1.0, 30.0).powi(2),
            errors: between(10, 0.0, 0.2),
            p95: between(11, 0.02, 0.35),
        },
        seed,
        first_slot: 0,
        first_spare: 0,
        incidents: Vec::new(),
    }
}

/// One task more than wanted at a time: rollouts go task by task.
fn rolling_percents(tasks: u32) -> (u32, u32) {
    (100, 100 + 100_u32.div_ceil(tasks.max(1)))
}

fn own_image(name: &str) -> String {
    format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}")
}

fn hours(hash: u64, below: u64) -> Second {
    noise::pick(hash, below).cast_signed() * HOUR + noise::pick(noise::mix(hash), 3_600).cast_signed()
}

impl Service {
    /// Family and revision (`web:203`).
    pub fn definition(&self, revision: u32) -> String {
        format!("{}:{revision}", self.id.name)
    }

    /// The tag of its image at a revision.
    pub fn tag(&self, revision: u32) -> String {
        match self.id.name.as_str() {
            "atlantis" => "v0.36.0".to_owned(),
            "prometheus" => "v3.14.0".to_owned(),
            "grafana" => "13.2.0".to_owned(),
            "alertmanager" => "v0.34.0".to_owned(),
            "cloudwatch-exporter" => "v0.18.0".to_owned(),
            _ => format!("1.{revision}.{}", noise::pick(noise::fork(self.seed, u64::from(revision)), 9)),
        }
    }

    /// The ARN of its load balancer's target group.
    pub fn target_group(&self) -> String {
        let id = noise::fork(self.seed, 12);
        format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{}/{id:016x}", self.id.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_plans_fleet_is_five_services_and_the_stack() {
        let fleet = muster(5, 1);
        let sizes: Vec<(&str, u32)> = fleet.iter().map(|service| (service.id.name.as_str(), service.tasks)).collect();
        assert_eq!(
            sizes,
            [
                ("api-2", 3),
                ("worker", 4),
                ("web", 2),
                ("api-1", 3),
                ("atlantis", 1),
                ("prometheus", 1),
                ("grafana", 1),
                ("alertmanager", 1),
                ("cloudwatch-exporter", 1)
            ]
        );
        assert!(fleet.iter().all(|service| service.id.cluster == "prod"));
    }

    #[test]
    fn large_fleets_have_unique_names_and_several_clusters() {
        let fleet = muster(5_000, 1);
        assert_eq!(fleet.len(), 5_004);
        assert_eq!(fleet.iter().map(|service| &service.id).collect::<HashSet<_>>().len(), 5_004);
        assert_eq!(fleet.iter().map(|service| &service.id.cluster).collect::<HashSet<_>>().len(), 4);
        assert_eq!(muster(0, 1).len(), 5);
    }
}

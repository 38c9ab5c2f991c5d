//! Simulated services as a Prometheus sees them: the plan's metric names, as a scrape and as hours of history that
//! join without a seam. Every value is a function of time, so nothing has to be kept.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// One service's metrics.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) service: String,
    /// Percent.
    pub(crate) cpu: f64,
    /// Percent.
    pub(crate) memory: f64,
    /// `None` where it serves no requests.
    pub(crate) requests: Option<Requests>,
    /// Whether its own target is up.
    pub(crate) up: bool,
}

/// What a service that serves requests does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requests {
    pub(crate) per_second: f64,
    pub(crate) error_percent: f64,
    /// The latency 95 % stay under, in seconds.
    pub(crate) p95: f64,
}

impl Load {
    pub(crate) fn new(service: impl Into<String>, cpu: f64, memory: f64) -> Self {
        Self { service: service.into(), cpu, memory, requests: None, up: true }
    }

    pub(crate) fn serving(mut self, per_second: f64, error_percent: f64, p95: f64) -> Self {
        self.requests = Some(Requests { per_second, error_percent, p95 });
        self
    }

    pub(crate) fn down(mut self) -> Self {
        self.up = false;
        self
    }
}

/// The plan's five services, all well.
pub(crate) fn calm() -> Vec<Load> {
    vec![
        Load::new("atlantis", 3.0, 41.0).serving(1.0, 0.0, 0.08),
        Load::new("api-1", 31.0, 44.0).serving(388.0, 0.0, 0.12),
        Load::new("api-2", 35.0, 51.0).serving(412.0, 0.1, 0.18),
        Load::new("worker", 22.0, 58.0),
        Load::new("web", 18.0, 52.0).serving(902.0, 0.1, 0.095),
    ]
}

/// The same on a bad morning: api-2 hot and failing, worker short of memory and its target dead.
pub(crate) fn bad_morning() -> Vec<Load> {
    let mut loads = calm();
    loads[2] = Load::new("api-2", 97.0, 71.0).serving(412.0, 4.1, 1.8);
    loads[3] = Load::new("worker", 22.0, 88.0).down();
    loads
}

/// As many services as asked for, all well: the plan's five first.
pub(crate) fn many(count: usize) -> Vec<Load> {
    let more = (calm().len()..count).map(|n| Load::new(format!("svc-{n:03}"), 20.0, 40.0).serving(10.0, 0.0, 0.1));
    calm().into_iter().chain(more).take(count).collect()
}

/// Upper bounds of the latency histogram, in seconds.
const BOUNDS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, f64::INFINITY];

/// Counters count from here (2023-11-14T22:13:20Z), so that no restart is seen in the history.
const ORIGIN: f64 = 1_700_000_000.0;

/// A metric family: its name, type, and whether the services expose it themselves (else the CloudWatch exporter does).
struct Family {
    name: &'static str,
    kind: &'static str,
    own: bool,
}

const FAMILIES: [Family; 4] = [
    Family { name: "ecs_cpu_utilization", kind: "gauge", own: false },
    Family { name: "ecs_memory_utilization", kind: "gauge", own: false },
    Family { name: "http_requests", kind: "counter", own: true },
    Family { name: "http_request_duration_seconds", kind: "histogram", own: true },
];

impl Family {
    /// Every sample of one service at one moment: the name's suffix, its labels, its value.
    fn samples(&self, load: &Load, at: f64) -> Vec<(&'static str, String, f64)> {
        let Some(requests) = load.requests.as_ref().filter(|_| self.own) else {
            return match self.name {
                "ecs_cpu_utilization" => vec![("", String::new(), load.cpu)],
                "ecs_memory_utilization" => vec![("", String::new(), load.memory)],
                _ => Vec::new(),
            };
        };
        let total = requests.per_second * (at - ORIGIN);
        let failed = total * requests.error_percent / 100.0;
        if self.kind == "counter" {
            return vec![
                ("_total", r#",code="200""#.into(), total - failed),
                ("_total", r#",code="500""#.into(), failed),
            ];
        }
        // Exponential: 95 % at p95.
        let mean = requests.p95 / 20f64.ln();
        let bucket = |bound: f64| {
            let label = if bound.is_finite() { format!("{bound:?}") } else { "+Inf".to_owned() };
            ("_bucket", format!(r#",le="{label}""#), total * (1.0 - (-bound / mean).exp()))
        };
        let sums = [("_sum", String::new(), total * mean), ("_count", String::new(), total)];
        BOUNDS.into_iter().map(bucket).chain(sums).collect()
    }
}

/// What the CloudWatch exporter shows now: CPU and memory of every service.
pub(crate) fn exporter_page(loads: &[Load]) -> String {
    page(loads, false)
}

/// What a service shows of itself now.
pub(crate) fn service_page(load: &Load) -> String {
    page(std::slice::from_ref(load), true)
}

fn page(loads: &[Load], own: bool) -> String {
    let at = now();
    let mut text = String::new();
    for family in FAMILIES.iter().filter(|family| family.own == own) {
        writeln!(text, "# TYPE {} {}", family.name, family.kind).unwrap();
        for load in loads {
            for (suffix, labels, value) in family.samples(load, at) {
                writeln!(text, "{}{suffix}{{service=\"{}\"{labels}}} {value}", family.name, load.service).unwrap();
            }
        }
    }
    text + "# EOF\n"
}

/// The last two hours up to now, every 15 s, with the labels the scrape of `instance` will add.
pub(crate) fn history(loads: &[Load], instance: &str) -> String {
    let end = now().floor();
    let mut text = String::new();
    for family in &FAMILIES {
        let job = if family.own { "ecs-services" } else { "cloudwatch" };
        writeln!(text, "# TYPE {} {}", family.name, family.kind).unwrap();
        for load in loads {
            for step in (0..=480).rev() {
                let at = end - f64::from(step) * 15.0;
                for (suffix, labels, value) in family.samples(load, at) {
                    let (name, service) = (family.name, &load.service);
                    writeln!(
                        text,
                        "{name}{suffix}{{job=\"{job}\",instance=\"{instance}\",env=\"prod\",service=\"{service}\"{labels}}} {value} {at}"
                    )
                    .unwrap();
                }
            }
        }
    }
    text + "# EOF\n"
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

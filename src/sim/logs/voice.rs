//! How each kind of service words what happens to it.

use std::fmt::Write as _;

use crate::domain::Signal;

use super::super::clock::{Second, stamp};
use super::super::life::{Ending, Life};
use super::super::noise;
use super::super::scenario::Scenario;
use super::super::scene::Scene;
use super::trouble::{Trouble, trouble};

/// What a service says.
pub(super) struct Voice<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) scenario: Scenario,
    /// Whether Prometheus loses sight of services.
    pub(super) is_lost: &'a dyn Fn(Second) -> bool,
}

/// Paths of requests, the most frequent first.
const PATHS: [&str; 6] =
    ["/v1/orders", "/v1/cart", "/v1/products/8141", "/v1/users/me", "/v1/checkout", "/v1/search?q=tea"];

/// What a pull request was called by somebody who wanted to see what happens: it clears a screen, forges a line, sets a
/// title, writes to a clipboard and reverses text.
const HOSTILE: &str = "plan for #4127 \"fix\u{1b}[2J\u{1b}[1;1H\u{1b}]0;owned\u{7}\u{1b}]52;c;b3duZWQ=\u{7}\rall checks \
                       passed\u{202e}gnp.exe\u{200b}\" by mallory";

impl Voice<'_> {
    /// The lines that a task writes in a second, in their order.
    pub(super) fn lines(&self, life: &Life, at: Second) -> Vec<String> {
        let mut lines = Vec::new();
        match life.started {
            Some(started) if at == started => lines.extend(self.hello(life, at)),
            Some(started) if at > started => lines.extend(self.work(life, at)),
            _ => {}
        }
        if let Some((_, how)) = life.end.as_ref().filter(|(end, _)| *end == at) {
            lines.extend(self.last_words(at, how));
        }
        lines
    }

    fn name(&self) -> &str {
        &self.scene.service.id.name
    }

    fn chance(&self, life: &Life, at: Second, what: u64) -> u64 {
        let low = u64::try_from(life.id & u128::from(u64::MAX)).unwrap_or_default();
        noise::fork(noise::at(low, at), what ^ self.scene.service.seed)
    }

    /// A line as this service writes lines.
    fn say(&self, at: Second, level: &str, message: &str, fields: &[(&str, &str)]) -> String {
        let time = stamp(at);
        let mut line = match self.name() {
            "prometheus" | "alertmanager" => {
                format!("time={time} level={} source=main.go msg=\"{message}\"", level.to_uppercase())
            }
            "grafana" | "worker" => format!("t={time} level={level} msg=\"{message}\""),
            "cloudwatch-exporter" => format!("{time} {:<5} [main] {message}", level.to_uppercase()),
            "web" => format!("{time} [{level}] {message}"),
            _ => {
                let mut line = format!(r#"{{"time":"{time}","level":"{level}","msg":{}"#, quoted(message));
                for (name, value) in fields {
                    let plain = value.parse::<f64>().is_ok();
                    let value = if plain { (*value).to_owned() } else { quoted(value) };
                    // Writing to a `String` cannot fail.
                    let _ = write!(line, r#","{name}":{value}"#);
                }
                return line + "}";
            }
        };
        for (name, value) in fields {
            let value = if value.contains([' ', '"']) { quoted(value) } else { (*value).to_owned() };
            let _ = write!(line, " {name}={value}");
        }
        line
    }

    fn hello(&self, life: &Life, at: Second) -> Vec<String> {
        let service = self.scene.service;
        let revision = self.scene.timeline.rollouts.get(life.rollout).map_or(service.revision, |one| one.revision);
        let version = service.tag(revision);
        let port = service.port.to_string();
        vec![
            self.say(
                at,
                "info",
                &format!("starting {}", self.name()),
                &[("version", &version), ("revision", &revision.to_string())],
            ),
            self.say(at, "info", "listening", &[("port", &port), ("address", &life.address(service))]),
        ]
    }

    fn work(&self, life: &Life, at: Second) -> Vec<String> {
        let mut lines = Vec::new();
        let chance = self.chance(life, at, 1);
        if self.scene.service.stack {
            lines.extend(self.housekeeping(at));
        } else if self.scene.service.http {
            if noise::pick(chance, 10) < 6 {
                lines.push(self.request(life, at));
            }
        } else if noise::pick(chance, 10) < 3 {
            let (id, took) = (1_000 + noise::pick(chance >> 8, 9_000), 20 + noise::pick(chance >> 24, 300));
            lines.push(self.say(at, "info", "job done", &[("order", &format!("81-{id}")), ("ms", &took.to_string())]));
        }
        lines.extend(self.complaint(life, at));
        if at % 15 == 0 {
            lines.extend(self.memory(at));
            lines.extend(self.processor(at));
        }
        if self.scenario == Scenario::MixedBadDay && self.name() == "atlantis" && at % 240 == 0 {
            lines.push(HOSTILE.to_owned());
        }
        lines
    }

    /// What a task that is not well says of that now and then.
    fn complaint(&self, life: &Life, at: Second) -> Option<String> {
        match trouble(self.scene, life, at)? {
            Trouble::Hangs { since } if at % 10 == 0 => {
                let age = format!("{}s", at - since);
                let fields = [("busy", "64"), ("workers", "64"), ("oldest", age.as_str())];
                Some(self.say(
                    at,
                    "error",
                    "every worker waits for a connection of the pool, none is given back",
                    &fields,
                ))
            }
            Trouble::Sick if at % 5 == 0 => {
                Some(self.say(at, "warn", "GET /healthz 503: dependency check failed", &[("check", "database")]))
            }
            Trouble::CutOff if at % 10 == 0 => {
                let fields = [("err", "dial tcp 10.0.96.21:5432: i/o timeout")];
                Some(self.say(at, "error", "the database cannot be reached", &fields))
            }
            Trouble::Hangs { .. } | Trouble::Sick | Trouble::CutOff => None,
        }
    }

    /// A request, as likely to fail and as slow as the service's signals say. Where some tasks alone are the matter, theirs
    /// are the ones that fail.
    fn request(&self, life: &Life, at: Second) -> String {
        let chance = self.chance(life, at, 2);
        let percent = |signal| self.scene.moment(at).map_or(0.0, |moment| self.scene.value(signal, at, &moment));
        let roll = f64::from(u32::try_from(noise::pick(chance, 1_000)).unwrap_or(0));
        let own = trouble(self.scene, life, at);
        let fails = match own {
            Some(Trouble::Hangs { .. }) => true,
            Some(Trouble::Sick | Trouble::CutOff) => roll < 600.0,
            // Only a sample of the requests is written, and every failure: failures are a larger share of the lines.
            None => {
                let errors = percent(Signal::Errors);
                errors >= 0.5 && roll < errors * 30.0 && !super::trouble::is_of_some(self.scene, at)
            }
        };
        let place = usize::try_from(noise::pick(chance >> 12, 21)).unwrap_or(0);
        let path = PATHS[[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5][place]];
        let slowness = 0.4 + 1.8 * f64::from(u32::try_from(noise::pick(chance >> 20, 100)).unwrap_or(0)) / 100.0;
        let millis = format!("{:.0}", percent(Signal::LatencyP50) * slowness * 1_000.0);
        let trace = format!("{:016x}", noise::mix(chance));
        let method = if path == "/v1/checkout" { "POST" } else { "GET" };
        if let Some(trouble) = own.filter(|_| fails) {
            let (why, status, millis) = match trouble {
                Trouble::Hangs { .. } => {
                    ("no answer in 30s, connection pool exhausted: 32 of 32 in use", "504", "30000")
                }
                Trouble::Sick => ("no connection to the database after the migration of this release", "500", &*millis),
                Trouble::CutOff => ("upstream timed out", "504", "10000"),
            };
            let fields = [("status", status), ("ms", millis), ("trace", &trace)];
            return self.say(at, "error", &format!("{method} {path} failed: {why}"), &fields);
        }
        if fails {
            let why = ["upstream timed out", "connection pool exhausted: 32 of 32 in use", "too many retries"]
                [usize::try_from(noise::pick(chance >> 40, 3)).unwrap_or(0)];
            return self.say(
                at,
                "error",
                &format!("{method} {path} failed: {why}"),
                &[("status", "502"), ("ms", &millis), ("trace", &trace)],
            );
        }
        self.say(at, "info", &format!("{method} {path}"), &[("status", "200"), ("ms", &millis), ("trace", &trace)])
    }

    /// What the monitoring stack's own services say while they work.
    fn housekeeping(&self, at: Second) -> Vec<String> {
        let is_lost = at % 30 == 0 && (self.is_lost)(at);
        match self.name() {
            "prometheus" if is_lost => vec![self.say(
                at,
                "error",
                "Unable to refresh target groups",
                &[
                    ("component", "discovery manager scrape"),
                    ("discovery", "aws"),
                    (
                        "err",
                        "could not list tasks: operation error ECS: ListTasks, https response error StatusCode: 400, \
                         AccessDeniedException: User: arn:aws:sts::482109170000:assumed-role/prometheus-task is not \
                         authorized to perform: ecs:ListTasks",
                    ),
                ],
            )],
            "cloudwatch-exporter" if is_lost => {
                vec![self.say(at, "error", "AccessDeniedException: not authorized to perform: tag:GetResources", &[])]
            }
            "prometheus" if at % 120 == 0 => {
                vec![self.say(at, "info", "write block", &[("component", "tsdb"), ("duration", "412ms")])]
            }
            "prometheus" if at % 40 == 0 => {
                vec![self.say(at, "info", "Head GC completed", &[("component", "tsdb"), ("duration", "9.1ms")])]
            }
            "grafana" if at % 20 == 0 => {
                vec![self.say(at, "info", "Request Completed", &[("path", "/api/health"), ("status", "200")])]
            }
            _ if at % 40 == 0 => vec![self.say(at, "info", "still here", &[("uptime_checks", "ok")])],
            _ => Vec::new(),
        }
    }

    /// Memory that runs out is complained about before it has.
    fn memory(&self, at: Second) -> Option<String> {
        let moment = self.scene.moment(at)?;
        let percent = self.scene.value(Signal::Memory, at, &moment);
        (percent > 82.0).then(|| {
            let used = format!("{percent:.0}");
            self.say(at, "warn", "memory is short: the collector runs all the time", &[("heap_percent", &used)])
        })
    }

    /// A processor that has too much to do makes requests wait.
    fn processor(&self, at: Second) -> Option<String> {
        let moment = self.scene.moment(at).filter(|_| self.scene.service.http)?;
        let percent = self.scene.value(Signal::Cpu, at, &moment);
        (percent > 85.0).then(|| {
            let used = format!("{percent:.0}");
            self.say(at, "warn", "requests wait for a processor", &[("cpu_percent", &used)])
        })
    }

    fn last_words(&self, at: Second, how: &Ending) -> Vec<String> {
        match how {
            Ending::OutOfMemory => vec!["fatal error: runtime: out of memory\n\ngoroutine 1 [running]:\nruntime.throw({0x9c2b1e, 0x16})\n\
                                         \t/usr/local/go/src/runtime/panic.go:1101 +0x48\nruntime.sysMap(0xc0f8000000, 0x4000000)\n\
                                         \t/usr/local/go/src/runtime/mem_linux.go:187 +0x11c"
                .to_owned()],
            Ending::Exited(code, words) => {
                let words = words.unwrap_or("unexpected end");
                let text = if words.starts_with("panic") {
                    format!("{words}\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:31 +0x1d4")
                } else {
                    self.say(at, "error", words, &[("exit", &code.to_string())])
                };
                vec![text]
            }
            Ending::FailedContainerCheck | Ending::FailedBalancerCheck | Ending::Replaced | Ending::Stopped(_) => {
                vec![self.say(at, "info", "received SIGTERM, finishing what is under way", &[]), self.say(at, "info", "bye", &[])]
            }
            Ending::NeverStarted(_) => Vec::new(),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

//! Checks: read-only questions asked one at a time, by a person, a runbook or a script, and what they found.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What can be asked. One row each in [`CheckKind::ROWS`]: the command line, runbooks, validation and docs derive from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// A service's tasks: how many run, why the stopped ones stopped.
    Tasks,
    /// A service's deployments: what rolls, what failed, what was undone, what changed before the trouble began.
    Deployment,
    /// One signal of a service against its threshold, and since when.
    Signal,
    /// The alerts that fire: how many, and what they have in common.
    Alerts,
    /// Scrape targets that are down, and why.
    Targets,
    /// Running tasks against active targets: each that is missing, with why.
    Discovery,
    /// The exporter: whether it is scraped and whether its own calls fail.
    Exporter,
    /// What a name resolves to, from here and as Route 53 has it.
    Dns,
    /// Whether a TCP connection can be made, to an address or to each of a service's tasks.
    Tcp,
    /// A certificate: names, chain, validity.
    Tls,
    /// A load balancer: state, listeners, rules, targets and why they are unhealthy.
    Alb,
    /// Whether security groups let a connection through, from an address to a port.
    SecurityGroup,
    /// Storage under the stack: EFS and Prometheus' own TSDB.
    Storage,
    /// What a role may do, simulated where that is allowed.
    Iam,
    /// A service's log for lines that say what is wrong.
    Logs,
    /// Gaps in a metric over a time, measured.
    Continuity,
}

/// One kind's row.
#[derive(Debug)]
pub struct CheckRow {
    /// The kind.
    pub kind: CheckKind,
    /// The name on the command line and in runbooks.
    pub name: &'static str,
    /// What it looks at, in one line, verb first.
    pub doc: &'static str,
    /// What it may be told.
    pub options: &'static [CheckOption],
}

/// One thing a check may be told.
#[derive(Debug)]
pub struct CheckOption {
    /// The name: `--host` on the command line, `host` in a runbook.
    pub name: &'static str,
    /// What it means, with its default.
    pub doc: &'static str,
    /// Whether the check cannot be asked without it.
    pub required: bool,
}

const SERVICE: CheckOption =
    CheckOption { name: "service", doc: "the service, as NAME or CLUSTER/NAME", required: true };
const ANY_SERVICE: CheckOption =
    CheckOption { name: "service", doc: "only this service, as NAME or CLUSTER/NAME [default: all]", required: false };
const SINCE: CheckOption =
    CheckOption { name: "since", doc: "how far back, as 30m or 6h [default: 1h]", required: false };

const fn option(name: &'static str, doc: &'static str) -> CheckOption {
    CheckOption { name, doc, required: false }
}

const fn needed(name: &'static str, doc: &'static str) -> CheckOption {
    CheckOption { name, doc, required: true }
}

impl CheckKind {
    /// Every kind, in the order help and the docs show them.
    pub const ROWS: &'static [CheckRow] = &[
        row(Self::Tasks, "tasks", "look at a service's tasks and why the stopped ones stopped", &[SERVICE]),
        row(Self::Deployment, "deployment", "look at what rolls, failed or was undone", &[SERVICE]),
        row(
            Self::Signal,
            "signal",
            "hold one signal of a service against its threshold",
            &[SERVICE, needed("signal", "cpu, memory, traffic, errors, latency-p50, latency-p95 or latency-p99")],
        ),
        row(Self::Alerts, "alerts", "count the alerts that fire and say what they have in common", &[ANY_SERVICE]),
        row(Self::Targets, "targets", "list the scrape targets that are down, and why", &[ANY_SERVICE]),
        row(Self::Discovery, "discovery", "compare running tasks with active targets", &[ANY_SERVICE]),
        row(Self::Exporter, "exporter", "look at the CloudWatch exporter and its own errors", &[]),
        row(
            Self::Dns,
            "dns",
            "compare what a name resolves to with what Route 53 has",
            &[option("name", "the name [default: Grafana's host]")],
        ),
        row(
            Self::Tcp,
            "tcp",
            "try to connect, to an address or to each task of a service",
            &[ANY_SERVICE, option("host", "the name or address"), option("port", "the port")],
        ),
        row(
            Self::Tls,
            "tls",
            "look at a certificate: names, chain, validity",
            &[option("host", "the name [default: Grafana's host]"), option("port", "the port [default: 443]")],
        ),
        row(
            Self::Alb,
            "alb",
            "look at a load balancer: state, listeners, rules, targets and why they are unhealthy",
            &[ANY_SERVICE, option("name", "the load balancer [default: the service's, else Grafana's]")],
        ),
        row(
            Self::SecurityGroup,
            "security-group",
            "follow a connection through the security groups",
            &[
                ANY_SERVICE,
                option("from", "the address it comes from [default: this machine's, as the internet sees it]"),
                option("port", "the port [default: 443]"),
            ],
        ),
        row(Self::Storage, "storage", "look at EFS and at Prometheus' own storage", &[ANY_SERVICE]),
        row(
            Self::Iam,
            "iam",
            "ask what a task's role may do",
            &[SERVICE, option("actions", "the actions, separated by commas [default: what its component needs]")],
        ),
        row(
            Self::Logs,
            "logs",
            "read a service's log for lines that say what is wrong",
            &[SERVICE, SINCE, option("pattern", "a CloudWatch filter pattern [default: errors of every kind]")],
        ),
        row(
            Self::Continuity,
            "continuity",
            "measure the gaps in a metric",
            &[ANY_SERVICE, SINCE, option("query", "the query [default: up of the scrape targets]")],
        ),
    ];

    /// The kind's row.
    pub fn row(self) -> &'static CheckRow {
        Self::ROWS.iter().find(|row| row.kind == self).unwrap_or(&Self::ROWS[0])
    }

    /// The name on the command line and in runbooks.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// A kind by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ROWS.iter().find(|row| row.name == name).map(|row| row.kind)
    }
}

const fn row(kind: CheckKind, name: &'static str, doc: &'static str, options: &'static [CheckOption]) -> CheckRow {
    CheckRow { kind, name, doc, options }
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What is asked.
    pub kind: CheckKind,
    /// What it was told, by the option's name. `service` is `NAME` or `CLUSTER/NAME`.
    pub with: BTreeMap<String, String>,
}

impl Check {
    /// A question of this kind that was told nothing.
    pub const fn new(kind: CheckKind) -> Self {
        Self { kind, with: BTreeMap::new() }
    }

    /// The same question, told one thing more.
    #[must_use]
    pub fn with(mut self, option: &str, value: impl Into<String>) -> Self {
        self.with.insert(option.to_owned(), value.into());
        self
    }

    /// What it was told for an option.
    pub fn told(&self, option: &str) -> Option<&str> {
        self.with.get(option).map(String::as_str)
    }
}

impl fmt::Display for Check {
    /// As it is typed: `check tcp --host 10.0.1.2 --port 8080`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "check {}", self.kind.name())?;
        self.with.iter().try_for_each(|(option, value)| write!(f, " --{option} {value}"))
    }
}

/// What a check, or one thing it looked at, came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// It is as it should be.
    Pass,
    /// It could not be found out, and why; never the same as a pass.
    Unknown,
    /// Something is wrong, and it may wait.
    Warn,
    /// Something is wrong.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Looked {
    /// How it is.
    pub state: CheckState,
    /// What it is and what was seen, sanitised (`target 10.0.1.7:8080 unhealthy: Target.Timeout`).
    pub text: String,
    /// Where it was read: the call, query or address.
    pub from: String,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The question.
    pub check: Check,
    /// The worst of what was looked at.
    pub state: CheckState,
    /// The answer in one line.
    pub summary: String,
    /// Everything that was looked at, the worst first.
    pub looked: Vec<Looked>,
    /// What is the matter, by stable names a runbook can branch on (`lock-held`, `no-ingress-rule`); empty when all is well.
    pub causes: Vec<String>,
    /// The next step, where something is wrong.
    pub next_step: Option<String>,
    /// When it was asked.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
}

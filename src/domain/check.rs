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
    /// What it may find to be the matter.
    pub causes: &'static [CauseRow],
}

/// One thing that can be the matter, by the stable name that runbooks branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CauseRow {
    /// The name (`lock-held`).
    pub name: &'static str,
    /// What it means, in one line.
    pub doc: &'static str,
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

const fn cause(name: &'static str, doc: &'static str) -> CauseRow {
    CauseRow { name, doc }
}

/// Causes that more than one kind can find.
mod shared {
    use super::{CauseRow, cause};

    pub(super) const LOCK_HELD: CauseRow = cause("lock-held", "something else still holds the volume's lock");
    pub(super) const STORAGE_FULL: CauseRow = cause("storage-full", "there is no space left");
    pub(super) const OUT_OF_MEMORY: CauseRow =
        cause("out-of-memory", "a task was killed for using more memory than it has");
    pub(super) const ONE_ZONE: CauseRow = cause("one-zone", "everything concerned is in one availability zone");
    pub(super) const REFUSED: CauseRow = cause("connection-refused", "nothing listens there");
    pub(super) const TIMEOUT: CauseRow =
        cause("connect-timeout", "nothing answers: dropped on the way, by a security group as a rule");
    pub(super) const UNREACHABLE: CauseRow = cause("unreachable", "there is no route");
    pub(super) const UNRESOLVED: CauseRow = cause("name-unresolved", "the name does not resolve");
    pub(super) const NO_DATA: CauseRow = cause("no-data", "there is no value at all");
    pub(super) const NO_SERVICE: CauseRow = cause("service-unknown", "there is no such service");
}

const fn option(name: &'static str, doc: &'static str) -> CheckOption {
    CheckOption { name, doc, required: false }
}

const fn needed(name: &'static str, doc: &'static str) -> CheckOption {
    CheckOption { name, doc, required: true }
}

impl CheckKind {
    /// Every kind, in the order help and the docs show them.
    pub const ROWS: &'static [CheckRow] = &[
        CheckRow {
            kind: Self::Tasks,
            name: "tasks",
            doc: "look at a service's tasks and why the stopped ones stopped",
            options: &[SERVICE],
            causes: &[
                cause("tasks-missing", "fewer tasks run than are wanted"),
                cause("crash-loop", "tasks end by themselves again and again"),
                shared::OUT_OF_MEMORY,
                shared::LOCK_HELD,
                shared::STORAGE_FULL,
                cause("image-pull", "the image cannot be pulled"),
                cause("start-failed", "tasks stop before they run: secrets, network or volume"),
                cause("health-check-failed", "tasks are stopped for failing their health check"),
                cause("task-unhealthy", "a running task fails its health check"),
                cause("task-stuck", "a task has been starting for too long"),
                cause("host-retired", "AWS took the capacity back"),
                cause("stopped-by-hand", "somebody stopped a task"),
                cause("odd-task", "one task differs from the others of its service"),
                shared::ONE_ZONE,
                shared::NO_SERVICE,
            ],
        },
        CheckRow {
            kind: Self::Deployment,
            name: "deployment",
            doc: "look at what rolls, failed or was undone",
            options: &[SERVICE],
            causes: &[
                cause("rolling", "a deployment is under way"),
                cause("rollout-stuck", "a deployment does not get on"),
                cause("rollout-failing", "tasks of the deployment under way fail"),
                cause("rollout-failed", "a deployment was given up"),
                cause("rolled-back", "a deployment was undone"),
                cause("changed-before", "a deployment began shortly before the trouble did"),
                shared::NO_SERVICE,
            ],
        },
        CheckRow {
            kind: Self::Signal,
            name: "signal",
            doc: "hold one signal of a service against its threshold",
            options: &[
                SERVICE,
                needed("signal", "cpu, memory, traffic, errors, latency-p50, latency-p95 or latency-p99"),
            ],
            causes: &[
                cause("past-threshold", "the signal is past its threshold"),
                cause("climbing", "the signal climbs steadily towards its limit"),
                cause("flapping", "the signal goes past its threshold and back, again and again"),
                cause("more-traffic", "requests rose with it: the load is the reason"),
                shared::NO_DATA,
                shared::NO_SERVICE,
            ],
        },
        CheckRow {
            kind: Self::Alerts,
            name: "alerts",
            doc: "count the alerts that fire and say what they have in common",
            options: &[ANY_SERVICE],
            causes: &[
                cause("firing", "alerts fire that somebody is notified of"),
                cause("storm", "many services alert at once"),
                cause("one-service", "all of them are about one service"),
                cause("one-job", "all of them are about one scrape job"),
                shared::ONE_ZONE,
                cause("alerts-unseen", "alerts could not be read"),
            ],
        },
        CheckRow {
            kind: Self::Targets,
            name: "targets",
            doc: "list the scrape targets that are down, and why",
            options: &[ANY_SERVICE],
            causes: &[
                cause("target-down", "scrapes fail"),
                cause("scrape-timeout", "no answer in time: packets are dropped, or the target is slow or hangs"),
                shared::REFUSED,
                shared::TIMEOUT,
                shared::UNREACHABLE,
                shared::UNRESOLVED,
                cause("http-error", "the target answers with an error"),
                cause("bad-metrics", "the target answers with something that is no metrics page"),
                cause("no-targets", "nothing is scraped at all"),
                shared::ONE_ZONE,
            ],
        },
        CheckRow {
            kind: Self::Discovery,
            name: "discovery",
            doc: "compare running tasks with active targets",
            options: &[ANY_SERVICE],
            causes: &[
                cause("tasks-unscraped", "tasks run that nothing scrapes"),
                cause("discovery-failing", "service discovery itself fails"),
                cause("dropped", "discovery finds them and relabelling drops them"),
                cause("no-job", "no scrape job has ever had a target of the service"),
                cause("no-targets", "nothing is scraped at all"),
            ],
        },
        CheckRow {
            kind: Self::Exporter,
            name: "exporter",
            doc: "look at the CloudWatch exporter and its own errors",
            options: &[],
            causes: &[
                cause("exporter-missing", "no target is a CloudWatch exporter"),
                cause("exporter-down", "its scrape fails"),
                cause("exporter-errors", "its own calls to CloudWatch fail"),
                cause("exporter-slow", "its scrape takes nearly as long as it may"),
            ],
        },
        CheckRow {
            kind: Self::Dns,
            name: "dns",
            doc: "compare what a name resolves to with what Route 53 has",
            options: &[option("name", "the name [default: Grafana's host]")],
            causes: &[
                shared::UNRESOLVED,
                cause("record-missing", "Route 53 has the zone and no record of the name"),
                cause("record-stale", "the record points at a load balancer that is not the one in use"),
                cause("dns-differs", "what is answered here is not what Route 53 has"),
            ],
        },
        CheckRow {
            kind: Self::Tcp,
            name: "tcp",
            doc: "try to connect, to an address or to each task of a service",
            options: &[
                ANY_SERVICE,
                option("host", "the name or address, with a port or not [default: every scrape target]"),
                option("port", "the port [default: the service's, else 443]"),
            ],
            causes: &[shared::REFUSED, shared::TIMEOUT, shared::UNREACHABLE, shared::UNRESOLVED, shared::NO_SERVICE],
        },
        CheckRow {
            kind: Self::Tls,
            name: "tls",
            doc: "look at a certificate: names, chain, validity",
            options: &[option("host", "the name [default: Grafana's host]"), option("port", "the port [default: 443]")],
            causes: &[
                cause("certificate-expired", "the certificate, or one above it, has expired"),
                cause("certificate-expires-soon", "the certificate expires within 21 days"),
                cause("certificate-not-yet-valid", "the certificate is not valid yet"),
                cause("wrong-name", "the certificate is for another name"),
                cause("untrusted-issuer", "nobody this machine trusts issued the certificate"),
                cause("certificate-refused", "the certificate is refused for another reason"),
                cause("not-tls", "what listens there does not speak TLS"),
                cause("not-grafana", "what answers at Grafana's address is not Grafana"),
                cause("grafana-silent", "Grafana does not answer"),
                cause(
                    "handshake-failed",
                    "it ended before a certificate was seen: no protocol in common, or no answer",
                ),
                shared::REFUSED,
                shared::TIMEOUT,
                shared::UNREACHABLE,
                shared::UNRESOLVED,
            ],
        },
        CheckRow {
            kind: Self::Alb,
            name: "alb",
            doc: "look at a load balancer and why its targets are unhealthy",
            options: &[ANY_SERVICE, option("name", "the load balancer [default: the service's, else Grafana's]")],
            causes: &[
                cause("no-load-balancer", "there is no such load balancer"),
                cause("balancer-not-active", "the load balancer is not active"),
                cause("no-listener", "nothing listens on it"),
                cause("no-rule", "no rule leads to the target group"),
                cause("no-targets", "a target group has no targets"),
                cause("target-unhealthy", "targets fail their health check"),
                cause("target-unused", "targets are in a zone or group the load balancer does not use"),
                cause("targets-starting", "targets are being registered"),
                cause("targets-draining", "targets are being taken out"),
                cause("no-healthy-target", "no target is healthy: requests are answered with 503"),
            ],
        },
        CheckRow {
            kind: Self::SecurityGroup,
            name: "security-group",
            doc: "follow a connection through the security groups",
            options: &[
                ANY_SERVICE,
                option("from", "the address or CIDR it comes from [default: this machine's, where that can be told]"),
                option("port", "the port [default: 443]"),
            ],
            causes: &[
                cause("no-ingress-rule", "no rule lets the connection in"),
                cause("no-egress-rule", "no rule lets the connection out"),
                cause("no-load-balancer", "there is no such load balancer"),
                shared::TIMEOUT,
            ],
        },
        CheckRow {
            kind: Self::Storage,
            name: "storage",
            doc: "look at EFS and at Prometheus' own storage",
            options: &[ANY_SERVICE],
            causes: &[
                shared::LOCK_HELD,
                shared::STORAGE_FULL,
                cause("fills-soon", "at this rate it is full within seven days"),
                cause("credits-exhausted", "the file system has no burst credits left"),
                cause("io-limit", "the file system is at its I/O limit"),
                cause("mount-target-missing", "a file system cannot be mounted in a zone, or not at all"),
                cause("wal-corrupt", "the write-ahead log was corrupt and data was dropped"),
                cause("compaction-failing", "blocks cannot be compacted"),
                cause("writes-failing", "samples cannot be written"),
            ],
        },
        CheckRow {
            kind: Self::Iam,
            name: "iam",
            doc: "ask what a task's role may do",
            options: &[
                SERVICE,
                option("actions", "the actions, separated by commas [default: what its component needs]"),
            ],
            causes: &[
                cause("denied", "an action it needs is not allowed"),
                cause("no-role", "the task has no role"),
                shared::NO_SERVICE,
            ],
        },
        CheckRow {
            kind: Self::Logs,
            name: "logs",
            doc: "read a service's log for lines that say what is wrong",
            options: &[
                SERVICE,
                SINCE,
                option("pattern", "a CloudWatch filter pattern [default: errors of every kind]"),
            ],
            causes: &[
                cause("error-lines", "the log has lines that say what is wrong"),
                shared::LOCK_HELD,
                shared::STORAGE_FULL,
                shared::OUT_OF_MEMORY,
                cause("denied", "AWS refuses a call for lack of permission"),
                shared::UNRESOLVED,
                shared::REFUSED,
                shared::TIMEOUT,
                shared::NO_SERVICE,
            ],
        },
        CheckRow {
            kind: Self::Continuity,
            name: "continuity",
            doc: "measure the gaps in a metric",
            options: &[ANY_SERVICE, SINCE, option("query", "the query [default: up of the scrape targets]")],
            causes: &[
                cause("gap", "samples are missing in between"),
                cause("metrics-stopped", "samples are missing up to now"),
                shared::NO_DATA,
            ],
        },
    ];

    /// A cause's row, whichever kind finds it.
    pub fn cause(name: &str) -> Option<&'static CauseRow> {
        Self::ROWS.iter().flat_map(|row| row.causes).find(|cause| cause.name == name)
    }

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

    /// What a result of this kind may carry in [`CheckResult::facts`]: each name with what it is.
    pub const fn facts(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Tasks => &[
                ("task", "the id of the running task that is not well; absent where there is none"),
                ("running", "how many run"),
                ("desired", "how many are wanted"),
            ],
            Self::Signal => &[("value", "the value now, with its unit")],
            Self::Alerts => &[("firing", "how many fire")],
            Self::Targets => &[("task", "the id of the task behind the first target that is down, where known")],
            Self::Alb => &[("task", "the id of the task behind the first target that is unhealthy, where known")],
            Self::Continuity => &[
                ("gap", "how long the longest gap is"),
                ("from", "when it began"),
                ("to", "when it ended; absent while it lasts"),
            ],
            _ => &[],
        }
    }
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

    /// Whether it can be answered without a look at everything: it names an address, and nothing of the fleet.
    pub fn stands_alone(&self) -> bool {
        match self.kind {
            CheckKind::Dns => self.told("name").is_some(),
            CheckKind::Tls => self.told("host").is_some(),
            CheckKind::Tcp => self.told("host").is_some() && self.told("service").is_none(),
            _ => false,
        }
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
    /// What later steps of a runbook can build on, by the names of [`CheckKind::facts`] (`task`: the id of the sick one).
    pub facts: BTreeMap<String, String>,
    /// The next step, where something is wrong.
    pub next_step: Option<String>,
    /// When it was asked.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_kind_has_one_row_and_every_cause_one_meaning() {
        let mut meanings: BTreeMap<&str, &str> = BTreeMap::new();
        for row in CheckKind::ROWS {
            assert_eq!(CheckKind::named(row.name), Some(row.kind));
            assert_eq!(serde_json::to_value(row.kind).unwrap(), row.name, "the name is the one of the JSON");
            assert!(!row.causes.is_empty(), "{}", row.name);
            for cause in row.causes {
                let known = cause.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
                assert!(known, "{}", cause.name);
                let before = meanings.entry(cause.name).or_insert(cause.doc);
                assert!(*before == cause.doc || ["denied", "no-targets"].contains(&cause.name));
            }
        }
        assert_eq!(CheckKind::cause("lock-held").unwrap().name, "lock-held");
    }

    #[test]
    fn a_check_is_shown_as_it_is_typed() {
        let check = Check::new(CheckKind::Tcp).with("port", "8080").with("host", "10.0.1.2");
        assert_eq!(check.to_string(), "check tcp --host 10.0.1.2 --port 8080");
        assert!(check.stands_alone() && !check.with("service", "api").stands_alone());
    }
}

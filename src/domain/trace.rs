//! The way of a request to a service, hop by hop, and the first hop that is broken.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CheckState, Looked, ServiceId};

/// What a request passes, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HopKind {
    /// The name becomes an address.
    Dns,
    /// The load balancer listens on the port, with a certificate where it speaks TLS.
    Listener,
    /// A rule of the listener sends the request on.
    Rule,
    /// The target group has healthy targets.
    TargetGroup,
    /// The service's tasks run and are the targets.
    Task,
    /// The containers of the tasks are healthy and accept connections.
    Container,
}

impl HopKind {
    /// Every hop, in the order a request passes them.
    pub const ALL: [Self; 6] = [Self::Dns, Self::Listener, Self::Rule, Self::TargetGroup, Self::Task, Self::Container];

    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dns => "DNS",
            Self::Listener => "listener",
            Self::Rule => "rule",
            Self::TargetGroup => "target group",
            Self::Task => "task",
            Self::Container => "container",
        }
    }
}

/// One hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Hop {
    /// Which.
    pub kind: HopKind,
    /// The worst of what was looked at. [`CheckState::Unknown`] where it could not be seen.
    pub state: CheckState,
    /// What it is (`grafana.example.com`, `HTTPS:443 of grafana`); empty where it is not known.
    pub name: String,
    /// What was looked at, the worst first.
    pub looked: Vec<Looked>,
}

/// The whole way.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// To which service.
    pub service: ServiceId,
    /// The hops in order; those that the service does not have (no load balancer) are left out.
    pub hops: Vec<Hop>,
    /// The position of the first broken hop.
    pub broken: Option<usize>,
    /// The answer in one line.
    pub summary: String,
    /// What is the matter, by the names of checks' causes.
    pub causes: Vec<String>,
    /// The next step, where something is wrong.
    pub next_step: Option<String>,
    /// When it was walked.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
}

impl Trace {
    /// The worst of all hops.
    pub fn state(&self) -> CheckState {
        self.hops.iter().map(|hop| hop.state).max().unwrap_or(CheckState::Unknown)
    }
}

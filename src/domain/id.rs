//! Names of things: services, the owner a metric label points at, label sets.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Label names to values, sorted.
pub type Labels = BTreeMap<String, String>;

/// One service of one cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ServiceId {
    /// The cluster's short name; empty where no source knows it (a service seen in metrics only).
    pub cluster: String,
    /// The service's short name.
    pub name: String,
}

impl ServiceId {
    /// A service by its cluster's and its own short name.
    pub fn new(cluster: impl Into<String>, name: impl Into<String>) -> Self {
        Self { cluster: cluster.into(), name: name.into() }
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cluster.is_empty() { f.write_str(&self.name) } else { write!(f, "{}/{}", self.cluster, self.name) }
    }
}

/// Who a series, target or alert says it belongs to, read from its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The value of the service label.
    pub service: String,
    /// The value of the cluster label, where the context names one and the series carries it.
    pub cluster: Option<String>,
}

impl Owner {
    /// An owner known by its service's name alone.
    pub fn named(service: impl Into<String>) -> Self {
        Self { service: service.into(), cluster: None }
    }

    /// Whether `id` is the service meant. Without a cluster label the name alone decides.
    pub fn is(&self, id: &ServiceId) -> bool {
        self.service == id.name && self.cluster.as_ref().is_none_or(|cluster| *cluster == id.cluster)
    }
}

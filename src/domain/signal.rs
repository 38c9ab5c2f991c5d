//! The signals of a service and the units they are measured in.

use serde::{Deserialize, Serialize};

/// One thing measured of every service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// CPU in percent of what the tasks reserve.
    Cpu,
    /// Memory in percent of what the tasks reserve.
    Memory,
    /// Requests a second.
    Traffic,
    /// Failed requests in percent of all requests.
    Errors,
    /// Median latency in seconds.
    LatencyP50,
    /// The latency 95 % of requests stay under, in seconds.
    LatencyP95,
    /// The latency 99 % of requests stay under, in seconds.
    LatencyP99,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 100, and beyond where a service bursts.
    Percent,
    /// Requests a second.
    PerSecond,
    /// Seconds.
    Seconds,
}

impl Signal {
    /// Every signal, in the order of the enum's discriminants.
    pub const ALL: [Self; 7] =
        [Self::Cpu, Self::Memory, Self::Traffic, Self::Errors, Self::LatencyP50, Self::LatencyP95, Self::LatencyP99];

    /// The five that are read for every service on every round; the other latencies are read for charts only.
    pub const ROUND: [Self; 5] = [Self::Cpu, Self::Memory, Self::Traffic, Self::Errors, Self::LatencyP95];

    /// The name used in configuration and JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Traffic => "traffic",
            Self::Errors => "errors",
            Self::LatencyP50 => "latency_p50",
            Self::LatencyP95 => "latency_p95",
            Self::LatencyP99 => "latency_p99",
        }
    }

    /// The name used in sentences.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::Traffic => "traffic",
            Self::Errors => "error rate",
            Self::LatencyP50 => "latency p50",
            Self::LatencyP95 => "latency p95",
            Self::LatencyP99 => "latency p99",
        }
    }

    /// What its numbers count.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Cpu | Self::Memory | Self::Errors => Unit::Percent,
            Self::Traffic => Unit::PerSecond,
            Self::LatencyP50 | Self::LatencyP95 | Self::LatencyP99 => Unit::Seconds,
        }
    }

    /// Whether every service that runs has it. The others exist only where a service serves requests.
    pub const fn is_universal(self) -> bool {
        matches!(self, Self::Cpu | Self::Memory)
    }
}

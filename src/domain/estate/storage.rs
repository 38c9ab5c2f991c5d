//! Storage: shared file systems and Prometheus' own database.

use std::time::Duration;

use jiff::Timestamp;

/// One shared file system (EFS).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSystem {
    /// Its id (`fs-...`).
    pub id: String,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// `available`, `creating` ...
    pub state: String,
    /// Bytes it holds.
    pub bytes: Option<u64>,
    /// `bursting`, `elastic` or `provisioned`.
    pub throughput: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Its life-cycle rules (`AFTER_30_DAYS to IA`).
    pub lifecycle: Vec<String>,
}

/// Where a file system can be mounted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MountTarget {
    /// Its zone.
    pub zone: String,
    /// `available`, `creating` ...
    pub state: String,
    /// Its address.
    pub address: String,
}

/// What a file system is put to, by CloudWatch; the worst of the last hour.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FileSystemLoad {
    /// Burst credits left, in bytes; the least.
    pub credits: Option<f64>,
    /// How near the I/O limit it was, in percent; the most.
    pub io_percent: Option<f64>,
    /// Clients connected, at the last count.
    pub clients: Option<f64>,
}

/// What Prometheus says of its own database.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Database {
    /// Series in memory.
    pub head_series: Option<u64>,
    /// Bytes of blocks on disk.
    pub bytes: Option<f64>,
    /// The most bytes it may hold (`retention.size`).
    pub bytes_limit: Option<f64>,
    /// How long samples are kept.
    pub keeps: Option<Duration>,
    /// When its oldest sample is from.
    pub oldest: Option<Timestamp>,
    /// Bytes the file system under it has left and has in all, where an exporter says so.
    pub disk: Option<(f64, f64)>,
    /// Bytes blocks grew by in a day, from the last hours' growth.
    pub growth: Option<f64>,
    /// Corruptions of the write-ahead log since it started.
    pub corruptions: Option<f64>,
    /// Compactions that failed in the last day.
    pub failed_compactions: Option<f64>,
    /// Appends or writes that failed in the last hour.
    pub failed_writes: Option<f64>,
}

//! CloudWatch: CPU and memory, a minute or two late.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{CloudWatchReading, Sampled, ServiceId, Signal, SignalReading, SourceError, SourceKind};

use super::super::clock::{HOUR, MINUTE, Second, floor, second, stamp};
use super::super::scene::Grid;
use super::super::world::World;

/// Seconds until a minute's datapoint can be read.
const LATE: Second = 75;

/// The two metrics of AWS/ECS.
const METRICS: [(Signal, &str); 2] = [(Signal::Cpu, "CPUUtilization"), (Signal::Memory, "MemoryUtilization")];

impl World {
    /// What CloudWatch answers when asked for CPU and memory of `wanted`.
    ///
    /// # Errors
    /// When the scenario has it refuse.
    pub fn cloudwatch(&self, wanted: &[ServiceId], now: Timestamp) -> Result<CloudWatchReading, SourceError> {
        let now = second(now);
        if let Some(error) = self.refusal(SourceKind::CloudWatch, now) {
            return Err(error);
        }
        let newest = newest(now);
        let grid = Grid::ending(newest, HOUR, MINUTE);
        let mut signals = Vec::with_capacity(wanted.len() * METRICS.len());
        for scene in wanted.iter().filter_map(|id| self.scene(id, now)) {
            let id = &scene.service.id;
            let series = scene.series(SourceKind::CloudWatch, &METRICS.map(|(signal, _)| signal), &grid);
            for ((signal, metric), series) in METRICS.into_iter().zip(series) {
                let Some((at, value)) = series.last_known() else { continue };
                let is_current = at == stamp(newest);
                let mut owner = scene.owner();
                owner.cluster = Some(id.cluster.clone());
                signals.push(SignalReading {
                    owner,
                    signal,
                    now: is_current.then_some(Sampled { value, at, source: SourceKind::CloudWatch }),
                    series: Some(Arc::new(series)),
                    query: metric_query(metric, id),
                });
            }
        }
        let newest = (!signals.is_empty()).then(|| stamp(newest));
        let metrics_requested = (wanted.len() * METRICS.len()) as u64;
        Ok(CloudWatchReading { signals, metrics_requested, newest, problems: Vec::new() })
    }
}

/// The newest minute whose datapoint can be read.
pub fn newest(now: Second) -> Second {
    floor(now - LATE, MINUTE)
}

fn metric_query(metric: &str, id: &ServiceId) -> Arc<str> {
    format!("AWS/ECS {metric} Average 60s ClusterName={} ServiceName={}", id.cluster, id.name).into()
}

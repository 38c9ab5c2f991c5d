//! What the CloudWatch exporter asks for, as `provision/configs/cloudwatch-exporter.yml.tftpl` has it.

/// Seconds between two lists of what there is to ask for: its `list_metrics_cache_ttl`.
const LISTED_EVERY: f64 = 600.0;

/// One request for each metric of each thing, at each scrape, and one list for each kind of metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exporter {
    /// Metrics of each ECS service of the cluster: use, and what Container Insights counts.
    pub of_a_service: u32,
    /// Metrics of each target group.
    pub of_a_target_group: u32,
    /// Metrics of what there is once: the file system's limit and its three sizes, copies made and failed, certificate.
    pub others: u32,
    /// Kinds of metrics.
    pub kinds: u32,
    /// Seconds between two scrapes.
    pub every: f64,
}

impl Default for Exporter {
    fn default() -> Self {
        Self { of_a_service: 8, of_a_target_group: 1, others: 7, kinds: 15, every: 120.0 }
    }
}

impl Exporter {
    /// Requests in so many hours, where a cluster runs `watched` services, each behind a load balancer, and `parts` of
    /// the stack, of which Grafana is.
    pub fn requests(&self, watched: u32, parts: u32, hours: f64) -> f64 {
        let seconds = hours * 3600.0;
        f64::from(self.metrics(watched, parts)) * seconds / self.every + f64::from(self.kinds) * seconds / LISTED_EVERY
    }

    /// Metrics asked for at each scrape.
    pub fn metrics(&self, watched: u32, parts: u32) -> u32 {
        let target_groups = watched + parts.min(1);
        self.of_a_service * (watched + parts) + self.of_a_target_group * target_groups + self.others
    }
}

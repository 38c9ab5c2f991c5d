//! The runbooks in the program.

/// Name and text of each, in the order they are listed.
pub(super) const SHIPPED: [(&str, &str); 8] = [
    ("prometheus-down", include_str!("../../provision/runbooks/prometheus-down.toml")),
    ("grafana-unreachable", include_str!("../../provision/runbooks/grafana-unreachable.toml")),
    ("metrics-stopped", include_str!("../../provision/runbooks/metrics-stopped.toml")),
    ("high-cpu", include_str!("../../provision/runbooks/high-cpu.toml")),
    ("high-memory", include_str!("../../provision/runbooks/high-memory.toml")),
    ("bad-deploy", include_str!("../../provision/runbooks/bad-deploy.toml")),
    ("error-rate", include_str!("../../provision/runbooks/error-rate.toml")),
    ("alert-storm", include_str!("../../provision/runbooks/alert-storm.toml")),
];

/// The names of the shipped runbooks, in the order they are listed.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

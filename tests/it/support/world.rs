//! Whole environments of real servers, started once for the test binary and left to their leashes at its end. Nobody
//! changes them: a test that breaks something puts a bridge or a broken backend in front.

use std::sync::LazyLock;
use std::time::Duration;

use super::alertmanager::Alertmanager;
use super::load;
use super::moto::Moto;
use super::prometheus::Prometheus;
use super::wait;

/// Prometheus and Alertmanager of one environment.
pub(crate) struct World {
    pub(crate) prometheus: Prometheus,
    pub(crate) alertmanager: Alertmanager,
    /// The ECS cluster in [`AWS`] that belongs to it.
    pub(crate) cluster: &'static str,
}

/// AWS as moto simulates it, with the clusters of both worlds.
pub(crate) static AWS: LazyLock<Moto> = LazyLock::new(Moto::seeded);

/// api-2 is hot (critical) and fails 4.1 % of its requests; worker's target is dead and its memory alert silenced.
pub(crate) static BAD_MORNING: LazyLock<World> = LazyLock::new(|| {
    let alertmanager = Alertmanager::start();
    let prometheus = Prometheus::watching(load::bad_morning(), Some(&alertmanager.url()));
    alertmanager.wait_for("HighCPUUsage", "api-2", "active");
    alertmanager.wait_for("ServiceDown", "worker", "active");
    alertmanager.wait_for("HighMemoryUsage", "worker", "active");
    alertmanager.silence("HighMemoryUsage", "worker");
    alertmanager.wait_for("HighMemoryUsage", "worker", "suppressed");
    World { prometheus, alertmanager, cluster: "prod" }
});

/// Everything is well.
pub(crate) static CALM: LazyLock<World> = LazyLock::new(|| {
    let alertmanager = Alertmanager::start();
    let prometheus = Prometheus::watching(load::calm(), Some(&alertmanager.url()));
    wait::until("every target to be up", Duration::from_mins(2), || {
        let up = prometheus.query("up == 1");
        if up.len() == 6 { Ok(()) } else { Err(format!("{up:?}")) }
    });
    World { prometheus, alertmanager, cluster: "calm" }
});

//! Which clusters have a service of a name.

use futures_util::future::join_all;

use super::Ecs;
use crate::domain::{ServiceId, SourceError};
use crate::net::aws::ecs::{Api, map};

/// Clusters asked at once.
const AT_ONCE: usize = 8;

impl Ecs {
    /// The services of a name in every cluster that is configured, or in all of the region where none is.
    pub(in crate::exec::live) async fn named(&self, name: &str) -> Result<Vec<ServiceId>, SourceError> {
        let session = self.session().await?;
        let api = Api::new(&session);
        let configured = &self.aws().settings().clusters;
        let clusters = if configured.is_empty() { api.list_clusters().await? } else { configured.clone() };
        let names = [name.to_owned()];
        let mut found = Vec::new();
        for clusters in clusters.chunks(AT_ONCE) {
            let asked = clusters.iter().map(|cluster| api.describe_services(cluster, name, &names));
            for (cluster, answer) in clusters.iter().zip(join_all(asked).await) {
                let (services, _) = answer?;
                if services.iter().any(|service| service.status() != Some("INACTIVE")) {
                    found.push(ServiceId::new(map::short_name(cluster), name));
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

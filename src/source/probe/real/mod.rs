//! The real world, read through the context's own access: AWS, Prometheus, and this machine's network.

mod aws;
mod prometheus;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::estate::{Address, Estate, Groups, SampleAsk, Seen};
use crate::config;
use crate::domain::estate::{
    AddressRange, Balancer, BalancerTarget, Connection, Database, Decision, DiscoveryHealth, DroppedTarget,
    ExporterHealth, FileSystem, FileSystemLoad, Handshake, InstanceErrors, Interface, Listener, ListenerRule,
    MountTarget, OwnAddress, Record, RolePolicy, SecurityGroup, Stretch, TargetGroup, Wiring, Zone,
};
use crate::domain::{ErrorClass, ServiceId, Signal, SourceError};
use crate::net::aws::query::{ec2, efs, elb, iam};
use crate::net::aws::{Aws, Session};
use crate::net::door::{DataSourceKind, Door};
use crate::net::http::{Clients, Deadline};
use crate::net::{Meter, dns, tcp, tls};
use crate::source::foreign::OwnerLabels;
use crate::source::prometheus::client::Api;

/// How long one question may take in all.
const WITHIN: Duration = Duration::from_secs(25);

/// An address of the internet to find the way out by; nothing is sent to it.
const OUTSIDE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// The access of one context.
pub(super) struct Access {
    aws: Option<Aws>,
    meter: Meter,
    prometheus: Option<Api>,
    labels: OwnerLabels,
    queries: BTreeMap<Signal, String>,
    grafana: Option<Address>,
    authorities: Vec<PathBuf>,
}

impl Access {
    /// As the configuration says; no I/O.
    pub(super) fn new(context: &config::Context, aws: Option<&Aws>, clients: &Clients) -> Self {
        let grafana = context.grafana.as_ref();
        let address = |http: &config::Http| {
            let (host, port) = (http.url.host_str()?.to_owned(), http.url.port_or_known_default()?);
            Some(Address { host, port, is_tls: http.url.scheme() == "https" })
        };
        let prometheus = context.prometheus.as_ref().map(|prometheus| {
            let door = Door::open(&prometheus.reach, grafana, DataSourceKind::Prometheus, clients, Meter::default());
            Api::new(door)
        });
        Self {
            aws: aws.cloned(),
            meter: Meter::default(),
            prometheus,
            labels: OwnerLabels::of(context.prometheus.as_ref()),
            queries: context.prometheus.as_ref().map(|prometheus| prometheus.queries.clone()).unwrap_or_default(),
            grafana: grafana.and_then(|grafana| address(&grafana.http)),
            authorities: grafana.and_then(|grafana| grafana.http.ca_file.clone()).into_iter().collect(),
        }
    }

    /// One question's look, at its time.
    pub(super) fn look(&self, now: Timestamp) -> Look<'_> {
        Look { access: self, session: OnceCell::new(), deadline: Deadline::after(WITHIN), now }
    }
}

/// One question's look.
pub(super) struct Look<'a> {
    access: &'a Access,
    session: OnceCell<Seen<Session>>,
    deadline: Deadline,
    now: Timestamp,
}

impl Look<'_> {
    /// Access to AWS, opened once for the whole look.
    async fn session(&self) -> Seen<&Session> {
        let opened = self.session.get_or_init(|| async {
            let Some(aws) = &self.access.aws else {
                return Err(SourceError::new(ErrorClass::Local, "aws is not configured in this context")
                    .with_hint("give the context an [aws] table"));
            };
            aws.session(&self.access.meter, self.deadline.remaining()).await
        });
        opened.await.as_ref().map_err(Clone::clone)
    }

    fn prometheus(&self) -> Seen<&Api> {
        self.access.prometheus.as_ref().ok_or_else(|| {
            SourceError::new(ErrorClass::Local, "prometheus is not configured in this context")
                .with_hint("give the context a [prometheus] table")
        })
    }
}

impl Estate for Look<'_> {
    async fn wiring(&self, service: &ServiceId) -> Seen<Wiring> {
        aws::wiring(self.session().await?, service).await
    }

    async fn balancers(&self) -> Seen<Vec<Balancer>> {
        elb::balancers(self.session().await?).await
    }

    async fn listeners(&self, balancer: &str) -> Seen<Vec<Listener>> {
        elb::listeners(self.session().await?, balancer).await
    }

    async fn rules(&self, listener: &str) -> Seen<Vec<ListenerRule>> {
        elb::rules(self.session().await?, listener).await
    }

    async fn target_groups(&self, groups: Groups<'_>) -> Seen<Vec<TargetGroup>> {
        let session = self.session().await?;
        match groups {
            Groups::Of(balancer) => elb::target_groups_of(session, balancer).await,
            Groups::Named(arns) => elb::target_groups(session, arns).await,
        }
    }

    async fn targets(&self, group: &str) -> Seen<Vec<BalancerTarget>> {
        elb::target_health(self.session().await?, group).await
    }

    async fn zones(&self, name: &str) -> Seen<Vec<Zone>> {
        aws::zones(self.session().await?, name).await
    }

    async fn records(&self, zone: &Zone, name: &str) -> Seen<Vec<Record>> {
        aws::records(self.session().await?, zone, name).await
    }

    async fn resolve(&self, name: &str) -> Seen<Vec<IpAddr>> {
        dns::resolve(name, tcp::PATIENCE).await
    }

    async fn connect(&self, host: &str, port: u16) -> Connection {
        tcp::connect(host, port).await
    }

    async fn handshake(&self, host: &str, port: u16) -> Result<Handshake, Connection> {
        tls::handshake(host, port, self.access.authorities.clone()).await
    }

    async fn security_groups(&self, ids: &[String]) -> Seen<Vec<SecurityGroup>> {
        aws::security_groups(self.session().await?, ids).await
    }

    async fn interfaces(&self, addresses: &[String]) -> Seen<Vec<Interface>> {
        ec2::interfaces(self.session().await?, addresses).await
    }

    async fn subnet_ranges(&self, ids: &[String]) -> Seen<Vec<AddressRange>> {
        ec2::subnet_ranges(self.session().await?, ids).await
    }

    async fn own_address(&self, toward: Option<IpAddr>, public: bool) -> OwnAddress {
        let found = dns::source_address(toward.unwrap_or(OUTSIDE)).await;
        match found {
            Ok(address) if is_public(address) => {
                OwnAddress { address: Some(address), how: "it is this machine's own".to_owned() }
            }
            Ok(address) if !public => {
                OwnAddress { address: Some(address), how: "this machine sends from it on the way there".to_owned() }
            }
            Ok(address) => OwnAddress {
                address: None,
                how: format!(
                    "this machine sends from {address}, which is translated on the way out; what the internet sees is \
                     not known without asking somebody"
                ),
            },
            Err(error) => OwnAddress { address: None, how: format!("there is no way out from here: {error}") },
        }
    }

    async fn file_systems(&self) -> Seen<Vec<FileSystem>> {
        aws::file_systems(self.session().await?).await
    }

    async fn mount_targets(&self, file_system: &str) -> Seen<Vec<MountTarget>> {
        efs::mount_targets(self.session().await?, file_system).await
    }

    async fn file_system_load(&self, file_system: &str) -> Seen<FileSystemLoad> {
        aws::file_system_load(self.session().await?, file_system, self.now).await
    }

    async fn database(&self) -> Seen<(Database, Vec<SourceError>)> {
        prometheus::database(self.prometheus()?, self.now, self.deadline).await
    }

    async fn exporters(&self) -> Seen<Vec<ExporterHealth>> {
        prometheus::exporters(self.prometheus()?, self.now, self.deadline).await
    }

    async fn discovery(&self) -> Seen<Vec<DiscoveryHealth>> {
        prometheus::discovery(self.prometheus()?, self.now, self.deadline).await
    }

    async fn dropped(&self) -> Seen<Vec<DroppedTarget>> {
        prometheus::dropped(self.prometheus()?, self.deadline).await
    }

    async fn errors_by_instance(&self, service: &ServiceId) -> Seen<Vec<InstanceErrors>> {
        let (labels, queries) = (&self.access.labels, &self.access.queries);
        prometheus::errors_by_instance(self.prometheus()?, labels, queries, service, self.now, self.deadline).await
    }

    async fn samples(&self, ask: &SampleAsk<'_>) -> Seen<Vec<Stretch>> {
        prometheus::samples(self.prometheus()?, ask, self.deadline).await
    }

    async fn policies(&self, role: &str) -> Seen<Vec<RolePolicy>> {
        iam::policies(self.session().await?, role).await
    }

    async fn simulate(&self, role: &str, actions: &[String], context: &[(String, String)]) -> Seen<Vec<Decision>> {
        iam::simulate(self.session().await?, role, actions, context).await
    }

    fn grafana_address(&self) -> Option<Address> {
        self.access.grafana.clone()
    }

    fn region(&self) -> Option<String> {
        self.access.aws.as_ref().and_then(Aws::region)
    }
}

/// Whether an address is one of the internet: nobody translates it on the way.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || shared)
        }
        IpAddr::V6(v6) => {
            !(v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_behind_a_translation_are_known() {
        for (address, public) in [
            ("10.0.0.1", false),
            ("100.64.3.1", false),
            ("100.128.0.1", true),
            ("127.0.0.1", false),
            ("203.0.113.7", true),
            ("fd00::1", false),
            ("2001:db8::1", true),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }
}

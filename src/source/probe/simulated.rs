//! The simulated world, read as the real one is.

use std::net::IpAddr;

use jiff::Timestamp;

use super::estate::{Address, Estate, Groups, SampleAsk, Seen};
use crate::domain::estate::{
    AddressRange, Balancer, BalancerTarget, Connection, Database, Decision, DiscoveryHealth, DroppedTarget,
    ExporterHealth, FileSystem, FileSystemLoad, Handshake, InstanceErrors, Interface, Listener, ListenerRule,
    MountTarget, OwnAddress, Record, RolePolicy, SecurityGroup, Stretch, TargetGroup, Wiring, Zone,
};
use crate::domain::{ServiceId, SourceError};
use crate::sim::estate::{Estate as Surroundings, GRAFANA_HOST};
use crate::sim::{REGION, World};

/// One question's look.
pub(super) struct Looking<'w> {
    /// The world.
    pub(super) world: &'w World,
    /// The moment.
    pub(super) now: Timestamp,
}

impl Looking<'_> {
    fn estate(&self) -> Surroundings<'_> {
        self.world.estate(self.now)
    }
}

impl Estate for Looking<'_> {
    async fn wiring(&self, service: &ServiceId) -> Seen<Wiring> {
        self.estate().wiring(service)
    }

    async fn balancers(&self) -> Seen<Vec<Balancer>> {
        self.estate().balancers()
    }

    async fn listeners(&self, balancer: &str) -> Seen<Vec<Listener>> {
        self.estate().listeners(balancer)
    }

    async fn rules(&self, listener: &str) -> Seen<Vec<ListenerRule>> {
        self.estate().rules(listener)
    }

    async fn target_groups(&self, groups: Groups<'_>) -> Seen<Vec<TargetGroup>> {
        match groups {
            Groups::Of(balancer) => self.estate().target_groups_of(balancer),
            Groups::Named(arns) => self.estate().target_groups(arns),
        }
    }

    async fn targets(&self, group: &str) -> Seen<Vec<BalancerTarget>> {
        self.estate().target_health(group)
    }

    async fn zones(&self, name: &str) -> Seen<Vec<Zone>> {
        self.estate().zones(name)
    }

    async fn records(&self, zone: &Zone, name: &str) -> Seen<Vec<Record>> {
        self.estate().records(zone, name)
    }

    async fn resolve(&self, name: &str) -> Seen<Vec<IpAddr>> {
        self.estate().resolve(name)
    }

    async fn connect(&self, host: &str, port: u16) -> Connection {
        self.estate().connect(host, port)
    }

    async fn handshake(&self, host: &str, port: u16) -> Result<Handshake, Connection> {
        self.estate().handshake(host, port)
    }

    async fn security_groups(&self, ids: &[String]) -> Seen<Vec<SecurityGroup>> {
        self.estate().security_groups(ids)
    }

    async fn interfaces(&self, addresses: &[String]) -> Seen<Vec<Interface>> {
        self.estate().interfaces(addresses)
    }

    async fn subnet_ranges(&self, ids: &[String]) -> Seen<Vec<AddressRange>> {
        self.estate().subnet_ranges(ids)
    }

    async fn own_address(&self, _toward: Option<IpAddr>, _public: bool) -> OwnAddress {
        self.estate().own_address()
    }

    async fn file_systems(&self) -> Seen<Vec<FileSystem>> {
        self.estate().file_systems()
    }

    async fn mount_targets(&self, file_system: &str) -> Seen<Vec<MountTarget>> {
        self.estate().mount_targets(file_system)
    }

    async fn file_system_load(&self, file_system: &str) -> Seen<FileSystemLoad> {
        self.estate().file_system_load(file_system)
    }

    async fn database(&self) -> Seen<(Database, Vec<SourceError>)> {
        self.estate().database().map(|database| (database, Vec::new()))
    }

    async fn exporters(&self) -> Seen<Vec<ExporterHealth>> {
        self.estate().exporters()
    }

    async fn discovery(&self) -> Seen<Vec<DiscoveryHealth>> {
        self.estate().discovery()
    }

    async fn dropped(&self) -> Seen<Vec<DroppedTarget>> {
        self.estate().dropped()
    }

    async fn errors_by_instance(&self, service: &ServiceId) -> Seen<Vec<InstanceErrors>> {
        self.estate().errors_by_instance(service)
    }

    async fn samples(&self, ask: &SampleAsk<'_>) -> Seen<Vec<Stretch>> {
        self.estate().samples(ask.query, ask.from, ask.to)
    }

    async fn policies(&self, role: &str) -> Seen<Vec<RolePolicy>> {
        self.estate().policies(role)
    }

    async fn simulate(&self, role: &str, actions: &[String], _context: &[(String, String)]) -> Seen<Vec<Decision>> {
        self.estate().simulate(role, actions)
    }

    fn grafana_address(&self) -> Option<Address> {
        Some(Address { host: GRAFANA_HOST.to_owned(), port: 443, is_tls: true })
    }

    fn region(&self) -> Option<String> {
        Some(REGION.to_owned())
    }
}

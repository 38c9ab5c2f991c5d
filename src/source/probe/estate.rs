//! What checks look at: the raw facts, whoever gives them.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::estate::{
    AddressRange, Balancer, BalancerTarget, Connection, Database, Decision, DiscoveryHealth, DroppedTarget,
    ExporterHealth, FileSystem, FileSystemLoad, Handshake, InstanceErrors, Interface, Listener, ListenerRule,
    MountTarget, OwnAddress, Record, RolePolicy, SecurityGroup, Stretch, TargetGroup, Wiring, Zone,
};
use crate::domain::{ServiceId, SourceError};

/// A fact, or why it could not be seen.
pub type Seen<T> = Result<T, SourceError>;

/// Which target groups are meant.
#[derive(Debug, Clone, Copy)]
pub enum Groups<'a> {
    /// Those behind a load balancer, by its ARN.
    Of(&'a str),
    /// These, by ARN.
    Named(&'a [String]),
}

/// Where something is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it is spoken to by TLS.
    pub is_tls: bool,
}

/// What is asked about samples.
#[derive(Debug, Clone)]
pub struct SampleAsk<'a> {
    /// A selector (`up`, `http_requests_total{job="x"}`) or another expression.
    pub query: &'a str,
    /// Labels by which series are grouped.
    pub by: &'a [String],
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// The distance of samples, as far as it is known.
    pub interval: Duration,
    /// About how many series there are.
    pub series: usize,
}

/// The world that is looked at. Every look is bounded in time and size, and says what kept it from seeing.
pub trait Estate: Send + Sync {
    /// How a service is wired.
    fn wiring(&self, service: &ServiceId) -> impl Future<Output = Seen<Wiring>> + Send;
    /// Every load balancer.
    fn balancers(&self) -> impl Future<Output = Seen<Vec<Balancer>>> + Send;
    /// The listeners of a load balancer, by its ARN.
    fn listeners(&self, balancer: &str) -> impl Future<Output = Seen<Vec<Listener>>> + Send;
    /// The rules of a listener, by its ARN, the last one the default.
    fn rules(&self, listener: &str) -> impl Future<Output = Seen<Vec<ListenerRule>>> + Send;
    /// Target groups.
    fn target_groups(&self, groups: Groups<'_>) -> impl Future<Output = Seen<Vec<TargetGroup>>> + Send;
    /// The targets of a target group, by its ARN.
    fn targets(&self, group: &str) -> impl Future<Output = Seen<Vec<BalancerTarget>>> + Send;
    /// Hosted zones that a name can be in, the longest name first.
    fn zones(&self, name: &str) -> impl Future<Output = Seen<Vec<Zone>>> + Send;
    /// A zone's records of a name, wildcards that cover it included.
    fn records(&self, zone: &Zone, name: &str) -> impl Future<Output = Seen<Vec<Record>>> + Send;
    /// What a name resolves to, here.
    fn resolve(&self, name: &str) -> impl Future<Output = Seen<Vec<IpAddr>>> + Send;
    /// Tries to connect.
    fn connect(&self, host: &str, port: u16) -> impl Future<Output = Connection> + Send;
    /// Shakes hands, and lets go.
    fn handshake(&self, host: &str, port: u16) -> impl Future<Output = Result<Handshake, Connection>> + Send;
    /// Security groups by id.
    fn security_groups(&self, ids: &[String]) -> impl Future<Output = Seen<Vec<SecurityGroup>>> + Send;
    /// The network interfaces with these private addresses.
    fn interfaces(&self, addresses: &[String]) -> impl Future<Output = Seen<Vec<Interface>>> + Send;
    /// The addresses of subnets, by their ids.
    fn subnet_ranges(&self, ids: &[String]) -> impl Future<Output = Seen<Vec<AddressRange>>> + Send;
    /// This machine's address on the way to another.
    fn own_address(&self, toward: Option<IpAddr>, public: bool) -> impl Future<Output = OwnAddress> + Send;
    /// Shared file systems.
    fn file_systems(&self) -> impl Future<Output = Seen<Vec<FileSystem>>> + Send;
    /// Where a file system can be mounted.
    fn mount_targets(&self, file_system: &str) -> impl Future<Output = Seen<Vec<MountTarget>>> + Send;
    /// What a file system is put to.
    fn file_system_load(&self, file_system: &str) -> impl Future<Output = Seen<FileSystemLoad>> + Send;
    /// Prometheus' own database, and what of it could not be read.
    fn database(&self) -> impl Future<Output = Seen<(Database, Vec<SourceError>)>> + Send;
    /// `CloudWatch` exporters.
    fn exporters(&self) -> impl Future<Output = Seen<Vec<ExporterHealth>>> + Send;
    /// Service discovery.
    fn discovery(&self) -> impl Future<Output = Seen<Vec<DiscoveryHealth>>> + Send;
    /// Targets that relabelling dropped.
    fn dropped(&self) -> impl Future<Output = Seen<Vec<DroppedTarget>>> + Send;
    /// The requests of each scraped instance of a service and how many of them failed; empty where the queries in use cannot
    /// tell them apart. One request.
    fn errors_by_instance(&self, service: &ServiceId) -> impl Future<Output = Seen<Vec<InstanceErrors>>> + Send;
    /// When there were samples.
    fn samples(&self, ask: &SampleAsk<'_>) -> impl Future<Output = Seen<Vec<Stretch>>> + Send;
    /// The policies of a role, by its ARN.
    fn policies(&self, role: &str) -> impl Future<Output = Seen<Vec<RolePolicy>>> + Send;
    /// What a role may do, as IAM simulates it, under what conditions ask for.
    fn simulate(
        &self,
        role: &str,
        actions: &[String],
        context: &[(String, String)],
    ) -> impl Future<Output = Seen<Vec<Decision>>> + Send;
    /// Where Grafana is reached, where the context has one.
    fn grafana_address(&self) -> Option<Address>;
    /// The region, for next steps.
    fn region(&self) -> Option<String>;
}

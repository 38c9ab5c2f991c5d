//! What stands around the services, as the APIs tell it: load balancers, names, certificates, security groups, storage,
//! roles. Raw facts only: what they mean is decided where checks are judged, for the real world and the simulated one
//! alike. Text in them is sanitised by whoever read it.

mod balancer;
mod group;
mod metrics;
mod name;
mod reach;
mod role;
mod share;
mod storage;
mod wiring;

pub use balancer::{Balancer, BalancerTarget, Listener, ListenerRule, RuleAction, TargetGroup};
pub use group::{AddressRange, GroupRule, Interface, OwnAddress, Peer, SecurityGroup};
pub use metrics::{DiscoveryHealth, DroppedTarget, ExporterHealth, Stretch, rhythm};
pub use name::{Record, Zone};
pub use reach::{Certificate, Connection, Distrust, Handshake};
pub use role::{Decision, RolePolicy, Statement, Verdict as RoleVerdict};
pub use share::InstanceErrors;
pub use storage::{Database, FileSystem, FileSystemLoad, MountTarget};
pub use wiring::{BalancerLink, Wiring};

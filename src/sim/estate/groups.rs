//! Security groups: the internet to the services' load balancer, the office to Grafana's, load balancers and Prometheus
//! to the tasks.

use crate::domain::SourceError;
use crate::domain::estate::{AddressRange, GroupRule, Interface, Peer, SecurityGroup};

use super::super::fleet::{REGION, Service};
use super::super::life::Life;
use super::balancers::is_balanced;
use super::names::{GRAFANA, PUBLIC};
use super::{Estate, GrafanaTrouble, is_lost};

fn rule(ports: Option<(u16, u16)>, peer: Peer, note: Option<&str>) -> GroupRule {
    let protocol = if ports.is_some() { "tcp" } else { "-1" };
    GroupRule { protocol: protocol.to_owned(), ports, peer, note: note.map(str::to_owned) }
}

fn range(text: &str) -> Option<Peer> {
    text.parse().ok().map(Peer::Range)
}

/// Everything may go out.
fn out() -> Vec<GroupRule> {
    range("0.0.0.0/0").map(|everywhere| rule(None, everywhere, None)).into_iter().collect()
}

impl Estate<'_> {
    /// Security groups by id.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn security_groups(&self, ids: &[String]) -> Result<Vec<SecurityGroup>, SourceError> {
        self.aws()?;
        Ok(ids.iter().filter_map(|id| self.security_group(id)).collect())
    }

    fn security_group(&self, id: &str) -> Option<SecurityGroup> {
        let name = id.strip_prefix("sg-")?;
        let ingress = match name.strip_prefix("alb-") {
            Some(PUBLIC) => vec![rule(Some((443, 443)), range("0.0.0.0/0")?, Some("everybody"))],
            Some(GRAFANA) if self.grafana_trouble() == Some(GrafanaTrouble::NoRule) => {
                vec![rule(Some((443, 443)), range("192.0.2.0/24")?, Some("the old office"))]
            }
            Some(GRAFANA) => vec![rule(Some((443, 443)), range("203.0.113.0/24")?, Some("office and VPN"))],
            Some(_) => return None,
            None => self.of_tasks(self.world.fleet.iter().find(|service| service.id.name == name)?),
        };
        Some(SecurityGroup { id: id.to_owned(), name: name.to_owned(), ingress, egress: out() })
    }

    /// Who may connect to a service's tasks.
    fn of_tasks(&self, service: &Service) -> Vec<GroupRule> {
        let ports = Some((service.port, service.port));
        let mut rules = Vec::new();
        if is_balanced(service) {
            let balancer = if service.id.name == GRAFANA { GRAFANA } else { PUBLIC };
            rules.push(rule(ports, Peer::Group(format!("sg-alb-{balancer}")), Some("load balancer")));
        }
        if !is_lost(service, self.now) {
            rules.push(rule(ports, Peer::Group("sg-prometheus".to_owned()), Some("scrapes")));
        }
        rules
    }

    /// The addresses of subnets.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn subnet_ranges(&self, ids: &[String]) -> Result<Vec<AddressRange>, SourceError> {
        self.aws()?;
        let range = |id: &String| match id.as_str() {
            "subnet-public-a" => "10.0.0.0/24".parse().ok(),
            "subnet-public-b" => "10.0.1.0/24".parse().ok(),
            "subnet-public-c" => "10.0.2.0/24".parse().ok(),
            _ => None,
        };
        Ok(ids.iter().filter_map(range).collect())
    }

    /// The network interfaces with these addresses.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn interfaces(&self, addresses: &[String]) -> Result<Vec<Interface>, SourceError> {
        self.aws()?;
        let interface = |address: &String| {
            let (scene, life): (_, Life) = self.task_at(address)?;
            Some(Interface {
                address: address.clone(),
                groups: vec![format!("sg-{}", scene.service.id.name)],
                zone: format!("{REGION}{}", life.zone()),
            })
        };
        Ok(addresses.iter().filter_map(interface).collect())
    }
}

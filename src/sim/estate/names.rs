//! Names, where they lead to, and the certificates shown under them.

use jiff::{SignedDuration, Timestamp};

use crate::domain::SourceError;
use crate::domain::estate::{Certificate, Connection, Distrust, Handshake, Record, Zone};

use super::super::clock::{DAY, HOUR, Second, stamp};
use super::super::fleet::REGION;
use super::super::scenario::Scenario;
use super::balancers::is_balanced;
use super::{Estate, GRAFANA_HOST, GrafanaTrouble, ZONE};

/// The load balancer of Grafana, and the service behind it.
pub(super) const GRAFANA: &str = "grafana";
/// The load balancer of everything that serves requests.
pub(super) const PUBLIC: &str = "public";

/// The host a service is reached by.
pub(super) fn host(service: &str) -> String {
    format!("{service}.{ZONE}")
}

impl Estate<'_> {
    /// The name that a host is an alias for.
    pub(super) fn leads_to(&self, name: &str) -> Option<String> {
        if name == GRAFANA_HOST {
            if self.grafana_trouble() == Some(GrafanaTrouble::StaleName) {
                return Some(format!("grafana-old-904411837.{REGION}.elb.amazonaws.com"));
            }
            return Some(self.balancer(GRAFANA).dns_name);
        }
        let service = name.strip_suffix(ZONE)?.strip_suffix('.')?;
        let is_there = self.world.fleet.iter().any(|known| known.id.name == service && is_balanced(known));
        is_there.then(|| self.balancer(PUBLIC).dns_name)
    }

    /// The zones a name can be in.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn zones(&self, name: &str) -> Result<Vec<Zone>, SourceError> {
        self.aws()?;
        let zone = |id: &str, name: &str, private| Zone { id: id.to_owned(), name: name.to_owned(), private };
        let all = [zone("Z07EXAMPLE", ZONE, false), zone("Z08INTERNAL", "prod.internal", true)];
        let holds = |zone: &Zone| name == zone.name || name.ends_with(&format!(".{}", zone.name));
        Ok(all.into_iter().filter(holds).collect())
    }

    /// A zone's records of a name.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn records(&self, zone: &Zone, name: &str) -> Result<Vec<Record>, SourceError> {
        self.aws()?;
        let record = Record { name: name.to_owned(), kind: "A".to_owned(), ..Record::default() };
        if zone.private {
            let values: Vec<String> = self.resolve(name).unwrap_or_default().iter().map(ToString::to_string).collect();
            let is_there = !values.is_empty();
            return Ok(is_there.then_some(Record { values, ttl: Some(15), ..record }).into_iter().collect());
        }
        let alias = self.leads_to(name).map(|target| format!("dualstack.{target}"));
        Ok(alias.map(|alias| Record { alias: Some(alias), ..record }).into_iter().collect())
    }

    /// How a TLS handshake with a host goes.
    ///
    /// # Errors
    /// How the connection under it fails.
    pub fn handshake(&self, host: &str, port: u16) -> Result<Handshake, Connection> {
        let (to, took) = match self.connect(host, port) {
            Connection::Made { to, took } => (to, took),
            failed => return Err(failed),
        };
        let presented = |chain, distrust| Handshake {
            chain,
            distrust,
            protocol: Some("TLS 1.3".to_owned()),
            cut_short: None,
            to: Some(to),
            took: took * 3,
        };
        if port != 443 {
            let cut_short = Some("what listens there does not speak TLS".to_owned());
            return Ok(Handshake { protocol: None, cut_short, ..presented(Vec::new(), None) });
        }
        let is_expired = host == GRAFANA_HOST && self.grafana_trouble() == Some(GrafanaTrouble::Expired);
        let end = if is_expired {
            self.expired_at()
        } else if host == self::host("web") && self.world.plan().scenario == Scenario::MixedBadDay {
            // Renewal is under way; the alert over it has been there since yesterday.
            stamp(12 * DAY + 21 * HOUR)
        } else {
            stamp(self.now + 214 * DAY)
        };
        let name = if host.ends_with(ZONE) { host } else { GRAFANA_HOST };
        let distrust = if is_expired {
            Some((Distrust::Expired, "it has expired".to_owned()))
        } else if name == host {
            None
        } else {
            Some((Distrust::WrongName, "it is for another name".to_owned()))
        };
        Ok(presented(chain(name, end), distrust))
    }

    /// When the certificate of the trouble's turn expired: when the trouble began.
    fn expired_at(&self) -> Timestamp {
        let outage = self.world.outage(crate::domain::SourceKind::Grafana, self.now);
        let phase: Second = outage.and_then(|outage| outage.cycle.turn(self.now)).map_or(0, |(_, phase)| phase);
        stamp(self.now - phase)
    }
}

fn chain(host: &str, end: Timestamp) -> Vec<Certificate> {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let from = |at: Timestamp, days: SignedDuration| at.checked_add(days).ok();
    vec![
        Certificate {
            subject: format!("CN={host}"),
            issuer: "CN=Amazon RSA 2048 M02,O=Amazon,C=US".to_owned(),
            names: vec![host.to_owned()],
            not_before: from(end, days(-395)),
            not_after: Some(end),
        },
        Certificate {
            subject: "CN=Amazon RSA 2048 M02,O=Amazon,C=US".to_owned(),
            issuer: "CN=Amazon Root CA 1,O=Amazon,C=US".to_owned(),
            names: Vec::new(),
            not_before: from(end, days(-2_000)),
            not_after: from(end, days(1_500)),
        },
    ]
}

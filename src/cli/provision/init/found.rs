//! What AWS has: what can be answered without a question, and what there is to choose from.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::sound;
use crate::cli::args::Cli;
use crate::cli::environment::Environment;
use crate::cli::provision::root::{Answers, first};
use crate::config;
use crate::domain::estate::Zone;
use crate::domain::{ErrorClass, SourceError};
use crate::net::Meter;
use crate::net::aws::ecs::Api;
use crate::net::aws::query::acm::{self, Certificate};
use crate::net::aws::query::ec2::{self, Subnet};
use crate::net::aws::query::route53;
use crate::net::aws::{Aws, Session};
use crate::net::http::Clients;

/// The longest AWS may take to answer all that is asked at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// Certificates that are looked at for one that covers the name.
const CERTIFICATES: usize = 20;

/// The most choices shown beside a question.
const CHOICES: usize = 12;

/// What AWS has.
pub struct Found {
    pub(super) aws: Option<Aws>,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) vpcs: Vec<String>,
    pub(super) subnets: Vec<Subnet>,
    pub(super) clusters: Vec<String>,
    /// Public, and of the domain; where it has none, of the nearest domain above it that has.
    pub(super) zones: Result<Vec<Zone>, SourceError>,
    pub(super) certificates: Result<Covering, SourceError>,
}

/// Certificates that are issued, and for Grafana's name.
#[derive(Debug, Default)]
pub struct Covering {
    pub(super) certificates: Vec<Certificate>,
    /// Whether there were more than are looked at.
    pub(super) may_be_more: bool,
}

/// An answer that nobody needs to be asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Offer {
    /// The answer.
    pub values: Vec<String>,
    /// What makes it the only one.
    pub from: String,
}

impl Found {
    /// Looks. `answers` has the region, and the domain where that is known.
    ///
    /// # Errors
    /// No credentials, no answer, not allowed: then nothing can be checked.
    pub async fn look(cli: &Cli, environment: &Environment, answers: &Answers) -> Result<Self, SourceError> {
        let local = |what: String| SourceError::new(ErrorClass::Local, what);
        let region = first(answers, "aws_region").ok_or_else(|| local("there is no region".to_owned()))?;
        let mut source = format!("[contexts.new.aws]\nregion = {region:?}\n");
        if let Some(profile) = cli.context.profile.clone().or_else(|| environment.get("AWS_PROFILE")) {
            let _ = writeln!(source, "profile = {profile:?}");
        }
        let settings = config::parse(&source, Path::new("answers"), environment.reader());
        let settings = settings.map_err(|refused| local(refused.brief()))?;
        let aws = settings.contexts.get("new").and_then(|context| context.aws.clone());
        let aws = Aws::open(aws.ok_or_else(|| local("there is no AWS to look at".to_owned()))?, &Clients::default());
        let session = aws.session(&Meter::default(), PATIENCE).await?;
        let api = Api::new(&session);
        let (caller, vpcs, subnets, clusters) =
            tokio::try_join!(session.caller(), ec2::vpcs(&session), ec2::subnets(&session), api.list_clusters(),)?;
        // Only offers: who may not list them names one, or lets the module make one.
        let domain = answers.get("domain_name").filter(|domain| sound::wrong("domain_name", domain).is_empty());
        let domain = domain.and_then(|domain| domain.first());
        let (zones, certificates) = match domain {
            Some(domain) => tokio::join!(zones(&session, domain), certificates(&session, domain)),
            None => (Ok(Vec::new()), Ok(Covering::default())),
        };
        let (account, region) = (caller.account, region.to_owned());
        Ok(Self { aws: Some(aws), account, region, vpcs, subnets, clusters, zones, certificates })
    }

    /// To ask about what an answer names.
    pub(super) async fn session(&self) -> Result<Session, SourceError> {
        let aws = self.aws.as_ref().ok_or_else(|| SourceError::new(ErrorClass::Local, "there is no AWS to ask"))?;
        aws.session(&Meter::default(), PATIENCE).await
    }

    /// The answer there can be only one of.
    pub fn offer(&self, key: &str, answers: &Answers) -> Option<Offer> {
        let region = &self.region;
        let only = |all: &[String], from: String| match all {
            [one] => Some(Offer { values: vec![one.clone()], from }),
            _ => None,
        };
        let domain = first(answers, "domain_name").unwrap_or_default();
        match key {
            "vpc_id" => only(&self.vpcs, format!("the only VPC in {region}")),
            "ecs_cluster_id" => only(&self.clusters, format!("the only cluster in {region}")),
            "private_subnet_ids" => self.subnets_of(answers, false),
            "public_subnet_ids" => self.subnets_of(answers, true),
            "route53_zone_id" => match self.zones.as_deref() {
                Ok([zone]) => {
                    let from = format!("the only public zone for {domain}: {} in Route 53", zone.name);
                    Some(Offer { values: vec![zone.id.clone()], from })
                }
                _ => None,
            },
            "certificate_arn" => match &self.certificates {
                Ok(Covering { certificates, may_be_more: false }) => {
                    let [one] = certificates.as_slice() else { return None };
                    let from = format!("the only certificate issued in {region} for {}", grafana(domain));
                    Some(Offer { values: vec![one.arn.clone()], from })
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// All subnets of that kind of the VPC, where they are the one set there can be: two zones at least, one in each.
    fn subnets_of(&self, answers: &Answers, is_public: bool) -> Option<Offer> {
        let vpc = first(answers, "vpc_id")?;
        let own: Vec<&Subnet> =
            self.subnets.iter().filter(|subnet| subnet.vpc == vpc && subnet.is_public == is_public).collect();
        let mut zones: Vec<&str> = own.iter().map(|subnet| subnet.zone.as_str()).collect();
        zones.sort_unstable();
        zones.dedup();
        let kind = if is_public { "public" } else { "private" };
        (zones.len() > 1 && zones.len() == own.len()).then(|| Offer {
            values: own.iter().map(|subnet| subnet.id.clone()).collect(),
            from: format!("all {kind} subnets of {vpc}, one in each of {}", zones.join(", ")),
        })
    }

    /// What there is to choose from, each as its id and what is to be known of it.
    pub fn choices(&self, key: &str, answers: &Answers) -> Vec<String> {
        let vpc = first(answers, "vpc_id").unwrap_or_default();
        let subnet = |subnet: &Subnet| {
            let kind = if subnet.is_public { "public" } else { "private" };
            format!("{}  {}  {kind}", subnet.id, subnet.zone)
        };
        let mut choices: Vec<String> = match key {
            "vpc_id" => self.vpcs.clone(),
            "ecs_cluster_id" => self.clusters.clone(),
            "private_subnet_ids" | "public_subnet_ids" => {
                self.subnets.iter().filter(|one| one.vpc == vpc).map(subnet).collect()
            }
            "route53_zone_id" => {
                let zones = self.zones.as_deref().unwrap_or_default();
                zones.iter().map(|zone| format!("{}  {}", zone.id, zone.name)).collect()
            }
            "certificate_arn" => {
                let covering =
                    self.certificates.as_ref().map(|found| found.certificates.as_slice()).unwrap_or_default();
                covering.iter().map(|one| format!("{}  {}", one.arn, one.names.join(", "))).collect()
            }
            _ => Vec::new(),
        };
        let more = choices.len().saturating_sub(CHOICES);
        choices.truncate(CHOICES);
        if more > 0 {
            choices.push(format!("and {more} more"));
        }
        choices
    }
}

/// The name a certificate must be for.
pub(super) fn grafana(domain: &str) -> String {
    format!("grafana.{domain}")
}

async fn zones(session: &Session, domain: &str) -> Result<Vec<Zone>, SourceError> {
    let mut name = domain;
    loop {
        let mut found = route53::zones(session, name).await?;
        found.retain(|zone| !zone.private);
        match name.split_once('.') {
            Some((_, above)) if found.is_empty() && above.contains('.') => name = above,
            _ => return Ok(found),
        }
    }
}

async fn certificates(session: &Session, domain: &str) -> Result<Covering, SourceError> {
    let issued = acm::issued(session).await?;
    let mut certificates = Vec::new();
    for arn in issued.iter().take(CERTIFICATES) {
        let certificate = acm::certificate(session, arn).await?;
        if certificate.status == "ISSUED" && certificate.covers(&grafana(domain)) {
            certificates.push(certificate);
        }
    }
    Ok(Covering { certificates, may_be_more: issued.len() > CERTIFICATES })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An account with a network of two zones, and another network.
    pub fn found() -> Found {
        let subnet = |id: &str, vpc: &str, zone: &str, is_public| Subnet {
            id: id.into(),
            vpc: vpc.into(),
            zone: zone.into(),
            is_public,
        };
        Found {
            aws: None,
            account: "123456789012".to_owned(),
            region: "r".to_owned(),
            vpcs: vec!["vpc-1".to_owned()],
            subnets: vec![
                subnet("s-1", "vpc-1", "a", false),
                subnet("s-2", "vpc-1", "b", false),
                subnet("s-3", "vpc-2", "a", false),
                subnet("p-1", "vpc-1", "a", true),
                subnet("p-2", "vpc-1", "b", true),
            ],
            clusters: vec!["arn:aws:ecs:r:1:cluster/main".to_owned()],
            zones: Ok(Vec::new()),
            certificates: Ok(Covering::default()),
        }
    }

    fn offered(found: &Found, key: &str) -> Option<Vec<String>> {
        let answers =
            Answers::from([("vpc_id", vec!["vpc-1".to_owned()]), ("domain_name", vec!["example.com".to_owned()])]);
        found.offer(key, &answers).map(|offer| offer.values)
    }

    #[test]
    fn only_what_is_the_only_one_is_offered() {
        let mut found = found();
        assert_eq!(offered(&found, "vpc_id").unwrap(), ["vpc-1"]);
        assert_eq!(offered(&found, "private_subnet_ids").unwrap(), ["s-1", "s-2"]);
        assert_eq!(offered(&found, "public_subnet_ids").unwrap(), ["p-1", "p-2"]);
        assert_eq!(offered(&found, "route53_zone_id"), None);
        // A second in one zone: which of them is a person's to say.
        found.subnets.push(Subnet { id: "p-3".into(), vpc: "vpc-1".into(), zone: "b".into(), is_public: true });
        assert_eq!(offered(&found, "public_subnet_ids"), None);
        found.subnets.retain(|subnet| subnet.id != "s-2");
        assert_eq!(offered(&found, "private_subnet_ids"), None, "one zone is not enough");

        let zone = |id: &str| Zone { id: id.to_owned(), name: "example.com".to_owned(), private: false };
        found.zones = Ok(vec![zone("Z1")]);
        assert_eq!(offered(&found, "route53_zone_id").unwrap(), ["Z1"]);
        found.zones = Ok(vec![zone("Z1"), zone("Z2")]);
        assert_eq!(offered(&found, "route53_zone_id"), None);
        assert_eq!(found.choices("route53_zone_id", &Answers::new()).len(), 2);

        let certificate = |arn: &str| Certificate { arn: arn.to_owned(), ..Certificate::default() };
        let covering = |arns: &[&str], may_be_more| {
            Ok(Covering { certificates: arns.iter().map(|arn| certificate(arn)).collect(), may_be_more })
        };
        for (certificates, expected) in [
            (covering(&["a"], false), Some(vec!["a".to_owned()])),
            (covering(&["a", "b"], false), None),
            (covering(&["a"], true), None),
            (covering(&[], false), None),
            (Err(SourceError::new(ErrorClass::Forbidden, "acm:ListCertificates: AccessDenied")), None),
        ] {
            found.certificates = certificates;
            assert_eq!(offered(&found, "certificate_arn"), expected);
        }
    }
}

//! What AWS has: offered as answers, and what answers are held against.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

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
use crate::net::aws::query::{route53, s3};
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
    aws: Option<Aws>,
    account: String,
    vpcs: Vec<String>,
    subnets: Vec<Subnet>,
    clusters: Vec<String>,
    zones: Vec<Zone>,
    /// Issued, and for Grafana's name.
    certificates: Vec<Certificate>,
}

/// What AWS says of what the answers name: nothing where they name none.
#[derive(Default)]
pub struct Named {
    zone: Option<Result<Zone, SourceError>>,
    certificate: Option<Result<Certificate, SourceError>>,
    /// Whether it keeps versions.
    bucket: Option<Result<bool, SourceError>>,
}

impl Found {
    /// Looks.
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
        let domain = first(answers, "domain_name");
        let (caller, vpcs, subnets, clusters, zones) = tokio::try_join!(
            session.caller(),
            ec2::vpcs(&session),
            ec2::subnets(&session),
            api.list_clusters(),
            zones(&session, domain),
        )?;
        // Only an offer: who may not list them names one, or lets the module make one.
        let certificates = certificates(&session, domain).await.unwrap_or_default();
        Ok(Self { aws: Some(aws), account: caller.account, vpcs, subnets, clusters, zones, certificates })
    }

    /// The answer there can be only one of.
    pub fn offer(&self, key: &str, answers: &Answers) -> Option<Vec<String>> {
        let only = |all: &[String]| if let [one] = all { Some(vec![one.clone()]) } else { None };
        let subnets = |is_public: bool| {
            let vpc = first(answers, "vpc_id")?;
            let of_vpc = self.subnets.iter().filter(|subnet| subnet.vpc == vpc && subnet.is_public == is_public);
            let ids: Vec<String> = of_vpc.map(|subnet| subnet.id.clone()).collect();
            (!ids.is_empty()).then_some(ids)
        };
        match key {
            "vpc_id" => only(&self.vpcs),
            "ecs_cluster_id" => only(&self.clusters),
            "private_subnet_ids" => subnets(false),
            "public_subnet_ids" => subnets(true),
            "route53_zone_id" => self.public_zone().map(|zone| vec![zone.id.clone()]),
            "certificate_arn" => self.certificates.first().map(|certificate| vec![certificate.arn.clone()]),
            _ => None,
        }
    }

    /// What there is to choose from, where that is more than one.
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
            _ => Vec::new(),
        };
        choices.truncate(CHOICES);
        if choices.len() > 1 { choices } else { Vec::new() }
    }

    fn public_zone(&self) -> Option<&Zone> {
        self.zones.iter().find(|zone| !zone.private)
    }

    /// Asks about the zone, the certificate and the bucket that the answers name.
    pub async fn named(&self, answers: &Answers) -> Named {
        let Some(aws) = &self.aws else { return Named::default() };
        let session = match aws.session(&Meter::default(), PATIENCE).await {
            Ok(session) => session,
            Err(error) => {
                let failed = |key| first(answers, key).map(|_| error.clone());
                return Named {
                    zone: failed("route53_zone_id").map(Err),
                    certificate: failed("certificate_arn").map(Err),
                    bucket: failed("state_bucket").map(Err),
                };
            }
        };
        let zone = async { Some(route53::zone_of(&session, first(answers, "route53_zone_id")?).await) };
        let certificate = async { Some(acm::certificate(&session, first(answers, "certificate_arn")?).await) };
        let bucket = async { Some(s3::is_versioned(&session, first(answers, "state_bucket")?).await) };
        let (zone, certificate, bucket) = tokio::join!(zone, certificate, bucket);
        Named { zone, certificate, bucket }
    }

    /// Holds every answer against what is there; a cluster's name becomes its ARN.
    pub fn check(&self, named: &Named, answers: &mut Answers, wrong: &mut Vec<String>, told: &mut String) {
        let region = first(answers, "aws_region").unwrap_or_default().to_owned();
        let _ = writeln!(told, "account {}, region {region}", self.account);
        let vpc = first(answers, "vpc_id").unwrap_or_default().to_owned();
        if self.vpcs.contains(&vpc) {
            let _ = writeln!(told, "  vpc {vpc}: there");
        } else {
            wrong.push(format!("vpc_id: there is no {vpc} in {region}; there are: {}", self.vpcs.join(", ")));
        }
        for key in ["private_subnet_ids", "public_subnet_ids"] {
            self.check_subnets(key, &vpc, answers, wrong, told);
        }
        let cluster = first(answers, "ecs_cluster_id").unwrap_or_default().to_owned();
        let is_meant = |arn: &&String| **arn == cluster || arn.rsplit('/').next() == Some(cluster.as_str());
        match self.clusters.iter().find(is_meant) {
            Some(arn) => {
                let _ = writeln!(told, "  cluster {cluster}: there");
                answers.insert("ecs_cluster_id", vec![arn.clone()]);
            }
            None => {
                wrong.push(format!("ecs_cluster_id: there is no {cluster}; there are: {}", self.clusters.join(", ")));
            }
        }
        self.check_zone(named, answers, wrong, told);
        self.check_certificate(named, answers, wrong, told);
        let bucket = first(answers, "state_bucket").unwrap_or_default();
        match &named.bucket {
            None => {}
            Some(Ok(true)) => {
                let _ = writeln!(told, "  bucket {bucket}: there, keeps versions");
            }
            Some(Ok(false)) => wrong.push(format!(
                "state_bucket: {bucket} keeps no versions of its objects, so that a broken state is lost: aws s3api \
                 put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled"
            )),
            Some(Err(error)) => wrong.push(format!("state_bucket: {bucket} cannot be used: {error}")),
        }
    }

    fn check_zone(&self, named: &Named, answers: &Answers, wrong: &mut Vec<String>, told: &mut String) {
        let domain = first(answers, "domain_name").unwrap_or_default();
        let is_above = |zone: &Zone| domain == zone.name || domain.ends_with(&format!(".{}", zone.name));
        match (&named.zone, self.public_zone()) {
            (Some(Ok(zone)), _) if zone.private => {
                wrong.push(format!(
                    "route53_zone_id: {} is private: nobody outside could validate a certificate",
                    zone.id
                ));
            }
            (Some(Ok(zone)), _) if is_above(zone) => {
                let _ = writeln!(told, "  zone {} ({}): there", zone.id, zone.name);
            }
            (Some(Ok(zone)), _) => {
                wrong.push(format!("route53_zone_id: {} is the zone of {}, not of {domain}", zone.id, zone.name));
            }
            (Some(Err(error)), _) => wrong.push(format!("route53_zone_id: {error}")),
            (None, Some(zone)) => {
                let _ = writeln!(
                    told,
                    "  zone {}: there is one already; to use it: --set route53_zone_id={}",
                    zone.name, zone.id
                );
            }
            (None, None) => told.push_str("  zone: none yet, the module makes one\n"),
        }
    }

    fn check_certificate(&self, named: &Named, answers: &Answers, wrong: &mut Vec<String>, told: &mut String) {
        let name = grafana(first(answers, "domain_name").unwrap_or_default());
        let region = first(answers, "aws_region").unwrap_or_default();
        let arn = first(answers, "certificate_arn").unwrap_or_default();
        match &named.certificate {
            Some(_) if arn.split(':').nth(3) != Some(region) => {
                wrong.push(format!("certificate_arn: {arn} is not in {region}, where the load balancer is"));
            }
            Some(Ok(found)) if found.status != "ISSUED" => {
                wrong.push(format!("certificate_arn: it is {}, not ISSUED", found.status));
            }
            Some(Ok(found)) if !found.covers(&name) => {
                wrong.push(format!("certificate_arn: it is for {}, not for {name}", found.names.join(", ")));
            }
            Some(Ok(_)) => {
                let _ = writeln!(told, "  certificate: issued, for {name}");
            }
            Some(Err(error)) => wrong.push(format!("certificate_arn: {error}")),
            None => match self.certificates.first() {
                Some(one) => {
                    let _ = writeln!(
                        told,
                        "  certificate: there is one already; to use it: --set certificate_arn={}",
                        one.arn
                    );
                }
                None => told.push_str("  certificate: the module makes one\n"),
            },
        }
    }

    fn check_subnets(&self, key: &str, vpc: &str, answers: &Answers, wrong: &mut Vec<String>, told: &mut String) {
        let Some(ids) = answers.get(key) else { return };
        let mut zones = Vec::new();
        let before = wrong.len();
        for id in ids {
            match self.subnets.iter().find(|subnet| subnet.id == *id) {
                Some(subnet) if subnet.vpc == vpc => zones.push(subnet.zone.as_str()),
                Some(subnet) => wrong.push(format!("{key}: {id} is in {}, not in {vpc}", subnet.vpc)),
                None => wrong.push(format!("{key}: there is no {id}")),
            }
        }
        zones.sort_unstable();
        zones.dedup();
        if wrong.len() == before && zones.len() < 2 {
            wrong.push(format!("{key}: two zones at least are needed, these are in {}", zones.join(", ")));
        } else if wrong.len() == before {
            let _ = writeln!(told, "  {key}: in {vpc}, in {}", zones.join(", "));
        }
    }
}

/// The name a certificate must be for.
fn grafana(domain: &str) -> String {
    format!("grafana.{domain}")
}

async fn zones(session: &Session, domain: Option<&str>) -> Result<Vec<Zone>, SourceError> {
    match domain {
        Some(domain) => route53::zones(session, domain).await,
        None => Ok(Vec::new()),
    }
}

async fn certificates(session: &Session, domain: Option<&str>) -> Result<Vec<Certificate>, SourceError> {
    let Some(domain) = domain else { return Ok(Vec::new()) };
    let mut covering = Vec::new();
    for arn in acm::issued(session).await?.iter().take(CERTIFICATES) {
        let certificate = acm::certificate(session, arn).await?;
        if certificate.status == "ISSUED" && certificate.covers(&grafana(domain)) {
            covering.push(certificate);
        }
    }
    Ok(covering)
}

#[cfg(test)]
mod tests {
    use super::super::answers::given;
    use super::*;

    fn found() -> Found {
        let subnet = |id: &str, vpc: &str, zone: &str| Subnet {
            id: id.into(),
            vpc: vpc.into(),
            zone: zone.into(),
            is_public: false,
        };
        Found {
            aws: None,
            account: "123456789012".to_owned(),
            vpcs: vec!["vpc-1".to_owned()],
            subnets: vec![subnet("s-1", "vpc-1", "a"), subnet("s-2", "vpc-1", "b"), subnet("s-3", "vpc-2", "a")],
            clusters: vec!["arn:aws:ecs:r:1:cluster/main".to_owned()],
            zones: Vec::new(),
            certificates: Vec::new(),
        }
    }

    fn checked(texts: &[&str], named: &Named) -> (Vec<String>, Answers) {
        let usual = ["vpc_id=vpc-1", "private_subnet_ids=s-1,s-2", "ecs_cluster=main", "domain_name=example.com"];
        let texts: Vec<String> = usual.iter().chain(["region=r"].iter()).chain(texts).map(|&t| t.to_owned()).collect();
        let mut answers = given(&texts).unwrap();
        let mut wrong = Vec::new();
        found().check(named, &mut answers, &mut wrong, &mut String::new());
        (wrong, answers)
    }

    #[test]
    fn networks_and_clusters_are_held_against_what_is_there() {
        let of = |texts: &[&str]| checked(texts, &Named::default());
        let (wrong, answers) = of(&[]);
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(first(&answers, "ecs_cluster_id"), Some("arn:aws:ecs:r:1:cluster/main"));
        assert!(of(&["private_subnet_ids=s-1"]).0[0].contains("two zones"));
        assert!(of(&["private_subnet_ids=s-1,s-3"]).0[0].contains("is in vpc-2"));
        assert_eq!(of(&["private_subnet_ids=s-1,s-9", "ecs_cluster=none-such", "vpc_id=vpc-3"]).0.len(), 4);
    }

    #[test]
    fn a_certificate_must_be_issued_here_and_for_the_name() {
        let arn = "arn:aws:acm:r:1:certificate/x";
        let of = |status: &str, name: &str, arn: &str| {
            let certificate =
                Certificate { arn: arn.to_owned(), status: status.to_owned(), names: vec![name.to_owned()] };
            let named = Named { certificate: Some(Ok(certificate)), ..Named::default() };
            checked(&[&format!("certificate_arn={arn}")], &named).0.join("\n")
        };
        assert_eq!(of("ISSUED", "*.example.com", arn), "");
        assert!(of("PENDING_VALIDATION", "*.example.com", arn).contains("PENDING_VALIDATION, not ISSUED"));
        assert!(of("ISSUED", "example.com", arn).contains("not for grafana.example.com"));
        assert!(of("ISSUED", "*.example.com", "arn:aws:acm:elsewhere:1:certificate/x").contains("is not in r"));
    }

    #[test]
    fn a_zone_must_be_the_domains_and_a_bucket_keep_versions() {
        let zone = |name: &str, private| {
            let zone = Zone { id: "Z1".to_owned(), name: name.to_owned(), private };
            checked(&["route53_zone_id=Z1"], &Named { zone: Some(Ok(zone)), ..Named::default() }).0.join("\n")
        };
        assert_eq!(zone("example.com", false), "");
        assert!(zone("other.com", false).contains("the zone of other.com"));
        assert!(zone("ample.com", false).contains("the zone of ample.com"));
        assert!(zone("example.com", true).contains("private"));
        let bucket = |found| checked(&["state_bucket=state"], &Named { bucket: Some(found), ..Named::default() }).0;
        assert!(bucket(Ok(true)).is_empty());
        assert!(bucket(Ok(false))[0].contains("put-bucket-versioning"));
        let gone = SourceError::new(ErrorClass::Rejected, "s3:GetBucketVersioning: NoSuchBucket");
        assert!(bucket(Err(gone))[0].contains("NoSuchBucket"));
    }
}

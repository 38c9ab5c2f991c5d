//! Answers held against what AWS has.

use super::found::{Found, grafana};
use crate::cli::provision::root::{Answers, first};
use crate::domain::SourceError;
use crate::domain::estate::Zone;
use crate::net::aws::query::acm::Certificate;
use crate::net::aws::query::{acm, route53, s3};

/// What to tell of an answer that is right, in a line; nothing where AWS has no say in it.
type Right = Option<String>;

impl Found {
    /// Holds an answer against what is there; a cluster's name becomes its ARN.
    ///
    /// # Errors
    /// Every reason why it is not right, without the answer's name.
    pub async fn hold(&self, key: &'static str, answers: &mut Answers) -> Result<Right, Vec<String>> {
        let Some(value) = first(answers, key).map(str::to_owned) else { return Ok(None) };
        let domain = first(answers, "domain_name");
        let one = |why: String| vec![why];
        match key {
            "vpc_id" => self.vpc(&value).map_err(one).map(Some),
            "private_subnet_ids" | "public_subnet_ids" => self.subnets_in(key, answers).map(Some),
            "ecs_cluster_id" => {
                let arn = self.cluster(&value).map_err(one)?;
                answers.insert(key, vec![arn]);
                Ok(Some(format!("cluster {value}: there")))
            }
            "route53_zone_id" => zone(self.zone(&value).await, domain).map_err(one).map(Some),
            "certificate_arn" => {
                let is_here = value.split(':').nth(3) == Some(&self.region);
                let told = if is_here {
                    certificate(self.certificate(&value).await, domain)
                } else {
                    Err(format!("{value} is not in {}, where the load balancer is", self.region))
                };
                told.map_err(one).map(Some)
            }
            "state_bucket" => bucket(&value, self.is_versioned(&value).await).map_err(one).map(Some),
            _ => Ok(None),
        }
    }

    fn vpc(&self, vpc: &str) -> Result<String, String> {
        if self.vpcs.iter().any(|one| one == vpc) {
            return Ok(format!("vpc {vpc}: there"));
        }
        Err(format!("there is no {vpc} in {}; there are: {}", self.region, self.vpcs.join(", ")))
    }

    fn cluster(&self, wanted: &str) -> Result<String, String> {
        let is_meant = |arn: &&String| **arn == wanted || arn.rsplit('/').next() == Some(wanted);
        let found = self.clusters.iter().find(is_meant).cloned();
        found.ok_or_else(|| format!("there is no {wanted}; there are: {}", self.clusters.join(", ")))
    }

    fn subnets_in(&self, key: &str, answers: &Answers) -> Result<String, Vec<String>> {
        let vpc = first(answers, "vpc_id");
        let (mut wrong, mut zones) = (Vec::new(), Vec::new());
        for id in answers.get(key).into_iter().flatten() {
            match self.subnets.iter().find(|subnet| subnet.id == *id) {
                Some(subnet) if vpc.is_none_or(|vpc| subnet.vpc == vpc) => zones.push(subnet.zone.as_str()),
                Some(subnet) => wrong.push(format!("{id} is in {}, not in {}", subnet.vpc, vpc.unwrap_or_default())),
                None => wrong.push(format!("there is no {id} in {}", self.region)),
            }
        }
        let all = zones.len();
        zones.sort_unstable();
        zones.dedup();
        if wrong.is_empty() && zones.len() < 2 {
            wrong.push(format!("two zones at least are needed, these are in {}", zones.join(", ")));
        } else if wrong.is_empty() && zones.len() < all {
            // File systems and load balancers take one in each zone.
            wrong.push(format!("one in each zone is wanted, these {all} are in {}", zones.join(", ")));
        }
        if wrong.is_empty() { Ok(format!("{key}: in {}", zones.join(", "))) } else { Err(wrong) }
    }

    async fn zone(&self, id: &str) -> Result<Zone, SourceError> {
        route53::zone_of(&self.session().await?, id).await
    }

    async fn certificate(&self, arn: &str) -> Result<Certificate, SourceError> {
        acm::certificate(&self.session().await?, arn).await
    }

    async fn is_versioned(&self, bucket: &str) -> Result<bool, SourceError> {
        s3::is_versioned(&self.session().await?, bucket).await
    }
}

fn zone(found: Result<Zone, SourceError>, domain: Option<&str>) -> Result<String, String> {
    let zone = found.map_err(|error| error.to_string())?;
    if zone.private {
        return Err(format!("{} is private: nobody outside could validate a certificate", zone.id));
    }
    let is_above = |domain: &str| domain == zone.name || domain.ends_with(&format!(".{}", zone.name));
    match domain {
        Some(domain) if !is_above(domain) => Err(format!("{} is the zone of {}, not of {domain}", zone.id, zone.name)),
        _ => Ok(format!("zone {} ({}): there", zone.id, zone.name)),
    }
}

fn certificate(found: Result<Certificate, SourceError>, domain: Option<&str>) -> Result<String, String> {
    let found = found.map_err(|error| error.to_string())?;
    if found.status != "ISSUED" {
        return Err(format!("it is {}, not ISSUED", found.status));
    }
    match domain.map(grafana) {
        Some(name) if !found.covers(&name) => Err(format!("it is for {}, not for {name}", found.names.join(", "))),
        Some(name) => Ok(format!("certificate: issued, for {name}")),
        None => Ok("certificate: issued".to_owned()),
    }
}

fn bucket(name: &str, is_versioned: Result<bool, SourceError>) -> Result<String, String> {
    match is_versioned {
        Ok(true) => Ok(format!("bucket {name}: there, keeps versions")),
        Ok(false) => Err(format!(
            "{name} keeps no versions of its objects, so that a broken state is lost: aws s3api put-bucket-versioning \
             --bucket {name} --versioning-configuration Status=Enabled"
        )),
        Err(error) => Err(format!("{name} cannot be used: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::found::tests::found;
    use super::super::questions::given;
    use super::*;
    use crate::domain::ErrorClass;

    async fn held(key: &'static str, texts: &[&str]) -> (Vec<String>, Answers) {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let mut answers = given(&texts).0;
        let wrong = found().hold(key, &mut answers).await.err().unwrap_or_default();
        (wrong, answers)
    }

    #[tokio::test]
    async fn networks_and_clusters_are_held_against_what_is_there() {
        let (wrong, answers) = held("ecs_cluster_id", &["ecs_cluster=main"]).await;
        assert_eq!((wrong, first(&answers, "ecs_cluster_id")), (vec![], Some("arn:aws:ecs:r:1:cluster/main")));
        assert!(held("ecs_cluster_id", &["ecs_cluster=none-such"]).await.0[0].contains("there are: arn:"));
        assert!(held("vpc_id", &["vpc_id=vpc-3"]).await.0[0].contains("there are: vpc-1"));
        for (ids, reasons) in [
            ("s-1,s-2", vec![]),
            ("s-1", vec!["two zones"]),
            ("s-1,s-2,p-2", vec!["one in each zone"]),
            ("s-1,s-3", vec!["s-3 is in vpc-2, not in vpc-1"]),
            ("s-8,s-9", vec!["there is no s-8", "there is no s-9"]),
        ] {
            let (wrong, _) = held("private_subnet_ids", &["vpc_id=vpc-1", &format!("private_subnet_ids={ids}")]).await;
            assert_eq!(wrong.len(), reasons.len(), "{ids}: {wrong:?}");
            assert!(wrong.iter().zip(&reasons).all(|(wrong, reason)| wrong.contains(reason)), "{ids}: {wrong:?}");
        }
        assert!(held("services", &["services=api:80"]).await.0.is_empty(), "AWS has no say in it");
    }

    #[tokio::test]
    async fn a_certificate_must_be_issued_here_and_for_the_name() {
        let of = |status: &str, name: &str| {
            let found = Certificate { arn: "x".to_owned(), status: status.to_owned(), names: vec![name.to_owned()] };
            certificate(Ok(found), Some("example.com"))
        };
        assert_eq!(of("ISSUED", "*.example.com").unwrap(), "certificate: issued, for grafana.example.com");
        assert!(of("PENDING_VALIDATION", "*.example.com").unwrap_err().contains("PENDING_VALIDATION, not ISSUED"));
        assert!(of("ISSUED", "example.com").unwrap_err().contains("not for grafana.example.com"));
        let elsewhere = held("certificate_arn", &["certificate_arn=arn:aws:acm:elsewhere:1:certificate/x"]).await.0;
        assert!(elsewhere[0].contains("is not in r"), "{elsewhere:?}");
    }

    #[test]
    fn a_zone_must_be_public_and_the_domains_and_a_bucket_keep_versions() {
        let of = |name: &str, private| {
            zone(Ok(Zone { id: "Z1".to_owned(), name: name.to_owned(), private }), Some("example.com"))
        };
        assert_eq!(of("example.com", false).unwrap(), "zone Z1 (example.com): there");
        assert!(of("other.com", false).unwrap_err().contains("the zone of other.com"));
        assert!(of("ample.com", false).unwrap_err().contains("the zone of ample.com"));
        assert!(of("example.com", true).unwrap_err().contains("private"));
        assert!(bucket("state", Ok(true)).is_ok());
        assert!(bucket("state", Ok(false)).unwrap_err().contains("put-bucket-versioning"));
        let gone = SourceError::new(ErrorClass::Rejected, "s3:GetBucketVersioning: NoSuchBucket");
        assert!(bucket("state", Err(gone)).unwrap_err().contains("NoSuchBucket"));
    }
}

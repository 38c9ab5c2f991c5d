//! `rounds provision init`: what must be known is found, asked and checked against AWS; then a root module is written.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use super::args::InitArgs;
use super::root::{self, Answers, first};
use crate::cli::args::Cli;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{FAREWELL, runtime, stdout};
use crate::config;
use crate::domain::SourceError;
use crate::domain::estate::Zone;
use crate::format::{count, sanitise, shell_word};
use crate::net::Meter;
use crate::net::aws::ecs::Api;
use crate::net::aws::query::ec2::{self, Subnet};
use crate::net::aws::query::route53;
use crate::net::aws::{Aws, Session};
use crate::net::http::Clients;
use crate::stack;

/// The longest AWS may take to answer all that is asked.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is asked: key, question, whether it may be left empty.
const QUESTIONS: [(&str, &str, bool); 12] = [
    ("environment", "the environment's name (prod, stage)", false),
    ("aws_region", "the AWS region", false),
    ("vpc_id", "the VPC", false),
    ("private_subnet_ids", "private subnets for the tasks, two zones at least", false),
    ("public_subnet_ids", "public subnets for the load balancer (none: an internal one)", true),
    ("ecs_cluster_id", "the ECS cluster the stack runs on, by name or ARN", false),
    ("domain_name", "the domain; Grafana will be at grafana.DOMAIN", false),
    ("route53_zone_id", "its hosted zone (none: the module makes one)", true),
    ("certificate_arn", "a certificate for it (none: the module makes one)", true),
    ("office_cidrs", "addresses that may reach Grafana: offices, VPNs", false),
    ("services", "the services to watch, as NAME:PORT", false),
    ("state_bucket", "the S3 bucket for the state (none: the state stays in the folder)", true),
];

/// Short names that `--set` takes beside the module's own.
const SHORT: [(&str, &str); 2] = [("region", "aws_region"), ("ecs_cluster", "ecs_cluster_id")];

/// Asks, checks, writes and answers with the exit code.
pub fn run(cli: &Cli, args: &InitArgs, environment: &Environment) -> Result<u8, Failure> {
    let mut answers = given(&args.answers)?;
    let region = cli.context.region.clone().or_else(|| environment.get("AWS_REGION"));
    if let Some(region) = region.or_else(|| environment.get("AWS_DEFAULT_REGION")) {
        answers.entry("aws_region").or_insert_with(|| vec![region]);
    }
    let asks = !args.yes && io::stdin().is_terminal();
    if asks {
        ask(&mut answers, "environment", None)?;
        ask(&mut answers, "aws_region", None)?;
        ask(&mut answers, "domain_name", None)?;
    }
    let runtime = runtime()?;
    let found = runtime.block_on(look(cli, environment, &answers));
    runtime.shutdown_timeout(FAREWELL);
    if asks {
        for (key, ..) in QUESTIONS {
            let offered = found.as_ref().ok().and_then(|found| found.offer(key, &answers));
            ask(&mut answers, key, offered.as_deref())?;
        }
    } else if let Ok(found) = &found {
        for (key, ..) in QUESTIONS.iter().filter(|(.., optional)| !optional) {
            if let Some(offered) = found.offer(key, &answers) {
                answers.entry(*key).or_insert(offered);
            }
        }
    }
    answers.retain(|_, values| !values.is_empty());
    missing(&answers)?;
    let mut wrong = of_themselves(&answers);
    let mut told = String::new();
    match &found {
        Ok(found) => found.check(&mut answers, &mut wrong, &mut told),
        Err(error) => wrong.push(format!("nothing can be checked against AWS: {error}")),
    }
    if !wrong.is_empty() {
        let what = format!("{} not right; nothing was written\n  {}", count(wrong.len(), "answer"), wrong.join("\n  "));
        return Err(Failure::new(what).with_hint("correct them with --set KEY=VALUE"));
    }
    let written = stack::write(&args.dir, &root::files(&answers), false)?;
    let _ = writeln!(
        told,
        "wrote {} to {} ({} as they were)",
        count(written.written.len(), "file"),
        args.dir.display(),
        written.unchanged
    );
    let _ = writeln!(told, "next: rounds provision plan --dir {}", shell_word(&args.dir.display().to_string()));
    if first(&answers, "state_bucket").is_none() {
        told.push_str(
            "the state stays in that folder: name a bucket (--set state_bucket=NAME) before others work on it\n",
        );
    }
    stdout::print(&told)?;
    Ok(0)
}

/// The answers of `--set`.
fn given(texts: &[String]) -> Result<Answers, Failure> {
    let mut answers = Answers::new();
    for text in texts {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let key = SHORT.iter().find(|(short, _)| *short == key).map_or(key, |(_, key)| *key);
        let Some((key, ..)) = QUESTIONS.iter().find(|(name, ..)| *name == key) else {
            let names: Vec<&str> = QUESTIONS.iter().map(|(name, ..)| *name).collect();
            return Err(Failure::new(format!("--set {text}: there is no such key"))
                .with_hint(format!("keys: {}", names.join(", "))));
        };
        answers.insert(*key, values(value));
    }
    Ok(answers)
}

fn values(text: &str) -> Vec<String> {
    text.split([',', ' ']).map(str::trim).filter(|one| !one.is_empty() && *one != "none").map(str::to_owned).collect()
}

/// Asks on the terminal, where there is no answer yet.
fn ask(answers: &mut Answers, key: &str, offered: Option<&[String]>) -> Result<(), Failure> {
    let Some((key, question, optional)) = QUESTIONS.iter().find(|(name, ..)| *name == key) else { return Ok(()) };
    if answers.contains_key(key) {
        return Ok(());
    }
    let offer = offered.map(|offered| format!(" [{}]", sanitise(&offered.join(",")))).unwrap_or_default();
    for _ in 0..3 {
        let mut line = String::new();
        let asked = write!(io::stderr(), "{question}{offer}: ").and_then(|()| io::stderr().flush());
        let read = asked.and_then(|()| io::stdin().lock().read_line(&mut line));
        if !matches!(read, Ok(1..)) {
            break;
        }
        let typed = values(line.trim());
        let value = if line.trim().is_empty() { offered.map(<[String]>::to_vec).unwrap_or_default() } else { typed };
        if !value.is_empty() || *optional {
            answers.insert(*key, value);
            return Ok(());
        }
    }
    Err(Failure::new(format!("no answer to: {question}; nothing was written")))
}

fn missing(answers: &Answers) -> Result<(), Failure> {
    let missing: Vec<String> = QUESTIONS
        .iter()
        .filter(|(key, _, optional)| !optional && !answers.contains_key(key))
        .map(|(key, question, _)| format!("--set {key}=...  {question}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} missing; nothing was written\n  {}",
        count(missing.len(), "answer"),
        missing.join("\n  ")
    )))
}

/// What is wrong with answers by themselves.
fn of_themselves(answers: &Answers) -> Vec<String> {
    let of = |key: &str| answers.get(key).into_iter().flatten();
    let mut wrong = Vec::new();
    for cidr in of("office_cidrs") {
        match range(cidr) {
            Some(0) => wrong.push(format!("office_cidrs: {cidr} is the whole internet")),
            Some(_) => {}
            None => wrong.push(format!("office_cidrs: {cidr} is no range of addresses, like 203.0.113.0/24")),
        }
    }
    for service in of("services") {
        let parsed = service.rsplit_once(':').filter(|(name, _)| !name.is_empty());
        if parsed.and_then(|(_, port)| port.parse::<u16>().ok()).is_none_or(|port| port == 0) {
            wrong.push(format!("services: {service} is no NAME:PORT"));
        }
    }
    wrong
}

/// The length of a range's prefix.
fn range(cidr: &str) -> Option<u8> {
    let (address, length) = cidr.split_once('/')?;
    let (address, length) = (address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?);
    (length <= if address.is_ipv4() { 32 } else { 128 }).then_some(length)
}

/// What AWS has.
struct Found {
    account: String,
    vpcs: Vec<String>,
    subnets: Vec<Subnet>,
    clusters: Vec<String>,
    zones: Vec<Zone>,
}

async fn look(cli: &Cli, environment: &Environment, answers: &Answers) -> Result<Found, SourceError> {
    let local = |what: String| SourceError::new(crate::domain::ErrorClass::Local, what);
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
    let (caller, vpcs, subnets, clusters, zones) = tokio::try_join!(
        session.caller(),
        ec2::vpcs(&session),
        ec2::subnets(&session),
        api.list_clusters(),
        zones(&session, first(answers, "domain_name")),
    )?;
    Ok(Found { account: caller.account, vpcs, subnets, clusters, zones })
}

async fn zones(session: &Session, domain: Option<&str>) -> Result<Vec<Zone>, SourceError> {
    match domain {
        Some(domain) => route53::zones(session, domain).await,
        None => Ok(Vec::new()),
    }
}

impl Found {
    /// The answer there can be only one of.
    fn offer(&self, key: &str, answers: &Answers) -> Option<Vec<String>> {
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
            _ => None,
        }
    }

    fn public_zone(&self) -> Option<&Zone> {
        self.zones.iter().find(|zone| !zone.private)
    }

    /// Holds every answer against what is there; a cluster's name becomes its ARN.
    fn check(&self, answers: &mut Answers, wrong: &mut Vec<String>, told: &mut String) {
        let region = first(answers, "aws_region").unwrap_or_default();
        let _ = writeln!(told, "account {}, region {region}", self.account);
        let vpc = first(answers, "vpc_id").unwrap_or_default();
        if self.vpcs.iter().any(|one| one == vpc) {
            let _ = writeln!(told, "  vpc {vpc}: there");
        } else {
            wrong.push(format!("vpc_id: there is no {vpc} in {region}; there are: {}", self.vpcs.join(", ")));
        }
        for key in ["private_subnet_ids", "public_subnet_ids"] {
            self.check_subnets(key, vpc, answers, wrong, told);
        }
        let cluster = first(answers, "ecs_cluster_id").unwrap_or_default().to_owned();
        let is_meant = |arn: &&String| **arn == cluster || arn.rsplit('/').next() == Some(cluster.as_str());
        match self.clusters.iter().find(is_meant) {
            Some(arn) => {
                let _ = writeln!(told, "  cluster {cluster}: there");
                answers.insert("ecs_cluster_id", vec![arn.clone()]);
            }
            None => {
                wrong.push(format!("ecs_cluster_id: there is no {cluster}; there are: {}", self.clusters.join(", ")))
            }
        }
        match (first(answers, "route53_zone_id"), self.public_zone()) {
            (Some(id), _) if self.zones.iter().any(|zone| zone.id == id) => {
                let _ = writeln!(told, "  zone {id}: there");
            }
            (Some(id), _) if !self.zones.is_empty() => {
                wrong.push(format!("route53_zone_id: {id} is not the domain's zone"))
            }
            (Some(id), _) => {
                let _ = writeln!(told, "  zone {id}: not checked, it is not of the domain itself");
            }
            (None, Some(zone)) => {
                let _ = writeln!(
                    told,
                    "  zone {}: there is one already; to use it: --set route53_zone_id={}",
                    zone.name, zone.id
                );
            }
            (None, None) => told.push_str("  zone: none yet, the module makes one\n"),
        }
        if let Some(arn) = first(answers, "certificate_arn") {
            let _ = writeln!(
                told,
                "  certificate: not checked; see: aws acm describe-certificate --certificate-arn {}",
                shell_word(arn)
            );
        }
        if let Some(bucket) = first(answers, "state_bucket") {
            let _ = writeln!(told, "  bucket {bucket}: not checked; terraform init says whether it can be used");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_internet_is_no_office() {
        for (cidr, length) in [
            ("0.0.0.0/0", Some(0)),
            ("::/0", Some(0)),
            ("203.0.113.0/24", Some(24)),
            ("10.0.0.0/33", None),
            ("x", None),
        ] {
            assert_eq!(range(cidr), length, "{cidr}");
        }
        let answers = given(&["office_cidrs=0.0.0.0/0".to_owned(), "services=api:80,web".to_owned()]).unwrap();
        assert_eq!(of_themselves(&answers).len(), 2);
        assert!(given(&["offices=x".to_owned()]).is_err());
    }

    #[test]
    fn each_answer_is_held_against_what_is_there() {
        let subnet = |id: &str, vpc: &str, zone: &str| Subnet {
            id: id.into(),
            vpc: vpc.into(),
            zone: zone.into(),
            is_public: false,
        };
        let found = Found {
            account: "123456789012".to_owned(),
            vpcs: vec!["vpc-1".to_owned()],
            subnets: vec![subnet("s-1", "vpc-1", "a"), subnet("s-2", "vpc-1", "b"), subnet("s-3", "vpc-2", "a")],
            clusters: vec!["arn:aws:ecs:r:1:cluster/main".to_owned()],
            zones: Vec::new(),
        };
        let checked = |subnets: &str, cluster: &str| {
            let texts =
                ["vpc_id=vpc-1".to_owned(), format!("private_subnet_ids={subnets}"), format!("ecs_cluster={cluster}")];
            let mut answers = given(&texts).unwrap();
            let mut wrong = Vec::new();
            found.check(&mut answers, &mut wrong, &mut String::new());
            (wrong, answers)
        };
        let (wrong, answers) = checked("s-1,s-2", "main");
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(first(&answers, "ecs_cluster_id"), Some("arn:aws:ecs:r:1:cluster/main"));
        assert!(checked("s-1", "main").0[0].contains("two zones"));
        assert!(checked("s-1,s-3", "main").0[0].contains("is in vpc-2"));
        assert!(checked("s-1,s-9", "none-such").0.len() == 2);
    }
}

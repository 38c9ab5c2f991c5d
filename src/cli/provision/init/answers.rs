//! The answers: given, asked for, and right by themselves.

use std::io::{self, BufRead as _, Write as _};
use std::net::IpAddr;

use crate::cli::failure::Failure;
use crate::cli::provision::root::Answers;
use crate::format::{count, sanitise};

/// What is asked: key, question, whether it may be left empty.
pub const QUESTIONS: [(&str, &str, bool); 12] = [
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

/// How often a question is put again.
const TRIES: usize = 3;

/// The answers of `--set`.
pub fn given(texts: &[String]) -> Result<Answers, Failure> {
    let mut answers = Answers::new();
    for text in texts {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let key = SHORT.iter().find(|(short, _)| *short == key).map_or(key, |(_, key)| *key);
        let Some((key, ..)) = QUESTIONS.iter().find(|(name, ..)| *name == key) else {
            let names: Vec<&str> = QUESTIONS.iter().map(|(name, ..)| *name).collect();
            return Err(Failure::new(format!("--set {text}: there is no such key"))
                .with_hint(format!("keys: {}", names.join(", "))));
        };
        answers.insert(*key, values(key, value));
    }
    Ok(answers)
}

/// Keys that take several.
const LISTS: [&str; 4] = ["private_subnet_ids", "public_subnet_ids", "office_cidrs", "services"];

fn values(key: &str, text: &str) -> Vec<String> {
    // Where one is wanted, all of it is that one, and wrong as a whole.
    let separators: &[char] = if LISTS.contains(&key) { &[',', ' '] } else { &['\n'] };
    text.split(separators).map(str::trim).filter(|one| !one.is_empty() && *one != "none").map(str::to_owned).collect()
}

/// Asks on the terminal, where there is no answer yet. `offered` is taken for an empty line; `choices` are shown.
pub fn ask(answers: &mut Answers, key: &str, offered: Option<&[String]>, choices: &[String]) -> Result<(), Failure> {
    let Some((key, question, optional)) = QUESTIONS.iter().find(|(name, ..)| *name == key) else { return Ok(()) };
    if answers.contains_key(key) {
        return Ok(());
    }
    let offer = offered.map(|offered| format!(" [{}]", sanitise(&offered.join(",")))).unwrap_or_default();
    let choices: Vec<String> = choices.iter().map(|choice| format!("    {}\n", sanitise(choice))).collect();
    let choices = choices.concat();
    for _ in 0..TRIES {
        let mut line = String::new();
        let asked = write!(io::stderr(), "{choices}{question}{offer}: ").and_then(|()| io::stderr().flush());
        let read = asked.and_then(|()| io::stdin().lock().read_line(&mut line));
        if !matches!(read, Ok(1..)) {
            break;
        }
        let is_empty = line.trim().is_empty();
        let value =
            if is_empty { offered.map(<[String]>::to_vec).unwrap_or_default() } else { values(key, line.trim()) };
        if !value.is_empty() || *optional {
            answers.insert(*key, value);
            return Ok(());
        }
    }
    Err(Failure::new(format!("no answer to: {question}; nothing was written")))
}

/// # Errors
/// What must be answered and is not, all of it.
pub fn missing(answers: &Answers) -> Result<(), Failure> {
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

/// What is wrong with answers by themselves: what the module would refuse, or what would break a call.
pub fn of_themselves(answers: &Answers) -> Vec<String> {
    let of = |key: &str| answers.get(key).into_iter().flatten();
    let mut wrong = Vec::new();
    for cidr in of("office_cidrs") {
        match range(cidr) {
            Some(0) => wrong.push(format!("office_cidrs: {cidr} is the whole internet")),
            Some(length) if length < if cidr.contains(':') { 32 } else { 8 } => {
                wrong.push(format!("office_cidrs: {cidr} is too large a part of the internet"));
            }
            Some(_) => {}
            None => wrong.push(format!("office_cidrs: {cidr} is no range of addresses, like 203.0.113.0/24")),
        }
    }
    for service in of("services") {
        let parsed = service.rsplit_once(':').filter(|(name, _)| is_made_of(name, "-_", 1..=63));
        if parsed.and_then(|(_, port)| port.parse::<u16>().ok()).is_none_or(|port| port == 0) {
            wrong.push(format!("services: {service} is no NAME:PORT"));
        }
    }
    let mut names: Vec<&str> = of("services").filter_map(|one| Some(one.rsplit_once(':')?.0)).collect();
    names.sort_unstable();
    for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
        wrong.push(format!("services: {} is named twice", pair[0]));
    }
    for name in of("environment").filter(|name| !is_made_of(name, "-", 2..=16) || name.to_lowercase() != **name) {
        wrong.push(format!("environment: {name} is not 2 to 16 small letters, digits and dashes"));
    }
    for domain in of("domain_name") {
        let is_domain = domain.contains('.') && domain.split('.').all(|label| is_made_of(label, "-", 1..=63));
        if !is_domain || domain.to_lowercase() != *domain {
            wrong.push(format!("domain_name: {domain} is no domain such as example.com, in small letters"));
        }
    }
    for id in of("route53_zone_id").filter(|id| !is_made_of(id, "", 1..=32)) {
        wrong.push(format!("route53_zone_id: {id} is no id of a zone, like Z0123456789ABC"));
    }
    for bucket in of("state_bucket").filter(|bucket| !is_made_of(bucket, ".-", 3..=63)) {
        wrong.push(format!("state_bucket: {bucket} is no name of a bucket"));
    }
    wrong
}

/// Whether a name has letters, digits and these other characters only, and begins with a letter or a digit.
fn is_made_of(name: &str, others: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

/// The length of a range's prefix.
fn range(cidr: &str) -> Option<u8> {
    let (address, length) = cidr.split_once('/')?;
    let (address, length) = (address.parse::<IpAddr>().ok()?, length.parse::<u8>().ok()?);
    (length <= if address.is_ipv4() { 32 } else { 128 }).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(texts: &[&str]) -> Vec<String> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        of_themselves(&given(&texts).unwrap())
    }

    #[test]
    fn the_whole_internet_is_no_office_and_neither_is_half_of_it() {
        for (cidr, length) in [
            ("0.0.0.0/0", Some(0)),
            ("::/0", Some(0)),
            ("203.0.113.0/24", Some(24)),
            ("10.0.0.0/33", None),
            ("x", None),
        ] {
            assert_eq!(range(cidr), length, "{cidr}");
        }
        assert!(wrong(&["office_cidrs=203.0.113.0/24,2001:db8::/32"]).is_empty());
        assert_eq!(wrong(&["office_cidrs=0.0.0.0/0,0.0.0.0/1,::/0,2000::/3,office"]).len(), 5);
    }

    #[test]
    fn what_the_module_would_refuse_is_refused_here() {
        assert!(wrong(&["services=api-2:8080", "environment=prod", "domain_name=a-b.example.com"]).is_empty());
        for bad in [
            "services=api",
            "services=api:0",
            "services=a/b:80",
            "environment=Prod",
            "environment=p",
            "domain_name=example",
            "domain_name=Example.com",
            "domain_name=a..com",
            "route53_zone_id=../x",
            "state_bucket=a/b",
        ] {
            assert_eq!(wrong(&[bad]).len(), 1, "{bad}");
        }
        assert!(given(&["offices=x".to_owned()]).is_err());
    }
}

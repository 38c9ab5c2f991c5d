//! What is asked, and what `--set` answers.

use crate::cli::provision::root::Answers;

/// A question.
pub struct Question {
    /// What the module calls the answer.
    pub key: &'static str,
    /// As a person is asked.
    pub text: &'static str,
    /// Whether it may be left empty.
    pub optional: bool,
}

const fn must(key: &'static str, text: &'static str) -> Question {
    Question { key, text, optional: false }
}

const fn may(key: &'static str, text: &'static str) -> Question {
    Question { key, text, optional: true }
}

/// Every question, in the order they are asked: what AWS is asked with first, then what it has.
pub const QUESTIONS: [Question; 12] = [
    must("environment", "the environment's name (prod, stage)"),
    must("aws_region", "the AWS region"),
    must("domain_name", "the domain; Grafana will be at grafana.DOMAIN"),
    must("vpc_id", "the VPC"),
    must("private_subnet_ids", "private subnets for the tasks, two zones at least"),
    may("public_subnet_ids", "public subnets for the load balancer (none: an internal one)"),
    must("ecs_cluster_id", "the ECS cluster the stack runs on, by name or ARN"),
    may("route53_zone_id", "its hosted zone (none: the module makes one)"),
    may("certificate_arn", "a certificate for it (none: the module makes one)"),
    must("office_cidrs", "addresses that may reach Grafana: offices, VPNs"),
    must("services", "the services to watch, as NAME:PORT"),
    may("state_bucket", "the S3 bucket for the state (none: the state stays in the folder)"),
];

/// How many of them come before AWS can be asked.
pub const BEFORE_AWS: usize = 3;

/// Short names that `--set` takes beside the module's own.
const SHORT: [(&str, &str); 2] = [("region", "aws_region"), ("ecs_cluster", "ecs_cluster_id")];

/// Keys that take several.
const LISTS: [&str; 4] = ["private_subnet_ids", "public_subnet_ids", "office_cidrs", "services"];

/// The answers of `--set`, and what was set that is no answer to anything.
pub fn given(texts: &[String]) -> (Answers, Vec<String>) {
    let (mut answers, mut wrong) = (Answers::new(), Vec::new());
    for text in texts {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let key = SHORT.iter().find(|(short, _)| *short == key).map_or(key, |(_, key)| *key);
        if let Some(question) = QUESTIONS.iter().find(|question| question.key == key) {
            answers.insert(question.key, values(question.key, value));
        } else {
            let keys: Vec<&str> = QUESTIONS.iter().map(|question| question.key).collect();
            wrong.push(format!("{key}: there is no such key; keys: {}", keys.join(", ")));
        }
    }
    (answers, wrong)
}

/// An answer as it was typed; `none`, or nothing, is no value.
pub fn values(key: &str, text: &str) -> Vec<String> {
    // Where one is wanted, all of it is that one, and wrong as a whole.
    let separators: &[char] = if LISTS.contains(&key) { &[',', ' '] } else { &['\n'] };
    text.split(separators).map(str::trim).filter(|one| !one.is_empty() && *one != "none").map(str::to_owned).collect()
}

/// What must be answered and is not.
pub fn missing(answers: &Answers) -> impl Iterator<Item = &'static Question> {
    let is_missing = |key: &str| answers.get(key).is_none_or(Vec::is_empty);
    QUESTIONS.iter().filter(move |question| !question.optional && is_missing(question.key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_lists_and_none_are_understood_and_strange_keys_told() {
        let texts = ["region=eu-west-1", "services=api:80, web:81", "certificate_arn=none", "offices=x", "colour"];
        let (answers, wrong) = given(&texts.map(str::to_owned));
        assert_eq!(answers["aws_region"], ["eu-west-1"]);
        assert_eq!(answers["services"], ["api:80", "web:81"]);
        assert!(answers["certificate_arn"].is_empty(), "said to be none is not the same as not said");
        assert!(wrong[0].starts_with("offices: there is no such key") && wrong[1].starts_with("colour: "), "{wrong:?}");
        let missing: Vec<&str> = missing(&answers).map(|question| question.key).collect();
        assert_eq!(
            missing,
            ["environment", "domain_name", "vpc_id", "private_subnet_ids", "ecs_cluster_id", "office_cidrs"]
        );
    }
}

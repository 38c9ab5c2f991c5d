//! The files of a root module that uses the shipped one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::provision::{self, Rendered};

/// Folders of the shipped module that it does not need to work.
const NOT_NEEDED: [&str; 2] = ["examples/", "compose/"];

const MAIN: &str = r#"# The monitoring stack. What differs here is in terraform.tfvars; every other variable of the module may be set below
# (module/reference.md has them all).

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0, < 7.0"
    }
  }
}

provider "aws" {
  region = var.aws_region
}

module "monitoring" {
  source = "./module"

  environment        = var.environment
  aws_region         = var.aws_region
  vpc_id             = var.vpc_id
  private_subnet_ids = var.private_subnet_ids
  ecs_cluster_id     = var.ecs_cluster_id
  domain_name        = var.domain_name
  office_cidrs       = var.office_cidrs
  services           = var.services
  route53_zone_id    = var.route53_zone_id
  certificate_arn    = var.certificate_arn

  deletion_protection = var.deletion_protection

  alb = {
    internal   = length(var.public_subnet_ids) == 0
    subnet_ids = var.public_subnet_ids
  }
}
"#;

const OUTPUTS: &str = r#"output "grafana_url" {
  value = module.monitoring.grafana_url
}

output "grafana_admin_secret_arn" {
  value = module.monitoring.grafana_admin_secret_arn
}

output "name_servers" {
  value = module.monitoring.name_servers
}

output "backup_vault_name" {
  value = module.monitoring.backup_vault_name
}

# `rounds provision output` writes the console's context from this.
output "rounds_context" {
  value = module.monitoring.rounds_context
}
"#;

/// Plans and states hold secrets; the lock file of the providers belongs into the repository.
const IGNORE: &str = ".terraform/\n*.tfplan\n*.tfstate\n*.tfstate.*\ncrash.log\n";

/// Variables: name, type, whether it may be left out, what it is.
const VARIABLES: [(&str, &str, bool, &str); 12] = [
    ("environment", "string", false, "The environment's name."),
    ("aws_region", "string", false, "The region."),
    ("vpc_id", "string", false, "The network everything is in."),
    ("private_subnet_ids", "list(string)", false, "Where tasks run: two zones at least."),
    ("public_subnet_ids", "list(string)", false, "Where the load balancer is; none makes it an internal one."),
    ("ecs_cluster_id", "string", false, "The ARN of the cluster the stack runs on."),
    ("domain_name", "string", false, "Grafana is at grafana.DOMAIN."),
    ("office_cidrs", "list(string)", false, "Addresses that may reach Grafana."),
    ("services", "any", false, "The services watched, by name (see module/reference.md)."),
    ("route53_zone_id", "string", true, "The zone of the domain; without it the module makes one."),
    ("certificate_arn", "string", true, "A certificate for Grafana's name; without it the module makes one."),
    ("deletion_protection", "bool", false, "Refuses to destroy the stack, and with it its history."),
];

/// What was asked, by name; lists hold several.
pub type Answers = BTreeMap<&'static str, Vec<String>>;

/// The first of an answer's values.
pub fn first<'a>(answers: &'a Answers, key: &str) -> Option<&'a str> {
    answers.get(key)?.first().map(String::as_str)
}

/// Every file, the module's and the root's own.
pub fn files(answers: &Answers) -> Vec<Rendered> {
    let file = |path: &str, source: &'static str, text: String| Rendered { path: path.to_owned(), source, text };
    let mut files: Vec<Rendered> = provision::shipped()
        .iter()
        .filter(|(path, _)| !NOT_NEEDED.iter().any(|folder| path.starts_with(folder)))
        .map(|(path, text)| file(&format!("module/{path}"), path, (*text).to_owned()))
        .collect();
    files.push(file("main.tf", "main.tf", MAIN.to_owned()));
    files.push(file("outputs.tf", "outputs.tf", OUTPUTS.to_owned()));
    files.push(file("variables.tf", "variables.tf", variables()));
    files.push(file("terraform.tfvars", "variables.tf", values(answers)));
    files.push(file(".gitignore", "main.tf", IGNORE.to_owned()));
    if let Some(bucket) = first(answers, "state_bucket") {
        files.push(file("backend.tf", "main.tf", backend(bucket, answers)));
    }
    files
}

fn variables() -> String {
    let one = |(name, kind, optional, about): &(&str, &str, bool, &str)| {
        let default = if *optional { "  default     = null\n" } else { "" };
        format!("variable \"{name}\" {{\n  description = \"{about}\"\n  type        = {kind}\n{default}}}\n")
    };
    VARIABLES.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn values(answers: &Answers) -> String {
    let mut out = "# Written by rounds provision init; yours from here on.\n".to_owned();
    let width = VARIABLES.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    // The services' block has lines of its own, and is not aligned with what is around it.
    for (name, kind, ..) in VARIABLES.iter().filter(|(name, ..)| *name != "services") {
        let of = answers.get(name).map(Vec::as_slice).unwrap_or_default();
        let text = match (*kind, of) {
            ("list(string)", of) => format!("[{}]", of.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", ")),
            ("bool", _) => "true".to_owned(),
            (_, [one, ..]) => quoted(one),
            (_, []) => continue,
        };
        let _ = writeln!(out, "{name:<width$} = {text}");
    }
    out.push_str("\nservices = {\n");
    let services: Vec<(&str, &str)> =
        answers.get("services").into_iter().flatten().filter_map(|one| one.rsplit_once(':')).collect();
    let width = services.iter().map(|(name, _)| quoted(name).len()).max().unwrap_or_default();
    for (name, port) in services {
        let _ = writeln!(out, "  {:<width$} = {{ port = {port} }}", quoted(name));
    }
    out.push_str("}\n");
    out
}

fn backend(bucket: &str, answers: &Answers) -> String {
    let key = format!("monitoring/{}/terraform.tfstate", first(answers, "environment").unwrap_or_default());
    let region = first(answers, "aws_region").unwrap_or_default();
    format!(
        "terraform {{\n  backend \"s3\" {{\n    bucket       = {}\n    key          = {}\n    region       = {}\n    \
         encrypt      = true\n    use_lockfile = true\n  }}\n}}\n",
        quoted(bucket),
        quoted(&key),
        quoted(region)
    )
}

/// A string of HCL, in which nothing is filled in.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_and_nothing_is_filled_in() {
        assert_eq!(quoted(r#"a"b\${x}"#), r#""a\"b\\$${x}""#);
        let answers = Answers::from([
            ("office_cidrs", vec!["203.0.113.0/24".to_owned(), "198.51.100.0/24".to_owned()]),
            ("services", vec!["api-1:8080".to_owned(), "web:80".to_owned()]),
        ]);
        let text = values(&answers);
        assert!(text.contains("office_cidrs        = [\"203.0.113.0/24\", \"198.51.100.0/24\"]"), "{text}");
        assert!(text.contains("deletion_protection = true"), "{text}");
        assert!(text.contains("  \"web\"   = { port = 80 }"), "{text}");
    }
}

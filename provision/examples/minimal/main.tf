# The least that must be told: one service, everything else as the plan has it.

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
  region = "ap-northeast-2"
}

module "monitoring" {
  source = "../.."

  environment        = "prod"
  aws_region         = "ap-northeast-2"
  vpc_id             = "vpc-0123456789abcdef0"
  private_subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  ecs_cluster_id     = "arn:aws:ecs:ap-northeast-2:123456789012:cluster/prod"
  domain_name        = "example.com"
  office_cidrs       = ["203.0.113.0/24"]

  alb = { subnet_ids = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"] }

  services = {
    atlantis = { port = 4141 }
  }
}

output "grafana_url" {
  value = module.monitoring.grafana_url
}

output "grafana_admin_secret_arn" {
  value = module.monitoring.grafana_admin_secret_arn
}

# What example.com must be delegated to: this example names no zone, so the module makes one.
output "name_servers" {
  value = module.monitoring.name_servers
}

output "rounds_context" {
  value = module.monitoring.rounds_context
}

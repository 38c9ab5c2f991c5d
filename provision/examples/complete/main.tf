# The five services of the plan, with an existing zone, sign-in by OAuth, Slack, PagerDuty and a watched Watchdog. Every
# secret is named by ARN: make them first, with the AWS CLI or the console.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0, < 7.0"
    }
  }

  # State in S3, locked by S3 itself.
  backend "s3" {
    bucket       = "example-terraform-state"
    key          = "monitoring/prod.tfstate"
    region       = "ap-northeast-2"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = "ap-northeast-2"
  allowed_account_ids = ["123456789012"]
}

locals {
  secret = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret"
}

module "monitoring" {
  source = "../.."

  environment        = "prod"
  aws_region         = "ap-northeast-2"
  vpc_id             = "vpc-0123456789abcdef0"
  private_subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  ecs_cluster_id     = "arn:aws:ecs:ap-northeast-2:123456789012:cluster/prod"
  domain_name        = "example.com"
  route53_zone_id    = "Z0123456789ABCDEFGHIJ"
  office_cidrs       = ["203.0.113.0/24", "198.51.100.7/32"]

  architecture = "ARM64"
  common_tags  = { Team = "platform", CostCenter = "1234" }

  alb = { subnet_ids = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"] }

  # One entry gives a service its scrape job, alerts, dashboard page and console row.
  services = {
    atlantis = { port = 4141 }
    api-1    = { port = 8080, security_group_id = "sg-0123456789abcdef1" }
    api-2    = { port = 8080, security_group_id = "sg-0123456789abcdef2" }
    worker   = { port = 9100 }
    web      = { port = 8080 }
  }

  grafana = {
    oauth = {
      name                     = "Cognito"
      client_id                = "1example23456789"
      client_secret_secret_arn = "${local.secret}:monitoring/grafana-oauth-AbCdEf"
      auth_url                 = "https://example.auth.ap-northeast-2.amazoncognito.com/oauth2/authorize"
      token_url                = "https://example.auth.ap-northeast-2.amazoncognito.com/oauth2/token"
      api_url                  = "https://example.auth.ap-northeast-2.amazoncognito.com/oauth2/userInfo"
      groups_claim             = "cognito:groups"
      admin_groups             = ["platform"]
      editor_groups            = ["developers"]
    }
  }

  alertmanager = {
    slack = {
      critical_webhook_secret_arn = "${local.secret}:monitoring/slack-critical-AbCdEf"
      warning_webhook_secret_arn  = "${local.secret}:monitoring/slack-warning-AbCdEf"
    }
    pagerduty = { routing_key_secret_arn = "${local.secret}:monitoring/pagerduty-AbCdEf" }
    watchdog  = { alarm_actions = ["arn:aws:sns:ap-northeast-2:123456789012:on-call"] }
  }

  # The copy that outlives the file system.
  remote_write = [{
    name          = "amp"
    url           = "https://aps-workspaces.ap-northeast-2.amazonaws.com/workspaces/ws-01234567-89ab-cdef-0123-456789abcdef/api/v1/remote_write"
    sigv4         = true
    workspace_arn = "arn:aws:aps:ap-northeast-2:123456789012:workspace/ws-01234567-89ab-cdef-0123-456789abcdef"
  }]
}

output "grafana_url" {
  value = module.monitoring.grafana_url
}

output "grafana_admin_secret_arn" {
  value = module.monitoring.grafana_admin_secret_arn
}

output "rounds_context" {
  value = module.monitoring.rounds_context
}

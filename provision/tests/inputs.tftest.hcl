# What is refused at plan, before anything is made.

# What AWS answers in the tests: enough of it to be told apart, of the shape that other resources insist on. The same in
# each file, as OpenTofu takes it from no other.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { region = "ap-northeast-2" }
  }

  mock_data "aws_vpc" {
    defaults = { cidr_block = "10.0.0.0/16", enable_dns_hostnames = true, enable_dns_support = true }
  }

  # Of no zone: OpenTofu would put all of them into the same one.
  mock_data "aws_subnet" {
    defaults = { vpc_id = "vpc-0123456789abcdef0", availability_zone = "" }
  }

  mock_resource "aws_cloudformation_stack" {
    defaults = {
      outputs = {
        AdminPassword = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:AdminPassword-AbCdEf"
        SecretKey     = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:SecretKey-AbCdEf"
      }
    }
  }

  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:ap-northeast-2:123456789012:certificate/made-by-the-module"
      domain_validation_options = [{
        domain_name           = "grafana.example.com"
        resource_record_name  = "_x.grafana.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_y.acm-validations.aws."
      }]
    }
  }

  mock_resource "aws_route53_zone" {
    defaults = { zone_id = "ZMADEBYTHEMODULE", name_servers = ["ns-1.example.org", "ns-2.example.org"] }
  }

  mock_resource "aws_efs_file_system" {
    defaults = { id = "fs-0123456789abcdef0" }
  }

  mock_resource "aws_efs_access_point" {
    defaults = { arn = "arn:aws:elasticfilesystem:ap-northeast-2:123456789012:access-point/fsap-0123456789abcdef0" }
  }

  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:loadbalancer/app/prod-monitoring/0123456789abcdef" }
  }

  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:targetgroup/prod-monitoring-grafana/0123456789abcdef" }
  }

  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:listener/app/prod-monitoring/0123456789abcdef/0123456789abcdef" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/made-by-the-module" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:ap-northeast-2:123456789012:prod-monitoring-watchdog" }
  }

  mock_resource "aws_backup_vault" {
    defaults = { arn = "arn:aws:backup:ap-northeast-2:123456789012:backup-vault:prod-monitoring" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-2:123456789012:log-group:made-by-the-module" }
  }

  mock_resource "aws_service_discovery_service" {
    defaults = { arn = "arn:aws:servicediscovery:ap-northeast-2:123456789012:service/srv-0123456789abcdef" }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:ap-northeast-2:123456789012:task-definition/made-by-the-module:1" }
  }
}

variables {
  environment        = "prod"
  aws_region         = "ap-northeast-2"
  vpc_id             = "vpc-0123456789abcdef0"
  private_subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  ecs_cluster_id     = "arn:aws:ecs:ap-northeast-2:123456789012:cluster/prod"
  domain_name        = "example.com"
  route53_zone_id    = "Z0123456789ABCDEFGHIJ"
  office_cidrs       = ["203.0.113.0/24"]
  alb                = { subnet_ids = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"] }
  services           = { atlantis = { port = 4141 }, api-1 = { port = 8080 }, api-2 = { port = 8080 }, worker = { port = 9100 }, web = { port = 8080 } }
  alertmanager       = { slack = { critical_webhook_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:c-AbCdEf", warning_webhook_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:w-AbCdEf" } }
}

run "environment_in_capitals" {
  command = plan

  variables {
    environment = "Prod"
  }

  expect_failures = [var.environment]
}

run "region_of_nowhere" {
  command = plan

  variables {
    aws_region = "seoul"
  }

  expect_failures = [var.aws_region]
}

run "vpc_by_name" {
  command = plan

  variables {
    vpc_id = "main"
  }

  expect_failures = [var.vpc_id]
}

run "one_subnet" {
  command = plan

  variables {
    private_subnet_ids = ["subnet-0123456789abcdef0"]
  }

  expect_failures = [var.private_subnet_ids]
}

run "one_subnet_twice" {
  command = plan

  variables {
    private_subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef0"]
  }

  expect_failures = [var.private_subnet_ids]
}

run "cluster_by_name" {
  command = plan

  variables {
    ecs_cluster_id = "prod"
  }

  expect_failures = [var.ecs_cluster_id]
}

run "domain_with_a_dot_at_the_end" {
  command = plan

  variables {
    domain_name = "example.com."
  }

  expect_failures = [var.domain_name]
}

run "office_is_everywhere" {
  command = plan

  variables {
    office_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.office_cidrs]
}

run "office_is_everywhere_in_halves" {
  command = plan

  variables {
    office_cidrs = ["0.0.0.0/1", "128.0.0.0/1"]
  }

  expect_failures = [var.office_cidrs]
}

run "office_is_everywhere_in_ipv6" {
  command = plan

  variables {
    office_cidrs = ["::/0"]
  }

  expect_failures = [var.office_cidrs]
}

run "office_is_nowhere" {
  command = plan

  variables {
    office_cidrs = []
  }

  expect_failures = [var.office_cidrs]
}

run "office_is_no_range" {
  command = plan

  variables {
    office_cidrs = ["203.0.113.7"]
  }

  expect_failures = [var.office_cidrs]
}

run "environment_no_security_group_may_begin_with" {
  command = plan

  variables {
    environment = "sg"
  }

  expect_failures = [var.environment]
}

run "environment_with_two_dashes" {
  command = plan

  variables {
    environment = "prod--eu"
  }

  expect_failures = [var.environment]
}

run "names_too_long_together" {
  command = plan

  variables {
    environment = "abcdefghijklmnop"
    name        = "abcdefghijklmnop"
  }

  expect_failures = [aws_lb.this]
}

run "subnets_of_one_zone" {
  command = plan

  override_data {
    target = data.aws_subnet.private
    values = { vpc_id = "vpc-0123456789abcdef0", availability_zone = "ap-northeast-2a" }
  }

  expect_failures = [aws_efs_file_system.this]
}

run "remote_write_with_a_token_in_the_clear" {
  command = plan

  variables {
    remote_write = [{ name = "thanos", url = "https://thanos.example.com/api/v1/receive", token_secret_arn = "hunter2" }]
  }

  expect_failures = [var.remote_write]
}

run "query_in_two_ways" {
  command = plan

  variables {
    prometheus = { query = { url = "https://mimir.example.com/prometheus", username = "prod", password_secret_arn = "arn:aws:ssm:ap-northeast-2:123456789012:parameter/p", token_secret_arn = "arn:aws:ssm:ap-northeast-2:123456789012:parameter/t" } }
  }

  expect_failures = [var.prometheus]
}

run "query_with_a_password_in_the_clear" {
  command = plan

  variables {
    prometheus = { query = { url = "https://mimir.example.com/prometheus", username = "prod", password_secret_arn = "hunter2" } }
  }

  expect_failures = [var.prometheus]
}

run "no_services" {
  command = plan

  variables {
    services = {}
  }

  expect_failures = [var.services]
}

run "service_of_a_strange_name" {
  command = plan

  variables {
    services = { "a b" = { port = 1 } }
  }

  expect_failures = [var.services]
}

run "service_on_no_port" {
  command = plan

  variables {
    services = { a = { port = 0 } }
  }

  expect_failures = [var.services]
}

run "service_with_less_than_no_requests" {
  command = plan

  variables {
    services = { a = { port = 1, min_request_rate = -0.1 } }
  }

  expect_failures = [var.services]
}

run "service_of_strange_discovery" {
  command = plan

  variables {
    services = { a = { port = 1, discovery = "consul" } }
  }

  expect_failures = [var.services]
}

run "static_service_without_targets" {
  command = plan

  variables {
    services = { a = { port = 1, discovery = "static" } }
  }

  expect_failures = [var.services]
}

run "dns_service_with_targets" {
  command = plan

  variables {
    services = { a = { port = 1, targets = ["a:1"] } }
  }

  expect_failures = [var.services]
}

run "target_that_breaks_out" {
  command = plan

  variables {
    services = { a = { port = 1, discovery = "static", targets = ["a:1]\nremote_write:"] } }
  }

  expect_failures = [var.services]
}

run "path_that_breaks_out" {
  command = plan

  variables {
    services = { a = { port = 1, metrics_path = "/m\n  x: y" } }
  }

  expect_failures = [var.services]
}

run "password_in_the_clear" {
  command = plan

  variables {
    services = { a = { port = 1, basic_auth = { username = "a", password_secret_arn = "hunter2" } } }
  }

  expect_failures = [var.services]
}

run "one_rule_twice" {
  command = plan

  variables {
    services = { a = { port = 1, security_group_id = "sg-1" }, b = { port = 1, security_group_id = "sg-1" } }
  }

  expect_failures = [var.services]
}

run "processor_of_yesterday" {
  command = plan

  variables {
    architecture = "i386"
  }

  expect_failures = [var.architecture]
}

run "image_without_a_version" {
  command = plan

  variables {
    images = { grafana = "docker.io/grafana/grafana" }
  }

  expect_failures = [var.images]
}

run "latest_image" {
  command = plan

  variables {
    images = { grafana = "docker.io/grafana/grafana:latest" }
  }

  expect_failures = [var.images]
}

run "image_of_a_registry_with_a_port_without_a_version" {
  command = plan

  variables {
    images = { grafana = "registry:5000/grafana" }
  }

  expect_failures = [var.images]
}

run "two_writers_of_prometheus" {
  command = plan

  variables {
    prometheus = { replicas = 2 }
  }

  expect_failures = [var.prometheus]
}

run "nothing_kept_anywhere" {
  command = plan

  variables {
    prometheus = { storage = "ephemeral" }
  }

  expect_failures = [var.prometheus]
}

run "no_lock_file" {
  command = plan

  variables {
    prometheus = { extra_flags = ["--storage.tsdb.no-lockfile"] }
  }

  expect_failures = [var.prometheus]
}

run "storage_without_limit" {
  command = plan

  variables {
    prometheus = { retention_size = "0" }
  }

  expect_failures = [var.prometheus]
}

run "no_fargate_size" {
  command = plan

  variables {
    prometheus = { cpu = 1536, memory = 3072 }
  }

  expect_failures = [aws_ecs_task_definition.prometheus]
}

run "remote_write_without_rights" {
  command = plan

  variables {
    remote_write = [{ name = "amp", url = "https://example.com/write", sigv4 = true }]
  }

  expect_failures = [var.remote_write]
}

run "remote_write_with_a_password_in_its_address" {
  command = plan

  variables {
    remote_write = [{ name = "a", url = "https://user:secret@example.com/write" }]
  }

  expect_failures = [var.remote_write]
}

run "remote_write_with_a_secret_header" {
  command = plan

  variables {
    remote_write = [{ name = "a", url = "https://example.com/write", headers = { Authorization = "Bearer x" } }]
  }

  expect_failures = [var.remote_write]
}

run "remote_write_in_two_ways" {
  command = plan

  variables {
    remote_write = [{ name = "a", url = "https://example.com/write", username = "u", password_secret_arn = "arn:aws:ssm:x", token_secret_arn = "arn:aws:ssm:y" }]
  }

  expect_failures = [var.remote_write]
}

run "two_writers_of_grafana" {
  command = plan

  variables {
    grafana = { replicas = 2 }
  }

  expect_failures = [var.grafana]
}

run "anyone_may_sign_up" {
  command = plan

  variables {
    grafana = { oauth = { client_id = "x", client_secret_secret_arn = "arn:aws:ssm:x", auth_url = "https://a", token_url = "https://b" } }
  }

  expect_failures = [var.grafana]
}

run "sign_in_in_the_clear" {
  command = plan

  variables {
    grafana = { oauth = { client_id = "x", client_secret_secret_arn = "arn:aws:ssm:x", auth_url = "http://a", token_url = "https://b", allowed_domains = ["example.com"] } }
  }

  expect_failures = [var.grafana]
}

run "client_secret_in_the_clear" {
  command = plan

  variables {
    grafana = { oauth = { client_id = "x", client_secret_secret_arn = "hunter2", auth_url = "https://a", token_url = "https://b", allowed_domains = ["example.com"] } }
  }

  expect_failures = [var.grafana]
}

run "secret_setting" {
  command = plan

  variables {
    grafana = { extra_environment = { GF_SMTP_PASSWORD = "hunter2" } }
  }

  expect_failures = [var.grafana]
}

run "exporter_asks_too_seldom" {
  command = plan

  variables {
    cloudwatch_exporter = { scrape_interval = "5m" }
  }

  expect_failures = [var.cloudwatch_exporter]
}

run "slack_webhook_in_the_clear" {
  command = plan

  variables {
    alertmanager = { slack = { critical_webhook_secret_arn = "https://hooks.slack.com/services/x", warning_webhook_secret_arn = "arn:aws:ssm:x" } }
  }

  expect_failures = [var.alertmanager]
}

run "night_without_end" {
  command = plan

  variables {
    alertmanager = { night = { from = "22:00", to = "22:00" } }
  }

  expect_failures = [var.alertmanager]
}

run "loki_keeps_half_days" {
  command = plan

  variables {
    loki = { retention = "12h" }
  }

  expect_failures = [var.loki]
}

run "load_balancer_without_subnets" {
  command = plan

  variables {
    alb = {}
  }

  expect_failures = [var.alb]
}

run "old_tls" {
  command = plan

  variables {
    alb = { internal = true, ssl_policy = "ELBSecurityPolicy-2016-08" }
  }

  expect_failures = [var.alb]
}

run "zone_by_name" {
  command = plan

  variables {
    route53_zone_id = "example.com"
  }

  expect_failures = [var.route53_zone_id]
}

run "certificate_by_name" {
  command = plan

  variables {
    certificate_arn = "grafana.example.com"
  }

  expect_failures = [var.certificate_arn]
}

run "elastic_in_words_only" {
  command = plan

  variables {
    efs = { throughput_mode = "fast" }
  }

  expect_failures = [var.efs]
}

run "restored_to_the_root" {
  command = plan

  variables {
    restore = { file_system_id = "fs-0123456789abcdef0", directory = "/" }
  }

  expect_failures = [var.restore]
}

run "copies_for_a_day" {
  command = plan

  variables {
    backup = { retention_days = 1 }
  }

  expect_failures = [var.backup]
}

run "copies_by_a_strange_clock" {
  command = plan

  variables {
    backup = { schedule = "daily" }
  }

  expect_failures = [var.backup]
}

run "logs_for_a_fortnight" {
  command = plan

  variables {
    log_retention_days = 15
  }

  expect_failures = [var.log_retention_days]
}

run "key_by_alias" {
  command = plan

  variables {
    kms_key_arn = "alias/monitoring"
  }

  expect_failures = [var.kms_key_arn]
}

run "provider_of_another_region" {
  command = plan

  variables {
    aws_region = "us-east-1"
  }

  expect_failures = [data.aws_region.current]
}

run "subnets_of_another_vpc" {
  command = plan

  variables {
    vpc_id = "vpc-0fedcba9876543210"
  }

  expect_failures = [data.aws_subnet.private]
}

run "rules_that_are_none" {
  command = plan

  variables {
    prometheus = { extra_rules = { mine = "alert: X" } }
  }

  expect_failures = [var.prometheus]
}

run "dashboard_that_is_none" {
  command = plan

  variables {
    grafana = { extra_dashboards = { mine = "not json" } }
  }

  expect_failures = [var.grafana]
}

run "environment_no_load_balancer_may_begin_with" {
  command = plan

  variables {
    environment = "internal"
  }

  expect_failures = [var.environment]
}

run "office_is_everywhere_in_256_pieces" {
  command = plan

  variables {
    office_cidrs = [for first in range(256) : "${first}.0.0.0/8"]
  }

  expect_failures = [var.office_cidrs]
}

run "office_twice" {
  command = plan

  variables {
    office_cidrs = ["203.0.113.0/24", "203.0.113.0/24"]
  }

  expect_failures = [var.office_cidrs]
}

run "office_by_one_of_its_hosts" {
  command = plan

  variables {
    office_cidrs = ["203.0.113.77/24"]
  }

  expect_failures = [var.office_cidrs]
}

run "office_with_ipv6_and_a_load_balancer_without" {
  command = plan

  variables {
    office_cidrs = ["2001:db8::/32"]
  }

  expect_failures = [var.office_cidrs]
}

run "services_of_one_name_in_ecs" {
  command = plan

  variables {
    services = { a = { port = 1, ecs_service = "b" }, b = { port = 2 } }
  }

  expect_failures = [var.services]
}

run "service_that_waits_longer_than_its_interval" {
  command = plan

  variables {
    services = { a = { port = 1, scrape_interval = "5s" } }
  }

  expect_failures = [var.services]
}

run "service_that_waits_longer_than_everybodys_interval" {
  command = plan

  variables {
    services = { a = { port = 1, scrape_timeout = "1m" } }
  }

  expect_failures = [var.services]
}

run "static_service_on_a_port_too_high" {
  command = plan

  variables {
    services = { a = { port = 1, discovery = "static", targets = ["a:70000"] } }
  }

  expect_failures = [var.services]
}

run "static_services_that_share_a_port_of_a_group" {
  command = plan

  variables {
    services = { a = { port = 1, discovery = "static", targets = ["a:9100"], security_group_id = "sg-0123456789abcdef0" }, b = { port = 9100, security_group_id = "sg-0123456789abcdef0" } }
  }

  expect_failures = [var.services]
}

run "network_by_one_of_its_hosts" {
  command = plan

  variables {
    network_cidrs = ["10.9.0.1/16"]
  }

  expect_failures = [var.network_cidrs]
}

run "network_is_everywhere" {
  command = plan

  variables {
    network_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.network_cidrs]
}

run "network_is_the_vpc" {
  command = plan

  variables {
    network_cidrs = ["10.0.0.0/16"]
  }

  expect_failures = [data.aws_vpc.this]
}

run "prometheus_waits_longer_than_its_interval" {
  command = plan

  variables {
    prometheus = { scrape_interval = "5s" }
  }

  expect_failures = [var.prometheus]
}

run "rules_that_are_no_list" {
  command = plan

  variables {
    prometheus = { extra_rules = { x = "groups: notalist" } }
  }

  expect_failures = [var.prometheus]
}

run "rules_without_an_expression" {
  command = plan

  variables {
    prometheus = { extra_rules = { x = "groups: [{ name: a, rules: [{ alert: b }] }]" } }
  }

  expect_failures = [var.prometheus]
}

run "rules_that_are_neither_alert_nor_record" {
  command = plan

  variables {
    prometheus = { extra_rules = { x = "groups: [{ name: a, rules: [{ expr: b }] }]" } }
  }

  expect_failures = [var.prometheus]
}

run "flags_that_the_module_sets" {
  command = plan

  variables {
    prometheus = { extra_flags = ["--storage.tsdb.retention.time=30d"] }
  }

  expect_failures = [var.prometheus]
}

run "client_of_prometheus_twice" {
  command = plan

  variables {
    prometheus = { client_security_group_ids = ["sg-0123456789abcdef0", "sg-0123456789abcdef0"] }
  }

  expect_failures = [var.prometheus]
}

run "client_of_alertmanager_twice" {
  command = plan

  variables {
    alertmanager = { client_security_group_ids = ["sg-0123456789abcdef0", "sg-0123456789abcdef0"] }
  }

  expect_failures = [var.alertmanager]
}

run "client_of_loki_twice" {
  command = plan

  variables {
    loki = { enabled = true, client_security_group_ids = ["sg-0123456789abcdef0", "sg-0123456789abcdef0"] }
  }

  expect_failures = [var.loki]
}

run "silences_kept_for_ever" {
  command = plan

  variables {
    alertmanager = { retention = "forever" }
  }

  expect_failures = [var.alertmanager]
}

run "silences_kept_for_days" {
  command = plan

  variables {
    alertmanager = { retention = "5d" }
  }

  expect_failures = [var.alertmanager]
}

run "replicas_that_watch_two_clusters" {
  command = plan

  variables {
    prometheus          = { storage = "ephemeral", replicas = 2, query = { url = "http://mimir:8080" } }
    remote_write        = [{ name = "mimir", url = "http://mimir:8080" }]
    cloudwatch_exporter = { cluster_arns = ["arn:aws:ecs:ap-northeast-2:123456789012:cluster/other"] }
  }

  expect_failures = [var.cloudwatch_exporter]
}

run "claim_with_quotes_in_it" {
  command = plan

  variables {
    grafana = { oauth = { client_id = "x", client_secret_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:o-AbCdEf", auth_url = "https://a", token_url = "https://a", allowed_domains = ["a"], groups_claim = "a\"b" } }
  }

  expect_failures = [var.grafana]
}

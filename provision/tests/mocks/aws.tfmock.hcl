# What AWS answers in the tests: enough of it to be told apart, of the shape that other resources insist on.

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

mock_resource "aws_acm_certificate_validation" {
  defaults = { certificate_arn = "arn:aws:acm:ap-northeast-2:123456789012:certificate/made-by-the-module" }
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

# The stack as the plan has it, without any option.

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

run "sizes" {
  assert {
    condition = [
      "${aws_ecs_task_definition.prometheus.cpu}/${aws_ecs_task_definition.prometheus.memory}",
      "${aws_ecs_task_definition.grafana.cpu}/${aws_ecs_task_definition.grafana.memory}",
      "${aws_ecs_task_definition.cloudwatch_exporter.cpu}/${aws_ecs_task_definition.cloudwatch_exporter.memory}",
    ] == ["1024/2048", "512/1024", "256/512"]
    error_message = "The plan's sizes: 1 vCPU and 2 GB, 0.5 and 1, 0.25 and 0.5."
  }

  assert {
    condition     = one(aws_ecs_task_definition.prometheus.runtime_platform).cpu_architecture == "X86_64"
    error_message = "The plan computes with x86."
  }

  assert {
    condition     = length(aws_ecs_task_definition.alertmanager) == 1 && length(aws_ecs_task_definition.loki) == 0
    error_message = "Alertmanager is on, Loki is off."
  }
}

run "one_writer" {
  assert {
    condition = alltrue([
      for one in concat([aws_ecs_service.prometheus, aws_ecs_service.grafana], aws_ecs_service.alertmanager) :
      one.desired_count == 1 && one.deployment_minimum_healthy_percent == 0 && one.deployment_maximum_percent == 100 && one.availability_zone_rebalancing == "DISABLED"
    ])
    error_message = "Two tasks must never have one storage open."
  }

  assert {
    condition = alltrue([
      for one in [aws_ecs_task_definition.prometheus, aws_ecs_task_definition.grafana, aws_ecs_task_definition.alertmanager[0]] :
      [for container in jsondecode(one.container_definitions) : try(container.stopTimeout, 0)] == [0, 120]
    ])
    error_message = "A writer needs its time to close its storage."
  }

  assert {
    condition     = alltrue([for one in concat([aws_ecs_service.prometheus, aws_ecs_service.grafana, aws_ecs_service.cloudwatch_exporter], aws_ecs_service.alertmanager) : one.deployment_circuit_breaker[0].enable && one.deployment_circuit_breaker[0].rollback])
    error_message = "A deployment that does not start goes back."
  }
}

run "storage" {
  assert {
    condition     = aws_efs_file_system.this[0].encrypted && aws_efs_file_system.this[0].throughput_mode == "bursting" && length(aws_efs_file_system.this[0].lifecycle_policy) == 0
    error_message = "Encrypted, in the price of storage, and never tiered."
  }

  assert {
    condition     = { for name, one in aws_efs_access_point.this : name => "${one.root_directory[0].path} ${one.posix_user[0].uid}:${one.posix_user[0].gid} ${one.root_directory[0].creation_info[0].owner_uid}" } == { alertmanager = "/alertmanager 65534:65534 65534", grafana = "/grafana 472:0 472", prometheus = "/prometheus 65534:65534 65534" }
    error_message = "Each access point is the user of its image."
  }

  assert {
    condition = alltrue(flatten([
      for one in [aws_ecs_task_definition.prometheus, aws_ecs_task_definition.grafana, aws_ecs_task_definition.alertmanager[0]] : [
        for volume in one.volume : volume.efs_volume_configuration[0].transit_encryption == "ENABLED" && volume.efs_volume_configuration[0].authorization_config[0].iam == "ENABLED" if volume.name == "data"
      ]
    ]))
    error_message = "Encrypted in transit, with IAM."
  }

  assert {
    condition     = length(aws_efs_mount_target.this) == 2
    error_message = "A mount target in each subnet."
  }

  assert {
    condition     = aws_backup_plan.this[0].rule != null && length(aws_backup_restore_testing_selection.this) == 1
    error_message = "A copy every day, and the proof that it can be restored."
  }
}

run "the_way_in" {
  assert {
    condition     = length(aws_lb_target_group.grafana.name) <= 32 && length(aws_lb.this.name) <= 32
    error_message = "AWS takes 32 characters."
  }

  assert {
    condition     = aws_lb_listener.https.protocol == "HTTPS" && startswith(aws_lb_listener.https.ssl_policy, "ELBSecurityPolicy-TLS13-1-2-") && aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301"
    error_message = "TLS 1.2 or 1.3, and everything else is sent there."
  }

  assert {
    condition     = aws_lb.this.drop_invalid_header_fields && aws_lb.this.enable_deletion_protection
    error_message = "The load balancer drops what is malformed, and is not deleted by accident."
  }

  assert {
    condition     = terraform_data.guard.input.protected && aws_lb.this.ip_address_type == "ipv4" && length(aws_route53_record.grafana_ipv6) == 0
    error_message = "Nor is anything else; and there is no address nobody asked for."
  }

  assert {
    condition     = toset([for one in aws_vpc_security_group_ingress_rule.office : one.cidr_ipv4]) == toset(["203.0.113.0/24"])
    error_message = "Only the office comes in."
  }

  assert {
    condition     = aws_route53_record.grafana.name == "grafana.example.com" && output.grafana_url == "https://grafana.example.com"
    error_message = "Grafana has its name."
  }

  assert {
    condition     = length(aws_acm_certificate.grafana) == 1 && length(aws_route53_zone.this) == 0
    error_message = "A certificate is made, the zone was there."
  }
}

run "everybody_is_told_at_once" {
  assert {
    condition     = !var.alertmanager.night.enabled
    error_message = "The plan knows no night: a warning waits for nobody, unless that is asked for."
  }
}

run "no_secret_in_the_state" {
  assert {
    condition = alltrue([
      for name in ["AdminPassword", "SecretKey"] :
      jsondecode(aws_cloudformation_stack.grafana_secrets.template_body).Resources[name].Properties.GenerateSecretString.PasswordLength >= 40
    ])
    error_message = "AWS makes the secrets."
  }

  assert {
    condition     = output.grafana_admin_secret_arn == "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:AdminPassword-AbCdEf"
    error_message = "What is told is where it is."
  }
}

run "images_are_pinned" {
  assert {
    condition     = alltrue([for image in values(var.images) : can(regex(":v?[0-9]+\\.[0-9]+\\.[0-9]+$", image))])
    error_message = "Every image by its version."
  }
}

run "everything_is_tagged" {
  variables {
    common_tags = { Team = "platform" }
  }

  assert {
    condition = alltrue([
      for tags in concat(
        [aws_lb.this.tags, aws_efs_file_system.this[0].tags, aws_ecs_service.prometheus.tags, aws_ecs_task_definition.grafana.tags, aws_backup_vault.this[0].tags, aws_cloudformation_stack.grafana_secrets.tags],
        [for one in aws_iam_role.task : one.tags], [for one in aws_security_group.component : one.tags], [for one in aws_cloudwatch_log_group.component : one.tags],
      ) : tags["Team"] == "platform" && tags["Environment"] == "prod" && tags["Stack"] == "prod-monitoring"
    ])
    error_message = "Whose is it?"
  }

  assert {
    condition     = alltrue([for one in [aws_ecs_service.prometheus, aws_ecs_service.grafana, aws_ecs_service.cloudwatch_exporter] : one.propagate_tags == "SERVICE"])
    error_message = "Tasks carry the tags of their service."
  }
}

run "context_of_the_console" {
  assert {
    condition     = keys(output.services) == ["api-1", "api-2", "atlantis", "web", "worker"] && output.rounds_context.prometheus.via == "grafana" && contains(output.rounds_context.stack_services, "prod-monitoring-grafana")
    error_message = "The console is told of the stack."
  }
}

# What is protected cannot be taken down, and these stacks are: whoever ends a test turns it off first, as anybody must.
run "taken_down" {
  variables {
    deletion_protection = false
  }

  assert {
    condition     = terraform_data.guard.input.protected == false && aws_backup_vault.this[0].force_destroy && !aws_lb.this.enable_deletion_protection
    error_message = "Everything may go."
  }
}

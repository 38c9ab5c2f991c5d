# Every option, and those that exclude each other in runs of their own.

mock_provider "aws" {
  source = "./tests/mocks"
}

override_data {
  target = data.aws_subnet.private["0"]
  values = { vpc_id = "vpc-0123456789abcdef0", availability_zone = "ap-northeast-2a" }
}

override_data {
  target = data.aws_subnet.private["1"]
  values = { vpc_id = "vpc-0123456789abcdef0", availability_zone = "ap-northeast-2b" }
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
}

run "a_sixth_service_is_one_entry" {
  variables {
    services = { atlantis = { port = 4141 }, api-1 = { port = 8080 }, api-2 = { port = 8080 }, worker = { port = 9100 }, web = { port = 8080 }, billing = { port = 7070 } }
  }

  assert {
    condition     = contains(keys(output.services), "billing") && contains(keys(aws_vpc_security_group_egress_rule.services_in_vpc), "7070")
    error_message = "Console row and way to it."
  }
}

run "services_of_every_kind" {
  variables {
    services = {
      guarded  = { port = 8080, security_group_id = "sg-0123456789abcdef0" }
      many     = { port = 8080, discovery = "ecs", ecs_service = "prod-many" }
      fixed    = { port = 9100, discovery = "static", targets = ["10.0.0.1:9100"] }
      atlantis = { port = 4141, basic_auth = { username = "atlantis", password_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:atlantis-AbCdEf:password::" } }
    }
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.service["guarded"].security_group_id == "sg-0123456789abcdef0" && aws_vpc_security_group_ingress_rule.service["guarded"].from_port == 8080
    error_message = "Prometheus is let into the service's group."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.task["prometheus"].policy, "ecs:DescribeTasks")
    error_message = "ECS discovery needs its rights."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.execution["prometheus"].policy, "secret:atlantis-AbCdEf\"") && !strcontains(aws_iam_role_policy.execution["grafana"].policy, "atlantis")
    error_message = "The password is for Prometheus alone, by its ARN without the key."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.prometheus.container_definitions)[0].secrets[0].valueFrom == "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:atlantis-AbCdEf:password::"
    error_message = "The container gets the key inside the secret."
  }
}

run "without_alertmanager" {
  variables {
    alertmanager = { enabled = false }
  }

  assert {
    condition     = length(aws_ecs_service.alertmanager) == 0 && !contains(keys(aws_efs_access_point.this), "alertmanager") && !contains(keys(aws_security_group.component), "alertmanager") && !contains(keys(output.addresses), "alertmanager")
    error_message = "Nothing is left of it."
  }
}

run "everything_on" {
  variables {
    architecture    = "ARM64"
    kms_key_arn     = "arn:aws:kms:ap-northeast-2:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
    certificate_arn = "arn:aws:acm:ap-northeast-2:123456789012:certificate/mine"
    loki            = { enabled = true, client_security_group_ids = ["sg-0123456789abcdef0"] }
    cloudtrail      = { enabled = true }
    alb             = { subnet_ids = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"], web_acl_arn = "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/x/y", ssl_policy = "ELBSecurityPolicy-TLS13-1-3-2021-06" }
    images          = { grafana = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/hub/grafana/grafana:13.2.3@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
    remote_write    = [{ name = "amp", url = "https://aps-workspaces.ap-northeast-2.amazonaws.com/workspaces/ws-1/api/v1/remote_write", sigv4 = true, workspace_arn = "arn:aws:aps:ap-northeast-2:123456789012:workspace/ws-1" }]
    alertmanager = {
      slack     = { critical_webhook_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:c-AbCdEf", warning_webhook_secret_arn = "arn:aws:ssm:ap-northeast-2:123456789012:parameter/monitoring/slack-warning" }
      pagerduty = { routing_key_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:p-AbCdEf" }
      watchdog  = { alarm_actions = ["arn:aws:sns:ap-northeast-2:123456789012:on-call"], url_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:w-AbCdEf" }
    }
  }

  assert {
    condition     = alltrue([for one in [aws_ecs_task_definition.prometheus, aws_ecs_task_definition.grafana, aws_ecs_task_definition.loki[0], aws_ecs_task_definition.alertmanager[0], aws_ecs_task_definition.cloudwatch_exporter] : one.runtime_platform[0].cpu_architecture == "ARM64"])
    error_message = "All of them on ARM."
  }

  assert {
    condition     = length(aws_s3_bucket.this) == 3 && alltrue([for one in aws_s3_bucket.this : length(one.bucket) <= 63])
    error_message = "Loki, access logs, the trail."
  }

  assert {
    condition     = aws_efs_file_system.this[0].kms_key_id == var.kms_key_arn && aws_backup_vault.this[0].kms_key_arn == var.kms_key_arn && alltrue([for one in aws_cloudwatch_log_group.component : one.kms_key_id == var.kms_key_arn])
    error_message = "The key is used for everything."
  }

  assert {
    condition     = aws_lb_listener.https.certificate_arn == "arn:aws:acm:ap-northeast-2:123456789012:certificate/mine" && length(aws_acm_certificate.grafana) == 0
    error_message = "The certificate given is the one used."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.watchdog[0].treat_missing_data == "breaching" && strcontains(aws_iam_role_policy.task["alertmanager"].policy, "sns:Publish")
    error_message = "Silence rings."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.task["prometheus"].policy, "aps:RemoteWrite") && !strcontains(aws_iam_role_policy.task["grafana"].policy, "aps:")
    error_message = "Who writes may write, and nobody else."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.execution["grafana"].policy, "repository/hub/grafana/grafana") && !strcontains(aws_iam_role_policy.execution["prometheus"].policy, "ecr:")
    error_message = "The private registry is for who pulls from it."
  }
}

run "sign_in" {
  variables {
    grafana = {
      oauth = {
        client_id                = "x"
        client_secret_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:o-AbCdEf"
        auth_url                 = "https://idp.example.com/authorize"
        token_url                = "https://idp.example.com/token"
        admin_groups             = ["platform"]
        editor_groups            = ["developers"]
      }
    }
  }

  assert {
    condition = contains(
      [for one in jsondecode(aws_ecs_task_definition.grafana.container_definitions)[1].environment : one.value if one.name == "GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH"],
      "contains(groups[*], 'platform') && 'Admin' || contains(groups[*], 'developers') && 'Editor' || 'None'",
    )
    error_message = "Roles follow from groups; who is in none gets in nowhere."
  }

  assert {
    condition     = !strcontains(jsonencode(jsondecode(aws_ecs_task_definition.grafana.container_definitions)[1]), "secret:o-AbCdEf")
    error_message = "Grafana reads the secret from a file."
  }
}

run "a_database_of_its_own" {
  variables {
    prometheus   = { storage = "ephemeral", replicas = 2, query = { url = "http://mimir.prod.internal:8080/prometheus", flavour = "Mimir", tenant = "prod" } }
    remote_write = [{ name = "mimir", url = "http://mimir.prod.internal:8080/api/v1/push", headers = { X-Scope-OrgID = "prod" } }]
    grafana      = { replicas = 2, database = { host = "db.example.com:5432", user = "grafana", password_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:d-AbCdEf", security_group_id = "sg-0123456789abcdef0" } }
    alertmanager = { enabled = false }
  }

  assert {
    condition     = length(aws_efs_file_system.this) == 0 && length(aws_backup_vault.this) == 0 && output.file_system_id == null
    error_message = "Nothing is kept here, so nothing is copied."
  }

  assert {
    condition     = aws_ecs_service.prometheus.desired_count == 2 && aws_ecs_service.prometheus.deployment_maximum_percent == 200 && aws_ecs_service.grafana.deployment_minimum_healthy_percent == 100
    error_message = "Stateless tasks roll without a gap."
  }

  assert {
    condition     = contains(keys(aws_vpc_security_group_egress_rule.store), "prometheus-8080") && contains(keys(aws_vpc_security_group_egress_rule.store), "grafana-8080")
    error_message = "The store is reached on its port."
  }
}

run "restored" {
  variables {
    restore = { file_system_id = "fs-0fedcba9876543210", directory = "/aws-backup-restore_2026-01-01T00-00-00-000Z" }
  }

  assert {
    condition     = length(aws_efs_file_system.this) == 1 && output.file_system_id == "fs-0fedcba9876543210" && length(aws_efs_mount_target.this) == 2
    error_message = "The restored file system is used, and mounted in every subnet; the other one is still there."
  }

  assert {
    condition     = aws_efs_access_point.this["grafana"].root_directory[0].path == "/aws-backup-restore_2026-01-01T00-00-00-000Z/grafana"
    error_message = "Each part finds its folder inside the restored one."
  }

  assert {
    condition     = strcontains(jsondecode(aws_ecs_task_definition.prometheus.container_definitions)[0].command[0], "rm -rf /prometheus/wal")
    error_message = "The copied write-ahead log is dropped."
  }

  assert {
    condition     = strcontains(one(aws_backup_selection.this[0].resources), "fs-0fedcba9876543210")
    error_message = "From now on the restored one is copied."
  }
}

run "restored_for_good" {
  variables {
    restore = { file_system_id = "fs-0fedcba9876543210", directory = "/aws-backup-restore_2026-01-01T00-00-00-000Z", keep_original = false }
  }

  assert {
    condition     = length(aws_efs_file_system.this) == 0 && output.file_system_id == "fs-0fedcba9876543210"
    error_message = "The other one goes when it is told to."
  }
}

run "a_zone_of_its_own" {
  variables {
    route53_zone_id = null
  }

  assert {
    condition     = aws_route53_record.grafana.zone_id == "ZMADEBYTHEMODULE" && length(output.name_servers) == 2
    error_message = "The module makes the zone and says what to delegate to."
  }
}

run "inside_only_and_unprotected" {
  variables {
    alb                 = { internal = true, access_logs = false }
    deletion_protection = false
    office_cidrs        = ["10.8.0.0/16", "2001:db8::/48"]
    backup              = { restore_test = false }
  }

  assert {
    condition     = aws_lb.this.internal && toset(aws_lb.this.subnets) == toset(var.private_subnet_ids) && !aws_lb.this.enable_deletion_protection && length(aws_s3_bucket.this) == 0
    error_message = "In the private subnets, free to be deleted."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.office["2001:db8::/48-443"].cidr_ipv6 == "2001:db8::/48" && aws_backup_vault.this[0].force_destroy && length(aws_backup_restore_testing_plan.this) == 0
    error_message = "IPv6 too; no restore test."
  }
}

run "the_longest_names" {
  variables {
    environment = "abcdefghijklmnop"
    name        = "abcdefghijklmno"
    loki        = { enabled = true }
    cloudtrail  = { enabled = true }
  }

  assert {
    condition     = length(aws_lb_target_group.grafana.name) <= 32 && length(aws_lb.this.name) <= 32 && alltrue([for one in aws_s3_bucket.this : length(one.bucket) <= 63]) && alltrue([for one in aws_iam_role.execution : length(one.name) <= 64])
    error_message = "Every name fits."
  }
}

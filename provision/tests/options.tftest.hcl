# Every option, and those that exclude each other in runs of their own.

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

run "a_sixth_service_is_one_entry" {
  variables {
    services = { atlantis = { port = 4141 }, api-1 = { port = 8080 }, api-2 = { port = 8080 }, worker = { port = 9100 }, web = { port = 8080 }, billing = { port = 7070 } }
  }

  assert {
    condition     = contains(keys(output.services), "billing") && contains(keys(aws_vpc_security_group_egress_rule.network), "prometheus-7070-vpc")
    error_message = "Console row and way to it."
  }
}

run "thirty_services" {
  command = plan

  variables {
    services = { for number in range(30) : "team-${number}-of-the-platform-service_with_a_long_name" => { port = 8000 + number, discovery = number % 2 == 0 ? "dns" : "ecs" } }
  }

  assert {
    condition     = length(yamldecode(local.prometheus_delivery.files["prometheus.yml"]).scrape_configs) == 34 && length(jsonencode(local.configure["prometheus"])) < 56000
    error_message = "Their configuration fits a task definition."
  }

  assert {
    condition     = length([for name in keys(aws_vpc_security_group_egress_rule.network) : name if startswith(name, "prometheus-80")]) == 30
    error_message = "Each is reached on its port."
  }
}

run "one_service" {
  command = plan

  variables {
    services = { a = { port = 1 } }
  }

  assert {
    condition     = keys(output.services) == ["a"]
    error_message = "One is enough."
  }
}

run "a_store_that_asks_who_reads" {
  command = plan

  variables {
    prometheus = { query = { url = "https://mimir.example.com/prometheus", flavour = "Mimir", tenant = "prod", token_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:reader-AbCdEf" } }
  }

  assert {
    condition     = yamldecode(local.grafana_delivery.files["provisioning/datasources/stack.yml"]).datasources[0].secureJsonData == { httpHeaderValue1 = "prod", httpHeaderValue2 = "Bearer $__file{/config/secrets/prometheus-query}" }
    error_message = "Headers are counted without a gap, and the token is in a file."
  }

  assert {
    condition     = local.grafana_delivery.secrets["prometheus-query"] == "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:reader-AbCdEf" && !contains(keys(local.prometheus_delivery.secrets), "prometheus-query")
    error_message = "Who asks gets the secret, and nobody else."
  }
}

run "a_store_behind_a_password" {
  command = plan

  variables {
    prometheus = { query = { url = "https://mimir.example.com/prometheus", flavour = "Mimir", username = "reader", password_secret_arn = "arn:aws:ssm:ap-northeast-2:123456789012:parameter/mimir" } }
  }

  assert {
    condition = {
      for key, value in yamldecode(local.grafana_delivery.files["provisioning/datasources/stack.yml"]).datasources[0] : key => value if contains(["basicAuth", "basicAuthUser", "secureJsonData"], key)
    } == { basicAuth = true, basicAuthUser = "reader", secureJsonData = { basicAuthPassword = "$__file{/config/secrets/prometheus-query}" } }
    error_message = "By basic authentication, its password in a file."
  }
}

run "services_of_every_kind" {
  variables {
    services = {
      guarded  = { port = 8080, security_group_id = "sg-0123456789abcdef0" }
      many     = { port = 8080, discovery = "ecs", ecs_service = "prod-many" }
      fixed    = { port = 9100, discovery = "static", targets = ["10.0.0.1:9100"], min_request_rate = 2.5 }
      atlantis = { port = 4141, basic_auth = { username = "atlantis", password_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:atlantis-AbCdEf:password::" } }
    }
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.service["guarded"].security_group_id == "sg-0123456789abcdef0" && aws_vpc_security_group_ingress_rule.service["guarded"].from_port == 8080
    error_message = "Prometheus is let into the service's group."
  }

  assert {
    condition = {
      for rule in yamldecode(local.prometheus_delivery.files["rules/expected.yml"]).groups[0].rules : rule.labels.service => rule.expr if rule.record == "service:http_requests:min_rate"
    } == { atlantis = "vector(0.1)", fixed = "vector(2.5)", guarded = "vector(0.1)", many = "vector(0.1)" }
    error_message = "Each service has its floor of requests."
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
      "contains(\"groups\"[*] || `[]`, 'platform') && 'Admin' || contains(\"groups\"[*] || `[]`, 'developers') && 'Editor' || 'None'",
    )
    error_message = "Roles follow from groups; who is in none gets in nowhere."
  }

  assert {
    condition     = !strcontains(jsonencode(jsondecode(aws_ecs_task_definition.grafana.container_definitions)[1]), "secret:o-AbCdEf")
    error_message = "Grafana reads the secret from a file."
  }
}

run "claims_of_other_names" {
  variables {
    grafana = {
      oauth = {
        client_id                = "x"
        client_secret_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:o-AbCdEf"
        auth_url                 = "https://idp.example.com/authorize"
        token_url                = "https://idp.example.com/token"
        admin_groups             = ["platform"]
        allowed_domains          = ["example.com"]
        groups_claim             = "cognito:groups"
      }
    }
  }

  assert {
    condition     = local.grafana_environment.GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH == "contains(\"cognito:groups\"[*] || `[]`, 'platform') && 'Admin' || 'Viewer'"
    error_message = "Quoted, whatever is in it."
  }
}

run "claims_inside_others" {
  variables {
    grafana = {
      oauth = {
        client_id                = "x"
        client_secret_secret_arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:o-AbCdEf"
        auth_url                 = "https://idp.example.com/authorize"
        token_url                = "https://idp.example.com/token"
        editor_groups            = ["dev"]
        groups_claim             = "realm_access.roles"
      }
    }
  }

  assert {
    condition     = local.grafana_environment.GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH == "contains(\"realm_access\".\"roles\"[*] || `[]`, 'dev') && 'Editor' || 'None'"
    error_message = "Step by step."
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
    condition     = join(" ", sort([for name in keys(aws_vpc_security_group_egress_rule.network) : name if endswith(name, "-8080-vpc")])) == "grafana-8080-vpc prometheus-8080-vpc"
    error_message = "The store is reached on its port, by one rule though services have the same port: AWS takes each once."
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
    office_cidrs        = ["10.8.0.0/16"]
    backup              = { restore_test = false }
  }

  assert {
    condition     = aws_lb.this.internal && toset(aws_lb.this.subnets) == toset(var.private_subnet_ids) && !aws_lb.this.enable_deletion_protection && length(aws_s3_bucket.this) == 0
    error_message = "In the private subnets, free to be deleted."
  }

  assert {
    condition     = aws_backup_vault.this[0].force_destroy && length(aws_backup_restore_testing_plan.this) == 0
    error_message = "No restore test."
  }
}

run "an_office_with_ipv6" {
  variables {
    alb          = { dualstack = true, subnet_ids = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"] }
    office_cidrs = ["203.0.113.0/24", "2001:db8::/48"]
  }

  assert {
    condition     = aws_lb.this.ip_address_type == "dualstack" && aws_route53_record.grafana_ipv6[0].type == "AAAA" && aws_route53_record.grafana_ipv6[0].name == "grafana.example.com"
    error_message = "The load balancer has an IPv6 address, and Grafana's name leads to it."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.office["2001:db8::/48-443"].cidr_ipv6 == "2001:db8::/48" && aws_vpc_security_group_ingress_rule.office["203.0.113.0/24-443"].cidr_ipv6 == null
    error_message = "Each range by its own kind."
  }
}

run "targets_on_ports_of_their_own" {
  variables {
    network_cidrs = ["10.9.0.0/16", "198.51.100.7/32"]
    services = {
      fixed   = { port = 80, discovery = "static", targets = ["10.0.0.7:9100", "10.9.0.7:9100", "metrics.example.com:9200"] }
      guarded = { port = 80, discovery = "static", targets = ["10.0.0.8:9300", "10.0.0.8:9400"], security_group_id = "sg-0123456789abcdef0" }
    }
    remote_write = [{ name = "far", url = "http://198.51.100.7:8428/api/v1/write" }]
  }

  assert {
    condition     = sort(keys(aws_vpc_security_group_egress_rule.network)) == sort(flatten([for port in [8428, 9100, 9200] : [for name in ["vpc", "10.9.0.0/16", "198.51.100.7/32"] : "prometheus-${port}-${name}"]]))
    error_message = "The ports of the targets and of the store, in the VPC and where else they are; not the service's own port."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.network["prometheus-9100-10.9.0.0/16"].cidr_ipv4 == "10.9.0.0/16" && aws_vpc_security_group_egress_rule.network["prometheus-9100-vpc"].cidr_ipv4 == "10.0.0.0/16"
    error_message = "Each range by its own rule."
  }

  assert {
    condition     = { for name, one in aws_vpc_security_group_ingress_rule.service : name => one.from_port } == { guarded-9300 = 9300, guarded-9400 = 9400 }
    error_message = "A group that is told lets Prometheus in on each of them."
  }
}

run "a_target_nobody_could_reach" {
  command = plan

  variables {
    services = { fixed = { port = 80, discovery = "static", targets = ["10.9.0.7:9100"] } }
  }

  expect_failures = [aws_ecs_task_definition.prometheus]
}

run "two_stacks_of_one_environment_a" {
  command = plan

  variables {
    environment = "production"
    name        = "monitoring-a"
  }

  # Cut off both begin alike: the one asked for next must not have this one's name.
  assert {
    condition     = aws_lb_target_group.grafana.name != "production-moni-grafana-${substr(sha1(jsonencode(["production-monitoring-b", local.target_group])), 0, 8)}" && aws_lb_target_group.grafana.name == "production-moni-grafana-${substr(sha1(jsonencode(["production-monitoring-a", local.target_group])), 0, 8)}"
    error_message = "The name has what was cut off in it."
  }
}

run "replicas_that_amazon_managed_prometheus_can_tell_apart" {
  variables {
    prometheus   = { storage = "ephemeral", replicas = 2, query = { url = "https://aps-workspaces.ap-northeast-2.amazonaws.com/workspaces/ws-1", sigv4 = true, workspace_arn = "arn:aws:aps:ap-northeast-2:123456789012:workspace/ws-1" } }
    remote_write = [{ name = "amp", url = "https://aps-workspaces.ap-northeast-2.amazonaws.com/workspaces/ws-1/api/v1/remote_write", sigv4 = true, workspace_arn = "arn:aws:aps:ap-northeast-2:123456789012:workspace/ws-1" }]
  }

  assert {
    condition     = yamldecode(local.prometheus_delivery.files["prometheus.yml"]).global.external_labels == { env = "prod", region = "ap-northeast-2", cluster = "prod", __replica__ = "REPLICA_NAME" }
    error_message = "By cluster and __replica__, and by nothing else; cluster is what recorded series have too."
  }

  assert {
    condition     = yamldecode(local.grafana_delivery.files["provisioning/datasources/stack.yml"]).datasources[0].type == "grafana-amazonprometheus-datasource" && yamldecode(local.grafana_delivery.files["provisioning/datasources/stack.yml"]).datasources[0].uid == "prometheus"
    error_message = "Grafana 13 signs by the plugin, under the uid that dashboards ask for."
  }

  assert {
    condition     = startswith(local.grafana_environment.GF_PLUGINS_PREINSTALL, "grafana-amazonprometheus-datasource@") && local.grafana_environment.GF_PLUGINS_FORWARD_HOST_ENV_VARS == "grafana-amazonprometheus-datasource"
    error_message = "It is installed, in one version, and knows the task's role."
  }
}

run "services_by_other_names_in_ecs" {
  variables {
    services = { api-1 = { port = 8080, ecs_service = "prod-api-1" }, api-2 = { port = 8080 } }
  }

  assert {
    condition = [
      for rule in one([for job in yamldecode(local.prometheus_delivery.files["prometheus.yml"]).scrape_configs : job if job.job_name == "cloudwatch"]).metric_relabel_configs :
      "${rule.regex} ${rule.replacement}" if try(rule.target_label, "") == "service_name"
    ] == ["api-1 ecs/api-1", "prod-api-1 api-1", "api-2 api-2"]
    error_message = "What CloudWatch says of prod-api-1 goes by the name api-1."
  }

  assert {
    condition     = output.services == { api-1 = "prod-api-1", api-2 = "api-2" }
    error_message = "Its name in ECS is told."
  }
}

run "nobody_is_told" {
  variables {
    alertmanager = {}
  }

  expect_failures = [check.alerts_reach_somebody]
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

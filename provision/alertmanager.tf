# Alertmanager, one: gossip between replicas does not pay for a stack of this size, and a lost one loses silences only
# if its storage goes too.

locals {
  alertmanager_user = "65534:65534" # `nobody`, as in the image

  alertmanager_secrets = var.alertmanager.enabled ? merge(
    var.alertmanager.slack == null ? {} : {
      slack-critical = var.alertmanager.slack.critical_webhook_secret_arn
      slack-warning  = var.alertmanager.slack.warning_webhook_secret_arn
    },
    var.alertmanager.pagerduty == null ? {} : { pagerduty-routing-key = var.alertmanager.pagerduty.routing_key_secret_arn },
    var.alertmanager.watchdog.url_secret_arn == null ? {} : { watchdog-url = var.alertmanager.watchdog.url_secret_arn },
  ) : {}

  alertmanager_delivery = {
    user    = local.alertmanager_user
    files   = { "alertmanager.yml" = templatefile("${path.module}/configs/alertmanager.yml.tftpl", local.settings) }
    secrets = local.alertmanager_secrets
    volumes = []
    mounts  = []
    before  = []
  }
}

resource "aws_ecs_task_definition" "alertmanager" {
  count = var.alertmanager.enabled ? 1 : 0

  family                   = "${local.prefix}-alertmanager"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.alertmanager.cpu)
  memory                   = tostring(var.alertmanager.memory)
  execution_role_arn       = aws_iam_role.execution["alertmanager"].arn
  task_role_arn            = aws_iam_role.task["alertmanager"].arn
  tags                     = local.tags

  container_definitions = jsonencode([
    local.configure["alertmanager"],
    merge(local.container["alertmanager"], {
      entryPoint = ["/bin/alertmanager"]
      command = [
        "--config.file=${local.config_path}/alertmanager.yml",
        "--storage.path=/alertmanager",
        "--data.retention=${var.alertmanager.retention}",
        # No gossip: there is one.
        "--cluster.listen-address=",
        "--web.external-url=${local.url["alertmanager"]}",
      ]
      environment = []
      secrets     = []
      mountPoints = [
        local.config_mount,
        { sourceVolume = "data", containerPath = "/alertmanager", readOnly = false },
      ]
      healthCheck = {
        command     = ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9093/-/healthy"]
        interval    = 30
        timeout     = 5
        retries     = 3
        startPeriod = 30
      }
    }),
  ])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  volume {
    name = "config"
  }

  volume {
    name = "data"

    efs_volume_configuration {
      file_system_id     = local.file_system_id
      transit_encryption = "ENABLED"

      authorization_config {
        access_point_id = aws_efs_access_point.this["alertmanager"].id
        iam             = "ENABLED"
      }
    }
  }

  lifecycle {
    precondition {
      condition     = contains(lookup(local.fargate_memory, tostring(var.alertmanager.cpu), []), var.alertmanager.memory)
      error_message = "Fargate has no task of ${var.alertmanager.cpu} CPU units and ${var.alertmanager.memory} MiB (alertmanager)."
    }
  }
}

resource "aws_ecs_service" "alertmanager" {
  count = var.alertmanager.enabled ? 1 : 0

  name             = "${local.prefix}-alertmanager"
  cluster          = var.ecs_cluster_id
  task_definition  = aws_ecs_task_definition.alertmanager[0].arn
  launch_type      = "FARGATE"
  platform_version = "LATEST"
  desired_count    = 1
  propagate_tags   = "SERVICE"
  tags             = local.tags

  # One writer of its silences, as for Prometheus.
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100
  availability_zone_rebalancing      = "DISABLED"

  enable_ecs_managed_tags = true
  wait_for_steady_state   = var.wait_for_steady_state

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.private_subnet_ids
    security_groups  = [aws_security_group.component["alertmanager"].id]
    assign_public_ip = false
  }

  service_registries {
    registry_arn = aws_service_discovery_service.component["alertmanager"].arn
  }

  lifecycle {
    postcondition {
      condition     = self.task_definition == aws_ecs_task_definition.alertmanager[0].arn
      error_message = local.rolled_back
    }
  }

  depends_on = [
    aws_efs_mount_target.this,
    aws_efs_file_system_policy.this,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_vpc_security_group_egress_rule.flow,
    aws_vpc_security_group_ingress_rule.flow,
    aws_vpc_security_group_egress_rule.https,
  ]
}

# Watchdog is sent here every five minutes. Nobody reads it: the alarm below counts, and rings when nothing comes.
resource "aws_sns_topic" "watchdog" {
  count = local.watchdog_topic ? 1 : 0

  name              = "${local.prefix}-watchdog"
  kms_master_key_id = coalesce(var.kms_key_arn, "alias/aws/sns")
  tags              = local.tags
}

resource "aws_cloudwatch_metric_alarm" "watchdog" {
  count = local.watchdog_topic ? 1 : 0

  alarm_name          = "${local.prefix}-watchdog"
  alarm_description   = "The monitoring stack of ${var.environment} has told nothing for 15 minutes: Prometheus, Alertmanager or the way out of them is broken. Runbook: prometheus-down."
  namespace           = "AWS/SNS"
  metric_name         = "NumberOfMessagesPublished"
  dimensions          = { TopicName = aws_sns_topic.watchdog[0].name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = var.alertmanager.watchdog.alarm_actions
  ok_actions          = var.alertmanager.watchdog.alarm_actions
  tags                = local.tags
}

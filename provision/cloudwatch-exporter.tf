# The CloudWatch exporter: one task, nothing kept.

locals {
  cloudwatch_exporter_delivery = {
    user = "65534:65534" # as in the image
    # Where the image looks when it is told nothing.
    files   = { "config.yml" = templatefile("${path.module}/configs/cloudwatch-exporter.yml.tftpl", local.settings) }
    secrets = {}
    volumes = ["tmp"]
    mounts  = []
    before  = []
  }
}

resource "aws_ecs_task_definition" "cloudwatch_exporter" {
  family                   = "${local.prefix}-cloudwatch-exporter"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.cloudwatch_exporter.cpu)
  memory                   = tostring(var.cloudwatch_exporter.memory)
  execution_role_arn       = aws_iam_role.execution["cloudwatch-exporter"].arn
  task_role_arn            = aws_iam_role.task["cloudwatch-exporter"].arn
  tags                     = local.tags

  container_definitions = jsonencode([
    local.configure["cloudwatch-exporter"],
    merge(local.container["cloudwatch-exporter"], {
      # The JVM's own quarter of the memory would be too little.
      environment = [{ name = "JAVA_TOOL_OPTIONS", value = "-XX:MaxRAMPercentage=70" }]
      secrets     = []
      mountPoints = [
        local.config_mount,
        { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false },
      ]
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
    name = "tmp"
  }

  lifecycle {
    precondition {
      condition     = contains(lookup(local.fargate_memory, tostring(var.cloudwatch_exporter.cpu), []), var.cloudwatch_exporter.memory)
      error_message = "Fargate has no task of ${var.cloudwatch_exporter.cpu} CPU units and ${var.cloudwatch_exporter.memory} MiB (cloudwatch_exporter)."
    }
  }
}

resource "aws_ecs_service" "cloudwatch_exporter" {
  name             = "${local.prefix}-cloudwatch-exporter"
  cluster          = var.ecs_cluster_id
  task_definition  = aws_ecs_task_definition.cloudwatch_exporter.arn
  launch_type      = "FARGATE"
  platform_version = "LATEST"
  desired_count    = 1
  propagate_tags   = "SERVICE"
  tags             = local.tags

  # It has no state, but two would cost twice the requests: the old one goes first.
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
    security_groups  = [aws_security_group.component["cloudwatch-exporter"].id]
    assign_public_ip = false
  }

  service_registries {
    registry_arn = aws_service_discovery_service.component["cloudwatch-exporter"].arn
  }

  lifecycle {
    postcondition {
      condition     = self.task_definition == aws_ecs_task_definition.cloudwatch_exporter.arn
      error_message = local.rolled_back
    }
  }

  depends_on = [
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_vpc_security_group_egress_rule.flow,
    aws_vpc_security_group_ingress_rule.flow,
    aws_vpc_security_group_egress_rule.https,
  ]
}

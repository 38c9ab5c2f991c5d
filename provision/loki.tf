# Loki, optional: one task, everything that must last in S3.

locals {
  loki_bucket = local.bucket_names["loki"]
  loki_user   = "10001:10001" # as in the image

  loki_delivery = {
    user    = local.loki_user
    files   = { "loki.yml" = templatefile("${path.module}/configs/loki.yml.tftpl", local.settings) }
    secrets = {}
    volumes = ["data", "tmp"]
    mounts  = []
    before  = []
  }
}

resource "aws_ecs_task_definition" "loki" {
  count = var.loki.enabled ? 1 : 0

  family                   = "${local.prefix}-loki"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.loki.cpu)
  memory                   = tostring(var.loki.memory)
  execution_role_arn       = aws_iam_role.execution["loki"].arn
  task_role_arn            = aws_iam_role.task["loki"].arn
  tags                     = local.tags

  container_definitions = jsonencode([
    local.configure["loki"],
    merge(local.container["loki"], {
      command     = ["-config.file=${local.config_path}/loki.yml"]
      environment = []
      secrets     = []
      mountPoints = [
        local.config_mount,
        { sourceVolume = "data", containerPath = "/loki", readOnly = false },
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
    name = "data"
  }

  volume {
    name = "tmp"
  }

  lifecycle {
    precondition {
      condition     = contains(lookup(local.fargate_memory, tostring(var.loki.cpu), []), var.loki.memory)
      error_message = "Fargate has no task of ${var.loki.cpu} CPU units and ${var.loki.memory} MiB (loki)."
    }
  }
}

resource "aws_ecs_service" "loki" {
  count = var.loki.enabled ? 1 : 0

  name             = "${local.prefix}-loki"
  cluster          = var.ecs_cluster_id
  task_definition  = aws_ecs_task_definition.loki[0].arn
  launch_type      = "FARGATE"
  platform_version = "LATEST"
  desired_count    = 1
  propagate_tags   = "SERVICE"
  tags             = local.tags

  # Two would both compact the index: the old one goes first.
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
    security_groups  = [aws_security_group.component["loki"].id]
    assign_public_ip = false
  }

  service_registries {
    registry_arn = aws_service_discovery_service.component["loki"].arn
  }

  lifecycle {
    postcondition {
      condition     = self.task_definition == aws_ecs_task_definition.loki[0].arn
      error_message = local.rolled_back
    }
  }

  depends_on = [
    aws_s3_bucket_policy.this,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_vpc_security_group_egress_rule.flow,
    aws_vpc_security_group_ingress_rule.flow,
    aws_vpc_security_group_egress_rule.https,
  ]
}

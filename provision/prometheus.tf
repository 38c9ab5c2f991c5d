# Prometheus: one writer on EFS, or any number of replicas that keep nothing and write to a store elsewhere.

locals {
  prometheus_on_efs = var.prometheus.storage == "efs"
  prometheus_user   = "65534:65534" # `nobody`, as in the image

  prometheus_secrets = merge(
    { for name, one in var.services : "service-${name}" => one.basic_auth.password_secret_arn if one.basic_auth != null },
    { for one in var.remote_write : "remote-write-${one.name}" => coalesce(one.password_secret_arn, one.token_secret_arn) if one.username != null || one.token_secret_arn != null },
  )

  prometheus_delivery = {
    user = local.prometheus_user
    files = merge(
      {
        "prometheus.yml"     = templatefile("${path.module}/configs/prometheus.yml.tftpl", local.settings)
        "rules/expected.yml" = templatefile("${path.module}/rules/expected.yml.tftpl", local.settings)
      },
      { for file in fileset("${path.module}/rules", "*.yml") : "rules/${file}" => file("${path.module}/rules/${file}") },
      { for name, rules in var.prometheus.extra_rules : "rules/extra-${name}.yml" => rules },
    )
    secrets = local.prometheus_secrets
    volumes = local.prometheus_on_efs ? [] : ["data"]
    mounts  = var.restore != null && local.prometheus_on_efs ? [{ sourceVolume = "data", containerPath = "/prometheus", readOnly = false }] : []
    before = concat(
      var.prometheus.replicas > 1 ? ["sed -i \"s/REPLICA_NAME/$(hostname)/\" prometheus.yml"] : [],
      # What was being written when the copy was made is not consistent. Once for each restored folder.
      var.restore != null && local.prometheus_on_efs ? [
        "mark=/prometheus/.restored-from-${md5(jsonencode(var.restore))}",
        "if [ ! -e $mark ]; then rm -rf /prometheus/wal /prometheus/wbl /prometheus/chunks_head /prometheus/lock; touch $mark; fi",
      ] : [],
    )
  }
}

resource "aws_ecs_task_definition" "prometheus" {
  family                   = "${local.prefix}-prometheus"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.prometheus.cpu)
  memory                   = tostring(var.prometheus.memory)
  execution_role_arn       = aws_iam_role.execution["prometheus"].arn
  task_role_arn            = aws_iam_role.task["prometheus"].arn
  tags                     = local.tags

  container_definitions = jsonencode([
    local.configure["prometheus"],
    merge(local.container["prometheus"], {
      entryPoint = ["/bin/prometheus"]
      command = concat([
        "--config.file=${local.config_path}/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        "--storage.tsdb.retention.time=${var.prometheus.retention}",
        "--storage.tsdb.retention.size=${var.prometheus.retention_size}",
        # For reloads, which the plan asks for. It opens /-/quit too, to those whom the security group lets in.
        "--web.enable-lifecycle",
        "--web.external-url=${local.url["prometheus"]}",
      ], var.prometheus.extra_flags)
      environment = []
      secrets     = []
      mountPoints = [
        local.config_mount,
        { sourceVolume = "data", containerPath = "/prometheus", readOnly = false },
      ]
      healthCheck = {
        command  = ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9090/-/healthy"]
        interval = 30
        timeout  = 5
        retries  = 5
        # The write-ahead log is read back first.
        startPeriod = 300
      }
      ulimits = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
    }),
  ])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  dynamic "ephemeral_storage" {
    for_each = local.prometheus_on_efs ? [] : [var.prometheus.ephemeral_storage_gib]

    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  volume {
    name = "config"
  }

  volume {
    name = "data"

    dynamic "efs_volume_configuration" {
      for_each = local.prometheus_on_efs ? [aws_efs_access_point.this["prometheus"].id] : []

      content {
        file_system_id     = local.file_system_id
        transit_encryption = "ENABLED"

        authorization_config {
          access_point_id = efs_volume_configuration.value
          iam             = "ENABLED"
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = contains(lookup(local.fargate_memory, tostring(var.prometheus.cpu), []), var.prometheus.memory)
      error_message = "Fargate has no task of ${var.prometheus.cpu} CPU units and ${var.prometheus.memory} MiB (prometheus)."
    }
    precondition {
      condition     = length(jsonencode(local.configure["prometheus"])) < 56000
      error_message = "The configuration of Prometheus does not fit the 64 KiB of a task definition."
    }
    precondition {
      condition     = length(local.targets_out_of_reach) == 0
      error_message = "No rule would let Prometheus reach ${join(", ", local.targets_out_of_reach)}: not in the VPC's first range (${data.aws_vpc.this.cidr_block}). Put the range it is in into network_cidrs."
    }
  }
}

resource "aws_ecs_service" "prometheus" {
  name             = "${local.prefix}-prometheus"
  cluster          = var.ecs_cluster_id
  task_definition  = aws_ecs_task_definition.prometheus.arn
  launch_type      = "FARGATE"
  platform_version = "LATEST"
  desired_count    = var.prometheus.replicas
  propagate_tags   = "SERVICE"
  tags             = local.tags

  # On EFS the old task must be gone before a new one opens its storage: never two writers, at the price of a gap.
  # Rebalancing between zones, on by default, starts the new one first.
  deployment_minimum_healthy_percent = local.prometheus_on_efs ? 0 : 50
  deployment_maximum_percent         = local.prometheus_on_efs ? 100 : 200
  availability_zone_rebalancing      = local.prometheus_on_efs ? "DISABLED" : "ENABLED"

  enable_ecs_managed_tags = true
  wait_for_steady_state   = var.wait_for_steady_state

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.private_subnet_ids
    security_groups  = [aws_security_group.component["prometheus"].id]
    assign_public_ip = false
  }

  service_registries {
    registry_arn = aws_service_discovery_service.component["prometheus"].arn
  }

  lifecycle {
    postcondition {
      condition     = self.task_definition == aws_ecs_task_definition.prometheus.arn
      error_message = local.rolled_back
    }
  }

  # A task that starts before it may mount, pull, log or read its secrets fails.
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

# Two roles for each part: the one it starts with (image, logs, its own secrets) and the one it works with.

locals {
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${var.aws_region}:${local.account}:*" }
      }
    }]
  })

  # What each part's secrets are, without the key inside a secret or the version that may follow: arn:...:secret:NAME:KEY::
  secret_arns = {
    for name, one in local.delivered : name => distinct([
      for arn in values(one.secrets) : join(":", slice(split(":", arn), 0, min(7, length(split(":", arn)))))
    ])
  }
  has_secrets = { for name, one in local.delivered : name => length(one.secrets) > 0 }
  decryptable = distinct(concat(var.secret_kms_key_arns, var.kms_key_arn == null ? [] : [var.kms_key_arn]))

  # Images in a private ECR, by the repository's ARN.
  ecr_repositories = {
    for name, one in local.components : name => [
      for match in [for image in [one.image, var.images.init] : try(regex("^([0-9]{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?/([^:@]+)", image), null)] :
      "arn:${local.partition}:ecr:${match[1]}:${match[0]}:repository/${match[2]}" if match != null
    ]
  }

  execution_statements = {
    for name in keys(local.components) : name => concat(
      [{
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.component[name].arn}:*"]
      }],
      length(local.ecr_repositories[name]) == 0 ? [] : [{
        Sid      = "RegistryLogin"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      }],
      length(local.ecr_repositories[name]) == 0 ? [] : [{
        Sid    = "RegistryPull"
        Effect = "Allow"
        # The last two let a pull-through cache fill itself.
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
        Resource = local.ecr_repositories[name]
      }],
      !local.has_secrets[name] ? [] : [{
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "ssm:GetParameters"]
        Resource = local.secret_arns[name]
      }],
      !local.has_secrets[name] || length(local.decryptable) == 0 ? [] : [{
        Sid      = "Decrypt"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = local.decryptable
      }],
    )
  }

  mounts = {
    for name in keys(local.access_points) : name => [{
      Sid       = "Mount"
      Effect    = "Allow"
      Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
      Resource  = [local.file_system_arn]
      Condition = { StringEquals = { "elasticfilesystem:AccessPointArn" = aws_efs_access_point.this[name].arn } }
    }]
  }

  asks_ecs       = anytrue([for one in values(var.services) : one.discovery == "ecs"])
  stores_written = compact(var.remote_write[*].workspace_arn)
  roles_assumed  = compact(var.remote_write[*].role_arn)

  task_statements = {
    prometheus = concat(
      lookup(local.mounts, "prometheus", []),
      !local.asks_ecs ? [] : [{
        Sid    = "FindClusters"
        Effect = "Allow"
        # On start Prometheus describes the cluster `default`, to see whether its credentials work, so this is not bound
        # to a cluster. ListClusters cannot be.
        Action   = ["ecs:ListClusters", "ecs:DescribeClusters"]
        Resource = ["*"]
      }],
      !local.asks_ecs ? [] : [{
        Sid       = "FindTasks"
        Effect    = "Allow"
        Action    = ["ecs:ListServices", "ecs:DescribeServices", "ecs:ListTasks", "ecs:DescribeTasks"]
        Resource  = ["*"]
        Condition = { ArnEquals = { "ecs:cluster" = local.cluster_arns } }
      }],
      length(local.stores_written) == 0 ? [] : [{
        Sid      = "WriteSamples"
        Effect   = "Allow"
        Action   = ["aps:RemoteWrite"]
        Resource = local.stores_written
      }],
      length(local.roles_assumed) == 0 ? [] : [{
        Sid      = "WriteSamplesElsewhere"
        Effect   = "Allow"
        Action   = ["sts:AssumeRole"]
        Resource = local.roles_assumed
      }],
    )
    grafana = concat(
      lookup(local.mounts, "grafana", []),
      [
        {
          Sid    = "ReadCloudWatch"
          Effect = "Allow"
          # None of these can be bound to a resource.
          Action   = ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "cloudwatch:DescribeAlarmsForMetric", "cloudwatch:DescribeAlarms", "tag:GetResources"]
          Resource = ["*"]
        },
        {
          Sid    = "ReadLogGroups"
          Effect = "Allow"
          # Nor can these; which logs a query reads is bound below, where it is started.
          Action   = ["logs:DescribeLogGroups", "logs:GetQueryResults", "logs:StopQuery"]
          Resource = ["*"]
        },
        {
          Sid      = "ReadOwnLogs"
          Effect   = "Allow"
          Action   = ["logs:StartQuery", "logs:GetLogGroupFields", "logs:GetLogEvents"]
          Resource = [for one in aws_cloudwatch_log_group.component : "${one.arn}:*"]
        },
      ],
      !local.settings.prometheus.sigv4 ? [] : [{
        Sid      = "ReadSamples"
        Effect   = "Allow"
        Action   = ["aps:QueryMetrics", "aps:GetLabels", "aps:GetSeries", "aps:GetMetricMetadata"]
        Resource = [var.prometheus.query.workspace_arn]
      }],
    )
    cloudwatch-exporter = [{
      Sid    = "ReadCloudWatch"
      Effect = "Allow"
      # Neither can be bound to a resource.
      Action   = ["cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"]
      Resource = ["*"]
    }]
    alertmanager = concat(
      lookup(local.mounts, "alertmanager", []),
      !local.watchdog_topic ? [] : [{
        Sid      = "TellWatchdog"
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = aws_sns_topic.watchdog[*].arn
      }],
      !local.watchdog_topic || var.kms_key_arn == null ? [] : [{
        Sid      = "EncryptForTheTopic"
        Effect   = "Allow"
        Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource = [var.kms_key_arn]
      }],
    )
    loki = concat(
      [
        {
          Sid      = "ListChunks"
          Effect   = "Allow"
          Action   = ["s3:ListBucket"]
          Resource = ["arn:${local.partition}:s3:::${local.bucket_names["loki"]}"]
        },
        {
          Sid      = "KeepChunks"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
          Resource = ["arn:${local.partition}:s3:::${local.bucket_names["loki"]}/*"]
        },
      ],
      var.kms_key_arn == null ? [] : [{
        Sid      = "EncryptChunks"
        Effect   = "Allow"
        Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource = [var.kms_key_arn]
      }],
    )
  }

  # Prometheus without EFS, ECS discovery and a store of AWS needs nothing at all.
  task_has_policy = {
    prometheus          = local.prometheus_on_efs || local.asks_ecs || anytrue([for one in var.remote_write : one.sigv4])
    grafana             = true
    cloudwatch-exporter = true
    alertmanager        = true
    loki                = true
  }
}

resource "aws_iam_role" "execution" {
  for_each = local.components

  name               = "${local.prefix}-${each.key}-start"
  description        = "Starts ${each.key} of ${local.prefix}: image, logs, its own secrets"
  assume_role_policy = local.trust
  tags               = local.tags
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.components

  name   = "start"
  role   = aws_iam_role.execution[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.execution_statements[each.key] })
}

resource "aws_iam_role" "task" {
  for_each = local.components

  name               = "${local.prefix}-${each.key}"
  description        = "What ${each.key} of ${local.prefix} may do"
  assume_role_policy = local.trust
  tags               = local.tags
}

resource "aws_iam_role_policy" "task" {
  for_each = { for name, one in local.components : name => one if local.task_has_policy[name] }

  name   = "work"
  role   = aws_iam_role.task[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.task_statements[each.key] })
}

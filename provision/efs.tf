# What must outlive a task: Prometheus' blocks, Grafana's database, Alertmanager's silences.

locals {
  access_points = {
    for name, one in {
      prometheus = { user = local.prometheus_user, enabled = local.prometheus_on_efs }
      grafana    = { user = local.grafana_user, enabled = local.grafana_on_efs }
      # Always, where there is an Alertmanager: a silence that a deployment forgets wakes somebody up.
      alertmanager = { user = local.alertmanager_user, enabled = var.alertmanager.enabled }
    } : name => { uid = tonumber(split(":", one.user)[0]), gid = tonumber(split(":", one.user)[1]) } if one.enabled
  }

  # Of a mocked subnet nobody says where it is.
  subnet_zones = compact([for one in data.aws_subnet.private : one.availability_zone])

  uses_efs       = length(local.access_points) > 0
  makes_efs      = local.uses_efs && try(var.restore.keep_original, true)
  file_system_id = !local.uses_efs ? "" : var.restore == null ? aws_efs_file_system.this[0].id : var.restore.file_system_id
  file_system_arn = (
    "arn:${local.partition}:elasticfilesystem:${var.aws_region}:${local.account}:file-system/${local.file_system_id}"
  )
}

resource "aws_efs_file_system" "this" {
  #checkov:skip=CKV2_AWS_18:backup.tf selects it by its ARN, unless backup.enabled is turned off
  count = local.makes_efs ? 1 : 0

  creation_token  = local.prefix
  encrypted       = true
  kms_key_id      = var.kms_key_arn
  throughput_mode = var.efs.throughput_mode
  tags            = merge(local.tags, { Name = local.prefix })

  # No lifecycle_policy: blocks are read for as long as they are kept, and a read from Infrequent Access is billed by
  # the GB and slow. Retention deletes what is old.

  lifecycle {
    precondition {
      condition     = length(distinct(local.subnet_zones)) == length(local.subnet_zones)
      error_message = "private_subnet_ids must be of different availability zones: a file system has one mount target in each."
    }
  }
}

# The backup plan of backup.tf, not a second one of EFS' own.
resource "aws_efs_backup_policy" "this" {
  count = local.makes_efs ? 1 : 0

  file_system_id = aws_efs_file_system.this[0].id

  backup_policy {
    status = "DISABLED"
  }
}

# Encrypted connections only, and every task through its own access point only.
resource "aws_efs_file_system_policy" "this" {
  count = local.uses_efs ? 1 : 0

  file_system_id = local.file_system_id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "*"
        Resource  = local.file_system_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
      [for name in keys(local.access_points) : {
        Sid       = "Task${title(name)}"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.task[name].arn }
        Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Resource  = local.file_system_arn
        Condition = { StringEquals = { "elasticfilesystem:AccessPointArn" = aws_efs_access_point.this[name].arn } }
      }],
    )
  })
}

resource "aws_efs_mount_target" "this" {
  for_each = local.uses_efs ? { for index, id in var.private_subnet_ids : tostring(index) => id } : {}

  file_system_id  = local.file_system_id
  subnet_id       = each.value
  security_groups = [aws_security_group.efs[0].id]
}

# An access point makes every file its user's, whatever the task says it is: the user of the image.
resource "aws_efs_access_point" "this" {
  for_each = local.access_points

  file_system_id = local.file_system_id
  tags           = merge(local.tags, { Name = "${local.prefix}-${each.key}" })

  posix_user {
    uid = each.value.uid
    gid = each.value.gid
  }

  root_directory {
    path = "${var.restore == null ? "" : var.restore.directory}/${each.key}"

    creation_info {
      owner_uid   = each.value.uid
      owner_gid   = each.value.gid
      permissions = "0750"
    }
  }
}

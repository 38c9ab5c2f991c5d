# A copy of the file system every day, and every week the proof that one can be restored.

locals {
  backs_up       = var.backup.enabled && local.uses_efs
  tests_restores = local.backs_up && var.backup.restore_test

  backup_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "backup.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_backup_vault" "this" {
  count = local.backs_up ? 1 : 0

  name          = local.prefix
  kms_key_arn   = var.kms_key_arn
  force_destroy = !var.deletion_protection
  tags          = local.tags
}

resource "aws_backup_plan" "this" {
  count = local.backs_up ? 1 : 0

  name = local.prefix
  tags = local.tags

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.this[0].name
    schedule          = var.backup.schedule
    start_window      = 60
    completion_window = 360

    lifecycle {
      delete_after = var.backup.retention_days
    }

    dynamic "copy_action" {
      for_each = var.backup.copy_vault_arn == null ? [] : [var.backup.copy_vault_arn]

      content {
        destination_vault_arn = copy_action.value

        lifecycle {
          delete_after = var.backup.retention_days
        }
      }
    }
  }
}

resource "aws_backup_selection" "this" {
  count = local.backs_up ? 1 : 0

  name         = local.prefix
  plan_id      = aws_backup_plan.this[0].id
  iam_role_arn = aws_iam_role.backup[0].arn
  resources    = [local.file_system_arn]
}

# Restores the latest copy to a scratch file system that AWS deletes afterwards. A restore that fails is a job in state
# FAILED, which `rounds provision status` shows.
resource "aws_backup_restore_testing_plan" "this" {
  count = local.tests_restores ? 1 : 0

  name                = replace("${local.prefix}-restore", "-", "_")
  schedule_expression = var.backup.restore_test_schedule
  start_window_hours  = 4
  tags                = local.tags

  recovery_point_selection {
    algorithm             = "LATEST_WITHIN_WINDOW"
    include_vaults        = [aws_backup_vault.this[0].arn]
    recovery_point_types  = ["SNAPSHOT"]
    selection_window_days = min(var.backup.retention_days, 30)
  }
}

resource "aws_backup_restore_testing_selection" "this" {
  count = local.tests_restores ? 1 : 0

  name                      = replace("${local.prefix}-efs", "-", "_")
  restore_testing_plan_name = aws_backup_restore_testing_plan.this[0].name
  protected_resource_type   = "EFS"
  protected_resource_arns   = [local.file_system_arn]
  iam_role_arn              = aws_iam_role.backup[0].arn
  # Long enough to look at it.
  validation_window_hours = 4
}

resource "aws_iam_role" "backup" {
  count = local.backs_up ? 1 : 0

  name               = "${local.prefix}-backup"
  description        = "Copies the file system of ${local.prefix} and restores it"
  assume_role_policy = local.backup_trust
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "backup" {
  for_each = local.backs_up ? toset(["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"]) : toset([])

  role       = aws_iam_role.backup[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/${each.key}"
}

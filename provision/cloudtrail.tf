# An audit trail, for accounts that have none of their own.

locals {
  trail_arn = "arn:${local.partition}:cloudtrail:${var.aws_region}:${local.account}:trail/${local.prefix}"
}

resource "aws_cloudtrail" "this" {
  #checkov:skip=CKV_AWS_252:nobody waits for a log file
  #checkov:skip=CKV2_AWS_10:read from the bucket; a copy in CloudWatch Logs would cost more than the stack's own logs
  count = var.cloudtrail.enabled ? 1 : 0

  name                       = local.prefix
  s3_bucket_name             = aws_s3_bucket.this["cloudtrail"].id
  is_multi_region_trail      = true
  enable_log_file_validation = true
  kms_key_id                 = var.kms_key_arn
  tags                       = local.tags

  depends_on = [aws_s3_bucket_policy.this]
}

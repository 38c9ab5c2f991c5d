# Buckets: logs of Loki, of the load balancer, of CloudTrail. All private, encrypted, TLS only, emptied by age.

locals {
  bucket_names = {
    # Names are the world's: the account and the region go into them, shortened to fit.
    for name in ["loki", "access-logs", "cloudtrail"] :
    name => "${local.prefix}-${name}-${substr(sha1("${local.account}/${var.aws_region}"), 0, 12)}"
  }

  buckets = {
    for name, one in {
      loki = { enabled = var.loki.enabled, days = null, statements = [] }
      access-logs = {
        enabled = var.alb.access_logs
        days    = var.alb.access_log_days
        statements = [{
          Sid       = "LoadBalancerWrites"
          Effect    = "Allow"
          Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
          Action    = "s3:PutObject"
          Resource  = "arn:${local.partition}:s3:::${local.bucket_names["access-logs"]}/AWSLogs/${local.account}/*"
        }]
      }
      cloudtrail = {
        enabled = var.cloudtrail.enabled
        days    = var.cloudtrail.retention_days
        statements = [
          {
            Sid       = "TrailAsks"
            Effect    = "Allow"
            Principal = { Service = "cloudtrail.amazonaws.com" }
            Action    = "s3:GetBucketAcl"
            Resource  = "arn:${local.partition}:s3:::${local.bucket_names["cloudtrail"]}"
            Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
          },
          {
            Sid       = "TrailWrites"
            Effect    = "Allow"
            Principal = { Service = "cloudtrail.amazonaws.com" }
            Action    = "s3:PutObject"
            Resource  = "arn:${local.partition}:s3:::${local.bucket_names["cloudtrail"]}/AWSLogs/${local.account}/*"
            Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn, "s3:x-amz-acl" = "bucket-owner-full-control" } }
          },
        ]
      }
    } : name => one if one.enabled
  }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:these are the log buckets
  #checkov:skip=CKV_AWS_144:logs, not the record: losing a region loses them with what they tell of
  #checkov:skip=CKV2_AWS_62:nobody waits for an object
  for_each = local.buckets

  bucket        = local.bucket_names[each.key]
  force_destroy = !var.deletion_protection
  tags          = local.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn != null && each.key != "access-logs" ? "aws:kms" : "AES256"
      kms_master_key_id = each.key == "access-logs" ? null : var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = { for name, one in local.buckets : name => one if name == "cloudtrail" }

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  #checkov:skip=CKV_AWS_300:the first rule does; the scanner sees the dynamic one only
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # Loki deletes by itself what is older than its retention.
  dynamic "rule" {
    for_each = each.value.days == null ? [] : [each.value.days]

    content {
      id     = "age"
      status = "Enabled"

      filter {}

      expiration {
        days = rule.value
      }

      noncurrent_version_expiration {
        noncurrent_days = 30
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource = [
          "arn:${local.partition}:s3:::${local.bucket_names[each.key]}",
          "arn:${local.partition}:s3:::${local.bucket_names[each.key]}/*",
        ]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
      each.value.statements,
    )
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

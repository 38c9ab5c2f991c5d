# The one way in: HTTPS from the office to Grafana.

resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_76:nothing here runs log4j, and a WAF is alb.web_acl_arn
  name               = local.prefix
  internal           = var.alb.internal
  load_balancer_type = "application"
  ip_address_type    = var.alb.dualstack ? "dualstack" : "ipv4"
  subnets            = var.alb.internal ? var.private_subnet_ids : var.alb.subnet_ids
  security_groups    = [aws_security_group.alb.id]

  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"
  enable_deletion_protection = var.deletion_protection
  # Grafana's live streams.
  idle_timeout = 120
  tags         = local.tags

  dynamic "access_logs" {
    for_each = var.alb.access_logs ? [aws_s3_bucket.this["access-logs"].id] : []

    content {
      bucket  = access_logs.value
      enabled = true
    }
  }

  lifecycle {
    precondition {
      condition     = length(local.prefix) <= 32
      error_message = "A load balancer's name has 32 characters at the most: shorten environment or name (${local.prefix})."
    }
  }

  depends_on = [aws_s3_bucket_policy.this]
}

locals {
  target_group = { port = 3000, protocol = "HTTP", vpc_id = var.vpc_id }
}

resource "aws_lb_target_group" "grafana" {
  #checkov:skip=CKV_AWS_378:from the load balancer to the task inside the VPC, by security group; Grafana has no certificate of its own
  # 32 characters at the most. What cannot be changed in place goes into the name, so that the new one can stand beside
  # the old one while the listener moves; and so does the whole of a prefix that is cut off here.
  name        = "${trimsuffix(substr(local.prefix, 0, 15), "-")}-grafana-${substr(sha1(jsonencode([local.prefix, local.target_group])), 0, 8)}"
  port        = local.target_group.port
  protocol    = local.target_group.protocol
  vpc_id      = local.target_group.vpc_id
  target_type = "ip"

  deregistration_delay = 30
  tags                 = local.tags

  health_check {
    path                = "/api/health"
    matcher             = "200"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 4
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "https" {
  #checkov:skip=CKV_AWS_103:alb.ssl_policy refuses everything below TLS 1.2
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = var.alb.ssl_policy
  certificate_arn   = local.certificate_arn
  tags              = local.tags

  # Whoever comes by another name learns nothing.
  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "not here"
      status_code  = "404"
    }
  }
}

# Grafana's own metrics are for Prometheus, not for people.
resource "aws_lb_listener_rule" "metrics" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 10
  tags         = local.tags

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "not here"
      status_code  = "404"
    }
  }

  condition {
    path_pattern {
      values = ["/metrics", "/metrics/*"]
    }
  }
}

resource "aws_lb_listener_rule" "grafana" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 20
  tags         = local.tags

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.grafana.arn
  }

  condition {
    host_header {
      values = [local.domain]
    }
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"
  tags              = local.tags

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count = var.alb.web_acl_arn == null ? 0 : 1

  resource_arn = aws_lb.this.arn
  web_acl_arn  = var.alb.web_acl_arn
}

# Grafana's name and certificate.

locals {
  zone_id         = var.route53_zone_id == null ? aws_route53_zone.this[0].zone_id : var.route53_zone_id
  certificate_arn = var.certificate_arn == null ? aws_acm_certificate_validation.grafana[0].certificate_arn : var.certificate_arn
}

resource "aws_route53_zone" "this" {
  #checkov:skip=CKV2_AWS_38:DNSSEC needs a key in us-east-1 and the registrar's hand: a decision for whoever owns the domain
  #checkov:skip=CKV2_AWS_39:queries for one name; nobody reads the log
  count = var.route53_zone_id == null ? 1 : 0

  name          = var.domain_name
  comment       = "of ${local.prefix}"
  force_destroy = false
  tags          = local.tags
}

resource "aws_acm_certificate" "grafana" {
  count = var.certificate_arn == null ? 1 : 0

  domain_name       = local.domain
  validation_method = "DNS"
  tags              = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "certificate" {
  count = var.certificate_arn == null ? 1 : 0

  zone_id         = local.zone_id
  name            = one(aws_acm_certificate.grafana[0].domain_validation_options).resource_record_name
  type            = one(aws_acm_certificate.grafana[0].domain_validation_options).resource_record_type
  records         = [one(aws_acm_certificate.grafana[0].domain_validation_options).resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

# A listener takes only an issued certificate: this waits for it.
resource "aws_acm_certificate_validation" "grafana" {
  count = var.certificate_arn == null ? 1 : 0

  certificate_arn         = aws_acm_certificate.grafana[0].arn
  validation_record_fqdns = aws_route53_record.certificate[*].fqdn
}

resource "aws_route53_record" "grafana" {
  zone_id = local.zone_id
  name    = local.domain
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "grafana_ipv6" {
  count = var.alb.dualstack ? 1 : 0

  zone_id = local.zone_id
  name    = local.domain
  type    = "AAAA"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = false
  }
}

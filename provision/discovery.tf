# Names inside the VPC: prometheus.monitoring.internal and so on.

resource "aws_service_discovery_private_dns_namespace" "this" {
  name        = var.stack_namespace
  description = "The monitoring stack ${local.prefix}"
  vpc         = var.vpc_id
  tags        = local.tags
}

# ECS registers a task when it runs and takes it out when it stops. No health check of Cloud Map's own: it would be
# one more opinion, and a wrong one while the write-ahead log is read.
resource "aws_service_discovery_service" "component" {
  for_each = local.components

  name          = each.key
  force_destroy = true
  tags          = local.tags

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.this.id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }
}

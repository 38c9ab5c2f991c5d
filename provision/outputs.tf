output "grafana_url" {
  description = "Where Grafana is."
  value       = local.grafana_url
}

output "grafana_admin_secret_arn" {
  description = "The secret with the password of Grafana's user `admin`. Read it with: aws secretsmanager get-secret-value --secret-id ARN --query SecretString --output text"
  value       = local.grafana_admin_secret_arn
}

output "name_servers" {
  description = "What `domain_name` must be delegated to, where the module made its zone; empty otherwise."
  value       = flatten(aws_route53_zone.this[*].name_servers)
}

output "addresses" {
  description = "Where each part listens inside the VPC."
  value       = local.address
}

output "ecs_services" {
  description = "Name of the ECS service of each part."
  value       = { for name in keys(local.components) : name => "${local.prefix}-${name}" }
}

output "log_groups" {
  description = "Log group of each part."
  value       = { for name, one in aws_cloudwatch_log_group.component : name => one.name }
}

output "security_group_ids" {
  description = "Security group of each part, of the load balancer (`alb`) and of the file system (`efs`). Let the one of `prometheus` into services whose own group you did not name."
  value       = local.group_ids
}

output "file_system_id" {
  description = "The file system under the stack; null where it has none."
  value       = local.uses_efs ? local.file_system_id : null
}

output "backup_vault_name" {
  description = "Where the copies are; null where none are made."
  value       = one(aws_backup_vault.this[*].name)
}

output "load_balancer" {
  description = "The load balancer: its ARN, its name in DNS and the target group of Grafana."
  value = {
    arn              = aws_lb.this.arn
    dns_name         = aws_lb.this.dns_name
    target_group_arn = aws_lb_target_group.grafana.arn
  }
}

output "certificate_arn" {
  description = "The certificate of Grafana's name."
  value       = local.certificate_arn
}

output "services" {
  description = "The services watched, by name, each with its name in ECS."
  value       = { for name, one in local.services : name => one.ecs_service }
}

output "rounds_context" {
  # Without a list of services: the console would then show nothing else, neither the stack nor its alerts.
  description = "The console's context for this stack, by the keys of its configuration: region and clusters, Prometheus and Alertmanager through Grafana, and the names the stack's own services go by."
  value = merge(
    {
      name           = var.environment
      stack_services = sort([for name in keys(local.components) : "${local.prefix}-${name}"])
      aws            = { region = var.aws_region, clusters = local.cluster_names }
      grafana        = { url = local.grafana_url }
      prometheus     = { via = "grafana", grafana_uid = "prometheus" }
    },
    var.alertmanager.enabled ? { alertmanager = { via = "grafana", grafana_uid = "alertmanager" } } : {},
  )
}

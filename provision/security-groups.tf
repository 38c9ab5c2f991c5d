# Who may talk to whom, as one list; each line becomes a rule out of one group and a rule into another.

locals {
  flows = {
    for name, one in merge(
      {
        alb-grafana          = { from = "alb", to = "grafana", port = 3000, enabled = true }
        grafana-prometheus   = { from = "grafana", to = "prometheus", port = 9090, enabled = true }
        grafana-alertmanager = { from = "grafana", to = "alertmanager", port = 9093, enabled = var.alertmanager.enabled }
        grafana-loki         = { from = "grafana", to = "loki", port = 3100, enabled = var.loki.enabled }
        prometheus-exporter  = { from = "prometheus", to = "cloudwatch-exporter", port = 9106, enabled = true }
        prometheus-grafana   = { from = "prometheus", to = "grafana", port = 3000, enabled = true }
        prometheus-manager   = { from = "prometheus", to = "alertmanager", port = 9093, enabled = var.alertmanager.enabled }
        prometheus-loki      = { from = "prometheus", to = "loki", port = 3100, enabled = var.loki.enabled }
      },
      { for name in ["prometheus", "grafana", "alertmanager"] : "${name}-efs" => { from = name, to = "efs", port = 2049, enabled = contains(keys(local.access_points), name) } },
    ) : name => one if one.enabled
  }

  group_ids = merge(
    { for name, one in aws_security_group.component : name => one.id },
    { alb = aws_security_group.alb.id },
    { for one in aws_security_group.efs : "efs" => one.id },
  )

  # Groups outside the stack that may ask a part of it.
  clients = merge([
    for name, ids in {
      prometheus   = var.prometheus.client_security_group_ids
      alertmanager = var.alertmanager.enabled ? var.alertmanager.client_security_group_ids : []
      loki         = var.loki.enabled ? var.loki.client_security_group_ids : []
    } : { for index, id in ids : "${name}-${index}" => { to = name, id = id } }
  ]...)

  # The ports of each service: those of its targets, where it has any.
  service_ports = {
    for name, one in var.services : name => one.discovery == "static" ? distinct([for target in one.targets : tonumber(split(":", target)[1])]) : [one.port]
  }

  # Groups of services that Prometheus is let into, once for each port.
  guarded_services = merge([
    for name, one in var.services : {
      for port in local.service_ports[name] : (length(local.service_ports[name]) == 1 ? name : "${name}-${port}") => { name = name, id = one.security_group_id, port = port }
    } if one.security_group_id != null
  ]...)

  # What is reached by its port alone: services whose group is not told, and stores. Two of them may have one port, and
  # AWS takes each rule once. HTTPS is open to everywhere (below).
  network_ports = distinct([
    for one in concat(
      flatten([for name, one in var.services : [for port in local.service_ports[name] : { from = "prometheus", port = port }] if one.security_group_id == null]),
      [for url in var.remote_write[*].url : { from = "prometheus", port = tonumber(try(regex("^https?://[^/]*:([0-9]+)", url)[0], startswith(url, "https:") ? "443" : "80")) }],
      [for url in compact([try(var.prometheus.query.url, "")]) : { from = "grafana", port = tonumber(try(regex("^https?://[^/]*:([0-9]+)", url)[0], startswith(url, "https:") ? "443" : "80")) }],
    ) : one if one.port != 443
  ])
  networks = merge({ vpc = data.aws_vpc.this.cidr_block }, { for cidr in var.network_cidrs : cidr => cidr })
  network_flows = merge([
    for one in local.network_ports : { for name, cidr in local.networks : "${one.from}-${one.port}-${name}" => merge(one, { cidr = cidr }) }
  ]...)

  # Targets by address to which no rule leads.
  targets_out_of_reach = flatten([
    for name, one in var.services : [
      for target in one.targets : "${target} of ${name}"
      if one.security_group_id == null && can(cidrhost("${split(":", target)[0]}/32", 0)) && !anytrue([
        for cidr in values(local.networks) : try(cidrhost("${split(":", target)[0]}/${split("/", cidr)[1]}", 0) == cidrhost(cidr, 0), false)
      ]) && !endswith(target, ":443")
    ]
  ])
}

resource "aws_security_group" "alb" {
  name_prefix = "${local.prefix}-alb-"
  description = "The load balancer before Grafana"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${local.prefix}-alb" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "component" {
  #checkov:skip=CKV2_AWS_5:the service of each part has its group, by key
  for_each = local.components

  name_prefix = "${local.prefix}-${each.key}-"
  description = "Tasks of ${each.key}"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${local.prefix}-${each.key}" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "efs" {
  count = local.uses_efs ? 1 : 0

  name_prefix = "${local.prefix}-efs-"
  description = "The file system of the stack"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${local.prefix}-efs" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "flow" {
  for_each = local.flows

  security_group_id            = local.group_ids[each.value.from]
  referenced_security_group_id = local.group_ids[each.value.to]
  description                  = "${each.value.from} to ${each.value.to}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "flow" {
  for_each = local.flows

  security_group_id            = local.group_ids[each.value.to]
  referenced_security_group_id = local.group_ids[each.value.from]
  description                  = "${each.value.from} to ${each.value.to}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = local.tags
}

# The office, to HTTPS and to what redirects there.
resource "aws_vpc_security_group_ingress_rule" "office" {
  for_each = { for pair in setproduct(var.office_cidrs, [80, 443]) : "${pair[0]}-${pair[1]}" => { cidr = pair[0], port = pair[1] } }

  security_group_id = aws_security_group.alb.id
  cidr_ipv4         = strcontains(each.value.cidr, ":") ? null : each.value.cidr
  cidr_ipv6         = strcontains(each.value.cidr, ":") ? each.value.cidr : null
  description       = "The office to port ${each.value.port}"
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  tags              = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = local.clients

  security_group_id            = local.group_ids[each.value.to]
  referenced_security_group_id = each.value.id
  description                  = "A client of ${each.value.to}"
  ip_protocol                  = "tcp"
  from_port                    = local.components[each.value.to].port
  to_port                      = local.components[each.value.to].port
  tags                         = local.tags
}

# Prometheus to the services, and into those whose group it is told.
resource "aws_vpc_security_group_egress_rule" "service" {
  for_each = local.guarded_services

  security_group_id            = local.group_ids["prometheus"]
  referenced_security_group_id = each.value.id
  description                  = "Prometheus to ${each.value.name}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "service" {
  for_each = local.guarded_services

  security_group_id            = each.value.id
  referenced_security_group_id = local.group_ids["prometheus"]
  description                  = "Prometheus of ${local.prefix} to ${each.value.name}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "network" {
  for_each = local.network_flows

  security_group_id = local.group_ids[each.value.from]
  cidr_ipv4         = each.value.cidr
  description       = "${each.value.from} to services and stores on ${each.value.port}"
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  tags              = local.tags
}

# Image registries, AWS' APIs, Slack, PagerDuty, the sign-in provider, a remote store: HTTPS, to addresses that change.
resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = local.components

  security_group_id = aws_security_group.component[each.key].id
  cidr_ipv4         = "0.0.0.0/0"
  description       = "HTTPS to registries and APIs"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "database" {
  count = var.grafana.database == null ? 0 : 1

  security_group_id            = local.group_ids["grafana"]
  referenced_security_group_id = var.grafana.database.security_group_id
  description                  = "Grafana to its database"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  count = var.grafana.database == null ? 0 : 1

  security_group_id            = var.grafana.database.security_group_id
  referenced_security_group_id = local.group_ids["grafana"]
  description                  = "Grafana of ${local.prefix}"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  tags                         = local.tags
}

# What every part of the stack shares: names, sizes, and the way its configuration reaches it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {
  lifecycle {
    postcondition {
      condition     = self.region == var.aws_region
      error_message = "The AWS provider is of ${self.region}, aws_region says ${var.aws_region}."
    }
  }
}

data "aws_vpc" "this" {
  id = var.vpc_id

  lifecycle {
    postcondition {
      condition     = self.enable_dns_hostnames && self.enable_dns_support
      error_message = "The VPC ${var.vpc_id} must have enableDnsSupport and enableDnsHostnames: tasks find the file system and each other by name."
    }
    postcondition {
      condition     = !contains(var.network_cidrs, self.cidr_block)
      error_message = "network_cidrs must not have ${self.cidr_block}: it is the VPC's own, which is always reached, and AWS takes each rule once."
    }
  }
}

data "aws_subnet" "private" {
  for_each = { for index, id in var.private_subnet_ids : tostring(index) => id }
  id       = each.value

  lifecycle {
    postcondition {
      condition     = self.vpc_id == var.vpc_id
      error_message = "The subnet ${each.value} is not in ${var.vpc_id}."
    }
  }
}

locals {
  prefix    = "${var.environment}-${var.name}"
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  tags = merge(var.common_tags, {
    Environment = var.environment
    Stack       = local.prefix
    ManagedBy   = "terraform"
  })

  # The parts that run, with what AWS must know of each.
  components = {
    for name, one in {
      prometheus          = { port = 9090, cpu = var.prometheus.cpu, memory = var.prometheus.memory, image = var.images.prometheus, enabled = true }
      grafana             = { port = 3000, cpu = var.grafana.cpu, memory = var.grafana.memory, image = var.images.grafana, enabled = true }
      cloudwatch-exporter = { port = 9106, cpu = var.cloudwatch_exporter.cpu, memory = var.cloudwatch_exporter.memory, image = var.images.cloudwatch_exporter, enabled = true }
      alertmanager        = { port = 9093, cpu = var.alertmanager.cpu, memory = var.alertmanager.memory, image = var.images.alertmanager, enabled = var.alertmanager.enabled }
      loki                = { port = 3100, cpu = var.loki.cpu, memory = var.loki.memory, image = var.images.loki, enabled = var.loki.enabled }
    } : name => one if one.enabled
  }

  # Fargate runs these pairs of CPU and memory only.
  fargate_memory = {
    "256"  = [512, 1024, 2048]
    "512"  = range(1024, 4097, 1024)
    "1024" = range(2048, 8193, 1024)
    "2048" = range(4096, 16385, 1024)
    "4096" = range(8192, 30721, 1024)
    "8192" = range(16384, 61441, 4096)
  }

  address     = { for name, one in local.components : name => "${name}.${var.stack_namespace}:${one.port}" }
  url         = { for name, address in local.address : name => "http://${address}" }
  domain      = "${var.grafana.subdomain}.${var.domain_name}"
  grafana_url = "https://${local.domain}"

  cluster_arns = distinct(concat([var.ecs_cluster_id], var.cloudwatch_exporter.cluster_arns))
  # ARNs, and names, of AWS' own making.
  cluster_names = [for arn in local.cluster_arns : element(split("/", arn), 1)]

  watchdog_topic = var.alertmanager.enabled && length(var.alertmanager.watchdog.alarm_actions) > 0

  services = {
    for name, one in var.services : name => {
      port             = one.port
      scheme           = one.scheme
      metrics_path     = one.metrics_path
      scrape_interval  = coalesce(one.scrape_interval, var.prometheus.scrape_interval)
      scrape_timeout   = coalesce(one.scrape_timeout, var.prometheus.scrape_timeout)
      basic_auth       = one.basic_auth != null
      username         = try(one.basic_auth.username, "")
      dns              = one.discovery == "dns"
      dns_name         = coalesce(one.dns_name, "${name}.${coalesce(var.service_namespace, "${var.environment}.internal")}")
      ecs              = one.discovery == "ecs"
      ecs_service      = coalesce(one.ecs_service, name)
      renamed          = coalesce(one.ecs_service, name) != name
      static           = one.discovery == "static"
      targets          = one.targets
      min_request_rate = one.min_request_rate
    }
  }

  # What the templates are given: everything they print is settled here. examples/rendered/variables.json shows one.
  settings = {
    environment  = var.environment
    region       = var.aws_region
    clusters     = local.cluster_names
    cluster_arns = local.cluster_arns
    replicated   = var.prometheus.replicas > 1
    ha_cluster   = local.cluster_names[0]
    services     = local.services
    renames      = anytrue([for one in local.services : one.renamed])
    interval = {
      scrape           = var.prometheus.scrape_interval
      scrape_timeout   = var.prometheus.scrape_timeout
      evaluation       = var.prometheus.evaluation_interval
      discovery        = "15s"
      exporter         = var.cloudwatch_exporter.scrape_interval
      exporter_timeout = var.cloudwatch_exporter.scrape_interval == "1m" ? "50s" : "1m"
    }
    prometheus = {
      self       = "localhost:9090"
      url        = try(var.prometheus.query.url, local.url["prometheus"])
      flavour    = try(var.prometheus.query.flavour, "Prometheus")
      sigv4      = try(var.prometheus.query.sigv4, false)
      region     = var.aws_region
      has_tenant = try(var.prometheus.query.tenant, null) != null
      tenant     = try(coalesce(var.prometheus.query.tenant), "")
      basic_auth = try(var.prometheus.query.username, null) != null
      username   = try(coalesce(var.prometheus.query.username), "")
      bearer     = try(var.prometheus.query.token_secret_arn, null) != null
      # Grafana counts header names from 1, and stops at the first that is not there.
      bearer_header = try(var.prometheus.query.tenant, null) != null ? 2 : 1
      has_secure    = anytrue([for one in [try(var.prometheus.query.tenant, null), try(var.prometheus.query.username, null), try(var.prometheus.query.token_secret_arn, null)] : one != null])
    }
    alertmanager = {
      enabled   = var.alertmanager.enabled
      addresses = compact([lookup(local.address, "alertmanager", "")])
      url       = lookup(local.url, "alertmanager", "")
    }
    exporter   = { enabled = true, address = local.address["cloudwatch-exporter"] }
    grafana    = { enabled = true, address = local.address["grafana"] }
    cloudwatch = { enabled = true }
    loki = {
      enabled   = var.loki.enabled
      address   = lookup(local.address, "loki", "")
      url       = lookup(local.url, "loki", "")
      bucket    = var.loki.enabled ? local.loki_bucket : ""
      retention = var.loki.retention
    }
    remote_write = {
      enabled = length(var.remote_write) > 0
      stores = [
        for one in var.remote_write : {
          name        = one.name
          url         = one.url
          sigv4       = one.sigv4
          region      = coalesce(one.region, var.aws_region)
          has_role    = one.role_arn != null
          role_arn    = one.role_arn == null ? "" : one.role_arn
          has_headers = length(one.headers) > 0
          headers     = one.headers
          basic_auth  = one.username != null
          username    = one.username == null ? "" : one.username
          bearer      = one.token_secret_arn != null
        }
      ]
    }
    container_insights = var.cloudwatch_exporter.container_insights
    efs                = { enabled = local.uses_efs, file_system_id = local.file_system_id }
    backup             = { enabled = local.backs_up, vault = local.backs_up ? aws_backup_vault.this[0].name : "" }
    certificate        = { enabled = true, arn = local.certificate_arn }
    secrets            = "${local.config_path}/secrets"
    dashboards         = "${local.config_path}/dashboards"
    slack = {
      enabled          = var.alertmanager.slack != null
      critical_channel = try(var.alertmanager.slack.critical_channel, "")
      warning_channel  = try(var.alertmanager.slack.warning_channel, "")
    }
    pagerduty = { enabled = var.alertmanager.pagerduty != null }
    watchdog = {
      sns       = local.watchdog_topic
      topic_arn = local.watchdog_topic ? aws_sns_topic.watchdog[0].arn : ""
      webhook   = var.alertmanager.watchdog.url_secret_arn != null
    }
    night = {
      enabled  = var.alertmanager.night.enabled
      location = var.alertmanager.night.location
      # Alertmanager has no time that goes over midnight.
      spans = [
        for span in(
          tonumber(replace(var.alertmanager.night.from, ":", "")) < tonumber(replace(var.alertmanager.night.to, ":", ""))
          ? [{ start = var.alertmanager.night.from, end = var.alertmanager.night.to }]
          : [{ start = var.alertmanager.night.from, end = "24:00" }, { start = "00:00", end = var.alertmanager.night.to }]
        ) : span if span.start != span.end
      ]
    }
    stack_jobs = concat(["prometheus", "cloudwatch", "grafana"], var.alertmanager.enabled ? ["alertmanager"] : [], var.loki.enabled ? ["loki"] : [])
  }
}

# How configuration reaches a task without an image of its own: a container that runs first and ends ("configure")
# writes it into a volume of the task, from its own environment. Files come compressed in the task definition, so a
# revision has its configuration with it and a rollback brings the old one back; secrets come from Secrets Manager or
# SSM, by the execution role, and only this container ever has them in its environment. The limit is the 64 KiB of a
# task definition, which a precondition keeps.
locals {
  config_path = "/config"

  # For each part: its user, its files and secrets by path below `config_path`, the volumes to hand over to its user,
  # and what else to do before it starts.
  delivered = {
    for name, one in {
      prometheus          = local.prometheus_delivery
      grafana             = local.grafana_delivery
      cloudwatch-exporter = local.cloudwatch_exporter_delivery
      alertmanager        = local.alertmanager_delivery
      loki                = local.loki_delivery
    } : name => one if contains(keys(local.components), name)
  }

  configure = {
    for name, one in local.delivered : name => merge(
      {
        name      = "configure"
        image     = var.images.init
        essential = false
        # Volumes belong to root; nothing listens, and it is over before the part itself starts.
        user                   = "0"
        readonlyRootFilesystem = true
        entryPoint             = ["/bin/sh", "-euc"]
        command = [join("\n", concat(
          ["cd ${local.config_path}", "umask 022"],
          distinct([for path in keys(one.files) : "mkdir -p ${dirname(path)}"]),
          [for index, path in keys(one.files) : "printf %s \"$FILE_${index}\" | base64 -d | gunzip > ${path}"],
          length(one.secrets) == 0 ? [] : concat(
            ["umask 077", "mkdir -p secrets"],
            [for index, path in keys(one.secrets) : "printf %s \"$SECRET_${index}\" > secrets/${path}"],
            ["chown -R ${one.user} secrets", "umask 022"],
          ),
          [for volume in one.volumes : "chown ${one.user} /volumes/${volume}"],
          one.before,
        ))]
        environment = [for index, path in keys(one.files) : { name = "FILE_${index}", value = base64gzip(one.files[path]) }]
        secrets     = [for index, path in keys(one.secrets) : { name = "SECRET_${index}", valueFrom = one.secrets[path] }]
        mountPoints = concat(
          [{ sourceVolume = "config", containerPath = local.config_path, readOnly = false }],
          [for volume in one.volumes : { sourceVolume = volume, containerPath = "/volumes/${volume}", readOnly = false }],
          one.mounts,
        )
        linuxParameters  = { capabilities = { drop = local.capabilities_but_chown }, initProcessEnabled = false }
        logConfiguration = local.log_configuration[name]
        portMappings     = []
        volumesFrom      = []
        systemControls   = []
      },
    )
  }

  capabilities           = ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"]
  capabilities_but_chown = [for one in local.capabilities : one if one != "CHOWN"]

  log_configuration = {
    for name in keys(local.components) : name => {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.component[name].name
        awslogs-region        = var.aws_region
        awslogs-stream-prefix = name
        mode                  = "non-blocking"
        max-buffer-size       = "4m"
      }
    }
  }

  # The parts of a container that are the same for all of them.
  container = {
    for name, one in local.components : name => {
      name                   = name
      image                  = one.image
      essential              = true
      user                   = local.delivered[name].user
      readonlyRootFilesystem = true
      # SIGTERM, and as long as Fargate allows: Prometheus writes its head to disk, Grafana closes its database.
      stopTimeout      = 120
      dependsOn        = [{ containerName = "configure", condition = "SUCCESS" }]
      portMappings     = [{ containerPort = one.port, hostPort = one.port, protocol = "tcp" }]
      linuxParameters  = { capabilities = { drop = local.capabilities }, initProcessEnabled = false }
      logConfiguration = local.log_configuration[name]
      volumesFrom      = []
      systemControls   = []
    }
  }

  config_mount = { sourceVolume = "config", containerPath = local.config_path, readOnly = true }
}

# A steady state is one that was rolled back to as well, and the provider calls it a success: what runs must be what was
# asked for.
locals {
  rolled_back = "ECS went back to the revision before: tasks of the new one did not start or stay. Its events and logs say why (rounds provision status, or aws ecs describe-services)."
}

resource "aws_cloudwatch_log_group" "component" {
  #checkov:skip=CKV_AWS_338:a year of the stack's own logs is not worth its price; log_retention_days is the caller's
  for_each = local.components

  name              = "/ecs/${local.prefix}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = local.tags
}

# Who stands between `terraform destroy` and history: what depends on everything is destroyed first, and a failure there
# leaves everything else. A destroy asks the state, not the inputs: what counts is what was applied last.
resource "terraform_data" "guard" {
  input = { protected = var.deletion_protection, stack = local.prefix }

  provisioner "local-exec" {
    when    = destroy
    command = self.output.protected ? "echo ${self.output.stack} is protected: apply it with deletion_protection = false first && exit 1" : "exit 0"
  }

  # Everything there is: what is left out could go before this says no.
  depends_on = [
    aws_acm_certificate.grafana,
    aws_acm_certificate_validation.grafana,
    aws_backup_plan.this,
    aws_backup_restore_testing_plan.this,
    aws_backup_restore_testing_selection.this,
    aws_backup_selection.this,
    aws_backup_vault.this,
    aws_cloudformation_stack.grafana_secrets,
    aws_cloudtrail.this,
    aws_cloudwatch_log_group.component,
    aws_cloudwatch_metric_alarm.watchdog,
    aws_ecs_service.alertmanager,
    aws_ecs_service.cloudwatch_exporter,
    aws_ecs_service.grafana,
    aws_ecs_service.loki,
    aws_ecs_service.prometheus,
    aws_ecs_task_definition.alertmanager,
    aws_ecs_task_definition.cloudwatch_exporter,
    aws_ecs_task_definition.grafana,
    aws_ecs_task_definition.loki,
    aws_ecs_task_definition.prometheus,
    aws_efs_access_point.this,
    aws_efs_backup_policy.this,
    aws_efs_file_system.this,
    aws_efs_file_system_policy.this,
    aws_efs_mount_target.this,
    aws_iam_role.backup,
    aws_iam_role.execution,
    aws_iam_role.task,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_iam_role_policy_attachment.backup,
    aws_lb.this,
    aws_lb_listener.http,
    aws_lb_listener.https,
    aws_lb_listener_rule.grafana,
    aws_lb_listener_rule.metrics,
    aws_lb_target_group.grafana,
    aws_route53_record.certificate,
    aws_route53_record.grafana,
    aws_route53_record.grafana_ipv6,
    aws_route53_zone.this,
    aws_s3_bucket.this,
    aws_s3_bucket_lifecycle_configuration.this,
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_public_access_block.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
    aws_security_group.alb,
    aws_security_group.component,
    aws_security_group.efs,
    aws_service_discovery_private_dns_namespace.this,
    aws_service_discovery_service.component,
    aws_sns_topic.watchdog,
    aws_vpc_security_group_egress_rule.database,
    aws_vpc_security_group_egress_rule.flow,
    aws_vpc_security_group_egress_rule.https,
    aws_vpc_security_group_egress_rule.network,
    aws_vpc_security_group_egress_rule.service,
    aws_vpc_security_group_ingress_rule.client,
    aws_vpc_security_group_ingress_rule.database,
    aws_vpc_security_group_ingress_rule.flow,
    aws_vpc_security_group_ingress_rule.office,
    aws_vpc_security_group_ingress_rule.service,
    aws_wafv2_web_acl_association.this,
  ]
}

check "alerts_reach_somebody" {
  assert {
    condition     = !var.alertmanager.enabled || var.alertmanager.slack != null || var.alertmanager.pagerduty != null
    error_message = "Alertmanager has neither slack nor pagerduty: alerts fire, and nobody is told."
  }
}

# Grafana: behind the load balancer, everything shipped as files; what people make themselves is in its database.

locals {
  grafana_user       = "472:0" # `grafana` of the group root, as in the image
  grafana_on_efs     = var.grafana.database == null
  grafana_secret_dir = "${local.config_path}/secrets"

  # Core Prometheus signs no requests any more. Dashboards ask for a data source by uid, and take this one for the other.
  amp_plugin = "grafana-amazonprometheus-datasource"
  grafana_plugins = concat(
    var.grafana.plugins,
    local.settings.prometheus.sigv4 && !anytrue([for plugin in var.grafana.plugins : startswith(plugin, local.amp_plugin)]) ? ["${local.amp_plugin}@3.3.5"] : [],
  )

  # The groups that the sign-in provider says somebody is in, as JMESPath: each step quoted, for names such as
  # `cognito:groups`, and an empty list for who has no such claim. A dot in what looks like a URL is part of the name.
  oauth_claim  = trim(try(var.grafana.oauth.groups_claim, "groups"), "\"")
  oauth_steps  = can(regex("[:/]", local.oauth_claim)) ? [local.oauth_claim] : split(".", local.oauth_claim)
  oauth_groups = "${join(".", [for step in local.oauth_steps : "\"${step}\""])}[*] || `[]`"

  # Who of the sign-in provider is what here: a JMESPath over what it says of a person.
  grafana_role_attribute_path = var.grafana.oauth == null ? "" : coalesce(
    var.grafana.oauth.role_attribute_path,
    join(" || ", concat(
      [for group in var.grafana.oauth.admin_groups : "contains(${local.oauth_groups}, '${group}') && 'Admin'"],
      [for group in var.grafana.oauth.editor_groups : "contains(${local.oauth_groups}, '${group}') && 'Editor'"],
      # With groups but no domains, who is in none of them stays outside.
      length(var.grafana.oauth.allowed_domains) > 0 || !var.grafana.oauth.allow_sign_up ? ["'Viewer'"] : length(var.grafana.oauth.admin_groups) + length(var.grafana.oauth.editor_groups) > 0 ? ["'None'"] : ["'Viewer'"],
    )),
  )

  grafana_environment = merge(
    {
      GF_SERVER_ROOT_URL                    = "${local.grafana_url}/"
      GF_SERVER_DOMAIN                      = local.domain
      GF_PATHS_PROVISIONING                 = "${local.config_path}/provisioning"
      GF_LOG_MODE                           = "console"
      GF_ANALYTICS_REPORTING_ENABLED        = "false"
      GF_ANALYTICS_CHECK_FOR_UPDATES        = "false"
      GF_AUTH_ANONYMOUS_ENABLED             = "false"
      GF_USERS_ALLOW_SIGN_UP                = "false"
      GF_USERS_AUTO_ASSIGN_ORG_ROLE         = "Viewer"
      GF_SECURITY_ADMIN_PASSWORD__FILE      = "${local.grafana_secret_dir}/admin-password"
      GF_SECURITY_SECRET_KEY__FILE          = "${local.grafana_secret_dir}/secret-key"
      GF_SECURITY_COOKIE_SECURE             = "true"
      GF_SECURITY_COOKIE_SAMESITE           = "lax"
      GF_SECURITY_STRICT_TRANSPORT_SECURITY = "true"
      GF_SECURITY_DISABLE_GRAVATAR          = "true"
      GF_SNAPSHOTS_EXTERNAL_ENABLED         = "false"
    },
    length(local.grafana_plugins) == 0 ? {} : { GF_PLUGINS_PREINSTALL = join(",", local.grafana_plugins) },
    # A plugin is a process of its own, and knows of the task's role only what is handed on to it.
    local.settings.prometheus.sigv4 ? { GF_AUTH_SIGV4_AUTH_ENABLED = "true", GF_PLUGINS_FORWARD_HOST_ENV_VARS = local.amp_plugin } : {},
    var.grafana.oauth == null ? {} : {
      GF_AUTH_GENERIC_OAUTH_ENABLED               = "true"
      GF_AUTH_GENERIC_OAUTH_NAME                  = var.grafana.oauth.name
      GF_AUTH_GENERIC_OAUTH_CLIENT_ID             = var.grafana.oauth.client_id
      GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET__FILE   = "${local.grafana_secret_dir}/oauth-client-secret"
      GF_AUTH_GENERIC_OAUTH_AUTH_URL              = var.grafana.oauth.auth_url
      GF_AUTH_GENERIC_OAUTH_TOKEN_URL             = var.grafana.oauth.token_url
      GF_AUTH_GENERIC_OAUTH_API_URL               = var.grafana.oauth.api_url == null ? "" : var.grafana.oauth.api_url
      GF_AUTH_GENERIC_OAUTH_SCOPES                = var.grafana.oauth.scopes
      GF_AUTH_GENERIC_OAUTH_ALLOWED_DOMAINS       = join(" ", var.grafana.oauth.allowed_domains)
      GF_AUTH_GENERIC_OAUTH_ALLOW_SIGN_UP         = tostring(var.grafana.oauth.allow_sign_up)
      GF_AUTH_GENERIC_OAUTH_AUTO_LOGIN            = tostring(var.grafana.oauth.auto_login)
      GF_AUTH_GENERIC_OAUTH_USE_PKCE              = "true"
      GF_AUTH_GENERIC_OAUTH_USE_REFRESH_TOKEN     = "true"
      GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH   = local.grafana_role_attribute_path
      GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_STRICT = "true"
      GF_AUTH_DISABLE_LOGIN_FORM                  = tostring(var.grafana.oauth.disable_login_form)
    },
    var.grafana.database == null ? {} : {
      GF_DATABASE_TYPE           = "postgres"
      GF_DATABASE_HOST           = var.grafana.database.host
      GF_DATABASE_NAME           = var.grafana.database.name
      GF_DATABASE_USER           = var.grafana.database.user
      GF_DATABASE_SSL_MODE       = var.grafana.database.ssl_mode
      GF_DATABASE_PASSWORD__FILE = "${local.grafana_secret_dir}/database-password"
    },
    var.grafana.extra_environment,
  )

  # Without their white space, which is half of them.
  grafana_dashboards = merge(
    { for file in fileset("${path.module}/dashboards", "*.json") : "dashboards/${file}" => jsonencode(jsondecode(file("${path.module}/dashboards/${file}"))) },
    { for name, board in var.grafana.extra_dashboards : "dashboards/extra-${name}.json" => jsonencode(jsondecode(board)) },
  )

  grafana_delivery = {
    user = local.grafana_user
    files = merge(
      {
        "provisioning/datasources/stack.yml" = templatefile("${path.module}/configs/grafana-datasources.yml.tftpl", local.settings)
        "provisioning/dashboards/stack.yml"  = templatefile("${path.module}/configs/grafana-dashboards.yml.tftpl", local.settings)
      },
      local.grafana_dashboards,
    )
    secrets = merge(
      { admin-password = local.grafana_admin_secret_arn, secret-key = local.generated_secrets["SecretKey"] },
      var.grafana.oauth == null ? {} : { oauth-client-secret = var.grafana.oauth.client_secret_secret_arn },
      var.grafana.database == null ? {} : { database-password = var.grafana.database.password_secret_arn },
      { for arn in compact([try(var.prometheus.query.password_secret_arn, ""), try(var.prometheus.query.token_secret_arn, "")]) : "prometheus-query" => arn },
    )
    volumes = local.grafana_on_efs ? ["tmp"] : ["tmp", "data"]
    mounts  = []
    # Grafana looks for these, and warns of each that is not there.
    before = ["mkdir -p provisioning/alerting provisioning/plugins dashboards"]
  }

  generated_secrets        = aws_cloudformation_stack.grafana_secrets.outputs
  grafana_admin_secret_arn = coalesce(var.grafana.admin_password_secret_arn, local.generated_secrets["AdminPassword"])
}

# Made by AWS itself, once: neither Terraform nor its state, plans and logs ever hold them. (A write-only attribute fed
# by an ephemeral resource would do the same, but `terraform test` cannot mock ephemeral resources, and a module that
# cannot be tested without an account is not worth the three lines.) A changed template leaves the secrets as they are.
resource "aws_cloudformation_stack" "grafana_secrets" {
  #checkov:skip=CKV_AWS_124:two secrets, made in the same apply that would read the notification
  name               = "${local.prefix}-grafana-secrets"
  timeout_in_minutes = 10
  on_failure         = "DELETE"
  tags               = local.tags

  template_body = jsonencode({
    AWSTemplateFormatVersion = "2010-09-09"
    Description              = "Grafana's admin password and the key it encrypts its data source secrets with."
    Resources = {
      for name, one in {
        AdminPassword = { description = "Grafana's user admin of ${local.prefix}; used at the first start only", length = 40 }
        SecretKey     = { description = "the key Grafana of ${local.prefix} encrypts stored secrets with; changing it loses them", length = 48 }
        } : name => {
        Type = "AWS::SecretsManager::Secret"
        Properties = merge(
          {
            Description          = one.description
            GenerateSecretString = { PasswordLength = one.length, ExcludePunctuation = true }
            Tags                 = [for key, value in local.tags : { Key = key, Value = value }]
          },
          var.kms_key_arn == null ? {} : { KmsKeyId = var.kms_key_arn },
        )
      }
    }
    Outputs = { for name in ["AdminPassword", "SecretKey"] : name => { Value = { Ref = name } } }
  })
}

resource "aws_ecs_task_definition" "grafana" {
  family                   = "${local.prefix}-grafana"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.grafana.cpu)
  memory                   = tostring(var.grafana.memory)
  execution_role_arn       = aws_iam_role.execution["grafana"].arn
  task_role_arn            = aws_iam_role.task["grafana"].arn
  tags                     = local.tags

  container_definitions = jsonencode([
    local.configure["grafana"],
    merge(local.container["grafana"], {
      environment = [for name, value in local.grafana_environment : { name = name, value = value }]
      secrets     = []
      mountPoints = [
        local.config_mount,
        { sourceVolume = "data", containerPath = "/var/lib/grafana", readOnly = false },
        { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false },
      ]
      healthCheck = {
        command     = ["CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:3000/api/health || curl -sf -o /dev/null http://127.0.0.1:3000/api/health"]
        interval    = 30
        timeout     = 5
        retries     = 5
        startPeriod = 180
      }
    }),
  ])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  volume {
    name = "config"
  }

  volume {
    name = "tmp"
  }

  volume {
    name = "data"

    dynamic "efs_volume_configuration" {
      for_each = local.grafana_on_efs ? [aws_efs_access_point.this["grafana"].id] : []

      content {
        file_system_id     = local.file_system_id
        transit_encryption = "ENABLED"

        authorization_config {
          access_point_id = efs_volume_configuration.value
          iam             = "ENABLED"
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = contains(lookup(local.fargate_memory, tostring(var.grafana.cpu), []), var.grafana.memory)
      error_message = "Fargate has no task of ${var.grafana.cpu} CPU units and ${var.grafana.memory} MiB (grafana)."
    }
    precondition {
      condition     = length(jsonencode(local.configure["grafana"])) < 56000
      error_message = "The dashboards do not fit the 64 KiB of a task definition; keep fewer in dashboards/, and the others in Grafana's database."
    }
  }
}

resource "aws_ecs_service" "grafana" {
  name             = "${local.prefix}-grafana"
  cluster          = var.ecs_cluster_id
  task_definition  = aws_ecs_task_definition.grafana.arn
  launch_type      = "FARGATE"
  platform_version = "LATEST"
  desired_count    = var.grafana.replicas
  propagate_tags   = "SERVICE"
  tags             = local.tags

  # SQLite on EFS: one writer, as for Prometheus.
  deployment_minimum_healthy_percent = local.grafana_on_efs ? 0 : 100
  deployment_maximum_percent         = local.grafana_on_efs ? 100 : 200
  availability_zone_rebalancing      = local.grafana_on_efs ? "DISABLED" : "ENABLED"

  # The database is migrated at the first start of a version.
  health_check_grace_period_seconds = 300
  enable_ecs_managed_tags           = true
  wait_for_steady_state             = var.wait_for_steady_state

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.private_subnet_ids
    security_groups  = [aws_security_group.component["grafana"].id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.grafana.arn
    container_name   = "grafana"
    container_port   = 3000
  }

  service_registries {
    registry_arn = aws_service_discovery_service.component["grafana"].arn
  }

  lifecycle {
    postcondition {
      condition     = self.task_definition == aws_ecs_task_definition.grafana.arn
      error_message = local.rolled_back
    }
  }

  depends_on = [
    aws_lb_listener_rule.grafana,
    aws_efs_mount_target.this,
    aws_efs_file_system_policy.this,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_vpc_security_group_egress_rule.flow,
    aws_vpc_security_group_ingress_rule.flow,
    aws_vpc_security_group_egress_rule.https,
  ]
}

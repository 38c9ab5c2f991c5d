# What the module must be told. Everything from `architecture` on has a default: the plan's sizes for five services.

variable "environment" {
  description = "Name of the environment, such as `prod`: part of every name, and the label `env` of every metric and alert."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.environment)) && !strcontains(var.environment, "--")
    error_message = "environment must be 2 to 16 small letters, digits and single dashes, starting with a letter."
  }

  validation {
    condition     = !can(regex("^(internal|sg|sthree|amzn-s3-demo)-", "${var.environment}-"))
    error_message = "environment must not be or begin with internal-, sg-, sthree- or amzn-s3-demo-: AWS takes no load balancer, security group or bucket of such a name."
  }
}

variable "aws_region" {
  description = "Region of the stack. It must be the region of the AWS provider that the module is given."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must be a region such as ap-northeast-2."
  }
}

variable "vpc_id" {
  description = "VPC of the services and of the stack. It must resolve DNS host names (`enableDnsSupport` and `enableDnsHostnames`)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-f]{8,17}$", var.vpc_id))
    error_message = "vpc_id must look like vpc-0123456789abcdef0."
  }
}

variable "private_subnet_ids" {
  description = "Private subnets for every task, one in each availability zone, with a way out (NAT or VPC endpoints) to the image registries and AWS APIs."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.private_subnet_ids) >= 2 && length(distinct(var.private_subnet_ids)) == length(var.private_subnet_ids)
    error_message = "private_subnet_ids must name at least two subnets, each once: a task can then move to another availability zone."
  }

  validation {
    condition     = alltrue([for id in var.private_subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))])
    error_message = "private_subnet_ids must look like subnet-0123456789abcdef0."
  }
}

variable "ecs_cluster_id" {
  description = "The cluster the stack runs in, by ARN (which is also the `id` of an `aws_ecs_cluster`)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:cluster/[A-Za-z0-9_-]+$", var.ecs_cluster_id))
    error_message = "ecs_cluster_id must be a cluster's ARN, such as arn:aws:ecs:ap-northeast-2:123456789012:cluster/prod."
  }
}

variable "domain_name" {
  description = "Domain under which Grafana gets its name, such as `example.com` for grafana.example.com."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain_name))
    error_message = "domain_name must be a domain such as example.com, in small letters and without a dot at the end."
  }
}

variable "office_cidrs" {
  description = "Addresses that may reach Grafana: offices and VPNs, as IPv4 ranges, or IPv6 ones where the load balancer has IPv6 (`alb.dualstack`). There is no default, and the whole internet is refused."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.office_cidrs) > 0 && alltrue([for cidr in var.office_cidrs : can(cidrhost(cidr, 0))])
    error_message = "office_cidrs must be at least one range such as 203.0.113.0/24."
  }

  validation {
    # By length, so that two halves of the internet are refused as well.
    condition = alltrue([
      for cidr in var.office_cidrs : try(tonumber(split("/", cidr)[1]) >= (strcontains(cidr, ":") ? 32 : 8), false)
    ])
    error_message = "office_cidrs must not be wider than /8 (IPv6: /32): Grafana is for the office and the VPN, not for the internet."
  }

  validation {
    # Public IPv4 addresses, counted: the internet comes in any number of pieces.
    condition = sum(concat([0], [
      for cidr in var.office_cidrs : try(pow(2, 32 - tonumber(split("/", cidr)[1])), 0)
      if !strcontains(cidr, ":") && !can(regex("^(10|192\\.168|172\\.(1[6-9]|2[0-9]|3[01])|100\\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\\.", cidr))
    ])) <= pow(2, 24)
    error_message = "office_cidrs must not be more public addresses together than one /8 has: Grafana is for the office and the VPN, not for the internet."
  }

  validation {
    condition     = length(distinct(var.office_cidrs)) == length(var.office_cidrs) && alltrue([for cidr in var.office_cidrs : try(cidrhost(cidr, 0) == split("/", cidr)[0], false)])
    error_message = "office_cidrs must name each range once, and by its first address: 203.0.113.0/24, not 203.0.113.77/24; one address is 203.0.113.77/32."
  }

  validation {
    condition     = var.alb.dualstack || !anytrue([for cidr in var.office_cidrs : strcontains(cidr, ":")])
    error_message = "office_cidrs has IPv6 ranges, but the load balancer has no IPv6 address: set alb.dualstack, in subnets that have IPv6, or leave them out."
  }
}

variable "services" {
  description = <<-EOT
    The services to watch, by name. One entry gives a service its scrape job, its alerts, its page of the service
    dashboard and its row of the console.

    - `port`, `metrics_path`, `scheme`: where its metrics are.
    - `discovery`: `dns` (Cloud Map A records; up to 8 tasks are seen), `ecs` (the ECS API; any number of tasks) or `static` (`targets`).
    - `dns_name`: its name in DNS; NAME.`service_namespace` when left out.
    - `ecs_service`: its name in ECS, where that is not its name here; what CloudWatch knows of it then goes by its name here.
    - `targets`: HOST:PORT each, with their own ports. Where they are is the VPC or `network_cidrs`.
    - `security_group_id`: its security group, which then lets Prometheus in at its ports. Left out, Prometheus may reach them in the VPC and in `network_cidrs`, and letting it in is up to you.
    - `basic_auth`: for metrics behind a password, such as Atlantis' with --web-basic-auth.
    - `min_request_rate`: requests a second, over five minutes, below which HighErrorRate and HighLatency stay silent: one error of two requests at night is 50 %. The default is 30 requests in five minutes; 0 judges every request.
  EOT
  type = map(object({
    port              = number
    metrics_path      = optional(string, "/metrics")
    scheme            = optional(string, "http")
    discovery         = optional(string, "dns")
    dns_name          = optional(string)
    ecs_service       = optional(string)
    targets           = optional(list(string), [])
    scrape_interval   = optional(string)
    scrape_timeout    = optional(string)
    security_group_id = optional(string)
    basic_auth        = optional(object({ username = string, password_secret_arn = string }))
    min_request_rate  = optional(number, 0.1)
  }))
  nullable = false

  validation {
    condition     = length(var.services) > 0
    error_message = "services must have at least one entry: there is nothing to watch otherwise."
  }

  validation {
    condition     = alltrue([for name in keys(var.services) : can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$", name))])
    error_message = "The names in services must be letters, digits, dashes and underscores, 63 at the most."
  }

  validation {
    condition     = alltrue([for one in values(var.services) : one.port == floor(one.port) && one.port >= 1 && one.port <= 65535])
    error_message = "The port of a service must be a whole number from 1 to 65535."
  }

  validation {
    condition     = alltrue([for one in values(var.services) : one.min_request_rate >= 0])
    error_message = "The min_request_rate of a service must be requests a second, such as 0.1; 0 judges every request."
  }

  validation {
    condition     = alltrue([for one in values(var.services) : contains(["dns", "ecs", "static"], one.discovery) && contains(["http", "https"], one.scheme)])
    error_message = "The discovery of a service must be dns, ecs or static, and its scheme http or https."
  }

  validation {
    condition     = alltrue([for one in values(var.services) : (one.discovery == "static") == (length(one.targets) > 0)])
    error_message = "A service has targets (HOST:PORT) exactly when its discovery is static."
  }

  validation {
    condition     = alltrue(flatten([for one in values(var.services) : [for target in one.targets : can(regex("^[A-Za-z0-9._-]+:[1-9][0-9]{0,4}$", target)) && try(tonumber(split(":", target)[1]) <= 65535, false)]]))
    error_message = "The targets of a service must look like HOST:PORT."
  }

  validation {
    condition     = alltrue([for one in values(var.services) : can(regex("^/[A-Za-z0-9._~/-]*$", one.metrics_path))])
    error_message = "The metrics_path of a service must be a path such as /metrics."
  }

  validation {
    condition     = alltrue(flatten([for one in values(var.services) : [for time in [one.scrape_interval, one.scrape_timeout] : time == null || can(regex("^[1-9][0-9]*(s|m)$", time))]]))
    error_message = "The scrape_interval and scrape_timeout of a service must be times such as 15s or 1m."
  }

  validation {
    condition = alltrue([
      for one in values(var.services) : try(
        tonumber(regex("^[0-9]+", coalesce(one.scrape_timeout, var.prometheus.scrape_timeout))) * lookup({ s = 1, m = 60, h = 3600, d = 86400, w = 604800, y = 31536000 }, regex("[a-z]+$", coalesce(one.scrape_timeout, var.prometheus.scrape_timeout)), 0)
        <= tonumber(regex("^[0-9]+", coalesce(one.scrape_interval, var.prometheus.scrape_interval))) * lookup({ s = 1, m = 60, h = 3600, d = 86400, w = 604800, y = 31536000 }, regex("[a-z]+$", coalesce(one.scrape_interval, var.prometheus.scrape_interval)), 0), true
      )
    ])
    error_message = "The scrape_timeout of a service must not be longer than its scrape_interval (left out, those of prometheus count): Prometheus does not start then."
  }

  validation {
    condition     = alltrue([for one in values(var.services) : one.dns_name == null || can(regex("^[A-Za-z0-9._-]+$", one.dns_name))])
    error_message = "The dns_name of a service must be a name in DNS."
  }

  validation {
    condition     = alltrue([for one in values(var.services) : one.ecs_service == null || can(regex("^[A-Za-z0-9_-]+$", one.ecs_service))])
    error_message = "The ecs_service of a service must be the name of an ECS service, not its ARN."
  }

  validation {
    condition     = length(distinct([for name, one in var.services : coalesce(one.ecs_service, name)])) == length(var.services)
    error_message = "Two services have one name in ECS: what CloudWatch knows of it can go by one name only."
  }

  validation {
    condition = length(distinct(flatten([for one in values(var.services) : [for port in distinct(one.discovery == "static" ? [for target in one.targets : split(":", target)[1]] : [tostring(one.port)]) : "${one.security_group_id}:${port}"] if one.security_group_id != null]))) == length(flatten([
      for one in values(var.services) : distinct(one.discovery == "static" ? [for target in one.targets : split(":", target)[1]] : [tostring(one.port)]) if one.security_group_id != null
    ]))
    error_message = "Two services share a security group and a port: give security_group_id to one of them only, AWS takes each rule once."
  }

  validation {
    condition     = alltrue([for one in values(var.services) : one.basic_auth == null || can(regex("^arn:[a-z-]+:(secretsmanager|ssm):", one.basic_auth.password_secret_arn)) && can(regex("^[A-Za-z0-9._@-]+$", one.basic_auth.username))])
    error_message = "The basic_auth of a service must have a plain username, and its password_secret_arn must be the ARN of a secret in Secrets Manager or of a parameter in SSM."
  }
}

variable "network_cidrs" {
  description = "Further IPv4 ranges in which services and stores are, besides the VPC's first one: its other ranges, peered VPCs, a public store that does not listen on 443. Prometheus and Grafana are let out to them on the ports of services and stores; anything else but HTTPS stays shut."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(distinct(var.network_cidrs)) == length(var.network_cidrs) && alltrue([for cidr in var.network_cidrs : try(cidrhost(cidr, 0) == split("/", cidr)[0] && tonumber(split("/", cidr)[1]) >= 8 && !strcontains(cidr, ":"), false)])
    error_message = "network_cidrs must be IPv4 ranges such as 10.1.0.0/16, each once, by its first address, and none wider than /8."
  }
}

variable "architecture" {
  description = "Processors of all tasks: `X86_64`, as in the plan, or `ARM64`, about a fifth cheaper."
  type        = string
  default     = "X86_64"
  nullable    = false

  validation {
    condition     = contains(["X86_64", "ARM64"], var.architecture)
    error_message = "architecture must be X86_64 or ARM64."
  }
}

variable "name" {
  description = "Name of the stack; with the environment before it, of everything in it. Two stacks of one environment need two names."
  type        = string
  default     = "monitoring"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name must be 2 to 16 small letters, digits and single dashes, starting with a letter."
  }
}

variable "common_tags" {
  description = "Tags for everything that can have tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "images" {
  description = "Images, each by version (`NAME:VERSION`) or by digest (`NAME:VERSION@sha256:...`); `latest` is refused. Point them at a pull-through cache to be independent of Docker Hub."
  type = object({
    prometheus          = optional(string, "docker.io/prom/prometheus:v3.15.0")
    grafana             = optional(string, "docker.io/grafana/grafana:13.2.3")
    cloudwatch_exporter = optional(string, "docker.io/prom/cloudwatch-exporter:v0.18.0")
    alertmanager        = optional(string, "docker.io/prom/alertmanager:v0.34.0")
    loki                = optional(string, "docker.io/grafana/loki:3.7.6")
    init                = optional(string, "public.ecr.aws/docker/library/busybox:1.37.0")
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for image in values(var.images) :
      can(regex("^[a-z0-9][a-z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]*)(@sha256:[0-9a-f]{64})?$|@sha256:[0-9a-f]{64}$", image)) && !can(regex(":latest(@|$)", image)) && can(regex("[^/]+:[^/]+$", image))
    ])
    error_message = "Every image must have a version (NAME:VERSION, not latest) or a digest (NAME@sha256:...)."
  }
}

variable "prometheus" {
  description = <<-EOT
    Prometheus.

    - `cpu`, `memory`: of the task, in CPU units and MiB. 1024/2048 for 5 services, 1536 is no Fargate size: 2048/4096 for 10 and 20.
    - `scrape_interval`, `scrape_timeout`, `evaluation_interval`: of everything that says nothing else.
    - `retention`, `retention_size`: the smaller of the two counts. Keep the size under 85 % of what you mean to pay for.
    - `storage`: `efs`, one writer, history kept; or `ephemeral`, nothing kept, for when `remote_write` goes to a store that keeps it. Only then may `replicas` be more than 1.
    - `client_security_group_ids`: who may ask it (9090) besides Grafana.
    - `query`: where Grafana asks instead of this Prometheus: the store of `remote_write`. `flavour` is Prometheus, Cortex, Mimir or Thanos; `tenant` is sent as X-Scope-OrgID; `username` and `password_secret_arn`, or `token_secret_arn`, are what it signs in with, from Secrets Manager or SSM; with `sigv4` it is Amazon Managed Prometheus, whose data source Grafana installs at start, and its `workspace_arn` is what Grafana may read.
    - `extra_flags`: appended to its command, none of those the module gives. `extra_rules`: rule files of your own, as text by name.
  EOT
  type = object({
    cpu                       = optional(number, 1024)
    memory                    = optional(number, 2048)
    retention                 = optional(string, "15d")
    retention_size            = optional(string, "20GB")
    scrape_interval           = optional(string, "15s")
    scrape_timeout            = optional(string, "10s")
    evaluation_interval       = optional(string, "15s")
    storage                   = optional(string, "efs")
    replicas                  = optional(number, 1)
    ephemeral_storage_gib     = optional(number, 21)
    client_security_group_ids = optional(list(string), [])
    extra_flags               = optional(list(string), [])
    extra_rules               = optional(map(string), {})
    query = optional(object({
      url                 = string
      flavour             = optional(string, "Prometheus")
      sigv4               = optional(bool, false)
      workspace_arn       = optional(string)
      tenant              = optional(string)
      username            = optional(string)
      password_secret_arn = optional(string)
      token_secret_arn    = optional(string)
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["efs", "ephemeral"], var.prometheus.storage)
    error_message = "prometheus.storage must be efs or ephemeral."
  }

  validation {
    condition     = var.prometheus.storage == "efs" || length(var.remote_write) > 0
    error_message = "prometheus.storage = \"ephemeral\" keeps nothing: it needs a remote_write to a store that does."
  }

  validation {
    condition     = var.prometheus.replicas == 1 || (var.prometheus.storage == "ephemeral" && var.prometheus.query != null && var.prometheus.replicas >= 1 && var.prometheus.replicas == floor(var.prometheus.replicas))
    error_message = "prometheus.replicas may be more than 1 only with storage = \"ephemeral\" and a query: two writers destroy one storage, and Grafana must not ask now one replica, now the other."
  }

  validation {
    condition     = alltrue([for time in [var.prometheus.retention, var.prometheus.scrape_interval, var.prometheus.scrape_timeout, var.prometheus.evaluation_interval] : can(regex("^[1-9][0-9]*(s|m|h|d|w|y)$", time))])
    error_message = "The times of prometheus must be a number with a unit, such as 15s or 15d."
  }

  validation {
    condition = try(
      tonumber(regex("^[0-9]+", var.prometheus.scrape_timeout)) * lookup({ s = 1, m = 60, h = 3600, d = 86400, w = 604800, y = 31536000 }, regex("[a-z]+$", var.prometheus.scrape_timeout), 0)
      <= tonumber(regex("^[0-9]+", var.prometheus.scrape_interval)) * lookup({ s = 1, m = 60, h = 3600, d = 86400, w = 604800, y = 31536000 }, regex("[a-z]+$", var.prometheus.scrape_interval), 0), true
    )
    error_message = "prometheus.scrape_timeout must not be longer than prometheus.scrape_interval: Prometheus does not start then."
  }

  validation {
    condition     = !anytrue([for flag in var.prometheus.extra_flags : can(regex("^--(no-)?(config\\.file|storage\\.tsdb\\.path|storage\\.tsdb\\.retention\\.(time|size)|web\\.(enable-lifecycle|external-url|listen-address))(=|$)", flag))])
    error_message = "prometheus.extra_flags must not repeat what the module sets: Prometheus does not start then."
  }

  validation {
    condition     = length(distinct(var.prometheus.client_security_group_ids)) == length(var.prometheus.client_security_group_ids)
    error_message = "prometheus.client_security_group_ids must name each group once: AWS takes each rule once."
  }

  validation {
    condition     = can(regex("^[1-9][0-9]*(MB|GB|TB)$", var.prometheus.retention_size))
    error_message = "prometheus.retention_size must be such as 20GB. Without it nothing limits the storage: EFS never is full."
  }

  validation {
    condition     = var.prometheus.ephemeral_storage_gib >= 21 && var.prometheus.ephemeral_storage_gib <= 200
    error_message = "prometheus.ephemeral_storage_gib must be from 21 to 200."
  }

  validation {
    condition     = !anytrue([for flag in var.prometheus.extra_flags : strcontains(flag, "no-lockfile")])
    error_message = "prometheus.extra_flags must not remove the lock file: it is the last guard against two writers."
  }

  validation {
    condition = alltrue([
      for name, rules in var.prometheus.extra_rules : can(regex("^[a-z0-9-]+$", name)) && can(yamldecode(rules).groups[0]) && try(alltrue(flatten([
        for group in yamldecode(rules).groups : [can(regex(".", group.name)), [for rule in group.rules : can(regex(".", rule.expr)) && can(rule.alert) != can(rule.record)]]
      ])), false)
    ])
    error_message = "prometheus.extra_rules must be files of rules by names of small letters, digits and dashes: YAML with groups, a list, where each has a name and rules, and each rule an expr and either alert or record."
  }

  validation {
    condition     = var.prometheus.query == null || try(can(regex("^https?://[^'@ ]+$", var.prometheus.query.url)) && contains(["Prometheus", "Cortex", "Mimir", "Thanos"], var.prometheus.query.flavour), false)
    error_message = "prometheus.query.url must be an http(s) address without a password in it, and its flavour Prometheus, Cortex, Mimir or Thanos."
  }

  validation {
    condition     = try(var.prometheus.query.sigv4, false) == (try(var.prometheus.query.workspace_arn, null) != null)
    error_message = "prometheus.query has a workspace_arn exactly when it has sigv4."
  }

  validation {
    condition = var.prometheus.query == null || try(
      (var.prometheus.query.username == null) == (var.prometheus.query.password_secret_arn == null)
      && length([for way in [var.prometheus.query.sigv4 ? "sigv4" : null, var.prometheus.query.username, var.prometheus.query.token_secret_arn] : way if way != null]) <= 1
      && (var.prometheus.query.username == null || can(regex("^[A-Za-z0-9._@-]+$", var.prometheus.query.username)))
      && alltrue([for arn in compact([var.prometheus.query.password_secret_arn, var.prometheus.query.token_secret_arn]) : can(regex("^arn:[a-z-]+:(secretsmanager|ssm):", arn))]),
      false
    )
    error_message = "prometheus.query has one way to say who asks: sigv4, a plain username with password_secret_arn, or token_secret_arn; its secrets are ARNs of Secrets Manager or SSM."
  }

  validation {
    condition     = try(var.prometheus.query.tenant, null) == null || can(regex("^[A-Za-z0-9._|-]+$", var.prometheus.query.tenant))
    error_message = "prometheus.query.tenant must be letters, digits and . _ | -."
  }
}

variable "remote_write" {
  description = <<-EOT
    Stores that get every sample: Amazon Managed Prometheus, Mimir, Thanos Receive.

    - `name`, `url`: the address that takes samples, such as https://aps-workspaces.REGION.amazonaws.com/workspaces/ID/api/v1/remote_write.
    - `sigv4`: the task's role signs. Then either `workspace_arn`, which the role is allowed to write to, or `role_arn`, which it assumes (another account).
    - `headers`: not secret ones, such as X-Scope-OrgID.
    - `username` and `password_secret_arn`, or `token_secret_arn`: from Secrets Manager or SSM.
  EOT
  type = list(object({
    name                = string
    url                 = string
    sigv4               = optional(bool, false)
    region              = optional(string)
    workspace_arn       = optional(string)
    role_arn            = optional(string)
    headers             = optional(map(string), {})
    username            = optional(string)
    password_secret_arn = optional(string)
    token_secret_arn    = optional(string)
  }))
  default  = []
  nullable = false

  validation {
    condition     = length(distinct(var.remote_write[*].name)) == length(var.remote_write) && alltrue([for one in var.remote_write : can(regex("^[a-z0-9-]{1,30}$", one.name))])
    error_message = "Every remote_write needs a name of its own: small letters, digits and dashes."
  }

  validation {
    condition     = alltrue([for one in var.remote_write : can(regex("^https?://[^'@ ]+$", one.url))])
    error_message = "The url of remote_write must be an http(s) address without a password in it."
  }

  validation {
    condition     = alltrue([for one in var.remote_write : one.sigv4 == ((one.workspace_arn != null) != (one.role_arn != null))])
    error_message = "A remote_write with sigv4 needs either workspace_arn or role_arn; one without needs neither."
  }

  validation {
    condition     = alltrue([for one in var.remote_write : (one.username == null) == (one.password_secret_arn == null) && length([for way in [one.sigv4 ? "sigv4" : null, one.username, one.token_secret_arn] : way if way != null]) <= 1])
    error_message = "A remote_write has one way to say who it is: sigv4, username with password_secret_arn, or token_secret_arn."
  }

  validation {
    condition     = alltrue(flatten([for one in var.remote_write : [for arn in compact([one.password_secret_arn, one.token_secret_arn]) : can(regex("^arn:[a-z-]+:(secretsmanager|ssm):", arn))]])) && alltrue([for one in var.remote_write : one.username == null || can(regex("^[A-Za-z0-9._@-]+$", one.username))])
    error_message = "The secrets of remote_write must be ARNs of Secrets Manager or SSM, and its username a plain one."
  }

  validation {
    condition     = alltrue(flatten([for one in var.remote_write : [for header, value in one.headers : can(regex("^[A-Za-z][A-Za-z0-9-]*$", header)) && !contains(["authorization", "cookie"], lower(header)) && !can(regex("['\\n]", value))]]))
    error_message = "The headers of remote_write must not carry secrets (authorization, cookie) or quotes."
  }
}

variable "grafana" {
  description = <<-EOT
    Grafana.

    - `cpu`, `memory`: of the task. `subdomain`: its name under `domain_name`.
    - `admin_password_secret_arn`: a secret with the admin's password. Left out, AWS generates one, which no state, plan or log ever holds.
    - `oauth`: sign-in through any OpenID Connect provider (Cognito, Okta, Entra ID, Google). Roles follow from groups: `admin_groups` and `editor_groups` of the claim `groups_claim` (as it is called: `cognito:groups`, or with dots where it is inside another: `realm_access.roles`). Who is in none of them, or has no such claim, is a Viewer where `allowed_domains` or `allow_sign_up = false` say who may come at all, and sees nothing otherwise. `role_attribute_path` (JMESPath) replaces that rule.
    - `database`: a PostgreSQL to keep everything in, instead of SQLite on EFS. Only then may `replicas` be more than 1.
    - `plugins`: installed at start. `extra_environment`: any further GF_ settings, no secrets. `extra_dashboards`: dashboards of your own, as JSON by name.
  EOT
  type = object({
    cpu                       = optional(number, 512)
    memory                    = optional(number, 1024)
    subdomain                 = optional(string, "grafana")
    replicas                  = optional(number, 1)
    admin_password_secret_arn = optional(string)
    plugins                   = optional(list(string), [])
    extra_environment         = optional(map(string), {})
    extra_dashboards          = optional(map(string), {})
    oauth = optional(object({
      name                     = optional(string, "OAuth")
      client_id                = string
      client_secret_secret_arn = string
      auth_url                 = string
      token_url                = string
      api_url                  = optional(string)
      scopes                   = optional(string, "openid email profile")
      allowed_domains          = optional(list(string), [])
      allow_sign_up            = optional(bool, true)
      auto_login               = optional(bool, false)
      disable_login_form       = optional(bool, false)
      groups_claim             = optional(string, "groups")
      admin_groups             = optional(list(string), [])
      editor_groups            = optional(list(string), [])
      role_attribute_path      = optional(string)
    }))
    database = optional(object({
      host                = string
      name                = optional(string, "grafana")
      user                = string
      password_secret_arn = string
      ssl_mode            = optional(string, "require")
      security_group_id   = string
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.grafana.subdomain))
    error_message = "grafana.subdomain must be one label of a domain name."
  }

  validation {
    condition     = var.grafana.replicas == 1 || (var.grafana.database != null && var.grafana.replicas >= 1 && var.grafana.replicas == floor(var.grafana.replicas))
    error_message = "grafana.replicas may be more than 1 only with a database: two writers destroy one SQLite file."
  }

  validation {
    condition = alltrue([
      for arn in compact([var.grafana.admin_password_secret_arn, try(var.grafana.oauth.client_secret_secret_arn, null), try(var.grafana.database.password_secret_arn, null)]) :
      can(regex("^arn:[a-z-]+:(secretsmanager|ssm):", arn))
    ])
    error_message = "The secrets of grafana must be ARNs of Secrets Manager or SSM."
  }

  validation {
    condition     = var.grafana.oauth == null || try(startswith(var.grafana.oauth.auth_url, "https://") && startswith(var.grafana.oauth.token_url, "https://"), false)
    error_message = "The addresses of grafana.oauth must begin with https://."
  }

  validation {
    condition     = var.grafana.oauth == null || try(!var.grafana.oauth.allow_sign_up || length(var.grafana.oauth.allowed_domains) > 0 || length(var.grafana.oauth.admin_groups) + length(var.grafana.oauth.editor_groups) > 0 || var.grafana.oauth.role_attribute_path != null, false)
    error_message = "grafana.oauth must say who may sign in: allowed_domains, groups, role_attribute_path, or allow_sign_up = false."
  }

  validation {
    condition     = var.grafana.oauth == null || try(alltrue([for group in concat(var.grafana.oauth.admin_groups, var.grafana.oauth.editor_groups) : !strcontains(group, "'") && !endswith(group, "\\")]), false)
    error_message = "The groups of grafana.oauth must not have quotes in them, nor a backslash at the end."
  }

  validation {
    condition     = var.grafana.oauth == null || try(can(regex("^[^\"\\\\]+$", trim(var.grafana.oauth.groups_claim, "\""))), false)
    error_message = "grafana.oauth.groups_claim must be a claim's name, such as groups or cognito:groups."
  }

  validation {
    condition     = try(contains(["require", "verify-ca", "verify-full"], var.grafana.database.ssl_mode), true)
    error_message = "grafana.database.ssl_mode must be require, verify-ca or verify-full."
  }

  validation {
    condition     = alltrue([for name, board in var.grafana.extra_dashboards : can(regex("^[a-z0-9-]+$", name)) && can(jsondecode(board).panels)])
    error_message = "grafana.extra_dashboards must be dashboards (JSON with panels) by names of small letters, digits and dashes."
  }

  validation {
    condition     = alltrue([for name in keys(var.grafana.extra_environment) : startswith(name, "GF_") && !can(regex("(?i)password|secret|token", name))])
    error_message = "grafana.extra_environment is for GF_ settings that are no secrets."
  }
}

variable "cloudwatch_exporter" {
  description = "The CloudWatch exporter. Every scrape costs API requests: see configs/cloudwatch-exporter.yml.tftpl before you shorten `scrape_interval`. `container_insights` collects task counts, where the cluster has Container Insights on. `cluster_arns`: clusters to watch besides the stack's own."
  type = object({
    cpu                = optional(number, 256)
    memory             = optional(number, 512)
    scrape_interval    = optional(string, "2m")
    container_insights = optional(bool, true)
    cluster_arns       = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["1m", "2m"], var.cloudwatch_exporter.scrape_interval)
    error_message = "cloudwatch_exporter.scrape_interval must be 1m or 2m: with more, an instant query finds nothing after one missed scrape."
  }

  validation {
    condition     = alltrue([for arn in var.cloudwatch_exporter.cluster_arns : can(regex("^arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:cluster/[A-Za-z0-9_-]+$", arn))])
    error_message = "cloudwatch_exporter.cluster_arns must be ARNs of clusters."
  }

  validation {
    condition     = var.prometheus.replicas == 1 || alltrue([for arn in var.cloudwatch_exporter.cluster_arns : arn == var.ecs_cluster_id])
    error_message = "cloudwatch_exporter.cluster_arns must be empty where prometheus.replicas is more than 1: the store tells replicas apart by the label cluster, which then has to be the same in every series."
  }
}

variable "alertmanager" {
  description = <<-EOT
    Alertmanager, optional.

    - `slack`: a webhook for each of the two channels. `pagerduty`: the routing key of a service there.
    - `watchdog`: how silence is noticed. `alarm_actions` makes a topic that Watchdog is sent to, and a CloudWatch alarm that calls these actions when nothing arrives; `url_secret_arn` is a dead man's switch elsewhere.
    - `retention`: of silences and of what was told, in hours.
    - `night`: with `enabled`, warnings wait for the morning. Off: everybody is told at once.
    - `client_security_group_ids`: who may ask it (9093) besides Prometheus and Grafana.
  EOT
  type = object({
    enabled   = optional(bool, true)
    cpu       = optional(number, 256)
    memory    = optional(number, 512)
    retention = optional(string, "120h")
    slack = optional(object({
      critical_webhook_secret_arn = string
      warning_webhook_secret_arn  = string
      critical_channel            = optional(string, "#alerts-critical")
      warning_channel             = optional(string, "#alerts-warning")
    }))
    pagerduty = optional(object({ routing_key_secret_arn = string }))
    watchdog = optional(object({
      alarm_actions  = optional(list(string), [])
      url_secret_arn = optional(string)
    }), {})
    night = optional(object({
      enabled  = optional(bool, false)
      location = optional(string, "Asia/Seoul")
      from     = optional(string, "22:00")
      to       = optional(string, "08:00")
    }), {})
    client_security_group_ids = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for arn in compact([try(var.alertmanager.slack.critical_webhook_secret_arn, null), try(var.alertmanager.slack.warning_webhook_secret_arn, null), try(var.alertmanager.pagerduty.routing_key_secret_arn, null), try(var.alertmanager.watchdog.url_secret_arn, null)]) :
      can(regex("^arn:[a-z-]+:(secretsmanager|ssm):", arn))
    ])
    error_message = "The secrets of alertmanager must be ARNs of Secrets Manager or SSM."
  }

  validation {
    condition     = can(regex("^[1-9][0-9]*h$", var.alertmanager.retention))
    error_message = "alertmanager.retention must be hours, such as 120h: Alertmanager knows no days."
  }

  validation {
    condition     = length(distinct(var.alertmanager.client_security_group_ids)) == length(var.alertmanager.client_security_group_ids)
    error_message = "alertmanager.client_security_group_ids must name each group once: AWS takes each rule once."
  }

  validation {
    condition     = var.alertmanager.slack == null || try(alltrue([for channel in [var.alertmanager.slack.critical_channel, var.alertmanager.slack.warning_channel] : can(regex("^[#@]?[^'\\s]+$", channel))]), false)
    error_message = "A channel of alertmanager.slack must be such as #alerts-critical."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9_+/-]+$", var.alertmanager.night.location)) && alltrue([for time in [var.alertmanager.night.from, var.alertmanager.night.to] : can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", time))]) && var.alertmanager.night.from != var.alertmanager.night.to
    error_message = "alertmanager.night must have a time zone such as Asia/Seoul and two times such as 22:00 and 08:00."
  }
}

variable "loki" {
  description = "Loki, optional: logs in S3, kept for `retention` (in hours, a multiple of 24). `client_security_group_ids`: who may send to it and ask it (3100) besides Grafana."
  type = object({
    enabled                   = optional(bool, false)
    cpu                       = optional(number, 512)
    memory                    = optional(number, 1024)
    retention                 = optional(string, "720h")
    client_security_group_ids = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[1-9][0-9]*h$", var.loki.retention)) && try(tonumber(trimsuffix(var.loki.retention, "h")) % 24 == 0, false)
    error_message = "loki.retention must be whole days in hours, such as 720h."
  }

  validation {
    condition     = length(distinct(var.loki.client_security_group_ids)) == length(var.loki.client_security_group_ids)
    error_message = "loki.client_security_group_ids must name each group once: AWS takes each rule once."
  }
}

variable "alb" {
  description = <<-EOT
    The load balancer before Grafana.

    - `subnet_ids`: public subnets; required unless it is `internal`, which uses the private ones.
    - `dualstack`: an IPv6 address too, and Grafana's name for it; its subnets must have IPv6 ranges.
    - `ssl_policy`: TLS 1.2 and 1.3, or 1.3 only.
    - `access_logs`: into a bucket of its own, kept for `access_log_days`.
    - `web_acl_arn`: a WAF to put before it.
  EOT
  type = object({
    internal        = optional(bool, false)
    dualstack       = optional(bool, false)
    subnet_ids      = optional(list(string), [])
    ssl_policy      = optional(string, "ELBSecurityPolicy-TLS13-1-2-Res-2021-06")
    access_logs     = optional(bool, true)
    access_log_days = optional(number, 90)
    web_acl_arn     = optional(string)
  })
  nullable = false

  validation {
    condition     = var.alb.internal || length(distinct(var.alb.subnet_ids)) >= 2
    error_message = "alb.subnet_ids must name at least two public subnets; or set alb.internal, to use the private ones."
  }

  validation {
    condition     = can(regex("^ELBSecurityPolicy-TLS13-1-[23]-", var.alb.ssl_policy))
    error_message = "alb.ssl_policy must be one of ELBSecurityPolicy-TLS13-1-2-... or ELBSecurityPolicy-TLS13-1-3-...: nothing below TLS 1.2."
  }
}

variable "route53_zone_id" {
  description = "The public hosted zone of `domain_name`. Left out, a zone is made, which the domain must then be delegated to (see the output `name_servers`) before the certificate can be issued."
  type        = string
  default     = null

  validation {
    condition     = var.route53_zone_id == null || can(regex("^Z[A-Z0-9]{1,32}$", var.route53_zone_id))
    error_message = "route53_zone_id must be a zone's id, such as Z0123456789ABCDEFGHIJ."
  }
}

variable "certificate_arn" {
  description = "An issued ACM certificate for Grafana's name, in `aws_region`. Left out, one is requested and validated through DNS; ACM renews it."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of an ACM certificate."
  }
}

variable "service_namespace" {
  description = "Private DNS domain of the services, from which their names are made. Left out, ENVIRONMENT.internal."
  type        = string
  default     = null

  validation {
    condition     = var.service_namespace == null || can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)*$", var.service_namespace))
    error_message = "service_namespace must be a domain such as prod.internal."
  }
}

variable "stack_namespace" {
  description = "Private DNS domain that is made for the stack itself. Another stack in the same VPC needs another."
  type        = string
  default     = "monitoring.internal"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.stack_namespace))
    error_message = "stack_namespace must be a domain such as monitoring.internal."
  }
}

variable "efs" {
  description = "The file system under Prometheus, Grafana and Alertmanager. `bursting` throughput is in the price of storage; `elastic` is billed by the GB read and written, and never runs out of credits."
  type = object({
    throughput_mode = optional(string, "bursting")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["bursting", "elastic"], var.efs.throughput_mode)
    error_message = "efs.throughput_mode must be bursting or elastic."
  }
}

variable "restore" {
  description = "Runs the stack on a restored file system (README, restore). `file_system_id` is what AWS Backup restored to, `directory` the folder it made there. The write-ahead log of a copied Prometheus is not consistent: it is removed once, before the first start. The file system that was there stays until `keep_original` is turned off."
  type = object({
    file_system_id = string
    directory      = string
    keep_original  = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.restore == null || try(can(regex("^fs-[0-9a-f]{8,17}$", var.restore.file_system_id)) && can(regex("^(/[A-Za-z0-9._-]+)+$", var.restore.directory)), false)
    error_message = "restore.file_system_id must look like fs-0123456789abcdef0, and restore.directory like /aws-backup-restore_2026-01-01T00-00-00-000Z."
  }
}

variable "backup" {
  description = <<-EOT
    AWS Backup of the file system.

    - `schedule`: daily, as AWS cron in UTC; the default is 03:00 in Seoul. `retention_days`: how long a copy is kept.
    - `restore_test`: AWS restores the latest copy to a scratch file system by `restore_test_schedule`, to see that it can, and deletes it again.
    - `copy_vault_arn`: a vault in another region or account that gets each copy too.
  EOT
  type = object({
    enabled               = optional(bool, true)
    schedule              = optional(string, "cron(0 18 * * ? *)")
    retention_days        = optional(number, 35)
    restore_test          = optional(bool, true)
    restore_test_schedule = optional(string, "cron(0 20 ? * SUN *)")
    copy_vault_arn        = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.backup.retention_days >= 7
    error_message = "backup.retention_days must be at least 7: a fault is not always seen within days."
  }

  validation {
    condition     = alltrue([for one in [var.backup.schedule, var.backup.restore_test_schedule] : can(regex("^cron\\(.+\\)$", one))])
    error_message = "The schedules of backup must be AWS cron expressions, such as cron(0 18 * * ? *)."
  }
}

variable "log_retention_days" {
  description = "How long the tasks' logs are kept in CloudWatch."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of CloudWatch's: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 and so on."
  }
}

variable "kms_key_arn" {
  description = "A customer-managed key for the file system, backups, secrets, topic and logs. Its policy must let the services use it (README). Left out, AWS' own keys."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key (not of an alias)."
  }
}

variable "secret_kms_key_arns" {
  description = "Customer-managed keys of the secrets that are named by ARN, where they have any: the tasks that get a secret may then decrypt with them."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.secret_kms_key_arns : can(regex("^arn:[a-z-]+:kms:", arn))])
    error_message = "secret_kms_key_arns must be ARNs of keys."
  }
}

variable "cloudtrail" {
  description = "An audit trail of the account's management events, for accounts that have none; most get theirs from the organisation."
  type = object({
    enabled        = optional(bool, false)
    retention_days = optional(number, 365)
  })
  default  = {}
  nullable = false
}

variable "deletion_protection" {
  description = "Makes `terraform destroy` fail before it deletes anything, and AWS refuse to delete the load balancer, and backups and buckets that have something in them. Turn it off and apply before you destroy. EFS, log groups and secrets have no such lock in AWS: whoever deletes them there, or through a change of the module's inputs, is not stopped."
  type        = bool
  default     = true
  nullable    = false
}

variable "wait_for_steady_state" {
  description = "Makes apply wait until each service is steady, and fail where ECS had to go back to the revision before: a bad image or configuration. Off, apply ends at once, and nobody is told of a rollback."
  type        = bool
  default     = true
  nullable    = false
}

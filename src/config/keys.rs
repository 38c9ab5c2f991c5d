//! The table of every key: the one place where a key is named, described, bounded and given its default.

use std::time::Duration;

use super::key::{Key, Kind, Shape};
use super::rules;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

/// The whole file.
pub const ROOT: Shape = &[&[
    Key::new("default_context", Kind::Text(&rules::CONTEXT), r#""prod""#, "the context used when none is named"),
    Key::table("ui", Kind::Table(UI), "how the screen looks and listens"),
    Key::table(
        "contexts",
        Kind::Named(CONTEXT),
        "the environments, each under a name of your choice; each needs at least one of `aws`, `prometheus`, \
         `alertmanager` and `grafana`",
    ),
]];

const UI: Shape = &[&[
    Key::new(
        "theme",
        Kind::NameOrPath,
        r#""light""#,
        "colours: a shipped theme (`rounds themes` lists them), one of your own in `themes/` beside this file, or a path",
    ).elsewhere(&["colour", "color", "colours", "colors", "colorscheme", "skin"])
    .or(r#""dark""#),
    Key::new(
        "keymap",
        Kind::NameOrPath,
        r#""vim""#,
        "keys: a shipped keymap (`rounds keys` shows it), one of your own in `keymaps/` beside this file, or a path",
    ).elsewhere(&["keys", "keybindings", "bindings", "hotkeys"])
    .or(r#""default""#),
    Key::new(
        "mouse",
        Kind::Choice(&["auto", "on", "off"]),
        r#""off""#,
        "whether the mouse is listened to; `auto` means not over SSH",
    )
    .or(r#""auto""#),
    Key::new("ascii", Kind::Flag, "true", "draw ASCII only; without it, as the locale allows"),
    Key::new(
        "time_zone",
        Kind::Text(&rules::TIME_ZONE),
        r#""Asia/Seoul""#,
        "the time zone of clock times; without it, the machine's",
    ).elsewhere(&["tz"]),
]];

const CONTEXT: Shape = &[&[
    Key::new("production", Kind::Flag, "true", "mark it as production: the header shows it, changes ask twice")
        .or("false"),
    Key::new("read_only", Kind::Flag, "true", "take changes away altogether: nothing here can be altered")
        .elsewhere(&["readonly", "read-only"])
        .or("false"),
    Key::new(
        "arm_for",
        Kind::Duration(Duration::from_mins(1), Duration::from_hours(8)),
        r#""5m""#,
        "how long changes stay possible in a production context once it is armed",
    )
    .or(r#""10m""#),
    Key::new(
        "change_timeout",
        Kind::Duration(Duration::from_secs(10), Duration::from_hours(2)),
        r#""10m""#,
        "how long a change is watched before it is given up",
    )
    .or(r#""5m""#),
    Key::new(
        "services",
        Kind::Texts(&rules::GLOB),
        r#"["api-*", "web"]"#,
        "the services shown, by name or glob; all when empty",
    )
    .or("[]"),
    Key::new(
        "stack_services",
        Kind::Texts(&rules::GLOB),
        r#"["monitoring-*"]"#,
        "the services that are the monitoring stack's own, by name or glob",
    )
    .or(concat!(
        r#"["prometheus", "*-prometheus", "grafana", "*-grafana", "alertmanager", "*-alertmanager", "#,
        r#""cloudwatch-exporter", "*-cloudwatch-exporter", "loki", "*-loki"]"#
    )),
    Key::table(
        "aws",
        Kind::Table(AWS),
        "ECS and CloudWatch; without this table, AWS is not asked (an empty one is enough)",
    ),
    Key::table(
        "grafana",
        Kind::Table(GRAFANA),
        "Grafana: dashboards, its own alerts, and the way to what only it can reach",
    ),
    Key::table(
        "prometheus",
        Kind::Table(PROMETHEUS),
        "Prometheus, or anything with its query API: `url`, or `via = \"grafana\"`",
    ),
    Key::table(
        "alertmanager",
        Kind::Table(ALERTMANAGER),
        "Alertmanager: alerts and silences: `url`, or `via = \"grafana\"`",
    ),
    Key::table(
        "logs",
        Kind::Table(LOGS),
        "where logs are, where the task definitions do not say it, and how many are kept",
    ),
    Key::table("thresholds", Kind::Table(THRESHOLDS), "what counts as too much, for how long").elsewhere(&["limits"]),
    Key::table("refresh", Kind::Table(REFRESH), "how often each source is asked").elsewhere(&[
        "interval",
        "intervals",
        "poll",
        "polling",
        "scrape_interval",
    ]),
]];

const CHAIN: &str =
    "AWS keys are never written here: put them in a profile (`profile = \"...\"`), the environment or SSO";

const AWS: Shape = &[&[
    Key::new(
        "profile",
        Kind::Text(&rules::TEXT),
        r#""prod""#,
        "a profile of the shared AWS configuration; without it, the standard chain",
    ),
    Key::new(
        "region",
        Kind::Text(&rules::REGION),
        r#""ap-northeast-2""#,
        "the region; without it, as the chain finds it",
    ),
    Key::new(
        "clusters",
        Kind::Clusters,
        r#"["prod"]"#,
        "the clusters looked at, by name or ARN, or `\"all\"` of the region",
    )
    .or(r#""all""#),
    Key::new(
        "assume_role",
        Kind::Table(ROLE),
        r#"{ arn = "arn:aws:iam::123456789012:role/rounds", external_id = "rounds-prod", session_name = "kim" }"#,
        "a role to assume with the credentials found",
    )
    .elsewhere(&["role_arn", "role"]),
    Key::new(
        "endpoint_url",
        Kind::Url,
        r#""http://localhost:4566""#,
        "another address for every AWS API (a simulator, a VPC endpoint)",
    ),
    Key::new(
        "cloudwatch",
        Kind::Flag,
        "false",
        "ask CloudWatch for the CPU and memory that Prometheus lacks (GetMetricData is billed per metric)",
    )
    .or("true"),
    Key::secret("access_key_id", CHAIN),
    Key::secret("secret_access_key", CHAIN),
    Key::secret("session_token", CHAIN),
    Key::secret("aws_access_key_id", CHAIN),
    Key::secret("aws_secret_access_key", CHAIN),
    Key::secret("aws_session_token", CHAIN),
]];

const ROLE: Shape = &[&[
    Key::new("arn", Kind::Text(&rules::ROLE), r#""arn:aws:iam::123456789012:role/rounds""#, "its ARN").required(),
    Key::new(
        "external_id",
        Kind::Text(&rules::EXTERNAL_ID),
        r#""rounds-prod""#,
        "the external id its trust policy asks for",
    ),
    Key::new("session_name", Kind::Text(&rules::SESSION), r#""kim""#, "the session name that shows in CloudTrail")
        .or(r#""rounds""#),
]];

const TOKEN: &str = "secrets by file, env or command: `token_file`, `token_env` or `token_command`";
const PASSWORD: &str = "secrets by file, env or command: `password_file`, `password_env` or `password_command`";

/// How to speak HTTP to a backend: the same for every one.
const HTTP: &[Key] = &[
    Key::new(
        "token_file",
        Kind::Path,
        r#""~/.config/rounds/token""#,
        "a file with the bearer token, readable by you only",
    ).elsewhere(&["bearer_token_file", "credentials_file", "api_key_file"]),
    Key::new(
        "token_env",
        Kind::Text(&rules::ENVIRONMENT),
        r#""ROUNDS_TOKEN""#,
        "the environment variable with the bearer token",
    )
    .alternative(),
    Key::new("token_command", Kind::Command, r#"["pass", "show", "token"]"#, "a program that prints the bearer token")
        .alternative(),
    Key::new("username", Kind::Text(&rules::TEXT), r#""rounds""#, "the user of basic authentication").elsewhere(&["user", "login", "basic_auth"]).alternative(),
    Key::new(
        "password_file",
        Kind::Path,
        r#""~/.config/rounds/password""#,
        "a file with their password, readable by you only",
    )
    .alternative(),
    Key::new(
        "password_env",
        Kind::Text(&rules::ENVIRONMENT),
        r#""ROUNDS_PASSWORD""#,
        "the environment variable with their password",
    )
    .alternative(),
    Key::new(
        "password_command",
        Kind::Command,
        r#"["pass", "show", "password"]"#,
        "a program that prints their password",
    )
    .alternative(),
    Key::new(
        "headers",
        Kind::Headers,
        r#"{ X-Scope-OrgID = "team-a", X-Api-Key = { file = "~/.config/rounds/api-key" } }"#,
        "further headers; a value is a text, or `{ file = \"...\" }`, `{ env = \"...\" }` or `{ command = [...] }` where it is secret",
    ).elsewhere(&["http_headers", "header"]),
    Key::new("ca_file", Kind::Path, r#""ca.pem""#, "a PEM file of authorities to trust beside the system's").elsewhere(&["ca", "cacert", "ca_cert", "ca_bundle", "tls", "tls_config", "verify", "insecure", "insecure_skip_verify", "skip_verify"]),
    Key::new(
        "client_cert",
        Kind::Path,
        r#""client.pem""#,
        "a PEM file of the client certificate (mTLS); needs `client_key`",
    ).elsewhere(&["cert", "cert_file"]),
    Key::new("client_key", Kind::Path, r#""client-key.pem""#, "a PEM file of its key; needs `client_cert`").elsewhere(&["cert_key", "key_file"]),
    Key::new(
        "timeout",
        Kind::Duration(Duration::from_millis(100), Duration::from_mins(5)),
        r#""5s""#,
        "the longest one request may take",
    )
    .or(r#""10s""#),
    Key::secret("token", TOKEN),
    Key::secret("bearer_token", TOKEN),
    Key::secret("api_key", TOKEN),
    Key::secret("password", PASSWORD),
];

/// How to reach a backend that Grafana may stand in front of.
const REACH: &[Key] = &[
    Key::new(
        "url",
        Kind::Url,
        r#""https://prometheus.example.com""#,
        "its address, where it can be reached directly; API paths are appended to its path",
    )
    .elsewhere(&["address", "addr", "endpoint", "host", "uri", "server"]),
    Key::new(
        "via",
        Kind::Choice(&["grafana"]),
        r#""grafana""#,
        "reach it through this context's Grafana; takes the default, or only, data source of its type",
    )
    .alternative(),
    Key::new(
        "grafana_uid",
        Kind::Text(&rules::UID),
        r#""P1809F7CD0C75ACF3""#,
        "the same, through the data source with this uid",
    )
    .elsewhere(&["datasource", "data_source", "datasource_uid", "uid"])
    .alternative(),
];

/// The HTTP keys of a backend that Grafana may stand in front of, for the question whether any is in vain.
pub fn http_names() -> impl Iterator<Item = &'static str> {
    HTTP.iter().filter(|key| !key.is_secret()).map(|key| key.name)
}

const GRAFANA: Shape = &[
    &[Key::new("url", Kind::Url, r#""https://grafana.example.com""#, "its address")
        .elsewhere(&["address", "addr", "endpoint", "host", "uri", "server"])
        .required()],
    HTTP,
    &[
        Key::new("alerts", Kind::Flag, "false", "read Grafana-managed alerts").or("true"),
        Key::new("org_id", Kind::Count(1, u32::MAX as u64), "2", "the organisation, where the user is in several"),
    ],
];

const ALERTMANAGER: Shape = &[REACH, HTTP];

const PROMETHEUS: Shape = &[
    REACH,
    HTTP,
    &[
        Key::new("service_label", Kind::Text(&rules::LABEL), r#""app""#, "the label that names a series' service")
            .elsewhere(&["label", "job_label"])
            .or(r#""service""#),
        Key::new(
            "cluster_label",
            Kind::Text(&rules::LABEL),
            r#""ecs_cluster""#,
            "the label that names its cluster, where service names repeat across clusters",
        ),
        Key::table("signals", Kind::Table(SIGNALS), "the PromQL query of each signal, one series a service"),
    ],
];

const LOGS: Shape = &[&[
    Key::new("lines", Kind::Count(1_000, 5_000_000), "50000", "lines kept in memory; the oldest leave first")
        .elsewhere(&["buffer", "max_lines", "tail"])
        .or("200000"),
    Key::table(
        "groups",
        Kind::Named(LOG_GROUP),
        "CloudWatch log groups of services whose task definitions do not name one (FireLens, agents), each under the \
         service's name or a glob",
    )
    .elsewhere(&["group", "log_group", "services"]),
    Key::table("loki", Kind::Table(LOKI), "Loki, instead of CloudWatch Logs: `url`, or `via = \"grafana\"`"),
]];

const LOG_GROUP: Shape = &[&[
    Key::new("group", Kind::Text(&rules::LOG_GROUP), r#""/ecs/api""#, "the log group's name")
        .elsewhere(&["log_group", "name", "log_group_name"])
        .required(),
    Key::new(
        "stream_prefix",
        Kind::Text(&rules::TEXT),
        r#""api/""#,
        "what the names of its streams begin with; every stream of the group without it",
    )
    .elsewhere(&["prefix", "streams"]),
    Key::new("region", Kind::Text(&rules::REGION), r#""eu-west-1""#, "its region, where it is another one"),
]];

const LOKI: Shape = &[
    REACH,
    HTTP,
    &[
        Key::new(
            "selector",
            Kind::Text(&rules::SELECTOR),
            r#"'{cluster="$cluster", app="$service"}'"#,
            "the stream selector of a service's lines; `$service` and `$cluster` stand for its names",
        )
        .elsewhere(&["query", "labels", "logql"])
        .or(r#"'{service="$service"}'"#),
        Key::new("task_label", Kind::Text(&rules::LABEL), r#""ecs_task_id""#, "the label with the task's id or ARN"),
        Key::new(
            "container_label",
            Kind::Text(&rules::LABEL),
            r#""container_name""#,
            "the label that names the container",
        ),
    ],
];

const fn signal(name: &'static str, example: &'static str, doc: &'static str) -> Key {
    Key::new(name, Kind::Query, example, doc)
}

const SIGNALS: Shape = &[&[
    signal("cpu", r#"'avg by ($by) (my_cpu_percent{$label=~"$service"})'"#, "CPU in percent of what the tasks reserve"),
    signal(
        "memory",
        r#"'avg by ($by) (my_memory_percent{$label=~"$service"})'"#,
        "memory in percent of what the tasks reserve",
    ),
    signal("traffic", r#"'sum by ($by) (rate(my_requests_total{$label=~"$service"}[$window]))'"#, "requests a second"),
    signal(
        "errors",
        r#"'avg by ($by) (my_error_percent{$label=~"$service"})'"#,
        "failed requests in percent (0 to 100) of all",
    ),
    signal(
        "latency_p50",
        r#"'max by ($by) (my_latency_seconds{quantile="0.5", $label=~"$service"})'"#,
        "median latency in seconds",
    ),
    signal(
        "latency_p95",
        r#"'max by ($by) (my_latency_seconds{quantile="0.95", $label=~"$service"})'"#,
        "the latency 95 % stay under, in seconds",
    ),
    signal(
        "latency_p99",
        r#"'max by ($by) (my_latency_seconds{quantile="0.99", $label=~"$service"})'"#,
        "the latency 99 % stay under, in seconds",
    ),
]];

/// Percent of what a task reserves: a service on EC2 may use more than that.
const USED: Kind = Kind::Number(0.0, 400.0);
/// Percent of a whole.
const SHARE: Kind = Kind::Number(0.0, 100.0);
const LATENCY: Kind = Kind::Duration(Duration::from_millis(1), Duration::from_mins(10));

const WARNING: &str = "from here on it is a warning";
const CRITICAL: &str = "from here on it is critical";

const CPU: Shape =
    &[&[Key::new("warning", USED, "70", WARNING).or("80"), Key::new("critical", USED, "90", CRITICAL).or("95")]];
const MEMORY: Shape =
    &[&[Key::new("warning", USED, "70", WARNING).or("85"), Key::new("critical", USED, "90", CRITICAL).or("95")]];
const ERRORS: Shape =
    &[&[Key::new("warning", SHARE, "0.5", WARNING).or("1"), Key::new("critical", SHARE, "2", CRITICAL).or("5")]];
const SLOWNESS: Shape = &[&[
    Key::new("warning", LATENCY, r#""500ms""#, WARNING).required(),
    Key::new("critical", LATENCY, r#""2s""#, CRITICAL).required(),
]];

const THRESHOLDS: Shape = &[&[
    Key::new("cpu", Kind::Table(CPU), "{ warning = 70, critical = 90 }", "CPU in percent, when above")
        .or("{ warning = 80, critical = 95 }"),
    Key::new("memory", Kind::Table(MEMORY), "{ warning = 70, critical = 90 }", "memory in percent, when above")
        .or("{ warning = 85, critical = 95 }"),
    Key::new(
        "errors",
        Kind::Table(ERRORS),
        "{ warning = 0.5, critical = 2 }",
        "error rate in percent, when at or above",
    )
    .or("{ warning = 1, critical = 5 }"),
    Key::new(
        "latency",
        Kind::Table(SLOWNESS),
        r#"{ warning = "500ms", critical = "2s" }"#,
        "latency p95, when above; not judged without it",
    ),
    Key::new(
        "min_request_rate",
        Kind::Number(0.0, 1_000_000.0),
        "1",
        "requests a second below which error rate and latency are not judged; what the alerts have as `min_request_rate`",
    )
    .or("0.1"),
    Key::new(
        "hold",
        Kind::Duration(Duration::ZERO, DAY),
        r#""5m""#,
        "how long a threshold must be passed before it counts",
    )
    .or(r#""1m""#),
    Key::new(
        "hysteresis",
        Kind::Number(0.0, 50.0),
        "10",
        "how far below its threshold a value must fall before the finding ends, in percent of the threshold",
    )
    .or("5"),
    Key::new("pending", Kind::Duration(SECOND, DAY), r#""10m""#, "a task that starts for longer than this is stuck")
        .or(r#""5m""#),
    Key::new(
        "rollout",
        Kind::Duration(SECOND, DAY),
        r#""30m""#,
        "a deployment that rolls for longer than this is stuck",
    )
    .or(r#""15m""#),
    Key::new("crash_count", Kind::Count(1, 100), "5", "crashes within `crash_window` that make a crash loop").or("3"),
    Key::new(
        "crash_window",
        Kind::Duration(SECOND, DAY),
        r#""1h""#,
        "the window that crashes and out-of-memory kills are counted in",
    )
    .or(r#""30m""#),
    Key::new(
        "target_grace",
        Kind::Duration(Duration::ZERO, DAY),
        r#""2m""#,
        "a scrape target must be down for longer than this to count",
    )
    .or(r#""1m30s""#),
]];

const EVERY: Kind = Kind::Duration(SECOND, DAY);

const REFRESH: Shape = &[&[
    Key::new("ecs", EVERY, r#""30s""#, "ECS").or(r#""20s""#),
    Key::new("prometheus", EVERY, r#""30s""#, "Prometheus").or(r#""15s""#),
    Key::new("alertmanager", EVERY, r#""30s""#, "Alertmanager").or(r#""15s""#),
    Key::new("grafana", EVERY, r#""2m""#, "Grafana").or(r#""1m""#),
    Key::new(
        "cloudwatch",
        Kind::Duration(Duration::from_mins(1), DAY),
        r#""5m""#,
        "CloudWatch; not below a minute, the period of its metrics",
    )
    .or(r#""1m""#),
]];

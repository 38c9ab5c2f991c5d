//! What the configuration means: every default filled in, every value checked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::domain::{Policy, Signal};

/// Everything the program was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The file it came from, where there is one.
    pub file: Option<PathBuf>,
    /// The context used when none is named.
    pub default_context: Option<String>,
    /// Contexts by name.
    pub contexts: BTreeMap<String, Context>,
    /// How the screen looks and listens.
    pub ui: Ui,
}

/// How the screen looks and listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ui {
    /// A shipped theme's name, a name in the user's themes folder, or a path.
    pub theme: String,
    /// Likewise for keys.
    pub keymap: String,
    /// Whether the mouse is listened to; `Auto` means not over SSH.
    pub mouse: Mouse,
    /// Whether only ASCII is drawn; `None` means as the locale allows.
    pub ascii: Option<bool>,
    /// The time zone of clock times (`UTC`, `Asia/Seoul`); `None` means the machine's.
    pub time_zone: Option<String>,
}

/// Whether the mouse is listened to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mouse {
    /// On, but not over SSH.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// A named environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// Whether it is production.
    pub production: bool,
    /// Whether changes are taken away altogether.
    pub read_only: bool,
    /// How long changes stay possible once armed (production only).
    pub arm_for: Duration,
    /// How long a change is watched before it is given up.
    pub change_timeout: Duration,
    /// ECS, CloudWatch and the credentials for both; `None` where AWS is not looked at.
    pub aws: Option<Aws>,
    /// Where metrics, targets and rules are.
    pub prometheus: Option<Prometheus>,
    /// Where alerts and silences are.
    pub alertmanager: Option<Alertmanager>,
    /// Where dashboards, Grafana-managed alerts and (perhaps) the way to Prometheus are.
    pub grafana: Option<Grafana>,
    /// Thresholds and how long they must be passed.
    pub policy: Policy,
    /// How often each source is asked.
    pub refresh: Refresh,
    /// Where logs are and how many are kept.
    pub logs: Logs,
    /// Services that are the monitoring stack's own, by name or glob.
    pub stack_services: Vec<String>,
    /// Services shown, by name or glob; all when empty.
    pub services: Vec<String>,
}

/// How to reach AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aws {
    /// A profile of the shared AWS configuration; `None` means the standard chain.
    pub profile: Option<String>,
    /// The region; `None` means as the chain finds it.
    pub region: Option<String>,
    /// Clusters looked at by short name or ARN; every cluster of the region when empty.
    pub clusters: Vec<String>,
    /// A role to assume with the credentials found.
    pub assume_role: Option<AssumeRole>,
    /// Another endpoint for every AWS API (a simulator, a VPC endpoint).
    pub endpoint_url: Option<Url>,
    /// Whether CloudWatch is asked for CPU and memory where Prometheus has none.
    pub cloudwatch: bool,
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumeRole {
    /// Its ARN.
    pub arn: String,
    /// The external id its trust policy asks for.
    pub external_id: Option<String>,
    /// The session name that shows in CloudTrail.
    pub session_name: String,
}

/// How to reach Prometheus.
#[derive(Debug, Clone, PartialEq)]
pub struct Prometheus {
    /// Directly or through Grafana.
    pub reach: Reach,
    /// The label that names a series' service.
    pub service_label: String,
    /// The label that names its cluster, where service names repeat across clusters.
    pub cluster_label: Option<String>,
    /// The query of each signal. `$service` stands for a regular expression of service names (`.+` for all),
    /// `$label` for the service label, `$window` for the range of `rate()`; see [`super::queries`] for all of them.
    pub queries: BTreeMap<Signal, String>,
}

/// How to reach Alertmanager.
#[derive(Debug, Clone, PartialEq)]
pub struct Alertmanager {
    /// Directly or through Grafana.
    pub reach: Reach,
}

/// How to reach Grafana.
#[derive(Debug, Clone, PartialEq)]
pub struct Grafana {
    /// Its address and how to authenticate.
    pub http: Http,
    /// Whether Grafana-managed alerts are read.
    pub alerts: bool,
}

/// Where logs are, where the task definitions do not say it, and how many are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Logs {
    /// Lines kept in memory.
    pub lines: usize,
    /// CloudWatch log groups by service.
    pub groups: Vec<LogGroup>,
    /// Loki, which is then asked instead of CloudWatch.
    pub loki: Option<Loki>,
}

impl Default for Logs {
    fn default() -> Self {
        Self { lines: 200_000, groups: Vec::new(), loki: None }
    }
}

/// The CloudWatch log group of some services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroup {
    /// Which services, by name, `cluster/name` or glob.
    pub services: String,
    /// The group's name.
    pub group: String,
    /// What the names of its streams begin with.
    pub stream_prefix: Option<String>,
    /// Its region, where it is another one than the context's.
    pub region: Option<String>,
}

/// How to reach Loki, and by which labels a service's lines are found in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loki {
    /// Directly or through Grafana.
    pub reach: Reach,
    /// The stream selector, with `$service` and `$cluster` in it.
    pub selector: String,
    /// The label with the task's id or ARN.
    pub task_label: Option<String>,
    /// The label that names the container.
    pub container_label: Option<String>,
}

/// Directly or through Grafana's data-source proxy.
#[expect(clippy::large_enum_variant, reason = "there are two of these in a context")]
#[derive(Debug, Clone, PartialEq)]
pub enum Reach {
    /// At its own address.
    Direct(Http),
    /// Through the context's Grafana.
    Grafana {
        /// The data source's uid; `None` means the default (or only) one of the right type.
        uid: Option<String>,
    },
}

/// An HTTP backend: address, authentication and trust.
#[derive(Debug, Clone, PartialEq)]
pub struct Http {
    /// The base address; API paths are appended to its path. Carries no user, password, query or fragment.
    pub url: Url,
    /// How to authenticate.
    pub auth: Auth,
    /// Further headers (`X-Scope-OrgID`).
    pub headers: Vec<(String, HeaderText)>,
    /// A PEM file of certificate authorities to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM files of a client certificate and its key (mTLS).
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// The longest one request may take.
    pub timeout: Duration,
}

/// How to authenticate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// `Authorization: Bearer`.
    Bearer(SecretRef),
    /// `Authorization: Basic`.
    Basic {
        /// The user's name.
        username: String,
        /// The password.
        password: SecretRef,
    },
}

/// The value of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderText {
    /// Written in the configuration: not a secret.
    Plain(String),
    /// To be fetched.
    Secret(SecretRef),
}

/// Where a secret is. Never the secret itself: this type may be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// The trimmed contents of a file that only its owner may read.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// The trimmed standard output of a command, run without a shell.
    Command(Vec<String>),
}

/// How often each source is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresh {
    /// ECS.
    pub ecs: Duration,
    /// Prometheus.
    pub prometheus: Duration,
    /// Alertmanager.
    pub alertmanager: Duration,
    /// Grafana.
    pub grafana: Duration,
    /// CloudWatch; never less than a metric's period of 60 s.
    pub cloudwatch: Duration,
}

/// How long changes stay possible once armed.
pub const ARM_FOR: Duration = Duration::from_mins(10);

/// How long a change is watched before it is given up.
pub const CHANGE_TIMEOUT: Duration = Duration::from_mins(5);

impl Default for Refresh {
    fn default() -> Self {
        Self {
            ecs: Duration::from_secs(20),
            prometheus: Duration::from_secs(15),
            alertmanager: Duration::from_secs(15),
            grafana: Duration::from_mins(1),
            cloudwatch: Duration::from_mins(1),
        }
    }
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: "dark".to_owned(),
            keymap: "default".to_owned(),
            mouse: Mouse::Auto,
            ascii: None,
            time_zone: None,
        }
    }
}

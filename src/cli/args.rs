//! The command line: what may be typed, and nothing of what it does.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::check::Question;
use super::provision::args::ProvisionCommand;
use crate::cost::{Architecture, Preset};
use crate::domain::LogLevel;
use crate::format;
use crate::sim::Scenario;

/// A terminal operations console for services on AWS ECS, watched with Prometheus and Grafana.
///
/// Without a subcommand it opens the console on the current context: every service green or red and why. With --once
/// it prints the same and exits.
#[derive(Debug, Parser)]
#[command(name = "rounds", version, args_conflicts_with_subcommands = false)]
pub struct Cli {
    /// What is looked at.
    #[command(flatten)]
    pub context: ContextArgs,
    /// One look instead of the console.
    #[command(flatten)]
    pub once: OnceArgs,
    /// How the console looks and listens.
    #[command(flatten)]
    pub look: LookArgs,
    /// Something else than looking.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// The same, looking only at these services: at all of them, where there is none.
    #[must_use]
    pub fn about(&self, services: Vec<String>) -> Self {
        let context = ContextArgs { services, ..self.context.clone() };
        Self { context, once: self.once.clone(), look: self.look.clone(), command: None }
    }
}

/// What is looked at.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What to look at")]
pub struct ContextArgs {
    /// The configuration file [default: ~/.config/rounds/config.toml]
    #[arg(long, value_name = "FILE", env = "ROUNDS_CONFIG", hide_env_values = true, global = true)]
    pub config: Option<PathBuf>,
    /// The context: a named environment of the configuration
    #[arg(short, long, value_name = "NAME", env = "ROUNDS_CONTEXT", hide_env_values = true, global = true)]
    pub context: Option<String>,
    /// The AWS profile, instead of the context's
    #[arg(long, value_name = "NAME", global = true)]
    pub profile: Option<String>,
    /// The AWS region, instead of the context's
    #[arg(long, value_name = "REGION", global = true)]
    pub region: Option<String>,
    /// Only this cluster (may be repeated)
    #[arg(long = "cluster", value_name = "NAME", global = true)]
    pub clusters: Vec<String>,
    /// Only services that match, by name or cluster/name (may be repeated)
    #[arg(long = "service", value_name = "GLOB", global = true)]
    pub services: Vec<String>,
    /// The simulated fleet instead of a context, with this incident under way (those there are: rounds demo --help)
    #[arg(long, value_name = "SCENARIO", value_parser = scenarios(), hide_possible_values = true, global = true)]
    pub demo: Option<Scenario>,
    /// How many times faster than life the simulated fleet lives
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed, global = true)]
    pub demo_speed: f64,
    /// Another seed gives another simulated fleet, and another reason for the same incident
    #[arg(long, value_name = "N", default_value_t = 1, global = true)]
    pub demo_seed: u64,
    /// Take changes away altogether (also: `ROUNDS_READ_ONLY`)
    #[arg(long, global = true)]
    pub read_only: bool,
}

/// One look instead of the console.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "One look (--once)")]
pub struct OnceArgs {
    /// Print one look at everything and exit
    #[arg(long, global = true)]
    pub once: bool,
    /// The form of what is printed
    #[arg(short, long, value_name = "FORM", default_value = "text", global = true)]
    pub output: Output,
    /// The longest the look may take; what has not answered by then is unknown
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration, global = true)]
    pub timeout: Duration,
    /// Print only what is not ok
    #[arg(long, global = true)]
    pub problems: bool,
    /// Exit 0 for verdicts below this one (in the order of the exit codes)
    #[arg(long, value_name = "VERDICT", default_value = "warning", global = true)]
    pub fail_on: FailOn,
    /// Columns of the text [default: the terminal's, else 80]
    #[arg(long, value_name = "COLUMNS", global = true)]
    pub width: Option<usize>,
}

/// How the console looks and listens.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "How it looks")]
pub struct LookArgs {
    /// The theme: a name or a file (see `rounds themes`)
    #[arg(long, value_name = "THEME", env = "ROUNDS_THEME", hide_env_values = true, global = true)]
    pub theme: Option<String>,
    /// The keymap: a name or a file (see `rounds keys`)
    #[arg(long, value_name = "KEYMAP", env = "ROUNDS_KEYMAP", hide_env_values = true, global = true)]
    pub keymap: Option<String>,
    /// Draw with ASCII only
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Listen to the mouse (off over SSH unless asked for)
    #[arg(long, global = true)]
    pub mouse: bool,
}

/// The forms of `--once`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// A summary and an aligned table
    #[default]
    Text,
    /// The versioned schema of `rounds config schema --once`
    Json,
    /// For a ticket or a chat
    Markdown,
    /// Status line, details and performance data of a monitoring plugin
    Nagios,
}

/// The verdict from which `--once` exits non-zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// 1 warning, 2 critical, 3 unknown
    #[default]
    Warning,
    /// 2 critical, 3 unknown
    Critical,
    /// 3 unknown
    Unknown,
    /// Only when nothing could be looked at
    Never,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the console on a simulated fleet
    ///
    /// Needs no network and no configuration, and touches neither.
    Demo(DemoArgs),
    /// Say what the stack costs a month
    ///
    /// Line by line, with the arithmetic.
    Cost(CostArgs),
    /// Ask one read-only question
    ///
    /// Says what it sees, what is the matter and the next step.
    Check {
        /// Which
        #[command(subcommand)]
        question: Question,
    },
    /// Say what works and what does not
    ///
    /// Of every backend, credential and terminal capability; and if it does not work, what to do.
    Doctor,
    /// Change something: plan, ask, do it, watch it to its end
    Do(DoArgs),
    /// Print what was changed, by whom, and how it went
    Journal(JournalArgs),
    /// Look at the configuration
    Config {
        /// What to do with it
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// List the keys in force, and the keymaps there are
    Keys,
    /// List the themes, your own included, or show what one looks like
    Themes {
        /// A theme: a name or a file
        name: Option<String>,
    },
    /// Go through a runbook, or list those for what fires
    ///
    /// What it looks at is looked at at once; what it would change is done when confirmed.
    Run(RunArgs),
    /// Look at runbooks, or at a file of your own
    Runbook {
        /// What to do with them
        #[command(subcommand)]
        command: RunbookCommand,
    },
    /// Print the logs of a service's tasks, or follow them
    ///
    /// Those of stopped tasks too. Every line is made harmless: escape sequences and invisible characters are shown as
    /// \u{..}, colours are left out. -o json prints one JSON object a line; its text is made harmless too.
    Logs(LogsArgs),
    /// Find where the way of a request to a service breaks
    ///
    /// Walks it hop by hop: DNS, listener, rule, target group, task, container.
    Trace(TraceArgs),
    /// Open a shell in a task of a service
    ///
    /// By the AWS command line and its session-manager-plugin. It is written down in the journal.
    Shell(ShellArgs),
    /// Print a shell's completions
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
    /// Bring up and look after the backing stack
    ///
    /// On AWS by Terraform or OpenTofu, all of it on this machine, or its configuration as files.
    Provision {
        /// What to do with it
        #[command(subcommand)]
        command: ProvisionCommand,
    },
}

/// One change.
#[derive(Debug, Clone, Args)]
pub struct DoArgs {
    /// What to change
    #[command(subcommand)]
    pub change: DoCommand,
    /// How to go about it.
    #[command(flatten)]
    pub how: HowArgs,
}

/// How to go about a change.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "How to go about it")]
pub struct HowArgs {
    /// Say what would happen and change nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Do not ask; in production this needs --confirm
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// The name of the service (else of the context) that is changed in production; arms it for this one change
    #[arg(long, value_name = "NAME", global = true)]
    pub confirm: Option<String>,
    /// Do it while a deployment is rolling or somebody else is at it, too
    #[arg(long, global = true)]
    pub force: bool,
    /// Do it where no healthy task is left for a while, too
    #[arg(long, global = true)]
    pub allow_downtime: bool,
    /// Do not watch how it goes (exit 1)
    #[arg(long, global = true, conflicts_with = "wait")]
    pub no_wait: bool,
    /// How long to watch it before giving up [default: the context's `change_timeout`, else 5m]
    #[arg(long, value_name = "DURATION", value_parser = duration, global = true)]
    pub wait: Option<Duration>,
    /// Silence the service's alerts until the change is verified, at most this long
    #[arg(long = "silence", value_name = "DURATION", value_parser = duration, global = true)]
    pub silence: Option<Duration>,
}

/// What to change.
#[derive(Debug, Clone, Subcommand)]
pub enum DoCommand {
    /// Stop one task of a service; another takes its place
    Restart {
        /// Which service.
        #[command(flatten)]
        service: ServiceArg,
        /// The task's id, or a beginning that fits one only [default: one in trouble, else the oldest]
        #[arg(long, value_name = "ID", value_parser = task_id)]
        task: Option<String>,
    },
    /// Replace every task of a service by a new one
    ///
    /// Of the same definition, as the service's own rules of deployment let it go.
    Redeploy(ServiceArg),
    /// Run another number of tasks of a service
    Scale {
        /// Which service.
        #[command(flatten)]
        service: ServiceArg,
        /// How many
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5_000))]
        desired: u32,
    },
    /// Go back to what a service ran before
    ///
    /// Undoes the deployment under way where there is one, else deploys the definition before the one in force.
    Rollback(ServiceArg),
    /// Let alerts that match notify nobody for a while
    Silence {
        /// Which service.
        #[command(flatten)]
        service: ServiceArg,
        /// A condition on a label, like severity=warning, alertname=~High.* (may be repeated) [default: the service]
        #[arg(long = "matcher", value_name = "MATCHER")]
        matchers: Vec<String>,
        /// How long
        #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
        lasts: Duration,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "made with rounds")]
        comment: String,
        /// Where [default: alertmanager, else grafana]
        #[arg(long = "in", value_name = "PLACE")]
        place: Option<SilencePlace>,
    },
    /// End a silence now
    Expire {
        /// Its id, or a beginning that fits one only
        id: String,
        /// Where it lives [default: alertmanager, else grafana]
        #[arg(long = "in", value_name = "PLACE")]
        place: Option<SilencePlace>,
    },
    /// Leave a note on every dashboard
    Annotate {
        /// The note
        text: String,
        /// A further tag beside `rounds` (may be repeated)
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
    },
    /// Let Prometheus read its configuration and rules again
    Reload {
        /// What to reload
        #[arg(value_parser = ["prometheus"], default_value = "prometheus", hide = true)]
        what: String,
    },
    /// Print the JSON Schema of what -o json prints
    Schema,
}

/// The service that is meant, as a word of its own; `--service` says the same.
#[derive(Debug, Clone, Default, Args)]
pub struct ServiceArg {
    /// The service, as NAME or CLUSTER/NAME
    #[arg(id = "about", value_name = "SERVICE")]
    pub name: Option<String>,
}

/// Where silences live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SilencePlace {
    /// Alertmanager
    Alertmanager,
    /// Grafana's own, for Grafana-managed alerts
    Grafana,
}

/// What to tell of the journal.
#[derive(Debug, Clone, Args)]
pub struct JournalArgs {
    /// From when: how long ago, or a moment like 2026-11-22T09:00:00Z
    #[arg(long, value_name = "WHEN", default_value = "24h")]
    pub since: String,
    /// To when [default: now]
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Print the JSON Schema of what -o json prints
    #[arg(long)]
    pub schema: bool,
}

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Check the file and list everything that is wrong with it
    Check,
    /// Print what is in force, defaults included
    ///
    /// Secrets are printed as references only.
    Show,
    /// Print the paths that are read
    Path,
    /// Print the JSON Schema of the file
    Schema,
    /// Print a sample file with every option and its default
    Sample,
}

/// One run of a runbook.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// The runbook, or a file; without it, those for what fires now are listed
    #[arg(value_name = "RUNBOOK")]
    pub name: Option<String>,
    /// The service it is about
    #[command(flatten)]
    pub service: ServiceArg,
    /// How far back logs and metrics are looked at
    #[arg(long, value_name = "DURATION")]
    pub since: Option<String>,
    /// Tells it something else that it takes (may be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// The alert it is run for [default: the surest of those that fire]
    #[arg(long, value_name = "NAME")]
    pub alert: Option<String>,
    /// How to go about its changes.
    #[command(flatten)]
    pub how: HowArgs,
}

/// What to do with runbooks.
#[derive(Debug, Clone, Subcommand)]
pub enum RunbookCommand {
    /// List them, your own included
    List,
    /// Show what one would do
    Show {
        /// The runbook, or a file
        name: String,
    },
    /// Say everything that is wrong with files
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of a runbook file
    Schema {
        /// Of `rounds run -o json` instead
        #[arg(long)]
        run: bool,
    },
}

/// The way of a request to which service.
#[derive(Debug, Clone, Args)]
pub struct TraceArgs {
    /// Which service.
    #[command(flatten)]
    pub service: ServiceArg,
    /// Print the JSON Schema of -o json instead
    #[arg(long)]
    pub schema: bool,
}

/// Whose lines, from when, and which of them.
#[derive(Debug, Clone, Args)]
pub struct LogsArgs {
    /// Which service.
    #[command(flatten)]
    pub service: ServiceArg,
    /// Only this task, by its id or the beginning of it (may be repeated)
    #[arg(long = "task", value_name = "ID", value_parser = task_id)]
    pub tasks: Vec<String>,
    /// From when on: how long ago, or a time (15m, 14:30, 2026-11-22 14:30) [default: 1h, or all of tasks of long ago]
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Up to when
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["follow", "live"])]
    pub until: Option<String>,
    /// Go on with new lines as they come
    #[arg(short, long)]
    pub follow: bool,
    /// Follow by Live Tail: no delay, $0.01 a minute after 1,800 free minutes a month
    #[arg(long)]
    pub live: bool,
    /// Only lines that fit, in the backend's own language (a filter pattern of the log group, or of Loki)
    #[arg(long, value_name = "PATTERN")]
    pub filter: Option<String>,
    /// Only lines that this regular expression is found in
    #[arg(long, value_name = "REGEX", value_parser = regex)]
    pub grep: Option<regex::Regex>,
    /// Only lines said at least this loudly, and those that do not say how loudly
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<LogLevel>,
    /// The most lines; of more, the newest
    #[arg(short = 'n', long = "lines", value_name = "N", default_value_t = 1_000, value_parser = lines)]
    pub lines: usize,
}

/// Where to open a shell.
#[derive(Debug, Clone, Args)]
pub struct ShellArgs {
    /// Which service.
    #[command(flatten)]
    pub service: ServiceArg,
    /// The task, by its id or the beginning of it; needed where more than one runs
    #[arg(long, value_name = "ID", value_parser = task_id)]
    pub task: Option<String>,
    /// The container [default: the one called as the service, else the first]
    #[arg(long, value_name = "NAME")]
    pub container: Option<String>,
    /// Do not ask in production; this needs --confirm
    #[arg(short, long)]
    pub yes: bool,
    /// The service's name, where it is one of production; arms it for this one shell
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

fn regex(text: &str) -> Result<regex::Regex, String> {
    regex::RegexBuilder::new(text).size_limit(1 << 20).build().map_err(|error| error.to_string())
}

fn lines(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(lines @ 1..=5_000_000) => Ok(lines),
        _ => Err("expected a number from 1 to 5000000".to_owned()),
    }
}

/// The simulated fleet.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// The incident under way
    #[arg(long, value_name = "NAME", default_value = Scenario::default().name(), value_parser = scenarios())]
    pub scenario: Scenario,
    /// How many services (the stack's own come on top)
    #[arg(long = "services", value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub fleet: u32,
    /// Another seed gives another fleet
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How many times faster than life
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
}

/// What the stack costs.
#[derive(Debug, Clone, Args)]
pub struct CostArgs {
    /// What quantities are taken from
    #[arg(long, value_name = "NAME", default_value = "module", value_parser = presets())]
    pub preset: Preset,
    /// How many services the stack watches [default: 5]
    #[arg(
        long = "services",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=10_000),
        allow_hyphen_values = true
    )]
    pub watched: Option<u32>,
    /// What tasks run on [default: x86]
    #[arg(long, value_name = "ARCH", value_parser = architectures())]
    pub arch: Option<Architecture>,
    /// How long Prometheus keeps samples, an hour to ten years (15d, 8w, 2y) [default: 15d]
    #[arg(long, value_name = "DURATION", value_parser = retention, allow_hyphen_values = true)]
    pub retention: Option<Duration>,
    /// CPU and memory of Prometheus, in vCPUs and GB (2x4)
    #[arg(long, value_name = "VCPUxGB", value_parser = size, allow_hyphen_values = true)]
    pub prometheus_size: Option<(f64, f64)>,
    /// A price table of your own, before the shipped one row by row [default: prices.toml beside the configuration]
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// A Terraform plan or state as JSON (`terraform show -json`): what it costs before and after
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// The stack as it runs in the context, and the services it watches
    #[arg(long)]
    pub running: bool,
    /// How storage grows, from what the context's Prometheus takes in
    #[arg(long)]
    pub measured: bool,
}

fn presets() -> impl TypedValueParser<Value = Preset> {
    let values = Preset::TABLE.map(|(_, name, about)| PossibleValue::new(name).help(about));
    PossibleValuesParser::new(values)
        .map(|name| Preset::TABLE.iter().find(|(_, known, _)| *known == name).map_or_else(Preset::default, |row| row.0))
}

fn architectures() -> impl TypedValueParser<Value = Architecture> {
    let all = [Architecture::Arm64, Architecture::X86];
    PossibleValuesParser::new(all.map(Architecture::name))
        .map(move |name| all.into_iter().find(|one| one.name() == name).unwrap_or_default())
}

fn retention(text: &str) -> Result<Duration, String> {
    let kept = format::parse_retention(text)?;
    let (hour, day) = (3600, 86_400);
    if (hour..=3650 * day).contains(&kept.as_secs()) { Ok(kept) } else { Err("expected 1h to 10y (3650d)".to_owned()) }
}

fn size(text: &str) -> Result<(f64, f64), String> {
    let parse = |part: &str| part.trim().parse::<f64>().ok().filter(|number| *number > 0.0 && *number <= 120.0);
    text.split_once(['x', 'X'])
        .and_then(|(vcpu, memory)| Some((parse(vcpu)?, parse(memory)?)))
        .ok_or_else(|| "expected vCPUs and GB, like 1x2 or 0.5x1".to_owned())
}

/// Every scenario by name, with what it is about; another name is refused with what was probably meant.
pub(super) fn scenarios() -> impl TypedValueParser<Value = Scenario> {
    let values = Scenario::ALL.map(|scenario| PossibleValue::new(scenario.name()).help(scenario.about()));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Scenario>())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = format::parse_duration(text)?;
    if duration < Duration::from_millis(100) { Err("at least 100ms".to_owned()) } else { Ok(duration) }
}

/// A task's id, or the beginning of it. None at all is the unset variable of a script, and means no task in particular.
fn task_id(text: &str) -> Result<String, String> {
    let id = text.trim();
    if id.is_empty() { Err("it is empty: name a task, or leave the option out".to_owned()) } else { Ok(id.to_owned()) }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed <= 10_000.0 => Ok(speed),
        _ => Err("expected a factor above 0 and up to 10000, like 1 or 60".to_owned()),
    }
}

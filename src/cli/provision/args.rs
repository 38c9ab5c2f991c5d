//! What may be typed after `rounds provision`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::cli::args::{duration, scenarios};
use crate::sim::Scenario;
use crate::stack::DEFAULT_PORTS;

/// What to do with the stack.
#[derive(Debug, Subcommand)]
pub enum ProvisionCommand {
    /// Write every configuration of the stack as files, and touch nothing else
    ///
    /// Prometheus with its rules, Alertmanager, the CloudWatch exporter, Grafana's data sources and dashboards, runbooks,
    /// and a compose file. For the example environment, for another with --vars, or for services given as
    /// --service NAME:PORT.
    Render(RenderArgs),
    /// Write a root module for this account: asks what it cannot find out, and checks each answer against AWS
    ///
    /// Writes the module into DIR/module, and a root beside it that uses it: main.tf, variables.tf, outputs.tf,
    /// terraform.tfvars, backend.tf (S3, with its own locking) and .gitignore. Overwrites nothing it did not write.
    Init(InitArgs),
    /// Say what would be made, changed and destroyed, by component, with the monthly cost before and after
    ///
    /// Runs Terraform or OpenTofu (`init` where it was not run yet, then `plan`) and keeps the plan for `apply`. Exit 0
    /// planned, 1 stopped, 2 failed, 3 could not begin (no module, no program, the state is locked).
    Plan(PlanArgs),
    /// Do what the saved plan says, and show how far it is (makes the plan first where there is none)
    ///
    /// A saved plan that is out of date is not offered: a new one is made. Ctrl-C is passed on once: what is under way is
    /// finished first. Exit 0 done, 1 stopped, 2 failed, 3 could not begin or was refused: nothing was changed.
    Apply(ApplyArgs),
    /// Destroy the stack: says what data dies, and wants the environment's name typed
    Destroy(DoingArgs),
    /// Write the console's context for this stack into its configuration, or bring it up to date
    Output(OutputArgs),
    /// Bring up a stack on this machine: Prometheus, Alertmanager (and Grafana, if installed) on a simulated fleet
    Up(UpArgs),
    /// Tell how each part of the stack is doing: on AWS, or with --local on this machine
    ///
    /// Exit 0 all well, 1 a warning, 2 something failed, 3 something could not be found out.
    Status(StatusArgs),
    /// Print the JSON Schema of what -o json prints
    Schema(SchemaArgs),
    /// Stop what `up` started, and nothing else
    Down(DownArgs),
    /// Serve the metrics of the simulated fleet on loopback, until it is stopped
    Fleet(FleetArgs),
}

/// Configuration as files.
#[derive(Debug, Clone, Args)]
pub struct RenderArgs {
    /// The folder they are written to
    #[arg(long, value_name = "DIR", default_value = "monitoring")]
    pub out: PathBuf,
    /// For a stack on this machine, with the simulated fleet
    #[arg(long)]
    pub local: bool,
    /// Variables that differ from the example's, as TOML or JSON
    #[arg(long, value_name = "FILE", conflicts_with = "local")]
    pub vars: Option<PathBuf>,
    /// Overwrite files that were not written by this, or were changed since
    #[arg(long)]
    pub force: bool,
}

/// Which stack, and what drives it.
#[derive(Debug, Clone, Args)]
pub struct ModuleArgs {
    /// The folder of the root module
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Terraform or OpenTofu, by name or path [default: the first of both on the PATH]
    #[arg(long, value_name = "PROGRAM")]
    pub terraform: Option<PathBuf>,
}

/// A root module.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// The folder it is written to
    #[arg(long, value_name = "DIR", default_value = "monitoring")]
    pub dir: PathBuf,
    /// An answer: `environment`, `region`, `vpc_id`, `private_subnet_ids`, `public_subnet_ids`, `ecs_cluster`,
    /// `domain_name`, `office_cidrs`, `state_bucket`, `services` (NAME:PORT), `route53_zone_id`, `certificate_arn`. Lists
    /// have commas
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub answers: Vec<String>,
    /// Take what is found without asking
    #[arg(long)]
    pub yes: bool,
    /// Overwrite files that were not written by this, or were changed since
    #[arg(long)]
    pub force: bool,
}

/// What would happen.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Which.
    #[command(flatten)]
    pub module: ModuleArgs,
    /// Plan to destroy everything; such a plan is shown and not kept
    #[arg(long)]
    pub destroy: bool,
}

/// Doing what a plan says.
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// How.
    #[command(flatten)]
    pub how: DoingArgs,
    /// Exactly this plan, of `rounds provision plan` or of `terraform plan -out FILE`; refused when it is out of date
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
}

/// Doing it.
#[derive(Debug, Clone, Args)]
pub struct DoingArgs {
    /// Which.
    #[command(flatten)]
    pub module: ModuleArgs,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// The environment's name, where it must be typed and nobody is asked (with --yes)
    #[arg(long, value_name = "ENVIRONMENT", requires = "yes")]
    pub confirm: Option<String>,
    /// A log, line by line, on a terminal too
    #[arg(long)]
    pub plain: bool,
}

/// The console's context.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// Which.
    #[command(flatten)]
    pub module: ModuleArgs,
    /// Only show what would be written
    #[arg(long)]
    pub dry_run: bool,
}

/// The stack on this machine.
#[derive(Debug, Clone, Args)]
pub struct LocalArgs {
    /// The stack on this machine
    #[arg(long, required = true)]
    pub local: bool,
    /// The stack's folder [default: ~/.local/state/rounds/local]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// How it is doing.
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    /// The stack on this machine
    #[arg(long)]
    pub local: bool,
    /// The folder of the root module [default: .], or with --local the stack's [default: ~/.local/state/rounds/local]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Terraform or OpenTofu, by name or path [default: the first of both on the PATH]
    #[arg(long, value_name = "PROGRAM")]
    pub terraform: Option<PathBuf>,
    /// Leave out whether it drifted: that takes as long as a plan does
    #[arg(long, conflicts_with = "local")]
    pub no_drift: bool,
}

impl StatusArgs {
    /// The module that is looked at.
    pub fn module(&self) -> ModuleArgs {
        let dir = self.dir.clone().unwrap_or_else(|| PathBuf::from("."));
        ModuleArgs { dir, terraform: self.terraform.clone() }
    }
}

/// A schema.
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// Of which command; plan, apply and destroy print the same
    #[arg(value_enum, default_value_t = Schema::Plan)]
    pub of: Schema,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Schema {
    /// `plan`, `apply` and `destroy`.
    Plan,
    /// `status`, of the stack on AWS.
    Status,
    /// `output`.
    Output,
}

/// Bringing it up.
#[derive(Debug, Clone, Args)]
pub struct UpArgs {
    /// Which one.
    #[command(flatten)]
    pub which: LocalArgs,
    /// The incident under way [default: mixed-bad-day; healthy has none]
    #[arg(long, value_name = "NAME", value_parser = scenarios())]
    pub scenario: Option<Scenario>,
    /// How many services (the stack's own come on top) [default: 5]
    #[arg(long = "services", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub fleet: Option<u32>,
    /// Another seed gives another fleet [default: 1]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How much history there is from the start
    #[arg(long, value_name = "DURATION", default_value = "6h", value_parser = history)]
    pub history: Duration,
    /// The first of five ports; those that are taken are passed over [default: 9390]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1024..=65_000))]
    pub port_base: Option<u16>,
    /// Stay, and bring it down with Ctrl-C
    #[arg(long)]
    pub foreground: bool,
}

/// Bringing it down.
#[derive(Debug, Clone, Args)]
pub struct DownArgs {
    /// Which one.
    #[command(flatten)]
    pub which: LocalArgs,
    /// Remove its data, logs and configuration too
    #[arg(long)]
    pub purge: bool,
}

/// The simulated fleet.
#[derive(Debug, Clone, Args)]
pub struct FleetArgs {
    /// The incident under way
    #[arg(long, value_name = "NAME", default_value = Scenario::default().name(), value_parser = scenarios())]
    pub scenario: Scenario,
    /// How many services (the stack's own come on top)
    #[arg(long = "services", value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub fleet: u32,
    /// Another seed gives another fleet
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The port of the tasks, their discovery and Alertmanager's messages
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORTS + 4)]
    pub port: u16,
    /// The port of the stand-in for the CloudWatch exporter
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORTS + 3)]
    pub exporter_port: u16,
    /// The port of a stand-in for Grafana, where no Grafana runs
    #[arg(long, value_name = "PORT")]
    pub grafana_port: Option<u16>,
    /// The moment at which the incident is under way [default: now]
    #[arg(long, value_name = "TIME")]
    pub began: Option<Timestamp>,
    /// How much history counters have behind them
    #[arg(long, value_name = "DURATION", default_value = "6h", value_parser = history)]
    pub history: Duration,
    /// The file that Alertmanager's messages are added to
    #[arg(long, value_name = "FILE")]
    pub told: Option<PathBuf>,
}

/// At least what the longest look back of a rule over requests needs, at most what is imported in seconds.
fn history(text: &str) -> Result<Duration, String> {
    const LEAST: Duration = Duration::from_mins(15);
    const MOST: Duration = Duration::from_hours(48);
    match duration(text)? {
        length if (LEAST..=MOST).contains(&length) => Ok(length),
        _ => Err("from 15m to 2d".to_owned()),
    }
}

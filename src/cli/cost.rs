//! `rounds cost`: what the stack costs a month, line by line.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::args::{Cli, CostArgs, Output};
use super::environment::Environment;
use super::failure::Failure;
use super::setup::Opened;
use super::{FAREWELL, once, runtime, setup, stdout};
use crate::cost::{self, FargateSize, Growth, HOME, Inputs, Of, Preset, Prices, Table, USUAL, WhatIf};
use crate::domain::{Ingest, Snapshot};
use crate::format;

use crate::report::cost::{Compared, Statement, json, markdown, text};
use crate::{config, engine, report};

/// Reckons, prints and answers with the exit code.
pub fn run(cli: &Cli, args: &CostArgs, environment: &Environment) -> Result<u8, Failure> {
    let home = home(cli, args, environment)?;
    let document = args.plan.as_deref().map(read).transpose()?;
    let table = table(cli, environment, args.prices.as_deref()).map_err(|refused| Failure::refused(&refused))?;
    let opened = if args.running || args.measured { Some(setup::station(cli, environment)?) } else { None };
    let seen = opened.as_ref().map(|opened| look(cli, args, opened)).transpose()?.unwrap_or_default();
    let ask = Ask { args, region: cli.context.region.as_deref(), home: &home, seen: &seen, table: &table };
    let statement = match (&document, &seen.snapshot, args.preset) {
        (Some((file, document)), ..) => {
            ask.planned(document).map_err(|why| Failure::new(format!("{}: {why}", file.display())))
        }
        (None, Some(snapshot), Preset::Module) => ask.as_it_runs(snapshot).map_err(Failure::new),
        _ => ask.of_preset().map_err(Failure::new),
    }?;
    let options = match &opened {
        Some(opened) => once::options(cli, environment, opened),
        None => report::once::Options {
            width: cli.once.width.or_else(once::terminal_width).unwrap_or(once::DEFAULT_WIDTH),
            colour: environment.colours_stdout(),
            ascii: cli.look.ascii || environment.is_ascii_only(),
            ..report::once::Options::default()
        },
    };
    let out = match cli.once.output {
        Output::Text => text(&statement, &options),
        Output::Json => json(&statement),
        Output::Markdown => markdown(&statement),
        Output::Nagios => return Err(Failure::new("a cost has no nagios form").with_hint("-o text, json or markdown")),
    };
    stdout::print(&out)?;
    Ok(0)
}

/// The region priced where nothing nearer says one: that of the context, else the usual one.
fn home(cli: &Cli, args: &CostArgs, environment: &Environment) -> Result<String, Failure> {
    let settings = setup::settings(cli, environment)?;
    let named = cli.context.context.as_deref().filter(|_| cli.context.demo.is_none());
    let chosen = match settings.choose(named, None) {
        Ok(context) => context.aws.as_ref().and_then(|aws| aws.region.clone()),
        // Without a context there is a cost all the same; one that is named and not there is a mistake.
        Err(refused) if named.is_some() => return Err(Failure::refused(&refused)),
        Err(_) => None,
    };
    Ok(match args.preset {
        Preset::MonitoringPlan => "us-east-1".to_owned(),
        Preset::Module => chosen.unwrap_or_else(|| HOME.to_owned()),
    })
}

/// The shipped prices, under those of the file named, else of `prices.toml` beside the configuration.
///
/// # Errors
/// What is wrong with that file.
pub fn table(cli: &Cli, environment: &Environment, named: Option<&Path>) -> Result<Table, config::Refused> {
    let file = named.map(Path::to_path_buf).or_else(|| own_prices(cli, environment));
    let Some(file) = file else { return Ok(Table::shipped()) };
    Table::load(&file).map(|own| Table::shipped().under(own))
}

/// The user's own prices, where there are any: beside the configuration file that is named, else in the program's folder.
fn own_prices(cli: &Cli, environment: &Environment) -> Option<PathBuf> {
    let beside = cli.context.config.as_ref().and_then(|file| Some(file.parent()?.join("prices.toml")));
    let usual = config::paths::prices(environment.reader());
    [beside, usual].into_iter().flatten().find(|file| file.is_file())
}

/// A plan or a state as JSON.
fn read(file: &Path) -> Result<(PathBuf, Value), Failure> {
    let source = std::fs::read_to_string(file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
    let document = serde_json::from_str(&source).map_err(|error| {
        Failure::new(format!("{}:{}:{}: it is no JSON", file.display(), error.line(), error.column()))
            .with_hint("terraform show -json PLANFILE > plan.json")
    })?;
    Ok((file.to_path_buf(), document))
}

/// What was looked at in the context.
#[derive(Default)]
struct Seen {
    /// What is taken in, or why that is not known; nothing where it was not asked.
    ingest: Option<Result<Ingest, String>>,
    /// What runs, where it was asked.
    snapshot: Option<Snapshot>,
}

/// Looks at the context for what runs and what is taken in.
fn look(cli: &Cli, args: &CostArgs, opened: &Opened) -> Result<Seen, Failure> {
    let runtime = runtime()?;
    let mut seen = Seen::default();
    if args.measured {
        seen.ingest = Some(match runtime.block_on(engine::ingest(&opened.station)) {
            Ok(Some(ingest)) => Ok(ingest),
            Ok(None) => Err("this Prometheus does not scrape itself, or has not done so twice yet".to_owned()),
            Err(error) => Err(error.to_string()),
        });
    }
    if args.running {
        seen.snapshot = Some(runtime.block_on(engine::once(&opened.station, cli.once.timeout)));
    }
    runtime.shutdown_timeout(FAREWELL);
    Ok(seen)
}

/// What is asked, and what is known for the answer.
struct Ask<'a> {
    args: &'a CostArgs,
    /// The region asked for.
    region: Option<&'a str>,
    /// The region where nothing says one.
    home: &'a str,
    seen: &'a Seen,
    table: &'a Table,
}

impl Ask<'_> {
    fn inputs(&self, services: Option<u32>) -> Inputs {
        let mut inputs = Inputs::new(self.args.preset, services.unwrap_or(USUAL));
        if let Some(architecture) = self.args.arch {
            inputs.architecture = architecture;
        }
        if let Some(retention) = self.args.retention {
            inputs.retention_days = days(retention);
        }
        if let (Some((vcpu, memory)), Some(prometheus)) = (self.args.prometheus_size, inputs.components.first_mut()) {
            prometheus.size = FargateSize::new(vcpu, memory);
        }
        inputs
    }

    fn what_if(&self) -> WhatIf {
        WhatIf {
            services: self.args.watched,
            retention_days: self.args.retention.map(days),
            size: self.args.prometheus_size.map(|(vcpu, memory)| FargateSize::new(vcpu, memory)),
            architecture: self.args.arch,
            region: self.region.map(str::to_owned),
        }
    }

    fn ingest(&self) -> Option<&Ingest> {
        self.seen.ingest.as_ref()?.as_ref().ok()
    }

    /// How storage grows where samples are kept for so many days, or why that is not known.
    fn growth(&self, retention_days: f64) -> Option<Result<Growth, String>> {
        self.seen.ingest.clone().map(|ingest| ingest.map(|ingest| cost::growth(&ingest, retention_days)))
    }

    /// The bill of a preset.
    fn of_preset(&self) -> Result<Statement, String> {
        let args = self.args;
        let prices = self.table.region(self.region.unwrap_or(self.home))?;
        let mut inputs = self.inputs(args.watched);
        let growth = self.growth(inputs.retention_days);
        // The team's plan stays as it was written.
        if args.preset == Preset::Module {
            inputs.growth = growth.as_ref().and_then(|growth| growth.as_ref().ok().copied());
        }
        let services = inputs.services;
        let bill = cost::bill(&inputs, prices)?;
        // Where a line tells it, it need not be told twice.
        let untold = inputs.components.iter().filter(|component| component.note.is_none());
        let mut notes: Vec<String> =
            untold.filter_map(|component| Some(format!("{}: {}", component.name, component.size.missing()?))).collect();
        let mut compared = None;
        if services != USUAL {
            let usual = Inputs { growth: inputs.growth, ..self.inputs(None) };
            let usual = cost::bill(&usual, prices)?;
            let sum = cost::difference(&usual, &bill);
            compared = Some(Compared { services: USUAL, total: usual.total(), sum });
            notes.extend(cost::foreseen(services, self.table)?);
        }
        let of = if args.preset == Preset::Module { Of::Module } else { Of::MonitoringPlan };
        Ok(Statement {
            compared,
            alternative: Some(cost::cloudwatch_only(args.preset, services, prices)?),
            growth,
            running: self.running(prices, inputs.hours)?,
            notes,
            ..Statement::new(format!("the stack for {}", count(services)), Some(services), bill, prices, of)
        })
    }

    /// The bill of what runs.
    fn as_it_runs(&self, snapshot: &Snapshot) -> Result<Statement, String> {
        let is_other_number = self.args.watched.is_some();
        let home = snapshot.context.region.as_deref().unwrap_or(self.home);
        let what_if = WhatIf { region: Some(self.region.unwrap_or(home).to_owned()), ..self.what_if() };
        let sheet = cost::sheet(snapshot, self.ingest(), &what_if, self.table)?;
        let prices = self.table.region(&sheet.region)?;
        let services = sheet.reckoned.services;
        let now = sheet.now.filter(|_| is_other_number);
        let of = if is_other_number {
            format!("the stack that runs, were it for {}", count(services))
        } else {
            format!("the stack as it runs, for {}", count(services))
        };
        Ok(Statement {
            compared: now.map(|total| Compared { services: sheet.as_it_is.services, total, sum: None }),
            alternative: Some(sheet.alternative),
            growth: self.growth(sheet.reckoned.retention_days),
            running: self.running(prices, HOURS)?,
            notes: sheet.notes,
            ..Statement::new(of, Some(services), sheet.stack, prices, Of::Module)
        })
    }

    /// The bill of a plan or a state.
    fn planned(&self, document: &Value) -> Result<Statement, String> {
        let plan = cost::of_plan(document, self.ingest(), &self.what_if(), Some(self.home), self.table)?;
        let prices = self.table.region(&plan.region)?;
        let what = if document.get("planned_values").is_some() { "plan" } else { "state" };
        let of = match plan.services {
            Some(services) => format!("what this {what} has, for {}", count(services)),
            None => format!("what this {what} has"),
        };
        let is_any = !plan.after.lines.is_empty();
        let watched = plan.services.filter(|_| is_any);
        let alternative = watched.map(|services| cost::cloudwatch_only(Preset::Module, services, prices));
        let growth = match (&self.seen.ingest, plan.growth) {
            (Some(Err(why)), _) => Some(Err(why.clone())),
            (_, growth) => growth.map(Ok),
        };
        let bare = Statement::new(of, watched, plan.after.clone(), prices, Of::Terraform);
        Ok(Statement {
            alternative: alternative.transpose()?,
            growth,
            running: self.running(prices, HOURS)?,
            notes: plan.notes.clone(),
            plan: Some(plan),
            ..bare
        })
    }

    /// What runs, where it was looked at.
    fn running(&self, prices: &Prices, hours: f64) -> Result<Option<cost::RunningBill>, String> {
        self.seen.snapshot.as_ref().map(|snapshot| cost::of_snapshot(snapshot, hours, prices)).transpose()
    }
}

/// Hours of a month, as what runs is paid.
const HOURS: f64 = 730.0;

fn count(services: u32) -> String {
    format::count(services as usize, "service")
}

fn days(retention: std::time::Duration) -> f64 {
    retention.as_secs_f64() / 86_400.0
}

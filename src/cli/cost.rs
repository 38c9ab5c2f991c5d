//! `rounds cost`: what the stack costs a month, line by line.

use std::path::{Path, PathBuf};

use super::args::{Cli, CostArgs, Output};
use super::environment::Environment;
use super::failure::Failure;
use super::setup::Opened;
use super::{FAREWELL, once, runtime, setup, stdout};
use crate::cost::{self, FargateSize, HOME, Inputs, Preset, Prices, Table, WhatIf};
use crate::report::cost::{Compared, Statement, json, markdown, text};
use crate::{config, engine, report};

/// The services the plan and the module begin with.
const USUAL_SERVICES: u32 = 5;

/// Reckons, prints and answers with the exit code.
pub fn run(cli: &Cli, args: &CostArgs, environment: &Environment) -> Result<u8, Failure> {
    let settings = setup::settings(cli, environment)?;
    let region = cli.context.region.clone().unwrap_or_else(|| match args.preset {
        Preset::MonitoringPlan => "us-east-1".to_owned(),
        Preset::Module => {
            let chosen = settings.choose(cli.context.context.as_deref(), None).ok();
            chosen.and_then(|context| context.aws.as_ref()?.region.clone()).unwrap_or_else(|| HOME.to_owned())
        }
    });
    let table = table(cli, environment, args.prices.as_deref())?;
    let prices = table.region(&region).map_err(Failure::new)?;
    let opened = if args.running || args.measured { Some(setup::station(cli, environment)?) } else { None };
    let mut statement = statement(args, prices, &table).map_err(Failure::new)?;
    if let Some(opened) = &opened {
        look(cli, args, opened, &table, prices, &mut statement)?;
    }
    if let Some(plan) = &args.plan {
        let inputs = Inputs { growth: growth_of(&statement), ..inputs(args, args.watched) };
        planned(&mut statement, plan, &inputs, prices)?;
    }
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

/// The shipped prices, under those of the file named, else of `prices.toml` beside the configuration.
fn table(cli: &Cli, environment: &Environment, named: Option<&Path>) -> Result<Table, Failure> {
    let file = named.map(Path::to_path_buf).or_else(|| own_prices(cli, environment));
    let Some(file) = file else { return Ok(Table::shipped()) };
    Table::load(&file).map(|own| Table::shipped().under(own)).map_err(|refused| Failure::refused(&refused))
}

/// The user's own prices, where there are any: beside the configuration file that is named, else in the program's folder.
pub fn own_prices(cli: &Cli, environment: &Environment) -> Option<PathBuf> {
    let beside = cli.context.config.as_ref().and_then(|file| Some(file.parent()?.join("prices.toml")));
    let usual = config::paths::prices(environment.reader());
    [beside, usual].into_iter().flatten().find(|file| file.is_file())
}

fn inputs(args: &CostArgs, services: Option<u32>) -> Inputs {
    let mut inputs = Inputs::new(args.preset, services.unwrap_or(USUAL_SERVICES));
    if let Some(architecture) = args.arch {
        inputs.architecture = architecture;
    }
    if let Some(retention) = args.retention {
        inputs.retention_days = days(retention);
    }
    if let (Some((vcpu, memory)), Some(prometheus)) = (args.prometheus_size, inputs.components.first_mut()) {
        prometheus.size = FargateSize::new(vcpu, memory);
    }
    inputs
}

fn statement(args: &CostArgs, prices: &Prices, table: &Table) -> Result<Statement, String> {
    let inputs = inputs(args, args.watched);
    let services = inputs.services;
    let bill = cost::bill(&inputs, prices)?;
    // Where a line tells it, it need not be told twice.
    let untold = inputs.components.iter().filter(|component| component.note.is_none());
    let mut notes: Vec<String> =
        untold.filter_map(|component| Some(format!("{}: {}", component.name, component.size.missing()?))).collect();
    let mut compared = None;
    if services != USUAL_SERVICES {
        let usual = cost::bill(&self::inputs(args, None), prices)?;
        let sum = cost::difference(&usual, &bill);
        compared = Some(Compared { services: USUAL_SERVICES, total: usual.total(), sum });
        notes.extend(cost::foreseen(services, table)?);
    }
    Ok(Statement {
        of: format!("the stack for {}", crate::format::count(services as usize, "service")),
        region: prices.region.clone(),
        as_of: prices.as_of.clone(),
        services,
        bill,
        compared,
        alternative: Some(cost::cloudwatch_only(args.preset, services, prices)?),
        growth: None,
        plan: None,
        running: None,
        notes,
    })
}

/// Makes the statement one about a plan or a state.
fn planned(statement: &mut Statement, file: &Path, inputs: &Inputs, prices: &Prices) -> Result<(), Failure> {
    let bad = |why: String| Failure::new(format!("{}: {why}", file.display()));
    let source = std::fs::read_to_string(file).map_err(|error| bad(error.to_string()))?;
    let document: serde_json::Value = serde_json::from_str(&source).map_err(|error| {
        Failure::new(format!("{}:{}:{}: it is no JSON", file.display(), error.line(), error.column()))
            .with_hint("terraform show -json PLANFILE > plan.json")
    })?;
    let plan = cost::of_plan(&document, inputs, prices).map_err(bad)?;
    let what = if document.get("planned_values").is_some() { "plan" } else { "state" };
    statement.of =
        format!("what this {what} has, for {}", crate::format::count(statement.services as usize, "service"));
    statement.bill = plan.after.clone();
    statement.compared = None;
    statement.plan = Some(plan);
    Ok(())
}

/// Looks at the context for what runs and what is taken in.
fn look(
    cli: &Cli,
    args: &CostArgs,
    opened: &Opened,
    table: &Table,
    prices: &Prices,
    statement: &mut Statement,
) -> Result<(), Failure> {
    let runtime = runtime()?;
    let inputs = inputs(args, args.watched);
    let mut measured = None;
    if args.measured {
        let answer = match runtime.block_on(engine::ingest(&opened.station)) {
            Ok(Some(ingest)) => {
                measured = Some(ingest);
                let days = inputs.retention_days;
                Ok((cost::growth(ingest.samples_per_second, ingest.bytes_per_sample, days), days))
            }
            Ok(None) => Err("this Prometheus does not scrape itself".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        statement.growth = Some(answer);
        // The team's plan stays as it was written.
        if args.preset == Preset::Module {
            let inputs = Inputs { growth: growth_of(statement), ..inputs.clone() };
            statement.bill = cost::bill(&inputs, prices).map_err(Failure::new)?;
        }
    }
    if args.running {
        let snapshot = runtime.block_on(engine::once(&opened.station, cli.once.timeout));
        statement.running = Some(cost::of_snapshot(&snapshot, inputs.hours, prices).map_err(Failure::new)?);
        if args.preset == Preset::Module {
            let what_if = WhatIf {
                services: args.watched,
                retention_days: args.retention.map(days),
                size: args.prometheus_size.map(|(vcpu, memory)| FargateSize::new(vcpu, memory)),
                architecture: args.arch,
                region: Some(prices.region.clone()),
            };
            let sheet = cost::sheet(&snapshot, measured.as_ref(), &what_if, table).map_err(Failure::new)?;
            runs(statement, sheet, args.watched.is_some());
        }
    }
    runtime.shutdown_timeout(FAREWELL);
    Ok(())
}

/// Makes the statement one about what runs.
fn runs(statement: &mut Statement, sheet: cost::Sheet, is_other_number: bool) {
    let count = |services: u32| crate::format::count(services as usize, "service");
    statement.of = if is_other_number {
        format!("the stack that runs, were it for {}", count(sheet.reckoned.services))
    } else {
        format!("the stack as it runs, for {}", count(sheet.reckoned.services))
    };
    statement.services = sheet.reckoned.services;
    let now = sheet.now.filter(|_| is_other_number);
    statement.compared = now.map(|total| Compared { services: sheet.as_it_is.services, total, sum: None });
    statement.bill = sheet.stack;
    statement.alternative = Some(sheet.alternative);
    statement.notes = sheet.notes;
}

fn growth_of(statement: &Statement) -> Option<cost::Growth> {
    statement.growth.as_ref()?.as_ref().ok().map(|(growth, _)| *growth)
}

fn days(retention: std::time::Duration) -> f64 {
    retention.as_secs_f64() / 86_400.0
}

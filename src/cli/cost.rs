//! `rounds cost`: what the stack costs a month, line by line.

use std::path::Path;

use super::args::{Cli, CostArgs, Output};
use super::environment::Environment;
use super::failure::Failure;
use super::setup::Opened;
use super::{FAREWELL, once, runtime, setup, stdout};
use crate::cost::{self, Architecture, FargateSize, Inputs, Preset, Prices, Table};
use crate::report::cost::{Statement, json, markdown, text};
use crate::{engine, report};

/// The services the plan and the module begin with.
const USUAL_SERVICES: u32 = 5;

/// The region of the team's plan; its unit prices are another region's.
const HOME: &str = "ap-northeast-2";

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
    let table = table(args.prices.as_deref())?;
    let prices = table.region(&region).map_err(Failure::new)?;
    let opened = if args.running || args.measured { Some(setup::station(cli, environment)?) } else { None };
    let mut statement = statement(args, prices).map_err(Failure::new)?;
    if let Some(plan) = &args.plan {
        statement.plan = Some(plan_bill(plan, &inputs(args, args.watched), prices)?);
    }
    if let Some(opened) = &opened {
        look(cli, args, opened, prices, &mut statement)?;
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

/// The shipped prices, under those of the user's own file.
fn table(file: Option<&Path>) -> Result<Table, Failure> {
    let Some(file) = file else { return Ok(Table::shipped()) };
    Table::load(file).map(|own| Table::shipped().under(own)).map_err(|refused| Failure::refused(&refused))
}

fn inputs(args: &CostArgs, services: Option<u32>) -> Inputs {
    let mut inputs = Inputs::new(args.preset, services.unwrap_or(USUAL_SERVICES));
    if let Some(architecture) = args.arch {
        inputs.architecture = architecture;
    }
    if let Some(retention) = args.retention {
        inputs.retention_days = retention.as_secs_f64() / 86_400.0;
    }
    if let (Some((vcpu, memory)), Some(prometheus)) = (args.prometheus_size, inputs.components.first_mut()) {
        prometheus.size = FargateSize::new(vcpu, memory);
    }
    inputs
}

fn statement(args: &CostArgs, prices: &Prices) -> Result<Statement, String> {
    let inputs = inputs(args, args.watched);
    let services = inputs.services;
    let compared = match args.watched {
        Some(services) if services != USUAL_SERVICES => {
            let usual = Inputs { architecture: inputs.architecture, ..self::inputs(args, None) };
            Some((USUAL_SERVICES, cost::bill(&usual, prices)?.total()))
        }
        _ => None,
    };
    let mut notes = Vec::new();
    if let Some(component) = inputs.components.iter().find(|component| !component.size.exists()) {
        let size = component.size;
        notes.push(format!("Fargate has no {size} ({}): the next one is {}", component.name, size.least_at_least()));
    }
    Ok(Statement {
        of: format!("the stack for {}", crate::format::count(services as usize, "service")),
        region: prices.region.clone(),
        as_of: prices.as_of.clone(),
        services,
        bill: cost::bill(&inputs, prices)?,
        compared,
        alternative: Some(cost::cloudwatch_only(args.preset, services, prices)?),
        growth: None,
        plan: None,
        running: None,
        notes,
    })
}

fn plan_bill(file: &Path, inputs: &Inputs, prices: &Prices) -> Result<cost::PlanBill, Failure> {
    let bad = |why: String| Failure::new(format!("{}: {why}", file.display()));
    let source = std::fs::read_to_string(file).map_err(|error| bad(error.to_string()))?;
    let plan = serde_json::from_str(&source).map_err(|error| {
        bad(format!("{}:{}: it is no JSON", error.line(), error.column()))
            .with_hint("terraform show -json PLANFILE > plan.json")
    })?;
    cost::of_plan(&plan, inputs, prices).map_err(bad)
}

/// Looks at the context for what runs and what is taken in.
fn look(
    cli: &Cli,
    args: &CostArgs,
    opened: &Opened,
    prices: &Prices,
    statement: &mut Statement,
) -> Result<(), Failure> {
    let runtime = runtime()?;
    let inputs = inputs(args, args.watched);
    if args.running {
        let snapshot = runtime.block_on(engine::once(&opened.station, cli.once.timeout));
        let architecture = inputs.architecture;
        let running = cost::of_snapshot(&snapshot, architecture, inputs.hours, prices).map_err(Failure::new)?;
        statement.notes.push(format!(
            "what tasks run on is not read: all are priced as {architecture} (--arch {} for the other)",
            match architecture {
                Architecture::X86 => Architecture::Arm64,
                Architecture::Arm64 => Architecture::X86,
            }
        ));
        statement.running = Some(running);
    }
    if args.measured {
        let growth = match runtime.block_on(engine::ingest(&opened.station)) {
            Ok(Some(ingest)) => {
                let days = inputs.retention_days;
                Ok((cost::growth(ingest.samples_per_second, ingest.bytes_per_sample, days), days))
            }
            Ok(None) => Err("this Prometheus does not scrape itself".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        statement.growth = Some(growth);
    }
    runtime.shutdown_timeout(FAREWELL);
    Ok(())
}

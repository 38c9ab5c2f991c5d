//! `rounds check KIND` and `rounds trace SERVICE`: one read-only question, asked and answered.

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command, FromArgMatches, Subcommand};

use super::args::{Cli, Output, ServiceArg, TraceArgs};
use super::environment::Environment;
use super::failure::Failure;
use super::setup::Opened;
use super::{FAREWELL, once, runtime, setup, stdout};
use crate::domain::{Check, CheckKind};
use crate::{engine, report};

/// What was typed after `rounds check`.
#[derive(Debug, Clone)]
pub enum Question {
    /// A question, and the service it is about.
    Ask(Check, ServiceArg),
    /// What the answers look like as JSON.
    Schema,
}

/// What the word for the service is known by: `--service` is a global option.
const SERVICE: &str = "about";

/// The word that asks for the schema: no check is called so.
const SCHEMA: &str = "schema";

impl Subcommand for Question {
    fn augment_subcommands(command: Command) -> Command {
        let checks = CheckKind::ROWS.iter().fold(command, |command, row| {
            let options = row.options.iter().filter(|option| option.name != "service").map(|option| {
                Arg::new(option.name).long(option.name).value_name("VALUE").help(option.doc).required(option.required)
            });
            let service = row.options.iter().find(|option| option.name == "service");
            let about = format!("{}{}", row.doc[..1].to_uppercase(), &row.doc[1..]);
            let about_one = service.map(|option| {
                let about = format!("The service, as NAME or CLUSTER/NAME: {}", option.doc);
                Arg::new(SERVICE).value_name("SERVICE").help(about)
            });
            command.subcommand(Command::new(row.name).about(about).args(about_one).args(options))
        });
        checks.subcommand(Command::new(SCHEMA).about("Print the JSON Schema of -o json"))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        name == SCHEMA || CheckKind::named(name).is_some()
    }
}

impl FromArgMatches for Question {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::raw(ErrorKind::MissingSubcommand, "which check?");
        let (name, told) = matches.subcommand().ok_or_else(missing)?;
        if name == SCHEMA {
            return Ok(Self::Schema);
        }
        let kind = CheckKind::named(name).ok_or_else(missing)?;
        let options = kind.row().options.iter().filter(|option| option.name != "service");
        let check = options.fold(Check::new(kind), |check, option| match told.get_one::<String>(option.name) {
            Some(value) => check.with(option.name, value.clone()),
            None => check,
        });
        let is_of_one = kind.row().options.iter().any(|option| option.name == "service");
        let name = is_of_one.then(|| told.get_one::<String>(SERVICE).cloned()).flatten();
        Ok(Self::Ask(check, ServiceArg { name }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Asks, prints and answers with the exit code.
pub fn run(cli: &Cli, question: &Question, environment: &Environment) -> Result<u8, Failure> {
    let Question::Ask(check, service) = question else { return schema(&report::check::schema()) };
    let check = told(cli, check, service)?;
    let output = output(cli)?;
    let opened = opened(cli, environment)?;
    let runtime = runtime()?;
    let result = runtime.block_on(engine::check(&opened.station, &check, cli.once.timeout));
    runtime.shutdown_timeout(FAREWELL);
    let options = once::options(cli, environment, &opened);
    stdout::print(&match output {
        Form::Text => report::check::text(&result, &options),
        Form::Json => report::check::json(&result),
    })?;
    Ok(report::check::exit_code(result.state))
}

/// Walks the way of a request to a service, prints it and answers with the exit code.
pub fn trace(cli: &Cli, args: &TraceArgs, environment: &Environment) -> Result<u8, Failure> {
    if args.schema {
        return schema(&report::check::trace_schema());
    }
    let name = args.service.needed(cli, "rounds trace grafana")?;
    let output = output(cli)?;
    let opened = opened(cli, environment)?;
    let runtime = runtime()?;
    let walked = runtime.block_on(engine::trace(&opened.station, &name, cli.once.timeout));
    runtime.shutdown_timeout(FAREWELL);
    let trace = walked.map_err(|refusal| {
        let failure = Failure::new(refusal.what);
        match refusal.hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    })?;
    let options = once::options(cli, environment, &opened);
    stdout::print(&match output {
        Form::Text => report::check::trace_text(&trace, &options),
        Form::Json => report::check::trace_json(&trace),
    })?;
    Ok(report::check::exit_code(trace.state()))
}

/// Prints a schema; the exit code.
pub fn schema(schema: &serde_json::Value) -> Result<u8, Failure> {
    let text = serde_json::to_string_pretty(schema);
    let text = text.map_err(|error| Failure::new(format!("cannot write the schema: {error}")))?;
    stdout::print(&(text + "\n")).map(|()| 0)
}

enum Form {
    Text,
    Json,
}

fn output(cli: &Cli) -> Result<Form, Failure> {
    match cli.once.output {
        Output::Text => Ok(Form::Text),
        Output::Json => Ok(Form::Json),
        Output::Markdown | Output::Nagios => {
            Err(Failure::new("checks are printed as text or json").with_hint("-o text, or -o json"))
        }
    }
}

/// The question with the service that is named.
fn told(cli: &Cli, check: &Check, service: &ServiceArg) -> Result<Check, Failure> {
    let option = check.kind.row().options.iter().find(|option| option.name == "service");
    let (kind, meant) = (check.kind.name(), service.meant(cli)?);
    match (meant, option) {
        (None, Some(option)) if option.required => Err(Failure::new(format!("which service? {}", option.doc))
            .with_hint(format!("for example: rounds check {kind} api-2"))),
        (None, _) => Ok(check.clone()),
        (Some(_), None) => Err(Failure::new(format!("check {kind} is not about one service: leave --service out"))),
        (Some(only), Some(_)) if only.contains(['*', '?', '[']) => {
            Err(Failure::new(format!("`{only}` is a pattern: a check is about one service"))
                .with_hint("rounds --once lists the services there are"))
        }
        (Some(only), Some(_)) => Ok(check.clone().with("service", only)),
    }
}

/// What is looked at: everything. A check of one service asks about what is around it too.
fn opened(cli: &Cli, environment: &Environment) -> Result<Opened, Failure> {
    let opened = setup::station(&cli.about(Vec::new()), environment)?;
    for warning in &opened.warnings {
        stdout::complain(&report::problem(warning, None, false));
    }
    Ok(opened)
}

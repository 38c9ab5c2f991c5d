//! `rounds check KIND` and `rounds trace SERVICE`: one read-only question, asked and answered.

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command, FromArgMatches, Subcommand};

use super::args::{Cli, ContextArgs, Output, TraceArgs};
use super::environment::Environment;
use super::failure::Failure;
use super::setup::Opened;
use super::{FAREWELL, once, runtime, setup, stdout};
use crate::domain::{Check, CheckKind};
use crate::{engine, report};

/// What was typed after `rounds check`.
#[derive(Debug, Clone)]
pub enum Question {
    /// A question. `--service` is the global option.
    Ask(Check),
    /// What the answers look like as JSON.
    Schema,
}

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
            let long = match service {
                Some(option) => format!("{about}\n\n--service: {}", option.doc),
                None => about.clone(),
            };
            command.subcommand(Command::new(row.name).about(about).long_about(long).args(options))
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
        Ok(Self::Ask(check))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Asks, prints and answers with the exit code.
pub fn run(cli: &Cli, question: &Question, environment: &Environment) -> Result<u8, Failure> {
    let Question::Ask(check) = question else { return schema(&report::check::schema()) };
    let check = told(cli, check)?;
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
    let name = args.name.as_deref();
    let name = match (name, cli.context.services.as_slice()) {
        (Some(name), _) => name,
        (None, [only]) => only,
        (None, _) => {
            return Err(
                Failure::new("which service?").with_hint("rounds trace NAME, for example: rounds trace grafana")
            );
        }
    };
    let output = output(cli)?;
    let opened = opened(cli, environment)?;
    let runtime = runtime()?;
    let walked = runtime.block_on(engine::trace(&opened.station, name, cli.once.timeout));
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

/// The question with the service that `--service` names.
fn told(cli: &Cli, check: &Check) -> Result<Check, Failure> {
    let option = check.kind.row().options.iter().find(|option| option.name == "service");
    match (cli.context.services.as_slice(), option) {
        ([], Some(option)) if option.required => {
            Err(Failure::new(format!("which service? --service is needed: {}", option.doc))
                .with_hint(format!("for example: rounds check {} --service api-2", check.kind.name())))
        }
        ([], _) => Ok(check.clone()),
        ([_, ..], None) => {
            Err(Failure::new(format!("check {} is not about one service: leave --service out", check.kind.name())))
        }
        ([only], Some(_)) if only.contains(['*', '?', '[']) => {
            Err(Failure::new(format!("`{only}` is a pattern: a check is about one service"))
                .with_hint("rounds --once lists the services there are"))
        }
        ([only], Some(_)) => Ok(check.clone().with("service", only.clone())),
        (_, Some(_)) => Err(Failure::new("a check is about one service: give --service once")),
    }
}

/// What is looked at: everything. A check of one service asks about what is around it too.
fn opened(cli: &Cli, environment: &Environment) -> Result<Opened, Failure> {
    let context = ContextArgs { services: Vec::new(), ..cli.context.clone() };
    let wide = Cli { context, once: cli.once.clone(), look: cli.look.clone(), command: None };
    let opened = setup::station(&wide, environment)?;
    for warning in &opened.warnings {
        stdout::complain(&report::problem(warning, None, false));
    }
    Ok(opened)
}

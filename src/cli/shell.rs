//! `rounds shell`: a shell in a task, by the AWS command line.

use super::args::{Cli, ShellArgs};
use super::do_::Question;
use super::environment::Environment;
use super::failure::Failure;
use super::setup::Opened;
use super::{FAREWELL, runtime, setup, stdout};
use crate::domain::{Consent, GateState, Refusal, ServiceId, Snapshot, TaskState};
use crate::engine::{self, Station};
use crate::shell::{exec, foreground};

/// Opens the shell; the exit code is what the shell's own was.
pub fn run(cli: &Cli, args: &ShellArgs, environment: &Environment) -> Result<u8, Failure> {
    let path = environment.get("PATH");
    exec::check(path.as_deref().map(AsRef::as_ref)).map_err(|(what, hint)| Failure::new(what).with_hint(hint))?;
    let name = args.service.needed(cli, "rounds shell api-2")?;
    let opened = setup::station(&cli.about(Vec::new()), environment)?;
    let runtime = runtime()?;
    let pass = runtime.block_on(async {
        let snapshot = engine::once(&opened.station, cli.once.timeout).await;
        let (service, task) = chosen(&snapshot, &name, args, &opened)?;
        let consent = match consent(&service, args, &opened.station) {
            Ok(consent) => consent,
            Err(refusal) => {
                engine::shell_refused(&opened.station, &service, &task, &refusal.what).await;
                return Err(refused(&refusal));
            }
        };
        let pass = engine::shell(&opened.station, &service, &task, args.container.as_deref(), &consent).await;
        pass.map_err(|refusal| refused(&refusal))
    })?;
    let ended = foreground::run(exec::command(&pass));
    let said = match &ended {
        Ok(end) => end.trouble().unwrap_or_else(|| "by itself".to_owned()),
        Err(why) => why.to_string(),
    };
    let unwritten = runtime.block_on(engine::shell_closed(&opened.station, &pass, &said));
    runtime.shutdown_timeout(FAREWELL);
    if let Some(why) = unwritten {
        stdout::complain(&format!("not in the journal: {why}\n"));
    }
    ended.map(foreground::End::code).map_err(|why| Failure::new(format!("aws: {why}")))
}

/// A person's yes. Outside production the command itself is one; in production the service's name is, typed or given with
/// `--confirm`, and arms it for this one shell.
fn consent(service: &ServiceId, args: &ShellArgs, station: &Station) -> Result<Consent, Refusal> {
    let (operator, context) = (&station.operator, &station.setting.context);
    let is_read_only = matches!(operator.gate(), GateState::ReadOnly { .. });
    if !context.production || is_read_only {
        // What is read-only is refused by the gate, whatever is typed.
        return Ok(Consent { by: "command".to_owned(), ..Consent::default() });
    }
    let question = Question { typed: Some(&service.name), production: true, otherwise: "no shell was opened" };
    let (typed, by) =
        if args.yes { (question.confirmed(args.confirm.as_deref())?, "--yes") } else { (question.ask()?, "typed") };
    operator.arm()?;
    Ok(Consent { typed, by: by.to_owned(), ..Consent::default() })
}

fn refused(refusal: &Refusal) -> Failure {
    let failure = Failure::new(refusal.what.clone());
    match &refusal.hint {
        Some(hint) => failure.with_hint(hint.clone()),
        None => failure,
    }
}

/// The service that is named, and the task: the one named, else the only one that runs.
fn chosen(snapshot: &Snapshot, name: &str, args: &ShellArgs, opened: &Opened) -> Result<(ServiceId, String), Failure> {
    let found: Vec<_> =
        snapshot.services.iter().filter(|service| service.id.name == name || service.id.to_string() == name).collect();
    let service = match found.as_slice() {
        [only] => only,
        [] => {
            let failing = snapshot.sources.iter().find_map(|source| match &source.state {
                crate::domain::SourceState::Failing { error, .. } => Some(error.what.clone()),
                _ => None,
            });
            let context = &opened.station.setting.context.name;
            let why = failing.map(|why| format!(" ({why})")).unwrap_or_default();
            return Err(Failure::new(format!("there is no service {name} in {context}{why}")));
        }
        many => {
            let names: Vec<String> = many.iter().map(|service| service.id.to_string()).collect();
            return Err(Failure::new(format!("several services are called {name}: {}", names.join(", "))));
        }
    };
    let tasks = service.ecs.as_deref().map(|ecs| ecs.tasks.as_slice()).unwrap_or_default();
    let mut running = tasks.iter().filter(|task| task.state == TaskState::Running).map(|task| task.id.clone());
    let running: Vec<String> = match &args.task {
        Some(wanted) => running.filter(|task| task.starts_with(wanted.as_str())).collect(),
        None => running.by_ref().collect(),
    };
    match (running.as_slice(), &args.task) {
        ([only], _) => Ok((service.id.clone(), only.clone())),
        ([], Some(wanted)) => Err(Failure::new(format!("no running task of {name} begins with {wanted}"))),
        ([], None) => Err(Failure::new(format!("no task of {name} is known to run"))),
        (many, _) => Err(Failure::new(format!("{name} has {} running tasks", many.len()))
            .with_hint(format!("choose one with --task: {}", many.join(", ")))),
    }
}

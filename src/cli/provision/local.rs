//! `rounds provision up|status|down --local`: the stack on this machine.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

use super::args::{DownArgs, LocalArgs, UpArgs};
use super::fleet::ended;
use crate::cli::args::{Cli, Output};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{runtime, stdout};
use crate::format::count;
use crate::stack::{self, Component, Folder, Gone, Health, Machine, Outcome, Status, Wish};

/// Where something of the stack does not answer.
const NOT_WELL: u8 = 2;
/// Between two looks at processes that are to stay.
const LOOK: Duration = Duration::from_millis(500);

fn folder(args: &LocalArgs, environment: &Environment) -> Result<Folder, Failure> {
    match &args.dir {
        Some(path) => Ok(Folder::at(path)?),
        None => Folder::usual(environment.reader()).ok_or_else(|| {
            Failure::new("there is no home directory").with_hint("set HOME, or name a folder with --dir")
        }),
    }
}

/// Brings it up.
pub fn up(args: &UpArgs, environment: &Environment) -> Result<u8, Failure> {
    let folder = folder(&args.which, environment)?;
    let rounds = std::env::current_exe().map_err(|why| Failure::new(format!("cannot find this program: {why}")))?;
    let machine = Machine { rounds, path: environment.get("PATH").unwrap_or_default(), now: Timestamp::now() };
    let wish = Wish {
        scenario: args.scenario,
        services: args.fleet.map(|number| number as usize),
        seed: args.seed,
        history: args.history,
        port_base: args.port_base,
    };
    runtime()?.block_on(async {
        let mut end = std::pin::pin!(ended()?);
        let say = |text: &str| stdout::complain(&format!("{text}\n"));
        let outcome = tokio::select! {
            outcome = stack::up(&folder, &wish, &machine, &say) => outcome,
            () = &mut end => return Err(broken_off(&folder).await),
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            // A part that is missing leaves nothing half done: what was started goes again.
            Err(error) => return Err(given_up(&folder, error).await),
        };
        if args.foreground && outcome.started.is_empty() {
            return Err(Failure::new("the stack is up already, in the background")
                .with_hint("bring it down first: rounds provision down --local"));
        }
        stdout::print(&told(&outcome, &folder, args.foreground, proxy(environment).as_deref()))?;
        if !args.foreground {
            return Ok(0);
        }
        let died = tokio::select! {
            died = death(&folder) => Some(died),
            () = &mut end => None,
        };
        say("stopping");
        stack::down(&folder, false).await?;
        died.map_or(Ok(0), |died| Err(Failure::new(died)))
    })
}

async fn broken_off(folder: &Folder) -> Failure {
    match stack::down(folder, false).await {
        Ok(gone) => Failure::new(format!("broken off; {}", stopped(&gone))),
        Err(error) => Failure::from(error),
    }
}

/// A stack that was never whole is stopped; one that was up stays as it is, for whoever wants to look.
async fn given_up(folder: &Folder, error: stack::StackError) -> Failure {
    if stack::status(folder).await.is_ok_and(|status| !status.is_complete) {
        // The first error is the one to tell.
        let _ = stack::down(folder, false).await;
    }
    Failure::from(error)
}

/// Comes when a part has ended by itself.
async fn death(folder: &Folder) -> String {
    loop {
        if let Some(died) = stack::dead_part(folder) {
            return died;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A proxy that would be asked for addresses of this machine too.
fn proxy(environment: &Environment) -> Option<String> {
    let proxies = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    let set = proxies.into_iter().find(|name| environment.get(name).is_some())?;
    let except = environment.get("NO_PROXY").or_else(|| environment.get("no_proxy")).unwrap_or_default();
    let is_excepted = except.split(',').any(|host| ["*", "127.0.0.1", "127.0.0.0/8"].contains(&host.trim()));
    (!is_excepted).then(|| format!("{set} is set: for the console set NO_PROXY=127.0.0.1 too"))
}

fn told(outcome: &Outcome, folder: &Folder, foreground: bool, proxy: Option<&str>) -> String {
    let mut text = if outcome.started.is_empty() {
        "the stack is up already\n".to_owned()
    } else {
        let firing = count(outcome.firing, "alert");
        let took = outcome.took.as_secs_f64();
        format!("up in {took:.1} s: {}; {firing} firing\n", outcome.started.join(", "))
    };
    let mut line = |name: &str, what: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<13} {what}");
    };
    line("scenario", &format!("{}: {}", outcome.scenario, outcome.scenario.about()));
    for (name, url) in &outcome.places {
        line(name, url);
    }
    line("folder", &folder.path().display().to_string());
    line("messages", &folder.told().display().to_string());
    for note in outcome.notes.iter().map(String::as_str).chain(proxy) {
        line("note", note);
    }
    text.push_str("\nnext\n");
    let config = quoted(&folder.console());
    let mut commands = vec![
        (format!("rounds --config {config}"), "the console"),
        (format!("rounds --config {config} --once"), "one look"),
    ];
    if !foreground {
        let dir = quoted(folder.path());
        commands.push((format!("rounds provision status --local --dir {dir}"), "how it is doing"));
        commands.push((
            format!("rounds provision down --local --dir {dir}"),
            "the end of it; --purge removes its data too",
        ));
    }
    let width = commands.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    for (command, what) in commands {
        let _ = writeln!(text, "  {command:<width$}   # {what}");
    }
    text
}

/// A path as a shell takes it.
fn quoted(path: &std::path::Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,=".contains(c);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Brings it down.
pub fn down(args: &DownArgs, environment: &Environment) -> Result<u8, Failure> {
    let folder = folder(&args.which, environment)?;
    let gone = runtime()?.block_on(stack::down(&folder, args.purge))?;
    let mut text = stopped(&gone) + "\n";
    if gone.purged {
        let _ = writeln!(text, "removed {}", folder.path().display());
    } else {
        text.push_str("its data is kept: `up` goes on where it was; --purge removes it\n");
    }
    stdout::print(&text)?;
    Ok(0)
}

fn stopped(gone: &Gone) -> String {
    if gone.stopped.is_empty() {
        return "nothing ran".to_owned();
    }
    let one = |(name, pid, killed): &(&str, u32, bool)| {
        format!("{name} (pid {pid}{})", if *killed { ", had to be killed" } else { "" })
    };
    format!("stopped {}", gone.stopped.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// Tells how it is doing.
pub fn status(cli: &Cli, args: &LocalArgs, environment: &Environment) -> Result<u8, Failure> {
    let folder = folder(args, environment)?;
    let status = runtime()?.block_on(stack::status(&folder))?;
    let text = match cli.once.output {
        Output::Text => as_text(&status),
        Output::Json => {
            let text = serde_json::to_string_pretty(&status);
            text.map_err(|why| Failure::new(format!("cannot write JSON: {why}")))? + "\n"
        }
        Output::Markdown | Output::Nagios => {
            return Err(Failure::new("the status of a stack is written as text or json"));
        }
    };
    stdout::print(&text)?;
    Ok(if status.is_up { 0 } else { NOT_WELL })
}

fn as_text(status: &Status) -> String {
    let mut text = format!("{}: {} since {:.0}\n", status.folder, status.scenario, status.began);
    for Component { name, health, url, pid, detail, log } in &status.components {
        let health = match health {
            Health::Ready => "ready",
            Health::NotReady => "not ready",
            Health::Crashed => "crashed",
            Health::Stopped => "stopped",
            Health::StandIn => "stand-in",
        };
        let pid = pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
        let mut line = format!("  {name:<13} {health:<9} {pid:>7}  {url}  {detail}");
        if health == "crashed" || health == "not ready" {
            let _ = write!(line, "; log: {log}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let of = |pair: Option<(usize, usize)>, words: fn(usize, usize) -> String| {
        pair.map_or_else(|| "not known".to_owned(), |(one, all)| words(one, all))
    };
    let mut fact = |name: &str, what: &str| {
        let _ = writeln!(text, "  {name:<13} {what}");
    };
    fact("targets", &of(status.targets, |up, all| format!("{up}/{all} up")));
    fact(
        "rules",
        &of(status.rules, |all, failing| match failing {
            0 => format!("{all} loaded"),
            _ => format!("{all} loaded, {failing} cannot be evaluated"),
        }),
    );
    let firing = status.firing.as_ref().map_or_else(
        || "not known".to_owned(),
        |firing| {
            let one = |(name, service): &(String, String)| format!("{name} {service}").trim_end().to_owned();
            firing.iter().map(one).collect::<Vec<_>>().join(", ")
        },
    );
    fact("firing", if firing.is_empty() { "nothing" } else { &firing });
    if !status.is_up {
        text.push_str("not everything is up; `rounds provision up --local` starts what is missing\n");
    }
    text
}

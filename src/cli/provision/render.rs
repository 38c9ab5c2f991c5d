//! `rounds provision render`: every configuration as files.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::args::RenderArgs;
use crate::cli::args::Cli;
use crate::cli::failure::Failure;
use crate::cli::stdout;
use crate::format::count;
use crate::provision::{self, Refusal, Variables, local};
use crate::sim::{Exporter, Plan};
use crate::stack::{self, DEFAULT_PORTS, Ports, StackError, Written};

/// Writes the files.
pub fn run(cli: &Cli, args: &RenderArgs) -> Result<u8, Failure> {
    let out = std::path::absolute(&args.out)
        .map_err(|why| Failure::new(format!("cannot find {}: {why}", args.out.display())))?;
    let given = services(&cli.context.services)?;
    if args.local && !given.is_empty() {
        return Err(Failure::new("with --local the services are simulated: --service has no say"));
    }
    let refused = |error| refused(args.vars.as_deref(), error);
    let files = if args.local {
        let place = place();
        let files = provision::render(&local::variables(&place).map_err(refused)?, Some(local::NOTE));
        files.map(|files| files.into_iter().chain(local::ways_out(&place)).collect())
    } else {
        provision::render(&described(args.vars.as_deref(), given)?.map_err(refused)?, None)
    };
    let files: Vec<provision::Rendered> = files.map_err(StackError::from)?;
    let written = stack::write(&out, &files, args.force)?;
    stdout::print(&told(&written, &args.out, args.local))?;
    Ok(0)
}

/// The example's variables with what differs from them.
fn described(vars: Option<&Path>, services: Map<String, Value>) -> Result<Result<Variables, Refusal>, Failure> {
    let mut others = vars.map_or_else(|| Ok(json!({})), read)?;
    if let (false, Some(others)) = (services.is_empty(), others.as_object_mut()) {
        others.insert("services".to_owned(), Value::Object(services));
    }
    Ok(Variables::example().and_then(|example| example.with(&others)))
}

fn read(path: &Path) -> Result<Value, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|why| Failure::new(format!("cannot read {}: {why}", path.display())))?;
    let wrong = |why: String| Failure::new(format!("{}: {}", path.display(), why.trim_end()));
    if path.extension().is_some_and(|extension| extension == "json") {
        return serde_json::from_str(&text).map_err(|why| wrong(why.to_string()));
    }
    toml::from_str(&text).map_err(|why| wrong(why.to_string()))
}

/// The services of `--service NAME:PORT`.
fn services(given: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut services = Map::new();
    for text in given {
        let parsed = text.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse::<u16>().ok()?)));
        let Some((name, port)) = parsed else {
            return Err(Failure::new(format!("--service {text}: expected NAME:PORT, like api:8080")));
        };
        if services.insert(name.to_owned(), json!({ "port": port })).is_some() {
            let why = "is there twice; for a service on two ports give each a name of its own";
            return Err(Failure::new(format!("--service {text}: {name} {why}")));
        }
    }
    Ok(services)
}

/// A stack on the usual ports, its files found where containers have them.
fn place() -> local::Place {
    let fleet = Exporter::new(Plan::default(), jiff::Timestamp::UNIX_EPOCH, std::time::Duration::ZERO);
    let Ports { prometheus, alertmanager, grafana, exporter, fleet: port } = Ports::from(DEFAULT_PORTS);
    local::Place {
        prometheus,
        alertmanager,
        grafana,
        exporter,
        fleet: port,
        cluster: fleet.cluster().to_owned(),
        services: fleet.services().map(|(name, port)| (name.to_owned(), port)).collect(),
        dashboards: "/etc/grafana/dashboards".to_owned(),
        secrets: "/etc/alertmanager/secrets".to_owned(),
    }
}

fn refused(file: Option<&Path>, error: Refusal) -> Failure {
    let what = file.map_or_else(|| error.what.clone(), |file| format!("{}: {}", file.display(), error.what));
    Failure { hint: error.hint, ..Failure::new(what) }
}

fn told(written: &Written, out: &Path, local: bool) -> String {
    let mut text = String::new();
    for path in &written.written {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "wrote   {}", out.join(path).display());
    }
    for path in &written.removed {
        let _ = writeln!(text, "removed {}", out.join(path).display());
    }
    let _ = writeln!(text, "{} written, {} unchanged", count(written.written.len(), "file"), written.unchanged);
    if local {
        let _ = writeln!(
            text,
            "run it: rounds provision up --local, or with Docker: rounds provision fleet & docker compose -f {}/compose.yaml up",
            out.display()
        );
    }
    text
}

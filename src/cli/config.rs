//! `rounds config`: is the file right, what is in force, where is it, what may it say.

use std::fmt::Write as _;

use super::args::{Cli, ConfigCommand};
use super::environment::Environment;
use super::failure::Failure;
use super::{setup, stdout};
use crate::config::Refused;
use crate::format::count;
use crate::{config, keymap, report, theme};

/// Does what was asked with the configuration.
pub fn run(cli: &Cli, command: ConfigCommand, environment: &Environment) -> Result<u8, Failure> {
    let text = match command {
        ConfigCommand::Check => check(cli, environment)?,
        ConfigCommand::Show => show(cli, environment)?,
        ConfigCommand::Path => path(cli, environment)?,
        ConfigCommand::Schema => schema(cli)?,
        ConfigCommand::Sample => config::sample(),
    };
    stdout::print(&text)?;
    Ok(0)
}

fn check(cli: &Cli, environment: &Environment) -> Result<String, Failure> {
    let settings = setup::settings(cli, environment)?;
    // What the file names is part of what it says.
    let look = setup::look(cli, environment, &settings.ui);
    let refused = [
        keymap::load(&look.keymap, look.keymaps_dir.as_deref()).err(),
        theme::load(&look.theme, look.themes_dir.as_deref()).err(),
    ];
    let problems: Vec<_> = refused.into_iter().flatten().flat_map(|refused| refused.problems).collect();
    if !problems.is_empty() {
        return Err(Failure::refused(&Refused { problems }));
    }
    Ok(match &settings.file {
        Some(file) if settings.contexts.is_empty() => {
            format!("{}: ok, no context: ECS and CloudWatch with the AWS credentials at hand\n", file.display())
        }
        Some(file) => format!("{}: ok, {}\n", file.display(), count(settings.contexts.len(), "context")),
        None => "no configuration file: ECS and CloudWatch with the AWS credentials at hand\n".to_owned(),
    })
}

fn show(cli: &Cli, environment: &Environment) -> Result<String, Failure> {
    let settings = setup::settings(cli, environment)?;
    if let Some(name) = &cli.context.context {
        settings.choose(Some(name), None).map_err(|error| Failure::refused(&error))?;
    }
    Ok(config::show(&settings, cli.context.context.as_deref()))
}

fn path(cli: &Cli, environment: &Environment) -> Result<String, Failure> {
    let sources = config::Sources { file: cli.context.config.clone(), env: environment.reader() };
    let unknown = || Failure::new("there is no home directory").with_hint("set HOME, or name the file with --config");
    let (file, _) = sources.place().ok_or_else(unknown)?;
    let state = |path: &std::path::Path| if path.exists() { "" } else { "  (not there)" };
    let mut lines = format!("config   {}{}\n", file.display(), state(&file));
    let folders = [
        ("themes", config::paths::themes(environment.reader())),
        ("keymaps", config::paths::keymaps(environment.reader())),
        ("runbooks", config::paths::runbooks(environment.reader())),
    ];
    for (name, folder) in folders {
        if let Some(folder) = folder {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{name:<8} {}{}", folder.display(), state(&folder));
        }
    }
    Ok(lines)
}

fn schema(cli: &Cli) -> Result<String, Failure> {
    let schema = if cli.once.once { report::once::schema() } else { config::schema() };
    let text = serde_json::to_string_pretty(&schema);
    text.map(|text| text + "\n").map_err(|error| Failure::new(format!("cannot write the schema: {error}")))
}

//! Where a stack is driven from: its root module, the program, and the folder in which plans and reports are kept.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};

use super::args::ModuleArgs;
use super::drive;
use crate::cli::args::Cli;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::setup;
use crate::config::{self, Settings, Sources};
use crate::domain::{ChangePlace, ProvisionOperation};
use crate::exec::Outfit;
use crate::format::sanitise;
use crate::terraform::{self, Folder, Saved, StackDoor, Tool};

/// Names of environments that are production whatever the console's configuration says.
const PRODUCTION: [&str; 3] = ["prod", "production", "live"];

/// A root module, and what it is driven with.
#[derive(Debug)]
pub struct Site {
    /// Terraform or OpenTofu.
    pub tool: Tool,
    /// Where it works, and where plans are kept.
    pub folder: Folder,
    /// What the environment has a plan leave out (`-target`), without values.
    pub narrowed: Vec<String>,
    settings: Settings,
    context: Option<String>,
    /// Held as long as this lives: two at once would write each other's plan.
    _alone: File,
}

impl Site {
    /// Finds the module and the program, and makes the folder for what is kept.
    ///
    /// # Errors
    /// Where one of them is missing, or another `rounds` is at work on the same module.
    pub async fn open(cli: &Cli, args: &ModuleArgs, environment: &Environment) -> Result<Self, Failure> {
        Self::with(cli, args, environment, setup::settings(cli, environment)?).await
    }

    /// The same for who writes the console's configuration, which need not be there yet.
    ///
    /// # Errors
    /// As [`Site::open`].
    pub async fn open_new(cli: &Cli, args: &ModuleArgs, environment: &Environment) -> Result<Self, Failure> {
        let sources = Sources { file: cli.context.config.clone(), env: environment.reader() };
        let is_there = sources.place().is_some_and(|(file, _)| file.exists());
        let settings = if is_there { setup::settings(cli, environment)? } else { Settings::empty() };
        Self::with(cli, args, environment, settings).await
    }

    async fn with(
        cli: &Cli,
        args: &ModuleArgs,
        environment: &Environment,
        settings: Settings,
    ) -> Result<Self, Failure> {
        let none = |what: String| {
            let failure = Failure::new(what).at(args.dir.display().to_string());
            failure.with_hint("name the folder of the root module: --dir DIR; rounds provision init writes one")
        };
        let module =
            args.dir.canonicalize().map_err(|why| none(format!("cannot open {}: {why}", args.dir.display())))?;
        if !terraform::holds_a_module(&module) {
            return Err(none(format!("{} holds no Terraform module", module.display())));
        }
        let tool = terraform::find(args.terraform.as_deref(), &environment.get("PATH").unwrap_or_default()).await?;
        let state = config::paths::state(environment.reader()).ok_or_else(|| {
            Failure::new("there is no home to keep plans in").with_hint("set HOME, XDG_STATE_HOME or ROUNDS_STATE_DIR")
        })?;
        let state = std::path::absolute(&state).unwrap_or(state);
        let keep = state.join("provision").join(name_of(&module));
        let alone = alone(&keep)?;
        let variables = variables(cli);
        let context = cli.context.context.clone();
        let data = module.join(environment.get("TF_DATA_DIR").unwrap_or_else(|| ".terraform".to_owned()));
        let folder = Folder { module, keep, data, environment: variables };
        let narrowed = terraform::narrowed(&environment.get("TF_CLI_ARGS_plan").unwrap_or_default());
        Ok(Self { tool, folder, narrowed, settings, context, _alone: alone })
    }

    /// The console's configuration.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The environment: what the plan's variables say, else the context named, else the folder's name.
    fn environment(&self, saved: Option<&Saved>) -> String {
        let folder = || self.folder.module.file_name().map(|name| sanitise(&name.to_string_lossy()).into_owned());
        let named = saved.and_then(|saved| saved.environment.clone()).or_else(|| self.context.clone());
        named.or_else(folder).unwrap_or_else(|| "root".to_owned())
    }

    /// The place of a change of that plan; without one, as far as it is known.
    pub fn place(&self, saved: Option<&Saved>) -> ChangePlace {
        let context = self.environment(saved);
        ChangePlace {
            production: self.is_production(&context),
            region: saved.and_then(|saved| saved.region.clone()),
            account: None,
            caller_arn: None,
            demo: false,
            context,
        }
    }

    /// Writes into the journal that something could not be begun, and why.
    pub async fn journal_failure(
        &self,
        cli: &Cli,
        environment: &Environment,
        operation: ProvisionOperation,
        why: &str,
    ) {
        // What follows the first line is the program's own, and may hold what is secret.
        let why = why.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it did not say why");
        let text = format!("not begun: {why}");
        journal(cli, environment, self.place(None), &self.folder.module, operation, text).await;
    }

    /// Whether an environment is production: by its name, or by the console's context for it.
    pub fn is_production(&self, environment: &str) -> bool {
        let of = |name: &str| self.settings.contexts.get(name).is_some_and(|context| context.production);
        PRODUCTION.contains(&environment.to_ascii_lowercase().as_str())
            || of(environment)
            || self.context.as_deref().is_some_and(of)
    }

    /// What changes need of this process; a context that is read only takes them away too.
    pub fn outfit(&self, cli: &Cli, environment: &Environment, name: &str) -> Outfit {
        let mut outfit = setup::outfit(cli, environment, false);
        let names = [Some(name), self.context.as_deref()];
        let is_read_only = |name: &&str| self.settings.contexts.get(*name).is_some_and(|context| context.read_only);
        if let Some(context) = names.into_iter().flatten().find(is_read_only) {
            outfit.forbidden_by.get_or_insert_with(|| format!("read_only of context {context}"));
        }
        outfit
    }
}

/// Writes a step that changes nothing that runs into the journal; where that fails it is told, and the step stands.
pub async fn journal(
    cli: &Cli,
    environment: &Environment,
    place: ChangePlace,
    folder: &Path,
    operation: ProvisionOperation,
    text: String,
) {
    let door = StackDoor::new(setup::outfit(cli, environment, false), place);
    let folder = folder.display().to_string();
    let written = door.step(operation, &folder, text, Timestamp::now()).await;
    if let Some(why) = written {
        drive::tell(cli, &format!("the journal does not have this: {why}\n"));
    }
}

/// A name for a folder that no other has: its own, for people, and a digest of all of its path.
fn name_of(module: &Path) -> String {
    let own = module.file_name().unwrap_or_default().to_string_lossy();
    let plain: String =
        own.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' }).collect();
    format!("{plain}-{}", terraform::digest(module.as_os_str().as_bytes()))
}

/// Makes the folder, for its owner only, and takes its lock.
fn alone(keep: &PathBuf) -> Result<File, Failure> {
    let cannot = |why: std::io::Error| {
        Failure::new(format!("cannot write {}: {why}", keep.display()))
            .with_hint("set ROUNDS_STATE_DIR to a folder that may be written")
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(keep).map_err(cannot)?;
    let mut file = fs::OpenOptions::new();
    file.write(true).create(true).truncate(false).mode(0o600);
    let file = file.open(keep.join("lock")).map_err(cannot)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        Failure::new("another rounds is at work on this module: nothing was done")
            .with_hint("wait for it to end, then try again")
    })?;
    Ok(file)
}

/// The profile and region of the command line, for the program's own credentials.
fn variables(cli: &Cli) -> BTreeMap<String, String> {
    let given = [("AWS_PROFILE", &cli.context.profile), ("AWS_REGION", &cli.context.region)];
    given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_modules_of_one_name_keep_apart() {
        let (one, two) = (name_of(Path::new("/a/infra live")), name_of(Path::new("/b/infra live")));
        assert!(one.starts_with("infra-live-") && one != two, "{one} {two}");
        assert_eq!(one, name_of(Path::new("/a/infra live")));
    }
}

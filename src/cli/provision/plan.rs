//! `rounds provision plan`: what would be made, changed and destroyed.

use std::ffi::OsString;

use jiff::Timestamp;
use tokio::sync::watch;

use super::apply::counted;
use super::args::PlanArgs;
use super::drive::{self, Shown};
use super::site::{self, Site};
use crate::cli::args::{Cli, Output};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{FAREWELL, runtime, stdout};
use crate::domain::{Diagnostic, ProvisionOperation, TerraformRun};
use crate::format::shell_word;
use crate::report;
use crate::report::provision::Trouble;
use crate::report::provision::run::Document;
use crate::terraform::{Basis, Ending, Saved};

/// The exit code of what a person stopped.
pub const STOPPED: u8 = 1;

/// The exit code of a plan or a run that failed.
pub const FAILED: u8 = 2;

/// The exit code of what could not begin, or was refused: nothing was changed.
pub const NOT_BEGUN: u8 = 3;

/// What to do where a plan is out of date.
pub const LOOK_ANEW: &str = "make a new one and look at it: rounds provision plan";

/// Plans, prints and answers with the exit code.
pub fn run(cli: &Cli, args: &PlanArgs, environment: &Environment) -> Result<u8, Failure> {
    form(cli)?;
    let runtime = runtime()?;
    let code = runtime.block_on(async {
        // Until there is something to wait for, a signal ends this as it ends anything.
        let site = Site::open(cli, &args.module, environment).await?;
        let stop = drive::stop_on_signals()?;
        let asked = Asked { operation: ProvisionOperation::Plan, destroys: args.destroy };
        let name = asked.name();
        let colour = environment.colours_stdout() && cli.once.output == Output::Text;
        let Made { saved, run, .. } = match make(cli, &site, asked, environment, &stop).await? {
            Ok(made) => made,
            Err(failed) => return failed.tell(cli, &site, name, colour),
        };
        let (place, cost) = (site.place(Some(&saved)), drive::cost_of(cli, environment, &saved));
        if args.destroy || !saved.has_changes {
            saved.remove();
        }
        let text = if args.destroy { "to destroy it: " } else { "" }.to_owned() + &counted(&run);
        site::journal(cli, environment, place.clone(), &site.folder.module, ProvisionOperation::Plan, text).await;
        if cli.once.output == Output::Json {
            let document =
                Document { cost: cost.as_ref(), place: Some(&place), ..Document::of(name, &site.folder.module, &run) };
            stdout::print(&document.json(Timestamp::now()))?;
        } else {
            stdout::print(&report::terraform::plan(&place.context, &run, cost.as_ref(), colour))?;
            stdout::print(&report::terraform::diagnostics(&run, colour))?;
            stdout::print(next(args.destroy, &saved))?;
        }
        Ok(0)
    });
    runtime.shutdown_timeout(FAREWELL);
    code
}

const fn next(destroy: bool, saved: &Saved) -> &'static str {
    match (destroy, saved.has_changes) {
        (_, false) => "",
        (true, _) => "next: rounds provision destroy\n",
        (false, _) => "next: rounds provision apply does exactly this\n",
    }
}

/// Text and JSON are the forms there are.
pub fn form(cli: &Cli) -> Result<(), Failure> {
    match cli.once.output {
        Output::Text | Output::Json => Ok(()),
        Output::Markdown | Output::Nagios => Err(Failure::new("this is told as text or json")),
    }
}

/// What a plan is made for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// What is journalled where none can be made.
    pub operation: ProvisionOperation,
    /// Whether it is a plan to destroy everything.
    pub destroys: bool,
}

impl Asked {
    /// What its plan is called.
    pub const fn name(self) -> &'static str {
        if self.destroys { "destroy" } else { "plan" }
    }
}

/// A plan that was made and saved.
pub struct Made {
    /// As it was saved.
    pub saved: Saved,
    /// What the program said while it planned.
    pub run: TerraformRun,
}

/// A plan that could not be made.
pub struct Failed {
    ending: Ending,
    run: TerraformRun,
    was_stopped: bool,
}

impl Failed {
    /// Says why; the exit code.
    pub fn tell(&self, cli: &Cli, site: &Site, name: &str, colour: bool) -> Result<u8, Failure> {
        let now = Timestamp::now();
        let (what, hint, code) = self.why(site, now);
        stdout::complain(&report::terraform::diagnostics(&self.run, colour));
        stdout::complain(&report::problem(&what, hint.as_deref(), colour));
        if cli.once.output == Output::Json {
            let error = Some(Trouble::of_run(&what, &self.run, hint.as_deref()));
            let document = Document { error, exit_code: code, ..Document::of(name, &site.folder.module, &self.run) };
            stdout::print(&document.json(now))?;
        }
        Ok(code)
    }

    /// Why, the next step, and the exit code.
    fn why(&self, site: &Site, now: Timestamp) -> (String, Option<String>, u8) {
        let tool = site.tool.name;
        if let Some(lock) = self.run.lock() {
            let (what, hint) = report::terraform::lock(&lock, now, tool);
            return (format!("{what}; nothing was changed"), Some(hint), NOT_BEGUN);
        }
        match self.ending {
            _ if self.was_stopped => ("stopped while it planned: nothing was changed".to_owned(), None, STOPPED),
            Ending::Killed(signal) => (
                format!("{tool} was killed (signal {signal}) while it planned: nothing was changed"),
                Some("the state may still be locked: the next run says so, and how to let go of it".to_owned()),
                FAILED,
            ),
            ending => {
                let said = self.run.said().map_or_else(|| unsaid(ending), str::to_owned);
                let kept = self.run.diagnostics.iter().find_map(Diagnostic::unreleased);
                let unlock = kept.filter(|lock| !lock.id.is_empty()).map(|lock| {
                    let folder = shell_word(&site.folder.module.display().to_string()).into_owned();
                    format!(
                        "its lock is still there; when nobody is at work on it: cd {folder} && {tool} force-unlock {}",
                        lock.id
                    )
                });
                let hint = ["init", "dependency lock file", "not installed"]
                    .iter()
                    .any(|sign| said.contains(sign))
                    .then(|| format!("cd {} && {tool} init, then again", site.folder.module.display()));
                let hint = unlock.or(hint);
                (format!("{tool} plan failed: {said}; nothing was changed"), hint, FAILED)
            }
        }
    }
}

fn tell_doubt(cli: &Cli, why: &str) {
    drive::tell(cli, &format!("the plan cannot be read back, what follows is what was reported: {why}\n"));
}

/// What is told of a plan that failed without a word.
fn unsaid(ending: Ending) -> String {
    match ending {
        Ending::Failed(code) => format!("it did not say why (exit code {code})"),
        _ => "it did not say why".to_owned(),
    }
}

/// Makes a plan, saves it and reads it back. Where none is to be had, the journal says so.
///
/// # Errors
/// Outside: the program could not be started or its plan not be read. Inside: it said no.
pub async fn make(
    cli: &Cli,
    site: &Site,
    asked: Asked,
    environment: &Environment,
    stop: &watch::Sender<bool>,
) -> Result<Result<Made, Failed>, Failure> {
    let made = attempt(cli, site, asked, stop).await;
    let why = match &made {
        Ok(Ok(_)) => return made,
        Ok(Err(failed)) => failed.why(site, Timestamp::now()).0,
        Err(failure) => failure.short().to_owned(),
    };
    site.journal_failure(cli, environment, asked.operation, &why).await;
    made
}

async fn attempt(
    cli: &Cli,
    site: &Site,
    asked: Asked,
    stop: &watch::Sender<bool>,
) -> Result<Result<Made, Failed>, Failure> {
    let name = asked.name();
    drive::prepare(cli, site, stop).await?;
    let (file, draft) = (Saved::path(&site.folder, name), Saved::draft(&site.folder, name));
    // What is left of a plan before must not be taken for this one.
    let clear = || [&file, &draft].map(|file| Saved::clear(file));
    clear();
    // Before the plan, so that what changes while it is made counts as a change since.
    let basis = drive::until_stopped(stop, Basis::of(&site.tool, &site.folder)).await;
    let mut out = OsString::from("-out=");
    out.push(&draft);
    let mut arguments: Vec<OsString> =
        vec!["plan".into(), "-json".into(), "-input=false".into(), "-detailed-exitcode".into(), out];
    if asked.destroys {
        arguments.push("-destroy".into());
    }
    if !site.narrowed.is_empty() {
        drive::tell(cli, &format!("TF_CLI_ARGS_plan leaves a part out: {}\n", site.narrowed.join(", ")));
    }
    let (ending, mut run) = drive::run(site, name, &arguments, TerraformRun::default(), &Shown::Log(cli), stop).await?;
    let was_stopped = *stop.borrow();
    // What it says counts more than how it ended: a plan with an error is of no use.
    if was_stopped || !matches!(ending, Ending::Done | Ending::HasChanges) || run.errors().next().is_some() {
        clear();
        return Ok(Err(Failed { ending, run, was_stopped }));
    }
    Saved::keep(&site.folder, name)?;
    if let Some(Ok(basis)) = basis {
        // Without it the plan is good for this run, and not offered later.
        let _ = basis.with_new_files(&site.folder).write(&Saved::basis(&file));
    }
    let reported = Saved::reported(&site.folder, name, &run, ending == Ending::HasChanges);
    let Some(read) = drive::until_stopped(stop, Saved::read(&site.tool, &site.folder, &file)).await else {
        clear();
        return Ok(Err(Failed { ending, run, was_stopped: true }));
    };
    let saved = match read {
        // What it reported while it planned and what it says of the plan are two ways to the same.
        Ok(saved) if saved.has_changes || !reported.has_changes => saved,
        Ok(Saved { environment, region, document, .. }) => Saved { environment, region, document, ..reported },
        Err(error) => {
            tell_doubt(cli, &error.what);
            reported
        }
    };
    let planned = drive::run_of(site, &saved);
    (run.planned, run.program) = (planned.planned, run.program.or(planned.program));
    run.outputs_change = planned.outputs_change;
    Ok(Ok(Made { saved, run }))
}

//! `rounds provision apply` and `destroy`: the plan, a person's yes, the run, and how it ended.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio::sync::watch;

use super::args::DoingArgs;
use super::drive::{self, Shown};
use super::ending::{self, End, Scene};
use super::plan::{self, LOOK_ANEW, NOT_BEGUN, STOPPED};
use super::site::Site;
use crate::cli::args::{Cli, Output};
use crate::cli::do_::Question;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{FAREWELL, runtime, setup, stdout};
use crate::cost::PlanBill;
use crate::domain::{Action, ChangePlace, Consent, Outcome, Plan, PlanLine, ProvisionOperation, Refusal, TerraformRun};
use crate::format::shell_word;
use crate::report;
use crate::report::provision::run::Document;
use crate::report::provision::{Account, Trouble};
use crate::shell::{self, RunScreen};
use crate::terraform::{Age, Saved, StackDoor};
use crate::theme;
use crate::view::Glyphs;

/// Plans where there is no plan yet, asks, does it, and answers with the exit code. `given` is a plan's file: that one or
/// none.
pub fn run(
    cli: &Cli,
    args: &DoingArgs,
    operation: ProvisionOperation,
    given: Option<&Path>,
    environment: &Environment,
) -> Result<u8, Failure> {
    plan::form(cli)?;
    let runtime = runtime()?;
    let code = runtime.block_on(async {
        // Until there is something to wait for, a signal ends this as it ends anything.
        let site = Site::open(cli, &args.module, environment).await?;
        let stop = drive::stop_on_signals()?;
        let colour = environment.colours_stdout() && cli.once.output == Output::Text;
        Turn { cli, args, operation, given, environment, site, stop, colour }.run().await
    });
    // A question that nobody answers any more may still wait for its line.
    runtime.shutdown_timeout(FAREWELL);
    code
}

struct Turn<'a> {
    cli: &'a Cli,
    args: &'a DoingArgs,
    operation: ProvisionOperation,
    given: Option<&'a Path>,
    environment: &'a Environment,
    site: Site,
    stop: watch::Sender<bool>,
    colour: bool,
}

/// All that is known before the yes.
struct Ready {
    saved: Saved,
    run: TerraformRun,
    place: ChangePlace,
    cost: Option<Result<PlanBill, String>>,
}

impl Turn<'_> {
    async fn run(&self) -> Result<u8, Failure> {
        let ready = match self.ready().await? {
            Ok(ready) => ready,
            Err(code) => return Ok(code),
        };
        let text = report::terraform::plan(&ready.place.context, &ready.run, ready.cost.as_ref(), self.colour);
        self.tell(&text);
        self.tell(&report::terraform::diagnostics(&ready.run, self.colour));
        if !ready.saved.has_changes {
            self.discard(&ready.saved);
            return self.document(&self.of(&ready, &ready.run));
        }
        let outfit = self.site.outfit(self.cli, self.environment, &ready.place.context);
        let forbidden = outfit.forbidden_by.clone();
        let door = StackDoor::new(outfit, ready.place.clone());
        let plan = self.plan(&door, &ready);
        let agreed = match (forbidden, ready.saved.guarded()) {
            (Some(by), _) => Err(Refusal::new(format!("changes are taken away here ({by}): nothing was changed"))),
            (None, Some(stack)) => Err(Refusal::new(format!("{stack} is protected: nothing was changed"))
                .with_hint("set deletion_protection = false in terraform.tfvars and apply that; then destroy")),
            (None, None) => self.consent(&plan).await,
        };
        let agreed = agreed.and_then(|consent| {
            let is_stopped = *self.stop.borrow();
            if is_stopped { Err(Refusal::new("stopped before it began: nothing was changed")) } else { Ok(consent) }
        });
        let consent = match agreed {
            Ok(consent) => consent,
            Err(refusal) => {
                door.decline(&plan, &refusal.what, Timestamp::now()).await;
                return self.refused(&ready, &refusal);
            }
        };
        if let Err(refusal) = door.pass(&plan, &consent, Timestamp::now()).await {
            return self.refused(&ready, &refusal);
        }
        self.carry_out(&door, &plan, &consent, &ready).await
    }

    /// The plan given, the one that was saved, or one made now; the exit code where there is none to be had.
    async fn ready(&self) -> Result<Result<Ready, u8>, Failure> {
        let found = match self.given {
            Some(file) => match self.given(file).await {
                Ok(saved) => Some(saved),
                Err(failure) => {
                    self.site.journal_failure(self.cli, self.environment, self.operation, failure.short()).await;
                    return Err(failure);
                }
            },
            None if self.operation == ProvisionOperation::Apply => self.kept().await,
            None => None,
        };
        let (saved, run) = if let Some(saved) = found {
            if let Some(made) = saved.file.metadata().ok().and_then(|known| known.modified().ok()) {
                let seconds = SystemTime::now().duration_since(made).unwrap_or_default();
                self.tell(&format!("the saved plan, made {} ago\n", crate::format::duration(seconds)));
            }
            let run = drive::run_of(&self.site, &saved);
            (saved, run)
        } else {
            let asked = plan::Asked { operation: self.operation, destroys: self.name() == "destroy" };
            match plan::make(self.cli, &self.site, asked, self.environment, &self.stop).await? {
                Ok(made) => (made.saved, made.run),
                Err(failed) => {
                    let code = failed.tell(self.cli, &self.site, self.operation.word(), self.colour)?;
                    return Ok(Err(code));
                }
            }
        };
        let (place, cost) = (self.site.place(Some(&saved)), drive::cost_of(self.cli, self.environment, &saved));
        Ok(Ok(Ready { saved, run, place, cost }))
    }

    /// The plan of a file that was named: it is that one or none.
    async fn given(&self, file: &Path) -> Result<Saved, Failure> {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let stopped = || Failure { code: STOPPED, ..Failure::new("stopped: nothing was changed") };
        drive::prepare(self.cli, &self.site, &self.stop).await?;
        let age = Saved::age(&self.site.tool, &self.site.folder, &file);
        // Where it is not known, the program itself still refuses a plan of a state that has moved on.
        if let Age::Stale(why) = drive::until_stopped(&self.stop, age).await.ok_or_else(stopped)? {
            let what = format!("the plan {} is out of date ({why}): nothing was changed", file.display());
            return Err(Failure::new(what).at(file.display().to_string()).with_hint(LOOK_ANEW));
        }
        let read = Saved::read(&self.site.tool, &self.site.folder, &file);
        Ok(drive::until_stopped(&self.stop, read).await.ok_or_else(stopped)??)
    }

    /// The plan that was saved before, where it is of use still.
    async fn kept(&self) -> Option<Saved> {
        let file = Some(Saved::path(&self.site.folder, self.name())).filter(|file| file.is_file())?;
        let look = async {
            match Saved::age(&self.site.tool, &self.site.folder, &file).await {
                Age::Fresh => {}
                Age::Stale(why) => return Err(format!("out of date ({why})")),
                Age::Unknown(why) => return Err(format!("of no use ({why})")),
            }
            match Saved::read(&self.site.tool, &self.site.folder, &file).await {
                Ok(saved) if saved.has_changes => Ok(saved),
                Ok(_) => Err("of no use (it names no change)".to_owned()),
                Err(error) => Err(format!("of no use ({})", error.what)),
            }
        };
        match drive::until_stopped(&self.stop, look).await? {
            Ok(saved) => Some(saved),
            Err(why) => {
                self.tell(&format!("the saved plan is {why}: a new one is made\n"));
                None
            }
        }
    }

    /// Removes a plan that is of no use any more, unless it is somebody else's file.
    fn discard(&self, saved: &Saved) {
        if saved.is_kept_in(&self.site.folder) {
            saved.remove();
        }
    }

    const fn name(&self) -> &'static str {
        if matches!(self.operation, ProvisionOperation::Destroy) { "destroy" } else { "plan" }
    }

    /// The plan as it is agreed to and journalled. The environment's name is typed where production or data is at stake,
    /// and always to destroy.
    fn plan(&self, door: &StackDoor, ready: &Ready) -> Plan {
        let dies = report::terraform::data_that_dies(&ready.run.planned);
        let mut altered = ready.run.planned.iter().filter(|change| change.action.alters()).peekable();
        // What only destroys is a destroy, whatever asked for it.
        let destroys = altered.peek().is_some() && altered.all(|change| change.action == Action::Delete);
        // What cannot be read may be production.
        let is_grave = ready.place.production
            || !dies.is_empty()
            || destroys
            || self.operation == ProvisionOperation::Destroy
            || ready.saved.document.is_none();
        let mut lines = vec![PlanLine { label: "plan".to_owned(), text: counted(&ready.run) }];
        lines.extend(
            dies.into_iter()
                .map(|(address, what)| PlanLine { label: "data dies".to_owned(), text: format!("{address}: {what}") }),
        );
        let folder = self.site.folder.module.display().to_string();
        let same_as = format!(
            "cd {} && {} apply {}",
            shell_word(&folder),
            self.site.tool.name,
            shell_word(&ready.saved.file.display().to_string())
        );
        let typed = is_grave.then(|| ready.place.context.clone());
        door.plan(self.operation, &folder, lines, same_as, typed, Timestamp::now())
    }

    async fn consent(&self, plan: &Plan) -> Result<Consent, Refusal> {
        if self.args.yes {
            let typed = Question::before(plan).confirmed(self.args.confirm.as_deref())?;
            return Ok(Consent { typed, accepted: Vec::new(), by: "--yes".to_owned() });
        }
        let asked = plan.clone();
        let mut stop = self.stop.subscribe();
        let answer = tokio::task::spawn_blocking(move || Question::before(&asked).ask());
        let typed = tokio::select! {
            answer = answer => answer.unwrap_or_else(|_| Err(Refusal::new("not confirmed: nothing was changed")))?,
            _ = stop.wait_for(|stop| *stop) => return Err(Refusal::new("not confirmed: nothing was changed")),
        };
        Ok(Consent { typed, accepted: Vec::new(), by: "typed".to_owned() })
    }

    async fn carry_out(&self, door: &StackDoor, plan: &Plan, consent: &Consent, ready: &Ready) -> Result<u8, Failure> {
        let arguments: Vec<OsString> =
            vec!["apply".into(), "-json".into(), "-input=false".into(), ready.saved.file.clone().into()];
        // Without the diagnostics of planning: those were told, and what comes now is the run's own.
        let begun = drive::run_of(&self.site, &ready.saved);
        let ended =
            drive::run(&self.site, self.operation.word(), &arguments, begun, &self.shown(ready), &self.stop).await;
        let now = Timestamp::now();
        let (run, end) = match ended {
            Ok((ending, run)) => {
                let scene = Scene {
                    tool: self.site.tool.name,
                    module: &self.site.folder.module,
                    operation: self.operation,
                    is_given: self.given.is_some(),
                    was_stopped: *self.stop.borrow(),
                };
                let end = End::of(ending, &run, &scene, now);
                (run, end)
            }
            Err(failure) => (TerraformRun::default(), End::not_begun(failure.what, failure.hint)),
        };
        let account = Account::of(&run);
        let unwritten = door.close(plan, &end.outcome, &account.summary(), now).await;
        if !matches!(end.outcome, Outcome::NotMade { .. }) || ending::is_stale(&run) {
            self.discard(&ready.saved);
        }
        self.tell(&report::terraform::diagnostics(&run, self.colour));
        if end.outcome == Outcome::Verified {
            self.tell(&format!("done: {}\n", account.summary()));
        } else {
            self.tell(&account.text(self.colour));
            stdout::complain(&report::problem(&end.outcome.to_string(), end.hint.as_deref(), self.colour));
        }
        if let Some(what) = unwritten {
            stdout::complain(&report::problem(
                &format!("how it ended is not in the journal: {what}"),
                None,
                self.colour,
            ));
        }
        let what = end.outcome.to_string();
        let error = (end.outcome != Outcome::Verified).then(|| Trouble::of_run(&what, &run, end.hint.as_deref()));
        self.document(&Document {
            consent: Some(consent),
            outcome: Some(&end.outcome),
            error,
            exit_code: end.code,
            ..self.of(ready, &run)
        })
    }

    /// The live screen on a terminal, else the log.
    fn shown(&self, ready: &Ready) -> Shown<'_> {
        let is_screen = std::io::stdout().is_terminal()
            && std::io::stdin().is_terminal()
            && !self.args.plain
            && self.cli.once.output == Output::Text
            && shell::check(self.environment.get("TERM").as_deref()).is_ok();
        if !is_screen {
            return Shown::Log(self.cli);
        }
        let look = setup::look(self.cli, self.environment, &self.site.settings().ui);
        let theme = theme::load(&look.theme, look.themes_dir.as_deref()).unwrap_or_default().at_depth(look.depth);
        let ascii = self.site.settings().ui.ascii.unwrap_or_else(|| self.environment.is_ascii_only());
        let glyphs = if self.cli.look.ascii || ascii { Glyphs::ascii() } else { Glyphs::utf8() };
        Shown::Screen(Box::new(RunScreen {
            operation: self.operation.word(),
            environment: ready.place.context.clone(),
            production: ready.place.production,
            theme,
            glyphs,
        }))
    }

    fn refused(&self, ready: &Ready, refusal: &Refusal) -> Result<u8, Failure> {
        if self.operation == ProvisionOperation::Destroy {
            self.discard(&ready.saved);
        }
        stdout::complain(&report::problem(&refusal.what, refusal.hint.as_deref(), self.colour));
        let folder = self.site.folder.module.display().to_string();
        let error = Trouble { what: &refusal.what, place: Some(&folder), hint: refusal.hint.as_deref() };
        self.document(&Document { error: Some(error), exit_code: NOT_BEGUN, ..self.of(ready, &ready.run) })
    }

    fn of<'a>(&'a self, ready: &'a Ready, run: &'a TerraformRun) -> Document<'a> {
        Document {
            place: Some(&ready.place),
            cost: ready.cost.as_ref(),
            ..Document::of(self.operation.word(), &self.site.folder.module, run)
        }
    }

    fn document(&self, document: &Document<'_>) -> Result<u8, Failure> {
        if self.cli.once.output == Output::Json {
            stdout::print(&document.json(Timestamp::now()))?;
        }
        Ok(document.exit_code)
    }

    fn tell(&self, text: &str) {
        drive::tell(self.cli, text);
    }
}

/// What a plan does, in a line.
pub fn counted(run: &TerraformRun) -> String {
    let count = |action| run.planned.iter().filter(|change| change.action == action).count();
    format!(
        "{} to create, {} to change, {} to replace, {} to destroy",
        count(Action::Create),
        count(Action::Update),
        count(Action::Replace),
        count(Action::Delete)
    )
}

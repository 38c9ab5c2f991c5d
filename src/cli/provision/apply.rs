//! `rounds provision apply` and `destroy`: the plan, a person's yes, the run, and how it ended.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::time::SystemTime;

use jiff::Timestamp;
use tokio::sync::watch;

use super::args::ApplyArgs;
use super::drive::{self, Shown};
use super::plan::{self, FAILED};
use super::site::Site;
use crate::cli::args::{Cli, Output};
use crate::cli::do_::Question;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::{FAREWELL, runtime, setup, stdout};
use crate::cost::PlanBill;
use crate::domain::{
    ChangePlace, Consent, Outcome, Plan, PlanLine, ProvisionOperation, Refusal, ResourceState, TerraformRun,
};
use crate::format::shell_word;
use crate::report;
use crate::report::provision::{Account, Document};
use crate::shell::{self, RunScreen};
use crate::terraform::{Ending, Saved, StackDoor};
use crate::theme;
use crate::view::Glyphs;

/// The exit code of what was refused: nothing was changed.
const REFUSED: u8 = 3;

/// The exit code of what a person stopped, with things left to do.
const STOPPED: u8 = 1;

/// Plans where there is no plan yet, asks, does it, and answers with the exit code.
pub fn run(
    cli: &Cli,
    args: &ApplyArgs,
    operation: ProvisionOperation,
    environment: &Environment,
) -> Result<u8, Failure> {
    plan::form(cli)?;
    let runtime = runtime()?;
    let code = runtime.block_on(async {
        // Until there is something to wait for, a signal ends this as it ends anything.
        let site = Site::open(cli, &args.module, environment).await?;
        let stop = drive::stop_on_signals()?;
        let colour = environment.colours_stdout() && cli.once.output == Output::Text;
        Turn { cli, args, operation, environment, site, stop, colour }.run().await
    });
    // A question that nobody answers any more may still wait for its line.
    runtime.shutdown_timeout(FAREWELL);
    code
}

struct Turn<'a> {
    cli: &'a Cli,
    args: &'a ApplyArgs,
    operation: ProvisionOperation,
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
            ready.saved.remove();
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

    /// The saved plan, or one made now; the exit code where there is none to be had.
    async fn ready(&self) -> Result<Result<Ready, u8>, Failure> {
        let name = self.name();
        let file = Saved::path(&self.site.folder, name);
        let kept = if self.operation == ProvisionOperation::Apply && file.is_file() { self.kept().await } else { None };
        let (saved, run) = if let Some(saved) = kept {
            if let Some(made) = file.metadata().ok().and_then(|known| known.modified().ok()) {
                let seconds = SystemTime::now().duration_since(made).unwrap_or_default();
                self.tell(&format!("the saved plan, made {} ago\n", crate::format::duration(seconds)));
            }
            let run = drive::run_of(&self.site, &saved);
            (saved, run)
        } else {
            match plan::make(self.cli, &self.site, name, &self.stop).await? {
                Ok(made) => (made.saved, made.run),
                Err(failed) => {
                    let code = failed.tell(self.cli, &self.site, self.operation.word(), self.colour)?;
                    return Ok(Err(code));
                }
            }
        };
        let (place, cost) = (self.site.place(&saved), drive::cost_of(self.cli, self.environment, &saved));
        Ok(Ok(Ready { saved, run, place, cost }))
    }

    /// The plan that was saved before, where it can be read.
    async fn kept(&self) -> Option<Saved> {
        let why = match drive::read_saved(&self.site, self.name(), &self.stop).await {
            Some(Ok(saved)) if saved.has_changes => return Some(saved),
            Some(Ok(_)) => "it names no change".to_owned(),
            Some(Err(error)) => error.what,
            None => "told to stop".to_owned(),
        };
        self.tell(&format!("the saved plan is of no use ({why}): a new one is made\n"));
        None
    }

    const fn name(&self) -> &'static str {
        if matches!(self.operation, ProvisionOperation::Destroy) { "destroy" } else { "plan" }
    }

    /// The plan as it is agreed to and journalled. The environment's name is typed where production or data is at stake,
    /// and always to destroy.
    fn plan(&self, door: &StackDoor, ready: &Ready) -> Plan {
        let dies = report::terraform::data_that_dies(&ready.run.planned);
        // What cannot be read may be production.
        let is_grave = ready.place.production
            || !dies.is_empty()
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
                let end = self.end(ending, &run, now);
                (run, end)
            }
            Err(failure) => {
                let outcome = Outcome::NotMade { why: failure.what };
                (TerraformRun::default(), End { outcome, hint: failure.hint, code: FAILED })
            }
        };
        let account = Account::of(&run);
        let unwritten = door.close(plan, &end.outcome, &account.summary(), now).await;
        if !matches!(end.outcome, Outcome::NotMade { .. }) {
            ready.saved.remove();
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
        let document = Document { cost: ready.cost.as_ref(), place: Some(&ready.place), ..self.of(ready, &run) };
        self.document(&Document {
            consent: Some(consent),
            outcome: Some(&end.outcome),
            exit_code: end.code,
            ..document
        })
    }

    fn end(&self, ending: Ending, run: &TerraformRun, now: Timestamp) -> End {
        let tool = self.site.tool.name;
        let account = Account::of(run).summary();
        let again = "rounds provision plan, then apply: a new plan goes on from here".to_owned();
        match ending {
            Ending::Done => match run.errors().next() {
                Some(error) => {
                    let why = format!("{account}: {}, although {tool} ended as if all was well", error.summary);
                    End { outcome: Outcome::Failed { why }, hint: Some(again), code: FAILED }
                }
                None if run.resources.iter().any(|one| !matches!(one.state, ResourceState::Done(_))) => {
                    let why = format!("{tool} ended well and did not tell the end of all that it began: {account}");
                    End { outcome: Outcome::Unknown { why }, hint: Some(again), code: FAILED }
                }
                None => End { outcome: Outcome::Verified, hint: None, code: 0 },
            },
            Ending::Killed(signal) => End {
                outcome: Outcome::Unknown {
                    why: format!("{tool} was killed (signal {signal}): {account}; the state may still be locked"),
                },
                hint: Some(format!("{again}; where the state is locked it says by whom and what to do")),
                code: FAILED,
            },
            Ending::Failed(_) | Ending::HasChanges => {
                if let Some(lock) = run.lock() {
                    let (why, hint) = report::terraform::lock(&lock, now, tool);
                    return End { outcome: Outcome::NotMade { why }, hint: Some(hint), code: FAILED };
                }
                let said = run.errors().next().map(|error| error.summary.clone()).or_else(|| run.remark.clone());
                let said = said.unwrap_or_else(|| "it did not say why".to_owned());
                // A line that was not understood may have been the beginning of a change.
                let outcome = if *self.stop.borrow() {
                    Outcome::GaveUp { waiting_for: format!("what is left (told to stop): {account}") }
                } else if run.resources.is_empty() && run.garbled == 0 {
                    Outcome::NotMade { why: said }
                } else {
                    Outcome::Failed { why: format!("{account}: {said}") }
                };
                let code = if *self.stop.borrow() { STOPPED } else { FAILED };
                End { outcome, hint: Some(again), code }
            }
        }
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
            ready.saved.remove();
        }
        stdout::complain(&report::problem(&refusal.what, refusal.hint.as_deref(), self.colour));
        let document = self.of(ready, &ready.run);
        let refused = Some((refusal.what.as_str(), refusal.hint.as_deref()));
        self.document(&Document { refused, exit_code: REFUSED, ..document })
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

/// How a run ended, what to do next, and the exit code.
struct End {
    outcome: Outcome,
    hint: Option<String>,
    code: u8,
}

/// What a plan does, in a line.
pub fn counted(run: &TerraformRun) -> String {
    use crate::domain::Action;
    let count = |action| run.planned.iter().filter(|change| change.action == action).count();
    format!(
        "{} to create, {} to change, {} to replace, {} to destroy",
        count(Action::Create),
        count(Action::Update),
        count(Action::Replace),
        count(Action::Delete)
    )
}

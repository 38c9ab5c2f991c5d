//! From a plan to its end, for every subcommand that makes changes: what stands against it, a person's yes, the watching.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::super::args::HowArgs;
use super::super::failure::Failure;
use super::ask::Question;
use crate::domain::{Change, Consent, GateState, ObjectionKind, Plan, PlanOptions, Progress, Refusal};
use crate::engine::Operator;
use crate::report;

/// Makes changes the way that was asked for on the command line.
pub(in crate::cli) struct Carrier<'a> {
    /// How to go about it.
    pub(in crate::cli) how: &'a HowArgs,
    /// Who makes them.
    pub(in crate::cli) operator: Operator,
    /// What the journal says of a yes that was given beforehand (`--yes`).
    pub(in crate::cli) by: String,
}

impl Carrier<'_> {
    /// The plan of a change.
    ///
    /// # Errors
    /// Why there is none.
    pub(in crate::cli) async fn plan(&self, change: &Change) -> Result<Plan, Refusal> {
        let patience = if self.how.no_wait { Some(Duration::ZERO) } else { self.how.wait };
        self.operator.plan(change, &PlanOptions { silence: self.how.silence, patience }).await
    }

    fn accepted(&self) -> Vec<ObjectionKind> {
        let flags = [(self.how.allow_downtime, ObjectionKind::Downtime), (self.how.force, ObjectionKind::Rolling)];
        flags.into_iter().filter(|(is, _)| *is).map(|(_, kind)| kind).collect()
    }

    /// Why there is no point in asking.
    pub(in crate::cli) fn stands_against(&self, plan: &Plan) -> Option<Refusal> {
        if let GateState::ReadOnly { by } = self.operator.gate() {
            return Some(Refusal::new(format!("changes are taken away here ({by}): nothing was changed")));
        }
        crate::exec::objections(plan, &self.accepted()).err()
    }

    /// A person's yes: `--yes`, or what is typed at the prompt. The right name in production arms it for this one change.
    ///
    /// # Errors
    /// No, or no way to ask.
    pub(in crate::cli) fn consent(&self, plan: &Plan) -> Result<Consent, Refusal> {
        let accepted = self.accepted();
        let consent = if self.how.yes {
            let typed = Question::before(plan).confirmed(self.how.confirm.as_deref())?;
            Consent { typed, accepted, by: self.by.clone() }
        } else {
            let typed = Question::before(plan).ask()?;
            Consent { typed, accepted, by: "typed".to_owned() }
        };
        if plan.typed.is_some() {
            self.operator.arm()?;
        }
        Ok(consent)
    }

    /// Makes the change and watches it to its end; `tell` hears of each step. A first signal calls it off, or ends the
    /// watching where it has begun; a second ends the program.
    ///
    /// # Errors
    /// When nothing could be told of what was made (it was watched to its end all the same), signals cannot be heard, or
    /// the program is told to end in the middle.
    pub(in crate::cli) async fn carry_out(
        &self,
        plan: &Plan,
        consent: &Consent,
        tell: impl Fn(Option<&Progress>, &Progress) -> Result<(), Failure>,
    ) -> Result<Result<Progress, Refusal>, Failure> {
        let mut signals = Signals::listen()?;
        let (sender, mut progress) = mpsc::unbounded_channel();
        let carried = self.operator.carry_out(plan, consent, &sender);
        tokio::pin!(carried);
        let mut told: Option<Progress> = None;
        let mut was_stopped = false;
        let mut untold = None;
        let ended = loop {
            tokio::select! {
                biased;
                ended = &mut carried => break ended,
                Some(now) = progress.recv() => {
                    // A reader, a disk or a terminal that is gone is no reason to leave a change alone.
                    untold = untold.or_else(|| tell(told.as_ref(), &now).err());
                    told = Some(now);
                }
                () = signals.any() => {
                    if was_stopped {
                        return Err(Failure { code: 2, ..Failure::new("told to end in the middle: see rounds journal") });
                    }
                    was_stopped = true;
                    self.operator.stop();
                }
            }
        };
        if let Ok(end) = &ended {
            untold = untold.or_else(|| tell(told.as_ref(), end).err());
            if let Some(failure) = untold {
                return Err(self::untold(failure, end));
            }
        }
        Ok(ended)
    }
}

/// What could not be told of a change that came to an end: its exit code is never that of one that was not made.
pub(in crate::cli) fn untold(failure: Failure, end: &Progress) -> Failure {
    let code = end.outcome.as_ref().map_or(2, report::change::exit_code).max(1);
    Failure { code, ..failure }
}

/// The signals that end the watching.
struct Signals([tokio::signal::unix::Signal; 3]);

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let on = |kind| signal(kind).map_err(|error| Failure::new(format!("cannot listen for signals: {error}")));
        Ok(Self([on(SignalKind::interrupt())?, on(SignalKind::terminate())?, on(SignalKind::hangup())?]))
    }

    async fn any(&mut self) {
        let [interrupt, terminate, hang_up] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    }
}

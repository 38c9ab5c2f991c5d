//! The changes of a run: each planned, shown, confirmed, made and watched; then the run goes on with what it came to.

use std::cell::RefCell;
use std::io::IsTerminal as _;
use std::time::Duration;

use super::super::do_::Carrier;
use super::super::failure::Failure;
use super::paper::Paper;
use crate::domain::{Change, Outcome, Refusal};
use crate::engine::{self, Station, runs};
use crate::report;
use crate::report::once;
use crate::runbook::Course;

pub(super) struct Changes<'a> {
    pub(super) station: &'a Station,
    pub(super) carrier: Carrier<'a>,
    pub(super) words: once::Options,
    /// The longest a fresh look at everything may take.
    pub(super) within: Duration,
}

impl Changes<'_> {
    /// Deals with every change that waits, and with those that come after. One that is not made stays proposed.
    pub(super) async fn make(&self, course: &mut Course, paper: &mut Paper) -> Result<(), Failure> {
        let mut dealt_with: Vec<usize> = Vec::new();
        loop {
            let next = course.run().queued().find(|step| !dealt_with.contains(step));
            let Some((step, change)) = next.and_then(|step| Some((step, course.queued(step)?.clone()))) else {
                return Ok(());
            };
            dealt_with.push(step);
            if !self.is_wanted(paper) {
                continue;
            }
            match self.one(&change, course, step, paper).await? {
                Ok(outcome) => course.changed(step, Ok(outcome)),
                Err(why) => {
                    course.changed(step, Err(why.clone()));
                    paper.print(&format!("            not done: {}\n", crate::format::sanitise(&why)));
                }
            }
            // What comes after a change looks at what is there afterwards.
            let snapshot = engine::once(self.station, self.within).await;
            runs::look(self.station, &snapshot, course, |run| paper.tell(run)).await;
        }
    }

    /// Whether there is a way to a yes, or its plan is asked for. Otherwise it stays proposed.
    fn is_wanted(&self, paper: &Paper) -> bool {
        let how = self.carrier.how;
        how.yes || how.dry_run || (paper.is_text && std::io::stdin().is_terminal())
    }

    /// One change, to its end; otherwise why it was not made.
    async fn one(
        &self,
        change: &Change,
        course: &mut Course,
        step: usize,
        paper: &mut Paper,
    ) -> Result<Result<Outcome, String>, Failure> {
        let mut plan = match self.carrier.plan(change).await {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Err(whole(&refusal))),
        };
        let stands_against = self.carrier.stands_against(&plan);
        if stands_against.is_some() {
            plan.same_as = None;
        }
        paper.print(&format!("\n{}", report::change::plan(&plan, &self.words)));
        if let Some(refusal) = stands_against {
            return Ok(Err(whole(&refusal)));
        }
        if self.carrier.how.dry_run {
            return Ok(Err("a dry run: nothing was changed".to_owned()));
        }
        let consent = match self.carrier.consent(&plan) {
            Ok(consent) => consent,
            Err(refusal) => {
                self.carrier.operator.decline(&plan, &refusal.what).await;
                return Ok(Err(whole(&refusal)));
            }
        };
        course.confirmed(step);
        let paper = RefCell::new(paper);
        let carried = self.carrier.carry_out(&plan, &consent, |before, now| {
            paper.borrow_mut().print(&report::change::news(before, now, &self.words));
            Ok(())
        });
        match carried.await? {
            Ok(end) => {
                paper.borrow_mut().print(&format!("{}\n", report::change::verdict(&end, &self.words)));
                let unwatched = || Outcome::Unknown { why: "nobody saw how it ended".to_owned() };
                Ok(Ok(end.outcome.unwrap_or_else(unwatched)))
            }
            Err(refusal) => Ok(Err(whole(&refusal))),
        }
    }
}

/// A refusal with its next step: what was not made stays proposed, and the run says what would make it.
fn whole(refusal: &Refusal) -> String {
    match &refusal.hint {
        Some(hint) => format!("{} ({hint})", refusal.what),
        None => refusal.what.clone(),
    }
}

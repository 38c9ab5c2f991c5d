//! Prints a run as it goes, step by step in the runbook's order, however the answers come.

use super::super::failure::Failure;
use super::super::stdout;
use crate::domain::{Run, StepState};
use crate::report;
use crate::report::runbook::Options;

/// What has been printed of a run.
pub(super) struct Paper {
    /// Whether it is printed at all: JSON and Markdown come whole, at the end.
    pub(super) is_text: bool,
    pub(super) options: Options,
    /// What each step had come to when it was printed; none before the head is.
    pub(super) printed: Option<Vec<Option<StepState>>>,
    pub(super) failed: Option<Failure>,
}

impl Paper {
    /// Prints what has come to something since the last time.
    pub(super) fn tell(&mut self, run: &Run) {
        let mut text = String::new();
        let printed = self.printed.get_or_insert_with(|| {
            text.push_str(&report::runbook::head(run, &self.options));
            vec![None; run.steps.len()]
        });
        for (position, (step, printed)) in run.steps.iter().zip(printed).enumerate() {
            if step.state.is_open() {
                // What comes after it waits for its turn, unless it waits for a person itself.
                if run.ended.is_none() {
                    break;
                }
                continue;
            }
            if *printed != Some(step.state) {
                text.push_str(&report::runbook::step(run, position, &self.options));
                *printed = Some(step.state);
            }
        }
        self.print(&text);
    }

    /// Prints a text among the steps.
    pub(super) fn print(&mut self, text: &str) {
        if self.is_text && self.failed.is_none() && !text.is_empty() {
            self.failed = stdout::print(text).err();
        }
    }

    /// Prints what follows from the run.
    ///
    /// # Errors
    /// When something could not be printed.
    pub(super) fn finish(&mut self, run: &Run) -> Result<(), Failure> {
        self.tell(run);
        let end = format!("\n{}", report::runbook::end(run, &self.options));
        self.print(&end);
        self.failed.take().map_or(Ok(()), Err)
    }
}

//! Changes on behalf of the screen: plans them, carries them out, and brings the news back, whichever context is looked
//! at meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use crate::app::{Msg, Notice};
use crate::domain::{Change, Consent, Plan, PlanOptions, Refusal};
use crate::engine::Operator;

/// How long leaving waits until those who watch have written down that they no longer do.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// The changes of a sitting. Dropping it ends the planning; what was begun is written down to its end.
pub(super) struct Changes {
    operator: Operator,
    /// Operators of contexts looked at before, whose changes may still be watched.
    earlier: Vec<Operator>,
    news: mpsc::UnboundedSender<Msg>,
    tasks: JoinSet<()>,
    planning: Option<AbortHandle>,
}

impl Changes {
    /// The changes of a context, and where their news come from.
    pub(super) fn new(operator: Operator) -> (Self, mpsc::UnboundedReceiver<Msg>) {
        let (news, inbox) = mpsc::unbounded_channel();
        let mut changes = Self { operator, earlier: Vec::new(), news, tasks: JoinSet::new(), planning: None };
        changes.remind();
        (changes, inbox)
    }

    /// Another context is looked at. What was begun in the one before goes on.
    pub(super) fn move_to(&mut self, operator: Operator) {
        if let Some(planning) = self.planning.take() {
            planning.abort();
        }
        self.earlier.push(std::mem::replace(&mut self.operator, operator));
        self.remind();
    }

    /// How the gate of this context stands.
    pub(super) fn gate(&self) -> Msg {
        Msg::Gate(self.operator.gate())
    }

    pub(super) fn arm(&self) -> Msg {
        match self.operator.arm() {
            Ok(state) => Msg::Gate(state),
            Err(refusal) => Msg::Notice(Notice::warning(refusal.what)),
        }
    }

    pub(super) fn disarm(&self) -> Msg {
        Msg::Gate(self.operator.disarm())
    }

    /// Plans a change; a newer question replaces one that has no answer yet.
    pub(super) fn plan(&mut self, ask: u64, change: Change, options: PlanOptions) {
        if let Some(older) = self.planning.take() {
            older.abort();
        }
        // What has ended is forgotten, so that the set does not grow.
        while self.tasks.try_join_next().is_some() {}
        let (operator, news) = (self.operator.clone(), self.news.clone());
        self.planning = Some(self.tasks.spawn(async move {
            let answer = operator.plan(&change, &options).await.map(Arc::new);
            // The screen may have gone; then nobody needs the plan.
            let _ = news.send(Msg::Planned { ask, answer });
        }));
    }

    /// Carries out what was confirmed, in the context it was planned in.
    pub(super) fn carry_out(&mut self, plan: Arc<Plan>, consent: Consent) {
        let (operator, news) = (self.operator.clone(), self.news.clone());
        self.tasks.spawn(async move {
            let (steps, mut seen) = mpsc::unbounded_channel();
            let refused = if operator.place().context == plan.place.context {
                let forward = async {
                    while let Some(progress) = seen.recv().await {
                        let _ = news.send(Msg::Progress(Box::new(progress)));
                    }
                };
                let carry = async {
                    let outcome = operator.carry_out(&plan, &consent, &steps).await;
                    // The last step is on its way; without a sender the forwarding ends.
                    drop(steps);
                    outcome
                };
                tokio::join!(carry, forward).0.err()
            } else {
                Some(Refusal::new("another context is looked at: nothing was changed"))
            };
            if let Some(refusal) = refused {
                let _ = news.send(Msg::NotBegun { plan: plan.id.clone(), refusal });
            }
        });
    }

    /// Reads the journal.
    pub(super) fn read_journal(&mut self) {
        let (operator, news) = (self.operator.clone(), self.news.clone());
        self.tasks.spawn_blocking(move || {
            let _ = news.send(Msg::Journal(operator.stories()));
        });
    }

    /// Tells of changes whose outcome nobody knows because a program died in the middle.
    fn remind(&mut self) {
        let (operator, news) = (self.operator.clone(), self.news.clone());
        self.tasks.spawn(async move {
            let reader = operator.clone();
            let Ok(unfinished) = tokio::task::spawn_blocking(move || reader.unfinished()).await else { return };
            for story in &unfinished {
                let check = story.what_to_check().map(|what| format!("; look {what}")).unwrap_or_default();
                let text = format!(
                    "an earlier change was never seen to its end: {} ({}){check}",
                    story.title(),
                    story.ending.text()
                );
                let _ = news.send(Msg::Notice(Notice::error(crate::format::sanitise(&text))));
            }
            if !unfinished.is_empty() {
                operator.told(&unfinished).await;
            }
        });
    }

    /// The sitting ends: those who watch write down that they no longer do.
    pub(super) async fn leave(&mut self) {
        if let Some(planning) = self.planning.take() {
            planning.abort();
        }
        for operator in self.earlier.iter().chain([&self.operator]) {
            operator.stop();
        }
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // Whoever has not come to an end by then is in the journal as begun; the next start tells.
        let _ = tokio::time::timeout(FAREWELL, all).await;
    }
}

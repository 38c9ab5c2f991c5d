//! Whether a call whose answer was lost came to pass all the same. It is looked for and never made again: ECS takes no
//! token by which it would know the second call for the first.

use super::{Clock, Deed, Door, Made, Receipt, ServiceFacts, Subject};
use crate::domain::journal::{CallResult, Event};
use crate::domain::{DeploymentStatus, TaskState};

impl Door {
    /// What shows that the call came to pass; nothing where nothing does, which does not say that it did not.
    pub async fn trace_of(&self, made: &Made, clock: Clock<'_>) -> Option<String> {
        let Subject::Service(before) = &made.before else { return None };
        let survey = self.look_again(&made.plan.change, clock().now).await?;
        let Subject::Service(now) = &survey.subject else { return None };
        trace(&made.deed, before, now)
    }

    /// Writes down that the call came to pass.
    pub async fn found(&self, made: &mut Made, shown: &str, clock: Clock<'_>) {
        let said = format!("the answer was lost, and it was made: {shown}");
        let event = Event::Call { result: CallResult::Made, text: said.clone(), made: None };
        let written = self.write(&made.plan, event, clock()).await;
        made.remarks.extend(written.err().map(|error| error.what));
        made.result = Ok(Receipt { said, id: None });
    }
}

/// What shows a deed in what is there now and was not before.
fn trace(deed: &Deed, before: &ServiceFacts, now: &ServiceFacts) -> Option<String> {
    let (was, is) = (&before.service, &now.service);
    match deed {
        Deed::StopTask { task, reason, .. } => {
            let task = is.tasks.iter().find(|one| one.id == *task)?;
            let ends = matches!(task.state, TaskState::Stopping | TaskState::Stopped);
            let is_ours = task.stopped_reason.as_ref().is_none_or(|given| given.contains(reason.as_str()));
            (ends && is_ours).then(|| format!("task {} is {}", task.short_id(), task.state.word()))
        }
        Deed::Redeploy { .. } | Deed::Deploy { .. } => {
            let definition = if let Deed::Deploy { definition, .. } = deed { definition } else { &was.definition };
            let primary = is.deployments.iter().find(|one| one.status == DeploymentStatus::Primary)?;
            let is_new = !was.deployments.iter().any(|known| known.id == primary.id);
            (is_new && primary.definition == *definition)
                .then(|| format!("deployment {} of {definition} began", primary.id))
        }
        Deed::Scale { desired, .. } => {
            (is.desired == *desired && was.desired != *desired).then(|| format!("{desired} tasks are wanted"))
        }
        Deed::Undo { deployment, .. } => {
            let rolling = now.rolling.as_ref().filter(|one| one.arn == *deployment && one.is_being_undone());
            rolling.map(|one| format!("the deployment is {}", one.status))
        }
        Deed::Silence { .. } | Deed::Expire { .. } | Deed::Annotate(_) | Deed::Reload => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Deployment, ServiceId};
    use crate::exec::ServiceDeployment;
    use crate::exec::plan::tests::facts;

    fn after(change: impl FnOnce(&mut ServiceFacts)) -> ServiceFacts {
        let mut facts = facts();
        change(&mut facts);
        facts
    }

    #[test]
    fn what_came_to_pass_is_told_by_what_is_there_and_was_not() {
        let service = || ServiceId::new("prod", "api-2");
        let reason = || "rounds: kim".to_owned();
        let stop = || Deed::StopTask { service: service(), task: "3f9c21aa".to_owned(), reason: reason() };
        let redeploy = || Deed::Redeploy { service: service() };
        let undo = || Deed::Undo { service: service(), deployment: "arn".to_owned() };
        let stopping = |facts: &mut ServiceFacts, why: Option<&str>| {
            facts.service.tasks[0].state = TaskState::Stopping;
            facts.service.tasks[0].stopped_reason = why.map(str::to_owned);
        };
        let deployed = |facts: &mut ServiceFacts, definition: &str| {
            let deployments = &mut facts.service.deployments;
            let new = Deployment { id: "new".to_owned(), definition: definition.to_owned(), ..deployments[0].clone() };
            deployments[0].status = DeploymentStatus::Active;
            deployments.insert(0, new);
        };
        let rolling = |facts: &mut ServiceFacts, status: &str| {
            let (arn, status) = ("arn".to_owned(), status.to_owned());
            facts.rolling = Some(ServiceDeployment { arn, status, from: None });
        };
        for (case, deed, now, shown) in [
            ("it stops, as asked", stop(), after(|facts| stopping(facts, Some("rounds: kim"))), true),
            ("it stops, and nobody says why", stop(), after(|facts| stopping(facts, None)), true),
            ("somebody else stopped it", stop(), after(|facts| stopping(facts, Some("Scaling activity"))), false),
            ("it runs", stop(), facts(), false),
            ("a new deployment", redeploy(), after(|facts| deployed(facts, "api:118")), true),
            ("one of something else", redeploy(), after(|facts| deployed(facts, "api:119")), false),
            ("none", redeploy(), facts(), false),
            ("scaled", Deed::Scale { service: service(), desired: 5 }, after(|facts| facts.service.desired = 5), true),
            ("not scaled", Deed::Scale { service: service(), desired: 5 }, facts(), false),
            ("it was so before", Deed::Scale { service: service(), desired: 3 }, facts(), false),
            ("being undone", undo(), after(|facts| rolling(facts, "ROLLBACK_IN_PROGRESS")), true),
            ("still rolling", undo(), after(|facts| rolling(facts, "IN_PROGRESS")), false),
        ] {
            assert_eq!(trace(&deed, &facts(), &now).is_some(), shown, "{case}");
        }
    }
}

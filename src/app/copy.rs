//! What copying takes from each screen: the text one would paste elsewhere.

use crate::domain::{RunDeed, amounts};

use super::{
    AlertItem, ChangeItem, CostItem, Model, Offer, OverviewItem, Pane, Place, service_alerts, service_targets,
};

/// The text of what the cursor is on, where there is one.
pub(super) fn copied(model: &Model) -> Option<String> {
    if let (Place::Logs(_), Some(screen)) = (model.trail.here(), &model.logs) {
        return screen.selected().map(|line| line.text.to_string());
    }
    if *model.trail.here() == Place::Changes {
        return changed(model);
    }
    let snapshot = model.snapshot.as_deref()?;
    match model.trail.here() {
        Place::Overview => match model.overview.list.selected()?.item {
            OverviewItem::Service(index) => Some(snapshot.services.get(index)?.id.name.clone()),
            OverviewItem::Stack => None,
        },
        Place::Alerts => match model.alerts.list.selected()?.item {
            AlertItem::Alert(index) => {
                let alert = snapshot.alerts.get(index)?;
                Some(alert.url.as_ref().or(alert.query.as_ref()).unwrap_or(&alert.name).clone())
            }
            AlertItem::Silence(index) => Some(snapshot.silences.get(index)?.id.clone()),
        },
        Place::Targets => Some(snapshot.targets.get(model.targets.list.selected()?.item)?.url.clone()),
        Place::Sources => Some(snapshot.sources.get(model.sources.list.selected()?.item)?.place.clone()),
        Place::Service(id) => {
            let screen = model.service.as_ref()?;
            let service = snapshot.service(id)?;
            let row = screen.cursor(screen.pane).at();
            let ecs = service.ecs.as_deref();
            match screen.pane {
                Pane::Charts => Some(id.name.clone()),
                Pane::Findings => Some(service.findings.get(row)?.evidence.query.clone()),
                Pane::Tasks => Some(ecs?.tasks.get(row)?.id.clone()),
                Pane::Deployments => Some(ecs?.deployments.get(row)?.definition.clone()),
                Pane::Events => Some(ecs?.events.get(row)?.message.clone()),
                Pane::Alerts => Some(service_alerts(snapshot, service).get(row)?.name.clone()),
                Pane::Targets => Some(service_targets(snapshot, service).get(row)?.url.clone()),
            }
        }
        Place::Runbooks => match &model.runbooks.list.selected()?.item {
            Offer::Runbook(position, _) => Some(format!("rounds run {}", model.runbooks.runbook(*position)?.name)),
            Offer::Service(id) => Some(id.name.clone()),
            Offer::Run(id) => Some(model.runbooks.run(*id)?.headline()),
        },
        Place::Run(id) => {
            let entry = model.runbooks.run(*id)?;
            let step = entry.course.run().steps.get(entry.chosen())?;
            match &step.deed {
                RunDeed::Check { asked, .. } => asked.as_ref().map(|asked| format!("rounds {asked}")),
                RunDeed::Note { commands } => commands.first().cloned().or_else(|| Some(step.said.clone())),
                RunDeed::Change { .. } => Some(step.said.clone()),
            }
        }
        Place::Cost => costs(model),
        Place::Messages => model.notices.said().nth(model.text_top).map(|(_, notice)| notice.text.clone()),
        // These two were dealt with above.
        Place::Logs(_) | Place::Help | Place::Changes => None,
    }
}

/// Of a line of a bill the line with its arithmetic, of a bill its total.
fn costs(model: &Model) -> Option<String> {
    let item = model.cost.list.selected()?.item;
    if let Some(line) = model.cost.line(item) {
        let (name, item, amount) = (&line.component, &line.item, amounts((line.low, line.high)));
        return Some(format!("{name}, {item}: {amount} = {}", line.arithmetic));
    }
    let sheet = model.cost.reckoned()?;
    match item {
        CostItem::Part(part) => Some(amounts(part.of(sheet).total())),
        CostItem::Unpriced(index) => sheet.unpriced.get(index).map(|(service, why)| format!("{service}: {why}")),
        CostItem::Line(..) => None,
    }
}

/// Of a change the same thing as a command line, else its headline.
fn changed(model: &Model) -> Option<String> {
    match model.changes.list.selected()?.item {
        ChangeItem::Followed(index) => {
            let plan = &model.changes.followed().get(index)?.plan;
            Some(plan.same_as.as_ref().unwrap_or(&plan.title).clone())
        }
        ChangeItem::Past(index) => Some(model.changes.journal().get(index)?.id.clone()),
    }
}

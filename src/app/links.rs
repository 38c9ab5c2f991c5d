//! The pages in a browser that say more of what the cursor is on.

use super::{AlertItem, Model, OverviewItem, Pane, Place, service_alerts, service_targets};
use crate::domain::{Alert, ContextInfo, ServiceId, Snapshot};

/// The annotations that name a page.
const PAGES: [(&str, &str); 3] = [("runbook", "runbook_url"), ("dashboard", "dashboard_url"), ("panel", "panel_url")];

/// What the cursor is on, as pages: a word for each and its address.
pub(super) fn links(model: &Model) -> Vec<(String, String)> {
    let Some(snapshot) = model.snapshot.as_deref() else { return Vec::new() };
    let mut links = match model.trail.here() {
        Place::Overview => match model.overview.list.selected().map(|row| row.item) {
            Some(OverviewItem::Service(index)) => {
                snapshot.services.get(index).map(|service| of_service(snapshot, &service.id)).unwrap_or_default()
            }
            _ => Vec::new(),
        },
        Place::Alerts => match model.alerts.list.selected().map(|row| row.item) {
            Some(AlertItem::Alert(index)) => {
                snapshot.alerts.get(index).map(|alert| of_alert(snapshot, alert)).unwrap_or_default()
            }
            _ => Vec::new(),
        },
        Place::Targets => {
            let target = model.targets.list.selected().and_then(|row| snapshot.targets.get(row.item));
            target.map(|target| ("target".to_owned(), target.url.clone())).into_iter().collect()
        }
        Place::Sources => {
            let source = model.sources.list.selected().and_then(|row| snapshot.sources.get(row.item));
            source.map(|source| (source.kind.name().to_owned(), source.place.clone())).into_iter().collect()
        }
        Place::Service(id) => of_part(model, snapshot, id),
        Place::Logs(place) => {
            let mut links = of_service(snapshot, &place.service);
            let task = model.logs.as_ref().and_then(|screen| screen.selected()?.origin.task.clone());
            links.extend(task.and_then(|task| console(&snapshot.context, &place.service, Some(&task))));
            links
        }
        Place::Changes | Place::Runbooks | Place::Run(_) | Place::Cost | Place::Messages | Place::Help => Vec::new(),
    };
    links.retain(|(_, url)| url.starts_with("https://") || url.starts_with("http://"));
    let mut seen = std::collections::HashSet::new();
    links.retain(|(_, url)| seen.insert(url.clone()));
    links
}

fn of_part(model: &Model, snapshot: &Snapshot, id: &ServiceId) -> Vec<(String, String)> {
    let (Some(service), Some(screen)) = (snapshot.service(id), model.service.as_ref()) else { return Vec::new() };
    let row = screen.cursor(screen.pane).at();
    let mut links = match screen.pane {
        Pane::Alerts => service_alerts(snapshot, service).get(row).map(|alert| of_alert(snapshot, alert)),
        Pane::Targets => {
            service_targets(snapshot, service).get(row).map(|target| vec![("target".to_owned(), target.url.clone())])
        }
        Pane::Tasks => {
            let task = service.ecs.as_deref().and_then(|ecs| ecs.tasks.get(row));
            task.and_then(|task| console(&snapshot.context, id, Some(&task.id))).map(|link| vec![link])
        }
        _ => None,
    }
    .unwrap_or_default();
    links.extend(of_service(snapshot, id));
    links
}

fn of_alert(snapshot: &Snapshot, alert: &Alert) -> Vec<(String, String)> {
    let mut links: Vec<(String, String)> =
        alert.url.iter().map(|url| (format!("alert {}", alert.name), url.clone())).collect();
    let pages =
        PAGES.iter().filter_map(|(word, name)| Some(((*word).to_owned(), alert.annotations.get(*name)?.clone())));
    links.extend(pages);
    links.extend(alert.service.iter().flat_map(|id| of_service(snapshot, id)));
    links
}

/// A service's dashboards, by their titles and tags, and its page in the AWS console.
fn of_service(snapshot: &Snapshot, id: &ServiceId) -> Vec<(String, String)> {
    let names =
        |text: &str| text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')).any(|word| word == id.name);
    let boards = snapshot.dashboards.iter().filter(|board| names(&board.title) || board.tags.contains(&id.name));
    let mut links: Vec<(String, String)> =
        boards.map(|board| (format!("dashboard {}", board.title), board.url.clone())).collect();
    links.extend(console(&snapshot.context, id, None));
    links
}

/// The page of a service or task in the AWS console; the simulated fleet has none.
fn console(context: &ContextInfo, id: &ServiceId, task: Option<&str>) -> Option<(String, String)> {
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let region = context.region.as_deref().filter(|_| !context.demo && !id.cluster.is_empty())?;
    if ![region, &id.cluster, &id.name, task.unwrap_or_default()].into_iter().all(is_plain) {
        return None;
    }
    let host = match region.split('-').next() {
        Some("cn") => format!("{region}.console.amazonaws.cn"),
        _ if region.starts_with("us-gov-") => format!("{region}.console.amazonaws-us-gov.com"),
        _ => format!("{region}.console.aws.amazon.com"),
    };
    let (cluster, name) = (&id.cluster, &id.name);
    let (word, page) = match task {
        Some(task) => {
            (format!("console task {}", task.get(..8).unwrap_or(task)), format!("tasks/{task}/configuration"))
        }
        None => ("console service".to_owned(), format!("services/{name}/health")),
    };
    Some((word, format!("https://{host}/ecs/v2/clusters/{cluster}/{page}?region={region}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_of_each_partition_is_known_and_nothing_odd_gets_into_an_address() {
        let context = |region: &str| ContextInfo { region: Some(region.to_owned()), ..ContextInfo::default() };
        let id = ServiceId::new("prod", "web");
        for (region, host) in [
            ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
            ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
            ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ] {
            let (_, url) = console(&context(region), &id, None).unwrap();
            assert_eq!(url, format!("https://{host}/ecs/v2/clusters/prod/services/web/health?region={region}"));
        }
        let (word, url) = console(&context("eu-west-1"), &id, Some("0123456789ab")).unwrap();
        assert!(word.ends_with("01234567") && url.contains("/clusters/prod/tasks/0123456789ab/"));
        assert_eq!(console(&context("eu-west-1"), &ServiceId::new("p/../x", "web"), None), None);
        assert_eq!(console(&ContextInfo { demo: true, ..context("eu-west-1") }, &id, None), None);
    }
}

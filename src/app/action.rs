//! The changes that are possible for what the cursor is on. Choosing one asks for its plan, and never does it.

use crate::domain::{
    Alert, Change, EcsService, GateState, Matcher, ServiceHealth, ServiceId, Silence, Snapshot, SourceKind,
    Suppression, Target, TargetHealth, Task, TaskHealth, TaskState,
};
use crate::format;

use super::{AlertItem, Model, OverviewItem, Pane, Place, service_alerts, service_targets};

/// Labels that say which of several Prometheus servers sent an alert: they are often dropped on the way to Alertmanager, and
/// a silence that asks for them would then fit nothing.
const REPLICA_LABELS: [&str; 2] = ["replica", "prometheus_replica"];

/// Labels by which the alerts of a service are known.
const SERVICE_LABELS: [&str; 5] = ["service", "service_name", "ecs_service", "app", "job"];

/// What choosing an action leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// A plan.
    Plan(Change),
    /// The choice of one of a service's tasks.
    ChooseTask(ServiceId),
    /// The question how many tasks; how many are wanted now.
    AskScale(ServiceId, u32),
    /// The question for how long and why.
    AskSilence(Vec<Matcher>, SourceKind),
    /// The question what to note.
    AskNote,
}

/// One line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The key that chooses it.
    pub key: char,
    /// What it is.
    pub label: String,
    /// Why it cannot be chosen, where it cannot.
    pub refused: Option<String>,
    pub(super) intent: Intent,
}

/// The menu of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// What they are about.
    pub title: String,
    /// What is possible, in order.
    pub actions: Vec<Action>,
    /// The line the cursor is on.
    pub chosen: usize,
}

/// What the cursor is on, as far as something about it can be changed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Subject<'a> {
    pub service: Option<&'a ServiceHealth>,
    pub task: Option<&'a Task>,
    pub alert: Option<&'a Alert>,
    pub silence: Option<&'a Silence>,
    pub target: Option<&'a Target>,
}

impl<'a> Subject<'a> {
    /// What the cursor is on.
    pub(super) fn under_cursor(model: &Model, snapshot: &'a Snapshot) -> Self {
        match model.trail.here() {
            Place::Overview => match model.overview.list.selected().map(|row| row.item) {
                Some(OverviewItem::Service(index)) => Self { service: snapshot.services.get(index), ..Self::default() },
                _ => Self::default(),
            },
            Place::Alerts => match model.alerts.list.selected().map(|row| row.item) {
                Some(AlertItem::Alert(index)) => {
                    snapshot.alerts.get(index).map(|alert| Self::alert(snapshot, alert)).unwrap_or_default()
                }
                Some(AlertItem::Silence(index)) => Self { silence: snapshot.silences.get(index), ..Self::default() },
                None => Self::default(),
            },
            Place::Targets => {
                let row = model.targets.list.selected();
                let target = row.and_then(|row| snapshot.targets.get(row.item));
                target.map(|target| Self::target(snapshot, target)).unwrap_or_default()
            }
            Place::Service(id) => Self::part(model, snapshot, id),
            _ => Self::default(),
        }
    }

    fn part(model: &Model, snapshot: &'a Snapshot, id: &ServiceId) -> Self {
        let Some((service, screen)) = snapshot.service(id).zip(model.service.as_ref()) else { return Self::default() };
        let row = screen.cursor(screen.pane).at();
        let own = Self { service: Some(service), ..Self::default() };
        match screen.pane {
            Pane::Tasks => Self { task: service.ecs.as_ref().and_then(|ecs| ecs.tasks.get(row)), ..own },
            Pane::Alerts => {
                let alert = service_alerts(snapshot, service).get(row).copied();
                alert.map_or(own, |alert| Self::alert(snapshot, alert))
            }
            Pane::Targets => {
                let target = service_targets(snapshot, service).get(row).copied();
                target.map_or(own, |target| Self { service: Some(service), ..Self::target(snapshot, target) })
            }
            _ => own,
        }
    }

    fn alert(snapshot: &'a Snapshot, alert: &'a Alert) -> Self {
        let service = alert.service.as_ref().and_then(|id| snapshot.service(id));
        // An alert over one instance is about the task that has its address.
        let host = alert
            .labels
            .get("instance")
            .map(|instance| instance.rsplit_once(':').map_or(&**instance, |(host, _)| host));
        let task = service.zip(host).and_then(|(service, host)| task_at(service, host));
        Self { service, task, alert: Some(alert), ..Self::default() }
    }

    fn target(snapshot: &'a Snapshot, target: &'a Target) -> Self {
        let owner = target.owner.as_ref();
        let service = owner.and_then(|owner| snapshot.services.iter().find(|service| owner.is(&service.id)));
        let task = service.and_then(|service| task_at(service, target.host()));
        Self { service, task, target: Some(target), ..Self::default() }
    }
}

fn task_at<'a>(service: &'a ServiceHealth, host: &str) -> Option<&'a Task> {
    running(service.ecs.as_ref()?).find(|task| task.address.as_deref() == Some(host))
}

/// What speaks against a running task: what its health check or its scrape says.
fn trouble(snapshot: &Snapshot, service: &ServiceHealth, task: &Task) -> Option<&'static str> {
    if task.health == TaskHealth::Unhealthy {
        return Some("fails its health check");
    }
    let own = |target: &&Target| task.address.as_deref() == Some(target.host());
    let is_down =
        service_targets(snapshot, service).into_iter().filter(own).any(|target| target.health == TargetHealth::Down);
    is_down.then_some("its target is down")
}

/// Its running tasks that something speaks against, and what.
fn in_trouble<'s>(
    snapshot: &Snapshot,
    service: &ServiceHealth,
    ecs: &'s EcsService,
) -> impl Iterator<Item = (&'s Task, &'static str)> {
    running(ecs).filter_map(|task| Some((task, trouble(snapshot, service, task)?)))
}

/// What the screen knows of the task a change is about.
pub(super) fn seen(snapshot: &Snapshot, change: &Change) -> Option<String> {
    let Change::RestartTask { service, task } = change else { return None };
    let service = snapshot.service(service)?;
    let task = service.ecs.as_ref()?.tasks.iter().find(|known| known.id == *task)?;
    let up = task.started_at.map(|at| format!("up {}", format::age(at, snapshot.at)));
    let said: Vec<String> =
        trouble(snapshot, service, task).map(str::to_owned).into_iter().chain(up).chain(task.address.clone()).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn running(ecs: &EcsService) -> impl Iterator<Item = &Task> {
    ecs.tasks.iter().filter(|task| task.state == TaskState::Running)
}

/// What restarting leads to from here: the task the cursor is on, the one task of the service that is in trouble, or a
/// choice; or why there is none.
pub(super) fn restart(snapshot: &Snapshot, subject: Subject<'_>) -> Result<Intent, String> {
    let Some(service) = subject.service else {
        return Err("put the cursor on a service or a task to restart".to_owned());
    };
    let plan = |task: &Task| Intent::Plan(Change::RestartTask { service: service.id.clone(), task: task.id.clone() });
    if let Some(task) = subject.task {
        return match task.state {
            TaskState::Running | TaskState::Pending => Ok(plan(task)),
            state => Err(format!("task {} is {}", short(&task.id), state.word())),
        };
    }
    let Some(ecs) = service.ecs.as_deref() else {
        return Err(format!("the tasks of {} are not known", service.id.name));
    };
    let mut troubled = in_trouble(snapshot, service, ecs);
    match (troubled.next(), troubled.next()) {
        (Some((task, _)), None) => return Ok(plan(task)),
        (Some(_), Some(_)) => return Ok(Intent::ChooseTask(service.id.clone())),
        (None, _) => {}
    }
    let mut tasks = running(ecs);
    match (tasks.next(), tasks.next()) {
        (None, _) => Err(format!("no task of {} runs", service.id.name)),
        (Some(task), None) => Ok(plan(task)),
        (Some(_), Some(_)) => Ok(Intent::ChooseTask(service.id.clone())),
    }
}

/// The choice among a service's running tasks, those in trouble first.
pub(super) fn task_menu(snapshot: &Snapshot, service: &ServiceHealth) -> Menu {
    const KEYS: &str = "123456789abcdefghijklmnopqrstuvwxyz";
    let ecs = service.ecs.as_deref();
    let mut tasks: Vec<&Task> = ecs.into_iter().flat_map(running).collect();
    tasks.sort_by_key(|task| trouble(snapshot, service, task).is_none());
    let action = |(key, task): (char, &&Task)| {
        let since = task.started_at.map(|at| format!(", up {}", format::age(at, snapshot.at))).unwrap_or_default();
        let trouble = trouble(snapshot, service, task).map(|why| format!(", {why}")).unwrap_or_default();
        let zone = task.zone.as_deref().map(|zone| format!(", {zone}")).unwrap_or_default();
        Action {
            key,
            label: format!("task {}{trouble}{since}{zone}", short(&task.id)),
            refused: None,
            intent: Intent::Plan(Change::RestartTask { service: service.id.clone(), task: task.id.clone() }),
        }
    };
    let title = format!("restart which task of {}?", service.id.name);
    Menu { title, actions: KEYS.chars().zip(&tasks).map(action).collect(), chosen: 0 }
}

/// Everything that can be changed about what the cursor is on.
pub(super) fn menu(model: &Model, snapshot: &Snapshot) -> Menu {
    let subject = Subject::under_cursor(model, snapshot);
    let mut actions = Vec::new();
    let mut offer = |key, label: String, outcome: Result<Intent, String>| {
        let (intent, refused) = match outcome {
            Ok(intent) => (intent, None),
            Err(why) => (Intent::AskNote, Some(why)),
        };
        actions.push(Action { key, label, refused, intent });
    };
    if let Some(silence) = subject.silence {
        let change = Change::ExpireSilence { id: silence.id.clone(), source: silence.source };
        offer('e', format!("end the silence of {}", silence.created_by), Ok(Intent::Plan(change)));
    }
    if let Some(alert) = subject.alert {
        offer('m', "silence this alert".to_owned(), silence_alert(snapshot, alert));
        for silence in silences_over(snapshot, alert) {
            let change = Change::ExpireSilence { id: silence.id.clone(), source: silence.source };
            offer('e', format!("end the silence of {} over it", silence.created_by), Ok(Intent::Plan(change)));
        }
    }
    if let Some(service) = subject.service {
        let name = &service.id.name;
        let known = || service.ecs.as_deref().ok_or_else(|| format!("ECS does not say anything of {name}"));
        let restarted = restart(snapshot, subject);
        let label = match &restarted {
            Ok(Intent::Plan(Change::RestartTask { task, .. })) => {
                let own = known().ok().and_then(|ecs| ecs.tasks.iter().find(|known| known.id == *task));
                let why = own.and_then(|task| trouble(snapshot, service, task));
                format!(
                    "restart task {} of {name}{}",
                    short(task),
                    why.map(|why| format!(" ({why})")).unwrap_or_default()
                )
            }
            _ => format!("restart a task of {name}"),
        };
        offer('r', label, restarted);
        let id = || service.id.clone();
        offer('d', format!("redeploy {name}"), known().map(|_| Intent::Plan(Change::Redeploy { service: id() })));
        offer('s', format!("scale {name}"), known().map(|ecs| Intent::AskScale(id(), ecs.desired)));
        offer('b', format!("roll {name} back"), known().map(|_| Intent::Plan(Change::RollBack { service: id() })));
        if subject.alert.is_none() {
            offer('m', format!("silence the alerts of {name}"), silence_service(snapshot, service));
        }
    }
    let reached =
        |kind: SourceKind| snapshot.source(kind).map(|_| ()).ok_or_else(|| format!("{kind} is not configured"));
    let reload = reached(SourceKind::Prometheus).map(|()| Intent::Plan(Change::ReloadPrometheus));
    offer('p', "reload prometheus".to_owned(), reload);
    offer('n', "leave a note on the dashboards".to_owned(), reached(SourceKind::Grafana).map(|()| Intent::AskNote));
    let title = match (subject.silence, subject.alert, subject.target, subject.task, subject.service) {
        (Some(silence), ..) => format!("the silence of {}", silence.created_by),
        (_, Some(alert), ..) => alert.name.clone(),
        (_, _, Some(target), ..) => target.instance.clone(),
        (_, _, _, Some(task), Some(service)) => format!("task {} of {}", short(&task.id), service.id.name),
        (.., Some(service)) => service.id.name.clone(),
        _ => "changes".to_owned(),
    };
    Menu { title, actions, chosen: 0 }
}

/// Why nothing can be changed now, as far as the gate has it.
pub(super) fn closed(gate: &GateState, is_open: bool) -> Option<String> {
    match gate {
        _ if is_open => None,
        GateState::ReadOnly { by } => Some(format!("read-only ({by})")),
        GateState::Disarmed | GateState::Armed { .. } | GateState::Open => Some("production is disarmed".to_owned()),
    }
}

fn silences_over<'a>(snapshot: &'a Snapshot, alert: &Alert) -> Vec<&'a Silence> {
    match &alert.suppression {
        Some(Suppression::Silenced(ids)) => {
            snapshot.silences.iter().filter(|silence| ids.contains(&silence.id)).collect()
        }
        _ => Vec::new(),
    }
}

fn equals((name, value): (&String, &String)) -> Matcher {
    Matcher { name: name.clone(), value: value.clone(), is_regex: false, is_negated: false }
}

/// Where an alert can be silenced: where it is sent from.
fn silencer(snapshot: &Snapshot, alert: Option<&Alert>) -> Result<SourceKind, String> {
    let only_grafana = alert.is_some_and(|alert| alert.seen_in == [SourceKind::Grafana]);
    if !only_grafana && snapshot.source(SourceKind::Alertmanager).is_some() {
        Ok(SourceKind::Alertmanager)
    } else if snapshot.source(SourceKind::Grafana).is_some() {
        Ok(SourceKind::Grafana)
    } else {
        Err("neither alertmanager nor grafana is configured".to_owned())
    }
}

/// Exactly this alert, and no other.
pub(super) fn silence_alert(snapshot: &Snapshot, alert: &Alert) -> Result<Intent, String> {
    let source = silencer(snapshot, Some(alert))?;
    let labels = alert.labels.iter().filter(|(name, _)| !REPLICA_LABELS.contains(&name.as_str()));
    let matchers: Vec<Matcher> = labels.map(equals).collect();
    if matchers.is_empty() {
        return Err("it has no labels to know it by".to_owned());
    }
    Ok(Intent::AskSilence(matchers, source))
}

/// Every alert of a service, by the label its alerts are known by.
pub(super) fn silence_service(snapshot: &Snapshot, service: &ServiceHealth) -> Result<Intent, String> {
    let source = silencer(snapshot, None)?;
    let alerts = service_alerts(snapshot, service);
    let names = |label: &&str| alerts.iter().any(|alert| alert.labels.get(*label) == Some(&service.id.name));
    let label = SERVICE_LABELS.into_iter().find(|label| names(label)).unwrap_or(SERVICE_LABELS[0]);
    Ok(Intent::AskSilence(vec![equals((&label.to_owned(), &service.id.name))], source))
}

/// A task's id as it is named in a sentence.
pub fn short(task: &str) -> &str {
    task.get(..8).unwrap_or(task)
}

//! Where a service's lines are: what its task definitions say of their containers' log drivers, or what is configured.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ecs::types::{ContainerDefinition, DesiredStatus, LogDriver, Service};

use super::Inner;
use crate::config::LogGroup;
use crate::domain::{ErrorClass, ServiceId, SourceError};
use crate::format::sanitise;
use crate::net::aws::Session;
use crate::net::aws::ecs::map::short_name;
use crate::net::aws::ecs::{Api, SERVICES_A_CALL, TASKS_A_CALL};

/// The names of streams.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Streams {
    /// Everything in the group.
    All,
    /// Those that begin so: `prefix/container/` and then a task's id, for containers with a stream prefix.
    Beginning(String),
    /// These: without a stream prefix a stream is called after the container's own id.
    Named(Vec<String>),
}

/// One place to read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The region, where the definition names one.
    pub(super) region: Option<String>,
    /// The log group.
    pub(super) group: String,
    /// Which of its streams.
    pub(super) streams: Streams,
    /// The container, where the place is one container's.
    pub(super) container: Option<String>,
}

impl Place {
    /// What the names of streams begin with right before a task's id, where they are made so.
    pub(super) fn before_tasks(&self) -> Option<&str> {
        match (&self.streams, &self.container) {
            (Streams::Beginning(prefix), Some(container)) if prefix.ends_with(&format!("/{container}/")) => {
                Some(prefix)
            }
            _ => None,
        }
    }
}

/// Where a service's lines are, and what there is to say about that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The service, with its cluster where that is known.
    pub(super) service: ServiceId,
    /// The cluster as ECS knows it; nothing where the configuration said where the lines are.
    pub(super) cluster: Option<String>,
    pub(super) places: Vec<Place>,
    pub(super) notes: Vec<String>,
}

/// Where a service's lines are.
///
/// # Errors
/// Where there is no such service, or nothing says where its lines are.
pub(super) async fn find(inner: &Inner, session: &Session, service: &ServiceId) -> Result<Arc<Found>, SourceError> {
    if let Some(found) = inner.known_places(service) {
        return Ok(found);
    }
    let found = Arc::new(match configured(&inner.groups, service) {
        Some(place) => Found { service: service.clone(), cluster: None, places: vec![place], notes: Vec::new() },
        None => by_definitions(inner, session, service).await?,
    });
    inner.remember_places(service, &found);
    Ok(found)
}

/// The configured place: by the name itself before a glob, by a longer glob before a shorter one.
fn configured(groups: &[LogGroup], service: &ServiceId) -> Option<Place> {
    let full = service.to_string();
    let fits = |group: &&LogGroup| {
        let exact = group.services == service.name || group.services == full;
        let glob =
            || glob::Pattern::new(&group.services).is_ok_and(|glob| glob.matches(&service.name) || glob.matches(&full));
        exact || glob()
    };
    let rank = |group: &&LogGroup| (group.services == service.name || group.services == full, group.services.len());
    let group = groups.iter().filter(fits).max_by_key(rank)?;
    Some(Place {
        region: group.region.clone(),
        group: group.group.clone(),
        streams: group.stream_prefix.clone().map_or(Streams::All, Streams::Beginning),
        container: None,
    })
}

async fn by_definitions(inner: &Inner, session: &Session, service: &ServiceId) -> Result<Found, SourceError> {
    let api = Api::new(session);
    let (cluster, wire) = described(inner, &api, service).await?;
    let service = ServiceId::new(sanitise(short_name(&cluster)), service.name.clone());
    let mut names: BTreeSet<&str> = wire.task_definition().into_iter().collect();
    names.extend(wire.deployments().iter().filter_map(|one| one.task_definition()));
    names.extend(wire.task_sets().iter().filter_map(|one| one.task_definition()));
    let (mut places, mut notes) = (BTreeSet::new(), BTreeSet::new());
    let mut unprefixed = Vec::new();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        let definition = api.describe_task_definition(name).await?;
        for container in definition.container_definitions() {
            match driver(container) {
                Driver::Place(place) => drop(places.insert(place)),
                Driver::WithoutPrefix(place) => unprefixed.push(place),
                Driver::Elsewhere(note) => drop(notes.insert(note)),
            }
        }
    }
    if !unprefixed.is_empty() {
        let containers = containers(&api, &cluster, &service.name).await?;
        for place in unprefixed {
            let (place, note) = named(place, &containers);
            places.extend(place);
            notes.insert(note);
        }
    }
    if places.is_empty() {
        let why = notes.into_iter().next().unwrap_or_else(|| "its task definition names no log driver".to_owned());
        let hint = format!(
            "name the group in the configuration: [contexts.NAME.logs.groups.\"{}\"] group = \"...\"; or configure loki",
            service.name
        );
        return Err(SourceError::new(ErrorClass::Unsupported, format!("logs of {service}: {why}")).with_hint(hint));
    }
    Ok(Found {
        service,
        cluster: Some(cluster),
        places: places.into_iter().collect(),
        notes: notes.into_iter().collect(),
    })
}

/// The service and the cluster it is in, which is looked for where it is not named.
async fn described(inner: &Inner, api: &Api<'_>, service: &ServiceId) -> Result<(String, Service), SourceError> {
    let configured = &inner.aws.settings().clusters;
    let clusters: Vec<String> = match (service.cluster.as_str(), configured.as_slice()) {
        ("", []) => api.list_clusters().await?,
        ("", configured) => configured.to_vec(),
        (named, configured) => {
            let full = configured.iter().find(|cluster| short_name(cluster) == named);
            vec![full.cloned().unwrap_or_else(|| named.to_owned())]
        }
    };
    let wanted = std::slice::from_ref(&service.name);
    debug_assert!(wanted.len() <= SERVICES_A_CALL);
    let mut found = Vec::new();
    for cluster in &clusters {
        let about = format!("cluster {}", sanitise(short_name(cluster)));
        let (services, _) = api.describe_services(cluster, &about, wanted).await?;
        found.extend(services.into_iter().map(|wire| (cluster.clone(), wire)));
    }
    // A service that was deleted is remembered for a while; one that is there goes before it.
    if found.len() > 1 {
        found.retain(|(_, wire)| wire.status() != Some("INACTIVE"));
    }
    let names = || found.iter().map(|(cluster, _)| format!("{}/{}", short_name(cluster), service.name));
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => {
            let places: Vec<_> = clusters.iter().map(|cluster| sanitise(short_name(cluster)).into_owned()).collect();
            let what = format!("there is no service {} in {}", sanitise(&service.name), places.join(", "));
            Err(SourceError::new(ErrorClass::Rejected, what).with_hint("rounds --once lists the services there are"))
        }
        _ => {
            let what = format!(
                "several services are called {}: {}",
                sanitise(&service.name),
                names().collect::<Vec<_>>().join(", ")
            );
            Err(SourceError::new(ErrorClass::Rejected, sanitise(&what)).with_hint("name one of them in full"))
        }
    }
}

/// What a container's log configuration comes to.
enum Driver {
    Place(Place),
    WithoutPrefix(Place),
    Elsewhere(String),
}

fn driver(container: &ContainerDefinition) -> Driver {
    let name = container.name().map(|name| sanitise(name).into_owned()).unwrap_or_default();
    let Some(logging) = container.log_configuration() else {
        return Driver::Elsewhere(format!("container {name} has no log configuration"));
    };
    let options = logging.options();
    let option = |names: &[&str]| {
        let options = options?;
        names.iter().find_map(|name| options.get(*name)).filter(|value| !value.is_empty()).cloned()
    };
    let place = |group: String, region: Option<String>, streams: Streams| Place {
        region,
        group,
        streams,
        container: Some(name.clone()),
    };
    match logging.log_driver() {
        LogDriver::Awslogs => {
            let Some(group) = option(&["awslogs-group"]) else {
                return Driver::Elsewhere(format!("container {name} logs with awslogs and names no group"));
            };
            let region = option(&["awslogs-region"]);
            match option(&["awslogs-stream-prefix"]) {
                Some(prefix) => Driver::Place(place(group, region, Streams::Beginning(format!("{prefix}/{name}/")))),
                None => Driver::WithoutPrefix(place(group, region, Streams::Named(Vec::new()))),
            }
        }
        LogDriver::Awsfirelens => {
            let output = option(&["Name", "name"]).unwrap_or_default();
            match option(&["log_group_name"]).filter(|_| output.starts_with("cloudwatch")) {
                Some(group) => {
                    let streams = option(&["log_stream_prefix"]).map_or(Streams::All, Streams::Beginning);
                    Driver::Place(place(group, option(&["region"]), streams))
                }
                None => Driver::Elsewhere(format!(
                    "container {name} logs with FireLens to {}",
                    if output.is_empty() { "where its own configuration says".into() } else { sanitise(&output) }
                )),
            }
        }
        other => Driver::Elsewhere(format!("container {name} logs with {}", sanitise(other.as_str()))),
    }
}

/// A container of a task: its name, and the id that the machine it is on gave it.
type Container = (String, Option<String>);

/// The containers of every task of a service that ECS knows.
async fn containers(api: &Api<'_>, cluster: &str, service: &str) -> Result<Vec<Container>, SourceError> {
    let about = format!("cluster {}", sanitise(short_name(cluster)));
    let mut arns = api.list_tasks(cluster, &about, DesiredStatus::Running).await?;
    arns.extend(api.list_tasks(cluster, &about, DesiredStatus::Stopped).await?);
    let mut containers = Vec::new();
    for some in arns.chunks(TASKS_A_CALL) {
        let (tasks, _) = api.describe_tasks(cluster, &about, some).await?;
        let group = format!("service:{service}");
        for task in tasks.iter().filter(|task| task.group() == Some(&group)) {
            let container = |container: &aws_sdk_ecs::types::Container| {
                let id = container.runtime_id().filter(|id| !id.is_empty()).map(str::to_owned);
                Some((sanitise(container.name()?).into_owned(), id))
            };
            containers.extend(task.containers().iter().filter_map(container));
        }
    }
    Ok(containers)
}

/// The streams of a container without a stream prefix, where any is known by name, and what of its lines is not found.
fn named(place: Place, containers: &[Container]) -> (Option<Place>, String) {
    let name = place.container.clone().unwrap_or_default();
    let own: Vec<&Container> = containers.iter().filter(|(container, _)| *container == name).collect();
    let ids: Vec<String> = own.iter().filter_map(|(_, id)| id.clone()).collect();
    let without = format!("container {name} logs without awslogs-stream-prefix");
    let nameless = own.len() - ids.len();
    if ids.is_empty() {
        let why = if own.is_empty() { "lists no task with it" } else { "tells the id of none" };
        return (None, format!("{without}, and ECS {why}: its lines cannot be told from others'"));
    }
    let note = if nameless > 0 {
        format!("{without}, and ECS tells no id of {nameless} of {}: their lines are missing here", own.len())
    } else {
        format!("{without}: lines of tasks that ECS no longer lists (stopped an hour ago or more) are missing here")
    };
    (Some(Place { streams: Streams::Named(ids), ..place }), note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_configured_for_the_name_goes_before_globs() {
        let group = |services: &str| LogGroup {
            services: services.into(),
            group: format!("/g/{services}"),
            stream_prefix: None,
            region: None,
        };
        let groups = [group("*"), group("api-*"), group("prod/web"), group("api-2")];
        for (service, expected) in [
            (ServiceId::new("prod", "api-2"), "/g/api-2"),
            (ServiceId::new("prod", "api-1"), "/g/api-*"),
            (ServiceId::new("prod", "web"), "/g/prod/web"),
            (ServiceId::new("", "web"), "/g/*"),
        ] {
            assert_eq!(configured(&groups, &service).unwrap().group, expected, "{service}");
        }
        assert_eq!(configured(&groups[1..2], &ServiceId::new("", "web")), None);
    }

    #[test]
    fn what_is_not_found_of_a_container_without_a_stream_prefix_is_said() {
        let place = || Place {
            region: None,
            group: "/g".into(),
            streams: Streams::Named(Vec::new()),
            container: Some("web".into()),
        };
        let container = |name: &str, id: Option<&str>| (name.to_owned(), id.map(str::to_owned));
        let others = container("side", Some("c9"));
        for (containers, streams, note) in [
            (vec![], None, "and ECS lists no task with it: its lines cannot be told from others'"),
            (vec![others.clone()], None, "and ECS lists no task with it"),
            (vec![container("web", None), others.clone()], None, "and ECS tells the id of none"),
            (
                vec![container("web", Some("c1")), container("web", None)],
                Some(vec!["c1"]),
                "and ECS tells no id of 1 of 2: their lines are missing here",
            ),
            (
                vec![container("web", Some("c1")), container("web", Some("c2")), others],
                Some(vec!["c1", "c2"]),
                ": lines of tasks that ECS no longer lists (stopped an hour ago or more) are missing here",
            ),
        ] {
            let (found, said) = named(place(), &containers);
            let expected = streams.map(|ids| Streams::Named(ids.into_iter().map(str::to_owned).collect()));
            assert_eq!(found.map(|place| place.streams), expected, "{said}");
            assert!(
                said.starts_with("container web logs without awslogs-stream-prefix") && said.contains(note),
                "{said}"
            );
        }
    }
}

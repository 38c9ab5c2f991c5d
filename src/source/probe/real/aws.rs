//! What AWS tells, put together from several calls where one is not enough.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use aws_sdk_ecs::types::{ContainerDefinition, Service, TaskDefinition};
use futures_util::future::{join_all, try_join_all};
use jiff::Timestamp;

use crate::domain::estate::{
    BalancerLink, FileSystem, FileSystemLoad, GroupRule, Peer, Record, SecurityGroup, Wiring, Zone,
};
use crate::domain::{ErrorClass, ServiceId, SourceError};
use crate::format::sanitise;
use crate::net::aws::query::{ec2, efs, route53};
use crate::net::aws::{Call, Session};
use crate::source::probe::estate::Seen;

/// The most file systems whose life-cycle rules are read.
const MOST_FILE_SYSTEMS: usize = 20;

/// The most labels of a name that are looked up as zones.
const MOST_LABELS: usize = 8;

/// How far back the load of a file system is looked at, and in which steps.
const LOAD_WINDOW: Duration = Duration::from_hours(1);
const LOAD_PERIOD: i32 = 300;

fn text(foreign: &str) -> String {
    sanitise(foreign).into_owned()
}

/// How a service is wired: from its own and its task definition's description.
pub(super) async fn wiring(session: &Session, service: &ServiceId) -> Seen<Wiring> {
    let about = service.to_string();
    let client = session.ecs();
    let mut request = client.describe_services().services(&service.name);
    if !service.cluster.is_empty() {
        request = request.cluster(&service.cluster);
    }
    let call = Call { service: "ecs", action: "DescribeServices", about: &about };
    let answer = session.call(call, request.send()).await?;
    let Some(described) = answer.services().first() else {
        let why = answer.failures().first().and_then(|failure| failure.reason()).unwrap_or("MISSING");
        let what = format!("{}: {}", call.in_region(session.region()), text(why));
        return Err(SourceError::new(ErrorClass::Rejected, what));
    };
    let definition = match described.task_definition() {
        None => None,
        Some(name) => {
            let call = Call { service: "ecs", action: "DescribeTaskDefinition", about: &about };
            let request = client.describe_task_definition().task_definition(name);
            session.call(call, request.send()).await?.task_definition
        }
    };
    Ok(wired(described, definition.as_ref()))
}

fn wired(service: &Service, definition: Option<&TaskDefinition>) -> Wiring {
    let port = |port: Option<i32>| port.and_then(|port| u16::try_from(port).ok());
    let balancers = service.load_balancers().iter().filter_map(|link| {
        Some(BalancerLink {
            group: text(link.target_group_arn()?),
            container: link.container_name().map(text).unwrap_or_default(),
            port: port(link.container_port()),
        })
    });
    let network = service.network_configuration().and_then(|network| network.awsvpc_configuration());
    let mut wiring = Wiring {
        balancers: balancers.collect(),
        groups: network
            .map(|network| network.security_groups().iter().map(|id| text(id)).collect())
            .unwrap_or_default(),
        ..Wiring::default()
    };
    let Some(definition) = definition else { return wiring };
    wiring.task_role = definition.task_role_arn().map(text);
    wiring.execution_role = definition.execution_role_arn().map(text);
    wiring.file_systems = definition
        .volumes()
        .iter()
        .filter_map(|volume| volume.efs_volume_configuration().map(|efs| text(efs.file_system_id())))
        .collect();
    let ports = definition.container_definitions().iter().flat_map(ContainerDefinition::port_mappings);
    wiring.ports = ports.filter_map(|mapping| port(mapping.container_port())).collect();
    wiring
}

/// Zones a name can be in: those of the name itself and of every name above it, the longest first.
pub(super) async fn zones(session: &Session, name: &str) -> Seen<Vec<Zone>> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let mut above: Vec<&str> = vec![&name];
    above.extend(name.match_indices('.').map(|(at, _)| &name[at + 1..]));
    let asked = above.into_iter().take(MOST_LABELS).filter(|name| !name.is_empty());
    let found = try_join_all(asked.map(|name| route53::zones(session, name))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// A zone's records of a name; of the nearest wildcard where there is none of its own.
pub(super) async fn records(session: &Session, zone: &Zone, name: &str) -> Seen<Vec<Record>> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let own = route53::records(session, &zone.id, &name).await?;
    if !own.is_empty() {
        return Ok(own);
    }
    let mut rest = name.as_str();
    while let Some((_, parent)) = rest.split_once('.') {
        if !(parent == zone.name || parent.ends_with(&format!(".{}", zone.name))) {
            break;
        }
        let wild = route53::records(session, &zone.id, &format!("*.{parent}")).await?;
        if !wild.is_empty() {
            return Ok(wild);
        }
        rest = parent;
    }
    Ok(Vec::new())
}

/// Security groups, the prefix lists in their rules replaced by the addresses in them where those may be read.
pub(super) async fn security_groups(session: &Session, ids: &[String]) -> Seen<Vec<SecurityGroup>> {
    let mut groups = ec2::security_groups(session, ids).await?;
    let mut lists: BTreeMap<String, Vec<Peer>> = BTreeMap::new();
    for group in &groups {
        for rule in group.ingress.iter().chain(&group.egress) {
            if let Peer::List(id) = &rule.peer {
                lists.entry(id.clone()).or_default();
            }
        }
    }
    let read = join_all(lists.keys().map(|id| async {
        let ranges = ec2::prefix_list(session, id).await.unwrap_or_default();
        (id.clone(), ranges.iter().filter_map(|range| range.parse().ok()).map(Peer::Range).collect::<Vec<_>>())
    }));
    let lists: BTreeMap<String, Vec<Peer>> = read.await.into_iter().collect();
    for group in &mut groups {
        for rules in [&mut group.ingress, &mut group.egress] {
            *rules = std::mem::take(rules).into_iter().flat_map(|rule| unfolded(rule, &lists)).collect();
        }
    }
    Ok(groups)
}

fn unfolded(rule: GroupRule, lists: &BTreeMap<String, Vec<Peer>>) -> Vec<GroupRule> {
    let Peer::List(id) = &rule.peer else { return vec![rule] };
    match lists.get(id).filter(|peers| !peers.is_empty()) {
        Some(peers) => peers
            .iter()
            .map(|peer| GroupRule { peer: peer.clone(), note: Some(format!("from {id}")), ..rule.clone() })
            .collect(),
        None => vec![rule],
    }
}

/// File systems with their life-cycle rules, where those may be read.
pub(super) async fn file_systems(session: &Session) -> Seen<Vec<FileSystem>> {
    let mut found = efs::file_systems(session).await?;
    let rules = join_all(found.iter().take(MOST_FILE_SYSTEMS).map(|system| efs::lifecycle(session, &system.id))).await;
    for (system, rules) in found.iter_mut().zip(rules) {
        system.lifecycle = rules.unwrap_or_default();
    }
    Ok(found)
}

/// What `CloudWatch` has of a file system: the worst of the last hour.
pub(super) async fn file_system_load(session: &Session, id: &str, now: Timestamp) -> Seen<FileSystemLoad> {
    const ASKED: [(&str, &str, &str); 3] = [
        ("credits", "BurstCreditBalance", "Minimum"),
        ("percent", "PercentIOLimit", "Maximum"),
        ("clients", "ClientConnections", "Sum"),
    ];
    let queries = ASKED.map(|(name, metric, statistic)| {
        let dimension = Dimension::builder().name("FileSystemId").value(id).build();
        let metric = Metric::builder().namespace("AWS/EFS").metric_name(metric).dimensions(dimension).build();
        let period = if name == "clients" { 60 } else { LOAD_PERIOD };
        let stat = MetricStat::builder().metric(metric).period(period).stat(statistic).build();
        MetricDataQuery::builder().id(name).metric_stat(stat).build()
    });
    let call = Call { service: "cloudwatch", action: "GetMetricData", about: id };
    let seconds = now.as_second();
    let start = seconds.saturating_sub(i64::try_from(LOAD_WINDOW.as_secs()).unwrap_or(i64::MAX));
    let request = session
        .cloudwatch()
        .get_metric_data()
        .set_metric_data_queries(Some(queries.to_vec()))
        .start_time(DateTime::from_secs(start))
        .end_time(DateTime::from_secs(seconds));
    let answer = session.call(call, request.send()).await?;
    let values = |name: &str| {
        let result = answer.metric_data_results().iter().find(|result| result.id() == Some(name));
        result.map(|result| result.values().to_vec()).unwrap_or_default()
    };
    Ok(FileSystemLoad {
        credits: values("credits").into_iter().reduce(f64::min),
        io_percent: values("percent").into_iter().reduce(f64::max),
        // The newest comes first.
        clients: values("clients").first().copied(),
    })
}

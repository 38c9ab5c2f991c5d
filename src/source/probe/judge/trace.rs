//! The way of a request to a service: name, listener, rule, target group, task, container. The first hop that is broken
//! is marked; what cannot be seen is said, and what comes after it is looked at all the same.

use std::time::Duration;

use futures_util::future::join_all;

use super::alb::{self, Behind, Meant};
use super::tally::Tally;
use super::{Case, dns, reach, security_group, tasks, tls, who};
use crate::domain::estate::{Connection, Listener, ListenerRule, RuleAction, TargetGroup};
use crate::domain::{
    Check, CheckKind, CheckState, Hop, HopKind, ServiceHealth, ServiceId, TargetHealth, Task, TaskHealth, Trace,
};
use crate::format;
use crate::source::probe::estate::{Estate, Groups};

/// The most tasks connected to.
const MOST_TASKS: usize = 8;

/// A listener, and the rule of it that leads to the service.
struct Lead {
    listener: Listener,
    rules: Vec<ListenerRule>,
    /// The position of the rule in `rules`.
    leading: Option<usize>,
}

/// What is being put together.
#[derive(Default)]
struct Walk {
    hops: Vec<Hop>,
    causes: Vec<String>,
    next_steps: Vec<(CheckState, String)>,
}

impl Walk {
    fn hop(&mut self, kind: HopKind, name: impl Into<String>, tally: Tally) {
        let state = tally.state();
        let (looked, causes, next_step) = tally.into_parts();
        for cause in causes {
            if !self.causes.contains(&cause) {
                self.causes.push(cause);
            }
        }
        self.next_steps.extend(next_step.map(|step| (state, step)));
        self.hops.push(Hop { kind, state, name: name.into(), looked });
    }
}

/// Walks it.
pub async fn trace<E: Estate>(case: &Case<'_, E>, id: &ServiceId) -> Trace {
    let mut walk = Walk::default();
    if let Some(service) = case.snapshot.service(id) {
        walked(case, service, &mut walk).await;
    } else {
        let mut tally = Tally::default();
        tally.unknown(format!("there is no service {id}"), "the services there are");
        walk.hop(HopKind::Task, id.to_string(), tally);
    }
    finished(case, id, walk)
}

fn finished<E>(case: &Case<'_, E>, id: &ServiceId, walk: Walk) -> Trace {
    let at = |state: CheckState| walk.hops.iter().position(|hop| hop.state == state);
    let broken = at(CheckState::Fail).or_else(|| at(CheckState::Warn));
    let unseen: Vec<&str> =
        walk.hops.iter().filter(|hop| hop.state == CheckState::Unknown).map(|hop| hop.kind.word()).collect();
    let summary = match broken.and_then(|position| walk.hops.get(position)) {
        Some(hop) => {
            let why = hop.looked.first().map_or("", |looked| looked.text.as_str());
            format!("{}: broken at the {}: {why}", id.name, hop.kind.word())
        }
        None if unseen.is_empty() => format!("{}: every hop is as it should be", id.name),
        None => format!("{}: nothing broken was seen; not seen: {}", id.name, unseen.join(", ")),
    };
    // The step of what is broken first, before those of what merely could not be seen.
    let next_step = walk
        .next_steps
        .iter()
        .find(|(state, _)| *state >= CheckState::Warn)
        .or_else(|| walk.next_steps.first())
        .map(|(_, step)| step.clone());
    Trace {
        service: id.clone(),
        hops: walk.hops,
        broken,
        summary,
        causes: walk.causes,
        next_step,
        at: case.now,
        took: Duration::ZERO,
    }
}

async fn walked<E: Estate>(case: &Case<'_, E>, service: &ServiceHealth, walk: &mut Walk) {
    let mut wiring = Tally::default();
    match alb::behind(case, service, &mut wiring).await {
        Behind::Balancer(meant) => through_balancer(case, service, &meant, walk).await,
        Behind::Nothing => {}
        Behind::Noted => walk.hop(HopKind::TargetGroup, "", wiring),
    }
    task(case, service, walk).await;
    container(case, service, walk).await;
}

async fn through_balancer<E: Estate>(case: &Case<'_, E>, service: &ServiceHealth, meant: &Meant, walk: &mut Walk) {
    let groups = case.estate.target_groups(Groups::Named(&meant.groups));
    let (leads, groups) = tokio::join!(leads(case, meant), groups);
    let (leads, unseen) = leads;
    let lead = leads.iter().find(|lead| lead.leading.is_some() && lead.listener.protocol != "HTTP");
    let lead = lead.or_else(|| leads.iter().find(|lead| lead.leading.is_some())).or_else(|| leads.first());
    let host = host(case, service, lead).unwrap_or_else(|| meant.balancer.dns_name.clone());

    let mut name = Tally::default();
    dns::look(case, &host, Some(&meant.balancer), &mut name).await;
    walk.hop(HopKind::Dns, host.clone(), name);

    listener(case, meant, lead, &host, unseen, walk).await;
    rule(lead, meant, &host, walk);
    target_group(case, meant, service, groups, walk).await;
}

/// Every listener with its rules, and what could not be seen of them.
async fn leads<E: Estate>(case: &Case<'_, E>, meant: &Meant) -> (Vec<Lead>, Tally) {
    let mut unseen = Tally::default();
    let listeners = match case.estate.listeners(&meant.balancer.arn).await {
        Ok(listeners) => listeners,
        Err(error) => {
            unseen.unseen("the listeners", &error, "elasticloadbalancing:DescribeListeners");
            return (Vec::new(), unseen);
        }
    };
    if listeners.is_empty() {
        unseen.fail(
            "no-listener",
            format!("nothing listens on {}", meant.balancer.name),
            "elasticloadbalancing:DescribeListeners",
        );
    }
    let rules = join_all(listeners.iter().map(|listener| case.estate.rules(&listener.arn))).await;
    let mut leads = Vec::new();
    for (listener, rules) in listeners.into_iter().zip(rules) {
        let rules = rules.unwrap_or_else(|error| {
            unseen.unseen("the rules", &error, "elasticloadbalancing:DescribeRules");
            Vec::new()
        });
        let leading =
            rules.iter().position(|rule| rule.forwards_to().any(|arn| meant.groups.iter().any(|group| group == arn)));
        leads.push(Lead { listener, rules, leading });
    }
    (leads, unseen)
}

/// The name the service is reached by: that of its rule, or Grafana's own.
fn host<E: Estate>(case: &Case<'_, E>, service: &ServiceHealth, lead: Option<&Lead>) -> Option<String> {
    let rule = lead.and_then(|lead| lead.rules.get(lead.leading?));
    let named = rule.and_then(|rule| rule.hosts.iter().find(|host| !host.contains(['*', '?'])).cloned());
    named.or_else(|| {
        let is_grafana = who::component(case.snapshot, "grafana").is_some_and(|grafana| grafana.id == service.id);
        case.estate.grafana_address().filter(|_| is_grafana).map(|address| address.host)
    })
}

async fn listener<E: Estate>(
    case: &Case<'_, E>,
    meant: &Meant,
    lead: Option<&Lead>,
    host: &str,
    unseen: Tally,
    walk: &mut Walk,
) {
    let mut tally = unseen;
    alb::state(&meant.balancer, &mut tally);
    let mut name = meant.balancer.name.clone();
    if let Some(Lead { listener, .. }) = lead {
        name = format!("{} {} of {}", listener.protocol, listener.port, meant.balancer.name);
        tally.pass(
            format!("{} listens on {} {}", meant.balancer.name, listener.protocol, listener.port),
            "elasticloadbalancing:DescribeListeners",
        );
        if matches!(listener.protocol.as_str(), "HTTPS" | "TLS") {
            tls::look(case, host, listener.port, &mut tally).await;
        } else {
            let connection = case.estate.connect(host, listener.port).await;
            reach::told(&format!("{host}:{}", listener.port), &connection, false, &mut tally);
        }
        security_group::inward(case, meant, None, listener.port, &mut tally).await;
    }
    walk.hop(HopKind::Listener, name, tally);
}

fn rule(lead: Option<&Lead>, meant: &Meant, host: &str, walk: &mut Walk) {
    const FROM: &str = "elasticloadbalancing:DescribeRules";
    let mut tally = Tally::default();
    let mut name = String::new();
    match lead.map(|lead| (lead, lead.leading.and_then(|position| lead.rules.get(position)))) {
        None => tally.unknown("no rule could be seen", FROM),
        Some((lead, None)) if lead.rules.is_empty() => tally.unknown("no rule could be seen", FROM),
        Some((lead, None)) => {
            let last = lead.rules.last().map(alb::described).unwrap_or_default();
            let groups: Vec<&str> = meant.groups.iter().map(|arn| arn.split('/').nth(1).unwrap_or(arn)).collect();
            tally.fail("no-rule", format!("no rule leads to {}; {last}", groups.join(", ")), FROM);
            tally.next("add a listener rule that forwards the service's host or path to its target group");
        }
        Some((lead, Some(rule))) => {
            name = format!("rule {}", rule.priority);
            let before = &lead.rules[..lead.leading.unwrap_or_default()];
            if let Some(first) = before.iter().find(|other| takes(other, rule, host)) {
                let text = format!("{} takes {host} before {} does", alb::described(first), alb::described(rule));
                tally.fail("no-rule", text, FROM);
                tally.next("give the service's rule a smaller priority");
            } else {
                tally.pass(alb::described(rule), FROM);
            }
        }
    }
    walk.hop(HopKind::Rule, name, tally);
}

/// Whether an earlier rule takes everything that a later one is for.
fn takes(earlier: &ListenerRule, later: &ListenerRule, host: &str) -> bool {
    let same_host = earlier.hosts.is_empty() || earlier.hosts.iter().any(|pattern| alb::fits(pattern, host));
    let every_path = earlier.paths.is_empty()
        || earlier.paths.iter().any(|path| path == "*" || path == "/*")
        || (!later.paths.is_empty() && later.paths.iter().all(|path| earlier.paths.contains(path)));
    let ends = earlier.actions.iter().any(|action| !matches!(action, RuleAction::Other(_)));
    same_host && every_path && earlier.others.is_empty() && ends
}

async fn target_group<E: Estate>(
    case: &Case<'_, E>,
    meant: &Meant,
    service: &ServiceHealth,
    groups: Result<Vec<TargetGroup>, crate::domain::SourceError>,
    walk: &mut Walk,
) {
    let mut tally = Tally::default();
    let groups = match groups {
        Ok(groups) => groups,
        Err(error) => {
            tally.unseen("the target group", &error, "elasticloadbalancing:DescribeTargetGroups");
            walk.hop(HopKind::TargetGroup, "", tally);
            return;
        }
    };
    let healths = join_all(groups.iter().map(|group| case.estate.targets(&group.arn))).await;
    for (group, targets) in groups.iter().zip(healths) {
        match targets {
            Ok(targets) => alb::targets(case, group, &targets, &mut tally),
            Err(error) => tally.unseen("its targets", &error, "elasticloadbalancing:DescribeTargetHealth"),
        }
    }
    security_group::onward(case, meant, service, &mut tally).await;
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    walk.hop(HopKind::TargetGroup, names.join(", "), tally);
}

async fn task<E: Estate>(case: &Case<'_, E>, service: &ServiceHealth, walk: &mut Walk) {
    let mut tally = Tally::default();
    tasks::judge(case, &Check::new(CheckKind::Tasks).with("service", service.id.to_string()), &mut tally).await;
    let name = service.ecs.as_deref().map(|ecs| ecs.definition.clone()).unwrap_or_default();
    walk.hop(HopKind::Task, name, tally);
}

async fn container<E: Estate>(case: &Case<'_, E>, service: &ServiceHealth, walk: &mut Walk) {
    let mut tally = Tally::default();
    let Some(ecs) = service.ecs.as_deref() else {
        tally.unknown("the containers are not known: ecs was not read", "ecs:DescribeTasks");
        walk.hop(HopKind::Container, "", tally);
        return;
    };
    let running: Vec<&Task> = who::running(ecs).collect();
    if running.is_empty() {
        tally.fail("tasks-missing", "no task runs", "ecs:DescribeTasks");
    }
    let by = |health: TaskHealth| running.iter().filter(|task| task.health == health).count();
    for task in running.iter().filter(|task| task.health == TaskHealth::Unhealthy) {
        let text = format!("the containers of task {} fail their health check", task.short_id());
        tally.fail("task-unhealthy", text, "ecs:DescribeTasks");
    }
    if by(TaskHealth::Healthy) > 0 {
        let text = format!("{} healthy by their own check", format::count(by(TaskHealth::Healthy), "task"));
        tally.pass(text, "ecs:DescribeTasks");
    }
    connections(case, service, &running, &mut tally).await;
    let names: Vec<&str> = service
        .definition
        .iter()
        .flat_map(|definition| definition.images.iter().map(|(name, _)| name.as_str()))
        .collect();
    walk.hop(HopKind::Container, names.join(", "), tally);
}

async fn connections<E: Estate>(case: &Case<'_, E>, service: &ServiceHealth, running: &[&Task], tally: &mut Tally) {
    let port = match case.estate.wiring(&service.id).await {
        Ok(wiring) => wiring.balancers.iter().find_map(|link| link.port).or(wiring.ports.first().copied()),
        Err(error) => {
            tally.unseen("the container's port", &error, "ecs:DescribeTaskDefinition");
            return;
        }
    };
    let Some(port) = port else {
        tally.pass("its containers open no port", "ecs:DescribeTaskDefinition");
        return;
    };
    let tried: Vec<(&Task, &str)> =
        running.iter().filter_map(|task| Some((*task, task.address.as_deref()?))).take(MOST_TASKS).collect();
    let attempts = join_all(tried.iter().map(|(_, address)| case.estate.connect(address, port))).await;
    let is_lost = |connection: &Connection| matches!(connection, Connection::TimedOut(_) | Connection::Unreachable);
    let scraped_up = |address: &str| {
        who::targets(case.snapshot, service).any(|target| target.host() == address && target.health == TargetHealth::Up)
    };
    // Where nothing at all comes back from a single one, it is this machine that is outside.
    let is_outside = attempts.iter().all(is_lost)
        || tried.iter().zip(&attempts).any(|((_, address), connection)| is_lost(connection) && scraped_up(address));
    for ((task, address), connection) in tried.iter().zip(&attempts) {
        reach::told(&format!("task {} at {address}:{port}", task.short_id()), connection, is_outside, tally);
    }
}

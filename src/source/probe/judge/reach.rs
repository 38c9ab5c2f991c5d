//! Attempts to connect: to an address, to each task of a service, or to each scrape target.

use futures_util::stream::{self, StreamExt as _};

use super::Case;
use super::tally::Tally;
use super::who;
use crate::domain::estate::Connection;
use crate::domain::{Check, CheckState, Target, TargetHealth};
use crate::format;
use crate::source::probe::estate::Estate;

const FROM: &str = "a TCP connection from this machine";

/// The most connections tried in one check, and at once.
const MOST: usize = 64;
const AT_ONCE: usize = 16;

/// Somewhere to connect to.
struct Goal {
    host: String,
    port: u16,
    /// What it is, for a person.
    name: String,
    /// Whether Prometheus reaches it.
    is_up: bool,
}

/// Tries them.
pub async fn judge<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let port = match check.told("port").map(port_in).transpose() {
        Ok(port) => port,
        Err(why) => {
            tally.unknown(why, check.to_string());
            return;
        }
    };
    let goals = match (check.told("host"), check.told("service")) {
        (Some(host), _) => match goal(host, port) {
            Ok(goal) => vec![goal],
            Err(why) => {
                tally.unknown(why, check.to_string());
                return;
            }
        },
        (None, Some(_)) => of_service(case, check, port, tally).await,
        (None, None) => of_targets(case, tally),
    };
    if goals.is_empty() {
        if tally.looked().is_empty() {
            tally.unknown("there is nothing to connect to", check.to_string());
        }
        return;
    }
    try_all(case, goals, tally).await;
}

/// Host and port of `HOST`, `HOST:PORT` or `[::1]:PORT`.
///
/// # Errors
/// What stands where the port should is none, or no host stands before it.
pub fn place(text: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port_in(port)?)),
        _ => (text, None),
    };
    if host.is_empty() { Err(format!("{text} names no host")) } else { Ok((host, port)) }
}

/// A port, as somebody wrote it.
///
/// # Errors
/// It is none.
pub fn port_in(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| format!("{text} is no port: one is from 1 to 65535"))
}

fn goal(text: &str, port: Option<u16>) -> Result<Goal, String> {
    let (host, own) = place(text)?;
    let port = port.or(own).unwrap_or(443);
    Ok(Goal { host: host.to_owned(), port, name: format!("{host}:{port}"), is_up: false })
}

async fn of_service<E: Estate>(case: &Case<'_, E>, check: &Check, port: Option<u16>, tally: &mut Tally) -> Vec<Goal> {
    let Some(service) = who::service(case, check, tally) else { return Vec::new() };
    let Some(ecs) = who::ecs(case, service, tally) else { return Vec::new() };
    let scraped = |address: &str| who::targets(case.snapshot, service).find(|target| target.host() == address);
    let mut known = port.or_else(|| who::targets(case.snapshot, service).find_map(port_of));
    if known.is_none() {
        known = match case.estate.wiring(&service.id).await {
            Ok(wiring) => wiring.balancers.iter().find_map(|link| link.port).or(wiring.ports.first().copied()),
            Err(error) => {
                tally.unseen("the service's port", &error, "ecs:DescribeTaskDefinition");
                None
            }
        };
    }
    let Some(port) = known else {
        tally.unknown(format!("it is not known which port {} listens on", service.id.name), FROM);
        tally.next("name it: --port PORT");
        return Vec::new();
    };
    let goals: Vec<Goal> = who::running(ecs)
        .filter_map(|task| {
            let address = task.address.as_deref()?;
            let is_up = scraped(address).is_some_and(|target| target.health == TargetHealth::Up);
            let name = format!("task {} at {address}:{port}", task.short_id());
            Some(Goal { host: address.to_owned(), port, name, is_up })
        })
        .collect();
    if goals.is_empty() {
        tally.unknown(format!("no running task of {} has an address", service.id.name), "ecs:DescribeTasks");
    }
    goals
}

/// Every scrape target, those that are down first.
fn of_targets<E>(case: &Case<'_, E>, tally: &mut Tally) -> Vec<Goal> {
    if let Some(why) = super::targets::unseen(case) {
        tally.unknown(format!("the scrape targets are not known: {why}"), "GET /api/v1/targets");
        return Vec::new();
    }
    let goal = |target: &Target| {
        let port = port_of(target)?;
        let is_up = target.health == TargetHealth::Up;
        let name = format!("{} of {}", target.instance, target.job);
        Some(Goal { host: target.host().to_owned(), port, name, is_up })
    };
    case.snapshot.targets.iter().filter_map(goal).collect()
}

fn port_of(target: &Target) -> Option<u16> {
    let rest = target.url.split_once("://").map_or(target.url.as_str(), |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next()?;
    let own = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    own.or(if target.url.starts_with("https") { Some(443) } else { Some(80) })
}

async fn try_all<E: Estate>(case: &Case<'_, E>, mut goals: Vec<Goal>, tally: &mut Tally) {
    let all = goals.len();
    goals.truncate(MOST);
    let attempts = goals.into_iter().map(|goal| async {
        let connection = case.estate.connect(&goal.host, goal.port).await;
        (goal, connection)
    });
    let tried: Vec<(Goal, Connection)> = stream::iter(attempts).buffered(AT_ONCE).collect().await;
    // Prometheus reaches it and this machine does not: then it is this machine that stands in the wrong place.
    let is_outside = tried.iter().any(|(goal, connection)| goal.is_up && is_lost(connection));
    let mut reached = 0;
    for (goal, connection) in &tried {
        reached += usize::from(matches!(connection, Connection::Made { .. }));
        told(&goal.name, connection, is_outside, tally);
    }
    if all > tried.len() {
        tally.unknown(
            format!("{} not tried: {MOST} are enough at once", format::count(all - tried.len(), "endpoint")),
            FROM,
        );
    }
    if is_outside {
        tally.unknown(
            "Prometheus reaches some of what does not answer here: this machine is outside that network, so time-outs \
             from here prove nothing",
            FROM,
        );
        tally.next("run it inside the network, or over the VPN");
    }
    if tried.len() > 1 {
        tally.summary(format!("{reached} of {} accept a connection", format::count(tried.len(), "endpoint")));
    }
}

/// Whether nothing came back at all.
fn is_lost(connection: &Connection) -> bool {
    matches!(connection, Connection::TimedOut(_) | Connection::Unreachable)
}

/// Notes how an attempt ended; one that proves nothing from here is unknown.
pub fn told(name: &str, connection: &Connection, proves_nothing: bool, tally: &mut Tally) {
    let mut wrong = |cause: &str, text: String, step: &str| {
        if proves_nothing && is_lost(connection) {
            tally.note(CheckState::Unknown, text, FROM);
        } else {
            tally.fail(cause, text, FROM);
            tally.next(step);
        }
    };
    match connection {
        Connection::Made { to, took } => {
            tally.pass(format!("{name}: {to} accepts in {}", format::seconds(took.as_secs_f64())), FROM);
        }
        Connection::Refused => {
            wrong(
                "connection-refused",
                format!("{name}: connection refused"),
                "nothing listens there: look at the task and its port",
            );
        }
        Connection::TimedOut(after) => wrong(
            "connect-timeout",
            format!("{name}: nothing answers within {}", format::duration_fine(*after)),
            "packets are dropped on the way: a security group or network ACL as a rule, or the VPN is down",
        ),
        Connection::Unreachable => {
            wrong("unreachable", format!("{name}: there is no route"), "check the VPN and the routes");
        }
        Connection::Unresolved(why) => {
            wrong("name-unresolved", format!("{name}: {why}"), "check the name, the VPN and the resolver");
        }
        Connection::Failed(why) => tally.note(CheckState::Fail, format!("{name}: {why}"), FROM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_may_carry_their_port() {
        for (text, port, expected) in [
            ("grafana.example.com", None, ("grafana.example.com", 443)),
            ("grafana.example.com:3000", None, ("grafana.example.com", 3000)),
            ("10.0.0.1:3000", Some(8080), ("10.0.0.1", 8080)),
            ("::1", None, ("::1", 443)),
            ("[::1]:9090", None, ("[::1]", 9090)),
        ] {
            let goal = goal(text, port).unwrap();
            assert_eq!((goal.host.as_str(), goal.port), expected, "{text}");
        }
        for (text, why) in [
            ("127.0.0.1:99999", "99999 is no port: one is from 1 to 65535"),
            ("db:0", "0 is no port"),
            ("db:", " is no port"),
            ("https://db", "//db is no port"),
            ("[::1]:x", "x is no port"),
            (":443", ":443 names no host"),
        ] {
            let refused = place(text).unwrap_err();
            assert!(refused.starts_with(why), "{text}: {refused}");
        }
    }
}

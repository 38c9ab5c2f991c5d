//! A load balancer: its state, its listeners, the rules that lead to a target group, and its targets with what ails them.

use futures_util::future::join_all;

use super::Case;
use super::tally::Tally;
use super::who;
use crate::domain::estate::{Balancer, BalancerTarget, Listener, ListenerRule, RuleAction, TargetGroup};
use crate::domain::{Check, CheckState, ServiceHealth};
use crate::format;
use crate::source::probe::estate::{Estate, Groups};

const BALANCERS: &str = "elasticloadbalancing:DescribeLoadBalancers";
const HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";

/// The most target groups of one load balancer that are looked at.
const MOST_GROUPS: usize = 30;

/// What AWS's codes mean, in words.
const REASONS: [(&str, &str); 14] = [
    ("Elb.RegistrationInProgress", "it is being registered"),
    ("Elb.InitialHealthChecking", "its first health checks are under way"),
    ("Elb.InternalError", "an error of AWS's own"),
    ("Target.ResponseCodeMismatch", "it answers with another status than expected"),
    ("Target.Timeout", "the health check gets no answer in time: a security group, or the task hangs"),
    ("Target.FailedHealthChecks", "the connection failed or the answer was broken: nothing listens on that port"),
    ("Target.NotRegistered", "it is not registered"),
    ("Target.NotInUse", "no listener uses the group, or the load balancer is not in its zone"),
    ("Target.InvalidState", "it is stopped or terminated"),
    ("Target.IpUnusable", "its address belongs to the load balancer itself"),
    ("Target.DeregistrationInProgress", "it is being taken out"),
    ("Target.HealthCheckDisabled", "health checks are switched off"),
    ("Target.DeploymentInProgress", "a deployment is under way"),
    ("Target.Unused", "nothing uses it"),
];

/// What a code means.
fn meaning(code: &str) -> Option<&'static str> {
    REASONS.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}

/// A load balancer and the target groups of it that are asked about; all of them when there are none.
pub struct Meant {
    /// Which.
    pub balancer: Balancer,
    /// The service's own, by ARN.
    pub groups: Vec<String>,
}

/// What a service's tasks are behind.
pub enum Behind {
    /// A load balancer.
    Balancer(Box<Meant>),
    /// Nothing: it registers its tasks with no target group.
    Nothing,
    /// It was noted why that is not known, or what is wrong.
    Noted,
}

/// Looks at the one named, the service's, or Grafana's.
pub async fn judge<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let Some(meant) = meant(case, check, tally).await else { return };
    look(case, &meant, tally).await;
}

/// Which load balancer is asked about. Notes why there is none.
pub async fn meant<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) -> Option<Meant> {
    if let Some(name) = check.told("name") {
        let balancers = seen_balancers(case, tally).await?;
        let is_named = |balancer: &&Balancer| {
            balancer.name == name || balancer.arn == name || balancer.dns_name.eq_ignore_ascii_case(name)
        };
        let Some(found) = balancers.iter().find(is_named) else {
            let names: Vec<&str> = balancers.iter().map(|balancer| balancer.name.as_str()).collect();
            tally.fail("no-load-balancer", format!("there is no load balancer {name}"), BALANCERS);
            if !names.is_empty() {
                tally.next(format!("there are: {}", names.join(", ")));
            }
            return None;
        };
        return Some(Meant { balancer: found.clone(), groups: Vec::new() });
    }
    let service = match check.told("service") {
        Some(_) => Some(who::service(case, check, tally)?),
        None => who::component(case.snapshot, "grafana"),
    };
    let Some(service) = service else { return of_grafana_host(case, tally).await };
    match behind(case, service, tally).await {
        Behind::Balancer(meant) => Some(*meant),
        Behind::Noted => None,
        Behind::Nothing => {
            let text = format!("{} registers its tasks with no load balancer", service.id.name);
            // People reach Grafana through one; a worker has none and lacks nothing.
            if who::component(case.snapshot, "grafana").is_some_and(|grafana| grafana.id == service.id) {
                tally.warn("no-load-balancer", text, "ecs:DescribeServices");
            } else {
                tally.pass(text.clone(), "ecs:DescribeServices");
                tally.summary(text);
            }
            None
        }
    }
}

async fn seen_balancers<E: Estate>(case: &Case<'_, E>, tally: &mut Tally) -> Option<Vec<Balancer>> {
    match case.estate.balancers().await {
        Ok(balancers) => Some(balancers),
        Err(error) => {
            tally.unseen("the load balancers", &error, BALANCERS);
            None
        }
    }
}

/// The load balancer a service registers its tasks with.
pub async fn behind<E: Estate>(case: &Case<'_, E>, service: &ServiceHealth, tally: &mut Tally) -> Behind {
    let wiring = match case.estate.wiring(&service.id).await {
        Ok(wiring) => wiring,
        Err(error) => {
            tally.unseen(&format!("how {} is wired", service.id.name), &error, "ecs:DescribeServices");
            return Behind::Noted;
        }
    };
    let groups: Vec<String> = wiring.balancers.iter().map(|link| link.group.clone()).collect();
    if groups.is_empty() {
        return Behind::Nothing;
    }
    let described = match case.estate.target_groups(Groups::Named(&groups)).await {
        Ok(described) => described,
        Err(error) => {
            tally.unseen("the target groups", &error, "elasticloadbalancing:DescribeTargetGroups");
            return Behind::Noted;
        }
    };
    let used: Vec<&String> = described.iter().flat_map(|group| &group.balancers).collect();
    if used.is_empty() {
        let names: Vec<&str> = described.iter().map(|group| group.name.as_str()).collect();
        let text = format!("no load balancer uses target group {}: no rule leads to it", names.join(", "));
        tally.fail("no-rule", text, "elasticloadbalancing:DescribeTargetGroups");
        tally.next("add a listener rule that forwards to it");
        return Behind::Noted;
    }
    let Some(balancers) = seen_balancers(case, tally).await else { return Behind::Noted };
    let Some(found) = balancers.iter().find(|balancer| used.contains(&&balancer.arn)) else {
        tally.unknown("the load balancer of the target group is not in the list", BALANCERS);
        return Behind::Noted;
    };
    Behind::Balancer(Box::new(Meant { balancer: found.clone(), groups }))
}

/// The load balancer that Grafana's service is behind, where that can be told.
pub async fn grafana_balancer<E: Estate>(case: &Case<'_, E>) -> Option<Balancer> {
    let service = who::component(case.snapshot, "grafana")?;
    match behind(case, service, &mut Tally::default()).await {
        Behind::Balancer(meant) => Some(meant.balancer),
        Behind::Nothing | Behind::Noted => None,
    }
}

/// Where no service is called like Grafana: the load balancer with a rule for its host, or the only one there is.
async fn of_grafana_host<E: Estate>(case: &Case<'_, E>, tally: &mut Tally) -> Option<Meant> {
    let balancers = seen_balancers(case, tally).await?;
    let whole = |balancer: &Balancer| Some(Meant { balancer: balancer.clone(), groups: Vec::new() });
    if let [only] = balancers.as_slice() {
        return whole(only);
    }
    let host = case.estate.grafana_address().map(|address| address.host);
    if let Some(host) = &host {
        for balancer in &balancers {
            let Ok(listeners) = case.estate.listeners(&balancer.arn).await else { continue };
            for listener in listeners {
                let rules = case.estate.rules(&listener.arn).await.unwrap_or_default();
                if rules.iter().any(|rule| rule.hosts.iter().any(|pattern| fits(pattern, host))) {
                    return whole(balancer);
                }
            }
        }
    }
    let names: Vec<&str> = balancers.iter().map(|balancer| balancer.name.as_str()).collect();
    if names.is_empty() {
        tally.fail("no-load-balancer", "there is no load balancer in this region", BALANCERS);
    } else {
        tally.unknown("it is not known which load balancer is meant", BALANCERS);
        tally.next(format!("name it: --name NAME, one of {}", names.join(", ")));
    }
    None
}

/// Whether a name fits a pattern of a rule: `*` stands for anything, `?` for one character.
pub fn fits(pattern: &str, text: &str) -> bool {
    fn go(pattern: &[char], text: &[char]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some('*'), _) => go(&pattern[1..], text) || (!text.is_empty() && go(pattern, &text[1..])),
            (Some('?'), Some(_)) => go(&pattern[1..], &text[1..]),
            (Some(wanted), Some(given)) if wanted.eq_ignore_ascii_case(given) => go(&pattern[1..], &text[1..]),
            _ => false,
        }
    }
    let chars = |text: &str| text.chars().take(256).collect::<Vec<_>>();
    let pattern = chars(pattern);
    // Several stars cost much and mean little: a pattern of AWS has at most a handful.
    pattern.iter().filter(|c| **c == '*').count() <= 6 && go(&pattern, &chars(text))
}

async fn look<E: Estate>(case: &Case<'_, E>, meant: &Meant, tally: &mut Tally) {
    let balancer = &meant.balancer;
    state(balancer, tally);
    let groups = async {
        if meant.groups.is_empty() {
            case.estate.target_groups(Groups::Of(&balancer.arn)).await
        } else {
            case.estate.target_groups(Groups::Named(&meant.groups)).await
        }
    };
    let (listeners, groups) = tokio::join!(case.estate.listeners(&balancer.arn), groups);
    match listeners {
        Ok(listeners) => ports(case, balancer, &listeners, &meant.groups, tally).await,
        Err(error) => tally.unseen("the listeners", &error, "elasticloadbalancing:DescribeListeners"),
    }
    match groups {
        Ok(groups) => {
            let shown = &groups[..groups.len().min(MOST_GROUPS)];
            let healths = join_all(shown.iter().map(|group| case.estate.targets(&group.arn))).await;
            for (group, targets) in shown.iter().zip(healths) {
                match targets {
                    Ok(targets) => self::targets(case, group, &targets, tally),
                    Err(error) => tally.unseen(&format!("the targets of {}", group.name), &error, HEALTH),
                }
            }
            if groups.is_empty() {
                tally.note(CheckState::Warn, format!("{} has no target group", balancer.name), BALANCERS);
                tally.cause("no-targets");
            }
        }
        Err(error) => tally.unseen("the target groups", &error, "elasticloadbalancing:DescribeTargetGroups"),
    }
    if tally.state() == CheckState::Pass {
        tally.summary(format!("load balancer {} is active and every target healthy", balancer.name));
    }
}

/// Whether it works at all.
pub fn state(balancer: &Balancer, tally: &mut Tally) {
    let text = format!("{} ({}, {}) is {}", balancer.name, balancer.kind, balancer.scheme, balancer.state);
    if balancer.state == "active" {
        tally.pass(text, BALANCERS);
    } else {
        let why = balancer.state_reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        tally.fail("balancer-not-active", format!("{text}{why}"), BALANCERS);
    }
}

async fn ports<E: Estate>(
    case: &Case<'_, E>,
    balancer: &Balancer,
    listeners: &[Listener],
    groups: &[String],
    tally: &mut Tally,
) {
    const FROM: &str = "elasticloadbalancing:DescribeListeners";
    if listeners.is_empty() {
        tally.fail("no-listener", format!("nothing listens on {}", balancer.name), FROM);
        tally.next("add a listener on port 443 with a certificate");
        return;
    }
    let rules = join_all(listeners.iter().map(|listener| case.estate.rules(&listener.arn))).await;
    let mut leads = false;
    let mut is_weightless = false;
    let mut all_seen = true;
    for (listener, rules) in listeners.iter().zip(rules) {
        let certificates = match listener.certificates.len() {
            0 if matches!(listener.protocol.as_str(), "HTTPS" | "TLS") => ", without a certificate".to_owned(),
            0 => String::new(),
            number => format!(", {}", format::count(number, "certificate")),
        };
        let rules = match rules {
            Ok(rules) => rules,
            Err(error) => {
                all_seen = false;
                tally.unseen("the rules", &error, "elasticloadbalancing:DescribeRules");
                continue;
            }
        };
        let wanted = |rule: &&ListenerRule| rule.forwards_to().any(|arn| groups.iter().any(|group| group == arn));
        let leading: Vec<&ListenerRule> = rules.iter().filter(wanted).collect();
        leads |= !leading.is_empty();
        is_weightless |= rules.iter().any(|rule| groups.iter().any(|group| rule.names_without_weight(group)));
        let text = format!(
            "listens on {} {}{certificates}: {}",
            listener.protocol,
            listener.port,
            said(&rules, &leading, groups)
        );
        tally.pass(text, FROM);
    }
    if !groups.is_empty() && !leads && all_seen {
        let (text, step) = if is_weightless {
            (
                "every rule that names the service's target group gives it the weight 0: no request is sent there",
                "give it a weight, if this is not a release that is being moved over",
            )
        } else {
            (
                "no rule of any listener leads to the service's target group",
                "add a listener rule that forwards the host or path to it",
            )
        };
        tally.fail("no-rule", text, "elasticloadbalancing:DescribeRules");
        tally.next(step);
    }
}

fn said(rules: &[ListenerRule], leading: &[&ListenerRule], groups: &[String]) -> String {
    if groups.is_empty() {
        return format::count(rules.len(), "rule");
    }
    match leading.first() {
        Some(rule) => described(rule),
        None => rules.last().map_or_else(|| "no rule".to_owned(), |rule| format!("by default {}", action(rule))),
    }
}

/// A rule in words: for what, and what it does.
pub fn described(rule: &ListenerRule) -> String {
    let mut parts = Vec::new();
    if !rule.hosts.is_empty() {
        parts.push(format!("host {}", rule.hosts.join(" or ")));
    }
    if !rule.paths.is_empty() {
        parts.push(format!("path {}", rule.paths.join(" or ")));
    }
    parts.extend(rule.others.iter().cloned());
    let what = if parts.is_empty() { "everything".to_owned() } else { parts.join(" and ") };
    format!("rule {}, {what}, {}", rule.priority, action(rule))
}

fn action(rule: &ListenerRule) -> String {
    let word = |action: &RuleAction| match action {
        RuleAction::Forward(groups) => {
            let names: Vec<&str> = groups.iter().map(|(arn, _)| arn.split('/').nth(1).unwrap_or(arn)).collect();
            format!("forwards to {}", names.join(", "))
        }
        RuleAction::Redirect(to) => format!("redirects ({to})"),
        RuleAction::Fixed(status) => format!("answers {status}"),
        RuleAction::Other(kind) => kind.clone(),
    };
    rule.actions.iter().map(word).collect::<Vec<_>>().join(", then ")
}

/// How the targets of a group are.
pub fn targets<E>(case: &Case<'_, E>, group: &TargetGroup, targets: &[BalancerTarget], tally: &mut Tally) {
    if targets.is_empty() {
        tally.fail(
            "no-targets",
            format!("target group {} has no targets: requests are answered with 503", group.name),
            HEALTH,
        );
        tally.next("see whether the service runs any task, and whether it registers them with this group");
        return;
    }
    let count = |state: &str| targets.iter().filter(|target| target.state == state).count();
    let healthy = count("healthy");
    for target in targets.iter().filter(|target| target.state != "healthy") {
        one(case, group, target, healthy == 0, tally);
    }
    let text =
        format!("{healthy} of {} of target group {} healthy", format::count(targets.len(), "target"), group.name);
    if healthy == 0 {
        tally.fail("no-healthy-target", format!("{text}: requests are answered with 503"), HEALTH);
        tally.summary(text);
    } else {
        tally.pass(text, HEALTH);
    }
}

fn one<E>(case: &Case<'_, E>, group: &TargetGroup, target: &BalancerTarget, is_alone: bool, tally: &mut Tally) {
    let place = target.port.map_or_else(|| target.id.clone(), |port| format!("{}:{port}", target.id));
    let task = who::task_at(case.snapshot, &target.id);
    let whose = task.map(|(_, task)| format!(" (task {})", task.short_id())).unwrap_or_default();
    let code = target.reason.as_deref().unwrap_or_default();
    let why = match (meaning(code), &target.description) {
        (Some(words), Some(said)) => format!("{code}: {words} ({said})"),
        (Some(words), None) => format!("{code}: {words}"),
        (None, Some(said)) => format!("{code}: {said}"),
        (None, None) => code.to_owned(),
    };
    let text = format!("target {place}{whose} of {} is {}: {}", group.name, target.state, why.trim_end_matches(": "));
    let serious = if is_alone { CheckState::Fail } else { CheckState::Warn };
    match target.state.as_str() {
        "unhealthy" | "unhealthy.draining" => {
            tally.note(CheckState::Fail, format!("{text}; asked: {}", group.check), HEALTH);
            tally.cause("target-unhealthy");
            if let Some((_, task)) = task {
                tally.fact("task", task.id.clone());
            }
            tally.next(match code {
                "Target.Timeout" => "try its port, and the security group of the tasks: rounds check security-group",
                "Target.ResponseCodeMismatch" => "ask it what the health check asks, and read its log: rounds logs",
                _ => "read the log of the task: rounds logs; see that it listens on that port",
            });
        }
        "initial" => {
            tally.note(if is_alone { CheckState::Warn } else { CheckState::Pass }, text, HEALTH);
            if is_alone {
                tally.cause("targets-starting");
            }
        }
        "draining" => {
            tally.note(if is_alone { CheckState::Warn } else { CheckState::Pass }, text, HEALTH);
            if is_alone {
                tally.cause("targets-draining");
            }
        }
        "unused" => {
            tally.note(serious, text, HEALTH);
            tally.cause("target-unused");
            tally.next("let a rule lead to the group, and the load balancer have a subnet in the target's zone");
        }
        _ => tally.note(CheckState::Unknown, text, HEALTH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns_as_rules_have_them() {
        for (pattern, text, fit) in [
            ("api.example.com", "API.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("a?i.example.com", "api.example.com", true),
            ("*", "anything", true),
            ("/v1/*", "/v1/", true),
            ("*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(fits(pattern, text), fit, "{pattern} {text}");
        }
    }

    #[test]
    fn codes_have_words() {
        assert!(meaning("Target.Timeout").unwrap().contains("security group"));
        assert_eq!(meaning("Target.New"), None);
    }
}

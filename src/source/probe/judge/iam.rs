//! What a task's role may do: simulated by IAM where that is allowed, else read from its policies and said to be.

use super::Case;
use super::alb::fits;
use super::tally::Tally;
use super::who;
use crate::domain::estate::{Decision, RolePolicy, RoleVerdict, Wiring};
use crate::domain::{Check, CheckState, ServiceHealth};
use crate::source::probe::estate::Estate;

/// What Prometheus needs to discover tasks through ECS.
const DISCOVERY: &[&str] = &[
    "ecs:ListClusters",
    "ecs:DescribeClusters",
    "ecs:ListServices",
    "ecs:DescribeServices",
    "ecs:ListTasks",
    "ecs:DescribeTasks",
];

/// What an exporter of `CloudWatch` metrics needs.
const EXPORTER: &[&str] = &["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"];

/// What Grafana's `CloudWatch` data source needs.
const GRAFANA: &[&str] = &["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"];

/// What a role needs to start a task.
const LOGS: &[&str] = &["logs:CreateLogStream", "logs:PutLogEvents"];
const IMAGES: &[&str] = &["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/// The most actions asked about at once.
const MOST: usize = 100;

/// Asks.
pub async fn judge<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let Some(service) = who::service(case, check, tally) else { return };
    let wiring = match case.estate.wiring(&service.id).await {
        Ok(wiring) => wiring,
        Err(error) => {
            tally.unseen(&format!("the roles of {}", service.id.name), &error, "ecs:DescribeTaskDefinition");
            return;
        }
    };
    let told: Option<Vec<String>> = check.told("actions").map(|actions| {
        actions
            .split(',')
            .map(|action| action.trim().to_owned())
            .filter(|action| !action.is_empty())
            .take(MOST)
            .collect()
    });
    let is_told = told.is_some();
    let (needed, is_sure) = match told {
        Some(actions) => (actions, true),
        None => component(case, service).await,
    };
    acts_as(case, service, &wiring, &needed, is_sure, tally).await;
    if !is_told {
        starts_with(case, service, &wiring, tally).await;
    }
    if tally.state() == CheckState::Pass {
        tally.summary(format!("{}: everything it needs is allowed", service.id.name));
    }
}

/// What the service's component needs of its task role, and whether that is certain.
async fn component<E: Estate>(case: &Case<'_, E>, service: &ServiceHealth) -> (Vec<String>, bool) {
    let name = service.id.name.as_str();
    let (actions, is_sure) = if name.contains("exporter") || name.contains("yace") {
        (EXPORTER, true)
    } else if name.contains("prometheus") {
        // By DNS or from a file it discovers without any permission.
        let ways = case.estate.discovery().await.unwrap_or_default();
        let by_aws = ways.iter().any(|way| matches!(way.name.as_str(), "ecs" | "aws" | "ec2"));
        if ways.is_empty() || by_aws { (DISCOVERY, by_aws) } else { (&[][..], true) }
    } else if name.contains("grafana") {
        (GRAFANA, false)
    } else {
        (&[][..], true)
    };
    (actions.iter().map(|action| (*action).to_owned()).collect(), is_sure)
}

/// The role the containers act as.
async fn acts_as<E: Estate>(
    case: &Case<'_, E>,
    service: &ServiceHealth,
    wiring: &Wiring,
    needed: &[String],
    is_sure: bool,
    tally: &mut Tally,
) {
    let name = &service.id.name;
    let Some(role) = &wiring.task_role else {
        if needed.is_empty() || !is_sure {
            tally.pass(format!("{name} has no task role"), "ecs:DescribeTaskDefinition");
        } else {
            let text = format!("{name} has no task role, and needs {}", needed.join(", "));
            tally.fail("no-role", text, "ecs:DescribeTaskDefinition");
            tally.next("give its task definition a task role with these actions");
        }
        return;
    };
    if needed.is_empty() {
        let text = format!("{name} acts as {}; what it needs is not known: name it with --actions", short(role));
        tally.pass(text, "ecs:DescribeTaskDefinition");
        return;
    }
    may(case, service, "task role", role, needed, is_sure, tally).await;
}

/// The role that starts it.
async fn starts_with<E: Estate>(case: &Case<'_, E>, service: &ServiceHealth, wiring: &Wiring, tally: &mut Tally) {
    let Some(role) = &wiring.execution_role else { return };
    let mut needed: Vec<String> = LOGS.iter().map(|action| (*action).to_owned()).collect();
    let images = service.definition.as_ref().map(|definition| definition.images.as_slice()).unwrap_or_default();
    if images.iter().any(|(_, image)| image.contains(".dkr.ecr.")) {
        needed.extend(IMAGES.iter().map(|action| (*action).to_owned()));
    }
    may(case, service, "execution role", role, &needed, true, tally).await;
}

async fn may<E: Estate>(
    case: &Case<'_, E>,
    service: &ServiceHealth,
    kind: &str,
    role: &str,
    needed: &[String],
    is_sure: bool,
    tally: &mut Tally,
) {
    let place = &case.snapshot.context;
    let cluster = place.region.as_ref().zip(place.account.as_ref()).map(|(region, account)| {
        let partition = if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        };
        ("ecs:cluster".to_owned(), format!("arn:{partition}:ecs:{region}:{account}:cluster/{}", service.id.cluster))
    });
    let context: Vec<(String, String)> = cluster.into_iter().collect();
    match case.estate.simulate(role, needed, &context).await {
        Ok(decisions) => {
            let from = format!("iam:SimulatePrincipalPolicy {}", short(role));
            for action in needed {
                let decision = decisions.iter().find(|decision| decision.action.eq_ignore_ascii_case(action));
                simulated(kind, role, action, decision, is_sure, &from, tally);
            }
        }
        Err(error) => {
            let policies = match case.estate.policies(role).await {
                Ok(policies) => policies,
                Err(second) => {
                    tally.unseen(&format!("what {kind} {} may do", short(role)), &error, "iam:SimulatePrincipalPolicy");
                    tally.unseen("its policies", &second, "iam:ListRolePolicies");
                    return;
                }
            };
            let text = format!(
                "read from the policies only, as a simulation is not possible ({}): boundaries, service control \
                 policies and resources are not reckoned with",
                error.what
            );
            tally.pass(text, "iam:SimulatePrincipalPolicy");
            for action in needed {
                read(kind, role, action, &policies, is_sure, tally);
            }
        }
    }
}

fn short(role: &str) -> &str {
    role.rsplit('/').next().unwrap_or(role)
}

fn simulated(
    kind: &str,
    role: &str,
    action: &str,
    decision: Option<&Decision>,
    is_sure: bool,
    from: &str,
    tally: &mut Tally,
) {
    let name = short(role);
    match decision {
        None => tally.unknown(format!("{action}: the simulation says nothing of it"), from),
        Some(decision) => match decision.verdict {
            RoleVerdict::Allowed => tally.pass(format!("{kind} {name} may {action}"), from),
            RoleVerdict::Denied => {
                let by =
                    if decision.by.is_empty() { String::new() } else { format!(" (by {})", decision.by.join(", ")) };
                refused(kind, role, &format!("{kind} {name} is denied {action}{by}"), action, is_sure, from, tally);
            }
            RoleVerdict::NotAllowed if decision.is_conditional => {
                tally.unknown(
                    format!("{kind} {name} may {action} under conditions that a simulation is not told of"),
                    from,
                );
            }
            RoleVerdict::NotAllowed => {
                refused(kind, role, &format!("{kind} {name} may not {action}"), action, is_sure, from, tally);
            }
        },
    }
}

fn refused(kind: &str, role: &str, text: &str, action: &str, is_sure: bool, from: &str, tally: &mut Tally) {
    if is_sure {
        tally.fail("denied", text, from);
        tally.next(format!("allow {action} in the policy of {}", short(role)));
    } else {
        tally.unknown(format!("{text}; whether it needs to is not known: that is how its {kind} is used"), from);
    }
}

/// What policies say of an action: a denial beats every permission.
fn read(kind: &str, role: &str, action: &str, policies: &[RolePolicy], is_sure: bool, tally: &mut Tally) {
    let name = short(role);
    let from = format!("the policies of {name}");
    let mut allowed: Option<(&str, bool)> = None;
    for policy in policies {
        for statement in &policy.statements {
            let named = statement.actions.iter().any(|pattern| fits(pattern, action));
            let by_rest =
                !statement.not_actions.is_empty() && !statement.not_actions.iter().any(|pattern| fits(pattern, action));
            if !(named || by_rest) {
                continue;
            }
            if !statement.allows && !statement.is_conditional && statement.resources.iter().any(|one| one == "*") {
                refused(
                    kind,
                    role,
                    &format!("{kind} {name} is denied {action} by {}", policy.name),
                    action,
                    is_sure,
                    &from,
                    tally,
                );
                return;
            }
            if statement.allows && allowed.is_none_or(|(_, conditional)| conditional) {
                allowed = Some((&policy.name, statement.is_conditional));
            }
        }
    }
    match allowed {
        Some((policy, false)) => tally.pass(format!("{kind} {name} may {action}, by {policy}"), from),
        Some((policy, true)) => tally.pass(format!("{kind} {name} may {action} under conditions, by {policy}"), from),
        None => refused(
            kind,
            role,
            &format!("{kind} {name} may not {action}: no policy allows it"),
            action,
            is_sure,
            &from,
            tally,
        ),
    }
}

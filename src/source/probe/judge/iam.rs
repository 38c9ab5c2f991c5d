//! What a task's role may do: simulated by IAM where that is allowed, else read from its policies and said to be.

use super::Case;
use super::alb::fits;
use super::tally::Tally;
use super::who;
use crate::domain::estate::{Decision, RolePolicy, RoleVerdict, Statement, Wiring};
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
    let needs = match told {
        Some(actions) => Needs::These(actions),
        None => component(case, service).await,
    };
    acts_as(case, service, &wiring, &needs, tally).await;
    if !is_told {
        starts_with(case, service, &wiring, tally).await;
    }
    if tally.state() == CheckState::Pass {
        tally.summary(format!("{}: everything it needs is allowed", service.id.name));
    }
}

/// What a service needs of its task role.
#[derive(Debug)]
enum Needs {
    /// These actions.
    These(Vec<String>),
    /// These, if it is used for what services like it mostly are.
    Perhaps(Vec<String>),
    /// None, and why.
    Nothing(&'static str),
    /// Nobody said.
    Unknown,
}

/// What the service's component needs.
async fn component<E: Estate>(case: &Case<'_, E>, service: &ServiceHealth) -> Needs {
    let name = service.id.name.as_str();
    let owned = |actions: &[&str]| actions.iter().map(|action| (*action).to_owned()).collect();
    if name.contains("exporter") || name.contains("yace") {
        Needs::These(owned(EXPORTER))
    } else if name.contains("prometheus") {
        let ways = case.estate.discovery().await.unwrap_or_default();
        if ways.iter().any(|way| matches!(way.name.as_str(), "ecs" | "aws" | "ec2")) {
            Needs::These(owned(DISCOVERY))
        } else if ways.is_empty() {
            Needs::Perhaps(owned(DISCOVERY))
        } else {
            Needs::Nothing("it discovers without AWS")
        }
    } else if name.contains("grafana") {
        Needs::Perhaps(owned(GRAFANA))
    } else {
        Needs::Unknown
    }
}

/// The role the containers act as.
async fn acts_as<E: Estate>(
    case: &Case<'_, E>,
    service: &ServiceHealth,
    wiring: &Wiring,
    needs: &Needs,
    tally: &mut Tally,
) {
    const FROM: &str = "ecs:DescribeTaskDefinition";
    let name = &service.id.name;
    let acts = wiring
        .task_role
        .as_deref()
        .map_or_else(|| format!("{name} has no task role"), |role| format!("{name} acts as {}", short(role)));
    match (needs, &wiring.task_role) {
        (Needs::Unknown, _) => {
            tally.unknown(format!("{acts}; what it needs is not known: name it with --actions"), FROM);
            tally.next(format!("rounds check iam --service {} --actions s3:GetObject,...", service.id));
        }
        (Needs::Nothing(why), _) => tally.pass(format!("{acts}, and needs none: {why}"), FROM),
        (Needs::These(needed), Some(role)) => may(case, service, "task role", role, needed, true, tally).await,
        (Needs::Perhaps(needed), Some(role)) => may(case, service, "task role", role, needed, false, tally).await,
        (Needs::These(needed), None) => {
            tally.fail("no-role", format!("{acts}, and needs {}", needed.join(", ")), FROM);
            tally.next("give its task definition a task role with these actions");
        }
        (Needs::Perhaps(_), None) => tally.pass(acts, FROM),
    }
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

/// What policies say of an action: a denial beats every permission. What a statement makes depend on conditions cannot be
/// told from its text alone.
fn read(kind: &str, role: &str, action: &str, policies: &[RolePolicy], is_sure: bool, tally: &mut Tally) {
    let name = short(role);
    let from = format!("the policies of {name}");
    let about = policies.iter().flat_map(|policy| {
        policy
            .statements
            .iter()
            .filter(|statement| is_about(statement, action))
            .map(move |one| (policy.name.as_str(), one))
    });
    let (allowing, denying): (Vec<_>, Vec<_>) = about.partition(|(_, statement)| statement.allows);
    let is_certain =
        |statement: &Statement| !statement.is_conditional && statement.resources.iter().any(|one| one == "*");
    if let Some((policy, _)) = denying.iter().find(|(_, statement)| is_certain(statement)) {
        let text = format!("{kind} {name} is denied {action} by {policy}");
        refused(kind, role, &text, action, is_sure, &from, tally);
        return;
    }
    let allowed = allowing.iter().min_by_key(|(_, statement)| statement.is_conditional);
    let Some((policy, statement)) = allowed else {
        let text = format!("{kind} {name} may not {action}: no policy allows it");
        refused(kind, role, &text, action, is_sure, &from, tally);
        return;
    };
    let text = format!(
        "{kind} {name} may {action}{}, by {policy}",
        if statement.is_conditional { " under conditions" } else { "" }
    );
    match denying.first() {
        Some((policy, denial)) => {
            let of = if denial.is_conditional { "under conditions" } else { "on some resources" };
            tally.unknown(format!("{text}; and {policy} denies it {of}: which of them counts is not known"), from);
        }
        None if statement.is_conditional => tally.unknown(format!("{text}: whether they hold is not known"), from),
        None => tally.pass(text, from),
    }
}

/// Whether a statement says something of an action.
fn is_about(statement: &Statement, action: &str) -> bool {
    let by_rest =
        !statement.not_actions.is_empty() && !statement.not_actions.iter().any(|pattern| fits(pattern, action));
    by_rest || statement.actions.iter().any(|pattern| fits(pattern, action))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(allows: bool, resource: &str, is_conditional: bool) -> Statement {
        Statement {
            allows,
            actions: vec!["ecs:List*".to_owned()],
            not_actions: Vec::new(),
            resources: vec![resource.to_owned()],
            is_conditional,
        }
    }

    #[test]
    fn what_depends_on_conditions_is_not_known() {
        const ONE: &str = "arn:aws:ecs:eu-west-1:1:cluster/prod";
        let allow = || statement(true, "*", false);
        for (what, statements, state, text) in [
            ("allowed", vec![allow()], CheckState::Pass, "may ecs:ListTasks, by p0"),
            ("nothing", vec![], CheckState::Fail, "no policy allows it"),
            ("denied", vec![allow(), statement(false, "*", false)], CheckState::Fail, "is denied ecs:ListTasks by p1"),
            (
                "allowed under conditions",
                vec![statement(true, "*", true)],
                CheckState::Unknown,
                "under conditions, by p0: whether they hold is not known",
            ),
            ("allowed without any as well", vec![statement(true, "*", true), allow()], CheckState::Pass, "by p1"),
            (
                "denied under conditions",
                vec![allow(), statement(false, "*", true)],
                CheckState::Unknown,
                "by p0; and p1 denies it under conditions",
            ),
            (
                "denied on one resource",
                vec![allow(), statement(false, ONE, false)],
                CheckState::Unknown,
                "p1 denies it on some resources",
            ),
            (
                "a denial of what nobody allows",
                vec![statement(false, "*", true)],
                CheckState::Fail,
                "no policy allows it",
            ),
        ] {
            let policy = |(number, statement)| RolePolicy { name: format!("p{number}"), statements: vec![statement] };
            let policies: Vec<RolePolicy> = statements.into_iter().enumerate().map(policy).collect();
            let mut tally = Tally::default();
            read("task role", "arn:aws:iam::1:role/r", "ecs:ListTasks", &policies, true, &mut tally);
            assert_eq!(tally.state(), state, "{what}: {:?}", tally.looked());
            assert!(tally.looked()[0].text.contains(text), "{what}: {:?}", tally.looked());
        }
    }
}
